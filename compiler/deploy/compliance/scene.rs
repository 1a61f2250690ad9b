//! What reports are compared with: who is who, what is deployed to them, and what a device that has it reports.

use std::collections::HashMap;

use super::fields::Alike;
use crate::builtin::SCHEMAS;
use crate::compile::Artifact;
use crate::deploy::directory::{Directory, Sort};
use crate::deploy::{Devices, Fleet};
use crate::ir::{Piece, Profile, Text};
use crate::schema::{Range, Version};

/// Whom a report is about, by row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Whom {
    /// A person, whichever device it was.
    User(u32),
    /// A device.
    Device(u32),
}

/// The artifacts that a device answers for, by profile, variant and platform.
type Artifacts<'a> = HashMap<(&'a str, Option<&'a str>, &'a str), Vec<&'a Artifact>>;

/// What reports are compared with.
pub struct Scene<'a> {
    /// Who gets what.
    pub fleet: &'a Fleet,
    /// People and devices.
    pub directory: &'a Directory,
    /// The devices of everybody.
    pub devices: Devices,
    artifacts: Artifacts<'a>,
    /// Devices by what they call themselves beside their id.
    names: HashMap<String, u32>,
}

impl<'a> Scene<'a> {
    /// Of a fleet with a directory.
    #[must_use]
    pub fn of(fleet: &'a Fleet, artifacts: &'a [Artifact]) -> Option<Scene<'a>> {
        let directory = fleet.directory()?;
        let mut answering: Artifacts<'_> = HashMap::new();
        for artifact in artifacts.iter().filter(|artifact| !artifact.expects.is_empty()) {
            let entry = &artifact.entry;
            let of = (entry.profile.as_str(), entry.variant.as_deref(), entry.platform.as_str());
            answering.entry(of).or_default().push(artifact);
        }
        let mut names = HashMap::new();
        for row in 0..u32::try_from(directory.devices.len()).unwrap_or(u32::MAX) {
            let device = directory.devices.row(row);
            for name in [device.value("udid"), device.value("serial_number")].into_iter().filter(|name| !name.is_empty()) {
                names.entry(name.to_lowercase()).or_insert(row);
            }
        }
        let devices = Devices::of(&fleet.subjects, directory);
        Some(Scene { fleet, directory, devices, artifacts: answering, names })
    }

    /// A device by its id, UDID or serial number.
    #[must_use]
    pub fn device(&self, name: &str) -> Option<u32> {
        let name = name.trim();
        let plain = name.strip_prefix("urn:uuid:").unwrap_or(name);
        let by_id = self.directory.devices.find(name).or_else(|| self.directory.devices.find(plain));
        by_id.or_else(|| self.names.get(&plain.to_lowercase()).copied())
    }

    /// The subject of somebody.
    #[must_use]
    pub fn subject(&self, whom: Whom) -> Option<usize> {
        let (sort, row) = match whom {
            Whom::User(row) => (Sort::Users, row),
            Whom::Device(row) => (Sort::Devices, row),
        };
        self.fleet.subjects.subject(sort, row)
    }

    /// The profile as it is sent to a subject; nothing where conflicts keep it from being sent.
    #[must_use]
    pub fn sent(&self, subject: usize, profile: &'a Profile) -> Option<(&'a Profile, Option<&'a str>)> {
        let audience = self.fleet.audiences.audience(subject).and_then(|at| self.fleet.audiences.all.get(at));
        match audience.and_then(|audience| audience.fate(profile)) {
            Some(fate) if fate.failed => None,
            Some(fate) => Some((fate.changed.as_deref().unwrap_or(profile), fate.variant.as_deref())),
            None => Some((profile, None)),
        }
    }

    /// Whether a profile is meant for a device: its platform, and its version where that is known.
    #[must_use]
    pub fn applies(&self, profile: &Profile, device: u32) -> bool {
        let device = self.directory.devices.row(device);
        let version = Version::parse(device.value("os_version"));
        profile.views.iter().any(|view| {
            view.platform.name.eq_ignore_ascii_case(device.value("platform"))
                && version.is_none_or(|version| inside(&view.range, version))
        })
    }

    /// The platform of a device; empty for one that is not known.
    #[must_use]
    pub fn platform(&self, device: u32) -> &'static str {
        let name = self.directory.devices.row(device).value("platform");
        let known = SCHEMAS.platforms.iter().find(|known| known.name.eq_ignore_ascii_case(name));
        known.map_or("", |known| known.name)
    }

    /// What a device answers for, if it should have the profile.
    #[must_use]
    pub fn artifacts(&self, device: u32, profile: &'a Profile) -> &[&'a Artifact] {
        let sent = self.subject(Whom::Device(device)).and_then(|subject| self.sent(subject, profile));
        let Some((_, variant)) = sent else { return &[] };
        self.artifacts.get(&(&*profile.id, variant, self.platform(device))).map_or(&[], Vec::as_slice)
    }

    /// What of that has a role.
    #[must_use]
    pub fn artifact(&self, device: u32, profile: &'a Profile, role: &str) -> Option<&'a Artifact> {
        self.artifacts(device, profile).iter().copied().find(|artifact| artifact.entry.role == role)
    }

    /// The profiles that reach a device, by their place.
    pub fn profiles(&self, device: u32) -> impl Iterator<Item = (usize, &'a Profile)> {
        let fleet = self.fleet;
        let audience = self.subject(Whom::Device(device)).and_then(|subject| fleet.audiences.audience(subject));
        let places = audience.and_then(|at| fleet.audiences.all.get(at)).into_iter().flat_map(|found| found.profiles.ones());
        places.filter_map(move |at| Some((at, fleet.profiles.get(at)?)))
    }

    /// Whether a reported value is the expected one. What the directory does not know may be anything.
    #[must_use]
    pub fn fits(&self, device: u32, expected: &Text, reported: &str, alike: Alike) -> bool {
        let filled = |piece| self.filled(device, piece).map(|text| alike.normal(&text).into_owned());
        let pieces: Vec<Option<String>> = expected.pieces().iter().map(filled).collect();
        matches(&pieces, &alike.normal(reported))
    }

    fn filled(&self, device: u32, piece: &Piece) -> Option<String> {
        let attribute = match piece {
            Piece::Literal(text) => return Some(text.to_string()),
            Piece::Attribute(name) => *name,
            Piece::Token(_) | Piece::Formula(..) => return None,
        };
        let row = self.directory.devices.row(device);
        let value = match attribute.split_once('.')? {
            ("device", name) => row.value(name),
            (_, name) => {
                let owner = self.directory.users.find(row.value("owner"))?;
                let owner = self.directory.users.row(owner);
                match name {
                    "user_principal_name_local_part" => owner.value("user_principal_name").split('@').next().unwrap_or_default(),
                    name => owner.value(name),
                }
            }
        };
        (!value.is_empty()).then(|| value.to_owned())
    }
}

fn inside(range: &Range, version: Version) -> bool {
    range.from <= version && range.below.is_none_or(|below| version < below)
}

/// Whether a text is made of these pieces, of which an unknown one may be anything.
fn matches(pieces: &[Option<String>], text: &str) -> bool {
    match pieces {
        [] => text.is_empty(),
        [Some(first), rest @ ..] => text.strip_prefix(first.as_str()).is_some_and(|text| matches(rest, text)),
        [None] => true,
        // The next known piece may stand anywhere; the last one at the end. The first place is as good as any other in between.
        [None, rest @ ..] => match rest.iter().position(Option::is_some) {
            None => true,
            Some(at) => {
                let (known, behind) =
                    (rest.get(at).cloned().flatten().unwrap_or_default(), rest.get(at + 1..).unwrap_or_default());
                if behind.is_empty() {
                    return text.ends_with(known.as_str());
                }
                text.find(known.as_str())
                    .is_some_and(|found| matches(behind, text.get(found + known.len()..).unwrap_or_default()))
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_pieces_may_be_anything() {
        let some = |text: &str| Some(text.to_owned());
        assert!(matches(&[some("CN="), None, some(",O=Contoso")], "CN=alice,O=Contoso"));
        assert!(!matches(&[some("CN="), None, some(",O=Contoso")], "CN=alice,O=Contoso Ltd"));
        assert!(!matches(&[some("CN="), None], "O=alice"));
        assert!(matches(&[None, some("@"), None, some(".com")], "a@b.com"));
        assert!(matches(&[None], "") && matches(&[None, None], "x") && matches(&[], ""));
        assert!(!matches(&[], "x"));
        assert!(matches(&[None, some("aba")], "ababa"), "the last piece stands at the end");
    }
}
