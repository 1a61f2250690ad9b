//! The facts of a workspace: tables in its `.payloadc/catalog` take the place of those that are built in.
//!
//! Which tables there are and how they are read is known to `compiler/catalog`.

use std::fs;
use std::path::Path;

use crate::builtin::CATALOG;
use crate::catalog::{Catalog, Mistake};
use crate::cli::Failure;

/// Where a workspace keeps imported facts.
const FOLDER: &str = ".payloadc/catalog";

/// A table has this many bytes at most.
const BYTES: u64 = 64 << 20;

/// The catalog of a workspace: the built-in one where it has no tables of its own.
///
/// # Errors
/// A table cannot be read, or is none.
pub fn of_workspace(root: &Path) -> Result<&'static Catalog, Failure> {
    let folder = root.join(FOLDER);
    if !folder.is_dir() {
        return Ok(&CATALOG);
    }
    let [payloads, declarations, nodes] = Catalog::TABLES;
    let read = |name: &str| table(&folder.join(name));
    let own = [read(payloads)?, read(declarations)?, read(nodes)?];
    if own.iter().all(Option::is_none) {
        return Ok(&CATALOG);
    }
    CATALOG.with_tables(own).map_err(|(name, Mistake { line, what })| {
        let path = folder.join(name);
        Failure(format!("`{}` line {line}: {what}; write it anew with `payloadc catalog import`, or remove it", path.display()))
    })
}

/// The text of a table, if there is one.
fn table(path: &Path) -> Result<Option<String>, Failure> {
    let failed = |why: &str| Failure(format!("`{}` cannot be read: {why}", path.display()));
    let Ok(facts) = fs::metadata(path) else { return Ok(None) };
    if facts.len() > BYTES {
        return Err(failed("it is larger than any table"));
    }
    let bytes = fs::read(path).map_err(|error| failed(&error.kind().to_string()))?;
    String::from_utf8(bytes).map(Some).map_err(|_| failed("it is no UTF-8"))
}
