//! What keys of one dictionary ask of each other: the rules of the catalog's overlay, which no table of keys can say.

use crate::artifact::{Node, Value};
use crate::catalog::{Catalog, Demand, Key, Payload, Rule};
use crate::check::{either, list};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::Span;

/// Checks the rules that are about a dictionary; `inside` is its key, nothing for the payload itself.
pub fn check(
    catalog: &'static Catalog,
    payload: &'static Payload,
    inside: Option<&'static Key>,
    node: &Node,
    at: Span,
    report: &mut Report,
) {
    let path = inside.map_or("", |key| &key.path);
    for rule in catalog.rules(payload.name).filter(|rule| rule.is_about(path)) {
        let about = Dictionary { payload, inside, node };
        if rule.when.iter().all(|(key, wanted)| about.written(key).is_some_and(|value| wanted.contains(&value.as_str())))
            && let Some((message, span)) = about.broken(rule)
        {
            let diagnostic = Diagnostic::new(Code::E0814, span.unwrap_or(at), message).label("here");
            report.push(diagnostic.note(format!("{}: {}", rule.reason, rule.source)));
        }
    }
}

struct Dictionary<'a> {
    payload: &'static Payload,
    inside: Option<&'static Key>,
    node: &'a Node,
}

impl Dictionary<'_> {
    /// A value as the overlay writes it, absent ones by their default.
    fn written(&self, key: &str) -> Option<String> {
        match self.node.get(key).map(|entry| &entry.value.value) {
            Some(Value::Text(text)) => Some(text.to_string()),
            Some(Value::Integer(number)) => Some(number.to_string()),
            Some(Value::Boolean(value)) => Some(value.to_string()),
            Some(_) => None,
            None => self.payload.step(self.inside, key)?.default.map(str::to_owned),
        }
    }

    fn has(&self, key: &str) -> bool {
        self.node.get(key).is_some()
    }

    /// What is wrong, and where if it is something that is written.
    fn broken(&self, rule: &Rule) -> Option<(String, Option<Span>)> {
        let written: Vec<&str> = rule.keys.iter().copied().filter(|key| self.has(key)).collect();
        let missing: Vec<&str> = rule.keys.iter().copied().filter(|key| !self.has(key)).collect();
        let place = |key: &str| self.node.get(key).map(|entry| entry.key_span);
        let condition = when(rule);
        let one_of = || either(rule.keys.iter().copied());
        match rule.demand {
            Demand::ExactlyOne | Demand::AtLeastOne if written.is_empty() => {
                Some((format!("{} is missing{condition}", one_of()), None))
            }
            Demand::ExactlyOne | Demand::AtMostOne if written.len() > 1 => {
                let last = written.last().and_then(|key| place(key));
                Some((format!("{} exclude each other{condition}", list(written.iter().copied())), last))
            }
            Demand::Required if !missing.is_empty() => {
                let verb = if missing.len() == 1 { "is" } else { "are" };
                Some((format!("{} {verb} missing{condition}", list(missing.iter().copied())), None))
            }
            Demand::Absent => {
                let first = written.first()?;
                Some((format!("`{first}` is not used{condition}"), place(first)))
            }
            Demand::AnyTrue if !rule.keys.iter().any(|key| self.written(key).as_deref() == Some("true")) => {
                Some((format!("none of {} is true{condition}", list(rule.keys.iter().copied())), place(rule.keys.first()?)))
            }
            Demand::True => {
                let key = rule.keys.iter().find(|key| self.written(key).as_deref() != Some("true"))?;
                Some((format!("`{key}` has to be true{condition}"), place(key)))
            }
            _ => None,
        }
    }
}

fn when(rule: &Rule) -> String {
    let conditions: Vec<String> =
        rule.when.iter().map(|(key, values)| format!("`{key}` is {}", either(values.iter().copied()))).collect();
    if conditions.is_empty() { String::new() } else { format!(" where {}", conditions.join(" and ")) }
}
