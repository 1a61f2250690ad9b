//! Reads a section of `payloads.tsv` or `declarations.tsv`: a row of the type, rows of its keys; then lays the overlay over it.
//!
//! What the words mean is said in `schemas/README.md`.

use std::borrow::Cow;

use super::{Bounds, Key, KeyType, OS, Payload, Refers, Support, Words};
use crate::catalog::Correction;
use crate::catalog::overlay::fits;
use crate::catalog::read::{cells, flags, plain, some, version};
use crate::catalog::table::{Around, Row};

impl Bounds {
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
    fn parse(name: &str) -> Result<KeyType, String> {
        let found = KeyType::NAMES.iter().find(|(known, _)| *known == name);
        found.map(|(_, ty)| *ty).ok_or_else(|| format!("`{name}` is no type"))
    }
}

impl Support {
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
            instead: None,
            corrections: Vec::new(),
        }
    }

    fn read(lines: &[&'static str], around: &Around) -> Result<Payload, (usize, String)> {
        let Some((first, rest)) = lines.split_first() else { return Err((0, "an empty section".into())) };
        let (mut payload, full) = payload(first).map_err(|what| (0, what))?;
        keys(rest, &mut payload)?;
        let corrections = || around.overlay.apple.iter();
        // What a type has of another one comes with that one's corrections.
        let other = corrections().filter(|correction| correction.of == full).find_map(Correction::also);
        if let Some(other) = other {
            keys(around.lines(other).get(1..).unwrap_or_default(), &mut payload)?;
        }
        for correction in corrections().filter(|correction| correction.of == full || Some(correction.of) == other) {
            // What fits nothing in newer facts is skipped; in the committed tables it is a mistake.
            correct(&mut payload, correction).map_err(|what| (0, what))?;
        }
        payload.sort();
        Ok(payload)
    }
}

/// Reads the rows of keys; of two with one path, the first.
fn keys(lines: &[&'static str], payload: &mut Payload) -> Result<(), (usize, String)> {
    // The containers that the key before stands in, it included: what a key inherits is its container's.
    let mut open: Vec<(Cow<'static, str>, [Support; 5])> = Vec::new();
    let own = payload.keys.len();
    for (at, line) in lines.iter().enumerate() {
        let key = key(line, &mut open, payload).map_err(|what| (at + 1, what))?;
        if !payload.keys.iter().take(own).any(|known| known.path == key.path) {
            payload.keys.push(key);
        }
    }
    Ok(())
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
                "instead" => payload.instead = some(value),
                "apply" => payload.apply = some(value),
                // Asked of the overlay itself, see `Catalog::is_domain`.
                "domain" => {}
                "variant" => payload.variant = some(value),
                // Done before anything else.
                "also" => {}
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
    if added && at.is_none() {
        payload.add(path);
    } else if added {
        return Ok(());
    }
    for key in payload.keys.iter_mut().filter(|key| fits(path, &key.path)) {
        for (word, value) in correction.changes {
            key.change(word, value)?;
        }
        key.corrections.push(correction);
    }
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
            ranges: Vec::new(),
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
            instead: None,
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
            "ranges" => {
                let ranges = flags(value).map(|(os, range)| Ok((os, Bounds::parse(range)?)));
                self.ranges = ranges.collect::<Result<_, String>>()?;
            }
            "repeat" => self.repetition = Bounds::parse(value)?,
            "format" => self.format = some(value),
            "systems" => self.systems = systems(value, self.systems)?,
            // Only said: the name is strange, and right.
            "spelled" => {}
            "asked" => self.asked = value == "true",
            "instead" => self.instead = some(value),
            "refers" => {
                let found = Refers::NAMES.iter().find(|(name, _)| *name == value);
                self.refers = Some(found.ok_or_else(|| format!("`{value}` is nothing a key refers to"))?.1);
            }
            other => return Err(format!("`{other}` corrects no key")),
        }
        Ok(())
    }
}

impl Payload {
    /// Puts a key that the vendor lacks behind its container and all that it holds, with what the container inherits.
    fn add(&mut self, path: &'static str) {
        let above = path.rsplit_once('/').map_or("", |(above, _)| above);
        let inside = |key: &Key| key.path == above || key.path.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'));
        let at = if above.is_empty() { None } else { self.keys.iter().rposition(inside).map(|last| last + 1) };
        let at = at.unwrap_or(self.keys.len());
        let container = self.keys.iter().find(|key| key.path == above);
        let mut key = Key::bare(path.into());
        key.systems = container.map_or(self.systems, |container| container.systems);
        self.keys.insert(at, key);
    }

    pub(super) fn sort(&mut self) {
        let mut sorted: Vec<usize> = (0..self.keys.len()).collect();
        let path = |at: &usize| self.keys.get(*at).map_or("", |key| &key.path);
        sorted.sort_by(|left, right| path(left).cmp(path(right)));
        self.sorted = sorted;
    }
}
