//! XML from files and values: text, whether it is well-formed, elements one after the other.
//!
//! No document type is read and no entity expanded beyond XML's own five; depth is bounded.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// Deeper than any ADMX file or profile of Microsoft's.
const DEEPEST: usize = 128;

/// A start or an end.
pub enum Tag {
    /// Its name without prefix, its attributes.
    Start(String, Vec<(String, String)>),
    /// The end of the last one that was started.
    End,
    /// Text between two tags.
    Text(String),
}

/// Bytes as text: UTF-8, or UTF-16 with a mark. The XML declaration is cut: it may name another encoding.
pub fn decoded(bytes: &[u8]) -> Result<String, &'static str> {
    let wide = |read: fn([u8; 2]) -> u16| {
        let units = bytes.get(2..).unwrap_or_default().chunks_exact(2);
        let units = units.filter_map(|pair| <[u8; 2]>::try_from(pair).ok().map(read));
        char::decode_utf16(units).collect::<Result<String, _>>().map_err(|_| "is no UTF-16 text")
    };
    let text = match bytes {
        [0xff, 0xfe, ..] => wide(u16::from_le_bytes)?,
        [0xfe, 0xff, ..] => wide(u16::from_be_bytes)?,
        _ => std::str::from_utf8(bytes).map_err(|_| "is no UTF-8 text")?.trim_start_matches('\u{feff}').to_owned(),
    };
    let text = text.replace("\r\n", "\n");
    if !text.chars().all(super::node_value::is_xml) {
        return Err("holds a character that XML cannot carry");
    }
    let body = match text.trim_start().strip_prefix("<?xml").and_then(|rest| rest.split_once("?>")) {
        Some((_, body)) => body,
        None => &text,
    };
    Ok(body.trim().to_owned())
}

/// Whether text is one XML document.
pub fn well_formed(text: &str) -> Result<(), String> {
    let mut depth = 0_usize;
    let mut roots = 0_usize;
    for_each(text, &mut |tag| {
        match tag {
            Tag::Start(..) => {
                roots += usize::from(depth == 0);
                depth += 1;
            }
            Tag::End => depth = depth.saturating_sub(1),
            Tag::Text(text) if depth == 0 && !text.trim().is_empty() => return Err("text stands outside of all elements".into()),
            Tag::Text(_) => {}
        }
        Ok(())
    })?;
    match roots {
        1 => Ok(()),
        0 => Err("it has no element".into()),
        _ => Err("it has more than one root".into()),
    }
}

/// Hands over each tag in turn; what is wrong comes with the line.
pub fn for_each(text: &str, take: &mut dyn FnMut(Tag) -> Result<(), String>) -> Result<(), String> {
    let mut reader = Reader::from_str(text);
    let mut depth = 0_usize;
    loop {
        let event = reader.read_event();
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let line = text.get(..at).map_or(1, |before| before.matches('\n').count() + 1);
        let say = |what: String| format!("line {line}: {what}");
        match event.map_err(|error| say(error.to_string()))? {
            Event::Start(start) => {
                depth += 1;
                if depth > DEEPEST {
                    return Err(say(format!("elements lie more than {DEEPEST} deep")));
                }
                take(tag(&start).map_err(say)?).map_err(say)?;
            }
            Event::Empty(start) => {
                take(tag(&start).map_err(say)?).map_err(say)?;
                take(Tag::End).map_err(say)?;
            }
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                take(Tag::End).map_err(say)?;
            }
            Event::DocType(_) => return Err(say("a document type is not read".into())),
            Event::Eof if depth > 0 => return Err(say("an element is not closed".into())),
            Event::Eof => return Ok(()),
            Event::Text(found) => take(Tag::Text(found.as_ref().to_owned())).map_err(say)?,
            Event::GeneralRef(name) if !known_entity(name.as_ref()) => {
                return Err(say("it names an entity that XML does not know".into()));
            }
            _ => {}
        }
    }
}

fn known_entity(name: &str) -> bool {
    matches!(name, "amp" | "lt" | "gt" | "quot" | "apos") || name.starts_with('#')
}

fn tag(start: &BytesStart<'_>) -> Result<Tag, String> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
        attributes.push((attribute.key.as_ref().to_owned(), value.into_owned()));
    }
    Ok(Tag::Start(start.local_name().as_ref().to_owned(), attributes))
}
