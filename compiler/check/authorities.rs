//! Certificates among each other: roots, intermediates, chains, and the same one twice.

use std::collections::HashMap;

use super::references::{Index, Judged};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::ir::{Certificate, CertificateClass, IdentitySource, Value};
use crate::source::Span;

/// The certificate of a trusted certificate's draft, and where its file is named.
fn certificate(judged: &Judged) -> Option<(&Certificate, Span)> {
    judged.draft.settings.iter().flatten().find_map(|written| match &written.value {
        Value::Certificate(certificate) => Some((certificate.as_ref(), written.span)),
        _ => None,
    })
}

fn store(judged: &Judged) -> &'static str {
    let seen = judged.seen().next();
    seen.and_then(|seen| seen.view.choice(judged.draft.kind, "store")).unwrap_or("root")
}

/// What the certificate of one profile is good for.
pub fn alone(judged: &Judged, at: Option<i64>, report: &mut Report) {
    let Some((certificate, span)) = certificate(judged) else { return };
    let self_issued = certificate.subject == certificate.issuer;
    let authority = certificate.class == CertificateClass::Authority;
    let what = match (store(judged), authority, self_issued) {
        (_, false, _) => Some("is no certification authority: its basic constraints do not say so"),
        ("root", true, false) => Some("is issued by another authority; a root issues itself"),
        ("intermediate", true, true) => Some("issues itself; that is a root"),
        _ => None,
    };
    if let Some(what) = what {
        let diagnostic = Diagnostic::new(Code::E0308, span, format!("the certificate {what}")).label("this certificate");
        report.push(diagnostic.help(
            "`store: root` holds certificates that issue themselves, `store: intermediate` authorities that a root has issued",
        ));
        return;
    }
    if let Some(at) = at {
        let when = if at < certificate.valid.0 {
            Some(format!("is not valid before {}", day(certificate.valid.0)))
        } else if at > certificate.valid.1 {
            Some(format!("expired on {}", day(certificate.valid.1)))
        } else {
            None
        };
        if let Some(when) = when {
            report.push(
                Diagnostic::new(Code::W0605, span, format!("the certificate {when}"))
                    .label("this certificate")
                    .help("devices will not trust it; replace the file"),
            );
        }
    }
}

/// A day as people write it.
pub fn day(seconds: i64) -> String {
    time::OffsetDateTime::from_unix_timestamp(seconds).map_or_else(|_| "an unknown day".into(), |time| time.date().to_string())
}

/// One certificate in two profiles: on Windows both would own one place.
pub fn twice(all: &[Judged], reports: &mut [Report]) {
    let mut first: HashMap<&str, &Judged> = HashMap::new();
    for (judged, report) in all.iter().zip(reports) {
        let Some((found, span)) = certificate(judged) else { continue };
        match first.get(found.thumbprint.as_str()) {
            Some(other) => {
                let message = format!("`{}` holds the same certificate as `{}`", judged.draft.id, other.draft.id);
                let also = certificate(other).map_or(other.draft.id_span, |(_, span)| span);
                report.push(
                    Diagnostic::new(Code::E0311, span, message)
                        .label("the same bytes")
                        .also(also, "first here")
                        .help("keep one profile and refer to it; removing one of two would take the certificate from both")
                        .note("Windows keeps a certificate under its thumbprint, so both profiles would own one place"),
                );
            }
            None => {
                first.insert(&found.thumbprint, judged);
            }
        }
    }
}

/// One PKCS#12 file in two profiles: two identities with one key.
pub fn same_identity(all: &[Judged], reports: &mut [Report]) {
    let mut first: HashMap<&[u8], (&Judged, Span)> = HashMap::new();
    for (judged, report) in all.iter().zip(reports) {
        let Some((bytes, span)) = identity(judged) else { continue };
        match first.get(bytes) {
            Some((other, also)) => {
                let message = format!("`{}` holds the same PKCS#12 file as `{}`", judged.draft.id, other.draft.id);
                let diagnostic = Diagnostic::new(Code::E0311, span, message).label("the same bytes").also(*also, "first here");
                report.push(diagnostic.help("keep one profile and refer to it"));
            }
            None => {
                first.insert(bytes, (judged, span));
            }
        }
    }
}

/// The bytes of the PKCS#12 file that a profile names.
fn identity(judged: &Judged) -> Option<(&[u8], Span)> {
    judged.draft.settings.iter().flatten().find_map(|written| match &written.value {
        Value::Identity(identity) => match &identity.from {
            IdentitySource::File(bytes) => Some((&**bytes, identity.span)),
            IdentitySource::Secret(_) | IdentitySource::Personal(_) => None,
        },
        _ => None,
    })
}

/// The chain of a certificate profile must end in its root.
pub fn chain(judged: &Judged, index: &Index<'_>, report: &mut Report) {
    let kind = judged.draft.kind;
    let written = |name: &str| {
        let (id, _) = kind.field(name)?;
        let written = judged.draft.settings.get(id.index())?.as_ref()?;
        match &written.value {
            Value::References(ids) => Some((ids, written.span)),
            _ => None,
        }
    };
    let (Some((roots, _)), Some((intermediates, span))) = (written("root_ca"), written("intermediates")) else { return };
    let Some(root) = roots.first().and_then(|id| index.get(&**id)).and_then(|judged| certificate(judged)) else { return };
    let (ids, links): (Vec<&str>, Vec<&Certificate>) =
        intermediates.iter().filter_map(|id| Some((&**id, certificate(index.get(&**id)?)?.0))).unzip();
    for (id, link) in ids.iter().zip(&links) {
        if !reaches(link, root.0, &links) {
            let message = format!("the chain of `{id}` does not end in `{}`", roots.first().map_or("", |id| id));
            report.push(
                Diagnostic::new(Code::E0309, span, message)
                    .label("its issuer is none of these")
                    .also(root.1, "the root")
                    .help("name every authority between the root and the issuing one, or another `root_ca`"),
            );
        }
    }
}

/// Whether issuers lead from a certificate to a root; each link is taken at most once.
pub fn reaches(from: &Certificate, root: &Certificate, links: &[&Certificate]) -> bool {
    let mut link = from;
    for _ in 0..=links.len() {
        if issued(link, root) {
            return true;
        }
        match links.iter().find(|above| issued(link, above)) {
            Some(above) => link = above,
            None => return false,
        }
    }
    false
}

/// Whether an authority issued a certificate: by name, and by key where both name theirs.
fn issued(certificate: &Certificate, authority: &Certificate) -> bool {
    let key = certificate.issuer_key_id.as_ref().zip(authority.key_id.as_ref());
    certificate.issuer == authority.subject && key.is_none_or(|(wanted, key)| wanted == key)
}
