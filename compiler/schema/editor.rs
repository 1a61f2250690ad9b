//! JSON Schema (draft-07) for editors, made of the kinds: completion, texts to hover over, and most mistakes while typing.
//!
//! It does not refuse what `check` takes. What one document cannot say (other profiles, files, what `all` means, what a server
//! takes) stays with `check`; where `overrides` may settle a condition, the condition gives way.

use serde_json::{Map, Value, json};

use crate::check::list;
use crate::diagnostic::{CODES, Severity};
use crate::schema::{
    Choice, Field, Format, Group, Kind, Literal, Platform, Presence, Referent, Schemas, Served, Server, Type, Unit, When,
};

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
    json!({
        "$schema": DRAFT,
        "title": kind.title,
        "description": kind.doc.trim(),
        "allOf": [definition(kind.name)],
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
    let words = schemas.kinds.iter().map(|kind| (kind.name, kind.title));
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
            "directory": described("People and devices, for per-user values: a file, relative to this one.", inside()),
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
    let names = || one_of(schemas.servers.iter().map(|server: &&Server| (server.name, server.title)));
    let platforms = schemas.platforms.iter().map(|platform| (platform.name.to_owned(), described(platform.title, names())));
    json!({
        "description": "The MDM server that delivers: one for all platforms, or one for each. `payloadc servers` lists them; `manual` \
                        means that a person installs the file, `generic` some server whose tokens are not known.",
        "default": "manual",
        "anyOf": [
            names(),
            { "type": "object", "additionalProperties": false, "properties": platforms.collect::<Map<_, _>>() },
        ],
    })
}

/// A path or glob that stays in the workspace.
fn inside() -> Value {
    json!({ "type": "string", "minLength": 1, "pattern": "^(?!/)(?!(.*/)?\\.\\.(/|$))[^\\\\]*$" })
}

// ---------------------------------------------------------------------------------------------------------------------------
// Small parts

fn definition(name: &str) -> Value {
    json!({ "$ref": format!("#/definitions/{name}") })
}

fn with(mut schema: Value, key: &str, value: Value) -> Value {
    if let Value::Object(map) = &mut schema {
        map.insert(key.to_owned(), value);
    }
    schema
}

/// With its description in front, where people who read the file look for it.
fn described(text: &str, schema: Value) -> Value {
    let mut all = Map::new();
    all.insert("description".into(), json!(text));
    if let Value::Object(map) = schema {
        all.extend(map);
    }
    Value::Object(all)
}

/// Words with what they mean.
fn one_of<'a>(words: impl Iterator<Item = (&'a str, &'a str)>) -> Value {
    let (words, meanings): (Vec<&str>, Vec<&str>) = words.unzip();
    json!({ "enum": words, "enumDescriptions": meanings })
}

fn common(name: &str) -> &'static str {
    COMMON.iter().find(|(known, _)| *known == name).map_or("", |(_, doc)| doc)
}

/// A schema for what stands at `group.member`; with the flag it must be there.
fn at_path(path: &str, schema: Value, there: bool) -> Value {
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

fn present(path: &str) -> Value {
    at_path(path, json!(true), true)
}

/// A demand that falls away where `overrides` gives every platform in it one of these fields.
fn unless_overridden(fields: &[&str], demand: Value) -> Value {
    let given: Vec<Value> = fields.iter().map(|field| present(field)).collect();
    let every = json!({ "minProperties": 1, "additionalProperties": { "anyOf": given } });
    json!({ "if": at_path("overrides", every, true), "else": demand })
}

/// Text in which an expression switches the other demands off: what it will become is not known yet.
fn text(demands: Value) -> Value {
    json!({ "type": "string", "if": { "pattern": "\\{\\{" }, "else": demands })
}

fn text_of(format: Format, max: u16) -> Value {
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
    text(json!({ "minLength": 1, "maxLength": max, "pattern": pattern }))
}

fn id() -> Value {
    json!({
        "type": "string",
        "maxLength": 64,
        "pattern": "^[a-z]([a-z0-9-]*[a-z0-9])?$",
        "not": { "pattern": "^(con|prn|aux|nul|com[1-9]|lpt[1-9])$" },
    })
}

fn list_of(items: Value) -> Value {
    json!({ "type": "array", "minItems": 1, "uniqueItems": true, "items": items })
}

/// Where a secret comes from, or a file that holds an identity: exactly one of these words.
fn source(with_file: bool) -> Value {
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

fn file_path() -> Value {
    json!({ "type": "string", "pattern": "^[^/\\\\][^\\\\]*$" })
}

fn amount(units: &[Unit]) -> Value {
    let units: Vec<String> = units.iter().map(|unit| format!("{}s?", unit.name().trim_end_matches('s'))).collect();
    json!({ "type": "string", "pattern": format!("^0*[1-9][0-9]* +({}) *$", units.join("|")) })
}

// ---------------------------------------------------------------------------------------------------------------------------
// What all kinds share

fn shared(schemas: &Schemas) -> Map<String, Value> {
    let mut definitions = Map::new();
    for platform in schemas.platforms {
        definitions.insert(format!("platform.{}", platform.name), platform_value(platform));
    }
    definitions.insert("allow".into(), allow());
    definitions.insert("adopt".into(), adopt());
    definitions
}

/// What may stand behind a platform's name in a mapping.
fn platform_value(platform: &Platform) -> Value {
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
    json!({
        "description": format!("{}. {what}", platform.title),
        "anyOf": [
            { "type": "null" },
            range,
            {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "version": described(&what, range.clone()),
                    "supervised": { "description": "Whether the devices are supervised.", "type": "boolean" },
                    "enrollment": { "description": "How the devices are enrolled.", "enum": ["device", "user"] },
                },
            },
        ],
    })
}

fn platform_values<'a>(platforms: impl Iterator<Item = &'a Platform>) -> Map<String, Value> {
    platforms.map(|platform| (platform.name.to_owned(), definition(&format!("platform.{}", platform.name)))).collect()
}

fn allow() -> Value {
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

fn adopt() -> Value {
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

// ---------------------------------------------------------------------------------------------------------------------------
// A kind

fn define(schemas: &Schemas, kind: &Kind, definitions: &mut Map<String, Value>) {
    for field in kind.fields {
        definitions.insert(format!("{}.{}", kind.name, field.name), field_schema(field));
    }
    for group in kind.groups {
        definitions.insert(format!("{}.{}", kind.name, group.name), group_schema(kind, group));
    }
    definitions.insert(format!("{}.settings", kind.name), settings(kind));
    definitions.insert(kind.name.to_owned(), profile(schemas, kind));
}

/// Fields and groups as they stand in a profile.
fn top_names(kind: &Kind) -> Vec<&'static str> {
    let mut names: Vec<&'static str> =
        kind.fields.iter().map(|field| field.group().map_or(field.name, |(group, _)| group)).collect();
    names.dedup();
    names
}

fn fields(kind: &Kind) -> impl Iterator<Item = (String, Value)> {
    let name = kind.name;
    top_names(kind).into_iter().map(move |field| (field.to_owned(), definition(&format!("{name}.{field}"))))
}

/// The platforms that a kind serves at all.
fn served<'a>(schemas: &'a Schemas, kind: &'a Kind) -> impl Iterator<Item = &'static Platform> + 'a {
    schemas
        .platforms
        .iter()
        .filter(|platform| kind.service(platform.name).is_some_and(|service| !matches!(service.is, Served::Unsupported { .. })))
}

fn profile(schemas: &Schemas, kind: &Kind) -> Value {
    let scopes: Vec<&str> = kind.scopes.iter().map(|scope| scope.name()).collect();
    let mut properties = Map::new();
    properties.insert("kind".into(), json!({ "description": common("kind"), "const": kind.name }));
    properties.insert("id".into(), described(common("id"), id()));
    properties.insert("name".into(), described(common("name"), text_of(Format::Line, 256)));
    properties.insert("description".into(), described(common("description"), text(json!({ "maxLength": 256 }))));
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

fn platforms(schemas: &Schemas, kind: &Kind) -> Value {
    let words = || served(schemas, kind).map(|platform| (platform.name, platform.title));
    json!({
        "description": common("platforms"),
        "anyOf": [
            list_of(one_of(words())),
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

fn overrides(schemas: &Schemas, kind: &Kind) -> Value {
    let settings =
        served(schemas, kind).map(|platform| (platform.name.to_owned(), definition(&format!("{}.settings", kind.name))));
    json!({
        "description": common("overrides"),
        "type": "object",
        "additionalProperties": false,
        "properties": settings.collect::<Map<_, _>>(),
    })
}

/// What may stand under a platform in `overrides`.
fn settings(kind: &Kind) -> Value {
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

fn on_unsupported(kind: &Kind) -> Value {
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

fn group_schema(kind: &Kind, group: &Group) -> Value {
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

// ---------------------------------------------------------------------------------------------------------------------------
// What fields ask of each other

fn rules(schemas: &Schemas, kind: &Kind) -> Vec<Value> {
    let mut rules = required(kind);
    for field in kind.fields {
        if !field.only_when.is_empty() {
            let all: Vec<Value> = field.only_when.iter().map(|when| holds(kind, when)).collect();
            let others: Vec<&str> = field.only_when.iter().map(|when| when.field).collect();
            rules.push(json!({ "if": present(field.name), "then": unless_overridden(&others, json!({ "allOf": all })) }));
        }
        for when in field.needed_when {
            let needed = unless_overridden(&[field.name, when.field], present(field.name));
            rules.push(json!({ "if": holds(kind, when), "then": needed }));
        }
        if !field.only_with.is_empty() {
            // `false` asks for nothing.
            let asks = if matches!(field.ty, Type::Boolean) { json!({ "const": true }) } else { json!(true) };
            let other = unless_overridden(&[field.only_with], present(field.only_with));
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
fn required(kind: &Kind) -> Vec<Value> {
    let names = kind.fields.iter().filter(|field| field.presence == Presence::Required).map(|field| field.name);
    let names: Vec<&str> = names.collect();
    if names.is_empty() {
        return Vec::new();
    }
    let overridden: Vec<Value> = names.iter().map(|name| unless_overridden(&[name], present(name))).collect();
    let (members, plain): (Vec<&str>, Vec<&str>) = names.iter().partition(|name| name.contains('.'));
    let mut demand = json!({ "required": plain });
    if !members.is_empty() {
        demand = with(demand, "allOf", members.into_iter().map(present).collect());
    }
    vec![json!({ "if": present("overrides"), "then": { "allOf": overridden }, "else": demand })]
}

/// Whether a condition holds, the default of an unwritten field included.
fn holds(kind: &Kind, when: &When) -> Value {
    let default = match kind.field(when.field).map(|(_, field)| field.presence) {
        Some(Presence::Default(Literal::Text(text))) => text,
        _ => "",
    };
    at_path(when.field, is_one_of(kind, when), !when.is.contains(&default))
}

/// The values of a condition, `{ literal: text }` included.
fn is_one_of(kind: &Kind, when: &When) -> Value {
    let choices = kind.field(when.field).map_or(&[][..], |(_, field)| field.choices());
    let holders = choices.iter().filter(|choice| choice.holds.is_some() && when.is.contains(&choice.name));
    let mut forms = vec![json!({ "enum": when.is })];
    forms.extend(holders.map(|choice| json!({ "type": "object", "required": [choice.name] })));
    json!({ "anyOf": forms })
}

/// Whether a platform is named under `platforms`; with the flag `all` counts as well.
fn chosen(platform: &str, or_all: bool) -> Value {
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

// ---------------------------------------------------------------------------------------------------------------------------
// A field

fn field_schema(field: &Field) -> Value {
    let mut schema = described(&description(field), type_schema(field.ty));
    if let Presence::Default(literal) = field.presence {
        schema = with(schema, "default", constant(literal));
    }
    match serde_yaml::from_str::<Value>(field.example) {
        Ok(example) => with(schema, "examples", json!([example])),
        Err(_) => schema,
    }
}

fn constant(literal: Literal) -> Value {
    match literal {
        Literal::Nothing => Value::Null,
        Literal::Boolean(value) => json!(value),
        Literal::Integer(number) => json!(number),
        Literal::Text(text) => json!(text),
    }
}

fn description(field: &Field) -> String {
    let mut text = field.doc.trim().to_owned();
    if !field.limits.is_empty() {
        text.push_str(&format!("\n\nAllowed: {}.", field.limits.trim_end_matches('.')));
    }
    for choice in field.choices() {
        text.push_str(&format!("\n- `{}`: {}", choice.name, choice.doc.trim()));
    }
    if let Type::Reference(to, having) | Type::References(to, having) = field.ty {
        let kinds: Vec<String> = to.iter().map(|referent: &Referent| format!("`{}`", referent.kind)).collect();
        let having = if having.field.is_empty() { String::new() } else { format!(" with `{}: {}`", having.field, having.is) };
        text.push_str(&format!("\n\nThe id of a {}{having}.", kinds.join(" or ")));
    }
    for when in field.only_when {
        let needed = field.needed_when.iter().any(|needed| needed.field == when.field && needed.is == when.is);
        let word = if needed { "With, and only with" } else { "Only with" };
        text.push_str(&format!("\n\n{word} `{}: {}`.", when.field, when.is.join("` or `")));
    }
    if !field.only_with.is_empty() {
        text.push_str(&format!("\n\nOnly with `{}`.", field.only_with));
    }
    if !field.required_on.is_empty() {
        text.push_str(&format!("\n\nRequired on {}.", list(field.required_on.iter().copied())));
    } else if field.presence == Presence::Optional && field.needed_when.is_empty() {
        text.push_str("\n\nWhere it is absent, nothing is sent.");
    }
    text
}

fn type_schema(ty: Type) -> Value {
    match ty {
        Type::Text(format, max) => text_of(format, max),
        Type::Boolean => json!({ "type": "boolean" }),
        Type::Integer { min, max, of } if of.is_empty() => {
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
        Type::Set(choices) => list_of(one_of(choices.iter().map(|choice| (choice.name, choice.doc)))),
        Type::Oids(choices) => {
            let dotted = json!({ "type": "string", "pattern": "^[0-2](\\.(0|[1-9][0-9]*))+$" });
            list_of(json!({ "anyOf": [one_of(choices.iter().map(|choice| (choice.name, choice.doc))), dotted] }))
        }
        Type::List(format, max, false) => list_of(text_of(format, max)),
        Type::List(format, max, true) => json!({ "anyOf": [text_of(format, max), list_of(text_of(format, max))] }),
        Type::Reference(..) => id(),
        Type::References(..) => list_of(id()),
        Type::Secret => source(false),
        Type::Duration { units, .. } | Type::Period(units) => amount(units),
        Type::DistinguishedName => text(json!({ "pattern": "=" })),
        Type::Certificate => {
            let file = described("The file, relative to this one and inside the workspace.", file_path());
            json!({ "type": "object", "required": ["file"], "additionalProperties": false, "properties": { "file": file } })
        }
        Type::Identity => source(true),
    }
}

/// A word, or `{ word: text }` for one that holds text.
fn choice(choices: &[Choice]) -> Value {
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::builtin::SCHEMAS;

    /// The documents of `docs/language.md`'s examples.
    const EXAMPLES: &str = r#"
kind: email
id: corporate-mail
name: Corporate mail
description: Exchange mail for all staff
platforms: [ios, windows_phone]
host: "{{ vars.mail_host }}"
account_name: Contoso mail
user_name: user_principal_name
email_address: primary_smtp_address
authentication: certificates
identity_certificate: user-identity
smime:
  signing_certificate: user-signing
  encryption_certificate: user-encryption
sync_schedule: as_messages_arrive
days_of_email: 2_weeks
content_types: [email, calendar]
allow_message_move: false
use_ssl: true
overrides:
  windows_phone: { authentication: username_and_password }
---
kind: trusted_certificate
id: contoso-root
name: Contoso root
platforms: [ios, windows_phone]
certificate: { file: ../certificates/root.cer }
store: root
---
kind: scep_certificate
id: user-identity
name: User identity
platforms: [ios, windows_phone]
urls: ["https://ndes.contoso.com/certsrv/mscep/mscep.dll"]
challenge: { secret: env:SCEP_CHALLENGE }
subject: "CN={{ user.user_principal_name }},O=Contoso"
subject_alternative_names: { upn: "{{ user.user_principal_name }}", email: "{{ user.primary_smtp_address }}" }
key_usage: [digital_signature, key_encipherment]
extended_key_usage: [client_authentication]
root_ca: contoso-root
---
kind: pkcs12_certificate
id: user-encryption
name: User encryption
platforms: [ios]
certificate: { file: "../certificates/{{ user.user_principal_name }}.p12" }
password: { secret: env:P12_PASSWORD }
"#;

    const MAIL: &str = "kind: email\nid: mail\nname: Mail\nplatforms: [ios]\nhost: mail.contoso.com\naccount_name: Mail\n\
        email_address: primary_smtp_address\n";
    const SCEP: &str = "kind: scep_certificate\nid: scep\nname: Scep\nplatforms: [ios]\nurls: [\"https://contoso.com/scep\"]\n\
        subject: CN=a\nkey_usage: [digital_signature]\nroot_ca: root\n";

    fn validator(schema: &Value) -> jsonschema::Validator {
        assert!(jsonschema::draft7::meta::validate(schema).is_ok());
        jsonschema::draft7::new(schema).unwrap()
    }

    fn documents(yaml: &str) -> Vec<Value> {
        use serde::Deserialize as _;
        serde_yaml::Deserializer::from_str(yaml).map(|document| Value::deserialize(document).unwrap()).collect()
    }

    fn complaints(validator: &jsonschema::Validator, yaml: &str) -> Vec<String> {
        let of = |document: &Value| validator.iter_errors(document).map(|error| error.to_string()).collect::<Vec<_>>();
        documents(yaml).iter().flat_map(of).collect()
    }

    fn inputs(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() {
                inputs(&entry.path(), found);
            } else if entry.file_name() == "input.yaml" {
                found.push(entry.path());
            }
        }
    }

    #[test]
    fn the_examples_of_the_language_are_accepted() {
        assert_eq!(complaints(&validator(&profile_schema(&SCHEMAS)), EXAMPLES), [""; 0]);
        for kind in SCHEMAS.kinds {
            let validator = validator(&kind_schema(&SCHEMAS, kind));
            let accepted = documents(EXAMPLES).iter().filter(|document| validator.is_valid(document)).count();
            assert_eq!(accepted, 1, "{}", kind.name);
        }
    }

    #[test]
    fn every_fixture_of_a_field_is_accepted() {
        let validator = validator(&profile_schema(&SCHEMAS));
        let mut found = Vec::new();
        inputs(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/fields"), &mut found);
        for path in found {
            let complaints = complaints(&validator, &fs::read_to_string(&path).unwrap());
            assert!(complaints.is_empty(), "{}: {complaints:?}", path.display());
        }
    }

    #[test]
    fn every_example_and_default_fits_its_field() {
        for kind in SCHEMAS.kinds {
            for field in kind.fields {
                let schema = field_schema(field);
                let own = validator(&schema);
                let example = &schema["examples"][0];
                assert!(own.is_valid(example), "{}.{}: {example}", kind.name, field.name);
                assert!(schema.get("default").is_none_or(|default| own.is_valid(default)), "{}.{}", kind.name, field.name);
                assert!(!schema["description"].as_str().unwrap().is_empty());
            }
        }
    }

    #[test]
    fn mistakes_in_mail_profiles_are_refused() {
        let validator = validator(&profile_schema(&SCHEMAS));
        assert_eq!(complaints(&validator, MAIL), [""; 0]);
        for wrong in [
            "hots: a",
            "use_ssl: \"yes\"",
            "sync_schedule: hourly",
            "user_name: alice@contoso.com",
            "user_name: { literal: a, custom: b }",
            "content_types: []",
            "content_types: [email, email]",
            "authentication: certificates",
            "identity_certificate: user-identity",
            "account_domain: active_directory",
            "smime: {}",
            "smime: { require_encryption: true }",
            "smime: { signing_certificate: a, require_encryption: true }",
            "generation: 0",
            "scope: device",
            "allow: { E0301: no }",
            "allow: { W0212: \"\" }",
            "adopt: { account_guid: abc }",
            "on_unsupported: { days_of_email: approximate }",
            "on_unsupported: { days_of_email: ignore }",
            "overrides: { ios: { platforms: [ios] } }",
            "overrides: { macos: { use_ssl: false } }",
            "overrides: { ios: { authentication: username_and_password, identity_certificate: a } }",
        ] {
            assert!(!complaints(&validator, &format!("{MAIL}{wrong}\n")).is_empty(), "{wrong}");
        }
        for (part, wrong) in [
            ("host: mail.contoso.com", "host: https://mail.contoso.com"),
            ("host: mail.contoso.com", "host: mail.contoso.com:443"),
            ("host: mail.contoso.com\n", ""),
            ("id: mail", "id: Mail"),
            ("id: mail", "id: con"),
            ("name: Mail", "name: \"\""),
            ("kind: email", "kind: mail"),
            ("platforms: [ios]", "platforms: []"),
            ("platforms: [ios]", "platforms: [ios, ios]"),
            ("platforms: [ios]", "platforms: [android]"),
            ("platforms: [ios]", "platforms: { ios: \">16\" }"),
            ("platforms: [ios]", "platforms: { windows: 8.1 }"),
            ("platforms: [ios]", "platforms: { ios: { supervised: maybe } }"),
        ] {
            let yaml = MAIL.replacen(part, wrong, 1);
            assert!(yaml != MAIL && !complaints(&validator, &yaml).is_empty(), "{wrong}");
        }
    }

    #[test]
    fn what_may_be_written_in_several_ways_is_accepted() {
        let validator = validator(&profile_schema(&SCHEMAS));
        for right in [
            "user_name: { literal: 'CORP\\alice' }",
            "user_name: sam_account_name\naccount_domain: { custom: \"{{ vars.domain }}\" }",
            "user_name: { literal: alice }\naccount_domain: active_directory",
            "authentication: certificates\nidentity_certificate: a",
            "smime: { encryption_certificate: a, require_encryption: true }",
            "smime: { signing_certificate: a, require_encryption: false, encryption_certificate: b }",
            "on_unsupported: { user_name: approximate, smime: skip, smime.signing_certificate: warn }",
            "overrides: { ios: { content_types: [email] } }",
            "overrides: { ios: { authentication: certificates, identity_certificate: a } }",
            "authentication: certificates\noverrides: { ios: { identity_certificate: a } }",
            "adopt: { payload_uuid: \"{3F2504E0-4F89-11D3-9A0C-0305E82C3301}\" }",
            "allow: { W0606: decided in March }\ngeneration: 3\nscope: user",
        ] {
            assert_eq!(complaints(&validator, &format!("{MAIL}{right}\n")), [""; 0], "{right}");
        }
        for platforms in [
            "all",
            "ios",
            "{ ios: }",
            "{ ios: 16, macos: \">=13 <15\", windows_phone: 8.1, windows: 11 }",
            "{ windows: \">=10.0.19041\" }",
            "{ ios: { version: \">=16\", supervised: true, enrollment: device } }",
        ] {
            let yaml = MAIL.replacen("[ios]", platforms, 1);
            assert_eq!(complaints(&validator, &yaml), [""; 0], "{platforms}");
        }
        let without_host = MAIL.replacen("host: mail.contoso.com\n", "overrides: { ios: { host: mail.contoso.com } }\n", 1);
        assert_eq!(complaints(&validator, &without_host), [""; 0]);
    }

    #[test]
    fn certificates_have_their_own_mistakes() {
        let validator = validator(&profile_schema(&SCHEMAS));
        assert_eq!(complaints(&validator, SCEP), [""; 0]);
        for wrong in [
            "challenge: sesame",
            "challenge: { secret: sesame }",
            "challenge: { secret: env:A, token: b }",
            "key_size: 3072",
            "retries: 31",
            "validity: 1 week",
            "retry_delay: 60",
            "key_storage: hello",
            "container_name: a",
            "extended_key_usage: [1.2.x]",
            "subject_alternative_names: { rid: a }",
        ] {
            assert!(!complaints(&validator, &format!("{SCEP}{wrong}\n")).is_empty(), "{wrong}");
        }
        let windows = SCEP.replacen("[ios]", "[ios, windows]", 1);
        assert_eq!(complaints(&validator, &windows).len(), 2, "challenge and extended_key_usage");
        let own = "overrides: { windows: { challenge: { secret: env:A }, extended_key_usage: [1.3.6.1.5.5.7.3.2] } }\n";
        assert_eq!(complaints(&validator, &format!("{windows}{own}")), [""; 0]);
        let phone = "kind: pkcs12_certificate\nid: a\nname: a\nplatforms: [windows_phone]\ncertificate: { file: a.p12 }\n";
        assert!(!complaints(&validator, phone).is_empty());
    }

    #[test]
    fn workspaces() {
        let validator = validator(&workspace_schema(&SCHEMAS));
        let right = "organization: { name: Contoso, identifier: com.contoso }\nprofiles: [profiles/**/*.yaml]\noutput: dist\n\
            server: { ios: jamf_pro, macos: jamf_pro, windows: fleet }\nplatforms: { ios: \">=16\", windows_phone: \">=8.1\" }\n\
            directory: directory/users.csv\nvars: { mail_host: mail.contoso.com, port: 443 }\nallow: { W0212: decided }\n";
        assert_eq!(complaints(&validator, right), [""; 0]);
        let organization = "organization: { name: Contoso, identifier: com.contoso }\n";
        for wrong in [
            "output: ../dist",
            "output: /dist",
            "profiles: [\"a/../../*.yaml\"]",
            "server: jamf",
            "server: { ios: jamf }",
            "platforms: [ios]",
            "vars: { 1a: b }",
            "vars: { a: [b] }",
            "servers: manual",
        ] {
            assert!(!complaints(&validator, &format!("{organization}{wrong}\n")).is_empty(), "{wrong}");
        }
        assert!(!complaints(&validator, "output: dist").is_empty());
        assert!(!complaints(&validator, "organization: { name: Contoso, identifier: contoso }").is_empty());
    }
}
