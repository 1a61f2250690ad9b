//! For Prometheus: its text exposition format, version 0.0.4, as the textfile collector of the node exporter reads it.
//!
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>

use std::io::{Result, Write};

use super::Evaluation;
use crate::deploy::compliance::{Judged, State};

/// Writes all metrics.
///
/// # Errors
/// The output cannot be written.
pub fn prometheus(evaluation: &Evaluation<'_>, out: &mut dyn Write) -> Result<()> {
    let all = &evaluation.deployments;
    let label = |judged: &Judged<'_>| format!("{{deployment=\"{}\"}}", escaped(judged.id()));
    head(out, "payloadc_deployment_targeted", "Users or devices that a deployment targets.")?;
    for judged in all {
        writeln!(out, "payloadc_deployment_targeted{} {}", label(judged), judged.counts.targeted())?;
    }
    head(out, "payloadc_deployment_assets", "Users or devices of a deployment in a state.")?;
    for judged in all {
        for state in State::ALL {
            let labels = format!("{{deployment=\"{}\",state=\"{}\"}}", escaped(judged.id()), state.name());
            writeln!(out, "payloadc_deployment_assets{labels} {}", judged.counts.of(state))?;
        }
    }
    head(
        out,
        "payloadc_deployment_compliance_ratio",
        "Compliant and not applicable among all targeted, rounded down to a tenth of a percent.",
    )?;
    for judged in all {
        writeln!(out, "payloadc_deployment_compliance_ratio{} {}", label(judged), thousandths(judged.counts.tenths()))?;
    }
    let alerts = || all.iter().filter_map(|judged| Some((judged, judged.alert()?)));
    head(
        out,
        "payloadc_deployment_alert_threshold_ratio",
        "Compliance strictly below this raises the alert once its date has come.",
    )?;
    for (judged, alert) in alerts() {
        writeln!(out, "payloadc_deployment_alert_threshold_ratio{} {}", label(judged), thousandths(alert.compliance_below * 10))?;
    }
    head(out, "payloadc_deployment_alert_by_timestamp_seconds", "The date of the alert.")?;
    for (judged, alert) in alerts() {
        writeln!(out, "payloadc_deployment_alert_by_timestamp_seconds{} {}", label(judged), alert.by.unix_timestamp())?;
    }
    head(out, "payloadc_deployment_alert_raised", "1 when the alert is raised, else 0.")?;
    for (judged, _) in alerts() {
        writeln!(out, "payloadc_deployment_alert_raised{} {}", label(judged), u8::from(judged.raised))?;
    }
    head(out, "payloadc_reports_used", "Findings that were taken in.")?;
    writeln!(out, "payloadc_reports_used {}", evaluation.used)?;
    head(out, "payloadc_reports_left_out", "Reports that could not be read, or that are about somebody unknown.")?;
    writeln!(out, "payloadc_reports_left_out {}", evaluation.left_out)?;
    head(out, "payloadc_evaluation_timestamp_seconds", "The moment that was judged.")?;
    writeln!(out, "payloadc_evaluation_timestamp_seconds {}", evaluation.at.unix_timestamp())
}

fn head(out: &mut dyn Write, name: &str, help: &str) -> Result<()> {
    writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge")
}

/// 899 is 0.899.
fn thousandths(number: u16) -> String {
    format!("{}.{:03}", number / 1000, number % 1000)
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
