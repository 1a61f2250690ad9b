//! What an entry of an LDAP directory says of a person, whether a server sends it or an LDIF file holds it: where the id comes from, which
//! attribute fills which field, and of several values which one.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::check::list;

/// An entry: its name, and its attributes by their names in lower case.
#[derive(Debug, Default)]
pub struct Entry {
    /// The distinguished name.
    pub dn: String,
    /// The values of each attribute, in the order in which they came.
    pub attributes: BTreeMap<String, Vec<Vec<u8>>>,
}

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

/// What is noticed about entries, each with a count and the name of the first.
#[derive(Debug, Default)]
pub struct Noticed(BTreeMap<(&'static str, String), (usize, String)>);

impl Noticed {
    fn one(&mut self, what: &'static str, about: &str, dn: &str) {
        self.count(what, format!("`{about}`"), dn);
    }

    fn count(&mut self, what: &'static str, subject: String, dn: &str) {
        let (count, _) = self.0.entry((what, subject)).or_insert_with(|| (0, dn.to_owned()));
        *count += 1;
    }

    /// An entry that is left out, since it has none of the attributes that an id comes from.
    pub fn without_id(&mut self, ids: &[&str], dn: &str) {
        match ids {
            [id] => self.one("has no value, and without an id a person is left out", id, dn),
            _ => self.count(
                "has a value, and without an id a person is left out",
                format!("none of {}", list(ids.iter().copied())),
                dn,
            ),
        }
    }

    /// One sentence for each.
    pub fn sentences(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|((what, subject), (count, first))| {
            let others = if *count == 1 { "1 entry".to_owned() } else { format!("{count} entries") };
            format!("{subject} {what}, in {others}, first in `{}`", shown(first))
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

/// The id of a person: the first of these attributes that has a value.
pub fn id(entry: &Entry, ids: &[&str], noticed: &mut Noticed) -> Option<String> {
    ids.iter().find_map(|name| single(entry, name, noticed))
}

/// The fields that are filled from an entry, as far as they are wanted.
pub fn fields(entry: &Entry, wanted: &dyn Fn(&str) -> bool, noticed: &mut Noticed) -> BTreeMap<&'static str, String> {
    let mut fields = BTreeMap::new();
    for (attribute, field) in KNOWN.into_iter().filter(|(_, field)| wanted(field)) {
        fields.extend(single(entry, attribute, noticed).map(|value| (field, value)));
    }
    if let Some(domain) = domain(&entry.dn).filter(|_| wanted("domain")) {
        fields.insert("domain", domain);
    }
    if wanted("netbios_domain")
        && let Some((netbios, _)) = single(entry, PRINCIPAL, noticed).as_deref().and_then(|name| name.split_once('\\'))
    {
        fields.insert("netbios_domain", netbios.to_owned());
    }
    fields
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
pub fn values(entry: &Entry, attribute: &str, noticed: &mut Noticed) -> Vec<String> {
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
    use super::*;

    #[test]
    fn the_domain_is_the_end_of_the_name() {
        assert_eq!(domain("cn=x,dc=Contoso,dc=com").as_deref(), Some("contoso.com"));
        assert_eq!(domain("cn=x,o=contoso"), None);
        assert_eq!(domain("dc=a,ou=b,dc=c").as_deref(), Some("c"));
        assert_eq!(domain(""), None);
        assert_eq!(shown("a\u{1b}[31m"), "a\u{fffd}[31m");
    }
}
