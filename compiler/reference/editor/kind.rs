//! The schema of a kind's profiles.

use super::field::field_schema;
use super::part::{at_path, common, definition, described, id, list_of, one_of, present, text, text_of, with};
use super::rule::{is_one_of, rules};
use super::shared::platform_values;

use serde_json::{Map, Value, json};

use crate::schema::{Field, Format, Group, Kind, Platform, Schemas, Served};

pub(super) fn define(schemas: &Schemas, kind: &Kind, definitions: &mut Map<String, Value>) {
    for field in kind.fields {
        definitions.insert(format!("{}.{}", kind.name, field.name), field_schema(field));
    }
    for group in kind.groups {
        definitions.insert(format!("{}.{}", kind.name, group.name), group_schema(kind, group));
    }
    definitions.insert(format!("{}-settings", kind.name), settings(kind));
    definitions.insert(kind.name.to_owned(), profile(schemas, kind));
}

/// Fields and groups as they stand in a profile.
pub(super) fn top_names(kind: &Kind) -> Vec<&'static str> {
    let mut names: Vec<&'static str> =
        kind.fields.iter().map(|field| field.group().map_or(field.name, |(group, _)| group)).collect();
    names.dedup();
    names
}

pub(super) fn fields(kind: &Kind) -> impl Iterator<Item = (String, Value)> {
    let name = kind.name;
    top_names(kind).into_iter().map(move |field| (field.to_owned(), definition(&format!("{name}.{field}"))))
}

/// The platforms that a kind serves at all.
pub(super) fn served<'a>(schemas: &'a Schemas, kind: &'a Kind) -> impl Iterator<Item = &'static Platform> + 'a {
    schemas
        .platforms
        .iter()
        .filter(|platform| kind.service(platform.name).is_some_and(|service| !matches!(service.is, Served::Unsupported { .. })))
}

pub(super) fn profile(schemas: &Schemas, kind: &Kind) -> Value {
    let scopes: Vec<&str> = kind.scopes.iter().map(|scope| scope.name()).collect();
    let mut properties = Map::new();
    properties.insert("kind".into(), json!({ "description": common("kind"), "const": kind.name }));
    properties.insert("id".into(), described(common("id"), id()));
    properties.insert("name".into(), described(common("name"), text_of(Format::Line, 256)));
    properties.insert("description".into(), described(common("description"), text(&json!({ "maxLength": 256 }))));
    properties.insert("platforms".into(), platforms(schemas, kind));
    properties.extend(fields(kind));
    properties.insert("overrides".into(), overrides(schemas, kind));
    properties.insert("on_unsupported".into(), on_unsupported(kind));
    let generation = json!({ "type": "integer", "minimum": 1, "maximum": 1_000_000, "default": 1 });
    properties.insert("generation".into(), described(common("generation"), generation));
    properties.insert("adopt".into(), definition("adopt"));
    properties.insert("allow".into(), definition("allow"));
    properties.insert("scope".into(), json!({ "description": common("scope"), "enum": scopes, "default": scopes.first() }));
    json!({
        "title": kind.title,
        "description": kind.doc.trim(),
        "type": "object",
        "required": ["kind", "id", "name", "platforms"],
        "additionalProperties": false,
        "properties": properties,
        "allOf": rules(schemas, kind),
    })
}

pub(super) fn platforms(schemas: &Schemas, kind: &Kind) -> Value {
    let words = || served(schemas, kind).map(|platform| (platform.name, platform.title));
    json!({
        "description": common("platforms"),
        "anyOf": [
            list_of(&one_of(words())),
            one_of(std::iter::once(("all", "the workspace's platforms that the kind serves by itself")).chain(words())),
            {
                "type": "object",
                "minProperties": 1,
                "additionalProperties": false,
                "properties": platform_values(served(schemas, kind)),
            },
        ],
    })
}

pub(super) fn overrides(schemas: &Schemas, kind: &Kind) -> Value {
    let settings =
        served(schemas, kind).map(|platform| (platform.name.to_owned(), definition(&format!("{}-settings", kind.name))));
    json!({
        "description": common("overrides"),
        "type": "object",
        "additionalProperties": false,
        "properties": settings.collect::<Map<_, _>>(),
    })
}

/// What may stand under a platform in `overrides`.
pub(super) fn settings(kind: &Kind) -> Value {
    let mut rules = Vec::new();
    for field in kind.fields {
        for when in field.only_when {
            let both = json!({ "allOf": [present(field.name), present(when.field)] });
            rules.push(json!({ "if": both, "then": at_path(when.field, is_one_of(kind, when), false) }));
        }
    }
    let schema = json!({
        "description": "What this platform has otherwise.",
        "type": "object",
        "additionalProperties": false,
        "properties": fields(kind).collect::<Map<_, _>>(),
    });
    if rules.is_empty() { schema } else { with(schema, "allOf", json!(rules)) }
}

pub(super) fn on_unsupported(kind: &Kind) -> Value {
    let near = |field: &Field| field.choices().iter().any(|choice| choice.approximation.is_some());
    let handling = |near: bool| {
        let all = [
            ("warn", "leave it out, with a warning"),
            ("skip", "leave it out; the manifest lists it"),
            ("approximate", "send what the kind documents as near, with a warning"),
        ];
        one_of(all.into_iter().take(if near { 3 } else { 2 }))
    };
    let fields = kind.fields.iter().map(|field| (field.name.to_owned(), handling(near(field))));
    let groups = kind.groups.iter().map(|group| {
        let mut members = kind.fields.iter().filter(|field| field.group().is_some_and(|(name, _)| name == group.name));
        (group.name.to_owned(), handling(members.any(near)))
    });
    json!({
        "description": common("on_unsupported"),
        "type": "object",
        "additionalProperties": false,
        "properties": fields.chain(groups).collect::<Map<_, _>>(),
    })
}

pub(super) fn group_schema(kind: &Kind, group: &Group) -> Value {
    let prefix = format!("{}.", group.name);
    let members = kind.fields.iter().filter_map(|field| Some((field.name.strip_prefix(&prefix)?, field.name)));
    let properties = members.map(|(member, name)| (member.to_owned(), definition(&format!("{}.{name}", kind.name))));
    let mut schema = json!({
        "description": group.doc.trim(),
        "type": "object",
        "minProperties": 1,
        "additionalProperties": false,
        "properties": properties.collect::<Map<_, _>>(),
    });
    let lists = kind.at_least_one.iter().filter(|names| names.iter().all(|name| name.starts_with(&prefix)));
    for names in lists {
        let one = names.iter().filter_map(|name| name.strip_prefix(&prefix)).map(present);
        schema = with(schema, "anyOf", one.collect());
    }
    schema
}
