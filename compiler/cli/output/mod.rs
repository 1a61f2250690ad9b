//! How a build's files reach the output folder: all of them or none, one build at a time, and nothing else touched.
//!
//! It does not decide what is written or removed, does not look inside an artifact, and does not defend against somebody who
//! changes the folder during the few system calls of a commit.
//!
//! A commit writes every new file to `.payloadc/staging/` and syncs it, keeps the old one beside it, and says in
//! `.payloadc/journal` which paths it will touch. Then it moves the new files into place. With the deletion of the journal the
//! change is done: should a step fail before, or the process die, what was done is taken back, at once or by the next [`hold`].

mod commit;
mod disk;
mod held;
mod journal;
mod paths;
mod people;
mod refuse;
#[cfg(test)]
mod tests;

pub use held::{Held, hold};
pub use refuse::refuse;

/// Our own folder inside the output folder.
const OWN: &str = ".payloadc";
/// The file by which an output folder is known as ours.
pub const MANIFEST: &str = "manifest.json";

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
