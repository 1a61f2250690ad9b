//! `payloadc list`.

use super::arguments::List;
use super::run::{Wanted, compiled, report};
use super::{Exit, Failure};
use crate::compile::Listed;
use crate::diagnostic::render::Style;

/// Prints the profiles of a workspace; what is wrong with them goes to stderr.
pub fn run(command: &List, style: Style) -> Result<Exit, Failure> {
    let mut run = compiled(&command.what, Wanted { secrets_in_git: true, ..Wanted::default() })?;
    let exit = report(&mut run, &command.what, style)?;
    let profiles = &run.output.profiles;
    let text = if command.json {
        serde_json::to_string_pretty(profiles).map_err(|error| Failure(error.to_string()))? + "\n"
    } else {
        table(profiles)
    };
    super::write_out(text.as_bytes())?;
    Ok(exit)
}

fn table(profiles: &[Listed]) -> String {
    let width = |of: fn(&Listed) -> &str| profiles.iter().map(|profile| of(profile).chars().count()).max().unwrap_or(0);
    let (ids, kinds) = (width(|profile| &profile.id), width(|profile| &profile.kind));
    let row = |profile: &Listed| {
        let platforms: Vec<String> =
            profile.platforms.iter().map(|(name, range)| format!("{name} {range}").trim_end().to_owned()).collect();
        format!("{:ids$}  {:kinds$}  {}  ({})\n", profile.id, profile.kind, platforms.join(", "), profile.file)
    };
    profiles.iter().map(row).collect()
}
