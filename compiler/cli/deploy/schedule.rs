//! `payloadc deploy schedule`: when devices evaluate a deployment, seen from a moment.

use serde::Serialize;
use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};

use super::{fleet, json, resolved};
use crate::check::nearest;
use crate::cli::arguments::{DataFormat, Fleet as Asked};
use crate::cli::run::day;
use crate::cli::{Exit, Failure, write_out};
use crate::deploy::Fleet;
use crate::deploy::document::Deployment;
use crate::deploy::schedule::{Fields, Schedule};
use crate::diagnostic::render::Style;

#[derive(Serialize)]
struct Answer<'a> {
    deployment: &'a str,
    /// Nothing where only logons evaluate.
    schedule: Option<Fields>,
    next: Vec<String>,
}

/// Prints the next times of a deployment's schedule.
pub fn run(id: &str, next: u16, asked: &Asked, style: Style) -> Result<Exit, Failure> {
    let now = now(asked.at.as_deref())?;
    let (run, exit) = resolved(asked, style)?;
    let deployment = deployment(id, fleet(&run)?)?;
    let times: Vec<String> = deployment
        .evaluation
        .iter()
        .flat_map(|schedule| schedule.times(now).take(next.into()).map(|at| schedule.shown(at)))
        .collect();
    let text = match asked.format {
        DataFormat::Json => {
            json(&Answer { deployment: id, schedule: deployment.evaluation.as_ref().map(Schedule::fields), next: times })?
        }
        DataFormat::Text => page(deployment, &times),
    };
    write_out(text.as_bytes())?;
    Ok(exit)
}

/// The moment from which times are counted, as a clock in UTC shows it.
fn now(at: Option<&str>) -> Result<PrimitiveDateTime, Failure> {
    let now = OffsetDateTime::from_unix_timestamp(day(at)?).map_err(|error| Failure(error.to_string()))?;
    let now = now.to_offset(UtcOffset::UTC);
    Ok(PrimitiveDateTime::new(now.date(), now.time()))
}

/// The deployment of an id.
pub fn deployment<'f>(id: &str, fleet: &'f Fleet) -> Result<&'f Deployment, Failure> {
    let mut all = fleet.deployments.iter().map(|deployed| &deployed.document);
    all.clone().find(|document| *document.id == *id).ok_or_else(|| {
        if fleet.broken.iter().any(|broken| **broken == *id) {
            return Failure(format!("the deployment `{id}` has an error: see above"));
        }
        let hint = nearest(id, all.by_ref().map(|document| &*document.id));
        let hint = hint.map_or_else(String::new, |near| format!("; `{near}` is near"));
        Failure(format!("no deployment without an error is called `{id}`{hint}"))
    })
}

fn page(deployment: &Deployment, times: &[String]) -> String {
    let Some(schedule) = &deployment.evaluation else {
        return format!("{}: at every logon, and by no schedule\n", deployment.id);
    };
    let clock = if schedule.utc { "UTC" } else { "the clock of each device" };
    let fields = schedule.fields();
    let token = fields.configmgr_token.or(fields.configmgr_refuses).unwrap_or_default();
    let mut text = format!("{}: {}, by {clock}, and at every logon\n", deployment.id, schedule.words());
    text.push_str(&format!("Configuration Manager: {token}\n"));
    if times.is_empty() {
        text.push_str("  never again\n");
    }
    for time in times {
        text.push_str(&format!("  {time}\n"));
    }
    text
}
