//! What asks a device for what an install wrote: a Get for each node that can be read, and what should come back.
//!
//! Passwords, secrets and blobs cannot be read back. Where nothing else was written, the object itself is asked for: of a certificate
//! whose name is its thumbprint that it is there says all.

use super::Variant;
use super::commands::{Block, Nodes};
use crate::ir::Verb;
use crate::targets::{Expected, Fault, Role};

/// The query, where there is anything to ask for.
pub fn query(nodes: &Nodes) -> Result<Option<Variant>, Fault> {
    let leaves: Vec<_> = nodes.leaves.iter().filter(|leaf| leaf.readable()).collect();
    let mut blocks: Vec<Block> = leaves.iter().map(|leaf| Block::One(leaf.get())).collect();
    let mut expects: Vec<Expected> = leaves.iter().filter_map(|leaf| leaf.expected()).collect();
    if blocks.is_empty() {
        let Ok(get) = nodes.instance_command(Verb::Get) else { return Ok(None) };
        expects.push(Expected { place: get.uri.encoded().to_owned(), origin: None, value: None });
        blocks.push(Block::One(get));
    }
    Ok(Some(Variant { expects, ..Variant::new(Role::Query, blocks) }))
}
