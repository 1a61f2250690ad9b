//! What one platform takes of payloads and declarations: versions, supervision, channel, enrolment, how often, and tokens.
//!
//! A key is only judged where it asks for more than what holds it: one cause gives one diagnostic.

use std::collections::HashMap;

use super::rules;
use crate::catalog::{Key, Payload, Support, Words, in_its_place};
use crate::check::cx::Cx;
use crate::check::platforms::Chosen;
use crate::check::server;
use crate::check::shape::Draft;
use crate::check::suggest::{either, nearest};
use crate::check::vendor;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::ir::{Branch, Item, Member, Tree, Value, View};
use crate::schema::{Scope, Values};
use crate::source::Span;

/// Judges every payload and declaration of a view.
pub fn check(cx: &Cx<'_>, draft: &Draft, chosen: &Chosen, view: &View, report: &mut Report) {
    let judge = Judge { cx, draft, chosen, view };
    for value in view.settings.iter().flatten().map(|setting| &setting.value) {
        let (items, declared) = match value {
            Value::Payloads(items) => (items, false),
            Value::Declarations(items) => (items, true),
            _ => continue,
        };
        let mut first: HashMap<&str, Span> = HashMap::new();
        for item in items {
            judge.texts(item, report);
            let Some(facts) = item.section.as_ref().and_then(|name| cx.catalog.section(name)) else { continue };
            let Some(support) = facts.on(view.platform.name) else { continue };
            judge.item(item, facts, support, declared, report);
            let single = support.multiple == Some(false) || facts.apply == Some("single");
            if let Some(before) = item.section.as_ref().and_then(|name| first.insert(name, item.span)).filter(|_| single) {
                let message = format!("`{}` may stand once in a profile for {}, and stands twice", item.ty, view.platform.title);
                report.push(Diagnostic::new(Code::E0426, item.span, message).label("again").also(before, "first here"));
            }
        }
    }
}

struct Judge<'a, 'b> {
    cx: &'a Cx<'b>,
    draft: &'a Draft,
    chosen: &'a Chosen,
    view: &'a View,
}

/// A payload type or a key, and where it stands.
struct Thing<'a> {
    name: &'a str,
    support: &'a Support,
    /// The same of all systems.
    systems: &'a [Support; 5],
    /// What the vendor names in its place.
    instead: Option<&'a str>,
    /// What holds it.
    above: Option<&'a Support>,
    span: Span,
}

/// A dictionary: the item's own keys, or those that a key holds.
#[derive(Clone, Copy)]
struct Inside<'a> {
    facts: &'static Payload,
    key: Option<&'static Key>,
    support: &'a Support,
    span: Span,
}

impl Judge<'_, '_> {
    fn item(&self, item: &Item, facts: &'static Payload, support: &Support, declared: bool, report: &mut Report) {
        let thing =
            Thing { name: &item.ty, support, systems: &facts.systems, instead: facts.instead, above: None, span: item.span };
        if !self.thing(&thing, report) {
            return;
        }
        self.scope(item, support, declared, report);
        self.members(&item.members, &Inside { facts, key: None, support, span: item.span }, report);
    }

    /// An item that the platform takes in the other scope only.
    fn scope(&self, item: &Item, support: &Support, declared: bool, report: &mut Report) {
        let platform = self.view.platform;
        // Where a platform does not tell scopes apart, either is right.
        let Some(scopes) = scopes(support, declared).filter(|_| platform.one_scope.is_empty()) else { return };
        if takes(scopes, self.draft.scope) {
            return;
        }
        let (own, other) = match self.draft.scope {
            Scope::Device => (Scope::Device, Scope::User),
            Scope::User => (Scope::User, Scope::Device),
        };
        let known = scopes.iter().map(|word| if word == "system" { "device" } else { word });
        let message = format!("`{}` is for scope {} only on {}", item.ty, either(known), platform.title);
        let diagnostic = Diagnostic::new(Code::E0427, item.span, message)
            .label(format!("this profile has scope `{}`", own.name()))
            .also(self.draft.scope_span.unwrap_or(self.view.span), "chosen here");
        // Advice that the next run takes back is none.
        report.push(match self.only_in(own, declared) {
            None => diagnostic.help(format!("write `scope: {}`", other.name())),
            Some(needs) => diagnostic
                .also(needs.span, format!("for scope `{}` only", own.name()))
                .help(format!("put it into a profile of its own, with `scope: {}`", other.name())),
        });
    }

    /// An item of the view that is for one scope only.
    fn only_in(&self, scope: Scope, declared: bool) -> Option<&Item> {
        let settings = self.view.settings.iter().flatten();
        let items = settings.filter_map(|setting| match &setting.value {
            Value::Payloads(items) | Value::Declarations(items) => Some(items),
            _ => None,
        });
        let alone = |item: &&std::sync::Arc<Item>| {
            let facts = item.section.as_ref().and_then(|name| self.cx.catalog.section(name));
            let support = facts.and_then(|facts| facts.on(self.view.platform.name));
            let other = if scope == Scope::Device { Scope::User } else { Scope::Device };
            let known = support.and_then(|support| scopes(support, declared));
            known.is_some_and(|known| takes(known, scope) && !takes(known, other))
        };
        items.flatten().find(alone).map(|item| &**item)
    }

    fn members(&self, members: &[Member], inside: &Inside<'_>, report: &mut Report) {
        let Inside { facts, key: above, .. } = *inside;
        for member in members.iter().filter(|member| member.known) {
            let Some(key) = facts.step(above, &member.name) else { continue };
            let Some(support) = key.on(self.view.platform.name) else { continue };
            let thing = Thing {
                name: &member.name,
                support,
                systems: &key.systems,
                instead: key.instead,
                above: Some(inside.support),
                span: member.key,
            };
            if self.thing(&thing, report) {
                self.tree(&member.tree, &Inside { facts, key: Some(key), support, span: member.key }, report);
            }
        }
        let systems = above.map_or(&facts.systems, |key| &key.systems);
        for key in facts.required_inside(above).filter(|key| !rules::everywhere(&key.systems, systems)) {
            let there = key.on(self.view.platform.name).is_some_and(Support::there);
            // A misspelt key was reported as such.
            let meant =
                |member: &Member| *member.name == *key.name() || (!member.known && nearest(&member.name, [key.name()]).is_some());
            if there && !members.iter().any(meant) {
                let of = above.map_or_else(|| format!("`{}`", facts.name), vendor::called);
                report.push(rules::missing(key, &of, facts, inside.span));
            }
        }
    }

    fn tree(&self, tree: &Tree, inside: &Inside<'_>, report: &mut Report) {
        match &tree.branch {
            Branch::Dictionary(members) => self.members(members, inside, report),
            Branch::Array(items) => {
                let Some(member) = inside.facts.step(inside.key, "[]") else { return };
                items.iter().for_each(|item| self.tree(item, &Inside { key: Some(member), ..*inside }, report));
            }
            #[allow(clippy::cast_precision_loss, reason = "the vendor's bounds are far below 2^53")]
            Branch::Integer(number) => self.range(*number as f64, tree.span, inside, report),
            Branch::Real(number) => self.range(*number, tree.span, inside, report),
            _ => {}
        }
    }

    /// A number that fits some system, and not this one.
    fn range(&self, number: f64, span: Span, inside: &Inside<'_>, report: &mut Report) {
        let Some(key) = inside.key else { return };
        let listed = key.allowed.contains(&&*number.to_string());
        if let Some(range) = key.range_on(self.view.platform.name).filter(|range| !listed && !range.hold(number)) {
            let message = format!("{} is {number}, and {range} is allowed on {}", vendor::called(key), self.view.platform.title);
            report.push(Diagnostic::new(Code::E0425, span, message).label("out of range").also(self.view.span, "chosen here"));
        }
    }

    /// Whether the platform has it; what else it asks for is said.
    fn thing(&self, thing: &Thing<'_>, report: &mut Report) -> bool {
        let (title, name, support) = (self.view.platform.title, thing.name, thing.support);
        let more = |asks: fn(&Support) -> bool| asks(support) && !thing.above.is_some_and(asks);
        if !support.there() {
            if let Some(message) = vendor::out_of_reach(self.cx.schemas, name, thing.systems) {
                // Once, whatever platforms are chosen.
                if !report.iter().any(|said| said.primary.span == thing.span && said.message == message) {
                    let diagnostic = Diagnostic::new(Code::E0427, thing.span, message).label("in no profile that payloadc makes");
                    report.push(diagnostic.help("remove it; `payloadc lint` checks such a profile that was made elsewhere"));
                }
                return false;
            }
            let diagnostic = Diagnostic::new(Code::E0427, thing.span, format!("`{name}` is not there on {title}"))
                .label("not on this platform");
            report.push(diagnostic.also(self.view.span, "chosen here").help(self.elsewhere()));
            return false;
        }
        if !self.versions(thing, report) {
            return false;
        }
        if more(|support| support.supervised) || more(only_supervised) {
            self.supervised(thing, report);
        }
        if more(|support| support.mdm_only) && self.cx.server(self.view.platform.name).values == Values::Asks {
            let message = format!(
                "`{name}` comes from an MDM server only on {title}, and `server: manual` means that a person installs the file"
            );
            let diagnostic = Diagnostic::new(Code::E0427, thing.span, message).label("never installed by hand");
            report.push(diagnostic.help("name the server that delivers it: `server:` in payloadc.yaml"));
        }
        let refused = support.enrollment == Some("forbidden") || support.enrollments.is_some_and(|known| !known.has("user"));
        let above = thing.above.is_some_and(|above| above.enrollment == Some("forbidden"));
        if self.chosen.enrollment == Some("user") && refused && !above {
            let message = format!("`{name}` is refused under User Enrollment on {title}");
            let diagnostic = Diagnostic::new(Code::E0427, thing.span, message).label("not for these devices");
            report.push(diagnostic.also(self.view.span, "`enrollment: user` is said here"));
        }
        true
    }

    fn supervised(&self, thing: &Thing<'_>, report: &mut Report) {
        let (title, name) = (self.view.platform.title, thing.name);
        let platform = self.view.platform.name;
        let message = format!("`{name}` is for supervised devices only on {title}");
        match self.chosen.supervised {
            Some(true) => {}
            Some(false) => {
                let diagnostic = Diagnostic::new(Code::E0427, thing.span, message).label("not for these devices");
                report.push(diagnostic.also(self.view.span, "`supervised: false` is said here"));
            }
            None => {
                let diagnostic = Diagnostic::new(Code::W0621, thing.span, message).label("others ignore it");
                report.push(diagnostic.help(format!(
                    "if all of them are supervised, say so: `platforms: {{ {platform}: {{ version: \">={}\", supervised: true }} }}`",
                    self.view.range.from
                )));
            }
        }
    }

    /// Whether it is there in the whole range.
    fn versions(&self, thing: &Thing<'_>, report: &mut Report) -> bool {
        let (platform, name) = (self.view.platform, thing.name);
        let (own, above) = (thing.support.versions, thing.above.map(|above| above.versions).unwrap_or_default());
        let range = self.view.range;
        if let Some(needs) = own.introduced.filter(|needs| self.view.exact && *needs > range.from) {
            let message = format!("`{name}` needs version {needs} of {}", platform.title);
            let diagnostic =
                Diagnostic::new(Code::E0403, thing.span, message).label(format!("the range begins at {}", range.from));
            report.push(diagnostic.help(format!(
                "write `platforms: {{ {}: \">={needs}\" }}`, or give it to newer devices in a profile of their own",
                platform.name
            )));
            return false;
        }
        let new = |own, above| if own == above { None } else { own };
        if let Some(since) = new(own.removed, above.removed).filter(|since| range.below.is_none_or(|below| *since < below)) {
            let message = format!("`{name}` is gone since version {since} of {}", platform.title);
            let diagnostic = Diagnostic::new(Code::E0427, thing.span, message).label("not there any more");
            report.push(diagnostic.help(if since > range.from {
                format!("end the range before it: `platforms: {{ {}: \">={} <{since}\" }}`", platform.name, range.from)
            } else {
                "remove it: no system of this range has it".to_owned()
            }));
            return false;
        }
        if let Some(since) = new(own.deprecated, above.deprecated).filter(|since| *since <= range.from) {
            let message = format!("`{name}` is deprecated since version {since} of {}", platform.title);
            let diagnostic = Diagnostic::new(Code::W0613, thing.span, message).label("the vendor will take it away");
            report.push(match thing.instead {
                Some(instead) => diagnostic.help(in_its_place(instead)),
                None => diagnostic,
            });
        }
        true
    }

    fn elsewhere(&self) -> String {
        if self.draft.platforms.len() > 1 {
            format!("give this platform payloads of its own: `overrides: {{ {}: ... }}`", self.view.platform.name)
        } else {
            "remove it, or choose a platform that has it".to_owned()
        }
    }

    /// Tokens that the server lacks, and text that it would take for one.
    fn texts(&self, item: &Item, report: &mut Report) {
        let server = self.cx.server(self.view.platform.name);
        for tree in item.nodes() {
            let Some(text) = tree.text() else { continue };
            if let Some(missing) = server::without_token(server, text, self.view, self.draft.kind) {
                report.push(missing.at(tree.span, None));
                continue;
            }
            report.extend(server::collision(server, text, &format!("`{}`", item.ty), tree.span, self.cx));
            report.extend(
                server::unknown_tokens(server, text)
                    .map(|warning| Diagnostic::new(warning.code, tree.span, warning.what).label(self.view.platform.title)),
            );
        }
    }
}

/// The scopes of a type; nothing where none is said.
fn scopes(support: &Support, declared: bool) -> Option<Words> {
    if declared { support.scopes } else { support.channels }.filter(|scopes| scopes.iter().next().is_some())
}

/// Whether a scope is one of them: the device's is `device` for payloads and `system` for declarations.
fn takes(scopes: Words, scope: Scope) -> bool {
    match scope {
        Scope::Device => scopes.has("device") || scopes.has("system"),
        Scope::User => scopes.has("user"),
    }
}

/// Declarations say it by the enrolments that take them.
fn only_supervised(support: &Support) -> bool {
    support.enrollments.is_some_and(|known| known.has("supervised") && known.iter().all(|word| word == "supervised"))
}
