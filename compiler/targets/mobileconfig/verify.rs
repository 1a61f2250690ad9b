//! Every key of a payload against the vendor's tables, before it is written: whatever kind it comes from.
//!
//! What is wrong here is a fault of payloadc, not of the profile: `check` has asked the same questions before.

use std::collections::HashSet;

use plist::{Dictionary, Value};

use super::super::Fault;
use crate::catalog::{Catalog, Key, KeyType, Payload, Support};

/// What is not judged, by path: `[]` for the members of arrays.
pub struct Open {
    /// Which platform's devices read it: what it does not have is not required there.
    platform: &'static str,
    unknown: HashSet<String>,
    filled_in: HashSet<String>,
}

impl Open {
    /// Everything is judged.
    pub fn nothing(platform: &'static str) -> Open {
        Open { platform, unknown: HashSet::new(), filled_in: HashSet::new() }
    }

    /// A key that the tables lack and that the profile asks to let through, with all below.
    pub fn let_through(&mut self, path: &str) {
        self.unknown.insert(path.to_owned());
    }

    /// Text that is not known yet.
    pub fn filled_in_later(&mut self, path: &str) {
        self.filled_in.insert(path.to_owned());
    }

    /// Judges a payload.
    ///
    /// # Errors
    /// A key that the tables do not know, a value of another type, a key that is missing.
    pub fn verify(&self, catalog: &'static Catalog, facts: &'static Payload, payload: &Dictionary) -> Result<(), Fault> {
        self.dictionary(catalog, facts, None, payload, "")
    }

    fn dictionary(
        &self,
        catalog: &'static Catalog,
        facts: &'static Payload,
        inside: Option<&'static Key>,
        dictionary: &Dictionary,
        path: &str,
    ) -> Result<(), Fault> {
        for (name, value) in dictionary {
            let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
            if self.unknown.contains(&path) {
                continue;
            }
            let common = || catalog.common()?.step(None, name).filter(|_| inside.is_none());
            let key = facts.step(inside, name).or_else(common);
            let key = key.ok_or_else(|| Fault(format!("`{path}` of `{}` is not in the vendor tables", facts.name)))?;
            self.value(catalog, facts, key, value, &path)?;
        }
        let there = |key: &&Key| key.on(self.platform).is_none_or(Support::there);
        match facts.required_inside(inside).filter(there).find(|key| !dictionary.contains_key(key.name())) {
            Some(key) => Err(Fault(format!("`{}` of `{}` is required and missing", key.path, facts.name))),
            None => Ok(()),
        }
    }

    fn value(
        &self,
        catalog: &'static Catalog,
        facts: &'static Payload,
        key: &'static Key,
        value: &Value,
        path: &str,
    ) -> Result<(), Fault> {
        agrees(key, value, facts.name, self.filled_in.contains(path))?;
        // What the vendor leaves open holds anything.
        let described = || key.ty != KeyType::Any && facts.inside(Some(key)).next().is_some();
        match value {
            Value::Dictionary(inner) if described() => self.dictionary(catalog, facts, Some(key), inner, path),
            Value::Array(items) if described() => {
                let Some(member) = facts.step(Some(key), "[]") else { return Ok(()) };
                let path = format!("{path}/[]");
                items.iter().try_for_each(|item| self.value(catalog, facts, member, item, &path))
            }
            _ => Ok(()),
        }
    }
}

/// The type and the allowed values of the vendor's schema.
fn agrees(key: &Key, value: &Value, payload: &str, filled_in: bool) -> Result<(), Fault> {
    let fits = match key.ty {
        KeyType::String => matches!(value, Value::String(_)),
        KeyType::Integer => matches!(value, Value::Integer(_)),
        KeyType::Real => matches!(value, Value::Real(_)),
        KeyType::Boolean => matches!(value, Value::Boolean(_)),
        KeyType::Date => matches!(value, Value::Date(_)),
        KeyType::Data => matches!(value, Value::Data(_)),
        KeyType::Array => matches!(value, Value::Array(_)),
        KeyType::Dictionary => matches!(value, Value::Dictionary(_)),
        KeyType::StringOrStrings => match value {
            Value::String(_) => true,
            Value::Array(items) => items.iter().all(|item| matches!(item, Value::String(_))),
            _ => false,
        },
        KeyType::Any => true,
    };
    let among = || match value {
        Value::String(text) => key.allowed.contains(&text.as_str()),
        Value::Integer(number) => number.as_signed().is_none_or(|number| key.allowed.contains(&number.to_string().as_str())),
        _ => true,
    };
    let allowed = filled_in || key.allowed.is_empty() || key.range.is_some() || among();
    if fits && allowed { Ok(()) } else { Err(Fault(format!("`{}` of `{payload}` cannot have this value", key.path))) }
}
