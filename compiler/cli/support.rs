//! `payloadc support`: which target takes which field.

use super::arguments::MatrixFormat;
use crate::builtin::SCHEMAS;
use crate::check::{list, nearest};
use crate::reference::{support, support_markdown, support_table};

/// How the matrix is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Aligned text.
    Text,
    /// Markdown.
    Markdown,
    /// An array with an object for each cell.
    Json,
}

impl From<MatrixFormat> for Format {
    fn from(format: MatrixFormat) -> Format {
        match format {
            MatrixFormat::Table => Format::Text,
            MatrixFormat::Markdown => Format::Markdown,
            MatrixFormat::Json => Format::Json,
        }
    }
}

/// The matrix of a kind, or of all.
///
/// # Errors
/// There is no such kind.
pub fn run(kind: Option<&str>, format: Format) -> Result<String, String> {
    let kind = kind.map(|name| SCHEMAS.kind(name).ok_or_else(|| unknown(name))).transpose()?;
    let rows = support(&SCHEMAS, kind);
    match format {
        Format::Text => Ok(support_table(&rows)),
        Format::Markdown => Ok(support_markdown(&rows)),
        Format::Json => serde_json::to_string_pretty(&rows).map(|text| text + "\n").map_err(|error| error.to_string()),
    }
}

fn unknown(name: &str) -> String {
    let known = || SCHEMAS.kinds.iter().map(|kind| kind.name);
    match nearest(name, known()) {
        Some(near) => format!("no kind is called `{name}`; `{near}` is near"),
        None => format!("no kind is called `{name}`; known are {}", list(known())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_and_every_kind() {
        for kind in SCHEMAS.kinds {
            let table = run(Some(kind.name), Format::Text).unwrap();
            assert!(table.starts_with(kind.name));
            assert!(run(Some(kind.name), Format::Markdown).unwrap().starts_with(&format!("## `{}`", kind.name)));
        }
        let json: serde_json::Value = serde_json::from_str(&run(None, Format::Json).unwrap()).unwrap();
        let rows = json.as_array().unwrap();
        assert!(
            rows.iter()
                .any(|row| row["kind"] == "email" && row["field"] == "host" && row["target"] == "ios" && row["answer"] == "yes")
        );
        assert_eq!(run(Some("emial"), Format::Text).unwrap_err(), "no kind is called `emial`; `email` is near");
    }
}
