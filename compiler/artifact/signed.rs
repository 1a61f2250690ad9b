//! The content of a CMS `SignedData`: what a signed profile wraps.
//!
//! Only the way to the content is read; the signature is not verified. BER with indefinite lengths is taken as well as DER:
//! RFC 5652 asks for BER and tools that stream (`openssl smime -stream`) write it. Encrypted content stays closed.

/// `1.2.840.113549.1.7.2`.
const SIGNED: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// `1.2.840.113549.1.7.3`.
const ENVELOPED: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x03];

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const OID: u8 = 0x06;
const OCTETS: u8 = 0x04;
const OCTETS_IN_PIECES: u8 = 0x24;
const EXPLICIT: u8 = 0xa0;

/// Octet strings in pieces, and collections that are stepped over, are not followed deeper.
const DEEPEST: usize = 16;

/// Whether the bytes begin as CMS does: a sequence whose first member is an object identifier below `1.2.840.113549.1.7`.
pub fn is_cms(bytes: &[u8]) -> bool {
    let Some(Element { tag: SEQUENCE, content, .. }) = element(bytes) else { return false };
    element(content).is_some_and(|first| first.tag == OID && first.content.starts_with(SIGNED.get(..8).unwrap_or_default()))
}

/// The signed content.
///
/// # Errors
/// Why there is none, as the end of a sentence about the file.
pub fn content(bytes: &[u8]) -> Result<Vec<u8>, String> {
    const BROKEN: &str = "is no sound CMS message";
    let broken = || BROKEN.to_owned();
    let whole = enter(bytes, SEQUENCE).ok_or_else(broken)?;
    let kind = element(whole).filter(|kind| kind.tag == OID).ok_or_else(broken)?;
    if kind.content == ENVELOPED {
        return Err("is encrypted: only a device that holds the key reads it".into());
    }
    if kind.content != SIGNED {
        return Err("is a CMS message, but not a signed one".into());
    }
    let signed = enter(kind.rest, EXPLICIT).and_then(|inner| enter(inner, SEQUENCE)).ok_or_else(broken)?;
    let behind_version = step_over(signed, INTEGER).ok_or_else(broken)?;
    let behind_digests = step_over(behind_version, SET).ok_or_else(broken)?;
    let encapsulated = enter(behind_digests, SEQUENCE).ok_or_else(broken)?;
    let behind_type = step_over(encapsulated, OID).ok_or_else(broken)?;
    let attached =
        enter(behind_type, EXPLICIT).ok_or("is a signature without the profile in it: sign it with attached content")?;
    let mut out = Vec::new();
    octets(attached, DEEPEST, &mut out).ok_or_else(broken)?;
    Ok(out)
}

/// One element: what it holds, or what follows its head when its length is not said, and what stands behind it.
struct Element<'a> {
    tag: u8,
    content: &'a [u8],
    /// Behind the element; behind the head for one of indefinite length.
    rest: &'a [u8],
    indefinite: bool,
}

fn element(bytes: &[u8]) -> Option<Element<'_>> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    if first == 0x80 {
        return (tag & 0x20 != 0).then_some(Element { tag, content: rest, rest, indefinite: true });
    }
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        let length = digits.iter().try_fold(0_usize, |sum, digit| sum.checked_mul(256)?.checked_add(usize::from(*digit)))?;
        (length, rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some(Element { tag, content, rest, indefinite: false })
}

/// What stands in an element of this tag.
fn enter(bytes: &[u8], tag: u8) -> Option<&[u8]> {
    element(bytes).filter(|found| found.tag == tag).map(|found| found.content)
}

/// What stands behind an element of this tag.
fn step_over(bytes: &[u8], tag: u8) -> Option<&[u8]> {
    element(bytes).filter(|found| found.tag == tag)?;
    behind(bytes, DEEPEST)
}

fn behind(bytes: &[u8], depth: usize) -> Option<&[u8]> {
    let found = element(bytes)?;
    if !found.indefinite {
        return Some(found.rest);
    }
    let mut rest = found.rest;
    loop {
        if let Some(after) = rest.strip_prefix(&[0, 0]) {
            return Some(after);
        }
        rest = behind(rest, depth.checked_sub(1)?)?;
    }
}

/// Gathers an octet string, whole or in pieces; gives what stands behind it.
fn octets<'a>(bytes: &'a [u8], depth: usize, out: &mut Vec<u8>) -> Option<&'a [u8]> {
    let found = element(bytes)?;
    match found.tag {
        OCTETS => {
            out.extend_from_slice(found.content);
            Some(found.rest)
        }
        OCTETS_IN_PIECES => {
            let depth = depth.checked_sub(1)?;
            let mut rest = found.content;
            while !rest.is_empty() {
                if let Some(after) = rest.strip_prefix(&[0, 0]).filter(|_| found.indefinite) {
                    return Some(after);
                }
                rest = octets(rest, depth, out)?;
            }
            (!found.indefinite).then_some(found.rest)
        }
        _ => None,
    }
}
