//! This build against the one before, where devices would lose something.
//!
//! Sending an account whose GUID a phone already has deletes the account; a changed certificate request enrols again. Both want a
//! higher `generation`, which makes a new object.

use std::collections::HashMap;

use crate::check::Workspace;
use crate::compile::Artifact;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::ir::{Id, Profile};
use crate::manifest::{Entry, Manifest};
use crate::schema::Resends;
use crate::source::{Sources, Span};

/// Compares; returns the ids of profiles that must not be sent as they are.
pub fn compare(
    previous: &Manifest,
    artifacts: &[Artifact],
    profiles: &[Profile],
    workspace: &Workspace,
    sources: &Sources,
    report: &mut Report,
) -> Vec<Id> {
    let before: HashMap<&str, &Entry> =
        previous.artifacts.iter().filter(|old| !old.removed).map(|old| (old.path.as_str(), old)).collect();
    let profiles: HashMap<&str, &Profile> = profiles.iter().map(|profile| (&*profile.id, profile)).collect();
    let mut failed = Vec::new();
    for new in artifacts.iter().map(|artifact| &artifact.entry) {
        let Some(old) = before.get(new.path.as_str()).filter(|old| old.identities == new.identities) else { continue };
        if new.redeliver {
            let changed = new.fixed.iter().filter(|(id, digest)| old.fixed.get(*id).is_some_and(|before| before != *digest));
            for profile in changed.filter_map(|(id, _)| profiles.get(id.as_str())) {
                report.push(enrols_again(profile, new, sources));
            }
        } else if let (Some(why), Some(profile)) = (deletes(old, new, workspace), profiles.get(new.profile.as_str())) {
            failed.push(profile.id.clone());
            report.push(lost(profile, new, &why, sources));
        }
    }
    failed
}

/// Why sending the account again would delete it.
fn deletes(old: &Entry, new: &Entry, workspace: &Workspace) -> Option<String> {
    let server = workspace.server(&new.platform);
    if server.resends == Resends::Changed && old.sha256 != new.sha256 {
        Some(format!("{} sends a changed file again, and an account that a device already has is deleted then", server.title))
    } else if old.fixed != new.fixed {
        Some("no update can carry this change: the user name of an account never changes".into())
    } else {
        None
    }
}

fn lost(profile: &Profile, new: &Entry, why: &str, sources: &Sources) -> Diagnostic {
    let message = format!("the account of `{}` changed in a way that loses it on {}", profile.id, new.platform);
    let diagnostic = Diagnostic::new(Code::E0501, generation_span(profile), message)
        .label(format!("generation {} is on devices already", profile.generation))
        .help(format!("raise `generation` to {}: devices then get a new account", profile.generation + 1))
        .note(why)
        .note("https://learn.microsoft.com/windows/client-management/mdm/activesync-csp");
    with_fix(diagnostic, profile, sources)
}

fn enrols_again(profile: &Profile, new: &Entry, sources: &Sources) -> Diagnostic {
    let message =
        format!("the certificate request of `{}` changed, and devices on {} keep the old certificate", profile.id, new.platform);
    let diagnostic = Diagnostic::new(Code::W0612, generation_span(profile), message)
        .label(format!("generation {} is on devices already", profile.generation))
        .help(format!("raise `generation` to {} to have devices enrol again", profile.generation + 1));
    with_fix(diagnostic, profile, sources)
}

fn generation_span(profile: &Profile) -> Span {
    profile.spans.generation.unwrap_or(profile.spans.id)
}

/// Writes the next generation: in place, or on a line of its own behind the id.
fn with_fix(diagnostic: Diagnostic, profile: &Profile, sources: &Sources) -> Diagnostic {
    let next = profile.generation + 1;
    let title = format!("write `generation: {next}`");
    if let Some(span) = profile.spans.generation {
        return diagnostic.fix(title, span, next.to_string());
    }
    let id = profile.spans.id;
    let Some(source) = sources.get(id.source) else { return diagnostic };
    let before = source.text.get(..id.from()).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    if line.trim_end() != "id:" {
        return diagnostic;
    }
    diagnostic.fix(title, Span { start: id.end, ..id }, format!("\ngeneration: {next}"))
}
