//! `payloadc directory pull`: people from a directory server, as the NDJSON that a workspace's `directory` takes.
//!
//! The only command that uses a network. Nothing is printed before the whole directory has arrived: half a directory would silently
//! shrink every collection. What the directory is used for is not said here: see `docs/directory.md`.

mod connect;
mod entry;
mod failures;
mod filter;
mod person;
mod pull;

use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};

use super::arguments::Directory;
use super::{Exit, Failure};

/// Runs the command. The LDAP library panics at an answer that is no LDAP, which is the server's mistake, not a crash of ours.
pub fn run(command: &Directory) -> Result<Exit, Failure> {
    let Directory::Pull(command) = command;
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    let ended = catch_unwind(AssertUnwindSafe(|| pull::run(command)));
    set_hook(hook);
    ended.unwrap_or_else(|_| Err(Failure(format!("`{}` sent what is no LDAP", command.server))))
}
