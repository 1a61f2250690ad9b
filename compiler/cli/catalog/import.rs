//! `payloadc catalog import`: reads the vendor's files, writes the tables.
//!
//! What the files mean is read by `compiler/catalog/import`.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::cli::arguments::{CatalogImport, Vendor};
use crate::cli::{Exit, Failure};
use crate::vendor_files::{File, Folder, Head, Made, apple, windows};

/// More files than any vendor publishes, and larger ones.
const FILES: usize = 5_000;
const BYTES: u64 = 32 << 20;
const DEPTH: usize = 12;

/// Where Apple's repository keeps what is read.
const APPLE: [&str; 2] = ["mdm/profiles", "declarative/declarations"];

/// Writes the tables that the folders have files for.
pub fn run(command: &CatalogImport) -> Result<Exit, Failure> {
    let (extension, below): (&str, &[&str]) = match command.vendor {
        Vendor::Apple => ("yaml", &APPLE),
        Vendor::Windows => ("xml", &[]),
    };
    let folders: Vec<Folder> = command.folders.iter().map(|path| folder(path, extension, below)).collect::<Result<_, _>>()?;
    let head = Head {
        release: command.release.clone().unwrap_or_else(|| release(&command.folders)),
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
            Vendor::Apple => "holds no description of a payload or declaration: name a checkout of apple/device-management",
            Vendor::Windows => "holds no DDF file: name a folder of unpacked DDF files",
        };
        let named: Vec<String> = command.folders.iter().map(|folder| format!("`{}`", folder.display())).collect();
        return Err(Failure(format!("{} {what}", named.join(", "))));
    }
    for table in &made {
        write(&command.into, table)?;
        let _ = writeln!(out, "{}: {}", command.into.join(table.path).display(), table.holds);
    }
    Ok(Exit::Clean)
}

fn write(into: &Path, table: &Made) -> Result<(), Failure> {
    let path = into.join(table.path);
    let failed = |error: std::io::Error| Failure(format!("`{}` cannot be written: {}", path.display(), error.kind()));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    // Beside the table first: a run that is stopped leaves no half of one.
    let beside = path.with_extension("tsv.new");
    fs::write(&beside, &table.text).and_then(|()| fs::rename(&beside, &path)).map_err(failed)
}

/// The release that the readme of a checkout names: the rows of a table of systems and versions.
fn release(folders: &[PathBuf]) -> String {
    let readme = |folder: &PathBuf| fs::read_to_string(folder.join("README.md")).ok();
    let Some(text) = folders.iter().find_map(readme) else { return String::new() };
    let version = |os: &str| {
        let row = text.lines().find(|line| line.split('|').nth(1).is_some_and(|cell| cell.trim() == os))?;
        let number = row.split('|').nth(2)?.trim();
        crate::schema::Version::parse(number).map(|_| format!("{os} {number}"))
    };
    [version("iOS"), version("macOS")].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The files of a folder that end as the vendor's do: in `below` where it has those folders, else all.
fn folder(path: &Path, extension: &str, below: &[&str]) -> Result<Folder, Failure> {
    if !path.is_dir() {
        return Err(Failure(format!("there is no folder `{}`", path.display())));
    }
    let inner: Vec<PathBuf> = below.iter().map(|below| path.join(below)).filter(|inner| inner.is_dir()).collect();
    let starts = if inner.is_empty() { vec![path.to_path_buf()] } else { inner };
    let mut found = Vec::new();
    for start in starts {
        walk(&start, extension, 0, &mut found)?;
    }
    found.sort();
    let files = found.iter().map(|path| file(path)).collect::<Result<_, _>>()?;
    let absolute = fs::canonicalize(path)?;
    let name = absolute.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    Ok(Folder { name, files })
}

fn walk(folder: &Path, extension: &str, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let entries =
        fs::read_dir(folder).map_err(|error| Failure(format!("`{}` cannot be read: {}", folder.display(), error.kind())))?;
    for entry in entries {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        if found.len() > FILES || depth > DEPTH {
            return Err(Failure(format!("`{}` holds more files than any vendor publishes", folder.display())));
        }
        if kind.is_dir() {
            walk(&path, extension, depth + 1, found)?;
        } else if kind.is_file() && path.extension().is_some_and(|own| own.eq_ignore_ascii_case(extension)) {
            found.push(path);
        }
    }
    Ok(())
}

fn file(path: &Path) -> Result<File, Failure> {
    let shown = path.display().to_string();
    let failed = |why: String| Failure(format!("`{shown}` cannot be read: {why}"));
    if fs::metadata(path).map_err(|error| failed(error.kind().to_string()))?.len() > BYTES {
        return Err(failed(format!("it has more than {BYTES} bytes")));
    }
    let bytes = fs::read(path).map_err(|error| failed(error.kind().to_string()))?;
    let text = String::from_utf8(bytes).map(|text| text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned()).map_err(|error| {
        let before = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        u32::try_from(before.iter().filter(|byte| **byte == b'\n').count()).unwrap_or(0) + 1
    });
    Ok(File { path: shown, text })
}
