//! Audiences: people who receive the same profiles. The conflict rule is asked once for each of them.
//!
//! Everybody has a sum of the numbers of the deployed collections they are in; who has the same sum is in the same ones. That costs a
//! step for each member of a distinct collection, whatever the number of deployments, and does not depend on any order.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use fixedbitset::FixedBitSet;
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

use super::conflict::{Fate, judge};
use crate::ir::Profile;
use crate::schema::Competes;

/// People who receive the same profiles.
#[derive(Debug)]
pub struct Audience {
    /// How many.
    pub count: usize,
    /// Places of the deployments through which the profiles come; of several people perhaps through different ones.
    pub deployments: FixedBitSet,
    /// Places of the profiles.
    pub profiles: FixedBitSet,
    /// What the conflict rule says, for those that compete.
    pub fates: Arc<Vec<Fate>>,
}

/// People who are in the same deployed collections.
#[derive(Debug, Clone)]
pub struct Class {
    /// How many.
    pub count: usize,
    /// Places of the collections among the deployed ones.
    pub collections: FixedBitSet,
    /// Their audience; nothing for those whom no deployment reaches.
    pub audience: Option<usize>,
}

/// Everybody, sorted.
#[derive(Debug, Default)]
pub struct Audiences {
    /// In the order of the profiles' places.
    pub all: Vec<Audience>,
    /// The classes.
    pub classes: Vec<Class>,
    /// For each subject its class.
    of: Vec<u32>,
}

/// A deployment, as far as audiences are concerned.
pub struct Reach {
    /// The place of its collection among the deployed ones.
    pub collection: usize,
    /// Places of its profiles.
    pub profiles: Vec<usize>,
}

/// What comes together for one set of profiles.
#[derive(Default)]
struct Gathered {
    count: usize,
    deployments: FixedBitSet,
    classes: Vec<usize>,
}

impl Audiences {
    /// Sorts everybody. `collections` are the deployed ones, as subjects; `profiles` all deployed profiles, by id.
    #[must_use]
    pub fn of(subjects: usize, collections: &[FixedBitSet], reaches: &[Reach], profiles: &[&Profile]) -> Audiences {
        let (mut classes, of) = split(subjects, collections);
        let mut by_profiles: HashMap<FixedBitSet, Gathered> = HashMap::new();
        for (at, class) in classes.iter().enumerate() {
            let mut received = FixedBitSet::with_capacity(profiles.len());
            let mut deployments = FixedBitSet::with_capacity(reaches.len());
            for (deployment, reach) in
                reaches.iter().enumerate().filter(|(_, reach)| class.collections.contains(reach.collection))
            {
                deployments.insert(deployment);
                reach.profiles.iter().for_each(|profile| received.insert(*profile));
            }
            if !received.is_clear() {
                let gathered = by_profiles.entry(received).or_default();
                gathered.count += class.count;
                gathered.deployments.union_with(&deployments);
                gathered.classes.push(at);
            }
        }
        let fates = fates(by_profiles.keys(), profiles);
        let mut sorted: Vec<(FixedBitSet, Gathered)> = by_profiles.into_iter().collect();
        sorted.sort_by(|(a, _), (b, _)| a.ones().cmp(b.ones()));
        let mut all = Vec::with_capacity(sorted.len());
        for (profiles, Gathered { count, deployments, classes: members }) in sorted {
            for class in members {
                if let Some(class) = classes.get_mut(class) {
                    class.audience = Some(all.len());
                }
            }
            let fates = fates.get(&profiles).cloned().unwrap_or_default();
            all.push(Audience { count, deployments, profiles, fates });
        }
        Audiences { all, classes, of }
    }

    /// The audience of a subject.
    #[must_use]
    pub fn audience(&self, subject: usize) -> Option<usize> {
        self.class(subject)?.audience
    }

    /// The class of a subject.
    #[must_use]
    pub fn class(&self, subject: usize) -> Option<&Class> {
        self.classes.get(*self.of.get(subject)? as usize)
    }

    /// How many of each audience are in one of the deployed collections.
    #[must_use]
    pub fn within(&self, collection: usize) -> BTreeMap<usize, usize> {
        let mut counts = BTreeMap::new();
        for class in self.classes.iter().filter(|class| class.collections.contains(collection)) {
            if let Some(audience) = class.audience {
                *counts.entry(audience).or_insert(0) += class.count;
            }
        }
        counts
    }
}

/// The number of a collection: of 128 bits, so that no two sums are equal by chance.
fn number(collection: usize) -> u128 {
    let digest = Sha256::digest(collection.to_le_bytes());
    digest.iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte))
}

/// Everybody by the collections they are in, in the order in which a class is first met.
fn split(subjects: usize, collections: &[FixedBitSet]) -> (Vec<Class>, Vec<u32>) {
    let mut sums = vec![0_u128; subjects];
    for (at, members) in collections.iter().enumerate() {
        let number = number(at);
        for member in members.ones() {
            if let Some(sum) = sums.get_mut(member) {
                *sum = sum.wrapping_add(number);
            }
        }
    }
    let mut classes: Vec<Class> = Vec::new();
    let mut known: HashMap<u128, u32> = HashMap::new();
    let of = sums.iter().enumerate().map(|(subject, sum)| {
        let class = *known.entry(*sum).or_insert_with(|| {
            let inside = collections.iter().enumerate().filter(|(_, members)| members.contains(subject)).map(|(at, _)| at);
            let mut set = FixedBitSet::with_capacity(collections.len());
            inside.for_each(|at| set.insert(at));
            classes.push(Class { count: 0, collections: set, audience: None });
            u32::try_from(classes.len() - 1).unwrap_or(u32::MAX)
        });
        if let Some(class) = classes.get_mut(class as usize) {
            class.count += 1;
        }
        class
    });
    let of = of.collect();
    (classes, of)
}

/// What the conflict rule says for each set of profiles. Only those that can compete matter, so few sets are judged.
fn fates<'a>(sets: impl Iterator<Item = &'a FixedBitSet>, profiles: &[&Profile]) -> HashMap<FixedBitSet, Arc<Vec<Fate>>> {
    let mut competing = FixedBitSet::with_capacity(profiles.len());
    let all = profiles.iter().enumerate();
    all.filter(|(_, profile)| profile.kind.competes != Competes::Never).for_each(|(at, _)| competing.insert(at));
    let matter: Vec<(&FixedBitSet, FixedBitSet)> = sets.map(|set| (set, set & &competing)).collect();
    let distinct: HashSet<&FixedBitSet> = matter.iter().map(|(_, part)| part).collect();
    let judged: HashMap<&FixedBitSet, Arc<Vec<Fate>>> = distinct
        .into_par_iter()
        .map(|part| {
            let together: Vec<&Profile> = part.ones().filter_map(|at| profiles.get(at).copied()).collect();
            (part, Arc::new(judge(&together)))
        })
        .collect();
    matter.iter().filter_map(|(set, part)| Some(((*set).clone(), Arc::clone(judged.get(part)?)))).collect()
}
