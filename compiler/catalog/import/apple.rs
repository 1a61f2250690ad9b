//! Apple's schema repository to `payloads.tsv` and `declarations.tsv`.
//!
//! A description that contains itself is cut where it would begin again, and names the ancestor. Commands, status items and
//! whatever else the repository holds are not read.

use std::collections::{BTreeMap, BTreeSet};

use super::support::{Systems, inherit, written};
use super::{Folder, Head, Made, Mistake, cell, flag, table};
use crate::catalog::{Payload, Row};
use crate::schema::Version;
use crate::source::{Cycle, Limits, Node, Source, SourceId, Span, parse};

/// Keys of one description, what it repeats counted each time.
const MOST_KEYS: usize = 20_000;
const CONTAINERS: usize = 32;

/// The rows of one description.
struct Section {
    rows: Vec<Vec<String>>,
    newest: Option<Version>,
}

/// Makes the tables that the folders have files for. Of a type that stands in several folders, the first counts.
///
/// # Errors
/// The first mistake.
pub fn apple(folders: &[Folder], head: &Head) -> Result<Vec<Made>, Mistake> {
    let (mut payloads, mut declarations) = (BTreeMap::new(), BTreeMap::new());
    for folder in folders {
        let (mut here, mut there) = (BTreeMap::new(), BTreeMap::new());
        for file in &folder.files {
            describe(file, &mut here, &mut there)?;
        }
        add(&mut payloads, here)?;
        add(&mut declarations, there)?;
    }
    let licence = "MIT, Copyright (c) 2022-2026 Apple Inc.";
    let mut made = Vec::new();
    let tables = [
        ("apple/payloads.tsv", "Apple profile payloads: every type, variant and key. Facts only, no text of Apple's.", payloads),
        (
            "apple/declarations.tsv",
            "Apple declarations: every type and key, and the data formats of credential assets. Facts only, no text of Apple's.",
            declarations,
        ),
    ];
    for (path, what, sections) in tables {
        if sections.is_empty() {
            continue;
        }
        let newest = sections.values().filter_map(|section| section.newest).max();
        let mut head = head.clone();
        if head.release.is_empty() {
            head.release = newest.map_or_else(String::new, |version| format!("iOS {version}"));
        }
        if head.source.is_empty() {
            head.source = "https://github.com/apple/device-management".into();
        }
        let types = sections.len();
        let rows: Vec<Vec<String>> = sections.into_values().flat_map(|section| section.rows).collect();
        let holds = format!("{types} descriptions, {} keys", rows.len() - types);
        made.push(Made { path, text: table(what, licence, &head, "", Payload::COLUMNS, &rows), holds });
    }
    Ok(made)
}

type Found<'a> = BTreeMap<String, Vec<(&'a super::File, Section)>>;

/// Takes in the types of a folder that no folder before had; several files of one type are its variants.
fn add(all: &mut BTreeMap<String, Section>, found: Found<'_>) -> Result<(), Mistake> {
    let known: BTreeSet<String> = all.keys().map(|name| name.split('#').next().unwrap_or_default().to_owned()).collect();
    for (name, descriptions) in found {
        if known.contains(&name) {
            continue;
        }
        let several = descriptions.len() > 1;
        for (file, mut section) in descriptions {
            let variant = file.path.rsplit_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(variant, _)| variant);
            let full = variant.filter(|_| several).map_or(name.clone(), |variant| format!("{name}#{variant}"));
            if let Some(first) = section.rows.first_mut().and_then(|row| row.first_mut()) {
                full.clone_into(first);
            }
            if all.insert(full, section).is_some() {
                let what = format!("`{name}` is described a second time, and the file's name says no variant in brackets");
                return Err(Mistake { file: file.path.clone(), line: 1, what });
            }
        }
    }
    Ok(())
}

/// Reads one file, if it describes a payload or a declaration.
fn describe<'a>(file: &'a super::File, payloads: &mut Found<'a>, declarations: &mut Found<'a>) -> Result<(), Mistake> {
    let source = Source::new(file.path.clone(), file.text()?.to_owned());
    let mistake = |span: Span, what: String| Mistake { file: file.path.clone(), line: source.position(span.start).line, what };
    let parsed = parse(SourceId(0), &source.text, Limits::vendor());
    if let Some(problem) = parsed.problems.iter().find(|problem| problem.kind.breaks_document()) {
        return Err(mistake(problem.span, format!("cannot be read: {:?}", problem.kind)));
    }
    let [root] = parsed.documents.as_slice() else { return Ok(()) };
    let Some(payload) = root.get("payload").map(|pair| &pair.value) else { return Ok(()) };
    let text = |name: &str| payload.get(name).and_then(|pair| pair.value.scalar()).map(|scalar| &*scalar.text);
    let (name, list) = match (text("payloadtype"), text("declarationtype"), text("credentialtype")) {
        (Some("TopLevel"), ..) => ("Configuration", payloads),
        (Some("CommonPayloadKeys"), ..) => ("*", payloads),
        (Some(name), ..) => (name, payloads),
        (None, Some("any"), _) => ("*", declarations),
        (None, Some(name), _) | (None, None, Some(name)) => (name, declarations),
        (None, None, None) => return Ok(()),
    };
    let systems = inherit(Systems::default(), payload.get("supportedOS").map(|pair| &pair.value));
    let mut flags = Vec::new();
    flags.extend(text("apply").map(|apply| format!("apply={}", flag(apply))));
    flags.extend(text("credentialtype").map(|_| "credential".to_owned()));
    let mut first = vec![String::new(); 8];
    first.extend([written(&systems, None), flags.join(" ")]);
    let mut keys = Keys { cycles: &parsed.cycles, rows: vec![first] };
    if let Some(list) = root.get("payloadkeys") {
        keys.list(&list.value, "", &systems, &mut Vec::new()).map_err(|(span, what)| mistake(span, what))?;
    }
    let version = |systems: &Systems| systems.first()?.as_ref()?.get("introduced").and_then(|text| Version::parse(text));
    let newest = version(&systems);
    list.entry(name.to_owned()).or_default().push((file, Section { rows: keys.rows, newest }));
    Ok(())
}

/// What is wrong, and where.
type At = (Span, String);

/// A container that is being read: its path, its list of keys, whether it is an array.
struct Open {
    path: String,
    list: Span,
    array: bool,
}

struct Keys<'a> {
    cycles: &'a [Cycle],
    rows: Vec<Vec<String>>,
}

impl<'a> Keys<'a> {
    /// What an alias that was cut stands for.
    fn whole(&self, node: &'a Node) -> &'a Node {
        self.cycles.iter().find(|cycle| cycle.at == node.span).map_or(node, |cycle| &cycle.of)
    }

    fn list(&mut self, list: &'a Node, path: &str, systems: &Systems, open: &mut Vec<Open>) -> Result<(), At> {
        let members = list.sequence().ok_or((list.span, "a list of keys is wanted".to_owned()))?;
        for key in members {
            self.key(key, path, systems, open)?;
        }
        Ok(())
    }

    fn key(&mut self, key: &'a Node, path: &str, systems: &Systems, open: &mut Vec<Open>) -> Result<(), At> {
        if self.rows.len() > MOST_KEYS || open.len() > CONTAINERS {
            return Err((key.span, "describes more keys than any file of the vendor's".into()));
        }
        let text = |name: &str| key.get(name).and_then(|pair| pair.value.scalar()).map_or("", |scalar| &*scalar.text);
        let (Some(named), ty) = (key.get("key"), text("type").trim_start_matches('<').trim_end_matches('>')) else {
            return Err((key.span, "a key without a name".into()));
        };
        let name = if open.last().is_some_and(|open| open.array) { "[]" } else { text("key") };
        if name.contains('/') {
            return Err((named.value.span, format!("`{name}` holds a slash, which separates keys in the table")));
        }
        let place = if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
        let here = inherit(systems.clone(), key.get("supportedOS").map(|pair| &pair.value));
        let below = key.get("subkeys").map(|pair| self.whole(&pair.value));
        let like = below.and_then(|below| open.iter().find(|open| open.list == below.span)).map(|open| open.path.clone());
        let mut row = vec![String::new()];
        let cells = [
            cell(&place),
            cell(ty),
            cell(text("presence")),
            cell(text("default")),
            cell(&listed(key, "rangelist", "|")),
            cell(&bounds(key, "range")),
            cell(text("format")),
            cell(&written(&here, Some(systems))),
            cell(&flags(key, like.as_deref())),
        ];
        for cell in cells {
            row.push(cell.map_err(|what| (key.span, what))?);
        }
        self.rows.push(row);
        if let Some(below) = below.filter(|_| like.is_none()) {
            open.push(Open { path: place.clone(), list: below.span, array: ty == "array" });
            self.list(below, &place, &here, open)?;
            open.pop();
        }
        Ok(())
    }
}

fn flags(key: &Node, like: Option<&str>) -> String {
    let text = |name: &str| key.get(name).and_then(|pair| pair.value.scalar()).map_or("", |scalar| &*scalar.text);
    let subtype = text("subtype").trim_start_matches('<').trim_end_matches('>');
    let words = [
        ("repeat", bounds(key, "repetition")),
        ("combine", text("combinetype").to_owned()),
        ("assets", listed(key, "assettypes", ",")),
        ("content", listed(key, "asset-content-types", ",")),
        ("subtype", subtype.to_owned()),
        ("like", like.unwrap_or_default().to_owned()),
    ];
    let words = words.into_iter().filter(|(_, value)| !value.is_empty());
    words.map(|(word, value)| format!("{word}={}", flag(&value))).collect::<Vec<_>>().join(" ")
}

/// The texts of a list, joined.
fn listed(key: &Node, name: &str, between: &str) -> String {
    let members = key.get(name).and_then(|pair| pair.value.sequence()).unwrap_or_default();
    let texts: Vec<&str> = members.iter().filter_map(Node::scalar).map(|scalar| &*scalar.text).collect();
    texts.join(between)
}

/// `min..max` of a mapping.
fn bounds(key: &Node, name: &str) -> String {
    let Some(range) = key.get(name).map(|pair| &pair.value) else { return String::new() };
    let text = |name: &str| range.get(name).and_then(|pair| pair.value.scalar()).map_or("", |scalar| &*scalar.text);
    format!("{}..{}", text("min"), text("max"))
}
