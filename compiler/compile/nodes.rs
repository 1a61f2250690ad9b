//! One place on a device in two profiles: a device keeps the last value, and nobody says which that is.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::{Job, Run};
use crate::compile::secrets::Fetched;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::ir::Id;
use crate::source::Span;
use crate::targets::{self, Part, Place, SharedNodes, Surroundings, syncml};

/// Stands for profiles of which nothing can be said.
const WITH_AN_ERROR: &str = "a profile with an error";

impl Run<'_> {
    /// Says where two profiles write one node, decoded and whatever the capitals; returns their ids, and the nodes above named
    /// ones that several profiles add. Kinds that have nodes of their own do not meet by themselves, so this is asked only where a
    /// profile names nodes.
    ///
    /// `broken`: some profile that names nodes has an error, so that it is not known what it shares; all that may be shared stays.
    pub fn nodes_twice(&self, jobs: &[Job<'_>], broken: bool, report: &mut Report) -> (Vec<Id>, SharedNodes) {
        let mut failed: Vec<Id> = Vec::new();
        let mut shared = SharedNodes::default();
        if !jobs.iter().any(|job| syncml::names_nodes(&job.lowered)) {
            return (failed, shared);
        }
        let nothing = Fetched::nothing();
        let mut said: Vec<(Span, Span)> = Vec::new();
        let none = SharedNodes::default();
        let mut owners: HashMap<(&str, String), (&Job<'_>, Span, bool)> = HashMap::new();
        for job in jobs.iter().filter(|job| !job.writer.embeds) {
            let part = Part { profile: job.profile, view: job.view, lowered: &job.lowered };
            let places = syncml::places(&part, &self.around(job, &nothing, &none));
            for Place { path: place, span, above } in places {
                let span = span.unwrap_or(job.profile.spans.id);
                match owners.entry((job.writer.target, place.to_lowercase())) {
                    Entry::Vacant(free) => {
                        free.insert((job, span, above));
                    }
                    Entry::Occupied(mut owner) => {
                        let (other, there, both) = *owner.get();
                        if other.profile.id == job.profile.id {
                            owner.insert((job, there, both && above));
                            continue;
                        }
                        let named = syncml::names_nodes(&job.lowered) || syncml::names_nodes(&other.lowered);
                        if above && both {
                            let platform = job.view.platform.name;
                            shared.add(platform, &place, &other.profile.id);
                            shared.add(platform, &place, &job.profile.id);
                            continue;
                        }
                        // An instance and what lies in it are one cause.
                        if !named || said.contains(&(span, there)) {
                            continue;
                        }
                        said.push((span, there));
                        for (at, also, id) in [(span, there, &other.profile.id), (there, span, &job.profile.id)] {
                            let later = (also.source, also.start) > (at.source, at.start);
                            let label = if later { "also here" } else { "first here" };
                            let message = format!("`{place}` is written by `{id}`, too");
                            let diagnostic = Diagnostic::new(Code::E0454, at, message).label("not unique").also(also, label);
                            report.push(
                                diagnostic
                                    .help("a device keeps the last value it gets: leave the node to one of the two profiles"),
                            );
                        }
                        failed.extend([job.profile.id.clone(), other.profile.id.clone()]);
                    }
                }
            }
        }
        if broken {
            let unknown: Id = WITH_AN_ERROR.into();
            for ((_, place), (job, _, above)) in &owners {
                if *above {
                    shared.add(job.view.platform.name, place, &unknown);
                }
            }
        }
        (failed, shared)
    }

    /// What the artifacts of a job depend on beside profiles.
    pub fn around<'s>(&'s self, job: &Job<'_>, secrets: &'s Fetched, shared: &'s SharedNodes) -> Surroundings<'s> {
        Surroundings {
            server: self.workspace.server(job.view.platform.name),
            organization: &self.workspace.organization,
            identifier: &self.workspace.identifier,
            namespace: targets::namespace(&self.workspace.identifier),
            catalog: self.catalog,
            secrets,
            shared,
        }
    }
}
