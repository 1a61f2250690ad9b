//! Which paths a build may touch, and what lies there: never outside the output folder, never over a symbolic link.

use std::collections::BTreeSet;
use std::fs::Metadata;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::disk::{look, refusal};
use super::{Change, OWN};

/// Where a path leads.
pub struct Place {
    /// On the disk.
    pub path: PathBuf,
    /// What lies there.
    pub found: Option<Metadata>,
    /// The part of the path, as given, that is a file although more follows.
    pub blocked: Option<String>,
}

/// Follows a checked path from the output folder, over real folders only.
pub fn locate(root: &Path, path: &str) -> io::Result<Place> {
    let mut place = Place { path: root.to_owned(), found: None, blocked: None };
    let mut way = String::new();
    let mut segments = path.split('/').peekable();
    let mut ended = false;
    while let Some(segment) = segments.next() {
        // One at a time: Windows takes `/` in a canonical path for a part of the name.
        place.path.push(segment);
        way.push_str(if way.is_empty() { "" } else { "/" });
        way.push_str(segment);
        let Some(found) = (if ended { None } else { look(&place.path)? }) else {
            ended = true;
            continue;
        };
        if found.is_symlink() {
            return Err(refusal(&place.path, "is a symbolic link; payloadc does not follow links"));
        }
        if segments.peek().is_none() {
            place.found = Some(found);
        } else if !found.is_dir() {
            place.blocked = Some(way.clone());
            ended = true;
        }
    }
    Ok(place)
}

/// Where a checked path leads, if a file is or may be there.
pub fn file(root: &Path, path: &str) -> io::Result<Place> {
    let place = locate(root, path)?;
    match &place.found {
        Some(found) if found.is_dir() => Err(refusal(&place.path, "is a folder where a file is needed")),
        Some(found) if !found.is_file() => Err(refusal(&place.path, "is not a plain file")),
        Some(_) | None => Ok(place),
    }
}

/// Checks all paths of a change, alone and against each other, as a file system that ignores case sees them.
pub fn check_change(change: &Change) -> io::Result<()> {
    let mut written = BTreeSet::new();
    for file in &change.write {
        check_path(&file.path)?;
        if !written.insert(file.path.to_lowercase()) {
            return Err(bad_path(&file.path, "is written twice"));
        }
        if change.remove.contains(&file.path) {
            return Err(bad_path(&file.path, "is both written and removed"));
        }
    }
    for path in &written {
        if path.match_indices('/').any(|(at, _)| path.get(..at).is_some_and(|folder| written.contains(folder))) {
            return Err(bad_path(path, "is written below a path that is written as a file"));
        }
    }
    change.remove.iter().try_for_each(|path| check_path(path))
}

/// A path is relative and cannot leave the output folder, reach our own folder, or break the journal, on any system.
pub fn check_path(path: &str) -> io::Result<()> {
    let reason = if path.is_empty() {
        "is empty"
    } else if path.contains('\\') {
        "has a backslash"
    } else if path.contains(':') {
        // A drive or, further on, an alternate data stream.
        "has a colon"
    } else if path.contains(char::is_control) {
        "has a control character"
    } else if path.split('/').any(str::is_empty) {
        "is absolute or has an empty segment"
    } else if path.split('/').any(|segment| segment.ends_with(['.', ' '])) {
        // `.`, `..`, and what Windows shortens to them.
        "has a segment that ends with a dot or a space"
    } else if path.split('/').next().is_some_and(|first| first.eq_ignore_ascii_case(OWN)) {
        "is in the folder that payloadc keeps for itself"
    } else {
        return Ok(());
    };
    Err(bad_path(path, reason))
}

fn bad_path(path: &str, why: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, format!("the path `{}` of the output folder {why}", path.escape_debug()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::FileToWrite;

    fn refused(write: &[&str], remove: &[&str]) -> String {
        let file = |path: &&str| FileToWrite { path: (*path).to_owned(), bytes: Vec::new(), secret: false };
        let change =
            Change { write: write.iter().map(file).collect(), remove: remove.iter().map(|path| (*path).to_owned()).collect() };
        check_change(&change).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn stay_inside() {
        let bad = ["", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a\\b", "C:", "C:/a", "a:b", "a\nb", "a\0"];
        for path in bad.into_iter().chain(["a.", "a /b", ".. /a", ".payloadc", ".payloadc/lock", ".PayloadC/journal"]) {
            assert!(refused(&["good", path], &[]).contains("of the output folder"), "{path:?}");
            assert!(refused(&["good"], &[path]).contains("of the output folder"), "{path:?}");
        }
        for path in ["a", "a/b", "..a", ".hidden", "a b", "ä/ö.xml", "a/.payloadc"] {
            assert_eq!(refused(&[path], &[]), "");
        }
    }

    #[test]
    fn do_not_meet() {
        assert!(refused(&["a", "a"], &[]).contains("written twice"));
        assert!(refused(&["a", "A"], &[]).contains("written twice"));
        assert!(refused(&["a"], &["a"]).contains("both written and removed"));
        assert!(refused(&["a/b/c", "A/b"], &[]).contains("written below"));
        assert_eq!(refused(&["a/bc", "a/b"], &["x", "x"]), "");
    }
}
