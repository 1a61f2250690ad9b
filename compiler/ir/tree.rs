//! Apple payloads and declarations as an administrator writes them: typed trees, each node with its place.
//!
//! What a key may hold was asked of the vendor's tables by `check`; nothing is looked up here.

use std::sync::Arc;

use super::{Id, SecretSource, Text};
use crate::source::Span;

/// A payload or a declaration.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The type, as devices read it.
    pub ty: Arc<str>,
    /// The type's section in the vendor's tables, variant included; nothing for a type they do not describe.
    pub section: Option<String>,
    /// Its own id, by which others of the profile refer to it.
    pub id: Option<Id>,
    /// What tells it from others of its profile, in identifiers: its id, else something counted.
    pub label: Arc<str>,
    /// Its keys.
    pub members: Vec<Member>,
    /// Where its type stands.
    pub span: Span,
    /// Where its id stands.
    pub id_span: Option<Span>,
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The key.
    pub name: Arc<str>,
    /// Where it stands.
    pub key: Span,
    /// Whether the vendor's tables have it; what they lack was let through on purpose.
    pub known: bool,
    /// What becomes of it where another profile of the same person has another value at its place.
    pub conflict: InConflict,
    /// The value.
    pub tree: Tree,
}

/// What becomes of a key where two profiles of one person have different values for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InConflict {
    /// Nothing: devices take both, or the vendor says how they combine them.
    #[default]
    Kept,
    /// It is sent by none.
    Dropped,
    /// Devices refuse the rest without it: the profile fails.
    Fails,
}

/// A value with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    /// What stands there.
    pub branch: Branch,
    /// Where.
    pub span: Span,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub enum Branch {
    /// Keys and values, in the order written.
    Dictionary(Vec<Member>),
    /// Values, in the order written.
    Array(Vec<Tree>),
    /// Text.
    Text(Text),
    /// A whole number.
    Integer(i64),
    /// Any number.
    Real(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// A moment, as `YYYY-MM-DDThh:mm:ssZ`.
    Date(Arc<str>),
    /// Bytes.
    Data(Arc<[u8]>),
    /// Text that must not be seen.
    Secret(SecretSource),
    /// Bytes that must not be seen.
    SecretData(SecretSource),
    /// The certificate of another profile, which is embedded.
    Profile(Id, Wanted),
    /// Another payload or declaration of the same profile, by its own id.
    Sibling(Id),
    /// The per-app VPN of another payload of the same profile, by that payload's id.
    Vpn(Id),
}

/// Which certificate profile a key wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// A certificate with its key.
    Identity,
    /// The certificate of an authority.
    Certificate,
}

/// A key that refers to a certificate profile.
#[derive(Debug, Clone, Copy)]
pub struct Reference<'a> {
    /// The key's name; of a list's members that of the list.
    pub key: &'a str,
    /// The profile.
    pub id: &'a Id,
    /// What the key wants of it.
    pub wanted: Wanted,
    /// Where the id stands.
    pub span: Span,
}

impl Item {
    /// The value of a key of its own.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Tree> {
        self.members.iter().find(|member| *member.name == *name).map(|member| &member.tree)
    }

    /// The place of a key, as another profile may set it, too: `com.apple.dock/tilesize`.
    #[must_use]
    pub fn place(&self, member: &Member) -> String {
        format!("{}/{}", self.ty, member.name)
    }

    /// Every node in it, containers before what they hold.
    #[must_use]
    pub fn nodes(&self) -> Vec<&Tree> {
        let mut found = Vec::new();
        self.members.iter().for_each(|member| member.tree.below(&mut found));
        found
    }

    /// The certificate profiles it refers to, in the order written, each with the key that does.
    #[must_use]
    pub fn profiles(&self) -> Vec<Reference<'_>> {
        let mut found = Vec::new();
        self.members.iter().for_each(|member| member.tree.profiles(&member.name, &mut found));
        found
    }
}

impl Tree {
    fn profiles<'a>(&'a self, key: &'a str, found: &mut Vec<Reference<'a>>) {
        match &self.branch {
            Branch::Profile(id, wanted) => found.push(Reference { key, id, wanted: *wanted, span: self.span }),
            Branch::Dictionary(members) => members.iter().for_each(|member| member.tree.profiles(&member.name, found)),
            Branch::Array(items) => items.iter().for_each(|item| item.profiles(key, found)),
            _ => {}
        }
    }

    fn below<'a>(&'a self, found: &mut Vec<&'a Tree>) {
        found.push(self);
        match &self.branch {
            Branch::Dictionary(members) => members.iter().for_each(|member| member.tree.below(found)),
            Branch::Array(items) => items.iter().for_each(|item| item.below(found)),
            _ => {}
        }
    }

    /// Puts something else in the place of every text in it.
    ///
    /// # Errors
    /// What `put` has against a text.
    pub fn fill<E>(&mut self, put: &impl Fn(&mut Text) -> Result<(), E>) -> Result<(), E> {
        match &mut self.branch {
            Branch::Dictionary(members) => members.iter_mut().try_for_each(|member| member.tree.fill(put)),
            Branch::Array(items) => items.iter_mut().try_for_each(|item| item.fill(put)),
            Branch::Text(text) | Branch::Secret(SecretSource::Token(text)) | Branch::SecretData(SecretSource::Token(text)) => {
                put(text)
            }
            _ => Ok(()),
        }
    }

    /// Whether two values mean the same, wherever they stand. What points at another payload of its own profile means another one.
    #[must_use]
    pub fn means(&self, other: &Tree) -> bool {
        match (&self.branch, &other.branch) {
            (Branch::Sibling(_) | Branch::Vpn(_), _) => false,
            (Branch::Dictionary(a), Branch::Dictionary(b)) => {
                let in_b = |member: &Member| b.iter().any(|other| other.name == member.name && member.tree.means(&other.tree));
                a.len() == b.len() && a.iter().all(in_b)
            }
            (Branch::Array(a), Branch::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.means(b)),
            #[expect(clippy::cast_precision_loss, clippy::float_cmp, reason = "devices hold either number as the same")]
            (Branch::Integer(whole), Branch::Real(real)) | (Branch::Real(real), Branch::Integer(whole)) => *whole as f64 == *real,
            (a, b) => a == b,
        }
    }

    /// The text in it: for tokens and collisions.
    #[must_use]
    pub fn text(&self) -> Option<&Text> {
        match &self.branch {
            Branch::Text(text) | Branch::Secret(SecretSource::Token(text)) | Branch::SecretData(SecretSource::Token(text)) => {
                Some(text)
            }
            _ => None,
        }
    }

    /// The secret it is, and whether it is text.
    #[must_use]
    pub fn secret(&self) -> Option<(&SecretSource, bool)> {
        match &self.branch {
            Branch::Secret(source) => Some((source, true)),
            Branch::SecretData(source) => Some((source, false)),
            _ => None,
        }
    }
}
