//! What fields ask of each other, as `if` and `then`.

use super::kind::served;
use super::part::{at_path, present, unless_overridden, with};

use serde_json::{Value, json};

use crate::schema::{Kind, Literal, Presence, Schemas, Type, When};

pub(super) fn rules(schemas: &Schemas, kind: &Kind) -> Vec<Value> {
    let mut rules = required(kind);
    for field in kind.fields {
        if !field.only_when.is_empty() {
            let all: Vec<Value> = field.only_when.iter().map(|when| holds(kind, when)).collect();
            let others: Vec<&str> = field.only_when.iter().map(|when| when.field).collect();
            rules.push(json!({ "if": present(field.name), "then": unless_overridden(&others, &json!({ "allOf": all })) }));
        }
        for when in field.needed_when {
            let needed = unless_overridden(&[field.name, when.field], &present(field.name));
            rules.push(json!({ "if": holds(kind, when), "then": needed }));
        }
        if !field.only_with.is_empty() {
            // `false` asks for nothing.
            let asks = if matches!(field.ty, Type::Boolean) { json!({ "const": true }) } else { json!(true) };
            let other = unless_overridden(&[field.only_with], &present(field.only_with));
            rules.push(json!({ "if": at_path(field.name, asks, true), "then": other }));
        }
        for platform in field.required_on {
            let own = present(&format!("overrides.{platform}.{}", field.name));
            rules.push(json!({ "if": chosen(platform, false), "then": { "if": own, "else": present(field.name) } }));
        }
    }
    for platform in served(schemas, kind) {
        let own = present(&format!("overrides.{}", platform.name));
        rules.push(json!({ "if": own, "then": chosen(platform.name, true) }));
    }
    rules
}

/// Required fields: written above, or by every platform for itself.
pub(super) fn required(kind: &Kind) -> Vec<Value> {
    let names = kind.fields.iter().filter(|field| field.presence == Presence::Required).map(|field| field.name);
    let names: Vec<&str> = names.collect();
    if names.is_empty() {
        return Vec::new();
    }
    let overridden: Vec<Value> = names.iter().map(|name| unless_overridden(&[name], &present(name))).collect();
    let (members, plain): (Vec<&str>, Vec<&str>) = names.iter().partition(|name| name.contains('.'));
    let mut demand = json!({ "required": plain });
    if !members.is_empty() {
        demand = with(demand, "allOf", members.into_iter().map(present).collect());
    }
    vec![json!({ "if": present("overrides"), "then": { "allOf": overridden }, "else": demand })]
}

/// Whether a condition holds, the default of an unwritten field included.
pub(super) fn holds(kind: &Kind, when: &When) -> Value {
    let default = match kind.field(when.field).map(|(_, field)| field.presence) {
        Some(Presence::Default(Literal::Text(text))) => text,
        _ => "",
    };
    at_path(when.field, is_one_of(kind, when), !when.is.contains(&default))
}

/// The values of a condition, `{ literal: text }` included.
pub(super) fn is_one_of(kind: &Kind, when: &When) -> Value {
    let choices = kind.field(when.field).map_or(&[][..], |(_, field)| field.choices());
    let holders = choices.iter().filter(|choice| choice.holds.is_some() && when.is.contains(&choice.name));
    let mut forms = vec![json!({ "enum": when.is })];
    forms.extend(holders.map(|choice| json!({ "type": "object", "required": [choice.name] })));
    json!({ "anyOf": forms })
}

/// Whether a platform is named under `platforms`; with the flag `all` counts as well.
pub(super) fn chosen(platform: &str, or_all: bool) -> Value {
    let mut words = vec![platform];
    if or_all {
        words.push("all");
    }
    let forms = json!({ "anyOf": [
        { "enum": words },
        { "type": "array", "contains": { "const": platform } },
        { "type": "object", "required": [platform] },
    ] });
    at_path("platforms", forms, true)
}
