//! Windows CSP nodes: formats, verbs, values, builds.
//!
//! Reads one section of `nodes.tsv`, which is a root and all below it; look-up is in `find.rs`.

use std::borrow::Cow;

use super::read::{cells, flags, plain, some, version};
use super::table::Row;
use super::{Correction, Overlay};
use crate::schema::Version;

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
    /// Whether its commands must stand in an Atomic.
    pub atomic: bool,
    /// Documentation says never to write it.
    pub forbidden: bool,
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

/// The values a node may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// Nothing is said.
    Any,
    /// One of these.
    Enum(Vec<Meaning>),
    /// The sum of some of these.
    Flag(Vec<Meaning>),
    /// A number in one of these, the ends included.
    Range(Vec<(i64, i64)>),
    /// Text that fits a regular expression, in the vendor's words: a hint, since some do not even compile.
    Regex(&'static str),
    /// A policy of an ADMX file.
    Admx(Admx),
    /// XML of a schema that the vendor's file holds.
    Xsd,
    /// JSON.
    Json,
    /// A security descriptor.
    Sddl,
}

/// A policy of an ADMX file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admx {
    /// `DeviceGuard~AT~System~DeviceGuardCategory`.
    pub area: &'static str,
    /// The policy's name in the file.
    pub name: &'static str,
    /// `DeviceGuard.admx`.
    pub file: &'static str,
}

/// A value and what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// As it is sent.
    pub value: &'static str,
    /// A word for it: `not_allowed`; empty where the vendor's label is long or says the same of two values.
    pub meaning: &'static str,
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

    fn parse(name: &str) -> Result<NodeFormat, String> {
        NodeFormat::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| format!("`{name}` is no format"))
    }
}

impl Access {
    fn parse(letters: &str) -> Result<Access, String> {
        let mut access = Access::default();
        for letter in letters.chars() {
            match letter {
                'A' => access.add = true,
                'G' => access.get = true,
                'R' => access.replace = true,
                'D' => access.delete = true,
                'E' => access.exec = true,
                other => return Err(format!("`{other}` is no verb")),
            }
        }
        Ok(access)
    }

    /// Whether a value can be written.
    #[must_use]
    pub fn writes(self) -> bool {
        self.add || self.replace
    }
}

impl Allowed {
    /// `ENUM:0=off|1=on`, `Range:[0-30]`, `RegEx:...`, `ADMX:area|name|file`, `XSD`.
    fn parse(cell: &'static str) -> Result<Allowed, String> {
        let (kind, rest) = cell.split_once(':').unwrap_or((cell, ""));
        Ok(match kind {
            "" => Allowed::Any,
            "ENUM" => Allowed::Enum(meanings(rest)),
            "Flag" => Allowed::Flag(meanings(rest)),
            "Range" => Allowed::Range(ranges(rest).ok_or_else(|| format!("`{rest}` is no range"))?),
            "RegEx" => Allowed::Regex(rest),
            "ADMX" => {
                let mut parts = rest.splitn(3, '|');
                let mut part = || parts.next().unwrap_or_default();
                Allowed::Admx(Admx { area: part(), name: part(), file: part() })
            }
            "XSD" => Allowed::Xsd,
            "JSON" => Allowed::Json,
            "SDDL" => Allowed::Sddl,
            other => return Err(format!("`{other}` restricts no value")),
        })
    }

    /// The values of a list, with what they mean.
    #[must_use]
    pub fn listed(&self) -> &[Meaning] {
        match self {
            Allowed::Enum(values) | Allowed::Flag(values) => values,
            _ => &[],
        }
    }

    /// The least and the largest number, where numbers are restricted to one range.
    #[must_use]
    pub fn range(&self) -> Option<(i64, i64)> {
        match self {
            Allowed::Range(ranges) => ranges.first().copied().filter(|_| ranges.len() == 1),
            _ => None,
        }
    }

    /// The value with a meaning.
    #[must_use]
    pub fn value_of(&self, meaning: &str) -> Option<&'static str> {
        self.listed().iter().find(|known| !meaning.is_empty() && known.meaning == meaning).map(|known| known.value)
    }

    /// The meaning of a value, if it has one.
    #[must_use]
    pub fn meaning_of(&self, value: &str) -> Option<&'static str> {
        self.listed().iter().find(|known| known.value == value).and_then(|known| some(known.meaning))
    }
}

fn meanings(cell: &'static str) -> Vec<Meaning> {
    let each = cell.split('|').filter(|value| !value.is_empty());
    each.map(|value| value.rsplit_once('=').unwrap_or((value, ""))).map(|(value, meaning)| Meaning { value, meaning }).collect()
}

/// `[0-30]`, `[(-1)-4294967295]`, `[0]`, several with `|` or `,` between them.
fn ranges(text: &str) -> Option<Vec<(i64, i64)>> {
    text.split('|').flat_map(|part| part.trim_start_matches('[').trim_end_matches(']').split(',')).map(range).collect()
}

/// `0-30`, `(-1)-4294967295`, `6`.
fn range(text: &str) -> Option<(i64, i64)> {
    let number = |text: &str| text.trim_start_matches('(').trim_end_matches(')').parse::<i64>().ok();
    if let Some(single) = number(text) {
        return Some((single, single));
    }
    // The dash between the two is the first one behind a digit or a bracket.
    let dash = text.char_indices().skip(1).find(|(at, letter)| {
        *letter == '-'
            && text.get(..*at).is_some_and(|before| before.ends_with(|last: char| last.is_ascii_digit() || last == ')'))
    });
    let (from, to) = (text.get(..dash?.0)?, text.get(dash?.0 + 1..)?);
    Some((number(from)?, number(to)?))
}

impl Allowed {
    /// Whether a single value is one of those allowed, as far as this room can tell: expressions, XML and JSON are not looked at.
    #[must_use]
    pub fn takes(&self, value: &str) -> bool {
        match self {
            Allowed::Enum(values) => values.iter().any(|known| known.value == value),
            Allowed::Flag(values) => {
                let numbers = values.iter().filter_map(|known| known.value.parse::<u64>().ok());
                let all = numbers.fold(0, |all, number| all | number);
                value.parse::<u64>().is_ok_and(|number| number & !all == 0)
            }
            Allowed::Range(ranges) => {
                value.parse::<i64>().is_ok_and(|number| ranges.iter().any(|(from, to)| (*from..=*to).contains(&number)))
            }
            _ => true,
        }
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

    /// Announced, in no build yet: the vendor writes such as build 99.9.
    #[must_use]
    pub fn unreleased(&self) -> bool {
        self.build().0.first() == Some(&99)
    }

    /// A leaf that can be written.
    #[must_use]
    pub fn is_setting(&self) -> bool {
        !self.parent && self.access.writes()
    }
}

impl Row for Nodes {
    const COLUMNS: &'static str = "path\tformat\taccess\toccurrence\tdefault\tallowed\tbuild\tflags";

    fn begins(cell: &str) -> bool {
        cell.starts_with("./")
    }

    fn nothing(root: &'static str) -> Nodes {
        Nodes { root, release: "", nodes: Vec::new(), sorted: Vec::new() }
    }

    fn read(lines: &[&'static str], head: &'static str, overlay: &'static Overlay) -> Result<Nodes, (usize, String)> {
        let root = lines.first().and_then(|line| line.split('\t').next()).unwrap_or_default();
        let mut section = Nodes::nothing(root);
        let legend = legend(head);
        // The nodes that the one before stands below, it included, by position.
        let mut open: Vec<usize> = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            let node = node(line, &legend, &mut section, &mut open).map_err(|what| (at, what))?;
            section.nodes.push(node);
            open.push(at);
        }
        let corrections = overlay.windows.iter().filter(|correction| is_below(correction.at, root));
        for correction in corrections {
            // What fits nothing in newer facts is skipped: `vendor.py compare` finds what is stale.
            section.correct(correction).map_err(|what| (0, what))?;
        }
        section.sort();
        Ok(section)
    }
}

/// Whether a path is another one or lies below it.
pub(super) fn is_below(path: &str, root: &str) -> bool {
    path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn node(line: &'static str, legend: &Legend, section: &mut Nodes, open: &mut Vec<usize>) -> Result<Node, String> {
    let [path, format, access, occurrence, default, allowed, build, flags_cell] = cells::<8>(line)?;
    let path = if path.starts_with('/') { format!("{}{path}", section.root) } else { path.to_owned() };
    let above = path.rsplit_once('/').map_or("", |(above, _)| above);
    while open.last().and_then(|at| section.nodes.get(*at)).is_some_and(|node| node.path != above) {
        open.pop();
    }
    let parent = open.last().and_then(|at| section.nodes.get_mut(*at));
    if parent.is_none() && path != section.root {
        return Err(format!("`{path}` does not follow what it lies below"));
    }
    let mut node = Node {
        format: NodeFormat::parse(format)?,
        access: Access::parse(access)?,
        occurrence: match occurrence {
            "1" => Occurrence::One,
            "*" => Occurrence::ZeroOrMore,
            "+" => Occurrence::OneOrMore,
            "?" | "" => Occurrence::ZeroOrOne,
            other => return Err(format!("`{other}` is no occurrence")),
        },
        default: some(default),
        allowed: Allowed::parse(allowed)?,
        ..Node::bare(path)
    };
    if let Some(parent) = parent {
        parent.parent = true;
        node.builds.clone_from(&parent.builds);
        (node.editions, node.azure_ad, node.release) = (parent.editions, parent.azure_ad, parent.release);
    }
    if !build.is_empty() {
        node.builds = build.split(',').map(version).collect::<Result<_, _>>()?;
    }
    for (word, value) in flags(flags_cell) {
        flag(&mut node, word, value, legend)?;
    }
    if node.path == section.root {
        section.release = node.release;
    }
    Ok(node)
}

fn flag(node: &mut Node, word: &str, value: &'static str, legend: &Legend) -> Result<(), String> {
    match word {
        "atomic" => node.atomic = true,
        "cased" => node.cased = true,
        "aad" => node.azure_ad = true,
        "release" => node.release = value,
        "deprecated" => node.deprecated = Some(if value.is_empty() { None } else { Some(version(value)?) }),
        "editions" => {
            let found = legend.iter().find(|(name, _)| *name == value);
            node.editions = found.ok_or_else(|| format!("the head has no line for `{value}`"))?.1;
        }
        "title" => node.title = Some(plain(value)),
        "list" => node.list = Some(delimiter(value)?),
        "needs" => node.needs.push(dependency(Condition::Needs, value)?),
        "without" => node.needs.push(dependency(Condition::Without, value)?),
        "when" => node.needs.push(when(value)?),
        "reboot" => {
            node.reboot = Some(match value {
                "automatic" => Reboot::Automatic,
                "server" => Reboot::Server,
                other => return Err(format!("`{other}` is no restart")),
            });
        }
        "naming" => {
            node.naming = Some(match value {
                "unique" => Naming::Unique,
                "server" => Naming::Server,
                "client" => Naming::Client,
                other => return Err(format!("`{other}` names no node")),
            });
        }
        other => return Err(format!("unknown word `{other}`")),
    }
    Ok(())
}

fn delimiter(name: &str) -> Result<char, String> {
    Ok(match name {
        "semicolon" => ';',
        "comma" => ',',
        "pipe" => '|',
        "U+F000" => '\u{f000}',
        other => return Err(format!("`{other}` separates nothing")),
    })
}

/// What short names of edition lists stand for: `# e1 = 0x4,0x1B` in the head.
type Legend = Vec<(&'static str, &'static str)>;

fn legend(head: &'static str) -> Legend {
    head.lines().filter_map(|line| line.strip_prefix("# ")?.split_once(" = ")).collect()
}

/// `PATH=VALUE|VALUE`.
fn dependency(condition: Condition, text: &'static str) -> Result<Dependency, String> {
    let (path, values) = text.split_once('=').ok_or_else(|| format!("`{text}` names no values"))?;
    let values = values.split('|').map(plain).collect();
    Ok(Dependency { condition, path: plain(path), values })
}

/// `PATH=VALUE=ALLOWED`.
fn when(text: &'static str) -> Result<Dependency, String> {
    let mut parts = text.splitn(3, '=');
    let (Some(path), Some(values), Some(then)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(format!("`{text}` names no values"));
    };
    let values = values.split('|').map(plain).collect();
    Ok(Dependency { condition: Condition::When(Allowed::parse(then)?), path: plain(path), values })
}

impl Node {
    fn bare(path: String) -> Node {
        Node {
            path,
            format: NodeFormat::Node,
            access: Access::default(),
            occurrence: Occurrence::ZeroOrOne,
            default: None,
            allowed: Allowed::Any,
            list: None,
            builds: Vec::new(),
            editions: "",
            azure_ad: false,
            deprecated: None,
            atomic: false,
            forbidden: false,
            cased: false,
            reboot: None,
            naming: None,
            title: None,
            needs: Vec::new(),
            parent: false,
            release: "",
            corrections: Vec::new(),
        }
    }

    fn change(&mut self, word: &str, value: &'static str) -> Result<(), String> {
        match word {
            "access" => self.access = Access::parse(value)?,
            "format" => self.format = NodeFormat::parse(value)?,
            "allowed" => self.allowed = Allowed::parse(value)?,
            "forbidden" => self.forbidden = value == "true",
            "atomic" => self.atomic = value == "true",
            other => return Err(format!("`{other}` corrects no node")),
        }
        Ok(())
    }
}

impl Nodes {
    /// The node at a path that the table spells.
    pub(super) fn exactly(&self, path: &str) -> Option<&Node> {
        let node = |at: &usize| self.nodes.get(*at);
        let found = self.sorted.binary_search_by(|at| node(at).map_or("", |node| &node.path).cmp(path)).ok()?;
        self.sorted.get(found).and_then(node)
    }

    /// Does what a correction of the overlay says. A node that is not there stays as it is.
    fn correct(&mut self, correction: &'static Correction) -> Result<(), String> {
        if let Some((_, segment)) = correction.changes.iter().find(|(word, _)| *word == "segment") {
            self.respell(correction, segment);
            return Ok(());
        }
        let Some(node) = self.nodes.iter_mut().find(|node| node.path == correction.at) else { return Ok(()) };
        for (word, value) in correction.changes {
            node.change(word, value)?;
        }
        node.corrections.push(correction);
        Ok(())
    }

    /// Spells the last segment of a path otherwise, in the node and in all below it.
    fn respell(&mut self, correction: &'static Correction, segment: &str) {
        let above = correction.at.rsplit_once('/').map_or("", |(above, _)| above);
        for node in &mut self.nodes {
            let rest = node.path.strip_prefix(correction.at).filter(|rest| rest.is_empty() || rest.starts_with('/'));
            if let Some(spelled) = rest.map(|rest| format!("{above}/{segment}{rest}")) {
                if spelled.len() == above.len() + 1 + segment.len() {
                    node.corrections.push(correction);
                }
                node.path = spelled;
            }
        }
    }

    fn sort(&mut self) {
        let mut sorted: Vec<usize> = (0..self.nodes.len()).collect();
        let path = |at: &usize| self.nodes.get(*at).map_or("", |node| &node.path);
        sorted.sort_by(|left, right| path(left).cmp(path(right)));
        self.sorted = sorted;
    }
}
