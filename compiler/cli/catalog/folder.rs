//! Folders of a vendor's files, read for an import.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::Failure;
use crate::vendor_files::{File, Folder};

/// More files than any vendor publishes, and larger ones.
const FILES: usize = 5_000;
const BYTES: u64 = 32 << 20;
const DEPTH: usize = 12;

/// The files of a folder that end as the vendor's do: in `below` where it has those folders, else all.
///
/// # Errors
/// There is no such folder, or it or a file in it cannot be read or is larger than any of the vendor's.
pub fn folder(path: &Path, extension: &str, below: &[&str]) -> Result<Folder, Failure> {
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
    Ok(Folder { name, files, readme: readme(&absolute, below) })
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

/// The README of a checkout; of the one around a folder inside a checkout that the vendor calls so.
fn readme(path: &Path, below: &[&str]) -> Option<String> {
    let inner = below
        .iter()
        .flat_map(|below| Path::new(below).ancestors())
        .find(|inner| path.ends_with(inner) && inner.components().count() > 0);
    let depth = inner.map_or(0, |inner| inner.components().count());
    let readme = path.ancestors().nth(depth)?.join("README.md");
    let size = fs::metadata(&readme).ok()?.len();
    (size <= BYTES).then(|| fs::read_to_string(&readme).ok())?
}
