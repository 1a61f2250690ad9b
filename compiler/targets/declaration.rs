//! Apple declarations: a JSON file for each, and an activation that names the configurations unless one is written.
//!
//! Shared by the Apple targets. The `ServerToken` is the SHA-256 of the declaration without it, in hex: 64 octets, and another one
//! whenever anything in the declaration changes. Text that the server fills in counts as written, with its tokens.
//! <https://developer.apple.com/documentation/devicemanagement/declarationbase>

use base64::Engine as _;
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;

use super::fill;
use super::{Assembled, Bundle, Expected, Fault, Part, Role, Surroundings};
use crate::catalog::{Catalog, Key, KeyType, Payload, Support};
use crate::ir::{Branch, ByHand, Datum, Entry, Item, Member, Origin, Profile, SecretSource, Text, Tree, Value as Written, View};

/// One entry for each declaration.
pub const DECLARATIONS: ByHand = ByHand { name: "declarations", places: &[], trouble: |_, _| None, lower };

fn lower(_: &Profile, view: &View) -> Vec<Entry> {
    let settings = view.settings.iter().flatten();
    let items = settings.flat_map(|setting| match &setting.value {
        Written::Declarations(items) => items.as_slice(),
        _ => &[],
    });
    let entry = |item: &Arc<Item>| Entry {
        place: item.label.to_string().into(),
        datum: Datum::Item(item.clone()),
        origin: Origin::Written(item.span),
    };
    items.map(entry).collect()
}

const CONFIGURATION: &str = "com.apple.configuration.";
const ACTIVATION: &str = "com.apple.activation.";
const SIMPLE: &str = "com.apple.activation.simple";

/// A declaration without its token.
#[derive(Serialize)]
struct Content<'a> {
    #[serde(rename = "Type")]
    ty: &'a str,
    #[serde(rename = "Identifier")]
    identifier: &'a str,
    #[serde(rename = "Payload")]
    payload: &'a Map<String, Value>,
}

/// A declaration.
#[derive(Serialize)]
struct Declaration<'a> {
    #[serde(rename = "Type")]
    ty: &'a str,
    #[serde(rename = "Identifier")]
    identifier: &'a str,
    #[serde(rename = "ServerToken")]
    token: &'a str,
    #[serde(rename = "Payload")]
    payload: &'a Map<String, Value>,
}

/// A file for each declaration.
///
/// # Errors
/// A key the vendor tables do not know, or a value of another type.
pub fn assemble(bundle: &Bundle<'_>, around: &Surroundings<'_>) -> Result<Vec<Assembled>, Fault> {
    let main = &bundle.main;
    let items: Vec<&Item> = main
        .lowered
        .entries
        .iter()
        .map(|entry| match &entry.datum {
            Datum::Item(item) => Ok(&**item),
            _ => Err(Fault(format!("`{}` is no declaration", entry.place))),
        })
        .collect::<Result<_, Fault>>()?;
    let mut files = Vec::new();
    for item in &items {
        let mut writing = Writing { part: main, around, contains_secret: false };
        let payload = writing.members(&item.members)?;
        if let Some(section) = &item.section {
            verify(around.catalog, section, item, &payload, main.view.platform.name)?;
        }
        files.push(file(&item.ty, &item.label, &payload, writing.contains_secret, main, around)?);
    }
    if !around.server.configurations_alone && !items.iter().any(|item| item.ty.starts_with(ACTIVATION)) {
        let configurations = items.iter().filter(|item| item.ty.starts_with(CONFIGURATION));
        let names: Vec<Value> = configurations.map(|item| identifier(around, main.profile, &item.label).into()).collect();
        if !names.is_empty() {
            let payload = Map::from_iter([("StandardConfigurations".to_owned(), Value::Array(names))]);
            files.push(file(SIMPLE, ACTIVATION_LABEL, &payload, false, main, around)?);
        }
    }
    Ok(files)
}

/// What the activation that payloadc makes is called.
pub const ACTIVATION_LABEL: &str = "activation";

/// What a device knows a declaration by.
pub fn identifier(around: &Surroundings<'_>, profile: &Profile, label: &str) -> String {
    format!("{}.{}.{label}", around.identifier, profile.id)
}

fn file(
    ty: &str,
    label: &str,
    payload: &Map<String, Value>,
    contains_secret: bool,
    part: &Part<'_>,
    around: &Surroundings<'_>,
) -> Result<Assembled, Fault> {
    let broken = |error: serde_json::Error| Fault(format!("the declaration cannot be written: {error}"));
    let identifier = identifier(around, part.profile, label);
    let content = serde_json::to_vec(&Content { ty, identifier: &identifier, payload }).map_err(broken)?;
    let token = crate::compile::sha256(&content);
    let mut bytes =
        serde_json::to_vec_pretty(&Declaration { ty, identifier: &identifier, token: &token, payload }).map_err(broken)?;
    bytes.push(b'\n');
    let expects = [("Identifier", identifier.clone()), ("ServerToken", token)].map(|(key, value)| Expected {
        place: key.to_owned(),
        origin: None,
        value: Some(Text::literal(value)),
    });
    let expects = expects.into();
    Ok(Assembled {
        role: Role::Declaration,
        suffix: format!(".{label}.json").into(),
        bytes,
        identities: vec![identifier],
        contains_secret,
        needs_user_logged_on: false,
        redeliver: true,
        fixed: Vec::new(),
        first: Vec::new(),
        expects,
        notes: Vec::new(),
    })
}

struct Writing<'a> {
    part: &'a Part<'a>,
    around: &'a Surroundings<'a>,
    contains_secret: bool,
}

impl Writing<'_> {
    /// Keys in alphabetical order, whatever the order written: a declaration that means the same is the same.
    fn members(&mut self, members: &[Member]) -> Result<Map<String, Value>, Fault> {
        let mut sorted: Vec<&Member> = members.iter().collect();
        sorted.sort_by(|a, b| a.name.cmp(&b.name));
        sorted.into_iter().map(|member| Ok((member.name.to_string(), self.tree(&member.tree)?))).collect()
    }

    fn tree(&mut self, tree: &Tree) -> Result<Value, Fault> {
        let base64 = |bytes: &[u8]| Value::String(base64::engine::general_purpose::STANDARD.encode(bytes));
        Ok(match &tree.branch {
            Branch::Dictionary(members) => Value::Object(self.members(members)?),
            Branch::Array(items) => Value::Array(items.iter().map(|item| self.tree(item)).collect::<Result<_, Fault>>()?),
            Branch::Text(text) => Value::String(fill::text(text, self.part, self.around)?),
            Branch::Integer(number) => (*number).into(),
            Branch::Real(number) => (*number).into(),
            Branch::Boolean(value) => (*value).into(),
            Branch::Date(text) => Value::String(text.to_string()),
            Branch::Data(bytes) => base64(bytes),
            Branch::Secret(source) => {
                self.contains_secret |= !matches!(source, SecretSource::Token(_));
                Value::String(fill::secret(source, self.part, self.around)?)
            }
            Branch::SecretData(source) => match fill::secret_bytes(source, self.around) {
                Some(bytes) => {
                    self.contains_secret = true;
                    base64(&bytes)
                }
                None => Value::String(fill::secret(source, self.part, self.around)?),
            },
            Branch::Sibling(id) => Value::String(identifier(self.around, self.part.profile, id)),
            Branch::Profile(id, _) | Branch::Vpn(id) => {
                return Err(Fault(format!("`{id}` is referred to by UUID, and a declaration has none")));
            }
        })
    }
}

/// Every key against the vendor's tables; what `unknown: warn` let through is not judged.
fn verify(
    catalog: &'static Catalog,
    section: &str,
    item: &Item,
    payload: &Map<String, Value>,
    platform: &'static str,
) -> Result<(), Fault> {
    let facts = catalog.section(section).ok_or_else(|| Fault(format!("`{section}` is not in the vendor tables")))?;
    dictionary(Facts { payload: facts, platform }, None, Some(&item.members), payload)
}

/// What the vendor says of a type, for one platform.
#[derive(Clone, Copy)]
struct Facts {
    payload: &'static Payload,
    platform: &'static str,
}

fn dictionary(
    facts: Facts,
    inside: Option<&'static Key>,
    members: Option<&[Member]>,
    object: &Map<String, Value>,
) -> Result<(), Fault> {
    for (name, value) in object {
        let member = members.and_then(|members| members.iter().find(|member| *member.name == **name));
        if member.is_some_and(|member| !member.known) {
            continue;
        }
        let key = facts
            .payload
            .step(inside, name)
            .ok_or_else(|| Fault(format!("`{name}` of `{}` is not in the vendor tables", facts.payload.name)))?;
        judge(facts, key, member.map(|member| &member.tree), value)?;
    }
    let there = |key: &&Key| key.on(facts.platform).is_none_or(Support::there);
    match facts.payload.required_inside(inside).filter(there).find(|key| !object.contains_key(key.name())) {
        Some(key) => Err(Fault(format!("`{}` of `{}` is required and missing", key.path, facts.payload.name))),
        None => Ok(()),
    }
}

fn judge(facts: Facts, key: &'static Key, tree: Option<&Tree>, value: &Value) -> Result<(), Fault> {
    let fits = match key.ty {
        KeyType::String | KeyType::Date | KeyType::Data => value.is_string(),
        KeyType::Integer => value.is_i64() || value.is_u64(),
        KeyType::Real => value.is_number(),
        KeyType::Boolean => value.is_boolean(),
        KeyType::Array => value.is_array(),
        KeyType::Dictionary => value.is_object(),
        KeyType::StringOrStrings => value.is_string() || value.is_array(),
        KeyType::Any => true,
    };
    if !fits {
        return Err(Fault(format!("`{}` of `{}` cannot have this value", key.path, facts.payload.name)));
    }
    if key.ty == KeyType::Any || facts.payload.inside(Some(key)).next().is_none() {
        return Ok(());
    }
    match (value, tree.map(|tree| &tree.branch)) {
        (Value::Object(object), Some(Branch::Dictionary(members))) => dictionary(facts, Some(key), Some(members), object),
        (Value::Array(values), Some(Branch::Array(trees))) => {
            let Some(member) = facts.payload.step(Some(key), "[]") else { return Ok(()) };
            values.iter().zip(trees).try_for_each(|(value, tree)| judge(facts, member, Some(tree), value))
        }
        _ => Ok(()),
    }
}
