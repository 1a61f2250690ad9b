//! The reference page of a collection or a deployment.

use std::fmt::Write as _;

use crate::check::{either, list};
use crate::schema::{FleetKind, SHARED, Word, WordType};

/// The page of a sort of document that is no profile.
#[must_use]
pub fn fleet_page(kind: &FleetKind) -> String {
    let mut page = format!("# {}: {}\n\n{}\n", kind.name, kind.title, kind.doc.trim());
    if !kind.at_least_one.is_empty() {
        let _ = write!(page, "\nAt least one of {} is needed.\n", list(kind.at_least_one.iter().copied()));
    }
    page.push_str("\n## Fields\n");
    for (name, doc) in SHARED {
        let _ = write!(page, "\n### {name}\n\n{doc}\n");
    }
    for word in kind.words {
        let _ = write!(page, "\n### {}\n\n{}", word.name, word_text(word));
    }
    page.push_str("\n## Sources\n\n");
    for source in kind.sources {
        let _ = writeln!(page, "- <{source}>");
    }
    page
}

/// The page of one of its words.
#[must_use]
pub fn word_page(kind: &FleetKind, word: &Word) -> String {
    format!("# {}.{}\n\n{}", kind.name, word.name, word_text(word))
}

fn word_text(word: &Word) -> String {
    let ty = match word.ty {
        WordType::Id => "an id".to_owned(),
        WordType::Ids => "a list of ids".to_owned(),
        WordType::Text => "text".to_owned(),
        WordType::Texts => "a list of texts".to_owned(),
        WordType::Boolean => "`true` or `false`".to_owned(),
        WordType::OneOf(names) => either(names.iter().copied()),
        WordType::Mapping => "a mapping".to_owned(),
    };
    let presence = if word.required { "required" } else { "optional" };
    format!("{}\n\n- Type: {ty}, {presence}\n- Example: `{}: {}`\n", word.doc.trim(), word.name, word.example)
}
