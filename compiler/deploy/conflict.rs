//! The conflict rule between the profiles of one person: who of them is sent, and with which settings.
//!
//! Nothing orders profiles: neither file order, name nor date decides. It does not know who a person is; an audience has one answer.

mod place;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::check::default_value;
use crate::compile::sha256;
use crate::ir::{Id, LeftOut, Origin, Profile, Setting, Value, View};
use crate::schema::{Competes, Field, FieldId, Format, Kind, Mandatory, Presence, Range, Type};

/// What becomes of a profile.
#[derive(Debug, Clone)]
pub struct Fate {
    /// Whose.
    pub profile: Id,
    /// Nothing of it is sent.
    pub failed: bool,
    /// Settings that are not sent.
    pub dropped: BTreeSet<Contested>,
    /// Settings that are sent as their default.
    pub defaulted: BTreeSet<Contested>,
    /// Why, in the order of fields.
    pub because: Vec<Because>,
    /// The profile as it is sent, where that differs from what is written.
    pub changed: Option<Arc<Profile>>,
    /// What stands behind `+` in the names of its artifacts then.
    pub variant: Option<String>,
}

/// What two profiles can have otherwise than each other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Contested {
    /// A field of their kind.
    Field(FieldId),
    /// A key that a device holds once, by its place: `com.apple.dock/tilesize`.
    Key(Arc<str>),
}

impl Contested {
    /// As people call it.
    #[must_use]
    pub fn name(&self, kind: &Kind) -> String {
        match self {
            Contested::Field(id) => kind.fields.get(id.index()).map_or_else(String::new, |field| field.name.to_owned()),
            Contested::Key(place) => place.to_string(),
        }
    }
}

/// Why something became of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Because {
    /// The setting.
    pub what_of: Contested,
    /// What became of it.
    pub what: What,
    /// Where this profile sets it; nothing for a default.
    pub here: Origin,
    /// The profile that has it otherwise, and where; nothing where its condition no longer holds.
    pub other: Option<(Id, Origin)>,
}

/// What a conflict does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// It is sent by none.
    Dropped,
    /// What it depends on is gone.
    Gone,
    /// All send the default.
    Defaulted,
    /// All fail.
    Failed,
}

impl What {
    /// For people and JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            What::Dropped => "dropped",
            What::Gone => "gone",
            What::Defaulted => "defaulted",
            What::Failed => "failed",
        }
    }
}

type Meant = Vec<Option<Setting>>;

/// A profile while it is judged.
struct Judged<'a> {
    profile: &'a Profile,
    /// What is meant, by view.
    views: Vec<Meant>,
    fate: Fate,
}

/// Judges the profiles that reach one person; the answer is in the order of ids.
#[must_use]
pub fn judge(profiles: &[&Profile]) -> Vec<Fate> {
    let mut all: Vec<Judged<'_>> = profiles.iter().map(|profile| Judged::new(profile)).collect();
    all.sort_by(|a, b| a.profile.id.cmp(&b.profile.id));
    // Profiles of different kinds have nothing to do with each other.
    all.sort_by_key(|judged| judged.profile.kind.name);
    for group in all.chunk_by_mut(|a, b| a.profile.kind.name == b.profile.kind.name) {
        let pairs = competing(group);
        match group.first().map(|judged| judged.profile.kind).filter(|_| !pairs.is_empty()) {
            Some(kind) if kind.competes == Competes::ByPlace => place::judge(group, &pairs),
            Some(kind) => kind.numbered().for_each(|(id, field)| one_setting(group, &pairs, kind, id, field)),
            None => {}
        }
    }
    let mut fates: Vec<Fate> = all.into_iter().map(Judged::finish).collect();
    fates.sort_by(|a, b| a.profile.cmp(&b.profile));
    fates
}

/// Two profiles that compete, and the views in which they meet.
struct Pair {
    profiles: (usize, usize),
    views: Vec<(usize, usize)>,
}

fn competing(group: &[Judged<'_>]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (at, a) in group.iter().enumerate() {
        for (other, b) in group.iter().enumerate().skip(at + 1) {
            let views = meeting(a.profile, b.profile);
            if !views.is_empty() {
                pairs.push(Pair { profiles: (at, other), views });
            }
        }
    }
    pairs
}

/// The views in which two profiles meet on a device and compete: by their places.
fn meeting(a: &Profile, b: &Profile) -> Vec<(usize, usize)> {
    let mut views = Vec::new();
    for (at, here) in a.views.iter().enumerate() {
        for (other, there) in b.views.iter().enumerate() {
            let meet = here.platform.name == there.platform.name && overlap(&here.range, &there.range);
            if meet && compete((a, here), (b, there)) {
                views.push((at, other));
            }
        }
    }
    views
}

fn overlap(a: &Range, b: &Range) -> bool {
    a.below.is_none_or(|below| b.from < below) && b.below.is_none_or(|below| a.from < below)
}

fn compete((profile, a): (&Profile, &View), (other, b): (&Profile, &View)) -> bool {
    let kind = profile.kind;
    match kind.competes {
        Competes::Always => true,
        Competes::Never => false,
        // What a user has and what the device has are two places, on systems that tell them apart.
        Competes::ByPlace => profile.scope == other.scope || !a.platform.one_scope.is_empty(),
        Competes::By(name) => kind.field(name).is_some_and(|(id, field)| {
            let value = |view: &View| view.meant.get(id.index()).and_then(Option::as_ref).map(|setting| setting.value.clone());
            matches!((value(a), value(b)), (Some(a), Some(b)) if same(field, &a, &b))
        }),
    }
}

/// In what two profiles would conflict if they reached one person: what they contest, and where each of them has it.
#[must_use]
pub fn differences(a: &Profile, b: &Profile) -> Vec<(Contested, Origin, Origin)> {
    let mut found = BTreeMap::new();
    for (here, there) in meeting(a, b).iter().filter_map(|(here, there)| Some((a.views.get(*here)?, b.views.get(*there)?))) {
        if a.kind.competes == Competes::ByPlace {
            for (key, member, other) in place::otherwise(&place::keys(here), &place::keys(there)) {
                let origins = (Origin::Written(member.key), Origin::Written(other.key));
                found.entry(Contested::Key(Arc::clone(key))).or_insert(origins);
            }
            continue;
        }
        for (id, field) in a.kind.numbered() {
            let setting = |view: &View| view.meant.get(id.index()).cloned().flatten();
            let (Some(here), Some(there)) = (setting(here), setting(there)) else { continue };
            if differ(field, &here, &there) {
                found.entry(Contested::Field(id)).or_insert((here.origin, there.origin));
            }
        }
    }
    found.into_iter().map(|(contested, (here, there))| (contested, here, there)).collect()
}

/// Judges one setting of all profiles that compete.
fn one_setting(group: &mut [Judged<'_>], pairs: &[Pair], kind: &Kind, id: FieldId, field: &'static Field) {
    for judged in &mut *group {
        judged.conditions(kind, id, field);
    }
    // For each profile the first it conflicts with, and where both say so.
    let mut conflicts: Vec<Option<(usize, Origin, Origin)>> = vec![None; group.len()];
    for Pair { profiles: (a, b), views } in pairs {
        let clash = views.iter().find_map(|(here, there)| {
            let (here, there) = (setting(group.get(*a)?, *here, id)?, setting(group.get(*b)?, *there, id)?);
            differ(field, here, there).then_some((here.origin, there.origin))
        });
        let Some((here, there)) = clash else { continue };
        for (at, with) in [(*a, (*b, here, there)), (*b, (*a, there, here))] {
            if let Some(slot) = conflicts.get_mut(at) {
                slot.get_or_insert(with);
            }
        }
    }
    let ids: Vec<Id> = group.iter().map(|judged| judged.profile.id.clone()).collect();
    for (judged, conflict) in group.iter_mut().zip(conflicts) {
        if let Some((other, here, there)) = conflict {
            let other = ids.get(other).map(|other| (other.clone(), there));
            judged.settle(id, field, here, other);
        }
    }
}

fn setting<'a>(judged: &'a Judged<'_>, view: usize, id: FieldId) -> Option<&'a Setting> {
    judged.views.get(view)?.get(id.index())?.as_ref()
}

/// Whether two settings in force conflict. What is optional conflicts only where both profiles write it.
fn differ(field: &Field, a: &Setting, b: &Setting) -> bool {
    let written = |setting: &Setting| matches!(setting.origin, Origin::Written(_));
    (field.mandatory != Mandatory::No || (written(a) && written(b))) && !same(field, &a.value, &b.value)
}

/// Whether two values mean the same: case does not matter in a host name, nor order where certificates are named.
fn same(field: &Field, a: &Value, b: &Value) -> bool {
    match (field.ty, a, b) {
        (Type::Text(Format::Host, _), Value::Text(a), Value::Text(b)) => match (a.as_literal(), b.as_literal()) {
            (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
            _ => a == b,
        },
        (_, Value::References(a), Value::References(b)) => a.iter().collect::<BTreeSet<_>>() == b.iter().collect::<BTreeSet<_>>(),
        _ => a == b,
    }
}

impl<'a> Judged<'a> {
    fn new(profile: &'a Profile) -> Judged<'a> {
        let fate = Fate {
            profile: profile.id.clone(),
            failed: false,
            dropped: BTreeSet::new(),
            defaulted: BTreeSet::new(),
            because: Vec::new(),
            changed: None,
            variant: None,
        };
        Judged { profile, views: profile.views.iter().map(|view| view.meant.to_vec()).collect(), fate }
    }

    /// A setting whose condition no longer holds goes.
    fn conditions(&mut self, kind: &Kind, id: FieldId, field: &Field) {
        let mut gone = None;
        for view in &mut self.views {
            let holds = holds(kind, field, view);
            if let Some(slot) = view.get_mut(id.index())
                && let Some(setting) = slot.take_if(|_| !holds)
            {
                gone.get_or_insert(setting.origin);
            }
        }
        // What nobody wrote is not missed.
        if let Some(here @ Origin::Written(_)) = gone {
            self.fate.dropped.insert(Contested::Field(id));
            self.fate.because.push(Because { what_of: Contested::Field(id), what: What::Gone, here, other: None });
        }
    }

    /// Does what the rule says of a setting in conflict.
    fn settle(&mut self, id: FieldId, field: &'static Field, here: Origin, other: Option<(Id, Origin)>) {
        let default = match (field.mandatory, field.presence) {
            (Mandatory::Default, Presence::Default(literal)) => default_value(field, literal),
            _ => None,
        };
        let what = match (field.mandatory, default) {
            (Mandatory::No, _) => {
                self.put(id, None);
                self.fate.dropped.insert(Contested::Field(id));
                What::Dropped
            }
            (_, Some(value)) => {
                self.put(id, Some(&Setting { value, origin: Origin::Default }));
                self.fate.defaulted.insert(Contested::Field(id));
                What::Defaulted
            }
            (_, None) => {
                self.fate.failed = true;
                What::Failed
            }
        };
        self.fate.because.push(Because { what_of: Contested::Field(id), what, here, other });
    }

    /// Puts another setting into every view that has one.
    fn put(&mut self, id: FieldId, setting: Option<&Setting>) {
        for slot in self.views.iter_mut().filter_map(|view| view.get_mut(id.index())) {
            if slot.is_some() {
                *slot = setting.cloned();
            }
        }
    }

    fn finish(self) -> Fate {
        let Judged { profile, views, mut fate } = self;
        let value = |setting: &Option<Setting>| setting.as_ref().map(|setting| setting.value.clone());
        let changed = profile
            .views
            .iter()
            .zip(&views)
            .any(|(before, now)| before.meant.iter().zip(now).any(|(before, now)| value(before) != value(now)));
        if changed && !fate.failed {
            let views: Vec<Arc<[Option<Setting>]>> = views.into_iter().map(Arc::from).collect();
            let changed = profile.narrowed(&views, &left_out(profile.kind, &fate));
            fate.variant = variant(&changed, &fate);
            fate.changed = Some(Arc::new(changed));
        }
        fate
    }
}

/// The digits behind `+` in the name of a variant: of the fields that a conflict dropped or defaulted, with the platforms where only
/// some dropped it.
fn variant(changed: &Profile, fate: &Fate) -> Option<String> {
    let mut text = String::new();
    for contested in &fate.dropped {
        let meant = |view: &View| match contested {
            Contested::Field(id) => view.meant.get(id.index()).is_some_and(Option::is_some),
            Contested::Key(_) => false,
        };
        let (left, gone): (Vec<&View>, Vec<&View>) = changed.views.iter().partition(|view| meant(view));
        let only = if left.is_empty() { Vec::new() } else { gone.iter().map(|view| view.platform.name).collect() };
        text.push_str(&format!("dropped {} {}\n", contested.name(changed.kind), only.join(" ")));
    }
    for contested in &fate.defaulted {
        text.push_str(&format!("defaulted {}\n", contested.name(changed.kind)));
    }
    sha256(text.as_bytes()).get(..8).map(ToOwned::to_owned)
}

/// What the manifest says of a variant.
fn left_out(kind: &Kind, fate: &Fate) -> Vec<LeftOut> {
    let of = |all: &BTreeSet<Contested>, list: &'static str, reason: &str| -> Vec<LeftOut> {
        all.iter().map(|one| LeftOut { field: one.name(kind).into(), reason: reason.to_owned(), list }).collect()
    };
    let mut all = of(&fate.dropped, "skipped", "another profile of the same users has it otherwise");
    all.extend(of(&fate.defaulted, "approximated", "the default: another profile of the same users has it otherwise"));
    all
}

/// Whether the conditions of a field hold in a view.
fn holds(kind: &Kind, field: &Field, view: &Meant) -> bool {
    let setting = |name: &str| {
        let (id, field) = kind.field(name)?;
        Some((field, view.get(id.index())?.as_ref()?))
    };
    let chosen = |name: &str| match setting(name) {
        Some((field, Setting { value: Value::Choice(index, _), .. })) => {
            field.choices().get(usize::from(*index)).map(|choice| choice.name)
        }
        _ => None,
    };
    field.only_when.iter().all(|when| chosen(when.field).is_some_and(|choice| when.is.contains(&choice)))
        && (field.only_with.is_empty() || setting(field.only_with).is_some())
}
