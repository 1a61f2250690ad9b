//! Lowering tables: how one target spells the fields of one kind.

use super::{Scope, Version};

/// One file of `schemas/targets/<target>/`.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// The kind it lowers.
    pub kind: &'static str,
    /// The target it belongs to.
    pub target: &'static str,
    /// What places are relative to; the first alternative whose needs hold.
    pub to: &'static [Alternative],
    /// Constants that every lowered profile gets.
    pub implies: &'static [Constant],
    /// One line for the support matrix; empty for none.
    pub remark: &'static str,
    /// Why no device has confirmed it; empty where documentation suffices.
    pub unverified: &'static str,
    /// The vendor's document.
    pub source: &'static str,
    /// One answer for each field of the kind, in the kind's order: a table is complete or does not load.
    pub answers: &'static [Answer],
    /// The fields in the order in which the file lists them: entries are written in this order.
    pub order: &'static [u16],
}

impl Table {
    /// Why the target takes no profile of the kind at all; nothing where it takes some.
    #[must_use]
    pub fn refused(&self) -> Option<Unsupported> {
        match self.to {
            [Alternative { needs, root: Err(why) }] if *needs == Needs::NONE => Some(*why),
            _ => None,
        }
    }
}

/// One of the roots a table may lower to.
#[derive(Debug, Clone, Copy)]
pub struct Alternative {
    /// When.
    pub needs: Needs,
    /// To what.
    pub root: Result<Root, Unsupported>,
}

/// A payload type, or a LocURI in which `{}` stands for the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Root {
    /// As the vendor catalog spells it.
    pub is: &'static str,
    /// What fills `{}`.
    pub instance: Option<Instance>,
}

/// What names one instance under a dynamic node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instance {
    /// `{8-4-4-4-12}`, upper case.
    BracedGuid,
    /// `8-4-4-4-12`, upper case.
    Guid,
    /// The certificate's SHA-1, 40 upper-case hex digits.
    Sha1Thumbprint,
}

/// How a target answers a field.
#[derive(Debug, Clone, Copy)]
pub enum Answer {
    /// The field as a whole: the first lowering whose needs hold.
    Whole(&'static [Lowering]),
    /// Each part (member of a set; `count` and `unit` of a period) by itself.
    Parts(&'static [(&'static str, &'static [Lowering])]),
}

/// One way to lower a field.
#[derive(Debug, Clone, Copy)]
pub struct Lowering {
    /// When.
    pub needs: Needs,
    /// What is written.
    pub write: Write,
    /// Constants that come along.
    pub implies: &'static [Constant],
    /// Why no device has confirmed it; empty where documentation suffices.
    pub unverified: &'static str,
}

/// What a row says.
#[derive(Debug, Clone, Copy)]
pub enum Write {
    /// One value at one or several places.
    At(&'static [&'static str], Encoding),
    /// A constant for each case, in the order of the field's choices (`false`, `true` for a boolean).
    Map(&'static [&'static str], &'static [(&'static str, Case)]),
    /// The sum of the members' numbers, at a place.
    Bits(&'static str, &'static [(&'static str, i64)]),
    /// A function of the target's folder.
    ByHand(&'static str),
    /// The artifact itself answers it, in this way.
    Carried(&'static str),
    /// Not here.
    Unsupported(Unsupported),
}

/// Why something is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsupported {
    /// The reason, as the administrator reads it.
    pub reason: &'static str,
    /// The setting belongs to other platforms: nothing is said unless no chosen platform takes it.
    pub elsewhere: bool,
    /// Who says so.
    pub source: &'static str,
}

/// One case of a `map`.
#[derive(Debug, Clone, Copy)]
pub enum Case {
    /// This constant, at the row's place.
    Is(Literal),
    /// This constant, with a warning.
    Warned(Literal, &'static str),
    /// These constants.
    Writes(&'static [Constant]),
    /// Not here.
    Unsupported(Unsupported),
}

/// A constant at a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Constant {
    /// The place.
    pub at: &'static str,
    /// The value.
    pub is: Literal,
}

/// A value in a schema file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Literal {
    /// A node without a value.
    Nothing,
    /// A boolean.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Text.
    Text(&'static str),
}

/// What must hold, for the whole range of the profile.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Needs {
    /// The platform's oldest version.
    pub from: Option<Version>,
    /// The scope.
    pub scope: Option<Scope>,
    /// The setting stands under `overrides` for this platform.
    pub overridden: bool,
    /// The greatest length of a list.
    pub at_most: Option<u16>,
    /// Another choice field and its value.
    pub choice: Option<(&'static str, &'static str)>,
}

impl Needs {
    /// No conditions.
    pub const NONE: Needs = Needs { from: None, scope: None, overridden: false, at_most: None, choice: None };
}

/// The closed set of encodings; `lower/encode.rs` says what each does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As the type says: text, boolean, integer, secret, bytes, a choice's own text.
    Plain,
    /// The opposite boolean.
    Inverted,
    /// `1` or `0`, as text.
    OneZero,
    /// Decimal digits, as text.
    Decimal,
    /// The only value of a list.
    First,
    /// Values with `;` between them.
    JoinedSemicolon,
    /// Values with `+` between them.
    JoinedPlus,
    /// A string for one value, an array for more.
    ValueOrValues,
    /// A duration in seconds.
    Seconds,
    /// A duration in whole minutes.
    Minutes,
    /// The PayloadUUID of the embedded payload.
    PayloadUuid,
    /// 40 upper-case hex digits of the referred-to certificate.
    Sha1Thumbprint,
    /// The referred-to profile itself, which the console holds.
    Profile,
    /// Apple's array of relative distinguished names.
    RdnArrays,
    /// The text the Windows client parses.
    DnText,
}
