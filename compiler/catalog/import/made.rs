//! A table that was made: its text, how much it holds, and what of the table in use it lacks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::Head;
use crate::catalog::{Nodes, Payload, Row as _, area, csp};

/// Between the releases of a table that was merged.
pub const AND: &str = " and ";

/// How the name of the set ends that stands for Windows Phone.
pub const PHONE: &str = "1607";

/// Cells of one row. Edition lists stand in full; short names are given when the table is written.
pub type Cells = Vec<String>;

/// Rows by the first cell of the first one.
pub type Sections = BTreeMap<String, Vec<Cells>>;

/// What does not change from one import to the next.
#[derive(Debug)]
pub struct Form {
    /// `apple/payloads.tsv`: below the folder of tables.
    pub path: &'static str,
    pub what: &'static str,
    pub licence: &'static str,
    /// Where the vendor publishes, when nothing else is said.
    pub source: &'static str,
    pub columns: &'static str,
}

/// A table that was made.
#[derive(Debug, Clone)]
pub struct Made {
    pub(super) form: &'static Form,
    pub(super) head: Head,
    pub(super) sections: Sections,
    /// How its release is known, for people.
    pub notes: Vec<String>,
}

/// What two tables share in name: a CSP, a policy area, a payload or declaration type with all its variants.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Unit {
    area: bool,
    name: String,
}

impl Made {
    /// `apple/payloads.tsv`: below the folder of tables.
    #[must_use]
    pub fn path(&self) -> &'static str {
        self.form.path
    }

    /// The release that its head names.
    #[must_use]
    pub fn release(&self) -> &str {
        &self.head.release
    }

    /// Its text: the head, the column names, the rows.
    #[must_use]
    pub fn text(&self) -> String {
        let mut legend: Vec<String> = Vec::new();
        let mut body = String::new();
        for row in self.sections.values().flatten() {
            let lettered = row.last().map(|flags| with_letters(flags, &mut legend));
            let cells: Vec<&str> =
                row.iter().take(row.len().saturating_sub(1)).map(String::as_str).chain(lettered.as_deref()).collect();
            let _ = writeln!(body, "{}", cells.join("\t"));
        }
        let head = &self.head;
        let source = if head.source.is_empty() { self.form.source } else { &head.source };
        let date = if head.date.is_empty() { String::new() } else { format!("; date: {}", head.date) };
        let legend: String = legend.iter().enumerate().map(|(at, editions)| format!("# e{} = {editions}\n", at + 1)).collect();
        format!(
            "# {} Written by `payloadc catalog import`.\n# Source: {source}\n# Release: {}{date}\n# Licence: {}\n\
             # Columns and words: schemas/README.md; corrections: overlay.yaml.\n{legend}{}\n{body}",
            self.form.what, head.release, self.form.licence, self.form.columns
        )
    }

    /// How much it holds, for people: `49 CSPs, 260 policy areas, 5815 nodes`.
    #[must_use]
    pub fn holds(&self) -> String {
        holds(self.form, &self.sections)
    }

    /// How much a table in its place holds.
    #[must_use]
    pub fn other_holds(&self, in_use: &str) -> String {
        holds(self.form, &read(in_use))
    }

    /// What the table in use describes and this one does not: CSPs of newer files, policy areas, types.
    #[must_use]
    pub fn lacks(&self, in_use: &str) -> Vec<String> {
        let own = units(&self.sections, false);
        let lacking = units(&read(in_use), false).into_iter().filter(|unit| !own.contains(unit));
        let shown = |unit: Unit| match unit.name.as_str() {
            "*" => "what every one has".to_owned(),
            "Configuration" => "the profile itself".to_owned(),
            name if unit.area => format!("policy area {name}"),
            name => name.to_owned(),
        };
        lacking.map(shown).collect()
    }

    /// This table, and of the one in use what it does not describe. Files of the older format replace nothing that newer ones say.
    #[must_use]
    pub fn merged(mut self, in_use: &str, release: &str) -> Made {
        let theirs = read(in_use);
        let known = units(&theirs, false);
        let policy = known.iter().any(|unit| unit.area);
        let newer = |root: &str| known.contains(&unit(root)) || policy && csp(root) == Some("Policy");
        self.sections.retain(|root, rows| is_phone(rows) || !is_old(rows) || !newer(root));
        let (own, own_old) = (units(&self.sections, false), units(&self.sections, true));
        for (root, rows) in theirs {
            let here = unit(&root);
            let replaced = own.contains(&here) || is_old(&rows) && own_old.contains(&here);
            if is_phone(&rows) || !replaced {
                self.sections.entry(root).or_insert(rows);
            }
        }
        let old = self.form.columns == Nodes::COLUMNS && own.is_empty();
        let known = release.split(AND).any(|known| known == self.head.release);
        if old || known {
            release.clone_into(&mut self.head.release);
        } else if !release.is_empty() {
            self.head.release = format!("{}{AND}{release}", self.head.release);
        }
        self
    }
}

/// Sections of a table. What is no table has none.
fn read(text: &str) -> Sections {
    let mut legend: BTreeMap<&str, &str> = BTreeMap::new();
    let mut sections = Sections::new();
    let mut name = String::new();
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            legend.extend(comment.split_once(" = "));
            continue;
        }
        if line == Nodes::COLUMNS || line == Payload::COLUMNS {
            continue;
        }
        let mut cells: Cells = line.split('\t').map(str::to_owned).collect();
        if let Some(flags) = cells.last_mut() {
            *flags = in_full(flags, &legend);
        }
        let first = cells.first().map_or("", String::as_str);
        if !first.is_empty() && !first.starts_with('/') {
            first.clone_into(&mut name);
        }
        sections.entry(name.clone()).or_default().push(cells);
    }
    sections
}

fn in_full(flags: &str, legend: &BTreeMap<&str, &str>) -> String {
    let word = |word: &str| match word.strip_prefix("editions=").and_then(|short| legend.get(short)) {
        Some(editions) => format!("editions={editions}"),
        None => word.to_owned(),
    };
    flags.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn with_letters(flags: &str, legend: &mut Vec<String>) -> String {
    let mut word = |word: &str| {
        let Some(editions) = word.strip_prefix("editions=") else { return word.to_owned() };
        let at = legend.iter().position(|known| known == editions).unwrap_or_else(|| {
            legend.push(editions.to_owned());
            legend.len() - 1
        });
        format!("editions=e{}", at + 1)
    };
    flags.split(' ').map(&mut word).collect::<Vec<_>>().join(" ")
}

/// Whether a section is from files of the older format: nobody counts or misses it.
fn is_old(rows: &[Cells]) -> bool {
    let flags = rows.first().and_then(|row| row.last()).map_or("", String::as_str);
    flags.split(' ').any(|flag| flag.starts_with("release=v1-"))
}

/// Whether it is one of the roots that are kept for Windows Phone, beside newer ones of the same CSP.
fn is_phone(rows: &[Cells]) -> bool {
    is_old(rows) && rows.first().and_then(|row| row.last()).is_some_and(|flags| flags.ends_with(PHONE))
}

fn unit(section: &str) -> Unit {
    let area = area(section);
    let type_of = |name: &str| name.split('#').next().unwrap_or_default().to_owned();
    let name = area.or_else(|| csp(section)).map_or_else(|| type_of(section), str::to_owned);
    Unit { area: area.is_some(), name }
}

fn units(sections: &Sections, old: bool) -> BTreeSet<Unit> {
    sections.iter().filter(|(_, rows)| is_old(rows) == old).map(|(name, _)| unit(name)).collect()
}

fn holds(form: &Form, sections: &Sections) -> String {
    let counted = |count: usize, one: &str, several: &str| format!("{count} {}", if count == 1 { one } else { several });
    let rows = || sections.values().filter(|rows| !is_old(rows)).map(Vec::len);
    let (areas, others): (Vec<Unit>, Vec<Unit>) = units(sections, false).into_iter().partition(|unit| unit.area);
    if form.columns == Payload::COLUMNS {
        let keys: usize = rows().map(|rows| rows.saturating_sub(1)).sum();
        // As `catalog census` counts them.
        let payloads = sections.contains_key("Configuration");
        let counts =
            |name: &str| !name.starts_with("com.apple.credential.") && name != "Configuration" && (name != "*" || !payloads);
        let types = others.iter().filter(|unit| counts(&unit.name)).count();
        return format!("{}, {}", counted(types, "type", "types"), counted(keys, "key", "keys"));
    }
    let mut words = vec![counted(others.len(), "CSP", "CSPs"), counted(areas.len(), "policy area", "policy areas")];
    words.push(counted(rows().sum(), "node", "nodes"));
    let newer: BTreeSet<Unit> = others.into_iter().collect();
    let old = units(sections, true).into_iter().filter(|unit| !newer.contains(unit)).count();
    if old > 0 {
        words.push(format!("{} of older files", counted(old, "CSP", "CSPs")));
    }
    words.join(", ")
}
