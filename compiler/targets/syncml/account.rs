//! ActiveSync accounts: install, update, remove, recreate.
//!
//! Sending an account whose GUID a device already has deletes it, so an install is sent once and everything later is an update; a
//! change that no Replace can carry needs a new generation: a new GUID, and a Delete of the old one.
//! <https://learn.microsoft.com/windows/client-management/mdm/activesync-csp>

use std::borrow::Cow;

use super::certificates::no_delete;
use super::commands::{Block, Nodes, instance};
use super::{Variant, adds};
use crate::ir::{ByHand, Datum, Entry, Origin, Profile, Text, Verb, View};
use crate::targets::{Fault, Part, Role, Surroundings};

/// The order in which Microsoft documents the nodes; parents come before what is in them.
const ORDER: [&str; 9] = [
    "EmailAddress",
    "Domain",
    "AccountIcon",
    "AccountType",
    "AccountName",
    "ServerName",
    "UserName",
    "Options/UseSSL",
    "Options/Logging",
];

/// Nodes that an update leaves alone although they could be replaced: nothing of a profile changes them.
const NOT_UPDATED: [&str; 1] = ["Options/Logging"];

/// `UserName` without a domain, and `Domain`: a literal `CORP\alice` is split.
pub const USER_NAME: ByHand = ByHand { name: "user_name", places: &["UserName", "Domain"], trouble: |_, _| None, lower };

fn lower(profile: &Profile, view: &View) -> Vec<Entry> {
    let origin = |field: &str| {
        let setting = profile.kind.field(field).and_then(|(id, _)| view.setting(id));
        setting.map_or(Origin::Default, |setting| setting.origin)
    };
    let entry = |place: &'static str, text: Text, field: &str| Entry {
        place: Cow::Borrowed(place),
        datum: Datum::Text(text),
        origin: origin(field),
    };
    let Some(user) = view.text(profile.kind, "user_name") else { return Vec::new() };
    if let Some((domain, user)) = user.split_once('\\') {
        return vec![entry("Domain", domain, "user_name"), entry("UserName", user, "user_name")];
    }
    let domain = view.text(profile.kind, "account_domain").map(|domain| entry("Domain", domain.clone(), "account_domain"));
    domain.into_iter().chain([entry("UserName", user.clone(), "user_name")]).collect()
}

/// Every variant of an account.
pub fn variants(part: &Part<'_>, nodes: &Nodes, around: &Surroundings<'_>) -> Result<Vec<Variant>, Fault> {
    let mut ordered = nodes.positions(|leaf| leaf.access().add);
    ordered.sort_by_key(|at| {
        let place = nodes.leaves.get(*at).map_or("", |leaf| &*leaf.place);
        ORDER.iter().position(|known| *known == place).unwrap_or(ORDER.len())
    });
    let mut create = vec![Block::Atomic(adds(nodes, true, &ordered)?)];
    // Documented for Get and Replace only: inside the Atomic a missing node would roll everything back.
    let later = nodes.leaves.iter().filter(|leaf| !leaf.access().add && leaf.access().replace);
    create.extend(later.map(|leaf| Block::One(leaf.command(Verb::Replace))));

    let again = part.profile.generation > 1;
    let recreate = if again { create.clone() } else { Vec::new() };
    let mut install = Variant { redeliver: false, fixed: fixed(nodes), ..Variant::new(Role::Install, create) };
    if part.profile.adopt.account_guid.is_some() && part.profile.generation == 1 {
        install
            .notes
            .push("devices that have the adopted account take updates; sending this one to them deletes the account".into());
    }
    let mut variants = vec![install];
    let replaced = nodes.leaves.iter().filter(|leaf| leaf.access().replace && !NOT_UPDATED.contains(&&*leaf.place));
    let mut update = Variant::new(Role::Update, replaced.map(|leaf| Block::One(leaf.command(Verb::Replace))).collect());
    update.notes.push(
        "an update only replaces what the install set: a setting that is new, or that went back to not configured, reaches devices with a higher `generation`".into(),
    );
    variants.push(update);
    if !around.server.syncml.is_some_and(|form| form.delete)
        && let Some(install) = variants.first_mut()
    {
        install.notes.push(no_delete(around));
    }
    if around.server.syncml.is_some_and(|form| form.delete) {
        let generation = part.profile.generation;
        let mut deletes = Vec::new();
        for older in 1..=generation {
            deletes.push(Block::One(nodes.delete_other(&instance(part, around, older)?.0)));
        }
        if again {
            let former = deletes.len().checked_sub(2).and_then(|at| deletes.get(at)).cloned();
            let blocks = former.into_iter().chain(recreate).collect();
            variants.push(Variant { redeliver: false, ..Variant::new(Role::Recreate, blocks) });
        }
        variants.push(Variant::new(Role::Remove, deletes));
    }
    Ok(variants)
}

/// What no update can change: the nodes that are added and never replaced.
fn fixed(nodes: &Nodes) -> String {
    let kept = nodes.leaves.iter().filter(|leaf| leaf.access().add && !leaf.access().replace);
    kept.map(|leaf| format!("{}={}\n", leaf.place, leaf.value.as_deref().unwrap_or_default())).collect()
}
