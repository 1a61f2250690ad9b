//! Secrets: fetched once each, for a build alone, and never shown.

use std::collections::HashMap;

use super::{Job, Run, referred_by};
use crate::check;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::ir::{Id, IdentitySource, SecretSource, Value};
use crate::source::Span;
use crate::targets::Secrets;

/// Secrets that were fetched; a check has none and hands out a word that stands for each.
pub struct Fetched(Option<HashMap<SecretSource, Vec<u8>>>);

impl Fetched {
    /// As a check has them.
    pub fn nothing() -> Fetched {
        Fetched(None)
    }
}

impl Secrets for Fetched {
    fn get(&self, source: &SecretSource) -> Option<Vec<u8>> {
        match &self.0 {
            Some(found) => found.get(source).cloned(),
            None => Some(b"secret".to_vec()),
        }
    }
}

impl Run<'_> {
    /// Fetches what the chosen artifacts hold, each secret once, and opens PKCS#12 files. A check fetches nothing, and opens what
    /// needs no secret.
    pub fn fetch(&self, chosen: &[&Job<'_>], index: &HashMap<(&str, &str), &Job<'_>>, report: &mut Report) -> (Fetched, Vec<Id>) {
        let mut found: HashMap<SecretSource, Vec<u8>> = HashMap::new();
        let mut failed = Vec::new();
        // Opening a PKCS#12 file is slow by design, and a certificate may be embedded many times.
        let mut sound: HashMap<(&str, &str), bool> = HashMap::new();
        for job in chosen {
            let mut parts = if job.writer.embeds { referred_by(job, index) } else { Vec::new() };
            parts.push(job);
            for part in parts {
                let key = (part.writer.target, &*part.profile.id);
                if !*sound.entry(key).or_insert_with(|| self.secrets_of(part, &mut found, report)) {
                    failed.push(job.profile.id.clone());
                }
            }
        }
        (Fetched(self.secrets.map(|_| found)), failed)
    }

    /// Fetches the secrets of one profile and opens its PKCS#12 file. Says what is wrong.
    fn secrets_of(&self, job: &Job<'_>, found: &mut HashMap<SecretSource, Vec<u8>>, report: &mut Report) -> bool {
        let mark = report.len();
        for setting in job.view.settings.iter().flatten() {
            let (source, text) = match &setting.value {
                Value::Secret(source) => (source, true),
                Value::Identity(identity) => match &identity.from {
                    IdentitySource::Secret(source) => (source, false),
                    IdentitySource::File(_) | IdentitySource::Personal(_) => continue,
                },
                _ => continue,
            };
            let Some(fetch) = self.secrets.filter(|_| !matches!(source, SecretSource::Token(_)) && !found.contains_key(source))
            else {
                continue;
            };
            match fetch
                .fetch(source)
                .and_then(|bytes| usable(bytes, text, source).map_err(|why| format!("{} {why}", named(source))))
                .and_then(|bytes| self.no_token_in(bytes, text, job, source))
            {
                Ok(bytes) => {
                    found.insert(source.clone(), bytes);
                }
                Err(why) => {
                    let span = setting.origin.span().unwrap_or(job.profile.spans.id);
                    report.push(no_secret(source, &why, span));
                }
            }
        }
        if !report.errors_since(mark) {
            self.open(job, found, report);
        }
        !report.errors_since(mark)
    }

    /// A secret whose text the server would take for a token arrives as something else.
    fn no_token_in(&self, bytes: Vec<u8>, text: bool, job: &Job<'_>, source: &SecretSource) -> Result<Vec<u8>, String> {
        let server = self.workspace.server(job.view.platform.name);
        let taken = text && std::str::from_utf8(&bytes).is_ok_and(|text| check::collides(server, text).is_some());
        if taken { Err(format!("{} holds text that {} would take for a token", named(source), server.title)) } else { Ok(bytes) }
    }

    /// Opens a PKCS#12 file with its password, which only a build has.
    fn open(&self, job: &Job<'_>, found: &HashMap<SecretSource, Vec<u8>>, report: &mut Report) {
        let mut values = job.view.settings.iter().flatten().map(|setting| &setting.value);
        let Some(Value::Identity(identity)) = values.find(|value| matches!(value, Value::Identity(_))) else { return };
        let bytes: &[u8] = match &identity.from {
            IdentitySource::File(bytes) => bytes,
            // Not yet read: it is opened for each person.
            IdentitySource::Personal(_) => return,
            IdentitySource::Secret(source) => match found.get(source) {
                Some(bytes) => bytes,
                None => return,
            },
        };
        let password = match job.view.value(job.profile.kind, "password") {
            Some(Value::Secret(source)) => match found.get(source).map(|bytes| std::str::from_utf8(bytes)) {
                Some(password) => Some(password.unwrap_or_default()),
                None => return,
            },
            _ => None,
        };
        match check::open_pkcs12(bytes, password.unwrap_or_default()) {
            // Without a password in the profile, an Apple device asks the person who installs it.
            Err(_) if password.is_none() && job.writer.embeds => {}
            Err(why) => {
                let bare = password.is_none() && why.contains("password");
                let why = if bare { "is not opened without a password".to_owned() } else { why };
                let diagnostic =
                    Diagnostic::new(Code::E0310, identity.span, format!("the PKCS#12 file {why}")).label("this file");
                report.push(diagnostic.help("check `password`, and that the file holds one certificate with its key"));
            }
            Ok(certificate) if self.at.is_some_and(|at| at > certificate.valid.1) => {
                let message = format!("the certificate expired on {}", check::day(certificate.valid.1));
                report.push(if self.decrypts.contains(&job.profile.id) {
                    let diagnostic = Diagnostic::new(Code::N0703, identity.span, message).label("this file");
                    diagnostic.note("old mail still needs its key, so it is sent all the same")
                } else {
                    Diagnostic::new(Code::W0605, identity.span, message)
                        .label("this file")
                        .help("nothing accepts it any more; replace the file")
                });
            }
            Ok(_) => {}
        }
    }
}

/// How a secret's source is called in messages.
fn named(source: &SecretSource) -> String {
    match source {
        SecretSource::Env(name) => format!("`env:{name}`"),
        SecretSource::File(path) => format!("`file:{path}`"),
        SecretSource::Token(_) => "of the server".into(),
    }
}

fn no_secret(source: &SecretSource, why: &str, span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::E0503, span, format!("the secret {why}")).label("comes from here");
    match source {
        SecretSource::Env(_) => {
            diagnostic.help("the build takes it from that variable; in a pipeline, a masked one. `check` needs no secrets")
        }
        SecretSource::File(_) => diagnostic.help("the path is relative to the profile's file. `check` needs no secrets"),
        SecretSource::Token(_) => diagnostic,
    }
}

/// A secret that is empty, or text that XML cannot carry, is refused without being shown.
fn usable(bytes: Vec<u8>, text: bool, source: &SecretSource) -> Result<Vec<u8>, String> {
    if bytes.is_empty() {
        return Err("is empty".into());
    }
    if text {
        let valid = std::str::from_utf8(&bytes).map_err(|_| "is no UTF-8 text".to_owned())?;
        if valid.chars().any(|c| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}')) {
            return Err("holds a control character, which no artifact can carry".into());
        }
        return Ok(bytes);
    }
    match source {
        // An environment variable holds text: bytes stand in base64.
        SecretSource::Env(_) => {
            use base64::Engine as _;
            let compact: Vec<u8> = bytes.into_iter().filter(|byte| !byte.is_ascii_whitespace()).collect();
            base64::engine::general_purpose::STANDARD.decode(compact).map_err(|_| "is no base64".to_owned())
        }
        SecretSource::File(_) | SecretSource::Token(_) => Ok(bytes),
    }
}
