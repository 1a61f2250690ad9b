//! Ids, names and adopted objects are unique; of two that have the same, both fail.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization as _;

use super::references::Judged;
use super::shape::Draft;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::Span;

/// Checks all. Returns the first of each id.
pub fn check<'a>(all: &'a [Judged], organization: &str, reports: &mut [Report]) -> HashMap<&'a str, usize> {
    let mut ids: HashMap<&str, usize> = HashMap::new();
    let mut names: HashMap<(&str, String), usize> = HashMap::new();
    let mut adopted: HashMap<&str, usize> = HashMap::new();
    for (at, judged) in all.iter().enumerate() {
        let draft = &judged.draft;
        if let Some(first) = claimed(&mut ids, &draft.id, at) {
            both(Code::E0209, all, reports, (first, at), |draft| draft.id_span, same_id);
            continue;
        }
        let name = folded(draft.name.as_literal().unwrap_or_default());
        let first = if name.is_empty() { None } else { claimed(&mut names, (draft.kind.name, name), at) };
        if let Some(first) = first {
            both(Code::E0209, all, reports, (first, at), |draft| draft.name_span, same_name);
        }
        let objects = [&draft.adopt.payload_identifier, &draft.adopt.payload_uuid, &draft.adopt.account_guid];
        for object in objects.into_iter().flatten() {
            if let Some(first) = claimed(&mut adopted, object, at) {
                let words =
                    |_: &Draft| (format!("two profiles adopt `{object}`"), "one object on a device belongs to one profile");
                both(Code::E0313, all, reports, (first, at), |draft| draft.adopt_span.unwrap_or(draft.id_span), words);
            }
        }
    }
    own_identifiers(all, organization, &ids, reports);
    ids
}

/// An adopted identifier that another profile has of its own accord: one of the two would replace the other on devices.
fn own_identifiers(all: &[Judged], organization: &str, ids: &HashMap<&str, usize>, reports: &mut [Report]) {
    for (judged, report) in all.iter().zip(reports) {
        let adopted = judged.draft.adopt.payload_identifier.as_deref();
        let own = adopted.and_then(|adopted| adopted.strip_prefix(organization)?.strip_prefix('.'));
        let Some(id) = own.and_then(|rest| rest.split('.').next()).filter(|id| **id != *judged.draft.id) else { continue };
        let Some(other) = ids.get(id).and_then(|at| all.get(*at)).filter(|other| other.draft.adopt.payload_identifier.is_none())
        else {
            continue;
        };
        let message = format!("`{}` is the identifier of `{id}`", adopted.unwrap_or_default());
        let diagnostic = Diagnostic::new(Code::E0313, judged.draft.adopt_span.unwrap_or(judged.draft.id_span), message);
        report.push(
            diagnostic
                .label("not free")
                .also(other.draft.id_span, "grows from this id")
                .help("one object on a device belongs to one profile"),
        );
    }
}

/// Who has something already; else it is taken.
fn claimed<K: std::hash::Hash + Eq>(owners: &mut HashMap<K, usize>, key: K, at: usize) -> Option<usize> {
    match owners.entry(key) {
        std::collections::hash_map::Entry::Occupied(owner) => Some(*owner.get()),
        std::collections::hash_map::Entry::Vacant(free) => {
            free.insert(at);
            None
        }
    }
}

fn same_id(other: &Draft) -> (String, &'static str) {
    (
        format!("two profiles have the id `{}`", other.id),
        "ids are where identifiers on devices come from: give one of them another",
    )
}

fn same_name(other: &Draft) -> (String, &'static str) {
    let name = other.name.as_literal().unwrap_or_default();
    let help = "names that differ only in case or in how accents are written count as equal";
    (format!("two profiles of kind `{}` are called `{name}`", other.kind.name), help)
}

/// Says at both of two profiles that they have the same.
fn both(
    code: Code,
    all: &[Judged],
    reports: &mut [Report],
    (first, second): (usize, usize),
    span: impl Fn(&Draft) -> Span,
    words: impl Fn(&Draft) -> (String, &'static str),
) {
    for (here, there, label) in [(first, second, "also here"), (second, first, "first here")] {
        let (Some(mine), Some(other), Some(report)) = (all.get(here), all.get(there), reports.get_mut(here)) else { continue };
        let (message, help) = words(&other.draft);
        report.push(
            Diagnostic::new(code, span(&mine.draft), message).label("not unique").also(span(&other.draft), label).help(help),
        );
    }
}

/// For comparing names: canonical composition, then case folded by going up and down, which also folds `ß` and `ss`.
fn folded(name: &str) -> String {
    let composed: String = name.nfc().collect();
    composed.to_uppercase().to_lowercase().nfc().collect()
}
