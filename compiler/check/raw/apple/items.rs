//! Items of a list: their types and ids first, since items refer to each other, then their keys.

use std::sync::Arc;

use super::Class;
use super::references::Sibling;
use super::tree::Typer;
use crate::catalog::{Payload, split_variant};
use crate::check::cx::{Cx, Place};
use crate::check::suggest::{certain, list, nearest, offer};
use crate::check::value::{shape, text_of, wrong_type};
use crate::check::vendor;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::ir::{Id, InConflict, Item, Member};
use crate::source::{Node, Pair, Span, Tree};

pub struct Reader<'a, 'b> {
    pub cx: &'a Cx<'b>,
    pub place: &'a Place<'b>,
    pub class: Class,
    pub report: &'a mut Report,
}

/// An item of which type and id are known.
struct Head<'a> {
    ty: Arc<str>,
    facts: Option<&'static Payload>,
    id: Option<(Id, Span)>,
    label: Arc<str>,
    span: Span,
    body: Option<&'a Pair>,
}

impl<'a> Reader<'a, '_> {
    pub fn items(mut self, nodes: &[Node]) -> Vec<Arc<Item>> {
        let (mut heads, mut unread): (Vec<Head<'_>>, Vec<Sibling>) = (Vec::new(), Vec::new());
        for (at, node) in nodes.iter().enumerate() {
            match self.head(node, at, &heads) {
                Some(head) => heads.push(head),
                None => unread.extend(self.id(node, &heads).map(|(id, _)| Sibling { id, ty: None })),
            }
        }
        let read =
            heads.iter().filter_map(|head| Some(Sibling { id: head.id.as_ref()?.0.clone(), ty: Some(Arc::clone(&head.ty)) }));
        let siblings: Vec<Sibling> = read.chain(unread).collect();
        heads.into_iter().filter_map(|head| self.item(head, &siblings)).map(Arc::new).collect()
    }

    fn head<'n>(&mut self, node: &'n Node, at: usize, before: &[Head<'_>]) -> Option<Head<'n>> {
        let noun = self.class.noun();
        let Some(pairs) = node.mapping() else {
            let diagnostic = wrong_type(node.span, &format!("a {noun} (a mapping with `type`)"), shape(node));
            self.report.push(diagnostic);
            return None;
        };
        let words = ["type", "id", self.class.body()];
        for pair in pairs.iter().filter(|pair| !words.contains(&&*pair.key)) {
            let diagnostic = Diagnostic::new(Code::E0201, pair.key_span, format!("`{}` is no word of a {noun}", pair.key));
            let diagnostic = diagnostic.label("not known");
            let free: Vec<&str> = words.into_iter().filter(|word| node.get(word).is_none()).collect();
            self.report.push(match nearest(&pair.key, free.iter().copied()) {
                Some(_) => offer(diagnostic, "word", &pair.key, pair.key_span, &free),
                None => diagnostic.help(format!("keys of the {noun} stand under `{}:`", self.class.body())),
            });
        }
        let Some(pair) = node.get("type") else {
            let span = pairs.first().map_or(node.span, |pair| pair.key_span);
            let diagnostic = Diagnostic::new(Code::E0202, span, format!("`type` is missing in this {noun}"));
            self.report.push(diagnostic.label("has no type").help("`payloadc catalog search WORD` finds types"));
            return None;
        };
        let written = text_of(&pair.value, &format!("the type of a {noun}"), self.cx.sources, self.report)?;
        let body = node.get(self.class.body());
        let (ty, facts) = self.ty(written, pair.value.span, body.map(|pair| &pair.value))?;
        let id = self.id(node, before);
        let label = match (&id, self.class) {
            (Some((id, _)), _) => Arc::clone(id),
            (None, Class::Declaration) => (at + 1).to_string().into(),
            (None, Class::Payload) => {
                let n = before.iter().filter(|head| head.id.is_none() && head.ty == ty).count() + 1;
                format!("{ty}.{n}").into()
            }
        };
        Some(Head { ty, facts, id, label, span: pair.value.span, body })
    }

    fn id(&mut self, node: &Node, before: &[Head<'_>]) -> Option<(Id, Span)> {
        let pair = node.get("id")?;
        let text = text_of(&pair.value, "an id", self.cx.sources, self.report)?;
        let id = self.cx.id(text, pair.value.span, self.report)?;
        let twin = before.iter().filter_map(|head| head.id.as_ref()).find(|(known, _)| *known == id);
        if let Some((_, first)) = twin {
            let message = format!("two {}s of this profile have the id `{id}`", self.class.noun());
            self.report.push(Diagnostic::new(Code::E0209, pair.value.span, message).label("again").also(*first, "first here"));
        }
        Some((id, pair.value.span))
    }

    /// The type as devices read it, and what the vendor says of it.
    fn ty(&mut self, written: &str, span: Span, body: Option<&Node>) -> Option<(Arc<str>, Option<&'static Payload>)> {
        let (name, variant) = split_variant(written).map_or((written, None), |(name, variant)| (name, Some(variant)));
        let facts = match self.class {
            Class::Payload => self.payload(name, variant, span, body)?,
            Class::Declaration => self.cx.catalog.declaration(name).filter(|facts| !facts.credential && name != "*"),
        };
        if facts.is_none() && !self.unknown(written, span) {
            return None;
        }
        Some((name.into(), facts))
    }

    /// What the vendor says of a payload type; of several descriptions the one that is named, else the one that fits the keys.
    fn payload(
        &mut self,
        name: &str,
        variant: Option<&str>,
        span: Span,
        body: Option<&Node>,
    ) -> Option<Option<&'static Payload>> {
        if matches!(name, "*" | "Configuration") {
            return Some(None);
        }
        let Some(variant) = variant else {
            let mut paths = Vec::new();
            if let Some(node) = body {
                two_levels(node, &mut paths);
            }
            let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
            return Some(self.cx.catalog.payload_with(name, &paths));
        };
        let found = self.cx.catalog.variant(name, variant);
        if found.is_none() && self.cx.catalog.payload(name).is_some() {
            let known: Vec<String> = self
                .cx
                .catalog
                .variants(name)
                .filter_map(|facts| facts.variant)
                .map(|variant| format!("{name}({variant})"))
                .collect();
            let message = format!("`{name}` has no description called `{variant}`");
            let diagnostic = Diagnostic::new(Code::E0420, span, message).label("not known");
            self.report.push(match known.as_slice() {
                [] => diagnostic.help(format!("write `{name}`: there is one description only")),
                _ => diagnostic.help(format!("known are {}", list(known.iter().map(String::as_str)))),
            });
            return None;
        }
        Some(found)
    }

    /// A type the tables lack: whether it goes on.
    fn unknown(&mut self, written: &str, span: Span) -> bool {
        let noun = self.class.noun();
        let near = match self.class {
            Class::Payload => vendor::payload_type(self.cx.catalog, written),
            Class::Declaration => vendor::declaration_type(self.cx.catalog, written),
        };
        if self.class == Class::Payload && self.cx.catalog.is_domain(written) {
            return true;
        }
        // A preference domain of somebody else's application is nothing the vendor describes.
        let foreign = self.class == Class::Payload && !written.starts_with("com.apple.") && written.contains('.');
        if foreign && !near.is_some_and(|near| certain(written, near)) {
            return true;
        }
        let message = format!("Apple's tables have no {noun} type `{written}`");
        let code = if self.place.lenient { Code::W0620 } else { Code::E0420 };
        let diagnostic = Diagnostic::new(code, span, message).label("not known");
        self.report.push(match near {
            Some(near) if certain(written, near) => {
                diagnostic.help(format!("a type with a similar name exists: `{near}`")).fix(format!("write `{near}`"), span, near)
            }
            Some(near) if !self.place.lenient => diagnostic.help(format!("a type with a similar name exists: `{near}`")),
            None if self.place.lenient => {
                diagnostic.note("its keys are written as they stand, `unknown: warn` lets them through")
            }
            _ => diagnostic
                .help(format!("`payloadc catalog search WORD` finds types; `unknown: warn` lets an undocumented {noun} through")),
        });
        self.place.lenient
    }

    fn item(&mut self, head: Head<'_>, siblings: &[Sibling]) -> Option<Item> {
        let mut members = self.members(&head, siblings)?;
        for member in &mut members {
            member.conflict = self.in_conflict(head.facts, &member.name);
        }
        Some(Item {
            ty: head.ty,
            section: head.facts.map(|facts| facts.full_name().into_owned()),
            id: head.id.as_ref().map(|(id, _)| id.clone()),
            label: head.label,
            members,
            span: head.span,
            id_span: head.id.map(|(_, span)| span),
        })
    }

    /// What a conflict does to a key of an item. Types that are not Apple's are preference domains: a device has one value for each key.
    fn in_conflict(&self, facts: Option<&'static Payload>, name: &str) -> InConflict {
        let Some(facts) = facts else {
            return if self.class == Class::Payload { InConflict::Dropped } else { InConflict::Kept };
        };
        let asked_for = || {
            let own = self.cx.catalog.rules(facts.name).filter(|rule| rule.at.is_empty());
            own.into_iter().any(|rule| rule.keys.contains(&name) || rule.when.iter().any(|(key, _)| *key == name))
        };
        match facts.step(None, name) {
            _ if !facts.is_single() => InConflict::Kept,
            // Devices combine such payloads themselves.
            _ if self.class == Class::Payload && facts.apply == Some("combined") => InConflict::Kept,
            Some(key) if key.combine.is_some() => InConflict::Kept,
            // Without it the rest is refused, or means something else.
            Some(key) if key.required || asked_for() => InConflict::Fails,
            Some(_) => InConflict::Dropped,
            // The name that people see, which all payloads may have, or a key that Apple does not document.
            None if name.starts_with("Payload") => InConflict::Kept,
            None => InConflict::Dropped,
        }
    }

    fn members(&mut self, head: &Head<'_>, siblings: &[Sibling]) -> Option<Vec<Member>> {
        let nothing = Node { span: head.span, tree: Tree::Mapping(Vec::new()) };
        let node = head.body.map_or(&nothing, |pair| &pair.value);
        // `keys:` with nothing behind it is an empty mapping.
        let node = if node.scalar().is_some_and(|scalar| scalar.plain && scalar.text.is_empty()) { &nothing } else { node };
        let mut typer = Typer {
            cx: self.cx,
            place: self.place,
            class: self.class,
            ty: &head.ty,
            facts: head.facts,
            siblings,
            report: &mut *self.report,
            span: head.body.map_or(head.span, |pair| pair.key_span),
        };
        typer.members(node, None)
    }
}

/// The paths of keys, and of keys in those.
fn two_levels(node: &Node, paths: &mut Vec<String>) {
    for pair in node.mapping().unwrap_or_default() {
        paths.push(pair.key.to_string());
        let inner = pair.value.mapping().unwrap_or_default();
        paths.extend(inner.iter().map(|inner| format!("{}/{}", pair.key, inner.key)));
    }
}
