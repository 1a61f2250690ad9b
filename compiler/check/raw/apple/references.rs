//! Keys that point at something else: certificate profiles by id, other items of the same profile by theirs.
//!
//! Whether a certificate profile exists and reaches the platform is asked with all other references, in `check/references.rs`.

use std::sync::Arc;

use super::Class;
use super::tree::Typer;
use crate::catalog::{Key, Refers};
use crate::check::suggest::{certain, either, nearest};
use crate::check::vendor::called;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Branch, Id, Text, Wanted};
use crate::source::Span;

/// An item that others of its profile may refer to.
pub struct Sibling {
    pub id: Id,
    /// Nothing where the item has an error that was said: what names it is right for all that is known.
    pub ty: Option<Arc<str>>,
}

/// Payloads with a key: <https://github.com/apple/device-management/tree/release/mdm/profiles>.
const IDENTITIES: [&str; 4] =
    ["com.apple.security.scep", "com.apple.security.acme", "com.apple.security.pkcs12", "com.apple.ADCertificate.managed"];
const CERTIFICATES: [&str; 3] = ["com.apple.security.root", "com.apple.security.pkcs1", "com.apple.security.pem"];
const VPNS: [&str; 1] = ["com.apple.vpn.managed.applayer"];
/// What an activation names.
const CONFIGURATIONS: [&str; 1] = ["com.apple.configuration."];

impl Typer<'_, '_> {
    /// What a key refers to; nothing for one that does not refer, and nothing in it where what it names is wrong.
    pub fn reference(&mut self, key: &'static Key, raw: &str, span: Span) -> Option<Option<Branch>> {
        if self.class == Class::Declaration {
            let activates = self.ty == "com.apple.activation.simple" && key.path == "StandardConfigurations/[]";
            let wanted: &[&str] = if activates { &CONFIGURATIONS } else { &key.assets };
            return (!wanted.is_empty()).then(|| self.sibling(key, raw, span, wanted, "declaration").map(Branch::Sibling));
        }
        let (types, wanted): (&[&str], _) = match key.refers? {
            Refers::Vpn if is_uuid(raw) => return None,
            Refers::Vpn => return Some(self.sibling(key, raw, span, &VPNS, "payload").map(Branch::Vpn)),
            Refers::Identity => (&IDENTITIES, Wanted::Identity),
            Refers::Certificate => (&CERTIFICATES, Wanted::Certificate),
        };
        if self.siblings.iter().any(|sibling| *sibling.id == *raw) {
            return Some(self.sibling(key, raw, span, types, "payload").map(Branch::Sibling));
        }
        if is_uuid(raw) || raw.contains("{{") {
            if self.place.lenient {
                let message = format!("{} points at a payload by UUID, which payloadc cannot follow", called(key));
                self.report.push(Diagnostic::new(Code::W0620, span, message).label("not followed"));
                return Some(Some(Branch::Text(Text::literal(raw))));
            }
            let message = format!("{} wants the id of a certificate profile, not a UUID", called(key));
            self.report.push(Diagnostic::new(Code::E0428, span, message).label("points at nothing in this profile").help(
                "name a certificate profile, or a payload of this profile that has an `id`: payloadc embeds it and writes its UUID",
            ));
            return Some(None);
        }
        Some(self.cx.id(raw, span, self.report).map(|id| Branch::Profile(id, wanted)))
    }

    /// Another item of the profile, of one of these types.
    fn sibling(&mut self, key: &Key, raw: &str, span: Span, types: &[&str], noun: &str) -> Option<Id> {
        let fits = |ty: &str| types.iter().any(|known| *known == ty || (known.ends_with('.') && ty.starts_with(known)));
        let wanted = types
            .first()
            .filter(|ty| ty.ends_with('.'))
            .map_or_else(|| either(types.iter().copied()), |_| "a configuration".into());
        let found = self.siblings.iter().find(|sibling| *sibling.id == *raw);
        match found.map(|sibling| (sibling, sibling.ty.as_deref())) {
            Some((_, None)) => None,
            Some((sibling, Some(ty))) if fits(ty) => Some(sibling.id.clone()),
            Some((_, Some(ty))) => {
                let message = format!("{} wants {wanted}; `{raw}` is of type `{ty}`", called(key));
                self.report.push(Diagnostic::new(Code::E0428, span, message).label("of another type"));
                None
            }
            None => {
                let message = format!("{} names `{raw}`, and no {noun} of this profile has that id", called(key));
                let diagnostic = Diagnostic::new(Code::E0428, span, message).label(format!("no such {noun}"));
                let within =
                    "a declaration refers to others of its own profile only: what it names is written beside it, with an `id`";
                let diagnostic = if self.class == Class::Declaration { diagnostic.note(within) } else { diagnostic };
                let known: Vec<&str> = self
                    .siblings
                    .iter()
                    .filter(|sibling| sibling.ty.as_deref().is_some_and(fits))
                    .map(|sibling| &*sibling.id)
                    .collect();
                self.report.push(match nearest(raw, known.iter().copied()) {
                    Some(near) if certain(raw, near) => {
                        diagnostic.help(format!("a similar id exists: `{near}`")).fix(format!("write `{near}`"), span, near)
                    }
                    _ if known.is_empty() => diagnostic.help(format!("write {wanted} in this profile, and give it an `id:`")),
                    _ => diagnostic.help(format!("that fits {}", either(known))),
                });
                None
            }
        }
    }
}

/// `8-4-4-4-12` letters and digits, as the vendor's own expression has it.
fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    lengths == [8, 4, 4, 4, 12] && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}
