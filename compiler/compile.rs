//! The way of data, joined: text to nodes to profiles to entries to artifacts.
//!
//! Pure: what it needs from the outside (files, secrets, the day, the manifest of the build before) is handed in. Files and
//! profiles are independent work and run on all cores; the result does not depend on how many there are.

mod consoles;
mod describe;
mod fleet;
mod git;
mod hidden;
mod nodes;
mod output;
mod people;
mod read;
mod refused;
mod secrets;
mod silence;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

use crate::builtin::SCHEMAS;
use crate::catalog::Catalog;
use crate::check::{self, Cx, Document, Expressions, Files, Outcome, Overrides, Workspace};
use crate::deploy::{self, Fleet};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::history;
use crate::ir::{Certificate, Id, Lowered, Profile, SecretSource, Value, View};
use crate::lower::{self, Referents};
use crate::manifest::Manifest;
use crate::schema::Table;
use crate::source::{Node, SourceId, Sources};
use crate::targets::{self, Bundle, Part, SharedNodes, Writer};
pub use output::{Artifact, Deployment, Listed, Output, Traced};
pub use people::{OfPerson, PerUser, Whom, Written};

use output::listed;
use secrets::Fetched;

/// What a run is given.
pub struct Input<'a> {
    /// What vendors' devices know: the workspace's own facts, or those that are built in.
    pub catalog: &'static Catalog,
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
    /// Whether to make artifacts for single people, rather than those that everybody shares.
    pub per_user: Option<PerUser<'a>>,
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

impl Selection {
    /// Whether it is everything.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.targets.is_empty() && self.profiles.is_empty() && self.sources.is_none()
    }
}

/// Fetches secrets. Only a build has one.
pub trait FetchSecrets: Sync {
    /// The bytes of a secret.
    ///
    /// # Errors
    /// Why it cannot be had; never the secret.
    fn fetch(&self, source: &SecretSource) -> Result<Vec<u8>, String>;
}

/// Runs everything.
#[must_use]
pub fn compile(input: Input<'_>) -> Output {
    let Input { mut sources, mut report, .. } = input;
    let workspace_node = input.workspace.and_then(|id| read::workspace(id, &sources, &mut report));
    let workspace = match &workspace_node {
        Some(node) => Workspace::read(node, &SCHEMAS, &input.overrides, &sources, &mut report),
        None => Workspace::bare(input.overrides.organization.as_deref().unwrap_or("invalid.invalid"), &SCHEMAS, &input.overrides),
    };
    let files = read::profiles(&input.profiles, &sources, &mut report);
    let unread = report.has_errors();
    let (others, documents) = told_apart(&files);
    let expressions = expressions(&workspace, input.per_user.is_some());
    let cx = Cx {
        schemas: &SCHEMAS,
        catalog: input.catalog,
        sources: &sources,
        workspace: &workspace,
        expressions: &expressions,
        files: input.files,
        by_hand: targets::by_hand,
        at: input.at,
        people: input.per_user.is_some(),
    };
    let mut outcome = check::check(&cx, &documents, &mut report);
    outcome.unread |= unread;
    let read = fleet::documents(&cx, &others, &mut outcome, &mut report);
    let fleet = fleet::fleet(read, &outcome, &workspace, input.files, input.per_user.is_some(), &mut sources, &mut report);
    let decrypts = check::decrypting(&outcome.profiles);
    let run = Run {
        catalog: input.catalog,
        decrypts: &decrypts,
        workspace: &workspace,
        selection: &input.selection,
        secrets: input.secrets,
        at: input.at,
        trace: input.trace,
    };
    // Every identifier, token and variable of every profile comes from there.
    let named = input.overrides.organization.is_some();
    let unusable = read::workspace_is_broken(input.workspace, workspace_node.is_some(), named, &sources, &report);
    if unusable {
        outcome.broken.extend(outcome.profiles.iter().map(|profile| profile.id.clone()));
    }
    let Made { artifacts, deployments, written } = match (&input.per_user, &fleet) {
        (None, _) => {
            let before = Before { previous: input.previous.as_ref(), tracked: input.tracked, sources: &sources };
            run.shared(&mut outcome, fleet.as_ref(), &before, &mut report)
        }
        (Some(per_user), Some(fleet)) if !unusable => {
            let files = people::Outside { expressions: &expressions, files: input.files, tracked: input.tracked };
            Made { written: people::build(&run, fleet, &files, per_user, &outcome, &mut report), ..Made::default() }
        }
        (Some(_), _) => Made::default(),
    };
    let broken: HashSet<String> = outcome.broken.iter().map(ToString::to_string).collect();
    let profiles = listed(&outcome.profiles, &sources);
    silence::silence(&outcome.allow, &mut report);
    hidden::hide(&mut report, &mut sources);
    let withheld = outcome.withheld.iter().map(|(platform, id)| ((*platform).to_owned(), id.to_string())).collect();
    let diagnostics = report.into_sorted();
    Output { sources, diagnostics, artifacts, workspace, profiles, broken, withheld, fleet, deployments, written }
}

/// Collections and deployments, and the documents of profiles.
fn told_apart(files: &[(String, Vec<Node>)]) -> (Vec<Document<'_>>, Vec<Document<'_>>) {
    files
        .iter()
        .flat_map(|(folder, nodes)| nodes.iter().map(move |node| Document { node, folder }))
        .partition(|document| deploy::fleet_kind(&SCHEMAS, document.node).is_some())
}

/// What evaluates the expressions of a workspace.
fn expressions(workspace: &Workspace, people: bool) -> Expressions {
    let vars = workspace.vars.iter().map(|(name, variable)| (name.as_str(), variable.value.as_str()));
    let expressions = Expressions::new(vars, workspace.servers().into_iter().flat_map(check::all_tokens));
    if people { expressions.with_people() } else { expressions }
}

/// What a run made.
#[derive(Default)]
struct Made {
    artifacts: Vec<Artifact>,
    deployments: Vec<Deployment>,
    written: Written,
}

/// What artifacts are compared with before they may be written.
struct Before<'a> {
    previous: Option<&'a Manifest>,
    tracked: &'a dyn Fn(&str) -> bool,
    sources: &'a Sources,
}

/// What making artifacts depends on.
struct Run<'a> {
    catalog: &'static Catalog,
    workspace: &'a Workspace,
    /// Certificates that read encrypted mail: old mail needs them after they have expired.
    decrypts: &'a HashSet<Id>,
    selection: &'a Selection,
    secrets: Option<&'a dyn FetchSecrets>,
    at: Option<i64>,
    trace: bool,
}

/// A profile, or what a conflict left of it for some people.
#[derive(Clone, Copy)]
struct Version<'a> {
    profile: &'a Profile,
    /// What stands behind `+` in the names of its artifacts.
    variant: Option<&'a str>,
}

/// A profile lowered for one target.
struct Job<'a> {
    profile: &'a Profile,
    variant: Option<&'a str>,
    view: &'a View,
    table: &'static Table,
    writer: &'static Writer,
    lowered: Lowered,
}

/// Jobs by target and id.
type Jobs<'j, 'p> = HashMap<(&'j str, &'j str), &'j Job<'p>>;

/// Thumbprints of the trusted certificates of a workspace.
struct Authorities(HashMap<Id, Arc<Certificate>>);

impl Authorities {
    fn of(profiles: &[Profile]) -> Authorities {
        Authorities(profiles.iter().filter_map(|profile| Some((profile.id.clone(), own_certificate(profile)?))).collect())
    }
}

impl Referents for Authorities {
    fn thumbprint(&self, id: &str) -> Option<String> {
        self.0.get(id).map(|certificate| certificate.thumbprint.clone())
    }
}

impl Run<'_> {
    /// The artifacts that everybody shares, without those that must not be written, and the files that say who gets them.
    fn shared(&self, outcome: &mut Outcome, fleet: Option<&Fleet>, before: &Before<'_>, report: &mut Report) -> Made {
        let (mut artifacts, failed) = self.build(outcome, fleet, report);
        outcome.broken.extend(failed);
        outcome.broken.extend(history::same_object(&artifacts, &outcome.profiles, report));
        outcome.broken.extend(git::into_git(&artifacts, &outcome.profiles, before.tracked, report));
        if let Some(previous) = before.previous {
            let failed = history::compare(previous, &artifacts, &outcome.profiles, self.workspace, before.sources, report);
            outcome.broken.extend(failed);
        }
        let broken: HashSet<&str> = outcome.broken.iter().map(|id| &**id).collect();
        artifacts.retain(|artifact| !broken.contains(&*artifact.entry.profile));
        // What a stale deployment names stays as that deployment found it.
        let open = fleet.map_or_else(Vec::new, Fleet::open_profiles);
        let ids: HashSet<&str> = open.iter().map(|profile| &*profile.id).collect();
        artifacts.retain(|artifact| !ids.contains(&*artifact.entry.profile));
        let views = open.iter().flat_map(|profile| profile.views.iter().map(|view| (view.platform.name, profile.id.clone())));
        outcome.withheld.extend(views);
        let whole = fleet.filter(|_| self.selection.is_whole());
        let mut deployments = whole.map_or_else(Vec::new, |fleet| fleet::files(fleet, &artifacts, &broken));
        deployments.extend(fleet.into_iter().flat_map(|fleet| self.scripts(fleet, &broken, report)));
        Made { artifacts, deployments, written: Written::default() }
    }

    /// All artifacts of sound profiles, and the ids of those that turned out to be unsound.
    fn build(&self, outcome: &Outcome, fleet: Option<&Fleet>, report: &mut Report) -> (Vec<Artifact>, Vec<Id>) {
        let profiles = &outcome.profiles;
        let authorities = Authorities::of(profiles);
        let variants = fleet.map(fleet::variants).unwrap_or_default();
        let mut versions: Vec<Version<'_>> = profiles.iter().map(|profile| Version { profile, variant: None }).collect();
        versions.extend(variants.iter().map(|(variant, profile)| Version { profile, variant: Some(variant) }));
        let jobs = self.jobs(&versions, &authorities);
        let index: HashMap<(&str, &str), &Job<'_>> =
            jobs.iter().filter(|job| job.variant.is_none()).map(|job| ((job.writer.target, &*job.profile.id), job)).collect();
        // Embedded certificates have no artifact of their own, unless a deployment names them: a device must not enrol twice.
        let named: HashSet<&str> = fleet.map(fleet::named).unwrap_or_default();
        let embedded: HashSet<(&str, &str)> = jobs
            .iter()
            .filter(|job| job.writer.embeds)
            .flat_map(|job| job.lowered.references.iter().map(|id| (job.writer.target, &**id)))
            .collect();
        let chosen: Vec<&Job<'_>> = jobs
            .iter()
            .filter(|job| named.contains(&*job.profile.id) || !embedded.contains(&(job.writer.target, &*job.profile.id)))
            .filter(|job| !(job.writer.embeds && outcome.withheld.contains(&(job.view.platform.name, job.profile.id.clone()))))
            .filter(|job| self.selected(job))
            .collect();
        self.refused_targets(profiles, &chosen, report);
        let (secrets, mut failed) = self.fetch(&chosen, &index, report);
        let (twice, shared) = self.nodes_twice(&jobs, outcome.may_name_nodes(), report);
        failed.extend(twice);
        // What lacks a secret is assembled as in a check, for what there is to say about it, and not kept.
        let none = Fetched::nothing();
        let lacking: HashSet<Id> = failed.iter().cloned().collect();
        let secrets_of = |job: &Job<'_>| if lacking.contains(&job.profile.id) { &none } else { &secrets };
        let results: Vec<_> =
            chosen.par_iter().map(|job| (self.assemble(job, &index, secrets_of(job), &shared), job.profile)).collect();
        // Only what is deployed is asked for.
        let deployed = |artifact: &Artifact| fleet.is_some_and(|fleet| fleet.profile(&artifact.entry.profile).is_some());
        let mut artifacts = Vec::new();
        for ((made, said), profile) in results {
            report.append(said);
            match made {
                Some(made) => {
                    artifacts.extend(made.into_iter().filter(|artifact| deployed(artifact) || artifact.entry.role != "query"));
                }
                None => failed.push(profile.id.clone()),
            }
        }
        artifacts.sort_by(|a, b| a.entry.path.cmp(&b.entry.path));
        (artifacts, failed)
    }

    fn selected(&self, job: &Job<'_>) -> bool {
        one_of(&self.selection.targets, job.writer.target) && self.wanted(job.profile)
    }

    /// Whether a profile is chosen, whatever the target.
    fn wanted(&self, profile: &Profile) -> bool {
        let file = self.selection.sources.as_ref().is_none_or(|sources| sources.contains(&profile.spans.id.source));
        file && one_of(&self.selection.profiles, &profile.id)
    }

    fn jobs<'p>(&self, versions: &[Version<'p>], authorities: &Authorities) -> Vec<Job<'p>> {
        versions
            .par_iter()
            .flat_map_iter(|Version { profile, variant }| {
                let own = profile.views.iter().filter(|view| !self.workspace.console_alone(view.platform.name));
                // A console knows the rule of conflicts itself: it gets profiles as they are.
                let consoles = profile.consoles.iter().filter(|_| variant.is_none());
                own.chain(consoles).flat_map(move |view| {
                    view.platform.targets.iter().filter_map(move |target| {
                        let table = SCHEMAS.table(profile.kind.name, target)?;
                        let writer = targets::writer(target)?;
                        let lowered = lower::lower(profile, view, table, writer.by_hand, authorities)?;
                        Some(Job { profile, variant: *variant, view, table, writer, lowered })
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
        shared: &SharedNodes,
    ) -> (Option<Vec<Artifact>>, Report) {
        let mut said = Report::new();
        let with = if job.writer.embeds || job.writer.names { referred_by(job, index) } else { Vec::new() };
        let bundle = Bundle {
            main: Part { profile: job.profile, view: job.view, lowered: &job.lowered },
            with: with.iter().map(|job| Part { profile: job.profile, view: job.view, lowered: &job.lowered }).collect(),
        };
        let around = self.around(job, secrets, shared);
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

/// Whether a name is chosen; an empty list chooses all.
fn one_of(list: &[String], name: &str) -> bool {
    list.is_empty() || list.iter().any(|wanted| wanted == name)
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

impl Job<'_> {
    /// The path of one of its artifacts.
    fn path(&self, suffix: &str) -> String {
        let id = &self.profile.id;
        match self.variant {
            Some(variant) => path(self.writer.target, &format!("{id}+{variant}"), suffix),
            None => path(self.writer.target, id, suffix),
        }
    }
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
