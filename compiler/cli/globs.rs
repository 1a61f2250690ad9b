//! The files that a workspace's globs match.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::Failure;
use crate::check::Workspace;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::{SourceId, Span};

/// What the globs match, by its path from the workspace.
#[derive(Default)]
pub struct Matched {
    /// Files, in order, each once.
    pub files: BTreeSet<String>,
    /// Symbolic links that are not followed, with whether they stay inside the workspace.
    pub links: BTreeMap<String, bool>,
}

/// Matches the globs. Hidden folders and the output folder never match.
pub fn matching(root: &Path, workspace: &Workspace, output: &Path, report: &mut Report) -> Result<Matched, Failure> {
    let globs = globs(workspace, report);
    let hits = vec![Cell::new(false); workspace.profiles.len()];
    let whole_root = fs::canonicalize(root)?;
    let output = fs::canonicalize(output).ok();
    let mut found = Matched::default();
    let mut seen = BTreeSet::new();
    for folder in folders(workspace) {
        if folder.split('/').any(|segment| segment.starts_with('.')) || !root.join(&folder).exists() {
            continue;
        }
        for entry in walk(&root.join(&folder), output.clone()) {
            let path = entry.map_err(|error| Failure(format!("the workspace cannot be read: {error}")))?;
            let relative = slashes(path.strip_prefix(root).unwrap_or(&path));
            let whole = fs::canonicalize(&path);
            let inside = whole.as_ref().is_ok_and(|whole| whole.starts_with(&whole_root));
            let matched = globs.matches(&relative);
            // A link to a folder: what lies in it is not read, and that is not kept quiet.
            if matched.is_empty() && path.is_dir() && globs.is_match(format!("{relative}/profile.yaml")) {
                found.links.insert(relative, inside);
                continue;
            }
            for hit in matched.iter().filter_map(|at| hits.get(*at)) {
                hit.set(true);
            }
            match whole {
                _ if matched.is_empty() => {}
                Ok(_) if !inside => {
                    found.links.insert(relative, false);
                }
                Ok(whole) => {
                    if seen.insert(whole) {
                        found.files.insert(relative);
                    }
                }
                // A broken link is reported when it is read.
                Err(_) => {
                    found.files.insert(relative);
                }
            }
        }
    }
    report_unmatched(workspace, &hits, found.files.is_empty(), report);
    Ok(found)
}

/// The folders in which the globs begin, none inside another: nothing else is walked.
pub fn folders(workspace: &Workspace) -> Vec<String> {
    let mut folders: Vec<String> = workspace.profiles.iter().map(|(glob, _)| folder(glob).to_owned()).collect();
    folders.sort();
    folders.dedup();
    let outer = folders.clone();
    let inside = |folder: &str, other: &String| {
        other.is_empty() || folder.strip_prefix(other.as_str()).is_some_and(|rest| rest.starts_with('/'))
    };
    folders.retain(|folder| !outer.iter().any(|other| other != folder && inside(folder, other)));
    folders
}

/// What stands before the first segment with a wildcard.
fn folder(glob: &str) -> &str {
    let before = glob.find(['*', '?', '[', '{', '!']).and_then(|at| glob.get(..at)).unwrap_or(glob);
    before.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn report_unmatched(workspace: &Workspace, hits: &[Cell<bool>], nothing: bool, report: &mut Report) {
    for ((glob, span), hit) in workspace.profiles.iter().zip(hits) {
        // What is no glob was reported as that.
        if let Some(span) = span.filter(|_| !hit.get() && GlobBuilder::new(glob).literal_separator(true).build().is_ok()) {
            report.push(Diagnostic::new(Code::W0602, span, format!("`{glob}` matches no file")).label("matches nothing"));
        }
    }
    if nothing && !workspace.profiles.is_empty() && workspace.profiles.iter().all(|(_, span)| span.is_none()) {
        report.push(
            Diagnostic::new(
                Code::W0602,
                Span::start_of(SourceId(0)),
                "the workspace has no profiles: nothing matches `profiles/**/*.yaml`",
            )
            .help("write a profile below `profiles/`, or name other places under `profiles:`"),
        );
    }
}

fn globs(workspace: &Workspace, report: &mut Report) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for (glob, span) in &workspace.profiles {
        match GlobBuilder::new(glob).literal_separator(true).build() {
            Ok(glob) => {
                set.add(glob);
            }
            Err(error) => {
                let span = span.unwrap_or(Span::start_of(SourceId(0)));
                report.push(Diagnostic::new(Code::E0218, span, format!("`{glob}` is no glob: {}", error.kind())).label("here"));
                // Keeps positions in step with the workspace's list.
                if let Ok(nothing) = GlobBuilder::new("\u{0}").build() {
                    set.add(nothing);
                }
            }
        }
    }
    set.build().unwrap_or_else(|_| GlobSet::empty())
}

/// All files below a folder but those in hidden folders and in the output folder.
fn walk(folder: &Path, output: Option<PathBuf>) -> impl Iterator<Item = Result<PathBuf, ignore::Error>> {
    let mut builder = ignore::WalkBuilder::new(folder);
    builder.standard_filters(false).hidden(true).follow_links(false).sort_by_file_name(Ord::cmp);
    builder.filter_entry(move |entry| {
        let is_output = || fs::canonicalize(entry.path()).ok().zip(output.as_ref()).is_some_and(|(path, output)| path == *output);
        !(entry.file_type().is_some_and(|kind| kind.is_dir()) && is_output())
    });
    builder.build().filter_map(|entry| match entry {
        Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_dir()) => None,
        Ok(entry) => Some(Ok(entry.into_path())),
        Err(error) => Some(Err(error)),
    })
}

/// A path with `/` between its segments, on every system.
pub fn slashes(path: &Path) -> String {
    let text = path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
    // The root is a component of its own.
    match text.strip_prefix("//") {
        Some(rest) => format!("/{rest}"),
        None => text,
    }
}
