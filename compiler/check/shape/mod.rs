//! One document, read as a profile of its kind: everything that can be said without looking at other profiles.

mod chosen;
mod exceptions;
mod object;

use super::cx::{Cx, Place};
use super::format;
use super::platforms::Chosen;
use super::suggest::{list, nearest, offer};
use super::value::{self, shape, text_of, wrong_type};
use super::workspace::{Allow, allowed};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::ir::{Adopt, Id, Text, Value};
use crate::schema::{Field, FieldId, Format, Kind, Platform, Scope, Type};
use crate::source::{Node, Pair, Span};

/// A profile as written, field by field; not yet seen by platform.
pub struct Draft {
    pub kind: &'static Kind,
    pub id: Id,
    pub id_span: Span,
    pub name: Text,
    pub name_span: Span,
    pub description: Option<Text>,
    pub description_span: Span,
    pub generation: u32,
    pub generation_span: Option<Span>,
    pub scope: Scope,
    pub scope_span: Option<Span>,
    pub adopt: Adopt,
    pub adopt_span: Option<Span>,
    pub platforms: Vec<Chosen>,
    /// By [`FieldId`].
    pub settings: Vec<Option<Written>>,
    /// By [`FieldId`]: written, and not to be read. What is wrong was said; later rules keep quiet about it.
    pub unread: Vec<bool>,
    /// A platform was named that could not be read.
    pub platforms_unread: bool,
    pub overrides: Vec<Overridden>,
    pub on_unsupported: Vec<OnUnsupported>,
    pub allow: Vec<Allow>,
    /// The whole document: silenced warnings are those inside it.
    pub document: Span,
}

impl Draft {
    /// Whether a scope is written that the kind does not have by itself.
    pub fn scope_chosen(&self) -> bool {
        self.scope_span.is_some() && self.kind.scopes.first() != Some(&self.scope)
    }
}

/// A setting with its places.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    pub value: Value,
    pub key: Span,
    pub span: Span,
}

/// What one platform has otherwise.
pub struct Overridden {
    pub platform: &'static Platform,
    /// By [`FieldId`]: `Some(None)` is a field that is overridden to nothing.
    pub settings: Vec<Option<Option<Written>>>,
    /// By [`FieldId`]: written, and not to be read.
    pub unread: Vec<bool>,
}

/// What became of a field that was written.
enum Read {
    /// Its value; nothing where writing it is the same as not writing it.
    Value(Option<Written>),
    /// What is wrong was said.
    Unread,
}

/// What to do where a platform cannot take a setting.
pub struct OnUnsupported {
    pub field: FieldId,
    pub handling: Handling,
    pub span: Span,
}

/// The three ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handling {
    Warn,
    Skip,
    Approximate,
}

/// What every profile has beside its kind's fields.
pub const COMMON: [&str; 11] =
    ["kind", "id", "name", "description", "platforms", "overrides", "on_unsupported", "generation", "adopt", "allow", "scope"];

/// Parts of names behind which a secret may stand.
const SECRET_WORDS: [&str; 5] = ["password", "passphrase", "passcode", "secret", "challenge"];

/// Reads a document. What is wrong is said; the draft is there when its kind is. Without an id, the id is empty.
pub fn read(cx: &Cx<'_>, place: &Place<'_>, document: &Node, report: &mut Report) -> Option<Draft> {
    let Some(pairs) = document.mapping() else {
        let found = shape(document);
        report.push(wrong_type(document.span, "a profile (a mapping with `kind`, `id`, `name`)", found));
        return None;
    };
    let mut reader = Reader { cx, place, document, report, present: Vec::new() };
    let kind = reader.kind()?;
    let known =
        |key: &&str| COMMON.contains(key) || kind.field(key).is_some() || kind.groups.iter().any(|group| group.name == *key);
    reader.present = pairs.iter().map(|pair| &*pair.key).filter(known).collect();
    let mut settings: Vec<Option<Written>> = vec![None; kind.fields.len()];
    let mut unread = vec![false; kind.fields.len()];
    for pair in pairs.iter().filter(|pair| !COMMON.contains(&&*pair.key)) {
        reader.field(kind, pair, &mut |id, read| match (read, settings.get_mut(id.index()), unread.get_mut(id.index())) {
            (Read::Value(written), Some(slot), _) => *slot = written,
            (Read::Unread, _, Some(flag)) => *flag = true,
            _ => {}
        });
    }
    let id = reader.required("id", "an id").and_then(|pair| {
        let text = text_of(&pair.value, "an id", cx.sources, reader.report)?;
        Some((cx.id(text, pair.value.span, reader.report)?, pair.value.span))
    });
    let name = reader.name();
    let mark = reader.report.len();
    let platforms = reader.platforms(kind);
    let platforms_unread = reader.report.errors_since(mark);
    let first = pairs.first().map_or(document.span, |pair| pair.key_span);
    let draft = Draft {
        kind,
        name_span: name.as_ref().map_or(first, |(_, span)| *span),
        name: name.map(|(text, _)| text).unwrap_or_default(),
        description: reader.description(),
        description_span: document.get("description").map_or(first, |pair| pair.value.span),
        generation: 1,
        generation_span: None,
        scope: kind.scopes.first().copied().unwrap_or(Scope::Device),
        scope_span: None,
        adopt: Adopt::default(),
        adopt_span: None,
        overrides: reader.overrides(kind, &platforms, platforms_unread),
        on_unsupported: reader.on_unsupported(kind),
        allow: document.get("allow").map_or(Vec::new(), |pair| allowed(&pair.value, cx.sources, reader.report)),
        platforms,
        platforms_unread,
        settings,
        unread,
        document: document.span,
        id_span: id.as_ref().map_or(first, |(_, span)| *span),
        id: id.as_ref().map_or_else(|| "".into(), |(id, _)| id.clone()),
    };
    Some(reader.rest(draft))
}

struct Reader<'a, 'b> {
    cx: &'a Cx<'b>,
    place: &'a Place<'b>,
    document: &'a Node,
    report: &'a mut Report,
    /// The known words that stand in the document.
    present: Vec<&'a str>,
}

impl<'a> Reader<'a, '_> {
    fn required(&mut self, word: &str, what: &str) -> Option<&'a Pair> {
        let pair = self.document.get(word);
        if pair.is_none() {
            self.missing(word, what);
        }
        pair
    }

    fn missing(&mut self, word: &str, what: &str) {
        // A misspelt key is reported as such.
        let mut keys = self.document.mapping().unwrap_or_default().iter().filter(|pair| !COMMON.contains(&&*pair.key));
        if keys.any(|pair| nearest(&pair.key, COMMON) == Some(word)) {
            return;
        }
        let first = self.document.mapping().and_then(|pairs| pairs.first());
        let span = first.map_or(self.document.span, |pair| pair.key_span);
        let diagnostic = Diagnostic::new(Code::E0202, span, format!("`{word}` is missing")).label("in this profile");
        self.report.push(diagnostic.help(format!("every profile has {what}: `{word}: ...`")));
    }

    fn kind(&mut self) -> Option<&'static Kind> {
        let pair = self.required("kind", "a kind").or_else(|| {
            self.misspelt_kind();
            None
        })?;
        let name = text_of(&pair.value, "a kind", self.cx.sources, self.report)?;
        if let Some(kind) = self.cx.schemas.kind(name) {
            return Some(kind);
        }
        let known = || {
            let schemas = self.cx.schemas;
            schemas.kinds.iter().map(|kind| kind.name).chain(schemas.fleet.iter().map(|kind| kind.name))
        };
        let span = pair.value.span;
        if name.contains("{{") {
            self.report.push(Diagnostic::new(Code::E0217, span, "a kind takes no expression").label("an expression"));
            return None;
        }
        let diagnostic = Diagnostic::new(Code::E0205, span, format!("no kind is called `{name}`")).label("not known");
        self.report.push(offer(diagnostic, "kind", name, span, &known().collect::<Vec<_>>()));
        None
    }

    /// Without a kind no field is known, so a misspelt `kind` is looked for here.
    fn misspelt_kind(&mut self) {
        let pairs = self.document.mapping().unwrap_or_default();
        if let Some(pair) = pairs.iter().find(|pair| !COMMON.contains(&&*pair.key) && nearest(&pair.key, COMMON) == Some("kind"))
        {
            let diagnostic = Diagnostic::new(Code::E0201, pair.key_span, format!("`{}` is no field of a profile", pair.key))
                .label("not known");
            self.report.push(offer(diagnostic, "field", &pair.key, pair.key_span, &["kind"]));
        }
    }

    /// A field or a group of fields.
    fn field(&mut self, kind: &'static Kind, pair: &Pair, set: &mut dyn FnMut(FieldId, Read)) {
        if let Some((id, field)) = kind.field(&pair.key) {
            set(id, self.value(field, pair));
            return;
        }
        if let Some(group) = kind.groups.iter().find(|group| *group.name == *pair.key) {
            self.group(kind, group.name, pair, set);
            return;
        }
        self.unknown_field(kind, "", pair);
        let near = nearest(&pair.key, kind.fields.iter().map(|field| field.name));
        if let Some((id, _)) = near.and_then(|near| kind.field(near)) {
            set(id, Read::Unread);
        }
    }

    fn value(&mut self, field: &'static Field, pair: &Pair) -> Read {
        match value::read(self.cx, self.place, field, &pair.value, self.report) {
            Some(value) => Read::Value(value.map(|value| Written { value, key: pair.key_span, span: pair.value.span })),
            None => Read::Unread,
        }
    }

    fn group(&mut self, kind: &'static Kind, group: &str, pair: &Pair, set: &mut dyn FnMut(FieldId, Read)) {
        let Some(members) = pair.value.mapping() else {
            self.report.push(wrong_type(pair.value.span, &format!("a mapping for `{group}`"), shape(&pair.value)));
            let inside = kind.numbered().filter(|(_, field)| field.group().is_some_and(|(name, _)| name == group));
            inside.for_each(|(id, _)| set(id, Read::Unread));
            return;
        };
        let mut written = Vec::new();
        let mut misspelt = false;
        for member in members {
            let Some((id, field)) = kind.field(&format!("{group}.{}", member.key)) else {
                self.unknown_field(kind, group, member);
                misspelt = true;
                continue;
            };
            written.push(field.name);
            set(id, self.value(field, member));
        }
        let wanted = kind.at_least_one.iter().find(|names| names.iter().all(|name| name.starts_with(group)));
        if let Some(names) = wanted.filter(|names| !misspelt && !names.iter().any(|name| written.contains(name))) {
            let short = names.iter().map(|name| name.strip_prefix(group).unwrap_or(name).trim_start_matches('.'));
            // What the others would ask for is the same cause.
            let inside = kind.numbered().filter(|(_, field)| field.group().is_some_and(|(name, _)| name == group));
            inside.for_each(|(id, _)| set(id, Read::Unread));
            let diagnostic = Diagnostic::new(Code::E0303, pair.key_span, format!("`{group}` names none of what it is for"))
                .label("needs one of them");
            self.report.push(diagnostic.help(format!("write at least one of {}, or remove `{group}`", list(short))));
        }
    }

    fn unknown_field(&mut self, kind: &'static Kind, group: &str, pair: &Pair) {
        let of = if group.is_empty() { format!("kind `{}`", kind.name) } else { format!("`{group}`") };
        let prefix = if group.is_empty() { String::new() } else { format!("{group}.") };
        let mut known: Vec<&str> = kind
            .fields
            .iter()
            .filter_map(|field| field.name.strip_prefix(prefix.as_str()))
            .filter(|name| !name.contains('.'))
            .collect();
        if group.is_empty() {
            known.extend(kind.groups.iter().map(|group| group.name));
            known.extend(COMMON);
        }
        let diagnostic =
            Diagnostic::new(Code::E0201, pair.key_span, format!("`{}` is no field of {of}", pair.key)).label("not known");
        // What somebody calls a password is not shown, whether there is such a field or not.
        if SECRET_WORDS.iter().any(|word| pair.key.to_lowercase().contains(word)) {
            self.report.hide(pair.value.span);
        }
        let member =
            kind.fields.iter().find(|field| field.group().is_some_and(|(_, member)| *member == *pair.key) && group.is_empty());
        // A near name that already stands there cannot be meant: the fix would make it stand twice.
        let free: Vec<&str> = known.iter().copied().filter(|name| !self.present.contains(name) || !group.is_empty()).collect();
        self.report.push(match member {
            Some(member) => {
                let (group, member) = member.group().unwrap_or_default();
                diagnostic.help(format!("`{member}` belongs under `{group}`"))
            }
            None if nearest(&pair.key, free.iter().copied()).is_some() => {
                offer(diagnostic, "field", &pair.key, pair.key_span, &free)
            }
            None => diagnostic.help(format!("fields of {of} are {}", list(known))),
        });
    }

    fn name(&mut self) -> Option<(Text, Span)> {
        let pair = self.required("name", "a name")?;
        let text = self.plain_text(pair, "a name", 256)?;
        if text.as_literal().is_none() {
            let diagnostic =
                Diagnostic::new(Code::E0217, pair.value.span, "a name is the same for everybody").label("a per-user value");
            self.report.push(diagnostic.help("per-user values belong into fields that a device reads"));
            return None;
        }
        if let Err(wrong) = format::read(Format::Line, text.as_literal().unwrap_or_default()) {
            let span = pair.value.span;
            let diagnostic = Diagnostic::new(Code::E0208, span, format!("the name {}", wrong.what)).label(wrong.what);
            // Only where the text stands as it reads: an expression would be written out.
            let right = wrong.right.filter(|_| pair.value.scalar().is_some_and(|scalar| !scalar.text.contains("{{")));
            self.report.push(match right {
                Some(right) => diagnostic.fix(format!("write `{right}`"), span, serde_json::Value::from(right).to_string()),
                None => diagnostic,
            });
            return None;
        }
        Some((text, pair.value.span))
    }

    fn description(&mut self) -> Option<Text> {
        let pair = self.document.get("description")?;
        self.plain_text(pair, "a description", 256)
    }

    /// Text of at most so many characters.
    fn plain_text(&mut self, pair: &Pair, what: &str, max: usize) -> Option<Text> {
        let raw = text_of(&pair.value, what, self.cx.sources, self.report)?;
        let text = self.cx.expressions.text(raw, pair.value.span, self.cx.sources, self.report)?;
        let length: usize = text.literals().map(|literal| literal.chars().count()).sum();
        if length > max {
            let message = format!("`{}` has {length} characters, {max} are allowed", pair.key);
            self.report.push(Diagnostic::new(Code::E0207, pair.value.span, message).label(format!("{} too many", length - max)));
            return None;
        }
        Some(text)
    }
}

/// Whether a type refers to other profiles.
pub fn refers(ty: Type) -> bool {
    matches!(ty, Type::Reference(..) | Type::References(..))
}
