//! `kind: collection` and `kind: deployment` as written: nodes to typed documents. What they name is looked up elsewhere.

use std::collections::HashMap;

use super::alert::{self, Alert};
use super::directory::Sort;
use super::length::{Unit, minutes};
use super::query::{self, Query};
use super::schedule::{self, Schedule};
use crate::check::{Allow, Cx, allowed, locate, offer, shape, text_of, wrong_type};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::ir::Id;
use crate::schema::{FleetKind, SHARED, Schemas};
use crate::source::{Node, Pair, Resolved, Span, resolve};

/// The id of another document, where it is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The id.
    pub id: Id,
    /// Where it stands.
    pub span: Span,
}

/// A collection as written.
#[derive(Debug, Clone)]
pub struct Collection {
    /// Its id.
    pub id: Id,
    /// Where the id stands.
    pub span: Span,
    /// What people call it.
    pub name: String,
    /// Of whom.
    pub of: Sort,
    /// Of which it is a subset; nothing for everybody.
    pub limiting: Option<Named>,
    /// Whose members belong to it.
    pub include: Vec<Named>,
    /// Whose members do not.
    pub exclude: Vec<Named>,
    /// Members by id or user principal name.
    pub members: Vec<(String, Span)>,
    /// The question, and where it stands.
    pub query: Option<(Query, Asking)>,
    /// Nothing is wrong with it so far.
    pub sound: bool,
}

/// Where a question stands, to find a part of it again.
#[derive(Debug, Clone)]
pub struct Asking {
    /// The text.
    pub text: String,
    /// The scalar.
    pub span: Span,
}

/// A deployment as written.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// Its id.
    pub id: Id,
    /// Where the id stands.
    pub span: Span,
    /// What people call it.
    pub name: String,
    /// What it deploys.
    pub profiles: Vec<Named>,
    /// Who gets it.
    pub collection: Option<Named>,
    /// Certificates that the profiles refer to go with them.
    pub with_dependencies: bool,
    /// When somebody is told that too few are compliant.
    pub alert: Option<Alert>,
    /// When compliance is evaluated.
    pub evaluation: Option<Schedule>,
    /// Where that is written.
    pub evaluation_span: Option<Span>,
    /// How long devices wait at most before they ask for a certificate, in minutes; where it is written.
    pub random_delay: Option<(u32, Span)>,
    /// Nothing is wrong with it so far.
    pub sound: bool,
}

/// All of them, in file order.
#[derive(Debug, Default)]
pub struct Documents {
    /// Collections.
    pub collections: Vec<Collection>,
    /// Deployments.
    pub deployments: Vec<Deployment>,
    /// Silenced warnings with the document they stand in.
    pub allow: Vec<(Allow, Option<Span>)>,
    /// Some document could not be read so far that its id is known: what it would say is not.
    pub unread: bool,
}

/// The sort of a document that is no profile.
#[must_use]
pub fn fleet_kind(schemas: &Schemas, node: &Node) -> Option<&'static FleetKind> {
    schemas.fleet_kind(&node.get("kind")?.value.scalar()?.text)
}

/// Reads collections and deployments; says what is wrong with each by itself.
#[must_use]
pub fn read<'n>(cx: &Cx<'_>, nodes: impl Iterator<Item = (&'static FleetKind, &'n Node)>, report: &mut Report) -> Documents {
    let mut documents = Documents::default();
    for (kind, node) in nodes {
        let mark = report.len();
        let mut reader = Reader { cx, kind, node, report };
        reader.words();
        let Some((id, span, name)) = reader.head() else {
            documents.unread = true;
            continue;
        };
        if kind.name == "collection" {
            let mut collection = reader.collection(id, span, name);
            collection.sound = !reader.report.errors_since(mark);
            documents.collections.push(collection);
        } else {
            let mut deployment = reader.deployment(id, span, name);
            deployment.sound = !reader.report.errors_since(mark);
            documents.deployments.push(deployment);
        }
        let silenced = node.get("allow").map_or(Vec::new(), |pair| allowed(&pair.value, cx.sources, report));
        documents.allow.extend(silenced.into_iter().map(|allow| (allow, Some(node.span))));
    }
    documents
}

/// Ids are unique in a workspace; of two documents that have the same, both fail. `profiles` are those of profiles, with their places.
pub fn unique(documents: &mut Documents, profiles: &HashMap<&str, Span>, report: &mut Report) {
    let mut owners: HashMap<Id, Vec<Span>> = HashMap::new();
    let Documents { collections, deployments, .. } = documents;
    let all = collections.iter().map(|c| (&c.id, c.span)).chain(deployments.iter().map(|d| (&d.id, d.span)));
    for (id, span) in all {
        let spans = owners.entry(id.clone()).or_insert_with(|| profiles.get(&**id).copied().into_iter().collect());
        spans.push(span);
    }
    for (id, spans) in owners.iter().filter(|(_, spans)| spans.len() > 1) {
        for (at, span) in spans.iter().enumerate() {
            let other = spans.get(usize::from(at == 0)).copied().unwrap_or(*span);
            let diagnostic = Diagnostic::new(Code::E0209, *span, format!("two documents have the id `{id}`"));
            let label = if at == 0 { "also here" } else { "first here" };
            report.push(diagnostic.label("not unique").also(other, label).help("give one of them another id"));
        }
    }
    let alone = |id: &Id| owners.get(id).is_none_or(|spans| spans.len() == 1);
    collections.iter_mut().for_each(|collection| collection.sound &= alone(&collection.id));
    deployments.iter_mut().for_each(|deployment| deployment.sound &= alone(&deployment.id));
}

/// The longest random delay: a month.
const MOST_DELAY: u32 = 31 * 24 * 60;

struct Reader<'a, 'b> {
    cx: &'a Cx<'b>,
    kind: &'static FleetKind,
    node: &'a Node,
    report: &'a mut Report,
}

impl<'a> Reader<'a, '_> {
    /// No other words than those of the kind; those that are needed.
    fn words(&mut self) {
        let known: Vec<&str> = self.kind.words.iter().map(|word| word.name).chain(SHARED.iter().map(|(name, _)| *name)).collect();
        let pairs = self.node.mapping().unwrap_or_default();
        let free: Vec<&str> = known.iter().copied().filter(|word| self.node.get(word).is_none()).collect();
        let mut misspelt = Vec::new();
        for pair in pairs.iter().filter(|pair| !known.contains(&&*pair.key)) {
            let message = format!("`{}` is no field of kind `{}`", pair.key, self.kind.name);
            let diagnostic = Diagnostic::new(Code::E0201, pair.key_span, message).label("not known");
            self.report.push(offer(diagnostic, "field", &pair.key, pair.key_span, &free));
            misspelt.extend(crate::check::nearest(&pair.key, free.iter().copied()));
        }
        let first = pairs.first().map_or(self.node.span, |pair| pair.key_span);
        let needed = self.kind.words.iter().filter(|word| word.required).map(|word| (word.name, word.example));
        for (name, example) in needed.chain([("id", "an-id"), ("name", "A name")]) {
            if self.node.get(name).is_none() && !misspelt.contains(&name) {
                let diagnostic = Diagnostic::new(Code::E0202, first, format!("`{name}` is missing"));
                let diagnostic = diagnostic.label(format!("in this {}", self.kind.name));
                self.report.push(diagnostic.help(format!("write it, as in `{name}: {example}`")));
            }
        }
        let group = self.kind.at_least_one;
        if !group.is_empty() && !group.iter().any(|name| self.node.get(name).is_some() || misspelt.contains(name)) {
            let message = format!("this {} names nobody", self.kind.name);
            let diagnostic = Diagnostic::new(Code::E0303, first, message).label("needs one of them");
            let names = crate::check::list(group.iter().copied());
            self.report.push(
                diagnostic
                    .help(format!("write at least one of {names}; the built-in `all-users` and `all-devices` can be included")),
            );
        }
    }

    fn text(&mut self, word: &str, what: &str) -> Option<(&'a str, Span)> {
        let pair = self.node.get(word)?;
        text_of(&pair.value, what, self.cx.sources, self.report).map(|text| (text, pair.value.span))
    }

    fn head(&mut self) -> Option<(Id, Span, String)> {
        let name = self.text("name", "a name");
        if let Some((name, span)) = name
            && (name.trim().is_empty() || name.chars().count() > 256 || name.contains(char::is_control))
        {
            let diagnostic = Diagnostic::new(Code::E0208, span, "the name is no line of 1 to 256 characters");
            self.report.push(diagnostic.label("not a name"));
        }
        self.text("description", "a description");
        let (text, span) = self.text("id", "an id")?;
        let id = self.cx.id(text, span, self.report)?;
        if let Some(sort) = builtin(&id) {
            let message = format!("`{id}` is the collection of all {}, which is there already", sort.name());
            self.report.push(Diagnostic::new(Code::E0209, span, message).label("not free").help("give it another id"));
        }
        Some((id, span, name.map_or_else(String::new, |(name, _)| name.trim().to_owned())))
    }

    fn named(&mut self, node: &Node, what: &str) -> Option<Named> {
        let text = text_of(node, what, self.cx.sources, self.report)?;
        Some(Named { id: self.cx.id(text, node.span, self.report)?, span: node.span })
    }

    fn one(&mut self, word: &str, what: &str) -> Option<Named> {
        let pair = self.node.get(word)?;
        self.named(&pair.value, what)
    }

    fn items(&mut self, pair: &'a Pair) -> &'a [Node] {
        let items = pair.value.sequence().unwrap_or_else(|| {
            let diagnostic = wrong_type(pair.value.span, &format!("a list for `{}`", pair.key), shape(&pair.value));
            let text = self.cx.sources.slice(pair.value.span);
            self.report.push(match pair.value.scalar().map(resolve) {
                Some(Resolved::Text(_)) => diagnostic.fix("make it a list of one", pair.value.span, format!("[{text}]")),
                _ => diagnostic,
            });
            &[]
        });
        if items.is_empty() && pair.value.sequence().is_some() {
            let diagnostic = Diagnostic::new(Code::E0219, pair.value.span, format!("`{}` is an empty list", pair.key));
            let required = self.kind.words.iter().any(|word| word.name == &*pair.key && word.required);
            let help = if required { "name at least one" } else { "name at least one, or remove the field" };
            self.report.push(diagnostic.label("names nothing").help(help));
        }
        items
    }

    fn many(&mut self, word: &str, what: &str) -> Vec<Named> {
        let Some(pair) = self.node.get(word) else { return Vec::new() };
        let mut found: Vec<Named> = Vec::new();
        for item in self.items(pair) {
            let Some(named) = self.named(item, what) else { continue };
            match found.iter().find(|known| known.id == named.id) {
                Some(first) => self.twice(&named.id, word, named.span, first.span),
                None => found.push(named),
            }
        }
        found
    }

    fn twice(&mut self, what: &str, word: &str, span: Span, first: Span) {
        let message = format!("`{what}` stands twice in `{word}`");
        self.report.push(Diagnostic::new(Code::E0219, span, message).label("again").also(first, "first here"));
    }

    fn collection(&mut self, id: Id, span: Span, name: String) -> Collection {
        let of = self.sort();
        Collection {
            limiting: self.one("limiting_collection", "the id of a collection"),
            include: self.many("include", "the id of a collection"),
            exclude: self.many("exclude", "the id of a collection"),
            members: self.members(),
            query: self.query(of),
            id,
            span,
            name,
            of,
            sound: false,
        }
    }

    fn sort(&mut self) -> Sort {
        match self.text("of", "`users` or `devices`") {
            Some(("devices", _)) => Sort::Devices,
            Some(("users", _)) | None => Sort::Users,
            Some((other, span)) => {
                let message = format!("`{other}` is nothing that can be collected");
                let diagnostic = Diagnostic::new(Code::E0204, span, message).label("not known");
                self.report.push(offer(diagnostic, "value", other, span, &["users", "devices"]));
                Sort::Users
            }
        }
    }

    fn members(&mut self) -> Vec<(String, Span)> {
        let Some(pair) = self.node.get("members") else { return Vec::new() };
        let mut found: Vec<(String, Span)> = Vec::new();
        let mut first: HashMap<String, Span> = HashMap::new();
        for item in self.items(pair) {
            let Some(text) = text_of(item, "an id or a user principal name", self.cx.sources, self.report) else { continue };
            match first.insert(text.to_lowercase(), item.span) {
                Some(before) => self.twice(text, "members", item.span, before),
                None => found.push((text.to_owned(), item.span)),
            }
        }
        found
    }

    fn query(&mut self, of: Sort) -> Option<(Query, Asking)> {
        let (text, span) = self.text("where", "a question in `where`")?;
        match query::parse(text, of) {
            Ok(query) => Some((query, Asking { text: text.to_owned(), span })),
            Err(wrong) => {
                let at = locate(text, span, self.cx.sources, wrong.from, wrong.to);
                let mut diagnostic = Diagnostic::new(Code::E0904, at, wrong.message).label(wrong.label);
                diagnostic.help = wrong.help;
                let whole = at.end - at.start == u32::try_from(wrong.to - wrong.from).unwrap_or(0);
                self.report.push(match wrong.fix.filter(|fix| whole && !quotes_clash(self.cx.sources.slice(span), fix)) {
                    Some(fix) => diagnostic.fix(format!("write `{fix}`"), at, fix),
                    None => diagnostic,
                });
                None
            }
        }
    }

    fn deployment(&mut self, id: Id, span: Span, name: String) -> Deployment {
        Deployment {
            profiles: self.many("profiles", "the id of a profile"),
            collection: self.one("collection", "the id of a collection"),
            with_dependencies: self.flag("with_dependencies"),
            alert: self.alert(),
            evaluation: self.evaluation(),
            evaluation_span: self.node.get("evaluation").map(|pair| pair.key_span),
            random_delay: self.random_delay(),
            id,
            span,
            name,
            sound: false,
        }
    }

    fn alert(&mut self) -> Option<Alert> {
        let pair = self.node.get("alert")?;
        alert::read(&pair.value, self.cx.sources, self.report)
    }

    fn evaluation(&mut self) -> Option<Schedule> {
        let pair = self.node.get("evaluation")?;
        let schedule = schedule::read(&pair.value, self.cx.sources, self.report)?;
        if let Some(now) = self.cx.at.and_then(|at| time::OffsetDateTime::from_unix_timestamp(at).ok()) {
            schedule::say_if_over(&schedule, &pair.value, now, self.report);
        }
        Some(schedule)
    }

    fn random_delay(&mut self) -> Option<(u32, Span)> {
        let pair = self.node.get("random_delay")?;
        let units = [Unit::Minutes, Unit::Hours, Unit::Days];
        minutes(&pair.value, "random_delay", &units, MOST_DELAY, self.report).map(|minutes| (minutes, pair.value.span))
    }

    fn flag(&mut self, word: &str) -> bool {
        let Some(pair) = self.node.get(word) else { return false };
        match pair.value.scalar().map(resolve) {
            Some(Resolved::Boolean(value)) => value,
            _ => {
                self.report.push(wrong_type(pair.value.span, &format!("`true` or `false` for `{word}`"), shape(&pair.value)));
                false
            }
        }
    }
}

/// A text in double quotes cannot be put into a YAML scalar that stands in double quotes itself.
fn quotes_clash(scalar: &str, fix: &str) -> bool {
    scalar.starts_with('"') && fix.contains('"')
}

/// The collections that are there by themselves.
#[must_use]
pub fn builtin(id: &str) -> Option<Sort> {
    match id {
        "all-users" => Some(Sort::Users),
        "all-devices" => Some(Sort::Devices),
        _ => None,
    }
}
