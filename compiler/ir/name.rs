//! Distinguished names.

use super::Text;

/// Attribute types every certificate tool knows by a short name, with the OID of those that Apple wants dotted.
/// <https://www.rfc-editor.org/rfc/rfc4514#section-3>, <https://www.rfc-editor.org/rfc/rfc4519>
pub const NAME_TYPES: [(&str, &str); 12] = [
    ("CN", "2.5.4.3"),
    ("L", "2.5.4.7"),
    ("ST", "2.5.4.8"),
    ("O", "2.5.4.10"),
    ("OU", "2.5.4.11"),
    ("C", "2.5.4.6"),
    ("STREET", "2.5.4.9"),
    ("DC", "0.9.2342.19200300.100.1.25"),
    ("UID", "0.9.2342.19200300.100.1.1"),
    ("E", "1.2.840.113549.1.9.1"),
    ("EMAILADDRESS", "1.2.840.113549.1.9.1"),
    ("SERIALNUMBER", "2.5.4.5"),
];

/// A distinguished name: relative names most general first, each with its attributes (type, value).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name(pub Vec<Vec<(String, Text)>>);

/// The dotted OID of a type that is written short.
#[must_use]
pub fn oid(ty: &str) -> &str {
    NAME_TYPES.iter().find(|(known, _)| *known == ty).map_or(ty, |(_, oid)| oid)
}
