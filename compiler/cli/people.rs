//! `payloadc build --per-user`: artifacts of single people, written person by person.

use std::io::Write as _;
use std::path::Path;
use std::sync::OnceLock;

use serde::Serialize;

use super::arguments::Build;
use super::build::counted;
use super::load::load;
use super::output::{Change, FileToWrite, Held, MANIFEST, hold, refuse};
use super::run::{Run, Wanted, compiled_for, manifest, report};
use super::{Exit, Failure};
use crate::compile::{OfPerson, PerUser};
use crate::deploy::{Fleet, People, folder};
use crate::diagnostic::render::Style;
use crate::manifest::{Entry, Manifest, SCHEMA};

/// `manifest.json` in the folder of a person.
#[derive(Serialize)]
struct OwnManifest<'a> {
    schema: &'static str,
    user: &'a str,
    artifacts: Vec<&'a Entry>,
}

/// Compiles and writes for people.
pub fn run(command: &Build, style: Style) -> Result<Exit, Failure> {
    sensible(command)?;
    let wanted = Wanted { secrets: true, secrets_in_git: command.allow_secrets_in_git, trace: false };
    let (root, out, folders) = {
        let loaded = load(&command.what)?;
        (loaded.root, command.what.out.clone().unwrap_or(loaded.output), loaded.profile_folders)
    };
    refuse(&out, &root, std::env::home_dir().as_deref(), &folders).map_err(Failure)?;
    // A folder that is not there is made when there is something to write; one that is there is ours from the beginning.
    let lock: OnceLock<Result<Held, String>> = OnceLock::new();
    let held = || {
        let held = lock.get_or_init(|| hold(&out).map_err(|error| format!("`{}` cannot be written: {error}", out.display())));
        held.as_ref().map_err(Clone::clone)
    };
    if out.exists() {
        held().map_err(Failure)?;
    }
    let users = command.whom();
    // What is to be all or nothing is made once without being written.
    if command.all_or_nothing || !command.what.deny.is_empty() {
        let mut tried = compiled_for(&command.what, wanted, Some(PerUser::unwritten(users)))?;
        if tried.errors || tried.denied {
            let exit = report(&mut tried, &command.what, style)?;
            say("nothing is written");
            return Ok(exit);
        }
    }
    let write = |person: &OfPerson| if person.artifacts.is_empty() { Ok(()) } else { write(held()?, person) };
    let mut run = compiled_for(&command.what, wanted, Some(PerUser { users, write: &write }))?;
    let exit = report(&mut run, &command.what, style)?;
    known(&run)?;
    let held = held().map_err(Failure)?;
    own_folder(held, &out, &run)?;
    let removed = if command.users.is_empty() && run.whole && !run.errors { remove(held, &run)? } else { 0 };
    let written = &run.output.written;
    let at = out.join("users");
    let (artifacts, people) = (counted(written.artifacts, "artifact"), counted(written.people, "user"));
    say(&format!("{artifacts} for {people} in {} ({} removed)", at.display(), counted(removed, "user")));
    Ok(exit)
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "payloadc: {text}");
}

fn sensible(command: &Build) -> Result<(), Failure> {
    let refused = if command.check {
        Some("`--check`")
    } else if command.trace {
        Some("`--trace`")
    } else if command.what.out.as_deref() == Some(Path::new("-")) {
        Some("`--out -`")
    } else {
        None
    };
    refused.map_or(Ok(()), |what| {
        Err(Failure(format!("{what} is about the artifacts that everybody shares: not with `--per-user`")))
    })
}

/// Why nobody is known, and what kept the rest from being written.
fn known(run: &Run) -> Result<(), Failure> {
    if let Some(why) = &run.output.written.failure {
        return Err(Failure(why.clone()));
    }
    match run.output.fleet.as_ref().map(|fleet| &fleet.people) {
        None => Err(Failure("the workspace deploys nothing: a per-user build is for users whom a deployment reaches".into())),
        Some(People::Unknown) => Err(Failure("payloadc.yaml names no `directory`: nobody is known".into())),
        Some(People::Broken | People::Known(_)) => Ok(()),
    }
}

/// Writes the folder of a person. Somebody for whom nothing could be made keeps what they had.
fn write(held: &Held, person: &OfPerson) -> Result<(), String> {
    let artifacts: Vec<&Entry> = person.artifacts.iter().map(|artifact| &artifact.entry).collect();
    let own = OwnManifest { schema: "payloadc/user/1", user: &person.user, artifacts };
    let mut bytes = serde_json::to_vec_pretty(&own).map_err(|error| error.to_string())?;
    bytes.push(b'\n');
    let mut files = vec![FileToWrite { path: MANIFEST.into(), bytes, secret: false }];
    files.extend(person.artifacts.iter().map(|artifact| FileToWrite {
        path: artifact.entry.path.clone(),
        bytes: artifact.bytes.clone(),
        secret: artifact.entry.contains_secret,
    }));
    held.replace_person(&person.folder, &files).map_err(|error| error.to_string())
}

/// A folder that no build has written to yet becomes ours.
fn own_folder(held: &Held, out: &Path, run: &Run) -> Result<(), Failure> {
    if manifest(out)?.is_some() {
        return Ok(());
    }
    let manifest = Manifest {
        schema: SCHEMA.into(),
        complete: false,
        servers: super::dist::servers(run),
        catalog: run.catalog.releases().iter().map(|(vendor, release)| ((*vendor).to_owned(), (*release).to_owned())).collect(),
        artifacts: Vec::new(),
        deployments: Vec::new(),
    };
    let bytes = manifest.bytes().map_err(|error| Failure(error.to_string()))?;
    let change = Change { write: vec![FileToWrite { path: MANIFEST.into(), bytes, secret: false }], remove: Vec::new() };
    held.commit(&change).map_err(|error| Failure(format!("`{}` cannot be written: {error}", out.display())))
}

/// Removes the folders of those whom no deployment reaches any more.
fn remove(held: &Held, run: &Run) -> Result<usize, Failure> {
    let Some(fleet) = &run.output.fleet else { return Ok(0) };
    let reached: std::collections::HashSet<u64> = reached(fleet).map(|name| digest(&name)).collect();
    held.remove_people(&|name| reached.contains(&digest(name))).map_err(Failure::from)
}

/// The folders of all whom a deployment reaches.
fn reached(fleet: &Fleet) -> impl Iterator<Item = String> {
    let users = fleet.directory().map_or(0, |directory| directory.users.len());
    let reached = (0..users).filter(|subject| !fleet.reaching(*subject).is_empty());
    reached.filter_map(|subject| {
        let row = fleet.directory()?.users.row(u32::try_from(subject).ok()?);
        Some(folder(row.id()))
    })
}

/// Eight bytes for a name, so that a million of them are small.
fn digest(name: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}
