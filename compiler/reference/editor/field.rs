//! The schema of a field.

use super::part::{amount, described, file_path, id, list_of, one_of, source, text, text_of, with};
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use crate::builtin::CATALOG;
use crate::check::list;
use crate::schema::{Choice, Field, Literal, Presence, Referent, Type};

pub(super) fn field_schema(field: &Field) -> Value {
    let mut schema = described(&description(field), type_schema(field.ty));
    if let Presence::Default(literal) = field.presence {
        schema = with(schema, "default", constant(literal));
    }
    match serde_yaml::from_str::<Value>(field.example) {
        Ok(example) => with(schema, "examples", json!([example])),
        Err(_) => schema,
    }
}

pub(super) fn constant(literal: Literal) -> Value {
    match literal {
        Literal::Nothing => Value::Null,
        Literal::Boolean(value) => json!(value),
        Literal::Integer(number) => json!(number),
        Literal::Text(text) => json!(text),
    }
}

pub(super) fn description(field: &Field) -> String {
    let mut text = field.doc.trim().to_owned();
    if !field.limits.is_empty() {
        let _ = write!(text, "\n\nAllowed: {}.", field.limits.trim_end_matches('.'));
    }
    for choice in field.choices() {
        let _ = write!(text, "\n- `{}`: {}", choice.name, choice.doc.trim());
    }
    if let Type::Reference(to, having) | Type::References(to, having) = field.ty {
        let kinds: Vec<String> = to.iter().map(|referent: &Referent| format!("`{}`", referent.kind)).collect();
        let having = if having.field.is_empty() { String::new() } else { format!(" with `{}: {}`", having.field, having.is) };
        let _ = write!(text, "\n\nThe id of a {}{having}.", kinds.join(" or "));
    }
    for when in field.only_when {
        let needed = field.needed_when.iter().any(|needed| needed.field == when.field && needed.is == when.is);
        let word = if needed { "With, and only with" } else { "Only with" };
        let _ = write!(text, "\n\n{word} `{}: {}`.", when.field, when.is.join("` or `"));
    }
    if !field.only_with.is_empty() {
        let _ = write!(text, "\n\nOnly with `{}`.", field.only_with);
    }
    if !field.required_on.is_empty() {
        let _ = write!(text, "\n\nRequired on {}.", list(field.required_on.iter().copied()));
    } else if field.presence == Presence::Optional && field.needed_when.is_empty() {
        text.push_str("\n\nWhere it is absent, nothing is sent.");
    }
    text
}

pub(super) fn type_schema(ty: Type) -> Value {
    match ty {
        Type::Text(format, max) => text_of(format, max),
        Type::Boolean => json!({ "type": "boolean" }),
        Type::Integer { min, max, of: [] } => {
            let mut schema = json!({ "type": "integer" });
            if min != i64::MIN {
                schema = with(schema, "minimum", json!(min));
            }
            if max != i64::MAX {
                schema = with(schema, "maximum", json!(max));
            }
            schema
        }
        Type::Integer { of, .. } => json!({ "enum": of.iter().map(|allowed| allowed.is).collect::<Vec<_>>() }),
        Type::Choice(choices) => choice(choices),
        Type::Set(choices) => list_of(&one_of(choices.iter().map(|choice| (choice.name, choice.doc)))),
        Type::Oids(choices) => {
            let dotted = json!({ "type": "string", "pattern": "^[0-2](\\.(0|[1-9][0-9]*))+$" });
            list_of(&json!({ "anyOf": [one_of(choices.iter().map(|choice| (choice.name, choice.doc))), dotted] }))
        }
        Type::List(format, max, false) => list_of(&text_of(format, max)),
        Type::List(format, max, true) => json!({ "anyOf": [text_of(format, max), list_of(&text_of(format, max))] }),
        Type::Reference(..) => id(),
        Type::References(..) => list_of(&id()),
        Type::Secret => source(false),
        Type::Duration { units, .. } | Type::Period(units) => amount(units),
        Type::DistinguishedName => text(&json!({ "pattern": "=" })),
        Type::Certificate => {
            let file = described("The file, relative to this one and inside the workspace.", file_path());
            json!({ "type": "object", "required": ["file"], "additionalProperties": false, "properties": { "file": file } })
        }
        Type::Identity => source(true),
        Type::Payloads => items("keys", &CATALOG.payload_names().collect::<Vec<_>>()),
        Type::Declarations => items("payload", &CATALOG.declaration_names().collect::<Vec<_>>()),
        Type::Nodes => nodes(),
        Type::Admx => admx(),
    }
}

/// Payloads or declarations. Types are offered, and others pass: newer ones, variants, preference domains. Keys are left open, since they
/// would make the schema many times as long: which a type has is asked of `payloadc catalog show`, and `check` judges them.
fn items(body: &str, types: &[&str]) -> Value {
    let ty = described(
        "The type, as Apple names it; `TYPE(VARIANT)` where one type has several descriptions.",
        json!({ "anyOf": [{ "enum": types }, { "type": "string", "minLength": 1 }] }),
    );
    let id = described("What others of this profile call it, and what keeps its identity when the order changes.", id());
    let content = described(
        "Its keys, as Apple names them: `payloadc catalog show TYPE` lists them, and `check` judges them.",
        json!({ "type": "object" }),
    );
    let mut properties = Map::new();
    properties.insert("type".into(), ty);
    properties.insert("id".into(), id);
    properties.insert(body.to_owned(), content);
    list_of(&json!({ "type": "object", "required": ["type"], "additionalProperties": false, "properties": properties }))
}

/// A word, or `{ word: text }` for one that holds text.
pub(super) fn choice(choices: &[Choice]) -> Value {
    let words = one_of(choices.iter().filter(|choice| choice.holds.is_none()).map(|choice| (choice.name, choice.doc)));
    let holders = choices.iter().filter_map(|choice| Some((choice, choice.holds?)));
    let properties = holders.map(|(choice, format)| (choice.name.to_owned(), described(choice.doc, text_of(format, 256))));
    let properties: Map<String, Value> = properties.collect();
    if properties.is_empty() {
        return words;
    }
    let own = json!({
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": false,
        "properties": properties,
    });
    json!({ "anyOf": [words, own] })
}

/// Nodes with values of any shape that one takes.
fn nodes() -> Value {
    let verb = json!({ "enum": ["add", "replace", "delete", "exec"], "description": "What is done, where the one that fits is not the one wanted." });
    let path = json!({ "type": "string", "description": "The whole path, decoded.", "examples": ["./Device/Vendor/MSFT/Policy/Config/DeviceLock/DevicePasswordEnabled"] });
    let single = json!({ "type": ["string", "number", "boolean", "null"] });
    let value = json!({ "anyOf": [single, { "type": "array", "items": single }, { "type": "object", "minProperties": 1, "maxProperties": 1 }] });
    list_of(&json!({
        "type": "object",
        "required": ["node"],
        "additionalProperties": false,
        "properties": { "node": path, "value": described("A number, text, a word for a value, a list, a file, a secret, or an ADMX policy.", value), "verb": verb },
    }))
}

fn admx() -> Value {
    let app = described("The application it is sent for; without one it is only read.", json!({ "type": "string" }));
    let id = described("What devices know the file by.", json!({ "type": "string" }));
    list_of(&json!({
        "type": "object",
        "required": ["file"],
        "additionalProperties": false,
        "properties": { "file": described("The file, relative to this one and inside the workspace.", file_path()), "app": app, "area": { "enum": ["policy", "preference"] }, "id": id },
    }))
}
