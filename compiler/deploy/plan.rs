//! What `deploy plan` and `deploy explain` say, as data.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::audiences::Audience;
use super::conflict::{Because, Contested, Fate, What};
use super::directory::Sort;
use super::fleet::Fleet;
use super::values::settings;
use crate::ir::{Origin, Profile};
use crate::schema::Kind;
use crate::source::{Sources, Span};

/// A profile as some people get it.
#[derive(Debug, Clone, Serialize)]
pub struct Received {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: &'static str,
    /// `sent` or `failed`.
    pub state: &'static str,
    /// What is sent, by field.
    pub settings: Map<String, Json>,
    /// Fields that are not sent.
    pub dropped: Vec<String>,
    /// Fields that are sent as their default.
    pub defaulted: Vec<String>,
    /// Why they get it, and why it is as it is.
    pub because: Vec<Reason>,
}

/// Why.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Reason {
    /// It is deployed to them.
    Deployed {
        /// The deployment's id.
        deployment: String,
        /// The collection's id.
        collection: String,
        /// Not named there: something that is named needs it.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        as_dependency: bool,
    },
    /// Another profile of theirs has a setting otherwise.
    Conflict {
        /// The field.
        setting: String,
        /// `dropped`, `defaulted`, `failed`, or `gone` where what it depends on is.
        outcome: &'static str,
        /// Where this profile sets it; nothing for a default.
        #[serde(skip_serializing_if = "Option::is_none")]
        at: Option<String>,
        /// The profile that has it otherwise.
        #[serde(skip_serializing_if = "Option::is_none")]
        other: Option<String>,
        /// Where that one sets it; nothing for a default.
        #[serde(skip_serializing_if = "Option::is_none")]
        other_at: Option<String>,
    },
}

/// What one person gets.
#[derive(Debug, Clone, Serialize)]
pub struct Explained {
    /// The id of the user, or of a device that has no owner.
    pub user: String,
    /// What has an error and would reach them: what they get besides, and what a conflict with it would do, is not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
    /// By id.
    pub profiles: Vec<Received>,
}

/// What everybody gets.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// People who receive the same profiles.
    pub audiences: Vec<Planned>,
}

/// What an audience gets.
#[derive(Debug, Clone, Serialize)]
pub struct Planned {
    /// How many they are.
    pub users: usize,
    /// The deployments through which the profiles come.
    pub deployments: Vec<String>,
    /// What has an error and would reach some of them: what they get besides, and what a conflict with it would do, is not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
    /// By id.
    pub profiles: Vec<Received>,
}

/// `profiles/mail.yaml:9:16`.
#[must_use]
pub fn place(span: Span, sources: &Sources) -> String {
    sources.get(span.source).map_or_else(String::new, |source| {
        let position = source.position(span.start);
        format!("{}:{}:{}", source.path, position.line, position.column)
    })
}

impl Fleet {
    /// What everybody gets.
    #[must_use]
    pub fn plan(&self, sources: &Sources) -> Plan {
        let mut unknown = vec![BTreeSet::new(); self.audiences.all.len()];
        for class in &self.audiences.classes {
            if let Some(unknown) = class.audience.and_then(|at| unknown.get_mut(at)) {
                unknown.extend(self.open(class));
            }
        }
        let audiences = self.audiences.all.iter().zip(unknown).map(|(audience, unknown)| Planned {
            users: audience.count,
            deployments: self.through(audience.deployments.ones()),
            unknown: unknown.into_iter().map(ToOwned::to_owned).collect(),
            profiles: self.received(audience, &audience.deployments.ones().collect::<Vec<_>>(), sources),
        });
        Plan { audiences: audiences.collect() }
    }

    fn through(&self, deployments: impl Iterator<Item = usize>) -> Vec<String> {
        deployments.filter_map(|at| self.deployments.get(at)).map(|deployed| deployed.document.id.to_string()).collect()
    }

    /// What a user gets, or a device; nothing when the directory does not have them.
    #[must_use]
    pub fn explain(&self, name: &str, sources: &Sources) -> Option<Explained> {
        let directory = self.directory()?;
        let (sort, row) = match directory.users.find(name) {
            Some(row) => (Sort::Users, row),
            None => (Sort::Devices, directory.devices.find(name)?),
        };
        let subject = self.subjects.subject(sort, row)?;
        let (_, shown) = self.subjects.row(subject, directory)?;
        let class = self.audiences.class(subject);
        let through: Vec<usize> = class.map_or_else(Vec::new, |class| {
            let reached = self.deployments.iter().enumerate().filter(|(_, deployed)| class.collections.contains(deployed.reach));
            reached.map(|(at, _)| at).collect()
        });
        let audience = class.and_then(|class| class.audience).and_then(|at| self.audiences.all.get(at));
        let unknown = class.map_or_else(Vec::new, |class| self.open(class).into_iter().map(ToOwned::to_owned).collect());
        let profiles = audience.map_or_else(Vec::new, |audience| self.received(audience, &through, sources));
        Some(Explained { user: shown.id().to_owned(), unknown, profiles })
    }

    /// The profiles of an audience that come through these deployments.
    #[must_use]
    pub fn received(&self, audience: &Audience, through: &[usize], sources: &Sources) -> Vec<Received> {
        audience
            .profiles
            .ones()
            .filter_map(|at| Some((at, self.profiles.get(at)?)))
            .map(|(at, profile)| {
                let fate = audience.fate(profile);
                let mut received = state(profile, fate);
                received.because = self.deployed(at, through);
                let conflicts = fate.iter().flat_map(|fate| &fate.because);
                received.because.extend(conflicts.map(|because| reason(profile.kind, because, sources)));
                received
            })
            .collect()
    }

    fn deployed(&self, profile: usize, through: &[usize]) -> Vec<Reason> {
        let deployments = through.iter().filter_map(|at| self.deployments.get(*at));
        let names = deployments.filter(|deployed| deployed.profiles.contains(&profile) || deployed.with.contains(&profile));
        let reason = |deployed: &super::Deployed| Reason::Deployed {
            deployment: deployed.document.id.to_string(),
            collection: self
                .collections
                .get(deployed.collection)
                .map_or_else(String::new, |collection| collection.id.to_string()),
            as_dependency: !deployed.profiles.contains(&profile),
        };
        names.map(reason).collect()
    }
}

impl Audience {
    /// What the conflict rule says of a profile; nothing for one that does not compete.
    #[must_use]
    pub fn fate(&self, profile: &Profile) -> Option<&Fate> {
        self.fates.iter().find(|fate| fate.profile == profile.id)
    }
}

/// A profile with what became of it, without reasons.
pub fn state(profile: &Profile, fate: Option<&Fate>) -> Received {
    let failed = fate.is_some_and(|fate| fate.failed);
    let sent = fate.and_then(|fate| fate.changed.as_deref()).unwrap_or(profile);
    let names = |all: Option<&BTreeSet<Contested>>| all.into_iter().flatten().map(|one| one.name(profile.kind)).collect();
    Received {
        id: profile.id.to_string(),
        kind: profile.kind.name,
        state: if failed { "failed" } else { "sent" },
        settings: if failed { Map::new() } else { settings(sent) },
        dropped: names(fate.map(|fate| &fate.dropped)),
        defaulted: names(fate.map(|fate| &fate.defaulted)),
        because: Vec::new(),
    }
}

fn reason(kind: &Kind, because: &Because, sources: &Sources) -> Reason {
    let at = |origin: Origin| origin.span().map(|span| place(span, sources));
    let Because { what_of, what, here, other } = because;
    Reason::Conflict {
        setting: what_of.name(kind),
        outcome: what.name(),
        at: at(*here),
        other: other.as_ref().map(|(id, _)| id.to_string()),
        other_at: other.as_ref().and_then(|(_, origin)| at(*origin)),
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Reason::Deployed { deployment, collection, as_dependency } => {
                let what = if *as_dependency { "deployed as a dependency by" } else { "deployed by" };
                write!(f, "{what} {deployment} to {collection}")
            }
            Reason::Conflict { setting, outcome, at, other, other_at } => {
                let default = || "by default".to_owned();
                let here = at.clone().unwrap_or_else(default);
                match other {
                    None => write!(f, "{setting} {outcome}: what it depends on is not sent ({here})"),
                    Some(other) => {
                        let there = other_at.clone().unwrap_or_else(default);
                        let what = if *outcome == What::Failed.name() { "fails" } else { outcome };
                        write!(f, "{setting} {what}: {here} here, {there} in {other}")
                    }
                }
            }
        }
    }
}
