//! Identifiers and UUIDs of a profile: there, no placeholders, each once.

use std::collections::HashMap;

use crate::artifact::{Entry, Node};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::Span;

use super::shorten;
use super::tokens::is_templated;

/// Words that people leave where an identity should be.
const LEFTOVERS: [&str; 14] = [
    concat!("XX", "XX"),
    "YOUR-",
    "YOUR_",
    "YOUR UUID",
    "YOURUUID",
    "REPLACE",
    "PLACEHOLDER",
    "CHANGEME",
    "CHANGE-ME",
    "INSERT-",
    "TODO",
    concat!("FIX", "ME"),
    "GOES-HERE",
    "UUIDGEN",
];

/// How the UUID begins that documentation shows, and nothing makes.
const SAMPLE: &str = "12345678-1234-1234-1234-1234";

/// Checks one `PayloadUUID` or reference to one, and says whether it can be compared.
pub fn uuid(entry: &Entry, report: &mut Report) -> bool {
    let Some(text) = entry.value.text() else { return false };
    if is_templated(text) && !is_unfilled(text) {
        return false;
    }
    if is_placeholder(text) {
        let message = format!("`{}` holds a placeholder: `{}`", entry.key, shorten(text));
        let diagnostic = Diagnostic::new(Code::E0808, entry.value.span, message).label("no UUID was put here");
        report.push(diagnostic.help("`uuidgen` makes one; keep it for the life of the profile"));
        return false;
    }
    if !is_uuid(text) {
        let message = format!("`{}` is no UUID: `{}`", entry.key, shorten(text));
        let diagnostic =
            Diagnostic::new(Code::W0856, entry.value.span, message).label("8-4-4-4-12 hexadecimal digits are wanted");
        report.push(diagnostic.help("devices take any text that is unique; servers and other tools may not"));
    }
    true
}

/// Whether it is 8-4-4-4-12 hexadecimal digits.
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if [8, 13, 18, 23].contains(&at) { byte == b'-' } else { byte.is_ascii_hexdigit() })
}

fn is_placeholder(text: &str) -> bool {
    let upper = text.to_uppercase();
    let digits: Vec<char> = upper.chars().filter(|character| character.is_alphanumeric()).collect();
    let one_sign = digits.len() >= 8 && digits.iter().all(|digit| Some(digit) == digits.first());
    one_sign
        || text.trim().is_empty()
        || (text.starts_with('<') && text.ends_with('>'))
        || upper.starts_with(SAMPLE)
        || is_the_word(&upper)
        || LEFTOVERS.iter().any(|word| upper.contains(word))
}

/// `NEW-UUID`, `%UUID%`: a word by itself says what belongs there. What is unique has a digit somewhere.
fn is_the_word(upper: &str) -> bool {
    let mut words = upper.split(|character: char| !character.is_alphanumeric());
    words.any(|word| matches!(word, "UUID" | "GUID" | "UUIDGEN")) && !upper.contains(|character: char| character.is_ascii_digit())
}

/// `{{UUID}}`: a blank of some template, which no server fills in.
fn is_unfilled(text: &str) -> bool {
    let inner = text.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
    inner.is_some_and(|inner| is_the_word(&inner.to_uppercase()))
}

/// Identities that must be told apart: the profile's own, and each payload's.
pub fn apart(root: &Node, payloads: &[&Node], report: &mut Report) {
    let mut seen: HashMap<String, Span> = HashMap::new();
    for owner in std::iter::once(root).chain(payloads.iter().copied()) {
        let Some(entry) = owner.get("PayloadUUID") else { continue };
        if !uuid(entry, report) {
            continue;
        }
        let text = entry.value.text().unwrap_or_default();
        if let Some(first) = seen.insert(text.to_uppercase(), entry.value.span) {
            let message = format!("the UUID `{}` stands twice in one profile", shorten(text));
            let diagnostic = Diagnostic::new(Code::E0809, entry.value.span, message).label("again").also(first, "first here");
            report.push(diagnostic.help("give each payload a UUID of its own, and the profile another one"));
        }
    }
    let mut seen: HashMap<&str, Span> = HashMap::new();
    for owner in std::iter::once(root).chain(payloads.iter().copied()) {
        let Some(entry) = owner.get("PayloadIdentifier") else { continue };
        let Some(text) = entry.value.text().filter(|text| !is_templated(text)) else { continue };
        if let Some(first) = seen.insert(text, entry.value.span) {
            let message = format!("the identifier `{}` stands twice in one profile", shorten(text));
            let diagnostic = Diagnostic::new(Code::W0856, entry.value.span, message).label("again").also(first, "first here");
            report.push(diagnostic.help("put something behind the profile's identifier: `com.contoso.wifi.certificate`"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_leave_where_a_uuid_belongs() {
        let left = ["UUID-GOES-HERE", "REPLACE-ME", "{{UUID}}", "{{ uuid }}", "$(uuidgen)", "`uuidgen`", "%UUID%", "[GUID]"];
        for text in
            left.into_iter().chain(["00000000-0000-...", "12345678-1234-1234-1234-123456789012", "<uuid>", "", "__UUID__"])
        {
            assert!(is_placeholder(text), "{text}");
            assert!(!is_templated(text) || is_unfilled(text), "{text}");
        }
        for text in ["com.contoso.wifi", "$UUID", "${UUID}", "$FLEET_VAR_HOST_UUID", "${deviceGUID}", "UUID-0042", "{{deviceid}}"]
        {
            assert!(is_templated(text) && !is_unfilled(text) || !is_placeholder(text), "{text}");
        }
        assert!(!is_placeholder("TopPayloadUUID"));
        assert!(!is_placeholder("7F0D3E6B-5B53-4A52-9A57-0D8A5E0C2C11"));
    }
}
