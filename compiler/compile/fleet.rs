//! Collections and deployments of a run: read, given their people, resolved.

use std::collections::{HashMap, HashSet};

use crate::check::{Cx, Document, Files, Outcome, Workspace};
use crate::deploy::directory::Sort;
use crate::deploy::{self, Documents, Fleet};
use crate::diagnostic::Report;
use crate::ir::Profile;
use crate::source::{Sources, Span};

/// Reads them; nothing when there are none.
pub fn documents(cx: &Cx<'_>, others: &[Document<'_>], outcome: &mut Outcome, report: &mut Report) -> Option<Documents> {
    let nodes = others.iter().filter_map(|document| Some((deploy::fleet_kind(cx.schemas, document.node)?, document.node)));
    let mut read = (!others.is_empty()).then(|| deploy::read(cx, nodes, report))?;
    let ids: HashMap<&str, Span> = outcome.profiles.iter().map(|profile| (&*profile.id, profile.spans.id)).collect();
    deploy::unique(&mut read, &ids, report);
    outcome.allow.append(&mut read.allow);
    Some(read)
}

/// Resolves them. The directory is read here, and only here: a workspace that deploys nothing needs none.
pub fn fleet(
    read: Option<Documents>,
    outcome: &Outcome,
    workspace: &Workspace,
    files: &dyn Files,
    sources: &mut Sources,
    report: &mut Report,
) -> Option<Fleet> {
    let read = read?;
    let wanted = wanted(&read, &outcome.profiles);
    let keep = |sort: Sort, name: &str| wanted.contains(&(sort, name));
    let people = deploy::people(workspace, files, &keep, sources, report);
    Some(deploy::resolve(read, &outcome.profiles, &outcome.broken, people, sources, report))
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
