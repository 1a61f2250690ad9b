//! Words of a closed list: one, several, or object identifiers by name.

use super::{MOST_ITEMS, Reader, shape, wrong_type};
use crate::check::format;
use crate::check::name::is_oid;
use crate::check::suggest::{list, nearest, offer};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Text, Value};
use crate::schema::Choice;
use crate::source::{Node, Resolved, Scalar, Span, Tree, resolve};

impl Reader<'_, '_> {
    pub(super) fn choice(&mut self, node: &Node, choices: &'static [Choice]) -> Option<Option<Value>> {
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
        if resolve(scalar) == Resolved::Null {
            self.say(wrong_type(node.span, &what, "nothing"));
            return None;
        }
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

    pub(super) fn unknown_scalar_choice(&mut self, scalar: &Scalar, span: Span, choices: &'static [Choice]) {
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

    pub(super) fn unknown_choice(&mut self, word: &str, span: Span, choices: &'static [Choice]) {
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

    pub(super) fn items<'n>(&mut self, node: &'n Node, or_one: bool) -> Option<&'n [Node]> {
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
    pub(super) fn repeated(&mut self, first: Span, again: Span, member: &str) {
        let message = format!("`{member}` stands twice in {}", self.name());
        self.say(Diagnostic::new(Code::E0219, again, message).label("again").also(first, "first here"));
    }

    pub(super) fn set(&mut self, node: &Node, choices: &'static [Choice]) -> Option<u32> {
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

    pub(super) fn oids(&mut self, node: &Node, choices: &'static [Choice]) -> Option<Vec<Text>> {
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
}

fn find(choices: &'static [Choice], word: &str) -> Option<(u8, &'static Choice)> {
    let index = choices.iter().position(|choice| choice.name == word)?;
    Some((u8::try_from(index).ok()?, choices.get(index)?))
}
