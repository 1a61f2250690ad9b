//! `payloadc build`.

use std::io::Write as _;
use std::path::Path;

use super::arguments::{Build, Diagnostics};
use super::dist::{Plan, plan};
use super::output::{Held, hold, refuse};
use super::run::{Run, Wanted, compiled, manifest, report};
use super::trace::trace;
use super::{Exit, Failure};
use crate::compile::Artifact;
use crate::diagnostic::render::Style;

/// Compiles and writes.
pub fn run(command: &Build, style: Style) -> Result<Exit, Failure> {
    let wanted = Wanted { secrets: true, secrets_in_git: command.allow_secrets_in_git, trace: command.trace };
    sensible(command)?;
    let mut run = compiled(&command.what, wanted)?;
    let out = run.out.clone();
    if let Some(out) = &out {
        refuse(out, &run.root, std::env::home_dir().as_deref(), &run.profile_folders).map_err(Failure)?;
    }
    let held = match &out {
        Some(out) if !command.check && writes(&run, command) => Some(hold(out).map_err(|error| unwritable(out, &error))?),
        _ => None,
    };
    // Another build may have ended while this one waited for it, or one that was killed was taken back.
    if let (Some(out), Some(_)) = (&out, &held)
        && manifest(out)? != run.previous
    {
        run = compiled(&command.what, wanted)?;
    }
    let exit = report(&mut run, &command.what, style)?;
    if command.trace {
        // Data goes to standard output, where nothing else is data already.
        trace(&run, out.is_some() && !command.check && command.what.format == Diagnostics::Human)?;
    }
    match (&out, &held) {
        (None, _) if withheld(&run, command) => Ok(exit),
        (None, _) => to_stdout(&run, exit),
        (Some(out), _) if command.check => compare(&run, out, exit),
        (Some(out), Some(held)) if writes(&run, command) => write(&run, out, held).map(|()| exit),
        (Some(_), _) => {
            say(if withheld(&run, command) { "nothing is written" } else { "no artifact was made" });
            Ok(exit)
        }
    }
}

/// Refuses options that contradict each other.
fn sensible(command: &Build) -> Result<(), Failure> {
    let to_stdout = command.what.out.as_deref() == Some(Path::new("-"));
    if to_stdout && command.check {
        return Err(Failure("`--check` compares with an output folder, and `--out -` is none".into()));
    }
    if (to_stdout || command.check) && command.what.format != Diagnostics::Human {
        let other = if to_stdout { "`--out -`" } else { "`--check`" };
        return Err(Failure(format!(
            "{other} and `--format` would both write to standard output; `payloadc check --format` says the same"
        )));
    }
    Ok(())
}

/// Whether errors keep everything from being written.
fn withheld(run: &Run, command: &Build) -> bool {
    run.denied || (run.errors && command.all_or_nothing)
}

fn writes(run: &Run, command: &Build) -> bool {
    !withheld(run, command) && (!run.output.artifacts.is_empty() || !run.output.deployments.is_empty() || run.previous.is_some())
}

fn write(run: &Run, out: &Path, held: &Held) -> Result<(), Failure> {
    let read = |path: &str| held.read(path).ok().flatten();
    let plan = plan(run, &read)?;
    let changed = plan.change.write.iter().filter(|file| read(&file.path).as_deref() != Some(&file.bytes)).count();
    let removed = plan.change.remove.iter().filter(|path| read(path).is_some()).count();
    held.commit(&plan.change).map_err(|error| unwritable(out, &error))?;
    let made = run.output.artifacts.len();
    let (artifacts, files) = (counted(made, "artifact"), counted(changed, "file"));
    say(&format!("{artifacts} in {} ({files} changed, {removed} removed)", out.display()));
    Ok(())
}

/// `1 file`, `2 files`.
pub fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn unwritable(out: &Path, error: &std::io::Error) -> Failure {
    Failure(format!("`{}` cannot be written: {error}", out.display()))
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "payloadc: {text}");
}

/// The one artifact that sets something up.
fn to_stdout(run: &Run, exit: Exit) -> Result<Exit, Failure> {
    let main: Vec<&Artifact> = run.output.artifacts.iter().filter(|artifact| artifact.sets_up()).collect();
    match main.as_slice() {
        [only] => super::write_out(&only.bytes).map(|_| exit),
        [] => {
            say("no artifact was made");
            Ok(exit)
        }
        several => {
            let paths: Vec<String> = several.iter().map(|artifact| format!("  {}", artifact.entry.path)).collect();
            Err(Failure(format!(
                "`--out -` prints one artifact; choose with `--target` and `--profile` among\n{}",
                paths.join("\n")
            )))
        }
    }
}

/// Says what a build would change, as a diff; changes nothing.
fn compare(run: &Run, out: &Path, exit: Exit) -> Result<Exit, Failure> {
    let read = |path: &str| std::fs::read(out.join(path)).ok();
    let Plan { change, secret } = plan(run, &read)?;
    let mut differences = 0;
    let mut text = String::new();
    for file in &change.write {
        let old = read(&file.path);
        if old.as_deref() == Some(&file.bytes) {
            continue;
        }
        differences += 1;
        if secret.contains(&file.path) {
            text.push_str(&format!("--- {0}\n+++ {0}\n(holds a secret: the difference is not shown)\n", file.path));
        } else {
            text.push_str(&diff(&file.path, &old.unwrap_or_default(), &file.bytes));
        }
    }
    for path in change.remove.iter().filter(|path| read(path).is_some()) {
        differences += 1;
        text.push_str(&format!("--- {path}\n+++ /dev/null\n"));
    }
    super::write_out(text.as_bytes())?;
    if differences == 0 {
        return Ok(exit);
    }
    let are = if differences == 1 { "is" } else { "are" };
    let files = counted(differences, "file");
    say(&format!("{files} in {} {are} not what a build would give; `payloadc build` writes them", out.display()));
    Ok(Exit::Errors)
}

fn diff(path: &str, old: &[u8], new: &[u8]) -> String {
    let (old, new) = (String::from_utf8_lossy(old), String::from_utf8_lossy(new));
    let diff = similar::TextDiff::from_lines(&*old, &*new);
    diff.unified_diff().context_radius(2).header(path, path).to_string()
}
