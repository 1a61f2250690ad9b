//! One document, read as a profile of its kind: everything that can be said without looking at other profiles.

use super::cx::{Cx, Place};
use super::format;
use super::platforms::{Chosen, chosen, unknown};
use super::suggest::{list, nearest};
use super::value::{self, shape, text_of, wrong_type};
use super::workspace::{Allow, allowed};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::ir::{Adopt, Id, Text, Value};
use crate::schema::{FieldId, Format, Kind, Platform, Scope, Served, Type};
use crate::source::{Node, Pair, Span, Tree};

/// A profile as written, field by field; not yet seen by platform.
pub struct Draft {
    pub kind: &'static Kind,
    pub id: Id,
    pub id_span: Span,
    pub name: Text,
    pub name_span: Span,
    pub description: Option<Text>,
    pub generation: u32,
    pub generation_span: Option<Span>,
    pub scope: Scope,
    pub scope_span: Option<Span>,
    pub adopt: Adopt,
    pub adopt_span: Option<Span>,
    pub platforms: Vec<Chosen>,
    /// By [`FieldId`].
    pub settings: Vec<Option<Written>>,
    pub overrides: Vec<Overridden>,
    pub on_unsupported: Vec<OnUnsupported>,
    pub allow: Vec<Allow>,
    /// The whole document: silenced warnings are those inside it.
    pub document: Span,
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

/// Kinds that are known and not served yet.
const LATER: [&str; 2] = ["collection", "deployment"];

/// Reads a document. What is wrong is said; the draft is there when its kind and id are.
pub fn read(cx: &Cx<'_>, place: &Place<'_>, document: &Node, report: &mut Report) -> Option<Draft> {
    let Some(pairs) = document.mapping() else {
        let found = shape(document);
        report.push(wrong_type(document.span, "a profile (a mapping with `kind`, `id`, `name`)", found));
        return None;
    };
    let mut reader = Reader { cx, place, document, report };
    let kind = reader.kind()?;
    let mut settings: Vec<Option<Written>> = vec![None; kind.fields.len()];
    for pair in pairs.iter().filter(|pair| !COMMON.contains(&&*pair.key)) {
        reader.field(kind, pair, &mut |id, written| {
            if let Some(slot) = settings.get_mut(id.index()) {
                *slot = written;
            }
        });
    }
    let id = reader.required("id", "an id").and_then(|pair| {
        let text = text_of(&pair.value, "an id", cx.sources, reader.report)?;
        Some((cx.id(text, pair.value.span, reader.report)?, pair.value.span))
    });
    let name = reader.name();
    let platforms = reader.platforms(kind);
    let draft = Draft {
        kind,
        name_span: name.as_ref().map_or(document.span, |(_, span)| *span),
        name: name.map(|(text, _)| text).unwrap_or_default(),
        description: reader.description(),
        generation: 1,
        generation_span: None,
        scope: kind.scopes.first().copied().unwrap_or(Scope::Device),
        scope_span: None,
        adopt: Adopt::default(),
        adopt_span: None,
        overrides: reader.overrides(kind, &platforms),
        on_unsupported: reader.on_unsupported(kind),
        allow: document.get("allow").map_or(Vec::new(), |pair| allowed(&pair.value, cx.sources, reader.report)),
        platforms,
        settings,
        document: document.span,
        id_span: id.as_ref().map_or(document.span, |(_, span)| *span),
        id: id.as_ref().map_or_else(|| "".into(), |(id, _)| id.clone()),
    };
    let draft = reader.rest(draft);
    id.is_some().then_some(draft)
}

struct Reader<'a, 'b> {
    cx: &'a Cx<'b>,
    place: &'a Place<'b>,
    document: &'a Node,
    report: &'a mut Report,
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
        let first = self.document.mapping().and_then(|pairs| pairs.first());
        let span = first.map_or(self.document.span, |pair| pair.key_span);
        let diagnostic = Diagnostic::new(Code::E0202, span, format!("`{word}` is missing")).label("in this profile");
        self.report.push(diagnostic.help(format!("every profile has {what}: `{word}: ...`")));
    }

    fn kind(&mut self) -> Option<&'static Kind> {
        let pair = self.required("kind", "a kind")?;
        let name = text_of(&pair.value, "a kind", self.cx.sources, self.report)?;
        if let Some(kind) = self.cx.schemas.kind(name) {
            return Some(kind);
        }
        let known = || self.cx.schemas.kinds.iter().map(|kind| kind.name);
        let span = pair.value.span;
        self.report.push(if LATER.contains(&name) {
            Diagnostic::new(Code::E0205, span, format!("kind `{name}` is not served yet")).label("not yet")
        } else {
            let diagnostic = Diagnostic::new(Code::E0205, span, format!("no kind is called `{name}`")).label("not known");
            match nearest(name, known()) {
                Some(near) => diagnostic.help(format!("a known kind is near: `{near}`")).fix(format!("write `{near}`"), span, near),
                None => diagnostic.help(format!("known are {}", list(known()))),
            }
        });
        None
    }

    /// A field or a group of fields.
    fn field(&mut self, kind: &'static Kind, pair: &Pair, set: &mut dyn FnMut(FieldId, Option<Written>)) {
        if let Some((id, field)) = kind.field(&pair.key) {
            if let Some(value) = value::read(self.cx, self.place, field, &pair.value, self.report) {
                set(id, value.map(|value| Written { value, key: pair.key_span, span: pair.value.span }));
            }
            return;
        }
        if let Some(group) = kind.groups.iter().find(|group| *group.name == *pair.key) {
            self.group(kind, group.name, pair, set);
            return;
        }
        self.unknown_field(kind, "", pair);
    }

    fn group(&mut self, kind: &'static Kind, group: &str, pair: &Pair, set: &mut dyn FnMut(FieldId, Option<Written>)) {
        let Some(members) = pair.value.mapping() else {
            self.report.push(wrong_type(pair.value.span, &format!("a mapping for `{group}`"), shape(&pair.value)));
            return;
        };
        let mut written = Vec::new();
        for member in members {
            let Some((id, field)) = kind.field(&format!("{group}.{}", member.key)) else {
                self.unknown_field(kind, group, member);
                continue;
            };
            written.push(field.name);
            if let Some(value) = value::read(self.cx, self.place, field, &member.value, self.report) {
                set(id, value.map(|value| Written { value, key: member.key_span, span: member.value.span }));
            }
        }
        let wanted = kind.at_least_one.iter().find(|names| names.iter().all(|name| name.starts_with(group)));
        if let Some(names) = wanted.filter(|names| !names.iter().any(|name| written.contains(name))) {
            let short = names.iter().map(|name| name.strip_prefix(group).unwrap_or(name).trim_start_matches('.'));
            let diagnostic = Diagnostic::new(Code::E0303, pair.key_span, format!("`{group}` names none of what it is for")).label("needs one of them");
            self.report.push(diagnostic.help(format!("write at least one of {}, or remove `{group}`", list(short))));
        }
    }

    fn unknown_field(&mut self, kind: &'static Kind, group: &str, pair: &Pair) {
        let of = if group.is_empty() { format!("kind `{}`", kind.name) } else { format!("`{group}`") };
        let prefix = if group.is_empty() { String::new() } else { format!("{group}.") };
        let mut known: Vec<&str> = kind.fields.iter().filter_map(|field| field.name.strip_prefix(prefix.as_str())).filter(|name| !name.contains('.')).collect();
        if group.is_empty() {
            known.extend(kind.groups.iter().map(|group| group.name));
            known.extend(COMMON);
        }
        let diagnostic = Diagnostic::new(Code::E0201, pair.key_span, format!("`{}` is no field of {of}", pair.key)).label("not known");
        let member = kind.fields.iter().find(|field| field.group().is_some_and(|(_, member)| *member == *pair.key) && group.is_empty());
        // A near name that already stands there cannot be meant: the fix would make it stand twice.
        let free = known.iter().copied().filter(|name| self.document.get(name).is_none() || !group.is_empty());
        self.report.push(match (nearest(&pair.key, free), member) {
            (_, Some(member)) => {
                let (group, member) = member.group().unwrap_or_default();
                diagnostic.help(format!("`{member}` belongs under `{group}`"))
            }
            (Some(near), None) => diagnostic.help(format!("a field with a similar name exists: `{near}`")).fix(format!("write `{near}`"), pair.key_span, near),
            (None, None) => diagnostic.help(format!("fields of {of} are {}", list(known))),
        });
    }

    fn name(&mut self) -> Option<(Text, Span)> {
        let pair = self.required("name", "a name")?;
        let text = self.plain_text(pair, "a name", 256)?;
        if text.as_literal().is_none() {
            let diagnostic = Diagnostic::new(Code::E0217, pair.value.span, "a name is the same for everybody").label("a per-user value");
            self.report.push(diagnostic.help("per-user values belong into fields that a device reads"));
            return None;
        }
        if let Err(wrong) = format::read(Format::Line, text.as_literal().unwrap_or_default()) {
            let diagnostic = Diagnostic::new(Code::E0208, pair.value.span, format!("the name {}", wrong.what)).label(wrong.what);
            self.report.push(diagnostic);
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

    fn platforms(&mut self, kind: &'static Kind) -> Vec<Chosen> {
        let Some(pair) = self.required("platforms", "platforms") else { return Vec::new() };
        let mark = self.report.len();
        let mut platforms = match &pair.value.tree {
            Tree::Sequence(items) => items.iter().filter_map(|item| self.named(item)).collect(),
            Tree::Mapping(pairs) => pairs.iter().filter_map(|pair| chosen(pair, self.cx.schemas, self.report)).collect(),
            Tree::Scalar(scalar) if &*scalar.text == "all" => self.all(kind, pair.value.span),
            Tree::Scalar(_) => self.named(&pair.value).into_iter().collect::<Vec<_>>(),
        };
        if platforms.is_empty() && !self.report.errors_since(mark) {
            let diagnostic = Diagnostic::new(Code::E0219, pair.value.span, "no platform is chosen").label("names none");
            self.report.push(diagnostic.help(format!("name at least one: {}", list(self.cx.schemas.platforms.iter().map(|p| p.name)))));
        }
        self.repeated(&platforms);
        let order = |chosen: &Chosen| self.cx.schemas.platforms.iter().position(|platform| platform.name == chosen.platform.name);
        platforms.sort_by_key(order);
        platforms.dedup_by_key(|chosen| chosen.platform.name);
        for chosen in &mut platforms {
            self.serve(kind, chosen);
        }
        platforms
    }

    fn named(&mut self, node: &Node) -> Option<Chosen> {
        let name = text_of(node, "a platform", self.cx.sources, self.report)?;
        match self.cx.schemas.platform(name) {
            Some(platform) => Some(Chosen { platform, range: None, exact: false, span: node.span }),
            None => {
                self.report.push(unknown(name, node.span, self.cx.schemas));
                None
            }
        }
    }

    /// The workspace's platforms that the kind serves natively; all such platforms where the workspace names none.
    fn all(&mut self, kind: &'static Kind, span: Span) -> Vec<Chosen> {
        let native = |name: &str| matches!(kind.service(name).map(|service| service.is), Some(Served::Native(_)));
        let fleet = &self.cx.workspace.fleet;
        let in_fleet = |name: &str| fleet.is_empty() || fleet.iter().any(|chosen| chosen.platform.name == name);
        let platforms = self.cx.schemas.platforms.iter().filter(|platform| native(platform.name) && in_fleet(platform.name));
        platforms.map(|platform| Chosen { platform, range: None, exact: false, span }).collect()
    }

    fn repeated(&mut self, platforms: &[Chosen]) {
        for (at, chosen) in platforms.iter().enumerate() {
            if let Some(first) = platforms.iter().take(at).find(|first| first.platform.name == chosen.platform.name) {
                let message = format!("`{}` stands twice in `platforms`", chosen.platform.name);
                self.report.push(Diagnostic::new(Code::E0219, chosen.span, message).label("again").also(first.span, "first here"));
            }
        }
    }

    /// Whether the kind serves a platform; the range that goes without saying.
    fn serve(&mut self, kind: &'static Kind, chosen: &mut Chosen) {
        let title = chosen.platform.title;
        match kind.service(chosen.platform.name).map(|service| service.is) {
            Some(Served::Native(Some(note))) => {
                self.report.push(Diagnostic::new(Code::N0701, chosen.span, note).label(title));
            }
            Some(Served::Named(warning)) => {
                self.report.push(Diagnostic::new(Code::W0212, chosen.span, warning).label("meant so?").help("`allow: { W0212: \"reason\" }` silences this"));
            }
            Some(Served::Unsupported { reason, source }) => {
                let message = format!("kind `{}` cannot be had on {title}", kind.name);
                self.report.push(Diagnostic::new(Code::E0404, chosen.span, message).label("not here").note(reason).note(source));
            }
            Some(Served::Native(None)) | None => {}
        }
        if chosen.range.is_none()
            && let Some(fleet) = self.cx.workspace.fleet.iter().find(|fleet| fleet.platform.name == chosen.platform.name)
        {
            chosen.range = fleet.range;
            chosen.exact = fleet.exact;
        }
    }

    fn overrides(&mut self, kind: &'static Kind, platforms: &[Chosen]) -> Vec<Overridden> {
        let Some(pair) = self.document.get("overrides") else { return Vec::new() };
        let Some(pairs) = pair.value.mapping() else {
            self.report.push(wrong_type(pair.value.span, "platforms with settings", shape(&pair.value)));
            return Vec::new();
        };
        let mut overrides = Vec::new();
        for pair in pairs {
            let Some(platform) = self.cx.schemas.platform(&pair.key) else {
                self.report.push(unknown(&pair.key, pair.key_span, self.cx.schemas));
                continue;
            };
            if !platforms.iter().any(|chosen| chosen.platform.name == platform.name) {
                let message = format!("`{}` is overridden but not among this profile's platforms", platform.name);
                let chosen = list(platforms.iter().map(|chosen| chosen.platform.name));
                self.report.push(Diagnostic::new(Code::E0409, pair.key_span, message).label("not chosen").help(format!("`platforms` chooses {chosen}")));
                continue;
            }
            let Some(fields) = pair.value.mapping() else {
                self.report.push(wrong_type(pair.value.span, "settings", shape(&pair.value)));
                continue;
            };
            overrides.push(self.overridden(kind, platform, fields));
        }
        overrides
    }

    fn overridden(&mut self, kind: &'static Kind, platform: &'static Platform, fields: &[Pair]) -> Overridden {
        let mut settings: Vec<Option<Option<Written>>> = vec![None; kind.fields.len()];
        for pair in fields {
            if COMMON.contains(&&*pair.key) {
                let diagnostic = Diagnostic::new(Code::E0409, pair.key_span, format!("`{}` is the same on all platforms", pair.key));
                self.report.push(diagnostic.label("cannot be overridden").help(format!("only the fields of kind `{}` can", kind.name)));
                continue;
            }
            self.field(kind, pair, &mut |id, written| {
                if let Some(slot) = settings.get_mut(id.index()) {
                    *slot = Some(written);
                }
            });
        }
        Overridden { platform, settings }
    }

    fn on_unsupported(&mut self, kind: &'static Kind) -> Vec<OnUnsupported> {
        let Some(pair) = self.document.get("on_unsupported") else { return Vec::new() };
        let Some(pairs) = pair.value.mapping() else {
            self.report.push(wrong_type(pair.value.span, "fields with `warn`, `skip` or `approximate`", shape(&pair.value)));
            return Vec::new();
        };
        let mut found = Vec::new();
        for pair in pairs {
            let word = pair.value.scalar().map(|scalar| &*scalar.text);
            let handling = match word {
                Some("warn") => Handling::Warn,
                Some("skip") => Handling::Skip,
                Some("approximate") => Handling::Approximate,
                _ => {
                    let diagnostic = Diagnostic::new(Code::E0204, pair.value.span, "no way to deal with a setting is called so").label("not known");
                    self.report.push(diagnostic.help("known are `warn`, `skip` and `approximate`"));
                    continue;
                }
            };
            let members = kind.numbered().filter(|(_, field)| *field.name == *pair.key || field.group().is_some_and(|(group, _)| *group == *pair.key));
            let fields: Vec<_> = members.collect();
            if fields.is_empty() {
                self.unknown_field(kind, "", pair);
            }
            if handling == Handling::Approximate && !fields.iter().any(|(_, field)| field.choices().iter().any(|c| c.approximation.is_some())) && !fields.is_empty() {
                let message = format!("kind `{}` documents no approximation of `{}`", kind.name, pair.key);
                self.report.push(Diagnostic::new(Code::E0409, pair.value.span, message).label("nothing is near").help("use `warn` or `skip`"));
                continue;
            }
            found.extend(fields.into_iter().map(|(field, _)| OnUnsupported { field, handling, span: pair.key_span }));
        }
        found
    }

    /// `generation`, `scope`, `adopt`.
    fn rest(&mut self, mut draft: Draft) -> Draft {
        if let Some(pair) = self.document.get("generation") {
            draft.generation_span = Some(pair.value.span);
            draft.generation = self.generation(pair).unwrap_or(1);
        }
        if let Some(pair) = self.document.get("scope") {
            draft.scope_span = Some(pair.value.span);
            draft.scope = self.scope(pair, draft.kind).unwrap_or(draft.scope);
        }
        if let Some(pair) = self.document.get("adopt") {
            draft.adopt_span = Some(pair.key_span);
            draft.adopt = self.adopt(&pair.value);
        }
        draft
    }

    fn generation(&mut self, pair: &Pair) -> Option<u32> {
        use crate::source::{Resolved, resolve};
        match pair.value.scalar().map(resolve) {
            Some(Resolved::Integer(number)) if (1..=1_000_000).contains(&number) => u32::try_from(number).ok(),
            Some(Resolved::Integer(number)) => {
                let message = format!("`generation` cannot be {number}");
                self.report.push(Diagnostic::new(Code::E0207, pair.value.span, message).label("expected 1..=1000000"));
                None
            }
            _ => {
                self.report.push(wrong_type(pair.value.span, "a whole number for `generation`", shape(&pair.value)));
                None
            }
        }
    }

    fn scope(&mut self, pair: &Pair, kind: &'static Kind) -> Option<Scope> {
        let word = text_of(&pair.value, "`user` or `device`", self.cx.sources, self.report)?;
        let scope = [Scope::User, Scope::Device].into_iter().find(|scope| scope.name() == word);
        match scope {
            Some(scope) if kind.scopes.contains(&scope) => Some(scope),
            Some(scope) => {
                let names = list(kind.scopes.iter().map(|scope| scope.name()));
                let message = format!("kind `{}` has no scope `{}`", kind.name, scope.name());
                self.report.push(Diagnostic::new(Code::E0314, pair.value.span, message).label("not for this kind").help(format!("its scope is {names}")));
                None
            }
            None => {
                let diagnostic = Diagnostic::new(Code::E0204, pair.value.span, format!("no scope is called `{word}`")).label("not known");
                self.report.push(match nearest(word, ["user", "device"]) {
                    Some(near) => diagnostic.fix(format!("write `{near}`"), pair.value.span, near),
                    None => diagnostic.help("known are `user` and `device`"),
                });
                None
            }
        }
    }

    fn adopt(&mut self, node: &Node) -> Adopt {
        let mut adopt = Adopt::default();
        let Some(pairs) = node.mapping() else {
            self.report.push(wrong_type(node.span, "`payload_identifier`, `payload_uuid` or `account_guid`", shape(node)));
            return adopt;
        };
        for pair in pairs {
            let slot = match &*pair.key {
                "payload_identifier" => &mut adopt.payload_identifier,
                "payload_uuid" => &mut adopt.payload_uuid,
                "account_guid" => &mut adopt.account_guid,
                other => {
                    let known = ["payload_identifier", "payload_uuid", "account_guid"];
                    let diagnostic = Diagnostic::new(Code::E0201, pair.key_span, format!("`{other}` is nothing that can be adopted")).label("not known");
                    self.report.push(diagnostic.help(format!("known are {}", list(known))));
                    continue;
                }
            };
            let Some(text) = text_of(&pair.value, "text", self.cx.sources, self.report) else { continue };
            let normal = if &*pair.key == "payload_identifier" { identifier(text) } else { guid(text) };
            match normal {
                Ok(normal) => *slot = Some(normal),
                Err(what) => {
                    let message = format!("`{}` {what}", pair.key);
                    self.report.push(Diagnostic::new(Code::E0313, pair.value.span, message).label(what).help("copy it from the profile that devices have"));
                }
            }
        }
        adopt
    }
}

fn identifier(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && text.len() <= 256 && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    if fits { Ok(text.to_owned()) } else { Err("is no payload identifier: letters, digits, `.`, `-` and `_`".into()) }
}

/// A GUID in upper case, without braces.
fn guid(text: &str) -> Result<String, String> {
    let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
    match uuid::Uuid::try_parse(inner) {
        Ok(uuid) if inner.len() == 36 => Ok(uuid.hyphenated().to_string().to_uppercase()),
        _ => Err("is no UUID".into()),
    }
}

/// Whether a type refers to other profiles.
pub fn refers(ty: Type) -> bool {
    matches!(ty, Type::Reference(..) | Type::References(..))
}
