//! A connection to a directory server: TLS, who is trusted, and the bind.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ldap3::{LdapConn, LdapConnSettings};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use url::Url;

use super::super::Failure;
use super::super::arguments::DirectoryPull;
use super::super::secrets::FromOutside;
use super::failures;
use crate::compile::FetchSecrets as _;
use crate::ir::SecretSource;

/// A connection, and what to call the server in messages.
pub struct Server {
    /// The connection.
    pub connection: LdapConn,
    /// Scheme, host and port.
    pub name: String,
}

/// Connects and binds.
pub fn connect(command: &DirectoryPull) -> Result<Server, Failure> {
    let url = address(command)?;
    let name = url.to_string().trim_end_matches('/').to_owned();
    let secret = secret(command)?;
    let limit = Duration::from_secs(command.timeout.into());
    let mut settings = LdapConnSettings::new().set_conn_timeout(limit).set_starttls(command.starttls);
    if url.scheme() == "ldaps" || command.starttls {
        settings = settings.set_config(tls(command.ca_file.as_deref())?);
    }
    let connected = LdapConn::from_url_with_settings(settings, &url);
    let mut connection = connected.map_err(|error| Failure(failures::connecting(&error, &name)))?;
    let (dn, secret) = (command.bind_dn.as_deref(), secret.as_deref().unwrap_or_default());
    let bound = connection.with_timeout(limit).simple_bind(dn.unwrap_or_default(), secret).and_then(ldap3::LdapResult::success);
    bound.map_err(|error| Failure(failures::binding(&error, &name, dn)))?;
    Ok(Server { connection, name })
}

/// The server's address, refused when people's data, or a secret, would go over the network for all to read.
fn address(command: &DirectoryPull) -> Result<Url, Failure> {
    let refused = |why: &str| Err(Failure(format!("`{}` {why}", command.server)));
    let Ok(url) = Url::parse(&command.server) else { return refused("is no address: write `ldaps://HOST` or `ldap://HOST`") };
    if url.host_str().is_none_or(str::is_empty) {
        return refused("names no host");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Failure("the address holds a name or a secret: use `--bind-dn` and `--bind-secret`".into()));
    }
    if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
        return refused("has more than a host and a port: use `--base`, `--filter` and `--attribute`");
    }
    match url.scheme() {
        "ldaps" if command.starttls => refused("has TLS from the start: leave out `--starttls`"),
        "ldaps" => Ok(url),
        "ldap" if command.starttls || command.allow_plain_text => Ok(url),
        "ldap" => refused(
            "would send everything in plain text: use `ldaps://` or `--starttls`, or `--allow-plain-text` on a network you trust",
        ),
        _ => refused("is no address of a directory server: write `ldaps://HOST` or `ldap://HOST`"),
    }
}

/// The bind secret, which a server would take for an anonymous bind if it were empty (RFC 4513, 5.1.2).
fn secret(command: &DirectoryPull) -> Result<Option<String>, Failure> {
    let (Some(_), Some(source)) = (&command.bind_dn, &command.bind_secret) else { return Ok(None) };
    let parsed = match source.split_once(':') {
        Some(("env", name)) if !name.is_empty() => SecretSource::Env(name.into()),
        Some(("file", path)) if !path.is_empty() => SecretSource::File(path.into()),
        // It may be the secret itself: it is not repeated.
        _ => return Err(Failure("`--bind-secret` names no source: write `env:NAME` or `file:PATH`".into())),
    };
    let bytes = FromOutside { root: ".".into() }.fetch(&parsed).map_err(|why| Failure(format!("the bind secret {why}")))?;
    match String::from_utf8(bytes) {
        Ok(text) if text.is_empty() => {
            Err(Failure("the bind secret is empty, which a server takes for an anonymous bind".into()))
        }
        Ok(text) => Ok(Some(text)),
        Err(_) => Err(Failure("the bind secret is no UTF-8 text".into())),
    }
}

/// TLS 1.2 or 1.3, trusting the certificates of a file alone, else those of the system.
fn tls(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, Failure> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        Some(path) => {
            let unread = |why: &dyn std::fmt::Display| Failure(format!("`{}`: {why}", path.display()));
            let bytes = std::fs::read(path).map_err(|error| unread(&error))?;
            for certificate in certificates(bytes).map_err(|why| unread(&why))? {
                roots.add(certificate).map_err(|error| unread(&error))?;
            }
            if roots.is_empty() {
                return Err(unread(&"holds no certificate"));
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if roots.is_empty() {
                return Err(Failure("the system has no store of trusted certificates: use `--ca-file`".into()));
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| Failure(error.to_string()))?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

/// PEM with any number of certificates, or one in DER.
fn certificates(bytes: Vec<u8>) -> Result<Vec<CertificateDer<'static>>, String> {
    if bytes.first() == Some(&0x30) {
        return Ok(vec![CertificateDer::from(bytes)]);
    }
    CertificateDer::pem_slice_iter(&bytes).collect::<Result<_, _>>().map_err(|error| error.to_string())
}
