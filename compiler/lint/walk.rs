//! The keys of a payload or declaration against the catalog: known, of the right type and value, there when required, not gone.

use crate::artifact::{Entry, Node, Value};
use crate::catalog::{Catalog, Key, OS, Payload, Support, in_its_place};
use crate::check::{certain, nearest};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::Span;

use super::{conditions, shorten, values};

/// The profile itself, as the catalog names it.
pub const PROFILE: &str = "Configuration";

/// Types that macOS hands to an application as its preferences, key by key: it misses none that is absent.
const PREFERENCES: [&str; 13] = [
    "com.apple.Dictionary",
    "com.apple.DiscRecording",
    "com.apple.MCX.TimeMachine",
    "com.apple.SystemConfiguration",
    "com.apple.applicationaccess.new",
    "com.apple.dashboard",
    "com.apple.dock",
    "com.apple.familycontrols.contentfilter",
    "com.apple.familycontrols.timelimits.v2",
    "com.apple.loginitems.managed",
    "com.apple.mcxloginscripts",
    "com.apple.screensaver",
    "com.apple.screensaver.user",
];

/// How the keys of a dictionary are looked at.
pub struct Walk<'a> {
    /// The facts.
    pub catalog: &'static Catalog,
    /// The descriptions of the type: several where vendors give several.
    pub types: &'a [&'static Payload],
    /// A declaration: JSON, and what is not known is refused by the device.
    pub declaration: bool,
}

impl Walk<'_> {
    /// The dictionary of the payload itself. `at` is where something missing is reported.
    pub fn payload(&self, dictionary: &Node, at: Span, report: &mut Report) {
        self.dictionary(dictionary, None, at, report);
    }

    fn dictionary(&self, node: &Node, inside: Option<(&'static Payload, &'static Key)>, at: Span, report: &mut Report) {
        let Some(entries) = node.entries() else { return };
        for entry in entries {
            self.entry(entry, inside, report);
        }
        // Of several descriptions none is complete: each describes some of the keys.
        let described = inside.map(|(payload, _)| payload).or(match self.types {
            [only] => Some(*only),
            _ => None,
        });
        let Some(payload) = described.filter(|payload| !PREFERENCES.contains(&payload.name)) else { return };
        let key = inside.map(|(_, key)| key);
        conditions::check(self.catalog, payload, key, node, at, report);
        for wanted in payload.required_inside(key).filter(|wanted| node.get(wanted.name()).is_none()) {
            // What every payload has is asked for beside this.
            if key.is_none() && !self.declaration && payload.name != PROFILE && self.is_common(wanted.name()) {
                continue;
            }
            // One cause, one report: a misspelt key is not missing as well.
            if entries.iter().any(|entry| misspells(&entry.key, wanted.name())) {
                continue;
            }
            let message = format!("`{}` is missing in {}", wanted.name(), owner(Some(payload), key));
            let label = format!("`{}` is required here", wanted.name());
            report.push(Diagnostic::new(Code::E0803, at, message).label(label));
        }
    }

    fn is_common(&self, name: &str) -> bool {
        self.catalog.common().is_some_and(|common| common.key(name).is_some())
    }

    fn entry(&self, entry: &Entry, inside: Option<(&'static Payload, &'static Key)>, report: &mut Report) {
        let known = match inside {
            Some((payload, key)) => payload.step(Some(key), &entry.key).map(|key| (payload, key)),
            None => self.types.iter().find_map(|payload| Some((*payload, payload.step(None, &entry.key)?))),
        };
        let common = || self.catalog.common().and_then(|common| Some((common, common.key(&entry.key)?)));
        let known = known.or_else(|| common().filter(|_| inside.is_none() && !self.declaration));
        match known {
            Some((payload, key)) => {
                let around = inside.map_or(&payload.systems, |(_, key)| &key.systems);
                // What holds of the whole is said of the whole.
                if retired(around).is_none() {
                    gone(key, entry, report);
                }
                self.value(&entry.value, payload, key, entry.key_span, report);
            }
            None => self.unknown(entry, inside, report),
        }
    }

    fn value(&self, node: &Node, payload: &'static Payload, key: &'static Key, at: Span, report: &mut Report) {
        if !values::check(key, node, self.declaration, report) {
            return;
        }
        match &node.value {
            Value::Dictionary(_) => self.dictionary(node, Some((payload, key)), at, report),
            Value::Array(items) => {
                if let Some(member) = payload.step(Some(key), "[]").filter(|member| member.name() == "[]") {
                    for item in items {
                        self.value(item, payload, member, item.span, report);
                    }
                }
            }
            _ => {}
        }
    }

    fn unknown(&self, entry: &Entry, inside: Option<(&'static Payload, &'static Key)>, report: &mut Report) {
        // Nothing is documented inside: whatever stands there is data.
        let described: Vec<&str> = match inside {
            Some((payload, key)) => payload.inside(Some(key)).map(Key::name).collect(),
            None => {
                let common =
                    self.catalog.common().into_iter().filter(|_| !self.declaration).flat_map(|common| common.inside(None));
                self.types.iter().flat_map(|payload| payload.inside(None)).chain(common).map(Key::name).collect()
            }
        };
        if inside.is_some() && described.is_empty() {
            return;
        }
        let near = nearest(&entry.key, described.iter().copied());
        let slip = near.filter(|near| certain(&entry.key, near));
        let owner = owner(self.types.first().copied(), inside.map(|(_, key)| key));
        // What is no slip may be newer than the tables.
        let code = if slip.is_some() { Code::E0804 } else { Code::W0851 };
        let message = format!("`{}` is no documented key of {owner}", shorten(&entry.key));
        let effect = match (self.declaration, slip) {
            (true, Some(_)) => "makes the declaration invalid",
            (true, None) => "makes the declaration invalid where a system does not know it",
            (false, _) => "devices ignore it",
        };
        let diagnostic = Diagnostic::new(code, entry.key_span, message).label(effect);
        report.push(match (slip, near) {
            (Some(slip), _) => diagnostic.fix(format!("write `{slip}`"), entry.key_span, slip),
            (None, Some(near)) => diagnostic.help(format!("a key with a similar name exists: `{near}`")),
            (None, None) => match self.elsewhere(&entry.key) {
                Some(path) => diagnostic.help(format!("`{path}` is a key of this type")),
                None => diagnostic,
            },
        });
    }

    /// Where else a key of that name stands: people leave out a level.
    fn elsewhere(&self, name: &str) -> Option<String> {
        let keys = self.types.iter().flat_map(|payload| &payload.keys);
        keys.filter(|key| key.name() == name).map(|key| key.path.replace("/[]", "")).next()
    }
}

/// What a dictionary is called: by its key, or by the type whose keys it holds.
fn owner(payload: Option<&Payload>, key: Option<&Key>) -> String {
    match (payload, key) {
        (_, Some(key)) => format!("`{}`", key.path.replace("/[]", "")),
        (Some(payload), None) if payload.name != PROFILE => format!("`{}`", payload.name),
        _ => "the profile".into(),
    }
}

/// Whether a key is a slip for another one, or the same in other capitals.
fn misspells(key: &str, wanted: &str) -> bool {
    key != wanted && certain(key, wanted)
}

/// A key that no system takes any more, or that all of them mean to drop.
fn gone(key: &Key, entry: &Entry, report: &mut Report) {
    if let Some((what, since)) = retired(&key.systems) {
        let message = format!("`{}` is {what}: {since}", key.name());
        let diagnostic = Diagnostic::new(Code::W0852, entry.key_span, message).label(what);
        report.push(match key.instead {
            Some(instead) => diagnostic.help(in_its_place(instead)),
            None => diagnostic,
        });
    }
}

/// What holds of all systems that have it: that it is removed, or deprecated; and since when on each.
pub fn retired(systems: &[Support]) -> Option<(&'static str, String)> {
    let there = || OS.iter().zip(systems).filter(|(_, support)| support.there());
    there().next()?;
    let (removed, retired) = there().fold((true, true), |(removed, retired), (_, support)| {
        let versions = support.versions;
        (removed && versions.removed.is_some(), retired && versions.removed.or(versions.deprecated).is_some())
    });
    if !retired {
        return None;
    }
    let since = there().filter_map(|(os, support)| {
        let version = if removed { support.versions.removed } else { support.versions.removed.or(support.versions.deprecated) };
        version.map(|version| format!("{} {version}", os.title))
    });
    Some((if removed { "removed" } else { "deprecated" }, since.collect::<Vec<_>>().join(", ")))
}
