//! For people: a line for each deployment, below it who is not compliant and why.

use std::io::{Result, Write};

use super::Evaluation;
use crate::deploy::alert::shown;
use crate::deploy::compliance::count::percent;
use crate::deploy::compliance::{Asset, Finding, Judged, State};

/// So many assets of a deployment are listed; the other forms list all.
const LISTED: usize = 20;

/// Writes the table.
///
/// # Errors
/// The output cannot be written.
pub fn table(evaluation: &Evaluation<'_>, out: &mut dyn Write) -> Result<()> {
    if evaluation.deployments.is_empty() {
        return writeln!(out, "the workspace has no deployments");
    }
    for judged in &evaluation.deployments {
        deployment(judged, out)?;
    }
    Ok(())
}

fn deployment(judged: &Judged<'_>, out: &mut dyn Write) -> Result<()> {
    let counts = &judged.counts;
    let states: Vec<String> = State::ALL
        .into_iter()
        .filter(|state| counts.of(*state) > 0)
        .map(|state| format!("{} {}", counts.of(state), words(state)))
        .collect();
    let states = if states.is_empty() { "nobody is targeted".to_owned() } else { states.join(", ") };
    writeln!(out, "{}  {}  {} of {} ({states})", judged.id(), percent(counts.tenths()), counts.good(), counts.targeted())?;
    if let Some(alert) = judged.alert() {
        let word = if judged.raised { "ALERT" } else { "no alert" };
        writeln!(out, "  {word}: below {} % at or after {}", alert.compliance_below, shown(alert.by))?;
    }
    let bad = |asset: &&Asset| !matches!(asset.state, State::Compliant | State::NotApplicable);
    let mut assets = judged.assets.iter().filter(bad);
    for asset in assets.by_ref().take(LISTED) {
        writeln!(out, "  {}  {}", asset.id, words(asset.state))?;
        for (profile, device, finding) in &asset.findings {
            let on = device.as_ref().map_or_else(String::new, |device| format!(" on {device}"));
            writeln!(out, "    {profile}{on}: {}", said(finding))?;
        }
    }
    match assets.count() {
        0 => Ok(()),
        more => writeln!(out, "  and {more} more, which `--format json` lists"),
    }
}

fn words(state: State) -> String {
    state.name().replace('_', " ")
}

/// A finding in a line.
pub fn said(finding: &Finding) -> String {
    let differs = if finding.differs.is_empty() { String::new() } else { format!(": {}", finding.differs.join(", ")) };
    let why = if finding.why.is_empty() { String::new() } else { format!(" ({})", finding.why) };
    // What a report says may hold anything.
    format!("{}{differs}{why}", words(finding.state)).chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
