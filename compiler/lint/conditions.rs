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
        if rule.when.iter().all(|(key, wanted)| about.met(key, wanted).is_some())
            && let Some((message, span)) = about.broken(rule)
        {
            let code = if rule.advice { Code::W0853 } else { Code::E0814 };
            let diagnostic = Diagnostic::new(code, span.unwrap_or(at), message).label(if span.is_some() {
                "here"
            } else {
                "missing in this one"
            });
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
    /// The value of a key, or a member of it, that is one of those wanted; an absent key has its default.
    fn met(&self, key: &str, wanted: &[&str]) -> Option<String> {
        let one = |value: &Value| scalar(value).filter(|value| wanted.contains(&value.as_str()));
        match self.node.get(key).map(|entry| &entry.value.value) {
            Some(value) if wanted.contains(&"*") => Some(scalar(value).unwrap_or_default()),
            Some(Value::Array(items)) => items.iter().find_map(|item| one(&item.value)),
            Some(value) => one(value),
            None => self.payload.step(self.inside, key)?.default.filter(|value| wanted.contains(value)).map(str::to_owned),
        }
    }

    /// Whether it is written, and where advice is given more than an empty list.
    fn has(&self, rule: &Rule, key: &str) -> bool {
        let filled = |node: &Node| node.items().is_none_or(|items| !items.is_empty());
        self.node.get(key).is_some_and(|entry| !rule.advice || filled(&entry.value))
    }

    /// What is wrong, and where if it is something that is written.
    fn broken(&self, rule: &Rule) -> Option<(String, Option<Span>)> {
        let written: Vec<&str> = rule.keys.iter().copied().filter(|key| self.has(rule, key)).collect();
        let missing: Vec<&str> = rule.keys.iter().copied().filter(|key| !self.has(rule, key)).collect();
        let place = |key: &str| self.node.get(key).map(|entry| entry.key_span);
        let condition = self.when(rule);
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
            Demand::AnyTrue if !rule.keys.iter().any(|key| self.met(key, &["true"]).is_some()) => {
                Some((format!("none of {} is true{condition}", list(rule.keys.iter().copied())), place(rule.keys.first()?)))
            }
            Demand::True => {
                let key = rule.keys.iter().find(|key| self.met(key, &["true"]).is_none())?;
                Some((format!("`{key}` has to be true{condition}"), place(key)))
            }
            _ => None,
        }
    }

    /// The condition that is met, with the values that meet it.
    fn when(&self, rule: &Rule) -> String {
        let met = |(key, wanted): &(&str, &[&str])| {
            let value = self.met(key, wanted).unwrap_or_default();
            match self.node.get(key).map(|entry| &entry.value.value) {
                Some(Value::Array(_)) => format!("`{key}` holds `{value}`"),
                Some(_) if wanted.contains(&"*") => format!("`{key}` is written"),
                Some(_) => format!("`{key}` is `{value}`"),
                None => format!("`{key}` is `{value}`, its default"),
            }
        };
        let conditions: Vec<String> = rule.when.iter().map(met).collect();
        if conditions.is_empty() { String::new() } else { format!(" where {}", conditions.join(" and ")) }
    }
}

/// A value as the overlay writes it.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.to_string()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(value) => Some(value.to_string()),
        _ => None,
    }
}
