//! What `payloadc catalog` may be told.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// What to ask of the catalog.
#[derive(Debug, Subcommand)]
pub enum Catalog {
    /// Find types, keys and nodes by a part of their name
    #[command(after_help = "Example:\n  payloadc catalog search MinDevicePasswordLength")]
    Search {
        /// In any capitals
        word: String,
        #[command(flatten)]
        facts: Facts,
    },
    /// Show a payload or declaration type, a key of one, or a node
    #[command(after_help = "Example:\n  payloadc catalog show com.apple.wifi.managed.EAPClientConfiguration")]
    Show {
        /// `com.apple.dock`, `com.apple.wifi.managed.EAPClientConfiguration`, `./Device/Vendor/MSFT/Policy/Config/DeviceLock`
        topic: String,
        #[command(flatten)]
        facts: Facts,
    },
    /// Count what is known
    #[command(after_help = "Example:\n  payloadc catalog census --format json")]
    Census {
        #[arg(long, value_enum, default_value_t = CensusFormat::Text)]
        format: CensusFormat,
        #[command(flatten)]
        facts: Facts,
    },
    /// Make the tables from a vendor's own files: newer facts than the program carries
    #[command(after_help = "Example:\n  payloadc catalog import apple fixtures/catalog/apple --merge --into /tmp/catalog")]
    Import(CatalogImport),
}

/// Which tables are asked.
#[derive(Debug, Args)]
pub struct Facts {
    /// The workspace whose imported facts count; the one above the current folder when absent
    #[arg(long, value_name = "FOLDER")]
    pub workspace: Option<PathBuf>,
}

/// The form of a census.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CensusFormat {
    Text,
    Json,
}

/// Whose files they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Vendor {
    /// A checkout of apple/device-management, or a folder of its files
    Apple,
    /// Unpacked DDF files of Microsoft's
    Windows,
}

#[derive(Debug, Args)]
pub struct CatalogImport {
    /// Whose files they are
    #[arg(value_enum)]
    pub vendor: Vendor,
    /// Folders with the vendor's files; what stands in several is taken from the first
    #[arg(required = true, value_name = "FOLDER")]
    pub folders: Vec<PathBuf>,
    /// Where the tables are written; a workspace reads those in its own `.payloadc/catalog`
    #[arg(long, value_name = "DIR", default_value = ".payloadc/catalog")]
    pub into: PathBuf,
    /// The release that the files are of; taken from them when absent
    #[arg(long, value_name = "TEXT")]
    pub release: Option<String>,
    /// Take what the folders describe, and keep the rest of the catalog in use
    #[arg(long)]
    pub merge: bool,
    /// Take what the folders describe even if the catalog in use has more
    #[arg(long, conflicts_with = "merge")]
    pub replace: bool,
    /// The day that the files are from
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub date: Option<String>,
    /// Where the files are from
    #[arg(long, value_name = "URL")]
    pub source: Option<String>,
}
