//! Collections and deployments of a run: read, given their people, resolved.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::{Artifact, Deployment, sha256};
use crate::check::{Cx, Document, Files, Outcome, Workspace};
use crate::deploy::directory::Sort;
use crate::deploy::{self, Documents, Fleet, Needs, People};
use crate::diagnostic::Report;
use crate::ir::{Id, Profile, Value, View};
use crate::manifest;
use crate::source::{Sources, Span};
use crate::targets;

/// Reads them; nothing when there are none.
pub fn documents(cx: &Cx<'_>, others: &[Document<'_>], outcome: &mut Outcome, report: &mut Report) -> Option<Documents> {
    let nodes = others.iter().filter_map(|document| Some((deploy::fleet_kind(cx.schemas, document.node)?, document.node)));
    let mut read = (!others.is_empty()).then(|| deploy::read(cx, nodes, report))?;
    let ids: HashMap<&str, Span> = outcome.profiles.iter().map(|profile| (&*profile.id, profile.spans.id)).collect();
    deploy::unique(&mut read, &ids, report);
    outcome.allow.append(&mut read.allow);
    read.unread |= outcome.unread;
    Some(read)
}

/// Resolves them. The directory is read here, and only here: a workspace that deploys nothing needs none.
pub fn fleet(
    read: Option<Documents>,
    outcome: &Outcome,
    workspace: &Workspace,
    files: &dyn Files,
    personal: bool,
    sources: &mut Sources,
    report: &mut Report,
) -> Option<Fleet> {
    let read = read?;
    let wanted = wanted(&read, &outcome.profiles);
    let keep = |sort: Sort, name: &str| wanted.contains(&(sort, name));
    let people = deploy::people(workspace, files, &keep, sources, report);
    let mut fleet = deploy::resolve(read, &outcome.profiles, &outcome.broken_kinds, people, sources, report);
    let failed = deploy::say(&fleet, &needs(&outcome.profiles), personal, sources, report);
    fleet.broken.extend(failed);
    Some(fleet)
}

/// What conflicts make of profiles: each variant once, by its digits.
pub fn variants(fleet: &Fleet) -> Vec<(String, Arc<Profile>)> {
    let mut variants: BTreeMap<(Id, String), Arc<Profile>> = BTreeMap::new();
    for fate in fleet.audiences.all.iter().flat_map(|audience| &*audience.fates) {
        if let (Some(digits), Some(changed)) = (&fate.variant, &fate.changed) {
            variants.entry((fate.profile.clone(), digits.clone())).or_insert_with(|| Arc::clone(changed));
        }
    }
    variants.into_iter().map(|((_, digits), profile)| (digits, profile)).collect()
}

/// The profiles that deployments name themselves.
pub fn named(fleet: &Fleet) -> HashSet<&str> {
    let places = fleet.deployments.iter().flat_map(|deployed| &deployed.profiles);
    places.filter_map(|at| fleet.profiles.get(*at)).map(|profile| &*profile.id).collect()
}

/// The files of all deployments without an error: in themselves, in a profile, or in what the same people get besides and what the
/// conflict rule would have to know.
pub fn files(fleet: &Fleet, artifacts: &[Artifact], broken: &HashSet<&str>) -> Vec<Deployment> {
    let mut paths: HashMap<(&str, Option<&str>), deploy::Paths> = HashMap::new();
    for artifact in artifacts.iter().map(|artifact| &artifact.entry) {
        let of = paths.entry((&artifact.profile, artifact.variant.as_deref())).or_default();
        of.entry(artifact.platform.clone()).or_default().push(artifact.path.clone());
    }
    let sound = |deployed: &&deploy::Deployed| {
        if fleet.is_open(deployed) {
            return false;
        }
        let mut profiles = deployed.profiles.iter().chain(&deployed.with).filter_map(|at| fleet.profiles.get(*at));
        !fleet.broken.contains(&deployed.document.id) && !profiles.any(|profile| broken.contains(&*profile.id))
    };
    let known = matches!(fleet.people, People::Known(_) | People::Unknown);
    let chosen = fleet.deployments.iter().filter(sound).filter(|_| known);
    chosen
        .filter_map(|deployed| {
            let of = |id: &str, variant: Option<&str>| paths.get(&(id, variant)).cloned().unwrap_or_default();
            let bytes = deploy::file(fleet, deployed, &of).ok()?;
            let id = deployed.document.id.to_string();
            let entry = manifest::Deployment {
                path: format!("deployments/{id}.json"),
                deployment: id,
                sha256: sha256(&bytes),
                stale: false,
            };
            Some(Deployment { entry, bytes })
        })
        .collect()
}

/// What must be on a device by itself before a profile works there: what it refers to where nothing is embedded.
fn needs(profiles: &[Profile]) -> Needs {
    // Where one target of a platform embeds, what is needed comes with the profile.
    let alone = |view: &View| !targets::embedded_on(view.platform);
    let needs = profiles.iter().map(|profile| {
        let mut needed: Vec<(Id, Span)> = Vec::new();
        for setting in profile.views.iter().filter(|view| alone(view)).flat_map(|view| view.settings.iter().flatten()) {
            let Value::References(ids) = &setting.value else { continue };
            let span = setting.origin.span().unwrap_or(profile.spans.id);
            let new: Vec<&Id> = ids.iter().filter(|id| !needed.iter().any(|(known, _)| known == *id)).collect();
            needed.extend(new.into_iter().map(|id| (id.clone(), span)));
        }
        (profile.id.clone(), needed)
    });
    needs.collect()
}

/// The attributes that questions ask for and profiles hold.
fn wanted<'a>(read: &'a Documents, profiles: &'a [Profile]) -> HashSet<(Sort, &'a str)> {
    let asked = read.collections.iter().flat_map(|collection| {
        let attributes = collection.query.iter().flat_map(|(query, _)| &query.attributes);
        attributes.map(|asked| (collection.of, asked.name.as_str()))
    });
    let settings = profiles.iter().flat_map(|profile| &profile.views).flat_map(|view| view.meant.iter().flatten());
    let held = settings.flat_map(|setting| setting.value.texts()).flat_map(crate::ir::Text::attributes);
    let held = held.filter_map(|attribute| match attribute.split_once('.')? {
        ("device", name) => Some((Sort::Devices, name)),
        (_, "user_principal_name_local_part") => Some((Sort::Users, "user_principal_name")),
        (_, name) => Some((Sort::Users, name)),
    });
    asked.chain(held).chain([(Sort::Users, "user_principal_name"), (Sort::Users, "display_name")]).collect()
}
