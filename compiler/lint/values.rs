//! One value against what the catalog says of its key: type, enumeration, range, number of members.

use crate::artifact::{Node, Value};
use crate::catalog::{Key, KeyType};
use crate::check::vendor::{called, counted, valued};
use crate::check::{certain, either, nearest, vendor};
use crate::diagnostic::{Code, Diagnostic, Report};

use super::shorten;
use super::tokens::is_templated;
use crate::check::vendor::is_secret;

/// Whether a value is of a key's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// It is.
    Yes,
    /// It is not, and devices read it all the same.
    Coerced,
    /// It is not.
    No,
    /// A server fills it in: nothing can be said.
    Unknown,
}

/// Checks a value and says what is wrong; whether what it holds is worth looking at.
pub fn check(key: &Key, node: &Node, json: bool, report: &mut Report) -> bool {
    match fit(key.ty, node, json, key) {
        Fit::Unknown => return false,
        Fit::No => {
            report.push(wrong_type(key, node, json));
            return false;
        }
        Fit::Coerced => {
            let message = format!("{} is {}, written as {}", called(key), with_article(key.ty, json), article(node.value.name()));
            let diagnostic = Diagnostic::new(Code::W0856, node.span, message).label("devices convert it; servers may refuse it");
            report.push(match literal(key.ty, &node.value) {
                Some(text) => diagnostic.help(format!("write `{text}`")),
                None => diagnostic,
            });
            return false;
        }
        Fit::Yes => {}
    }
    value(key, node, report);
    true
}

fn fit(ty: KeyType, node: &Node, json: bool, key: &Key) -> Fit {
    let yes = |holds: bool| if holds { Fit::Yes } else { Fit::No };
    match (ty, &node.value) {
        (KeyType::Any, _) => Fit::Yes,
        (_, Value::Unread(_, text)) if is_templated(text) => Fit::Unknown,
        (KeyType::Integer, Value::Real(number)) if number.fract() == 0.0 => Fit::Coerced,
        // Of both, devices ask for the number or for the switch; declarations are JSON, which they hold to its types.
        // <https://github.com/ProfileManifests/ProfileManifests/issues/270>
        (KeyType::Integer, Value::Boolean(_)) if ["0", "1"].iter().all(|switch| key.allowed.contains(switch)) => Fit::Coerced,
        (KeyType::Boolean, Value::Integer(0 | 1)) if !json => Fit::Coerced,
        (KeyType::String, value) => yes(matches!(value, Value::Text(_))),
        (KeyType::Integer, value) => yes(matches!(value, Value::Integer(_))),
        (KeyType::Real, value) => yes(matches!(value, Value::Integer(_) | Value::Real(_))),
        (KeyType::Boolean, value) => yes(matches!(value, Value::Boolean(_))),
        (KeyType::Date, value) => yes(matches!(value, Value::Date(_)) || json && matches!(value, Value::Text(_))),
        (KeyType::Data, value) => yes(matches!(value, Value::Data(_)) || json && matches!(value, Value::Text(_))),
        (KeyType::Array, value) => yes(matches!(value, Value::Array(_))),
        (KeyType::Dictionary, value) => yes(matches!(value, Value::Dictionary(_))),
        (KeyType::StringOrStrings, value) => yes(matches!(value, Value::Text(_) | Value::Array(_))),
    }
}

fn wrong_type(key: &Key, node: &Node, json: bool) -> Diagnostic {
    let name = called(key);
    let wanted = with_article(key.ty, json);
    if let Value::Unread(marked, text) = &node.value {
        let text = if is_secret(key.name()) { "the value".to_owned() } else { format!("`{}`", shorten(text)) };
        let message = format!("{text} reads as no {marked}");
        return Diagnostic::new(Code::E0806, node.span, message).label(format!("{name} is {wanted}"));
    }
    let message = format!("{name} is {wanted}, and {} stands there", article(node.value.name()));
    let diagnostic = Diagnostic::new(Code::E0806, node.span, message).label(format!("{wanted} is wanted"));
    match literal(key.ty, &node.value) {
        Some(text) if !json => diagnostic.help(format!("write `{text}`")),
        _ => diagnostic,
    }
}

/// The value as it should be written, where that is certain.
fn literal(ty: KeyType, value: &Value) -> Option<String> {
    match (ty, value) {
        (KeyType::Boolean, Value::Integer(number @ 0..=1)) => {
            Some(if *number == 1 { "<true/>".into() } else { "<false/>".into() })
        }
        (KeyType::Boolean, Value::Text(text)) => match text.to_lowercase().as_str() {
            "true" | "yes" | "1" => Some("<true/>".into()),
            "false" | "no" | "0" => Some("<false/>".into()),
            _ => None,
        },
        (KeyType::Integer, Value::Boolean(on)) => Some(format!("<integer>{}</integer>", u8::from(*on))),
        (KeyType::Integer, Value::Text(text)) => match text.to_lowercase().as_str() {
            "true" | "yes" => Some("<integer>1</integer>".into()),
            "false" | "no" => Some("<integer>0</integer>".into()),
            text => text.parse::<i64>().ok().map(|number| format!("<integer>{number}</integer>")),
        },
        (KeyType::Integer, Value::Real(number)) if number.fract() == 0.0 => Some(format!("<integer>{number}</integer>")),
        (KeyType::String, Value::Integer(number)) => Some(format!("<string>{number}</string>")),
        _ => None,
    }
}

/// A type as a sentence names it.
fn with_article(ty: KeyType, json: bool) -> &'static str {
    match ty {
        KeyType::String => "a string",
        KeyType::Integer => "an integer",
        KeyType::Real => "a number",
        KeyType::Boolean => "a boolean",
        KeyType::Date => "a date",
        KeyType::Data => "data",
        KeyType::Array => "an array",
        KeyType::Dictionary if json => "an object",
        KeyType::Dictionary => "a dictionary",
        KeyType::StringOrStrings => "a string or an array of strings",
        KeyType::Any => "anything",
    }
}

fn article(name: &'static str) -> String {
    match name {
        "integer" | "array" => format!("an {name}"),
        "data" | "null" => name.into(),
        _ => format!("a {name}"),
    }
}

/// The text of a scalar, as tables write values.
fn written(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.to_string()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Real(number) => Some(number.to_string()),
        Value::Boolean(value) => Some(value.to_string()),
        _ => None,
    }
}

fn value(key: &Key, node: &Node, report: &mut Report) {
    if let (Some(text), false) = (written(&node.value), key.allowed.is_empty()) {
        let number = |text: &str| text.parse::<f64>().ok();
        let same = |known: &&str| {
            *known == text || number(known).zip(number(&text)).is_some_and(|(known, own)| known.to_bits() == own.to_bits())
        };
        if !key.allowed.iter().any(same) && !is_templated(&text) {
            refuse(key, node, &text, report);
        }
    }
    if let Some(text) = node.text().filter(|text| !text.is_empty() && !is_templated(text))
        && let Some(wanted) = vendor::other_form(key, text)
    {
        let message = format!("`{}` has not the form of `{}`", shorten(text), key.path.replace("/[]", ""));
        // Of a host or an address only its sort is documented, and devices make something of much.
        let code = if key.subtype.is_some() { Code::W0856 } else { Code::E0807 };
        report.push(Diagnostic::new(code, node.span, message).label("of another form").help(wanted));
    }
    let number = match node.value {
        #[allow(clippy::cast_precision_loss, reason = "bounds are small")]
        Value::Integer(number) => Some(number as f64),
        Value::Real(number) => Some(number),
        _ => None,
    };
    if let (Some(number), Some(range)) = (number, key.range.filter(|range| number.is_some_and(|number| !range.hold(number)))) {
        let message = format!("{} is {number}, and {range} is allowed", called(key));
        report.push(Diagnostic::new(Code::E0807, node.span, message).label("out of range"));
    }
    let members = node.items().map(<[_]>::len);
    if let Some((members, wanted)) = members.and_then(|members| Some((members, key.miscounts(members)?))) {
        let message = format!("{} has {}, and {wanted} are allowed", called(key), counted(members));
        report.push(Diagnostic::new(Code::E0807, node.span, message).label("another number is wanted"));
    }
}

/// The version of a profile or payload: always 1.
pub const VERSION: &str = "PayloadVersion";

/// A value that is none of those allowed.
///
/// Profiles of version 2 install (<https://github.com/munki/munki/issues/527>), and scopes in small letters work
/// (<https://github.com/jamf/PPPC-Utility/issues/29>).
fn refuse(key: &Key, node: &Node, text: &str, report: &mut Report) {
    let message = format!("`{}` is no value of {}", shorten(text), valued(key));
    let taken = match &*key.path {
        VERSION => Some("devices take other versions, too"),
        "PayloadScope" if key.allowed.iter().any(|known| known.eq_ignore_ascii_case(text)) => Some("devices take it in any case"),
        _ => None,
    };
    let mut diagnostic = match taken {
        Some(label) => Diagnostic::new(Code::W0856, node.span, message).label(label),
        None => Diagnostic::new(Code::E0807, node.span, message).label("not among the documented values"),
    };
    diagnostic = match nearest(text, key.allowed.iter().copied()) {
        Some(near) if certain(text, near) && node.text().is_some() => diagnostic.fix(format!("write `{near}`"), node.span, near),
        Some(near) => diagnostic.help(format!("`{near}` is near; known are {}", either(key.allowed.iter().copied()))),
        None => diagnostic.help(format!("write {}", either(key.allowed.iter().copied()))),
    };
    report.push(diagnostic);
}
