//! Vendor facts: every Apple payload, declaration and key, every Windows CSP node, and what corrects them.
//!
//! It answers "does this place exist, of which type, since when, and with which verbs?" and knows nothing of kinds and
//! profiles. The tables are text; a section of one (a payload type, a CSP) is read when it is first asked for, so that a
//! run pays only for what it uses. Reading and writing files is no business of this room.

mod apple;
mod census;
mod find;
mod overlay;
mod read;
mod table;
mod windows;

pub use apple::{Bounds, Key, KeyType, OS, Os, Payload, Refers, Support, Words};
pub use census::{AppleCensus, Census, WindowsCensus, area, csp};
pub use find::{Near, Spot};
pub use overlay::{Correction, Demand, Overlay, Rule};
pub use table::{Mistake, Row, Section, Table, sections};
pub use windows::{Access, Admx, Allowed, Condition, Dependency, Meaning, Naming, Node, NodeFormat, Nodes, Occurrence, Reboot};

use crate::schema::Version;

/// The tables of one run: those that are built in, or those of a workspace.
#[derive(Debug)]
pub struct Catalog {
    /// Profile payloads; `Configuration` is the profile itself, `*` holds the keys of every payload.
    pub(crate) payloads: Table<Payload>,
    /// Declarations, and the data formats of credential assets; `*` is what every declaration has.
    pub(crate) declarations: Table<Payload>,
    /// CSP nodes, a section for each root.
    pub(crate) nodes: Table<Nodes>,
    /// What corrects them.
    pub overlay: &'static Overlay,
}

/// Since when, and until when. No `introduced`: not on that system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Availability {
    /// First version.
    pub introduced: Option<Version>,
    /// From here on, something else is meant to be used.
    pub deprecated: Option<Version>,
    /// From here on, gone.
    pub removed: Option<Version>,
}

impl Catalog {
    /// Tables with the places of their sections, and the overlay.
    #[must_use]
    pub const fn new(
        payloads: Table<Payload>,
        declarations: Table<Payload>,
        nodes: Table<Nodes>,
        overlay: &'static Overlay,
    ) -> Catalog {
        Catalog { payloads, declarations, nodes, overlay }
    }

    /// What the tables of payloads and nodes were made from: vendor and release.
    #[must_use]
    pub fn releases(&self) -> [(&'static str, &'static str); 2] {
        [("apple", release(self.payloads.text)), ("windows", release(self.nodes.text))]
    }

    /// What the table of declarations was made from, which is newer than that of payloads.
    #[must_use]
    pub fn declarations_release(&self) -> &'static str {
        release(self.declarations.text)
    }
}

/// The releases that the head of a table names, without their date.
fn release(text: &'static str) -> &'static str {
    let mut head = text.lines().take_while(|line| line.starts_with('#'));
    let line = head.find_map(|line| line.strip_prefix("# Release: ")).unwrap_or_default();
    line.split(';').next().unwrap_or_default()
}
