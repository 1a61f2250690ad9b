//! `payloadc catalog import`: reads the vendor's files, compares what they hold with the facts in use, writes the tables.
//!
//! What the files mean is read by `compiler/catalog/import`.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use super::folder::folder;
use crate::builtin::CATALOG;
use crate::cli::arguments::{CatalogImport, Vendor};
use crate::cli::{Exit, Failure};
use crate::vendor_files::{Folder, Head, Made, apple, windows};

/// Where Apple's repository keeps what is read.
const APPLE: [&str; 2] = ["mdm/profiles", "declarative/declarations"];

/// So many names of what is lacking are listed.
const NAMES: usize = 5;

/// Writes the tables that the folders have files for: all of them, or none.
pub fn run(command: &CatalogImport) -> Result<Exit, Failure> {
    let (extension, below): (&str, &[&str]) = match command.vendor {
        Vendor::Apple => ("yaml", &APPLE),
        Vendor::Windows => ("xml", &[]),
    };
    let folders: Vec<Folder> = command.folders.iter().map(|path| folder(path, extension, below)).collect::<Result<_, _>>()?;
    let head = Head {
        release: command.release.clone().unwrap_or_default(),
        date: command.date.clone().unwrap_or_default(),
        source: command.source.clone().unwrap_or_default(),
    };
    let (made, skipped) = match command.vendor {
        Vendor::Apple => (apple(&folders, &head).map_err(|mistake| Failure(mistake.to_string()))?, Vec::new()),
        Vendor::Windows => windows(&folders, &head).map_err(|mistake| Failure(mistake.to_string()))?,
    };
    let mut out = std::io::stderr().lock();
    for mistake in skipped {
        let _ = writeln!(out, "payloadc: skipped {mistake}");
    }
    if made.is_empty() {
        let what = match command.vendor {
            Vendor::Apple => "no description of a payload or declaration: name a checkout of apple/device-management",
            Vendor::Windows => "no DDF file: name a folder of unpacked DDF files",
        };
        return Err(Failure(format!("{} {what}", hold(command))));
    }
    let mut lacking = String::new();
    let mut tables = Vec::new();
    for table in made {
        let in_use = in_use(&command.into, table.path());
        let _ =
            writeln!(out, "{}: {}; in use: {}, {}", table.path(), table.holds(), table.other_holds(&in_use.text), in_use.release);
        for note in &table.notes {
            let _ = writeln!(out, "  {note}");
        }
        let names = table.lacks(&in_use.text);
        if !names.is_empty() && !command.merge && !command.replace {
            let _ = write!(lacking, "\n  {}: {}", table.path(), listed(&names));
        }
        tables.push(if command.merge { table.merged(&in_use.text, &in_use.release) } else { table });
    }
    if !lacking.is_empty() {
        return Err(Failure(format!(
            "{} less than the catalog in use, and nothing was written; what is not in it:{lacking}\n\
             `--merge` takes what is in it and keeps the rest of the catalog in use; `--replace` does without the rest",
            hold(command)
        )));
    }
    for table in &tables {
        write(&command.into, table)?;
        let _ = writeln!(out, "{}: {}, {}", command.into.join(table.path()).display(), table.holds(), table.release());
    }
    Ok(Exit::Clean)
}

/// ``  `DDFv2` holds ``.
fn hold(command: &CatalogImport) -> String {
    let named: Vec<String> = command.folders.iter().map(|folder| format!("`{}`", folder.display())).collect();
    format!("{} {}", named.join(", "), if named.len() == 1 { "holds" } else { "hold" })
}

/// `A, B and 3 more`.
fn listed(names: &[String]) -> String {
    let shown = names.iter().take(NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = names.len().saturating_sub(NAMES);
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

/// The table that a new one takes the place of.
struct InUse {
    text: String,
    release: String,
}

/// The table in the folder where the new one is written; the built-in one where there is none that can be read.
fn in_use(into: &Path, path: &str) -> InUse {
    let own = fs::read_to_string(into.join(path)).ok().filter(|text| CATALOG.is_table(path, text));
    let text = own.unwrap_or_else(|| CATALOG.table(path).to_owned());
    let release = crate::catalog::release(&text).to_owned();
    InUse { text, release }
}

fn write(into: &Path, table: &Made) -> Result<(), Failure> {
    let path = into.join(table.path());
    let failed = |error: std::io::Error| Failure(format!("`{}` cannot be written: {}", path.display(), error.kind()));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    // Beside the table first: a run that is stopped leaves no half of one.
    let beside = path.with_extension("tsv.new");
    fs::write(&beside, table.text()).and_then(|()| fs::rename(&beside, &path)).map_err(failed)
}
