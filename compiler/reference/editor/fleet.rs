//! The schemas of collections and deployments.

use super::part::{definition, described, id, list_of, text, text_of};

use serde_json::{Map, Value, json};

use crate::schema::{FleetKind, Format, SHARED, WordType};

pub(super) fn define(kind: &FleetKind, definitions: &mut Map<String, Value>) {
    let mut properties = Map::new();
    for (name, doc) in SHARED {
        let schema = match name {
            "kind" => json!({ "const": kind.name }),
            "id" => id(),
            "name" => text_of(Format::Line, 256),
            "allow" => definition("allow"),
            _ => text(&json!({ "maxLength": 256 })),
        };
        properties.insert(name.to_owned(), if name == "allow" { schema } else { described(doc, schema) });
    }
    for word in kind.words {
        properties.insert(word.name.to_owned(), described(word.doc.trim(), word_schema(word.ty)));
    }
    let required: Vec<&str> =
        ["kind", "id", "name"].into_iter().chain(kind.words.iter().filter(|word| word.required).map(|word| word.name)).collect();
    let mut schema = json!({
        "title": kind.title,
        "description": kind.doc.trim(),
        "type": "object",
        "required": required,
        "additionalProperties": false,
        "properties": properties,
    });
    if let (false, Value::Object(schema)) = (kind.at_least_one.is_empty(), &mut schema) {
        let one: Vec<Value> = kind.at_least_one.iter().map(|name| json!({ "required": [name] })).collect();
        schema.insert("anyOf".into(), json!(one));
    }
    definitions.insert(kind.name.to_owned(), schema);
}

fn word_schema(ty: WordType) -> Value {
    match ty {
        WordType::Id => id(),
        WordType::Ids => list_of(&id()),
        WordType::Text => json!({ "type": "string", "minLength": 1 }),
        WordType::Texts => list_of(&json!({ "type": "string", "minLength": 1 })),
        WordType::Boolean => json!({ "type": "boolean" }),
        WordType::OneOf(names) => json!({ "enum": names }),
        WordType::Mapping => json!({ "type": "object" }),
    }
}
