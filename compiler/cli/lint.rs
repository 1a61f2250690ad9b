//! `payloadc lint`.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::arguments::Lint;
use super::catalog::of_workspace;
use super::globs::slashes;
use super::load::{STDIN, find_above};
use super::run::{denied, say};
use super::{Exit, Failure};
use crate::artifact::{FILE_BYTES, Not, may_be_artifact, sort};
use crate::builtin::CATALOG;
use crate::catalog::Catalog;
use crate::diagnostic::render::Style;
use crate::diagnostic::{Report, Severity};
use crate::lint::{File, Output, lint};

/// So much of a file tells whether the rest is read.
const START: u64 = 64;

/// Says what is wrong with artifacts.
pub fn run(command: &Lint, style: Style) -> Result<Exit, Failure> {
    let denied = denied(&command.deny)?;
    let files = read(&command.inputs)?;
    let output = lint(files, facts(&command.inputs)?, Report::new());
    if output.artifacts == 0 && output.diagnostics.is_empty() {
        let names: Vec<String> = command.inputs.iter().map(|input| format!("`{}`", input.display())).collect();
        return Err(Failure(format!("there is no artifact in {}", names.join(", "))));
    }
    say(command.format, &output.diagnostics, &output.sources, style)?;
    count(&output)?;
    let errors = output.diagnostics.iter().any(|found| found.severity() == Severity::Error || denied.contains(&found.code));
    Ok(if errors { Exit::Errors } else { Exit::Clean })
}

/// The facts of the workspace in which the first input lies; the built-in ones outside of any.
fn facts(inputs: &[PathBuf]) -> Result<&'static Catalog, Failure> {
    let first = inputs.first().map_or(Path::new("."), PathBuf::as_path);
    let folder = if first.is_dir() || first == Path::new("-") { first } else { first.parent().unwrap_or(first) };
    let folder = if folder.as_os_str().is_empty() || folder == Path::new("-") { Path::new(".") } else { folder };
    find_above(folder).map_or(Ok(&CATALOG), |root| of_workspace(&root))
}

/// What was passed over is not kept quiet.
fn count(output: &Output) -> Result<(), Failure> {
    if output.skipped > 0 {
        let plural = |number: usize| if number == 1 { "" } else { "s" };
        let (artifacts, skipped) = (output.artifacts, output.skipped);
        let text = format!(
            "payloadc: {artifacts} artifact{} checked, {skipped} other file{} passed over\n",
            plural(artifacts),
            plural(skipped)
        );
        std::io::stderr().lock().write_all(text.as_bytes())?;
    }
    Ok(())
}

/// Reads what is named, on all cores, and keeps the order; a file that is named twice is read once.
fn read(inputs: &[PathBuf]) -> Result<Vec<File>, Failure> {
    if let [only] = inputs
        && only == Path::new("-")
    {
        let mut bytes = Vec::new();
        std::io::stdin().lock().take(most()).read_to_end(&mut bytes)?;
        return Ok(vec![File { path: STDIN.into(), content: sort(bytes), named: true }]);
    }
    let mut paths = Vec::new();
    for input in inputs {
        if input.is_dir() {
            for path in below(input) {
                let path = path.map_err(|error| Failure(format!("`{}` cannot be read: {error}", input.display())))?;
                paths.push((path, false));
            }
        } else if input.exists() {
            paths.push((input.clone(), true));
        } else {
            return Err(Failure(format!("there is no file `{}`", input.display())));
        }
    }
    let mut seen = BTreeSet::new();
    paths.retain(|(path, _)| seen.insert(fs::canonicalize(path).unwrap_or_else(|_| path.clone())));
    Ok(paths.into_par_iter().map(|(path, named)| file(&path, named)).collect())
}

/// All files below a folder but those in hidden folders; links are not followed.
fn below(folder: &Path) -> impl Iterator<Item = Result<PathBuf, ignore::Error>> {
    let mut builder = ignore::WalkBuilder::new(folder);
    builder.standard_filters(false).hidden(true).follow_links(false).sort_by_file_name(Ord::cmp);
    builder.build().filter_map(|entry| match entry {
        Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => Some(Ok(entry.into_path())),
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    })
}

fn file(path: &Path, named: bool) -> File {
    let content = match bytes(path) {
        Ok(Some(bytes)) => sort(bytes),
        Ok(None) => Err(Not::Artifact),
        Err(error) => Err(Not::Readable(format!("cannot be read: {}", error.kind()))),
    };
    let shown = slashes(path);
    File { path: shown.strip_prefix("./").unwrap_or(&shown).to_owned(), content, named }
}

fn most() -> u64 {
    u64::try_from(FILE_BYTES).unwrap_or(u64::MAX).saturating_add(1)
}

/// The bytes of a file; nothing where its start shows that it is no artifact.
fn bytes(path: &Path) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let mut file = fs::File::open(path)?;
    std::io::Read::by_ref(&mut file).take(START).read_to_end(&mut bytes)?;
    if !may_be_artifact(&bytes) {
        return Ok(None);
    }
    file.take(most()).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}
