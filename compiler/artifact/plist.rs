//! XML property lists to a tree.
//!
//! <https://www.apple.com/DTDs/PropertyList-1.0.dtd>; dates and numbers as Core Foundation reads them. Which keys may stand where is not
//! decided here.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};

use super::tree::{Entry, Node, Value};
use super::xml::{self, Element, short};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::{SourceId, Span};

/// Base64 as Core Foundation takes it: with or without padding.
const LENIENT: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// Reads a property list. Nothing when no value can be made out.
pub fn read(source: SourceId, text: &str, report: &mut Report) -> Option<Node> {
    let document = xml::read(source, text, report)?;
    let mut roots = document.roots.iter();
    let root = roots.next().filter(|root| root.local() == "plist")?;
    if let Some(second) = roots.next() {
        say(report, second.open, "there is a second element behind the property list", "belongs to nothing");
    }
    stray(root, report);
    if let Some(second) = root.children.get(1) {
        say(report, second.open, "a property list holds one value", "a second one");
    }
    let Some(only) = root.children.first() else {
        say(report, root.open, "the property list is empty", "holds no value");
        return None;
    };
    value(only, report)
}

fn say(report: &mut Report, span: Span, message: impl Into<String>, label: &'static str) {
    report.push(Diagnostic::new(Code::E0802, span, message).label(label));
}

/// Text between the elements of a collection.
fn stray(element: &Element, report: &mut Report) {
    if let Some(span) = element.own {
        let message = format!("there is text between the elements of `<{}>`", element.name);
        say(report, span, message, "belongs to no element");
    }
}

fn value(element: &Element, report: &mut Report) -> Option<Node> {
    let text = element.text.trim();
    let unread = |name| Value::Unread(name, text.into());
    let value = match &*element.name {
        "dict" => {
            stray(element, report);
            return Some(Node { span: element.open, value: Value::Dictionary(entries(element, report)) });
        }
        "array" => {
            stray(element, report);
            let items = element.children.iter().filter_map(|child| value_of(child, report)).collect();
            return Some(Node { span: element.open, value: Value::Array(items) });
        }
        "true" | "false" => return Some(Node { span: element.open, value: Value::Boolean(&*element.name == "true") }),
        "string" => Value::Text(element.text.as_str().into()),
        "integer" => integer(text).map_or_else(|| unread("integer"), Value::Integer),
        "real" => text.parse().map_or_else(|_| unread("real"), Value::Real),
        "date" if is_date(text) => Value::Date(text.into()),
        "date" => unread("date"),
        "data" => data(text).map_or_else(|| unread("data"), |bytes| Value::Data(bytes.into())),
        _ => {
            say(report, element.open, format!("`<{}>` is no type of a property list", short(&element.name)), "not known");
            return None;
        }
    };
    if let Some(child) = element.children.first() {
        say(report, child.open, format!("`<{}>` holds text alone", element.name), "an element in it");
    }
    let span = if element.content.start == element.content.end { element.open } else { trimmed(element) };
    Some(Node { span, value })
}

fn value_of(element: &Element, report: &mut Report) -> Option<Node> {
    if &*element.name == "key" {
        say(report, element.open, "a `<key>` stands outside of a `<dict>`", "no key is asked for here");
        return None;
    }
    value(element, report)
}

/// The span of an element's text without the white space around it.
fn trimmed(element: &Element) -> Span {
    let (text, span) = (&element.text, element.content);
    let front = text.len() - text.trim_start().len();
    let back = text.len() - text.trim_end().len();
    if element.text.trim().is_empty() || element.cdata.is_some() {
        return span;
    }
    // White space has the same bytes in the text as in the file, but for carriage returns: then a little more is marked.
    span.part(front, (span.to() - span.from()).saturating_sub(back))
}

fn entries(dictionary: &Element, report: &mut Report) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut places = std::collections::HashMap::new();
    let mut children = dictionary.children.iter().peekable();
    while let Some(child) = children.next() {
        if &*child.name != "key" {
            say(report, child.open, format!("a `<{}>` stands where a `<key>` is wanted", short(&child.name)), "has no key");
            continue;
        }
        let key: Box<str> = child.text.as_str().into();
        let key_span = if child.content.start == child.content.end { child.open } else { child.content };
        let Some(next) = children.next_if(|next| &*next.name != "key") else {
            say(report, key_span, format!("the key `{}` has no value", short(&key)), "a value is wanted behind it");
            continue;
        };
        let Some(value) = value(next, report) else { continue };
        if let Some(first) = places.insert(key.clone(), key_span) {
            let message = format!("the key `{}` stands twice in one dictionary", short(&key));
            report.push(Diagnostic::new(Code::E0802, key_span, message).label("again").also(first, "first here"));
            continue;
        }
        entries.push(Entry { key, key_span, value });
    }
    entries
}

fn integer(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let number = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => i128::from(u64::from_str_radix(hex, 16).ok()?),
        None if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok()?,
        None => return None,
    };
    Some(if negative { -number } else { number })
}

fn data(text: &str) -> Option<Vec<u8>> {
    let packed: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    LENIENT.decode(packed).ok()
}

/// `2026-11-21T08:00:00Z`.
fn is_date(text: &str) -> bool {
    text.ends_with('Z')
        && time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339)
            .is_ok_and(|date| date.offset().is_utc())
}
