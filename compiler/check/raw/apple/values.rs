//! Scalars as the vendor's keys want them: the key's type decides, nothing is coerced silently.

use std::sync::Arc;

use base64::Engine as _;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::tree::Typer;
use crate::catalog::{Key, KeyType};
use crate::check::certificate;
use crate::check::suggest::{certain, either, nearest};
use crate::check::value::{self, shape, text_of, wrong_type};
use crate::check::vendor::is_secret;
use crate::check::vendor::{self, called, valued};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::Branch;
use crate::source::{Node, Resolved, Scalar, Span, resolve};

/// Payloads whose content is a certificate in DER.
const CERTIFICATES: [&str; 2] = ["com.apple.security.root", "com.apple.security.pkcs1"];

impl Typer<'_, '_> {
    /// Text: as it is, a secret, or an id that a key refers by.
    pub fn text(&mut self, key: &'static Key, node: &Node) -> Option<Branch> {
        if secret_form(node) {
            return value::secret(self.cx, self.place, key.name(), node, self.report).map(Branch::Secret);
        }
        let raw = text_of(node, &format!("text for {}", called(key)), self.cx.sources, self.report)?;
        if let Some(found) = self.reference(key, raw, node.span) {
            return found;
        }
        let text = self.cx.expressions.text(raw, node.span, self.cx.sources, self.report)?;
        if is_secret(key.name()) && text.as_literal().is_some_and(|text| !text.is_empty()) && key.allowed.is_empty() {
            self.report.hide(node.span);
            self.report.push(
                Diagnostic::new(Code::E0213, node.span, format!("{} is a secret and may not stand in the file", called(key)))
                    .label("hidden here; it is in git now if this was committed")
                    .help("name where it comes from: `{ secret: env:NAME }`, `{ secret: file:PATH }` or `{ token: \"...\" }`"),
            );
            return None;
        }
        if let Some(literal) = text.as_literal() {
            self.allowed(key, literal, node.span)?;
            self.format(key, literal, node.span)?;
        }
        Some(Branch::Text(text))
    }

    /// One of the values the vendor lists.
    fn allowed(&mut self, key: &'static Key, text: &str, span: Span) -> Option<()> {
        if key.allowed.is_empty() || key.allowed.contains(&text) {
            return Some(());
        }
        let message = format!("`{text}` is no value of {}", valued(key));
        let diagnostic = Diagnostic::new(Code::E0425, span, message).label("not one of the vendor's");
        // A word stands without quotes; what YAML may read as something else does not.
        let word =
            |near: &str| near.starts_with(|c: char| c.is_ascii_alphabetic()) && near.bytes().all(|b| b.is_ascii_alphanumeric());
        let quoted = |near: &str| {
            let bare = key.ty != KeyType::String || (word(near) && value::boolean_word(near).is_none());
            if bare { near.to_owned() } else { serde_json::Value::from(near).to_string() }
        };
        self.report.push(match nearest(text, key.allowed.iter().copied()) {
            Some(near) if certain(text, near) => {
                diagnostic.help(format!("`{near}` is near")).fix(format!("write `{near}`"), span, quoted(near))
            }
            _ => diagnostic.help(format!("write {}", either(key.allowed.iter().copied()))),
        });
        None
    }

    fn format(&mut self, key: &'static Key, text: &str, span: Span) -> Option<()> {
        let Some(wanted) = vendor::other_form(key, text) else { return Some(()) };
        let message = format!("`{text}` has not the form of {}", called(key));
        self.report.push(Diagnostic::new(Code::E0425, span, message).label("of another form").help(wanted));
        None
    }

    pub fn integer(&mut self, key: &'static Key, node: &Node) -> Option<i64> {
        let what = format!("a whole number for {}", called(key));
        let number = match node.scalar().map(resolve) {
            Some(Resolved::Integer(number)) => number,
            Some(Resolved::Text(text)) if text.parse::<i64>().is_ok() => {
                let diagnostic = wrong_type(node.span, &what, "text");
                self.report.push(diagnostic.help("numbers stand without quotes").fix(
                    "remove the quotes",
                    node.span,
                    text.to_owned(),
                ));
                return None;
            }
            _ => {
                let diagnostic = self.no_integer(key, node, &what);
                self.report.push(diagnostic);
                return None;
            }
        };
        #[allow(clippy::cast_precision_loss, reason = "the vendor's bounds are far below 2^53")]
        let measured = number as f64;
        let text = number.to_string();
        // Where the vendor lists values beside a range, as 0 for never, either will do.
        if key.range.is_some() {
            if !key.allowed.contains(&&*text) {
                self.range(key, measured, node.span)?;
            }
        } else {
            self.allowed(key, &text, node.span)?;
        }
        Some(number)
    }

    /// What stands where a whole number is wanted, with the number that is meant where that is certain.
    fn no_integer(&self, key: &Key, node: &Node, what: &str) -> Diagnostic {
        let Some(scalar) = node.scalar() else { return wrong_type(node.span, what, shape(node)) };
        let listed = (!key.allowed.is_empty()).then(|| either(key.allowed.iter().copied()));
        let allowed = key.range.map(|range| range.to_string()).or(listed);
        if let Some(diagnostic) = beyond(scalar, node.span, &called(key), allowed) {
            return diagnostic;
        }
        let diagnostic = wrong_type(node.span, what, shape(node));
        let write = |number: &str| (format!("write `{number}`"), node.span, number.to_owned());
        match resolve(scalar) {
            // Numbers that are switches.
            Resolved::Boolean(on) if key.allowed == ["0", "1"] => {
                let (text, span, number) = write(if on { "1" } else { "0" });
                diagnostic.help("this switch is a number on devices: `1` is on, `0` is off").fix(text, span, number)
            }
            Resolved::Float => match scalar.text.trim_end_matches('0').strip_suffix('.') {
                Some(whole) if whole.parse::<i64>().is_ok() => {
                    let (text, span, number) = write(whole);
                    diagnostic.help("a whole number has no fraction").fix(text, span, number)
                }
                _ => diagnostic,
            },
            _ => diagnostic,
        }
    }

    pub fn real(&mut self, key: &'static Key, node: &Node) -> Option<f64> {
        let number = node.scalar().filter(|scalar| matches!(resolve(scalar), Resolved::Integer(_) | Resolved::Float));
        let number = number.and_then(|scalar| scalar.text.parse::<f64>().ok()).filter(|number| number.is_finite());
        let Some(number) = number else {
            self.report.push(wrong_type(node.span, &format!("a number for {}", called(key)), shape(node)));
            return None;
        };
        self.range(key, number, node.span)?;
        Some(number)
    }

    fn range(&mut self, key: &'static Key, number: f64, span: Span) -> Option<()> {
        match key.range {
            Some(range) if !range.hold(number) => {
                let message = format!("{} is {number}, and {range} is allowed", called(key));
                self.report.push(Diagnostic::new(Code::E0425, span, message).label("out of range"));
                None
            }
            _ => Some(()),
        }
    }

    pub fn boolean(&mut self, key: &'static Key, node: &Node) -> Option<bool> {
        let scalar = node.scalar();
        if let Some(Resolved::Boolean(value)) = scalar.map(resolve) {
            return Some(value);
        }
        let diagnostic = wrong_type(node.span, &format!("`true` or `false` for {}", called(key)), shape(node));
        self.report.push(match scalar.and_then(|scalar| value::boolean_word(&scalar.text)) {
            Some(value) => diagnostic.help("devices read a boolean here, and some refuse anything else").fix(
                format!("write `{value}`"),
                node.span,
                value.to_string(),
            ),
            None => diagnostic,
        });
        None
    }

    /// A moment in UTC, as a property list writes it.
    pub fn date(&mut self, key: &'static Key, node: &Node) -> Option<Arc<str>> {
        let form = "a date in UTC as in `2027-01-31T12:00:00Z`";
        let Some(scalar) = node.scalar() else {
            self.report.push(wrong_type(node.span, &format!("{form} for {}", called(key)), shape(node)));
            return None;
        };
        match moment(&scalar.text) {
            Some(text) => Some(text),
            None => {
                let message = format!("`{}` is no date for {}", scalar.text, called(key));
                let diagnostic = Diagnostic::new(Code::E0425, node.span, message).label("no date");
                self.report.push(diagnostic.help(format!("write {form}")));
                None
            }
        }
    }

    /// `{ base64: ... }`, `{ file: path }`, `{ secret: ... }`, `{ token: ... }`.
    pub fn data(&mut self, key: &'static Key, node: &Node) -> Option<Branch> {
        if secret_form(node) {
            return value::secret(self.cx, self.place, key.name(), node, self.report).map(Branch::SecretData);
        }
        if let Some(found) = self.bytes(key.name(), node) {
            let bytes = found?;
            let certificate = CERTIFICATES.contains(&self.ty) && key.path == "PayloadContent";
            return if certificate { self.certificate(&bytes, node.span) } else { Some(Branch::Data(bytes)) };
        }
        let forms = "`{ file: PATH }`, `{ base64: TEXT }`, `{ secret: env:NAME }` or `{ token: \"...\" }`";
        // What stands here may be a key.
        self.report.hide(node.span);
        self.report
            .push(wrong_type(node.span, &format!("bytes for {}", called(key)), shape(node)).help(format!("write {forms}")));
        None
    }

    /// The one certificate in the bytes, DER as the vendor wants it.
    fn certificate(&mut self, bytes: &[u8], span: Span) -> Option<Branch> {
        match certificate::read(bytes) {
            Ok(certificate) => Some(Branch::Data(certificate.der)),
            Err(what) => {
                let message = format!("the certificate of `{}` {what}", self.ty);
                let diagnostic = Diagnostic::new(Code::E0308, span, message).label("no such certificate");
                self.report.push(diagnostic.help("a file with exactly one X.509 certificate, PEM or DER, is expected"));
                None
            }
        }
    }

    /// Bytes in one of their two forms; nothing for another form, and nothing in it for one that is wrong.
    pub fn bytes(&mut self, name: &'static str, node: &Node) -> Option<Option<Arc<[u8]>>> {
        let Some([pair]) = node.mapping() else { return None };
        match &*pair.key {
            "file" => Some(value::file(self.cx, self.place, name, &pair.value, self.report)),
            "base64" => Some(self.base64(&pair.value)),
            _ => None,
        }
    }

    fn base64(&mut self, node: &Node) -> Option<Arc<[u8]>> {
        let text = text_of(node, "base64 text", self.cx.sources, self.report)?;
        let compact: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        if let Ok(bytes) = base64::engine::general_purpose::STANDARD.decode(compact) {
            return Some(bytes.into());
        }
        self.report.push(
            Diagnostic::new(Code::E0425, node.span, "this is no base64")
                .label("cannot be read")
                .help("bytes of a file are named by `{ file: PATH }`"),
        );
        None
    }
}

/// A whole number that 64 bits do not hold: none that a property list could carry.
pub fn beyond(scalar: &Scalar, span: Span, of: &str, allowed: Option<String>) -> Option<Diagnostic> {
    let digits = scalar.text.strip_prefix(['+', '-']).unwrap_or(&scalar.text);
    let whole = digits.bytes().all(|byte| byte.is_ascii_digit()) || digits.starts_with("0x") || digits.starts_with("0o");
    if !whole || resolve(scalar) != Resolved::Float {
        return None;
    }
    let allowed = allowed.unwrap_or_else(|| format!("{} to {}", i64::MIN, i64::MAX));
    let message = format!("{of} is {}, and {allowed} is allowed", shorten(&scalar.text));
    Some(Diagnostic::new(Code::E0425, span, message).label("out of range"))
}

/// A number of many digits, for a message.
fn shorten(text: &str) -> String {
    const MOST: usize = 40;
    if text.len() <= MOST { text.to_owned() } else { format!("a number of {} digits", text.len()) }
}

/// A moment with an offset, in UTC and whole seconds.
pub fn moment(text: &str) -> Option<Arc<str>> {
    let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?.to_offset(time::UtcOffset::UTC);
    Some(moment.replace_nanosecond(0).ok()?.format(&Rfc3339).ok()?.into())
}

/// `{ secret: ... }` or `{ token: ... }`.
pub fn secret_form(node: &Node) -> bool {
    matches!(node.mapping(), Some([pair]) if matches!(&*pair.key, "secret" | "token"))
}
