//! `payloadc catalog`: what vendors' devices know: search, show, census, and import of newer facts.
//!
//! The pages are made by `compiler/reference/facts`.

mod folder;
mod import;
mod own;

pub use own::of_workspace;

use std::path::Path;

use super::arguments::{Catalog as Command, CensusFormat, Facts};
use super::load::find_above;
use super::{Exit, Failure, print};
use crate::builtin::SCHEMAS;
use crate::catalog::Catalog;
use crate::reference::facts;
use crate::targets;

/// Runs one of the subcommands.
pub fn run(command: &Command) -> Result<Exit, Failure> {
    match command {
        Command::Search { word, facts } => print(facts::search(tables(facts)?, word)),
        Command::Show { topic, facts } => print(facts::show(tables(facts)?, &SCHEMAS, topic)),
        Command::Census { format: CensusFormat::Text, facts } => print(Ok(facts::census(tables(facts)?, &SCHEMAS, by_hand))),
        Command::Census { format: CensusFormat::Json, facts } => {
            print(serde_json::to_string(&facts::counted(tables(facts)?)).map_err(|error| error.to_string()))
        }
        Command::Import(command) => import::run(command),
    }
}

fn tables(facts: &Facts) -> Result<&'static Catalog, Failure> {
    let root = facts.workspace.clone().or_else(|| find_above(Path::new(".")));
    root.map_or(Ok(&crate::builtin::CATALOG), |root| of_workspace(&root))
}

/// The places that a function by hand may write.
fn by_hand(target: &str, name: &str) -> &'static [&'static str] {
    targets::by_hand(target).iter().find(|function| function.name == name).map_or(&[], |function| function.places)
}
