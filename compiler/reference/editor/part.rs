//! Small parts of schemas: texts, ids, lists, sources of secrets.

use super::COMMON;

use serde_json::{Map, Value, json};

use crate::schema::{Format, Unit};

pub(super) fn definition(name: &str) -> Value {
    json!({ "$ref": format!("#/definitions/{name}") })
}

pub(super) fn with(mut schema: Value, key: &str, value: Value) -> Value {
    if let Value::Object(map) = &mut schema {
        map.insert(key.to_owned(), value);
    }
    schema
}

/// With its description in front, where people who read the file look for it.
pub(super) fn described(text: &str, schema: Value) -> Value {
    let mut all = Map::new();
    all.insert("description".into(), json!(text));
    if let Value::Object(map) = schema {
        all.extend(map);
    }
    Value::Object(all)
}

/// Words with what they mean.
pub(super) fn one_of<'a>(words: impl Iterator<Item = (&'a str, &'a str)>) -> Value {
    let (words, meanings): (Vec<&str>, Vec<&str>) = words.unzip();
    json!({ "enum": words, "enumDescriptions": meanings })
}

pub(super) fn common(name: &str) -> &'static str {
    COMMON.iter().find(|(known, _)| *known == name).map_or("", |(_, doc)| doc)
}

/// A schema for what stands at `group.member`; with the flag it must be there.
pub(super) fn at_path(path: &str, schema: Value, there: bool) -> Value {
    let (first, inner) = match path.split_once('.') {
        Some((first, rest)) => (first, at_path(rest, schema, there)),
        None => (path, schema),
    };
    let mut all = Map::new();
    if there {
        all.insert("required".into(), json!([first]));
    }
    all.insert("properties".into(), Value::Object(Map::from_iter([(first.to_owned(), inner)])));
    Value::Object(all)
}

pub(super) fn present(path: &str) -> Value {
    at_path(path, json!(true), true)
}

/// A demand that falls away where `overrides` gives every platform in it one of these fields.
pub(super) fn unless_overridden(fields: &[&str], demand: &Value) -> Value {
    let given: Vec<Value> = fields.iter().map(|field| present(field)).collect();
    let every = json!({ "minProperties": 1, "additionalProperties": { "anyOf": given } });
    json!({ "if": at_path("overrides", every, true), "else": demand })
}

/// Text in which an expression switches the other demands off: what it will become is not known yet.
pub(super) fn text(demands: &Value) -> Value {
    json!({ "type": "string", "if": { "pattern": "\\{\\{" }, "else": demands })
}

pub(super) fn text_of(format: Format, max: u16) -> Value {
    let label = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?";
    let pattern = match format {
        Format::Line => "^\\S(.*\\S)?$".to_owned(),
        Format::Host => format!("^({label}(\\.{label})*\\.?|[0-9A-Fa-f]*:[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*)$"),
        Format::Email => format!("^[^@ \\t,;<>]+@{label}(\\.{label})+$"),
        Format::Domain => "^[^\\\\@/\\s]+$".to_owned(),
        Format::Login => "^[^\\\\]+(\\\\[^\\\\]+)?$".to_owned(),
        Format::HttpUrl => "^[Hh][Tt][Tt][Pp][Ss]?://[^\\s#]+$".to_owned(),
        Format::Ascii => "^[!-~]([ -~]*[!-~])?$".to_owned(),
    };
    text(&json!({ "minLength": 1, "maxLength": max, "pattern": pattern }))
}

pub(super) fn id() -> Value {
    json!({
        "type": "string",
        "maxLength": 64,
        "pattern": "^[a-z]([a-z0-9-]*[a-z0-9])?$",
        "not": { "pattern": "^(con|prn|aux|nul|com[1-9]|lpt[1-9])$" },
    })
}

pub(super) fn list_of(items: &Value) -> Value {
    json!({ "type": "array", "minItems": 1, "uniqueItems": true, "items": items })
}

/// Where a secret comes from, or a file that holds an identity: exactly one of these words.
pub(super) fn source(with_file: bool) -> Value {
    let mut words = Map::new();
    if with_file {
        words.insert("file".into(), described("The file, relative to this one and inside the workspace.", file_path()));
    }
    words.insert(
        "secret".into(),
        json!({
            "description": "`env:NAME` for an environment variable, `file:PATH` for a file.",
            "type": "string",
            "pattern": "^(env:[A-Za-z_][A-Za-z0-9_]*|file:.*\\S.*)$",
        }),
    );
    words.insert("token".into(), json!({ "description": "A token that the server replaces.", "type": "string", "minLength": 1 }));
    json!({ "type": "object", "additionalProperties": false, "minProperties": 1, "maxProperties": 1, "properties": words })
}

pub(super) fn file_path() -> Value {
    json!({ "type": "string", "pattern": "^[^/\\\\][^\\\\]*$" })
}

pub(super) fn amount(units: &[Unit]) -> Value {
    let units: Vec<String> = units.iter().map(|unit| format!("{}s?", unit.name().trim_end_matches('s'))).collect();
    json!({ "type": "string", "pattern": format!("^0*[1-9][0-9]* +({}) *$", units.join("|")) })
}
