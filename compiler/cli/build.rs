//! `payloadc build`.

use std::io::Write as _;
use std::path::Path;

use super::arguments::Build;
use super::dist::{Plan, plan};
use super::output::{hold, refuse};
use super::run::{Run, compiled, report};
use super::{Exit, Failure};
use crate::compile::Artifact;
use crate::diagnostic::render::Style;

/// Compiles and writes.
pub fn run(command: &Build, style: Style) -> Result<Exit, Failure> {
    let run = compiled(&command.what, true, command.allow_secrets_in_git)?;
    let bad = report(&run.output, &command.what, style)?;
    let errors = run.output.diagnostics.iter().any(|diagnostic| diagnostic.severity() == crate::diagnostic::Severity::Error);
    if command.trace {
        trace(&run)?;
    }
    let exit = if bad { Exit::Errors } else { Exit::Clean };
    let Some(out) = &run.out else { return to_stdout(&run, exit) };
    // A denied warning is an error that belongs to no profile: nothing is written then.
    if bad && (command.all_or_nothing || !errors) {
        say("nothing is written");
        return Ok(Exit::Errors);
    }
    refuse(out, &run.root, std::env::home_dir().as_deref(), &run.profile_folders).map_err(Failure)?;
    if command.check {
        return compare(&run, out, exit);
    }
    if run.output.artifacts.is_empty() && run.previous.is_none() {
        say("no artifact was made");
        return Ok(exit);
    }
    write(&run, out)?;
    Ok(exit)
}

fn write(run: &Run, out: &Path) -> Result<(), Failure> {
    let failure = |error: std::io::Error| Failure(format!("`{}` cannot be written: {error}", out.display()));
    let held = hold(out).map_err(failure)?;
    let read = |path: &str| held.read(path).ok().flatten();
    let plan = plan(run, &read)?;
    let changed = plan.change.write.iter().filter(|file| read(&file.path).as_deref() != Some(&file.bytes)).count();
    let removed = plan.change.remove.iter().filter(|path| read(path).is_some()).count();
    held.commit(&plan.change).map_err(failure)?;
    let made = run.output.artifacts.len();
    say(&format!("{made} artifacts in {} ({changed} files changed, {removed} removed)", out.display()));
    Ok(())
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "payloadc: {text}");
}

/// The one artifact that sets something up.
fn to_stdout(run: &Run, exit: Exit) -> Result<Exit, Failure> {
    let main: Vec<&Artifact> = run.output.artifacts.iter().filter(|artifact| matches!(&*artifact.entry.role, "profile" | "install")).collect();
    match main.as_slice() {
        [only] => super::write_out(&only.bytes).map(|_| exit),
        [] => Ok(exit),
        several => {
            let paths: Vec<String> = several.iter().map(|artifact| format!("  {}", artifact.entry.path)).collect();
            Err(Failure(format!("`--out -` prints one artifact; choose with `--target` and `--profile` among\n{}", paths.join("\n"))))
        }
    }
}

/// Says what a build would change, as a diff; changes nothing.
fn compare(run: &Run, out: &Path, exit: Exit) -> Result<Exit, Failure> {
    let read = |path: &str| std::fs::read(out.join(path)).ok();
    let Plan { change, secret } = plan(run, &read)?;
    let mut differences = 0;
    let mut text = String::new();
    for file in change.write.iter().filter(|file| !secret.contains(&file.path)) {
        let old = read(&file.path);
        if old.as_deref() == Some(&file.bytes) {
            continue;
        }
        differences += 1;
        text.push_str(&diff(&file.path, &old.unwrap_or_default(), &file.bytes));
    }
    for path in change.remove.iter().filter(|path| read(path).is_some()) {
        differences += 1;
        text.push_str(&format!("--- {path}\n+++ /dev/null\n"));
    }
    super::write_out(text.as_bytes())?;
    if differences == 0 {
        return Ok(exit);
    }
    say(&format!("{differences} files in {} are not what a build would give; `payloadc build` writes them", out.display()));
    Ok(Exit::Errors)
}

fn diff(path: &str, old: &[u8], new: &[u8]) -> String {
    let (old, new) = (String::from_utf8_lossy(old), String::from_utf8_lossy(new));
    let diff = similar::TextDiff::from_lines(&*old, &*new);
    diff.unified_diff().context_radius(2).header(path, path).to_string()
}

/// Why each key of each artifact stands there.
fn trace(run: &Run) -> Result<(), Failure> {
    let mut text = String::new();
    for (name, variable) in &run.output.workspace.vars {
        text.push_str(&format!("vars.{name}: {}\n", variable.from));
    }
    for artifact in run.output.artifacts.iter().filter(|artifact| matches!(&*artifact.entry.role, "profile" | "install")) {
        text.push_str(&format!("{}\n", artifact.entry.path));
        for (place, why) in &artifact.trace {
            text.push_str(&format!("  {place} <- {}\n", place_of(run, why)));
        }
    }
    std::io::stderr().lock().write_all(text.as_bytes())?;
    Ok(())
}

/// `@source:byte` as file, line and column.
fn place_of(run: &Run, why: &str) -> String {
    let written = || {
        let (source, byte) = why.strip_prefix('@')?.split_once(':')?;
        let source = run.output.sources.get(crate::source::SourceId(source.parse().ok()?))?;
        let position = source.position(byte.parse().ok()?);
        Some(format!("{}:{}:{}", source.path, position.line, position.column))
    };
    written().unwrap_or_else(|| why.to_owned())
}
