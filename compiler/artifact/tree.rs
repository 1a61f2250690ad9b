//! The tree that property lists and JSON are read into: every key and value knows where it stands.

use crate::source::Span;

/// One value with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The text of a scalar, the opening tag or bracket of a collection. In a binary property list a number that stands for the
    /// key path: see [`super::Artifact::path`].
    pub span: Span,
    /// What stands there.
    pub value: Value,
}

/// The values that property lists and JSON have.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text.
    Text(Box<str>),
    /// An integer; JSON numbers without fraction and exponent are integers.
    Integer(i128),
    /// Any other number.
    Real(f64),
    /// `true`, `false`.
    Boolean(bool),
    /// A point in time, as written.
    Date(Box<str>),
    /// Bytes.
    Data(Box<[u8]>),
    /// A list.
    Array(Vec<Node>),
    /// Keys with values, in file order.
    Dictionary(Vec<Entry>),
    /// JSON's `null`.
    Null,
    /// What does not read as the type it is marked as: the type, and the text. A server may put the value there.
    Unread(&'static str, Box<str>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: Box<str>,
    /// Where it stands.
    pub key_span: Span,
    /// Its value.
    pub value: Node,
}

impl Node {
    /// The entries of a dictionary, if it is one.
    #[must_use]
    pub fn entries(&self) -> Option<&[Entry]> {
        match &self.value {
            Value::Dictionary(entries) => Some(entries),
            _ => None,
        }
    }

    /// The members of an array, if it is one.
    #[must_use]
    pub fn items(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The text, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The entry of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries()?.iter().find(|entry| &*entry.key == key)
    }

    /// The text under a key.
    #[must_use]
    pub fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key)?.value.text()
    }
}

impl Value {
    /// What it is called in a property list.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Value::Text(_) => "string",
            Value::Integer(_) => "integer",
            Value::Real(_) => "real",
            Value::Boolean(_) => "boolean",
            Value::Date(_) => "date",
            Value::Data(_) => "data",
            Value::Array(_) => "array",
            Value::Dictionary(_) => "dictionary",
            Value::Null => "null",
            Value::Unread(name, _) => name,
        }
    }
}
