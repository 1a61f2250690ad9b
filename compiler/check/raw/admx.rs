//! The body of an ADMX-backed policy: `<enabled/>` with the data of its elements.
//!
//! It is XML inside of text: values are escaped here once as attributes, and the whole once more when it is written.
//! <https://learn.microsoft.com/windows/client-management/understanding-admx-backed-policies>

use super::admx_file::{Asked, Element as Kind, Policy};
use super::csp::Pass;
use crate::catalog::{Allowed, Node};
use crate::check::suggest::{either, nearest};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Element, NodeSetting, NodeValue, Piece, Text, attribute_value};

/// Between the values of a list.
const BETWEEN: &str = "\u{f000}";

impl Pass<'_, '_> {
    /// Whether a node is a policy of an ADMX file that was sent before.
    pub fn is_ingested(&self, node: &Node) -> bool {
        node.path.contains("/Policy/Config/{}/")
    }

    /// `enabled`, `disabled` or `enabled` with elements.
    pub fn policy(&mut self, setting: &NodeSetting, node: &Node) -> Option<Text> {
        let known = match self.ingested(setting) {
            Some(found) => Some(found.ok()?),
            None => self.built_in(node),
        };
        match &setting.value {
            NodeValue::Policy(elements) => self.body(setting, elements, known),
            NodeValue::Text(text) => match text.as_literal().map(str::trim) {
                Some("enabled") => self.body(setting, &[], known),
                Some("disabled") => Some(Text::literal("<disabled/>")),
                Some(raw) if raw.starts_with('<') => self.raw_body(setting, raw),
                _ => self.no_policy(setting),
            },
            _ => self.no_policy(setting),
        }
    }

    fn no_policy(&mut self, setting: &NodeSetting) -> Option<Text> {
        let message = format!("`{}` is a policy of an ADMX file", self.name);
        let diagnostic = Diagnostic::new(Code::E0453, setting.value_span, message).label("not taken");
        let help = "it takes `enabled`, `disabled` or `{ enabled: { ELEMENT: VALUE } }`; not configured is `verb: delete`";
        let word = match &setting.value {
            NodeValue::Boolean(true) => Some("enabled"),
            NodeValue::Boolean(false) => Some("disabled"),
            NodeValue::Text(text) => nearest(text.as_literal().unwrap_or_default(), ["enabled", "disabled"]),
            _ => None,
        };
        self.report.push(match word {
            Some(word) => diagnostic.help(help).fix(format!("write `{word}`"), setting.value_span, word),
            None => diagnostic.help(help),
        });
        None
    }

    /// A body somebody wrote as XML.
    fn raw_body(&mut self, setting: &NodeSetting, raw: &str) -> Option<Text> {
        match super::admx_read::well_formed(&format!("<policy>{raw}</policy>")) {
            Ok(()) => Some(Text::literal(raw)),
            Err(why) => {
                let message = format!("this body is not well-formed: {why}");
                let help = "write it unescaped, or as `{ enabled: { ELEMENT: VALUE } }`";
                self.report.push(Diagnostic::new(Code::E0453, setting.value_span, message).label("not well-formed").help(help));
                None
            }
        }
    }

    /// The policy of a file given for a node that Windows has by itself.
    fn built_in(&self, node: &Node) -> Option<(usize, usize)> {
        let Allowed::Admx(admx) = &node.allowed else { return None };
        let at = self.templates.iter().position(|template| template.name.eq_ignore_ascii_case(admx.file))?;
        let policies = &self.templates.get(at)?.policies;
        Some((at, policies.iter().position(|policy| policy.name.eq_ignore_ascii_case(admx.name))?))
    }

    /// `<enabled/>` with its data, checked where the file is known.
    pub fn body(&mut self, setting: &NodeSetting, elements: &[Element], known: Option<(usize, usize)>) -> Option<Text> {
        let mark = self.report.len();
        let templates = std::mem::take(&mut self.templates);
        let policy = known.and_then(|(file, policy)| templates.get(file)?.policies.get(policy));
        let mut body = Text::literal("<enabled/>");
        for element in elements {
            let asked = policy.and_then(|policy| policy.elements.iter().find(|asked| asked.id == *element.id));
            if let (Some(policy), None) = (policy, asked) {
                self.no_element(policy, element);
                continue;
            }
            if let Some(value) = self.element(element, asked) {
                body.push(Piece::Literal(format!("<data id=\"{}\" value=\"", attribute_value(&element.id)).into()));
                body.extend(&value);
                body.push(Piece::Literal("\"/>".into()));
            }
        }
        let missing = policy.into_iter().flat_map(|policy| &policy.elements);
        let missing: Vec<&str> = missing
            .filter(|asked| asked.required && !elements.iter().any(|element| *element.id == *asked.id))
            .map(|asked| asked.id.as_str())
            .collect();
        if !missing.is_empty() {
            let message = format!("the policy also asks for {}", crate::check::list(missing.iter().copied()));
            self.report.push(Diagnostic::new(Code::E0457, setting.value_span, message).label("not all of its elements"));
        }
        self.templates = templates;
        (!self.report.errors_since(mark)).then_some(body)
    }

    fn no_element(&mut self, policy: &Policy, element: &Element) {
        let known: Vec<&str> = policy.elements.iter().map(|asked| asked.id.as_str()).collect();
        let diagnostic =
            Diagnostic::new(Code::E0457, element.span, format!("policy `{}` has no element `{}`", policy.name, element.id))
                .label("not known");
        self.report.push(match nearest(&element.id, known.iter().copied()) {
            Some(near) => diagnostic.help(format!("it has `{near}`")).fix(format!("write `{near}`"), element.span, near),
            None if known.is_empty() => diagnostic.help("it has none: write `enabled`"),
            None => diagnostic.help(format!("it has {}", either(known))),
        });
    }

    /// The value of an element, escaped as an attribute.
    fn element(&mut self, element: &Element, asked: Option<&Asked>) -> Option<Text> {
        let list = matches!(asked, Some(Asked { is: Kind::List(_), .. }));
        let explicit = matches!(asked, Some(Asked { is: Kind::List(true), .. }));
        let items: Vec<Text> = match &element.value {
            NodeValue::List(items) => {
                let mut all = Vec::new();
                if explicit && element.names.is_empty() {
                    self.wrong_element(element, "it takes a mapping of names and values");
                    return None;
                }
                for (index, (value, _)) in items.iter().enumerate() {
                    // A list in the registry is pairs; without names of their own the values are numbered.
                    match element.names.get(index) {
                        Some(name) => all.push(name.clone()),
                        None if list => all.push(Text::literal((index + 1).to_string())),
                        None => {}
                    }
                    all.push(plain(value)?);
                }
                all
            }
            value => match plain(value) {
                Some(text) => vec![text],
                None => {
                    self.wrong_element(
                        element,
                        "it takes text, a number, `true` or `false`, a list, or a mapping of names and values",
                    );
                    return None;
                }
            },
        };
        if items.iter().flat_map(Text::literals).any(|literal| literal.contains(BETWEEN)) {
            self.wrong_element(element, "U+F000 separates the values of a list and stands in none of them");
            return None;
        }
        let many = matches!(element.value, NodeValue::List(_));
        let value = self.element_takes(element, asked, items.first().filter(|_| !many), many)?;
        let mut all = Text::default();
        for (index, item) in value.map_or(items, |value| vec![value]).iter().enumerate() {
            if index > 0 {
                all.push(Piece::Literal(BETWEEN.into()));
            }
            for piece in item.pieces() {
                all.push(match piece {
                    Piece::Literal(text) => Piece::Literal(attribute_value(text).into()),
                    other => other.clone(),
                });
            }
        }
        Some(all)
    }

    fn wrong_element(&mut self, element: &Element, what: &str) {
        let message = format!("element `{}` does not take this value", element.id);
        self.report.push(Diagnostic::new(Code::E0457, element.value_span, message).label("not taken").help(what));
    }

    /// Whether an element takes a value; another spelling of it, where a word stands for it.
    fn element_takes(
        &mut self,
        element: &Element,
        asked: Option<&Asked>,
        one: Option<&Text>,
        many: bool,
    ) -> Option<Option<Text>> {
        let Some(asked) = asked else { return Some(None) };
        let literal = one.and_then(Text::as_literal);
        let wrong = match &asked.is {
            Kind::List(_) | Kind::MultiText => None,
            _ if many => Some("it takes one value".to_owned()),
            Kind::Text(Some(most)) if literal.is_some_and(|text| text.encode_utf16().count() > *most) => {
                Some(format!("it takes at most {most} characters"))
            }
            Kind::Text(_) if asked.required && literal == Some("") => Some("it must not be empty".to_owned()),
            Kind::Text(_) => None,
            Kind::Decimal(from, to) => {
                let number = literal.and_then(|text| text.parse::<u64>().ok());
                (literal.is_some() && !number.is_some_and(|number| (*from..=*to).contains(&number)))
                    .then(|| format!("it takes {from}..={to}"))
            }
            Kind::Boolean => (!matches!(element.value, NodeValue::Boolean(_))).then(|| "it takes `true` or `false`".to_owned()),
            Kind::Enum(items) => {
                let found =
                    items.iter().find(|(value, label)| Some(value.as_str()) == literal || Some(label.as_str()) == literal);
                match found {
                    Some((value, _)) => return Some(Some(Text::literal(value.as_str()))),
                    None => Some(format!(
                        "it takes {}",
                        either(items.iter().map(|(value, label)| if label.is_empty() { value.as_str() } else { label.as_str() }))
                    )),
                }
            }
        };
        match wrong {
            Some(what) => {
                self.wrong_element(element, &what);
                None
            }
            None => Some(None),
        }
    }
}

fn plain(value: &NodeValue) -> Option<Text> {
    Some(match value {
        NodeValue::Boolean(value) => Text::literal(value.to_string()),
        NodeValue::Integer(value) => Text::literal(value.to_string()),
        NodeValue::Text(text) => text.clone(),
        _ => return None,
    })
}
