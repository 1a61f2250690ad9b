//! Pages of the catalog: what vendors' devices know, looked up by name, by word, and counted.
//!
//! Which of it a profile may use is no matter of these pages.

mod apple;
mod census;
mod search;
mod windows;

pub use census::{Places, census, counted};
pub use search::search;

use std::fmt::Write as _;

use crate::catalog::{Catalog, Correction};
use crate::check::vendor;
use crate::schema::Schemas;

/// The page of a payload or declaration type, of a key of one, or of a node.
///
/// # Errors
/// Nothing is called so; the text names what is near.
pub fn show(catalog: &'static Catalog, schemas: &Schemas, topic: &str) -> Result<String, String> {
    let topic = topic.trim();
    if topic.starts_with("./") {
        return windows::page(catalog, topic.trim_end_matches('/'));
    }
    apple::page(catalog, schemas, topic).unwrap_or_else(|| {
        let near = vendor::payload_type(catalog, topic).or_else(|| vendor::declaration_type(catalog, topic));
        let hint = match near {
            Some(near) => format!("`{near}` is near"),
            None => "`payloadc catalog search` finds types, keys and nodes by a part of their name".to_owned(),
        };
        Err(format!("no payload, declaration or node is called `{topic}`; {hint}"))
    })
}

/// What the overlay changed, with reason and source.
fn corrections(page: &mut String, corrections: &[&'static Correction]) {
    for correction in corrections {
        let changes: Vec<String> = correction.changes.iter().map(|(word, value)| format!("{word}: {value}")).collect();
        let _ = writeln!(page, "\nCorrected ({}): {}\n  {}", changes.join(", "), correction.reason, correction.source);
    }
}

/// Rows of cells, the columns under each other, a little indented.
fn aligned(page: &mut String, rows: &[Vec<String>]) {
    for line in super::aligned(rows).lines() {
        let _ = writeln!(page, "  {line}");
    }
}
