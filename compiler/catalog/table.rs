//! A table as text, its sections found by name and read when they are first asked for.
//!
//! What a section means is read by `apple.rs` and `windows.rs`.

use std::sync::OnceLock;

use super::Overlay;

/// Where a section of a table stands.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// The first cell of its first row.
    pub name: &'static str,
    /// First byte of its first row.
    pub from: usize,
    /// Behind its last row.
    pub to: usize,
}

/// What is wrong in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Counted from 1.
    pub line: usize,
    /// What.
    pub what: String,
}

/// What is around a section that is read.
pub struct Around {
    /// The comments before the column names.
    pub(super) head: &'static str,
    pub(super) overlay: &'static Overlay,
    pub(super) text: &'static str,
    pub(super) sections: &'static [Section],
}

impl Around {
    /// The lines of another section.
    pub(super) fn lines(&self, name: &str) -> Vec<&'static str> {
        let found = self.sections.binary_search_by(|section| section.name.cmp(name)).ok();
        let section = found.and_then(|at| self.sections.get(at));
        section.map_or(Vec::new(), |section| self.text.get(section.from..section.to).unwrap_or_default().lines().collect())
    }
}

/// What a section of a table is read into.
pub trait Row: Sized + 'static {
    /// The columns that the table must have.
    const COLUMNS: &'static str;
    /// Whether a first cell begins a section.
    fn begins(cell: &str) -> bool;
    /// Nothing, for a section that cannot be read.
    fn nothing(name: &'static str) -> Self;
    /// Reads the lines of a section, and lays the overlay over them.
    ///
    /// # Errors
    /// The number of the line in the section, from 0, and what is wrong there.
    fn read(lines: &[&'static str], around: &Around) -> Result<Self, (usize, String)>;
}

/// A table. Sections are in the order of their names.
#[derive(Debug)]
pub struct Table<S> {
    pub(super) text: &'static str,
    pub(super) sections: &'static [Section],
    read: OnceLock<Box<[OnceLock<S>]>>,
}

impl<S: Row> Table<S> {
    /// A table whose sections are known.
    #[must_use]
    pub const fn new(text: &'static str, sections: &'static [Section]) -> Table<S> {
        Table { text, sections, read: OnceLock::new() }
    }

    /// This table, or another one in its place.
    pub(super) fn or(&'static self, text: Option<String>) -> Result<Table<S>, Mistake> {
        let Some(text) = text else { return Ok(Table::new(self.text, self.sections)) };
        let text: &'static str = text.leak();
        let sections: &'static [Section] = sections(text, S::begins)?.leak();
        Ok(Table::new(text, sections))
    }

    /// The section at a position.
    pub(super) fn at(&'static self, at: usize, overlay: &'static Overlay) -> Option<&'static S> {
        let section = self.sections.get(at)?;
        let slots = self.read.get_or_init(|| self.sections.iter().map(|_| OnceLock::new()).collect());
        let read = || self.parse(section, overlay).unwrap_or_else(|_| S::nothing(section.name));
        Some(slots.get(at)?.get_or_init(read))
    }

    /// The section with a name.
    pub(super) fn get(&'static self, name: &str, overlay: &'static Overlay) -> Option<&'static S> {
        self.at(self.position(name)?, overlay)
    }

    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.sections.binary_search_by(|section| section.name.cmp(name)).ok()
    }

    /// All sections, read.
    pub(super) fn all(&'static self, overlay: &'static Overlay) -> impl Iterator<Item = &'static S> {
        (0..self.sections.len()).filter_map(move |at| self.at(at, overlay))
    }

    /// All sections as the vendor's files have them, read anew without the overlay.
    pub(super) fn uncorrected(&'static self) -> impl Iterator<Item = S> {
        self.sections.iter().filter_map(|section| self.parse(section, &Overlay::NONE).ok())
    }

    /// Reads everything, to find what is wrong: sections are otherwise read without a way to say so.
    ///
    /// # Errors
    /// The first mistake.
    pub fn check(&'static self, overlay: &'static Overlay) -> Result<(), Mistake> {
        let (number, columns) = self
            .text
            .lines()
            .enumerate()
            .find(|(_, line)| !line.starts_with('#'))
            .ok_or(Mistake { line: 1, what: "has no column names".into() })?;
        if columns != S::COLUMNS {
            let what = format!("the columns are not `{}`", S::COLUMNS.replace('\t', " "));
            return Err(Mistake { line: number + 1, what });
        }
        for section in self.sections {
            self.parse(section, overlay).map_err(|(line, what)| {
                let before = self.text.get(..section.from).unwrap_or_default();
                Mistake { line: before.matches('\n').count() + line + 1, what }
            })?;
        }
        Ok(())
    }

    fn parse(&self, section: &Section, overlay: &'static Overlay) -> Result<S, (usize, String)> {
        let head = self.text.get(..self.sections.first().map_or(0, |first| first.from)).unwrap_or_default();
        let around = Around { head, overlay, text: self.text, sections: self.sections };
        S::read(&around.lines(section.name), &around)
    }
}

/// Finds the sections of a table: a row whose first cell begins one, the rows behind it that begin otherwise belong to it.
///
/// # Errors
/// Sections that are not in order, or stand twice.
pub fn sections(text: &'static str, begins: fn(&str) -> bool) -> Result<Vec<Section>, Mistake> {
    let mut found: Vec<Section> = Vec::new();
    let (mut at, mut names_seen) = (0, false);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let start = at;
        at += line.len();
        if line.starts_with('#') && !names_seen {
            continue;
        }
        if !names_seen {
            names_seen = true;
            continue;
        }
        let first = line.trim_end_matches('\n').split('\t').next().unwrap_or_default();
        if begins(first) {
            if found.last().is_some_and(|last| last.name >= first) {
                return Err(Mistake { line: number + 1, what: format!("`{first}` is out of order, or stands twice") });
            }
            found.push(Section { name: first, from: start, to: at });
        } else if let Some(last) = found.last_mut() {
            last.to = at;
        } else {
            return Err(Mistake { line: number + 1, what: "a row stands before the first section".into() });
        }
    }
    Ok(found)
}
