//! `payloadc catalog`: what vendors' devices know: search, show, census, and import of newer facts.

pub mod import;

use super::arguments::Catalog as Command;
use super::{Exit, Failure};

/// Runs one of the subcommands.
pub fn run(command: &Command) -> Result<Exit, Failure> {
    match command {
        Command::Import(command) => import::run(command),
    }
}
