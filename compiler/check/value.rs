//! One value of a profile, read as its field's type. The type decides; nothing is coerced silently.

use super::certificate;
use super::cx::{Cx, FileProblem, Place};
use super::format;
use super::name::{is_oid, parse as parse_name};
use super::suggest::{certain, list, nearest, offer};
use super::text::locate;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::ir::{Certificate, Id, Identity, IdentitySource, SecretSource, Text, Value};
use crate::schema::{Choice, Field, Format, Type, Unit};
use crate::source::{Node, Resolved, Scalar, Span, Tree, resolve};
use std::sync::Arc;

/// Reads the value of a field; says what is wrong and yields nothing then. `Some(None)`: the same as not writing it.
pub fn read(cx: &Cx<'_>, place: &Place<'_>, field: &Field, node: &Node, report: &mut Report) -> Option<Option<Value>> {
    let mut reader = Reader { cx, place, field, report };
    reader.value(node)
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

struct Reader<'a, 'b> {
    cx: &'a Cx<'b>,
    place: &'a Place<'b>,
    field: &'a Field,
    report: &'a mut Report,
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
        };
        Some(Some(value))
    }

    fn name(&self) -> String {
        format!("`{}`", self.field.name)
    }

    fn say(&mut self, diagnostic: Diagnostic) {
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
            let diagnostic = diagnostic.label(format!("expected {min}..={max}"));
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

    fn choice(&mut self, node: &Node, choices: &'static [Choice]) -> Option<Option<Value>> {
        if let Some([pair]) = node.mapping() {
            let Some((index, choice)) = find(choices, &pair.key) else {
                self.unknown_choice(&pair.key, pair.key_span, choices);
                return None;
            };
            let Some(format) = choice.holds else {
                let message = format!("`{}` takes no text", choice.name);
                self.say(Diagnostic::new(Code::E0203, node.span, message).label("a bare word is expected").fix(
                    format!("write `{}`", choice.name),
                    node.span,
                    choice.name,
                ));
                return None;
            };
            let text = self.text(&pair.value, format, 256)?;
            return Some(Some(Value::Choice(index, Some(text))));
        }
        let what = format!("one of {} for {}", list(choices.iter().map(|choice| choice.name)), self.name());
        let Tree::Scalar(scalar) = &node.tree else {
            self.say(wrong_type(node.span, &what, shape(node)));
            return None;
        };
        let Some((index, choice)) = find(choices, &scalar.text) else {
            self.unknown_scalar_choice(scalar, node.span, choices);
            return None;
        };
        if choice.holds.is_some() {
            let message = format!("`{}` needs its text", choice.name);
            let help = format!("write `{}: {{ {}: ... }}`", self.field.name, choice.name);
            self.say(Diagnostic::new(Code::E0203, node.span, message).label("the text is missing").help(help));
            return None;
        }
        self.discouraged(node.span, choice.name, choice.warn);
        let text = (!choice.attribute.is_empty()).then(|| Text::attribute(choice.attribute));
        Some((!choice.absent).then_some(Value::Choice(index, text)))
    }

    fn unknown_scalar_choice(&mut self, scalar: &Scalar, span: Span, choices: &'static [Choice]) {
        if scalar.text.contains("{{") {
            let message = format!("{} is one of a few words and takes no expression", self.name());
            let holds = choices.iter().find(|choice| choice.holds.is_some());
            let diagnostic = Diagnostic::new(Code::E0217, span, message).label("an expression");
            self.say(match holds {
                Some(choice) => diagnostic.help(format!("text goes under `{}`", choice.name)),
                None => diagnostic.help(format!("known are {}", list(choices.iter().map(|choice| choice.name)))),
            });
            return;
        }
        self.unknown_choice(&scalar.text, span, choices);
    }

    fn unknown_choice(&mut self, word: &str, span: Span, choices: &'static [Choice]) {
        let message = format!("`{word}` is no value of {}", self.name());
        let diagnostic = Diagnostic::new(Code::E0204, span, message).label("not known");
        let known: Vec<&str> = choices.iter().map(|choice| choice.name).collect();
        // Text where a word is wanted: an address, a domain.
        let holder = choices.iter().find(|choice| choice.holds.is_some_and(|format| format::read(format, word).is_ok()));
        self.say(match holder {
            Some(holder) if word.contains(['@', '.', '\\']) && nearest(word, known.iter().copied()).is_none() => {
                let text = format!("{{ {}: {} }}", holder.name, serde_json::Value::from(word));
                diagnostic.help(format!("text of one's own goes under `{}`", holder.name)).fix(
                    format!("write `{text}`"),
                    span,
                    text,
                )
            }
            _ => offer(diagnostic, "value", word, span, &known),
        });
    }

    fn items<'n>(&mut self, node: &'n Node, or_one: bool) -> Option<&'n [Node]> {
        let items = match &node.tree {
            Tree::Sequence(items) => items.as_slice(),
            Tree::Scalar(_) if or_one => std::slice::from_ref(node),
            Tree::Scalar(scalar) if !matches!(resolve(scalar), Resolved::Null) => {
                let what = format!("a list for {}", self.name());
                let text = format!("[{}]", self.cx.sources.slice(node.span));
                let choices = self.field.choices();
                let known = choices.is_empty() || find(choices, &scalar.text).is_some();
                let diagnostic = wrong_type(node.span, &what, shape(node));
                self.say(match known {
                    true => diagnostic.fix("make it a list of one", node.span, text),
                    false => diagnostic.help(format!("known are {}", list(choices.iter().map(|choice| choice.name)))),
                });
                return None;
            }
            Tree::Scalar(_) | Tree::Mapping(_) => {
                let what = format!("a list for {}", self.name());
                self.say(wrong_type(node.span, &what, shape(node)));
                return None;
            }
        };
        if items.is_empty() {
            let message = format!("{} is an empty list", self.name());
            self.say(
                Diagnostic::new(Code::E0219, node.span, message)
                    .label("names nothing")
                    .help("name at least one, or remove the field"),
            );
            return None;
        }
        if items.len() > MOST_ITEMS {
            let message = format!("{} has {} items, {MOST_ITEMS} are allowed", self.name(), items.len());
            self.say(Diagnostic::new(Code::E0207, node.span, message).label(format!("{} too many", items.len() - MOST_ITEMS)));
            return None;
        }
        Some(items)
    }

    /// The same member twice.
    fn repeated(&mut self, first: Span, again: Span, member: &str) {
        let message = format!("`{member}` stands twice in {}", self.name());
        self.say(Diagnostic::new(Code::E0219, again, message).label("again").also(first, "first here"));
    }

    fn set(&mut self, node: &Node, choices: &'static [Choice]) -> Option<u32> {
        let mut members: Vec<(u8, Span)> = Vec::new();
        let mark = self.report.len();
        for item in self.items(node, false)? {
            let Some(word) = self.scalar_text(item, "a word") else { continue };
            let Some((index, choice)) = find(choices, word) else {
                self.unknown_choice(word, item.span, choices);
                continue;
            };
            match members.iter().find(|(known, _)| *known == index) {
                Some((_, first)) => self.repeated(*first, item.span, choice.name),
                None => members.push((index, item.span)),
            }
        }
        let bits = members.iter().fold(0_u32, |bits, (index, _)| bits | 1 << index);
        (!self.report.errors_since(mark)).then_some(bits)
    }

    fn oids(&mut self, node: &Node, choices: &'static [Choice]) -> Option<Vec<Text>> {
        let mut oids: Vec<(String, Span)> = Vec::new();
        let mark = self.report.len();
        for item in self.items(node, false)? {
            let Some(word) = self.scalar_text(item, "a name or a dotted OID") else { continue };
            let oid = match find(choices, word) {
                Some((_, choice)) => choice.oid,
                None if is_oid(word) => word,
                None if word.starts_with(|c: char| c.is_ascii_digit()) => {
                    let message = format!("`{word}` is no object identifier");
                    let diagnostic = Diagnostic::new(Code::E0204, item.span, message).label("not an OID");
                    self.say(
                        diagnostic
                            .help("an OID is numbers with dots between them, as in `1.3.6.1.5.5.7.3.2`; the first is 0, 1 or 2"),
                    );
                    continue;
                }
                None => {
                    self.unknown_choice(word, item.span, choices);
                    continue;
                }
            };
            match oids.iter().find(|(known, _)| known == oid) {
                Some((_, first)) => self.repeated(*first, item.span, word),
                None => oids.push((oid.to_owned(), item.span)),
            }
        }
        (!self.report.errors_since(mark)).then(|| oids.into_iter().map(|(oid, _)| Text::literal(oid)).collect())
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

    fn ids(&mut self, node: &Node) -> Option<Vec<Id>> {
        let mut ids: Vec<(Id, Span)> = Vec::new();
        let mark = self.report.len();
        for item in self.items(node, false)? {
            let Some(id) = self.id(item) else { continue };
            match ids.iter().find(|(known, _)| *known == id) {
                Some((_, first)) => self.repeated(*first, item.span, &id),
                None => ids.push((id, item.span)),
            }
        }
        (!self.report.errors_since(mark)).then(|| ids.into_iter().map(|(id, _)| id).collect())
    }

    /// `{ secret: env:NAME }`, `{ secret: file:path }`, `{ token: "..." }`. A literal is refused and never shown.
    fn secret(&mut self, node: &Node) -> Option<SecretSource> {
        let name = self.name();
        let forms = "`{ secret: env:NAME }`, `{ secret: file:PATH }` or `{ token: \"...\" }`";
        let Some([pair]) = node.mapping() else {
            if node.scalar().is_some_and(|scalar| !matches!(resolve(scalar), Resolved::Null)) {
                self.report.hide(node.span);
                self.say(
                    Diagnostic::new(Code::E0213, node.span, format!("{name} is a secret and may not stand in the file"))
                        .label("hidden here; it is in git now if this was committed")
                        .help(format!("name where it comes from: {forms}")),
                );
            } else {
                self.say(wrong_type(node.span, &format!("where {name} comes from"), shape(node)).help(format!("write {forms}")));
            }
            return None;
        };
        match &*pair.key {
            "secret" => self.secret_source(&pair.value),
            "token" => {
                let raw = self.scalar_text(&pair.value, "a token")?;
                if raw.trim().is_empty() {
                    self.say(Diagnostic::new(Code::E0208, pair.value.span, "the token is blank").label("names none"));
                    return None;
                }
                let text = self.cx.expressions.text(raw, pair.value.span, self.cx.sources, self.report)?;
                Some(SecretSource::Token(match text.as_literal() {
                    Some(literal) => Text::of(vec![crate::ir::Piece::Token(literal.into())]),
                    None => text,
                }))
            }
            other => {
                // The value may be the secret itself: hide it.
                self.report.hide(pair.value.span);
                let near = nearest(other, ["secret", "token"]);
                // Without its name: in `{ hunter2 }` the word is the secret.
                let message =
                    near.map_or_else(|| format!("{name} has no such word"), |_| format!("{name} has no word `{other}`"));
                let diagnostic = Diagnostic::new(Code::E0201, pair.key_span, message).label("not known");
                self.say(match near.filter(|near| certain(other, near)) {
                    Some(near) => diagnostic.help(format!("write {forms}")).fix(format!("write `{near}`"), pair.key_span, near),
                    None => diagnostic.help(format!("write {forms}")),
                });
                None
            }
        }
    }

    fn secret_source(&mut self, node: &Node) -> Option<SecretSource> {
        let Some(text) = node.scalar().map(|scalar| &*scalar.text) else {
            self.say(wrong_type(node.span, "`env:NAME` or `file:PATH`", shape(node)));
            return None;
        };
        let variable = |name: &str| {
            !name.is_empty()
                && !name.starts_with(|c: char| c.is_ascii_digit())
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        };
        match text.split_once(':') {
            Some(("env", name)) if variable(name) => Some(SecretSource::Env(name.into())),
            Some(("file", path)) if !path.trim().is_empty() => {
                let path = if path.starts_with('/') { path.to_owned() } else { self.relative(path, node.span)? };
                Some(SecretSource::File(path.into()))
            }
            _ => {
                self.report.hide(node.span);
                self.say(
                    Diagnostic::new(Code::E0213, node.span, format!("{} names no source", self.name()))
                        .label("hidden here, since it may be the secret itself")
                        .help("write `env:NAME` for an environment variable or `file:PATH` for a file"),
                );
                None
            }
        }
    }

    fn duration(&mut self, node: &Node, units: &'static [Unit], min: u64, max: u64) -> Option<u64> {
        let (count, unit) = self.amount(node, units)?;
        let seconds = units.get(usize::from(unit)).and_then(|unit| unit.seconds()).and_then(|each| each.checked_mul(count));
        match seconds {
            Some(seconds) if (min..=max).contains(&seconds) => Some(seconds),
            _ => {
                let diagnostic =
                    Diagnostic::new(Code::E0207, node.span, format!("{} is outside the range of this field", self.name()));
                let label = if seconds.is_some_and(|seconds| seconds < min) {
                    format!("less than {min} seconds")
                } else {
                    format!("more than {max} seconds")
                };
                let diagnostic = self.limits(diagnostic.label(label));
                self.say(diagnostic);
                None
            }
        }
    }

    /// `NUMBER UNIT`: the number and the index of the unit.
    fn amount(&mut self, node: &Node, units: &'static [Unit]) -> Option<(u64, u8)> {
        const MOST: u64 = u32::MAX as u64;
        let known = || list(units.iter().map(|unit| unit.name()));
        let Some(scalar) = node.scalar() else {
            self.say(wrong_type(node.span, "`NUMBER UNIT`", shape(node)));
            return None;
        };
        if let Resolved::Integer(number) = resolve(scalar) {
            let diagnostic = Diagnostic::new(Code::E0215, node.span, format!("{} has a number without a unit", self.name()));
            self.say(diagnostic.label("a number alone").help(format!("write `{number} UNIT`; units are {}", known())));
            return None;
        }
        let (number, unit) = scalar.text.split_once(' ').unwrap_or((&scalar.text, ""));
        let unit = unit.trim();
        let index = units.iter().position(|known| known.name() == unit || known.name().trim_end_matches('s') == unit);
        if let (Ok(number @ 1..=MOST), Some(index), true) =
            (number.parse::<u64>(), index, number.bytes().all(|b| b.is_ascii_digit()))
        {
            return Some((number, u8::try_from(index).ok()?));
        }
        let diagnostic = Diagnostic::new(Code::E0215, node.span, format!("{} is no length of time", self.name()));
        let diagnostic = diagnostic.label("not `NUMBER UNIT`").help(format!("write a number from 1 and a unit: {}", known()));
        let all = units.iter().map(|unit| unit.name());
        self.say(match nearest(unit, all) {
            Some(near) if index.is_none() && number.parse::<u64>().is_ok_and(|number| number > 0) && certain(unit, near) => {
                diagnostic.fix(format!("write `{number} {near}`"), node.span, format!("{number} {near}"))
            }
            _ => diagnostic,
        });
        None
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

    /// Whether a text is another one for each person; what is wrong with it is said when it is read.
    fn differs(&self, node: &Node) -> bool {
        let Some(scalar) = node.scalar() else { return false };
        let text = self.cx.expressions.text(&scalar.text, node.span, self.cx.sources, &mut Report::new());
        text.is_some_and(|text| text.as_literal().is_none())
    }

    /// The path of a file that each person has, relative to the workspace.
    fn personal(&mut self, node: &Node) -> Option<Identity> {
        let raw = self.scalar_text(node, "a path")?;
        let text = self.cx.expressions.text(raw, node.span, self.cx.sources, self.report)?;
        let folder = self.place.folder;
        let mut path = Text::literal(if folder.is_empty() { String::new() } else { format!("{folder}/") });
        path.extend(&text);
        Some(Identity { from: IdentitySource::Personal(path), span: node.span })
    }

    /// The path under `file:`, relative to the workspace.
    fn path(&mut self, node: &Node) -> Option<(String, Span)> {
        let raw = self.scalar_text(node, "a path")?;
        let text = self.cx.expressions.text(raw, node.span, self.cx.sources, self.report)?;
        let Some(literal) = text.as_literal() else {
            self.say(
                Diagnostic::new(
                    Code::E0217,
                    node.span,
                    "a file whose path depends on the user can only be read in a per-user build",
                )
                .label("one file for each user")
                .help("name one file, or let the server fetch it: `{ token: \"...\" }`"),
            );
            return None;
        };
        let at = locate(raw, node.span, self.cx.sources, 0, raw.len());
        Some((self.relative(literal, at)?, at))
    }

    /// A path beside the profile's file, as one from the workspace; never out of it.
    fn relative(&mut self, path: &str, span: Span) -> Option<String> {
        match join(self.place.folder, path) {
            Some(path) => Some(path),
            None => {
                let diagnostic = Diagnostic::new(Code::E0111, span, format!("`{path}` leads out of the workspace"));
                self.say(
                    diagnostic
                        .label("outside")
                        .help("keep the file inside the workspace; paths are relative to the profile's file and use `/`"),
                );
                None
            }
        }
    }

    fn file(&mut self, path: &str, span: Span) -> Option<Arc<[u8]>> {
        match self.cx.files.read(path) {
            Ok(bytes) => Some(bytes),
            Err(problem) => {
                let (code, what) = match &problem {
                    FileProblem::Missing => (Code::E0101, format!("there is no file `{path}`")),
                    FileProblem::Outside => (Code::E0111, format!("`{path}` leads out of the workspace")),
                    FileProblem::Unreadable(why) => (Code::E0101, format!("`{path}` cannot be read: {why}")),
                };
                let diagnostic = Diagnostic::new(code, span, what).label("named here");
                let near = (problem == FileProblem::Missing).then(|| nearest_file(self.cx, path)).flatten();
                self.say(match near {
                    Some(near) => self.similar(diagnostic, path, &near, span),
                    None if problem == FileProblem::Missing => diagnostic.help("paths are relative to the profile's file"),
                    None if problem == FileProblem::Outside => {
                        diagnostic.help("it is a symbolic link, or lies behind one: keep the file itself inside the workspace")
                    }
                    None => diagnostic,
                });
                None
            }
        }
    }

    /// A file of nearly that name lies in the folder: the text as it would be written.
    fn similar(&self, diagnostic: Diagnostic, path: &str, near: &str, span: Span) -> Diagnostic {
        let name = path.rsplit('/').next().unwrap_or(path);
        let written = self.cx.sources.slice(span);
        let help = diagnostic.help(format!("a file with a similar name exists: `{near}`"));
        match written.strip_suffix(name).filter(|_| certain(name, near)) {
            Some(folder) => help.fix(format!("write `{folder}{near}`"), span, format!("{folder}{near}")),
            None => help,
        }
    }

    fn certificate(&mut self, node: &Node) -> Option<Certificate> {
        let (path, span) = match node.mapping() {
            Some([pair]) if &*pair.key == "file" => self.path(&pair.value)?,
            _ => {
                let diagnostic = wrong_type(node.span, "`{ file: PATH }`", shape(node));
                self.say(match node.scalar() {
                    Some(_) => {
                        let text = format!("{{ file: {} }}", self.cx.sources.slice(node.span));
                        diagnostic.fix(format!("write `{text}`"), node.span, text)
                    }
                    None => diagnostic,
                });
                return None;
            }
        };
        let bytes = self.file(&path, span)?;
        match certificate::read(&bytes) {
            Ok(certificate) => Some(certificate),
            Err(what) => {
                let diagnostic = Diagnostic::new(Code::E0308, span, format!("`{path}` {what}")).label("named here");
                self.say(diagnostic.help("a file with exactly one X.509 certificate, PEM or DER, is expected"));
                None
            }
        }
    }

    fn identity(&mut self, node: &Node) -> Option<Identity> {
        let from = match node.mapping() {
            Some([pair]) if &*pair.key == "file" && self.cx.people && self.differs(&pair.value) => {
                return self.personal(&pair.value);
            }
            Some([pair]) if &*pair.key == "file" => {
                let (path, span) = self.path(&pair.value)?;
                let bytes = self.file(&path, span)?;
                if let Err(what) = certificate::looks_like_pkcs12(&bytes) {
                    let diagnostic = Diagnostic::new(Code::E0310, span, format!("`{path}` {what}")).label("named here");
                    self.say(diagnostic.help("a PKCS#12 file (`.p12`, `.pfx`) with one certificate and its key is expected"));
                    return None;
                }
                return Some(Identity { from: IdentitySource::File(bytes), span });
            }
            Some([pair]) if matches!(&*pair.key, "secret" | "token") => IdentitySource::Secret(self.secret(node)?),
            _ => {
                let what = "`{ file: PATH }`, `{ secret: ... }` or `{ token: \"...\" }`";
                // What stands here may be the key itself.
                self.report.hide(node.span);
                self.say(wrong_type(node.span, what, shape(node)));
                return None;
            }
        };
        Some(Identity { from, span: node.span })
    }
}

fn find(choices: &'static [Choice], word: &str) -> Option<(u8, &'static Choice)> {
    let index = choices.iter().position(|choice| choice.name == word)?;
    Some((u8::try_from(index).ok()?, choices.get(index)?))
}

fn boolean_word(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "on" | "y" | "true" | "1" => Some(true),
        "no" | "off" | "n" | "false" | "0" => Some(false),
        _ => None,
    }
}

/// `folder/path` without `.` and `..`; nothing when it leads out.
pub fn join(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains('\\') || path.as_bytes().get(1) == Some(&b':') {
        return None;
    }
    let mut segments: Vec<&str> = folder.split('/').filter(|segment| !segment.is_empty()).collect();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop()?;
            }
            other => segments.push(other),
        }
    }
    Some(segments.join("/"))
}

fn nearest_file(cx: &Cx<'_>, path: &str) -> Option<String> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let names = cx.files.list(folder);
    nearest(name, names.iter().map(String::as_str)).map(ToOwned::to_owned)
}
