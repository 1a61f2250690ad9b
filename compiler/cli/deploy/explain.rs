//! `payloadc deploy explain`: what one person gets, and why.

use serde_json::Value;

use super::{fleet, incomplete, json, received, resolved, unknown};
use crate::cli::arguments::{DataFormat, Fleet as Asked};
use crate::cli::{Exit, Failure, write_out};
use crate::deploy::{Explained, Received};
use crate::diagnostic::render::Style;

/// Prints what a user, or a device, gets.
pub fn run(user: &str, asked: &Asked, style: Style) -> Result<Exit, Failure> {
    let (run, exit) = resolved(asked, style)?;
    let fleet = fleet(&run)?;
    if let Some(why) = unknown(fleet) {
        return Err(why);
    }
    let explained = fleet.explain(user, &run.output.sources);
    let explained = explained.ok_or_else(|| Failure(format!("the directory has no user and no device `{user}`")))?;
    let text = match asked.format {
        DataFormat::Json => json(&explained)?,
        DataFormat::Text => page(&explained),
    };
    write_out(text.as_bytes())?;
    Ok(exit)
}

fn page(explained: &Explained) -> String {
    if explained.profiles.is_empty() {
        let why = if explained.unknown.is_empty() { "no deployment reaches them" } else { "no sound deployment reaches them" };
        return format!("{} gets nothing: {why}\n", explained.user) + &incomplete(&explained.unknown);
    }
    let head = format!("{} gets\n", explained.user) + &incomplete(&explained.unknown);
    head + &explained.profiles.iter().map(|profile| received(profile) + &settings(profile)).collect::<String>()
}

fn settings(profile: &Received) -> String {
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    profile.settings.iter().map(|(name, value)| format!("      {name}: {}\n", shown(value))).collect()
}
