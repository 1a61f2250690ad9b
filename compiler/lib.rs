//! payloadc: a compiler for device configuration.
//!
//! YAML profiles go in, payloads that devices read come out: `.mobileconfig` property lists, OMA-DM SyncML. [`compile::compile`] runs
//! everything; the program around it is [`cli`].
//!
#![doc = include_str!("../docs/architecture.md")]

pub mod artifact;
pub mod builtin;
pub mod catalog;
pub mod check;
pub mod cli;
pub mod compile;
pub mod deploy;
pub mod diagnostic;
mod history;
pub mod ir;
pub mod lint;
pub mod lower;
pub mod manifest;
pub mod reference;
pub mod schema;
pub mod source;
pub mod targets;

/// Makes the catalog's tables from the vendors' own files. Not part of `catalog`, which the build script shares and which reads no XML.
#[path = "catalog/import/mod.rs"]
pub mod vendor_files;

/// The loader of `schemas/`: part of the build script, compiled here for its tests.
#[cfg(test)]
#[path = "schema/load/mod.rs"]
mod load;
