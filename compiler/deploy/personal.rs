//! What the directory says of one person, put into the texts of their profiles.

use std::collections::HashMap;
use std::sync::Arc;

use super::conflict::Fate;
use super::directory::{Directory, Row};
use super::fleet::Fleet;
use super::subjects::Subjects;
use crate::check::{Expressions, FileProblem, Files, collides, join};
use crate::ir::{Fill, Piece, Profile, Text, View};
use crate::schema::Server;

/// The column of people that an attribute is read from; nothing for a device's.
#[must_use]
pub fn column(attribute: &str) -> Option<&str> {
    match attribute.strip_prefix("user.")? {
        "user_principal_name_local_part" => Some("user_principal_name"),
        name => Some(name),
    }
}

/// The devices of each user.
pub struct Devices(HashMap<u32, Vec<u32>>);

impl Devices {
    /// Of a directory.
    #[must_use]
    pub fn of(subjects: &Subjects, directory: &Directory) -> Devices {
        let mut devices: HashMap<u32, Vec<u32>> = HashMap::new();
        for (device, owner) in (0..).zip(subjects.owners()) {
            if (owner as usize) < directory.users.len() {
                devices.entry(owner).or_default().push(device);
            }
        }
        Devices(devices)
    }

    /// The devices of a user, by row.
    #[must_use]
    pub fn of_user(&self, row: u32) -> &[u32] {
        self.0.get(&row).map_or(&[], Vec::as_slice)
    }
}

/// A profile that reaches a person: as it is written, or what a conflict left of it.
pub struct Reaching<'a> {
    /// The profile.
    pub profile: &'a Profile,
    /// It comes by itself, not only inside of others.
    pub named: bool,
}

impl Fleet {
    /// The profiles that are sent to a subject, by id.
    #[must_use]
    pub fn reaching(&self, subject: usize) -> Vec<Reaching<'_>> {
        let Some(class) = self.audiences.class(subject) else { return Vec::new() };
        let Some(audience) = class.audience.and_then(|at| self.audiences.all.get(at)) else { return Vec::new() };
        let named = |at: usize| {
            let through = self.deployments.iter().filter(|deployed| class.collections.contains(deployed.reach));
            through.into_iter().any(|deployed| deployed.profiles.contains(&at))
        };
        let mut reaching = Vec::new();
        for (at, profile) in audience.profiles.ones().filter_map(|at| Some((at, self.profiles.get(at)?))) {
            match audience.fate(profile) {
                Some(Fate { failed: true, .. }) => {}
                Some(Fate { changed: Some(changed), .. }) => reaching.push(Reaching { profile: changed, named: named(at) }),
                _ => reaching.push(Reaching { profile, named: named(at) }),
            }
        }
        reaching
    }
}

/// Why something of a person cannot be filled in. It never holds what the directory says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// The directory has nothing there.
    Missing(&'static str),
    /// The person has several devices of the platform, and one is asked for.
    Devices(&'static str),
    /// The text would be taken for a token of the server.
    Token(&'static str),
    /// Something else, as the end of a sentence.
    Other(String),
}

/// One person, seen from one platform.
pub struct Person<'a> {
    /// Their row.
    pub row: Row<'a>,
    /// Everybody's devices.
    pub devices: &'a Devices,
    /// People and devices.
    pub directory: &'a Directory,
    /// For formulas.
    pub expressions: &'a Expressions,
    /// Files that belong to one person.
    pub files: &'a dyn Files,
    /// Who delivers to the platform.
    pub server: &'static Server,
    /// The platform.
    pub platform: &'static str,
}

impl Person<'_> {
    /// A profile for this person, as one platform sees it.
    ///
    /// # Errors
    /// What cannot be filled in.
    pub fn profile(&self, profile: &Profile, view: &View) -> Result<Profile, Trouble> {
        profile.filled(view, self)
    }

    fn fact(&self, attribute: &'static str) -> Result<String, Trouble> {
        let value = match column(attribute) {
            Some(name) => self.row.value(name),
            None => self.of_device(attribute)?,
        };
        let value = match attribute {
            "user.user_principal_name_local_part" => value.split('@').next().unwrap_or_default(),
            _ => value,
        };
        if value.is_empty() { Err(Trouble::Missing(attribute)) } else { Ok(value.to_owned()) }
    }

    /// A fact about the one device of the person on this platform.
    fn of_device(&self, attribute: &'static str) -> Result<&str, Trouble> {
        let name = attribute.strip_prefix("device.").ok_or(Trouble::Missing(attribute))?;
        let own = self.devices.0.get(&self.row.index).into_iter().flatten().map(|row| self.directory.devices.row(*row));
        let mut here = own.filter(|device| device.value("platform").eq_ignore_ascii_case(self.platform));
        match (here.next(), here.next()) {
            (Some(device), None) => Ok(device.value(name)),
            (Some(_), Some(_)) => Err(Trouble::Devices(attribute)),
            (None, _) => Err(Trouble::Missing(attribute)),
        }
    }

    fn piece(&self, piece: &Piece) -> Result<Piece, Trouble> {
        let (text, attribute) = match piece {
            Piece::Literal(_) | Piece::Token(_) => return Ok(piece.clone()),
            Piece::Attribute(name) => (self.fact(name)?, *name),
            Piece::Formula(text, names) => {
                let facts = names.iter().map(|name| Ok((*name, self.fact(name)?))).collect::<Result<Vec<_>, Trouble>>()?;
                let yielded = self.expressions.formula(text, &facts);
                let yielded = yielded.map_err(|what| Trouble::Other(format!("`{text}` cannot be evaluated: {what}")))?;
                (yielded, names.first().copied().unwrap_or_default())
            }
        };
        if self.server.escape.is_empty() && collides(self.server, &text).is_some() {
            return Err(Trouble::Token(attribute));
        }
        Ok(Piece::Literal(text.into()))
    }
}

impl Fill for Person<'_> {
    type Trouble = Trouble;

    fn text(&self, text: &Text) -> Result<Text, Trouble> {
        if text.as_literal().is_some() {
            return Ok(text.clone());
        }
        Ok(Text::of(text.pieces().iter().map(|piece| self.piece(piece)).collect::<Result<_, _>>()?))
    }

    fn file(&self, path: &Text) -> Result<Arc<[u8]>, Trouble> {
        let mut whole = String::new();
        for piece in path.pieces() {
            let filled = self.piece(piece)?;
            let (Piece::Literal(text) | Piece::Token(text)) = &filled else { continue };
            // What the directory says names a file, never a folder.
            if !matches!(piece, Piece::Literal(_)) && text.contains(['/', '\\']) {
                return Err(Trouble::Other("the path of their file would lead into another folder".into()));
            }
            whole.push_str(text);
        }
        let whole = join("", &whole).ok_or_else(|| Trouble::Other("the path of their file leads out of the workspace".into()))?;
        self.files.read(&whole).map_err(|problem| {
            Trouble::Other(match problem {
                FileProblem::Missing => "there is no file for them".into(),
                FileProblem::Outside => "their file leads out of the workspace".into(),
                FileProblem::Unreadable(why) => format!("their file cannot be read: {why}"),
            })
        })
    }
}

/// A folder's name for an id: safe on every file system, and another one for every id that differs by more than case.
#[must_use]
pub fn folder(id: &str) -> String {
    use std::fmt::Write as _;
    let mut name = String::new();
    for byte in id.to_lowercase().bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'@' | b'+' | b'.' => name.push(char::from(byte)),
            _ => {
                let _ = write!(name, "%{byte:02x}");
            }
        }
    }
    let stem = name.split('.').next().unwrap_or_default();
    let device = matches!(stem, "con" | "prn" | "aux" | "nul")
        || (stem.len() == 4
            && (stem.starts_with("com") || stem.starts_with("lpt"))
            && !stem.ends_with(|c: char| !c.is_ascii_digit()));
    if device || name.starts_with('.') {
        let first = name.remove(0);
        name.insert_str(0, &format!("%{:02x}", u32::from(first)));
    }
    if name.ends_with('.') {
        name.pop();
        name.push_str("%2e");
    }
    if name.len() > LONGEST_NAME {
        let digest = crate::compile::sha256(id.to_lowercase().as_bytes());
        let kept: String = name.chars().take(LONGEST_NAME - 34).collect();
        let kept = kept.trim_end_matches(['.', '%']);
        return format!("{kept}%%{}", digest.get(..32).unwrap_or_default());
    }
    name
}

/// File systems take names of 255 bytes.
const LONGEST_NAME: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_and_differ() {
        for (id, name) in [
            ("Alice@Contoso.com", "alice@contoso.com"),
            ("../bob", "%2e.%2fbob"),
            ("con", "%63on"),
            ("nul.txt", "%6eul.txt"),
            ("com1", "%63om1"),
            ("company", "company"),
            ("a:b\\c", "a%3ab%5cc"),
            ("dot.", "dot%2e"),
            ("é", "%c3%a9"),
            ("%2e", "%252e"),
        ] {
            assert_eq!(folder(id), name);
        }
        let (a, b) = (folder(&"ü".repeat(300)), folder(&format!("{}x", "ü".repeat(300))));
        assert!(a.len() <= LONGEST_NAME && a != b);
    }
}
