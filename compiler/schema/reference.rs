//! What payloadc knows, for people: pages about kinds and fields, and the matrix of what each target takes.
//!
//! Everything is read from the statics: no page can say anything that the compiler does not do.

use std::fmt::Write as _;

use serde::Serialize;

use crate::catalog::{Access, Availability, Catalog, KeyType};
use crate::check::list;
use crate::schema::{
    Alternative, Answer as Row, Case, Competes, Constant, Encoding, Field, FieldId, Format, Group, Kind, Literal, Lowering,
    Needs, Platform, Presence, Schemas, Served, Table, Type, Unsupported, When, Write,
};

// ---------------------------------------------------------------------------------------------------------------------------
// The matrix

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
struct Cell {
    answer: Answer,
    note: String,
    source: &'static str,
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
struct Column {
    platform: &'static Platform,
    target: &'static str,
    table: Result<&'static Table, Cell>,
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

fn columns(schemas: &Schemas, kind: &Kind) -> Vec<Column> {
    let all = schemas.platforms.iter().flat_map(|platform| platform.targets.iter().map(move |target| (platform, *target)));
    let columns = all.map(|(platform, target)| {
        let missing = match kind.service(platform.name).map(|service| service.is) {
            Some(Served::Unsupported { reason, source }) => Cell::of(Answer::No, reason, source),
            _ => Cell::of(Answer::No, "the kind is not lowered there", ""),
        };
        Column { platform, target, table: schemas.table(kind.name, target).ok_or(missing) }
    });
    columns.collect()
}

fn whole_kind(kind: &Kind, column: &Column) -> Cell {
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
fn refused_scopes(columns: &[Column]) -> Vec<String> {
    let tables = columns.iter().filter_map(|column| column.table.as_ref().ok());
    let refused = tables.flat_map(|table| table.to).filter(|alternative| alternative.root.is_err());
    let mut names: Vec<String> = refused.map(refused_name).filter(|name| !name.is_empty()).collect();
    names.sort();
    names.dedup();
    names
}

fn refused_name(alternative: &Alternative) -> String {
    let scope = alternative.needs.scope.map(|scope| format!("scope: {}", scope.name()));
    let choice = alternative.needs.choice.map(|(field, is)| format!("{field}: {is}"));
    scope.into_iter().chain(choice).collect::<Vec<_>>().join(", ")
}

fn scope_cell(column: &Column, name: &str) -> Cell {
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
fn lowered(column: &Column, id: FieldId) -> Vec<(&'static str, &'static [Lowering])> {
    let answer = column.table.as_ref().ok().and_then(|table| table.answers.get(id.index()));
    match answer {
        Some(Row::Whole(lowerings)) => vec![("", *lowerings)],
        Some(Row::Parts(parts)) => parts.to_vec(),
        None => Vec::new(),
    }
}

fn source(column: &Column) -> &'static str {
    column.table.as_ref().map_or("", |table| table.source)
}

fn field_cell(column: &Column, id: FieldId) -> Cell {
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
fn parts(columns: &[Column], id: FieldId) -> Vec<&'static str> {
    let named = |column: &Column| lowered(column, id).into_iter().map(|(part, _)| part).filter(|part| !part.is_empty()).collect();
    columns.iter().map(named).find(|parts: &Vec<&'static str>| !parts.is_empty()).unwrap_or_default()
}

fn part_cell(column: &Column, id: FieldId, part: &str) -> Cell {
    let own = lowered(column, id).into_iter().find(|(name, _)| *name == part);
    own.map_or_else(|| field_cell(column, id), |(_, lowerings)| cell(column, lowerings))
}

/// The alternative for a setting written in the usual way: not under `overrides`.
fn usual(lowerings: &'static [Lowering]) -> Option<(usize, &'static Lowering)> {
    let mut numbered = lowerings.iter().enumerate();
    numbered.clone().find(|(_, lowering)| !lowering.needs.overridden).or_else(|| numbered.next())
}

fn cell(column: &Column, lowerings: &'static [Lowering]) -> Cell {
    let Some((at, main)) = usual(lowerings) else { return Cell::of(Answer::No, "", source(column)) };
    let mut cell = single(column, main);
    for (index, other) in lowerings.iter().enumerate() {
        let found = single(column, other);
        if index == at || found.answer == cell.answer {
            continue;
        }
        let when = if index < at {
            needs(&other.needs, column.platform)
        } else {
            format!("without {}", needs(&main.needs, column.platform))
        };
        let reason = if found.note.is_empty() { String::new() } else { format!(" ({})", found.note) };
        let separator = if cell.note.is_empty() { "" } else { "; " };
        cell.note = format!("{}{separator}{when}: {}{reason}", cell.note, found.answer.name());
    }
    cell
}

fn single(column: &Column, lowering: &Lowering) -> Cell {
    match lowering.write {
        Write::Unsupported(why) => Cell::unsupported(&why),
        Write::Carried(how) => Cell::of(Answer::Carried, how, source(column)),
        _ if !lowering.unverified.is_empty() => Cell::of(Answer::Unverified, lowering.unverified, source(column)),
        _ => Cell::of(Answer::Yes, "", source(column)),
    }
}

/// The case of a choice where a map answers it.
fn case(column: &Column, id: FieldId, choice: &str) -> Option<&'static Case> {
    let lowerings = lowered(column, id).into_iter().find(|(part, _)| part.is_empty())?.1;
    match usual(lowerings)?.1.write {
        Write::Map(_, cases) => cases.iter().find(|(name, _)| *name == choice).map(|(_, case)| case),
        _ => None,
    }
}

/// Choices that some target refuses or warns of while it takes the field.
fn special_choices(columns: &[Column], id: FieldId) -> Vec<&'static str> {
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

fn choice_cell(column: &Column, id: FieldId, choice: &str) -> Cell {
    let field = field_cell(column, id);
    match case(column, id, choice) {
        Some(Case::Unsupported(why)) => Cell::unsupported(why),
        Some(Case::Warned(_, why)) if field.note.is_empty() => Cell { note: format!("with a warning: {why}"), ..field },
        Some(Case::Warned(_, why)) => Cell { note: format!("with a warning: {why}; {}", field.note), ..field },
        Some(Case::Is(_) | Case::Writes(_)) | None => field,
    }
}

// ---------------------------------------------------------------------------------------------------------------------------
// The matrix as text

/// Rows of one field, target by target.
struct Line<'a> {
    field: &'a str,
    cells: Vec<&'a SupportRow>,
}

/// One kind's part of the matrix.
struct Matrix<'a> {
    kind: &'static str,
    targets: Vec<&'static str>,
    lines: Vec<Line<'a>>,
    /// Notes with their sources, each once.
    notes: Vec<(&'a str, &'static str)>,
}

fn matrices(rows: &[SupportRow]) -> Vec<Matrix<'_>> {
    let mut matrices: Vec<Matrix<'_>> = Vec::new();
    for row in rows {
        if matrices.last().is_none_or(|matrix| matrix.kind != row.kind) {
            matrices.push(Matrix { kind: row.kind, targets: Vec::new(), lines: Vec::new(), notes: Vec::new() });
        }
        let Some(matrix) = matrices.last_mut() else { continue };
        if !matrix.targets.contains(&row.target) {
            matrix.targets.push(row.target);
        }
        match matrix.lines.last_mut().filter(|line| line.field == row.field) {
            Some(line) => line.cells.push(row),
            None => matrix.lines.push(Line { field: &row.field, cells: vec![row] }),
        }
    }
    for matrix in &mut matrices {
        drop_repetitions(matrix);
        for row in matrix.lines.iter().flat_map(|line| &line.cells).filter(|row| !row.note.is_empty()) {
            let note = (row.note.as_str(), row.source);
            if !matrix.notes.contains(&note) {
                matrix.notes.push(note);
            }
        }
    }
    matrices
}

/// A part that says what its field says needs no line of its own.
fn drop_repetitions(matrix: &mut Matrix<'_>) {
    let same = |part: &Line<'_>, field: &Line<'_>| {
        let tells = |row: &&SupportRow| (row.target, row.answer, row.note.clone());
        part.field.strip_prefix(field.field).is_some_and(|rest| rest.starts_with('.'))
            && !field.field.is_empty()
            && part.cells.iter().map(tells).eq(field.cells.iter().map(tells))
    };
    let told: Vec<bool> = matrix.lines.iter().map(|line| matrix.lines.iter().any(|field| same(line, field))).collect();
    let mut told = told.into_iter();
    matrix.lines.retain(|_| !told.next().unwrap_or(false));
}

impl Matrix<'_> {
    fn cell(&self, row: &SupportRow) -> String {
        let note = self.notes.iter().position(|note| *note == (row.note.as_str(), row.source));
        match note {
            Some(index) => format!("{} [{}]", row.answer.name(), index + 1),
            None => row.answer.name().to_owned(),
        }
    }
}

/// The matrix as aligned text: a line for each field, a column for each target, notes below.
#[must_use]
pub fn support_table(rows: &[SupportRow]) -> String {
    let mut text = String::new();
    for matrix in matrices(rows) {
        let mut lines = vec![matrix.targets.iter().fold(vec![matrix.kind.to_owned()], |mut line, target| {
            line.push((*target).to_owned());
            line
        })];
        for line in &matrix.lines {
            let name = if line.field.is_empty() { "(the kind)" } else { line.field };
            let cells = line.cells.iter().map(|row| matrix.cell(row));
            lines.push(std::iter::once(name.to_owned()).chain(cells).collect());
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&aligned(&lines));
        if !matrix.notes.is_empty() {
            text.push('\n');
        }
        for (index, (note, source)) in matrix.notes.iter().enumerate() {
            let number = format!("[{}]", index + 1);
            let _ = writeln!(text, "{number:>4} {note}");
            if !source.is_empty() {
                let _ = writeln!(text, "     {source}");
            }
        }
    }
    text
}

/// Columns as wide as their widest cell.
#[must_use]
pub fn aligned(lines: &[Vec<String>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width =
        |column: usize| lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for line in lines {
        let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// The matrix as Markdown.
#[must_use]
pub fn support_markdown(rows: &[SupportRow]) -> String {
    let mut text = String::new();
    for matrix in matrices(rows) {
        if !text.is_empty() {
            text.push('\n');
        }
        let targets: Vec<String> = matrix.targets.iter().map(|target| format!("`{target}`")).collect();
        let _ = writeln!(text, "## `{}`\n\n| field | {} |", matrix.kind, targets.join(" | "));
        let _ = writeln!(text, "|---|{}", "---|".repeat(targets.len()));
        for line in &matrix.lines {
            let name = if line.field.is_empty() { "the kind itself".to_owned() } else { format!("`{}`", line.field) };
            let cells: Vec<String> =
                line.cells.iter().map(|row| matrix.cell(row).replace(" [", " \\[").replace(']', "\\]")).collect();
            let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
        }
        if !matrix.notes.is_empty() {
            text.push('\n');
        }
        for (index, (note, source)) in matrix.notes.iter().enumerate() {
            let source = if source.is_empty() { String::new() } else { format!(" (<{source}>)") };
            let _ = writeln!(text, "{}. {note}{source}", index + 1);
        }
    }
    text
}

// ---------------------------------------------------------------------------------------------------------------------------
// Pages

/// The reference page of a kind.
#[must_use]
pub fn kind_page(schemas: &Schemas, kind: &'static Kind) -> String {
    let columns = columns(schemas, kind);
    let mut page = format!("# {}: {}\n\n{}\n\n{}\n", kind.name, kind.title, kind.doc.trim(), about(kind));
    page.push_str("\n## Platforms\n\n");
    for column in &columns {
        page.push_str(&platform_line(kind, column));
    }
    page.push_str("\n## Fields\n");
    let mut group = "";
    for (id, field) in kind.numbered() {
        let own = field.group().map_or("", |(group, _)| group);
        if own != group {
            group = own;
            if let Some(group) = kind.groups.iter().find(|known| known.name == own) {
                let _ = write!(page, "\n### {}\n\n{}\n", group.name, group_text(kind, group));
            }
        }
        let _ = write!(page, "\n### {}\n\n{}", field.name, field_text(kind, field));
        page.push_str("\nWhat is written:\n\n");
        for column in &columns {
            page.push_str(&written(column, id, &|_| String::new()));
        }
    }
    page.push_str("\n## Sources\n\n");
    for source in kind.sources {
        let _ = writeln!(page, "- <{source}>");
    }
    page
}

/// Scopes and the conflict rule, in prose.
fn about(kind: &Kind) -> String {
    let scopes: Vec<String> = kind.scopes.iter().map(|scope| format!("`{}`", scope.name())).collect();
    let scope = match scopes.as_slice() {
        [only] => format!("Its scope is {only}."),
        [default, others @ ..] => format!("Its scope is {default} by default, or {}.", others.join(" or ")),
        [] => String::new(),
    };
    let competes = match kind.competes {
        Competes::Always => {
            "Of all profiles of this kind that reach one user on one platform, settings that differ conflict.".to_owned()
        }
        Competes::Never => "Profiles of this kind never conflict: a device holds many.".to_owned(),
        Competes::By(field) => {
            format!("Profiles of this kind that agree in `{field}` and reach one user conflict where they differ.")
        }
    };
    format!("{scope} {competes}")
}

fn platform_line(kind: &Kind, column: &Column) -> String {
    let platform = column.platform;
    let oldest = platform.oldest_supported;
    let how = match kind.service(platform.name).map(|service| service.is) {
        Some(Served::Native(note)) => note.map_or_else(String::new, |note| format!("; {note}")),
        Some(Served::Named(warning)) => format!(", only where it is named; {warning}"),
        Some(Served::Unsupported { reason, source }) => {
            return format!("- `{}` ({}): no. {} (<{source}>)\n", platform.name, platform.title, sentence(reason));
        }
        None => String::new(),
    };
    let roots = column.table.as_ref().map_or_else(|_| String::new(), |table| roots(table, platform));
    format!("- `{}` ({}), from {oldest}{how}\n{roots}", platform.name, platform.title)
}

/// What a table's places are relative to.
fn roots(table: &'static Table, platform: &Platform) -> String {
    let mut text = String::new();
    for alternative in table.to {
        let when = when(&alternative.needs, platform);
        let _ = match alternative.root {
            Ok(root) => writeln!(text, "  - {when}`{}`", root.is),
            Err(why) => writeln!(text, "  - {when}no. {} (<{}>)", sentence(why.reason), why.source),
        };
    }
    for constant in table.implies {
        let _ = writeln!(text, "  - always {}", constant_text(constant));
    }
    text
}

/// One field, with every target's spelling of it.
#[must_use]
pub fn field_page(schemas: &Schemas, catalog: &Catalog, kind: &'static Kind, field: &'static Field) -> String {
    let mut page = format!("# {}.{}\n\n{}", kind.name, field.name, field_text(kind, field));
    let Some((id, _)) = kind.field(field.name) else { return page };
    page.push_str("\n## What is written\n\n");
    for column in &columns(schemas, kind) {
        let info = |place: &str| {
            column.table.as_ref().map_or_else(|_| String::new(), |table| place_text(catalog, table, column.platform, place))
        };
        page.push_str(&written(column, id, &info));
        if let Ok(table) = column.table {
            let places: Vec<String> =
                table.to.iter().filter_map(|alternative| alternative.root.ok()).map(|root| format!("`{}`", root.is)).collect();
            let _ = writeln!(page, "  - below {} (<{}>)", places.join(", "), table.source);
        }
    }
    let _ = writeln!(page, "\nMore: `payloadc explain {}`, `payloadc support {}`", kind.name, kind.name);
    page
}

/// A group of fields: what it is for, its members, and where they go.
#[must_use]
pub fn group_page(schemas: &Schemas, kind: &'static Kind, group: &Group) -> String {
    let mut page = format!("# {}.{}\n\n{}\n", kind.name, group.name, group_text(kind, group));
    let columns = columns(schemas, kind);
    for (id, field) in kind.numbered().filter(|(_, field)| field.group().is_some_and(|(name, _)| name == group.name)) {
        let _ = write!(page, "\n## {}\n\n{}\nWhat is written:\n\n", field.name, field_text(kind, field));
        for column in &columns {
            page.push_str(&written(column, id, &|_| String::new()));
        }
    }
    page
}

fn group_text(kind: &Kind, group: &Group) -> String {
    let prefix = format!("{}.", group.name);
    let wanted = kind.at_least_one.iter().find(|names| names.iter().all(|name| name.starts_with(&prefix)));
    let members = kind.fields.iter().filter_map(|field| field.name.strip_prefix(&prefix));
    let mut text = format!("{}\n\nA group of {}.", group.doc.trim(), list(members));
    if let Some(names) = wanted {
        let _ = write!(text, " At least one of {} is needed.", list(names.iter().filter_map(|name| name.strip_prefix(&prefix))));
    }
    text
}

// ---------------------------------------------------------------------------------------------------------------------------
// A field for the administrator

fn field_text(kind: &Kind, field: &Field) -> String {
    let mut text = format!("{}\n\n- Type: {}\n", field.doc.trim(), type_text(field.ty));
    for choice in field.choices() {
        let holds = choice.holds.map_or_else(|| format!("`{}`", choice.name), |_| format!("`{{ {}: TEXT }}`", choice.name));
        let oid = if choice.oid.is_empty() { String::new() } else { format!(" ({})", choice.oid) };
        let attribute = if choice.attribute.is_empty() { String::new() } else { format!(" (`{}`)", choice.attribute) };
        let warn = if choice.warn.is_empty() { String::new() } else { format!("; warned of: {}", choice.warn) };
        let near = choice.approximation.map_or_else(String::new, |near| format!("; approximation: {}", near.doc));
        let _ = writeln!(text, "  - {holds}{oid}{attribute}: {}{warn}{near}", choice.doc.trim());
    }
    text.push_str(&warnings(field.ty));
    if !field.limits.is_empty() {
        let _ = writeln!(text, "- Allowed: {}", field.limits);
    }
    let _ = writeln!(text, "- {}", presence(field));
    for line in conditions(field) {
        let _ = writeln!(text, "- {line}");
    }
    if field.mandatory && kind.competes != Competes::Never {
        text.push_str("- In a conflict: mandatory, never dropped quietly\n");
    }
    let (name, indented) = field.group().map_or((String::new(), field.name), |(group, member)| (format!("{group}: {{ "), member));
    let close = if name.is_empty() { "" } else { " }" };
    let _ = writeln!(text, "- Example: `{name}{indented}: {}{close}`", field.example);
    if !field.source.is_empty() {
        let _ = writeln!(text, "- Source: <{}>", field.source);
    }
    text
}

/// Values and referents that are discouraged.
fn warnings(ty: Type) -> String {
    let lines: Vec<String> = match ty {
        Type::Integer { of, .. } => of
            .iter()
            .filter(|allowed| !allowed.warn.is_empty())
            .map(|a| format!("  - `{}`: warned of: {}\n", a.is, a.warn))
            .collect(),
        Type::Reference(to, _) | Type::References(to, _) => to
            .iter()
            .filter(|referent| !referent.warn.is_empty())
            .map(|r| format!("  - a `{}`: warned of: {}\n", r.kind, r.warn))
            .collect(),
        _ => Vec::new(),
    };
    lines.concat()
}

fn presence(field: &Field) -> String {
    match field.presence {
        Presence::Required => "Required".into(),
        Presence::Default(literal) => format!("Default: {}", literal_text(literal)),
        Presence::Optional if !field.required_on.is_empty() => format!("Required on {}", list(field.required_on.iter().copied())),
        Presence::Optional if !field.needed_when.is_empty() => "Absent: nothing is sent, where it is not needed".into(),
        Presence::Optional => "Absent: nothing is sent".into(),
    }
}

fn conditions(field: &Field) -> Vec<String> {
    let text = |when: &When| format!("`{}: {}`", when.field, when.is.join("` or `"));
    let mut lines: Vec<String> = field.only_when.iter().map(|when| format!("Only with {}", text(when))).collect();
    lines.extend(field.needed_when.iter().map(|when| format!("Needed with {}", text(when))));
    if !field.only_with.is_empty() {
        lines.push(format!("Only with `{}`", field.only_with));
    }
    lines
}

fn format_text(format: Format) -> &'static str {
    match format {
        Format::Line => "one line of text",
        Format::Host => "a host name or an IP address",
        Format::Email => "an email address",
        Format::Domain => "a domain name without `\\` and `@`",
        Format::Login => "a user name, perhaps as `DOMAIN\\user`",
        Format::HttpUrl => "an `https` or `http` URL",
        Format::Ascii => "ASCII text",
    }
}

fn type_text(ty: Type) -> String {
    let units = |units: &[crate::schema::Unit]| list(units.iter().map(|unit| unit.name()));
    match ty {
        Type::Text(format, max) => format!("{}, at most {max} characters; expressions allowed", format_text(format)),
        Type::Boolean => "`true` or `false`".into(),
        Type::Integer { of, .. } if !of.is_empty() => {
            let numbers: Vec<String> = of.iter().map(|allowed| allowed.is.to_string()).collect();
            format!("one of {}", list(numbers.iter().map(String::as_str)))
        }
        Type::Integer { min, max, .. } => match (min, max) {
            (i64::MIN, i64::MAX) => "a whole number".into(),
            (min, i64::MAX) => format!("a whole number from {min}"),
            (i64::MIN, max) => format!("a whole number up to {max}"),
            (min, max) => format!("a whole number from {min} to {max}"),
        },
        Type::Choice(_) => "one of".into(),
        Type::Set(_) => "a list of some of".into(),
        Type::Oids(_) => "a list of dotted object identifiers, or of these names for them".into(),
        Type::List(format, _, or_one) => format!(
            "a list, each {}; expressions allowed{}",
            format_text(format),
            if or_one { "; a single one needs no list" } else { "" }
        ),
        Type::Reference(to, having) => format!("the id of a {}{}", kinds(to), having_text(having)),
        Type::References(to, having) => format!("a list of ids, each of a {}{}", kinds(to), having_text(having)),
        Type::Secret => "`{ secret: env:NAME }`, `{ secret: file:PATH }` or `{ token: TEXT }`; never the secret itself".into(),
        Type::Duration { units: known, .. } => format!("a length of time, `NUMBER UNIT`: {}", units(known)),
        Type::Period(known) => format!("a count of calendar units, `NUMBER UNIT`: {}", units(known)),
        Type::DistinguishedName => "a distinguished name as in RFC 4514; expressions allowed".into(),
        Type::Certificate => "`{ file: PATH }` of an X.509 certificate, PEM or DER".into(),
        Type::Identity => "`{ file: PATH }` of a PKCS#12 file, `{ secret: ... }` or `{ token: TEXT }`".into(),
    }
}

fn kinds(to: &[crate::schema::Referent]) -> String {
    to.iter().map(|referent| format!("`{}`", referent.kind)).collect::<Vec<_>>().join(" or ")
}

fn having_text(having: crate::schema::Having) -> String {
    if having.field.is_empty() { String::new() } else { format!(" with `{}: {}`", having.field, having.is) }
}

// ---------------------------------------------------------------------------------------------------------------------------
// A field for a target

/// A target's lines about a field: an answer, then the places with what is known of them.
fn written(column: &Column, id: FieldId, info: &dyn Fn(&str) -> String) -> String {
    if let Err(cell) = &column.table {
        return format!("- `{}`: no. {} (<{}>)\n", column.target, sentence(&cell.note), cell.source);
    }
    let answers = lowered(column, id);
    let same = answers.iter().all(|(_, lowerings)| same_refusal(lowerings, answers.first().map(|(_, first)| *first)));
    let answers = if same { answers.into_iter().take(1).map(|(_, lowerings)| ("", lowerings)).collect() } else { answers };
    let mut text = String::new();
    for (part, lowerings) in answers {
        let part = if part.is_empty() { String::new() } else { format!(", {part}") };
        for lowering in lowerings {
            let when = when(&lowering.needs, column.platform);
            let _ = write!(text, "- `{}`{part}: {when}{}", column.target, lowering_text(column, lowering, info));
        }
    }
    text
}

/// Whether parts are refused as one.
fn same_refusal(lowerings: &[Lowering], first: Option<&[Lowering]>) -> bool {
    let refusal = |lowerings: &[Lowering]| match lowerings {
        [Lowering { write: Write::Unsupported(why), .. }] => Some(*why),
        _ => None,
    };
    refusal(lowerings).is_some_and(|why| first.and_then(refusal) == Some(why))
}

/// What one alternative writes, lines below it indented.
fn lowering_text(column: &Column, lowering: &'static Lowering, info: &dyn Fn(&str) -> String) -> String {
    let mut text = String::new();
    let places =
        |places: &[&str]| places.iter().map(|place| format!("`{place}`{}", info(place))).collect::<Vec<_>>().join(" and ");
    let _ = match lowering.write {
        Write::At(at, encoding) => writeln!(text, "{}{}", places(at), encoding_text(encoding)),
        Write::Map(at, cases) => {
            let head = if at.is_empty() { "by value".to_owned() } else { places(at) };
            writeln!(text, "{head}\n{}", cases_text(cases, info).trim_end())
        }
        Write::Bits(at, numbers) => {
            let numbers: Vec<String> = numbers.iter().map(|(name, number)| format!("`{name}` {number}")).collect();
            writeln!(text, "{}, the sum of {}", places(&[at]), numbers.join(", "))
        }
        Write::ByHand(name) => {
            let found = crate::targets::by_hand(column.target).iter().find(|function| function.name == name);
            writeln!(text, "{}, put together by the target's `{name}`", places(found.map_or(&[][..], |function| function.places)))
        }
        Write::Carried(how) => writeln!(text, "carried: {how}"),
        Write::Unsupported(why) => writeln!(text, "{}", refusal_text(&why)),
    };
    for constant in lowering.implies {
        let _ = writeln!(text, "  - with {}{}", constant_text(constant), info(constant.at));
    }
    if !lowering.unverified.is_empty() {
        let _ = writeln!(text, "  - unverified: {}", lowering.unverified);
    }
    text
}

fn refusal_text(why: &Unsupported) -> String {
    format!("{}. {} (<{}>)", if why.elsewhere { "elsewhere" } else { "no" }, sentence(why.reason), why.source)
}

fn cases_text(cases: &[(&str, Case)], info: &dyn Fn(&str) -> String) -> String {
    let mut text = String::new();
    for (name, case) in cases {
        let what = match case {
            Case::Is(literal) => literal_text(*literal),
            Case::Warned(literal, why) => format!("{}, with a warning: {why}", literal_text(*literal)),
            Case::Writes([]) => "nothing is written".into(),
            Case::Writes(constants) => constants
                .iter()
                .map(|constant| format!("{}{}", constant_text(constant), info(constant.at)))
                .collect::<Vec<_>>()
                .join(", "),
            Case::Unsupported(why) => refusal_text(why),
        };
        let _ = writeln!(text, "  - `{name}`: {what}");
    }
    text
}

fn constant_text(constant: &Constant) -> String {
    format!("`{}` = {}", constant.at, literal_text(constant.is))
}

/// As it would stand in YAML: text that looks like a number has quotes.
fn literal_text(literal: Literal) -> String {
    match literal {
        Literal::Nothing => "nothing".into(),
        Literal::Boolean(value) => format!("`{value}`"),
        Literal::Integer(number) => format!("`{number}`"),
        Literal::Text(text) if text.parse::<f64>().is_ok() => format!("`\"{text}\"`"),
        Literal::Text(text) => format!("`{text}`"),
    }
}

fn encoding_text(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Plain => "",
        Encoding::Inverted => ", the opposite",
        Encoding::OneZero => ", `\"1\"` or `\"0\"`",
        Encoding::Decimal => ", decimal digits as text",
        Encoding::First => ", the only value",
        Encoding::JoinedSemicolon => ", the values with `;` between them",
        Encoding::JoinedPlus => ", the values with `+` between them",
        Encoding::ValueOrValues => ", text for one value, an array for more",
        Encoding::Seconds => ", in seconds",
        Encoding::Minutes => ", in minutes",
        Encoding::PayloadUuid => ", the PayloadUUID of the embedded certificate",
        Encoding::Sha1Thumbprint => ", the certificate's SHA-1 as 40 upper-case hex digits",
        Encoding::RdnArrays => ", an array of relative names, the most general first",
        Encoding::DnText => ", text with the most specific name first, quoted where the client needs it",
    }
}

/// Needs as the beginning of a line; empty for none.
fn when(wanted: &Needs, platform: &Platform) -> String {
    if *wanted == Needs::NONE { String::new() } else { format!("with {}: ", needs(wanted, platform)) }
}

fn needs(needs: &Needs, platform: &Platform) -> String {
    let mut words = Vec::new();
    words.extend(needs.from.map(|version| format!("{} {version} and later only", platform.title)));
    words.extend(needs.scope.map(|scope| format!("`scope: {}`", scope.name())));
    words.extend(needs.overridden.then(|| "the setting under `overrides` for this platform".to_owned()));
    words.extend(needs.at_most.map(|most| format!("at most {most} value{}", if most == 1 { "" } else { "s" })));
    words.extend(needs.choice.map(|(field, is)| format!("`{field}: {is}`")));
    words.join(" and ")
}

/// The first letter of a reason upper case, unless it begins with a name such as `com.apple.eas.account`.
fn sentence(reason: &str) -> String {
    let first = reason.split_whitespace().next().unwrap_or_default();
    let mut characters = reason.chars();
    let end = if reason.ends_with(['.', '!', '?']) { "" } else { "." };
    match characters.next() {
        Some(letter) if first.chars().all(|c| c.is_ascii_lowercase()) => {
            format!("{}{}{end}", letter.to_ascii_uppercase(), characters.as_str())
        }
        _ => format!("{reason}{end}"),
    }
}

// ---------------------------------------------------------------------------------------------------------------------------
// A place in the vendor's tables

/// Format, verbs and versions of a place, below the first root that has it.
fn place_text(catalog: &Catalog, table: &'static Table, platform: &Platform, place: &str) -> String {
    let roots = table.to.iter().filter_map(|alternative| alternative.root.ok());
    let found = roots.map(|root| root.is).find_map(|root| describe(catalog, root, place, platform));
    found.map_or_else(String::new, |facts| format!(" ({})", facts.join("; ")))
}

fn describe(catalog: &Catalog, root: &str, place: &str, platform: &Platform) -> Option<Vec<String>> {
    let mut facts = Vec::new();
    if root.starts_with("./") {
        let node = catalog.node_for(&format!("{root}/{place}"))?;
        facts.push(node.format.name().to_owned());
        facts.push(verbs(node.access));
        facts.extend(node.range.map(|(min, max)| format!("{min} to {max}")));
    } else {
        let key = catalog.key(catalog.payload(root)?, place)?;
        facts.push(key_type(key.ty).to_owned());
        facts.extend((!key.allowed.is_empty()).then(|| format!("one of {}", list(key.allowed.iter().copied()))));
        facts.extend(key.required.then(|| "required".to_owned()));
        facts.extend(key.asked.then(|| "the device asks for it when a person installs a profile without it".to_owned()));
    }
    facts.extend(catalog.availability(root, place, platform.name).map(versions).filter(|text| !text.is_empty()));
    Some(facts)
}

fn verbs(access: Access) -> String {
    let all =
        [(access.add, "Add"), (access.get, "Get"), (access.replace, "Replace"), (access.delete, "Delete"), (access.exec, "Exec")];
    let taken: Vec<&str> = all.into_iter().filter(|(taken, _)| *taken).map(|(_, name)| name).collect();
    format!("takes {}", taken.join(", "))
}

fn versions(availability: Availability) -> String {
    let introduced = availability.introduced.filter(|version| version.0 != [0; 4]).map(|version| format!("since {version}"));
    let deprecated = availability.deprecated.map(|version| format!("deprecated from {version}"));
    let removed = availability.removed.map(|version| format!("gone from {version}"));
    [introduced, deprecated, removed].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn key_type(ty: KeyType) -> &'static str {
    match ty {
        KeyType::String => "string",
        KeyType::Integer => "integer",
        KeyType::Real => "real",
        KeyType::Boolean => "boolean",
        KeyType::Date => "date",
        KeyType::Data => "data",
        KeyType::Array => "array",
        KeyType::Dictionary => "dictionary",
        KeyType::StringOrStrings => "string or array of strings",
        KeyType::Any => "any",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtin::{CATALOG, SCHEMAS};

    fn rows(kind: &str) -> Vec<SupportRow> {
        support(&SCHEMAS, Some(SCHEMAS.kind(kind).unwrap()))
    }

    fn row(kind: &str, field: &str, target: &str) -> SupportRow {
        let found = rows(kind).into_iter().find(|row| row.field == field && row.target == target);
        found.unwrap_or_else(|| panic!("{kind}.{field} on {target}"))
    }

    fn page(kind: &str, field: &str) -> String {
        let kind = SCHEMAS.kind(kind).unwrap();
        field_page(&SCHEMAS, &CATALOG, kind, kind.field(field).unwrap().1)
    }

    #[test]
    fn every_field_has_one_answer_on_every_target() {
        let rows = support(&SCHEMAS, None);
        for kind in SCHEMAS.kinds {
            for field in kind.fields {
                for target in SCHEMAS.platforms.iter().flat_map(|platform| platform.targets) {
                    let own = rows.iter().filter(|row| row.kind == kind.name && row.field == field.name && row.target == *target);
                    assert_eq!(own.count(), 1, "{}.{} on {target}", kind.name, field.name);
                }
            }
        }
        for row in rows.iter().filter(|row| row.answer != Answer::Yes) {
            assert!(!row.note.is_empty() && !row.source.is_empty(), "{row:?}");
        }
    }

    #[test]
    fn the_five_answers() {
        assert_eq!(row("email", "host", "ios").answer, Answer::Yes);
        assert_eq!(row("email", "trusted_certificates", "macos").answer, Answer::Carried);
        assert_eq!(row("email", "sync_schedule", "windows_phone").answer, Answer::Unverified);
        assert_eq!(row("email", "smime.signing_certificate", "windows").answer, Answer::Elsewhere);
        assert_eq!(row("email", "days_of_email", "macos").answer, Answer::No);
    }

    #[test]
    fn parts_choices_scopes_and_alternatives() {
        assert_eq!(row("email", "authentication", "windows_phone").answer, Answer::Yes);
        assert_eq!(row("email", "authentication: certificates", "windows_phone").answer, Answer::No);
        assert_eq!(row("email", "authentication: certificates", "ios").answer, Answer::Yes);
        assert_eq!(row("email", "content_types.tasks", "ios").answer, Answer::Elsewhere);
        assert!(row("email", "content_types", "ios").note.contains("under `overrides` for this platform: yes"));
        assert_eq!(row("scep_certificate", "urls", "ios").answer, Answer::Yes);
        assert!(row("scep_certificate", "urls", "ios").note.starts_with("without at most 1 value: no"));
        assert_eq!(row("trusted_certificate", "scope: user", "windows_phone").answer, Answer::No);
        assert_eq!(row("trusted_certificate", "scope: user", "windows").answer, Answer::Yes);
        assert_eq!(row("trusted_certificate", "scope: user, store: root", "windows").answer, Answer::No);
        assert_eq!(row("trusted_certificate", "scope: user, store: root", "windows_phone").answer, Answer::No);
        assert_eq!(row("pkcs12_certificate", "password", "windows_phone").answer, Answer::No);
        assert_eq!(row("pkcs12_certificate", "", "windows_phone").answer, Answer::No);
    }

    #[test]
    fn tables_are_aligned_and_their_notes_numbered() {
        let table = support_table(&rows("email"));
        let lines: Vec<&str> = table.lines().take_while(|line| !line.is_empty()).collect();
        let column = lines[0].find("windows_phone").unwrap();
        assert!(lines.iter().all(|line| line.chars().nth(column - 1) == Some(' ')), "{table}");
        // The parts of content types say what the field says.
        assert!(table.contains("content_types ") && !table.contains("content_types.email"), "{table}");
        assert!(table.contains("\n [1] "), "{table}");
        let markdown = support_markdown(&support(&SCHEMAS, None));
        assert!(markdown.contains("| `host` | yes | yes | yes | yes |"), "{markdown}");
        assert_eq!(markdown.matches("\n|---|").count(), SCHEMAS.kinds.len());
    }

    #[test]
    fn field_pages_name_places_formats_and_values() {
        let page = page("email", "sync_schedule");
        assert!(page.contains("`Options/Schedule` (chr; takes Get, Replace"), "{page}");
        assert!(page.contains("`as_messages_arrive`: `\"-1\"`"), "{page}");
        assert!(page.contains("- `ios`: elsewhere. "), "{page}");
        assert!(page.contains("unverified: "), "{page}");
        let user_name = self::page("email", "user_name");
        assert!(user_name.contains("`UserName`") && user_name.contains("`Domain`"), "{user_name}");
        let ssl = self::page("email", "use_ssl");
        assert!(ssl.contains("`SSL` (boolean") && ssl.contains("`\"1\"` or `\"0\"`"), "{ssl}");
        let encryption = self::page("email", "smime.encryption_certificate");
        assert!(encryption.contains("iOS and iPadOS 12 and later only: `SMIMEEncryptionCertificateUUID`"), "{encryption}");
    }

    #[test]
    fn kind_pages_name_every_field_and_every_table_has_its_places_in_the_catalog() {
        for kind in SCHEMAS.kinds {
            let page = kind_page(&SCHEMAS, kind);
            assert!(kind.fields.iter().all(|field| page.contains(&format!("\n### {}\n", field.name))));
            for field in kind.fields {
                assert!(!self::page(kind.name, field.name).contains("()"), "{}.{}", kind.name, field.name);
            }
        }
    }
}
