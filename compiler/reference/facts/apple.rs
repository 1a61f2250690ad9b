//! Pages of payload types, declaration types and their keys.

use std::fmt::Write as _;

use super::{aligned, corrections};
use crate::catalog::{Catalog, Key, OS, Payload, Refers, Support, split_variant};
use crate::check::{nearest, vendor};
use crate::reference::spelling::{key_type, versions};
use crate::schema::Schemas;

/// The page of a type, or of a key behind it; nothing where no type begins the topic.
pub fn page(catalog: &'static Catalog, schemas: &Schemas, topic: &str) -> Option<Result<String, String>> {
    // A type's name holds dots, and a key is joined to it by one: the longest type counts.
    let ends = topic.match_indices(['.', '/']).map(|(at, _)| at).chain([topic.len()]);
    let mut found = ends.filter_map(|at| Some((of_type(catalog, topic.get(..at)?), topic.get(at..)?)));
    let (payloads, rest) = found.rfind(|(payloads, _)| !payloads.is_empty())?;
    let rest = rest.trim_start_matches(['.', '/']);
    if rest.is_empty() {
        return Some(Ok(payloads.iter().map(|payload| of_payload(catalog, schemas, payload)).collect::<Vec<_>>().join("\n")));
    }
    let mut pages = payloads.iter().filter_map(|payload| Some(of_key(schemas, payload, key(payload, None, rest)?)));
    let page = pages.next().ok_or_else(|| {
        let name = payloads.first().map_or("", |payload| payload.name);
        let names: Vec<&str> = payloads.iter().flat_map(|payload| &payload.keys).map(|key| &*key.path).collect();
        let slashes = rest.replace('.', "/");
        match nearest(&slashes, names.iter().copied()) {
            Some(near) => format!("`{name}` has no key `{rest}`; `{near}` is near"),
            None => format!("`{name}` has no key `{rest}`; `payloadc catalog show {name}` lists its keys"),
        }
    });
    Some(page)
}

fn of_type(catalog: &'static Catalog, name: &str) -> Vec<&'static Payload> {
    if split_variant(name).is_some() {
        return catalog.section(name).into_iter().collect();
    }
    catalog.variants(name).chain(catalog.declaration(name).filter(|_| name != "*")).collect()
}

/// The key for `EAPClientConfiguration.UserName`: names hold dots and blanks, so each is taken as long as one fits.
fn key<'a>(payload: &'a Payload, inside: Option<&'a Key>, rest: &str) -> Option<&'a Key> {
    if rest.is_empty() {
        return inside;
    }
    let ends = rest.match_indices(['.', '/']).map(|(at, _)| at).chain([rest.len()]);
    ends.rev().find_map(|at| {
        let next = payload.step(inside, rest.get(..at)?)?;
        key(payload, Some(next), rest.get(at..)?.trim_start_matches(['.', '/']))
    })
}

fn of_payload(catalog: &'static Catalog, schemas: &Schemas, payload: &'static Payload) -> String {
    let mut page = format!("# {}\n\n", payload.full_name());
    let what = match (payload.name, payload.apply, payload.credential) {
        ("Configuration", ..) => "The profile itself.".to_owned(),
        ("*", ..) => "What every payload has.".to_owned(),
        (_, _, true) => "The data of a credential asset.".to_owned(),
        (name, apply, _) if catalog.declaration(name).is_some() => {
            apply.map_or_else(|| "Declaration.".to_owned(), |apply| format!("Declaration; several of the type: {apply}."))
        }
        (_, Some(apply), _) => format!("Profile payload; several of the type: {apply}."),
        _ => "Profile payload.".to_owned(),
    };
    let _ = writeln!(page, "{what}\n");
    aligned(&mut page, &systems(&payload.systems, None));
    reach(&mut page, schemas, payload.name, &payload.systems);
    let _ = writeln!(page, "\nKeys:");
    children(&mut page, payload, None);
    let rules: Vec<_> = catalog.rules(payload.name).collect();
    if !rules.is_empty() {
        let _ = writeln!(page, "\nRules:");
    }
    for rule in rules {
        let when: Vec<String> = rule.when.iter().map(|(key, values)| format!("{key} is {}", values.join(" or "))).collect();
        let when = if when.is_empty() { String::new() } else { format!(" when {}", when.join(" and ")) };
        let at = if rule.at.is_empty() { String::new() } else { format!(" in {}", rule.at) };
        let demand = crate::catalog::Demand::WORDS.iter().find(|(_, demand)| *demand == rule.demand).map_or("", |(word, _)| word);
        let _ = writeln!(page, "  {}: {}{at}{when}: {}", demand.replace('_', " "), rule.keys.join(", "), rule.reason);
    }
    corrections(&mut page, &payload.corrections);
    page
}

fn of_key(schemas: &Schemas, payload: &Payload, key: &Key) -> String {
    let mut page = format!("# {} {}\n\n", payload.full_name(), key.path);
    let presence = if key.required { "required" } else { "optional" };
    let mut facts = vec![vec!["type".to_owned(), key_type(key.ty).to_owned()], vec!["presence".into(), presence.into()]];
    let mut fact = |name: &str, value: Option<String>| facts.extend(value.map(|value| vec![name.to_owned(), value]));
    fact("default", key.default.map(str::to_owned));
    fact("values", (!key.allowed.is_empty()).then(|| key.allowed.join(", ")));
    fact("range", key.range.map(|bounds| bounds.to_string()));
    for os in OS {
        let own = key.range_on(os.name).filter(|range| Some(*range) != key.range);
        fact(&format!("range on {}", os.title), own.map(|bounds| bounds.to_string()));
    }
    fact("members", key.repetition.map(|bounds| bounds.to_string()));
    fact("format", key.format.map(str::to_owned));
    fact("combined by", key.combine.map(str::to_owned));
    fact("refers to", (!key.assets.is_empty()).then(|| key.assets.join(", ")));
    fact("media types", (!key.content.is_empty()).then(|| key.content.join(", ")));
    fact("refers to", key.refers.map(|refers| refers_to(refers).to_owned()));
    fact("holds", key.subtype.map(str::to_owned));
    fact("holds what", key.like.as_ref().map(|like| format!("`{like}` holds")));
    fact("asked", key.asked.then(|| "the device asks for it when a person installs a profile without it".to_owned()));
    aligned(&mut page, &facts);
    page.push('\n');
    aligned(&mut page, &systems(&key.systems, None));
    reach(&mut page, schemas, key.name(), &key.systems);
    if payload.inside(Some(key)).next().is_some() {
        let _ = writeln!(page, "\nKeys:");
        children(&mut page, payload, Some(key));
    }
    corrections(&mut page, &key.corrections);
    page
}

/// Says so where no profile that payloadc makes can hold it.
fn reach(page: &mut String, schemas: &Schemas, name: &str, systems: &[Support; 5]) {
    if let Some(why) = vendor::out_of_reach(schemas, name, systems) {
        let _ = writeln!(page, "\n{why}. `payloadc lint` checks profiles with it.");
    }
}

fn refers_to(refers: Refers) -> &'static str {
    match refers {
        Refers::Identity => "the PayloadUUID of an identity in the same profile",
        Refers::Certificate => "the PayloadUUID of a certificate in the same profile",
        Refers::Vpn => "the VPNUUID of a per-app VPN in the same profile",
    }
}

/// More values than this are not listed beside a key.
const VALUES: usize = 8;

/// The keys inside, with what is short enough for a line.
fn children(page: &mut String, payload: &Payload, inside: Option<&Key>) {
    let above = inside.map_or(payload.systems, |key| key.systems);
    let row = |key: &Key| {
        let mut facts = Vec::new();
        facts.extend(key.default.map(|default| format!("default {default}")));
        facts.extend((1..=VALUES).contains(&key.allowed.len()).then(|| key.allowed.join("|")));
        facts.extend((key.allowed.len() > VALUES).then(|| format!("{} values", key.allowed.len())));
        facts.extend(key.range.map(|bounds| bounds.to_string()));
        let held = payload.inside(Some(key)).filter(|inner| inner.name() != "[]").count();
        facts.extend((held > 0).then(|| format!("{held} keys inside")));
        facts.extend(systems(&key.systems, Some(&above)).into_iter().map(|row| row.join(" ")));
        let presence = if key.required { "required" } else { "" };
        vec![key.name().to_owned(), key_type(key.ty).to_owned(), presence.to_owned(), facts.join("; ")]
    };
    let rows: Vec<Vec<String>> = payload.inside(inside).map(row).collect();
    aligned(page, &rows);
}

/// A row for each system; with what is inherited, only what differs from it.
fn systems(systems: &[Support; 5], inherited: Option<&[Support; 5]>) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for (at, (os, support)) in OS.iter().zip(systems).enumerate() {
        let before = inherited.and_then(|inherited| inherited.get(at));
        if before == Some(support) {
            continue;
        }
        let known = before.map(on_system).unwrap_or_default();
        let facts = on_system(support).into_iter().filter(|fact| !known.contains(fact)).collect::<Vec<_>>().join(", ");
        rows.push(vec![os.title.to_owned(), if facts.is_empty() { "with fewer limits".to_owned() } else { facts }]);
    }
    rows
}

fn on_system(support: &Support) -> Vec<String> {
    if !support.there() {
        return vec!["not there".into()];
    }
    let mut facts = vec![versions(support.versions)];
    facts.extend(support.multiple.map(|multiple| if multiple { "several" } else { "one only" }.to_owned()));
    let flags = [
        (support.supervised, "supervised"),
        (support.automated, "Automated Device Enrollment"),
        (support.approved, "user-approved MDM"),
        (support.mdm_only, "from MDM only"),
    ];
    facts.extend(flags.into_iter().filter(|(is, _)| *is).map(|(_, name)| name.to_owned()));
    let lists = [
        ("channels", support.channels),
        ("enrolments", support.enrollments),
        ("scopes", support.scopes),
        ("Shared iPad channels", support.shared_channels),
        ("Shared iPad scopes", support.shared_scopes),
    ];
    for (name, words) in lists {
        facts.extend(words.map(|words| {
            let words: Vec<&str> = words.iter().collect();
            format!("{name}: {}", if words.is_empty() { "none".into() } else { words.join(" and ") })
        }));
    }
    facts.extend(support.enrollment.map(|mode| format!("User Enrollment: {mode}")));
    facts.extend(support.shared.map(|mode| format!("Shared iPad: {mode}")));
    facts.retain(|fact| !fact.is_empty());
    if facts.is_empty() {
        facts.push("there".into());
    }
    facts
}
