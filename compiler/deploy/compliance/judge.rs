//! Everybody whom a deployment targets, judged by what was reported.

use time::OffsetDateTime;

use super::scene::{Scene, Whom};
use super::{Counts, Finding, Reports, State};
use crate::deploy::Deployed;
use crate::deploy::alert::Alert;
use crate::deploy::directory::Sort;
use crate::targets;

/// A user or a device that a deployment targets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// Its id.
    pub id: String,
    /// `user` or `device`.
    pub sort: Sort,
    /// The worst of what follows.
    pub state: State,
    /// What is not compliant: the profile, the device where there is one, and what was found.
    pub findings: Vec<(String, Option<String>, Finding)>,
}

/// A deployment, judged.
#[derive(Debug)]
pub struct Judged<'a> {
    /// The deployment.
    pub deployed: &'a Deployed,
    /// The id of its collection.
    pub collection: &'a str,
    /// How many are in each state.
    pub counts: Counts,
    /// By id of the row; every one of them.
    pub assets: Vec<Asset>,
    /// Whether its alert is raised.
    pub raised: bool,
}

impl Judged<'_> {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.deployed.document.id
    }

    /// Its alert.
    #[must_use]
    pub fn alert(&self) -> Option<Alert> {
        self.deployed.document.alert
    }
}

/// Judges everybody whom a deployment targets, as of a moment.
#[must_use]
pub fn judge<'a>(deployed: &'a Deployed, reports: &Reports<'_, 'a>, now: OffsetDateTime) -> Option<Judged<'a>> {
    let scene = reports.scene;
    let collection = scene.fleet.collections.get(deployed.collection)?;
    let rows = collection.rows.iter().flat_map(|rows| rows.ones()).filter_map(|row| u32::try_from(row).ok());
    let mut counts = Counts::default();
    let mut assets = Vec::new();
    for row in rows {
        let asset = asset(deployed, reports, collection.of, row);
        counts.add(asset.state);
        assets.push(asset);
    }
    assets.sort_by(|a, b| a.id.cmp(&b.id));
    let raised = deployed.document.alert.is_some_and(|alert| now >= alert.by && counts.below(alert.compliance_below));
    Some(Judged { deployed, collection: &collection.id, counts, assets, raised })
}

fn asset(deployed: &Deployed, reports: &Reports<'_, '_>, of: Sort, row: u32) -> Asset {
    let scene = reports.scene;
    let (whom, id, devices) = match of {
        Sort::Users => (Whom::User(row), scene.directory.users.row(row).id(), scene.devices.of_user(row)),
        Sort::Devices => (Whom::Device(row), scene.directory.devices.row(row).id(), std::slice::from_ref(&row)),
    };
    let mut asset = Asset { id: id.to_owned(), sort: of, state: State::NotApplicable, findings: Vec::new() };
    let all = deployed.profiles.iter().map(|at| (*at, false)).chain(deployed.with.iter().map(|at| (*at, true)));
    for (at, with) in all {
        let Some(profile) = scene.fleet.profiles.get(at) else { continue };
        let name = || profile.id.to_string();
        if !devices.is_empty() && !devices.iter().any(|device| scene.applies(profile, *device)) {
            continue;
        }
        if scene.subject(whom).is_some_and(|subject| scene.sent(subject, profile).is_none()) {
            asset.add(name(), None, Finding::because(State::Error, "not sent: it conflicts with another profile"));
            continue;
        }
        if devices.is_empty() {
            asset.add(name(), None, reports.get(whom, at).cloned().unwrap_or_else(silent));
        }
        for device in devices.iter().filter(|device| scene.applies(profile, **device)) {
            // What goes with another profile stands inside of it there, and is reported with it.
            if with && embedded(scene, *device) {
                continue;
            }
            let found = reports.get(Whom::Device(*device), at).or_else(|| reports.get(whom, at));
            let called = (of == Sort::Users).then(|| scene.directory.devices.row(*device).id().to_owned());
            asset.add(name(), called, found.cloned().unwrap_or_else(silent));
        }
    }
    asset
}

fn silent() -> Finding {
    Finding::of(State::Unknown)
}

/// Whether what profiles refer to comes with them on a device.
fn embedded(scene: &Scene<'_>, device: u32) -> bool {
    let platform = scene.platform(device);
    crate::builtin::SCHEMAS.platforms.iter().find(|known| known.name == platform).is_some_and(targets::embedded_on)
}

impl Asset {
    fn add(&mut self, profile: String, device: Option<String>, finding: Finding) {
        self.state = self.state.max(finding.state);
        if !matches!(finding.state, State::Compliant | State::NotApplicable) {
            self.findings.push((profile, device, finding));
        }
    }
}
