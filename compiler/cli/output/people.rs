//! Folders of single people below `users/`: each is replaced as a whole, one by one, so that memory does not grow with their number.
//! Nothing is synced, as there may be a million files: what a power cut spoils the next build finds different and writes anew.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::disk::{cannot, look, make_folder, refusal, write_new};
use super::paths::check_path;
use super::{FileToWrite, Held, MANIFEST};

/// Where people's folders stand.
const USERS: &str = "users";

impl Held {
    /// Replaces the folder of a person. `files` lie below it; one of them is its manifest.
    ///
    /// # Errors
    /// The folder is not ours, or the file system refuses; the old folder is still there then.
    pub fn replace_person(&self, folder: &str, files: &[FileToWrite]) -> io::Result<()> {
        let users = self.users()?;
        let place = users.join(folder);
        let old = ours(&place)?;
        if old && unchanged(&place, files) {
            return Ok(());
        }
        let staging = self.own("users");
        make_folder(&staging, 0o755)?;
        let (new, gone) = (staging.join(format!("{folder}.new")), staging.join(format!("{folder}.old")));
        for left in [&new, &gone] {
            if look(left)?.is_some() {
                fs::remove_dir_all(left).map_err(cannot("delete the folder", left))?;
            }
        }
        for file in files {
            check_path(&format!("{USERS}/{folder}/{}", file.path))?;
            let path = new.join(&file.path);
            let parent = path.parent().unwrap_or(&new);
            fs::create_dir_all(parent).map_err(cannot("create the folder", parent))?;
            write_new(&path, &file.bytes, file.mode())?;
        }
        if old {
            fs::rename(&place, &gone).map_err(cannot("move away", &place))?;
        }
        if let Err(error) = fs::rename(&new, &place) {
            // Without the new one the old one is better than none.
            let _ = fs::rename(&gone, &place);
            return Err(cannot("move into place", &place)(error));
        }
        if old { fs::remove_dir_all(&gone).map_err(cannot("delete the folder", &gone)) } else { Ok(()) }
    }

    /// Removes the folders of people who get nothing any more; says how many.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn remove_people(&self, keep: &dyn Fn(&str) -> bool) -> io::Result<usize> {
        let users = self.users()?;
        let mut removed = 0;
        for entry in fs::read_dir(&users).map_err(cannot("read", &users))? {
            let entry = entry.map_err(cannot("read", &users))?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            if !keep(&name) && entry.path().join(MANIFEST).is_file() && look(&entry.path())?.is_some_and(|found| found.is_dir()) {
                fs::remove_dir_all(entry.path()).map_err(cannot("delete the folder", &entry.path()))?;
                removed += 1;
            }
        }
        let staging = self.own("users");
        if look(&staging)?.is_some() {
            fs::remove_dir_all(&staging).map_err(cannot("delete the folder", &staging))?;
        }
        Ok(removed)
    }

    fn users(&self) -> io::Result<PathBuf> {
        let users = self.root.join(USERS);
        make_folder(&users, 0o755)?;
        Ok(users)
    }
}

/// Whether a folder is there; one without a manifest is not ours.
fn ours(place: &Path) -> io::Result<bool> {
    match look(place)? {
        None => Ok(false),
        Some(found) if found.is_dir() && place.join(MANIFEST).is_file() => Ok(true),
        Some(_) => Err(refusal(place, "was not written by payloadc, and the folder of a person belongs there: move it away")),
    }
}

/// Whether the folder holds these files already. One with a secret is compared by its bytes as well.
fn unchanged(place: &Path, files: &[FileToWrite]) -> bool {
    files.iter().all(|file| fs::read(place.join(&file.path)).is_ok_and(|bytes| bytes == file.bytes))
}
