//! What lies between text and artifacts.
//!
//! [`Profile`] is what the administrator means, checked: only `check` makes one. [`Entry`] is what a target reads: one value at
//! one place, with the reason why it stands there. Passes go from the first to the second and never back.

mod entry;
mod name;
mod node;
mod profile;
mod text;
mod tree;
mod value;
mod view;

pub use entry::{ByHand, Datum, Entry, Lowered, Place, Trouble};
pub use name::{NAME_TYPES, Name, oid};
pub use node::attribute_value;
pub use node::{AdmxFile, AdmxInstall, Element, NodeCommand, NodeData, NodeSetting, NodeValue, Verb};
pub(crate) use profile::Fill;
pub use profile::{
    Adopt, Certificate, CertificateClass, Id, Identity, IdentitySource, LeftOut, Origin, Profile, ProfileParts, SecretSource,
    Setting, Spans, View,
};
pub use text::{Piece, Text};
pub use tree::{Branch, InConflict, Item, Member, Reference, Tree, Wanted};
pub use value::Value;
