//! Vendor facts: every Apple payload, declaration and key, every Windows CSP node, and what corrects them.
//!
//! It answers "does this place exist, of which type, since when, and with which verbs?" and knows nothing of kinds and
//! profiles. The tables are text; a section of one (a payload type, a CSP) is read when it is first asked for, so that a
//! run pays only for what it uses. Reading and writing files is no business of this room.

mod apple;
mod census;
mod cmdlet;
mod find;
mod overlay;
mod read;
mod table;
mod windows;

pub use apple::{Bounds, Key, KeyType, OS, Os, Payload, Refers, Support, Words, split_variant};
pub use census::{AppleCensus, Census, WindowsCensus, area, csp};
pub use cmdlet::{Cmdlet, Cmdlets, Parameter};
pub use find::{Near, Spot};
pub use overlay::{Correction, Demand, Overlay, Rule, in_its_place};
pub use table::{Mistake, Row, Section, Table, sections};
pub use windows::{
    Access, Admx, Allowed, Condition, Dependency, EDITIONS, Edition, Meaning, Naming, Node, NodeFormat, Nodes, Occurrence,
    RELEASES, Reboot, Release, number_of, windows_release,
};

use std::sync::OnceLock;

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
    /// Cmdlets of Configuration Manager.
    pub cmdlets: Cmdlets,
    /// What corrects them.
    pub overlay: &'static Overlay,
    /// Types that are described by variants alone, see [`Catalog::payload_with`].
    mixed: OnceLock<Vec<Payload>>,
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
        cmdlets: Cmdlets,
    ) -> Catalog {
        Catalog { payloads, declarations, nodes, cmdlets, overlay, mixed: OnceLock::new() }
    }

    /// The tables by their path in a folder of them.
    pub const TABLES: [&'static str; 3] = ["apple/payloads.tsv", "apple/declarations.tsv", "windows/nodes.tsv"];

    /// The text of one of [`Catalog::TABLES`].
    #[must_use]
    pub fn table(&self, path: &str) -> &'static str {
        match path {
            path if path == Catalog::TABLES[0] => self.payloads.text,
            path if path == Catalog::TABLES[1] => self.declarations.text,
            _ => self.nodes.text,
        }
    }

    /// Whether a text has the columns of one of [`Catalog::TABLES`].
    #[must_use]
    pub fn is_table(&self, path: &str, text: &str) -> bool {
        let columns = |text: &str| text.lines().find(|line| !line.starts_with('#')).map(str::to_owned);
        columns(text) == columns(self.table(path))
    }

    /// This catalog with other tables in the place of its own, in the order of [`Catalog::TABLES`], for the rest of the run. CSPs of older
    /// files, Windows Phone's among them, stay where a new table has no node with their path.
    ///
    /// # Errors
    /// The table that has a mistake.
    pub fn with_tables(&'static self, texts: [Option<String>; 3]) -> Result<&'static Catalog, (&'static str, Mistake)> {
        let [payloads, declarations, nodes] = texts;
        let nodes = nodes.map(|text| self.with_older(text));
        let own: &'static Catalog = Box::leak(Box::new(Catalog {
            payloads: self.payloads.or(payloads).map_err(|mistake| (Catalog::TABLES[0], mistake))?,
            declarations: self.declarations.or(declarations).map_err(|mistake| (Catalog::TABLES[1], mistake))?,
            nodes: self.nodes.or(nodes).map_err(|mistake| (Catalog::TABLES[2], mistake))?,
            cmdlets: self.cmdlets,
            overlay: self.overlay,
            mixed: OnceLock::new(),
        }));
        own.payloads.check(self.overlay).map_err(|mistake| (Catalog::TABLES[0], mistake))?;
        own.declarations.check(self.overlay).map_err(|mistake| (Catalog::TABLES[1], mistake))?;
        own.nodes.check(self.overlay).map_err(|mistake| (Catalog::TABLES[2], mistake))?;
        Ok(own)
    }

    /// The text of a table of nodes with the sections of older files that it lacks, in order. They say no editions.
    fn with_older(&self, text: String) -> String {
        let leaked: &'static str = text.leak();
        let Ok(own) = sections(leaked, <Nodes as Row>::begins) else { return leaked.to_owned() };
        let csp_of = |name: &'static str| name.rsplit('/').next().unwrap_or_default();
        let lacks = |section: &&Section| {
            let line = self.nodes.text.get(section.from..section.to).and_then(|text| text.lines().next()).unwrap_or_default();
            let phone = line.ends_with("release=v1-1607");
            let older =
                line.contains("release=v1-") && (phone || !own.iter().any(|known| csp_of(known.name) == csp_of(section.name)));
            older && !own.iter().any(|known| known.name == section.name)
        };
        let from = own.first().map_or(leaked.len(), |first| first.from);
        let older = self.nodes.sections.iter().filter(lacks).map(|section| (section, self.nodes.text));
        let mut all: Vec<(&Section, &'static str)> = own.iter().map(|section| (section, leaked)).chain(older).collect();
        all.sort_by_key(|(section, _)| section.name);
        let mut joined = leaked.get(..from).unwrap_or_default().to_owned();
        joined.extend(all.into_iter().filter_map(|(section, text)| text.get(section.from..section.to)));
        joined
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
#[must_use]
pub fn release(text: &str) -> &str {
    let mut head = text.lines().take_while(|line| line.starts_with('#'));
    let line = head.find_map(|line| line.strip_prefix("# Release: ")).unwrap_or_default();
    line.split(';').next().unwrap_or_default()
}
