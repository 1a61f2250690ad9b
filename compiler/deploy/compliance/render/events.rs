//! For System Center Operations Manager: a line of JSON for each raised alert that asks for it.
//!
//! Its text log rules read a file line by line and match each line, which they call `Params/Param[1]`; so a record is one line, begins with
//! its event id and source, and what a rule matches stands in it in one fixed spelling. A webhook takes the same line as its body.
//! <https://learn.microsoft.com/previous-versions/system-center/system-center-2012-R2/hh457585(v=sc.12)>; the names of the first fields are those that
//! Operations Manager has for the properties of an event.

use serde::Serialize;

use super::Evaluation;
use crate::deploy::alert::shown;
use crate::deploy::compliance::State;
use crate::deploy::compliance::count::percent;

/// The id of the event: compliance is below the threshold of a deployment's alert.
const EVENT_ID: u16 = 9501;

/// An event, with the names that Operations Manager has for its properties.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Event<'a> {
    event_number: u16,
    publisher_name: &'static str,
    /// 1 error, 2 warning, 4 information.
    event_level: u8,
    event_category: &'static str,
    time_generated: String,
    event_description: String,
    deployment: &'a str,
    collection: &'a str,
    compliance: f64,
    compliance_below: u16,
    by: String,
    targeted: u64,
    compliant: u64,
    not_applicable: u64,
    present: u64,
    non_compliant: u64,
    error: u64,
    unknown: u64,
}

/// The records, one a line; none where no raised alert goes to Operations Manager.
///
/// # Errors
/// Never in practice: nothing in a record cannot be JSON.
pub fn events(evaluation: &Evaluation<'_>) -> Result<String, serde_json::Error> {
    let mut text = String::new();
    for judged in evaluation.raised() {
        let Some(alert) = judged.alert().filter(|alert| alert.operations_manager) else { continue };
        let counts = &judged.counts;
        let description = format!(
            "Compliance of deployment {} is {}, below {} %: {} of {} are compliant.",
            judged.id(),
            percent(counts.tenths()),
            alert.compliance_below,
            counts.good(),
            counts.targeted()
        );
        let event = Event {
            event_number: EVENT_ID,
            publisher_name: "payloadc",
            event_level: 1,
            event_category: "Compliance",
            time_generated: shown(evaluation.at),
            event_description: description,
            deployment: judged.id(),
            collection: judged.collection,
            compliance: f64::from(counts.tenths()) / 10.0,
            compliance_below: alert.compliance_below,
            by: shown(alert.by),
            targeted: counts.targeted(),
            compliant: counts.of(State::Compliant),
            not_applicable: counts.of(State::NotApplicable),
            present: counts.of(State::Present),
            non_compliant: counts.of(State::NonCompliant),
            error: counts.of(State::Error),
            unknown: counts.of(State::Unknown),
        };
        text.push_str(&serde_json::to_string(&event)?);
        text.push('\n');
    }
    Ok(text)
}
