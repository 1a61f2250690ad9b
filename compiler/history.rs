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
        // What has no identity of its own, such as a run of nodes, is no object that devices could lose.
        let lasting = !new.redeliver && !new.identities.is_empty();
        if let Some(profile) = profiles.get(new.profile.as_str()).filter(|_| lasting)
            && let Some(why) = seen_before(previous, before.get(new.path.as_str()).copied(), new)
        {
            failed.push(profile.id.clone());
            report.push(lost(profile, new, &why, previous_generation(previous, new), sources));
            continue;
        }
        let Some(old) = before.get(new.path.as_str()).filter(|old| old.identities == new.identities) else { continue };
        if new.redeliver {
            let changed = new.fixed.iter().filter(|(id, digest)| old.fixed.get(*id).is_some_and(|before| before != *digest));
            for profile in changed.filter_map(|(id, _)| profiles.get(id.as_str())) {
                report.push(enrols_again(profile, new, sources));
            }
        } else if lasting && let (Some(why), Some(profile)) = (deletes(old, new, workspace), profiles.get(new.profile.as_str())) {
            failed.push(profile.id.clone());
            report.push(lost(profile, new, &why, new.generation, sources));
        }
    }
    failed
}

/// The highest generation that an account had.
fn previous_generation(previous: &Manifest, new: &Entry) -> u32 {
    let same = previous.artifacts.iter().filter(|old| old.profile == new.profile && old.target == new.target);
    same.map(|old| old.generation).max().unwrap_or(new.generation).max(new.generation)
}

/// An account that devices had, gone back to: a lower generation, or a profile that was removed and is there again.
fn seen_before(previous: &Manifest, old: Option<&Entry>, new: &Entry) -> Option<String> {
    if let Some(old) = old.filter(|old| new.generation < old.generation) {
        return Some(format!(
            "generation {} was built before, so devices had the account of generation {}",
            old.generation, new.generation
        ));
    }
    if let Some(old) = old.filter(|old| new.generation == old.generation && new.identities != old.identities) {
        let guid = old.identities.first().map_or("", String::as_str);
        return Some(format!("devices have the account {guid}, which no artifact of this build would change or take away"));
    }
    let removed = previous
        .artifacts
        .iter()
        .any(|old| old.removed && old.profile == new.profile && old.target == new.target && old.generation >= new.generation);
    removed.then(|| {
        format!(
            "the profile was removed before, and devices that have not taken `{0}.remove.xml` still have the account (`payloadc forget {0}` once all have)",
            new.profile
        )
    })
}

/// Two profiles whose artifacts hold one UUID or GUID, through adoption: on a device they would be one object.
pub fn same_object(artifacts: &[Artifact], profiles: &[Profile], report: &mut Report) -> Vec<Id> {
    let mut owners: HashMap<(&str, &str), &str> = HashMap::new();
    let profiles: HashMap<&str, &Profile> = profiles.iter().map(|profile| (&*profile.id, profile)).collect();
    let mut failed: Vec<Id> = Vec::new();
    for entry in artifacts.iter().map(|artifact| &artifact.entry) {
        for object in &entry.identities {
            let owner = *owners.entry((&entry.target, object)).or_insert(&entry.profile);
            let (Some(here), Some(there)) = (profiles.get(entry.profile.as_str()), profiles.get(owner)) else { continue };
            if owner == entry.profile || failed.contains(&here.id) {
                continue;
            }
            let message = format!("`{}` and `{}` are one object on devices: {object}", here.id, there.id);
            let diagnostic = Diagnostic::new(Code::E0313, here.spans.id, message).label("not an object of its own");
            report.push(diagnostic.also(there.spans.id, "the other one").help("an adopted object belongs to one profile"));
            failed.extend([here.id.clone(), there.id.clone()]);
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

fn lost(profile: &Profile, new: &Entry, why: &str, generation: u32, sources: &Sources) -> Diagnostic {
    let message = format!("the account of `{}` changed in a way that loses it on {}", profile.id, new.platform);
    let diagnostic = Diagnostic::new(Code::E0501, generation_span(profile), message)
        .label(format!("generation {generation} is on devices already"))
        .help(format!("raise `generation` to {}: devices then get a new account", generation + 1))
        .note(why)
        .note("https://learn.microsoft.com/windows/client-management/mdm/activesync-csp");
    with_fix(diagnostic, profile, generation + 1, sources)
}

fn enrols_again(profile: &Profile, new: &Entry, sources: &Sources) -> Diagnostic {
    let message =
        format!("the certificate request of `{}` changed, and devices on {} keep the old certificate", profile.id, new.platform);
    let diagnostic = Diagnostic::new(Code::W0612, generation_span(profile), message)
        .label(format!("generation {} is on devices already", profile.generation))
        .help(format!("raise `generation` to {} to have devices enrol again", profile.generation + 1));
    with_fix(diagnostic, profile, profile.generation + 1, sources)
}

fn generation_span(profile: &Profile) -> Span {
    profile.spans.generation.unwrap_or(profile.spans.id)
}

/// Writes the next generation: in place, or on a line of its own behind the id.
fn with_fix(diagnostic: Diagnostic, profile: &Profile, next: u32, sources: &Sources) -> Diagnostic {
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
