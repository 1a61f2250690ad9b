//! The value of a node: a word, a number or text becomes what the node takes, or is refused.

use std::sync::Arc;

use super::csp::Pass;
use crate::catalog::{Allowed, Node, NodeFormat, number_of};
use crate::check::suggest::{either, list, nearest};
use crate::check::{certificate, vendor};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{NodeData, NodeSetting, NodeValue, Piece, SecretSource, Text, Verb};
use crate::source::Span;

/// More values than this are not listed in a help line.
const MANY: usize = 12;

impl Pass<'_, '_> {
    /// What stands in `Data`.
    pub fn data(&mut self, setting: &NodeSetting, node: &'static Node, verb: Verb) -> Option<NodeData> {
        let span = setting.value_span;
        let nothing = setting.value == NodeValue::Nothing;
        let ingested = self.is_ingested(node);
        if verb == Verb::Delete || (matches!(node.format, NodeFormat::Node | NodeFormat::Null) && !ingested) {
            if nothing {
                return Some(NodeData::None);
            }
            let what =
                if verb == Verb::Delete { "Delete takes no value".to_owned() } else { format!("`{}` holds no value", self.name) };
            self.wrong(span, what, "not used", "remove `value`");
            return None;
        }
        if nothing {
            if verb == Verb::Exec {
                return Some(NodeData::None);
            }
            let help = self.takes(node);
            self.wrong(setting.span, format!("`{}` needs a value", self.name), "has none", &help);
            return None;
        }
        if self.literal_password(setting, node) {
            return None;
        }
        if matches!(node.allowed, Allowed::Admx(_)) || ingested {
            return self.policy(setting, node).map(NodeData::Text);
        }
        match &setting.value {
            NodeValue::Bytes(bytes) => self.bytes(span, node, bytes),
            NodeValue::Secret(source) => self.secret(span, node, source),
            NodeValue::List(items) => self.several(span, node, items).map(NodeData::Text),
            NodeValue::Policy(_) => {
                let help = self.takes(node);
                self.wrong(span, format!("`{}` is no policy of an ADMX file", self.name), "elements", &help);
                None
            }
            value if matches!(node.format, NodeFormat::B64 | NodeFormat::Bin) => self.as_base64(span, node, value),
            value => self.one(span, node, value).map(NodeData::Text),
        }
    }

    /// The password of an account is written down.
    fn literal_password(&mut self, setting: &NodeSetting, node: &Node) -> bool {
        let given = match &setting.value {
            NodeValue::Secret(_) => false,
            NodeValue::Text(text) => text.literals().next().is_some(),
            _ => true,
        };
        if !node.doubtful || node.name() != "Password" || !given {
            return false;
        }
        self.report.hide(setting.value_span);
        let message = format!("`{}` is a secret and may not stand in the file", self.name);
        let diagnostic = Diagnostic::new(Code::E0213, setting.value_span, message).label("a secret");
        self.report.push(diagnostic.help("write `{ secret: env:NAME }`, `{ secret: file:PATH }` or `{ token: TEXT }`"));
        true
    }

    fn wrong(&mut self, span: Span, message: String, label: &'static str, help: &str) {
        self.report.push(Diagnostic::new(Code::E0453, span, message).label(label).help(help));
    }

    /// Bytes of a file, or given in base64.
    fn bytes(&mut self, span: Span, node: &Node, bytes: &Arc<[u8]>) -> Option<NodeData> {
        match node.format {
            NodeFormat::B64 | NodeFormat::Bin if node.name() == "EncodedCertificate" => match certificate::read(bytes) {
                // The store wants DER; a PEM file is put right.
                Ok(read) => Some(NodeData::Bytes(read.der)),
                Err(why) => {
                    let diagnostic =
                        Diagnostic::new(Code::E0308, span, format!("the value of `{}` {why}", self.name)).label("these bytes");
                    self.report.push(diagnostic.help("a file with exactly one X.509 certificate, PEM or DER, is expected"));
                    None
                }
            },
            NodeFormat::B64 | NodeFormat::Bin => Some(NodeData::Bytes(Arc::clone(bytes))),
            NodeFormat::Chr | NodeFormat::Xml => {
                let text =
                    std::str::from_utf8(bytes).ok().map(|text| text.trim_start_matches('\u{feff}').trim().replace("\r\n", "\n"));
                let Some(text) = text.filter(|text| text.chars().all(is_xml)) else {
                    self.wrong(
                        span,
                        format!("`{}` takes text, and these bytes are none", self.name),
                        "no text",
                        "write text in UTF-8",
                    );
                    return None;
                };
                self.one(span, node, &NodeValue::Text(Text::literal(text))).map(NodeData::Text)
            }
            _ => {
                let help = self.takes(node);
                self.wrong(span, format!("`{}` takes no bytes", self.name), "bytes", &help);
                None
            }
        }
    }

    fn as_base64(&mut self, span: Span, node: &Node, value: &NodeValue) -> Option<NodeData> {
        let text = match value {
            NodeValue::Text(text) => Some(text),
            _ => None,
        };
        let known = text.and_then(Text::as_literal).and_then(|word| {
            let listed = node.allowed.listed().iter().find(|known| known.value == word).map(|known| known.value);
            node.allowed.value_of(word).or(listed)
        });
        if let Some(known) = known {
            return Some(NodeData::Text(Text::literal(known)));
        }
        if let Some(text) =
            text.filter(|text| text.pieces().iter().all(|piece| matches!(piece, Piece::Token(_) | Piece::Attribute(_))))
        {
            return Some(NodeData::Text(text.clone()));
        }
        let help = if node.allowed.listed().is_empty() {
            "write `{ file: PATH }`, `{ base64: TEXT }`, `{ secret: ... }` or `{ token: ... }`".to_owned()
        } else {
            self.takes(node)
        };
        self.wrong(span, format!("`{}` holds bytes", self.name), "no bytes", &help);
        None
    }

    fn secret(&mut self, span: Span, node: &Node, source: &SecretSource) -> Option<NodeData> {
        match node.format {
            NodeFormat::B64 | NodeFormat::Bin => Some(NodeData::Secret(source.clone(), true)),
            NodeFormat::Chr | NodeFormat::Xml => Some(NodeData::Secret(source.clone(), false)),
            _ => {
                let help = self.takes(node);
                self.wrong(span, format!("`{}` takes no secret", self.name), "a secret", &help);
                None
            }
        }
    }

    /// A list: joined, or the sum of flags.
    fn several(&mut self, span: Span, node: &Node, items: &[(NodeValue, Span)]) -> Option<Text> {
        let mark = self.report.len();
        let parts: Vec<(Text, Span)> =
            items.iter().filter_map(|(item, span)| Some((self.one(*span, node, item)?, *span))).collect();
        if self.report.errors_since(mark) {
            return None;
        }
        if matches!(node.allowed, Allowed::Flag(_)) && node.list.is_none() {
            let numbers = parts.iter().filter_map(|(part, _)| number_of(part.as_literal()?));
            let sum = numbers.fold(0, |sum, number| sum | number);
            let hex = node.format != NodeFormat::Int && node.allowed.listed().iter().any(|known| known.value.starts_with("0x"));
            return Some(Text::literal(if hex { format!("{sum:#x}") } else { sum.to_string() }));
        }
        let Some(between) = node.list else {
            let help = self.takes(node);
            self.wrong(span, format!("`{}` takes one value", self.name), "a list", &help);
            return None;
        };
        let mut all = Text::default();
        for (index, (part, span)) in parts.iter().enumerate() {
            if part.literals().any(|literal| literal.contains(between)) {
                let what = format!("`{}` separates the values of this list", between.escape_default());
                self.wrong(*span, what, "holds it", "write a value without it, or several values");
                return None;
            }
            if index > 0 {
                all.push(Piece::Literal(between.to_string().into()));
            }
            all.extend(part);
        }
        Some(all)
    }

    /// One value as text.
    fn one(&mut self, span: Span, node: &Node, value: &NodeValue) -> Option<Text> {
        let literal = match value {
            NodeValue::Boolean(value) => value.to_string(),
            NodeValue::Integer(number) => number.to_string(),
            NodeValue::Text(text) => match text.as_literal() {
                Some(literal) => literal.to_owned(),
                None => return Some(text.clone()),
            },
            _ => return None,
        };
        if let Some(value) = node.allowed.value_of(&literal) {
            return Some(Text::literal(spelled(node, value)));
        }
        let fits = match (node.format, value) {
            (NodeFormat::Bool, NodeValue::Boolean(_)) => node.takes(&literal),
            (NodeFormat::Bool, NodeValue::Integer(_)) => {
                matches!(&*literal, "0" | "1") && node.allowed.takes(&literal) && !node.allowed.listed().is_empty()
            }
            (NodeFormat::Bool, _) => false,
            (NodeFormat::Int, NodeValue::Integer(_)) => self.in_range(span, node, &literal)?,
            (NodeFormat::Int, _) => false,
            (_, NodeValue::Boolean(_)) => node.allowed.listed().iter().any(|known| known.value == literal),
            (_, NodeValue::Text(_)) if node.list.is_some_and(|between| literal.contains(between)) => node.takes(&literal),
            _ => self.in_range(span, node, &literal)?,
        };
        if !fits {
            self.not_taken(span, node, value, &literal);
            return None;
        }
        self.well_formed(span, node, &literal)?;
        self.pattern(span, node, &literal)?;
        Some(Text::literal(spelled(node, &literal)))
    }

    /// Whether a value is allowed; a number outside of the range is said here.
    fn in_range(&mut self, span: Span, node: &Node, literal: &str) -> Option<bool> {
        let (Allowed::Range(ranges), Ok(_)) = (&node.allowed, literal.parse::<i64>()) else {
            return Some(node.allowed.takes(literal));
        };
        if node.allowed.takes(literal) {
            return Some(true);
        }
        let shown: Vec<String> =
            ranges.iter().map(|(from, to)| if from == to { from.to_string() } else { format!("{from}..={to}") }).collect();
        let shown = either(shown.iter().map(String::as_str));
        self.wrong(span, format!("`{}` cannot be {literal}", self.name), "outside the range", &format!("it takes {shown}"));
        None
    }

    fn not_taken(&mut self, span: Span, node: &Node, value: &NodeValue, literal: &str) {
        let listed = node.allowed.listed();
        let words = listed.iter().flat_map(|known| [known.meaning, known.value]).filter(|word| !word.is_empty());
        let digits = literal.strip_prefix('-').unwrap_or(literal);
        let beyond = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) && literal.parse::<i64>().is_err();
        let found = match value {
            NodeValue::Text(_) if beyond => "a number beyond 64 bits",
            NodeValue::Text(_) => "this text",
            NodeValue::Boolean(_) => "a boolean",
            _ => "this number",
        };
        let message = match value {
            NodeValue::Text(_) if literal.len() <= 64 && !listed.is_empty() => {
                format!("`{literal}` is no value of `{}`", self.name)
            }
            _ => format!("`{}` does not take {found}", self.name),
        };
        let help = self.takes(node);
        let diagnostic = Diagnostic::new(Code::E0453, span, message).label("not taken");
        let number = matches!(value, NodeValue::Text(_)) && literal.parse::<i64>().is_ok_and(|_| node.allowed.takes(literal));
        let boolean = node.format == NodeFormat::Bool && matches!(literal, "true" | "false");
        let near = nearest(literal, words).filter(|_| matches!(value, NodeValue::Text(_)));
        self.report.push(match near {
            _ if number || boolean => {
                diagnostic.help("it stands without quotes").fix("remove the quotes", span, literal.to_owned())
            }
            Some(near) => diagnostic.help(format!("did you mean `{near}`? {help}")).fix(format!("write `{near}`"), span, near),
            None => diagnostic.help(help),
        });
    }

    /// The vendor's expression: only one that was compared with documentation refuses a value.
    fn pattern(&mut self, span: Span, node: &Node, literal: &str) -> Option<()> {
        let Some(pattern) = vendor::other_pattern(node, literal) else { return Some(()) };
        let message = format!("`{}` has another form in the vendor's tables", self.name);
        let code = if node.verified { Code::E0453 } else { Code::W0652 };
        let diagnostic = Diagnostic::new(code, span, message).label("another form");
        // Some expressions fill a page.
        let short = pattern.len() <= 100;
        self.report.push(if short { diagnostic.help(format!("it fits `{pattern}`")) } else { diagnostic });
        (!node.verified).then_some(())
    }

    /// XML and JSON that no CSP could read.
    fn well_formed(&mut self, span: Span, node: &Node, literal: &str) -> Option<()> {
        let Some((what, why)) = vendor::malformed(node, literal) else { return Some(()) };
        let message = format!("`{}` takes {what}, and this text is not well-formed: {why}", self.name);
        self.wrong(span, message, "not well-formed", "write the document unescaped: it is escaped once, when it is sent");
        None
    }

    /// What a node takes, for a help line.
    pub fn takes(&self, node: &Node) -> String {
        let listed = node.allowed.listed();
        let words: Vec<&str> =
            listed.iter().map(|known| if known.meaning.is_empty() { known.value } else { known.meaning }).collect();
        match (&node.allowed, node.format) {
            (Allowed::Enum(_), _) if words.len() <= MANY => format!("it takes {}", either(words)),
            (Allowed::Flag(_), _) if words.len() <= MANY => format!("it takes a list of {}", list(words)),
            (Allowed::Range(ranges), _) => {
                let shown: Vec<String> = ranges.iter().map(|(from, to)| format!("{from}..={to}")).collect();
                format!("it takes {}", either(shown.iter().map(String::as_str)))
            }
            (Allowed::Admx(_), _) => "it takes `enabled`, `disabled` or `{ enabled: { ELEMENT: VALUE } }`".to_owned(),
            (_, NodeFormat::Bool) => "it takes `true` or `false`".to_owned(),
            (_, NodeFormat::Int) => "it takes a whole number".to_owned(),
            (_, NodeFormat::Xml) => "it takes XML".to_owned(),
            (_, NodeFormat::B64 | NodeFormat::Bin) => "it takes `{ file: PATH }` or `{ base64: TEXT }`".to_owned(),
            _ => "`payloadc catalog show` prints what it takes".to_owned(),
        }
    }
}

/// A boolean is `true` or `false` on the wire, whatever the vendor lists.
fn spelled(node: &Node, value: &str) -> String {
    match (node.format, value) {
        (NodeFormat::Bool, "1" | "True" | "TRUE") => "true".to_owned(),
        (NodeFormat::Bool, "0" | "False" | "FALSE") => "false".to_owned(),
        (NodeFormat::Int, value) if value.starts_with("0x") => {
            number_of(value).map_or_else(|| value.to_owned(), |number| number.to_string())
        }
        _ => value.to_owned(),
    }
}

/// Whether XML can carry a character.
pub fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r') || (!c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}'))
}
