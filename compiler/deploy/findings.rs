//! What is worth saying of who gets what: certificates that do not reach, one address for many, conflicts, empty attributes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::conflict::{Contested, What, differences};
use super::directory::{Row, Sort};
use super::document::Named;
use super::fleet::{Deployed, Fleet};
use super::people::People;
use crate::check::list;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::ir::{Id, Origin, Profile, Setting, Value};
use crate::schema::{Field, Format, Type};
use crate::source::{Sources, Span};

/// For a profile the certificates that must be on a device by themselves before it works there, and where it names them.
pub type Needs = HashMap<Id, Vec<(Id, Span)>>;

/// Says everything, for a build that all share or a `personal` one; returns the ids of deployments that have an error now.
pub fn say(fleet: &Fleet, needs: &Needs, personal: bool, sources: &Sources, report: &mut Report) -> Vec<Id> {
    let mut failed = Vec::new();
    for (at, profile) in fleet.profiles.iter().enumerate() {
        for (certificate, span) in needs.get(&profile.id).into_iter().flatten() {
            failed.extend(does_not_reach(fleet, at, (certificate, *span), sources, report));
        }
        if let Some(said) = first(fleet, at).and_then(|(_, named)| one_for_many(fleet, at, named)) {
            report.push(said);
            let of = fleet.deployments.iter().filter(|other| other.profiles.contains(&at) || other.with.contains(&at));
            failed.extend(of.map(|deployed| deployed.document.id.clone()));
        }
    }
    for deployed in &fleet.deployments {
        let unused = delays_nothing(fleet, deployed);
        failed.extend(unused.is_some().then(|| deployed.document.id.clone()));
        report.extend(unused);
    }
    match fleet.people {
        People::Known(_) => {
            conflicts(fleet, report);
            // A build for single people says what it cannot fill in.
            if !personal {
                empty_attributes(fleet, report);
            }
        }
        People::Unknown => possible_conflicts(fleet, report),
        People::Broken => {}
    }
    failed
}

/// The kind whose profiles make devices ask for a certificate.
const REQUESTS: &str = "scep_certificate";

/// A random delay is one of certificate requests.
fn delays_nothing(fleet: &Fleet, deployed: &Deployed) -> Option<Diagnostic> {
    let (_, span) = deployed.document.random_delay?;
    let mut profiles = deployed.profiles.iter().chain(&deployed.with).filter_map(|at| fleet.profiles.get(*at));
    if profiles.any(|profile| profile.kind.name == REQUESTS) {
        return None;
    }
    let message = format!("`random_delay` delays certificate requests, and `{}` deploys none", deployed.document.id);
    let diagnostic = Diagnostic::new(Code::E0953, span, message).label("delays nothing");
    Some(diagnostic.help("remove `random_delay`, or deploy a `scep_certificate` with it"))
}

/// The first deployment of a profile, and where it names it.
fn first(fleet: &Fleet, profile: usize) -> Option<(&Deployed, &Named)> {
    fleet.deployments.iter().find_map(|deployed| {
        let at = deployed.profiles.iter().position(|named| *named == profile)?;
        Some((deployed, deployed.document.profiles.get(at)?))
    })
}

/// Some of a set of people: how many there are, and the first ones.
struct Group {
    count: usize,
    first: Vec<String>,
}

impl Fleet {
    /// The people of these audiences.
    fn people_of(&self, audiences: &BTreeSet<usize>) -> Group {
        let count = audiences.iter().filter_map(|at| self.audiences.all.get(*at)).map(|audience| audience.count).sum();
        let inside = |subject: &usize| self.audiences.audience(*subject).is_some_and(|at| audiences.contains(&at));
        let names = (0..self.subjects.len()).filter(inside).filter_map(|subject| self.called(subject));
        Group { count, first: names.take(3).collect() }
    }

    fn called(&self, subject: usize) -> Option<String> {
        self.subjects.row(subject, self.directory()?).map(|(_, row)| row.id().to_owned())
    }

    /// Whether a deployment reaches somebody of these audiences.
    fn reaches(&self, deployed: &Deployed, audiences: &BTreeSet<usize>) -> bool {
        let mut classes = self.audiences.classes.iter().filter(|class| class.collections.contains(deployed.reach));
        classes.any(|class| class.audience.is_some_and(|at| audiences.contains(&at)))
    }

    /// The audiences that get a profile.
    fn audiences_of(&self, profile: usize) -> BTreeSet<usize> {
        let all = self.audiences.all.iter().enumerate();
        all.filter(|(_, audience)| audience.profiles.contains(profile)).map(|(at, _)| at).collect()
    }
}

impl Group {
    /// `1 user`, `3 users`.
    fn who(&self) -> String {
        if self.count == 1 { "1 user".to_owned() } else { format!("{} users", self.count) }
    }

    /// `1 user who gets`, `3 users who get`.
    fn who_get(&self) -> String {
        format!("{} who get{}", self.who(), if self.count == 1 { "s" } else { "" })
    }

    fn named(&self) -> String {
        let first = list(self.first.iter().map(String::as_str));
        if self.count > self.first.len() { format!("the first are {first}") } else { format!("without it: {first}") }
    }
}

/// A certificate that does not reach everybody who gets what needs it; the deployments that send it to people without.
fn does_not_reach(fleet: &Fleet, at: usize, (certificate, span): (&Id, Span), sources: &Sources, report: &mut Report) -> Vec<Id> {
    let place = fleet.profile(certificate);
    let Some(profile) = fleet.profiles.get(at) else { return Vec::new() };
    let (message, note, missing) = match &fleet.people {
        People::Broken => return Vec::new(),
        // Who is where is not known; that it is deployed to nobody is.
        People::Unknown if place.is_some() => return Vec::new(),
        People::Unknown => (format!("`{}` needs `{certificate}`, which no deployment sends", profile.id), None, None),
        People::Known(_) => {
            let reached = fleet.audiences_of(at);
            let missing: BTreeSet<usize> = match place {
                Some(place) => reached.difference(&fleet.audiences_of(place)).copied().collect(),
                None => reached,
            };
            if missing.is_empty() {
                return Vec::new();
            }
            let people = fleet.people_of(&missing);
            let message = format!("`{}` needs `{certificate}`, which does not reach {} it", profile.id, people.who_get());
            (message, Some(people.named()), Some(missing))
        }
    };
    let sends = |deployed: &&Deployed| deployed.profiles.contains(&at);
    let misses = |deployed: &&Deployed| missing.as_ref().is_none_or(|missing| fleet.reaches(deployed, missing));
    let blamed: Vec<&Deployed> = fleet.deployments.iter().filter(sends).filter(misses).collect();
    let named = |deployed: &&'_ Deployed| {
        let at = deployed.profiles.iter().position(|named| *named == at)?;
        deployed.document.profiles.get(at).map(|named| named.span)
    };
    let Some((first, at)) = blamed.first().and_then(|first| Some((*first, named(first)?))) else { return Vec::new() };
    let mut diagnostic = Diagnostic::new(Code::E0909, at, message).label("deployed without what it needs");
    diagnostic = diagnostic.also(span, "needs it here").help(format!(
        "write `with_dependencies: true` in this deployment, or deploy `{certificate}` to a collection that holds all of them"
    ));
    for other in blamed.iter().skip(1).filter_map(named) {
        diagnostic = diagnostic.also(other, "without it here, too");
    }
    if let Some(note) = note {
        diagnostic = diagnostic.note(note);
    }
    report.push(with_dependencies(diagnostic, first, sources));
    blamed.iter().map(|deployed| deployed.document.id.clone()).collect()
}

/// Writes the word on a line of its own behind the id, where the document is written line by line.
fn with_dependencies(diagnostic: Diagnostic, deployed: &Deployed, sources: &Sources) -> Diagnostic {
    let id = deployed.document.span;
    let before = sources.get(id.source).and_then(|source| source.text.get(..id.from())).unwrap_or_default();
    let own_line = before.rsplit('\n').next().unwrap_or_default().trim_end() == "id:";
    if !own_line || deployed.document.with_dependencies || !deployed.with.is_empty() {
        return diagnostic;
    }
    diagnostic.fix("write `with_dependencies: true`", Span { start: id.end, ..id }, "\nwith_dependencies: true")
}

/// Whether a setting is the same address or login for everybody.
fn literal(field: &Field, setting: &Setting) -> bool {
    let Value::Choice(index, Some(text)) = &setting.value else { return false };
    if text.as_literal().is_none() {
        return false;
    }
    let holds = field.choices().get(usize::from(*index)).and_then(|choice| choice.holds);
    matches!(field.ty, Type::Choice(_)) && matches!(holds, Some(Format::Email | Format::Login))
}

/// A literal address or login that more than one user would get.
fn one_for_many(fleet: &Fleet, at: usize, named: &Named) -> Option<Diagnostic> {
    let profile = fleet.profiles.get(at)?;
    let (field, span) = profile.kind.numbered().find_map(|(id, field)| {
        let mut settings = profile.views.iter().filter_map(|view| view.meant.get(id.index())?.as_ref());
        let setting = settings.find(|setting| literal(field, setting))?;
        Some((field, setting.origin.span().unwrap_or(profile.spans.id)))
    })?;
    let directory = fleet.directory()?;
    let reached = fleet.audiences_of(at);
    // A device without an owner that is of another platform gets nothing of it.
    let gets = |subject: &usize| {
        let inside = fleet.audiences.audience(*subject).is_some_and(|at| reached.contains(&at));
        let of_its_platform =
            |row: Row<'_>| profile.views.iter().any(|view| row.value("platform").eq_ignore_ascii_case(view.platform.name));
        let row = if inside { fleet.subjects.row(*subject, directory) } else { None };
        row.is_some_and(|(sort, row)| sort == Sort::Users || of_its_platform(row))
    };
    let mut subjects = (0..fleet.subjects.len()).filter(gets);
    let first: Vec<String> = subjects.by_ref().take(3).filter_map(|subject| fleet.called(subject)).collect();
    let people = Group { count: first.len() + subjects.count(), first };
    if people.count < 2 {
        return None;
    }
    let message = format!("{} would get the same `{}`", people.who(), field.name);
    let diagnostic = Diagnostic::new(Code::E0910, named.span, message).label("deployed to more than one user");
    let first = list(people.first.iter().map(String::as_str));
    Some(
        diagnostic
            .also(span, "the same for everybody")
            .help("deploy it to a collection of one, or take the value from each user")
            .note(format!("the first are {first}")),
    )
}

/// One conflict: between which profiles, in which setting, with which outcome.
type Key = (Id, Id, Contested, &'static str);

/// Says each conflict once, with how many people it concerns.
fn conflicts(fleet: &Fleet, report: &mut Report) {
    let mut found: BTreeMap<Key, (BTreeSet<usize>, Origin, Origin, What)> = BTreeMap::new();
    for (at, audience) in fleet.audiences.all.iter().enumerate() {
        for (fate, because) in audience.fates.iter().flat_map(|fate| fate.because.iter().map(move |because| (fate, because))) {
            let Some((other, there)) = &because.other else { continue };
            let own = (fate.profile.clone(), because.here);
            let pair = if fate.profile < *other { (own, (other.clone(), *there)) } else { ((other.clone(), *there), own) };
            let key = (pair.0.0, pair.1.0, because.what_of.clone(), because.what.name());
            found.entry(key).or_insert_with(|| (BTreeSet::new(), pair.0.1, pair.1.1, because.what)).0.insert(at);
        }
    }
    for ((a, b, contested, _), (audiences, here, there, what)) in found {
        let (Some(first), Some(second)) = (profile(fleet, &a), profile(fleet, &b)) else { continue };
        let name = contested.name(first.kind);
        let people = fleet.people_of(&audiences);
        let (code, outcome) = match what {
            What::Failed => (Code::W0913, "so neither is sent to"),
            What::Dropped | What::Gone => (Code::W0912, "so it is not sent to"),
            What::Defaulted => (Code::W0912, "so its default is sent to"),
        };
        let message = format!("`{a}` and `{b}` differ in `{name}`, {outcome} {} both", people.who_get());
        let diagnostic = Diagnostic::new(code, here.span().unwrap_or(first.spans.id), message).label(said(here, &a));
        let diagnostic = diagnostic.also(there.span().unwrap_or(second.spans.id), said(there, &b));
        let names = list(people.first.iter().map(String::as_str));
        let note =
            if people.count > people.first.len() { format!("the first are {names}") } else { format!("these are {names}") };
        report.push(diagnostic.note(note).help("give both the same value, or take these users out of one of the collections"));
    }
}

fn said(origin: Origin, id: &Id) -> String {
    match origin {
        Origin::Written(_) => format!("of `{id}`"),
        Origin::Default | Origin::Implied(_) | Origin::Table => format!("`{id}` has the default"),
    }
}

fn profile<'a>(fleet: &'a Fleet, id: &str) -> Option<&'a Profile> {
    fleet.profiles.get(fleet.profile(id)?)
}

/// Without a directory nobody knows who gets both of two profiles: said where it would matter.
fn possible_conflicts(fleet: &Fleet, report: &mut Report) {
    for (at, a) in fleet.profiles.iter().enumerate() {
        for (next, b) in fleet.profiles.iter().enumerate().skip(at + 1).filter(|(_, b)| b.kind.name == a.kind.name) {
            let differences = if may_meet(fleet, at, next) { differences(a, b) } else { Vec::new() };
            let Some((_, here, there)) = differences.first() else { continue };
            let names: Vec<String> = differences.iter().map(|(contested, ..)| contested.name(a.kind)).collect();
            let named = list(names.iter().map(String::as_str));
            let message = format!("`{}` and `{}` may reach one user, and differ in {named}", a.id, b.id);
            let diagnostic = Diagnostic::new(Code::W0914, here.span().unwrap_or(a.spans.id), message).label(said(*here, &a.id));
            report.push(
                diagnostic
                    .also(there.span().unwrap_or(b.spans.id), said(*there, &b.id))
                    .help("name a `directory` in payloadc.yaml to have it decided, or exclude one collection from the other"),
            );
        }
    }
}

/// Whether some deployment of each may reach one person: unless one collection excludes the other, it may.
fn may_meet(fleet: &Fleet, a: usize, b: usize) -> bool {
    let of = |profile: usize| {
        let deployed = fleet.deployments.iter().filter(move |it| it.profiles.contains(&profile) || it.with.contains(&profile));
        deployed.filter_map(|deployed| fleet.collections.get(deployed.collection))
    };
    of(a).any(|one| of(b).any(|other| !one.excluded.contains(&other.id) && !other.excluded.contains(&one.id)))
}

/// Attributes that profiles hold and that some who get them do not have: each once, with a count.
fn empty_attributes(fleet: &Fleet, report: &mut Report) {
    let Some(directory) = fleet.directory() else { return };
    // The first profile that holds it, and better one that says so than one that does by default.
    let mut held: BTreeMap<&str, (usize, Option<Span>)> = BTreeMap::new();
    for (at, profile) in fleet.profiles.iter().enumerate() {
        for setting in profile.views.iter().flat_map(|view| view.meant.iter().flatten()) {
            for attribute in setting.value.texts().into_iter().flat_map(crate::ir::Text::attributes) {
                let (first, written) = held.entry(attribute).or_insert((at, None));
                if let (None, Some(span)) = (&written, setting.origin.span()) {
                    (*first, *written) = (at, Some(span));
                }
            }
        }
    }
    for (attribute, (at, span)) in held {
        let Some(name) = super::personal::column(attribute) else { continue };
        let Some(profile) = fleet.profiles.get(at) else { continue };
        let reached: BTreeSet<usize> = fleet.audiences_of(at);
        let lacks = |subject: &usize| {
            let reached = fleet.audiences.audience(*subject).is_some_and(|audience| reached.contains(&audience));
            let row = fleet.subjects.row(*subject, directory).filter(|(sort, _)| *sort == Sort::Users);
            reached && row.is_some_and(|(_, row)| row.value(name).is_empty())
        };
        let mut without = (0..fleet.subjects.len()).filter(lacks);
        let first: Vec<String> = without.by_ref().take(3).filter_map(|subject| fleet.called(subject)).collect();
        let people = Group { count: first.len() + without.count(), first };
        if people.count == 0 {
            continue;
        }
        let (who, id) = (people.who_get(), &profile.id);
        let (message, help) = if directory.users.column(name).is_some() {
            let help = "fill the attribute in the directory, or deploy to a collection of those who have it".to_owned();
            (format!("`{attribute}` is empty for {who} `{id}`"), help)
        } else {
            let message = format!("the directory has no column for `{attribute}`, and {who} `{id}` would have it empty");
            (message, format!("give the directory a column `{name}`"))
        };
        let diagnostic = Diagnostic::new(Code::W0915, span.unwrap_or(profile.spans.id), message).label("filled in for each user");
        report.push(diagnostic.help(help).note(people.named()));
    }
}
