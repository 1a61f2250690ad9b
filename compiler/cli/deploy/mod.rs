//! Commands about who gets what: they read a workspace with its directory, print, and write nothing.

pub mod collection;
pub mod explain;
pub mod plan;
pub mod schedule;

use super::arguments::{Fleet as Asked, What};
use super::run::{Run, Wanted, compiled_for, report};
use super::{Exit, Failure};
use crate::compile::{PerUser, Whom};
use crate::deploy::{Fleet, Received};
use crate::diagnostic::render::Style;

/// Compiles the workspace; what is wrong with it goes to stderr.
fn resolved(asked: &Asked, style: Style) -> Result<(Run, Exit), Failure> {
    let inputs = asked.workspace.iter().cloned().collect();
    let what =
        What { inputs, vars: asked.vars.clone(), vars_files: asked.vars_files.clone(), at: asked.at.clone(), ..What::default() };
    let per_user = asked.per_user.then(|| PerUser::unwritten(Whom::Nobody));
    let mut run = compiled_for(&what, Wanted { secrets_in_git: true, ..Wanted::default() }, per_user)?;
    let exit = report(&mut run, &what, style)?;
    Ok((run, exit))
}

/// The fleet of a run, with a directory.
fn fleet(run: &Run) -> Result<&Fleet, Failure> {
    let fleet = run.output.fleet.as_ref();
    fleet.ok_or_else(|| Failure("the workspace has no collections and no deployments".into()))
}

/// Why nothing can be said of people.
fn unknown(fleet: &Fleet) -> Option<Failure> {
    use crate::deploy::People;
    match fleet.people {
        People::Known(_) => None,
        People::Unknown => Some(Failure("payloadc.yaml names no `directory`: who is a member cannot be said".into())),
        People::Broken => Some(Failure("the directory has an error: who is a member cannot be said".into())),
    }
}

fn json(value: &impl serde::Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(value).map(|text| text + "\n").map_err(|error| Failure(error.to_string()))
}

/// What is missing from an answer, for people.
fn incomplete(unknown: &[String]) -> String {
    if unknown.is_empty() {
        return String::new();
    }
    let (has, would) = if unknown.len() == 1 { ("has", "it") } else { ("have", "they") };
    format!("  incomplete: {} {has} an error, and what {would} would send or change is not known\n", unknown.join(" and "))
}

/// A profile with what became of it, for people.
fn received(profile: &Received) -> String {
    let mut text = format!("  {} ({}): {}\n", profile.id, profile.kind, profile.state);
    for reason in &profile.because {
        text.push_str(&format!("    {reason}\n"));
    }
    text
}
