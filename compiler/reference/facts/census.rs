//! How much the catalog holds, and how much of it the kinds write.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Serialize;

use crate::catalog::{AppleCensus, Catalog, Census, WindowsCensus};
use crate::check::vendor;
use crate::schema::{Answer, Case, Lowering, Schemas, Table, Write as Writes};

/// The places that a function by hand of a target may write.
pub type Places = fn(&str, &str) -> &'static [&'static str];

/// The counts for people.
#[must_use]
pub fn census(catalog: &'static Catalog, schemas: &Schemas, by_hand: Places) -> String {
    let Census { apple, windows } = catalog.census();
    let (keys, nodes) = reached(catalog, schemas, by_hand);
    let mut page = String::new();
    let row = |page: &mut String, what: &str, count: usize| {
        let _ = writeln!(page, "  {count:>5}  {what}");
    };
    let [(_, payloads), (_, csps)] = catalog.releases();
    let _ = writeln!(page, "Apple, {payloads}; declarations {}", catalog.declarations_release());
    row(&mut page, "payload types", apple.payload_types);
    let out = out_of_reach(catalog, schemas);
    let names = out.iter().copied().collect::<Vec<_>>().join(", ");
    row(&mut page, &format!("of these types, in no profile of a target: {names}"), out.len());
    row(&mut page, "payload keys, those of the profile and the common ones among them", apple.payload_keys);
    row(&mut page, "declaration types, what all declarations have among them", apple.declaration_types);
    row(&mut page, "declaration keys, those of credential data among them", apple.declaration_keys);
    row(&mut page, "of these keys, written by kinds", keys);
    row(&mut page, "by raw kinds alone", (apple.payload_keys + apple.declaration_keys).saturating_sub(keys));
    let _ = writeln!(page, "Windows, {csps}");
    row(&mut page, "CSPs", windows.csps);
    row(&mut page, "policy areas", windows.policy_areas);
    row(&mut page, "nodes", windows.nodes);
    row(&mut page, "CSPs that only older files have", windows.v1_only_csps);
    row(&mut page, "CSPs that files before those had, and no later ones", windows.withdrawn_csps);
    row(&mut page, "leaves that can be written", windows.writable_leaves);
    row(&mut page, "of these leaves, written by kinds", nodes);
    row(&mut page, "by raw kinds alone", windows.writable_leaves.saturating_sub(nodes));
    page
}

/// The counts for scripts.
#[must_use]
pub fn counted(catalog: &'static Catalog) -> impl Serialize {
    #[derive(Serialize)]
    struct Apple {
        payload_types: usize,
        payload_keys: usize,
        declaration_types: usize,
        declaration_keys: usize,
    }
    #[derive(Serialize)]
    struct Windows {
        csps: usize,
        policy_areas: usize,
        nodes: usize,
        writable_leaves: usize,
        v1_only_csps: usize,
    }
    #[derive(Serialize)]
    struct Counts {
        apple: Apple,
        windows: Windows,
    }
    let Census { apple, windows } = catalog.census();
    let AppleCensus { payload_types, payload_keys, declaration_types, declaration_keys } = apple;
    let WindowsCensus { csps, policy_areas, nodes, writable_leaves, v1_only_csps, .. } = windows;
    Counts {
        apple: Apple { payload_types, payload_keys, declaration_types, declaration_keys },
        windows: Windows { csps, policy_areas, nodes, writable_leaves, v1_only_csps },
    }
}

/// The payload types of systems that no target writes for.
fn out_of_reach(catalog: &'static Catalog, schemas: &Schemas) -> BTreeSet<&'static str> {
    let named = catalog.payloads().filter(|payload| !matches!(payload.name, "*" | "Configuration"));
    named
        .filter(|payload| vendor::out_of_reach(schemas, payload.name, &payload.systems).is_some())
        .map(|payload| payload.name)
        .collect()
}

/// The keys and nodes that some lowering table writes.
fn reached(catalog: &'static Catalog, schemas: &Schemas, by_hand: Places) -> (usize, usize) {
    let (mut keys, mut nodes) = (BTreeSet::new(), BTreeSet::new());
    for table in schemas.tables {
        let roots = table.to.iter().filter_map(|alternative| alternative.root.ok()).map(|root| root.is);
        for (root, place) in roots.flat_map(|root| places(table, by_hand).into_iter().map(move |place| (root, place))) {
            if root.starts_with("./") {
                let node = catalog.node_for(&format!("{root}/{place}"));
                nodes.extend(node.filter(|node| node.is_setting() && node.release.starts_with("v2-")).map(|node| &node.path));
            } else if catalog.payload(root).is_some_and(|payload| payload.key(place).is_some()) {
                keys.insert((root, place));
            }
        }
    }
    (keys.len(), nodes.len())
}

fn places(table: &Table, by_hand: Places) -> Vec<&'static str> {
    let mut places: Vec<&'static str> = table.implies.iter().map(|constant| constant.at).collect();
    let mut row = |lowerings: &'static [Lowering]| {
        for lowering in lowerings {
            places.extend(lowering.implies.iter().map(|constant| constant.at));
            match lowering.write {
                Writes::At(at, _) => places.extend(at),
                Writes::Bits(at, _) => places.push(at),
                Writes::Map(at, cases) => {
                    places.extend(at);
                    for (_, case) in cases {
                        if let Case::Writes(constants) = case {
                            places.extend(constants.iter().map(|constant| constant.at));
                        }
                    }
                }
                Writes::ByHand(name) => places.extend(by_hand(table.target, name)),
                Writes::Carried(_) | Writes::Unsupported(_) => {}
            }
        }
    };
    for answer in table.answers {
        match answer {
            Answer::Whole(lowerings) => row(lowerings),
            Answer::Parts(parts) => parts.iter().for_each(|(_, lowerings)| row(lowerings)),
        }
    }
    places
}
