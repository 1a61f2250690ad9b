//! The status report of declarative device management: what a device made of each declaration.
//!
//! A built declaration is known by its identifier, and its content by its server token, which is a digest of it. A configuration that carries
//! a whole profile is known by the profile's identifier, and its content where the server makes the SHA-256 of the artifact the token.
//! <https://developer.apple.com/documentation/devicemanagement/statusmanagementdeclarationsdeclarationobject>

use std::collections::HashMap;

use base64::Engine as _;
use serde::Deserialize;

use super::profile_list::key;
use super::scene::Whom;
use super::{Finding, Problems, Reports, State};
use crate::compile::{Artifact, sha256};

const HELP: &str = "a status report is JSON with `StatusItems`; the device is named in it, or by the check-in message around it";

/// A status, or the check-in message around it as JSON.
#[derive(Deserialize, Default)]
struct Status {
    #[serde(rename = "StatusItems")]
    items: Option<Items>,
    #[serde(rename = "MessageType")]
    message: Option<String>,
    #[serde(rename = "UDID")]
    udid: Option<String>,
    #[serde(rename = "EnrollmentID")]
    enrollment: Option<String>,
    #[serde(rename = "Data")]
    data: Option<Data>,
}

/// The status in a message: bytes are base64 in JSON; some servers hand it on as an object.
#[derive(Deserialize)]
#[serde(untagged, expecting = "`Data` is neither a status nor its bytes in base64")]
enum Data {
    Bytes(String),
    Status(Box<Status>),
}

#[derive(Deserialize, Default)]
struct Items {
    #[serde(default)]
    management: Management,
    #[serde(default)]
    device: Device,
}

#[derive(Deserialize, Default)]
struct Management {
    #[serde(default)]
    declarations: Declarations,
}

#[derive(Deserialize, Default)]
struct Declarations {
    #[serde(default)]
    activations: Vec<Declaration>,
    #[serde(default)]
    assets: Vec<Declaration>,
    #[serde(default)]
    configurations: Vec<Declaration>,
    #[serde(default)]
    management: Vec<Declaration>,
}

#[derive(Deserialize, Default)]
struct Device {
    #[serde(default)]
    identifier: Identifier,
}

#[derive(Deserialize, Default)]
struct Identifier {
    udid: Option<String>,
    #[serde(rename = "serial-number")]
    serial_number: Option<String>,
}

#[derive(Deserialize)]
struct Declaration {
    identifier: String,
    #[serde(default)]
    active: bool,
    #[serde(default)]
    valid: String,
    #[serde(rename = "server-token", default)]
    server_token: String,
    #[serde(default)]
    reasons: Vec<Reason>,
}

#[derive(Deserialize)]
struct Reason {
    #[serde(default)]
    code: String,
    #[serde(default)]
    description: String,
}

impl Reason {
    /// The code with the device's own words, of which a few are enough.
    fn said(&self) -> String {
        let words: String = self.description.chars().filter(|c| !c.is_control()).take(200).collect();
        if words.is_empty() { self.code.clone() } else { format!("{}: {words}", self.code) }
    }
}

/// Reads a report of a device, which the message around it may name.
pub fn read(text: &str, named: Option<&str>, reports: &mut Reports<'_, '_>, problems: &mut Problems) {
    let first = text.lines().next().unwrap_or_default();
    let Some(mut status) = parse(text, text, problems) else { return };
    let name = status.udid.take().or(status.enrollment.take());
    if let Some(message) = status.message.take() {
        if message != "DeclarativeManagement" {
            let message: String = message.chars().filter(|c| !c.is_control()).take(64).collect();
            return problems.unreadable(1, first, format!("a message of type `{message}` holds no status"), HELP);
        }
        status = match status.data.take() {
            None => status,
            Some(Data::Status(status)) => *status,
            Some(Data::Bytes(bytes)) => {
                let Some(inner) = decoded(&bytes) else {
                    return problems.unreadable(1, first, "`Data` is neither a status nor its bytes in base64", HELP);
                };
                let Some(status) = parse(&inner, text, problems) else { return };
                status
            }
        };
    }
    let Some(items) = &status.items else {
        return problems.unreadable(1, first, "this is no status report: it has no `StatusItems`", HELP);
    };
    let own = &items.device.identifier;
    let Some(name) = named.or(name.as_deref()).or(own.udid.as_deref()).or(own.serial_number.as_deref()) else {
        return problems.unreadable(1, first, "the status report does not say of which device it is", HELP);
    };
    judge(items, name, first, reports, problems);
}

/// A status, which is the whole file or stands somewhere in it.
fn parse(text: &str, file: &str, problems: &mut Problems) -> Option<Status> {
    let error = match serde_json::from_str(text) {
        Ok(status) => return Some(status),
        Err(error) => error,
    };
    let line = if std::ptr::eq(text, file) { error.line().max(1) } else { 1 };
    let shown = file.lines().nth(line - 1).unwrap_or_default();
    let what = error.to_string();
    let what = format!("this is no status report: {}", what.split(" at line ").next().unwrap_or_default());
    problems.unreadable(u64::try_from(line).unwrap_or(1), shown, what, HELP);
    None
}

fn decoded(bytes: &str) -> Option<String> {
    let bare: String = bytes.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    String::from_utf8(base64::engine::general_purpose::STANDARD.decode(bare).ok()?).ok()
}

/// Takes in what a device says of what was built for it.
fn judge(items: &Items, name: &str, first: &str, reports: &mut Reports<'_, '_>, problems: &mut Problems) {
    let Some(device) = reports.scene.device(name) else {
        problems.stranger(1, first, &format!("the device `{name}`"));
        return;
    };
    let Declarations { activations, assets, configurations, management } = &items.management.declarations;
    let all = || activations.iter().chain(assets).chain(configurations).chain(management);
    let by_identifier: HashMap<&str, &Declaration> = all().map(|declared| (declared.identifier.as_str(), declared)).collect();
    let scene = reports.scene;
    let mut findings = Vec::new();
    for (at, profile) in scene.profiles(device) {
        let answering = scene.artifacts(device, profile).iter();
        // A report may tell only what has changed: what it does not name it says nothing about.
        let found = answering.filter_map(|artifact| found(artifact, &by_identifier));
        findings.extend(found.max_by_key(|finding| finding.state).map(|finding| (at, finding)));
    }
    for (at, finding) in findings {
        reports.take(Whom::Device(device), at, None, finding);
    }
}

/// What a device says of an artifact.
fn found(artifact: &Artifact, declared: &HashMap<&str, &Declaration>) -> Option<Finding> {
    let own = key(&artifact.expects, "Identifier");
    let declaration = declared.get(own.or_else(|| key(&artifact.expects, "PayloadIdentifier"))?)?;
    let digest = || (!artifact.entry.contains_secret).then(|| sha256(&artifact.bytes));
    let token = match own {
        // Of a declaration with a secret it is made with what is not read here.
        Some(_) => key(&artifact.expects, "ServerToken").filter(|_| !artifact.entry.contains_secret).map(ToOwned::to_owned),
        None => digest(),
    };
    Some(judged(declaration, token.as_deref()))
}

/// `token` is that of the built content; nothing where it holds a secret.
fn judged(declaration: &Declaration, token: Option<&str>) -> Finding {
    let codes = || declaration.reasons.iter().map(Reason::said).take(8).collect::<Vec<_>>().join(", ");
    match (declaration.valid.as_str(), declaration.active) {
        ("invalid", _) => Finding::because(State::Error, codes()),
        ("valid", true) => match token {
            Some(token) if declaration.server_token.eq_ignore_ascii_case(token) => Finding::of(State::Compliant),
            Some(_) => Finding::because(State::Present, "its server token is not that of what was built"),
            None => Finding::because(State::Present, "it holds a secret, so that its server token is not known here"),
        },
        ("valid", false) => Finding::because(State::NonCompliant, if codes().is_empty() { "not active".into() } else { codes() }),
        _ => Finding::because(State::Unknown, "the device has not judged it yet"),
    }
}
