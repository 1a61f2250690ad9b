//! Windows CSP nodes: formats, verbs, values, builds.
//!
//! `read.rs` makes them of a section of the table; look-up is in `find.rs`.

use std::borrow::Cow;

use super::Correction;
use crate::schema::Version;

mod editions;
mod read;
mod releases;
mod values;

pub use editions::{EDITIONS, Edition};
pub use releases::{RELEASES, Release, windows_release};
use values::range;
pub use values::{Admx, Allowed, Meaning, number_of};

/// A root of the vendor's files with all nodes below it.
#[derive(Debug, Clone)]
pub struct Nodes {
    /// The path of the root: `./Device/Vendor/MSFT/Policy/Config/DeviceLock`.
    pub root: &'static str,
    /// The set of files it is from: `v2-2025-02`.
    pub release: &'static str,
    /// In the vendor's order, the root first: a node stands before what is below it.
    pub nodes: Vec<Node>,
    /// Positions in `nodes`, by path.
    sorted: Vec<usize>,
}

/// A node of a configuration service provider.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "each is a column of the vendor's")]
pub struct Node {
    /// From `./`; `{}` for a segment that the server or device names.
    pub path: String,
    /// As `Format` in SyncML says it.
    pub format: NodeFormat,
    /// The verbs it takes.
    pub access: Access,
    /// How many there may be.
    pub occurrence: Occurrence,
    /// The value it has when nothing is written; often "unset", and then not among those allowed.
    pub default: Option<&'static str>,
    /// The values it may have.
    pub allowed: Allowed,
    /// Between the values of a list.
    pub list: Option<char>,
    /// The first build, then backports: the first build of an older line that has it, too.
    pub builds: Vec<Version>,
    /// Edition numbers, `,` between them; empty where none are said, which is every edition.
    pub editions: &'static str,
    /// On devices joined to Azure AD only.
    pub azure_ad: bool,
    /// Something else is meant to be used; since a build, where it is said.
    pub deprecated: Option<Option<Version>>,
    /// The path of the node that the vendor names in its place.
    pub instead: Option<&'static str>,
    /// Whether its commands must stand in an Atomic.
    pub atomic: bool,
    /// Documentation says that writing it does harm.
    pub forbidden: bool,
    /// No kind with a meaning of its own sends it; that says nothing about devices.
    pub avoided: bool,
    /// As `avoided`, and whoever names it is warned: the reason is one for them, too.
    pub doubtful: bool,
    /// It is there from enrolment: a server neither adds nor deletes it.
    pub given: bool,
    /// Its regular expression was compared with documentation: what does not fit is wrong.
    pub verified: bool,
    /// Its value is compared letter by letter.
    pub cased: bool,
    /// What a device does after it was written.
    pub reboot: Option<Reboot>,
    /// Who names a dynamic node.
    pub naming: Option<Naming>,
    /// What the segment `{}` stands for, in the vendor's word.
    pub title: Option<Cow<'static, str>>,
    /// What it asks of other nodes.
    pub needs: Vec<Dependency>,
    /// Whether nodes stand below it.
    pub parent: bool,
    /// The set of files it is from: `v2-2025-02`.
    pub release: &'static str,
    /// What the overlay changed.
    pub corrections: Vec<&'static Correction>,
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

/// How many of a node there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of OMA DM")]
pub enum Occurrence {
    One,
    ZeroOrOne,
    ZeroOrMore,
    OneOrMore,
}

/// What a node asks of another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// What it asks.
    pub condition: Condition,
    /// The other node, `{}` for dynamic segments. The vendor's spelling, which may be of no node.
    pub path: Cow<'static, str>,
    /// The values of the other node, numbers also as `1-5`; `*` for any.
    pub values: Vec<Cow<'static, str>>,
}

/// What a [`Dependency`] asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// The other node has one of the values.
    Needs,
    /// The other node has none of them.
    Without,
    /// Where the other node has one of the values, this one may have these only.
    When(Allowed),
}

/// What a device does after a node was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reboot {
    /// It restarts.
    Automatic,
    /// The server has to restart it.
    Server,
}

/// Who names a dynamic node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// A name that the CSP gives a meaning: a thumbprint, a GUID of one kind.
    Unique,
    /// Any name of the server's.
    Server,
    /// The device: it is read, not made.
    Client,
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

impl Access {
    /// Whether a value can be written.
    #[must_use]
    pub fn writes(self) -> bool {
        self.add || self.replace
    }
}

impl Dependency {
    /// Whether a value of the other node is one of those named.
    #[must_use]
    pub fn names(&self, value: &str) -> bool {
        self.values.iter().any(|known| {
            known == "*"
                || known == value
                || range(known).zip(value.parse::<i64>().ok()).is_some_and(|((from, to), number)| from <= number && number <= to)
        })
    }
}

impl Node {
    /// The last segment.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit_once('/').map_or(&self.path, |(_, name)| name)
    }

    /// Whether a value, or each of a list of values, is one of those allowed. Booleans are `true` and `false`, although the vendor
    /// also lists `True` or `1`.
    #[must_use]
    pub fn takes(&self, value: &str) -> bool {
        if self.format == NodeFormat::Bool && matches!(value, "true" | "false") {
            let spellings: &[&str] = if value == "true" { &["true", "True", "1"] } else { &["false", "False", "0"] };
            let listed = self.allowed.listed();
            return listed.is_empty() || listed.iter().any(|known| spellings.contains(&known.value));
        }
        match self.list {
            Some(between) => value.split(between).all(|part| self.allowed.takes(part)),
            None => self.allowed.takes(value),
        }
    }

    /// The first build of the main line; 0 where none is said.
    #[must_use]
    pub fn build(&self) -> Version {
        self.builds.first().copied().unwrap_or(Version([0; 4]))
    }

    /// Kinds with a meaning of their own never send it.
    #[must_use]
    pub fn kept_out(&self) -> bool {
        self.forbidden || self.avoided || self.doubtful
    }

    /// Why the overlay changed a fact, by the word of the overlay: reason and source.
    #[must_use]
    pub fn why(&self, word: &str) -> Option<(&'static str, &'static str)> {
        let found = self.corrections.iter().find(|done| done.changes.iter().any(|(changed, _)| *changed == word));
        found.map(|done| (done.reason, done.source))
    }

    /// The device makes it, or enrolment does: it is not made for what is written below it, and not taken away with that.
    #[must_use]
    pub fn is_by_itself(&self) -> bool {
        self.given || self.naming == Some(Naming::Client)
    }

    /// A leaf that can be written.
    #[must_use]
    pub fn is_setting(&self) -> bool {
        !self.parent && self.access.writes()
    }
}

impl Nodes {
    /// The node at a path that the table spells.
    pub(in crate::catalog) fn exactly(&self, path: &str) -> Option<&Node> {
        let node = |at: &usize| self.nodes.get(*at);
        let found = self.sorted.binary_search_by(|at| node(at).map_or("", |node| &node.path).cmp(path)).ok()?;
        self.sorted.get(found).and_then(node)
    }
}

/// Whether a path is another one or lies below it.
pub(super) fn is_below(path: &str, root: &str) -> bool {
    path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
