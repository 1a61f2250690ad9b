//! One value at one place: what a target reads.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Id, Item, Origin, Profile, SecretSource, Text, View};
use crate::schema::{FieldId, Root};

/// Below the root, decoded, `/` between segments, spelled as the vendor catalog spells it.
pub type Place = Cow<'static, str>;

/// A value as the target knows it. No dictionaries: places nest.
#[derive(Debug, Clone, PartialEq)]
pub enum Datum {
    /// A node without a value.
    Nothing,
    /// A boolean.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Text.
    Text(Text),
    /// Bytes.
    Data(Arc<[u8]>),
    /// Bytes that a secret holds.
    SecretData(SecretSource),
    /// Several values.
    List(Vec<Datum>),
    /// Something that must not be seen.
    Secret(SecretSource),
    /// The PayloadUUID of the embedded payload of this profile.
    PayloadUuid(Id),
    /// The object that a console made of this profile.
    Profile(Id),
    /// A payload or a declaration as it was written.
    Item(Arc<Item>),
}

/// One value at one place, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Where.
    pub place: Place,
    /// What.
    pub datum: Datum,
    /// Why.
    pub origin: Origin,
}

/// A profile, lowered to one target.
#[derive(Debug, Clone)]
pub struct Lowered {
    /// What places are relative to.
    pub root: Root,
    /// What fills `{}` in the root where the instance is a thumbprint.
    pub thumbprint: Option<String>,
    /// In the order of the lowering table.
    pub entries: Vec<Entry>,
    /// The profiles whose references were lowered or carried, each once.
    pub references: Vec<Id>,
}

/// What a lowering table's `by_hand` names: a function of a target's folder, for what the table's words cannot say.
#[derive(Debug, Clone, Copy)]
pub struct ByHand {
    /// As the table spells it.
    pub name: &'static str,
    /// The places it may write, for checks before it runs.
    pub places: &'static [&'static str],
    /// What of the settings it could not write: asked before, so that lowering never fails.
    pub trouble: fn(&Profile, &View) -> Option<Trouble>,
    /// Writes the entries. Runs once, however many rows name it.
    pub lower: fn(&Profile, &View) -> Vec<Entry>,
}

/// A setting that a function by hand cannot write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The field.
    pub field: FieldId,
    /// Why not.
    pub reason: String,
}
