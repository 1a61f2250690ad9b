//! How much the tables hold.

use std::collections::BTreeSet;

use super::{Catalog, Nodes};

/// How much the tables hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Census {
    /// Apple's.
    pub apple: AppleCensus,
    /// Microsoft's.
    pub windows: WindowsCensus,
}

/// How much Apple's tables hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppleCensus {
    /// Payload types, variants not counted.
    pub payload_types: usize,
    /// Their keys, with those of the profile and those that all payloads have, members of arrays counted.
    pub payload_keys: usize,
    /// Declaration types, with what all declarations have.
    pub declaration_types: usize,
    /// Their keys, with those of credential data.
    pub declaration_keys: usize,
}

/// How much Microsoft's table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowsCensus {
    /// CSPs of the current files.
    pub csps: usize,
    /// Areas of the Policy CSP.
    pub policy_areas: usize,
    /// Nodes of the current files.
    pub nodes: usize,
    /// Those without nodes below them that take Add or Replace.
    pub writable_leaves: usize,
    /// CSPs that only older files have: those of the last set of them.
    pub v1_only_csps: usize,
    /// CSPs that only sets before that one have.
    pub withdrawn_csps: usize,
}

/// Releases before DDF v2.
const OLD: &str = "v1-";

impl Catalog {
    /// Counts what the vendors' files hold: keys that the overlay adds are not among it.
    #[must_use]
    pub fn census(&'static self) -> Census {
        let keys = |text: &str| text.lines().filter(|line| line.starts_with('\t')).count();
        let declarations = self.declaration_names().count();
        let apple = AppleCensus {
            payload_types: self.payload_names().count(),
            payload_keys: keys(self.payloads.text),
            declaration_types: declarations + usize::from(self.declaration("*").is_some()),
            declaration_keys: keys(self.declarations.text),
        };
        let (old, new): (Vec<Nodes>, Vec<Nodes>) = self.nodes.uncorrected().partition(|section| section.release.starts_with(OLD));
        let (areas, csps): (Vec<Nodes>, Vec<Nodes>) = new.into_iter().partition(|section| area(section.root).is_some());
        let names: BTreeSet<&str> = csps.iter().filter_map(|section| csp(section.root)).collect();
        let nodes = || areas.iter().chain(&csps).flat_map(|section| &section.nodes);
        let last = old.iter().map(|section| section.release).max().unwrap_or_default();
        let (older, before): (Vec<&Nodes>, Vec<&Nodes>) = old.iter().partition(|section| section.release == last);
        let of = |sections: &[&Nodes]| sections.iter().filter_map(|section| csp(section.root)).collect::<BTreeSet<_>>();
        let (older, before) = (of(&older), of(&before));
        let windows = WindowsCensus {
            policy_areas: areas.iter().filter_map(|section| area(section.root)).collect::<BTreeSet<_>>().len(),
            nodes: nodes().count(),
            writable_leaves: nodes().filter(|node| node.is_setting()).count(),
            v1_only_csps: older.difference(&names).count(),
            withdrawn_csps: before.iter().filter(|name| !names.contains(*name) && !older.contains(*name)).count(),
            csps: names.len(),
        };
        Census { apple, windows }
    }
}

/// The policy area whose root a path is.
#[must_use]
pub fn area(root: &str) -> Option<&str> {
    root.split_once("/Policy/Config/").map(|(_, area)| area)
}

/// The CSP whose root a path is.
#[must_use]
pub fn csp(root: &str) -> Option<&str> {
    root.rsplit_once('/').map(|(_, name)| name)
}
