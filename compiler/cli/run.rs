//! What `build`, `check` and `list` share: read, compile, say what was found.

use std::collections::{BTreeSet, HashSet};
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};
use std::sync::LazyLock;

use super::arguments::{Diagnostics, What};
use super::catalog::of_workspace;
use super::files::OnDisk;
use super::git::WorkTree;
use super::globs::slashes;
use super::load::{STDIN, load};
use super::output::MANIFEST;
use super::secrets::FromOutside;
use super::terminal::Progress;
use super::{Exit, Failure};
use crate::catalog::Catalog;
use crate::check::{list, nearest};
use crate::compile::{Input, Output, PerUser, Selection, compile};
use crate::diagnostic::render::{Format, Style, render};
use crate::diagnostic::{CODES, Code, Diagnostic, Severity};
use crate::manifest::Manifest;
use crate::source::{SourceId, Sources};
use crate::targets::WRITERS;

/// A compiled run with where it came from.
pub struct Run {
    /// The facts it was compiled with.
    pub catalog: &'static Catalog,
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
    pub marked: BTreeSet<String>,
    /// A profile has an error.
    pub errors: bool,
    /// A warning is denied. It is an error that belongs to no profile.
    pub denied: bool,
}

/// What a command asks of a run beside its inputs.
#[derive(Clone, Copy, Default)]
pub struct Wanted {
    /// Read secrets: only a build does.
    pub secrets: bool,
    /// Let secrets into a git work tree.
    pub secrets_in_git: bool,
    /// Say where entries come from.
    pub trace: bool,
}

/// Compiles what the arguments name.
pub fn compiled(what: &What, wanted: Wanted) -> Result<Run, Failure> {
    compiled_for(what, wanted, None)
}

/// Compiles what the arguments name, perhaps for single people.
pub fn compiled_for(what: &What, wanted: Wanted, per_user: Option<PerUser<'_>>) -> Result<Run, Failure> {
    let at = day(what.at.as_deref())?;
    let denied = denied(&what.deny)?;
    known_targets(&what.targets)?;
    let loaded = load(what)?;
    let out = match &what.out {
        Some(out) if out == Path::new("-") => None,
        Some(out) => Some(out.clone()),
        None => Some(loaded.output.clone()),
    };
    let previous = out.as_ref().map_or(Ok(None), |out| manifest(out))?;
    let _progress = Progress::start(format!("compiling {} files", loaded.profiles.len()));
    let whole = loaded.chosen.is_none() && what.targets.is_empty() && what.profiles.is_empty();
    let files = OnDisk { root: loaded.root.clone() };
    let secrets = FromOutside { root: loaded.root.clone() };
    // Looked for only when there is a secret to keep out of it.
    let folder = out.clone();
    let work_tree = LazyLock::new(|| folder.as_ref().filter(|_| !wanted.secrets_in_git).and_then(|out| WorkTree::around(out)));
    let catalog = of_workspace(&loaded.root)?;
    // Of files that were not named, errors alone matter: what was named may refer to them.
    let only: Option<HashSet<SourceId>> =
        loaded.chosen.iter().map(|files| files.iter().copied().chain(loaded.workspace).collect()).next();
    let mut output = compile(Input {
        catalog,
        sources: loaded.sources,
        workspace: loaded.workspace,
        profiles: loaded.profiles,
        files: &files,
        overrides: loaded.overrides,
        at: Some(at),
        selection: Selection { targets: what.targets.clone(), profiles: what.profiles.clone(), sources: loaded.chosen },
        secrets: wanted.secrets.then_some(&secrets),
        tracked: &|path| work_tree.as_ref().is_some_and(|tree| tree.takes(path)),
        trace: wanted.trace,
        previous: previous.clone(),
        per_user,
        report: loaded.report,
    });
    if let Some(chosen) = &only {
        output.diagnostics.retain(|said| said.severity() == Severity::Error || chosen.contains(&said.primary.span.source));
    }
    known_profiles(&what.profiles, &output)?;
    let errors = output.diagnostics.iter().any(|diagnostic| diagnostic.severity() == Severity::Error);
    let denied = output.diagnostics.iter().any(|diagnostic| denied.contains(&diagnostic.code));
    let (root, profile_folders, marked) = (loaded.root, loaded.profile_folders, loaded.marked);
    Ok(Run { catalog, output, root, out, profile_folders, whole, previous, marked, errors, denied })
}

/// The manifest in an output folder. One that cannot be read is no reason to guess.
pub fn manifest(out: &Path) -> Result<Option<Manifest>, Failure> {
    let path = out.join(MANIFEST);
    match std::fs::read(&path) {
        Ok(bytes) => Manifest::read(&bytes)
            .map(Some)
            .map_err(|why| Failure(format!("`{}` is no manifest of payloadc: {why}", path.display()))),
        Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(Failure(format!("`{}` cannot be read: {error}", path.display()))),
    }
}

/// Prints diagnostics; returns how the run ends for them. Files are named from the current folder, as editors and pipelines want it.
pub fn report(run: &mut Run, what: &What, style: Style) -> Result<Exit, Failure> {
    let from_here = from_here(&run.root);
    run.output.sources.rename(|path| if path == STDIN { path.to_owned() } else { format!("{from_here}{path}") });
    say(what.format, &run.output.diagnostics, &run.output.sources, style)?;
    Ok(if run.errors || run.denied { Exit::Errors } else { Exit::Clean })
}

/// Prints diagnostics where their form belongs.
pub fn say(form: Diagnostics, diagnostics: &[Diagnostic], sources: &Sources, style: Style) -> Result<(), Failure> {
    let format = match form {
        Diagnostics::Human => Format::Human,
        Diagnostics::Json => Format::Json,
        Diagnostics::Sarif => Format::Sarif,
        Diagnostics::Github => Format::Github,
        Diagnostics::Junit => Format::Junit,
    };
    let text = render(format, diagnostics, sources, style);
    if form == Diagnostics::Human {
        std::io::stderr().lock().write_all(text.as_bytes())?;
    } else {
        super::write_out(text.as_bytes())?;
    }
    Ok(())
}

/// What stands in front of a workspace's paths to reach them from the current folder: empty, `mail/`, `../`, or an absolute path.
fn from_here(root: &Path) -> String {
    let plain: PathBuf = root.components().filter(|part| !matches!(part, Component::CurDir)).collect();
    let shown = match (std::env::current_dir().and_then(std::fs::canonicalize), std::fs::canonicalize(root)) {
        (Ok(here), Ok(there)) if plain.is_absolute() => match (there.strip_prefix(&here), here.strip_prefix(&there)) {
            (Ok(below), _) => below.to_path_buf(),
            (_, Ok(above)) => above.components().map(|_| Component::ParentDir).collect(),
            _ => plain,
        },
        _ => plain,
    };
    match slashes(&shown) {
        text if text.is_empty() => text,
        text => format!("{text}/"),
    }
}

/// The codes that `--deny` names.
pub fn denied(deny: &[String]) -> Result<Vec<Code>, Failure> {
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
pub fn day(at: Option<&str>) -> Result<i64, Failure> {
    if let Some(text) = at {
        return instant(text)
            .ok_or_else(|| Failure(format!("`--at {text}` is no day: write 2026-11-21 or 2026-11-21T08:00:00Z")));
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
