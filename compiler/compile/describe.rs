//! What the manifest and `--trace` say of an artifact.

use super::{Artifact, Job, Traced, sha256};
use crate::ir::{Branch, Datum, Entry, Member, Origin};
use crate::manifest::{self, Left};
use crate::schema::{Answer, Type, Write};
use crate::targets::{Assembled, Role};

/// Authorities, requests, identities, then what needs them: the kinds say so by what they refer to.
fn order(job: &Job<'_>) -> u32 {
    let holds = |wanted: fn(&Type) -> bool| job.profile.kind.fields.iter().any(|field| wanted(&field.ty));
    if holds(|ty| matches!(ty, Type::Certificate)) {
        if job.view.choice(job.profile.kind, "store") == Some("intermediate") { 2 } else { 1 }
    } else if job.profile.kind.field("root_ca").is_some() {
        3
    } else {
        4
    }
}

/// An artifact with all that is known of it; traced, when what is embedded in it is handed in.
pub fn artifact(job: &Job<'_>, with: Option<&[&Job<'_>]>, made: Assembled, after: &[String]) -> Artifact {
    // What takes an object away carries none of its settings.
    let left = |list: &str| -> Vec<Left> {
        if matches!(made.role, Role::Remove | Role::Query) {
            return Vec::new();
        }
        let out = job.view.left_out.iter().filter(|left| left.list == list);
        out.map(|left| Left { field: left.field.clone().into_owned(), reason: left.reason.clone() }).collect()
    };
    let mut notes: Vec<String> = made.notes.into_iter().map(|note| note.text).collect();
    notes.extend(left("notes").into_iter().map(|left| left.reason));
    let removal = matches!(made.role, Role::Remove | Role::Query);
    let first = made.first.iter().map(|suffix| job.path(suffix));
    let fixed = made.fixed.into_iter().map(|(id, text)| (id, sha256(text.as_bytes()))).collect();
    let entry = manifest::Entry {
        path: job.path(&made.suffix),
        profile: job.profile.id.to_string(),
        kind: job.profile.kind.name.to_owned(),
        variant: job.variant.map(ToOwned::to_owned),
        platform: job.view.platform.name.to_owned(),
        target: job.writer.target.to_owned(),
        role: made.role.name().to_owned(),
        sha256: (!made.contains_secret).then(|| sha256(&made.bytes)),
        identities: made.identities,
        generation: job.profile.generation,
        order: order(job),
        after: first.chain(after.iter().filter(|_| !removal).cloned()).collect(),
        needs_user_logged_on: made.needs_user_logged_on,
        redeliver: made.redeliver,
        contains_secret: made.contains_secret,
        stale: false,
        removed: false,
        not_applicable: left("not_applicable"),
        skipped: left("skipped"),
        approximated: left("approximated"),
        unverified: if removal { Vec::new() } else { unverified(job) },
        notes,
        fixed,
    };
    Artifact { entry, bytes: made.bytes, expects: made.expects, trace: with.map(|with| trace(job, with)).unwrap_or_default() }
}

/// The rows in use that no device has confirmed.
fn unverified(job: &Job<'_>) -> Vec<Left> {
    let mut found = Vec::new();
    for (id, field) in job.profile.kind.numbered().filter(|(id, _)| job.view.setting(*id).is_some()) {
        let rows = match job.table.answers.get(id.index()) {
            Some(Answer::Whole(lowerings)) => vec![*lowerings],
            Some(Answer::Parts(parts)) => parts.iter().map(|(_, lowerings)| *lowerings).collect(),
            None => Vec::new(),
        };
        let mut picked = rows.into_iter().filter_map(|rows| job.view.pick(job.profile.kind, job.profile.scope, id, rows));
        if let Some(row) = picked.find(|row| !row.unverified.is_empty() && !matches!(row.write, Write::Unsupported(_))) {
            found.push(Left { field: field.name.to_owned(), reason: row.unverified.to_owned() });
        }
    }
    found
}

/// Place and origin of every entry, certificates included.
fn trace(job: &Job<'_>, with: &[&Job<'_>]) -> Vec<Traced> {
    let parts = with.iter().copied().chain([job]);
    let traced = parts.flat_map(|part| {
        let places = part.lowered.entries.iter().flat_map(places);
        places.map(|(place, origin)| Traced { place: format!("{}: {place}", part.profile.id), origin, kind: part.profile.kind })
    });
    traced.collect()
}

/// The places of an entry: one, but for a payload or a declaration, which is written key by key.
fn places(entry: &Entry) -> Vec<(String, Origin)> {
    let Datum::Item(item) = &entry.datum else { return vec![(entry.place.to_string(), entry.origin)] };
    let mut found = vec![(entry.place.to_string(), entry.origin)];
    inside(&item.members, &entry.place, &mut found);
    found
}

fn inside(members: &[Member], above: &str, found: &mut Vec<(String, Origin)>) {
    for member in members {
        let place = format!("{above}/{}", member.name);
        match &member.tree.branch {
            Branch::Dictionary(members) if !members.is_empty() => inside(members, &place, found),
            _ => found.push((place, Origin::Written(member.tree.span))),
        }
    }
}
