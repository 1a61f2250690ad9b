//! Secrets on their way into git: refused before anything is written.

use super::Artifact;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::ir::{Id, Profile};

/// Artifacts with secrets in a git work tree that does not ignore them are one `git add` away from everybody.
pub fn into_git(artifacts: &[Artifact], profiles: &[Profile], tracked: &dyn Fn(&str) -> bool, report: &mut Report) -> Vec<Id> {
    let mut refused = Vec::new();
    for artifact in artifacts.iter().filter(|artifact| artifact.entry.contains_secret && tracked(&artifact.entry.path)) {
        let Some(profile) = profiles.iter().find(|profile| *profile.id == *artifact.entry.profile) else { continue };
        report.push(in_git(profile));
        refused.push(profile.id.clone());
    }
    refused
}

pub fn in_git(profile: &Profile) -> Diagnostic {
    let message = format!("the artifacts of `{}` hold a secret, and git does not ignore the output folder", profile.id);
    Diagnostic::new(Code::E0504, profile.spans.id, message)
        .label("this profile")
        .help("add the output folder to .gitignore, write elsewhere with `--out`, or pass `--allow-secrets-in-git`")
}
