//! `payloadc forget`: drops the removal artifacts that were kept for a profile that is gone.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::arguments::Forget;
use super::output::{Change, FileToWrite, MANIFEST, hold};
use super::run::manifest;
use super::{Exit, Failure, load};
use crate::check::list;

/// Forgets a profile.
pub fn run(command: &Forget) -> Result<Exit, Failure> {
    let out = folder(command)?;
    let none = || Failure(format!("`{}` holds no build of payloadc", out.display()));
    manifest(&out)?.ok_or_else(none)?;
    let held = hold(&out)?;
    // Read again: another build may have ended in between.
    let mut manifest = manifest(&out)?.ok_or_else(none)?;
    let (gone, kept): (Vec<_>, Vec<_>) =
        manifest.artifacts.into_iter().partition(|entry| entry.removed && entry.profile == command.id);
    if gone.is_empty() {
        let ids: BTreeSet<&str> = kept.iter().filter(|entry| entry.removed).map(|entry| entry.profile.as_str()).collect();
        let known = if ids.is_empty() {
            "nothing is kept for profiles that are gone".to_owned()
        } else {
            format!("kept are {}", list(ids))
        };
        return Err(Failure(format!("nothing is kept for `{}`; {known}", command.id)));
    }
    manifest.artifacts = kept;
    let bytes = manifest.bytes().map_err(|error| Failure(error.to_string()))?;
    let remove: Vec<String> = gone.iter().map(|entry| entry.path.clone()).collect();
    held.commit(&Change { write: vec![FileToWrite { path: MANIFEST.into(), bytes, secret: false }], remove })?;
    let _ = writeln!(std::io::stderr(), "payloadc: {} artifacts of `{}` forgotten", gone.len(), command.id);
    Ok(Exit::Clean)
}

/// `--out`, else the output folder that the workspace names.
fn folder(command: &Forget) -> Result<PathBuf, Failure> {
    if let Some(out) = &command.out {
        return Ok(out.clone());
    }
    let workspace = command.workspace.clone().unwrap_or_else(|| PathBuf::from("."));
    if !workspace.join(load::WORKSPACE).is_file() {
        return Err(Failure(format!(
            "`{}` has no {}: name the output folder with `--out`",
            workspace.display(),
            load::WORKSPACE
        )));
    }
    load::output_folder(Path::new(&workspace))
}
