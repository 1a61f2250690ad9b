//! payloadc
pub mod builtin;
pub mod catalog;
pub mod check;
pub mod cli;
pub mod compile;
pub mod diagnostic;
mod history;
pub mod ir;
pub mod lower;
pub mod manifest;
pub mod schema;
pub mod source;
pub mod targets;
#[cfg(test)]
#[path = "schema/load/mod.rs"]
mod load;
#[path = "schema/editor.rs"]
pub mod editor;
