//! Artifacts for single people: what reaches each of them, filled in from the directory, person by person.
//!
//! Nothing of a person is kept once it has been handed on, so that memory does not grow with their number.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use rayon::prelude::*;

use super::{Artifact, Authorities, Job, Run, referred_by};
use crate::builtin::SCHEMAS;
use crate::check::{Expressions, Files, Outcome};
use crate::deploy::directory::{Directory, Sort};
use crate::deploy::{Devices, Fleet, Person, Trouble, folder};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::ir::{Id, Profile, Value};
use crate::lower;
use crate::schema::{Answer, Table, Write};
use crate::source::Span;
use crate::targets::{self, Writer};

/// A build for single people.
#[derive(Clone, Copy)]
pub struct PerUser<'a> {
    /// Who is asked for.
    pub users: Whom<'a>,
    /// Takes the artifacts of a person. Called from several threads.
    pub write: &'a (dyn Fn(&OfPerson) -> Result<(), String> + Sync),
}

impl<'a> PerUser<'a> {
    /// What is made is judged and not kept.
    #[must_use]
    pub fn unwritten(users: Whom<'a>) -> PerUser<'a> {
        PerUser { users, write: &|_| Ok(()) }
    }
}

/// The people a build is for.
#[derive(Clone, Copy)]
pub enum Whom<'a> {
    /// Everybody.
    All,
    /// These, by id or user principal name.
    Named(&'a [String]),
    /// Nobody: profiles are read as for a build for single people, and nothing is made.
    Nobody,
}

/// What one person gets.
pub struct OfPerson {
    /// Their id.
    pub user: String,
    /// A name for their folder.
    pub folder: String,
    /// By path.
    pub artifacts: Vec<Artifact>,
}

/// What a build for single people gave.
#[derive(Debug, Default)]
pub struct Written {
    /// How many people.
    pub people: usize,
    /// How many artifacts.
    pub artifacts: usize,
    /// Why writing failed.
    pub failure: Option<String>,
}

/// People are worked on in groups of this size: on all cores, and what they have to say in order.
const GROUP: usize = 256;

/// How artifacts of people reach what lies outside.
pub struct Outside<'a> {
    /// Works out formulas.
    pub expressions: &'a Expressions,
    /// Files that belong to one person.
    pub files: &'a dyn Files,
    /// Whether git would take a path in.
    pub tracked: &'a (dyn Fn(&str) -> bool + Sync),
}

/// What everybody's artifacts depend on.
struct Everybody<'a> {
    run: &'a Run<'a>,
    fleet: &'a Fleet,
    directory: &'a Directory,
    devices: Devices,
    profiles: HashMap<&'a str, &'a Profile>,
    authorities: Authorities,
    outside: &'a Outside<'a>,
}

/// Trouble, with the profile; how many people have it, and who are the first.
type Troubles = BTreeMap<(Id, Trouble), (usize, Vec<String>)>;

/// Makes and hands on the artifacts of all people who are asked for and reached.
pub fn build(
    run: &Run<'_>,
    fleet: &Fleet,
    outside: &Outside<'_>,
    per_user: &PerUser<'_>,
    outcome: &Outcome,
    report: &mut Report,
) -> Written {
    let mut written = Written::default();
    let Some(directory) = fleet.directory() else { return written };
    let everybody = Everybody {
        run,
        fleet,
        directory,
        devices: Devices::of(&fleet.subjects, directory),
        profiles: outcome.profiles.iter().map(|profile| (&*profile.id, profile)).collect(),
        authorities: Authorities::of(&outcome.profiles),
        outside,
    };
    let chosen = match chosen(everybody.directory, per_user.users) {
        Ok(chosen) => chosen,
        Err(unknown) => {
            return Written { failure: Some(format!("the directory has no user `{unknown}`")), ..written };
        }
    };
    let mut troubles = Troubles::new();
    let mut said: HashSet<(Span, Code)> = HashSet::new();
    // Of those who would get something that has an error, all stays as it was.
    let reached = |subject: &u32| {
        let class = everybody.fleet.audiences.class(*subject as usize);
        class.is_some_and(|class| class.audience.is_some() && everybody.fleet.open(class).is_empty())
    };
    let mut rest = chosen.filter(reached).peekable();
    while rest.peek().is_some() {
        let group: Vec<u32> = rest.by_ref().take(GROUP).collect();
        let results: Vec<_> = group.par_iter().map(|subject| everybody.person(*subject, per_user)).collect();
        for (made, found, person_said) in results {
            for diagnostic in person_said.iter().filter(|one| said.insert((one.primary.span, one.code))) {
                report.push(diagnostic.clone());
            }
            found.into_iter().for_each(|(key, user)| {
                let slot = troubles.entry(key).or_default();
                slot.0 += 1;
                if slot.1.len() < 3 {
                    slot.1.push(user);
                }
            });
            match made {
                Ok(count) => {
                    written.people += usize::from(count > 0);
                    written.artifacts += count;
                }
                Err(why) => written.failure = written.failure.or(Some(why)),
            }
        }
        if written.failure.is_some() {
            break;
        }
    }
    report.extend(troubles.iter().filter_map(|(key, who)| trouble(outcome, key, who)));
    written
}

/// The rows of the people who are asked for.
fn chosen<'a>(directory: &Directory, users: Whom<'a>) -> Result<Box<dyn Iterator<Item = u32>>, &'a str> {
    let users = match users {
        Whom::All => return Ok(Box::new(0..u32::try_from(directory.users.len()).unwrap_or(u32::MAX))),
        Whom::Named(users) => users,
        Whom::Nobody => &[],
    };
    let mut rows =
        users.iter().map(|user| directory.users.find(user).ok_or(user.as_str())).collect::<Result<Vec<u32>, &str>>()?;
    rows.sort_unstable();
    rows.dedup();
    Ok(Box::new(rows.into_iter()))
}

fn trouble(outcome: &Outcome, (id, trouble): &(Id, Trouble), (count, first): &(usize, Vec<String>)) -> Option<Diagnostic> {
    let profile = outcome.profiles.iter().find(|profile| profile.id == *id)?;
    let who = if *count == 1 { "1 user".to_owned() } else { format!("{count} users") };
    let gets = if *count == 1 { "gets" } else { "get" };
    let (message, attribute) = match trouble {
        Trouble::Missing(attribute) => (format!("`{attribute}` is missing for {who} who {gets} `{id}`"), *attribute),
        Trouble::Devices(attribute) => {
            (format!("`{attribute}` is not one value for {who} who {gets} `{id}`: they have several such devices"), *attribute)
        }
        Trouble::Token(attribute) => {
            (format!("the server would take `{attribute}` of {who} who {gets} `{id}` for a token"), *attribute)
        }
        Trouble::Other(what) => (format!("`{id}` cannot be made for {who}: {what}"), ""),
    };
    let settings = profile.views.iter().flat_map(|view| view.settings.iter().flatten());
    let mut holding =
        settings.filter(|setting| setting.value.texts().iter().any(|text| text.attributes().any(|name| name == attribute)));
    let span = holding.find_map(|setting| setting.origin.span()).unwrap_or(profile.spans.id);
    let these = if *count > first.len() { "the first are" } else { "without it:" };
    let first = crate::check::list(first.iter().map(String::as_str));
    Some(
        Diagnostic::new(Code::E0911, span, message)
            .label("filled in for each user")
            .help("put the value right in the directory; nothing of the profile is written for these users")
            .note(format!("{these} {first}")),
    )
}

type Made = (Result<usize, String>, Vec<((Id, Trouble), String)>, Report);

/// A profile of one person, for one target.
struct OfTarget {
    profile: Profile,
    target: &'static str,
    /// It has artifacts of its own.
    own: bool,
    named: bool,
}

impl Everybody<'_> {
    fn person(&self, subject: u32, per_user: &PerUser<'_>) -> Made {
        let mut report = Report::new();
        let Some((Sort::Users, row)) = self.fleet.subjects.row(subject as usize, self.directory) else {
            return (Ok(0), Vec::new(), report);
        };
        let mut troubles = Vec::new();
        let filled = self.of_targets(subject, &mut troubles);
        let broken: HashSet<(&str, Id)> = troubles.iter().map(|(target, id, _)| (*target, id.clone())).collect();
        let jobs: Vec<Job<'_>> = filled.iter().filter_map(|one| self.job(one)).collect();
        let index: HashMap<(&str, &str), &Job<'_>> =
            jobs.iter().map(|job| ((job.writer.target, &*job.profile.id), job)).collect();
        let chosen = self.chosen(&jobs, &filled, &index, &broken);
        let (secrets, failed) = self.run.fetch(&chosen, &index, &mut report);
        // What else reaches the same devices; where two profiles are at odds was said for everybody.
        let (_, shared) = self.run.nodes_twice(&jobs, false, &mut Report::new());
        let mut artifacts = Vec::new();
        for job in chosen.iter().filter(|job| !failed.contains(&job.profile.id)) {
            let (made, said) = self.run.assemble(job, &index, &secrets, &shared);
            report.append(said);
            artifacts.extend(made.unwrap_or_default().into_iter().filter(|artifact| artifact.entry.role != "query"));
        }
        artifacts.sort_by(|a, b| a.entry.path.cmp(&b.entry.path));
        let folder = folder(row.id());
        artifacts.retain(|artifact| !self.kept_from_git(&folder, artifact, &mut report));
        let user = row.id().to_owned();
        let once: BTreeSet<(Id, Trouble)> = troubles.into_iter().map(|(_, id, trouble)| (id, trouble)).collect();
        let troubles = once.into_iter().map(|trouble| (trouble, user.clone())).collect();
        let count = artifacts.len();
        let written = (per_user.write)(&OfPerson { user, folder, artifacts });
        (written.map(|()| count), troubles, report)
    }

    /// All profiles that are sent to a person, and all they refer to, for every target.
    fn of_targets(&self, subject: u32, troubles: &mut Vec<(&'static str, Id, Trouble)>) -> Vec<OfTarget> {
        let mut filled = Vec::new();
        let reaching = self.fleet.reaching(subject as usize);
        let own: HashSet<Id> = reaching.iter().map(|reaching| reaching.profile.id.clone()).collect();
        let mut wanted: Vec<(&Profile, bool, bool)> = reaching.iter().map(|one| (one.profile, true, one.named)).collect();
        let mut known = own;
        while let Some((profile, own, named)) = wanted.pop() {
            for id in referred(profile).filter(|id| known.insert((*id).clone())) {
                wanted.extend(self.profiles.get(&**id).map(|profile| (*profile, false, false)));
            }
            for view in profile.views.iter().filter(|view| !self.run.workspace.console_alone(view.platform.name)) {
                let person = Person {
                    row: self.directory.users.row(subject),
                    devices: &self.devices,
                    directory: self.directory,
                    expressions: self.outside.expressions,
                    files: self.outside.files,
                    server: self.run.workspace.server(view.platform.name),
                    platform: view.platform.name,
                };
                for target in view.platform.targets {
                    match person.profile(profile, view).and_then(|profile| fits(&profile, target).map(|()| profile)) {
                        Ok(profile) => {
                            // What another target of the platform embeds stands by itself here.
                            let beside = targets::embedded_on(view.platform)
                                && targets::writer(target).is_some_and(|writer| !writer.embeds);
                            filled.push(OfTarget { profile, target, own: own || beside, named });
                        }
                        Err(trouble) => troubles.push((target, profile.id.clone(), trouble)),
                    }
                }
            }
        }
        filled.sort_by(|a, b| (a.target, &a.profile.id).cmp(&(b.target, &b.profile.id)));
        filled
    }

    fn job<'p>(&self, one: &'p OfTarget) -> Option<Job<'p>> {
        let profile = &one.profile;
        let view = profile.views.first()?;
        let table = SCHEMAS.table(profile.kind.name, one.target)?;
        let writer = targets::writer(one.target)?;
        let lowered = lower::lower(profile, view, table, writer.by_hand, &self.authorities)?;
        Some(Job { profile, variant: None, view, table, writer, lowered })
    }

    /// The jobs that become artifacts of their own, with all they embed.
    fn chosen<'j, 'p>(
        &self,
        jobs: &'j [Job<'p>],
        filled: &[OfTarget],
        index: &HashMap<(&str, &str), &'j Job<'p>>,
        broken: &HashSet<(&str, Id)>,
    ) -> Vec<&'j Job<'p>> {
        let facts: HashMap<(&str, &str), (bool, bool)> =
            filled.iter().map(|one| ((one.target, &*one.profile.id), (one.own, one.named))).collect();
        let whole = |job: &Job<'_>| {
            let parts = std::iter::once(job).chain(if job.writer.embeds { referred_by(job, index) } else { Vec::new() });
            parts.into_iter().all(|part| {
                part.lowered.references.iter().all(|id| !job.writer.embeds || !broken.contains(&(job.writer.target, id.clone())))
            })
        };
        let own = |job: &Job<'_>| facts.get(&(job.writer.target, &*job.profile.id)).copied().unwrap_or_default();
        let sent: Vec<&Job<'_>> = jobs.iter().filter(|job| own(job).0 && self.run.selected(job)).collect();
        let embedded: HashSet<(&str, &str)> = sent
            .iter()
            .filter(|job| job.writer.embeds)
            .flat_map(|job| referred_by(job, index).into_iter().map(|part| (part.writer.target, &*part.profile.id)))
            .collect();
        let alone = |job: &Job<'_>| own(job).1 || !embedded.contains(&(job.writer.target, &*job.profile.id));
        jobs.iter().filter(|job| own(job).0 && self.run.selected(job) && alone(job) && whole(job)).collect()
    }

    /// Refuses an artifact that holds a secret where git would take it in.
    fn kept_from_git(&self, folder: &str, artifact: &Artifact, report: &mut Report) -> bool {
        let path = format!("users/{folder}/{}", artifact.entry.path);
        if !artifact.entry.contains_secret || !(self.outside.tracked)(&path) {
            return false;
        }
        if let Some(profile) = self.profiles.get(artifact.entry.profile.as_str()) {
            report.push(super::git::in_git(profile));
        }
        true
    }
}

fn referred(profile: &Profile) -> impl Iterator<Item = &Id> {
    let settings = profile.views.iter().flat_map(|view| view.settings.iter().flatten());
    settings.flat_map(|setting| match &setting.value {
        Value::References(ids) => ids.as_slice(),
        _ => &[],
    })
}

/// Whether the functions by hand of a target can write what was filled in: asked here, as `check` asks it of what is written.
fn fits(profile: &Profile, target: &str) -> Result<(), Trouble> {
    let (Some(view), Some(table)) = (profile.views.first(), SCHEMAS.table(profile.kind.name, target)) else { return Ok(()) };
    let Some(writer) = targets::writer(target) else { return Ok(()) };
    match writer
        .by_hand
        .iter()
        .filter(|function| uses(table, writer, function.name))
        .find_map(|function| (function.trouble)(profile, view))
    {
        Some(trouble) => {
            let field = profile.kind.fields.get(trouble.field.index()).map_or("", |field| field.name);
            Err(Trouble::Other(format!("`{field}` does not fit {}", view.platform.title)))
        }
        None => Ok(()),
    }
}

fn uses(table: &Table, writer: &Writer, name: &str) -> bool {
    writer.target == table.target
        && table.answers.iter().any(|answer| match answer {
            Answer::Whole(lowerings) => {
                lowerings.iter().any(|lowering| matches!(lowering.write, Write::ByHand(used) if used == name))
            }
            Answer::Parts(_) => false,
        })
}
