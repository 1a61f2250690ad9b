//! Which target takes what: the support matrix, row by row.

use super::spelling::needs;
use serde::Serialize;

use crate::schema::{
    Alternative, Answer as Row, Case, FieldId, Kind, Lowering, Platform, Schemas, Served, Table, Unsupported, Write,
};

/// What a target says to a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// It is written.
    Yes,
    /// The artifact itself answers it: embedding, order, the envelope.
    Carried,
    /// It is written; right by documentation, not confirmed on a device.
    Unverified,
    /// It belongs to other platforms: nothing is written, and nothing is said while another chosen platform takes it.
    Elsewhere,
    /// It cannot be had: an error, unless the profile says otherwise.
    No,
}

impl Answer {
    /// As it is printed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Answer::Yes => "yes",
            Answer::Carried => "carried",
            Answer::Unverified => "unverified",
            Answer::Elsewhere => "elsewhere",
            Answer::No => "no",
        }
    }
}

/// One cell of the matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SupportRow {
    /// The kind.
    pub kind: &'static str,
    /// A field, a part of one (`content_types.email`), or one value (`authentication: certificates`); empty for the kind itself.
    pub field: String,
    /// The target.
    pub target: &'static str,
    /// What it says.
    pub answer: Answer,
    /// Why, or how; empty where there is nothing to add.
    pub note: String,
    /// Who says so.
    pub source: &'static str,
}

/// What a target says, before it is put into a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) answer: Answer,
    pub(super) note: String,
    pub(super) source: &'static str,
}

impl Cell {
    fn of(answer: Answer, note: impl Into<String>, source: &'static str) -> Cell {
        Cell { answer, note: note.into(), source }
    }

    fn unsupported(why: &Unsupported) -> Cell {
        Cell::of(if why.elsewhere { Answer::Elsewhere } else { Answer::No }, why.reason, why.source)
    }
}

/// A target with the platform it serves and its table; without one, why the kind cannot be had there.
pub(super) struct Column {
    pub(super) platform: &'static Platform,
    pub(super) target: &'static str,
    pub(super) table: Result<&'static Table, Cell>,
}

/// The matrix of one kind, or of all: field by field in the kind's order, for every target in the platforms' order.
#[must_use]
pub fn support(schemas: &Schemas, kind: Option<&'static Kind>) -> Vec<SupportRow> {
    let kinds = kind.map_or_else(|| schemas.kinds.to_vec(), |kind| vec![kind]);
    let mut rows = Vec::new();
    for kind in kinds {
        let columns = columns(schemas, kind);
        let mut add = |name: &str, of: &dyn Fn(&Column) -> Cell| {
            rows.extend(columns.iter().map(|column| {
                let Cell { answer, note, source } = column.table.as_ref().err().cloned().unwrap_or_else(|| of(column));
                SupportRow { kind: kind.name, field: name.to_owned(), target: column.target, answer, note, source }
            }));
        };
        add("", &|column| whole_kind(kind, column));
        for name in refused_scopes(&columns) {
            add(&name, &|column| scope_cell(column, &name));
        }
        for (id, field) in kind.numbered() {
            add(field.name, &|column| field_cell(column, id));
            for part in parts(&columns, id) {
                add(&format!("{}.{part}", field.name), &|column| part_cell(column, id, part));
            }
            for choice in special_choices(&columns, id) {
                add(&format!("{}: {choice}", field.name), &|column| choice_cell(column, id, choice));
            }
        }
    }
    rows
}

pub(super) fn columns(schemas: &Schemas, kind: &Kind) -> Vec<Column> {
    let all = schemas.everywhere().flat_map(|platform| platform.targets.iter().map(move |target| (platform, *target)));
    let columns = all.map(|(platform, target)| {
        let missing = match kind.service(platform.name).map(|service| service.is) {
            Some(Served::Unsupported { reason, source }) => Cell::of(Answer::No, reason, source),
            _ => Cell::of(Answer::No, "the kind is not lowered there", ""),
        };
        let table = schemas.table(kind.name, target).ok_or(missing);
        let table = table.and_then(|table| table.refused().map_or(Ok(table), |why| Err(Cell::unsupported(&why))));
        Column { platform, target, table }
    });
    columns.collect()
}

pub(super) fn whole_kind(kind: &Kind, column: &Column) -> Cell {
    let Ok(table) = column.table else { return Cell::of(Answer::No, "", "") };
    let mut notes = match kind.service(column.platform.name).map(|service| service.is) {
        Some(Served::Native(Some(note))) => vec![note.to_owned()],
        Some(Served::Named(warning)) => vec![format!("only where it is named, with a warning: {warning}")],
        _ => Vec::new(),
    };
    notes.extend([table.remark, table.unverified].into_iter().filter(|note| !note.is_empty()).map(str::to_owned));
    let answer = if table.unverified.is_empty() { Answer::Yes } else { Answer::Unverified };
    Cell::of(answer, notes.join("; "), table.source)
}

/// The scopes that some root refuses, as rows: `scope: user, store: root`.
pub(super) fn refused_scopes(columns: &[Column]) -> Vec<String> {
    let tables = columns.iter().filter_map(|column| column.table.as_ref().ok());
    let refused = tables.flat_map(|table| table.to).filter(|alternative| alternative.root.is_err());
    let mut names: Vec<String> = refused.map(refused_name).filter(|name| !name.is_empty()).collect();
    names.sort();
    names.dedup();
    names
}

pub(super) fn refused_name(alternative: &Alternative) -> String {
    let scope = alternative.needs.scope.map(|scope| format!("scope: {}", scope.name()));
    let choice = alternative.needs.choice.map(|(field, is)| format!("{field}: {is}"));
    scope.into_iter().chain(choice).collect::<Vec<_>>().join(", ")
}

pub(super) fn scope_cell(column: &Column, name: &str) -> Cell {
    let Ok(table) = column.table else { return Cell::of(Answer::No, "", "") };
    let refused = table.to.iter().find_map(|alternative| {
        // `scope: user` is refused for `scope: user, store: root`, too.
        let own = refused_name(alternative);
        let covers = !own.is_empty() && (name == own || name.strip_prefix(&own).is_some_and(|rest| rest.starts_with(',')));
        alternative.root.as_ref().err().filter(|_| covers)
    });
    refused.map_or_else(|| Cell::of(Answer::Yes, "", table.source), Cell::unsupported)
}

/// What a target writes for a field, part by part; one without a name for the field as a whole.
pub(super) fn lowered(column: &Column, id: FieldId) -> Vec<(&'static str, &'static [Lowering])> {
    let answer = column.table.as_ref().ok().and_then(|table| table.answers.get(id.index()));
    match answer {
        Some(Row::Whole(lowerings)) => vec![("", *lowerings)],
        Some(Row::Parts(parts)) => parts.to_vec(),
        None => Vec::new(),
    }
}

pub(super) fn source(column: &Column) -> &'static str {
    column.table.as_ref().map_or("", |table| table.source)
}

pub(super) fn field_cell(column: &Column, id: FieldId) -> Cell {
    let cells: Vec<(&str, Cell)> =
        lowered(column, id).into_iter().map(|(part, lowerings)| (part, cell(column, lowerings))).collect();
    let Some((_, first)) = cells.first() else { return Cell::of(Answer::No, "", source(column)) };
    if cells.iter().all(|(_, cell)| cell == first) {
        return first.clone();
    }
    let answer = cells.iter().map(|(_, cell)| cell.answer).max().unwrap_or(first.answer);
    let notes = cells.iter().filter(|(_, cell)| !cell.note.is_empty()).map(|(part, cell)| format!("{part}: {}", cell.note));
    Cell::of(answer, notes.collect::<Vec<_>>().join("; "), first.source)
}

/// The parts that any target answers by themselves.
pub(super) fn parts(columns: &[Column], id: FieldId) -> Vec<&'static str> {
    let named = |column: &Column| lowered(column, id).into_iter().map(|(part, _)| part).filter(|part| !part.is_empty()).collect();
    columns.iter().map(named).find(|parts: &Vec<&'static str>| !parts.is_empty()).unwrap_or_default()
}

pub(super) fn part_cell(column: &Column, id: FieldId, part: &str) -> Cell {
    let own = lowered(column, id).into_iter().find(|(name, _)| *name == part);
    own.map_or_else(|| field_cell(column, id), |(_, lowerings)| cell(column, lowerings))
}

/// The alternative for a setting written in the usual way: not under `overrides`.
pub(super) fn usual(lowerings: &'static [Lowering]) -> Option<(usize, &'static Lowering)> {
    let mut numbered = lowerings.iter().enumerate();
    numbered.clone().find(|(_, lowering)| !lowering.needs.overridden).or_else(|| numbered.next())
}

pub(super) fn cell(column: &Column, lowerings: &'static [Lowering]) -> Cell {
    let Some((at, main)) = usual(lowerings) else { return Cell::of(Answer::No, "", source(column)) };
    let mut cell = single(column, main);
    for (index, other) in lowerings.iter().enumerate() {
        let found = single(column, other);
        if index == at || found.answer == cell.answer {
            continue;
        }
        let answer = found.answer.name();
        let reason = if found.note.is_empty() { String::new() } else { format!(": {}", found.note) };
        let note = if index < at {
            format!("with {}: {answer}", needs(&other.needs))
        } else {
            format!("only with {}; otherwise {answer}{reason}", needs(&main.needs))
        };
        let separator = if cell.note.is_empty() { "" } else { "; " };
        cell.note = format!("{}{separator}{note}", cell.note);
    }
    cell
}

pub(super) fn single(column: &Column, lowering: &Lowering) -> Cell {
    match lowering.write {
        Write::Unsupported(why) => Cell::unsupported(&why),
        Write::Carried(how) => Cell::of(Answer::Carried, how, source(column)),
        _ => {
            let whole = column.table.as_ref().map_or("", |table| table.unverified);
            let why = if lowering.unverified.is_empty() { whole } else { lowering.unverified };
            let answer = if why.is_empty() { Answer::Yes } else { Answer::Unverified };
            Cell::of(answer, why, source(column))
        }
    }
}

/// The case of a choice where a map answers it.
pub(super) fn case(column: &Column, id: FieldId, choice: &str) -> Option<&'static Case> {
    let lowerings = lowered(column, id).into_iter().find(|(part, _)| part.is_empty())?.1;
    match usual(lowerings)?.1.write {
        Write::Map(_, cases) => cases.iter().find(|(name, _)| *name == choice).map(|(_, case)| case),
        _ => None,
    }
}

/// Choices that some target refuses or warns of while it takes the field.
pub(super) fn special_choices(columns: &[Column], id: FieldId) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = Vec::new();
    for column in columns {
        for (_, lowerings) in lowered(column, id).into_iter().filter(|(part, _)| part.is_empty()) {
            let Some((_, Lowering { write: Write::Map(_, cases), .. })) = usual(lowerings) else { continue };
            let special = cases.iter().filter(|(_, case)| matches!(case, Case::Unsupported(_) | Case::Warned(..)));
            names.extend(special.map(|(name, _)| *name));
        }
    }
    names.sort_unstable();
    names.dedup();
    names
}

pub(super) fn choice_cell(column: &Column, id: FieldId, choice: &str) -> Cell {
    let field = field_cell(column, id);
    match case(column, id, choice) {
        Some(Case::Unsupported(why)) => Cell::unsupported(why),
        Some(Case::Warned(_, why)) if field.note.is_empty() => Cell { note: format!("with a warning: {why}"), ..field },
        Some(Case::Warned(_, why)) => Cell { note: format!("with a warning: {why}; {}", field.note), ..field },
        Some(Case::Is(_) | Case::Writes(_)) | None => field,
    }
}
