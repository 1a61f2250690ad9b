//! Vendor facts: every Apple payload key and Windows CSP node that may be emitted, as static tables.
//!
//! Written by the build script from `schemas/vendor`. It answers "does this place exist, of which type, since when, and with
//! which verbs?" and knows nothing of kinds and profiles.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::schema::Version;

/// Everything in `schemas/vendor`.
#[derive(Debug, Clone, Copy)]
pub struct Catalog {
    /// Payload types by name; `*` holds the keys common to all payloads.
    pub payloads: &'static [Payload],
    /// CSP nodes by path.
    pub nodes: &'static [Node],
    /// Cmdlets of Configuration Manager, by name.
    pub cmdlets: &'static [Cmdlet],
    /// What the tables were made from: vendor and release.
    pub releases: &'static [(&'static str, &'static str)],
}

/// An Apple payload type.
#[derive(Debug, Clone, Copy)]
pub struct Payload {
    /// `com.apple.eas.account`; `Configuration` is the profile itself.
    pub name: &'static str,
    /// Its keys, by path.
    pub keys: &'static [Key],
    /// On iOS.
    pub ios: Availability,
    /// On macOS.
    pub macos: Availability,
    /// The MDM channels of macOS that take it: `device`, `user`.
    pub channels: &'static [&'static str],
    /// Whether a profile may hold more than one.
    pub multiple: bool,
}

/// A key of a payload.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// `/` between segments.
    pub path: &'static str,
    /// Its property list type.
    pub ty: KeyType,
    /// Whether the payload is refused without it.
    pub required: bool,
    /// The only values it may have, as text; empty for any.
    pub allowed: &'static [&'static str],
    /// On iOS.
    pub ios: Availability,
    /// On macOS.
    pub macos: Availability,
    /// A device asks for it when it is absent from a profile installed by hand.
    pub asked: bool,
}

/// Property list types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are Apple's")]
pub enum KeyType {
    String,
    Integer,
    Real,
    Boolean,
    Date,
    Data,
    Array,
    Dictionary,
    /// A string, or an array of strings.
    StringOrStrings,
    Any,
}

/// Since when, and until when. No `introduced`: not on that system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Availability {
    /// First version.
    pub introduced: Option<Version>,
    /// From here on, something else is meant to be used.
    pub deprecated: Option<Version>,
    /// From here on, gone.
    pub removed: Option<Version>,
}

/// A node of a Windows configuration service provider.
#[derive(Debug, Clone, Copy)]
pub struct Node {
    /// From `./`; `{}` for a dynamic segment.
    pub path: &'static str,
    /// As `Format` in SyncML says it.
    pub format: NodeFormat,
    /// The verbs it takes.
    pub access: Access,
    /// The only values it may have; empty for any.
    pub allowed: &'static [&'static str],
    /// Smallest and largest number.
    pub range: Option<(i64, i64)>,
    /// First build.
    pub build: Version,
    /// Whether its commands must stand in an Atomic.
    pub atomic: bool,
    /// Documentation says never to write it.
    pub forbidden: bool,
}

/// What `Format` may say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of OMA DM")]
pub enum NodeFormat {
    Node,
    Null,
    Chr,
    Int,
    Bool,
    B64,
    Bin,
    Xml,
    Time,
    Date,
    Float,
}

impl NodeFormat {
    /// All of them.
    pub const ALL: [NodeFormat; 11] = [
        NodeFormat::Node,
        NodeFormat::Null,
        NodeFormat::Chr,
        NodeFormat::Int,
        NodeFormat::Bool,
        NodeFormat::B64,
        NodeFormat::Bin,
        NodeFormat::Xml,
        NodeFormat::Time,
        NodeFormat::Date,
        NodeFormat::Float,
    ];

    /// As it stands in SyncML.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            NodeFormat::Node => "node",
            NodeFormat::Null => "null",
            NodeFormat::Chr => "chr",
            NodeFormat::Int => "int",
            NodeFormat::Bool => "bool",
            NodeFormat::B64 => "b64",
            NodeFormat::Bin => "bin",
            NodeFormat::Xml => "xml",
            NodeFormat::Time => "time",
            NodeFormat::Date => "date",
            NodeFormat::Float => "float",
        }
    }
}

/// A cmdlet of Configuration Manager.
#[derive(Debug, Clone, Copy)]
pub struct Cmdlet {
    /// `New-CMEmailProfile`.
    pub name: &'static str,
    /// Its parameters, by name.
    pub parameters: &'static [Parameter],
}

/// A parameter of a cmdlet.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Without the hyphen.
    pub name: &'static str,
    /// Its .NET type: `String`, `Boolean`, `SwitchParameter`, `Int32`, `IResultObject[]`, the name of an enumeration.
    pub ty: &'static str,
    /// Whether the cmdlet asks for it when it is absent.
    pub required: bool,
    /// The only values it may have; empty for any.
    pub allowed: &'static [&'static str],
    /// The parameter sets it belongs to; empty for all.
    pub sets: &'static [&'static str],
}

impl Cmdlet {
    /// A parameter.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&'static Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }
}

/// The verbs a node takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs, reason = "the names are those of OMA DM")]
#[allow(clippy::struct_excessive_bools, reason = "five verbs, each there or not: that is what a DDF says")]
pub struct Access {
    pub add: bool,
    pub get: bool,
    pub replace: bool,
    pub delete: bool,
    pub exec: bool,
}

impl Catalog {
    /// A payload type.
    #[must_use]
    pub fn payload(&self, name: &str) -> Option<&'static Payload> {
        let at = self.payloads.binary_search_by(|payload| payload.name.cmp(name)).ok()?;
        self.payloads.get(at)
    }

    /// A cmdlet.
    #[must_use]
    pub fn cmdlet(&self, name: &str) -> Option<&'static Cmdlet> {
        self.cmdlets.iter().find(|cmdlet| cmdlet.name == name)
    }

    /// The parameter that a place stands for, below a cmdlet that makes something: `X` of it, `Set/X` of the one that changes.
    #[must_use]
    pub fn parameter(&self, root: &str, place: &str) -> Option<&'static Parameter> {
        let root = root.strip_prefix("New-")?;
        let (verb, name) = place.split_once('/').unwrap_or(("New", place));
        self.cmdlet(&format!("{verb}-{root}"))?.parameter(name)
    }

    /// A key of a payload type, or one that all payloads have.
    #[must_use]
    pub fn key(&self, payload: &'static Payload, path: &str) -> Option<&'static Key> {
        let find = |payload: &'static Payload| {
            let at = payload.keys.binary_search_by(|key| key.path.cmp(path)).ok()?;
            payload.keys.get(at)
        };
        find(payload).or_else(|| find(self.payload("*")?))
    }

    /// Since when a platform has a place below a root; nothing when the tables do not know it.
    #[must_use]
    pub fn availability(&self, root: &str, place: &str, platform: &str) -> Option<Availability> {
        if root.starts_with("./") {
            let build = self.node_for(&format!("{root}/{place}"))?.build;
            return Some(Availability { introduced: Some(build), deprecated: None, removed: None });
        }
        let key = self.key(self.payload(root)?, place)?;
        match platform {
            "ios" => Some(key.ios),
            "macos" => Some(key.macos),
            _ => None,
        }
    }

    /// Whether a device asks for a place when it is absent from a profile installed by hand.
    #[must_use]
    pub fn asked(&self, root: &str, place: &str) -> bool {
        self.payload(root).and_then(|payload| self.key(payload, place)).is_some_and(|key| key.asked)
    }

    /// A node by its path, `{}` for dynamic segments.
    #[must_use]
    pub fn node(&self, path: &str) -> Option<&'static Node> {
        static INDEX: OnceLock<HashMap<&'static str, &'static Node>> = OnceLock::new();
        let nodes = self.nodes;
        let index = INDEX.get_or_init(|| nodes.iter().map(|node| (node.path, node)).collect());
        index.get(path).copied()
    }

    /// The node for a path in which dynamic segments may be filled in: a segment the tables do not know stands for `{}`.
    #[must_use]
    pub fn node_for(&self, path: &str) -> Option<&'static Node> {
        self.node(path).or_else(|| {
            let mut general = String::with_capacity(path.len());
            for segment in path.split('/') {
                let length = general.len();
                if length > 0 {
                    general.push('/');
                }
                general.push_str(segment);
                if length > 0 && self.node(&general).is_none() && !self.has_below(&general) {
                    general.truncate(length + 1);
                    general.push_str("{}");
                }
            }
            self.node(&general)
        })
    }

    /// Whether any node lies below a path that is itself no node (`./User/Vendor`).
    fn has_below(&self, path: &str) -> bool {
        let at = self.nodes.partition_point(|node| node.path < path);
        self.nodes
            .get(at..)
            .unwrap_or_default()
            .iter()
            .take_while(|node| node.path.starts_with(path))
            .any(|node| node.path.as_bytes().get(path.len()) == Some(&b'/'))
    }
}
