//! `deployments/*.json`: who gets which artifacts, for servers and pipelines.
//!
//! Its form is `schemas/editor/deployed.schema.json`. It holds no time of its own and names nobody: `deploy explain` says what one person gets.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::alert::Alert;
use super::audiences::Audience;
use super::fleet::{Deployed, Fleet};
use super::plan::Received;
use super::schedule::{Fields, Schedule};
use crate::ir::Profile;

/// What the first field says.
const SCHEMA: &str = "payloadc/deployment/1";

/// The paths of a profile's artifacts by platform: what sets it up.
pub type Paths = BTreeMap<String, Vec<String>>;

#[derive(Serialize)]
struct File<'a> {
    schema: &'static str,
    id: &'a str,
    name: &'a str,
    collection: Collection<'a>,
    profiles: Vec<&'a str>,
    dependencies: Vec<&'a str>,
    /// Nothing without a directory.
    audiences: Option<Vec<Group<'a>>>,
    artifacts: BTreeMap<&'a str, Paths>,
    alert: Option<Alert>,
    evaluation: Option<Fields>,
    random_delay_minutes: Option<u32>,
}

#[derive(Serialize)]
struct Collection<'a> {
    id: &'a str,
    name: &'a str,
    of: &'static str,
    /// Nothing without a directory.
    count: Option<usize>,
}

#[derive(Serialize)]
struct Group<'a> {
    users: usize,
    profiles: Vec<Effective<'a>>,
}

#[derive(Serialize)]
struct Effective<'a> {
    id: &'a str,
    kind: &'static str,
    state: &'static str,
    variant: Option<String>,
    settings: Map<String, Json>,
    dropped: Vec<String>,
    defaulted: Vec<String>,
    artifacts: Paths,
}

/// The file of a deployment. `paths` are the artifacts of a profile, or of a variant of it.
///
/// # Errors
/// Never in practice: nothing in it cannot be JSON.
pub fn file(
    fleet: &Fleet,
    deployed: &Deployed,
    paths: &dyn Fn(&str, Option<&str>) -> Paths,
) -> Result<Vec<u8>, serde_json::Error> {
    let profile = |at: &usize| fleet.profiles.get(*at);
    let ids = |places: &[usize]| -> Vec<&str> { places.iter().filter_map(profile).map(|profile| &*profile.id).collect() };
    let collection = fleet.collections.get(deployed.collection);
    let document = &deployed.document;
    let all = deployed.profiles.iter().chain(&deployed.with).filter_map(profile);
    let file = File {
        schema: SCHEMA,
        id: &document.id,
        name: &document.name,
        collection: Collection {
            id: collection.map_or("", |collection| &collection.id),
            name: collection.map_or("", |collection| &collection.name),
            of: collection.map_or("", |collection| collection.of.name()),
            count: collection.and_then(|collection| collection.rows.as_ref()).map(|rows| rows.count_ones(..)),
        },
        profiles: ids(&deployed.profiles),
        dependencies: ids(&deployed.with),
        audiences: fleet.directory().map(|_| groups(fleet, deployed, paths)),
        artifacts: all.map(|profile| (&*profile.id, paths(&profile.id, None))).collect(),
        alert: document.alert,
        evaluation: document.evaluation.as_ref().map(Schedule::fields),
        random_delay_minutes: document.random_delay.map(|(minutes, _)| minutes),
    };
    let mut bytes = serde_json::to_vec_pretty(&file)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Whether a profile failed, and which variant it is.
type State<'a> = (bool, Option<&'a str>);

/// The users of a deployment by what its profiles are for them: what else they get is no matter here.
fn groups<'a>(fleet: &'a Fleet, deployed: &Deployed, paths: &dyn Fn(&str, Option<&str>) -> Paths) -> Vec<Group<'a>> {
    let mut places: Vec<usize> = deployed.profiles.iter().chain(&deployed.with).copied().collect();
    places.sort_unstable();
    let profiles: Vec<&Profile> = places.iter().filter_map(|at| fleet.profiles.get(*at)).collect();
    let mut alike: BTreeMap<Vec<State<'a>>, (usize, &'a Audience)> = BTreeMap::new();
    for (at, users) in fleet.audiences.within(deployed.reach) {
        let Some(audience) = fleet.audiences.all.get(at) else { continue };
        let fates = profiles.iter().map(|profile| audience.fate(profile));
        let state = fates.map(|fate| fate.map_or((false, None), |fate| (fate.failed, fate.variant.as_deref())));
        alike.entry(state.collect()).or_insert((0, audience)).0 += users;
    }
    let group = |(users, audience): (usize, &'a Audience)| Group {
        users,
        profiles: profiles.iter().map(|profile| effective(audience, profile, paths)).collect(),
    };
    alike.into_values().map(group).collect()
}

fn effective<'a>(audience: &Audience, profile: &'a Profile, paths: &dyn Fn(&str, Option<&str>) -> Paths) -> Effective<'a> {
    let fate = audience.fate(profile);
    let variant = fate.and_then(|fate| fate.variant.clone());
    let Received { state, settings, dropped, defaulted, .. } = super::plan::state(profile, fate);
    let artifacts = if state == "sent" { paths(&profile.id, variant.as_deref()) } else { Paths::new() };
    Effective { id: &profile.id, kind: profile.kind.name, state, variant, settings, dropped, defaulted, artifacts }
}
