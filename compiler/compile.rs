//! The way of data, joined: text to nodes to profiles to entries to artifacts.
//!
//! Pure: what it needs from the outside (files, secrets, the day, the manifest of the build before) is handed in. Files and
//! profiles are independent work and run on all cores; the result does not depend on how many there are.

mod describe;
mod hidden;
mod read;
mod secrets;
mod silence;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

use crate::builtin::{CATALOG, SCHEMAS};
use crate::check::{self, Cx, Document, Expressions, Files, Outcome, Overrides, Workspace};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::history;
use crate::ir::{Certificate, Id, Lowered, Origin, Profile, SecretSource, Value, View};
use crate::lower::{self, Referents};
use crate::manifest::{self, Manifest};
use crate::schema::{Kind, Table};
use crate::source::{SourceId, Sources};
use crate::targets::{self, Bundle, Part, Surroundings, Writer};
use secrets::Fetched;

/// What a run is given.
pub struct Input<'a> {
    /// All files that were read.
    pub sources: Sources,
    /// `payloadc.yaml` among them.
    pub workspace: Option<SourceId>,
    /// The files with profiles, in the order in which they are reported.
    pub profiles: Vec<SourceId>,
    /// Files that profiles name.
    pub files: &'a dyn Files,
    /// What the command line says about the workspace.
    pub overrides: Overrides,
    /// The day for certificates, in seconds since 1970.
    pub at: Option<i64>,
    /// Which targets and profiles to make artifacts of; everything is checked all the same.
    pub selection: Selection,
    /// What secrets hold; nothing for a check, which reads none.
    pub secrets: Option<&'a dyn FetchSecrets>,
    /// Whether git would take an artifact of this path in: one that holds a secret is refused then.
    pub tracked: &'a (dyn Fn(&str) -> bool + Sync),
    /// Whether to say where every entry comes from.
    pub trace: bool,
    /// The manifest that lies in the output folder.
    pub previous: Option<Manifest>,
    /// Diagnostics from before the run, such as files that cannot be read.
    pub report: Report,
}

/// What to make artifacts of. Empty: everything.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Targets.
    pub targets: Vec<String>,
    /// Ids of profiles.
    pub profiles: Vec<String>,
    /// Files; nothing for all.
    pub sources: Option<Vec<SourceId>>,
}

/// Fetches secrets. Only a build has one.
pub trait FetchSecrets: Sync {
    /// The bytes of a secret.
    ///
    /// # Errors
    /// Why it cannot be had; never the secret.
    fn fetch(&self, source: &SecretSource) -> Result<Vec<u8>, String>;
}

/// What a run gives.
pub struct Output {
    /// The files, with what must not be shown starred out.
    pub sources: Sources,
    /// In file order.
    pub diagnostics: Vec<Diagnostic>,
    /// By path.
    pub artifacts: Vec<Artifact>,
    /// `payloadc.yaml`, read.
    pub workspace: Workspace,
    /// Ids of all profiles in the workspace, sound or not, with kind and platforms.
    pub profiles: Vec<Listed>,
    /// Ids of profiles that have an error.
    pub broken: HashSet<String>,
}

/// A profile for `payloadc list`.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its platforms with their ranges.
    pub platforms: BTreeMap<String, String>,
    /// Its file.
    pub file: String,
}

/// An artifact, ready to be written.
#[derive(Debug, Clone)]
pub struct Artifact {
    /// What the manifest says of it.
    pub entry: manifest::Entry,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// For every entry in it, where it comes from; empty unless asked for.
    pub trace: Vec<Traced>,
}

impl Artifact {
    /// Whether it sets something up, rather than changing or removing it.
    #[must_use]
    pub fn sets_up(&self) -> bool {
        matches!(&*self.entry.role, "profile" | "install")
    }
}

/// Where an entry of an artifact comes from.
#[derive(Debug, Clone)]
pub struct Traced {
    /// The profile's id and the place.
    pub place: String,
    /// Why it stands there.
    pub origin: Origin,
    /// The profile's kind.
    pub kind: &'static Kind,
}

/// Runs everything.
#[must_use]
pub fn compile(input: Input<'_>) -> Output {
    let Input { mut sources, report, .. } = input;
    let mut report = report;
    let workspace_node = input.workspace.and_then(|id| read::workspace(id, &sources, &mut report));
    let workspace = match &workspace_node {
        Some(node) => Workspace::read(node, &SCHEMAS, &input.overrides, &sources, &mut report),
        None => Workspace::bare(input.overrides.organization.as_deref().unwrap_or("invalid.invalid"), &SCHEMAS, &input.overrides),
    };
    let files = read::profiles(&input.profiles, &sources, &mut report);
    let documents: Vec<Document<'_>> =
        files.iter().flat_map(|(folder, nodes)| nodes.iter().map(move |node| Document { node, folder })).collect();
    let expressions = Expressions::new(workspace.vars.iter().map(|(name, variable)| (name.as_str(), variable.value.as_str())));
    let cx = Cx {
        schemas: &SCHEMAS,
        catalog: &CATALOG,
        sources: &sources,
        workspace: &workspace,
        expressions: &expressions,
        files: input.files,
        by_hand: targets::by_hand,
        at: input.at,
    };
    let mut outcome = check::check(&cx, &documents, &mut report);
    let decrypts = check::decrypting(&outcome.profiles);
    let run = Run {
        decrypts: &decrypts,
        workspace: &workspace,
        selection: &input.selection,
        secrets: input.secrets,
        at: input.at,
        trace: input.trace,
    };
    let (mut artifacts, failed) = run.build(&outcome, &mut report);
    outcome.broken.extend(failed);
    // Every identifier, token and variable of every profile comes from there.
    if read::workspace_is_broken(
        input.workspace,
        workspace_node.is_some(),
        input.overrides.organization.is_some(),
        &sources,
        &report,
    ) {
        outcome.broken.extend(outcome.profiles.iter().map(|profile| profile.id.clone()));
    }
    outcome.broken.extend(history::same_object(&artifacts, &outcome.profiles, &mut report));
    outcome.broken.extend(into_git(&artifacts, &outcome.profiles, input.tracked, &mut report));
    if let Some(previous) = &input.previous {
        let failed = history::compare(previous, &artifacts, &outcome.profiles, &workspace, &sources, &mut report);
        outcome.broken.extend(failed);
    }
    let broken: HashSet<String> = outcome.broken.iter().map(ToString::to_string).collect();
    artifacts.retain(|artifact| !broken.contains(&artifact.entry.profile));
    let profiles = listed(&outcome.profiles, &sources);
    silence::silence(&outcome.allow, &mut report);
    hidden::hide(&report, &mut sources);
    Output { sources, diagnostics: report.into_sorted(), artifacts, workspace, profiles, broken }
}

fn listed(profiles: &[Profile], sources: &Sources) -> Vec<Listed> {
    let file = |profile: &Profile| sources.get(profile.spans.id.source).map_or_else(String::new, |source| source.path.clone());
    profiles
        .iter()
        .map(|profile| Listed {
            id: profile.id.to_string(),
            kind: profile.kind.name.to_owned(),
            name: profile.name.as_literal().unwrap_or_default().to_owned(),
            platforms: platforms(profile),
            file: file(profile),
        })
        .collect()
}

/// Platforms with their ranges; a platform that a console alone delivers to has none.
fn platforms(profile: &Profile) -> BTreeMap<String, String> {
    let range = |name: &str| profile.views.iter().find(|view| view.platform.name == name).map(|view| view.range.to_string());
    profile.platforms.iter().map(|name| ((*name).to_owned(), range(name).unwrap_or_default())).collect()
}

/// Artifacts with secrets in a git work tree that does not ignore them are one `git add` away from everybody.
fn into_git(artifacts: &[Artifact], profiles: &[Profile], tracked: &dyn Fn(&str) -> bool, report: &mut Report) -> Vec<Id> {
    let mut refused = Vec::new();
    for artifact in artifacts.iter().filter(|artifact| artifact.entry.contains_secret && tracked(&artifact.entry.path)) {
        let Some(profile) = profiles.iter().find(|profile| *profile.id == *artifact.entry.profile) else { continue };
        let message = format!("the artifacts of `{}` hold a secret, and git does not ignore the output folder", profile.id);
        report.push(
            Diagnostic::new(Code::E0504, profile.spans.id, message)
                .label("this profile")
                .help("add the output folder to .gitignore, write elsewhere with `--out`, or pass `--allow-secrets-in-git`"),
        );
        refused.push(profile.id.clone());
    }
    refused
}

/// What making artifacts depends on.
struct Run<'a> {
    workspace: &'a Workspace,
    /// Certificates that read encrypted mail: old mail needs them after they have expired.
    decrypts: &'a HashSet<Id>,
    selection: &'a Selection,
    secrets: Option<&'a dyn FetchSecrets>,
    at: Option<i64>,
    trace: bool,
}

/// A profile lowered for one target.
struct Job<'a> {
    profile: &'a Profile,
    view: &'a View,
    table: &'static Table,
    writer: &'static Writer,
    lowered: Lowered,
}

/// Thumbprints of the trusted certificates of a workspace.
struct Authorities(HashMap<Id, Arc<Certificate>>);

impl Referents for Authorities {
    fn thumbprint(&self, id: &str) -> Option<String> {
        self.0.get(id).map(|certificate| certificate.thumbprint.clone())
    }
}

impl Run<'_> {
    /// All artifacts of sound profiles, and the ids of those that turned out to be unsound.
    fn build(&self, outcome: &Outcome, report: &mut Report) -> (Vec<Artifact>, Vec<Id>) {
        let profiles = &outcome.profiles;
        let authorities =
            Authorities(profiles.iter().filter_map(|profile| Some((profile.id.clone(), own_certificate(profile)?))).collect());
        let jobs = self.jobs(profiles, &authorities);
        let index: HashMap<(&str, &str), &Job<'_>> =
            jobs.iter().map(|job| ((job.writer.target, &*job.profile.id), job)).collect();
        // Embedded certificates have no artifact of their own: a device must not enrol twice.
        let embedded: HashSet<(&str, &str)> = jobs
            .iter()
            .filter(|job| job.writer.embeds)
            .flat_map(|job| job.lowered.references.iter().map(|id| (job.writer.target, &**id)))
            .collect();
        let chosen: Vec<&Job<'_>> = jobs
            .iter()
            .filter(|job| !embedded.contains(&(job.writer.target, &*job.profile.id)))
            .filter(|job| !(job.writer.embeds && outcome.wanted_by_broken.contains(&job.profile.id)))
            .filter(|job| self.selected(job))
            .collect();
        let (secrets, mut failed) = self.fetch(&chosen, &index, report);
        // What lacks a secret is assembled as in a check, for what there is to say about it, and not kept.
        let none = Fetched::nothing();
        let lacking: HashSet<Id> = failed.iter().cloned().collect();
        let secrets_of = |job: &Job<'_>| if lacking.contains(&job.profile.id) { &none } else { &secrets };
        let results: Vec<_> = chosen.par_iter().map(|job| (self.assemble(job, &index, secrets_of(job)), job.profile)).collect();
        let mut artifacts = Vec::new();
        for ((made, said), profile) in results {
            report.append(said);
            match made {
                Some(made) => artifacts.extend(made),
                None => failed.push(profile.id.clone()),
            }
        }
        artifacts.sort_by(|a, b| a.entry.path.cmp(&b.entry.path));
        (artifacts, failed)
    }

    fn selected(&self, job: &Job<'_>) -> bool {
        let selected = |list: &[String], name: &str| list.is_empty() || list.iter().any(|wanted| wanted == name);
        let file = self.selection.sources.as_ref().is_none_or(|sources| sources.contains(&job.profile.spans.id.source));
        file && selected(&self.selection.targets, job.writer.target) && selected(&self.selection.profiles, &job.profile.id)
    }

    fn jobs<'p>(&self, profiles: &'p [Profile], authorities: &Authorities) -> Vec<Job<'p>> {
        profiles
            .par_iter()
            .flat_map_iter(|profile| {
                profile.views.iter().chain(&profile.consoles).flat_map(move |view| {
                    view.platform.targets.iter().filter_map(move |target| {
                        let table = SCHEMAS.table(profile.kind.name, target)?;
                        let writer = targets::writer(target)?;
                        let lowered = lower::lower(profile, view, table, writer.by_hand, authorities)?;
                        Some(Job { profile, view, table, writer, lowered })
                    })
                })
            })
            .collect()
    }

    /// The artifacts of a job, if they can be made, and what is worth a diagnostic.
    fn assemble(
        &self,
        job: &Job<'_>,
        index: &HashMap<(&str, &str), &Job<'_>>,
        secrets: &Fetched,
    ) -> (Option<Vec<Artifact>>, Report) {
        let mut said = Report::new();
        let with = if job.writer.embeds || job.writer.names { referred_by(job, index) } else { Vec::new() };
        let bundle = Bundle {
            main: Part { profile: job.profile, view: job.view, lowered: &job.lowered },
            with: with.iter().map(|job| Part { profile: job.profile, view: job.view, lowered: &job.lowered }).collect(),
        };
        let around = Surroundings {
            server: self.workspace.server(job.view.platform.name),
            organization: &self.workspace.organization,
            identifier: &self.workspace.identifier,
            namespace: targets::namespace(&self.workspace.identifier),
            catalog: &CATALOG,
            secrets,
        };
        let assembled = match (job.writer.assemble)(&bundle, &around) {
            Ok(assembled) => assembled,
            Err(fault) => {
                let message = format!("{} for `{}` cannot be made: {fault}", job.writer.target, job.profile.id);
                let diagnostic = Diagnostic::new(Code::E0001, job.profile.spans.id, message).label("this profile");
                said.push(diagnostic.help("this is a fault of payloadc, not of the profile: please report it with the profile"));
                return (None, said);
            }
        };
        let after = if job.writer.embeds { Vec::new() } else { required_before(job, index) };
        for note in assembled.iter().flat_map(|made| &made.notes) {
            if let Some(note_said) = note.said {
                said.push(
                    Diagnostic::new(note_said.code, job.profile.spans.id, note.text.clone())
                        .label(note_said.label)
                        .note(note_said.source),
                );
            }
        }
        let traced = self.trace.then_some(if job.writer.embeds { with.as_slice() } else { &[] });
        (Some(assembled.into_iter().map(|made| describe::artifact(job, traced, made, &after)).collect()), said)
    }
}

/// All profiles a job refers to, over however many steps, each once.
fn referred_by<'j, 'p>(job: &Job<'p>, index: &HashMap<(&str, &str), &'j Job<'p>>) -> Vec<&'j Job<'p>> {
    let mut found: Vec<&'j Job<'p>> = Vec::new();
    let mut wanted: Vec<&Id> = job.lowered.references.iter().collect();
    while let Some(id) = wanted.pop() {
        let Some(next) = index.get(&(job.writer.target, &**id)) else { continue };
        if !found.iter().any(|known| known.profile.id == next.profile.id) {
            found.push(next);
            wanted.extend(next.lowered.references.iter());
        }
    }
    found.sort_by(|a, b| a.profile.id.cmp(&b.profile.id));
    found
}

/// The artifacts of what a job refers to, which must reach a device first.
fn required_before(job: &Job<'_>, index: &HashMap<(&str, &str), &Job<'_>>) -> Vec<String> {
    let mut paths: Vec<String> =
        referred_by(job, index).iter().map(|other| path(other.writer.target, &other.profile.id, other.writer.sets_up)).collect();
    paths.sort();
    paths
}

fn path(target: &str, id: &str, suffix: &str) -> String {
    format!("{target}/{id}{suffix}")
}

fn own_certificate(profile: &Profile) -> Option<Arc<Certificate>> {
    profile.views.iter().chain(&profile.consoles).next()?.settings.iter().flatten().find_map(|setting| match &setting.value {
        Value::Certificate(certificate) => Some(Arc::clone(certificate)),
        _ => None,
    })
}

/// SHA-256 in lower-case hex.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    use std::fmt::Write as _;
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
