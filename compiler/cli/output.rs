//! How a build's files reach the output folder: all of them or none, one build at a time, and nothing else touched.
//!
//! It does not decide what is written or removed, does not look inside an artifact, and does not defend against somebody who
//! changes the folder during the few system calls of a commit.
//!
//! A commit writes every new file to `.payloadc/staging/`, syncs it, and keeps the old one beside it. Then it writes
//! `.payloadc/journal`: until that rename, nothing has changed; after it, the change will happen. Should a step fail, the steps
//! before it are taken back and the journal is deleted. Should the process die, the next [`hold`] repeats the steps.
//!
//! ```text
//! payloadc/journal/1
//! remove 0 windows_phone/old-mail.install.xml
//! write 1 ios/corporate-mail.mobileconfig
//! end 2
//! ```
//!
//! The number names the staged file: `new-1` becomes the path of step 1, `old-1` is what lay there. Removals come first.

#![allow(clippy::disallowed_methods, reason = "the command line is the only room with I/O")]

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Component, Path, PathBuf};

/// Our own folder inside the output folder.
const OWN: &str = ".payloadc";
/// The first line of a journal.
const JOURNAL: &str = "payloadc/journal/1";
/// The file by which an output folder is known as ours.
const MANIFEST: &str = "manifest.json";
/// What the top-level `schema` of that file says.
const MANIFEST_SCHEMA: &[u8] = b"payloadc/manifest/1";
/// Deeper JSON is not our manifest.
const DEEPEST: u8 = 64;

/// What a build does to its output folder.
#[derive(Default)]
pub struct Change {
    /// Files that exist afterwards with these bytes. One that is right already is not touched.
    pub write: Vec<FileToWrite>,
    /// Paths that do not exist afterwards. One that is absent already is no error.
    pub remove: Vec<String>,
}

/// A file of the output folder. It has no `Debug`: its bytes may be secret.
pub struct FileToWrite {
    /// Relative to the output folder, `/` between the segments.
    pub path: String,
    /// The whole content.
    pub bytes: Vec<u8>,
    /// Whether only the owner may read it: mode 0600 instead of 0644 on Unix.
    pub secret: bool,
}

impl FileToWrite {
    fn mode(&self) -> u32 {
        if self.secret { 0o600 } else { 0o644 }
    }
}

// ---------------------------------------------------------------------------------------------------------------------------
// Which folders are refused

/// Refuses an output folder that a build must not write to.
///
/// # Errors
/// The sentence for the user.
pub fn refuse(out: &Path, workspace: &Path, home: Option<&Path>, profile_folders: &[PathBuf]) -> Result<(), String> {
    let place = resolve(out)?;
    let refused = |why: &str| Err(format!("the output folder `{}` {why}", out.display()));
    if place.parent().is_none() {
        return refused("is the root of the file system; choose a folder of its own");
    }
    let workspace = resolve(workspace)?;
    if place == workspace {
        return refused("is the workspace itself; choose a folder inside it, such as `dist`");
    }
    if workspace.starts_with(&place) {
        return refused("contains the workspace; choose a folder inside the workspace, such as `dist`");
    }
    // A home that cannot be looked up is not this folder, which could.
    if home.is_some_and(|home| resolve(home).is_ok_and(|home| home == place)) {
        return refused("is the home folder; choose a folder of its own");
    }
    for folder in profile_folders {
        let profiles = resolve(folder)?;
        if place.starts_with(&profiles) || profiles.starts_with(&place) {
            let why = format!(
                "and the profiles in `{}` must not contain one another; choose a folder of its own",
                folder.display()
            );
            return refused(&why);
        }
    }
    inspect(&place).or_else(|why| refused(&why))
}

/// The path with every symbolic link of its existing part followed; the rest is taken as written.
fn resolve(path: &Path) -> Result<PathBuf, String> {
    let failed = |error: io::Error| format!("`{}` cannot be looked up: {error}", path.display());
    let mut at = PathBuf::new();
    for component in std::path::absolute(path).map_err(failed)?.components() {
        match component {
            Component::CurDir => continue,
            // Right, because `at` has no link in it.
            Component::ParentDir => {
                at.pop();
                continue;
            }
            Component::Prefix(_) => {
                at.push(component);
                continue;
            }
            Component::RootDir | Component::Normal(_) => at.push(component),
        }
        match fs::canonicalize(&at) {
            Ok(real) => at = real,
            Err(error) if error.kind() == ErrorKind::NotFound && fs::symlink_metadata(&at).is_err() => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(at)
}

/// Whether what lies at the place may become, or is, an output folder. The error continues "the output folder X".
fn inspect(place: &Path) -> Result<(), String> {
    let failed = |error: io::Error| format!("cannot be read: {error}");
    let Some(metadata) = look(place).map_err(failed)? else {
        return Ok(());
    };
    if !metadata.is_dir() {
        return Err("is a file; choose a folder".to_owned());
    }
    let mut foreign = None;
    for entry in fs::read_dir(place).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        if name != OWN {
            foreign = Some(name);
        }
    }
    // A first build that was killed half-way may have left artifacts, no manifest yet, and a journal.
    let known = is_file(&place.join(OWN).join("journal")) || has_our_manifest(place);
    match foreign {
        Some(name) if !known => Err(format!(
            "is not empty (it has `{}`) and has no `{MANIFEST}` of payloadc; choose an empty or a new folder",
            name.to_string_lossy()
        )),
        Some(_) | None => Ok(()),
    }
}

fn is_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file())
}

fn has_our_manifest(folder: &Path) -> bool {
    let path = folder.join(MANIFEST);
    is_file(&path) && fs::read(&path).is_ok_and(|bytes| is_our_manifest(&bytes))
}

/// Whether the bytes are a JSON object whose top-level `schema` is ours.
fn is_our_manifest(bytes: &[u8]) -> bool {
    let mut json = Json {
        rest: bytes,
        schema: None,
    };
    let whole = std::str::from_utf8(bytes).is_ok() && json.value(0).is_some() && json.rest.is_empty();
    whole && json.schema == Some(MANIFEST_SCHEMA)
}

/// Walks over JSON and remembers the top-level `schema`, as written. It recognises our manifest; it is lenient about numbers.
struct Json<'a> {
    rest: &'a [u8],
    schema: Option<&'a [u8]>,
}

impl<'a> Json<'a> {
    /// A value and the space around it. `None` here and below: this is not JSON.
    fn value(&mut self, depth: u8) -> Option<()> {
        self.space();
        match self.rest.first()? {
            b'{' if depth < DEEPEST => self.items(b'}', |json| json.member(depth))?,
            b'[' if depth < DEEPEST => self.items(b']', |json| json.value(depth.saturating_add(1)))?,
            b'"' => self.string().map(|_| ())?,
            _ => self.word()?,
        }
        self.space();
        Some(())
    }

    /// An opening bracket, items with commas between them, the closing bracket.
    fn items(&mut self, close: u8, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.next()?;
        self.space();
        if self.take(close) {
            return Some(());
        }
        loop {
            item(self)?;
            if self.take(close) {
                return Some(());
            }
            self.take(b',').then_some(())?;
        }
    }

    fn member(&mut self, depth: u8) -> Option<()> {
        self.space();
        let name = self.string()?;
        self.space();
        self.take(b':').then_some(())?;
        self.space();
        if depth == 0 && name == b"schema" {
            // On a copy: the value is walked over below like any other.
            self.schema = Json {
                rest: self.rest,
                schema: None,
            }
            .string();
        }
        self.value(depth.saturating_add(1))
    }

    /// What is between the quotes, escapes untouched.
    fn string(&mut self) -> Option<&'a [u8]> {
        self.take(b'"').then_some(())?;
        let whole = self.rest;
        loop {
            match self.next()? {
                b'"' => break,
                b'\\' => self.escape()?,
                0..=0x1f => return None,
                _ => {}
            }
        }
        whole.get(..whole.len().checked_sub(self.rest.len())?.checked_sub(1)?)
    }

    fn escape(&mut self) -> Option<()> {
        match self.next()? {
            b'u' => (0..4).try_for_each(|_| self.next()?.is_ascii_hexdigit().then_some(())),
            byte => b"\"\\/bfnrt".contains(&byte).then_some(()),
        }
    }

    /// `true`, `false`, `null` or a number.
    fn word(&mut self) -> Option<()> {
        let ends = |byte: &u8| !(byte.is_ascii_alphanumeric() || b"+-.".contains(byte));
        let length = self.rest.iter().position(ends).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        let numeric = word.first().is_some_and(|byte| byte.is_ascii_digit() || *byte == b'-');
        let number = || numeric && std::str::from_utf8(word).is_ok_and(|text| text.parse::<f64>().is_ok_and(f64::is_finite));
        (matches!(word, b"true" | b"false" | b"null") || number()).then_some(())
    }

    fn space(&mut self) {
        while self.rest.first().is_some_and(|byte| b" \t\r\n".contains(byte)) {
            self.next();
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.rest.first() == Some(&byte);
        if found {
            self.next();
        }
        found
    }

    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }
}

// ---------------------------------------------------------------------------------------------------------------------------
// The lock

/// The lock on an output folder; dropping it lets the next build in.
pub struct Held {
    /// The output folder, every link followed.
    root: PathBuf,
    /// Never read: its being open is the lock.
    _lock: File,
}

/// Takes the lock on an output folder: creates the folder when it is absent, waits for another build, and finishes or throws away
/// what a killed build left behind.
///
/// # Errors
/// The folder or our own files in it cannot be made or read, or the journal of a killed build is damaged or cannot be finished.
pub fn hold(out: &Path) -> io::Result<Held> {
    fs::create_dir_all(out).map_err(cannot("create the folder", out))?;
    let root = fs::canonicalize(out).map_err(cannot("look up", out))?;
    let own = root.join(OWN);
    make_folder(&own, 0o755)?;
    let path = own.join("lock");
    own_file(&path)?;
    let open = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path);
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
        let place = self.file(path)?;
        place
            .found
            .map(|_| fs::read(&place.path).map_err(cannot("read", &place.path)))
            .transpose()
    }

    /// Does the whole change or, on an error, nothing.
    ///
    /// # Errors
    /// A path is not one that payloadc writes, leads over a symbolic link or to a folder, or the file system refuses. Should it
    /// refuse to take the first steps back as well, the error says so and the next build finishes this change.
    pub fn commit(&self, change: &Change) -> io::Result<()> {
        check_change(change)?;
        self.recover()?;
        match self.prepare(change) {
            Ok(steps) => self.settle(&steps),
            Err(error) => Err(self.retreat(error, Ok(()))),
        }
    }

    // -----------------------------------------------------------------------------------------------------------------------
    // The steps of a commit

    /// Stages the new files, keeps the old ones, writes the journal. Without a difference: no journal, no step.
    fn prepare(&self, change: &Change) -> io::Result<Vec<Step>> {
        make_folder(&self.staging(), 0o700)?;
        let mut steps = Vec::new();
        let removals = change.remove.iter().collect::<BTreeSet<_>>();
        for path in &removals {
            if self.file(path)?.found.is_some() {
                steps.push(Step {
                    act: Act::Remove,
                    path: (*path).clone(),
                });
            }
        }
        let folded = removals.iter().map(|path| path.to_lowercase()).collect::<BTreeSet<_>>();
        for file in &change.write {
            let place = self.file(&file.path)?;
            if let Some(way) = &place.blocked
                && !removals.contains(way)
            {
                return Err(refusal(&self.root.join(way), "is a file where a folder is needed"));
            }
            // Where names ignore case, a removal that differs in case takes the file away: write it in any event.
            if self.stage(steps.len(), file, &place, folded.contains(&file.path.to_lowercase()))? {
                steps.push(Step {
                    act: Act::Write,
                    path: file.path.clone(),
                });
            }
        }
        if !steps.is_empty() {
            self.record(&steps)?;
        }
        Ok(steps)
    }

    /// Stages one file and keeps the old one, unless what lies there is right.
    fn stage(&self, number: usize, file: &FileToWrite, place: &Place, anyway: bool) -> io::Result<bool> {
        let right = match &place.found {
            Some(found) if !anyway => has_bytes(&place.path, found, &file.bytes)?,
            Some(_) | None => false,
        };
        let found = place.found.as_ref().and_then(mode);
        if right && found.is_none_or(|mode| mode == file.mode()) {
            return Ok(false);
        }
        let staged = self.staged("new", number);
        write_new(&staged, file)?;
        // A file system without modes (FAT, a Windows drive in WSL) gives every file its own: there is no difference to remove.
        if right && found == look(&staged)?.as_ref().and_then(mode) {
            fs::remove_file(&staged).map_err(cannot("delete", &staged))?;
            return Ok(false);
        }
        if place.found.is_some() {
            let kept = self.staged("old", number);
            let linked = fs::hard_link(&place.path, &kept);
            linked
                .or_else(|_| fs::copy(&place.path, &kept).map(|_| ()))
                .map_err(cannot("keep a copy of", &place.path))?;
        }
        Ok(true)
    }

    /// Writes the journal. With its rename the change is decided.
    fn record(&self, steps: &[Step]) -> io::Result<()> {
        sync_folder(&self.staging())?;
        let fresh = self.own("journal.new");
        write_new(
            &fresh,
            &FileToWrite {
                path: String::new(),
                bytes: journal(steps).into_bytes(),
                secret: false,
            },
        )?;
        fs::rename(&fresh, self.own("journal")).map_err(cannot("rename", &fresh))?;
        sync_folder(&self.root.join(OWN))
    }

    /// Takes all steps, or takes back those that were taken.
    fn settle(&self, steps: &[Step]) -> io::Result<()> {
        let mut made = Vec::new();
        if let Err(error) = self.apply(steps, &mut made) {
            return Err(self.retreat(error, self.undo(steps, &made)));
        }
        // The change is in place. What cannot be deleted now the next build deletes, or it says why not.
        self.forget().and_then(|()| self.sweep()).or(Ok(()))
    }

    /// Ends a commit that failed; `undone` is what became of taking it back.
    fn retreat(&self, error: io::Error, undone: io::Result<()>) -> io::Error {
        match undone.and_then(|()| self.forget()) {
            Ok(()) => {
                // The next build sweeps again, and says why if it cannot.
                self.sweep().ok();
                error
            }
            Err(second) => io::Error::new(
                error.kind(),
                format!("{error}; this could not be taken back either ({second}), so the next build will finish this change"),
            ),
        }
    }

    /// Takes all steps that are not taken yet: removals, then writes, then the folders that have become empty.
    fn apply(&self, steps: &[Step], made: &mut Vec<PathBuf>) -> io::Result<()> {
        // Once a staged file has moved, all removals are done; where names ignore case, a second one would hit the new file.
        if !self.writes_began(steps)? {
            for (number, step) in of(steps, Act::Remove) {
                self.take_away(number, &step.path)?;
            }
            self.sync(steps, &[])?;
        }
        for (number, step) in of(steps, Act::Write) {
            self.put(number, &step.path, made)?;
        }
        self.sync(steps, made)?;
        for (_, step) in of(steps, Act::Remove) {
            self.prune(&step.path);
        }
        Ok(())
    }

    fn writes_began(&self, steps: &[Step]) -> io::Result<bool> {
        for (number, _) in of(steps, Act::Write) {
            if look(&self.staged("new", number))?.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn take_away(&self, number: usize, path: &str) -> io::Result<()> {
        let place = self.locate(path)?;
        // Anything but a file is the beginning of what takes its place, made by an earlier try.
        if place.found.is_some_and(|found| found.is_file()) {
            fs::rename(&place.path, self.staged("old", number)).map_err(cannot("remove", &place.path))?;
        }
        Ok(())
    }

    fn put(&self, number: usize, path: &str, made: &mut Vec<PathBuf>) -> io::Result<()> {
        let staged = self.staged("new", number);
        let place = self.file(path)?;
        // In place since an earlier try. If somebody has deleted it since, the build that follows writes it again.
        if look(&staged)?.is_none() {
            return Ok(());
        }
        let mut folders = place
            .path
            .ancestors()
            .skip(1)
            .take_while(|folder| *folder != self.root)
            .collect::<Vec<_>>();
        folders.reverse();
        for folder in folders {
            if look(folder)?.is_none() {
                fs::create_dir(folder).map_err(cannot("create the folder", folder))?;
                made.push(folder.to_owned());
            }
        }
        fs::rename(&staged, &place.path).map_err(cannot("write", &place.path))
    }

    /// Removes the folders above a removed file as far as they are empty. One that stays does no harm.
    fn prune(&self, path: &str) {
        let Ok(place) = self.locate(path) else { return };
        for folder in place.path.ancestors().skip(1).take_while(|folder| *folder != self.root) {
            if look(folder).is_ok_and(|found| found.is_some()) && fs::remove_dir(folder).is_err() {
                return;
            }
        }
    }

    /// Takes steps back, last first. Each new file returns to the staging folder before the old one takes its place, so that the
    /// journal can be followed from any point of this, too.
    fn undo(&self, steps: &[Step], made: &[PathBuf]) -> io::Result<()> {
        for (number, step) in of(steps, Act::Write).rev() {
            let staged = self.staged("new", number);
            if look(&staged)?.is_none() {
                let place = self.locate(&step.path)?;
                fs::rename(&place.path, &staged).map_err(cannot("take back", &place.path))?;
                self.restore(number, &place.path)?;
            }
        }
        for folder in made.iter().rev() {
            fs::remove_dir(folder).map_err(cannot("remove the folder", folder))?;
        }
        for (number, step) in of(steps, Act::Remove).rev() {
            self.restore(number, &self.locate(&step.path)?.path)?;
        }
        self.sync(steps, &[])
    }

    fn restore(&self, number: usize, path: &Path) -> io::Result<()> {
        let kept = self.staged("old", number);
        if look(&kept)?.is_some() {
            fs::rename(&kept, path).map_err(cannot("put back", path))?;
        }
        Ok(())
    }

    // -----------------------------------------------------------------------------------------------------------------------
    // Our own folder

    /// Keeps our own folder out of Git.
    fn ignore(&self) -> io::Result<()> {
        let path = self.own(".gitignore");
        own_file(&path)?;
        if fs::read(&path).is_ok_and(|bytes| bytes == b"*\n") {
            return Ok(());
        }
        fs::write(&path, "*\n").map_err(cannot("write", &path))
    }

    /// Finishes what a journal decided, throws away what was only staged.
    fn recover(&self) -> io::Result<()> {
        let path = self.own("journal");
        own_file(&path)?;
        if look(&path)?.is_some() {
            let bytes = fs::read(&path).map_err(cannot("read", &path))?;
            let steps = parse_journal(&bytes).map_err(|line| damaged(&path, line))?;
            make_folder(&self.staging(), 0o700)?;
            self.apply(&steps, &mut Vec::new())
                .map_err(cannot("finish the interrupted build that is recorded in", &path))?;
        }
        self.forget()?;
        self.sweep()
    }

    /// Deletes the journal: what it says is done, or will not be.
    fn forget(&self) -> io::Result<()> {
        if delete(&self.own("journal"))? {
            sync_folder(&self.root.join(OWN))
        } else {
            Ok(())
        }
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

    fn own(&self, name: &str) -> PathBuf {
        self.root.join(OWN).join(name)
    }

    fn staging(&self) -> PathBuf {
        self.own("staging")
    }

    fn staged(&self, age: &str, number: usize) -> PathBuf {
        self.staging().join(format!("{age}-{number}"))
    }

    // -----------------------------------------------------------------------------------------------------------------------
    // Places

    /// Where a checked path leads, if a file is or may be there.
    fn file(&self, path: &str) -> io::Result<Place> {
        let place = self.locate(path)?;
        match &place.found {
            Some(found) if found.is_dir() => Err(refusal(&place.path, "is a folder where a file is needed")),
            Some(found) if !found.is_file() => Err(refusal(&place.path, "is not a plain file")),
            Some(_) | None => Ok(place),
        }
    }

    /// Follows a checked path from the output folder, over real folders only.
    fn locate(&self, path: &str) -> io::Result<Place> {
        let mut place = Place {
            path: self.root.clone(),
            found: None,
            blocked: None,
        };
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

    /// Makes the renames of steps last through a power cut.
    fn sync(&self, steps: &[Step], made: &[PathBuf]) -> io::Result<()> {
        let mut folders = BTreeSet::from([self.staging()]);
        for step in steps {
            folders.extend(self.locate(&step.path)?.path.parent().map(Path::to_owned));
        }
        folders.extend(made.iter().filter_map(|folder| folder.parent()).map(Path::to_owned));
        folders.iter().try_for_each(|folder| sync_folder(folder))
    }
}

/// Where a path leads.
struct Place {
    path: PathBuf,
    /// What lies there.
    found: Option<Metadata>,
    /// The part of the path, as given, that is a file although more follows.
    blocked: Option<String>,
}

// ---------------------------------------------------------------------------------------------------------------------------
// The journal

/// One line of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Step {
    act: Act,
    path: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Remove,
    Write,
}

/// The steps of one act with their numbers.
fn of(steps: &[Step], act: Act) -> impl DoubleEndedIterator<Item = (usize, &Step)> {
    steps.iter().enumerate().filter(move |(_, step)| step.act == act)
}

fn journal(steps: &[Step]) -> String {
    let line = |(number, step): (usize, &Step)| match step.act {
        Act::Remove => format!("remove {number} {}\n", step.path),
        Act::Write => format!("write {number} {}\n", step.path),
    };
    let lines = steps.iter().enumerate().map(line).collect::<String>();
    format!("{JOURNAL}\n{lines}end {}\n", steps.len())
}

/// The steps of a journal; the error is the line that is not as we write it.
fn parse_journal(bytes: &[u8]) -> Result<Vec<Step>, usize> {
    let text = std::str::from_utf8(bytes).map_err(|_| 1_usize)?;
    let mut steps = Vec::new();
    for (at, line) in text.split('\n').enumerate() {
        let number = at.saturating_add(1);
        match at {
            0 if line == JOURNAL => continue,
            0 => return Err(number),
            _ => {}
        }
        if line == format!("end {}", steps.len()) {
            break;
        }
        let step = parse_step(line, steps.len()).ok_or(number)?;
        // Removals come first: that is what `writes_began` relies on.
        if step.act == Act::Remove && steps.last().is_some_and(|last: &Step| last.act == Act::Write) {
            return Err(number);
        }
        steps.push(step);
    }
    // There is one way to write these steps, so anything else (a tail, a missing line end) shows here.
    let last = steps.len().saturating_add(2);
    (text == journal(&steps) && check_change(&as_change(&steps)).is_ok())
        .then_some(steps)
        .ok_or(last)
}

fn parse_step(line: &str, expected: usize) -> Option<Step> {
    let mut words = line.splitn(3, ' ');
    let act = match words.next()? {
        "remove" => Act::Remove,
        "write" => Act::Write,
        _ => return None,
    };
    (words.next()? == expected.to_string()).then_some(())?;
    let path = words.next()?;
    check_path(path).ok()?;
    Some(Step {
        act,
        path: path.to_owned(),
    })
}

/// The paths of steps, to be checked like any change.
fn as_change(steps: &[Step]) -> Change {
    let file = |step: &Step| FileToWrite {
        path: step.path.clone(),
        bytes: Vec::new(),
        secret: false,
    };
    Change {
        write: of(steps, Act::Write).map(|(_, step)| file(step)).collect(),
        remove: of(steps, Act::Remove).map(|(_, step)| step.path.clone()).collect(),
    }
}

fn damaged(path: &Path, line: usize) -> io::Error {
    let path = path.display();
    let text = format!(
        "`{path}`, the journal of an interrupted build, is damaged in line {line}; look at it, delete it and build again"
    );
    io::Error::new(ErrorKind::InvalidData, text)
}

// ---------------------------------------------------------------------------------------------------------------------------
// Checks of paths

/// Checks all paths of a change, alone and against each other, as a file system that ignores case sees them.
fn check_change(change: &Change) -> io::Result<()> {
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
        if path
            .match_indices('/')
            .any(|(at, _)| path.get(..at).is_some_and(|folder| written.contains(folder)))
        {
            return Err(bad_path(path, "is written below a path that is written as a file"));
        }
    }
    change.remove.iter().try_for_each(|path| check_path(path))
}

/// A path is relative and cannot leave the output folder, reach our own folder, or break the journal, on any system.
fn check_path(path: &str) -> io::Result<()> {
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

// ---------------------------------------------------------------------------------------------------------------------------
// Small things

/// What lies at a path, links not followed.
fn look(path: &Path) -> io::Result<Option<Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(cannot("look at", path)(error)),
    }
}

/// One of our own files is a file or absent, never a link to something that is not ours.
fn own_file(path: &Path) -> io::Result<()> {
    match look(path)? {
        Some(found) if !found.is_file() => Err(refusal(path, "is not a plain file")),
        Some(_) | None => Ok(()),
    }
}

/// Makes one of our own folders, if need be.
fn make_folder(path: &Path, mode: u32) -> io::Result<()> {
    match look(path)? {
        Some(found) if found.is_dir() => return Ok(()),
        Some(_) => return Err(refusal(path, "is not a folder")),
        None => {}
    }
    match folder_builder(mode).create(path) {
        // Another build has made it in this moment.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        result => result.map_err(cannot("create the folder", path)),
    }
}

/// Deletes a file if it is there.
fn delete(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(cannot("delete", path)(error)),
    }
}

fn has_bytes(path: &Path, found: &Metadata, bytes: &[u8]) -> io::Result<bool> {
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    Ok(found.len() == length && fs::read(path).map_err(cannot("read", path))? == bytes)
}

/// Writes a file that does not exist yet, down to the disk. A secret has its mode before it has a byte.
fn write_new(path: &Path, file: &FileToWrite) -> io::Result<()> {
    let write = || {
        let mut new = create_new(path, file)?;
        new.write_all(&file.bytes)?;
        new.sync_all()
    };
    write().map_err(cannot("write", path))
}

#[cfg(unix)]
fn create_new(path: &Path, file: &FileToWrite) -> io::Result<File> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let new = OpenOptions::new().write(true).create_new(true).mode(file.mode()).open(path)?;
    // The umask may have taken bits away, and a next build would see a difference.
    if mode(&new.metadata()?) != Some(file.mode()) {
        let set = new.set_permissions(fs::Permissions::from_mode(file.mode()));
        if file.secret {
            set?;
        }
    }
    Ok(new)
}

#[cfg(not(unix))]
fn create_new(path: &Path, _file: &FileToWrite) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

#[cfg(unix)]
fn folder_builder(mode: u32) -> fs::DirBuilder {
    use std::os::unix::fs::DirBuilderExt as _;
    let mut builder = fs::DirBuilder::new();
    builder.mode(mode);
    builder
}

#[cfg(not(unix))]
fn folder_builder(_mode: u32) -> fs::DirBuilder {
    fs::DirBuilder::new()
}

/// The permission bits, where there are such.
#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems have none")]
fn mode(metadata: &Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    Some(metadata.permissions().mode() & 0o7777)
}

#[cfg(not(unix))]
fn mode(_metadata: &Metadata) -> Option<u32> {
    None
}

/// Makes the names in a folder last through a power cut, where the system can.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let cannot_do = [
        ErrorKind::InvalidInput,
        ErrorKind::Unsupported,
        ErrorKind::PermissionDenied,
        ErrorKind::NotFound,
    ];
    match File::open(path).and_then(|folder| folder.sync_all()) {
        Err(error) if !cannot_do.contains(&error.kind()) => Err(cannot("sync", path)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "Unix can fail")]
fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// Says what could not be done to which file.
fn cannot(what: &str, path: &Path) -> impl FnOnce(io::Error) -> io::Error {
    let text = format!("cannot {what} `{}`", path.display());
    move |error| io::Error::new(error.kind(), format!("{text}: {error}"))
}

fn refusal(path: &Path, why: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, format!("`{}` {why}", path.display()))
}

fn bad_path(path: &str, why: &str) -> io::Error {
    io::Error::new(
        ErrorKind::InvalidInput,
        format!("the path `{}` of the output folder {why}", path.escape_debug()),
    )
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::sync::mpsc;
    use std::time::Duration;
    use tempfile::TempDir;

    const OURS: &str = r#"{ "schema": "payloadc/manifest/1", "complete": true }"#;

    fn plain(path: &str, bytes: &str) -> FileToWrite {
        FileToWrite {
            path: path.to_owned(),
            bytes: bytes.as_bytes().to_vec(),
            secret: false,
        }
    }

    fn change(write: &[(&str, &str)], remove: &[&str]) -> Change {
        Change {
            write: write.iter().map(|(path, bytes)| plain(path, bytes)).collect(),
            remove: remove.iter().map(|path| (*path).to_owned()).collect(),
        }
    }

    /// Every file and folder but our own, with content; folders end with `/`.
    fn tree(root: &Path) -> BTreeMap<String, String> {
        fn walk(folder: &Path, prefix: &str, into: &mut BTreeMap<String, String>) {
            for entry in fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
                if name == OWN {
                    continue;
                }
                if entry.file_type().unwrap().is_dir() {
                    into.insert(format!("{name}/"), String::new());
                    walk(&entry.path(), &format!("{name}/"), into);
                } else {
                    into.insert(name, fs::read_to_string(entry.path()).unwrap());
                }
            }
        }
        let mut found = BTreeMap::new();
        walk(root, "", &mut found);
        found
    }

    fn map(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
        entries
            .iter()
            .map(|(path, bytes)| ((*path).to_owned(), (*bytes).to_owned()))
            .collect()
    }

    /// Our own folder, when nothing is under way.
    fn at_rest(root: &Path) -> bool {
        let names = fs::read_dir(root.join(OWN))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect::<BTreeSet<_>>() == BTreeSet::from([".gitignore".to_owned(), "lock".to_owned()])
    }

    fn said<T>(result: io::Result<T>, part: &str) {
        let text = result.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(text.contains(part), "expected an error with {part:?}, got {text:?}");
    }

    fn age(path: &Path) -> std::time::SystemTime {
        let old = std::time::SystemTime::UNIX_EPOCH
            .checked_add(Duration::from_secs(1_000_000_000))
            .unwrap();
        File::options().write(true).open(path).unwrap().set_modified(old).unwrap();
        old
    }

    fn modified(path: &Path) -> std::time::SystemTime {
        fs::metadata(path).unwrap().modified().unwrap()
    }

    /// A folder with an old state, a change of every sort, and the state after it.
    const OLD: &[(&str, &str)] = &[
        ("ios/", ""),
        ("ios/mail", "old mail"),
        ("ios/same", "same"),
        ("gone/", ""),
        ("gone/deep/", ""),
        ("gone/deep/x", "x"),
        ("turns", "file"),
        ("foreign", "not ours"),
    ];
    const NEW: &[(&str, &str)] = &[
        ("ios/", ""),
        ("ios/mail", "new mail"),
        ("ios/same", "same"),
        ("turns/", ""),
        ("turns/into", "folder"),
        ("win/", ""),
        ("win/a/", ""),
        ("win/a/b", "b"),
        ("manifest.json", OURS),
        ("foreign", "not ours"),
    ];

    fn old_folder() -> TempDir {
        let out = TempDir::new().unwrap();
        let files = OLD
            .iter()
            .filter(|(path, _)| !path.ends_with('/'))
            .copied()
            .collect::<Vec<_>>();
        hold(out.path()).unwrap().commit(&change(&files, &[])).unwrap();
        assert_eq!(tree(out.path()), map(OLD));
        out
    }

    fn every_sort() -> Change {
        let write = [
            ("ios/mail", "new mail"),
            ("ios/same", "same"),
            ("turns/into", "folder"),
            ("win/a/b", "b"),
            ("manifest.json", OURS),
        ];
        change(&write, &["gone/deep/x", "turns", "never/was"])
    }

    /// Takes the first steps only, as a process that is killed then.
    fn take(held: &Held, steps: &[Step], count: usize, made: &mut Vec<PathBuf>) {
        for (number, step) in steps.iter().enumerate().take(count) {
            match step.act {
                Act::Remove => held.take_away(number, &step.path).unwrap(),
                Act::Write => held.put(number, &step.path, made).unwrap(),
            }
        }
    }

    // Commit

    #[test]
    fn writes_and_reads() {
        let out = TempDir::new().unwrap();
        let dist = out.path().join("new/dist");
        let held = hold(&dist).unwrap();
        assert_eq!(held.read("ios/mail").unwrap(), None);
        held.commit(&change(&[("ios/mail", "m"), ("manifest.json", OURS)], &[]))
            .unwrap();
        assert_eq!(held.read("ios/mail").unwrap(), Some(b"m".to_vec()));
        assert_eq!(held.read("ios/mail/below").unwrap(), None);
        assert_eq!(tree(&dist), map(&[("ios/", ""), ("ios/mail", "m"), ("manifest.json", OURS)]));
        assert!(at_rest(&dist));
        assert_eq!(fs::read(dist.join(".payloadc/.gitignore")).unwrap(), b"*\n");
    }

    #[test]
    fn changes_every_sort() {
        let out = old_folder();
        let held = hold(out.path()).unwrap();
        held.commit(&every_sort()).unwrap();
        assert_eq!(tree(out.path()), map(NEW));
        assert!(at_rest(out.path()));
        held.commit(&Change::default()).unwrap();
        assert_eq!(tree(out.path()), map(NEW));
    }

    #[test]
    fn what_is_right_is_not_touched() {
        let out = old_folder();
        let same = out.path().join("ios/same");
        let mail = out.path().join("ios/mail");
        let (old, _) = (age(&same), age(&mail));
        hold(out.path()).unwrap().commit(&every_sort()).unwrap();
        assert_eq!(modified(&same), old);
        assert_ne!(modified(&mail), old);
    }

    #[test]
    fn removes_empty_folders_only() {
        let out = TempDir::new().unwrap();
        let held = hold(out.path()).unwrap();
        held.commit(&change(&[("a/b/ours", "1"), ("c/ours", "2"), ("top", "3")], &[]))
            .unwrap();
        fs::write(out.path().join("a/theirs"), "t").unwrap();
        fs::create_dir(out.path().join("empty")).unwrap();
        held.commit(&change(&[], &["a/b/ours", "c/ours", "top"])).unwrap();
        assert_eq!(tree(out.path()), map(&[("a/", ""), ("a/theirs", "t"), ("empty/", "")]));
    }

    #[test]
    fn a_new_name_that_differs_in_case_survives() {
        let out = TempDir::new().unwrap();
        let held = hold(out.path()).unwrap();
        held.commit(&change(&[("Mail", "m")], &[])).unwrap();
        held.commit(&change(&[("mail", "m")], &["Mail"])).unwrap();
        assert_eq!(tree(out.path()), map(&[("mail", "m")]));
    }

    // A process that dies

    #[test]
    fn killed_before_the_journal_nothing_has_changed() {
        let out = old_folder();
        let held = hold(out.path()).unwrap();
        held.prepare(&every_sort()).unwrap();
        fs::rename(held.own("journal"), held.own("journal.new")).unwrap();
        drop(held);
        drop(hold(out.path()).unwrap());
        assert_eq!(tree(out.path()), map(OLD));
        assert!(at_rest(out.path()));
    }

    #[test]
    fn killed_after_any_step_the_next_build_goes_forward() {
        for count in 0..=6 {
            let out = old_folder();
            let held = hold(out.path()).unwrap();
            let steps = held.prepare(&every_sort()).unwrap();
            assert_eq!(steps.len(), 6);
            assert_eq!(tree(out.path()), map(OLD));
            take(&held, &steps, count, &mut Vec::new());
            drop(held);
            drop(hold(out.path()).unwrap());
            assert_eq!(tree(out.path()), map(NEW), "killed after {count} steps");
            assert!(at_rest(out.path()));
        }
    }

    #[test]
    fn killed_between_a_new_folder_and_its_file() {
        let out = old_folder();
        let held = hold(out.path()).unwrap();
        let steps = held.prepare(&change(&[("turns/into", "folder")], &["turns"])).unwrap();
        take(&held, &steps, 1, &mut Vec::new());
        fs::create_dir(out.path().join("turns")).unwrap();
        drop(held);
        assert_eq!(
            hold(out.path()).unwrap().read("turns/into").unwrap(),
            Some(b"folder".to_vec())
        );
        assert!(at_rest(out.path()));
    }

    #[test]
    fn killed_after_the_last_step_it_is_repeated_without_harm() {
        let out = old_folder();
        let held = hold(out.path()).unwrap();
        let steps = held.prepare(&every_sort()).unwrap();
        held.apply(&steps, &mut Vec::new()).unwrap();
        held.apply(&steps, &mut Vec::new()).unwrap();
        drop(held);
        assert_eq!(
            hold(out.path()).unwrap().read("turns/into").unwrap(),
            Some(b"folder".to_vec())
        );
        assert_eq!(tree(out.path()), map(NEW));
    }

    #[test]
    fn a_journal_of_removals_outlives_its_staging_folder() {
        let out = old_folder();
        let held = hold(out.path()).unwrap();
        held.prepare(&change(&[], &["gone/deep/x"])).unwrap();
        fs::remove_dir_all(held.staging()).unwrap();
        drop(held);
        drop(hold(out.path()).unwrap());
        assert!(!out.path().join("gone").exists());
        assert!(at_rest(out.path()));
    }

    #[test]
    fn a_repeated_removal_does_not_hit_what_was_written_since() {
        // As where names ignore case: after the write began, `old` is the new file.
        let out = TempDir::new().unwrap();
        let held = hold(out.path()).unwrap();
        held.commit(&change(&[("old", "1")], &[])).unwrap();
        let steps = held.prepare(&change(&[("new", "2")], &["old"])).unwrap();
        take(&held, &steps, 2, &mut Vec::new());
        fs::write(out.path().join("old"), "seen as new").unwrap();
        drop(held);
        drop(hold(out.path()).unwrap());
        assert_eq!(tree(out.path()), map(&[("new", "2"), ("old", "seen as new")]));
    }

    // A step that fails

    #[test]
    fn taken_back_from_any_step() {
        for count in 0..=6 {
            let out = old_folder();
            let held = hold(out.path()).unwrap();
            let old = age(&out.path().join("ios/mail"));
            let steps = held.prepare(&every_sort()).unwrap();
            let mut made = Vec::new();
            take(&held, &steps, count, &mut made);
            held.undo(&steps, &made).unwrap();
            assert_eq!(tree(out.path()), map(OLD), "taken back after {count} steps");
            assert_eq!(modified(&out.path().join("ios/mail")), old);
            drop(held);
            // Killed before the journal was deleted: everything is still there to go forward.
            drop(hold(out.path()).unwrap());
            assert_eq!(tree(out.path()), map(NEW));
        }
    }

    #[test]
    fn a_failing_step_takes_the_others_back() {
        let out = old_folder();
        let held = hold(out.path()).unwrap();
        let steps = held.prepare(&every_sort()).unwrap();
        // Somebody makes a folder where the last file goes.
        fs::create_dir(out.path().join("manifest.json")).unwrap();
        said(held.settle(&steps), "manifest.json` is a folder");
        fs::remove_dir(out.path().join("manifest.json")).unwrap();
        assert_eq!(tree(out.path()), map(OLD));
        assert!(at_rest(out.path()));
        held.commit(&every_sort()).unwrap();
        assert_eq!(tree(out.path()), map(NEW));
    }

    #[test]
    fn what_cannot_be_taken_back_is_finished_by_the_next_build() {
        let out = old_folder();
        let held = hold(out.path()).unwrap();
        let steps = held.prepare(&every_sort()).unwrap();
        fs::create_dir(out.path().join("manifest.json")).unwrap();
        let mut made = Vec::new();
        let error = held.apply(&steps, &mut made).unwrap_err();
        // A foreign file in a folder that was just made keeps that folder.
        fs::write(out.path().join("win/a/theirs"), "t").unwrap();
        let error = held.retreat(error, held.undo(&steps, &made));
        assert!(
            error.to_string().contains("the next build will finish this change"),
            "{error}"
        );
        said(held.commit(&Change::default()), "cannot finish the interrupted build");
        fs::remove_dir(out.path().join("manifest.json")).unwrap();
        held.commit(&Change::default()).unwrap();
        fs::remove_file(out.path().join("win/a/theirs")).unwrap();
        assert_eq!(tree(out.path()), map(NEW));
    }

    #[test]
    fn a_failure_while_staging_changes_nothing() {
        let out = old_folder();
        let held = hold(out.path()).unwrap();
        fs::create_dir(out.path().join("z")).unwrap();
        said(
            held.commit(&change(&[("ios/mail", "new"), ("z", "1")], &["turns"])),
            "is a folder where a file is needed",
        );
        said(
            held.commit(&change(&[("ios/mail", "new")], &["z"])),
            "is a folder where a file is needed",
        );
        said(
            held.commit(&change(&[("foreign/below", "1")], &["turns"])),
            "foreign` is a file where a folder is needed",
        );
        said(held.read("z"), "is a folder");
        fs::remove_dir(out.path().join("z")).unwrap();
        assert_eq!(tree(out.path()), map(OLD));
        assert!(at_rest(out.path()));
    }

    // The journal

    #[test]
    fn a_journal_is_read_as_written() {
        let steps = ["a b/ c", "x/y", "ä"]
            .map(|path| Step {
                act: Act::Write,
                path: path.to_owned(),
            })
            .to_vec();
        assert_eq!(parse_journal(journal(&steps).as_bytes()), Ok(steps));
        assert_eq!(parse_journal(journal(&[]).as_bytes()), Ok(Vec::new()));
    }

    #[test]
    fn a_damaged_journal_is_refused_with_its_name() {
        let cases = [
            ("", 1),
            ("payloadc/journal/2\nend 0\n", 1),
            ("payloadc/journal/1", 2),
            ("payloadc/journal/1\n", 2),
            ("payloadc/journal/1\nend 0", 2),
            ("payloadc/journal/1\nend 0\n\n", 2),
            ("payloadc/journal/1\nend 1\n", 2),
            ("payloadc/journal/1\nwrite 0 a\n", 3),
            ("payloadc/journal/1\nwrite 0 a\nend 2\n", 3),
            ("payloadc/journal/1\nwrite 1 a\nend 1\n", 2),
            ("payloadc/journal/1\nwrite 00 a\nend 1\n", 2),
            ("payloadc/journal/1\nwrite 0 ../a\nend 1\n", 2),
            ("payloadc/journal/1\nwrite 0 .payloadc/lock\nend 1\n", 2),
            ("payloadc/journal/1\nrename 0 a\nend 1\n", 2),
            ("payloadc/journal/1\nwrite 0 a\nremove 1 b\nend 2\n", 3),
            ("payloadc/journal/1\nwrite 0 a\r\nend 1\n", 2),
            ("payloadc/journal/1\nwrite 0 a\nwrite 1 a\nend 2\n", 4),
        ];
        for (text, line) in cases {
            assert_eq!(parse_journal(text.as_bytes()), Err(line), "{text:?}");
        }
        assert_eq!(parse_journal(b"\xff"), Err(1));
        let out = old_folder();
        fs::write(
            out.path().join(".payloadc/journal"),
            "payloadc/journal/1\nwrite 0 ../../x\nend 1\n",
        )
        .unwrap();
        said(
            hold(out.path()),
            "journal`, the journal of an interrupted build, is damaged in line 2",
        );
        assert_eq!(tree(out.path()), map(OLD));
        fs::remove_file(out.path().join(".payloadc/journal")).unwrap();
        hold(out.path()).unwrap();
    }

    // The lock

    #[test]
    fn the_second_build_waits() {
        let out = TempDir::new().unwrap();
        let held = hold(out.path()).unwrap();
        let (send, receive) = mpsc::channel();
        let path = out.path().to_owned();
        let second = std::thread::spawn(move || {
            let held = hold(&path).unwrap();
            send.send(held.read("a").unwrap()).unwrap();
        });
        assert!(receive.recv_timeout(Duration::from_millis(200)).is_err());
        held.commit(&change(&[("a", "first")], &[])).unwrap();
        drop(held);
        assert_eq!(
            receive.recv_timeout(Duration::from_secs(20)).unwrap(),
            Some(b"first".to_vec())
        );
        second.join().unwrap();
    }

    #[test]
    fn a_file_is_no_output_folder() {
        let out = TempDir::new().unwrap();
        let path = out.path().join("file");
        fs::write(&path, "").unwrap();
        said(hold(&path), "cannot create the folder");
        fs::write(out.path().join(OWN), "").unwrap();
        said(hold(out.path()), "is not a folder");
    }

    // Paths

    #[test]
    fn paths_stay_inside() {
        let bad = [
            "",
            "/",
            "/a",
            "a/",
            "a//b",
            ".",
            "..",
            "../a",
            "a/../b",
            "a/./b",
            "a\\b",
            "C:",
            "C:/a",
            "a:b",
            "a\nb",
            "a\0",
            "a.",
            "a /b",
            ".. /a",
            ".payloadc",
            ".payloadc/lock",
            ".PayloadC/journal",
        ];
        let out = TempDir::new().unwrap();
        let held = hold(out.path()).unwrap();
        for path in bad {
            said(
                held.commit(&change(&[("good", "1"), (path, "2")], &[])),
                "of the output folder",
            );
            said(held.commit(&change(&[("good", "1")], &[path])), "of the output folder");
            said(held.read(path), "of the output folder");
        }
        assert!(tree(out.path()).is_empty());
        for path in ["a", "a/b", "..a", ".hidden", "a b", "ä/ö.xml", "a/.payloadc"] {
            check_path(path).unwrap();
        }
    }

    #[test]
    fn paths_of_a_change_do_not_meet() {
        let out = TempDir::new().unwrap();
        let held = hold(out.path()).unwrap();
        said(held.commit(&change(&[("a", "1"), ("a", "1")], &[])), "written twice");
        said(held.commit(&change(&[("a", "1"), ("A", "1")], &[])), "written twice");
        said(held.commit(&change(&[("a", "1")], &["a"])), "both written and removed");
        said(held.commit(&change(&[("a/b/c", "1"), ("A/b", "1")], &[])), "written below");
        held.commit(&change(&[("a/bc", "1"), ("a/b", "1")], &["x", "x"])).unwrap();
    }

    #[cfg(unix)]
    mod unix {
        use super::*;
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

        fn bits(path: &Path) -> u32 {
            fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
        }

        fn secret(path: &str, bytes: &str) -> Change {
            Change {
                write: vec![FileToWrite {
                    secret: true,
                    ..plain(path, bytes)
                }],
                remove: Vec::new(),
            }
        }

        #[test]
        fn modes() {
            let out = TempDir::new().unwrap();
            let held = hold(out.path()).unwrap();
            let path = out.path().join("a");
            held.commit(&change(&[("a", "1")], &[])).unwrap();
            assert_eq!(bits(&path), 0o644);
            held.commit(&secret("a", "1")).unwrap();
            assert_eq!(bits(&path), 0o600);
            let old = age(&path);
            held.commit(&secret("a", "1")).unwrap();
            assert_eq!(modified(&path), old);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o604)).unwrap();
            held.commit(&secret("a", "1")).unwrap();
            assert_eq!(bits(&path), 0o600);
            held.commit(&change(&[("a", "1")], &[])).unwrap();
            assert_eq!(bits(&path), 0o644);
        }

        #[test]
        fn a_secret_is_private_while_staged() {
            let out = TempDir::new().unwrap();
            let held = hold(out.path()).unwrap();
            held.prepare(&secret("a", "1")).unwrap();
            assert_eq!(bits(&held.staging()), 0o700);
            assert_eq!(bits(&held.staged("new", 0)), 0o600);
        }

        #[test]
        fn an_overwritten_file_is_replaced_not_rewritten() {
            let out = TempDir::new().unwrap();
            let held = hold(out.path()).unwrap();
            held.commit(&change(&[("a", "1")], &[])).unwrap();
            let linked = out.path().join("theirs");
            fs::hard_link(out.path().join("a"), &linked).unwrap();
            held.commit(&change(&[("a", "2")], &[])).unwrap();
            assert_eq!(tree(out.path()), map(&[("a", "2"), ("theirs", "1")]));
            assert_eq!(fs::metadata(&linked).unwrap().nlink(), 1);
        }

        #[test]
        fn links_inside_are_refused() {
            let (out, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
            let victim = other.path().join("victim");
            fs::write(&victim, "v").unwrap();
            symlink(other.path(), out.path().join("folder")).unwrap();
            symlink(&victim, out.path().join("file")).unwrap();
            symlink(other.path().join("nowhere"), out.path().join("dangling")).unwrap();
            let held = hold(out.path()).unwrap();
            for path in ["folder/victim", "folder/new", "folder/new/deep", "folder", "file", "dangling"] {
                said(held.commit(&change(&[("good", "1"), (path, "2")], &[])), "is a symbolic link");
                said(held.commit(&change(&[("good", "1")], &[path])), "is a symbolic link");
                said(held.read(path), "is a symbolic link");
            }
            assert!(!out.path().join("good").exists());
            assert_eq!(tree(other.path()), map(&[("victim", "v")]));
            assert!(at_rest(out.path()));
        }

        #[test]
        fn a_link_made_after_the_journal_is_refused() {
            let (out, other) = (old_folder(), TempDir::new().unwrap());
            let held = hold(out.path()).unwrap();
            held.prepare(&every_sort()).unwrap();
            symlink(other.path(), out.path().join("win")).unwrap();
            drop(held);
            said(hold(out.path()), "is a symbolic link");
            assert!(tree(other.path()).is_empty());
            fs::remove_file(out.path().join("win")).unwrap();
            drop(hold(out.path()).unwrap());
            assert_eq!(tree(out.path()), map(NEW));
        }

        #[test]
        fn our_own_files_are_no_links() {
            for name in ["", "lock", "journal", "journal.new", "staging", ".gitignore"] {
                let (out, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
                let victim = other.path().join("victim");
                fs::write(&victim, "v").unwrap();
                if name.is_empty() {
                    symlink(other.path(), out.path().join(OWN)).unwrap();
                } else {
                    fs::create_dir(out.path().join(OWN)).unwrap();
                    let target = if name == "staging" { other.path() } else { &victim };
                    symlink(target, out.path().join(OWN).join(name)).unwrap();
                }
                // A left-over `journal.new` is deleted without being looked into; a link goes, its target stays.
                assert_eq!(hold(out.path()).is_ok(), name == "journal.new", "{name}");
                assert_eq!(tree(other.path()), map(&[("victim", "v")]));
            }
        }

        #[test]
        fn what_is_no_plain_file_is_refused_unread() {
            let out = TempDir::new().unwrap();
            let held = hold(out.path()).unwrap();
            let _socket = std::os::unix::net::UnixListener::bind(out.path().join("s")).unwrap();
            said(held.commit(&change(&[("s", "1")], &[])), "is not a plain file");
            said(held.commit(&change(&[], &["s"])), "is not a plain file");
            said(held.read("s"), "is not a plain file");
        }

        #[test]
        fn the_output_folder_may_be_a_link() {
            let base = TempDir::new().unwrap();
            fs::create_dir(base.path().join("real")).unwrap();
            symlink("real", base.path().join("dist")).unwrap();
            hold(&base.path().join("dist"))
                .unwrap()
                .commit(&change(&[("a", "1")], &[]))
                .unwrap();
            assert_eq!(tree(&base.path().join("real")), map(&[("a", "1")]));
        }

        #[test]
        fn refuses_through_links() {
            let base = TempDir::new().unwrap();
            let workspace = base.path().join("workspace");
            let profiles = workspace.join("profiles");
            fs::create_dir_all(&profiles).unwrap();
            symlink(&workspace, base.path().join("self")).unwrap();
            symlink(&profiles, base.path().join("inside")).unwrap();
            symlink("nowhere", base.path().join("dangling")).unwrap();
            let refused = |out: &str| refuse(&base.path().join(out), &workspace, None, std::slice::from_ref(&profiles));
            assert!(refused("self").unwrap_err().contains("is the workspace itself"));
            assert!(refused("inside/new").unwrap_err().contains("must not contain one another"));
            assert!(refused("inside/..").unwrap_err().contains("is the workspace itself"));
            assert!(refused("dangling").unwrap_err().contains("cannot be looked up"));
            assert!(refused("dangling/dist").unwrap_err().contains("cannot be looked up"));
            assert_eq!(refused("self/dist"), Ok(()));
        }
    }

    // Refusal

    #[test]
    fn refuses_what_is_not_an_output_folder() {
        let base = TempDir::new().unwrap();
        let at = |path: &str| base.path().join(path);
        for folder in [
            "home/repo/profiles/mail",
            "home/repo/empty",
            "home/repo/full",
            "home/repo/dist",
            "home/repo/killed/.payloadc",
        ] {
            fs::create_dir_all(at(folder)).unwrap();
        }
        fs::write(at("home/repo/full/thesis"), "").unwrap();
        fs::write(at("home/repo/file"), "").unwrap();
        fs::write(at("home/repo/dist/manifest.json"), OURS).unwrap();
        let refused = |out: &str| refuse(&at(out), &at("home/repo"), Some(&at("home")), &[at("home/repo/profiles")]);
        let cases = [
            ("home/repo", "is the workspace itself"),
            ("home/repo/new/..", "is the workspace itself"),
            ("home/repo/dist/../../repo/.", "is the workspace itself"),
            ("home", "contains the workspace"),
            ("", "contains the workspace"),
            ("home/repo/profiles", "must not contain one another"),
            ("home/repo/profiles/mail/dist", "must not contain one another"),
            ("home/repo/new/../profiles/dist", "must not contain one another"),
            ("home/repo/file", "is a file"),
            ("home/repo/file/dist", "cannot be looked up"),
            ("home/repo/full", "is not empty (it has `thesis`)"),
        ];
        for (out, part) in cases {
            let text = refused(out).err().unwrap_or_default();
            assert!(text.contains(part), "{out}: expected {part:?}, got {text:?}");
        }
        for out in [
            "home/repo/empty",
            "home/repo/new/deep",
            "home/repo/dist",
            "home/repo/killed",
            "elsewhere",
            "home/repo/profiles2",
        ] {
            assert_eq!(refused(out), Ok(()), "{out}");
        }
        let root = base.path().ancestors().last().unwrap();
        assert!(refuse(root, &at("home/repo"), None, &[]).unwrap_err().contains("is the root"));
        let text = refuse(&at("home"), &at("elsewhere"), Some(&at("home")), &[]).unwrap_err();
        assert!(text.contains("is the home folder"), "{text}");
        let text = refuse(&at("home"), &at("elsewhere"), None, &[at("home/repo/profiles")]).unwrap_err();
        assert!(text.contains("must not contain one another"), "{text}");
    }

    #[test]
    fn a_folder_is_ours_from_the_first_build_on() {
        let base = TempDir::new().unwrap();
        let dist = base.path().join("dist");
        let refused = || refuse(&dist, base.path(), Some(Path::new("")), &[]);
        assert_eq!(refused(), Ok(()));
        let held = hold(&dist).unwrap();
        assert_eq!(refused(), Ok(()));
        let steps = held.prepare(&change(&[("a", "1"), ("manifest.json", OURS)], &[])).unwrap();
        take(&held, &steps, 1, &mut Vec::new());
        drop(held);
        assert_eq!(refused(), Ok(()), "killed between the first artifact and the manifest");
        drop(hold(&dist).unwrap());
        assert_eq!(refused(), Ok(()));
        fs::remove_file(dist.join("manifest.json")).unwrap();
        assert!(refused().unwrap_err().contains("is not empty"));
    }

    #[test]
    fn knows_our_manifest() {
        let ours = [
            OURS,
            "\n{\"schema\":\"payloadc/manifest/1\"}\r\n",
            r#"{"a":[1,-2.5e3,true,false,null,"\u00e4\"\\",[],{}],"b":{"schema":"x"},"schema" : "payloadc/manifest/1"}"#,
        ];
        for text in ours {
            assert!(is_our_manifest(text.as_bytes()), "{text}");
        }
        let foreign = [
            "",
            "{}",
            "[]",
            "null",
            r#""payloadc/manifest/1""#,
            r#"["schema","payloadc/manifest/1"]"#,
            r#"[{"schema":"payloadc/manifest/1"}]"#,
            r#"{"schema":"payloadc/manifest/2"}"#,
            r#"{"schema":["payloadc/manifest/1"]}"#,
            r#"{"a":{"schema":"payloadc/manifest/1"}}"#,
            r#"{"schema":"payloadc/manifest/1""#,
            r#"{"schema":"payloadc/manifest/1",}"#,
            r#"{"schema":"payloadc/manifest/1"} x"#,
            r#"{"schema":"payloadc/manifest/1","a":nul}"#,
            r#"{"schema":"payloadc/manifest/1","a":+1}"#,
            r#"{"schema":"payloadc/manifest/1","a":inf}"#,
            r#"{"schema":"payloadc/manifest/1","a":"\x"}"#,
            r#"{"schema":"payloadc/manifest/1","a":"\u12"}"#,
            r#"{"schema":"payloadc/manifest/1" "a":1}"#,
            r#"{"schema":"payloadc/manifest/1","a"}"#,
            "{\"schema\":\"payloadc/manifest/1\",\"a\":\"\n\"}",
            "schema: payloadc/manifest/1",
        ];
        for text in foreign {
            assert!(!is_our_manifest(text.as_bytes()), "{text}");
        }
        let deep = format!(
            r#"{{"schema":"payloadc/manifest/1","a":{}{}}}"#,
            "[".repeat(100_000),
            "]".repeat(100_000)
        );
        assert!(!is_our_manifest(deep.as_bytes()));
        assert!(!is_our_manifest(b"{\"schema\":\"payloadc/manifest/1\",\"a\":\"\xff\"}"));
    }
}
