//! Files read from the disk: text that is bounded and UTF-8, and what profiles name, never outside of the workspace.

use std::fs;
use std::io::{BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::check::{FileProblem, Files};
use crate::source::Limits;

/// A file's bytes, but not more than the compiler reads.
pub fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(std::io::Error::other("it is no regular file"));
    }
    let most = u64::try_from(Limits::default().file_bytes).unwrap_or(u64::MAX) + 1;
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A file that is no UTF-8 text.
pub struct NoText {
    /// What is wrong, as the end of a sentence about the file.
    pub what: String,
    /// As much of it as can be shown.
    pub shown: String,
    /// Where it stops to be UTF-8 in what can be shown.
    pub at: Option<(u32, u32)>,
}

/// UTF-8 text without its byte order mark, and whether there was one.
pub fn decode(bytes: Vec<u8>) -> Result<(String, bool), NoText> {
    let hidden = |what: String| NoText { what, shown: String::new(), at: None };
    let most = Limits::default().file_bytes;
    if bytes.len() > most {
        return Err(hidden(format!("has more than {most} bytes")));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(hidden("is UTF-16, and UTF-8 is read".into()));
    }
    if bytes.len() >= 4 && bytes.iter().skip(1).step_by(2).take(8).all(|byte| *byte == 0) {
        return Err(hidden("is UTF-16 without a byte order mark, and UTF-8 is read".into()));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let bytes = error.as_bytes();
        let line = bytes.get(..at).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count() + 1;
        let what = format!("is not UTF-8: byte {} (line {line}) begins no character", at + 1);
        match u32::try_from(at) {
            // The character that stands in for what cannot be read has three bytes.
            Ok(at) if !bytes.contains(&0) => {
                NoText { what, shown: String::from_utf8_lossy(bytes).into_owned(), at: Some((at, at + 3)) }
            }
            _ => hidden(what),
        }
    })?;
    match text.strip_prefix('\u{feff}') {
        Some(rest) => Ok((rest.to_owned(), true)),
        None => Ok((text, false)),
    }
}

/// Files that profiles name, on disk, never outside of the workspace.
pub struct OnDisk {
    /// The workspace.
    pub root: PathBuf,
}

/// A certificate file larger than this is a mistake.
const LARGEST: u64 = 4 << 20;

impl OnDisk {
    /// Where a file of the workspace lies, every link followed, and how large it is.
    fn find(&self, path: &str) -> Result<(PathBuf, u64), FileProblem> {
        let root = fs::canonicalize(&self.root).map_err(|error| problem(&error))?;
        let whole = fs::canonicalize(self.root.join(path)).map_err(|error| problem(&error))?;
        if !whole.starts_with(&root) {
            return Err(FileProblem::Outside);
        }
        let metadata = fs::metadata(&whole).map_err(|error| problem(&error))?;
        if !metadata.is_file() {
            return Err(FileProblem::Unreadable("it is no file".into()));
        }
        Ok((whole, metadata.len()))
    }
}

fn problem(error: &std::io::Error) -> FileProblem {
    match error.kind() {
        std::io::ErrorKind::NotFound => FileProblem::Missing,
        kind => FileProblem::Unreadable(kind.to_string()),
    }
}

impl Files for OnDisk {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileProblem> {
        let (whole, length) = self.find(path)?;
        if length > LARGEST {
            return Err(FileProblem::Unreadable(format!("it has {length} bytes, {LARGEST} are read")));
        }
        fs::read(&whole).map(Arc::from).map_err(|error| problem(&error))
    }

    fn open(&self, path: &str) -> Result<Box<dyn BufRead + '_>, FileProblem> {
        let (whole, _) = self.find(path)?;
        Ok(Box::new(BufReader::with_capacity(1 << 16, fs::File::open(whole).map_err(|error| problem(&error))?)))
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.root.join(folder)).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }
}
