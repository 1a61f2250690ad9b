//! The lowering tables against the kinds, the vendor's catalog and each other.
//!
//! The loader refuses what it cannot read; this proves that what it read can be written: every place exists, takes the type that
//! arrives there, and no two rows say different things about it. What is not sent anywhere stands in committed lists.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test may stop")]

#[path = "tables/fits.rs"]
mod fits;
#[path = "tables/lists.rs"]
mod lists;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use fits::{Arrival, of_literal};
use payloadc::builtin::{CATALOG, SCHEMAS};
use payloadc::catalog::{KeyType, Refers, Support};
use payloadc::schema::{
    ATTRIBUTES, Answer, Case, Constant, Encoding, Field, Kind, Literal, Lowering, Needs, Presence, Root, Scope, Served, Table,
    Type, Write,
};
use payloadc::targets::{WRITERS, by_hand};

/// Every table with its kind and the platform it serves.
pub fn tables() -> impl Iterator<Item = (&'static Table, &'static Kind, &'static str)> {
    SCHEMAS.tables.iter().map(|table| {
        let platform = SCHEMAS.everywhere().find(|platform| platform.targets.contains(&table.target)).unwrap();
        (*table, SCHEMAS.kind(table.kind).unwrap(), platform.name)
    })
}

/// The rows of a table: name, field, part (empty for the whole field), alternatives.
pub fn rows(table: &'static Table, kind: &'static Kind) -> Vec<(String, &'static Field, &'static str, &'static [Lowering])> {
    let mut rows = Vec::new();
    for (field, answer) in kind.fields.iter().zip(table.answers) {
        match answer {
            Answer::Whole(lowerings) => rows.push((field.name.to_owned(), field, "", *lowerings)),
            Answer::Parts(parts) => {
                rows.extend(parts.iter().map(|(part, lowerings)| (format!("{}.{part}", field.name), field, *part, *lowerings)));
            }
        }
    }
    rows
}

fn roots(table: &'static Table) -> Vec<Root> {
    table.to.iter().filter_map(|alternative| alternative.root.ok()).collect()
}

#[test]
fn every_field_of_every_kind_is_answered_by_every_target() {
    for kind in SCHEMAS.kinds {
        for platform in SCHEMAS.platforms {
            let service =
                kind.service(platform.name).unwrap_or_else(|| panic!("{} says nothing of {}", kind.name, platform.name));
            if matches!(service.is, Served::Unsupported { .. }) {
                continue;
            }
            for target in platform.targets {
                let table = SCHEMAS.table(kind.name, target).unwrap_or_else(|| panic!("{target} does not answer {}", kind.name));
                assert_eq!(table.answers.len(), kind.fields.len(), "{target}/{}", kind.name);
                let order: BTreeSet<u16> = table.order.iter().copied().collect();
                assert_eq!(order.len(), kind.fields.len(), "{target}/{}: the order names each field once", kind.name);
                assert!(WRITERS.iter().any(|writer| writer.target == *target), "{target} has no writer");
            }
        }
    }
}

#[test]
fn every_row_and_every_root_has_a_last_resort() {
    for (table, kind, _) in tables() {
        for (row, _, _, lowerings) in rows(table, kind) {
            let last = lowerings.last().unwrap_or_else(|| panic!("{}/{row} is empty", table.target));
            assert_eq!(last.needs, Needs::NONE, "{}/{}.{row}: the last alternative needs nothing", table.target, kind.name);
        }
        for scope in kind.scopes {
            for store in choices_asked(table, kind) {
                let holds = |needs: &Needs| {
                    needs.scope.is_none_or(|wanted| wanted == *scope) && needs.choice.is_none_or(|choice| choice == store)
                };
                assert!(
                    table.to.iter().any(|root| holds(&root.needs)),
                    "{}/{}: no root for {scope:?}, {store:?}",
                    table.target,
                    kind.name
                );
            }
        }
    }
}

/// Every value of the choice that a table's roots ask for.
fn choices_asked(table: &'static Table, kind: &'static Kind) -> Vec<(&'static str, &'static str)> {
    let asked: BTreeSet<&str> = table.to.iter().filter_map(|root| root.needs.choice).map(|(field, _)| field).collect();
    assert!(asked.len() <= 1, "roots ask for one choice");
    let Some(name) = asked.first() else { return vec![("", "")] };
    let (_, field) = kind.field(name).unwrap_or_else(|| panic!("{}/{} asks for `{name}`", table.target, kind.name));
    field.choices().iter().map(|choice| (*name, choice.name)).collect()
}

/// Every place that a row, a constant or a function by hand may write is in the catalog, below every root, with a type that fits.
#[test]
fn every_place_exists_and_takes_what_arrives() {
    let mut wrong = Vec::new();
    let mut places = 0;
    for (table, kind, platform) in tables() {
        for root in roots(table) {
            for (row, place, arrival) in arrivals(table, kind) {
                places += 1;
                if let Err(why) = fits::fits(root.is, place, platform, &arrival) {
                    wrong.push(format!("{}/{}.{row}: `{}` `{place}` {why}", table.target, kind.name, root.is));
                }
            }
        }
    }
    assert!(places > 200, "{places} places are written");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// All that a table may write: row, place, what arrives there.
fn arrivals(table: &'static Table, kind: &'static Kind) -> Vec<(String, &'static str, Arrival)> {
    let mut found: Vec<(String, &'static str, Arrival)> = Vec::new();
    let constants = |row: &str, constants: &'static [Constant], found: &mut Vec<_>| {
        found.extend(constants.iter().map(|constant| (row.to_owned(), constant.at, of_literal(constant.is))));
    };
    constants("implies", table.implies, &mut found);
    for (row, field, part, lowerings) in rows(table, kind) {
        for lowering in lowerings {
            constants(&row, lowering.implies, &mut found);
            match lowering.write {
                Write::At(places, encoding) => {
                    let arrival = fits::of_field(field, part, encoding)
                        .unwrap_or_else(|why| panic!("{}/{}.{row}: {why}", table.target, kind.name));
                    found.extend(places.iter().map(|place| (row.clone(), *place, arrival.clone())));
                }
                Write::Bits(place, numbers) => {
                    let sums = (1..1_i64 << numbers.len())
                        .map(|set| numbers.iter().enumerate().filter(|(at, _)| set & (1 << at) != 0).map(|(_, (_, n))| n).sum());
                    found.push((row.clone(), place, Arrival::Integers(sums.collect())));
                }
                Write::Map(places, cases) => {
                    for (_, case) in cases {
                        match case {
                            Case::Is(literal) | Case::Warned(literal, _) => {
                                assert!(!places.is_empty(), "{}/{}.{row}: a constant and no place", table.target, kind.name);
                                found.extend(places.iter().map(|place| (row.clone(), *place, of_literal(*literal))));
                            }
                            Case::Writes(writes) => constants(&row, writes, &mut found),
                            Case::Unsupported(_) => {}
                        }
                    }
                }
                Write::ByHand(name) => {
                    let function = by_hand(table.target).iter().find(|function| function.name == name);
                    let function = function.unwrap_or_else(|| panic!("{} has no function `{name}`", table.target));
                    found.extend(function.places.iter().map(|place| (row.clone(), *place, Arrival::Text)));
                }
                Write::Carried(_) | Write::Unsupported(_) => {}
            }
        }
    }
    found
}

/// A choice that reaches a place as text must have one; a set, a choice or a reference without an encoding would vanish.
#[test]
fn every_choice_has_a_place_or_a_reason() {
    for (table, kind, _) in tables() {
        for (row, field, _, lowerings) in rows(table, kind) {
            for lowering in lowerings {
                let name = format!("{}/{}.{row}", table.target, kind.name);
                match lowering.write {
                    Write::Map(_, cases) => {
                        for choice in
                            field.choices().iter().filter(|choice| !choice.absent && matches!(field.ty, Type::Choice(_)))
                        {
                            assert!(cases.iter().any(|(case, _)| *case == choice.name), "{name}: `{}`", choice.name);
                        }
                        for (case, answer) in cases {
                            if let Case::Unsupported(why) = answer {
                                assert!(!why.reason.is_empty() && why.source.starts_with("https://"), "{name}: `{case}`");
                            }
                        }
                    }
                    Write::At(_, Encoding::Plain) => {
                        if let Type::Choice(choices) = field.ty {
                            let silent = choices
                                .iter()
                                .find(|choice| choice.attribute.is_empty() && choice.holds.is_none() && !choice.absent);
                            assert!(silent.is_none(), "{name}: `{}` has no text", silent.unwrap().name);
                        }
                    }
                    Write::Unsupported(why) => assert!(!why.reason.is_empty() && why.source.starts_with("https://"), "{name}"),
                    Write::Carried(how) => assert!(!how.is_empty(), "{name}"),
                    Write::At(..) | Write::Bits(..) | Write::ByHand(_) => {}
                }
            }
        }
        for why in table.to.iter().filter_map(|alternative| alternative.root.err()) {
            assert!(!why.reason.is_empty() && why.source.starts_with("https://"), "{}/{}", table.target, kind.name);
        }
        assert!(table.source.starts_with("https://"), "{}/{}", table.target, kind.name);
    }
}

/// A value at a place: a constant, or whatever the row's setting is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Said {
    Constant(Literal),
    Setting,
    ByHand(&'static str),
}

/// Alternatives and cases of one row exclude each other; two rows may be written together, and must agree.
#[test]
fn rows_that_write_one_place_agree() {
    for (table, kind, _) in tables() {
        let mut said: HashMap<&str, Vec<(String, Said)>> = HashMap::new();
        for constant in table.implies {
            said.entry(constant.at).or_default().push(("implies".to_owned(), Said::Constant(constant.is)));
        }
        for (row, _, _, lowerings) in rows(table, kind) {
            for (place, what) in lowerings.iter().flat_map(|lowering| said_by(table.target, lowering)) {
                said.entry(place).or_default().push((row.clone(), what));
            }
        }
        for (place, all) in said {
            for (row, one) in &all {
                let other = all.iter().find(|(other, what)| other != row && (what != one || *one == Said::Setting));
                assert!(other.is_none(), "{}/{}: `{place}` is {one:?} by `{row}` and {other:?}", table.target, kind.name);
            }
        }
    }
}

fn said_by(target: &str, lowering: &Lowering) -> Vec<(&'static str, Said)> {
    let mut said: Vec<(&'static str, Said)> =
        lowering.implies.iter().map(|constant| (constant.at, Said::Constant(constant.is))).collect();
    match lowering.write {
        Write::At(places, _) => said.extend(places.iter().map(|place| (*place, Said::Setting))),
        Write::Bits(place, _) => said.push((place, Said::Setting)),
        Write::Map(places, cases) => {
            for (_, case) in cases {
                match case {
                    Case::Is(_) | Case::Warned(..) => said.extend(places.iter().map(|place| (*place, Said::Setting))),
                    Case::Writes(writes) => said.extend(writes.iter().map(|constant| (constant.at, Said::Constant(constant.is)))),
                    Case::Unsupported(_) => {}
                }
            }
        }
        Write::ByHand(name) => {
            let function = by_hand(target).iter().find(|function| function.name == name).unwrap();
            said.extend(function.places.iter().map(|place| (*place, Said::ByHand(name))));
        }
        Write::Carried(_) | Write::Unsupported(_) => {}
    }
    said
}

/// Every function by hand is named by a table of its target.
#[test]
fn functions_by_hand_are_used() {
    for writer in WRITERS {
        let named: HashSet<&str> = tables()
            .filter(|(table, ..)| table.target == writer.target)
            .flat_map(|(table, kind, _)| rows(table, kind))
            .flat_map(|(.., lowerings)| lowerings)
            .filter_map(|lowering| if let Write::ByHand(name) = lowering.write { Some(name) } else { None })
            .collect();
        for function in writer.by_hand {
            assert!(named.contains(function.name), "no table of {} names `{}`", writer.target, function.name);
        }
    }
}

/// A field is judged after those it depends on, and names only what exists.
#[test]
fn kinds_are_consistent() {
    for kind in SCHEMAS.kinds {
        let place = |name: &str| kind.field(name).unwrap_or_else(|| panic!("{} has no field `{name}`", kind.name)).0;
        assert!(!kind.scopes.is_empty() && kind.scopes.iter().all(|scope| matches!(scope, Scope::User | Scope::Device)));
        for (id, field) in kind.numbered() {
            let name = format!("{}.{}", kind.name, field.name);
            for when in field.only_when.iter().chain(field.needed_when) {
                assert!(place(when.field) < id, "{name} is judged before `{}`", when.field);
            }
            assert!(field.only_with.is_empty() || place(field.only_with) < id, "{name} is judged before `{}`", field.only_with);
            assert!(field.required_on.iter().all(|platform| SCHEMAS.platform(platform).is_some()), "{name}");
            assert!(field.required_on.is_empty() || field.presence != Presence::Required, "{name} is required anyway");
            if let Type::Reference(to, having) | Type::References(to, having) = field.ty {
                for referent in to {
                    let other = SCHEMAS.kind(referent.kind).unwrap_or_else(|| panic!("{name} refers to `{}`", referent.kind));
                    let fits = |(_, field): (_, &Field)| field.choices().iter().any(|choice| choice.name == having.is);
                    assert!(having.field.is_empty() || other.field(having.field).is_some_and(fits), "{name}: {having:?}");
                }
            }
        }
        for names in kind.at_least_one {
            names.iter().for_each(|name| {
                place(name);
            });
        }
    }
}

/// Every attribute behind a choice or a server's token is one that text may name; every rule can be met.
#[test]
fn every_token_attribute_is_known() {
    let choices = SCHEMAS.kinds.iter().flat_map(|kind| kind.fields).flat_map(Field::choices);
    for choice in choices {
        for attribute in [choice.attribute, choice.approximation.map_or("", |near| near.attribute)] {
            assert!(attribute.is_empty() || ATTRIBUTES.contains(&attribute), "`{attribute}` of `{}`", choice.name);
        }
    }
    for server in SCHEMAS.servers {
        let platform = |name: &str| assert!(SCHEMAS.platform(name).is_some(), "{}: `{name}`", server.name);
        server.platforms.iter().for_each(|name| platform(name));
        let mut seen: BTreeMap<&str, ()> = BTreeMap::new();
        for attribute in server.attributes {
            assert!(ATTRIBUTES.contains(&attribute.name), "{}: `{}`", server.name, attribute.name);
            assert!(seen.insert(attribute.name, ()).is_none(), "{}: `{}` twice", server.name, attribute.name);
            assert!(!attribute.rules.is_empty(), "{}: `{}` has no token", server.name, attribute.name);
            for rule in attribute.rules {
                assert!(!rule.token.is_empty());
                assert!(rule.platforms.iter().all(|name| server.platforms.contains(name)), "{}: {rule:?}", server.name);
                assert!(rule.kinds.iter().all(|name| SCHEMAS.kind(name).is_some()), "{}: {rule:?}", server.name);
            }
        }
        for refusal in server.refuses {
            platform(refusal.platform);
            assert!(refusal.kinds.iter().all(|name| SCHEMAS.kind(name).is_some()), "{}: {refusal:?}", server.name);
            assert!(!refusal.reason.is_empty() && refusal.source.starts_with("https://"), "{}: {refusal:?}", server.name);
        }
        assert!(server.sources.iter().all(|source| source.starts_with("https://")), "{}", server.name);
    }
}

/// The catalog finds its own places, and its payload types are sorted for that.
#[test]
fn the_catalog_finds_its_own_places() {
    for payload in CATALOG.payloads().chain(CATALOG.declarations()) {
        assert_eq!(CATALOG.section(&payload.full_name()).map(|found| found.name), Some(payload.name));
        for key in &payload.keys {
            assert_eq!(payload.key(&key.path).map(|found| &found.path), Some(&key.path), "{}", payload.name);
        }
    }
    for node in CATALOG.nodes().flat_map(|section| &section.nodes) {
        assert_eq!(CATALOG.node_for(&node.path).map(|found| &found.path), Some(&node.path));
    }
}
/// Nothing is missing: what the vendors' files hold, counted once by hand.
#[test]
fn the_catalog_holds_everything() {
    let census = CATALOG.census();
    let apple = (census.apple.payload_types, census.apple.payload_keys);
    assert_eq!((apple, census.apple.declaration_types, census.apple.declaration_keys), ((120, 2233), 48, 435));
    assert_eq!((census.windows.csps, census.windows.policy_areas, census.windows.nodes), (49, 260, 5815));
    assert_eq!((census.windows.writable_leaves, census.windows.v1_only_csps), (4522, 34));
    // CleanPC, DeviceUpdateCenter, Reporting, WindowsAdvancedThreatProtection: in no set after 1903.
    assert_eq!(census.windows.withdrawn_csps, 4);
}

/// What the overlay names in place of something deprecated is there, and what it stands for is deprecated.
#[test]
fn what_is_named_in_place_of_the_deprecated_is_there() {
    let deprecated = |systems: &[Support]| systems.iter().any(|support| support.versions.deprecated.is_some());
    let (mut keys, mut types, mut nodes) = (BTreeSet::new(), 0, 0);
    for payload in CATALOG.payloads() {
        let own = payload.instead.filter(|_| deprecated(&payload.systems)).map(|instead| ("", instead));
        assert_eq!(own.is_some(), payload.instead.is_some(), "{}", payload.name);
        types += usize::from(own.is_some());
        let named = payload.keys.iter().filter_map(|key| Some((&*key.path, key.instead?, deprecated(&key.systems))));
        let named: Vec<_> = named.collect();
        for (path, _, is) in &named {
            assert!(is, "{} {path} is not deprecated", payload.name);
            keys.extend(
                CATALOG
                    .overlay
                    .apple
                    .iter()
                    .find(|entry| entry.of == payload.name && entry.at == *path)
                    .map(|entry| (entry.of, entry.at)),
            );
        }
        for (path, instead) in own.into_iter().chain(named.into_iter().map(|(path, instead, _)| (path, instead))) {
            let names: Vec<&str> =
                if instead.contains('`') { instead.split('`').skip(1).step_by(2).collect() } else { vec![instead] };
            let beside = path.rsplit_once('/').map_or(String::new(), |(above, _)| format!("{above}/"));
            let others: Vec<_> = names.iter().flat_map(|name| CATALOG.variants(name)).collect();
            for name in names {
                let key = payload.key(&format!("{beside}{name}")).is_some_and(|key| key.name() == name);
                // Of `IPSec/OnDemandMatchDomainsNever` what is named may stand elsewhere in the payload.
                let key = key || payload.keys.iter().any(|key| key.name() == name || key.allowed.contains(&name));
                let known = CATALOG.payload(name).is_some()
                    || CATALOG.declaration(name).is_some()
                    || key
                    || others.iter().any(|other| other.key(name).is_some());
                assert!(known, "{} {path}: `{name}`", payload.name);
            }
        }
    }
    for node in CATALOG.nodes().flat_map(|section| &section.nodes) {
        let Some(instead) = node.instead else { continue };
        assert!(node.deprecated.is_some() && CATALOG.node(instead).is_some(), "{}", node.path);
        nodes += 1;
    }
    assert_eq!((keys.len(), types, nodes), (36, 3, 4));
}

/// What the overlay adds is there, with what it corrects.
#[test]
fn corrections_are_laid_over_the_tables() {
    let key =
        |of: &str, path: &str| CATALOG.section(of).and_then(|payload| payload.key(path)).unwrap_or_else(|| panic!("{of} {path}"));
    assert_eq!(key("com.apple.vpn.managed", "VPN/AuthName").ty, KeyType::String);
    assert!(CATALOG.section("com.apple.vpn.managed").unwrap().key("VPN/Password").is_none());
    assert_eq!(key("com.apple.vpn.managed.applayer", "IKEv2/PayloadCertificateUUID").refers, Some(Refers::Identity));
    assert_eq!(
        key("com.apple.wifi.managed", "EAPClientConfiguration/PayloadCertificateAnchorUUID/[]").refers,
        Some(Refers::Certificate)
    );
    assert_eq!(key("Configuration", "ConsentText/en").ty, KeyType::String);
    assert!(!key("com.apple.TCC.configuration-profile-policy", "Services/Camera/[]/Allowed").required);
    let most = |os: &str| key("com.apple.mobiledevice.passwordpolicy", "maxInactivity").range_on(os).and_then(|range| range.max);
    assert_eq!((most("ios"), most("macos")), (Some(15.0), Some(60.0)));
    let lock = |name: &str| CATALOG.node(&format!("./Device/Vendor/MSFT/Policy/Config/DeviceLock/{name}")).unwrap();
    assert!(lock("MinDevicePasswordLength").atomic && lock("MinDevicePasswordLength").access.add);
    assert!(lock("DevicePasswordEnabled").atomic && !lock("DevicePasswordEnabled").access.add);
    assert!(CATALOG.node("./Device/Vendor/MSFT/CertificateStore/My/SCEP/{}/Install/HashAlgorithm").is_some());
    assert!(CATALOG.rules("com.apple.vpn.managed.applayer").count() >= 6);
}
