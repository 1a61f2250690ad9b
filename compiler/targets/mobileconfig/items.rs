//! Payloads that a profile writes itself, key by key: `apple_payload`.
//!
//! The tree is written as it is; references become UUIDs here.

use plist::{Date, Dictionary, Value};

use super::super::fill;
use super::super::identity::uuid;
use super::super::{Fault, Part};
use super::Writing;
use super::verify::Open;
use crate::ir::{Branch, ByHand, Datum, Entry, Item, Member, Origin, Profile, SecretSource, Tree, Value as Written, View};

/// One entry for each payload.
pub const PAYLOADS: ByHand = ByHand { name: "payloads", places: &[], trouble: |_, _| None, lower };

fn lower(_: &Profile, view: &View) -> Vec<Entry> {
    let settings = view.settings.iter().flatten();
    let items = settings.flat_map(|setting| match &setting.value {
        Written::Payloads(items) => items.as_slice(),
        _ => &[],
    });
    let entry = |item: &std::sync::Arc<Item>| Entry {
        place: item.label.to_string().into(),
        datum: Datum::Item(item.clone()),
        origin: Origin::Written(item.span),
    };
    items.map(entry).collect()
}

/// Payloads whose data is a private key.
const KEYS: [&str; 1] = ["com.apple.security.pkcs12"];

impl Writing<'_> {
    /// A payload as it was written, with what payloadc writes into each.
    pub(super) fn item(&mut self, item: &Item, part: &Part<'_>) -> Result<Value, Fault> {
        let main = self.bundle.main.profile;
        let mut open = Open::nothing(part.view.platform.name);
        let mut payload = self.dictionary(&item.members, item, part, "", &mut open)?;
        if !payload.contains_key("PayloadDisplayName") {
            payload.insert("PayloadDisplayName".into(), fill::text(&part.profile.name, part, self.around)?.into());
        }
        payload.insert("PayloadIdentifier".into(), format!("{}.{}.{}", self.around.identifier, main.id, item.label).into());
        payload.insert("PayloadType".into(), (&*item.ty).into());
        let own = self.item_uuid(item);
        payload.insert("PayloadUUID".into(), own.clone().into());
        payload.insert("PayloadVersion".into(), 1.into());
        self.uuids.push(own);
        if let Some(section) = &item.section {
            let facts = self.around.catalog.section(section);
            let facts = facts.ok_or_else(|| Fault(format!("payload type `{section}` is not in the vendor tables")))?;
            open.verify(self.around.catalog, facts, &payload)?;
        }
        Ok(Value::Dictionary(payload))
    }

    fn item_uuid(&self, item: &Item) -> String {
        let main = self.bundle.main.profile;
        uuid(self.around, &main.id, &format!("payload:{}", item.label), main.generation)
    }

    fn dictionary(
        &mut self,
        members: &[Member],
        item: &Item,
        part: &Part<'_>,
        path: &str,
        open: &mut Open,
    ) -> Result<Dictionary, Fault> {
        let mut dictionary = Dictionary::new();
        for member in members {
            let path = if path.is_empty() { member.name.to_string() } else { format!("{path}/{}", member.name) };
            if !member.known {
                open.let_through(&path);
            }
            let value = self.tree(&member.tree, item, part, &path, open)?;
            dictionary.insert(member.name.to_string(), value);
        }
        Ok(dictionary)
    }

    fn tree(&mut self, tree: &Tree, item: &Item, part: &Part<'_>, path: &str, open: &mut Open) -> Result<Value, Fault> {
        Ok(match &tree.branch {
            Branch::Dictionary(members) => Value::Dictionary(self.dictionary(members, item, part, path, open)?),
            Branch::Array(items) => {
                let path = format!("{path}/[]");
                Value::Array(items.iter().map(|tree| self.tree(tree, item, part, &path, open)).collect::<Result<_, Fault>>()?)
            }
            Branch::Text(text) => {
                // What a server fills in is none of the vendor's values before it is filled in.
                if text.as_literal().is_none() {
                    open.filled_in_later(path);
                }
                Value::String(fill::text(text, part, self.around)?)
            }
            Branch::Integer(number) => Value::Integer((*number).into()),
            Branch::Real(number) => Value::Real(*number),
            Branch::Boolean(value) => Value::Boolean(*value),
            Branch::Date(text) => {
                Value::Date(Date::from_xml_format(text).map_err(|_| Fault(format!("`{text}` is no date of a property list")))?)
            }
            Branch::Data(bytes) => {
                self.contains_secret |= KEYS.contains(&&*item.ty);
                Value::Data(bytes.to_vec())
            }
            Branch::Secret(source) => {
                open.filled_in_later(path);
                self.contains_secret |= !matches!(source, SecretSource::Token(_));
                Value::String(fill::secret(source, part, self.around)?)
            }
            Branch::SecretData(source) => self.secret_data(source, part)?,
            Branch::Profile(id, _) => Value::String(self.reference(id)?),
            Branch::Sibling(id) => Value::String(self.item_uuid(self.sibling(id)?)),
            Branch::Vpn(id) => {
                let vpn = self.sibling(id)?.get("VPNUUID").and_then(Tree::text);
                let vpn = vpn.ok_or_else(|| Fault(format!("`{id}` is referred to and has no `VPNUUID`")))?.clone();
                Value::String(fill::text(&vpn, part, self.around)?)
            }
        })
    }

    /// Another payload of the profile, which must be there.
    fn sibling(&self, id: &str) -> Result<&Item, Fault> {
        let items = self.bundle.main.lowered.entries.iter().filter_map(|entry| match &entry.datum {
            Datum::Item(item) => Some(&**item),
            _ => None,
        });
        let mut found = items.filter(|item| item.id.as_deref() == Some(id));
        found.next().ok_or_else(|| Fault(format!("`{id}` is referred to and is no payload of the profile")))
    }
}
