//! Who gets what: the directory, collections, deployments, audiences and the conflict rule between the profiles of one person.
//!
//! Together with `check` the only room that makes an [`crate::ir::Profile`], and only by taking settings away, putting their default or
//! filling in what the directory says of one person. It writes nothing, delivers nothing and asks no clock.

pub mod alert;
pub mod audiences;
mod collections;
pub mod compliance;
pub mod conflict;
mod cycles;
pub mod directory;
pub mod document;
mod file;
mod findings;
mod fleet;
mod length;
mod moment;
mod people;
mod personal;
mod plan;
mod query;
pub mod schedule;
mod subjects;
mod values;
mod words;

pub use collections::{Collection, Collections};
pub use document::{Deployment, Documents, Named, fleet_kind, read, unique};
pub use file::{Paths, file};
pub use findings::{Needs, say};
pub use fleet::{Deployed, Fleet, resolve};
pub use people::{People, people};
pub use personal::{Devices, Person, Reaching, Trouble, folder};
pub use plan::{Explained, Plan, Planned, Reason, Received, place};
pub use subjects::Subjects;
