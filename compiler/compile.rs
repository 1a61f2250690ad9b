//! The way of data, joined: text to nodes to profiles to entries to artifacts.
//!
//! Pure: what it needs from the outside (files, secrets, the day, the manifest of the build before) is handed in. Files and
//! profiles are independent work and run on all cores; the result does not depend on how many there are.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

use crate::builtin::{CATALOG, SCHEMAS};
use crate::check::{self, Cx, Document, Expressions, Files, Overrides, Workspace};
use crate::diagnostic::{Code, Diagnostic, Report, Severity};
use crate::history;
use crate::ir::{Certificate, Id, IdentitySource, Lowered, Profile, SecretSource, Value, View};
use crate::lower::{self, Referents};
use crate::manifest::{self, Left, Manifest};
use crate::schema::{Answer, FieldId, Table, Type, Write};
use crate::source::{Limits, Node, SourceId, Sources, Span, parse};
use crate::targets::{self, Assembled, Bundle, Part, Role, Secrets, Surroundings, Writer};

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
    /// Where the ids of sound profiles stand.
    pub spans: HashMap<String, Span>,
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
    /// For every place in it, why it stands there: `--trace`.
    pub trace: Vec<(String, String)>,
}

/// Runs everything.
#[must_use]
pub fn compile(input: Input<'_>) -> Output {
    let Input { mut sources, report, .. } = input;
    let mut report = report;
    let workspace_node = input.workspace.and_then(|id| read_workspace(id, &sources, &mut report));
    let workspace = match &workspace_node {
        Some(node) => Workspace::read(node, &SCHEMAS, &input.overrides, &sources, &mut report),
        None => Workspace::bare(input.overrides.organization.as_deref().unwrap_or("invalid.invalid"), &SCHEMAS, &input.overrides),
    };
    let files = parse_all(&input.profiles, &sources, &mut report);
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
    let run = Run { workspace: &workspace, selection: &input.selection, secrets: input.secrets, at: input.at };
    let (mut artifacts, failed) = run.build(&outcome.profiles, &mut report);
    outcome.broken.extend(failed);
    if let Some(previous) = &input.previous {
        let failed = history::compare(previous, &artifacts, &outcome.profiles, &workspace, &sources, &mut report);
        outcome.broken.extend(failed);
    }
    let broken: HashSet<String> = outcome.broken.iter().map(|id| id.to_string()).collect();
    artifacts.retain(|artifact| !broken.contains(&artifact.entry.profile));
    let profiles = listed(&outcome.profiles, &sources);
    let spans = outcome.profiles.iter().map(|profile| (profile.id.to_string(), profile.spans.id)).collect();
    silence(&outcome.allow, &mut report);
    for span in report.hidden().to_vec() {
        sources.hide(span);
    }
    Output { sources, diagnostics: report.into_sorted(), artifacts, workspace, profiles, broken, spans }
}

fn read_workspace(id: SourceId, sources: &Sources, report: &mut Report) -> Option<Node> {
    let source = sources.get(id)?;
    let parsed = parse(id, &source.text, Limits::default());
    let sound = parsed.problems.is_empty();
    check::report_syntax(parsed.problems, source, report);
    match parsed.documents.len() {
        1 => parsed.documents.into_iter().next(),
        0 if sound => {
            report.push(Diagnostic::new(Code::E0110, Span::start_of(id), format!("`{}` is empty", source.path)).label("nothing here"));
            None
        }
        0 => None,
        _ => {
            let span = parsed.documents.get(1).map_or(Span::start_of(id), |node| node.span);
            report.push(Diagnostic::new(Code::E0218, span, "payloadc.yaml has more than one document").label("the second one"));
            parsed.documents.into_iter().next()
        }
    }
}

/// The documents of each file, with its folder.
fn parse_all(ids: &[SourceId], sources: &Sources, report: &mut Report) -> Vec<(String, Vec<Node>)> {
    let parsed: Vec<(String, Vec<Node>, Report)> = ids
        .par_iter()
        .filter_map(|id| {
            let source = sources.get(*id)?;
            let mut report = Report::new();
            let parsed = parse(*id, &source.text, Limits::default());
            if parsed.documents.is_empty() && parsed.problems.is_empty() {
                let diagnostic = Diagnostic::new(Code::E0110, Span::start_of(*id), format!("`{}` holds no profile", source.path));
                report.push(diagnostic.label("nothing here").help("write a profile, or remove the file"));
            }
            check::report_syntax(parsed.problems, source, &mut report);
            let folder = source.path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
            Some((folder, parsed.documents, report))
        })
        .collect();
    parsed
        .into_iter()
        .map(|(folder, documents, found)| {
            report.append(found);
            (folder, documents)
        })
        .collect()
}

fn listed(profiles: &[Profile], sources: &Sources) -> Vec<Listed> {
    let file = |profile: &Profile| sources.get(profile.spans.id.source).map_or_else(String::new, |source| source.path.clone());
    profiles
        .iter()
        .map(|profile| Listed {
            id: profile.id.to_string(),
            kind: profile.kind.name.to_owned(),
            name: profile.name.as_literal().unwrap_or_default().to_owned(),
            platforms: profile.views.iter().map(|view| (view.platform.name.to_owned(), view.range.to_string())).collect(),
            file: file(profile),
        })
        .collect()
}

/// Takes out warnings that the workspace or their profile allows; says which permissions nobody needed.
fn silence(allow: &[(check::Allow, Option<Span>)], report: &mut Report) {
    let mut used = vec![false; allow.len()];
    report.retain(|diagnostic| {
        if diagnostic.severity() != Severity::Warning {
            return true;
        }
        let span = diagnostic.primary.span;
        let inside = |document: &Span| document.source == span.source && document.start <= span.start && span.end <= document.end;
        let matching = allow.iter().position(|(allow, document)| allow.code == diagnostic.code && document.as_ref().is_none_or(inside));
        if let Some(flag) = matching.and_then(|at| used.get_mut(at)) {
            *flag = true;
        }
        matching.is_none()
    });
    for ((allow, _), _) in allow.iter().zip(used).filter(|(_, used)| !used) {
        let message = format!("`{}` is silenced and does not occur", allow.code.name());
        report.push(Diagnostic::new(Code::W0603, allow.span, message).label("not needed").help("remove the line"));
    }
}

/// What making artifacts depends on.
struct Run<'a> {
    workspace: &'a Workspace,
    selection: &'a Selection,
    secrets: Option<&'a dyn FetchSecrets>,
    at: Option<i64>,
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

/// Secrets that were fetched; a check has none and hands out a word that stands for each.
struct Fetched(Option<HashMap<SecretSource, Vec<u8>>>);

impl Secrets for Fetched {
    fn get(&self, source: &SecretSource) -> Option<Vec<u8>> {
        match &self.0 {
            Some(found) => found.get(source).cloned(),
            None => Some(b"secret".to_vec()),
        }
    }
}

impl Run<'_> {
    /// All artifacts of sound profiles, and the ids of those that turned out to be unsound.
    fn build(&self, profiles: &[Profile], report: &mut Report) -> (Vec<Artifact>, Vec<Id>) {
        let authorities = Authorities(profiles.iter().filter_map(|profile| Some((profile.id.clone(), own_certificate(profile)?))).collect());
        let jobs = self.jobs(profiles, &authorities);
        let index: HashMap<(&str, &str), &Job<'_>> = jobs.iter().map(|job| ((job.writer.target, &*job.profile.id), job)).collect();
        // Embedded certificates have no artifact of their own: a device must not enrol twice.
        let embedded: HashSet<(&str, &str)> = jobs
            .iter()
            .filter(|job| job.writer.embeds)
            .flat_map(|job| job.lowered.references.iter().map(|id| (job.writer.target, &**id)))
            .collect();
        let chosen: Vec<&Job<'_>> = jobs
            .iter()
            .filter(|job| !embedded.contains(&(job.writer.target, &*job.profile.id)))
            .filter(|job| self.selected(job))
            .collect();
        let (secrets, mut failed) = self.fetch(&chosen, &index, report);
        let results: Vec<(Result<Vec<Artifact>, Diagnostic>, &Profile)> =
            chosen.par_iter().map(|job| (self.assemble(job, &index, &secrets), job.profile)).collect();
        let mut artifacts = Vec::new();
        for (result, profile) in results {
            match result {
                Ok(made) => artifacts.extend(made),
                Err(diagnostic) => {
                    failed.push(profile.id.clone());
                    report.push(diagnostic);
                }
            }
        }
        for artifact in artifacts.iter().filter(|artifact| artifact.entry.notes.iter().any(|note| note.contains("Certificate Trust Settings"))) {
            if let Some(profile) = profiles.iter().find(|profile| *profile.id == *artifact.entry.profile) {
                let note = artifact.entry.notes.iter().find(|note| note.contains("Certificate Trust Settings"));
                let diagnostic = Diagnostic::new(Code::N0702, profile.spans.id, note.cloned().unwrap_or_default());
                report.push(diagnostic.label("holds a root").note("https://support.apple.com/102390"));
            }
        }
        artifacts.sort_by(|a, b| a.entry.path.cmp(&b.entry.path));
        (artifacts, failed)
    }

    fn selected(&self, job: &Job<'_>) -> bool {
        let selected = |list: &[String], name: &str| list.is_empty() || list.iter().any(|wanted| wanted == name);
        selected(&self.selection.targets, job.writer.target) && selected(&self.selection.profiles, &job.profile.id)
    }

    fn jobs<'p>(&self, profiles: &'p [Profile], authorities: &Authorities) -> Vec<Job<'p>> {
        profiles
            .par_iter()
            .flat_map_iter(|profile| {
                profile.views.iter().flat_map(move |view| {
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

    /// Fetches what the chosen artifacts hold, each secret once. A check fetches nothing.
    fn fetch(&self, chosen: &[&Job<'_>], index: &HashMap<(&str, &str), &Job<'_>>, report: &mut Report) -> (Fetched, Vec<Id>) {
        let Some(fetch) = self.secrets else { return (Fetched(None), Vec::new()) };
        let mut found: HashMap<SecretSource, Vec<u8>> = HashMap::new();
        let mut failed = Vec::new();
        for job in chosen {
            let mut jobs = embedded_in(job, index);
            jobs.push(job);
            for part in jobs {
                if !self.secrets_of(part, fetch, &mut found, report) {
                    failed.push(job.profile.id.clone());
                }
            }
        }
        (Fetched(Some(found)), failed)
    }

    /// Fetches the secrets of one profile and opens its PKCS#12 file. Says what is wrong.
    fn secrets_of(&self, job: &Job<'_>, fetch: &dyn FetchSecrets, found: &mut HashMap<SecretSource, Vec<u8>>, report: &mut Report) -> bool {
        let mark = report.len();
        for setting in job.view.settings.iter().flatten() {
            let (source, text) = match &setting.value {
                Value::Secret(source) => (source, true),
                Value::Identity(identity) => match &identity.from {
                    IdentitySource::Secret(source) => (source, false),
                    IdentitySource::File(_) => continue,
                },
                _ => continue,
            };
            let span = setting.origin.span().unwrap_or(job.profile.spans.id);
            if matches!(source, SecretSource::Token(_)) || found.contains_key(source) {
                continue;
            }
            match fetch.fetch(source).and_then(|bytes| usable(bytes, text, source)) {
                Ok(bytes) => {
                    found.insert(source.clone(), bytes);
                }
                Err(why) => report.push(Diagnostic::new(Code::E0503, span, format!("the secret {why}")).label("comes from here")),
            }
        }
        if !report.errors_since(mark) {
            self.open(job, found, report);
        }
        !report.errors_since(mark)
    }

    /// Opens a PKCS#12 file with its password, which only a build has.
    fn open(&self, job: &Job<'_>, found: &HashMap<SecretSource, Vec<u8>>, report: &mut Report) {
        let identity = job.view.settings.iter().flatten().find_map(|setting| match &setting.value {
            Value::Identity(identity) => Some(identity),
            _ => None,
        });
        let Some(identity) = identity else { return };
        let bytes: &[u8] = match &identity.from {
            IdentitySource::File(bytes) => bytes,
            IdentitySource::Secret(source) => match found.get(source) {
                Some(bytes) => bytes,
                None => return,
            },
        };
        let password = match job.view.value(job.profile.kind, "password") {
            Some(Value::Secret(SecretSource::Token(_))) => return,
            Some(Value::Secret(source)) => found.get(source).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default(),
            _ => "",
        };
        let asks = job.writer.embeds && job.view.value(job.profile.kind, "password").is_none();
        match check::open_pkcs12(bytes, password) {
            // Without a password in the profile, an Apple device asks the person who installs it.
            Err(_) if asks => {}
            Err(why) => {
                let diagnostic = Diagnostic::new(Code::E0310, identity.span, format!("the PKCS#12 file {why}")).label("this file");
                report.push(diagnostic.help("check `password`, and that the file holds one certificate with its key"));
            }
            Ok(certificate) => {
                if self.at.is_some_and(|at| at > certificate.valid.1) {
                    let message = format!("the certificate expired on {}", check::day(certificate.valid.1));
                    let diagnostic = Diagnostic::new(Code::N0703, identity.span, message).label("this file");
                    report.push(diagnostic.note("old mail still needs its key, so it is sent all the same"));
                }
            }
        }
    }

    fn assemble(&self, job: &Job<'_>, index: &HashMap<(&str, &str), &Job<'_>>, secrets: &Fetched) -> Result<Vec<Artifact>, Diagnostic> {
        let with = if job.writer.embeds { embedded_in(job, index) } else { Vec::new() };
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
        let assembled = (job.writer.assemble)(&bundle, &around).map_err(|fault| {
            let message = format!("{} for `{}` cannot be made: {fault}", job.writer.target, job.profile.id);
            Diagnostic::new(Code::E0001, job.profile.spans.id, message)
                .label("this profile")
                .help("this is a fault of payloadc, not of the profile: please report it with the profile")
        })?;
        let after = if job.writer.embeds { Vec::new() } else { required_before(job, index) };
        Ok(assembled.into_iter().map(|made| artifact(job, &with, made, &after)).collect())
    }
}

/// All profiles a job refers to, over however many steps, each once.
fn embedded_in<'j, 'p>(job: &Job<'p>, index: &HashMap<(&str, &str), &'j Job<'p>>) -> Vec<&'j Job<'p>> {
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
        embedded_in(job, index).iter().map(|other| path(other.writer.target, &other.profile.id, ".install.xml")).collect();
    paths.sort();
    paths
}

fn path(target: &str, id: &str, suffix: &str) -> String {
    format!("{target}/{id}{suffix}")
}

/// Authorities, requests, identities, then what needs them: the kinds say so by what they refer to.
fn order(job: &Job<'_>) -> u32 {
    let holds = |wanted: fn(&Type) -> bool| job.profile.kind.fields.iter().any(|field| wanted(&field.ty));
    if holds(|ty| matches!(ty, Type::Certificate)) {
        if job.view.choice(job.profile.kind, "store") == Some("intermediate") { 2 } else { 1 }
    } else if job.profile.kind.field("root_ca").is_some() {
        3
    } else {
        4
    }
}

fn artifact(job: &Job<'_>, with: &[&Job<'_>], made: Assembled, after: &[String]) -> Artifact {
    let left = |list: &str| -> Vec<Left> {
        let out = job.view.left_out.iter().filter(|left| left.list == list);
        out.map(|left| Left { field: left.field.to_owned(), reason: left.reason.clone() }).collect()
    };
    let mut notes = made.notes;
    notes.extend(left("notes").into_iter().map(|left| left.reason));
    let removal = made.role == Role::Remove;
    let fixed = made.fixed.into_iter().map(|(id, text)| (id, sha256(text.as_bytes()))).collect();
    let entry = manifest::Entry {
        path: path(job.writer.target, &job.profile.id, made.suffix),
        profile: job.profile.id.to_string(),
        kind: job.profile.kind.name.to_owned(),
        platform: job.view.platform.name.to_owned(),
        target: job.writer.target.to_owned(),
        role: made.role.name().to_owned(),
        sha256: (!made.contains_secret).then(|| sha256(&made.bytes)),
        identities: made.identities,
        generation: job.profile.generation,
        order: order(job),
        after: if removal { Vec::new() } else { after.to_vec() },
        needs_user_logged_on: made.needs_user_logged_on,
        redeliver: made.redeliver,
        contains_secret: made.contains_secret,
        stale: false,
        removed: false,
        not_applicable: left("not_applicable"),
        skipped: left("skipped"),
        approximated: left("approximated"),
        unverified: unverified(job),
        notes,
        fixed,
    };
    Artifact { entry, bytes: made.bytes, trace: trace(job, with) }
}

/// The rows in use that no device has confirmed.
fn unverified(job: &Job<'_>) -> Vec<Left> {
    let mut found = Vec::new();
    for (id, field) in job.profile.kind.numbered().filter(|(id, _)| job.view.setting(*id).is_some()) {
        let rows = match job.table.answers.get(id.index()) {
            Some(Answer::Whole(lowerings)) => vec![*lowerings],
            Some(Answer::Parts(parts)) => parts.iter().map(|(_, lowerings)| *lowerings).collect(),
            None => Vec::new(),
        };
        let picked = rows.into_iter().filter_map(|rows| job.view.pick(job.profile.kind, job.profile.scope, id, rows));
        if let Some(row) = picked.filter(|row| !row.unverified.is_empty() && !matches!(row.write, Write::Unsupported(_))).next() {
            found.push(Left { field: field.name.to_owned(), reason: row.unverified.to_owned() });
        }
    }
    found
}

/// Place and reason of every entry, certificates included.
fn trace(job: &Job<'_>, with: &[&Job<'_>]) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    for part in with.iter().copied().chain([job]) {
        let name = |id: FieldId| part.profile.kind.fields.get(id.index()).map_or("", |field| field.name);
        for entry in &part.lowered.entries {
            let why = match entry.origin {
                crate::ir::Origin::Written(span) => format!("@{}:{}", span.source.0, span.start),
                crate::ir::Origin::Default => "default".to_owned(),
                crate::ir::Origin::Implied(id) => format!("implied by `{}`", name(id)),
                crate::ir::Origin::Table => "constant of the target".to_owned(),
            };
            lines.push((format!("{}: {}", part.profile.id, entry.place), why));
        }
    }
    lines
}

fn own_certificate(profile: &Profile) -> Option<Arc<Certificate>> {
    profile.views.first()?.settings.iter().flatten().find_map(|setting| match &setting.value {
        Value::Certificate(certificate) => Some(Arc::clone(certificate)),
        _ => None,
    })
}

/// A secret that is empty, or text that XML cannot carry, is refused without being shown.
fn usable(bytes: Vec<u8>, text: bool, source: &SecretSource) -> Result<Vec<u8>, String> {
    if bytes.is_empty() {
        return Err("is empty".into());
    }
    if text {
        let valid = std::str::from_utf8(&bytes).map_err(|_| "is no UTF-8 text".to_owned())?;
        if valid.chars().any(|c| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}')) {
            return Err("holds a control character, which no artifact can carry".into());
        }
        return Ok(bytes);
    }
    match source {
        // An environment variable holds text: bytes stand in base64.
        SecretSource::Env(_) => {
            use base64::Engine as _;
            let compact: Vec<u8> = bytes.into_iter().filter(|byte| !byte.is_ascii_whitespace()).collect();
            base64::engine::general_purpose::STANDARD.decode(compact).map_err(|_| "is no base64".to_owned())
        }
        SecretSource::File(_) | SecretSource::Token(_) => Ok(bytes),
    }
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
