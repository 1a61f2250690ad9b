//! Kinds that name places themselves, as the vendor names them: what is written at each is checked against the vendor tables.

mod admx;
mod admx_file;
mod admx_read;
pub mod apple;
mod available;
mod command;
pub mod csp;
mod depends;
mod node_value;
mod path;
mod sent_by;
pub mod written;

pub use admx_read::well_formed;
