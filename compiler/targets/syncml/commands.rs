//! Entries as nodes with the vendor's facts, and the commands made of them.

use std::sync::Arc;

use base64::Engine as _;

use super::uri::LocUri;
use crate::catalog::{Access, Node, NodeFormat};
use crate::ir::{Datum, Entry, Origin, Place, SecretSource, Text, Verb};
use crate::schema::{Instance, Type};
use crate::targets::identity::{account_guid, certificate_role, uuid};
use crate::targets::{self, Expected, Fault, Part, Surroundings, fill};

/// A command with one item.
#[derive(Debug, Clone)]
pub struct Command {
    pub verb: Verb,
    pub uri: LocUri,
    /// Format and value; a Delete and a Get have neither.
    pub value: Option<(NodeFormat, Option<Arc<str>>)>,
}

/// A command, or several that succeed or fail together.
#[derive(Debug, Clone)]
pub enum Block {
    One(Command),
    Atomic(Vec<Command>),
}

impl Block {
    pub fn commands(&self) -> &[Command] {
        match self {
            Block::One(command) => std::slice::from_ref(command),
            Block::Atomic(commands) => commands,
        }
    }
}

/// The nodes of one profile.
pub struct Nodes {
    /// With `{}`: for the vendor tables.
    root: &'static str,
    /// With the instance filled in.
    uri: LocUri,
    /// The same, decoded.
    path: String,
    /// The instance as devices know it: a GUID, a thumbprint.
    pub instance: String,
    pub leaves: Vec<Leaf>,
    pub contains_secret: bool,
    catalog: &'static crate::catalog::Catalog,
}

/// A leaf with its value.
pub struct Leaf {
    pub place: Place,
    pub uri: LocUri,
    facts: &'static Node,
    pub value: Option<Arc<str>>,
    /// What it should hold, where a device may say so.
    meant: Option<Text>,
    origin: Origin,
}

impl Nodes {
    pub fn of(part: &Part<'_>, around: &Surroundings<'_>) -> Result<Nodes, Fault> {
        let root = part.lowered.root.is;
        let (segment, instance) = instance(part, around, part.profile.generation)?;
        let mut nodes = Nodes {
            root,
            uri: at(root, &segment),
            path: root.replacen("{}", &segment, 1),
            instance,
            leaves: Vec::with_capacity(part.lowered.entries.len()),
            contains_secret: false,
            catalog: around.catalog,
        };
        for entry in &part.lowered.entries {
            nodes.leaf(entry, part, around)?;
        }
        Ok(nodes)
    }

    fn leaf(&mut self, entry: &Entry, part: &Part<'_>, around: &Surroundings<'_>) -> Result<(), Fault> {
        let path = format!("{}/{}", self.root, entry.place);
        let facts = self.catalog.node_for(&path).filter(|node| !node.kept_out());
        let facts = facts.ok_or_else(|| Fault(format!("`{path}` is not in the vendor tables, or must not be written")))?;
        let value = self.value(&entry.datum, facts.format, part, around)?;
        allowed(facts, value.as_deref())?;
        self.leaves.push(Leaf {
            place: entry.place.clone(),
            uri: self.uri.join(&entry.place),
            facts,
            meant: meant(&entry.datum, value.as_deref()),
            origin: entry.origin,
            value: value.map(Arc::from),
        });
        Ok(())
    }

    fn value(
        &mut self,
        datum: &Datum,
        format: NodeFormat,
        part: &Part<'_>,
        around: &Surroundings<'_>,
    ) -> Result<Option<String>, Fault> {
        let base64 = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
        Ok(Some(match datum {
            Datum::Nothing => return Ok(None),
            // A node of format chr takes 1 and 0 where it takes a boolean at all: tables say so with `one_zero`.
            Datum::Boolean(value) if format == NodeFormat::Bool => value.to_string(),
            Datum::Boolean(_) => return Err(Fault("a boolean stands at a node that is none".into())),
            Datum::Integer(number) => number.to_string(),
            Datum::Text(text) => fill::text(text, part, around)?,
            Datum::Data(bytes) => {
                self.contains_secret |= part.profile.kind.fields.iter().any(|field| matches!(field.ty, Type::Identity));
                base64(bytes)
            }
            Datum::SecretData(source) => match fill::secret_bytes(source, around) {
                Some(bytes) => {
                    self.contains_secret = true;
                    base64(&bytes)
                }
                None => fill::secret(source, part, around)?,
            },
            Datum::Secret(source) => {
                self.contains_secret |= !matches!(source, SecretSource::Token(_));
                fill::secret(source, part, around)?
            }
            Datum::List(_) | Datum::PayloadUuid(_) | Datum::Item(_) | Datum::Profile(_) => {
                return Err(Fault("a node holds one value".into()));
            }
        }))
    }

    /// The instance and all leaves, decoded.
    pub fn places(&self) -> Vec<targets::Place> {
        let leaves = self.leaves.iter().map(|leaf| format!("{}/{}", self.path, leaf.place));
        let all = std::iter::once(self.path.clone()).chain(leaves);
        all.map(|path| targets::Place { path, span: None, above: false }).collect()
    }

    /// The provider, by a segment of its root.
    pub fn provider(&self) -> Option<&'static str> {
        ["ActiveSync", "SCEP", "PFXCertInstall"].into_iter().find(|name| self.root.split('/').any(|segment| segment == *name))
    }

    /// The positions of the leaves that take a verb in an install: those that can be added, in the order of the entries.
    pub fn positions(&self, wanted: impl Fn(&Leaf) -> bool) -> Vec<usize> {
        self.leaves.iter().enumerate().filter(|(_, leaf)| wanted(leaf)).map(|(at, _)| at).collect()
    }

    /// A command on the instance node itself.
    pub fn instance_command(&self, verb: Verb) -> Result<Command, Fault> {
        let facts =
            self.catalog.node_for(self.root).ok_or_else(|| Fault(format!("`{}` is not in the vendor tables", self.root)))?;
        takes(facts, verb)?;
        let value = (!matches!(verb, Verb::Delete | Verb::Get)).then_some((facts.format, None));
        Ok(Command { verb, uri: self.uri.clone(), value })
    }

    /// A Delete of another instance under the same root.
    pub fn delete_other(&self, segment: &str) -> Command {
        Command { verb: Verb::Delete, uri: at(self.root, segment), value: None }
    }

    /// An Add of an interior node, where the node takes one; others come into being with what is below them.
    pub fn parent(&self, place: &str) -> Result<Option<Command>, Fault> {
        let path = format!("{}/{place}", self.root);
        let facts = self.catalog.node_for(&path).ok_or_else(|| Fault(format!("`{path}` is not in the vendor tables")))?;
        let command = Command { verb: Verb::Add, uri: self.uri.join(place), value: Some((NodeFormat::Node, None)) };
        Ok(facts.access.add.then_some(command))
    }
}

impl Leaf {
    pub fn access(&self) -> Access {
        self.facts.access
    }

    /// Add where the node takes it, else Exec, else Replace.
    pub fn verb(&self) -> Result<Verb, Fault> {
        match self.facts.access {
            Access { add: true, .. } => Ok(Verb::Add),
            Access { exec: true, .. } => Ok(Verb::Exec),
            Access { replace: true, .. } => Ok(Verb::Replace),
            _ => Err(Fault(format!("`{}` cannot be written", self.facts.path))),
        }
    }

    pub fn command(&self, verb: Verb) -> Command {
        Command { verb, uri: self.uri.clone(), value: Some((self.facts.format, self.value.clone())) }
    }

    /// Whether a device says what it holds.
    pub fn readable(&self) -> bool {
        self.facts.access.get && self.meant.is_some()
    }

    /// Asks for it.
    pub fn get(&self) -> Command {
        Command { verb: Verb::Get, uri: self.uri.clone(), value: None }
    }

    /// What should come back.
    pub fn expected(&self) -> Option<Expected> {
        let value = self.meant.clone()?;
        Some(Expected { place: self.uri.encoded().to_owned(), origin: Some(self.origin), value: Some(value) })
    }

    /// The nodes between the instance and this leaf, outermost first.
    pub fn parents(&self) -> impl Iterator<Item = &str> {
        self.place.match_indices('/').map(|(at, _)| self.place.get(..at).unwrap_or_default())
    }
}

/// What a node should hold, as a device would say it; nothing for what no device says.
fn meant(datum: &Datum, value: Option<&str>) -> Option<Text> {
    match datum {
        Datum::Text(text) => Some(text.clone()),
        Datum::Boolean(_) | Datum::Integer(_) => value.map(Text::literal),
        Datum::Nothing
        | Datum::Item(_)
        | Datum::Data(_)
        | Datum::SecretData(_)
        | Datum::Secret(_)
        | Datum::List(_)
        | Datum::PayloadUuid(_)
        | Datum::Profile(_) => None,
    }
}

/// What stands for `{}`: as a segment of the LocURI, and as devices know it.
pub fn instance(part: &Part<'_>, around: &Surroundings<'_>, generation: u32) -> Result<(String, String), Fault> {
    Ok(match part.lowered.root.instance {
        Some(Instance::BracedGuid) => {
            let guid = account_guid(around, part.profile, generation);
            (format!("{{{guid}}}"), guid)
        }
        Some(Instance::Guid) => {
            let guid = uuid(around, &part.profile.id, &certificate_role(part.profile), generation);
            let own = around.server.syncml.and_then(|form| form.scep).map_or("", |scep| scep.instance);
            let scep = part.lowered.root.is.contains("/SCEP/");
            (if scep && !own.is_empty() { own.to_owned() } else { guid.clone() }, guid)
        }
        Some(Instance::Sha1Thumbprint) => {
            let thumbprint = part.lowered.thumbprint.clone();
            let thumbprint = thumbprint.ok_or_else(|| Fault("a thumbprint is wanted and there is no certificate".into()))?;
            (thumbprint.clone(), thumbprint)
        }
        None => (String::new(), String::new()),
    })
}

fn at(root: &str, segment: &str) -> LocUri {
    match root.split_once("{}") {
        Some((before, after)) => {
            let uri = LocUri::of(before.trim_end_matches('/')).join(segment);
            let after = after.trim_start_matches('/');
            if after.is_empty() { uri } else { uri.join(after) }
        }
        None => LocUri::of(root),
    }
}

fn takes(facts: &Node, verb: Verb) -> Result<(), Fault> {
    let takes = match verb {
        Verb::Add => facts.access.add,
        Verb::Replace => facts.access.replace,
        Verb::Delete => facts.access.delete,
        Verb::Exec => facts.access.exec,
        Verb::Get => facts.access.get,
    };
    if takes { Ok(()) } else { Err(Fault(format!("`{}` does not take {}", facts.path, verb.name()))) }
}

/// The values the vendor allows, where they are listed.
fn allowed(facts: &Node, value: Option<&str>) -> Result<(), Fault> {
    if value.is_none_or(|value| facts.takes(value)) {
        Ok(())
    } else {
        Err(Fault(format!("`{}` cannot have this value", facts.path)))
    }
}
