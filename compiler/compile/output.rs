//! What a run gives.

use std::collections::{BTreeMap, HashSet};

use super::people::Written;
use crate::check::Workspace;
use crate::deploy::Fleet;
use crate::diagnostic::Diagnostic;
use crate::ir::{Origin, Profile};
use crate::manifest;
use crate::schema::Kind;
use crate::source::Sources;
use crate::targets::Expected;

/// What a run gives.
pub struct Output {
    /// The files, with what must not be shown starred out.
    pub sources: Sources,
    /// In file order.
    pub diagnostics: Vec<Diagnostic>,
    /// By path.
    pub artifacts: Vec<Artifact>,
    /// `payloadc.yaml`, read.
    pub workspace: Workspace,
    /// Ids of all profiles in the workspace, sound or not, with kind and platforms.
    pub profiles: Vec<Listed>,
    /// Ids of profiles that have an error.
    pub broken: HashSet<String>,
    /// Platform and id of what got no artifact of its own, since something else has an error: see the outcome of `check`.
    pub withheld: HashSet<(String, String)>,
    /// Who gets what; nothing in a workspace without collections and deployments.
    pub fleet: Option<Fleet>,
    /// Files that say so; none where only some artifacts were chosen.
    pub deployments: Vec<Deployment>,
    /// What was made for single people.
    pub written: Written,
}

/// A profile for `payloadc list`.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its platforms with their ranges.
    pub platforms: BTreeMap<String, String>,
    /// Its file.
    pub file: String,
}

/// An artifact, ready to be written.
#[derive(Debug, Clone)]
pub struct Artifact {
    /// What the manifest says of it.
    pub entry: manifest::Entry,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What a device that has it reports.
    pub expects: Vec<Expected>,
    /// For every entry in it, where it comes from; empty unless asked for.
    pub trace: Vec<Traced>,
}

impl Artifact {
    /// Whether it sets something up, rather than changing or removing it.
    #[must_use]
    pub fn sets_up(&self) -> bool {
        matches!(&*self.entry.role, "profile" | "declaration" | "install")
    }
}

/// A file that says who gets which artifacts, ready to be written.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// What the manifest says of it.
    pub entry: manifest::Deployment,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Where an entry of an artifact comes from.
#[derive(Debug, Clone)]
pub struct Traced {
    /// The profile's id and the place.
    pub place: String,
    /// Why it stands there.
    pub origin: Origin,
    /// The profile's kind.
    pub kind: &'static Kind,
}

/// The profiles for `payloadc list`.
pub fn listed(profiles: &[Profile], sources: &Sources) -> Vec<Listed> {
    let file = |profile: &Profile| sources.get(profile.spans.id.source).map_or_else(String::new, |source| source.path.clone());
    profiles
        .iter()
        .map(|profile| Listed {
            id: profile.id.to_string(),
            kind: profile.kind.name.to_owned(),
            name: profile.name.as_literal().unwrap_or_default().to_owned(),
            platforms: platforms(profile),
            file: file(profile),
        })
        .collect()
}

/// Platforms with their ranges; a platform that a console alone delivers to has none.
fn platforms(profile: &Profile) -> BTreeMap<String, String> {
    let range = |name: &str| profile.views.iter().find(|view| view.platform.name == name).map(|view| view.range.to_string());
    profile.platforms.iter().map(|name| ((*name).to_owned(), range(name).unwrap_or_default())).collect()
}
