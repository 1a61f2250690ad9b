//! The neutral form: one object a line, as `schemas/editor/reported.schema.json` describes it. Streams.

use std::io::BufRead;

use serde::Deserialize;
use serde_json::error::Category;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Finding, Problems, Reports, State};
use crate::deploy::directory::next_line;

/// A line longer than this is no report.
const LONGEST: usize = 65_536;
/// More differing settings than a profile has.
const MOST_SETTINGS: usize = 200;

const HELP: &str =
    "write one object a line, as in {\"device\": \"phone-1\", \"profile\": \"corporate-mail\", \"state\": \"compliant\"}";

/// A line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'l> {
    #[serde(borrow, default)]
    user: Option<std::borrow::Cow<'l, str>>,
    #[serde(borrow, default)]
    device: Option<std::borrow::Cow<'l, str>>,
    #[serde(borrow)]
    profile: std::borrow::Cow<'l, str>,
    #[serde(borrow)]
    state: std::borrow::Cow<'l, str>,
    #[serde(default)]
    settings: Vec<String>,
    #[serde(default)]
    reason: String,
    #[serde(borrow, default)]
    at: Option<std::borrow::Cow<'l, str>>,
}

/// Reads all lines; one that cannot be read is said and left out.
pub fn read(stream: &mut dyn BufRead, reports: &mut Reports<'_, '_>, problems: &mut Problems) {
    let mut text = String::new();
    let mut number = 0;
    loop {
        number += 1;
        match next_line(stream, &mut text) {
            Ok(false) => break,
            Ok(true) => {
                let plain = text.trim_start_matches('\u{feff}').trim();
                if plain.is_empty() {
                    continue;
                }
                match line(plain, reports) {
                    Ok(()) => {}
                    Err(Trouble::Stranger(who)) => problems.stranger(number, &text, &who),
                    Err(Trouble::Unreadable(what, help)) => problems.unreadable(number, &text, what, help),
                }
            }
            Err(what) => {
                problems.unreadable(number, &text, format!("the file {what}"), HELP);
                // A line that is no text has an end; one that is too long has none that is known, and the rest cannot be told apart.
                if !what.contains("UTF-8") {
                    break;
                }
            }
        }
    }
}

/// Why a line counts for nobody.
enum Trouble {
    /// It cannot be read, and what to do.
    Unreadable(String, &'static str),
    /// It is about somebody or something unknown.
    Stranger(String),
}

fn line(text: &str, reports: &mut Reports<'_, '_>) -> Result<(), Trouble> {
    if text.len() > LONGEST {
        return Err(Trouble::Unreadable(format!("a report has {} bytes, {LONGEST} are read", text.len()), HELP));
    }
    let line = object(text).map_err(|what| Trouble::Unreadable(format!("a line is no report: {what}"), HELP))?;
    let state = State::find(&line.state).ok_or_else(|| {
        let what = format!("`{}` is no state", line.state.chars().filter(|c| !c.is_control()).take(64).collect::<String>());
        Trouble::Unreadable(what, "states are `compliant`, `non_compliant`, `error`, `unknown`, `not_applicable` and `present`")
    })?;
    if line.user.is_none() && line.device.is_none() {
        return Err(Trouble::Unreadable("a report names neither a user nor a device".to_owned(), HELP));
    }
    if line.settings.len() > MOST_SETTINGS {
        return Err(Trouble::Unreadable(
            format!("a report names {} settings, {MOST_SETTINGS} are read", line.settings.len()),
            HELP,
        ));
    }
    if matches!(state, State::Compliant | State::NotApplicable) && !line.settings.is_empty() {
        let what = format!("a report says `{}` and names settings that differ", state.name());
        return Err(Trouble::Unreadable(
            what,
            "where a setting differs the state is `non_compliant`; leave out `settings` otherwise",
        ));
    }
    let at = line.at.as_deref().map(|at| moment(at, reports.now)).transpose()?;
    let whom = reports.whom(line.user.as_deref(), line.device.as_deref());
    let whom = whom
        .ok_or_else(|| Trouble::Stranger(format!("`{}`", line.device.as_deref().or(line.user.as_deref()).unwrap_or_default())))?;
    let profile = reports.scene.fleet.profile(&line.profile);
    let profile = profile.ok_or_else(|| Trouble::Stranger(format!("the profile `{}`", line.profile)))?;
    let finding = Finding { state, differs: line.settings, why: line.reason };
    reports.take(whom, profile, at, finding);
    Ok(())
}

/// The object in a line; a list of its values, which `serde` would take as well, is none.
fn object(text: &str) -> Result<Line<'_>, String> {
    if !text.starts_with('{') {
        return Err("it is no JSON object".to_owned());
    }
    serde_json::from_str(text).map_err(|error: serde_json::Error| match error.classify() {
        Category::Eof => "its JSON object has no end".to_owned(),
        Category::Data => error.to_string().split(" at line ").next().unwrap_or_default().to_owned(),
        Category::Syntax | Category::Io => format!("it is no JSON at byte {} of the line", error.column().max(1)),
    })
}

/// When a report was made, in seconds since 1970.
fn moment(at: &str, now: i64) -> Result<i64, Trouble> {
    let at = OffsetDateTime::parse(at, &Rfc3339).map_err(|_| {
        let help = "write date, time and zone, as in `2026-12-31T17:00:00Z`, or leave `at` out";
        Trouble::Unreadable("`at` is no moment".to_owned(), help)
    })?;
    if at.unix_timestamp() > now {
        let help =
            "look at the clock of what wrote it; `--at` says as of when reports are judged, a day without a time as of its begin";
        return Err(Trouble::Unreadable("`at` is after the moment of the evaluation".to_owned(), help));
    }
    Ok(at.unix_timestamp())
}
