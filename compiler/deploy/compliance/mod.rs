//! Is the fleet compliant? What devices report, judged for every user and device of every deployment, and the alerts that follow.
//!
//! Reports are collected first, whatever their form ([`Reports`]), then everybody is judged ([`judge`]) and counted ([`Counts`]). It asks
//! no device and no clock.

mod count;
mod ddm;
mod fields;
mod judge;
mod ndjson;
mod problems;
mod profile_list;
mod read;
pub mod render;
mod reports;
mod scene;
mod syncml;

use serde::Serialize;

pub use count::Counts;
pub use judge::{Asset, Judged, judge};
pub use problems::Problems;
pub use read::{Form, read};
pub use reports::Reports;
pub use scene::Scene;

/// What is known of a person or device. Of several, the worst counts: they are in that order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nothing of what is deployed is for their devices. Counted compliant, as Configuration Manager does.
    NotApplicable,
    /// Everything is there as it should be.
    Compliant,
    /// It is there; whether its content is right was not reported.
    Present,
    /// Nothing was reported.
    Unknown,
    /// It is not there, or not as it should be.
    NonCompliant,
    /// The device could not do it, or profiles conflict.
    Error,
}

impl State {
    /// All of them, the best first.
    pub const ALL: [State; 6] =
        [State::Compliant, State::NotApplicable, State::Present, State::NonCompliant, State::Error, State::Unknown];

    /// As it is written in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            State::Compliant => "compliant",
            State::NotApplicable => "not_applicable",
            State::Present => "present",
            State::Unknown => "unknown",
            State::NonCompliant => "non_compliant",
            State::Error => "error",
        }
    }

    /// From its name.
    #[must_use]
    pub fn find(name: &str) -> Option<State> {
        State::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// What a report says about one profile.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Finding {
    /// The state.
    pub state: State,
    /// Settings that are not as they should be.
    pub differs: Vec<String>,
    /// Why, in a few words; empty for nothing more to say.
    pub why: String,
}

impl Finding {
    /// A state without more to say.
    #[must_use]
    pub fn of(state: State) -> Finding {
        Finding { state, differs: Vec::new(), why: String::new() }
    }

    /// A state with a reason.
    #[must_use]
    pub fn because(state: State, why: impl Into<String>) -> Finding {
        Finding { state, differs: Vec::new(), why: why.into() }
    }
}
