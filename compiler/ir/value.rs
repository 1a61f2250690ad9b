//! The value of a setting: what is set, and what it asks for (texts, secrets, other profiles).

use std::sync::Arc;

use super::profile::Fill;
use super::{
    AdmxFile, Branch, Certificate, Id, Identity, IdentitySource, Item, Name, NodeCommand, NodeData, NodeSetting, NodeValue,
    SecretSource, Text, Tree,
};
use crate::source::Span;

/// Typed by the schema, not by a struct per kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Text.
    Text(Text),
    /// The index of the choice, and the text it stands for or holds.
    Choice(u8, Option<Text>),
    /// One bit for each member, by the index of the choice.
    Set(u32),
    /// Texts, in the order written.
    Texts(Vec<Text>),
    /// One or several profiles, in the order written.
    References(Vec<Id>),
    /// Something that must not be seen.
    Secret(SecretSource),
    /// Seconds.
    Duration(u64),
    /// How many of which unit, as an index into the type's units.
    Period(u32, u8),
    /// A distinguished name.
    Name(Name),
    /// An X.509 certificate.
    Certificate(Arc<Certificate>),
    /// A certificate with its key.
    Identity(Arc<Identity>),
    /// Payloads of Apple's, in the order written.
    Payloads(Vec<Arc<Item>>),
    /// Declarations of Apple's, in the order written.
    Declarations(Vec<Arc<Item>>),
    /// Windows CSP nodes, in the order written.
    Nodes(Arc<[NodeSetting]>),
    /// ADMX files, in the order written.
    Admx(Arc<[AdmxFile]>),
}

impl Value {
    /// The texts in it: for tokens and collisions.
    #[must_use]
    pub fn texts(&self) -> Vec<&Text> {
        match self {
            Value::Text(text) | Value::Choice(_, Some(text)) | Value::Secret(SecretSource::Token(text)) => vec![text],
            Value::Texts(texts) => texts.iter().collect(),
            Value::Name(name) => name.0.iter().flatten().map(|(_, text)| text).collect(),
            Value::Identity(identity) => match &identity.from {
                IdentitySource::Secret(SecretSource::Token(text)) | IdentitySource::Personal(text) => vec![text],
                IdentitySource::Secret(_) | IdentitySource::File(_) => Vec::new(),
            },
            Value::Payloads(items) | Value::Declarations(items) => {
                items.iter().flat_map(|item| item.nodes()).filter_map(Tree::text).collect()
            }
            Value::Nodes(nodes) => {
                let mut texts = Vec::new();
                nodes.iter().for_each(|node| node.value.texts(&mut texts));
                texts
            }
            Value::Boolean(_)
            | Value::Integer(_)
            | Value::Choice(_, None)
            | Value::Set(_)
            | Value::References(_)
            | Value::Secret(_)
            | Value::Duration(_)
            | Value::Period(..)
            | Value::Certificate(_)
            | Value::Admx(_) => Vec::new(),
        }
    }

    /// Puts what is known of one person in the place of what is symbolic.
    pub(super) fn fill<F: Fill>(&mut self, fill: &F) -> Result<(), F::Trouble> {
        let put = |text: &mut Text| fill.text(text).map(|filled| *text = filled);
        match self {
            Value::Text(text) | Value::Choice(_, Some(text)) | Value::Secret(SecretSource::Token(text)) => put(text),
            Value::Texts(texts) => texts.iter_mut().try_for_each(put),
            Value::Name(name) => name.0.iter_mut().flatten().try_for_each(|(_, text)| put(text)),
            Value::Identity(identity) => {
                let from = match &identity.from {
                    IdentitySource::Personal(path) => IdentitySource::File(fill.file(path)?),
                    IdentitySource::Secret(SecretSource::Token(text)) => {
                        IdentitySource::Secret(SecretSource::Token(fill.text(text)?))
                    }
                    IdentitySource::File(_) | IdentitySource::Secret(_) => return Ok(()),
                };
                *identity = Arc::new(Identity { from, span: identity.span });
                Ok(())
            }
            Value::Payloads(items) | Value::Declarations(items) => {
                items.iter_mut().flat_map(|item| &mut Arc::make_mut(item).members).try_for_each(|member| member.tree.fill(&put))
            }
            Value::Nodes(nodes) => {
                let mut filled = nodes.to_vec();
                filled.iter_mut().try_for_each(|node| node.fill(&put))?;
                *nodes = filled.into();
                Ok(())
            }
            Value::Boolean(_)
            | Value::Integer(_)
            | Value::Choice(_, None)
            | Value::Set(_)
            | Value::References(_)
            | Value::Secret(_)
            | Value::Duration(_)
            | Value::Period(..)
            | Value::Certificate(_)
            | Value::Admx(_) => Ok(()),
        }
    }

    /// Its payloads or declarations.
    #[must_use]
    pub fn items(&self) -> &[Arc<Item>] {
        match self {
            Value::Payloads(items) | Value::Declarations(items) => items,
            _ => &[],
        }
    }

    /// Itself without the keys at some places.
    #[must_use]
    pub fn without(&self, gone: &dyn Fn(&str) -> bool) -> Value {
        let narrowed = |items: &[Arc<Item>]| {
            let left = |item: &Arc<Item>| {
                let members = item.members.iter().filter(|member| !gone(&item.place(member))).cloned().collect();
                Arc::new(Item { members, ..Item::clone(item) })
            };
            items.iter().map(left).collect()
        };
        match self {
            Value::Payloads(items) => Value::Payloads(narrowed(items)),
            Value::Declarations(items) => Value::Declarations(narrowed(items)),
            other => other.clone(),
        }
    }

    /// The secrets in it, whether each is text, and where it stands if it has a place of its own.
    #[must_use]
    pub fn secrets(&self) -> Vec<(&SecretSource, bool, Option<Span>)> {
        match self {
            Value::Secret(source) => vec![(source, true, None)],
            Value::Identity(identity) => match &identity.from {
                IdentitySource::Secret(source) => vec![(source, false, None)],
                IdentitySource::File(_) | IdentitySource::Personal(_) => Vec::new(),
            },
            Value::Payloads(items) | Value::Declarations(items) => {
                let nodes = items.iter().flat_map(|item| item.nodes());
                nodes.filter_map(|tree| tree.secret().map(|(source, text)| (source, text, Some(tree.span)))).collect()
            }
            Value::Nodes(nodes) => nodes
                .iter()
                .filter_map(|node| match (&node.value, &node.command) {
                    (NodeValue::Secret(source), Some(NodeCommand { data: NodeData::Secret(_, binary), .. })) => {
                        Some((source, !binary, Some(node.value_span)))
                    }
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The profiles it refers to, in the order written.
    #[must_use]
    pub fn references(&self) -> Vec<&Id> {
        match self {
            Value::References(ids) => ids.iter().collect(),
            Value::Payloads(items) | Value::Declarations(items) => items
                .iter()
                .flat_map(|item| item.nodes())
                .filter_map(|tree| match &tree.branch {
                    Branch::Profile(id, _) => Some(id),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        }
    }
}
