//! Documents that are no profiles: what `schemas/fleet/` says of collections and deployments.

/// A sort of document that says who gets profiles.
#[derive(Debug, Clone, Copy)]
pub struct FleetKind {
    /// As written after `kind:`.
    pub name: &'static str,
    /// What it is called in prose.
    pub title: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// Vendor documents.
    pub sources: &'static [&'static str],
    /// One of these is needed; empty for none.
    pub at_least_one: &'static [&'static str],
    /// Its words, beside those that every document has.
    pub words: &'static [Word],
}

/// One thing that such a document says.
#[derive(Debug, Clone, Copy)]
pub struct Word {
    /// Its key.
    pub name: &'static str,
    /// What may be written.
    pub ty: WordType,
    /// Whether its absence is an error.
    pub required: bool,
    /// What it means.
    pub doc: &'static str,
    /// A YAML value that compiles.
    pub example: &'static str,
}

/// What may be written for a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordType {
    /// The id of another document.
    Id,
    /// Ids of other documents.
    Ids,
    /// Text.
    Text,
    /// Texts.
    Texts,
    /// `true` or `false`.
    Boolean,
    /// One of these.
    OneOf(&'static [&'static str]),
    /// Words of its own.
    Mapping,
}

/// What each of these documents has beside its own words, with what it is for.
pub const SHARED: [(&str, &str); 5] = [
    ("kind", "What sort of document this is."),
    ("id", "What it is called in other documents and in files: unique in the workspace."),
    ("name", "What people call it: one line of 1 to 256 characters."),
    ("description", "What it is for: at most 256 characters."),
    ("allow", "Silences warnings that stand in this document: code and reason. One that silences nothing is reported."),
];

impl FleetKind {
    /// The word of a name.
    #[must_use]
    pub fn word(&self, name: &str) -> Option<&'static Word> {
        self.words.iter().find(|word| word.name == name)
    }
}
