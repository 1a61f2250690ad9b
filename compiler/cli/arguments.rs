//! What may be typed, with the texts of `--help`.

mod catalog;
#[cfg(feature = "ldap")]
mod directory;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::compile::Whom;

pub use catalog::{Catalog, CatalogImport, CensusFormat, Facts, Vendor};
#[cfg(feature = "ldap")]
pub use directory::{Directory, DirectoryPull};

/// A compiler for device configuration: YAML profiles in, payloads that devices read out.
#[derive(Debug, Parser)]
#[command(name = "payloadc", version, max_term_width = 100, propagate_version = true)]
#[command(after_help = "Example:\n  payloadc build fixtures/contoso --out /tmp/dist")]
pub struct Arguments {
    /// When diagnostics are coloured; `NO_COLOR` is respected
    #[arg(long, value_enum, default_value_t = When::Auto, global = true)]
    pub color: When,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal
    Auto,
    Always,
    Never,
}

/// The form of diagnostics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Diagnostics {
    /// For people, on stderr
    #[default]
    Human,
    /// One JSON object a line, on stdout
    Json,
    /// SARIF 2.1.0, on stdout
    Sarif,
    /// GitHub workflow commands, on stdout
    Github,
    /// JUnit XML, on stdout
    Junit,
}

/// The form of a support matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MatrixFormat {
    Table,
    Markdown,
    Json,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compile profiles into artifacts
    #[command(after_help = "Example:\n  payloadc build fixtures/contoso --out /tmp/dist")]
    Build(Build),
    /// Say what `build` would say, without writing anything and without reading secrets
    #[command(after_help = "Example:\n  payloadc check fixtures/contoso")]
    Check(Check),
    /// Start a workspace: payloadc.yaml, a first profile, .gitignore; nothing is overwritten
    #[command(after_help = "Example:\n  payloadc init /tmp/new-workspace")]
    Init(Init),
    /// Check artifacts that exist already: .mobileconfig profiles, Apple declarations, SyncML
    #[command(after_help = "Example:\n  payloadc lint fixtures/lint/uuid-placeholder/good")]
    Lint(Lint),
    /// List the profiles of a workspace
    #[command(after_help = "Example:\n  payloadc list fixtures/contoso")]
    List(List),
    /// Explain a code, a kind or a field
    #[command(after_help = "Example:\n  payloadc explain email.sync_schedule")]
    Explain {
        /// `E0301`, `email` or `email.sync_schedule`
        topic: String,
    },
    /// Show which target takes which field: yes, elsewhere, no and why, unverified
    #[command(after_help = "Example:\n  payloadc support email")]
    Support {
        /// Only this kind
        kind: Option<String>,
        #[arg(long, value_enum, default_value_t = MatrixFormat::Table)]
        format: MatrixFormat,
    },
    /// Print the JSON Schema (draft-07) that editors use
    #[command(after_help = "Example:\n  payloadc schema email")]
    Schema {
        /// A kind, `workspace`, `manifest`, `deployed` (files of deployments), `reported` and `evaluation` (what `evaluate` reads and prints) or `diagnostic`; all kinds when absent
        kind: Option<String>,
    },
    /// List the MDM servers whose tokens and limits are known, or describe one
    #[command(after_help = "Example:\n  payloadc servers fleet")]
    Servers {
        name: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show the collections of a workspace, or the members of one
    #[command(after_help = "Example:\n  payloadc collection list fixtures/fleet")]
    Collection {
        #[command(subcommand)]
        command: CollectionCommand,
    },
    /// Show who gets what, and why
    #[command(after_help = "Example:\n  payloadc deploy plan fixtures/fleet")]
    Deploy {
        #[command(subcommand)]
        command: DeployCommand,
    },
    /// Look up what vendors' devices know: payloads, declarations, CSP nodes; import newer facts
    #[command(subcommand)]
    #[command(after_help = "Example:\n  payloadc catalog census")]
    Catalog(Catalog),
    /// Judge what devices report: who is compliant with what is deployed, and which alerts are raised (exit status 3)
    #[command(after_help = "Example:\n  payloadc evaluate fixtures/fleet --reported reported.ndjson --at 2027-01-01T00:00:00Z")]
    Evaluate(Evaluate),
    /// Drop the kept removal artifacts of a profile that is gone
    #[command(after_help = "Example:\n  payloadc forget old-mail --out /tmp/dist")]
    Forget(Forget),
    /// Fetch people from a directory server
    #[cfg(feature = "ldap")]
    #[command(subcommand)]
    Directory(Directory),
    /// Print completions for a shell
    #[command(after_help = "Example:\n  payloadc completions bash")]
    Completions { shell: clap_complete::Shell },
    /// Print the man page
    #[command(after_help = "Example:\n  payloadc man")]
    Man,
    /// Print the version and the releases of the vendor facts
    #[command(after_help = "Example:\n  payloadc version --json")]
    Version {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum CollectionCommand {
    /// List the collections with how many belong to each
    #[command(after_help = "Example:\n  payloadc collection list fixtures/fleet")]
    List(Fleet),
    /// List the members of a collection
    #[command(after_help = "Example:\n  payloadc collection show sales-staff fixtures/fleet")]
    Show {
        /// The collection
        id: String,
        #[command(flatten)]
        asked: Fleet,
    },
}

#[derive(Debug, Subcommand)]
pub enum DeployCommand {
    /// Show per audience how many users there are, which profiles they get, and which settings a conflict changed
    #[command(after_help = "Example:\n  payloadc deploy plan fixtures/fleet")]
    Plan(Fleet),
    /// Show what one user gets, and why
    #[command(after_help = "Example:\n  payloadc deploy explain alice@contoso.com fixtures/fleet")]
    Explain {
        /// An id or user principal name, or the id of a device
        user: String,
        #[command(flatten)]
        asked: Fleet,
    },
    /// Show when devices evaluate a deployment next, and the schedule as fields and as Configuration Manager's token
    #[command(
        after_help = "Example:\n  payloadc deploy schedule mail-to-staff fixtures/fleet --next 5 --at 2026-11-21T08:00:00Z"
    )]
    Schedule {
        /// The deployment
        id: String,
        /// How many times to show
        #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
        next: u16,
        #[command(flatten)]
        asked: Fleet,
    },
}

/// The form of what a command answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DataFormat {
    /// For people
    Text,
    /// For programs
    Json,
}

/// The form of an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EvaluationFormat {
    /// For people
    Table,
    /// Everything, for programs
    Json,
    /// JUnit XML: a suite for each deployment, a case for each user or device
    Junit,
    /// Prometheus' text exposition format
    Prometheus,
}

#[derive(Debug, Args)]
pub struct Evaluate {
    /// The workspace; the current folder when absent
    pub workspace: Option<PathBuf>,
    /// What devices report: NDJSON, an answer to `ProfileList`, SyncML, or a DDM status; `-` for standard input; may be repeated
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    pub reported: Vec<PathBuf>,
    /// The moment that is judged: 2026-11-21 or 2026-11-21T08:00:00Z; else SOURCE_DATE_EPOCH, else now
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = EvaluationFormat::Table)]
    pub format: EvaluationFormat,
    /// Append a record to this file for each raised alert with `operations_manager: true`, for System Center Operations Manager
    #[arg(long, value_name = "FILE")]
    pub events: Option<PathBuf>,
    /// Set a variable; later ones win, and all of them over `--vars` and payloadc.yaml
    #[arg(long = "var", value_name = "NAME=VALUE")]
    pub vars: Vec<String>,
    /// Set variables from a YAML file of names and values; later files win
    #[arg(long = "vars", value_name = "FILE")]
    pub vars_files: Vec<PathBuf>,
}

/// A workspace whose deployments are asked about.
#[derive(Debug, Args)]
pub struct Fleet {
    /// The workspace; the current folder when absent
    pub workspace: Option<PathBuf>,
    /// Set a variable; later ones win, and all of them over `--vars` and payloadc.yaml
    #[arg(long = "var", value_name = "NAME=VALUE")]
    pub vars: Vec<String>,
    /// Set variables from a YAML file of names and values; later files win
    #[arg(long = "vars", value_name = "FILE")]
    pub vars_files: Vec<PathBuf>,
    /// The day against which certificates are judged: 2026-11-21 or 2026-11-21T08:00:00Z; else SOURCE_DATE_EPOCH, else now
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Read the profiles as `build --per-user` does: the directory, not the server, fills in what differs from user to user
    #[arg(long)]
    pub per_user: bool,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = DataFormat::Text)]
    pub format: DataFormat,
}

/// Where profiles come from and what goes into them.
#[derive(Debug, Default, Args)]
pub struct What {
    /// A workspace, profile files, or `-` for standard input; the current folder when absent
    #[arg(value_name = "WORKSPACE|FILE")]
    pub inputs: Vec<PathBuf>,
    /// Set a variable; later ones win, and all of them over `--vars` and payloadc.yaml
    #[arg(long = "var", value_name = "NAME=VALUE")]
    pub vars: Vec<String>,
    /// Set variables from a YAML file of names and values; later files win
    #[arg(long = "vars", value_name = "FILE")]
    pub vars_files: Vec<PathBuf>,
    /// The organisation's identifier, in reverse DNS, for files without a payloadc.yaml
    #[arg(long, value_name = "REVERSE.DNS")]
    pub organization: Option<String>,
    /// The day against which certificates are judged: 2026-11-21 or 2026-11-21T08:00:00Z; else SOURCE_DATE_EPOCH, else now
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// The form of diagnostics
    #[arg(long, value_enum, default_value_t = Diagnostics::Human)]
    pub format: Diagnostics,
    /// Treat a warning as an error: its code, or `warnings` for all; nothing is written then
    #[arg(long, value_name = "CODE|warnings")]
    pub deny: Vec<String>,
    /// The output folder, whose manifest says what is on devices; `output` of payloadc.yaml when absent
    #[arg(long, value_name = "DIR|-")]
    pub out: Option<PathBuf>,
    /// Only this target
    #[arg(long = "target", value_name = "TARGET")]
    pub targets: Vec<String>,
    /// Only this profile
    #[arg(long = "profile", value_name = "ID")]
    pub profiles: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Build {
    #[command(flatten)]
    pub what: What,
    /// Say for every key of every artifact why it stands there
    #[arg(long)]
    pub trace: bool,
    /// Write nothing when a profile has an error
    #[arg(long)]
    pub all_or_nothing: bool,
    /// Write nothing; exit 1 when the output folder is not what a build would give
    #[arg(long)]
    pub check: bool,
    /// Write secrets into a git work tree that does not ignore the folder
    #[arg(long)]
    pub allow_secrets_in_git: bool,
    /// Fill in what differs from user to user from the directory, and write `users/ID/...` for each user whom a deployment reaches
    #[arg(long)]
    pub per_user: bool,
    /// Only this user, by id or user principal name
    #[arg(long = "user", value_name = "ID", requires = "per_user")]
    pub users: Vec<String>,
}

impl Build {
    /// Who is asked for.
    pub fn whom(&self) -> Whom<'_> {
        if self.users.is_empty() { Whom::All } else { Whom::Named(&self.users) }
    }
}

#[derive(Debug, Args)]
pub struct Check {
    #[command(flatten)]
    pub what: What,
    /// Apply the fixes that are certain; touches nothing else
    #[arg(long)]
    pub fix: bool,
    /// As for `build`: let secrets into a git work tree that does not ignore the folder
    #[arg(long)]
    pub allow_secrets_in_git: bool,
    /// Say what `build --per-user` would say
    #[arg(long)]
    pub per_user: bool,
}

#[derive(Debug, Args)]
pub struct Init {
    /// The folder; the current one when absent
    pub folder: Option<PathBuf>,
    /// The organisation's name
    #[arg(long, default_value = "Contoso")]
    pub name: String,
    /// The organisation's identifier, in reverse DNS
    #[arg(long, default_value = "com.contoso", value_name = "REVERSE.DNS")]
    pub organization: String,
}

#[derive(Debug, Args)]
pub struct Lint {
    /// Files, folders (all that is below; other files are passed over), or `-` for standard input
    #[arg(value_name = "FILE|FOLDER", required = true)]
    pub inputs: Vec<PathBuf>,
    /// The form of diagnostics
    #[arg(long, value_enum, default_value_t = Diagnostics::Human)]
    pub format: Diagnostics,
    /// Treat a warning as an error: its code, or `warnings` for all
    #[arg(long, value_name = "CODE|warnings")]
    pub deny: Vec<String>,
}

#[derive(Debug, Args)]
pub struct List {
    #[command(flatten)]
    pub what: What,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Forget {
    /// The id of the profile that is gone
    pub id: String,
    /// The workspace; the current folder when absent
    pub workspace: Option<PathBuf>,
    /// The output folder; `output` of payloadc.yaml when absent
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}
