//! What a directory server, the network or TLS refused, in words of an administrator.

use std::error::Error as _;
use std::io;

use ldap3::{LdapError, LdapResult};
use rustls::CertificateError;

use crate::deploy::directory::person::shown;

/// The commonest reason for no answer, or for one that is none.
const PORTS: &str = "`ldaps://` is for a port with TLS, `ldap://` with `--starttls` for one without";

/// Why there is no connection.
pub fn connecting(error: &LdapError, server: &str) -> String {
    match error {
        LdapError::Timeout { .. } => format!("`{server}` does not answer in time; `--timeout` gives it longer, and {PORTS}"),
        LdapError::Io { source } => network(source, server),
        LdapError::Rustls { source } => tls(source, server),
        LdapError::DNSName { .. } => {
            format!("`{server}` is no name that a certificate can be compared with; use the server's DNS name")
        }
        // `--starttls` is an operation of its own, which the server may refuse.
        LdapError::LdapResult { result } => {
            format!("`{server}` does not start TLS ({}); use `ldaps://`{}", code(result), words(result))
        }
        other => lost(other, server),
    }
}

fn network(error: &io::Error, server: &str) -> String {
    if let Some(tls_error) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return tls(tls_error, server);
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => format!("`{server}` refuses the connection; is the port right?"),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
            format!("`{server}` closed the connection; {PORTS}")
        }
        io::ErrorKind::TimedOut => format!("`{server}` does not answer in time"),
        _ => format!("`{server}` cannot be reached: {error}"),
    }
}

fn tls(error: &rustls::Error, server: &str) -> String {
    let rustls::Error::InvalidCertificate(why) = error else {
        return format!("TLS with `{server}` fails: {error}; {PORTS}");
    };
    let why = match why {
        CertificateError::UnknownIssuer => "its issuer is not trusted; give the issuer's certificate with `--ca-file`".to_owned(),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it was issued for another name; use the name that stands in it".to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => "it is not valid yet".to_owned(),
        other => other.to_string(),
    };
    format!("the certificate of `{server}` is refused: {why}")
}

/// Why the server does not let us in.
pub fn binding(error: &LdapError, server: &str, name: Option<&str>) -> String {
    let LdapError::LdapResult { result } = error else { return lost(error, server) };
    let who = name.map_or_else(|| "an anonymous bind".to_owned(), |name| format!("the bind as `{}`", shown(name)));
    let why = match result.rc {
        49 => active_directory(&result.text).unwrap_or("the name or the secret is wrong"),
        8 | 13 => "it wants TLS: use `ldaps://` or `--starttls`",
        48 => "it does not allow this way to bind; give `--bind-dn` and `--bind-secret`",
        34 => "that is no distinguished name; Active Directory also takes `user@domain`",
        53 => "it is not willing to",
        _ => "see its own words",
    };
    format!("`{server}` refuses {who} ({}): {why}{}", code(result), words(result))
}

/// The reason behind Active Directory's `invalidCredentials`: `data 52e` in its text, a Windows error code in hexadecimal.
/// <https://learn.microsoft.com/en-us/windows/win32/debug/system-error-codes--1300-1699->
fn active_directory(text: &str) -> Option<&'static str> {
    let (_, data) = text.split_once(", data ")?;
    match data.split([',', ' ']).next()? {
        "52e" => Some("the name or the secret is wrong"),
        "525" => Some("there is no such user"),
        "530" => Some("the user may not log on at this time"),
        "531" => Some("the user may not log on from this computer"),
        "532" => Some("the password has expired"),
        "533" => Some("the account is disabled"),
        "701" => Some("the account has expired"),
        "773" => Some("the password must be changed first"),
        "775" => Some("the account is locked"),
        _ => None,
    }
}

/// Why a search ended before its end.
pub fn searching(error: &LdapError, server: &str, base: &str, found: usize) -> String {
    let LdapError::LdapResult { result } = error else {
        return match error {
            LdapError::Timeout { .. } => format!("`{server}` fell silent after {found} entries; `--timeout` gives it longer"),
            other => lost(other, server),
        };
    };
    let why = match result.rc {
        32 => format!("there is no `{}`", shown(base)),
        34 => format!("`{}` is no distinguished name", shown(base)),
        1 | 50 => "this bind may not search there; give `--bind-dn` and `--bind-secret`".to_owned(),
        3 => format!("it stopped after {found} entries at its time limit; narrow `--filter` or `--base`"),
        4 => format!("it stopped after {found} entries at its size limit; lower `--page-size`, or raise the limit for this bind"),
        11 => format!("it stopped after {found} entries at a limit that an administrator set; lower `--page-size`"),
        10 => match result.refs.first() {
            Some(other) => format!("it does not hold this base and refers to `{}`", shown(other)),
            None => "it does not hold this base and refers to another server".to_owned(),
        },
        8 | 13 => "it wants TLS: use `ldaps://` or `--starttls`".to_owned(),
        _ => "see its own words".to_owned(),
    };
    format!("`{server}` refuses the search ({}): {why}{}", code(result), words(result))
}

fn lost(error: &LdapError, server: &str) -> String {
    match error {
        LdapError::Io { source } => network(source, server),
        LdapError::Timeout { .. } => format!("`{server}` does not answer in time; `--timeout` gives it longer"),
        LdapError::ResultRecv { .. } | LdapError::OpSend { .. } | LdapError::EndOfStream => {
            format!("`{server}` closed the connection, or sent what is no LDAP")
        }
        other => match other.source() {
            Some(source) => format!("`{server}`: {source}"),
            None => format!("`{server}`: {other}"),
        },
    }
}

/// `LDAP result 49`.
fn code(result: &LdapResult) -> String {
    format!("LDAP result {}", result.rc)
}

/// What the server itself says, if it says something.
fn words(result: &LdapResult) -> String {
    let text = result.text.trim_end_matches('\0').trim();
    if text.is_empty() { String::new() } else { format!("; it says: {}", shown(text)) }
}

#[cfg(test)]
mod tests {
    use ldap3::{LdapError, LdapResult};

    use super::{binding, connecting, searching};

    fn refused(rc: u32, text: &str) -> LdapError {
        LdapError::from(LdapResult { rc, matched: String::new(), text: text.into(), refs: vec![], ctrls: vec![] })
    }

    #[test]
    fn active_directory_says_why() {
        let text = "80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data 775, v3839\0";
        let said = binding(&refused(49, text), "ldaps://dc", Some("alice"));
        assert!(
            said.starts_with("`ldaps://dc` refuses the bind as `alice` (LDAP result 49): the account is locked; it says: "),
            "{said}"
        );
        assert!(binding(&refused(49, ""), "s", None).ends_with("the name or the secret is wrong"));
    }

    #[test]
    fn limits_say_what_to_do() {
        let said = searching(&refused(4, ""), "s", "dc=x", 500);
        assert_eq!(
            said,
            "`s` refuses the search (LDAP result 4): it stopped after 500 entries at its size limit; \
                          lower `--page-size`, or raise the limit for this bind"
        );
        assert!(searching(&refused(32, ""), "s", "dc=\u{1b}x", 0).contains("there is no `dc=\u{fffd}x`"));
    }

    #[test]
    fn tls_says_whose_fault() {
        let error = |why| LdapError::from(rustls::Error::InvalidCertificate(why));
        let said = connecting(&error(rustls::CertificateError::UnknownIssuer), "ldaps://dc");
        assert!(said.ends_with("its issuer is not trusted; give the issuer's certificate with `--ca-file`"), "{said}");
        assert!(connecting(&error(rustls::CertificateError::Expired), "s").ends_with("it has expired"));
    }
}
