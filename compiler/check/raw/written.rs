//! A list of nodes, and a list of ADMX files, as they are written: shape only.
//!
//! Whether a node exists and takes the value is asked in `csp.rs`, by platform.

use std::sync::Arc;

use base64::Engine as _;

use crate::check::suggest::{list, offer};
use crate::check::text::locate;
use crate::check::value::{Reader, shape, text_of, wrong_type};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{AdmxFile, AdmxInstall, Element, NodeSetting, NodeValue, Text, Verb};
use crate::source::{Node, Pair, Resolved, Span, Tree, resolve};

/// Beyond what anybody keeps in one profile.
const MOST_NODES: usize = 4_000;
/// The longest path; devices take less.
const LONGEST_PATH: usize = 2_048;
/// The largest ADMX file: Microsoft's largest has 1 MiB.
const LARGEST_ADMX: usize = 4 << 20;

impl Reader<'_, '_> {
    /// `settings:` of a profile of nodes. What is wrong in one of them is said; the others are still looked up.
    pub fn nodes(&mut self, node: &Node) -> Option<Arc<[NodeSetting]>> {
        let items = self.mappings(node, "nodes", MOST_NODES)?;
        Some(items.iter().filter_map(|item| self.node(item)).collect())
    }

    fn mappings<'n>(&mut self, node: &'n Node, what: &str, most: usize) -> Option<&'n [Node]> {
        let Some(items) = node.sequence() else {
            self.say(wrong_type(node.span, &format!("a list of {what}"), shape(node)).help("each stands behind a `-`"));
            return None;
        };
        if items.is_empty() {
            self.say(Diagnostic::new(Code::E0219, node.span, format!("the list of {what} is empty")).label("names nothing"));
            return None;
        }
        if items.len() > most {
            let message = format!("{} {what} stand here, {most} are allowed", items.len());
            self.say(Diagnostic::new(Code::E0207, node.span, message).label(format!("{} too many", items.len() - most)));
            return None;
        }
        Some(items)
    }

    /// The words of an item; unknown ones are said.
    fn words<'n>(&mut self, item: &'n Node, what: &str, known: &[&str]) -> Option<&'n [Pair]> {
        let Some(pairs) = item.mapping() else {
            self.say(wrong_type(item.span, &format!("a mapping with {}", list(known.iter().copied())), shape(item)));
            return None;
        };
        for pair in pairs.iter().filter(|pair| !known.contains(&&*pair.key)) {
            let message = format!("`{}` is no word of {what}", pair.key);
            let diagnostic = Diagnostic::new(Code::E0201, pair.key_span, message).label("not known");
            self.say(offer(diagnostic, "word", &pair.key, pair.key_span, known));
        }
        Some(pairs)
    }

    fn must<'n>(&mut self, item: &'n Node, word: &str) -> Option<&'n Pair> {
        let pair = item.get(word);
        if pair.is_none() {
            self.say(Diagnostic::new(Code::E0202, item.span, format!("`{word}` is missing")).label("here"));
        }
        pair
    }

    fn node(&mut self, item: &Node) -> Option<NodeSetting> {
        let mark = self.report.len();
        self.words(item, "a node", &["node", "value", "verb"])?;
        let at = self.must(item, "node")?;
        let path = self.literal(&at.value, "the path of a node")?;
        if path.len() > LONGEST_PATH {
            let message = format!("the path has {} bytes, {LONGEST_PATH} are allowed", path.len());
            self.say(Diagnostic::new(Code::E0207, at.value.span, message).label("too long"));
            return None;
        }
        let asked = item.get("verb").and_then(|pair| self.verb(&pair.value).map(|verb| (verb, pair.value.span)));
        let value = match item.get("value") {
            Some(pair) => self.node_value(&pair.value)?,
            None => NodeValue::Nothing,
        };
        let value_span = item.get("value").map_or(at.value.span, |pair| pair.value.span);
        let setting = NodeSetting { path: path.into(), span: at.value.span, asked, value, value_span, command: None };
        (!self.report.errors_since(mark)).then_some(setting)
    }

    /// Text that is the same for everybody.
    fn literal(&mut self, node: &Node, what: &str) -> Option<String> {
        let raw = text_of(node, what, self.cx.sources, self.report)?;
        let text = self.cx.expressions.text(raw, node.span, self.cx.sources, self.report)?;
        let literal = text.as_literal().map(ToOwned::to_owned);
        if literal.is_none() {
            let message = format!("{what} is the same for everybody");
            self.say(Diagnostic::new(Code::E0217, node.span, message).label("a per-user value"));
        }
        literal
    }

    fn verb(&mut self, node: &Node) -> Option<Verb> {
        let word = text_of(node, "a verb", self.cx.sources, self.report)?;
        let found = Verb::ALL.into_iter().find(|verb| verb.name().eq_ignore_ascii_case(word));
        if found.is_none() {
            let diagnostic = Diagnostic::new(Code::E0204, node.span, format!("`{word}` is no verb")).label("not known");
            self.say(offer(diagnostic, "verb", word, node.span, &["add", "replace", "delete", "exec"]));
        }
        found
    }

    fn node_value(&mut self, node: &Node) -> Option<NodeValue> {
        match &node.tree {
            Tree::Scalar(scalar) => Some(match resolve(scalar) {
                Resolved::Null => NodeValue::Nothing,
                Resolved::Boolean(value) => NodeValue::Boolean(value),
                Resolved::Integer(value) => NodeValue::Integer(value),
                Resolved::Float => NodeValue::Text(Text::literal(&*scalar.text)),
                Resolved::Text(text) => {
                    NodeValue::Text(self.cx.expressions.text(text, node.span, self.cx.sources, self.report)?)
                }
            }),
            Tree::Sequence(items) => {
                if items.len() > MOST_NODES {
                    let message = format!("the list has {} items, {MOST_NODES} are allowed", items.len());
                    self.say(Diagnostic::new(Code::E0207, node.span, message).label("too many"));
                    return None;
                }
                let mark = self.report.len();
                let read = items.iter().filter_map(|item| Some((self.list_member(item)?, item.span))).collect();
                (!self.report.errors_since(mark)).then_some(NodeValue::List(read))
            }
            Tree::Mapping(pairs) => match pairs.as_slice() {
                [pair] => self.named_value(node, pair),
                _ => {
                    self.no_such_value(node);
                    None
                }
            },
        }
    }

    fn list_member(&mut self, item: &Node) -> Option<NodeValue> {
        if item.scalar().is_none() {
            self.say(wrong_type(item.span, "one value", shape(item)));
            return None;
        }
        self.node_value(item)
    }

    fn named_value(&mut self, node: &Node, pair: &Pair) -> Option<NodeValue> {
        match &*pair.key {
            "secret" | "token" => self.secret(node).map(NodeValue::Secret),
            "file" => {
                let (path, span) = self.path(&pair.value)?;
                self.file(&path, span).map(NodeValue::Bytes)
            }
            "base64" => {
                let text = self.literal(&pair.value, "base64")?;
                let compact: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
                match base64::engine::general_purpose::STANDARD.decode(compact) {
                    Ok(bytes) => Some(NodeValue::Bytes(bytes.into())),
                    Err(_) => {
                        let diagnostic = Diagnostic::new(Code::E0208, pair.value.span, "the text is no base64");
                        self.say(diagnostic.label("not base64").help("text of one's own stands without `base64`"));
                        None
                    }
                }
            }
            "enabled" => self.elements(&pair.value).map(NodeValue::Policy),
            _ => {
                self.no_such_value(node);
                None
            }
        }
    }

    fn no_such_value(&mut self, node: &Node) {
        // What stands there may be a secret under a misspelt word.
        self.report.hide(node.span);
        let help = "write text, a number, a list, `{ file: PATH }`, `{ base64: TEXT }`, `{ secret: env:NAME }`, `{ token: TEXT }` or `{ enabled: { ELEMENT: VALUE } }`";
        self.say(Diagnostic::new(Code::E0203, node.span, "this mapping is no value of a node").label("no value").help(help));
    }

    fn elements(&mut self, node: &Node) -> Option<Vec<Element>> {
        let Some(pairs) = node.mapping() else {
            if node.scalar().is_some_and(|scalar| matches!(resolve(scalar), Resolved::Null)) {
                return Some(Vec::new());
            }
            self.say(wrong_type(node.span, "a mapping of elements and their values", shape(node)));
            return None;
        };
        let mark = self.report.len();
        let elements = pairs.iter().filter_map(|pair| self.element(pair)).collect();
        (!self.report.errors_since(mark)).then_some(elements)
    }

    fn element(&mut self, pair: &Pair) -> Option<Element> {
        let mut names = Vec::new();
        let value = match pair.value.mapping() {
            Some(inner) => {
                let mut values = Vec::new();
                for each in inner {
                    names.push(self.cx.expressions.text(&each.key, each.key_span, self.cx.sources, self.report)?);
                    values.push((self.list_member(&each.value)?, each.value.span));
                }
                NodeValue::List(values)
            }
            None => self.node_value(&pair.value)?,
        };
        Some(Element { id: (*pair.key).into(), span: pair.key_span, value, names, value_span: pair.value.span })
    }

    /// `admx:` of a profile of nodes.
    pub fn admx(&mut self, node: &Node) -> Option<Arc<[AdmxFile]>> {
        let mark = self.report.len();
        let items = self.mappings(node, "ADMX files", 64)?;
        let found: Vec<AdmxFile> = items.iter().filter_map(|item| self.admx_file(item)).collect();
        (!self.report.errors_since(mark)).then(|| found.into())
    }

    fn admx_file(&mut self, item: &Node) -> Option<AdmxFile> {
        let mark = self.report.len();
        self.words(item, "an ADMX file", &["file", "app", "area", "id"])?;
        let file = self.must(item, "file")?;
        let (path, span) = self.path(&file.value)?;
        let bytes = self.file(&path, span)?;
        if bytes.len() > LARGEST_ADMX {
            let message = format!("`{path}` has {} bytes, {LARGEST_ADMX} are allowed", bytes.len());
            self.say(Diagnostic::new(Code::E0207, span, message).label("too large"));
            return None;
        }
        let text = match super::admx_read::decoded(&bytes) {
            Ok(text) => text,
            Err(why) => {
                self.say(Diagnostic::new(Code::E0456, span, format!("`{path}` {why}")).label("named here"));
                return None;
            }
        };
        let name = path.rsplit('/').next().unwrap_or_default();
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned();
        let install = match item.get("app") {
            Some(pair) => {
                let app = self.segment(&pair.value, "the application")?;
                let id = match item.get("id") {
                    Some(pair) => self.segment(&pair.value, "the id of an ADMX file")?,
                    None => stem.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect(),
                };
                Some(AdmxInstall { app: app.into(), area: self.area(item)?, id: id.into() })
            }
            None => None,
        };
        let file = AdmxFile { text: text.into(), name: name.into(), span, install };
        (!self.report.errors_since(mark)).then_some(file)
    }

    fn area(&mut self, item: &Node) -> Option<&'static str> {
        let Some(pair) = item.get("area") else { return Some("Policy") };
        let word = text_of(&pair.value, "`policy` or `preference`", self.cx.sources, self.report)?;
        let found = ["Policy", "Preference"].into_iter().find(|known| known.eq_ignore_ascii_case(word));
        if found.is_none() {
            let diagnostic = Diagnostic::new(Code::E0204, pair.value.span, format!("`{word}` is no area")).label("not known");
            self.say(offer(diagnostic, "area", word, pair.value.span, &["policy", "preference"]));
        }
        found
    }

    /// A name that stands as one segment of a path, and between `~`.
    fn segment(&mut self, node: &Node, what: &str) -> Option<String> {
        let text = self.literal(node, what)?;
        let other = text.char_indices().find(|(_, c)| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')));
        let wrong = match other {
            _ if text.is_empty() => Some("it is empty".to_owned()),
            Some((_, c)) => Some(format!("it holds `{}`", c.escape_default())),
            None => None,
        };
        let Some(wrong) = wrong else { return Some(text) };
        let at = other.map_or(node.span, |(at, c)| locate(&text, node.span, self.cx.sources, at, at + c.len_utf8()));
        let diagnostic = Diagnostic::new(Code::E0208, at, format!("`{text}` cannot be {what}: {wrong}")).label("not allowed");
        self.say(diagnostic.help("letters, digits, `_`, `-` and `.` are allowed"));
        None
    }
}

/// Where bytes of a path stand.
pub fn part_of(setting: &NodeSetting, from: usize, to: usize, sources: &crate::source::Sources) -> Span {
    locate(&setting.path, setting.span, sources, from, to)
}
