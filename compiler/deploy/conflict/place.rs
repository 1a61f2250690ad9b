//! Keys that a device holds once, in payloads and declarations: profiles conflict place by place.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Because, Contested, Judged, Pair, What};
use crate::ir::{Id, InConflict, Member, Origin, View};

/// A key of a profile and its first rival: what a conflict does to it, where it stands, whose the rival is and where.
type Clash = (InConflict, Origin, (usize, Origin));

/// Judges all keys that a device holds once. A key that others of its payload ask for is one that fails: none is judged again.
pub(super) fn judge(group: &mut [Judged<'_>], pairs: &[Pair]) {
    let mut clashes: Vec<BTreeMap<Arc<str>, Clash>> = vec![BTreeMap::new(); group.len()];
    let all: Vec<Vec<Keys<'_>>> = group.iter().map(|judged| judged.profile.views.iter().map(keys).collect()).collect();
    let of = |profile: usize, view: usize| all.get(profile)?.get(view);
    for Pair { profiles: (a, b), views } in pairs {
        for (ours, theirs) in views.iter().filter_map(|(here, there)| Some((of(*a, *here)?, of(*b, *there)?))) {
            for (place, member, other) in otherwise(ours, theirs) {
                let (here, there) = (Origin::Written(member.key), Origin::Written(other.key));
                for (at, clash) in [(*a, (member.conflict, here, (*b, there))), (*b, (other.conflict, there, (*a, here)))] {
                    if let Some(clashes) = clashes.get_mut(at) {
                        clashes.entry(Arc::clone(place)).or_insert(clash);
                    }
                }
            }
        }
    }
    let ids: Vec<Id> = group.iter().map(|judged| judged.profile.id.clone()).collect();
    for (judged, clashes) in group.iter_mut().zip(clashes) {
        for (place, (conflict, here, (other, there))) in clashes {
            judged.settle_key(&place, conflict, here, ids.get(other).map(|other| (other.clone(), there)));
        }
    }
}

/// The keys of a view that a device holds once, by place; a profile may write one in several payloads.
pub(super) type Keys<'a> = BTreeMap<Arc<str>, Vec<&'a Member>>;

/// The places that both have, and the first two keys there that differ.
pub(super) fn otherwise<'k, 'a>(
    ours: &'k Keys<'a>,
    theirs: &'k Keys<'a>,
) -> impl Iterator<Item = (&'k Arc<str>, &'a Member, &'a Member)> {
    let both = ours.iter().filter_map(|(place, members)| Some((place, members, theirs.get(place)?)));
    both.filter_map(|(place, members, others)| {
        let mut pairs = members.iter().flat_map(|member| others.iter().map(move |other| (*member, *other)));
        pairs.find(|(member, other)| !member.tree.means(&other.tree)).map(|(member, other)| (place, member, other))
    })
}

pub(super) fn keys(view: &View) -> Keys<'_> {
    let members = view.items().flat_map(|item| item.members.iter().map(move |member| (item, member)));
    let mut keys = Keys::new();
    for (item, member) in members.filter(|(_, member)| member.conflict != InConflict::Kept) {
        keys.entry(item.place(member).into()).or_default().push(member);
    }
    keys
}

impl Judged<'_> {
    /// Does what the rule says of a key in conflict.
    fn settle_key(&mut self, place: &Arc<str>, conflict: InConflict, here: Origin, other: Option<(Id, Origin)>) {
        let contested = Contested::Key(Arc::clone(place));
        let what = if conflict == InConflict::Fails {
            self.fate.failed = true;
            What::Failed
        } else {
            for setting in self.views.iter_mut().flat_map(|view| view.iter_mut().flatten()) {
                setting.value = setting.value.without(&|key| *key == **place);
            }
            self.fate.dropped.insert(contested.clone());
            What::Dropped
        };
        self.fate.because.push(Because { what_of: contested, what, here, other });
    }
}
