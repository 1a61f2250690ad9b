//! XML of a DDF file to a tree of elements with their lines.
//!
//! A document type is skipped: nothing it names is fetched, and no entity of its own is known. Depth and size are bounded.

use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

use super::{File, Mistake};

/// The namespace of Microsoft's additions; their elements are named `MSFT:...`.
const MSFT: &str = "http://schemas.microsoft.com/MobileDevice/DM";
const DEPTH: usize = 64;
const ELEMENTS: usize = 1_000_000;

/// An element.
#[derive(Debug, Default)]
pub struct Element {
    pub name: String,
    pub line: u32,
    pub attributes: Vec<(String, String)>,
    pub children: Vec<Element>,
    /// The text directly inside, as it stands there.
    pub text: String,
}

impl Element {
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Children with a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of a child, trimmed; empty where there is none.
    pub fn text_of(&self, name: &str) -> &str {
        self.child(name).map_or("", |child| child.text.trim())
    }

    pub fn attribute(&self, name: &str) -> &str {
        self.attributes.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// Reads a file.
pub fn read(file: &File) -> Result<Element, Mistake> {
    let source = file.text()?;
    let mut reader = NsReader::from_str(source);
    let mut open: Vec<Element> = vec![Element::default()];
    let (mut count, mut line, mut counted) = (0_usize, 1_u32, 0_usize);
    loop {
        let position = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let passed = source.as_bytes().get(counted..position).unwrap_or_default();
        line = line.saturating_add(u32::try_from(passed.iter().filter(|byte| **byte == b'\n').count()).unwrap_or(0));
        counted = position.max(counted);
        let wrong = |what: String| Mistake { file: file.path.clone(), line, what };
        let event = reader.read_event().map_err(|error| wrong(format!("is no XML: {error}")))?;
        match event {
            Event::Start(start) => {
                count += 1;
                if open.len() > DEPTH || count > ELEMENTS {
                    return Err(wrong("holds more elements, or deeper ones, than any file of the vendor's".into()));
                }
                open.push(element(&reader, &start, line).map_err(wrong)?);
            }
            Event::Empty(start) => {
                let element = element(&reader, &start, line).map_err(wrong)?;
                open.last_mut().map(|parent| parent.children.push(element)).ok_or_else(|| wrong("ends too early".into()))?;
            }
            Event::End(_) => {
                let done = open.pop().ok_or_else(|| wrong("ends too early".into()))?;
                open.last_mut().map(|parent| parent.children.push(done)).ok_or_else(|| wrong("ends too early".into()))?;
            }
            Event::Text(text) => {
                let text = text.xml_content(quick_xml::XmlVersion::Implicit1_0);
                say(&mut open, &text);
            }
            Event::CData(text) => {
                let text = text.xml_content(quick_xml::XmlVersion::Implicit1_0);
                say(&mut open, &text);
            }
            Event::GeneralRef(reference) => {
                let name: &str = &reference;
                let character = reference.resolve_char_ref().map_err(|error| wrong(error.to_string()))?;
                let text = character.map(String::from).or_else(|| predefined(name));
                say(&mut open, &text.ok_or_else(|| wrong(format!("`&{name};` is an entity of its own, which is not read")))?);
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    let mut roots = open.pop().filter(|_| open.is_empty()).map(|root| root.children).unwrap_or_default();
    let root = roots.pop().filter(|_| roots.is_empty());
    root.ok_or_else(|| Mistake { file: file.path.clone(), line, what: "is no XML with one root".into() })
}

fn say(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn predefined(name: &str) -> Option<String> {
    let known = [("amp", "&"), ("lt", "<"), ("gt", ">"), ("quot", "\""), ("apos", "'")];
    known.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned())
}

fn element(reader: &NsReader<&[u8]>, start: &BytesStart<'_>, line: u32) -> Result<Element, String> {
    let (namespace, local) = reader.resolver().resolve_element(start.name());
    let local: &str = local.as_ref();
    let microsoft = matches!(namespace, ResolveResult::Bound(namespace) if namespace.as_ref() == MSFT);
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let name = attribute.key.as_ref().to_owned();
        let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
        attributes.push((name, value.into_owned()));
    }
    let name = if microsoft { format!("MSFT:{local}") } else { local.to_owned() };
    Ok(Element { name, line, attributes, children: Vec::new(), text: String::new() })
}
