//! LocURIs: how they are spelled.

use crate::artifact::Element;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::lint::shorten;
use crate::lint::tokens::is_templated;
use crate::source::Span;

/// A LocURI of a file.
#[derive(Clone)]
pub struct Uri<'a> {
    /// As written, white space around it included.
    pub text: &'a str,
    /// Its segments decoded, `/` between them.
    pub path: String,
    /// Where it stands.
    pub span: Span,
    element: &'a Element,
    sound: bool,
}

impl<'a> Uri<'a> {
    /// The LocURI that an element holds.
    pub fn of(element: &'a Element) -> Uri<'a> {
        let text = element.text.as_str();
        let trimmed = text.trim();
        let decoded = trimmed.split('/').map(decode).collect::<Option<Vec<String>>>();
        let sound = decoded.is_some();
        let path = decoded.map_or_else(|| trimmed.to_owned(), |segments| segments.join("/"));
        let span = if element.content.start == element.content.end { element.open } else { trim(element) };
        Uri { text, path, span, element, sound }
    }

    /// For a message.
    pub fn shown(&self) -> String {
        let text = self.text.trim();
        // The end says which node it is.
        let count = text.chars().count();
        if count <= 90 { text.to_owned() } else { format!("...{}", text.chars().skip(count - 87).collect::<String>()) }
    }

    /// For a comparison: decoded, in small letters, the device's tree by its short name.
    pub fn compared(&self) -> String {
        let path = self.path.to_lowercase();
        path.strip_prefix("./device/").map_or_else(|| path.clone(), |rest| format!("./{rest}"))
    }
}

/// The span of an element's text without the white space around it, as far as no reference stands in it.
fn trim(element: &Element) -> Span {
    let (text, span) = (&element.text, element.content);
    let front = text.len() - text.trim_start().len();
    let back = text.len() - text.trim_end().len();
    if element.cdata.is_some() { span } else { span.part(front, (span.to() - span.from()).saturating_sub(back)) }
}

/// A segment with its `%XX` read; a `/` in it becomes a sign that no name has. Nothing when a `%` begins no two digits, or the bytes are
/// no UTF-8.
fn decode(segment: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        rest = behind;
        if first != b'%' {
            bytes.push(first);
            continue;
        }
        let (digits, behind) = rest.split_at_checked(2)?;
        let byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        bytes.push(if byte == b'/' { 0 } else { byte });
        rest = behind;
    }
    String::from_utf8(bytes).ok()
}

/// Says what is wrong with the spelling; whether the node is worth looking up.
pub fn check(uri: &Uri<'_>, report: &mut Report) -> bool {
    let text = uri.text.trim();
    let say = |report: &mut Report, message: String, label: &'static str, help: String| {
        report.push(Diagnostic::new(Code::E0828, uri.span, message).label(label).help(help));
    };
    if text.is_empty() {
        say(report, "a LocURI is empty".into(), "names no node", "write the path of a node, from `./`".into());
        return false;
    }
    if text.len() != uri.text.len() {
        let message = "there is white space around a LocURI".to_owned();
        let diagnostic = Diagnostic::new(Code::E0828, uri.element.content, message).label("belongs to the name for some devices");
        report.push(diagnostic.fix("remove it", uri.element.content, text));
    }
    if text.starts_with('/') {
        let relative = text.split('/').skip(1).any(|segment| matches!(segment, "" | "." | ".."));
        let help = if relative { "write the whole path, from `./`".to_owned() } else { format!("write `.{}`", shorten(text)) };
        say(report, format!("`{}` begins with `/`", uri.shown()), "no node begins so", help);
        return false;
    }
    if is_templated(text) {
        return !text.starts_with(['$', '{', '%']);
    }
    if !uri.sound {
        let message = format!("a `%` in `{}` begins no two hexadecimal digits", uri.shown());
        say(report, message, "cannot be decoded", "write `%25` where a `%` is meant".into());
        return false;
    }
    if let Some(raw) =
        text.chars().find(|character| character.is_whitespace() || "{}\"<>\\^`|#?".contains(*character) || !character.is_ascii())
    {
        let encoded = encode(text);
        let what = if raw.is_whitespace() { "a blank".to_owned() } else { format!("`{raw}`") };
        let message = format!("{what} stands as it is in a LocURI");
        let diagnostic = Diagnostic::new(Code::E0828, uri.span, message).label("has to be encoded");
        report.push(diagnostic.fix("encode it", uri.span, encoded));
    }
    if text.split('/').skip(1).any(|segment| segment.is_empty() || segment == "." || segment == "..") {
        let message = format!("`{}` has an empty or relative segment", uri.shown());
        say(report, message, "names no node", "write the whole path, one `/` between its segments".into());
        return false;
    }
    true
}

/// As it should be written.
fn encode(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len() + 8), |mut out, byte| {
        use std::fmt::Write as _;
        if byte.is_ascii_alphanumeric() || b"/-_.!~*'():@&=+$,%;".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}
