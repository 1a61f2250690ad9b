//! The program as a user meets it: through the binary, in folders of its own.
#![allow(clippy::disallowed_methods, reason = "a test reads what the program wrote")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

mod agree;
mod deploy;
mod diagnostics;
#[cfg(feature = "ldap")]
mod directory;
mod dist;
mod generation;
mod inputs;
mod interrupted;
mod refuse;
mod secrets;
mod usage;
mod workspace;
