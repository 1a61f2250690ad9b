//! Payloads compete place by place: random profiles of `apple_payload` against the rule, user by user.

use std::collections::{BTreeMap, BTreeSet};

use payloadc::compile::Selection;
use payloadc::diagnostic::Severity;
use serde_json::{Value, json};

use super::random::Random;
use super::{explained, run};

/// What a conflict does to a key. The second payload type stands once by Apple's tables, and is refused without its key; of the last two
/// devices take the strictest, or several.
#[derive(Clone, Copy, PartialEq)]
enum Rule {
    Dropped,
    Fails,
    Kept,
}

const KEYS: [(&str, &str, [&str; 2], Rule); 6] = [
    ("com.apple.dock", "tilesize", ["48", "64"], Rule::Dropped),
    ("com.apple.dock", "static-only", ["true", "false"], Rule::Dropped),
    ("com.apple.DiscRecording", "BurnSupport", ["\"on\"", "\"off\""], Rule::Fails),
    ("org.example.app", "Level", ["{ a: 1, b: [2] }", "{ a: 1, b: [3] }"], Rule::Dropped),
    ("com.apple.applicationaccess", "allowCamera", ["true", "false"], Rule::Kept),
    ("com.apple.webClip.managed", "Label", ["A", "B"], Rule::Kept),
];

struct Profile {
    id: String,
    versions: &'static str,
    keys: BTreeMap<usize, usize>,
}

impl Profile {
    fn random(at: usize, random: &mut Random) -> Profile {
        let versions = random.one(&[">=14 <15", ">=15", ">=14"]);
        let mut keys: BTreeMap<usize, usize> = BTreeMap::from([(5, random.below(2))]);
        for key in 0..5 {
            // Mostly one value, or everything would fail.
            if random.below(3) > 0 {
                keys.insert(key, usize::from(random.below(4) == 0));
            }
        }
        Profile { id: format!("profile-{at}"), versions, keys }
    }

    fn yaml(&self) -> String {
        let mut types: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (key, value) in &self.keys {
            let (ty, name, values, _) = KEYS[*key];
            types.entry(ty).or_default().push(format!("{name}: {}", values[*value]));
        }
        types.entry("com.apple.webClip.managed").or_default().push("URL: \"https://example.com\"".to_owned());
        let payloads = types.iter().map(|(ty, keys)| format!("  - {{ type: {ty}, keys: {{ {} }} }}\n", keys.join(", ")));
        format!(
            "kind: apple_payload\nid: {0}\nname: {0}\nplatforms: {{ macos: \"{1}\" }}\nscope: user\npayloads:\n{2}",
            self.id,
            self.versions,
            payloads.collect::<String>()
        )
    }

    fn meets(&self, other: &Profile) -> bool {
        let all = |profile: &Profile| profile.versions == ">=14";
        all(self) || all(other) || self.versions == other.versions
    }
}

/// The fate of each profile of one user: failed or not, and what is dropped.
fn oracle(received: &[&Profile]) -> Vec<(String, bool, BTreeSet<String>)> {
    let fate = |profile: &&Profile| {
        let (mut failed, mut dropped) = (false, BTreeSet::new());
        for other in received.iter().filter(|other| other.id != profile.id && other.meets(profile)) {
            for (key, value) in &profile.keys {
                let (ty, name, _, rule) = KEYS[*key];
                if rule == Rule::Kept || other.keys.get(key).is_none_or(|theirs| theirs == value) {
                    continue;
                }
                failed |= rule == Rule::Fails;
                if rule == Rule::Dropped {
                    dropped.insert(format!("{ty}/{name}"));
                }
            }
        }
        (profile.id.clone(), failed, dropped)
    };
    received.iter().map(fate).collect()
}

#[test]
fn payloads_compete_by_the_places_they_set() {
    let mut seen = BTreeMap::new();
    for seed in 0..400 {
        let mut random = Random::new(seed);
        let profiles: Vec<Profile> = (0..2 + random.below(3)).map(|at| Profile::random(at, &mut random)).collect();
        let mut documents: Vec<String> = profiles.iter().map(Profile::yaml).collect();
        let mut members: Vec<BTreeSet<&str>> = Vec::new();
        for profile in &profiles {
            let users: BTreeSet<&str> = ["ann", "bob", "cy"].into_iter().filter(|_| random.below(3) > 0).collect();
            let list: Vec<&str> = users.iter().copied().collect();
            documents.push(format!("kind: collection\nid: of-{0}\nname: Of\nmembers: [{1}]\n", profile.id, list.join(", ")));
            documents.push(format!(
                "kind: deployment\nid: to-{0}\nname: To\nprofiles: [{0}]\ncollection: {1}\n",
                profile.id,
                if users.is_empty() { "all-users".to_owned() } else { format!("of-{}", profile.id) }
            ));
            if users.is_empty() {
                documents.remove(documents.len() - 2);
            }
            members.push(if users.is_empty() { ["ann", "bob", "cy"].into() } else { users });
        }
        let nothing = Selection { profiles: vec!["none".into()], ..Selection::default() };
        let output = run(&documents, "id,userPrincipalName\nann,a@x.org\nbob,b@x.org\ncy,c@x.org\n", nothing);
        let errors: Vec<&str> =
            output.diagnostics.iter().filter(|one| one.severity() == Severity::Error).map(|one| one.message.as_str()).collect();
        assert!(errors.is_empty(), "seed {seed}: {errors:?}\n{}", documents.join("---\n"));
        for user in ["ann", "bob", "cy"] {
            let reaching = profiles.iter().zip(&members).filter(|(_, members)| members.contains(user));
            let received: Vec<&Profile> = reaching.map(|(profile, _)| profile).collect();
            let found = explained(&output, user);
            let found = found["profiles"].as_array().unwrap();
            assert_eq!(found.len(), received.len());
            for ((id, failed, dropped), found) in oracle(&received).iter().zip(found) {
                let state = if *failed { "failed" } else { "sent" };
                let wanted = (json!(id), json!(state), json!(dropped));
                assert_eq!(
                    (found["id"].clone(), found["state"].clone(), found["dropped"].clone()),
                    wanted,
                    "seed {seed}, {user}"
                );
                if !failed {
                    let sent: BTreeSet<String> = places(&found["settings"]["payloads"]);
                    let all = places(&json!(explained_keys(&received, id)));
                    assert_eq!(sent, all.difference(dropped).cloned().collect(), "seed {seed}, {user}");
                }
                *seen.entry((*failed, !dropped.is_empty())).or_insert(0) += 1;
            }
        }
    }
    assert!(seen.len() == 4 && seen.values().all(|count| *count > 100), "{seen:?}");
}

/// The payloads of a profile as written.
fn explained_keys(received: &[&Profile], id: &str) -> Vec<Value> {
    let profile = received.iter().find(|profile| profile.id == *id).unwrap();
    let keys = profile.keys.keys().map(|key| json!({ "type": KEYS[*key].0, "keys": { KEYS[*key].1: 0 } }));
    keys.chain([json!({ "type": "com.apple.webClip.managed", "keys": { "URL": 0 } })]).collect()
}

fn places(payloads: &Value) -> BTreeSet<String> {
    let all = payloads.as_array().unwrap().iter();
    all.flat_map(|payload| {
        let keys = payload["keys"].as_object().unwrap().keys();
        keys.map(|key| format!("{}/{key}", payload["type"].as_str().unwrap())).collect::<Vec<_>>()
    })
    .collect()
}
