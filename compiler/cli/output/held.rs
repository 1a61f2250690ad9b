//! The lock on an output folder, and our own folder in it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::disk::{cannot, delete, look, make_folder, own_file, refusal, sync_folder};
use super::journal::{damaged, parse};
use super::paths::{check_path, file};
use super::{Change, OWN};

/// The lock on an output folder; dropping it lets the next build in.
pub struct Held {
    /// The output folder, every link followed.
    pub(super) root: PathBuf,
    /// Never read: its being open is the lock.
    _lock: File,
}

/// Takes the lock on an output folder: creates the folder when it is absent, waits for another build, and takes back what a killed
/// build left half-done.
///
/// # Errors
/// The folder or our own files in it cannot be made or read, or the journal of a killed build is damaged or cannot be followed.
pub fn hold(out: &Path) -> io::Result<Held> {
    fs::create_dir_all(out).map_err(cannot("create the folder", out))?;
    let root = fs::canonicalize(out).map_err(cannot("look up", out))?;
    let own = root.join(OWN);
    make_folder(&own, 0o755)?;
    let path = own.join("lock");
    own_file(&path)?;
    let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
    let lock = open.map_err(cannot("open", &path))?;
    wait(&lock).map_err(cannot("lock", &path))?;
    let held = Held { root, _lock: lock };
    held.ignore()?;
    held.recover()?;
    Ok(held)
}

/// Waits until no other process has the lock.
fn wait(lock: &File) -> io::Result<()> {
    loop {
        match lock.lock() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

impl Held {
    /// The bytes of a file of the output folder, if it is there.
    ///
    /// # Errors
    /// The path is not one that payloadc writes, leads over a symbolic link, is not a file, or cannot be read.
    pub fn read(&self, path: &str) -> io::Result<Option<Vec<u8>>> {
        check_path(path)?;
        let place = file(&self.root, path)?;
        place.found.map(|_| fs::read(&place.path).map_err(cannot("read", &place.path))).transpose()
    }

    /// Does the whole change or, on an error, nothing.
    ///
    /// # Errors
    /// A path is not one that payloadc writes, leads over a symbolic link or to a folder, or the file system refuses. Should it
    /// refuse to take the first steps back as well, the error says so and the next build does that.
    pub fn commit(&self, change: &Change) -> io::Result<()> {
        super::paths::check_change(change)?;
        self.recover()?;
        let done = self.prepare(change).and_then(|steps| self.apply(&steps).and_then(|()| self.forget()));
        match done {
            // The change is in place. What cannot be deleted now the next build deletes, or it says why not.
            Ok(()) => self.sweep().or(Ok(())),
            Err(error) => Err(match self.recover() {
                Ok(()) => error,
                Err(second) => {
                    let text = format!("{error}; this could not be taken back ({second}), so the next build will do that");
                    io::Error::new(error.kind(), text)
                }
            }),
        }
    }

    /// Keeps our own folder out of Git.
    fn ignore(&self) -> io::Result<()> {
        let path = self.own(".gitignore");
        own_file(&path)?;
        if fs::read(&path).is_ok_and(|bytes| bytes == b"*\n") {
            return Ok(());
        }
        fs::write(&path, "*\n").map_err(cannot("write", &path))
    }

    /// Takes back what a journal says, throws away what was only staged.
    fn recover(&self) -> io::Result<()> {
        let path = self.own("journal");
        own_file(&path)?;
        if look(&path)?.is_some() {
            let bytes = fs::read(&path).map_err(cannot("read", &path))?;
            let steps = parse(&bytes).map_err(|line| damaged(&path, line))?;
            self.take_back(&steps).map_err(cannot("take back the interrupted build that is recorded in", &path))?;
            self.forget()?;
        }
        self.sweep()
    }

    /// Deletes the journal: what it says is done for good, or taken back.
    pub(super) fn forget(&self) -> io::Result<()> {
        if delete(&self.own("journal"))? { sync_folder(&self.root.join(OWN)) } else { Ok(()) }
    }

    /// Deletes what only a journal needs.
    fn sweep(&self) -> io::Result<()> {
        delete(&self.own("journal.new"))?;
        let staging = self.staging();
        match look(&staging)? {
            None => Ok(()),
            Some(found) if found.is_dir() => fs::remove_dir_all(&staging).map_err(cannot("delete the folder", &staging)),
            Some(_) => Err(refusal(&staging, "is not a folder")),
        }
    }

    pub(super) fn own(&self, name: &str) -> PathBuf {
        self.root.join(OWN).join(name)
    }

    pub(super) fn staging(&self) -> PathBuf {
        self.own("staging")
    }
}
