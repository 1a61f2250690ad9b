//! What a build leaves in the output folder: the new manifest, files to write, files to remove.

use std::collections::{BTreeMap, HashSet};

use super::Failure;
use super::output::{Change, FileToWrite};
use super::run::Run;
use crate::builtin::{CATALOG, SCHEMAS};
use crate::diagnostic::Severity;
use crate::manifest::{Entry, Manifest, SCHEMA};

/// A change to the output folder.
pub struct Plan {
    /// Files to write and to remove.
    pub change: Change,
    /// Paths whose bytes hold a secret: they are not compared.
    pub secret: HashSet<String>,
}

/// Sets the artifacts of a run against the manifest of the one before.
pub fn plan(run: &Run, read: &dyn Fn(&str) -> Option<Vec<u8>>) -> Result<Plan, Failure> {
    let errors = run.output.diagnostics.iter().any(|diagnostic| diagnostic.severity() == Severity::Error);
    let mut write: Vec<FileToWrite> = Vec::new();
    let mut entries: Vec<Entry> = Vec::new();
    for artifact in &run.output.artifacts {
        entries.push(artifact.entry.clone());
        let (path, secret) = (artifact.entry.path.clone(), artifact.entry.contains_secret);
        write.push(FileToWrite { path, bytes: artifact.bytes.clone(), secret });
    }
    let mut remove = Vec::new();
    let new: HashSet<String> = entries.iter().map(|entry| entry.path.clone()).collect();
    for old in run.previous.iter().flat_map(|previous| &previous.artifacts).filter(|old| !new.contains(&old.path)) {
        match fate(old, run, errors) {
            Fate::Kept(entry) => entries.push(entry),
            Fate::Gone => remove.push(old.path.clone()),
            Fate::Moved(entry) => {
                remove.push(old.path.clone());
                if let Some(bytes) = read(&old.path).or_else(|| read(&entry.path)) {
                    write.push(FileToWrite { path: entry.path.clone(), bytes, secret: false });
                    entries.push(entry);
                }
            }
        }
    }
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    let secret = entries.iter().filter(|entry| entry.contains_secret).map(|entry| entry.path.clone()).collect();
    let before = run.previous.as_ref().is_some_and(|previous| previous.complete);
    let manifest = Manifest {
        schema: SCHEMA.into(),
        complete: !errors && (run.whole || before),
        servers: servers(run),
        catalog: CATALOG.releases.iter().map(|(vendor, release)| ((*vendor).to_owned(), (*release).to_owned())).collect(),
        artifacts: entries,
    };
    let bytes = manifest.bytes().map_err(|error| Failure(error.to_string()))?;
    write.push(FileToWrite { path: "manifest.json".into(), bytes, secret: false });
    Ok(Plan { change: Change { write, remove }, secret })
}

fn servers(run: &Run) -> BTreeMap<String, String> {
    let server = |platform: &str| run.output.workspace.server(platform).name.to_owned();
    SCHEMAS.platforms.iter().map(|platform| (platform.name.to_owned(), server(platform.name))).collect()
}

/// What becomes of an artifact that this build did not make.
enum Fate {
    Kept(Entry),
    Gone,
    Moved(Entry),
}

fn fate(old: &Entry, run: &Run, errors: bool) -> Fate {
    let back = run.output.profiles.iter().any(|profile| profile.id == old.profile);
    if old.removed {
        // The profile is back: what takes it away is made anew.
        return if back && run.whole && !errors { Fate::Gone } else { Fate::Kept(old.clone()) };
    }
    if run.output.broken.contains(&old.profile) {
        return Fate::Kept(Entry { stale: true, ..old.clone() });
    }
    if !run.whole || errors {
        return Fate::Kept(old.clone());
    }
    if old.role == "remove" && !back {
        return Fate::Moved(Entry { path: format!("removed/{}", old.path), removed: true, after: Vec::new(), ..old.clone() });
    }
    Fate::Gone
}
