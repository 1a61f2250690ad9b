//! Corrections of the vendors' tables and rules that no table can say, each with its reason and source.
//!
//! Written by the build script from `schemas/vendor/overlay.yaml`. What a word changes is done by `apple.rs` and `windows.rs`.

/// Everything in the overlay.
#[derive(Debug, Clone, Copy)]
pub struct Overlay {
    /// Corrections of payloads and declarations.
    pub apple: &'static [Correction],
    /// Corrections of nodes; those that respell a segment come last, the deepest first.
    pub windows: &'static [Correction],
    /// What keys of one dictionary ask of each other.
    pub rules: &'static [Rule],
}

/// One correction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Correction {
    /// A payload or declaration type with its variant; empty for nodes.
    pub of: &'static str,
    /// A key path, `*` for any name in it, empty for the type itself; a node path.
    pub at: &'static str,
    /// What is changed: word and value.
    pub changes: &'static [(&'static str, &'static str)],
    /// Why.
    pub reason: &'static str,
    /// Where that is said.
    pub source: &'static str,
}

/// What keys of one dictionary ask of each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The payload or declaration type.
    pub of: &'static str,
    /// The dictionary, as a key path; empty for the payload itself; `*` for any name.
    pub at: &'static str,
    /// It holds where each of these keys of the dictionary has one of its values; `*` is any value that is written, a key that is
    /// absent counts as its default, and of an array one member suffices.
    pub when: &'static [(&'static str, &'static [&'static str])],
    /// What is asked.
    pub demand: Demand,
    /// Of these keys.
    pub keys: &'static [&'static str],
    /// Devices accept it otherwise, too: a warning, no error.
    pub advice: bool,
    /// Why.
    pub reason: &'static str,
    /// Where that is said.
    pub source: &'static str,
}

/// What a [`Rule`] asks of its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// One of them is written, and no other.
    ExactlyOne,
    /// One of them is written.
    AtLeastOne,
    /// Not two of them are written.
    AtMostOne,
    /// One of them is true, written or by default.
    AnyTrue,
    /// All are written.
    Required,
    /// None is written.
    Absent,
    /// All are true.
    True,
}

impl Demand {
    /// All of them, with the word of the overlay.
    pub const WORDS: [(&'static str, Demand); 7] = [
        ("exactly_one", Demand::ExactlyOne),
        ("at_least_one", Demand::AtLeastOne),
        ("at_most_one", Demand::AtMostOne),
        ("any_true", Demand::AnyTrue),
        ("required", Demand::Required),
        ("absent", Demand::Absent),
        ("true", Demand::True),
    ];
}

impl Correction {
    /// Another type whose keys this one has, too.
    pub(super) fn also(&self) -> Option<&'static str> {
        self.changes.iter().find(|(word, _)| *word == "also").map(|(_, other)| *other)
    }
}

/// What the overlay's word `instead` says, as a sentence: one name, or a text with names in backticks.
#[must_use]
pub fn in_its_place(instead: &str) -> String {
    if instead.contains('`') {
        format!("the vendor names {instead} in its place")
    } else {
        format!("the vendor names `{instead}` in its place")
    }
}

impl Rule {
    /// Whether the rule is about the dictionary at a key path of the table.
    #[must_use]
    pub fn is_about(&self, path: &str) -> bool {
        fits(self.at, path)
    }
}

/// Whether a path is the one that a pattern names, in which `*` stands for any segment.
pub(super) fn fits(pattern: &str, path: &str) -> bool {
    let mut names = path.split('/');
    let same = pattern.split('/').all(|wanted| names.next().is_some_and(|name| wanted == "*" || wanted == name));
    same && names.next().is_none()
}

impl Overlay {
    /// No corrections.
    pub const NONE: Overlay = Overlay { apple: &[], windows: &[], rules: &[] };
}
