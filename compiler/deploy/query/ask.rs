//! Asks a question of all rows at once.

use std::cmp::Ordering;

use fixedbitset::FixedBitSet;

use super::{Expression, Query, Relation, Test};
use crate::deploy::directory::Table;

impl Query {
    /// The rows for which it holds. A test is made once for each distinct text of a column; what remains for a row is to look up
    /// the answer.
    #[must_use]
    pub fn ask(&self, table: &Table) -> FixedBitSet {
        self.rows(&self.expression, table)
    }

    fn rows(&self, expression: &Expression, table: &Table) -> FixedBitSet {
        match expression {
            Expression::All(parts) => {
                let mut parts = parts.iter().map(|part| self.rows(part, table));
                let first = parts.next().unwrap_or_default();
                parts.fold(first, |mut rows, next| {
                    rows.intersect_with(&next);
                    rows
                })
            }
            Expression::Any(parts) => {
                let mut parts = parts.iter().map(|part| self.rows(part, table));
                let first = parts.next().unwrap_or_default();
                parts.fold(first, |mut rows, next| {
                    rows.union_with(&next);
                    rows
                })
            }
            Expression::Not(inner) => {
                let mut rows = self.rows(inner, table);
                rows.toggle_range(..);
                rows
            }
            Expression::Is(at, test) => self.leaf(*at, test, table),
        }
    }

    fn leaf(&self, at: usize, test: &Test, table: &Table) -> FixedBitSet {
        let mut rows = FixedBitSet::with_capacity(table.len());
        let column = self.attributes.get(at).and_then(|asked| table.column(&asked.name));
        let Some(column) = column else {
            // Nobody has the attribute: it is empty for all.
            if test.holds("") {
                rows.insert_range(..);
            }
            return rows;
        };
        let answers: Vec<bool> = column.distinct().map(|mut values| values.any(|value| test.holds(value))).collect();
        for (row, code) in column.codes().iter().enumerate() {
            if answers.get(*code as usize).copied().unwrap_or(false) {
                rows.insert(row);
            }
        }
        rows
    }
}

impl Test {
    fn holds(&self, value: &str) -> bool {
        match self {
            Test::Among(texts) => texts.iter().any(|text| same(value, text)),
            Test::StartsWith(text) => starts(value, text),
            Test::EndsWith(text) => ends(value, text),
            Test::Contains(text) => contains(value, text),
            Test::Version(relation, wanted) => version(value).is_some_and(|found| relation.holds(compare(&found, wanted))),
            Test::True => ["true", "yes", "1"].iter().any(|word| value.eq_ignore_ascii_case(word)),
        }
    }
}

impl Relation {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Relation::Equal => order == Ordering::Equal,
            Relation::Less => order == Ordering::Less,
            Relation::LessOrEqual => order != Ordering::Greater,
            Relation::More => order == Ordering::Greater,
            Relation::MoreOrEqual => order != Ordering::Less,
        }
    }
}

/// A text in lower case, letter by letter: what both sides of a comparison are.
pub fn lower(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// Whether a value is this text of lower case. Most texts are ASCII, and there may be a million values.
fn same(value: &str, lower: &str) -> bool {
    if value.is_ascii() {
        return value.eq_ignore_ascii_case(lower);
    }
    value.chars().flat_map(char::to_lowercase).eq(lower.chars())
}

fn starts(value: &str, lower: &str) -> bool {
    let mut letters = value.chars().flat_map(char::to_lowercase);
    lower.chars().all(|wanted| letters.next() == Some(wanted))
}

fn ends(value: &str, text: &str) -> bool {
    if value.is_ascii() {
        let tail = value.len().checked_sub(text.len()).and_then(|from| value.get(from..));
        return tail.is_some_and(|tail| tail.eq_ignore_ascii_case(text));
    }
    lower(value).ends_with(text)
}

fn contains(value: &str, text: &str) -> bool {
    if value.is_ascii() {
        let mut parts = value.as_bytes().windows(text.len().max(1));
        return text.is_empty() || parts.any(|part| part.eq_ignore_ascii_case(text.as_bytes()));
    }
    lower(value).contains(text)
}

/// The numbers of a version; nothing for what is none.
pub fn version(text: &str) -> Option<Vec<u64>> {
    text.split('.').map(|part| part.parse().ok()).collect()
}

/// Missing numbers are 0: 16 and 16.0 are one version.
fn compare(a: &[u64], b: &[u64]) -> Ordering {
    let number = |version: &[u64], at: usize| version.get(at).copied().unwrap_or(0);
    (0..a.len().max(b.len())).map(|at| number(a, at).cmp(&number(b, at))).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}
