//! Apple's payloads and declarations: types, keys, and since when each system has them.
//!
//! Reads one section of `payloads.tsv` or `declarations.tsv`; look-up is in `find.rs`.

use std::borrow::Cow;

use super::read::{cells, flags, plain, some, version};
use super::table::Row;
use super::{Availability, Correction, Overlay};

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
    /// Declarations only: how several of one type go together: `single`, `multiple`, `combined`.
    pub apply: Option<&'static str>,
    /// The data format of a credential asset, not a declaration.
    pub credential: bool,
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
    /// Least and largest number.
    pub range: Option<Bounds>,
    /// Least and largest number of members.
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

    fn parse(text: &str) -> Result<Option<Bounds>, String> {
        if text.is_empty() {
            return Ok(None);
        }
        let (min, max) = text.split_once("..").ok_or_else(|| format!("`{text}` is no range"))?;
        let number = |text: &str| match text {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| format!("`{text}` is no number")),
        };
        Ok(Some(Bounds { min: number(min)?, max: number(max)? }))
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

    fn parse(name: &str) -> Result<KeyType, String> {
        let found = KeyType::NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, ty)| *ty).ok_or_else(|| format!("`{name}` is no type"))
    }

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

    /// `18.0,deprecated:26.0,supervised`, or `-` for not there.
    fn parse(token: &'static str) -> Result<Support, String> {
        let mut support = Support::default();
        if token == "-" {
            return Ok(support);
        }
        for (at, word) in token.split(',').enumerate() {
            let (word, value) = word.split_once(':').unwrap_or((word, ""));
            match word {
                number if at == 0 => support.versions.introduced = Some(version(number)?),
                "deprecated" => support.versions.deprecated = Some(version(value)?),
                "removed" => support.versions.removed = Some(version(value)?),
                "multiple" => support.multiple = Some(true),
                "single" => support.multiple = Some(false),
                "supervised" => support.supervised = true,
                "automated" => support.automated = true,
                "approved" => support.approved = true,
                "mdm" => support.mdm_only = true,
                "channels" => support.channels = Some(Words(value)),
                "enrollment" => support.enrollment = Some(value),
                "shared" => support.shared = Some(value),
                "shared_channels" => support.shared_channels = Some(Words(value)),
                "shared_scopes" => support.shared_scopes = Some(Words(value)),
                "enrollments" => support.enrollments = Some(Words(value)),
                "scopes" => support.scopes = Some(Words(value)),
                other => return Err(format!("unknown word `{other}`")),
            }
        }
        Ok(support)
    }
}

/// Lays `ios=18.0 macos=-` over what is inherited.
fn systems(cell: &'static str, mut inherited: [Support; 5]) -> Result<[Support; 5], String> {
    for (name, token) in flags(cell) {
        let mut slots = OS.iter().zip(inherited.iter_mut());
        let (_, slot) = slots.find(|(os, _)| os.name == name).ok_or_else(|| format!("`{name}` is no system of Apple's"))?;
        *slot = Support::parse(token)?;
    }
    Ok(inherited)
}

impl Row for Payload {
    const COLUMNS: &'static str = "payload\tkey\ttype\tpresence\tdefault\tallowed\trange\tformat\tsystems\tflags";

    fn begins(cell: &str) -> bool {
        !cell.is_empty()
    }

    fn nothing(name: &'static str) -> Payload {
        let (name, variant) = name.split_once('#').map_or((name, None), |(name, variant)| (name, Some(variant)));
        Payload {
            name,
            variant,
            keys: Vec::new(),
            sorted: Vec::new(),
            systems: [Support::default(); 5],
            apply: None,
            credential: false,
            corrections: Vec::new(),
        }
    }

    fn read(lines: &[&'static str], _: &'static str, overlay: &'static Overlay) -> Result<Payload, (usize, String)> {
        let Some((first, rest)) = lines.split_first() else { return Err((0, "an empty section".into())) };
        let (mut payload, full) = payload(first).map_err(|what| (0, what))?;
        // The containers that the key before stands in, it included: what a key inherits is its container's.
        let mut open: Vec<(Cow<'static, str>, [Support; 5])> = Vec::new();
        for (at, line) in rest.iter().enumerate() {
            let key = key(line, &mut open, &payload).map_err(|what| (at + 1, what))?;
            payload.keys.push(key);
        }
        for correction in overlay.apple.iter().filter(|correction| correction.of == full) {
            // What fits nothing in newer facts is skipped: `vendor.py compare` finds what is stale.
            correct(&mut payload, correction).map_err(|what| (0, what))?;
        }
        payload.sort();
        Ok(payload)
    }
}

fn payload(line: &'static str) -> Result<(Payload, &'static str), String> {
    let [full, _, _, _, _, _, _, _, systems_cell, flags_cell] = cells::<10>(line)?;
    let mut payload = Payload::nothing(full);
    payload.systems = systems(systems_cell, [Support::default(); 5])?;
    for (word, value) in flags(flags_cell) {
        match word {
            "apply" => payload.apply = Some(value),
            "credential" => payload.credential = true,
            other => return Err(format!("unknown word `{other}`")),
        }
    }
    Ok((payload, full))
}

fn key(line: &'static str, open: &mut Vec<(Cow<'static, str>, [Support; 5])>, payload: &Payload) -> Result<Key, String> {
    let [_, path, ty, presence, default, allowed, range, format, systems_cell, flags_cell] = cells::<10>(line)?;
    let above = path.rsplit_once('/').map_or("", |(above, _)| above);
    while open.last().is_some_and(|(container, _)| container != above) {
        open.pop();
    }
    if open.is_empty() && !above.is_empty() {
        return Err(format!("`{path}` does not follow what holds it"));
    }
    let inherited = open.last().map_or(payload.systems, |(_, systems)| *systems);
    let mut key = Key {
        path: path.into(),
        ty: KeyType::parse(ty)?,
        required: required(presence)?,
        default: some(default),
        allowed: list(allowed, '|'),
        range: Bounds::parse(range)?,
        format: some(format),
        systems: systems(systems_cell, inherited)?,
        ..Key::bare(path.into())
    };
    for (word, value) in flags(flags_cell) {
        match word {
            "repeat" => key.repetition = Bounds::parse(value)?,
            "combine" => key.combine = Some(value),
            "assets" => key.assets = list(value, ','),
            "content" => key.content = list(value, ','),
            "subtype" => key.subtype = Some(value),
            "like" => key.like = Some(plain(value)),
            other => return Err(format!("unknown word `{other}`")),
        }
    }
    open.push((key.path.clone(), key.systems));
    Ok(key)
}

fn required(presence: &str) -> Result<bool, String> {
    match presence {
        "required" => Ok(true),
        "optional" | "" => Ok(false),
        other => Err(format!("`{other}` is no presence")),
    }
}

fn list(cell: &'static str, between: char) -> Vec<&'static str> {
    cell.split(between).filter(|value| !value.is_empty()).collect()
}

/// Does what a correction of the overlay says. A key that is not there stays as it is.
fn correct(payload: &mut Payload, correction: &'static Correction) -> Result<(), String> {
    let path = correction.at;
    let at = payload.keys.iter().position(|key| key.path == path);
    if path.is_empty() {
        for (word, value) in correction.changes {
            match *word {
                "systems" => payload.systems = systems(value, payload.systems)?,
                other => return Err(format!("`{other}` corrects no type")),
            }
        }
        payload.corrections.push(correction);
        return Ok(());
    }
    let added = correction.changes.iter().any(|(word, _)| *word == "add");
    if correction.changes.iter().any(|(word, _)| *word == "remove") {
        let before = payload.keys.len();
        payload.keys.retain(|key| key.path != path && key.path.strip_prefix(path).is_none_or(|rest| !rest.starts_with('/')));
        if payload.keys.len() < before {
            payload.corrections.push(correction);
        }
        return Ok(());
    }
    let at = match at {
        Some(_) if added => return Ok(()),
        Some(at) => at,
        None if added => payload.add(path),
        None => return Ok(()),
    };
    let Some(key) = payload.keys.get_mut(at) else { return Ok(()) };
    for (word, value) in correction.changes {
        key.change(word, value)?;
    }
    key.corrections.push(correction);
    Ok(())
}

impl Key {
    fn bare(path: Cow<'static, str>) -> Key {
        Key {
            path,
            ty: KeyType::Any,
            required: false,
            default: None,
            allowed: Vec::new(),
            range: None,
            repetition: None,
            format: None,
            systems: [Support::default(); 5],
            combine: None,
            assets: Vec::new(),
            content: Vec::new(),
            subtype: None,
            like: None,
            refers: None,
            asked: false,
            corrections: Vec::new(),
        }
    }

    fn change(&mut self, word: &str, value: &'static str) -> Result<(), String> {
        match word {
            "add" | "type" => self.ty = KeyType::parse(value)?,
            "presence" => self.required = required(value)?,
            "default" => self.default = some(value),
            "allowed" => self.allowed = list(value, '|'),
            "range" => self.range = Bounds::parse(value)?,
            "repeat" => self.repetition = Bounds::parse(value)?,
            "format" => self.format = some(value),
            "systems" => self.systems = systems(value, self.systems)?,
            "asked" => self.asked = value == "true",
            "refers" => {
                let found = Refers::NAMES.iter().find(|(name, _)| *name == value);
                self.refers = Some(found.ok_or_else(|| format!("`{value}` is nothing a key refers to"))?.1);
            }
            other => return Err(format!("`{other}` corrects no key")),
        }
        Ok(())
    }

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
}

impl Payload {
    /// What one system says of the type; nothing for a platform that is none of Apple's.
    #[must_use]
    pub fn on(&self, platform: &str) -> Option<&Support> {
        OS.iter().zip(&self.systems).find(|(os, _)| os.name == platform).map(|(_, support)| support)
    }

    /// The type with its variant, as the table names it: `com.apple.MCX#EnergySaver`.
    #[must_use]
    pub fn full_name(&self) -> Cow<'static, str> {
        self.variant.map_or(self.name.into(), |variant| format!("{}#{variant}", self.name).into())
    }

    /// The key at a path that the table spells.
    pub(super) fn exactly(&self, path: &str) -> Option<&Key> {
        let key = |at: &usize| self.keys.get(*at);
        let found = self.sorted.binary_search_by(|at| key(at).map_or("", |key| &key.path).cmp(path)).ok()?;
        self.sorted.get(found).and_then(key)
    }

    /// Puts a key that the vendor lacks behind its container and all that it holds, with what the container inherits.
    fn add(&mut self, path: &'static str) -> usize {
        let above = path.rsplit_once('/').map_or("", |(above, _)| above);
        let inside = |key: &Key| key.path == above || key.path.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'));
        let at = if above.is_empty() { None } else { self.keys.iter().rposition(inside).map(|last| last + 1) };
        let at = at.unwrap_or(self.keys.len());
        let container = self.keys.iter().find(|key| key.path == above);
        let mut key = Key::bare(path.into());
        key.systems = container.map_or(self.systems, |container| container.systems);
        self.keys.insert(at, key);
        at
    }

    fn sort(&mut self) {
        let mut sorted: Vec<usize> = (0..self.keys.len()).collect();
        let path = |at: &usize| self.keys.get(*at).map_or("", |key| &key.path);
        sorted.sort_by(|left, right| path(left).cmp(path(right)));
        self.sorted = sorted;
    }
}
