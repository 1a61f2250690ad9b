//! Look-up: types, keys and nodes by name and path, what lies below them, and where a wrong path goes wrong.
//!
//! Whether a name is a slip for another one is no business of this room: it hands out the names.

use super::windows::is_below;
use super::{Availability, Catalog, Correction, Key, KeyType, Node, Nodes, Payload, Rule, split_variant};
use crate::schema::Version;

/// How far a path goes.
#[derive(Debug, Clone, Copy)]
pub enum Spot<T> {
    /// To this.
    Found(T),
    /// Nowhere: a segment is not known.
    Lost(Near),
}

/// Where a path leaves what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Near {
    /// Bytes of the path that are known, the slash behind them not counted.
    pub known: usize,
    /// The segment that is not.
    pub from: usize,
    /// Behind it.
    pub to: usize,
}

impl<T> Spot<T> {
    /// What was found.
    pub fn found(self) -> Option<T> {
        match self {
            Spot::Found(found) => Some(found),
            Spot::Lost(_) => None,
        }
    }
}

/// The areas of the Policy CSP have files of their own: any other area comes from an ADMX file that was sent before, and such
/// names hold `~`.
fn is_any_area(path: &str) -> bool {
    path.ends_with("/Policy/Config/{}")
}

impl Payload {
    /// A key by the path of a value: segments that no key has are looked up as `ANY`, `[]` may be left out, and what stands
    /// inside itself (a folder in a folder) is followed to where it is described.
    #[must_use]
    pub fn key(&self, path: &str) -> Option<&Key> {
        self.exactly(path).or_else(|| self.spot(path).found())
    }

    /// As [`Payload::key`], and where a path goes wrong.
    #[must_use]
    pub fn spot(&self, path: &str) -> Spot<&Key> {
        let mut here: Option<&Key> = None;
        let mut at = 0;
        for segment in path.split('/') {
            let Some(next) = self.step(here, segment) else {
                let to = at + segment.len();
                return Spot::Lost(Near { known: at.saturating_sub(1), from: at, to });
            };
            here = Some(next);
            at += segment.len() + 1;
        }
        here.map_or(Spot::Lost(Near { known: 0, from: 0, to: 0 }), Spot::Found)
    }

    /// The key for a name inside another one; for a name of the payload itself inside nothing.
    #[must_use]
    pub fn step(&self, inside: Option<&Key>, name: &str) -> Option<&Key> {
        let base = inside.map_or("", |key| key.like.as_deref().unwrap_or(&key.path));
        let child = |name: &str| {
            if base.is_empty() { self.exactly(name) } else { self.exactly(&format!("{base}/{name}")) }
        };
        child(name).or_else(|| child("ANY")).or_else(|| {
            let member = (name != "[]" && inside?.ty == KeyType::Array).then(|| child("[]"))??;
            self.step(Some(member), name)
        })
    }

    /// The keys directly inside another one, in the vendor's order; those of the payload itself inside nothing.
    pub fn inside(&self, key: Option<&Key>) -> impl Iterator<Item = &Key> {
        let base = key.map_or(String::new(), |key| format!("{}/", key.like.as_deref().unwrap_or(&key.path)));
        self.keys.iter().filter(move |key| key.path.strip_prefix(&*base).is_some_and(|name| !name.contains('/')))
    }

    /// The keys directly inside another one that must be there.
    pub fn required_inside(&self, key: Option<&Key>) -> impl Iterator<Item = &Key> {
        self.inside(key).filter(|key| key.required && !matches!(key.name(), "[]" | "ANY"))
    }
}

impl Nodes {
    /// The nodes directly below a path of this section, in the vendor's order.
    fn below<'a>(&'a self, path: &str) -> impl Iterator<Item = &'a Node> {
        let name = move |node: &Node| node.path.strip_prefix(path)?.strip_prefix('/').map(|name| !name.contains('/'));
        self.nodes.iter().filter(move |node| name(node) == Some(true))
    }
}

impl Catalog {
    /// A payload type; of several variants, the first.
    #[must_use]
    pub fn payload(&'static self, name: &str) -> Option<&'static Payload> {
        self.variants(name).next()
    }

    /// Whether a name that is near a payload type is none of its slips: a preference domain of its own.
    #[must_use]
    pub fn is_domain(&self, name: &str) -> bool {
        let is = |(word, value): &(&str, &str)| *word == "domain" && *value == name;
        self.overlay.apple.iter().any(|correction| correction.changes.iter().any(is))
    }

    /// All descriptions of a payload type: one, but for `com.apple.MCX` and `com.apple.extensiblesso`.
    pub fn variants(&'static self, name: &str) -> impl Iterator<Item = &'static Payload> {
        let sections = self.payloads.sections;
        let from = sections.partition_point(|section| section.name < name);
        let is_one = move |full: &str| full.split_once('#').map_or(full, |(own, _)| own) == name;
        let count = sections.get(from..).unwrap_or_default().iter().take_while(|section| is_one(section.name)).count();
        (from..from + count).filter_map(|at| self.payloads.at(at, self.overlay))
    }

    /// One description of several, by the variant's name or by that in the vendor's tables.
    #[must_use]
    pub fn variant(&'static self, name: &str, variant: &str) -> Option<&'static Payload> {
        let named = || self.variants(name).find(|payload| payload.variant == Some(variant));
        self.payloads.get(&format!("{name}#{variant}"), self.overlay).or_else(named)
    }

    /// The description of a payload type that knows these keys; where none knows all of them, that of all descriptions together.
    pub fn payload_with(&'static self, name: &str, keys: &[&str]) -> Option<&'static Payload> {
        let known = |payload: &Payload| keys.iter().filter(|key| payload.key(key).is_some()).count();
        let best = self.variants(name).reduce(|best, other| if known(other) > known(best) { other } else { best })?;
        Some(if known(best) < keys.len() { self.mixed(name).unwrap_or(best) } else { best })
    }

    /// A type that is described by variants alone, as devices take it: with the keys of any.
    fn mixed(&'static self, name: &str) -> Option<&'static Payload> {
        let mixed = self.mixed.get_or_init(|| {
            let described = |name: &str| self.payloads.position(name).is_some();
            let types = self.payload_names().filter(|name| !described(name));
            types.filter_map(|name| Payload::mixed(self.variants(name))).collect()
        });
        mixed.iter().find(|payload| payload.name == name)
    }

    /// A declaration type, or the data format of a credential asset.
    #[must_use]
    pub fn declaration(&'static self, name: &str) -> Option<&'static Payload> {
        self.declarations.get(name, self.overlay)
    }

    /// A payload or declaration type by its full name, see [`Payload::full_name`] and [`split_variant`].
    #[must_use]
    pub fn section(&'static self, full_name: &str) -> Option<&'static Payload> {
        if let Some((name, variant)) = split_variant(full_name) {
            return self.variant(name, variant);
        }
        let plain = self.payloads.get(full_name, self.overlay).or_else(|| self.declarations.get(full_name, self.overlay));
        plain.or_else(|| self.mixed(full_name))
    }

    /// Whether an entry of the overlay, known by its reason, changed a key, or the type itself.
    #[must_use]
    pub fn corrected(&'static self, full_name: &str, path: &str, reason: &str) -> bool {
        let Some(payload) = self.section(full_name) else { return false };
        let keys = payload.keys.iter().flat_map(|key| &key.corrections);
        keys.chain(&payload.corrections).any(|done| done.at == path && done.reason == reason)
    }

    /// What all payloads have: `PayloadType`, `PayloadUUID`.
    #[must_use]
    pub fn common(&'static self) -> Option<&'static Payload> {
        self.payload("*")
    }

    /// A key of a payload type, or one that all payloads have.
    #[must_use]
    pub fn key(&'static self, payload: &'static Payload, path: &str) -> Option<&'static Key> {
        payload.key(path).or_else(|| self.common()?.key(path))
    }

    /// Every payload type, in order, each once; without `Configuration` and `*`.
    pub fn payload_names(&self) -> impl Iterator<Item = &'static str> {
        let mut last = "";
        self.payloads.sections.iter().filter_map(move |section| {
            let name = section.name.split_once('#').map_or(section.name, |(name, _)| name);
            let fresh = name != last && !matches!(name, "*" | "Configuration");
            last = name;
            fresh.then_some(name)
        })
    }

    /// Every declaration type, in order; without `*` and the data formats of credentials.
    pub fn declaration_names(&self) -> impl Iterator<Item = &'static str> {
        let names = self.declarations.sections.iter().map(|section| section.name);
        names.filter(|name| *name != "*" && !name.starts_with("com.apple.credential."))
    }

    /// Every description of a payload, read.
    pub fn payloads(&'static self) -> impl Iterator<Item = &'static Payload> {
        self.payloads.all(self.overlay)
    }

    /// Every declaration, read.
    pub fn declarations(&'static self) -> impl Iterator<Item = &'static Payload> {
        self.declarations.all(self.overlay)
    }

    /// Every section of nodes, read.
    pub fn nodes(&'static self) -> impl Iterator<Item = &'static Nodes> {
        self.nodes.all(self.overlay)
    }

    /// The roots of the vendor's files: CSPs, and below `Policy/Config` the policy areas.
    pub fn roots(&self) -> impl Iterator<Item = &'static str> {
        self.nodes.sections.iter().map(|section| section.name)
    }

    /// The rules between keys of a payload or declaration type, those of a type whose keys it also has among them.
    pub fn rules<'a>(&'static self, of: &'a str) -> impl Iterator<Item = &'static Rule> + use<'a> {
        let also = self.overlay.apple.iter().filter(|correction| correction.of == of).find_map(Correction::also);
        self.overlay.rules.iter().filter(move |rule| rule.of == of || Some(rule.of) == also)
    }

    /// Since when a platform has a place below a root; nothing when the tables do not know it.
    #[must_use]
    pub fn availability(&'static self, root: &str, place: &str, platform: &str) -> Option<Availability> {
        if root.starts_with("./") {
            let build = self.node_for(&format!("{root}/{place}"))?.build();
            return Some(Availability { introduced: Some(build), deprecated: None, removed: None });
        }
        let key = self.key(self.payload(root)?, place)?;
        key.on(platform).map(|support| support.versions)
    }

    /// Whether a device asks for a place when it is absent from a profile installed by hand.
    #[must_use]
    pub fn asked(&'static self, root: &str, place: &str) -> bool {
        self.payload(root).and_then(|payload| self.key(payload, place)).is_some_and(|key| key.asked)
    }

    /// A node by its path, `{}` for dynamic segments.
    #[must_use]
    pub fn node(&'static self, path: &str) -> Option<&'static Node> {
        self.section_of(path)?.exactly(path)
    }

    /// The node that is deprecated where one is used: it or the nearest above it, with the build since when, where that is said.
    #[must_use]
    pub fn deprecated(&'static self, node: &'static Node) -> Option<(&'static Node, Option<Version>)> {
        let mut here = Some(node);
        while let Some(node) = here {
            if let Some(since) = node.deprecated {
                return Some((node, since.filter(|since| since.0 != [0; 4])));
            }
            here = node.path.rsplit_once('/').and_then(|(above, _)| self.node(above));
        }
        None
    }

    /// The node for a path in which dynamic segments may be filled in: a segment the tables do not know stands for `{}`.
    #[must_use]
    pub fn node_for(&'static self, path: &str) -> Option<&'static Node> {
        self.node_spot(path).found()
    }

    /// As [`Catalog::node_for`], and where a path goes wrong.
    #[must_use]
    pub fn node_spot(&'static self, path: &str) -> Spot<&'static Node> {
        let Some(section) = self.section_of(path) else {
            return Spot::Lost(self.unknown_root(path));
        };
        // Most are asked for as the table spells them.
        if let Some(node) = section.exactly(path) {
            return Spot::Found(node);
        }
        let mut here = section.exactly(section.root);
        let mut at = section.root.len();
        for segment in path.get(section.root.len() + 1..).into_iter().flat_map(|rest| rest.split('/')) {
            let child = |name: &str| here.and_then(|node| section.exactly(&format!("{}/{name}", node.path)));
            let dynamic = || child("{}").filter(|node| !is_any_area(&node.path) || segment.contains('~'));
            match child(segment).or_else(dynamic) {
                Some(node) => here = Some(node),
                None => return Spot::Lost(Near { known: at, from: at + 1, to: at + 1 + segment.len() }),
            }
            at += segment.len() + 1;
        }
        here.map_or(Spot::Lost(Near { known: 0, from: 0, to: path.len() }), Spot::Found)
    }

    /// The node for a path that is spelled with other capitals, or with `./Device` where the vendor leaves it out, or without
    /// it where the vendor has it: the path as it should be, instances kept.
    #[must_use]
    pub fn respelled(&'static self, path: &str) -> Option<String> {
        [path, &Catalog::with_other_root(path)].into_iter().find_map(|path| self.in_capitals(path))
    }

    /// A path with `./Device` in front where it has none, and without it where it has: both name the device's tree.
    #[must_use]
    pub fn with_other_root(path: &str) -> String {
        match path.strip_prefix("./Device/") {
            Some(rest) => format!("./{rest}"),
            None => format!("./Device/{}", path.strip_prefix("./").unwrap_or(path)),
        }
    }

    fn in_capitals(&'static self, path: &str) -> Option<String> {
        let same_start = |root: &str| {
            let start = path.get(..root.len())?;
            let ends = matches!(path.as_bytes().get(root.len()), None | Some(b'/'));
            (ends && start.eq_ignore_ascii_case(root)).then_some(root.len())
        };
        let (at, length) = self
            .nodes
            .sections
            .iter()
            .enumerate()
            .filter_map(|(at, section)| Some((at, same_start(section.name)?)))
            .max_by_key(|(_, length)| *length)?;
        let section = self.nodes.at(at, self.overlay)?;
        let (mut general, mut spelled) = (section.root.to_owned(), section.root.to_owned());
        for segment in path.get(length + 1..).into_iter().flat_map(|rest| rest.split('/')) {
            let names = || section.below(&general).map(Node::name);
            let known = names().find(|name| *name == segment);
            let known = known.or_else(|| names().find(|name| name.eq_ignore_ascii_case(segment)));
            let dynamic =
                || names().find(|name| *name == "{}").filter(|_| !general.ends_with("/Policy/Config") || segment.contains('~'));
            let name = known.or_else(dynamic)?.to_owned();
            spelled = format!("{spelled}/{}", if name == "{}" { segment } else { &name });
            general = format!("{general}/{name}");
        }
        Some(spelled)
    }

    /// The nodes directly below a path, those of other files among them: the areas below `Policy/Config`.
    #[must_use]
    pub fn children(&'static self, path: &str) -> Vec<&'static Node> {
        let own = self.section_of(path).into_iter().flat_map(|section| section.below(path));
        let from = self.nodes.sections.partition_point(|section| section.name < path);
        let others = self.nodes.sections.get(from..).unwrap_or_default().iter().enumerate();
        let direct = |root: &str| root.strip_prefix(path)?.strip_prefix('/').map(|name| !name.contains('/'));
        let others = others
            .take_while(|(_, section)| section.name.starts_with(path))
            .filter(|(_, section)| direct(section.name) == Some(true))
            .filter_map(|(at, _)| self.nodes.at(from + at, self.overlay)?.nodes.first());
        own.chain(others).collect()
    }

    /// The section with the longest root that a path lies below.
    fn section_of(&'static self, path: &str) -> Option<&'static Nodes> {
        let sections = &self.nodes.sections;
        let mut before = path;
        // Roots stand in order: the last one that does not come behind a path is above it, or beside one that is.
        loop {
            let at = sections.partition_point(|section| section.name <= before).checked_sub(1)?;
            let root = sections.get(at)?.name;
            if is_below(path, root) {
                return self.nodes.at(at, self.overlay);
            }
            let common = before.bytes().zip(root.bytes()).take_while(|(a, b)| a == b).count();
            before = before.get(..before.as_bytes().get(..common)?.iter().rposition(|byte| *byte == b'/')?)?;
        }
    }

    /// Where a path leaves the roots.
    fn unknown_root(&self, path: &str) -> Near {
        let mut known = 0;
        for segment in path.split('/') {
            let from = if known == 0 { 0 } else { known + 1 };
            let to = from + segment.len();
            let start = path.get(..to).unwrap_or_default();
            if !self.roots().any(|root| is_below(root, start)) {
                return Near { known, from, to };
            }
            known = to;
        }
        Near { known, from: known, to: known }
    }
}
