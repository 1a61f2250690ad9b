//! Apple's payloads and declarations: types, keys, and since when each system has them.
//!
//! `read.rs` makes them of a section of a table; look-up is in `find.rs`.

use std::borrow::Cow;
use std::fmt;

use super::{Availability, Correction};

mod read;

/// A payload type, a variant of one, or a declaration type.
#[derive(Debug, Clone)]
pub struct Payload {
    /// `com.apple.eas.account`; `Configuration` is the profile itself.
    pub name: &'static str,
    /// Where several descriptions share a type: `EnergySaver` of `com.apple.MCX`.
    pub variant: Option<&'static str>,
    /// Its keys, in the vendor's order: a container stands before what it holds.
    pub keys: Vec<Key>,
    /// Positions in `keys`, by path.
    sorted: Vec<usize>,
    /// For each of [`OS`].
    pub systems: [Support; 5],
    /// How several of one type go together: `single`, `multiple`, `combined`. Of payloads only `combined` is said: devices take several, and
    /// one value of each key holds.
    pub apply: Option<&'static str>,
    /// The data format of a credential asset, not a declaration.
    pub credential: bool,
    /// What the vendor names in its place, see [`super::in_its_place`]; nothing where it names nothing.
    pub instead: Option<&'static str>,
    /// What the overlay changed of the type itself.
    pub corrections: Vec<&'static Correction>,
}

/// A key of a payload. The members of an array have a key of their own, `[]` below the array's path.
#[derive(Debug, Clone)]
pub struct Key {
    /// `/` between segments; `[]` for the members of an array, `ANY` for keys with any name.
    pub path: Cow<'static, str>,
    /// Its property list type.
    pub ty: KeyType,
    /// Whether its container is refused without it.
    pub required: bool,
    /// What its absence means.
    pub default: Option<&'static str>,
    /// The only values it may have, as text; empty for any.
    pub allowed: Vec<&'static str>,
    /// Least and largest number, on the system that allows most.
    pub range: Option<Bounds>,
    /// By system, where they have different ones: see [`Key::range_on`].
    ranges: Vec<(&'static str, Option<Bounds>)>,
    /// Least and largest number of members of this array, see [`Key::miscounts`].
    pub repetition: Option<Bounds>,
    /// A regular expression for its text, in the vendor's words: not anchored where it does not say so.
    pub format: Option<&'static str>,
    /// For each of [`OS`], what it inherits included.
    pub systems: [Support; 5],
    /// Declarations: how values of several are combined: `boolean-and`, `set-union`.
    pub combine: Option<&'static str>,
    /// The asset declarations a reference may name; empty for no reference.
    pub assets: Vec<&'static str>,
    /// The media types of what it refers to.
    pub content: Vec<&'static str>,
    /// `url`, `hostname`: what its text is.
    pub subtype: Option<&'static str>,
    /// What it holds is described at this path, inside of which it stands: a folder in a folder.
    pub like: Option<Cow<'static, str>>,
    /// Which payloads its value points at.
    pub refers: Option<Refers>,
    /// A device asks for it when it is absent from a profile installed by hand.
    pub asked: bool,
    /// What the vendor names in its place, see [`super::in_its_place`]; nothing where it names nothing.
    pub instead: Option<&'static str>,
    /// What the overlay changed.
    pub corrections: Vec<&'static Correction>,
}

/// Property list types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are Apple's")]
pub enum KeyType {
    String,
    Integer,
    Real,
    Boolean,
    Date,
    Data,
    Array,
    Dictionary,
    /// A string, or an array of strings.
    StringOrStrings,
    Any,
}

/// What a key that points at another payload of its profile wants there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refers {
    /// The `PayloadUUID` of a payload with a key: SCEP, ACME, PKCS#12, AD certificate.
    Identity,
    /// The `PayloadUUID` of a certificate: root, PKCS#1, PEM.
    Certificate,
    /// The `VPNUUID` of a per-app VPN payload.
    Vpn,
}

/// Apple's systems, in the order of every list that has one member for each. iPadOS is iOS.
pub const OS: [Os; 5] = [
    Os { name: "ios", title: "iOS" },
    Os { name: "macos", title: "macOS" },
    Os { name: "tvos", title: "tvOS" },
    Os { name: "visionos", title: "visionOS" },
    Os { name: "watchos", title: "watchOS" },
];

/// One of Apple's systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Os {
    /// As platforms are named.
    pub name: &'static str,
    /// As Apple writes it.
    pub title: &'static str,
}

/// What one system says of a payload or key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a column of the vendor's")]
pub struct Support {
    /// Since and until when; nothing introduced: not there.
    pub versions: Availability,
    /// Whether a device takes more than one of the type; nothing is said of most keys.
    pub multiple: Option<bool>,
    /// On supervised devices only.
    pub supervised: bool,
    /// After Automated Device Enrollment only.
    pub automated: bool,
    /// With an MDM that the user approved only.
    pub approved: bool,
    /// Only from an MDM server, never installed by hand.
    pub mdm_only: bool,
    /// MDM channels that take it: `device`, `user`.
    pub channels: Option<Words>,
    /// User Enrollment: `allowed`, `required`, `forbidden`, `ignored`.
    pub enrollment: Option<&'static str>,
    /// Shared iPad: the same words.
    pub shared: Option<&'static str>,
    /// Channels of Shared iPad.
    pub shared_channels: Option<Words>,
    /// Scopes of Shared iPad, for declarations.
    pub shared_scopes: Option<Words>,
    /// Declarations: the enrolments that take it: `supervised`, `device`, `user`, `local`.
    pub enrollments: Option<Words>,
    /// Declarations: `system`, `user`.
    pub scopes: Option<Words>,
}

/// Words with `+` between them; `none` for no word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words(&'static str);

/// Least and largest, where there is one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Least.
    pub min: Option<f64>,
    /// Largest.
    pub max: Option<f64>,
}

/// A type and the variant that is named with it: `com.apple.MCX(EnergySaver)`, or `com.apple.MCX#EnergySaver` as tables write it.
#[must_use]
pub fn split_variant(name: &str) -> Option<(&str, &str)> {
    name.split_once('#').or_else(|| name.strip_suffix(')')?.split_once('('))
}

impl Words {
    /// Whether a word is one of them.
    #[must_use]
    pub fn has(self, word: &str) -> bool {
        self.iter().any(|own| own == word)
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = &'static str> {
        self.0.split('+').filter(|word| *word != "none")
    }
}

impl Bounds {
    /// Whether a number lies in them.
    #[must_use]
    pub fn hold(self, number: f64) -> bool {
        self.min.is_none_or(|min| number >= min) && self.max.is_none_or(|max| number <= max)
    }
}

/// As a sentence has it: `exactly 2`, `0 to 60`.
impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.min, self.max) {
            (Some(min), Some(max)) if min.to_bits() == max.to_bits() => write!(f, "exactly {min}"),
            (Some(min), Some(max)) => write!(f, "{min} to {max}"),
            (Some(min), None) => write!(f, "{min} or more"),
            (None, Some(max)) => write!(f, "{max} or less"),
            (None, None) => f.write_str("any number"),
        }
    }
}

impl KeyType {
    /// As a table writes it.
    pub const NAMES: [(&'static str, KeyType); 10] = [
        ("string", KeyType::String),
        ("integer", KeyType::Integer),
        ("real", KeyType::Real),
        ("boolean", KeyType::Boolean),
        ("date", KeyType::Date),
        ("data", KeyType::Data),
        ("array", KeyType::Array),
        ("dictionary", KeyType::Dictionary),
        ("string_or_strings", KeyType::StringOrStrings),
        ("any", KeyType::Any),
    ];

    /// As a table writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        KeyType::NAMES.iter().find(|(_, ty)| *ty == self).map_or("any", |(name, _)| name)
    }
}

impl Refers {
    const NAMES: [(&'static str, Refers); 3] =
        [("identity", Refers::Identity), ("certificate", Refers::Certificate), ("vpn", Refers::Vpn)];
}

impl Support {
    /// Whether the system has it at all.
    #[must_use]
    pub fn there(&self) -> bool {
        self.versions.introduced.is_some()
    }
}

impl Key {
    /// The last segment.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit_once('/').map_or(&self.path, |(_, name)| name)
    }

    /// What one system says of it; nothing for a platform that is none of Apple's.
    #[must_use]
    pub fn on(&self, platform: &str) -> Option<&Support> {
        OS.iter().zip(&self.systems).find(|(os, _)| os.name == platform).map(|(_, support)| support)
    }

    /// The number of members that the array wants, where it has another one.
    #[must_use]
    pub fn miscounts(&self, members: usize) -> Option<Bounds> {
        let members = f64::from(u32::try_from(members).unwrap_or(u32::MAX));
        self.repetition.filter(|wanted| !wanted.hold(members))
    }

    /// Least and largest number on one system.
    #[must_use]
    pub fn range_on(&self, platform: &str) -> Option<Bounds> {
        self.ranges.iter().find(|(os, _)| *os == platform).map_or(self.range, |(_, range)| *range)
    }
}

impl Payload {
    /// What one system says of the type; nothing for a platform that is none of Apple's.
    #[must_use]
    pub fn on(&self, platform: &str) -> Option<&Support> {
        OS.iter().zip(&self.systems).find(|(os, _)| os.name == platform).map(|(_, support)| support)
    }

    /// Whether a device holds one of it, so that two profiles that have a key of it set the same place: a payload type that may stand
    /// once on every system that has it, or a declaration type of which several are one.
    #[must_use]
    pub fn is_single(&self) -> bool {
        match self.apply {
            Some(apply) => apply != "multiple",
            None => {
                let mut there = self.systems.iter().filter(|support| support.there()).peekable();
                there.peek().is_some() && there.all(|support| support.multiple == Some(false))
            }
        }
    }

    /// The type with its variant, as profiles name it: `com.apple.MCX(EnergySaver)`.
    #[must_use]
    pub fn full_name(&self) -> Cow<'static, str> {
        self.variant.map_or(self.name.into(), |variant| format!("{}({variant})", self.name).into())
    }

    /// One description for several of a type: the keys of all, each with its own systems.
    pub(in crate::catalog) fn mixed(descriptions: impl Iterator<Item = &'static Payload>) -> Option<Payload> {
        let mut mixed: Option<Payload> = None;
        for other in descriptions {
            let Some(whole) = &mut mixed else {
                mixed = Some(Payload { variant: None, ..other.clone() });
                continue;
            };
            let fresh: Vec<Key> = other.keys.iter().filter(|key| whole.exactly(&key.path).is_none()).cloned().collect();
            whole.keys.extend(fresh);
            whole.sort();
        }
        mixed
    }

    /// The key at a path that the table spells.
    pub(in crate::catalog) fn exactly(&self, path: &str) -> Option<&Key> {
        let key = |at: &usize| self.keys.get(*at);
        let found = self.sorted.binary_search_by(|at| key(at).map_or("", |key| &key.path).cmp(path)).ok()?;
        self.sorted.get(found).and_then(key)
    }
}
