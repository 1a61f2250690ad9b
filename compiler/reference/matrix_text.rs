//! The support matrix as text and as Markdown.

use super::matrix::{Answer, SupportRow};
use std::fmt::Write as _;

/// Rows of one field, target by target.
pub(super) struct Line<'a> {
    field: &'a str,
    cells: Vec<&'a SupportRow>,
}

/// One kind's part of the matrix.
pub(super) struct Matrix<'a> {
    kind: &'static str,
    targets: Vec<&'static str>,
    lines: Vec<Line<'a>>,
    /// Notes with their sources, each once.
    notes: Vec<(&'a str, &'static str)>,
}

pub(super) fn matrices(rows: &[SupportRow]) -> Vec<Matrix<'_>> {
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
            let note = note(row);
            if !matrix.notes.contains(&note) {
                matrix.notes.push(note);
            }
        }
    }
    matrices
}

/// A part that says what its field says needs no line of its own.
pub(super) fn drop_repetitions(matrix: &mut Matrix<'_>) {
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

/// A note with its source; how an artifact carries a field is payloadc's own doing.
pub(super) fn note(row: &SupportRow) -> (&str, &'static str) {
    (row.note.as_str(), if row.answer == Answer::Carried { "" } else { row.source })
}

impl Matrix<'_> {
    fn cell(&self, row: &SupportRow) -> String {
        match self.notes.iter().position(|known| *known == note(row)) {
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
