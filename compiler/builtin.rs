//! The content of `schemas/`, as the build script wrote it.

#![allow(missing_docs, clippy::unreadable_literal, clippy::large_stack_arrays, reason = "generated")]

use crate::catalog::{Catalog, Cmdlet, Cmdlets, Correction, Demand, Overlay, Parameter, Rule, Section};
#[allow(clippy::wildcard_imports, reason = "generated code names every schema type")]
use crate::schema::*;

include!(concat!(env!("OUT_DIR"), "/schemas.rs"));
