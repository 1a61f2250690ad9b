//! One value of a profile, read as its field's type. The type decides; nothing is coerced silently.

mod amount;
mod choice;
mod file;
mod secret;

pub use file::join;

use super::cx::{Cx, Place};
use super::format;
use super::name::parse as parse_name;
use super::raw;
use super::suggest::list;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::ir::{Id, SecretSource, Text, Value};
use crate::schema::{Field, Format, Mandatory, Presence, Type};
use crate::source::{Node, Resolved, Span, Tree, resolve};
use std::sync::Arc;

/// Reads the value of a field; says what is wrong and yields nothing then. `Some(None)`: the same as not writing it.
pub fn read(cx: &Cx<'_>, place: &Place<'_>, field: &Field, node: &Node, report: &mut Report) -> Option<Option<Value>> {
    let mut reader = Reader { cx, place, field, report };
    reader.value(node)
}

/// Where a secret comes from, for a key that the vendor's tables name.
pub fn secret(cx: &Cx<'_>, place: &Place<'_>, name: &'static str, node: &Node, report: &mut Report) -> Option<SecretSource> {
    Reader { cx, place, field: &named(name), report }.secret(node)
}

/// The bytes of a file, for a key that the vendor's tables name.
pub fn file(cx: &Cx<'_>, place: &Place<'_>, name: &'static str, node: &Node, report: &mut Report) -> Option<Arc<[u8]>> {
    let field = named(name);
    let mut reader = Reader { cx, place, field: &field, report };
    let (path, span) = reader.path(node)?;
    reader.file(&path, span)
}

/// What stands in messages where a value belongs to no field of a kind.
fn named(name: &'static str) -> Field {
    Field {
        name,
        ty: Type::Secret,
        doc: "",
        limits: "",
        example: "",
        source: "",
        presence: Presence::Optional,
        mandatory: Mandatory::No,
        only_when: &[],
        needed_when: &[],
        only_with: "",
        required_on: &[],
    }
}

/// A scalar's text where text is wanted; anything else is named and, where it can be, quoted by a fix.
pub fn text_of<'n>(node: &'n Node, what: &str, sources: &crate::source::Sources, report: &mut Report) -> Option<&'n str> {
    let Tree::Scalar(scalar) = &node.tree else {
        report.push(wrong_type(node.span, what, shape(node)));
        return None;
    };
    match resolve(scalar) {
        Resolved::Text(text) => Some(text),
        Resolved::Null => {
            report.push(wrong_type(node.span, what, "nothing"));
            None
        }
        other @ (Resolved::Boolean(_) | Resolved::Integer(_) | Resolved::Float) => {
            let quoted = serde_json::Value::from(sources.slice(node.span)).to_string();
            report.push(wrong_type(node.span, what, other.name()).help("quotes make it text").fix("quote it", node.span, quoted));
            None
        }
    }
}

/// `expected {what}, found {found}`.
pub fn wrong_type(span: Span, what: &str, found: &str) -> Diagnostic {
    let label = if found == "nothing" { "the value is missing".to_owned() } else { format!("this is {found}") };
    Diagnostic::new(Code::E0203, span, format!("expected {what}, found {found}")).label(label)
}

/// What a node is, for a message.
pub fn shape(node: &Node) -> &'static str {
    match &node.tree {
        Tree::Scalar(scalar) => resolve(scalar).name(),
        Tree::Sequence(_) => "a list",
        Tree::Mapping(_) => "a mapping",
    }
}

/// The items of one list: beyond what any device takes, and few enough to compare each with each.
const MOST_ITEMS: usize = 1_000;

/// Reads values; what is written at places of the administrator's own is read in `raw`.
pub(super) struct Reader<'a, 'b> {
    pub(super) cx: &'a Cx<'b>,
    place: &'a Place<'b>,
    field: &'a Field,
    pub(super) report: &'a mut Report,
}

impl Reader<'_, '_> {
    fn value(&mut self, node: &Node) -> Option<Option<Value>> {
        let value = match self.field.ty {
            Type::Text(format, max) => Value::Text(self.text(node, format, max)?),
            Type::Boolean => Value::Boolean(self.boolean(node)?),
            Type::Integer { .. } => Value::Integer(self.integer(node)?),
            Type::Choice(choices) => return self.choice(node, choices),
            Type::Set(choices) => Value::Set(self.set(node, choices)?),
            Type::Oids(choices) => Value::Texts(self.oids(node, choices)?),
            Type::List(format, max, or_one) => Value::Texts(self.texts(node, format, max, or_one)?),
            Type::Reference(..) => Value::References(vec![self.id(node)?]),
            Type::References(..) => Value::References(self.ids(node)?),
            Type::Secret => Value::Secret(self.secret(node)?),
            Type::Duration { units, min, max } => Value::Duration(self.duration(node, units, min, max)?),
            Type::Period(units) => {
                let (count, unit) = self.amount(node, units)?;
                Value::Period(u32::try_from(count).ok()?, unit)
            }
            Type::DistinguishedName => Value::Name(self.distinguished_name(node)?),
            Type::Certificate => Value::Certificate(Arc::new(self.certificate(node)?)),
            Type::Identity => Value::Identity(Arc::new(self.identity(node)?)),
            Type::Payloads => Value::Payloads(raw::apple::payloads(self.cx, self.place, node, self.report)?),
            Type::Declarations => Value::Declarations(raw::apple::declarations(self.cx, self.place, node, self.report)?),
            Type::Nodes => Value::Nodes(self.nodes(node)?),
            Type::Admx => Value::Admx(self.admx(node)?),
        };
        Some(Some(value))
    }

    fn name(&self) -> String {
        format!("`{}`", self.field.name)
    }

    pub(super) fn say(&mut self, diagnostic: Diagnostic) {
        self.report.push(diagnostic);
    }

    fn scalar_text<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n str> {
        text_of(node, what, self.cx.sources, self.report)
    }

    /// Text of a format, expressions evaluated; what is the same for everybody is checked and put in its normal form.
    fn text(&mut self, node: &Node, format: Format, max: u16) -> Option<Text> {
        let what = format!("text for {}", self.name());
        let raw = self.scalar_text(node, &what)?;
        let text = self.cx.expressions.text(raw, node.span, self.cx.sources, self.report)?;
        let length: usize = text.literals().map(|literal| literal.chars().count()).sum();
        if length > usize::from(max) {
            let name = self.name();
            self.say(
                Diagnostic::new(Code::E0207, node.span, format!("{name} has {length} characters, {max} are allowed"))
                    .label(format!("{} too many", length - usize::from(max))),
            );
            return None;
        }
        let Some(literal) = text.as_literal() else { return Some(text) };
        match format::read(format, literal) {
            Ok(normal) => Some(Text::literal(normal)),
            Err(wrong) => {
                let same = raw == literal;
                // A URL may hold a password in front of its host.
                if format == Format::HttpUrl && literal.contains('@') {
                    self.report.hide(node.span);
                }
                let message = format!("{} {}", self.of(format), wrong.what);
                let diagnostic = Diagnostic::new(Code::E0208, node.span, message).label(wrong.what);
                self.say(match wrong.right.filter(|_| same) {
                    Some(right) => {
                        let text = if right.contains([':', '#', '{', '[', '"', '\'']) {
                            serde_json::Value::from(&*right).to_string()
                        } else {
                            right.clone()
                        };
                        diagnostic.help(format!("`{right}` is right")).fix(format!("write `{right}`"), node.span, text)
                    }
                    None => self.limits(diagnostic),
                });
                None
            }
        }
    }

    /// The field as the subject of what is wrong with its text.
    fn of(&self, format: Format) -> String {
        let name = self.name();
        let entry = if matches!(self.field.ty, Type::List(..)) { "an entry of " } else { "" };
        match format::noun(format) {
            "" => format!("{entry}{name}"),
            noun => format!("{entry}{name} is no {noun}: it"),
        }
    }

    /// With the field's limits as help.
    fn limits(&self, diagnostic: Diagnostic) -> Diagnostic {
        if self.field.limits.is_empty() { diagnostic } else { diagnostic.help(format!("allowed: {}", self.field.limits)) }
    }

    fn boolean(&mut self, node: &Node) -> Option<bool> {
        let what = format!("`true` or `false` for {}", self.name());
        let Some(scalar) = node.scalar() else {
            self.say(wrong_type(node.span, &what, shape(node)));
            return None;
        };
        if let Resolved::Boolean(value) = resolve(scalar) {
            return Some(value);
        }
        let diagnostic = wrong_type(node.span, &what, shape(node));
        self.say(match boolean_word(&scalar.text) {
            Some(value) => diagnostic.help("YAML 1.2 knows only `true` and `false`").fix(
                format!("write `{value}`"),
                node.span,
                value.to_string(),
            ),
            None => diagnostic,
        });
        None
    }

    fn integer(&mut self, node: &Node) -> Option<i64> {
        let what = format!("a whole number for {}", self.name());
        let value = match node.scalar().map(resolve) {
            Some(Resolved::Integer(value)) => value,
            Some(Resolved::Float) if node.scalar().is_some_and(|scalar| digits(&scalar.text)) => {
                let message = format!("{} is outside the range of this field", self.name());
                let diagnostic = Diagnostic::new(Code::E0207, node.span, message).label("beyond any number that is read");
                let limited = self.limits(diagnostic);
                self.say(limited);
                return None;
            }
            Some(Resolved::Text(text)) if text.parse::<i64>().is_ok() => {
                let diagnostic = wrong_type(node.span, &what, "text");
                self.say(diagnostic.help("numbers stand without quotes").fix("remove the quotes", node.span, text.to_owned()));
                return None;
            }
            _ => {
                self.say(wrong_type(node.span, &what, shape(node)));
                return None;
            }
        };
        let Type::Integer { min, max, of } = self.field.ty else { return None };
        if !of.is_empty() {
            let Some(allowed) = of.iter().find(|allowed| allowed.is == value) else {
                let known = of.iter().map(|allowed| allowed.is.to_string()).collect::<Vec<_>>();
                let diagnostic = Diagnostic::new(Code::E0207, node.span, format!("{} cannot be {value}", self.name()));
                self.say(diagnostic.label("not allowed").help(format!("allowed are {}", list(known.iter().map(String::as_str)))));
                return None;
            };
            self.discouraged(node.span, &value.to_string(), allowed.warn);
        }
        if value < min || value > max {
            let nearest = value.clamp(min, max);
            let diagnostic =
                Diagnostic::new(Code::E0207, node.span, format!("{} is outside the range of this field", self.name()));
            let diagnostic = diagnostic.label(format!("{value} is not from {min} to {max}"));
            self.say(diagnostic.help(format!("the nearest allowed value is {nearest}")));
            return None;
        }
        Some(value)
    }

    /// Warns where the kind file says why a value is discouraged.
    fn discouraged(&mut self, span: Span, value: &str, why: &str) {
        if !why.is_empty() {
            let message = format!("`{value}` is discouraged for {}: {why}", self.name());
            self.say(Diagnostic::new(Code::W0604, span, message).label("discouraged"));
        }
    }

    fn texts(&mut self, node: &Node, format: Format, max: u16, or_one: bool) -> Option<Vec<Text>> {
        let mut texts: Vec<(Text, Span)> = Vec::new();
        let mark = self.report.len();
        for item in self.items(node, or_one)? {
            let Some(text) = self.text(item, format, max) else { continue };
            match texts.iter().find(|(known, _)| *known == text) {
                Some((_, first)) => self.repeated(*first, item.span, text.as_literal().unwrap_or("this value")),
                None => texts.push((text, item.span)),
            }
        }
        (!self.report.errors_since(mark)).then(|| texts.into_iter().map(|(text, _)| text).collect())
    }

    fn id(&mut self, node: &Node) -> Option<Id> {
        let what = format!("the id of a profile for {}", self.name());
        let raw = self.scalar_text(node, &what)?;
        self.cx.id(raw, node.span, self.report)
    }

    /// What can be read of a list of ids, so that each is judged, whatever is wrong with another.
    fn ids(&mut self, node: &Node) -> Option<Vec<Id>> {
        let mut ids: Vec<(Id, Span)> = Vec::new();
        for item in self.items(node, false)? {
            let Some(id) = self.id(item) else { continue };
            match ids.iter().find(|(known, _)| *known == id) {
                Some((_, first)) => self.repeated(*first, item.span, &id),
                None => ids.push((id, item.span)),
            }
        }
        (!ids.is_empty()).then(|| ids.into_iter().map(|(id, _)| id).collect())
    }

    fn distinguished_name(&mut self, node: &Node) -> Option<crate::ir::Name> {
        let what = format!("an RFC 4514 name for {}", self.name());
        let raw = self.scalar_text(node, &what)?;
        let text = self.cx.expressions.text(raw, node.span, self.cx.sources, self.report)?;
        match parse_name(&text) {
            Ok(name) => Some(name),
            Err(what) => {
                let diagnostic = Diagnostic::new(Code::E0214, node.span, format!("{} {what}", self.name())).label(what);
                self.say(diagnostic.help("write it as in `CN=Alice,O=Contoso`; `\\,` is a comma inside a value"));
                None
            }
        }
    }
}

/// Whether text is a whole number, of any length.
pub fn digits(text: &str) -> bool {
    let bare = text.strip_prefix(['-', '+']).unwrap_or(text);
    !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_digit())
}

pub fn boolean_word(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "on" | "y" | "true" | "1" => Some(true),
        "no" | "off" | "n" | "false" | "0" => Some(false),
        _ => None,
    }
}
