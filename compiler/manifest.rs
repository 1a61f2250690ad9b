//! `manifest.json`: what a build left, for servers, pipelines and the next build.
//!
//! Its form is `schemas/editor/manifest.schema.json`. It holds no time and no absolute path, so that the same input gives the
//! same bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What the first field says: the form, and that the folder is ours.
pub const SCHEMA: &str = "payloadc/manifest/1";

/// A build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`SCHEMA`].
    pub schema: String,
    /// Whether every profile of the workspace is in it as it is now.
    pub complete: bool,
    /// Platform to server.
    pub servers: BTreeMap<String, String>,
    /// Vendor to the release its facts were taken from.
    pub catalog: BTreeMap<String, String>,
    /// By path.
    pub artifacts: Vec<Entry>,
    /// Files that say who gets what, by path.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub deployments: Vec<Deployment>,
}

/// A file that says who gets which artifacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// Relative to the manifest.
    pub path: String,
    /// The deployment's id.
    pub deployment: String,
    /// Of the bytes.
    pub sha256: String,
    /// It has an error now, or something that reaches the same people has: this is what an older build left.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub stale: bool,
}

/// An artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Relative to the manifest.
    pub path: String,
    /// The profile's id.
    pub profile: String,
    /// The profile's kind.
    pub kind: String,
    /// What stands behind `+` in its path, where conflicting profiles of the same people changed the profile for them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub variant: Option<String>,
    /// The platform it is for.
    pub platform: String,
    /// The target that made it.
    pub target: String,
    /// `profile`, `declaration`, `install`, `update`, `remove`, `recreate`, `query`.
    pub role: String,
    /// Of the bytes; absent where they hold a secret.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sha256: Option<String>,
    /// UUIDs and GUIDs that devices remember.
    pub identities: Vec<String>,
    /// The profile's generation.
    pub generation: u32,
    /// Lower ones first.
    pub order: u32,
    /// Artifacts that must be there before.
    pub after: Vec<String>,
    /// Only works while a user is signed in.
    pub needs_user_logged_on: bool,
    /// Sending it again is harmless.
    pub redeliver: bool,
    /// Holds a secret or a private key.
    pub contains_secret: bool,
    /// Its profile has an error now: this is what an older build left.
    pub stale: bool,
    /// Its profile is gone; kept until it is forgotten.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub removed: bool,
    /// Written, and for other platforms.
    pub not_applicable: Vec<Left>,
    /// Written, and left out as the profile asks.
    pub skipped: Vec<Left>,
    /// Sent as something near, as the profile asks.
    pub approximated: Vec<Left>,
    /// Right by documentation, not confirmed on a device.
    pub unverified: Vec<Left>,
    /// What an administrator should know.
    pub notes: Vec<String>,
    /// Per profile a digest of what cannot be changed without a new generation.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub fixed: BTreeMap<String, String>,
}

/// A field with a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Left {
    /// The field.
    pub field: String,
    /// Why.
    pub reason: String,
}

impl Manifest {
    /// Reads one.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn read(bytes: &[u8]) -> Result<Manifest, String> {
        let manifest: Manifest = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if manifest.schema == SCHEMA { Ok(manifest) } else { Err(format!("its schema is `{}`, not `{SCHEMA}`", manifest.schema)) }
    }

    /// Its bytes: indented JSON, ending in a line break.
    ///
    /// # Errors
    /// Never in practice: nothing in it cannot be JSON.
    pub fn bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut bytes = serde_json::to_vec_pretty(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}
