//! `payloadc collection list` and `payloadc collection show`.

use serde::Serialize;

use super::{fleet, json, resolved};
use crate::check::nearest;
use crate::cli::arguments::{CollectionCommand, DataFormat};
use crate::cli::{Exit, Failure, write_out};
use crate::deploy::directory::{Row, Sort};
use crate::deploy::{Collection, Fleet};
use crate::diagnostic::render::Style;

#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    name: &'a str,
    of: &'static str,
    /// Nothing without a directory.
    count: Option<usize>,
}

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    collection: Listed<'a>,
    members: Vec<Member<'a>>,
}

#[derive(Serialize)]
struct Member<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    user_principal_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    display_name: &'a str,
}

/// Prints collections, or the members of one.
pub fn run(command: &CollectionCommand, style: Style) -> Result<Exit, Failure> {
    let (CollectionCommand::List(asked) | CollectionCommand::Show { asked, .. }) = command;
    let (run, exit) = resolved(asked, style)?;
    let fleet = fleet(&run)?;
    let as_json = asked.format == DataFormat::Json;
    let text = match command {
        CollectionCommand::List(_) => {
            let all: Vec<Listed<'_>> = fleet.collections.iter().map(listed).collect();
            if as_json { json(&all)? } else { table(&all) }
        }
        CollectionCommand::Show { id, .. } => {
            let found = fleet.collections.find(id).and_then(|at| fleet.collections.get(at));
            let collection = found.ok_or_else(|| unknown(id, fleet))?;
            if let Some(why) = super::unknown(fleet) {
                return Err(why);
            }
            let shown = Shown { collection: listed(collection), members: members(collection, fleet) };
            if as_json { json(&shown)? } else { page(&shown) }
        }
    };
    write_out(text.as_bytes())?;
    Ok(exit)
}

fn unknown(id: &str, fleet: &Fleet) -> Failure {
    let near = nearest(id, fleet.collections.iter().map(|collection| &*collection.id));
    let hint = near.map_or_else(String::new, |near| format!("; `{near}` is near"));
    Failure(format!("no collection without an error is called `{id}`{hint}"))
}

fn listed(collection: &Collection) -> Listed<'_> {
    let count = collection.rows.as_ref().map(|rows| rows.count_ones(..));
    Listed { id: &collection.id, name: &collection.name, of: collection.of.name(), count }
}

fn members<'a>(collection: &Collection, fleet: &'a Fleet) -> Vec<Member<'a>> {
    let Some(directory) = fleet.directory() else { return Vec::new() };
    let table = match collection.of {
        Sort::Users => &directory.users,
        Sort::Devices => &directory.devices,
    };
    let rows = collection.rows.iter().flat_map(|rows| rows.ones()).filter_map(|row| u32::try_from(row).ok());
    let mut members: Vec<Member<'_>> = rows.map(|row| member(table.row(row))).collect();
    members.sort_by(|a, b| a.id.cmp(b.id));
    members
}

fn member(row: Row<'_>) -> Member<'_> {
    Member { id: row.id(), user_principal_name: row.value("user_principal_name"), display_name: row.value("display_name") }
}

fn table(all: &[Listed<'_>]) -> String {
    let width = |of: fn(&Listed<'_>) -> usize| all.iter().map(of).max().unwrap_or(0);
    let ids = width(|listed| listed.id.chars().count());
    let names = width(|listed| listed.name.chars().count());
    let row = |listed: &Listed<'_>| {
        let count = listed.count.map_or_else(|| "unknown".to_owned(), |count| count.to_string());
        format!("{:ids$}  {:names$}  {count} {}\n", listed.id, listed.name, noun(listed))
    };
    all.iter().map(row).collect()
}

/// `user` for one, `users` for more.
fn noun(listed: &Listed<'_>) -> &'static str {
    match listed.count {
        Some(1) => listed.of.strip_suffix('s').unwrap_or(listed.of),
        _ => listed.of,
    }
}

fn page(shown: &Shown<'_>) -> String {
    let Listed { id, name, count, .. } = &shown.collection;
    let mut text = format!("{id}: {name}, {} {}\n", count.unwrap_or(0), noun(&shown.collection));
    for member in &shown.members {
        let mut further: Vec<&str> = vec![member.user_principal_name, member.display_name];
        further.retain(|part| !part.is_empty() && *part != member.id);
        text.push_str(&format!("  {}\n", std::iter::once(member.id).chain(further).collect::<Vec<_>>().join("  ")));
    }
    text
}
