//! What a profile of nodes writes: places of Windows configuration service providers with their values.
//!
//! A setting is read first as it is written and gets its command when a platform looks at it: verb, format and wire value come
//! from the vendor tables. How commands become bytes is no business of this room.

use std::sync::Arc;

use super::{Piece, SecretSource, Text};
use crate::catalog::NodeFormat;
use crate::source::Span;

/// What a command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of OMA DM")]
pub enum Verb {
    Add,
    Replace,
    Delete,
    Exec,
    /// Only to ask what is there; no profile writes it.
    Get,
}

/// One node of a profile.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeSetting {
    /// From `./`, decoded.
    pub path: Arc<str>,
    /// Where the path stands.
    pub span: Span,
    /// The verb, where it is written.
    pub asked: Option<(Verb, Span)>,
    /// As it is written.
    pub value: NodeValue,
    /// Where the value stands; the path's place where there is none.
    pub value_span: Span,
    /// What is sent: known once a platform has looked at it.
    pub command: Option<NodeCommand>,
}

/// A value as it is written.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeValue {
    /// None.
    Nothing,
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Text, or a word for a value.
    Text(Text),
    /// Several.
    List(Vec<(NodeValue, Span)>),
    /// `enabled`, `disabled` with what an ADMX policy asks for.
    Policy(Vec<Element>),
    /// Bytes.
    Bytes(Arc<[u8]>),
    /// Something that must not be seen.
    Secret(SecretSource),
}

/// A value of an ADMX policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Element {
    /// Its id in the ADMX file.
    pub id: Arc<str>,
    /// Where the id stands.
    pub span: Span,
    /// What it holds; a mapping is a list of pairs.
    pub value: NodeValue,
    /// The names of pairs, beside the values of a list.
    pub names: Vec<Text>,
    /// Where the value stands.
    pub value_span: Span,
}

/// A node as it is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeCommand {
    /// What is done.
    pub verb: Verb,
    /// As `Format` says it.
    pub format: NodeFormat,
    /// What stands in `Data`.
    pub data: NodeData,
    /// The node whose commands stand in one Atomic with it.
    pub atomic: Option<Arc<str>>,
    /// Whether it takes Delete.
    pub deletes: bool,
    /// Nodes above it that are added first, outermost first, and whether each takes Delete.
    pub parents: Vec<(Arc<str>, bool)>,
    /// Whether the vendor tables know it: otherwise the profile asked for it all the same.
    pub known: bool,
}

/// What stands in `Data`.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeData {
    /// Nothing.
    None,
    /// Text.
    Text(Text),
    /// Base64 of these bytes.
    Bytes(Arc<[u8]>),
    /// What a secret holds; as base64 with the flag.
    Secret(SecretSource, bool),
}

/// An ADMX file.
#[derive(Debug, Clone, PartialEq)]
pub struct AdmxFile {
    /// Its text.
    pub text: Arc<str>,
    /// Its name without folders, as vendor tables name it.
    pub name: Arc<str>,
    /// Where the path stands.
    pub span: Span,
    /// The application it is sent for; without one it is only read.
    pub install: Option<AdmxInstall>,
}

/// How an ADMX file is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct AdmxInstall {
    /// The application.
    pub app: Arc<str>,
    /// `Policy` or `Preference`.
    pub area: &'static str,
    /// What devices know the file by.
    pub id: Arc<str>,
}

impl Verb {
    /// What a profile may ask for.
    pub const ALL: [Verb; 4] = [Verb::Add, Verb::Replace, Verb::Delete, Verb::Exec];

    /// As it stands in SyncML.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Verb::Add => "Add",
            Verb::Replace => "Replace",
            Verb::Delete => "Delete",
            Verb::Exec => "Exec",
            Verb::Get => "Get",
        }
    }
}

impl NodeSetting {
    /// Puts something else in the place of what is sent as text; inside an ADMX policy, which is XML in text, as an attribute's value.
    ///
    /// # Errors
    /// What `put` has against a text.
    pub fn fill<E>(&mut self, put: &impl Fn(&mut Text) -> Result<(), E>) -> Result<(), E> {
        let policy = matches!(self.value, NodeValue::Policy(_));
        match self.command.as_mut().map(|command| &mut command.data) {
            Some(NodeData::Text(text)) if policy => {
                let mut pieces = text.pieces().to_vec();
                for piece in pieces.iter_mut().filter(|piece| !matches!(piece, Piece::Literal(_))) {
                    let mut value = Text::of(vec![piece.clone()]);
                    put(&mut value)?;
                    if let Some(literal) = value.as_literal() {
                        *piece = Piece::Literal(attribute_value(literal).into());
                    }
                }
                *text = Text::of(pieces);
                Ok(())
            }
            Some(NodeData::Text(text) | NodeData::Secret(SecretSource::Token(text), _)) => put(text),
            _ => Ok(()),
        }
    }
}

/// As the value of an attribute in double quotes; line breaks would become blanks there.
#[must_use]
pub fn attribute_value(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#xA;"),
            '\t' => out.push_str("&#x9;"),
            '\r' => out.push_str("&#xD;"),
            other => out.push(other),
        }
    }
    out
}

impl NodeValue {
    /// The texts in it.
    pub fn texts<'a>(&'a self, into: &mut Vec<&'a Text>) {
        match self {
            NodeValue::Text(text) | NodeValue::Secret(SecretSource::Token(text)) => into.push(text),
            NodeValue::List(items) => items.iter().for_each(|(item, _)| item.texts(into)),
            NodeValue::Policy(elements) => {
                for element in elements {
                    element.value.texts(into);
                    into.extend(&element.names);
                }
            }
            NodeValue::Nothing | NodeValue::Boolean(_) | NodeValue::Integer(_) | NodeValue::Bytes(_) | NodeValue::Secret(_) => {}
        }
    }
}
