//! A tree typed by the vendor's keys: dictionaries, arrays, and which keys may stand where.

use std::sync::Arc;

use super::Class;
use super::references::Sibling;
use super::rules;
use crate::catalog::{Key, KeyType, Payload};
use crate::check::cx::{Cx, Place};
use crate::check::suggest::{certain, list, nearest};
use crate::check::value::{shape, wrong_type};
use crate::check::vendor::is_secret;
use crate::check::vendor::{called, counted};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::ir::{Branch, InConflict, Member, Tree};
use crate::source::{Node, Pair, Span};

/// Keys that payloadc writes, since devices know a payload by them.
const OWN: [&str; 4] = ["PayloadIdentifier", "PayloadType", "PayloadUUID", "PayloadVersion"];

/// Types one item.
pub struct Typer<'a, 'b> {
    pub cx: &'a Cx<'b>,
    pub place: &'a Place<'b>,
    pub class: Class,
    pub ty: &'a str,
    /// Nothing for a type that the vendor does not describe.
    pub facts: Option<&'static Payload>,
    pub siblings: &'a [Sibling],
    pub report: &'a mut Report,
    /// Where the item's keys begin, for what is missing.
    pub span: Span,
}

impl Typer<'_, '_> {
    /// The members of a dictionary: of the item itself inside nothing.
    pub fn members(&mut self, node: &Node, inside: Option<&'static Key>) -> Option<Vec<Member>> {
        let Some(pairs) = node.mapping() else {
            let what = inside
                .map_or_else(|| format!("a mapping for `{}`", self.class.body()), |key| format!("a mapping for {}", called(key)));
            self.report.push(wrong_type(node.span, &what, shape(node)));
            return None;
        };
        let members: Vec<Member> = pairs.iter().map(|pair| self.member(pair, inside, pairs)).collect();
        if let Some(facts) = self.facts {
            let place = rules::Where {
                facts,
                inside,
                span: if inside.is_none() { self.span } else { node.span },
                catalog: self.cx.catalog,
            };
            rules::check(&place, pairs, &members, self.report);
        }
        Some(members)
    }

    /// One key. A value that could not be read holds nothing: the profile has an error and is never written, and what platforms say of its
    /// key and of all others is said in the same run.
    fn member(&mut self, pair: &Pair, inside: Option<&'static Key>, all: &[Pair]) -> Member {
        let known = self.key(inside, &pair.key).is_some() || self.facts.is_none();
        let unread = || Tree { branch: Branch::Array(Vec::new()), span: pair.value.span };
        let tree = self.read(pair, inside, all).unwrap_or_else(unread);
        Member { name: Arc::from(&*pair.key), key: pair.key_span, known, conflict: InConflict::Kept, tree }
    }

    fn read(&mut self, pair: &Pair, inside: Option<&'static Key>, all: &[Pair]) -> Option<Tree> {
        if inside.is_none() && self.class == Class::Payload && OWN.contains(&&*pair.key) {
            self.report.push(
                Diagnostic::new(Code::E0422, pair.key_span, format!("`{}` is written by payloadc", pair.key))
                    .label("not written by hand")
                    .help("remove it: devices know a payload by it, so it follows from the ids of the profile and the payload and never changes by accident"),
            );
            return None;
        }
        match self.key(inside, &pair.key) {
            Some(key) => self.value(key, &pair.value),
            None if self.facts.is_none() => self.free(&pair.value),
            None => {
                self.unknown(pair, inside, all);
                if self.place.lenient { self.free(&pair.value) } else { None }
            }
        }
    }

    /// The vendor's key of this name, or one that all payloads have.
    fn key(&self, inside: Option<&'static Key>, name: &str) -> Option<&'static Key> {
        // `[]` and `ANY` are words of the tables, and a slash leads to another key: no name is any of these.
        let facts = self.facts?;
        match name {
            "[]" => return None,
            "ANY" => return any(facts, inside),
            name if name.contains('/') => return any(facts, inside),
            _ => {}
        }
        let common = || self.cx.catalog.common()?.step(None, name).filter(|_| inside.is_none() && self.class == Class::Payload);
        facts.step(inside, name).or_else(common)
    }

    fn unknown(&mut self, pair: &Pair, inside: Option<&'static Key>, all: &[Pair]) {
        let Some(facts) = self.facts else { return };
        let names: Vec<&str> = facts.inside(inside).map(Key::name).filter(|name| !matches!(*name, "[]" | "ANY")).collect();
        let free = names.iter().copied().filter(|name| !all.iter().any(|pair| &*pair.key == *name));
        let of = inside.map_or_else(|| format!("`{}`", facts.name), called);
        let code = if self.place.lenient { Code::W0620 } else { Code::E0421 };
        let diagnostic = Diagnostic::new(code, pair.key_span, format!("`{}` is no key of {of}", pair.key)).label("not known");
        if is_secret(&pair.key) {
            self.report.hide(pair.value.span);
        }
        self.report.push(match nearest(&pair.key, free) {
            Some(near) if certain(&pair.key, near) => diagnostic.help(format!("a key with a similar name exists: `{near}`")).fix(
                format!("write `{near}`"),
                pair.key_span,
                near,
            ),
            Some(near) => diagnostic.help(format!("a key with a similar name exists: `{near}`")),
            None if !self.place.lenient && names.len() <= 14 && !names.is_empty() => {
                diagnostic.help(format!("known are {}", list(names)))
            }
            None if !self.place.lenient => diagnostic.help(format!(
                "`payloadc catalog show {}` lists its keys; `unknown: warn` lets an undocumented one through",
                facts.name
            )),
            None => diagnostic.note("it is written as it stands, `unknown: warn` lets it through"),
        });
    }

    /// A value as its key wants it.
    pub fn value(&mut self, key: &'static Key, node: &Node) -> Option<Tree> {
        let branch = match key.ty {
            KeyType::Dictionary => self.dictionary(key, node)?,
            KeyType::Array => self.array(key, node)?,
            KeyType::StringOrStrings => match node.sequence() {
                Some(items) => Branch::Array(
                    items
                        .iter()
                        .map(|item| self.text(key, item).map(|branch| Tree { branch, span: item.span }))
                        .collect::<Option<_>>()?,
                ),
                None => self.text(key, node)?,
            },
            KeyType::Any => return self.free(node),
            KeyType::String => self.text(key, node)?,
            KeyType::Integer => Branch::Integer(self.integer(key, node)?),
            KeyType::Real => Branch::Real(self.real(key, node)?),
            KeyType::Boolean => Branch::Boolean(self.boolean(key, node)?),
            KeyType::Date => Branch::Date(self.date(key, node)?),
            KeyType::Data => self.data(key, node)?,
        };
        Some(Tree { branch, span: node.span })
    }

    fn dictionary(&mut self, key: &'static Key, node: &Node) -> Option<Branch> {
        // What the vendor leaves open holds anything.
        if self.facts.is_none_or(|facts| facts.inside(Some(key)).next().is_none()) {
            if node.mapping().is_none() {
                self.report.push(wrong_type(node.span, &format!("a mapping for {}", called(key)), shape(node)));
                return None;
            }
            return self.open(node);
        }
        self.members(node, Some(key)).map(Branch::Dictionary)
    }

    fn array(&mut self, key: &'static Key, node: &Node) -> Option<Branch> {
        let Some(items) = node.sequence() else {
            let diagnostic = wrong_type(node.span, &format!("a list for {}", called(key)), shape(node));
            self.report.push(match node.scalar() {
                Some(scalar) if !scalar.text.is_empty() && self.holds_scalars(key) => {
                    let text = format!("[{}]", self.cx.sources.slice(node.span));
                    diagnostic.fix("make it a list of one", node.span, text)
                }
                _ => diagnostic,
            });
            return None;
        };
        let member = self.facts.and_then(|facts| facts.step(Some(key), "[]"));
        if let Some(wanted) = key.miscounts(items.len()) {
            let message = format!("{} has {}, and {wanted} are allowed", called(key), counted(items.len()));
            self.report.push(Diagnostic::new(Code::E0425, node.span, message).label("another number is wanted"));
            return None;
        }
        let read = |item| match member {
            Some(member) => self.value(member, item),
            None => self.free(item),
        };
        Some(Branch::Array(items.iter().filter_map(read).collect()))
    }
}

impl Typer<'_, '_> {
    /// Whether the members of an array are no containers.
    fn holds_scalars(&self, key: &'static Key) -> bool {
        let member = self.facts.and_then(|facts| facts.step(Some(key), "[]"));
        member.is_some_and(|member| !matches!(member.ty, KeyType::Dictionary | KeyType::Array | KeyType::Data))
    }
}

fn any(facts: &'static Payload, inside: Option<&'static Key>) -> Option<&'static Key> {
    facts.step(inside, "ANY").filter(|key| key.name() == "ANY")
}
