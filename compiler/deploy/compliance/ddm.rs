//! The status report of declarative device management: what a device made of each declaration.
//!
//! A declaration is known by the identifier of the profile it carries; that its content is the built one is known by its server token, which is
//! the SHA-256 of the artifact where the server makes it so.
//! <https://developer.apple.com/documentation/devicemanagement/statusmanagementdeclarationsdeclarationobject>

use serde::Deserialize;

use super::profile_list::identified;
use super::scene::Whom;
use super::{Finding, Problems, Reports, State};
use crate::compile::sha256;

const HELP: &str = "a status report is JSON with `StatusItems`; the device is named in it, or by the check-in message around it";

#[derive(Deserialize, Default)]
struct Status {
    #[serde(rename = "StatusItems", default)]
    items: Items,
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
    configurations: Vec<Declaration>,
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
}

/// Reads a report of a device, which the message around it may name.
pub fn read(text: &str, named: Option<&str>, reports: &mut Reports<'_, '_>, problems: &mut Problems) {
    let status: Status = match serde_json::from_str(text) {
        Ok(status) => status,
        Err(error) => {
            let line = error.line().max(1);
            let shown = text.lines().nth(line - 1).unwrap_or_default();
            let what = error.to_string();
            let what = format!("this is no status report: {}", what.split(" at line ").next().unwrap_or_default());
            problems.unreadable(u64::try_from(line).unwrap_or(1), shown, what, HELP);
            return;
        }
    };
    let own = &status.items.device.identifier;
    let Some(name) = named.or(own.udid.as_deref()).or(own.serial_number.as_deref()) else {
        problems.unreadable(
            1,
            text.lines().next().unwrap_or_default(),
            "the status report does not say of which device it is",
            HELP,
        );
        return;
    };
    let Some(device) = reports.scene.device(name) else {
        problems.stranger(1, text.lines().next().unwrap_or_default(), &format!("the device `{name}`"));
        return;
    };
    let mut findings = Vec::new();
    for (at, identifier, artifact) in identified(reports.scene, device) {
        let declared = status.items.management.declarations.configurations.iter();
        // A report may tell only what has changed: what it does not name it says nothing about.
        for declaration in declared.filter(|declaration| declaration.identifier == identifier) {
            let digest = (!artifact.entry.contains_secret).then(|| sha256(&artifact.bytes));
            findings.push((at, found(declaration, digest.as_deref())));
        }
    }
    for (at, finding) in findings {
        reports.take(Whom::Device(device), at, None, finding);
    }
}

/// `digest` is that of the artifact; nothing where it holds a secret, which is not read here.
fn found(declaration: &Declaration, digest: Option<&str>) -> Finding {
    let codes = || declaration.reasons.iter().map(|reason| reason.code.as_str()).take(8).collect::<Vec<_>>().join(", ");
    match (declaration.valid.as_str(), declaration.active) {
        ("invalid", _) => Finding::because(State::Error, codes()),
        ("valid", true) => match digest {
            Some(digest) if declaration.server_token.eq_ignore_ascii_case(digest) => Finding::of(State::Compliant),
            Some(_) => Finding::because(State::Present, "its server token is not the digest of the artifact"),
            None => Finding::because(State::Present, "the artifact holds a secret, so that its digest is not known here"),
        },
        ("valid", false) => Finding::because(State::NonCompliant, if codes().is_empty() { "not active".into() } else { codes() }),
        _ => Finding::because(State::Unknown, "the device has not judged it yet"),
    }
}
