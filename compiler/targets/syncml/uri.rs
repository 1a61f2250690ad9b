//! LocURIs: places are handed in decoded and percent-encoded in this one place.

use std::sync::Arc;

/// A LocURI as it stands in SyncML; shared, since every variant of an artifact names the same nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocUri(Arc<str>);

impl LocUri {
    /// From a path whose segments hold no `/` of their own.
    pub fn of(path: &str) -> LocUri {
        let mut out = String::with_capacity(path.len() + 16);
        encode(path, &mut out);
        LocUri(out.into())
    }

    /// The same, further down.
    pub fn join(&self, place: &str) -> LocUri {
        let mut out = String::with_capacity(self.0.len() + place.len() + 16);
        out.push_str(&self.0);
        out.push('/');
        encode(place, &mut out);
        LocUri(out.into())
    }

    /// As it stands in SyncML: every segment in UTF-8, percent-encoded but for the characters the grammar allows.
    pub fn encoded(&self) -> &str {
        &self.0
    }
}

fn encode(path: &str, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |nibble: u8| char::from(HEX.get(usize::from(nibble)).copied().unwrap_or(b'0'));
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.!~*'():@&=+$,".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(digit(byte >> 4));
            out.push(digit(byte & 15));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_and_blanks_are_encoded_and_the_rest_is_not() {
        let uri = LocUri::of("./User/Vendor/MSFT/ActiveSync/Accounts").join("{ABC}").join("a b%~$X/Ü");
        assert_eq!(uri.encoded(), "./User/Vendor/MSFT/ActiveSync/Accounts/%7BABC%7D/a%20b%25~$X/%C3%9C");
    }
}
