//! What an entry of a directory server says of a person, as one line of NDJSON: the names and the order are ours.
//!
//! Pure: it neither asks the server nor prints.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::deploy::directory::person::{self, Entry, IDS, Noticed};

/// An attribute that was asked for beyond the known ones, and the field it fills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Further {
    /// As the server knows it.
    pub attribute: String,
    /// As the NDJSON names it.
    pub field: String,
}

/// The id of a person and their line, without a line break; `None` when the entry has no id.
pub fn line(entry: &Entry, id: Option<&str>, further: &[Further], noticed: &mut Noticed) -> Option<(String, String)> {
    let ids: &[&str] = id.as_ref().map_or(&IDS, std::slice::from_ref);
    let Some(id) = person::id(entry, ids, noticed) else {
        noticed.without_id(ids, &entry.dn);
        return None;
    };
    let own = person::fields(entry, &|_| true, noticed).into_iter();
    let mut fields: BTreeMap<&str, Value> = own.map(|(field, value)| (field, Value::String(value))).collect();
    for Further { attribute, field } in further {
        let mut values = person::values(entry, attribute, noticed);
        if values.len() > 1 {
            fields.insert(field, Value::Array(values.into_iter().map(Value::String).collect()));
        } else if let Some(value) = values.pop() {
            fields.insert(field, Value::String(value));
        }
    }
    let mut object = Map::new();
    object.insert("id".into(), Value::String(id.clone()));
    object.extend(fields.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Some((id, Value::Object(object).to_string()))
}

#[cfg(test)]
mod tests {
    use super::{Entry, Further, Noticed, line};

    fn entry(attributes: &[(&str, &[&[u8]])]) -> Entry {
        Entry {
            dn: "CN=Alice,OU=People,DC=corp,DC=contoso,DC=com".into(),
            attributes: attributes
                .iter()
                .map(|(name, values)| (name.to_lowercase(), values.iter().map(|value| value.to_vec()).collect()))
                .collect(),
        }
    }

    fn further(name: &str) -> Further {
        Further { attribute: name.into(), field: name.to_lowercase() }
    }

    #[test]
    fn fields_are_sorted_behind_the_id() {
        let entry = entry(&[
            ("userPrincipalName", &[b"alice@contoso.com"]),
            ("mail", &[b"alice@contoso.com"]),
            ("displayName", &["R&D <\"Jörg\">".as_bytes()]),
            ("msDS-PrincipalName", &[b"CONTOSO\\alice"]),
            ("memberOf", &[b"b", b"a", b"a"]),
            ("objectGUID", &[&[0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff]]),
        ]);
        let mut noticed = Noticed::default();
        let (id, text) = line(&entry, None, &[further("memberOf"), further("objectGUID")], &mut noticed).unwrap();
        assert_eq!(id, "alice@contoso.com");
        assert_eq!(
            text,
            "{\"id\":\"alice@contoso.com\",\"display_name\":\"R&D <\\\"Jörg\\\">\",\"domain\":\"corp.contoso.com\",\"memberof\":[\"a\",\"b\"],\
             \"netbios_domain\":\"CONTOSO\",\"objectguid\":\"00112233-4455-6677-8899-aabbccddeeff\",\
             \"primary_smtp_address\":\"alice@contoso.com\",\"user_principal_name\":\"alice@contoso.com\"}"
        );
        assert_eq!(noticed.sentences().count(), 0);
    }

    #[test]
    fn what_is_decided_for_the_administrator_is_said() {
        let mut noticed = Noticed::default();
        let several =
            entry(&[("uid", &[b"al"]), ("mail", &[b"z@x", b"a@x"]), ("photo", &[&[0xff, 0xfe]]), ("member;range=0-1", &[b"x"])]);
        let further = [further("photo"), further("member")];
        for _ in 0..2 {
            let (_, text) = line(&several, None, &further, &mut noticed).unwrap();
            assert_eq!(
                text,
                "{\"id\":\"al\",\"domain\":\"corp.contoso.com\",\"photo\":\"//4=\",\"primary_smtp_address\":\"a@x\"}"
            );
        }
        assert!(line(&several, Some("objectGUID"), &further, &mut noticed).is_none());
        let said: Vec<String> = noticed.sentences().collect();
        let dn = "CN=Alice,OU=People,DC=corp,DC=contoso,DC=com";
        assert_eq!(
            said,
            [
                format!("`objectGUID` has no value, and without an id a person is left out, in 1 entry, first in `{dn}`"),
                format!("`mail` has several values, of which the first in byte order is taken, in 2 entries, first in `{dn}`"),
                format!(
                    "`member` has so many values that the server sends only some, and is left out, in 2 entries, first in `{dn}`"
                ),
                format!("`photo` is no text, and is written in base64, in 2 entries, first in `{dn}`"),
            ]
        );
    }
}
