//! Apple's schema repository to `payloads.tsv` and `declarations.tsv`.
//!
//! A description that contains itself is cut where it would begin again, and names the ancestor. Commands, status items and
//! whatever else the repository holds are not read.

use std::collections::{BTreeMap, BTreeSet};

use super::made::{AND, Cells, Form, Sections};
use super::release::{Newest, release};
use super::support::{Systems, inherit, written};
use super::{Folder, Head, Made, Mistake, cell, flag};
use crate::catalog::{Payload, Row as _};
use crate::source::{Cycle, Limits, Node, Source, SourceId, Span, parse};

/// Keys of one description, what it repeats counted each time.
const MOST_KEYS: usize = 20_000;
const CONTAINERS: usize = 32;

const PAYLOADS: Form = Form {
    path: "apple/payloads.tsv",
    what: "Apple profile payloads: every type, variant and key. Facts only, no text of Apple's.",
    licence: LICENCE,
    source: SOURCE,
    columns: Payload::COLUMNS,
};
const DECLARATIONS: Form = Form {
    path: "apple/declarations.tsv",
    what: "Apple declarations: every type and key, and the data formats of credential assets. Facts only, no text of Apple's.",
    licence: LICENCE,
    source: SOURCE,
    columns: Payload::COLUMNS,
};
const LICENCE: &str = "MIT, Copyright (c) 2022-2026 Apple Inc.";
const SOURCE: &str = "https://github.com/apple/device-management";

/// The rows of one description.
struct Section {
    rows: Vec<Cells>,
    newest: Newest,
}

/// Makes the tables that the folders have files for. Of a type that stands in several folders, the first counts.
///
/// # Errors
/// The first mistake.
pub fn apple(folders: &[Folder], head: &Head) -> Result<Vec<Made>, Mistake> {
    let mut made =
        [&PAYLOADS, &DECLARATIONS].map(|form| Made { form, head: head.clone(), sections: Sections::new(), notes: Vec::new() });
    for folder in folders {
        let mut found = (Found::new(), Found::new());
        for file in &folder.files {
            describe(file, &mut found.0, &mut found.1)?;
        }
        for (table, found) in made.iter_mut().zip([found.0, found.1]) {
            if let Some(newest) = add(&mut table.sections, found)?.filter(|_| head.release.is_empty()) {
                let (release, how) = release(folder.readme.as_deref(), newest);
                let known = &mut table.head.release;
                if !known.split(AND).any(|known| known == release) {
                    *known = if known.is_empty() { release.clone() } else { format!("{known}{AND}{release}") };
                }
                table.notes.push(format!("release {release}: {how}"));
            }
        }
    }
    Ok(made.into_iter().filter(|table| !table.sections.is_empty()).collect())
}

type Found<'a> = BTreeMap<String, Vec<(&'a super::File, Section)>>;

/// Takes in the types of a folder that no folder before had; several files of one type are its variants. Gives back the newest versions
/// that the folder's files name, if any of them was taken in.
fn add(all: &mut Sections, found: Found<'_>) -> Result<Option<Newest>, Mistake> {
    let mut newest = Newest::default();
    let mut taken = false;
    let known: BTreeSet<String> = all.keys().map(|name| name.split('#').next().unwrap_or_default().to_owned()).collect();
    for (name, descriptions) in found {
        newest = descriptions.iter().fold(newest, |newest, (_, section)| newest.with(section.newest));
        if known.contains(&name) {
            continue;
        }
        taken = true;
        let several = descriptions.len() > 1;
        for (file, mut section) in descriptions {
            let variant = file.path.rsplit_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(variant, _)| variant);
            let full = variant.filter(|_| several).map_or(name.clone(), |variant| format!("{name}#{variant}"));
            if let Some(first) = section.rows.first_mut().and_then(|row| row.first_mut()) {
                full.clone_into(first);
            }
            if all.insert(full, section.rows).is_some() {
                let what = format!("`{name}` is described a second time, and the file's name says no variant in brackets");
                return Err(Mistake { file: file.path.clone(), line: 1, what });
            }
        }
    }
    Ok(taken.then_some(newest))
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
    let mut keys = Keys { cycles: &parsed.cycles, rows: vec![first], newest: Newest::of(&systems) };
    if let Some(list) = root.get("payloadkeys") {
        keys.list(&list.value, "", &systems, &mut Vec::new()).map_err(|(span, what)| mistake(span, what))?;
    }
    list.entry(name.to_owned()).or_default().push((file, Section { rows: keys.rows, newest: keys.newest }));
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
    rows: Vec<Cells>,
    newest: Newest,
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
        self.newest = self.newest.with(Newest::of(&here));
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
