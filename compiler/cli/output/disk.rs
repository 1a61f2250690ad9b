//! Single steps on the file system, each with an error that names what could not be done to which file.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

/// What lies at a path, links not followed.
pub fn look(path: &Path) -> io::Result<Option<Metadata>> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(cannot("look at", path)(error)),
    }
}

/// One of our own files is a file or absent, never a link to something that is not ours.
pub fn own_file(path: &Path) -> io::Result<()> {
    match look(path)? {
        Some(found) if !found.is_file() => Err(refusal(path, "is not a plain file")),
        Some(_) | None => Ok(()),
    }
}

/// Makes one of our own folders, if need be.
pub fn make_folder(path: &Path, mode: u32) -> io::Result<()> {
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
pub fn delete(path: &Path) -> io::Result<bool> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(cannot("delete", path)(error)),
    }
}

/// Whether a file holds these bytes.
pub fn has_bytes(path: &Path, found: &Metadata, bytes: &[u8]) -> io::Result<bool> {
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    Ok(found.len() == length && fs::read(path).map_err(cannot("read", path))? == bytes)
}

/// Writes a file that does not exist yet. A secret has its mode before it has a byte. [`sync_file`] makes it last.
pub fn write_new(path: &Path, bytes: &[u8], bits: u32) -> io::Result<()> {
    create_new(path, bits).and_then(|mut new| new.write_all(bytes)).map_err(cannot("write", path))
}

/// Makes a file's bytes last through a power cut. Of many files that were written before, the first takes most others along.
pub fn sync_file(path: &Path) -> io::Result<()> {
    File::open(path).and_then(|file| file.sync_all()).map_err(cannot("write", path))
}

#[cfg(unix)]
fn create_new(path: &Path, bits: u32) -> io::Result<File> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let new = OpenOptions::new().write(true).create_new(true).mode(bits).open(path)?;
    // The umask may have taken bits away, and a next build would see a difference. Some file systems have no modes.
    if mode(&new.metadata()?) != Some(bits) {
        new.set_permissions(fs::Permissions::from_mode(bits)).ok();
    }
    Ok(new)
}

#[cfg(not(unix))]
fn create_new(path: &Path, _bits: u32) -> io::Result<File> {
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
pub fn mode(metadata: &Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    Some(metadata.permissions().mode() & 0o7777)
}

#[cfg(not(unix))]
pub fn mode(_metadata: &Metadata) -> Option<u32> {
    None
}

/// Makes the names in a folder last through a power cut, where the system can.
#[cfg(unix)]
pub fn sync_folder(path: &Path) -> io::Result<()> {
    let cannot_do = [ErrorKind::InvalidInput, ErrorKind::Unsupported, ErrorKind::PermissionDenied, ErrorKind::NotFound];
    match File::open(path).and_then(|folder| folder.sync_all()) {
        Err(error) if !cannot_do.contains(&error.kind()) => Err(cannot("sync", path)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "Unix can fail")]
pub fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// Says what could not be done to which file.
pub fn cannot(what: &str, path: &Path) -> impl FnOnce(io::Error) -> io::Error {
    let text = format!("cannot {what} `{}`", path.display());
    move |error| io::Error::new(error.kind(), format!("{text}: {error}"))
}

/// An error about what lies at a path.
pub fn refusal(path: &Path, why: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, format!("`{}` {why}", path.display()))
}
