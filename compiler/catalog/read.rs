//! Cells of a table: splitting a row, flags, versions, and the escapes of what is written with blanks.
//!
//! What the columns mean is known to `apple.rs` and `windows.rs`.

use std::borrow::Cow;

use crate::schema::Version;

/// The cells of a row, which must be `N`.
pub(super) fn cells<const N: usize>(line: &'static str) -> Result<[&'static str; N], String> {
    let mut cells = [""; N];
    let mut found = 0;
    for cell in line.split('\t') {
        if let Some(slot) = cells.get_mut(found) {
            *slot = cell;
        }
        found += 1;
    }
    if found == N { Ok(cells) } else { Err(format!("{found} cells, {N} columns")) }
}

/// Blank-separated words of a cell, split at the first `=`.
pub(super) fn flags(cell: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    cell.split(' ').filter(|word| !word.is_empty()).map(|word| word.split_once('=').unwrap_or((word, "")))
}

/// Undoes `%20` and `%25`, which stand for a blank and a percent sign in flags.
pub(super) fn plain(text: &'static str) -> Cow<'static, str> {
    if text.contains('%') { text.replace("%20", " ").replace("%25", "%").into() } else { text.into() }
}

pub(super) fn version(text: &str) -> Result<Version, String> {
    Version::parse(text).ok_or_else(|| format!("`{text}` is no version"))
}

pub(super) fn some(text: &'static str) -> Option<&'static str> {
    (!text.is_empty()).then_some(text)
}
