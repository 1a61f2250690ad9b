//! JSON Schema (draft-07) for editors, made of the kinds: completion, texts to hover over, and most mistakes while typing.
//!
//! It does not refuse what `check` takes. What one document cannot say (other profiles, files, what `all` means, what a server
//! takes) stays with `check`; where `overrides` may settle a condition, the condition gives way.

mod field;
mod fleet;
mod kind;
mod part;
mod rule;
mod shared;

#[cfg(test)]
mod tests;

use kind::define;
use part::{at_path, common, definition, described, one_of, with};
use shared::{platform_values, shared};

use serde_json::{Map, Value, json};

use crate::schema::{FleetKind, Kind, Platform, Schemas, Server};

const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// What every profile has beside its kind's fields, with what it is for.
pub const COMMON: [(&str, &str); 11] = [
    ("kind", "What sort of profile this is."),
    (
        "id",
        "What the profile is called in files and identifiers: unique in the workspace, and never changed, because identifiers on \
         devices grow from it. Begins with a letter, goes on with `a-z`, `0-9` and `-`, ends in a letter or digit; 1 to 64 characters.",
    ),
    ("name", "What people call the profile: one line of 1 to 256 characters, unique among profiles of its kind."),
    ("description", "What the profile is for: at most 256 characters."),
    (
        "platforms",
        "Where the profile goes: a list, a mapping of platforms to version ranges, or `all`, which means the workspace's platforms \
         that the kind serves by itself.",
    ),
    ("overrides", "Settings that one platform has otherwise. Each replaces the setting above for that platform alone."),
    (
        "on_unsupported",
        "What to do with a setting where a chosen platform or server cannot take it: `warn` leaves it out with a warning, `skip` \
         leaves it out (the manifest lists it), `approximate` sends what the kind documents as near, with a warning. Without it \
         such a setting is an error.",
    ),
    (
        "generation",
        "Raised to make devices see a new object, such as an account whose user name changed: new inner UUIDs and GUIDs under the \
         same identifier.",
    ),
    ("adopt", "Takes over objects that devices already have, by their identifiers."),
    ("allow", "Silences warnings for this profile: code and reason. One that silences nothing is reported."),
    ("scope", "Who gets what the profile installs: the person who is signed in, or everybody who uses the device."),
];

/// The schema of a profile of one kind.
#[must_use]
pub fn kind_schema(schemas: &Schemas, kind: &Kind) -> Value {
    let mut definitions = shared(schemas);
    define(schemas, kind, &mut definitions);
    document(kind.title, kind.doc, kind.name, &definitions)
}

/// The schema of a collection or a deployment.
#[must_use]
pub fn fleet_schema(schemas: &Schemas, kind: &FleetKind) -> Value {
    let mut definitions = shared(schemas);
    fleet::define(kind, &mut definitions);
    document(kind.title, kind.doc, kind.name, &definitions)
}

/// The schema of one sort of document, which is among the definitions.
fn document(title: &str, doc: &str, name: &str, definitions: &Map<String, Value>) -> Value {
    json!({
        "$schema": DRAFT,
        "title": title,
        "description": doc.trim(),
        "allOf": [definition(name)],
        "definitions": definitions,
    })
}

/// The schema of a profile of any kind: `kind` decides.
#[must_use]
pub fn profile_schema(schemas: &Schemas) -> Value {
    let mut definitions = shared(schemas);
    let mut branches = Vec::new();
    for kind in schemas.kinds {
        define(schemas, kind, &mut definitions);
        branches.push(json!({ "if": at_path("kind", json!({ "const": kind.name }), true), "then": definition(kind.name) }));
    }
    for kind in schemas.fleet {
        fleet::define(kind, &mut definitions);
        branches.push(json!({ "if": at_path("kind", json!({ "const": kind.name }), true), "then": definition(kind.name) }));
    }
    let words = schemas.kinds.iter().map(|kind| (kind.name, kind.title));
    let words = words.chain(schemas.fleet.iter().map(|kind| (kind.name, kind.title)));
    json!({
        "$schema": DRAFT,
        "title": "payloadc profile",
        "description": "One profile: what an administrator wants devices to have.",
        "type": "object",
        "required": ["kind"],
        "properties": { "kind": described(common("kind"), one_of(words)) },
        "allOf": branches,
        "definitions": definitions,
    })
}

/// The schema of `payloadc.yaml`.
#[must_use]
pub fn workspace_schema(schemas: &Schemas) -> Value {
    json!({
        "$schema": DRAFT,
        "title": "payloadc workspace",
        "description": "Who the organisation is, which server delivers, what the fleet runs.",
        "type": "object",
        "required": ["organization"],
        "additionalProperties": false,
        "properties": {
            "organization": organization(),
            "profiles": {
                "description": "Globs of profile files, relative to this file.",
                "default": ["profiles/**/*.yaml", "profiles/**/*.yml"],
                "anyOf": [inside(), { "type": "array", "items": inside() }],
            },
            "output": described("The folder that a build writes to, relative to this file.", with(inside(), "default", json!("dist"))),
            "server": server(schemas),
            "platforms": {
                "description": "The fleet: what `all` means, and the versions of a platform that a profile names without any.",
                "type": "object",
                "additionalProperties": false,
                "properties": platform_values(schemas.platforms.iter()),
            },
            "consoles": {
                "description": "Consoles that get the profiles too, beside what the servers deliver.",
                "type": "array",
                "items": one_of(schemas.consoles.iter().map(|console| (console.name, console.title))),
            },
            "directory": {
                "description": "People and devices: a file of people (CSV, NDJSON or LDIF, by its name), relative to this one, or one file each.",
                "anyOf": [
                    inside(),
                    {
                        "type": "object",
                        "additionalProperties": false,
                        "properties": { "users": described("The file of people.", inside()), "devices": described("The file of devices.", inside()) },
                    },
                ],
            },
            "vars": {
                "description": "Variables for `{{ vars.NAME }}`. `--vars FILE` and `--var NAME=VALUE` come later and win.",
                "type": "object",
                "propertyNames": { "pattern": "^[A-Za-z_][A-Za-z0-9_]*$" },
                "additionalProperties": { "type": ["string", "number", "boolean", "null"] },
            },
            "allow": definition("allow"),
        },
        "definitions": shared(schemas),
    })
}

fn organization() -> Value {
    let label = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?";
    json!({
        "description": "Whose devices these are.",
        "type": "object",
        "required": ["name", "identifier"],
        "additionalProperties": false,
        "properties": {
            "name": { "description": "The organisation's name, shown on devices.", "type": "string", "pattern": "^\\S(.*\\S)?$" },
            "identifier": {
                "description": "A domain of the organisation in reverse, as in `com.contoso`: every identifier on a device grows from it.",
                "type": "string",
                "maxLength": 128,
                "pattern": format!("^{label}(\\.{label})+$"),
            },
        },
    })
}

fn server(schemas: &Schemas) -> Value {
    let servers = || schemas.servers.iter().map(|server: &&Server| (server.name, server.title));
    // A console in the place of a server delivers alone.
    let names = |platform: Option<&Platform>| {
        let delivers = |console: &&Platform| platform.is_none_or(|platform| console.delivers.contains(&platform.name));
        one_of(servers().chain(schemas.consoles.iter().filter(delivers).map(|console| (console.name, console.title))))
    };
    let platforms =
        schemas.platforms.iter().map(|platform| (platform.name.to_owned(), described(platform.title, names(Some(platform)))));
    json!({
        "description": "The MDM server that delivers: one for all platforms, or one for each. `payloadc servers` lists them; `manual` \
                        means that a person installs the file, `generic` some server whose tokens are not known.",
        "default": "manual",
        "anyOf": [
            names(None),
            { "type": "object", "additionalProperties": false, "properties": platforms.collect::<Map<_, _>>() },
        ],
    })
}

/// A path or glob that stays in the workspace.
fn inside() -> Value {
    json!({ "type": "string", "minLength": 1, "pattern": "^(?!/)(?!(.*/)?\\.\\.(/|$))[^\\\\]*$" })
}
