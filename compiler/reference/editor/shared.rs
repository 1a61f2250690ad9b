//! What all kinds share: platforms, allow, adopt.

use super::part::{common, definition, described};

use serde_json::{Map, Value, json};

use crate::diagnostic::{CODES, Severity};
use crate::schema::{Platform, Schemas};

pub(super) fn shared(schemas: &Schemas) -> Map<String, Value> {
    let mut definitions = Map::new();
    for platform in schemas.platforms {
        definitions.insert(format!("platform.{}", platform.name), platform_value(platform));
    }
    definitions.insert("allow".into(), allow());
    definitions.insert("adopt".into(), adopt());
    definitions
}

/// What may stand behind a platform's name in a mapping.
pub(super) fn platform_value(platform: &Platform) -> Value {
    let oldest = platform.oldest_supported.to_string();
    let version = if platform.names.is_empty() {
        "[0-9]+(\\.[0-9]+){0,3}".to_owned()
    } else {
        let names: Vec<&str> = platform.names.iter().map(|(name, _)| *name).collect();
        let major = oldest.split('.').next().unwrap_or_default();
        format!("({}|{major}(\\.[0-9]+){{1,3}})", names.join("|"))
    };
    let numbers: Vec<i64> = platform.names.iter().filter_map(|(name, _)| name.parse().ok()).collect();
    let number = if numbers.is_empty() { json!({ "type": "number" }) } else { json!({ "enum": numbers }) };
    let range = json!({
        "anyOf": [number, { "type": "string", "pattern": format!("^ *({version}|>={version}( +<{version})?) *$") }],
    });
    let what = format!("Its versions: `\">=V\"`, `V` or `\">=V <W\"`. Without any: the workspace's, else from {oldest} on.");
    let facts = if platform.editions.is_empty() {
        json!({
            "version": described(&what, range.clone()),
            "supervised": { "description": "Whether the devices are supervised.", "type": "boolean" },
            "enrollment": { "description": "How the devices are enrolled.", "enum": ["device", "user"] },
        })
    } else {
        let edition = json!({ "enum": platform.editions });
        json!({
            "version": described(&what, range.clone()),
            "edition": {
                "description": "The editions of the devices: one, or a list.",
                "anyOf": [edition, { "type": "array", "items": edition, "minItems": 1 }],
            },
        })
    };
    json!({
        "description": format!("{}. {what}", platform.title),
        "anyOf": [
            { "type": "null" },
            range,
            {
                "type": "object",
                "additionalProperties": false,
                "properties": facts,
            },
        ],
    })
}

pub(super) fn platform_values<'a>(platforms: impl Iterator<Item = &'a Platform>) -> Map<String, Value> {
    platforms.map(|platform| (platform.name.to_owned(), definition(&format!("platform.{}", platform.name)))).collect()
}

pub(super) fn allow() -> Value {
    let warnings = CODES.iter().filter(|code| code.severity() == Severity::Warning);
    let properties = warnings.map(|code| {
        let doc = format!("Why {} ({}) is meant to be so.", code.name(), code.slug().replace('-', " "));
        (code.name().to_owned(), json!({ "description": doc, "type": "string", "pattern": "\\S" }))
    });
    json!({
        "description": "Warnings that are silenced: code and reason. One that silences nothing is reported.",
        "type": "object",
        "additionalProperties": false,
        "properties": properties.collect::<Map<_, _>>(),
    })
}

pub(super) fn adopt() -> Value {
    let hex = "[0-9A-Fa-f]";
    let plain = format!("{hex}{{8}}-({hex}{{4}}-){{3}}{hex}{{12}}");
    let guid = format!("^({plain}|\\{{{plain}\\}})$");
    json!({
        "description": common("adopt"),
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "payload_identifier": {
                "description": "PayloadIdentifier of the Apple profile that devices have.",
                "type": "string",
                "pattern": "^[A-Za-z0-9._-]{1,256}$",
            },
            "payload_uuid": { "description": "PayloadUUID of the Apple profile that devices have.", "type": "string", "pattern": guid },
            "account_guid": { "description": "GUID of the ActiveSync account that Windows devices have.", "type": "string", "pattern": guid },
        },
    })
}
