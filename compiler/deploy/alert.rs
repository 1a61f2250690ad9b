//! `alert` of a deployment: from when on too few compliant people or devices are worth telling somebody. It does not count them.

use serde::{Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::moment::moment;
use super::words::Words;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::{Node, Sources};

/// When somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Alert {
    /// Raised when compliance is strictly below so many percent.
    pub compliance_below: u16,
    /// And this moment has come.
    #[serde(serialize_with = "as_text")]
    pub by: OffsetDateTime,
    /// Whether System Center Operations Manager is told too.
    pub operations_manager: bool,
}

fn as_text<S: Serializer>(at: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&shown(*at))
}

/// In UTC, as RFC 3339 has it.
#[must_use]
pub fn shown(at: OffsetDateTime) -> String {
    at.to_offset(time::UtcOffset::UTC).format(&Rfc3339).unwrap_or_default()
}

/// Reads `alert`; what is wrong is said.
pub fn read(node: &Node, sources: &Sources, report: &mut Report) -> Option<Alert> {
    let mut words = Words::of("alert", node, &["compliance_below", "by", "operations_manager"], sources, report)?;
    let below = words.needed("compliance_below", "90").and_then(|pair| {
        let below = words.number(pair, 0, 100)?;
        if below == 0 {
            let diagnostic = Diagnostic::new(Code::W0957, pair.value.span, "this alert is never raised");
            words.report.push(
                diagnostic
                    .label("no compliance is below 0 %")
                    .help("write 1 for an alert when nobody is compliant, 100 for one when anybody is not"),
            );
        }
        Some(below)
    });
    let by = words.needed("by", "2026-12-31T17:00:00Z").and_then(|pair| instant(&pair.value, sources, words.report));
    let operations_manager = words.flag("operations_manager");
    Some(Alert { compliance_below: below?, by: by?, operations_manager })
}

fn instant(node: &Node, sources: &Sources, report: &mut Report) -> Option<OffsetDateTime> {
    let moment = moment(node, "by", sources, report)?;
    let instant = moment.instant().and_then(|at| at.checked_to_offset(time::UtcOffset::UTC));
    if instant.is_none() {
        let (what, example) = match (moment.time, moment.zone) {
            (None, _) => ("time of day and no zone", format!("{}T17:00:00Z", moment.date)),
            (Some(time), None) => ("zone", format!("{}T{:02}:{:02}:00Z", moment.date, time.hour(), time.minute())),
            _ => ("place in the calendar of UTC", "2026-12-31T17:00:00Z".to_owned()),
        };
        let diagnostic = Diagnostic::new(Code::E0951, node.span, format!("the date of an alert has no {what}"));
        report.push(
            diagnostic.label("which moment this is cannot be said").help(format!(
                "write the zone behind it, such as `{example}` for UTC, or the offset of a place, such as `+01:00`"
            )),
        );
    }
    instant
}
