//! What text of a format looks like: hosts, addresses, URLs.

use std::net::IpAddr;

use crate::schema::Format;

/// What is wrong with a text, and what it should be where that is known.
#[derive(Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Behind "a host name": `holds a scheme`.
    pub what: String,
    /// The right text.
    pub right: Option<String>,
}

fn wrong<T>(what: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong { what: what.into(), right: None })
}

fn better<T>(what: impl Into<String>, right: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong { what: what.into(), right: Some(right.into()) })
}

/// The text in its normal form, or what is wrong with it.
pub fn read(format: Format, text: &str) -> Result<String, Wrong> {
    if text.chars().all(|c| c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')) {
        return wrong("is blank");
    }
    if text.trim() != text {
        return better("begins or ends with blanks", text.trim());
    }
    if text.contains('\t') {
        return wrong("holds a tab");
    }
    if text.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
        return wrong("has more than one line");
    }
    match format {
        Format::Line => Ok(text.to_owned()),
        Format::Host => host(text),
        Format::Email => email(text),
        Format::Domain => domain(text),
        Format::Login => login(text),
        Format::HttpUrl => url(text),
        Format::Ascii => ascii(text),
    }
}

/// A host name or an address: no scheme, port, path. A trailing dot is cut.
fn host(text: &str) -> Result<String, Wrong> {
    if let Some((_, rest)) = text.split_once("://") {
        let bare = rest.split(['/', '?', '#']).next().unwrap_or_default();
        return match host(bare) {
            Ok(right) => better("holds a scheme", right),
            Err(Wrong { right: Some(right), .. }) => better("holds a scheme", right),
            Err(_) => wrong("holds a scheme"),
        };
    }
    if text.parse::<IpAddr>().is_ok() {
        return Ok(text.to_owned());
    }
    if let Some((bare, _)) = text.split_once('/') {
        return match host(bare) {
            Ok(right) => better("holds a path", right),
            Err(_) => wrong("holds a path"),
        };
    }
    // The port of TLS goes without saying; another one cannot be left out.
    if let Some(bare) = text.strip_suffix(":443").filter(|bare| host_name(bare).is_ok()) {
        return better("holds a port, which no account can carry", bare);
    }
    if let Some(inner) =
        text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).filter(|inner| inner.parse::<IpAddr>().is_ok())
    {
        return better("has brackets around an address", inner);
    }
    if text.split_once('%').is_some_and(|(address, _)| address.parse::<IpAddr>().is_ok()) {
        return wrong("holds a zone, which means something on one machine only");
    }
    if text.contains(':') {
        return wrong("holds a port, which no account can carry");
    }
    host_name(text.strip_suffix('.').unwrap_or(text))
}

fn host_name(text: &str) -> Result<String, Wrong> {
    if text.contains(char::is_whitespace) {
        return wrong("holds a blank");
    }
    if !text.is_ascii() {
        return match idna::domain_to_ascii(text) {
            Ok(right) => better("has characters outside ASCII; devices want the A-label", right),
            Err(_) => wrong("has characters outside ASCII"),
        };
    }
    if text.len() > 253 {
        return wrong(format!("has {} characters, 253 are allowed", text.len()));
    }
    for label in text.split('.') {
        if label.is_empty() {
            return wrong("has an empty part between dots");
        }
        if label.len() > 63 {
            return wrong(format!("has a part of {} characters, 63 are allowed", label.len()));
        }
        if let Some(character) = label.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '-') {
            return wrong(format!("holds `{character}`"));
        }
        if label.starts_with('-') || label.ends_with('-') {
            return wrong("has a part that begins or ends with `-`");
        }
    }
    // Four numbers that are no address are a slip, not a name.
    if text.split('.').all(|label| label.bytes().all(|b| b.is_ascii_digit())) {
        return wrong("looks like an IP address and is none");
    }
    Ok(text.to_owned())
}

fn email(text: &str) -> Result<String, Wrong> {
    let Some((local, domain)) = text.rsplit_once('@') else { return wrong("has no `@`") };
    if local.is_empty() || local.contains(['@', ' ', '\t', ',', ';', '<', '>']) {
        return wrong("has no proper name before the `@`");
    }
    if text.len() > 254 {
        return wrong(format!("has {} bytes, 254 are allowed", text.len()));
    }
    match host_name(domain) {
        Ok(_) if domain.contains('.') => Ok(text.to_owned()),
        Ok(_) => wrong("has a domain without a dot"),
        Err(inner) => Err(Wrong {
            what: format!("has a domain that {}", inner.what),
            right: inner.right.map(|right| format!("{local}@{right}")),
        }),
    }
}

fn domain(text: &str) -> Result<String, Wrong> {
    match text.chars().find(|c| matches!(c, '\\' | '@' | '/') || c.is_whitespace()) {
        Some(character) => wrong(format!("holds `{character}`")),
        None => Ok(text.to_owned()),
    }
}

/// A user name; at most one `\`, with something on both sides of it.
fn login(text: &str) -> Result<String, Wrong> {
    match text.split_once('\\') {
        Some((domain, user)) if domain.is_empty() || user.is_empty() || user.contains('\\') => {
            wrong("does not read `DOMAIN\\user`")
        }
        _ => Ok(text.to_owned()),
    }
}

fn url(text: &str) -> Result<String, Wrong> {
    if text.contains(char::is_whitespace) {
        return wrong("holds a blank");
    }
    let Ok(parsed) = url::Url::parse(text) else { return wrong("is not written as `https://HOST/PATH`") };
    if !matches!(parsed.scheme(), "http" | "https") {
        return wrong("begins with neither `https://` nor `http://`");
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return wrong("holds a user name or a password");
    }
    if !text.is_ascii() {
        return better("has characters outside ASCII; devices want the encoded form", parsed.as_str());
    }
    if parsed.fragment().is_some() {
        return wrong("holds a fragment (`#...`)");
    }
    Ok(text.to_owned())
}

fn ascii(text: &str) -> Result<String, Wrong> {
    match text.chars().find(|c| !matches!(c, ' '..='~')) {
        Some(character) => wrong(format!("holds `{character}`, which is not ASCII")),
        None => Ok(text.to_owned()),
    }
}

/// What a format is called in a message; nothing where it is only text.
pub fn noun(format: Format) -> &'static str {
    match format {
        Format::Line | Format::Ascii => "",
        Format::Host => "host name",
        Format::Email => "email address",
        Format::Domain => "domain name",
        Format::Login => "user name",
        Format::HttpUrl => "server address",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_bare() {
        assert_eq!(read(Format::Host, "mail.contoso.com."), Ok("mail.contoso.com".into()));
        assert_eq!(read(Format::Host, "192.0.2.1"), Ok("192.0.2.1".into()));
        assert_eq!(read(Format::Host, "2001:db8::1"), Ok("2001:db8::1".into()));
        assert_eq!(read(Format::Host, "https://mail.contoso.com/owa").unwrap_err().right.as_deref(), Some("mail.contoso.com"));
        assert_eq!(read(Format::Host, "bücher.example").unwrap_err().right.as_deref(), Some("xn--bcher-kva.example"));
        for bad in ["mail.contoso.com:443", "mail_1.contoso.com", "-a.com", "a..b", "300.1.1.1", "a b"] {
            assert!(read(Format::Host, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn logins_have_one_backslash_at_most() {
        assert!(read(Format::Login, "CORP\\alice").is_ok());
        assert!(read(Format::Login, "\\alice").is_err());
        assert!(read(Format::Login, "a\\b\\c").is_err());
    }
}
