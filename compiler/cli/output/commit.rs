//! The steps of a commit, forward and back.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::disk::{cannot, delete, has_bytes, look, make_folder, mode, refusal, sync_file, sync_folder, write_new};
use super::held::Held;
use super::journal::{Step, journal};
use super::paths::{Place, file, locate};
use super::{Change, FileToWrite, OWN};

impl Held {
    /// Stages the new files, keeps the old ones, writes the journal: removals first. Without a difference: no journal, no step.
    pub(super) fn prepare(&self, change: &Change) -> io::Result<Vec<Step>> {
        make_folder(&self.staging(), 0o700)?;
        let mut steps = Vec::new();
        let removals: BTreeSet<&String> = change.remove.iter().collect();
        for path in &removals {
            let place = file(&self.root, path)?;
            if place.found.is_some() {
                self.keep(steps.len(), &place)?;
                steps.push(Step { path: (*path).clone(), was: true });
            }
        }
        let folded: BTreeSet<String> = removals.iter().map(|path| path.to_lowercase()).collect();
        for new in &change.write {
            let place = file(&self.root, &new.path)?;
            if let Some(way) = place.blocked.as_ref().filter(|way| !removals.contains(way)) {
                return Err(refusal(&self.root.join(way), "is a file where a folder is needed"));
            }
            // Where names ignore case, a removal that differs in case takes the file away: write it in any event.
            if self.stage(steps.len(), new, &place, folded.contains(&new.path.to_lowercase()))? {
                steps.push(Step { path: new.path.clone(), was: place.found.is_some() });
            }
        }
        if !steps.is_empty() {
            self.record(&steps)?;
        }
        Ok(steps)
    }

    /// Stages one file and keeps the old one, unless what lies there is right.
    fn stage(&self, number: usize, new: &FileToWrite, place: &Place, anyway: bool) -> io::Result<bool> {
        let right = match &place.found {
            Some(found) if !anyway => has_bytes(&place.path, found, &new.bytes)?,
            Some(_) | None => false,
        };
        let found = place.found.as_ref().and_then(mode);
        if right && found.is_none_or(|mode| mode == new.mode()) {
            return Ok(false);
        }
        let staged = self.staged("new", number);
        write_new(&staged, &new.bytes, new.mode())?;
        // A file system without modes (FAT, a Windows drive in WSL) gives every file its own: there is no difference to remove.
        if right && found == look(&staged)?.as_ref().and_then(mode) {
            delete(&staged)?;
            return Ok(false);
        }
        if place.found.is_some() {
            self.keep(number, place)?;
        }
        Ok(true)
    }

    /// Keeps what lies at a place: as a second name where there can be one, so that it comes back with its date.
    fn keep(&self, number: usize, place: &Place) -> io::Result<()> {
        let kept = self.staged("old", number);
        let linked = fs::hard_link(&place.path, &kept);
        linked.or_else(|_| fs::copy(&place.path, &kept).map(|_| ())).map_err(cannot("keep a copy of", &place.path))
    }

    /// Writes the journal. From its rename on, what the steps do can be taken back.
    fn record(&self, steps: &[Step]) -> io::Result<()> {
        let staged = (0..steps.len()).map(|number| self.staged("new", number));
        for path in staged {
            if look(&path)?.is_some() {
                sync_file(&path)?;
            }
        }
        sync_folder(&self.staging())?;
        let fresh = self.own("journal.new");
        write_new(&fresh, journal(steps).as_bytes(), 0o644)?;
        sync_file(&fresh)?;
        fs::rename(&fresh, self.own("journal")).map_err(cannot("rename", &fresh))?;
        sync_folder(&self.root.join(OWN))
    }

    /// Takes all steps, then removes the folders that have become empty.
    pub(super) fn apply(&self, steps: &[Step]) -> io::Result<()> {
        let mut removed = Vec::new();
        for (number, step) in steps.iter().enumerate() {
            if !self.put(number, &step.path)? {
                removed.push(&step.path);
            }
        }
        for path in removed {
            self.prune(path);
        }
        self.sync(steps)
    }

    /// Moves a staged file to its place; where none is staged, deletes what lies there. Returns whether there is a file now.
    pub(super) fn put(&self, number: usize, path: &str) -> io::Result<bool> {
        let staged = self.staged("new", number);
        let place = file(&self.root, path)?;
        if look(&staged)?.is_none() {
            delete(&place.path)?;
            return Ok(false);
        }
        self.make_parents(&place.path)?;
        fs::rename(&staged, &place.path).map_err(cannot("write", &place.path))?;
        Ok(true)
    }

    /// Takes steps back, last first, from whatever point was reached. Doing it twice does no harm.
    pub(super) fn take_back(&self, steps: &[Step]) -> io::Result<()> {
        for (number, step) in steps.iter().enumerate().rev() {
            // What is still staged was never put there, at most its folders were made.
            let reached = look(&self.staged("new", number))?.is_none();
            let kept = self.staged("old", number);
            if !step.was {
                let place = locate(&self.root, &step.path)?;
                if reached && place.found.is_some_and(|found| found.is_file()) {
                    delete(&place.path)?;
                }
                self.prune(&step.path);
            } else if reached && look(&kept)?.is_some() {
                let place = file(&self.root, &step.path)?;
                self.make_parents(&place.path)?;
                fs::rename(&kept, &place.path).map_err(cannot("put back", &place.path))?;
            }
        }
        self.sync(steps)
    }

    fn make_parents(&self, path: &Path) -> io::Result<()> {
        let Some(parent) = path.parent() else { return Ok(()) };
        fs::create_dir_all(parent).map_err(cannot("create the folder", parent))
    }

    /// Removes the folders above a removed file as far as they are empty. One that stays does no harm.
    fn prune(&self, path: &str) {
        let Ok(place) = locate(&self.root, path) else { return };
        for folder in place.path.ancestors().skip(1).take_while(|folder| *folder != self.root) {
            if look(folder).is_ok_and(|found| found.is_some()) && fs::remove_dir(folder).is_err() {
                return;
            }
        }
    }

    /// Makes the steps last through a power cut.
    fn sync(&self, steps: &[Step]) -> io::Result<()> {
        let mut folders = BTreeSet::from([self.staging()]);
        for step in steps {
            let place = locate(&self.root, &step.path)?;
            folders
                .extend(place.path.ancestors().skip(1).take_while(|folder| folder.starts_with(&self.root)).map(Path::to_owned));
        }
        folders.iter().try_for_each(|folder| sync_folder(folder))
    }

    pub(super) fn staged(&self, age: &str, number: usize) -> PathBuf {
        self.staging().join(format!("{age}-{number}"))
    }
}
