//! The rules of the language for one user, word by word, without any care for speed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::random::{Collection, Profile, User, World};

/// The fields of an email profile in the order in which they depend on each other.
const FIELDS: [&str; 11] = [
    "host",
    "account_name",
    "user_name",
    "email_address",
    "authentication",
    "identity_certificate",
    "smime.encryption_certificate",
    "smime.require_encryption",
    "days_of_email",
    "allow_message_move",
    "use_ssl",
];

/// Mandatory, without a default.
const FAILS: [&str; 6] = ["host", "account_name", "user_name", "email_address", "authentication", "identity_certificate"];

/// Absent mandatory settings count as their default.
fn default(field: &str) -> Option<&'static str> {
    match field {
        "user_name" => Some("user_principal_name"),
        "authentication" => Some("username_and_password"),
        "use_ssl" => Some("true"),
        _ => None,
    }
}

/// `{"user", "profiles": [...]}` as `deploy explain` gives it, without reasons.
pub fn explain(world: &World, user: &User) -> Value {
    let received: BTreeSet<&str> = world
        .deployments
        .iter()
        .filter(|deployment| belongs(world, user, &deployment.collection))
        .flat_map(|deployment| deployment.profiles.iter().map(String::as_str))
        .collect();
    let profiles: Vec<&Profile> = world.profiles.iter().filter(|profile| received.contains(profile.id.as_str())).collect();
    json!({ "user": user.id, "profiles": resolve(&profiles) })
}

/// ((`members` + `where` + `include`) - `exclude`) within `limiting_collection`; exclude always wins.
fn belongs(world: &World, user: &User, id: &str) -> bool {
    if id == "all-users" {
        return true;
    }
    let collection: &Collection = world.collections.iter().find(|collection| collection.id == id).unwrap();
    let asked = collection
        .department
        .is_some_and(|(equal, department)| (user.department.to_lowercase() == department.to_lowercase()) == equal);
    let inside =
        collection.members.contains(&user.id) || asked || collection.include.iter().any(|other| belongs(world, user, other));
    let outside = collection.exclude.iter().any(|other| belongs(world, user, other));
    let limited = collection.limiting.as_ref().is_none_or(|other| belongs(world, user, other));
    inside && !outside && limited
}

#[derive(Default)]
struct Outcome {
    failed: bool,
    dropped: BTreeSet<&'static str>,
    defaulted: BTreeSet<&'static str>,
    values: BTreeMap<&'static str, String>,
}

fn resolve(profiles: &[&Profile]) -> Vec<Value> {
    let mut outcomes: Vec<Outcome> =
        profiles.iter().map(|profile| Outcome { values: written(profile), ..Outcome::default() }).collect();
    for field in FIELDS {
        // Conditions first: one whose condition no longer holds cannot conflict, and goes.
        for outcome in &mut outcomes {
            if field == "smime.require_encryption"
                && !outcome.values.contains_key("smime.encryption_certificate")
                && outcome.values.remove(field).is_some()
            {
                outcome.dropped.insert(field);
            }
        }
        let value = |outcome: &Outcome| outcome.values.get(field).cloned().or(default(field).map(ToOwned::to_owned));
        let values: Vec<Option<String>> = outcomes.iter().map(value).collect();
        for (at, profile) in profiles.iter().enumerate() {
            let conflict = profiles.iter().enumerate().any(|(other, rival)| {
                let share = profile.devices.intersection(&rival.devices).next().is_some();
                at != other
                    && share
                    && matches!((&values[at], &values[other]), (Some(a), Some(b)) if normal(field, a) != normal(field, b))
            });
            if !conflict {
                continue;
            }
            let outcome = &mut outcomes[at];
            if FAILS.contains(&field) {
                outcome.failed = true;
            } else if let Some(default) = default(field) {
                outcome.values.insert(field, default.to_owned());
                outcome.defaulted.insert(field);
            } else {
                outcome.values.remove(field);
                outcome.dropped.insert(field);
            }
        }
    }
    profiles.iter().zip(outcomes).map(|(profile, outcome)| shown(profile, outcome)).collect()
}

fn written(profile: &Profile) -> BTreeMap<&'static str, String> {
    profile.settings.iter().cloned().collect()
}

/// Host names are compared without their case and trailing dot.
fn normal(field: &str, value: &str) -> String {
    if field == "host" { value.to_lowercase().trim_end_matches('.').to_owned() } else { value.to_owned() }
}

fn shown(profile: &Profile, outcome: Outcome) -> Value {
    let Outcome { failed, dropped, defaulted, mut values } = outcome;
    for field in FIELDS {
        if let Some(default) = default(field) {
            values.entry(field).or_insert_with(|| default.to_owned());
        }
    }
    // `require_encryption` is `false` where it is not written and there is something to encrypt with.
    if values.contains_key("smime.encryption_certificate") && !dropped.contains("smime.require_encryption") {
        values.entry("smime.require_encryption").or_insert_with(|| "false".to_owned());
    }
    let mut settings = Map::new();
    for (field, value) in &values {
        let value = match value.as_str() {
            "true" => json!(true),
            "false" => json!(false),
            text if *field == "host" => json!(text.trim_end_matches('.')),
            text => json!(text),
        };
        settings.insert((*field).to_owned(), value);
    }
    let order = |names: BTreeSet<&'static str>| FIELDS.into_iter().filter(|field| names.contains(field)).collect::<Vec<_>>();
    json!({
        "id": profile.id,
        "kind": "email",
        "state": if failed { "failed" } else { "sent" },
        "settings": if failed { Map::new() } else { settings },
        "dropped": order(dropped),
        "defaulted": order(defaulted),
    })
}
