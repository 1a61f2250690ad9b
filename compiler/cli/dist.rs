//! What a build leaves in the output folder: the new manifest, files to write, files to remove.

use std::collections::{BTreeMap, HashSet};

use super::Failure;
use super::output::{Change, FileToWrite, MANIFEST};
use super::run::Run;
use crate::builtin::SCHEMAS;
use crate::manifest::{Deployment, Entry, Manifest, SCHEMA};

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
    let deployments = deployments(run, &mut change);
    foreign(run, entries.keys().chain(deployments.iter().map(|deployment| &deployment.path)), read)?;
    let now = Now::of(run);
    let mut old: Vec<&Entry> = run.previous.iter().flat_map(|previous| &previous.artifacts).collect();
    // What is kept of an older removal gives way to a newer one of the same path.
    old.sort_by_key(|entry| !entry.removed);
    for old in old {
        if let Some(new) = entries.get(&old.path).filter(|new| !new.removed) {
            // Another object stands in its place now: what takes the old one away is kept.
            if old.role == "remove" && !old.removed && replaced(old, new) {
                let entry = removal(old, Some(new));
                if let Some(bytes) = read(&old.path) {
                    change.write.push(FileToWrite { path: entry.path.clone(), bytes, secret: entry.contains_secret });
                    entries.insert(entry.path.clone(), entry);
                }
            }
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
        catalog: releases(run),
        artifacts: entries.into_values().collect(),
        deployments,
    };
    let bytes = manifest.bytes().map_err(|error| Failure(error.to_string()))?;
    change.write.push(FileToWrite { path: MANIFEST.into(), bytes, secret: false });
    Ok(Plan { change, secret })
}

/// The files that say who gets what: those of this build, and older ones that it could not judge.
fn deployments(run: &Run, change: &mut Change) -> Vec<Deployment> {
    let mut kept: BTreeMap<String, Deployment> = BTreeMap::new();
    for deployment in &run.output.deployments {
        let path = deployment.entry.path.clone();
        change.write.push(FileToWrite { path: path.clone(), bytes: deployment.bytes.clone(), secret: false });
        kept.insert(path, deployment.entry.clone());
    }
    for old in run.previous.iter().flat_map(|previous| &previous.deployments) {
        if kept.contains_key(&old.path) {
            continue;
        }
        if run.whole && !run.errors {
            change.remove.push(old.path.clone());
        } else {
            // What a whole build with an error did not make anew, it could not judge.
            kept.insert(old.path.clone(), Deployment { stale: old.stale || run.whole, ..old.clone() });
        }
    }
    kept.into_values().collect()
}

/// Platform to server.
pub fn servers(run: &Run) -> BTreeMap<String, String> {
    let server = |platform: &str| run.output.workspace.delivered_by(platform).to_owned();
    SCHEMAS.platforms.iter().map(|platform| (platform.name.to_owned(), server(platform.name))).collect()
}

/// The releases of the vendor facts; those of a console only where it has artifacts.
fn releases(run: &Run) -> BTreeMap<String, String> {
    let own = run.catalog.releases().into_iter();
    let console = run.output.artifacts.iter().find_map(|artifact| SCHEMAS.console(&artifact.entry.platform));
    let used = own.chain(console.map(|console| (console.name, run.catalog.cmdlets.release)));
    used.map(|(vendor, release)| (vendor.to_owned(), release.to_owned())).collect()
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
    /// Paths of what it made.
    paths: HashSet<&'a str>,
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
        let paths = run.output.artifacts.iter().map(|artifact| artifact.entry.path.as_str()).collect();
        Now { run, sound, made, paths }
    }

    fn fate(&self, old: &Entry) -> Fate {
        let whole = self.run.whole && !self.run.errors;
        let made = self.made.contains(&(old.profile.as_str(), old.target.as_str()));
        if old.removed {
            // The profile is back, and what takes it away, old generations included, is made anew.
            let covers = |new: &Entry| {
                let same = new.profile == old.profile && new.target == old.target && new.kind == old.kind && new.role == "remove";
                // What takes nodes away names no object: it is known by its path.
                let anew = if old.identities.is_empty() {
                    old.path == format!("removed/{}", new.path)
                } else {
                    new.identities == old.identities || new.generation > old.generation
                };
                same && anew
            };
            let covered = self.run.output.artifacts.iter().any(|artifact| covers(&artifact.entry));
            return if whole && covered { Fate::Gone } else { Fate::Kept(old.clone()) };
        }
        if whole {
            // Of a profile that is still there, all nodes for users may be gone, or all for the device.
            let part = old.path.strip_suffix(".remove.xml").map(|stem| format!("{stem}.install.xml"));
            let part = part.is_some_and(|install| !self.paths.contains(install.as_str()));
            return if old.role == "remove" && (!made || part) { Fate::Moved(removal(old, None)) } else { Fate::Gone };
        }
        // Where something is wrong, a profile that is not found may be the one that cannot be read.
        let lost = self.run.whole && !self.sound.contains(old.profile.as_str());
        let withheld = self.run.output.withheld.contains(&(old.platform.clone(), old.profile.clone()));
        // Whether a variant is still wanted is decided with those profiles that have an error.
        let variant = self.run.whole && old.variant.is_some();
        let stale = old.stale || lost || withheld || variant || self.run.output.broken.contains(&old.profile);
        Fate::Kept(Entry { stale, ..old.clone() })
    }
}

/// The entry of an artifact that is kept because it takes away what devices still have; with the old object's name in its own
/// where a new one has the same path.
fn removal(old: &Entry, new: Option<&Entry>) -> Entry {
    let path = match (new, old.identities.first()) {
        (Some(_), Some(object)) => {
            let stem = old.path.strip_suffix(".remove.xml").unwrap_or(&old.path);
            format!("removed/{stem}.{}.remove.xml", object.get(..8).unwrap_or(object).to_ascii_lowercase())
        }
        _ => format!("removed/{}", old.path),
    };
    Entry { path, removed: true, stale: false, after: Vec::new(), ..old.clone() }
}

/// Whether two builds of one path are about different objects, although nothing says that one follows the other.
fn replaced(old: &Entry, new: &Entry) -> bool {
    old.kind != new.kind || (old.generation == new.generation && old.identities != new.identities)
}

/// A file that payloadc did not write stands where an artifact belongs: it is not touched.
fn foreign<'a>(
    run: &Run,
    mut paths: impl Iterator<Item = &'a String>,
    read: &dyn Fn(&str) -> Option<Vec<u8>>,
) -> Result<(), Failure> {
    let before = run.previous.iter();
    let deployments = before.clone().flat_map(|previous| &previous.deployments).map(|old| old.path.as_str());
    let ours: HashSet<&str> =
        before.flat_map(|previous| &previous.artifacts).map(|entry| entry.path.as_str()).chain(deployments).collect();
    match paths.find(|path| !ours.contains(path.as_str()) && read(path).is_some()) {
        Some(path) => Err(Failure(format!(
            "`{path}` in the output folder was not written by payloadc, and an artifact belongs there: move it away"
        ))),
        None => Ok(()),
    }
}
