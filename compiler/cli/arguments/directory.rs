//! What `payloadc directory` may be told.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub enum Directory {
    /// Print people as the NDJSON that `directory` of payloadc.yaml takes; the only command that uses a network
    #[command(
        after_help = "Example:\n  payloadc directory pull ldaps://dc1.contoso.com --base DC=contoso,DC=com \\\n    --bind-dn svc-payloadc@contoso.com --bind-secret env:LDAP_SECRET > users.ndjson"
    )]
    Pull(DirectoryPull),
}

#[derive(Debug, Args)]
pub struct DirectoryPull {
    /// `ldaps://HOST[:PORT]`, or `ldap://HOST[:PORT]` with `--starttls`
    #[arg(value_name = "URL")]
    pub server: String,
    /// The entry below which people are: DC=contoso,DC=com
    #[arg(long, value_name = "DN")]
    pub base: String,
    /// Who is meant (RFC 4515); people when absent: Active Directory's users, and inetOrgPerson elsewhere
    #[arg(long)]
    pub filter: Option<String>,
    /// A further attribute of theirs, and the field it fills
    #[arg(long = "attribute", value_name = "NAME[=FIELD]")]
    pub attributes: Vec<String>,
    /// The attribute that tells people apart; when absent the first that an entry has of userPrincipalName, uid, mail, sAMAccountName
    #[arg(long, value_name = "NAME")]
    pub id: Option<String>,
    /// Who asks: a distinguished name, or user@domain for Active Directory; anonymous when absent
    #[arg(long, value_name = "NAME", requires = "bind_secret")]
    pub bind_dn: Option<String>,
    /// Where the secret of the bind is found: it never stands on the command line
    #[arg(long, value_name = "env:NAME|file:PATH", requires = "bind_dn")]
    pub bind_secret: Option<String>,
    /// Start TLS on an `ldap://` connection before anything else
    #[arg(long)]
    pub starttls: bool,
    /// Trust the certificates in this PEM or DER file, and no others; the system's when absent
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// Send everything over `ldap://` in plain text, the secret too
    #[arg(long, conflicts_with = "starttls")]
    pub allow_plain_text: bool,
    /// How many entries the server sends at a time
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub page_size: u16,
    /// How long to wait for the server each time, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=3600))]
    pub timeout: u16,
}
