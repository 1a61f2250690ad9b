//! Binary property lists to a tree.
//!
//! There are no lines: a value's place is its key path, kept in a list, and its span is the number of that path. The `plist` crate reads
//! the events; what many references to one object could blow up is bounded here.

use std::io::Cursor;

use plist::stream::{BinaryReader, Event};

use super::tree::{Entry, Node, Value};
use super::{DEPTH, NODES};
use crate::source::{SourceId, Span};

/// All bytes of text and data that a file may come to.
const MOST_BYTES: usize = 64 << 20;

/// A tree, and the key path of each number that stands as a span.
pub struct Read {
    /// The tree.
    pub root: Node,
    /// Key paths.
    pub paths: Vec<Box<str>>,
}

enum Open {
    Array { node: u32, items: Vec<Node> },
    Dictionary { node: u32, entries: Vec<Entry>, key: Option<(Box<str>, u32)> },
}

struct Building {
    source: SourceId,
    open: Vec<Open>,
    paths: Vec<Box<str>>,
    bytes: usize,
    root: Option<Node>,
}

/// Reads the bytes of a binary property list.
///
/// # Errors
/// Why not, as the end of a sentence about the file.
pub fn read(source: SourceId, bytes: &[u8]) -> Result<Read, String> {
    let mut building = Building { source, open: Vec::new(), paths: Vec::new(), bytes: 0, root: None };
    for event in BinaryReader::new(Cursor::new(bytes)) {
        let event = event.map_err(|error| format!("is no sound binary property list: {error}"))?;
        building.take(event)?;
    }
    let root = building.root.ok_or("is no sound binary property list: it holds no value")?;
    Ok(Read { root, paths: building.paths })
}

impl Building {
    fn take(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::StartArray(_) => {
                let node = self.place()?;
                self.deeper(Open::Array { node, items: Vec::new() })
            }
            Event::StartDictionary(_) => {
                let node = self.place()?;
                self.deeper(Open::Dictionary { node, entries: Vec::new(), key: None })
            }
            Event::EndCollection => {
                match self.open.pop() {
                    Some(Open::Array { node, items }) => self.put(node, Value::Array(items)),
                    Some(Open::Dictionary { node, entries, .. }) => self.put(node, Value::Dictionary(entries)),
                    None => {}
                }
                Ok(())
            }
            Event::String(text) => {
                self.count(text.len())?;
                if let Some(Open::Dictionary { key: key @ None, .. }) = self.open.last_mut() {
                    *key = Some((text.as_ref().into(), 0));
                    let place = self.place()?;
                    if let Some(Open::Dictionary { key: Some((_, at)), .. }) = self.open.last_mut() {
                        *at = place;
                    }
                    return Ok(());
                }
                self.scalar(Value::Text(text.as_ref().into()))
            }
            Event::Data(bytes) => {
                self.count(bytes.len())?;
                self.scalar(Value::Data(bytes.as_ref().into()))
            }
            Event::Boolean(value) => self.scalar(Value::Boolean(value)),
            Event::Date(date) => self.scalar(Value::Date(date.to_xml_format().into())),
            Event::Integer(number) => {
                let wide = number.as_signed().map(i128::from).or_else(|| number.as_unsigned().map(i128::from));
                self.scalar(Value::Integer(wide.unwrap_or_default()))
            }
            Event::Real(number) => self.scalar(Value::Real(number)),
            _ => Err("holds a value that profiles do not have".into()),
        }
    }

    fn deeper(&mut self, open: Open) -> Result<(), String> {
        if self.open.len() >= DEPTH {
            return Err(format!("has more than {DEPTH} collections inside each other"));
        }
        self.open.push(open);
        Ok(())
    }

    fn count(&mut self, bytes: usize) -> Result<(), String> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > MOST_BYTES { Err(format!("comes to more than {MOST_BYTES} bytes")) } else { Ok(()) }
    }

    fn scalar(&mut self, value: Value) -> Result<(), String> {
        if matches!(self.open.last(), Some(Open::Dictionary { key: None, .. })) {
            return Err("has a dictionary key that is no text".into());
        }
        let node = self.place()?;
        self.put(node, value);
        Ok(())
    }

    /// The number of the place at which the next value stands.
    fn place(&mut self) -> Result<u32, String> {
        if self.paths.len() >= NODES {
            return Err(format!("has more than {NODES} values"));
        }
        let mut path = String::new();
        for open in &self.open {
            let segment = match open {
                Open::Array { items, .. } => items.len().to_string(),
                Open::Dictionary { key, .. } => key.as_ref().map_or_else(String::new, |(key, _)| super::xml::short(key)),
            };
            if !path.is_empty() {
                path.push('/');
            }
            path.push_str(&segment);
        }
        self.count(path.len())?;
        self.paths.push(path.into());
        Ok(u32::try_from(self.paths.len() - 1).unwrap_or(u32::MAX))
    }

    fn put(&mut self, node: u32, value: Value) {
        let span = |at| Span { source: self.source, start: at, end: at };
        let node = Node { span: span(node), value };
        match self.open.last_mut() {
            Some(Open::Array { items, .. }) => items.push(node),
            Some(Open::Dictionary { entries, key, .. }) => {
                if let Some((key, at)) = key.take() {
                    entries.push(Entry { key, key_span: span(at), value: node });
                }
            }
            None => self.root = Some(node),
        }
    }
}
