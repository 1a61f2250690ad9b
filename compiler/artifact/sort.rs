//! What sort of file it is, from its content.

use quick_xml::Reader;
use quick_xml::events::Event;

use super::{Content, FILE_BYTES, signed};

/// The sorts of files that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// A configuration profile as an XML property list.
    Profile,
    /// A configuration profile as a binary property list.
    BinaryProfile,
    /// An Apple declaration.
    Declaration,
    /// SyncML.
    Syncml,
}

/// What was found instead.
#[derive(Debug, PartialEq, Eq)]
pub enum Not {
    /// Nothing that lint reads.
    Artifact,
    /// An artifact that cannot be read: why, as the end of a sentence about the file.
    Readable(String),
}

/// The sort of a file, and its text.
///
/// # Errors
/// That it is no artifact, or why it cannot be read.
pub fn sort(bytes: Vec<u8>) -> Result<Content, Not> {
    if bytes.len() > FILE_BYTES {
        return if looks_like_artifact(bytes.get(..4096).unwrap_or_default()) {
            Err(Not::Readable(format!("has more than {FILE_BYTES} bytes")))
        } else {
            Err(Not::Artifact)
        };
    }
    if signed::is_cms(&bytes) {
        let content = signed::content(&bytes).map_err(Not::Readable)?;
        let inner = plain(content).map_err(|why| match why {
            Not::Artifact => Not::Readable("is signed, and what was signed is no profile".into()),
            Not::Readable(why) => Not::Readable(why),
        })?;
        return Ok(Content { signed: true, ..inner });
    }
    if bytes.starts_with(b"-----BEGIN PKCS7-----") || bytes.starts_with(b"-----BEGIN CMS-----") {
        return Err(Not::Readable("is a signed message as PEM text: devices read DER".into()));
    }
    plain(bytes)
}

/// Whether a file that begins so can be an artifact: most files of a repository are not, and need not be read.
#[must_use]
pub fn may_be_artifact(start: &[u8]) -> bool {
    let first = start.iter().find(|byte| !byte.is_ascii_whitespace());
    match first {
        // A byte order mark, an element, an object, an ASN.1 sequence, PEM, a binary property list.
        Some(0xef | 0xfe | 0xff | 0x00 | b'<' | b'{' | b'0' | b'-') => true,
        Some(b'b') => start.starts_with(b"bplist"),
        Some(_) => false,
        None => start.len() >= 64,
    }
}

fn plain(bytes: Vec<u8>) -> Result<Content, Not> {
    if bytes.starts_with(b"bplist") {
        // Keys are ASCII and stand as they are in a binary property list.
        let profile = contains(&bytes, b"PayloadType") || contains(&bytes, b"PayloadContent");
        let content = Content { sort: Sort::BinaryProfile, text: String::new(), bytes, signed: false };
        return if profile { Ok(content) } else { Err(Not::Artifact) };
    }
    if let Some(text) = utf16(&bytes) {
        let named = sort_of(text.trim_start_matches('\u{feff}')).is_some();
        return Err(if named { Not::Readable("is UTF-16, and UTF-8 is read: save it as UTF-8".into()) } else { Not::Artifact });
    }
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let lossy = String::from_utf8_lossy(error.as_bytes());
            return Err(match sort_of(lossy.trim_start_matches('\u{feff}')) {
                Some(_) => Not::Readable(format!("is not UTF-8: byte {} begins no character", at + 1)),
                None => Not::Artifact,
            });
        }
    };
    let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
    let sort = sort_of(&text).ok_or(Not::Artifact)?;
    Ok(Content { sort, text, bytes: Vec::new(), signed: false })
}

/// The text of a file in UTF-16, with or without a byte order mark.
fn utf16(bytes: &[u8]) -> Option<String> {
    let (little, even) = match bytes {
        [0xff, 0xfe, ..] | [b'<' | b'{', 0, _, 0, ..] => (true, true),
        [0xfe, 0xff, ..] | [0, b'<' | b'{', 0, _, ..] => (false, true),
        _ => return None,
    };
    let units = bytes.chunks_exact(2).map(|pair| {
        let pair = [pair.first().copied().unwrap_or_default(), pair.last().copied().unwrap_or_default()];
        if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }
    });
    even.then(|| char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

fn sort_of(text: &str) -> Option<Sort> {
    let text = text.trim_start();
    match text.as_bytes().first()? {
        b'<' => sort_of_xml(text),
        b'{' => is_declaration(text).then_some(Sort::Declaration),
        _ => None,
    }
}

/// What a server asks for; other commands make no artifact, but a message with them is read too.
const COMMANDS: [&str; 7] = ["Add", "Replace", "Delete", "Exec", "Get", "Atomic", "Sequence"];

fn sort_of_xml(text: &str) -> Option<Sort> {
    let is_profile = || text.contains("PayloadType") || text.contains("PayloadContent") || text.contains("PayloadIdentifier");
    match root(text)?.as_str() {
        "plist" => is_profile().then_some(Sort::Profile),
        "SyncML" => Some(Sort::Syncml),
        name if COMMANDS.contains(&name) && text.contains("LocURI") => Some(Sort::Syncml),
        _ => None,
    }
}

/// The name of the first element, without a prefix.
fn root(text: &str) -> Option<String> {
    let mut reader = Reader::from_str(text);
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) | Event::Empty(start) => return Some(start.local_name().as_ref().to_owned()),
            Event::Eof => return None,
            _ => {}
        }
    }
}

fn is_declaration(text: &str) -> bool {
    const CLASSES: [&str; 4] = ["configuration.", "activation.", "asset.", "management."];
    let typed = CLASSES.iter().any(|class| text.contains(&format!("\"com.apple.{class}")));
    (typed && (text.contains("\"Type\"") || text.contains("\"Payload\"")))
        || (text.contains("\"ServerToken\"") && text.contains("\"Payload\""))
}

fn looks_like_artifact(start: &[u8]) -> bool {
    signed::is_cms(start) || sort_of(&String::from_utf8_lossy(start)).is_some()
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
