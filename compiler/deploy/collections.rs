//! Who belongs to which collection: ((`members` + `where` + `include`) - `exclude`) within `limiting_collection`.
//!
//! Names are looked up, sorts compared and cycles refused whether there is a directory or not; sets are made only with one.

use std::collections::HashMap;

use fixedbitset::FixedBitSet;
use rayon::prelude::*;

use super::cycles;
use super::directory::{DEVICE_ATTRIBUTES, Directory, Sort, Table, USER_ATTRIBUTES};
use super::document::{self, Asking, Named, builtin};
use super::query::Query;
use crate::check::{locate, nearest, offer};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::ir::Id;
use crate::source::{Sources, Span};

/// A collection with its members.
#[derive(Debug)]
pub struct Collection {
    /// Its id.
    pub id: Id,
    /// Where its id stands; nothing for the two that are there by themselves.
    pub span: Option<Span>,
    /// What people call it.
    pub name: String,
    /// Of whom.
    pub of: Sort,
    /// Rows of the directory; nothing without a directory.
    pub rows: Option<FixedBitSet>,
    /// Whose members are surely no members: for overlaps without a directory.
    pub excluded: Vec<Id>,
}

/// All sound collections, by id.
#[derive(Debug, Default)]
pub struct Collections {
    all: Vec<Collection>,
    index: HashMap<Id, usize>,
}

impl Collections {
    /// In the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Collection> {
        self.all.iter()
    }

    /// The place of a collection.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<usize> {
        self.index.get(id).copied()
    }

    /// The collection at a place.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<&Collection> {
        self.all.get(at)
    }

    fn new(mut all: Vec<Collection>) -> Collections {
        all.sort_by(|a, b| a.id.cmp(&b.id));
        let index = all.iter().enumerate().map(|(at, collection)| (collection.id.clone(), at)).collect();
        Collections { all, index }
    }
}

/// What looking up needs.
pub struct Scene<'a> {
    /// Files, for the places of parts of a question.
    pub sources: &'a Sources,
    /// People and devices, if they are known.
    pub directory: Option<&'a Directory>,
}

impl Scene<'_> {
    fn table(&self, of: Sort) -> Option<&Table> {
        let directory = self.directory?;
        let table = match of {
            Sort::Users => &directory.users,
            Sort::Devices => &directory.devices,
        };
        Some(table)
    }
}

/// Resolves all collections. One with an error, or that depends on one, is not among them; its neighbours are.
pub fn resolve(documents: &[document::Collection], scene: &Scene<'_>, report: &mut Report) -> Collections {
    let index: HashMap<&str, usize> = documents.iter().enumerate().rev().map(|(at, document)| (&*document.id, at)).collect();
    let mut sound: Vec<bool> = documents.iter().map(|document| document.sound).collect();
    for (document, sound) in documents.iter().zip(&mut sound) {
        *sound &= names(document, documents, &index, report);
    }
    let edges: Vec<Vec<usize>> =
        documents.iter().map(|document| named(document).filter_map(|named| index.get(&*named.id).copied()).collect()).collect();
    let order = cycles::order(documents, &edges, report);
    let own: Vec<Option<Own>> = documents.par_iter().map(|document| own(document, scene)).collect();
    let mut rows: Vec<Option<FixedBitSet>> = Vec::new();
    for ((document, own), sound) in documents.iter().zip(own).zip(&mut sound) {
        let mark = report.len();
        rows.push(own.map(|own| own.say(document, scene, report)));
        // Who belongs to it is not known: taken for empty, it would let in whom another one excludes by it.
        *sound &= !report.errors_since(mark);
    }
    let mut done = vec![false; documents.len()];
    for at in order {
        let (Some(document), Some(needed)) = (documents.get(at), edges.get(at)) else { continue };
        let complete = sound.get(at) == Some(&true) && needed.iter().all(|needed| done.get(*needed) == Some(&true));
        if !complete {
            continue;
        }
        let members = rows.get_mut(at).and_then(Option::take).map(|own| combined(own, document, scene, &rows, &index));
        if let (Some(slot), Some(done)) = (rows.get_mut(at), done.get_mut(at)) {
            *slot = members;
            *done = true;
        }
    }
    let resolved = documents.iter().zip(rows).zip(done).filter(|(_, done)| *done).map(|((document, rows), _)| Collection {
        id: document.id.clone(),
        span: Some(document.span),
        name: document.name.clone(),
        of: document.of,
        rows,
        excluded: document.exclude.iter().map(|named| named.id.clone()).collect(),
    });
    let all = resolved.chain([everybody(Sort::Users, scene), everybody(Sort::Devices, scene)]).collect();
    Collections::new(all)
}

/// A built-in collection.
fn everybody(of: Sort, scene: &Scene<'_>) -> Collection {
    let (id, name) = match of {
        Sort::Users => ("all-users", "All users"),
        Sort::Devices => ("all-devices", "All devices"),
    };
    let rows = scene.table(of).map(all_rows);
    Collection { id: id.into(), span: None, name: name.into(), of, rows, excluded: Vec::new() }
}

fn all_rows(table: &Table) -> FixedBitSet {
    let mut rows = FixedBitSet::with_capacity(table.len());
    rows.insert_range(..);
    rows
}

fn named(document: &document::Collection) -> impl Iterator<Item = &Named> {
    document.limiting.iter().chain(&document.include).chain(&document.exclude)
}

/// Whether every collection that is named is there and of the same sort.
fn names(
    document: &document::Collection,
    documents: &[document::Collection],
    index: &HashMap<&str, usize>,
    report: &mut Report,
) -> bool {
    let mark = report.len();
    for named in named(document) {
        let of = match (builtin(&named.id), index.get(&*named.id).and_then(|at| documents.get(*at))) {
            (Some(of), _) => of,
            (None, Some(other)) => other.of,
            (None, None) => {
                let known: Vec<&str> = documents.iter().map(|document| &*document.id).collect();
                report.push(unknown(named, &known));
                continue;
            }
        };
        if of != document.of {
            let message =
                format!("`{}` is a collection of {}, and `{}` one of {}", document.id, document.of.name(), named.id, of.name());
            let diagnostic = Diagnostic::new(Code::E0903, named.span, message).label(format!("collects {}", of.name()));
            report.push(
                diagnostic
                    .also(document.span, format!("collects {}", document.of.name()))
                    .help("name a collection of the same sort"),
            );
        }
    }
    !report.errors_since(mark)
}

/// A collection that is not there, with those that could be meant.
pub fn unknown(named: &Named, known: &[&str]) -> Diagnostic {
    let mut all: Vec<&str> = known.iter().copied().chain(["all-users", "all-devices"]).collect();
    all.sort_unstable();
    let message = format!("no collection is called `{}`", named.id);
    let diagnostic = Diagnostic::new(Code::E0901, named.span, message).label("no such collection");
    if nearest(&named.id, all.iter().copied()).is_none() && all.len() > 12 {
        return diagnostic
            .help("write a collection with this id, or name one that there is; `payloadc collection list` shows them");
    }
    offer(diagnostic, "collection", &named.id, named.span, &all)
}

/// What a collection says of its members by itself.
#[derive(Default)]
struct Own {
    rows: FixedBitSet,
    /// Members that are not in the directory.
    nobody: Vec<(String, Span)>,
    /// Attributes that the directory does not have.
    unknown: Vec<Span>,
}

fn own(document: &document::Collection, scene: &Scene<'_>) -> Option<Own> {
    let table = scene.table(document.of)?;
    let mut own = Own { rows: FixedBitSet::with_capacity(table.len()), ..Own::default() };
    if let Some((query, asking)) = &document.query {
        own.unknown = unknown_attributes(query, asking, document.of, table, scene.sources);
        if own.unknown.is_empty() {
            own.rows = query.ask(table);
        }
    }
    for (member, span) in &document.members {
        match table.find(member) {
            Some(row) => own.rows.insert(row as usize),
            None => own.nobody.push((member.clone(), *span)),
        }
    }
    Some(own)
}

fn unknown_attributes(query: &Query, asking: &Asking, of: Sort, table: &Table, sources: &Sources) -> Vec<Span> {
    let known: &[&str] = match of {
        Sort::Users => &USER_ATTRIBUTES,
        Sort::Devices => &DEVICE_ATTRIBUTES,
    };
    let there = |name: &str| known.contains(&name) || table.names().any(|column| column == name);
    let unknown = query.attributes.iter().filter(|asked| !there(&asked.name));
    unknown.map(|asked| locate(&asking.text, asking.span, sources, asked.from, asked.to)).collect()
}

impl Own {
    /// Says what is wrong; the rows remain.
    fn say(self, document: &document::Collection, scene: &Scene<'_>, report: &mut Report) -> FixedBitSet {
        let Some(table) = scene.table(document.of) else { return self.rows };
        for span in self.unknown {
            let name = scene.sources.slice(span);
            let message = format!("the directory has no attribute `{name}`");
            let diagnostic = Diagnostic::new(Code::E0904, span, message).label("not known");
            let known: Vec<&str> = match document.of {
                Sort::Users => USER_ATTRIBUTES.into_iter().chain(table.names()).collect(),
                Sort::Devices => DEVICE_ATTRIBUTES.into_iter().chain(table.names()).collect(),
            };
            let mut known: Vec<&str> = known.into_iter().filter(|name| *name != "dn").collect();
            known.sort_unstable();
            known.dedup();
            report.push(offer(diagnostic, "column", name, span, &known));
        }
        for (member, span) in self.nobody {
            let what = match document.of {
                Sort::Users => "no user in the directory has this id or user principal name",
                Sort::Devices => "no device in the directory has this id",
            };
            let diagnostic =
                Diagnostic::new(Code::E0905, span, format!("`{member}` is nobody: {what}")).label("not in the directory");
            let near = if table.len() > MOST_COMPARED { None } else { near(&member, table) };
            report.push(match near {
                Some(near) => diagnostic.help(format!("somebody with a similar name exists: `{near}`")),
                None => diagnostic.help("write an id as the directory has it, or remove the line"),
            });
        }
        self.rows
    }
}

/// A directory with more rows is not searched for similar names.
const MOST_COMPARED: usize = 20_000;

fn near(member: &str, table: &Table) -> Option<String> {
    let rows = || (0..table.len()).filter_map(|row| u32::try_from(row).ok()).map(|row| table.row(row));
    let known = rows().flat_map(|row| [row.id(), row.value("user_principal_name")]);
    nearest(member, known.filter(|name| !name.is_empty())).map(ToOwned::to_owned)
}

/// A collection's own rows with those of the collections it names.
fn combined(
    mut rows: FixedBitSet,
    document: &document::Collection,
    scene: &Scene<'_>,
    others: &[Option<FixedBitSet>],
    index: &HashMap<&str, usize>,
) -> FixedBitSet {
    let other = |named: &Named| index.get(&*named.id).and_then(|at| others.get(*at)).and_then(Option::as_ref);
    for named in &document.include {
        match (builtin(&named.id), other(named), scene.table(document.of)) {
            (Some(_), _, Some(table)) => rows.union_with(&all_rows(table)),
            (None, Some(other), _) => rows.union_with(other),
            _ => {}
        }
    }
    for named in &document.exclude {
        match (builtin(&named.id), other(named)) {
            (Some(_), _) => rows.clear(),
            (None, Some(other)) => rows.difference_with(other),
            (None, None) => {}
        }
    }
    if let Some(limit) = document.limiting.as_ref().and_then(other) {
        rows.intersect_with(limit);
    }
    rows
}
