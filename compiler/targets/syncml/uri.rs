//! LocURIs: segments are kept as they are and percent-encoded in this one place.

/// A LocURI as decoded segments, the first of which is `.`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocUri(Vec<String>);

impl LocUri {
    /// From a path whose segments hold no `/` of their own.
    pub fn of(path: &str) -> LocUri {
        LocUri(path.split('/').map(ToOwned::to_owned).collect())
    }

    /// The same, further down.
    pub fn join(&self, place: &str) -> LocUri {
        let mut segments = self.0.clone();
        segments.extend(place.split('/').map(ToOwned::to_owned));
        LocUri(segments)
    }

    /// As it stands in SyncML: every segment in UTF-8, percent-encoded but for the characters the grammar allows.
    pub fn encoded(&self) -> String {
        let mut out = String::with_capacity(96);
        for (index, segment) in self.0.iter().enumerate() {
            if index > 0 {
                out.push('/');
            }
            for byte in segment.bytes() {
                encode(byte, &mut out);
            }
        }
        out
    }
}

fn encode(byte: u8, out: &mut String) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |nibble: u8| char::from(HEX.get(usize::from(nibble)).copied().unwrap_or(b'0'));
    if byte.is_ascii_alphanumeric() || b"-_.!~*'():@&=+$,".contains(&byte) {
        out.push(char::from(byte));
    } else {
        out.push('%');
        out.push(digit(byte >> 4));
        out.push(digit(byte & 15));
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
