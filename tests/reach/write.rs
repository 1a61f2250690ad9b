//! Profiles made from the catalog, with the tree that a device is to read.

use std::collections::BTreeSet;

use payloadc::builtin::CATALOG;
use payloadc::catalog::{Demand, Key, KeyType, Payload, Refers, Support};
use payloadc::schema::Version;
use plist::{Dictionary, Value};
use serde_json::{Map, Value as Json, json};

/// A profile about one key.
pub struct Case {
    /// The key, or nothing for what is required alone.
    pub key: String,
    pub id: String,
    /// The document.
    pub text: String,
    /// What is to be read back.
    pub tree: Value,
    /// The paths of all keys in it, as the table spells them.
    pub paths: BTreeSet<&'static str>,
}

/// What stands for a value that only the compiler knows.
const ANYTHING: &str = "anything";

struct Writer {
    facts: &'static Payload,
    platform: &'static str,
    declared: bool,
    /// The versions that have all that was written.
    from: Version,
    below: Option<Version>,
    paths: BTreeSet<&'static str>,
    /// The key that is tried: it and what holds it are written beside what is required.
    target: &'static str,
    /// Other items that are referred to, by id.
    siblings: Vec<(String, Json)>,
}

/// What a type requires, and that with each further key.
pub fn cases(facts: &'static Payload, platform: &str, declared: bool) -> Vec<Case> {
    let platform = if platform == "ios" { "ios" } else { "macos" };
    let optional = facts.keys.iter().filter(|key| there(key, platform) && key.name() != "[]");
    let keys = [None].into_iter().chain(optional.map(Some));
    let mut cases: Vec<Case> = keys.filter_map(|key| one(facts, platform, declared, key)).collect();
    for (at, case) in cases.iter_mut().enumerate() {
        case.id = format!("case-{at}");
        case.text = case.text.replace("THE-ID", &case.id);
    }
    cases
}

fn there(key: &Key, platform: &str) -> bool {
    key.on(platform).is_some_and(Support::there)
}

fn one(facts: &'static Payload, platform: &'static str, declared: bool, more: Option<&'static Key>) -> Option<Case> {
    let mut writer = Writer {
        facts,
        platform,
        declared,
        from: Version([0; 4]),
        below: None,
        siblings: Vec::new(),
        paths: BTreeSet::new(),
        target: "",
    };
    let support = facts.on(platform)?;
    writer.needs(support);
    writer.target = more.map_or("", |key| &key.path);
    let (yaml, tree) = writer.dictionary(None, 0);
    // A key that went before it came, as the tables have it: nothing to write.
    if writer.below.is_some_and(|below| below <= writer.from) {
        return None;
    }
    let user = if declared { support.scopes } else { support.channels }.is_some_and(|words| {
        let device = if declared { "system" } else { "device" };
        !words.has(device) && words.has("user")
    });
    let range = format!(">={}{}", writer.from, writer.below.map_or_else(String::new, |below| format!(" <{below}")));
    let ty = facts.variant.map_or_else(|| facts.name.to_owned(), |variant| format!("{}({variant})", facts.name));
    let body = if declared { "payload" } else { "keys" };
    let mut items =
        vec![if declared { json!({ "type": ty, body: yaml }) } else { json!({ "id": "subject", "type": ty, body: yaml }) }];
    items.extend(std::mem::take(&mut writer.siblings).into_iter().map(|(_, item)| item));
    let text = json!({
        "kind": if declared { "apple_declaration" } else { "apple_payload" },
        "id": "THE-ID",
        "name": "THE-ID",
        "platforms": { platform: { "version": range, "supervised": true } },
        "scope": if user { "user" } else { "device" },
        if declared { "declarations" } else { "payloads" }: items,
    });
    let key = more.map_or_else(|| "required".to_owned(), |key| key.path.to_string());
    Some(Case { key, id: String::new(), text: text.to_string(), tree: Value::Dictionary(tree), paths: writer.paths })
}

impl Writer {
    fn needs(&mut self, support: &Support) {
        self.from = self.from.max(support.versions.introduced.unwrap_or(Version([0; 4])));
        if let Some(removed) = support.versions.removed {
            self.below = Some(self.below.map_or(removed, |below| below.min(removed)));
        }
    }

    /// The required keys of a dictionary, the one that is tried, and what rules ask for beside them.
    fn dictionary(&mut self, inside: Option<&'static Key>, depth: usize) -> (Map<String, Json>, Dictionary) {
        let (mut yaml, mut tree) = (Map::new(), Dictionary::new());
        let keys: Vec<&'static Key> = self.facts.inside(inside).filter(|key| key.name() != "[]").collect();
        for key in keys {
            let tried = self.target == key.path || self.target.strip_prefix(&*key.path).is_some_and(|rest| rest.starts_with('/'));
            if tried || (key.required && there(key, self.platform) && key.name() != "ANY") {
                self.write(key, depth, None, &mut yaml, &mut tree);
            }
        }
        // One rule may ask for what another asks of.
        for _ in 0..3 {
            self.rules(inside, depth, &mut yaml, &mut tree);
        }
        (yaml, tree)
    }

    fn write(
        &mut self,
        key: &'static Key,
        depth: usize,
        given: Option<(Json, Value)>,
        yaml: &mut Map<String, Json>,
        tree: &mut Dictionary,
    ) {
        let name = if key.name() == "ANY" { "Free" } else { key.name() };
        let value = self.value(key, depth + 1);
        let (written, read) = given.unwrap_or(value);
        yaml.insert(name.to_owned(), written);
        tree.insert(name.to_owned(), read);
    }

    /// Adds what the rules of the overlay ask for.
    fn rules(&mut self, inside: Option<&'static Key>, depth: usize, yaml: &mut Map<String, Json>, tree: &mut Dictionary) {
        let path = inside.map_or("", |key| &key.path);
        for rule in CATALOG.rules(self.facts.name).filter(|rule| rule.is_about(path)) {
            let facts = self.facts;
            let holds = rule.when.iter().all(|(name, values)| {
                let written = yaml.get(*name).map(|value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned));
                let default = || facts.step(inside, name).and_then(|key| key.default).map(ToOwned::to_owned);
                (values.contains(&"*") && yaml.contains_key(*name))
                    || written.or_else(default).is_some_and(|value| values.contains(&&*value))
            });
            if !holds {
                continue;
            }
            let none = !rule.keys.iter().any(|name| yaml.contains_key(*name));
            let truth = || Some((json!(true), Value::Boolean(true)));
            let (wanted, given): (Vec<&str>, bool) = match rule.demand {
                Demand::ExactlyOne | Demand::AtLeastOne if none => (rule.keys[..1].to_vec(), false),
                Demand::Required => (rule.keys.iter().copied().filter(|name| !yaml.contains_key(*name)).collect(), false),
                Demand::True => (rule.keys.to_vec(), true),
                Demand::AnyTrue => (rule.keys[..1].to_vec(), true),
                _ => continue,
            };
            for name in wanted {
                let key = facts.step(inside, name).unwrap();
                self.write(key, depth, given.then(truth).flatten(), yaml, tree);
            }
        }
    }

    fn value(&mut self, key: &'static Key, depth: usize) -> (Json, Value) {
        if let Some(support) = key.on(self.platform) {
            self.needs(support);
        }
        self.paths.insert(&key.path);
        let least = |fallback: f64| key.range.and_then(|range| range.min.or(range.max)).unwrap_or(fallback);
        match key.ty {
            KeyType::Boolean => (json!(true), Value::Boolean(true)),
            KeyType::Integer => {
                let listed = key.allowed.first().map(|text| text.parse::<i64>().unwrap());
                #[allow(clippy::cast_possible_truncation, reason = "the tables' bounds are whole and small")]
                let number = listed.unwrap_or(least(1.0) as i64);
                (json!(number), Value::Integer(number.into()))
            }
            KeyType::Real => (json!(least(1.5)), Value::Real(least(1.5))),
            KeyType::Date => ("2027-01-31T12:00:00Z".into(), Value::String("2027-01-31T12:00:00Z".into())),
            KeyType::Data if self.certificate() && key.path == "PayloadContent" => {
                (json!({ "file": "../root.cer" }), Value::Data(root_certificate()))
            }
            KeyType::Data => (json!({ "base64": "aGk=" }), Value::Data(b"hi".to_vec())),
            KeyType::Dictionary => self.container(key, depth),
            KeyType::Array => self.array(key, depth),
            KeyType::Any => (json!({ "a": [1, "b"] }), {
                let list = Value::Array(vec![Value::Integer(1.into()), Value::String("b".into())]);
                Value::Dictionary(Dictionary::from_iter([("a".to_owned(), list)]))
            }),
            KeyType::String | KeyType::StringOrStrings => self.text(key),
        }
    }

    /// Whether the payload holds a certificate, which is judged.
    fn certificate(&self) -> bool {
        matches!(self.facts.name, "com.apple.security.root" | "com.apple.security.pkcs1")
    }

    fn container(&mut self, key: &'static Key, depth: usize) -> (Json, Value) {
        let described = self.facts.inside(Some(key)).next().is_some();
        if !described {
            return (json!({ "a": 1 }), Value::Dictionary(Dictionary::from_iter([("a".to_owned(), Value::Integer(1.into()))])));
        }
        let (yaml, tree) = self.dictionary(Some(key), depth);
        (Json::Object(yaml), Value::Dictionary(tree))
    }

    fn array(&mut self, key: &'static Key, depth: usize) -> (Json, Value) {
        let Some(member) = self.facts.step(Some(key), "[]") else {
            return (json!(["a"]), Value::Array(vec![Value::String("a".into())]));
        };
        if depth > 14 {
            return (json!([]), Value::Array(Vec::new()));
        }
        let bounds = key.repetition.and_then(|bounds| bounds.min).unwrap_or(1.0);
        let (mut yaml, mut tree) = (Vec::new(), Vec::new());
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the tables' bounds are whole and small")]
        for _ in 0..(bounds.max(1.0) as usize) {
            let (written, read) = self.value(member, depth + 1);
            yaml.push(written);
            tree.push(read);
        }
        (Json::Array(yaml), Value::Array(tree))
    }

    fn text(&mut self, key: &'static Key) -> (Json, Value) {
        let plain = |text: &str| (json!(text), Value::String(text.into()));
        let lower = key.name().to_ascii_lowercase();
        let secret = ["password", "passphrase", "sharedsecret", "challenge", "passcode", "privatekey", "authenticationtoken"];
        if let Some(first) = key.allowed.first() {
            return plain(first);
        }
        if self.declared && self.facts.name == "com.apple.activation.simple" && key.path == "StandardConfigurations/[]" {
            return self.sibling("com.apple.configuration.passcode.settings");
        }
        if let Some(ty) = key.assets.first() {
            return self.sibling(ty);
        }
        match key.refers {
            Some(Refers::Identity) => return self.sibling("com.apple.security.pkcs12"),
            Some(Refers::Certificate) => return self.sibling("com.apple.security.pkcs1"),
            Some(Refers::Vpn) => return plain("5D3C4B2A-0000-4000-8000-000000000001"),
            None => {}
        }
        if secret.iter().any(|word| lower.ends_with(word)) {
            return (json!({ "token": "$EMAIL" }), Value::String("$EMAIL".into()));
        }
        let forms =
            ["text", "https://contoso.com/a", "00:11:22:33:44:55", "123456", "ABCDEF", "5D3C4B2A-0000-4000-8000-000000000001"];
        let fits = |text: &&str| {
            key.format.is_none_or(|format| regex_lite::Regex::new(format).unwrap().is_match(text))
                && (key.subtype != Some("url") || text.starts_with("https:"))
        };
        plain(forms.into_iter().find(fits).unwrap_or_else(|| panic!("no text for {:?}", key.format)))
    }

    /// Another item that a key refers to.
    fn sibling(&mut self, ty: &str) -> (Json, Value) {
        let id = format!("s-{}", ty.rsplit('.').next().unwrap().to_lowercase());
        if !self.siblings.iter().any(|(known, _)| *known == id) {
            let (body, keys) = if self.declared {
                let facts = CATALOG.declaration(ty).unwrap();
                let mut writer = Writer {
                    facts,
                    platform: self.platform,
                    declared: true,
                    from: self.from,
                    below: self.below,
                    siblings: Vec::new(),
                    paths: BTreeSet::new(),
                    target: "",
                };
                writer.needs(facts.on(self.platform).unwrap());
                let (mut yaml, _) = writer.dictionary(None, 0);
                if ty == "com.apple.configuration.passcode.settings" {
                    yaml.insert("MinimumLength".into(), json!(8));
                }
                (self.from, self.below) = (writer.from, writer.below);
                ("payload", Json::Object(yaml))
            } else {
                ("keys", json!({ "PayloadContent": { "file": "../root.cer" } }))
            };
            self.siblings.push((id.clone(), json!({ "id": id, "type": ty, body: keys })));
        }
        (json!(id), Value::String(ANYTHING.into()))
    }
}

/// Equality in which a date is its text, bytes are their base64, and some text is known to the compiler alone.
pub fn equal(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::String(text), _) if text == ANYTHING => found.as_string().is_some(),
        (Value::String(text), Value::Date(date)) => *text == date.to_xml_format(),
        (Value::Data(bytes), Value::String(text)) => bytes == b"hi" && text == "aGk=",
        (Value::Real(number), Value::Integer(other)) => {
            other.as_signed().is_some_and(|other| Value::Real(other as f64) == Value::Real(*number))
        }
        (Value::Dictionary(wanted), Value::Dictionary(found)) => {
            wanted.len() == found.len()
                && wanted.iter().all(|(key, value)| found.get(key).is_some_and(|other| equal(value, other)))
        }
        (Value::Array(wanted), Value::Array(found)) => {
            wanted.len() == found.len() && wanted.iter().zip(found).all(|(one, other)| equal(one, other))
        }
        (wanted, found) => wanted == found,
    }
}

/// JSON as a property list would have it.
pub fn from_json(json: &Json) -> Value {
    match json {
        Json::Null => Value::String("null".into()),
        Json::Bool(value) => Value::Boolean(*value),
        Json::Number(number) => {
            number.as_i64().map_or_else(|| Value::Real(number.as_f64().unwrap()), |number| Value::Integer(number.into()))
        }
        Json::String(text) => Value::String(text.clone()),
        Json::Array(items) => Value::Array(items.iter().map(from_json).collect()),
        Json::Object(object) => Value::Dictionary(object.iter().map(|(key, value)| (key.clone(), from_json(value))).collect()),
    }
}

/// The DER bytes of a fixture's certificate.
fn root_certificate() -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/authority/root.cer");
    let text = std::fs::read_to_string(path).unwrap();
    let inner: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
    base64::Engine::decode(&base64::engine::general_purpose::STANDARD, inner).unwrap()
}
