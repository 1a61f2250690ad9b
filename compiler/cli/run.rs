//! What `build`, `check` and `list` share: read, compile, say what was found.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::Failure;
use super::arguments::{Diagnostics, What};
use super::load::{Loaded, OnDisk, load};
use super::secrets::FromOutside;
use super::terminal::Progress;
use crate::check::{list, nearest};
use crate::compile::{Input, Output, Selection, compile};
use crate::diagnostic::render::{Format, Style, render};
use crate::diagnostic::{CODES, Code, Diagnostic, Severity};
use crate::manifest::Manifest;
use crate::source::{SourceId, Span};
use crate::targets::WRITERS;

/// A compiled run with where it came from.
pub struct Run {
    /// What the compiler gave.
    pub output: Output,
    /// The workspace's folder.
    pub root: PathBuf,
    /// The output folder; nothing for standard output.
    pub out: Option<PathBuf>,
    /// Folders that the output must not be.
    pub profile_folders: Vec<PathBuf>,
    /// Every profile of the workspace was compiled, for every target.
    pub whole: bool,
    /// The manifest that lies in the output folder.
    pub previous: Option<Manifest>,
    /// Files that begin with a byte order mark.
    pub marked: std::collections::BTreeSet<String>,
}

/// Compiles what the arguments name. Secrets are read only for a build.
pub fn compiled(what: &What, with_secrets: bool, secrets_in_git: bool) -> Result<Run, Failure> {
    let at = day(what.at.as_deref())?;
    known_targets(&what.targets)?;
    let loaded = load(what)?;
    let out = match &what.out {
        Some(out) if out == Path::new("-") => None,
        Some(out) => Some(out.clone()),
        None => Some(loaded.output.clone()),
    };
    let previous = out.as_ref().map_or(Ok(None), |out| manifest(out))?;
    let _progress = Progress::start(format!("compiling {} files", loaded.profiles.len()));
    let whole = loaded.whole && what.targets.is_empty() && what.profiles.is_empty();
    let (root, profile_folders, marked) = (loaded.root.clone(), loaded.profile_folders.clone(), loaded.marked.clone());
    let mut output = compile_loaded(loaded, what, at, previous.clone(), with_secrets);
    known_profiles(&what.profiles, &output)?;
    if let Some(out) = out.as_ref().filter(|_| !secrets_in_git) {
        secrets_into_git(&mut output, out);
    }
    Ok(Run { output, root, out, profile_folders, whole, previous, marked })
}

fn compile_loaded(loaded: Loaded, what: &What, at: i64, previous: Option<Manifest>, with_secrets: bool) -> Output {
    let files = OnDisk { root: loaded.root.clone() };
    let secrets = FromOutside { root: loaded.root.clone() };
    compile(Input {
        sources: loaded.sources,
        workspace: loaded.workspace,
        profiles: loaded.profiles,
        files: &files,
        overrides: loaded.overrides,
        at: Some(at),
        selection: Selection { targets: what.targets.clone(), profiles: what.profiles.clone() },
        secrets: with_secrets.then_some(&secrets),
        previous,
        report: loaded.report,
    })
}

/// The manifest in an output folder. One that cannot be read is no reason to guess.
pub fn manifest(out: &Path) -> Result<Option<Manifest>, Failure> {
    let path = out.join("manifest.json");
    match std::fs::read(&path) {
        Ok(bytes) => Manifest::read(&bytes).map(Some).map_err(|why| Failure(format!("`{}` is no manifest of payloadc: {why}", path.display()))),
        Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(Failure(format!("`{}` cannot be read: {error}", path.display()))),
    }
}

/// Prints diagnostics; returns whether any is an error or denied.
pub fn report(output: &Output, what: &What, style: Style) -> Result<bool, Failure> {
    let denied = denied(&what.deny)?;
    let format = match what.format {
        Diagnostics::Human => Format::Human,
        Diagnostics::Json => Format::Json,
        Diagnostics::Sarif => Format::Sarif,
        Diagnostics::Github => Format::Github,
        Diagnostics::Junit => Format::Junit,
    };
    let text = render(format, &output.diagnostics, &output.sources, style);
    if what.format == Diagnostics::Human {
        std::io::stderr().lock().write_all(text.as_bytes())?;
    } else {
        super::write_out(text.as_bytes())?;
    }
    let bad = |diagnostic: &Diagnostic| diagnostic.severity() == Severity::Error || denied.contains(&diagnostic.code);
    Ok(output.diagnostics.iter().any(bad))
}

fn denied(deny: &[String]) -> Result<Vec<Code>, Failure> {
    let mut codes = Vec::new();
    for word in deny {
        if word == "warnings" {
            codes.extend(CODES.iter().filter(|code| code.severity() == Severity::Warning));
        } else if let Some(code) = Code::find(word) {
            codes.push(code);
        } else {
            let near = nearest(word, CODES.iter().map(|code| code.name()));
            let hint = near.map_or(String::new(), |near| format!("; `{near}` is near"));
            return Err(Failure(format!("`--deny {word}` names no code{hint}")));
        }
    }
    Ok(codes)
}

fn known_targets(targets: &[String]) -> Result<(), Failure> {
    let known = || WRITERS.iter().map(|writer| writer.target);
    match targets.iter().find(|target| !known().any(|known| known == target.as_str())) {
        Some(unknown) => Err(Failure(format!("`--target {unknown}` names no target; known are {}", list(known())))),
        None => Ok(()),
    }
}

fn known_profiles(wanted: &[String], output: &Output) -> Result<(), Failure> {
    let known = |id: &str| output.profiles.iter().any(|profile| profile.id == id) || output.broken.contains(id);
    let Some(unknown) = wanted.iter().find(|id| !known(id)) else { return Ok(()) };
    let near = nearest(unknown, output.profiles.iter().map(|profile| profile.id.as_str()));
    let hint = near.map_or(String::new(), |near| format!("; `{near}` is near"));
    Err(Failure(format!("`--profile {unknown}` names no profile{hint}")))
}

/// The day for certificates: `--at`, else `SOURCE_DATE_EPOCH`, else now.
fn day(at: Option<&str>) -> Result<i64, Failure> {
    if let Some(text) = at {
        return instant(text).ok_or_else(|| Failure(format!("`--at {text}` is no day: write 2026-11-21 or 2026-11-21T08:00:00Z")));
    }
    if let Ok(epoch) = std::env::var("SOURCE_DATE_EPOCH") {
        return epoch.trim().parse().map_err(|_| Failure(format!("SOURCE_DATE_EPOCH is `{epoch}`, not a number of seconds")));
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Ok(now.ok().and_then(|now| i64::try_from(now.as_secs()).ok()).unwrap_or(0))
}

fn instant(text: &str) -> Option<i64> {
    use time::format_description::well_known::{Iso8601, Rfc3339};
    if let Ok(instant) = time::OffsetDateTime::parse(text, &Rfc3339) {
        return Some(instant.unix_timestamp());
    }
    let day = time::Date::parse(text, &Iso8601::DATE).ok()?;
    Some(day.midnight().assume_utc().unix_timestamp())
}

/// Artifacts with secrets in a git work tree that does not ignore them are one `git add` away from everybody.
fn secrets_into_git(output: &mut Output, out: &Path) {
    if !output.artifacts.iter().any(|artifact| artifact.entry.contains_secret) || !tracked_by_git(out) {
        return;
    }
    let mut refused: Vec<String> = Vec::new();
    for artifact in output.artifacts.iter().filter(|artifact| artifact.entry.contains_secret) {
        if !refused.contains(&artifact.entry.profile) {
            refused.push(artifact.entry.profile.clone());
        }
    }
    for id in &refused {
        let span = output.spans.get(id).copied().unwrap_or(Span::start_of(SourceId(0)));
        output.diagnostics.push(
            Diagnostic::new(Code::E0504, span, format!("the artifacts of `{id}` hold a secret, and git does not ignore the output folder"))
                .label("this profile")
                .help("add the output folder to .gitignore, write elsewhere with `--out`, or pass `--allow-secrets-in-git`"),
        );
    }
    output.artifacts.retain(|artifact| !refused.contains(&artifact.entry.profile));
    output.broken.extend(refused);
}

/// Whether a folder lies in a git work tree and no ignore file covers it.
fn tracked_by_git(out: &Path) -> bool {
    let existing = out.ancestors().find(|path| path.exists() && !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (Ok(whole), Ok(rest)) = (std::fs::canonicalize(existing), out.strip_prefix(existing)) else { return false };
    let whole = whole.join(rest);
    let Some(top) = whole.ancestors().find(|path| path.join(".git").exists()) else { return false };
    let mut rules = ignore::gitignore::GitignoreBuilder::new(top);
    rules.add(top.join(".git/info/exclude"));
    let between: Vec<&Path> = whole.ancestors().take_while(|path| path.starts_with(top)).collect();
    for folder in between.into_iter().rev() {
        rules.add(folder.join(".gitignore"));
    }
    match rules.build() {
        Ok(rules) => !rules.matched_path_or_any_parents(&whole, true).is_ignore(),
        Err(_) => true,
    }
}
