//! Nodes to profiles: shape, conditions, platforms, references. The only maker of [`Profile`].
//!
//! Every pass goes on after a problem and says it; a profile with an error is not made, its neighbours are. Nothing here reads a
//! file by itself: what profiles name is fetched through [`Files`].

mod authorities;
mod certificate;
mod console;
mod cx;
mod engine;
mod format;
mod name;
mod platforms;
mod raw;
mod references;
mod rules;
mod server;
mod shape;
mod suggest;
mod support;
mod syntax;
mod text;
mod unique;
mod value;
pub mod vendor;
mod views;
mod workspace;

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

pub use authorities::{day, reaches};
pub use certificate::{looks_like_pkcs12, open_pkcs12, read as read_certificate};
pub use cx::{Cx, FileProblem, Files, all_tokens};
pub use platforms::Chosen;
pub use server::collides;
pub use suggest::{certain, either, list, nearest, offer};
pub use syntax::report as report_syntax;
pub use text::{Expressions, locate};
pub use value::{join, shape, text_of, wrong_type};
pub use workspace::{Allow, Overrides, Variable, Workspace, allowed, is_identifier};

use crate::diagnostic::Report;
use crate::ir::{Id, Profile, ProfileParts, Spans, Text, Value, View};
use crate::schema::{Kind, Server, Type};
use crate::source::{Node, Span};
use cx::Place;
use references::{Index, Judged};
use shape::Draft;
use views::Seen;
pub use views::default_value;

/// One document, and the folder of its file.
#[derive(Debug, Clone, Copy)]
pub struct Document<'a> {
    /// Its node.
    pub node: &'a Node,
    /// The folder of its file, from the workspace.
    pub folder: &'a str,
}

/// What the checks found.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Sound profiles, in file order.
    pub profiles: Vec<Profile>,
    /// Ids of profiles that have an error, or refer to one that has.
    pub broken: Vec<Id>,
    /// What sort the broken ones are, by id.
    pub broken_kinds: HashMap<Id, &'static Kind>,
    /// What gets no artifact of its own, by platform, since something else has an error; what an older build left stays. What broken
    /// profiles refer to belongs into their artifacts there; of what stale deployments name it is not known what is sent.
    pub withheld: HashSet<(&'static str, Id)>,
    /// Silenced warnings with the document they stand in; the workspace's stand in none.
    pub allow: Vec<(Allow, Option<Span>)>,
    /// Some document could not be read so far that its id is known.
    pub unread: bool,
}

impl Outcome {
    /// Whether something with an error names Windows nodes, or may do so.
    #[must_use]
    pub fn may_name_nodes(&self) -> bool {
        let mut kinds = self.broken_kinds.values();
        self.unread || kinds.any(|kind| kind.fields.iter().any(|field| matches!(field.ty, Type::Nodes)))
    }
}

/// Checks all documents.
pub fn check(cx: &Cx<'_>, documents: &[Document<'_>], report: &mut Report) -> Outcome {
    let drafts: Vec<(Option<Judged>, Report)> = documents.par_iter().map(|document| judge(cx, document)).collect();
    let mut judged = Vec::new();
    let mut reports = Vec::new();
    let unread = drafts.iter().any(|(found, _)| found.is_none());
    for (found, found_report) in drafts {
        match found {
            Some(found) => {
                judged.push(found);
                reports.push(found_report);
            }
            None => report.append(found_report),
        }
    }
    let first = unique::check(&judged, &cx.workspace.identifier, &mut reports);
    let index: Index<'_> = first.iter().filter_map(|(id, at)| Some((*id, judged.get(*at)?))).collect();
    judged.par_iter().zip(reports.par_iter_mut()).for_each(|(judged, report)| {
        references::check(judged, &index, cx.sources, report);
        references::one_key_for_all(judged, &index, report);
        raw::apple::one_key::check(judged, &index, report);
        console::referents(judged, &index, report);
        authorities::alone(judged, cx.at, report);
        authorities::chain(judged, &index, report);
        names_as_tokens(cx, judged, report);
    });
    authorities::twice(&judged, &mut reports);
    authorities::same_identity(&judged, &mut reports);
    organization_as_token(cx, &judged, report);
    let broken = broken(&judged, &reports, &first);
    let mut outcome = Outcome { unread, ..Outcome::default() };
    for ((judged, found_report), broken) in judged.into_iter().zip(reports).zip(broken) {
        report.append(found_report);
        outcome.allow.extend(judged.draft.allow.iter().map(|allow| (allow.clone(), Some(judged.draft.document))));
        if broken {
            outcome.broken.push(judged.draft.id.clone());
            outcome.broken_kinds.insert(judged.draft.id.clone(), judged.draft.kind);
            outcome.withheld.extend(wanted(&judged.draft));
        } else {
            outcome.profiles.push(proven(&judged.draft, judged.views, judged.consoles));
        }
    }
    outcome.allow.extend(cx.workspace.allow.iter().map(|allow| (allow.clone(), None)));
    outcome
}

/// What can be said of one document by itself.
fn judge(cx: &Cx<'_>, document: &Document<'_>) -> (Option<Judged>, Report) {
    let mut report = Report::new();
    let lenient = document.node.get("unknown").and_then(|pair| pair.value.scalar()).is_some_and(|word| &*word.text == "warn");
    let place = Place { folder: document.folder, lenient };
    let Some(draft) = shape::read(cx, &place, document.node, &mut report) else { return (None, report) };
    // What a platform takes depends on its server.
    let (mut views, consoles) =
        if cx.workspace.server_unknown { Default::default() } else { views::all(cx, &draft, &mut report) };
    for seen in &mut views {
        raw::csp::resolve(cx, &draft, seen, &mut report);
    }
    let alone = if views.is_empty() { consoles.as_slice() } else { &[] };
    for seen in views.iter().chain(alone) {
        rules::view(cx, &draft, seen, &mut report);
    }
    raw::apple::identifiers::check(cx, &draft, &mut report);
    // Without an id nothing can refer to it, and it is nobody's twin.
    if draft.id.is_empty() {
        return (None, report);
    }
    views.extend(views::delivered(cx, &draft, &consoles));
    views.sort_by_key(|seen| cx.schemas.platforms.iter().position(|platform| platform.name == seen.view.platform.name));
    (Some(Judged { draft, views, consoles }), report)
}

/// The organisation's name is sent too, by every server that some profile is delivered by.
fn organization_as_token(cx: &Cx<'_>, all: &[Judged], report: &mut Report) {
    let Some(span) = cx.workspace.organization_span else { return };
    let mut servers: Vec<&'static Server> =
        all.iter().flat_map(|judged| &judged.views).map(|seen| cx.server(seen.view.platform.name)).collect();
    servers.sort_by_key(|server| server.name);
    servers.dedup_by_key(|server| server.name);
    let text = Text::literal(cx.workspace.organization.as_str());
    for server in servers {
        if let Some(diagnostic) = server::collision(server, &text, "the name", span, cx) {
            report.push(diagnostic);
        }
    }
}

/// Name and description are sent too: a server may take their text for a token.
fn names_as_tokens(cx: &Cx<'_>, judged: &Judged, report: &mut Report) {
    for seen in &judged.views {
        let server = cx.server(seen.view.platform.name);
        let draft = &judged.draft;
        let described = draft.description.as_ref().map(|text| ("the description", text, draft.description_span));
        for (what, text, span) in std::iter::once(("the name", &draft.name, draft.name_span)).chain(described) {
            if let Some(diagnostic) = server::collision(server, text, what, span, cx) {
                report.push(diagnostic);
            }
            if cx.people {
                continue;
            }
            report.extend(server::without_token(server, text, &seen.view, draft.kind).map(|missing| missing.at(span, None)));
            report.extend(server::unknown_tokens(server, text).map(|unknown| unknown.at(span, cx)));
        }
    }
}

/// Which profiles have an error or refer, over however many steps, to one that has.
fn broken(all: &[Judged], reports: &[Report], index: &HashMap<&str, usize>) -> Vec<bool> {
    let mut broken: Vec<bool> = reports.iter().map(Report::has_errors).collect();
    let targets: Vec<Vec<usize>> = all
        .iter()
        .map(|judged| {
            let settings = judged.views.iter().chain(&judged.consoles).flat_map(|seen| seen.view.settings.iter().flatten());
            settings.flat_map(|setting| setting.value.references()).filter_map(|id| index.get(&**id).copied()).collect()
        })
        .collect();
    // References go from mail to certificates to authorities: at most two steps, and each round settles one.
    loop {
        let more: Vec<usize> = (0..broken.len())
            .filter(|at| !broken.get(*at).copied().unwrap_or(true))
            .filter(|at| targets.get(*at).is_some_and(|ids| ids.iter().any(|id| broken.get(*id).copied().unwrap_or(false))))
            .collect();
        if more.is_empty() {
            return broken;
        }
        for at in more {
            if let Some(slot) = broken.get_mut(at) {
                *slot = true;
            }
        }
    }
}

/// Certificates that read encrypted mail: old mail needs them after they have expired.
#[must_use]
pub fn decrypting(profiles: &[Profile]) -> HashSet<Id> {
    let views = profiles.iter().flat_map(|profile| profile.views.iter().map(move |view| (profile, view)));
    let values = views.filter_map(|(profile, view)| view.value(profile.kind, "smime.encryption_certificate"));
    values.flat_map(Value::references).cloned().collect()
}

/// What a draft refers to on each of its platforms, as far as it could be read.
fn wanted(draft: &Draft) -> impl Iterator<Item = (&'static str, Id)> {
    draft.platforms.iter().flat_map(|chosen| {
        let own =
            draft.overrides.iter().filter(|own| own.platform.name == chosen.platform.name).flat_map(|own| own.settings.iter());
        let written = draft.settings.iter().flatten().chain(own.flatten().flatten());
        written.flat_map(|written| written.value.references()).map(|id| (chosen.platform.name, id.clone()))
    })
}

fn parts(draft: &Draft, views: Vec<View>, consoles: Vec<View>) -> ProfileParts {
    ProfileParts {
        kind: draft.kind,
        id: draft.id.clone(),
        name: draft.name.clone(),
        description: draft.description.clone(),
        generation: draft.generation,
        scope: draft.scope,
        adopt: draft.adopt.clone(),
        platforms: draft.platforms.iter().map(|chosen| chosen.platform.name).collect(),
        views,
        consoles,
        spans: Spans { id: draft.id_span, name: draft.name_span, generation: draft.generation_span, scope: draft.scope_span },
    }
}

fn proven(draft: &Draft, views: Vec<Seen>, consoles: Vec<Seen>) -> Profile {
    let bare = |seen: Vec<Seen>| seen.into_iter().map(|seen| seen.view).collect();
    Profile::proven(parts(draft, bare(views), bare(consoles)))
}

/// The profile as one platform sees it, for a target's questions about its settings; it is not kept.
fn trial(draft: &Draft, seen: &Seen) -> Option<Profile> {
    seen.view.root(draft.kind, draft.scope, seen.table)?;
    Some(trial_of(draft, &seen.view))
}

fn trial_of(draft: &Draft, view: &View) -> Profile {
    Profile::proven(parts(draft, vec![view.clone()], Vec::new()))
}
