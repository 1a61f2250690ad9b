//! Collections, deployments and audiences of a workspace, resolved.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use fixedbitset::FixedBitSet;

use super::audiences::{Audiences, Class, Reach};
use super::collections::{self, Collections, Scene, unknown};
use super::directory::{Directory, Sort};
use super::document::{Deployment, Documents, Named, builtin};
use super::people::People;
use super::subjects::Subjects;
use crate::check::{certain, list, nearest};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::ir::{Id, Profile, Value};
use crate::schema::{Competes, Kind, Scope};
use crate::source::Sources;

/// A sound deployment, looked up.
#[derive(Debug)]
pub struct Deployed {
    /// As written.
    pub document: Deployment,
    /// The place of its collection.
    pub collection: usize,
    /// The place of its collection among the deployed ones.
    pub reach: usize,
    /// Places of its profiles in [`Fleet::profiles`], in the order written.
    pub profiles: Vec<usize>,
    /// Places of the certificates that go with them.
    pub with: Vec<usize>,
}

/// Everything about who gets what.
#[derive(Debug)]
pub struct Fleet {
    /// People and devices.
    pub people: People,
    /// All sound collections.
    pub collections: Collections,
    /// All sound deployments, by id.
    pub deployments: Vec<Deployed>,
    /// All deployed profiles, by id.
    pub profiles: Vec<Profile>,
    /// Who can be reached.
    pub subjects: Subjects,
    /// Who receives what; nobody without a directory.
    pub audiences: Audiences,
    /// Ids of deployments that have an error.
    pub broken: Vec<Id>,
    /// What could not be resolved, so that the rest is not the whole answer.
    open: Vec<Open>,
}

/// What may reach people and is not known, for an error.
#[derive(Debug)]
struct Open {
    /// What has the error, as people are told.
    what: String,
    /// The place of its collection among the deployed ones; nothing where anybody may be reached.
    reach: Option<usize>,
    /// The kinds of what it would send; nothing where they are not known.
    kinds: Option<BTreeSet<&'static str>>,
}

impl Fleet {
    /// The directory, if it is known.
    #[must_use]
    pub fn directory(&self) -> Option<&Directory> {
        self.people.directory()
    }

    /// The place of a deployed profile.
    #[must_use]
    pub fn profile(&self, id: &str) -> Option<usize> {
        self.profiles.binary_search_by(|profile| (*profile.id).cmp(id)).ok()
    }

    /// What has an error and would reach people of a class; nothing where all is known that they get.
    #[must_use]
    pub fn open(&self, class: &Class) -> Vec<&str> {
        self.open.iter().filter(|open| open.reaches(class)).map(|open| open.what.as_str()).collect()
    }

    /// Whether something with an error might change, by the conflict rule, what a deployment sends to somebody.
    #[must_use]
    pub fn is_open(&self, deployed: &Deployed) -> bool {
        if self.open.is_empty() {
            return false;
        }
        let profiles = deployed.profiles.iter().chain(&deployed.with).filter_map(|at| self.profiles.get(*at));
        let own: BTreeSet<&str> =
            profiles.map(|profile| profile.kind).filter(|kind| kind.competes != Competes::Never).map(|kind| kind.name).collect();
        let competes = |open: &&Open| open.kinds.as_ref().is_none_or(|kinds| !kinds.is_disjoint(&own));
        let open: Vec<&Open> = self.open.iter().filter(|_| !own.is_empty()).filter(competes).collect();
        let mut classes = self.audiences.classes.iter().filter(|class| class.collections.contains(deployed.reach));
        classes.any(|class| open.iter().any(|open| open.reaches(class)))
    }

    /// Profiles of open deployments that compete: what is sent of them is not known.
    #[must_use]
    pub fn open_profiles(&self) -> Vec<&Profile> {
        let open = self.deployments.iter().filter(|deployed| self.is_open(deployed));
        let places: BTreeSet<usize> = open.flat_map(|deployed| deployed.profiles.iter().chain(&deployed.with).copied()).collect();
        let profiles = places.into_iter().filter_map(|at| self.profiles.get(at));
        profiles.filter(|profile| profile.kind.competes != Competes::Never).collect()
    }
}

impl Open {
    fn reaches(&self, class: &Class) -> bool {
        self.reach.is_none_or(|reach| class.collections.contains(reach))
    }
}

/// Resolves everything. Profiles in `broken` have an error of their own, which was said; of each the kind is known.
pub fn resolve(
    documents: Documents,
    profiles: &[Profile],
    broken: &HashMap<Id, &'static Kind>,
    people: People,
    sources: &Sources,
    report: &mut Report,
) -> Fleet {
    let scene = Scene { sources, directory: people.directory() };
    let collections = collections::resolve(&documents.collections, &scene, report);
    let look_up = LookUp {
        profiles: profiles.iter().map(|profile| (&*profile.id, profile)).collect(),
        broken,
        collections: &collections,
        written: documents.collections.iter().map(|collection| &*collection.id).collect(),
    };
    let mut failed: Vec<(Id, LookedUp)> = Vec::new();
    let mut found: BTreeMap<Id, (Deployment, usize, Vec<Id>, Vec<Id>)> = BTreeMap::new();
    for document in documents.deployments {
        match look_up.deployment(&document, report) {
            LookedUp { collection: Some(collection), wanted, with, complete: true, sound: true, .. } => {
                found.insert(document.id.clone(), (document, collection, wanted, with));
            }
            other => failed.push((document.id, other)),
        }
    }
    let deployed: BTreeSet<&Id> = found.values().flat_map(|(_, _, wanted, with)| wanted.iter().chain(with)).collect();
    let deployed: Vec<Profile> =
        deployed.into_iter().filter_map(|id| look_up.profiles.get(&**id)).map(|p| (*p).clone()).collect();
    let place = |id: &Id| deployed.binary_search_by(|profile| profile.id.cmp(id)).ok();
    let of_failed = failed.iter().filter_map(|(_, looked_up)| looked_up.collection);
    let reached: BTreeSet<usize> = found.values().map(|(_, collection, ..)| *collection).chain(of_failed).collect();
    let distinct: Vec<usize> = reached.into_iter().collect();
    let mut open: Vec<Open> = failed.iter().map(|(id, looked_up)| look_up.open(id, looked_up, &distinct)).collect();
    if documents.unread {
        open.push(Open { what: "a document that cannot be read".to_owned(), reach: None, kinds: None });
    }
    let deployments: Vec<Deployed> = found
        .into_values()
        .map(|(document, collection, wanted, with)| Deployed {
            document,
            collection,
            reach: distinct.binary_search(&collection).unwrap_or(0),
            profiles: wanted.iter().filter_map(place).collect(),
            with: with.iter().filter_map(place).collect(),
        })
        .collect();
    let subjects = people.directory().map_or_else(Subjects::default, Subjects::of);
    let audiences = match people.directory() {
        Some(_) => audiences(&collections, &distinct, &deployments, &deployed, &subjects),
        None => Audiences::default(),
    };
    let broken = failed.into_iter().map(|(id, _)| id).collect();
    Fleet { people, collections, deployments, profiles: deployed, subjects, audiences, broken, open }
}

fn audiences(
    collections: &Collections,
    distinct: &[usize],
    deployments: &[Deployed],
    profiles: &[Profile],
    subjects: &Subjects,
) -> Audiences {
    let sets: Vec<FixedBitSet> =
        distinct.iter().filter_map(|at| collections.get(*at)).map(|collection| subjects.reached(collection)).collect();
    let reach = |deployed: &Deployed| Reach {
        collection: deployed.reach,
        profiles: deployed.profiles.iter().chain(&deployed.with).copied().collect(),
    };
    let reaches: Vec<Reach> = deployments.iter().map(reach).collect();
    Audiences::of(subjects.len(), &sets, &reaches, &profiles.iter().collect::<Vec<_>>())
}

/// Looks up what deployments name.
struct LookUp<'a> {
    profiles: HashMap<&'a str, &'a Profile>,
    broken: &'a HashMap<Id, &'static Kind>,
    collections: &'a Collections,
    /// All collections that are written, with an error or without.
    written: Vec<&'a str>,
}

/// What a deployment names, as far as it was found.
struct LookedUp {
    /// The place of its collection.
    collection: Option<usize>,
    /// Its profiles.
    wanted: Vec<Id>,
    /// What goes with them.
    with: Vec<Id>,
    /// All profiles were found, and none has an error.
    complete: bool,
    /// The kinds of its profiles, with an error or without; nothing where one is not there.
    kinds: Option<BTreeSet<&'static str>>,
    /// Nothing else is wrong.
    sound: bool,
}

impl LookUp<'_> {
    fn deployment(&self, document: &Deployment, report: &mut Report) -> LookedUp {
        let mark = report.len();
        let collection = document.collection.as_ref().and_then(|named| self.collection(named, report));
        let mut wanted = Vec::new();
        let mut complete = true;
        let mut kinds = BTreeSet::new();
        let mut all_known = true;
        for named in &document.profiles {
            match self.profiles.get(&*named.id) {
                Some(profile) => {
                    if let Some(at) = collection {
                        self.fits(document, named, profile, at, report);
                    }
                    wanted.push(profile.id.clone());
                    kinds.insert(profile.kind.name);
                }
                // Its own error was said.
                None if self.broken.contains_key(&*named.id) => {
                    complete = false;
                    kinds.extend(self.broken.get(&*named.id).map(|kind| kind.name));
                }
                None => {
                    (complete, all_known) = (false, false);
                    report.push(self.no_profile(named));
                }
            }
        }
        let with = if document.with_dependencies { self.dependencies(&wanted) } else { Vec::new() };
        let kinds = (all_known && document.sound).then_some(kinds);
        LookedUp { collection, wanted, with, complete, kinds, sound: document.sound && !report.errors_since(mark) }
    }

    /// What is not known for a deployment with an error.
    fn open(&self, id: &Id, looked_up: &LookedUp, distinct: &[usize]) -> Open {
        Open {
            what: format!("deployment `{id}`"),
            reach: looked_up.collection.and_then(|collection| distinct.binary_search(&collection).ok()),
            kinds: looked_up.kinds.clone(),
        }
    }

    fn collection(&self, named: &Named, report: &mut Report) -> Option<usize> {
        let found = self.collections.find(&named.id);
        if found.is_none() && builtin(&named.id).is_none() && !self.written.contains(&&*named.id) {
            report.push(unknown(named, &self.written));
        }
        found
    }

    fn no_profile(&self, named: &Named) -> Diagnostic {
        let message = format!("a deployment names `{}`, and no profile has that id", named.id);
        let diagnostic = Diagnostic::new(Code::E0305, named.span, message).label("no such profile");
        let mut known: Vec<&str> = self.profiles.keys().copied().collect();
        known.sort_unstable();
        match nearest(&named.id, known.iter().copied()) {
            Some(near) if certain(&named.id, near) => diagnostic
                .help(format!("a profile with a similar id exists: `{near}`"))
                .fix(format!("write `{near}`"), named.span, near),
            Some(near) => diagnostic.help(format!("a profile with a similar id exists: `{near}`")),
            None if known.is_empty() => diagnostic.help("write a profile; there is none yet"),
            None => diagnostic.help(format!("there is {}", list(known.into_iter().take(12)))),
        }
    }

    /// A profile that is meant for devices as a whole does not go to people.
    fn fits(&self, document: &Deployment, named: &Named, profile: &Profile, collection: usize, report: &mut Report) {
        let Some(collection) = self.collections.get(collection).filter(|collection| collection.of == Sort::Users) else { return };
        let chosen = profile.spans.scope.is_some() || !profile.kind.scopes.contains(&Scope::User);
        if profile.scope != Scope::Device || !chosen {
            return;
        }
        let message = format!("`{}` is for devices, and `{}` collects users", named.id, collection.id);
        let diagnostic = Diagnostic::new(Code::E0908, named.span, message).label("for whoever uses a device");
        let diagnostic = diagnostic.also(profile.spans.scope.unwrap_or(profile.spans.id), "its scope is `device`");
        let diagnostic = match &document.collection {
            Some(named) => diagnostic.also(named.span, "a collection of users"),
            None => diagnostic,
        };
        report.push(diagnostic.help("deploy it to a collection of devices, or give the profile `scope: user`"));
    }

    /// All profiles that these refer to, over however many steps, in the order of ids.
    fn dependencies(&self, wanted: &[Id]) -> Vec<Id> {
        let mut found: BTreeSet<Id> = BTreeSet::new();
        let mut open: Vec<Id> = wanted.to_vec();
        while let Some(id) = open.pop() {
            let Some(profile) = self.profiles.get(&*id) else { continue };
            for named in referred(profile) {
                if !wanted.contains(named) && found.insert(named.clone()) {
                    open.push(named.clone());
                }
            }
        }
        found.into_iter().collect()
    }
}

/// The profiles that a profile refers to, on whatever platform.
fn referred(profile: &Profile) -> impl Iterator<Item = &Id> {
    profile.views.iter().flat_map(|view| view.settings.iter().flatten()).flat_map(|setting| match &setting.value {
        Value::References(ids) => ids.as_slice(),
        _ => &[],
    })
}
