//! X.509 certificates and PKCS#12 files: parsed, not trusted.

use std::sync::Arc;

use der::{Decode, Encode};
use sha1::{Digest, Sha1};
use x509_cert::Certificate as X509;
use x509_cert::ext::pkix::{AuthorityKeyIdentifier, BasicConstraints, SubjectKeyIdentifier};

use crate::ir::{Certificate, CertificateClass};

/// Reads exactly one certificate, PEM or DER.
///
/// # Errors
/// What is wrong, as a clause behind the file's name. Never holds bytes of the file.
pub fn read(bytes: &[u8]) -> Result<Certificate, String> {
    let der = if let Some(pem) = pem_text(bytes) { from_pem(pem)? } else { bytes.to_vec() };
    if der.is_empty() {
        return Err("is empty".into());
    }
    let parsed = X509::from_der(&der).map_err(|_| "is no X.509 certificate".to_owned())?;
    let tbs = &parsed.tbs_certificate;
    let name = |name: &x509_cert::name::Name| name.to_der().map_err(|_| "has a name that cannot be read".to_owned());
    let seconds = |time: x509_cert::time::Time| i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX);
    let thumbprint = Sha1::digest(&der).iter().fold(String::with_capacity(40), |mut text, byte| {
        use std::fmt::Write as _;
        let _ = write!(text, "{byte:02X}");
        text
    });
    Ok(Certificate {
        thumbprint,
        subject: name(&tbs.subject)?,
        issuer: name(&tbs.issuer)?,
        key_id: tbs.get::<SubjectKeyIdentifier>().ok().flatten().map(|(_, id)| id.0.into_bytes()),
        issuer_key_id: tbs
            .get::<AuthorityKeyIdentifier>()
            .ok()
            .flatten()
            .and_then(|(_, id)| id.key_identifier)
            .map(der::asn1::OctetString::into_bytes),
        class: class(&parsed),
        valid: (seconds(tbs.validity.not_before), seconds(tbs.validity.not_after)),
        der: Arc::from(der),
    })
}

/// An authority says so in its basic constraints; a certificate of version 1, which has no extensions, is taken for one when
/// it names itself as its issuer.
fn class(certificate: &X509) -> CertificateClass {
    let tbs = &certificate.tbs_certificate;
    let authority = match tbs.get::<BasicConstraints>() {
        Ok(Some((_, constraints))) => constraints.ca,
        Ok(None) => tbs.extensions.is_none() && tbs.subject == tbs.issuer,
        Err(_) => false,
    };
    if authority { CertificateClass::Authority } else { CertificateClass::Leaf }
}

fn pem_text(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    text.contains("-----BEGIN").then_some(text)
}

fn from_pem(text: &str) -> Result<Vec<u8>, String> {
    if text.contains("PRIVATE KEY-----") {
        return Err("holds a private key; a certificate file must not".into());
    }
    let blocks: Vec<&str> = text.match_indices("-----BEGIN ").map(|(at, _)| text.get(at..).unwrap_or_default()).collect();
    let [block] = blocks.as_slice() else {
        return Err(format!("holds {} PEM blocks, one is expected", blocks.len()));
    };
    if !block.starts_with("-----BEGIN CERTIFICATE-----") {
        return Err("is a PEM file, but of no certificate".into());
    }
    let end = "-----END CERTIFICATE-----";
    let length = block.find(end).map(|at| at + end.len()).ok_or("is a PEM file without its last line")?;
    // The decoder wants Unix or Windows line ends and no blanks behind a line.
    let lines: Vec<&str> =
        block.get(..length).unwrap_or_default().lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let clean = lines.join("\n") + "\n";
    der::pem::decode_vec(clean.as_bytes()).map(|(_, der)| der).map_err(|_| "is a PEM file that cannot be decoded".into())
}

/// Whether bytes begin as a PKCS#12 file does: a sequence whose first member is version 3 (RFC 7292).
///
/// # Errors
/// What is wrong, as a clause behind the file's name.
pub fn looks_like_pkcs12(bytes: &[u8]) -> Result<(), String> {
    if pem_text(bytes).is_some() {
        return Err("is a PEM file, not PKCS#12".into());
    }
    let mut reader = der::SliceReader::new(bytes).map_err(|_| "is no PKCS#12 file")?;
    let version = der::Header::decode(&mut reader)
        .ok()
        .and_then(|header| (header.tag == der::Tag::Sequence).then(|| u8::decode(&mut reader).ok()).flatten());
    if version == Some(3) { Ok(()) } else { Err("is no PKCS#12 file".into()) }
}

/// The certificate of a PKCS#12 file that holds exactly one key, and behind it the authorities that lie with it in the file.
///
/// # Errors
/// What is wrong, as a clause behind the file's name.
pub fn open_pkcs12(bytes: &[u8], password: &str) -> Result<Vec<Certificate>, String> {
    use p12_keystore::{KeyStore, KeyStoreEntry};
    let store = KeyStore::from_pkcs12(bytes, password).map_err(|error| match error {
        p12_keystore::error::Error::MacError(_) => "is not opened by its password".to_owned(),
        _ => "cannot be opened: the password is wrong, or it is encrypted in a way that is not known".to_owned(),
    })?;
    let chains: Vec<_> = store
        .entries()
        .filter_map(|(_, entry)| match entry {
            KeyStoreEntry::PrivateKeyChain(chain) => Some(chain),
            KeyStoreEntry::Certificate(_) | KeyStoreEntry::Secret(_) => None,
        })
        .collect();
    match chains.as_slice() {
        [chain] if chain.chain().is_empty() => Err("holds a key without its certificate".into()),
        [chain] => chain.chain().iter().map(|certificate| read(certificate.as_der())).collect(),
        [] => Err("holds no key".into()),
        several => Err(format!("holds {} keys, one is expected", several.len())),
    }
}
