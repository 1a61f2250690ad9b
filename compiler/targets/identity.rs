//! Names that devices remember: UUIDs of version 5, from names, never random.
//!
//! A device keys updates on identifier and UUID, so that a new UUID means a new account. Every UUID is a hash of the organisation,
//! the profile's id, the role of the object and the generation; renaming or moving a file changes none.

#![allow(clippy::disallowed_methods, reason = "the one place where identifiers are made")]

use uuid::Uuid;

use super::Surroundings;
use crate::ir::Profile;

/// The root of an organisation's UUIDs.
#[must_use]
pub fn namespace(identifier: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_DNS, identifier.as_bytes())
}

/// The UUID of an object, upper case.
pub fn uuid(around: &Surroundings<'_>, id: &str, role: &str, generation: u32) -> String {
    let name = format!("{id}/{role}/{generation}");
    let mut text = Uuid::new_v5(&around.namespace, name.as_bytes()).hyphenated().to_string();
    text.make_ascii_uppercase();
    text
}

/// The role of a certificate: its own generation is part of it, so that raising it renews the certificate wherever it is embedded.
pub fn certificate_role(certificate: &Profile) -> String {
    format!("certificate:{}:{}", certificate.id, certificate.generation)
}

/// The UUID of a profile as a whole; an adopted one for the first generation.
pub fn profile_uuid(around: &Surroundings<'_>, profile: &Profile) -> String {
    match &profile.adopt.payload_uuid {
        Some(adopted) if profile.generation == 1 => adopted.clone(),
        _ => uuid(around, &profile.id, "profile", profile.generation),
    }
}

/// The GUID of an account, without braces; an adopted one for the first generation.
pub fn account_guid(around: &Surroundings<'_>, profile: &Profile, generation: u32) -> String {
    match &profile.adopt.account_guid {
        Some(adopted) if generation == 1 => adopted.clone(),
        _ => uuid(around, &profile.id, "account", generation),
    }
}
