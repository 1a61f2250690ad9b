//! Settings as an administrator would write them, as JSON. A secret is shown as where it comes from, a certificate as its thumbprint.

use serde_json::{Map, Value as Json, json};

use crate::ir::{
    Branch, IdentitySource, Item, Member, Name, NodeSetting, NodeValue, Piece, Profile, SecretSource, Setting, Text, Tree, Value,
};
use crate::schema::{Field, FieldId, Type};

/// Decides what the compiler does with words that the vendors' tables lack; no device gets it.
const RULE: &str = "unknown";

/// The settings of a profile by field; one that differs from platform to platform by platform.
#[must_use]
pub fn settings(profile: &Profile) -> Map<String, Json> {
    let mut settings = Map::new();
    for (id, field) in profile.kind.numbered().filter(|(_, field)| field.name != RULE) {
        let of_view = |setting: &Setting| value(field, &setting.value);
        let mut views = profile.views.iter().filter_map(|view| Some((view.platform.name, of_view(meant(view, id)?))));
        let Some((platform, first)) = views.next() else { continue };
        let others: Vec<(&str, Json)> = views.collect();
        let shown = if others.iter().all(|(_, other)| *other == first) {
            first
        } else {
            std::iter::once((platform, first))
                .chain(others)
                .map(|(platform, value)| (platform.to_owned(), value))
                .collect::<Map<_, _>>()
                .into()
        };
        settings.insert(field.name.to_owned(), shown);
    }
    settings
}

fn meant(view: &crate::ir::View, id: FieldId) -> Option<&Setting> {
    view.meant.get(id.index())?.as_ref()
}

/// One value.
#[must_use]
pub fn value(field: &Field, value: &Value) -> Json {
    let choice = |index: usize| field.choices().get(index).map_or("", |choice| choice.name);
    match value {
        Value::Boolean(value) => json!(value),
        Value::Integer(value) => json!(value),
        Value::Text(value) => json!(text(value)),
        Value::Choice(index, held) => {
            let index = usize::from(*index);
            let holds = field.choices().get(index).is_some_and(|choice| choice.holds.is_some());
            match held.as_ref().filter(|_| holds) {
                Some(held) => json!({ choice(index): text(held) }),
                None => json!(choice(index)),
            }
        }
        Value::Set(bits) => {
            let members = (0..field.choices().len()).filter(|at| bits & (1 << at) != 0).map(choice);
            json!(members.collect::<Vec<_>>())
        }
        Value::Texts(texts) => json!(texts.iter().map(text).collect::<Vec<_>>()),
        Value::References(ids) if matches!(field.ty, Type::Reference(..)) => json!(ids.first().map(|id| &**id)),
        Value::References(ids) => json!(ids.iter().map(|id| &**id).collect::<Vec<_>>()),
        Value::Secret(source) => secret(source),
        Value::Duration(seconds) => json!(format!("{seconds} seconds")),
        Value::Period(count, unit) => match field.ty {
            Type::Period(units) => json!(format!("{count} {}", units.get(usize::from(*unit)).map_or("", |unit| unit.name()))),
            _ => json!(count),
        },
        Value::Name(name) => json!(name_text(name)),
        Value::Certificate(certificate) => json!({ "sha1": certificate.thumbprint }),
        Value::Identity(identity) => match &identity.from {
            IdentitySource::Personal(path) => json!({ "file": text(path) }),
            IdentitySource::File(_) => json!("a file"),
            IdentitySource::Secret(source) => secret(source),
        },
        Value::Payloads(items) | Value::Declarations(items) => {
            let item = |item: &std::sync::Arc<Item>| json!({ "type": &*item.ty, "keys": members(&item.members) });
            json!(items.iter().map(item).collect::<Vec<_>>())
        }
        Value::Nodes(nodes) => {
            let item = |node: &NodeSetting| json!({ "node": &*node.path, "value": node_value(&node.value) });
            json!(nodes.iter().map(item).collect::<Vec<_>>())
        }
        Value::Admx(files) => json!(files.iter().map(|file| &*file.name).collect::<Vec<_>>()),
    }
}

/// What is written at a node; bytes are not shown.
fn node_value(value: &NodeValue) -> Json {
    match value {
        NodeValue::Nothing => Json::Null,
        NodeValue::Boolean(value) => json!(value),
        NodeValue::Integer(value) => json!(value),
        NodeValue::Text(value) => json!(text(value)),
        NodeValue::List(items) => json!(items.iter().map(|(item, _)| node_value(item)).collect::<Vec<_>>()),
        NodeValue::Policy(elements) => {
            Json::Object(elements.iter().map(|element| (element.id.to_string(), node_value(&element.value))).collect())
        }
        NodeValue::Bytes(_) => json!("bytes"),
        NodeValue::Secret(source) => secret(source),
    }
}

fn members(members: &[Member]) -> Json {
    Json::Object(members.iter().map(|member| (member.name.to_string(), tree(&member.tree))).collect())
}

/// A value of a payload or declaration; bytes are not shown.
fn tree(node: &Tree) -> Json {
    match &node.branch {
        Branch::Dictionary(keys) => members(keys),
        Branch::Array(items) => json!(items.iter().map(tree).collect::<Vec<_>>()),
        Branch::Text(value) => json!(text(value)),
        Branch::Integer(value) => json!(value),
        Branch::Real(value) => json!(value),
        Branch::Boolean(value) => json!(value),
        Branch::Date(value) => json!(&**value),
        Branch::Data(_) => json!("bytes"),
        Branch::Secret(source) | Branch::SecretData(source) => secret(source),
        Branch::Profile(id, _) | Branch::Sibling(id) | Branch::Vpn(id) => json!(&**id),
    }
}

fn secret(source: &SecretSource) -> Json {
    match source {
        SecretSource::Env(name) => json!({ "secret": format!("env:{name}") }),
        SecretSource::File(path) => json!({ "secret": format!("file:{path}") }),
        SecretSource::Token(token) => json!({ "token": text(token) }),
    }
}

fn text(text: &Text) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Literal(text) | Piece::Token(text) => text.to_string(),
        Piece::Attribute(name) => format!("{{{{ {name} }}}}"),
        Piece::Formula(text, _) => format!("{{{{ {text} }}}}"),
    };
    text.pieces().iter().map(piece).collect()
}

/// Most specific first, as it is written.
fn name_text(name: &Name) -> String {
    let part =
        |part: &Vec<(String, Text)>| part.iter().map(|(ty, value)| format!("{ty}={}", text(value))).collect::<Vec<_>>().join("+");
    name.0.iter().rev().map(part).collect::<Vec<_>>().join(",")
}
