//! Certificate payloads hold certificates.

use crate::artifact::{Node, Value};
use crate::check::{looks_like_pkcs12, read_certificate};
use crate::diagnostic::{Code, Diagnostic, Report};

/// Checks the bytes of a certificate payload.
pub fn check(payload: &Node, ty: &str, report: &mut Report) {
    let Some(entry) = payload.get("PayloadContent") else { return };
    let Value::Data(bytes) = &entry.value.value else { return };
    let is_pem = bytes.windows(10).any(|window| window == b"-----BEGIN");
    let wrong = match ty {
        "com.apple.security.root" | "com.apple.security.pkcs1" | "com.apple.security.pem" => read_certificate(bytes).err(),
        "com.apple.security.pkcs12" => looks_like_pkcs12(bytes).err(),
        _ => return,
    };
    if let Some(why) = wrong {
        let message = format!("the content of this `{ty}` payload {why}");
        let diagnostic = Diagnostic::new(Code::E0811, entry.value.span, message);
        report.push(diagnostic.label(if bytes.is_empty() { "no bytes" } else { "these bytes" }));
    } else if is_pem && ty != "com.apple.security.pem" {
        let message = format!("a `{ty}` payload holds DER, and PEM text stands there");
        let diagnostic = Diagnostic::new(Code::W0856, entry.value.span, message).label("PEM text in base64");
        report
            .push(diagnostic.help("`openssl x509 -outform der` makes DER of it; or write `com.apple.security.pem` as the type"));
    }
}
