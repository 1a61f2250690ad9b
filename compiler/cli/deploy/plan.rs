//! `payloadc deploy plan`: who gets what, audience by audience.

use super::{fleet, incomplete, json, received, resolved, unknown};
use crate::cli::arguments::{DataFormat, Fleet as Asked};
use crate::cli::{Exit, Failure, write_out};
use crate::deploy::{Fleet, Planned};
use crate::diagnostic::render::Style;

/// Prints the plan.
pub fn run(asked: &Asked, style: Style) -> Result<Exit, Failure> {
    let (run, exit) = resolved(asked, style)?;
    let fleet = fleet(&run)?;
    if let Some(why) = unknown(fleet) {
        return Err(why);
    }
    let plan = fleet.plan(&run.output.sources);
    let text = match asked.format {
        DataFormat::Json => json(&plan)?,
        DataFormat::Text if plan.audiences.is_empty() => nobody(fleet).to_owned(),
        DataFormat::Text => plan.audiences.iter().map(audience).collect::<Vec<_>>().join("\n"),
    };
    write_out(text.as_bytes())?;
    Ok(exit)
}

fn audience(planned: &Planned) -> String {
    let ids: Vec<&str> = planned.profiles.iter().map(|profile| profile.id.as_str()).collect();
    let who = if planned.users == 1 { "1 user gets".to_owned() } else { format!("{} users get", planned.users) };
    format!("{who} {}\n", ids.join(", "))
        + &incomplete(&planned.unknown)
        + &planned.profiles.iter().map(received).collect::<String>()
}

fn nobody(fleet: &Fleet) -> &'static str {
    if fleet.broken.is_empty() { "no deployment reaches anybody\n" } else { "no deployment without an error reaches anybody\n" }
}
