//! What was reported, one finding for each profile of each person or device: the newest, whatever form it came in.

use std::collections::HashMap;

use super::scene::{Scene, Whom};
use super::{Finding, State};

/// One finding.
#[derive(Debug, Clone, Copy)]
struct Slot {
    /// Seconds since 1970.
    at: i64,
    finding: u32,
}

/// All that was reported. Memory grows with the people and devices, not with the reports.
pub struct Reports<'s, 'a> {
    /// What reports are compared with.
    pub scene: &'s Scene<'a>,
    /// When they are judged, in seconds since 1970: nothing is reported after it.
    pub now: i64,
    slots: HashMap<(Whom, u32), Slot>,
    findings: Vec<Finding>,
    known: HashMap<Finding, u32>,
    /// How many reports were used.
    pub used: u64,
}

impl<'s, 'a> Reports<'s, 'a> {
    /// Nothing yet, as of a moment in seconds since 1970.
    #[must_use]
    pub fn new(scene: &'s Scene<'a>, now: i64) -> Reports<'s, 'a> {
        Reports { scene, now, slots: HashMap::new(), findings: Vec::new(), known: HashMap::new(), used: 0 }
    }

    /// Whom these names mean; a device that is not known stands for its user.
    #[must_use]
    pub fn whom(&self, user: Option<&str>, device: Option<&str>) -> Option<Whom> {
        let by_device = device.and_then(|name| self.scene.device(name)).map(Whom::Device);
        by_device.or_else(|| user.and_then(|name| self.scene.directory.users.find(name)).map(Whom::User))
    }

    /// Takes a finding in. The newest counts; one without a time is of the moment of the evaluation. Of equally new ones that which says more
    /// counts, and of those that say as much the worse: no order of lines or files decides.
    pub fn take(&mut self, whom: Whom, profile: usize, at: Option<i64>, finding: Finding) {
        self.used += 1;
        let at = at.unwrap_or(self.now);
        let key = (whom, u32::try_from(profile).unwrap_or(u32::MAX));
        if let Some(old) = self.slots.get(&key) {
            let before = self.findings.get(old.finding as usize);
            let weight = |finding: &Finding| (known(finding.state), finding.state);
            if at < old.at || (at == old.at && before.is_some_and(|before| weight(&finding) < weight(before))) {
                return;
            }
        }
        let place = match self.known.get(&finding) {
            Some(place) => *place,
            None => {
                let place = u32::try_from(self.findings.len()).unwrap_or(u32::MAX);
                self.findings.push(finding.clone());
                self.known.insert(finding, place);
                place
            }
        };
        self.slots.insert(key, Slot { at, finding: place });
    }

    /// What was found.
    #[must_use]
    pub fn get(&self, whom: Whom, profile: usize) -> Option<&Finding> {
        let slot = self.slots.get(&(whom, u32::try_from(profile).ok()?))?;
        self.findings.get(slot.finding as usize)
    }
}

/// How much a state says: that something is there is no news where its content was judged.
fn known(state: State) -> u8 {
    match state {
        State::Unknown => 0,
        State::Present => 1,
        State::NotApplicable | State::Compliant | State::NonCompliant | State::Error => 2,
    }
}
