//! An evaluation as text: for people, programs, CI servers, Prometheus and System Center Operations Manager.

mod events;
mod json;
mod junit;
mod prometheus;
mod table;

use time::OffsetDateTime;

pub use events::events;
pub use json::json;
pub use junit::junit;
pub use prometheus::prometheus;
pub use table::table;

use super::Judged;

/// All deployments, judged as of a moment.
#[derive(Debug)]
pub struct Evaluation<'a> {
    /// The moment.
    pub at: OffsetDateTime,
    /// By id.
    pub deployments: Vec<Judged<'a>>,
    /// How many reports were used.
    pub used: u64,
    /// How many were left out.
    pub left_out: usize,
}

impl Evaluation<'_> {
    /// Those whose alert is raised.
    pub fn raised(&self) -> impl Iterator<Item = &Judged<'_>> {
        self.deployments.iter().filter(|judged| judged.raised)
    }
}
