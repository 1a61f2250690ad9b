//! One entry of a search result, read without trust: the library's own reader panics at what is no entry.

use std::collections::BTreeMap;

use ldap3::asn1::{PL, StructureTag};

use crate::deploy::directory::person::Entry;

/// Reads a `SearchResultEntry` (RFC 4511, 4.5.2); `None` when it is none.
pub fn read(tag: StructureTag) -> Option<Entry> {
    let mut parts = constructed(tag)?.into_iter();
    let dn = text(parts.next()?)?;
    let mut attributes = BTreeMap::new();
    for attribute in constructed(parts.next()?)? {
        let mut parts = constructed(attribute)?.into_iter();
        let name = text(parts.next()?)?.to_ascii_lowercase();
        let values: Vec<Vec<u8>> = constructed(parts.next()?)?.into_iter().map(primitive).collect::<Option<_>>()?;
        attributes.insert(name, values);
    }
    Some(Entry { dn, attributes })
}

fn constructed(tag: StructureTag) -> Option<Vec<StructureTag>> {
    match tag.payload {
        PL::C(parts) => Some(parts),
        PL::P(_) => None,
    }
}

fn primitive(tag: StructureTag) -> Option<Vec<u8>> {
    match tag.payload {
        PL::P(bytes) => Some(bytes),
        PL::C(_) => None,
    }
}

fn text(tag: StructureTag) -> Option<String> {
    String::from_utf8(primitive(tag)?).ok()
}

#[cfg(test)]
mod tests {
    use ldap3::asn1::{PL, StructureTag, TagClass};

    use super::read;

    fn octets(bytes: &[u8]) -> StructureTag {
        StructureTag { class: TagClass::Universal, id: 4, payload: PL::P(bytes.to_vec()) }
    }

    fn sequence(parts: Vec<StructureTag>) -> StructureTag {
        StructureTag { class: TagClass::Universal, id: 16, payload: PL::C(parts) }
    }

    #[test]
    fn an_entry() {
        let mail = sequence(vec![octets(b"MAIL"), sequence(vec![octets(b"a@b"), octets(&[0xff])])]);
        let entry = read(sequence(vec![octets(b"cn=a"), sequence(vec![mail])])).unwrap();
        assert_eq!((entry.dn.as_str(), entry.attributes["mail"].len()), ("cn=a", 2));
    }

    #[test]
    fn what_is_no_entry() {
        let entries = [
            octets(b"x"),
            sequence(vec![]),
            sequence(vec![octets(&[0xff]), sequence(vec![])]),
            sequence(vec![octets(b"cn=a")]),
            sequence(vec![octets(b"cn=a"), sequence(vec![octets(b"mail")])]),
            sequence(vec![octets(b"cn=a"), sequence(vec![sequence(vec![octets(b"mail"), octets(b"x")])])]),
            sequence(vec![sequence(vec![]), sequence(vec![])]),
        ];
        assert!(entries.into_iter().all(|entry| read(entry).is_none()));
    }
}
