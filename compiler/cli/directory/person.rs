//! What an entry of a directory server says of a person, as one line of NDJSON: the names and the order are ours.
//!
//! Pure: it neither asks the server nor prints.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::entry::Entry;

/// Attributes that are asked for in any event, and the fields that they fill.
pub const KNOWN: [(&str, &str); 7] = [
    ("department", "department"),
    ("displayName", "display_name"),
    ("givenName", "given_name"),
    ("mail", "primary_smtp_address"),
    ("sAMAccountName", "sam_account_name"),
    ("sn", "surname"),
    ("userPrincipalName", "user_principal_name"),
];

/// Active Directory's `DOMAIN\name`, which it computes when asked for it by name; what stands in front fills `netbios_domain`.
pub const PRINCIPAL: &str = "msDS-PrincipalName";

/// Where an id comes from when none is named: the first that an entry has.
pub const IDS: [&str; 4] = ["userPrincipalName", "uid", "mail", "sAMAccountName"];

/// An attribute that was asked for beyond the known ones, and the field it fills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Further {
    /// As the server knows it.
    pub attribute: String,
    /// As the NDJSON names it.
    pub field: String,
}

/// What is noticed about entries, each with a count and the name of the first.
#[derive(Debug, Default)]
pub struct Noticed(BTreeMap<(&'static str, String), (usize, String)>);

impl Noticed {
    fn one(&mut self, what: &'static str, about: &str, dn: &str) {
        let (count, _) = self.0.entry((what, about.to_owned())).or_insert_with(|| (0, dn.to_owned()));
        *count += 1;
    }

    /// One sentence for each.
    pub fn sentences(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|((what, about), (count, first))| {
            let others = if *count == 1 { "1 entry".to_owned() } else { format!("{count} entries") };
            format!("`{about}` {what}, in {others}, first in `{}`", shown(first))
        })
    }
}

/// A text from the server, without characters that would steer a terminal, and not endless.
pub fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(200).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(200).is_some() {
        shown.push('…');
    }
    shown
}

/// The id of a person and their line, without a line break; `None` when the entry has no id.
pub fn line(entry: &Entry, id: Option<&str>, further: &[Further], noticed: &mut Noticed) -> Option<(String, String)> {
    let ids: &[&str] = id.as_ref().map_or(&IDS, std::slice::from_ref);
    let Some(id) = ids.iter().find_map(|name| single(entry, name, noticed)) else {
        noticed.one("has no value, and without an id a person is left out", &ids.join("`, `"), &entry.dn);
        return None;
    };
    let mut fields = BTreeMap::new();
    for (attribute, field) in KNOWN {
        if let Some(value) = single(entry, attribute, noticed) {
            fields.insert(field, Value::String(value));
        }
    }
    if let Some(domain) = domain(&entry.dn) {
        fields.insert("domain", Value::String(domain));
    }
    if let Some((netbios, _)) = single(entry, PRINCIPAL, noticed).as_deref().and_then(|name| name.split_once('\\')) {
        fields.insert("netbios_domain", Value::String(netbios.to_owned()));
    }
    for Further { attribute, field } in further {
        let mut values = values(entry, attribute, noticed);
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

/// The one value of an attribute; of several, which LDAP does not order, the first in byte order.
fn single(entry: &Entry, attribute: &str, noticed: &mut Noticed) -> Option<String> {
    let values = values(entry, attribute, noticed);
    if values.len() > 1 {
        noticed.one("has several values, of which the first in byte order is taken", attribute, &entry.dn);
    }
    values.into_iter().next()
}

/// The values of an attribute as text, sorted: the order of a server is none.
fn values(entry: &Entry, attribute: &str, noticed: &mut Noticed) -> Vec<String> {
    let name = attribute.to_ascii_lowercase();
    let Some(raw) = entry.attributes.get(&name) else {
        let range = format!("{name};range=");
        if entry.attributes.keys().any(|key| key.starts_with(&range)) {
            noticed.one("has so many values that the server sends only some, and is left out", attribute, &entry.dn);
        }
        return Vec::new();
    };
    let mut values: Vec<String> = if name == "objectguid" {
        raw.iter().filter_map(|bytes| uuid::Uuid::from_slice_le(bytes).ok()).map(|uuid| uuid.to_string()).collect()
    } else if let Ok(texts) = raw.iter().map(|bytes| std::str::from_utf8(bytes).map(str::to_owned)).collect() {
        texts
    } else {
        noticed.one("is no text, and is written in base64", attribute, &entry.dn);
        raw.iter().map(|bytes| STANDARD.encode(bytes)).collect()
    };
    values.retain(|value| !value.is_empty());
    values.sort();
    values.dedup();
    values
}

/// The DNS name in the `dc=` parts at the end of a distinguished name (RFC 2247), in lower case.
fn domain(dn: &str) -> Option<String> {
    let mut labels = Vec::new();
    for part in dn.rsplit(',') {
        let Some((name, label)) = part.trim().split_once('=') else { break };
        let plain = !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if !name.trim().eq_ignore_ascii_case("dc") || !plain {
            break;
        }
        labels.push(label.to_ascii_lowercase());
    }
    labels.reverse();
    (!labels.is_empty()).then(|| labels.join("."))
}

#[cfg(test)]
mod tests {
    use super::{Further, Noticed, domain, line, shown};
    use crate::cli::directory::entry::Entry;

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

    #[test]
    fn the_domain_is_the_end_of_the_name() {
        assert_eq!(domain("cn=x,dc=Contoso,dc=com").as_deref(), Some("contoso.com"));
        assert_eq!(domain("cn=x,o=contoso"), None);
        assert_eq!(domain("dc=a,ou=b,dc=c").as_deref(), Some("c"));
        assert_eq!(domain(""), None);
        assert_eq!(shown("a\u{1b}[31m"), "a\u{fffd}[31m");
    }
}
