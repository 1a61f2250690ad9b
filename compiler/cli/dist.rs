//! What a build leaves in the output folder: the new manifest, files to write, files to remove.

use std::collections::{BTreeMap, HashSet};

use super::Failure;
use super::output::{Change, FileToWrite, MANIFEST};
use super::run::Run;
use crate::builtin::{CATALOG, SCHEMAS};
use crate::manifest::{Entry, Manifest, SCHEMA};

/// A change to the output folder.
pub struct Plan {
    /// Files to write and to remove.
    pub change: Change,
    /// Paths whose bytes hold a secret: their differences are not shown.
    pub secret: HashSet<String>,
}

/// Sets the artifacts of a run against the manifest of the one before.
pub fn plan(run: &Run, read: &dyn Fn(&str) -> Option<Vec<u8>>) -> Result<Plan, Failure> {
    let mut change = Change::default();
    let mut entries: BTreeMap<String, Entry> = BTreeMap::new();
    for artifact in &run.output.artifacts {
        let (path, secret) = (artifact.entry.path.clone(), artifact.entry.contains_secret);
        entries.insert(path.clone(), artifact.entry.clone());
        change.write.push(FileToWrite { path, bytes: artifact.bytes.clone(), secret });
    }
    let now = Now::of(run);
    let mut old: Vec<&Entry> = run.previous.iter().flat_map(|previous| &previous.artifacts).collect();
    // What is kept of an older removal gives way to a newer one of the same path.
    old.sort_by_key(|entry| !entry.removed);
    for old in old {
        if entries.get(&old.path).is_some_and(|new| !new.removed) {
            continue;
        }
        match now.fate(old) {
            Fate::Kept(entry) => {
                entries.insert(entry.path.clone(), entry);
            }
            Fate::Gone => change.remove.push(old.path.clone()),
            Fate::Moved(entry) => {
                change.remove.push(old.path.clone());
                if let Some(bytes) = read(&old.path) {
                    change.write.push(FileToWrite { path: entry.path.clone(), bytes, secret: entry.contains_secret });
                    entries.insert(entry.path.clone(), entry);
                }
            }
        }
    }
    let secret = entries.values().filter(|entry| entry.contains_secret).map(|entry| entry.path.clone()).collect();
    let before = run.previous.as_ref().is_some_and(|previous| previous.complete);
    let manifest = Manifest {
        schema: SCHEMA.into(),
        complete: !run.errors && (run.whole || before),
        servers: servers(run),
        catalog: CATALOG.releases.iter().map(|(vendor, release)| ((*vendor).to_owned(), (*release).to_owned())).collect(),
        artifacts: entries.into_values().collect(),
    };
    let bytes = manifest.bytes().map_err(|error| Failure(error.to_string()))?;
    change.write.push(FileToWrite { path: MANIFEST.into(), bytes, secret: false });
    Ok(Plan { change, secret })
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

/// What this build knows.
struct Now<'a> {
    run: &'a Run,
    /// Profiles without an error.
    sound: HashSet<&'a str>,
    /// Profiles with the targets they have artifacts for.
    made: HashSet<(&'a str, &'a str)>,
}

impl Now<'_> {
    fn of(run: &Run) -> Now<'_> {
        let sound =
            run.output.profiles.iter().map(|profile| profile.id.as_str()).filter(|id| !run.output.broken.contains(*id)).collect();
        let made = run
            .output
            .artifacts
            .iter()
            .map(|artifact| (artifact.entry.profile.as_str(), artifact.entry.target.as_str()))
            .collect();
        Now { run, sound, made }
    }

    fn fate(&self, old: &Entry) -> Fate {
        let whole = self.run.whole && !self.run.errors;
        let made = self.made.contains(&(old.profile.as_str(), old.target.as_str()));
        if old.removed {
            // The profile is back: what takes it away is made anew.
            return if whole && made { Fate::Gone } else { Fate::Kept(old.clone()) };
        }
        if whole {
            return if old.role == "remove" && !made { Fate::Moved(removal(old)) } else { Fate::Gone };
        }
        // Where something is wrong, a profile that is not found may be the one that cannot be read.
        let lost = self.run.whole && !self.sound.contains(old.profile.as_str());
        let stale = old.stale || lost || self.run.output.broken.contains(&old.profile);
        Fate::Kept(Entry { stale, ..old.clone() })
    }
}

/// The entry of an artifact that is kept because it takes away what devices still have.
fn removal(old: &Entry) -> Entry {
    Entry { path: format!("removed/{}", old.path), removed: true, stale: false, after: Vec::new(), ..old.clone() }
}
