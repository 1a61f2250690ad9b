//! One folder for each target: its manual, what is done by hand, how entries become an artifact.
//!
//! A target is a row of [`WRITERS`]. Shared writers of a format sit beside the folders: [`mobileconfig`] for Apple's profiles,
//! [`syncml`] for OMA-DM. A target never finds out that something is unsupported; what it finds wrong is a fault of payloadc's
//! own tables, said as an internal error and never shipped.

pub mod configmgr;
mod declaration;
mod fill;
mod identity;
pub mod ios;
pub mod ios_ddm;
pub mod macos;
pub mod macos_ddm;
pub mod mobileconfig;
pub mod syncml;
pub mod windows;
pub mod windows_phone;

use std::borrow::Cow;
use std::collections::HashMap;

use crate::catalog::Catalog;
use crate::deploy::alert::Alert;
use crate::deploy::schedule::Schedule;
use crate::diagnostic::Code;
use crate::ir::{ByHand, Id, Lowered, Origin, Profile, SecretSource, Text, View};
use crate::schema::{Platform, Server};
use crate::source::Span;

pub use identity::namespace;

/// A target.
#[derive(Clone, Copy)]
pub struct Writer {
    /// As in `platforms.yaml`.
    pub target: &'static str,
    /// Whether what a profile refers to stands inside its artifact. Otherwise it has artifacts of its own, which come first.
    pub embeds: bool,
    /// Whether its artifact names what the profile refers to.
    pub names: bool,
    /// Behind the id in the name of the artifact that sets something up.
    pub sets_up: &'static str,
    /// What its tables name with `by_hand`.
    pub by_hand: &'static [ByHand],
    /// A deployment as a script, for a console.
    pub deploy: Option<DeployScript>,
    /// Entries to bytes, in all variants.
    pub assemble: fn(&Bundle<'_>, &Surroundings<'_>) -> Result<Vec<Assembled>, Fault>,
}

/// Writes the script of a deployment.
pub type DeployScript = fn(&Deploying<'_>, &Catalog) -> Result<String, Fault>;

/// A deployment as a console makes it.
#[derive(Debug, Clone)]
pub struct Deploying<'a> {
    /// Its id.
    pub id: &'a str,
    /// Who gets it.
    pub to: Recipients<'a>,
    /// Its profiles, dependencies first, each with what makes it.
    pub profiles: Vec<(&'a Profile, &'static str)>,
    /// When somebody is told that too few are compliant.
    pub alert: Option<Alert>,
    /// When compliance is evaluated.
    pub schedule: Option<Schedule>,
}

/// A collection of a console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipients<'a> {
    /// Everybody.
    AllUsers,
    /// Every device.
    AllDevices,
    /// The collection of this name.
    Named(&'a str),
}

/// All targets, in the order of `platforms.yaml`.
pub const WRITERS: &[Writer] =
    &[ios::WRITER, ios_ddm::WRITER, macos::WRITER, macos_ddm::WRITER, windows_phone::WRITER, windows::WRITER, configmgr::WRITER];

/// The target of a name.
#[must_use]
pub fn writer(target: &str) -> Option<&'static Writer> {
    WRITERS.iter().find(|writer| writer.target == target)
}

/// Whether a platform has a target whose artifacts hold what a profile refers to.
#[must_use]
pub fn embedded_on(platform: &Platform) -> bool {
    platform.targets.iter().filter_map(|target| writer(target)).any(|writer| writer.embeds)
}

/// The functions by hand of a target.
#[must_use]
pub fn by_hand(target: &str) -> &'static [ByHand] {
    writer(target).map_or(&[], |writer| writer.by_hand)
}

/// A lowered profile with what it is lowered from.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// The profile.
    pub profile: &'a Profile,
    /// The platform's view of it.
    pub view: &'a View,
    /// Its entries.
    pub lowered: &'a Lowered,
}

/// A profile and, for a target that embeds or names it, all it refers to: issuers first, each once.
#[derive(Debug, Clone)]
pub struct Bundle<'a> {
    /// The profile.
    pub main: Part<'a>,
    /// What it refers to.
    pub with: Vec<Part<'a>>,
}

/// What artifacts depend on beside profiles.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// Who delivers.
    pub server: &'static Server,
    /// Shown on devices.
    pub organization: &'a str,
    /// Reverse DNS: root of identifiers.
    pub identifier: &'a str,
    /// Root of UUIDs: see [`namespace`].
    pub namespace: uuid::Uuid,
    /// Vendor facts.
    pub catalog: &'static Catalog,
    /// What secrets hold.
    pub secrets: &'a dyn Secrets,
    /// Nodes that several profiles add.
    pub shared: &'a SharedNodes,
}

/// A node that a profile writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Decoded.
    pub path: String,
    /// Where it is named, where it is.
    pub span: Option<Span>,
    /// Nobody names it: it is added above what is named, and other profiles may do the same.
    pub above: bool,
}

/// Nodes that several profiles add above their own, with the profiles.
#[derive(Debug, Default)]
pub struct SharedNodes(HashMap<(String, String), Vec<Id>>);

impl SharedNodes {
    /// A profile for a platform adds a node, decoded.
    pub fn add(&mut self, platform: &str, path: &str, profile: &Id) {
        let users = self.0.entry((platform.to_owned(), path.to_lowercase())).or_default();
        if !users.contains(profile) {
            users.push(profile.clone());
        }
    }

    /// A profile other than this one that adds a node.
    #[must_use]
    pub fn other(&self, platform: &str, path: &str, own: &str) -> Option<&str> {
        if self.0.is_empty() {
            return None;
        }
        let users = self.0.get(&(platform.to_owned(), path.to_lowercase()))?;
        users.iter().map(|id| &**id).filter(|id| *id != own).min()
    }
}

/// Hands out what secrets hold. A check has none and hands out a placeholder.
pub trait Secrets: Sync {
    /// The bytes of a secret that is no token.
    fn get(&self, source: &SecretSource) -> Option<Vec<u8>>;
}

/// What an artifact is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The whole: a configuration profile.
    Profile,
    /// One declaration of several.
    Declaration,
    /// Sets up what is not there yet.
    Install,
    /// Changes what is there.
    Update,
    /// Takes it away.
    Remove,
    /// Takes an older generation away and sets up the new one.
    Recreate,
    /// Asks for what is there.
    Query,
}

impl Role {
    /// As in the manifest and in file names.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Role::Profile => "profile",
            Role::Declaration => "declaration",
            Role::Install => "install",
            Role::Update => "update",
            Role::Remove => "remove",
            Role::Recreate => "recreate",
            Role::Query => "query",
        }
    }
}

/// An artifact's bytes, with what the manifest says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assembled {
    /// What it is for.
    pub role: Role,
    /// Behind the id in its file name: `.mobileconfig`, `.install.xml`, `.1.json`.
    pub suffix: Cow<'static, str>,
    /// The content.
    pub bytes: Vec<u8>,
    /// UUIDs and GUIDs in it that devices remember.
    pub identities: Vec<String>,
    /// Whether it holds a secret's value or a private key.
    pub contains_secret: bool,
    /// Whether it only works while a user is signed in.
    pub needs_user_logged_on: bool,
    /// Whether sending it a second time is harmless.
    pub redeliver: bool,
    /// Per profile what cannot be changed on devices without a new generation, for the next build's comparison.
    pub fixed: Vec<(String, String)>,
    /// Which artifacts of the same profile must be there before, by their suffix.
    pub first: Vec<&'static str>,
    /// What a device that has it reports, for a comparison.
    pub expects: Vec<Expected>,
    /// What an administrator should know.
    pub notes: Vec<Note>,
}

/// Something that a device reports when it has an artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// What it is called in a report: a LocURI, a key.
    pub place: String,
    /// Why it is so; nothing for what belongs to the artifact as a whole.
    pub origin: Option<Origin>,
    /// What it holds, attributes not filled in; nothing where being there is all that can be said.
    pub value: Option<Text>,
}

/// What an administrator should know of an artifact: it stands in the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// A sentence.
    pub text: String,
    /// Where it is worth a diagnostic too, at the profile's id.
    pub said: Option<Said>,
}

/// A note as a diagnostic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// Its code.
    pub code: Code,
    /// What is said about the profile's id.
    pub label: &'static str,
    /// The vendor's document.
    pub source: &'static str,
}

impl From<&str> for Note {
    fn from(text: &str) -> Note {
        Note { text: text.to_owned(), said: None }
    }
}

/// A fault of payloadc's own tables, with the place. It stops the artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault(pub String);

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
