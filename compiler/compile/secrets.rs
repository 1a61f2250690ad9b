//! Secrets: fetched once each, for a build alone, and never shown.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Job, Jobs, Run, own_certificate, referred_by};
use crate::check;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::ir::{Certificate, Id, IdentitySource, SecretSource, Value};
use crate::source::Span;
use crate::targets::Secrets;

/// Out of a secret that a server would read as something else.
const WAYS: &str = "choose another secret, or have the server fill it in with `{ token: ... }`";

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
    pub fn fetch(&self, chosen: &[&Job<'_>], index: &Jobs<'_, '_>, report: &mut Report) -> (Fetched, Vec<Id>) {
        let mut found: HashMap<SecretSource, Vec<u8>> = HashMap::new();
        let mut failed = Vec::new();
        // Opening a PKCS#12 file is slow by design, and a certificate may be embedded many times.
        let mut sound: HashMap<(&str, &str), bool> = HashMap::new();
        for job in chosen {
            let mut parts = if job.writer.embeds { referred_by(job, index) } else { Vec::new() };
            parts.push(job);
            for part in parts {
                let key = (part.writer.target, &*part.profile.id);
                if !*sound.entry(key).or_insert_with(|| self.secrets_of(part, index, &mut found, report)) {
                    failed.push(job.profile.id.clone());
                }
            }
        }
        (Fetched(self.secrets.map(|_| found)), failed)
    }

    /// Fetches the secrets of one profile and opens its PKCS#12 file. Says what is wrong.
    fn secrets_of(
        &self,
        job: &Job<'_>,
        index: &Jobs<'_, '_>,
        found: &mut HashMap<SecretSource, Vec<u8>>,
        report: &mut Report,
    ) -> bool {
        let mark = report.len();
        let settings = job.view.settings.iter().flatten();
        let all = settings.flat_map(|setting| {
            let own = setting.origin.span().unwrap_or(job.profile.spans.id);
            setting.value.secrets().into_iter().map(move |(source, text, span)| (source, text, span.unwrap_or(own)))
        });
        for (source, text, span) in all {
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
                    report.push(no_secret(source, &why, span));
                }
            }
        }
        if !report.errors_since(mark) {
            self.open(job, index, found, report);
        }
        !report.errors_since(mark)
    }

    /// A secret whose text the server would take for a token arrives as something else.
    fn no_token_in(&self, bytes: Vec<u8>, text: bool, job: &Job<'_>, source: &SecretSource) -> Result<Vec<u8>, String> {
        let server = self.workspace.server(job.view.platform.name);
        let taken = text && std::str::from_utf8(&bytes).is_ok_and(|text| check::collides(server, text).is_some());
        if taken {
            Err(format!("{} holds text that {} would take for a token: {WAYS}", named(source), server.title))
        } else {
            Ok(bytes)
        }
    }

    /// Opens a PKCS#12 file with its password, which only a build has.
    fn open(&self, job: &Job<'_>, index: &Jobs<'_, '_>, found: &HashMap<SecretSource, Vec<u8>>, report: &mut Report) {
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
            Ok(chain) => self.judge(&chain, identity.span, job, index, report),
        }
    }

    /// What can be said of a certificate once its file is open: its time, and whether it comes from the authority that is named.
    fn judge(&self, chain: &[Certificate], span: Span, job: &Job<'_>, index: &Jobs<'_, '_>, report: &mut Report) {
        let Some((own, above)) = chain.split_first() else { return };
        if self.at.is_some_and(|at| at > own.valid.1) {
            let message = format!("the certificate expired on {}", check::day(own.valid.1));
            report.push(if self.decrypts.contains(&job.profile.id) {
                let diagnostic = Diagnostic::new(Code::N0703, span, message).label("this file");
                diagnostic.note("old mail still needs its key, so it is sent all the same")
            } else {
                let diagnostic = Diagnostic::new(Code::W0605, span, message).label("this file");
                diagnostic.help("nothing accepts it any more; replace the file")
            });
        }
        let named = |field: &str| -> Vec<(&Id, Arc<Certificate>)> {
            let Some(Value::References(ids)) = job.view.value(job.profile.kind, field) else { return Vec::new() };
            let found = |id: &Id| own_certificate(index.get(&(job.writer.target, &**id))?.profile);
            ids.iter().filter_map(|id| Some((id, found(id)?))).collect()
        };
        let (roots, intermediates) = (named("root_ca"), named("intermediates"));
        let links: Vec<&Certificate> = above.iter().chain(intermediates.iter().map(|(_, link)| &**link)).collect();
        if let Some((id, root)) = roots.first().filter(|(_, root)| !check::reaches(own, root, &links)) {
            let message = format!("the certificate in the PKCS#12 file does not come from `{id}`");
            let diagnostic =
                Diagnostic::new(Code::E0310, span, message).label(format!("not issued below SHA-1 {}", root.thumbprint));
            report.push(diagnostic.help("name every authority between the root and the issuing one, or another `root_ca`"));
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
