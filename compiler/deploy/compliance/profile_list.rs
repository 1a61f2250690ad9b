//! What an Apple device answers to the MDM command `ProfileList`: identifier and UUID of every profile it has. That proves presence, not
//! content: neither of them changes when a setting does.
//!
//! <https://developer.apple.com/documentation/devicemanagement/profile_list>

use plist::{Dictionary, Value};

use super::{Finding, Problems, Reports, State, ddm};
use crate::targets::Expected;

const HELP: &str = "an answer to `ProfileList` is a property list with `UDID` and `ProfileList`";
/// Deeper than any answer.
const DEEPEST: usize = 32;

/// Reads an answer, or the message in which a device hands in its declarative status.
pub fn read(text: &str, reports: &mut Reports<'_, '_>, problems: &mut Problems) {
    if let Err(what) = answer(text, reports, problems) {
        problems.unreadable(1, text.lines().next().unwrap_or_default(), what, HELP);
    }
}

fn answer(text: &str, reports: &mut Reports<'_, '_>, problems: &mut Problems) -> Result<(), String> {
    if deep(text) {
        return Err(format!("the property list is nested more than {DEEPEST} times"));
    }
    let value = Value::from_reader_xml(text.as_bytes()).map_err(|error| format!("this is no property list: {error}"))?;
    let Some(answer) = value.as_dictionary() else { return Err("the property list is no dictionary".into()) };
    let name = ["UDID", "EnrollmentID"].iter().find_map(|key| answer.get(key)?.as_string());
    if let Some(Value::Data(status)) = answer.get("Data")
        && answer.get("MessageType").and_then(Value::as_string) == Some("DeclarativeManagement")
    {
        let status = std::str::from_utf8(status).map_err(|_| "the status is no text".to_owned())?;
        ddm::read(status, name, reports, problems);
        return Ok(());
    }
    let Some(name) = name else { return Err("no `UDID` says which device this is".into()) };
    let status = answer.get("Status").and_then(Value::as_string).unwrap_or("Acknowledged");
    let Some(device) = reports.scene.device(name) else {
        problems.stranger(1, text.lines().next().unwrap_or_default(), &format!("the device `{name}`"));
        return Ok(());
    };
    let list = match answer.get("ProfileList").and_then(Value::as_array) {
        Some(list) => list.iter().filter_map(Value::as_dictionary).collect::<Vec<_>>(),
        None => return Err(format!("there is no `ProfileList` in this answer, whose status is `{}`", plain(status))),
    };
    let scene = reports.scene;
    let findings: Vec<(usize, Finding)> = scene
        .profiles(device)
        .filter_map(|(at, profile)| {
            let artifact = scene.artifact(device, profile, "profile")?;
            Some((at, found(&list, key(&artifact.expects, "PayloadIdentifier")?, key(&artifact.expects, "PayloadUUID")?)))
        })
        .collect();
    for (at, finding) in findings {
        reports.take(super::scene::Whom::Device(device), at, None, finding);
    }
    Ok(())
}

fn found(list: &[&Dictionary], identifier: &str, uuid: &str) -> Finding {
    let text = |entry: &Dictionary, key: &str| entry.get(key).and_then(Value::as_string).unwrap_or_default().to_owned();
    let own: Vec<&&Dictionary> = list.iter().filter(|entry| text(entry, "PayloadIdentifier") == identifier).collect();
    if own.iter().any(|entry| text(entry, "PayloadUUID").eq_ignore_ascii_case(uuid)) {
        return Finding::of(State::Present);
    }
    if own.is_empty() {
        return Finding::because(State::NonCompliant, "not installed");
    }
    Finding::because(State::NonCompliant, "another profile of the same identifier is installed")
}

/// What an artifact is known by.
pub fn key<'e>(expects: &'e [Expected], name: &str) -> Option<&'e str> {
    expects.iter().find(|expected| expected.place == name)?.value.as_ref()?.as_literal()
}

/// Whether elements are nested deeper than any answer has them: what reads them would run out of stack.
fn deep(text: &str) -> bool {
    let mut depth = 0_usize;
    for at in text.match_indices('<').map(|(at, _)| at) {
        let rest = text.get(at + 1..).unwrap_or_default();
        if rest.starts_with("dict") || rest.starts_with("array") {
            depth += 1;
        } else if rest.starts_with("/dict") || rest.starts_with("/array") {
            depth = depth.saturating_sub(1);
        }
        if depth > DEEPEST {
            return true;
        }
    }
    false
}

fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}
