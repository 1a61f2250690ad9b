//! OMA-DM SyncML: commands on the nodes of configuration service providers.
//!
//! Shared by the Windows targets. Verbs and formats come from the vendor tables: a node that takes Add is added, one that takes
//! only Replace is replaced after what creates it, Exec comes last. Places stay decoded until they become a LocURI.
//! <https://learn.microsoft.com/openspecs/windows_protocols/ms-mdm>

mod account;
mod certificates;
mod commands;
mod nodes;
mod query;
mod uri;
mod xml;

pub use account::USER_NAME;
pub use certificates::{ALTERNATIVE_NAMES, SERVER_URL};
pub use nodes::NODES;

use crate::ir::{Lowered, Verb};
use crate::schema::Exec;

use super::{Assembled, Bundle, Expected, Fault, Note, Part, Place, Role, Surroundings};
use commands::{Block, Command, Nodes};

/// All variants of a profile.
///
/// # Errors
/// A node the vendor tables do not know, a value they do not allow, or a LocURI the server keeps for itself.
pub fn assemble(bundle: &Bundle<'_>, around: &Surroundings<'_>) -> Result<Vec<Assembled>, Fault> {
    if names_nodes(bundle.main.lowered) {
        return nodes::assemble(&bundle.main, around);
    }
    let mut nodes = Nodes::of(&bundle.main, around)?;
    certificates::bare_marker(&mut nodes, around);
    let mut variants = match nodes.provider() {
        Some("ActiveSync") => account::variants(&bundle.main, &nodes, around)?,
        Some("SCEP") => certificates::scep(&bundle.main, &nodes, around)?,
        Some("PFXCertInstall") => certificates::pkcs12(&bundle.main, &nodes, around)?,
        _ => certificates::trusted(&bundle.main, &nodes, around)?,
    };
    variants.extend(query::query(&nodes)?);
    variants.into_iter().map(|variant| finish(variant, bundle, &nodes, around)).collect()
}

/// Whether a profile names its nodes itself.
#[must_use]
pub fn names_nodes(lowered: &Lowered) -> bool {
    matches!(lowered.root.is, "./" | "./Vendor")
}

/// The nodes that a profile writes, decoded, with where each is named.
#[must_use]
pub fn places(part: &Part<'_>, around: &Surroundings<'_>) -> Vec<Place> {
    if names_nodes(part.lowered) {
        return nodes::places(part, around.server.syncml);
    }
    // What cannot be had is said where the artifact is made.
    Nodes::of(part, around).map(|nodes| nodes.places()).unwrap_or_default()
}

/// A variant before it is written.
struct Variant {
    role: Role,
    blocks: Vec<Block>,
    redeliver: bool,
    fixed: String,
    expects: Vec<Expected>,
    notes: Vec<Note>,
}

impl Variant {
    fn new(role: Role, blocks: Vec<Block>) -> Variant {
        Variant { role, blocks, redeliver: true, fixed: String::new(), expects: Vec::new(), notes: Vec::new() }
    }
}

fn finish(variant: Variant, bundle: &Bundle<'_>, nodes: &Nodes, around: &Surroundings<'_>) -> Result<Assembled, Fault> {
    let form = around
        .server
        .syncml
        .ok_or_else(|| Fault(format!("server `{}` takes no SyncML, and no check said so", around.server.name)))?;
    let nested =
        |block: &Block| matches!(block, Block::Atomic(commands) if commands.iter().any(|command| command.verb == Verb::Exec));
    let executes = variant.blocks.iter().flat_map(Block::commands).any(|command| command.verb == Verb::Exec);
    if (!form.atomic && variant.blocks.iter().any(|block| matches!(block, Block::Atomic(_))))
        || (form.exec == Exec::None && executes)
        || (form.exec == Exec::TopLevel && variant.blocks.iter().any(nested))
    {
        return Err(Fault(format!(
            "server `{}` does not take these commands, and its file refuses none of this kind",
            around.server.name
        )));
    }
    for command in variant.blocks.iter().flat_map(Block::commands) {
        let uri = command.uri.encoded();
        if let Some(reserved) = form.reserved.iter().find(|reserved| uri.contains(*reserved)) {
            return Err(Fault(format!("`{uri}` lies in `{reserved}`, which server `{}` keeps for itself", around.server.name)));
        }
    }
    let suffix = match variant.role {
        Role::Profile | Role::Declaration | Role::Install => ".install.xml",
        Role::Update => ".update.xml",
        Role::Remove => ".remove.xml",
        Role::Recreate => ".recreate.xml",
        Role::Query => ".query.xml",
    };
    Ok(Assembled {
        role: variant.role,
        suffix: suffix.into(),
        bytes: xml::write(&variant.blocks, &form)?,
        identities: vec![nodes.instance.clone()],
        contains_secret: nodes.contains_secret && !matches!(variant.role, Role::Remove | Role::Query),
        needs_user_logged_on: bundle.main.lowered.root.is.starts_with("./User/"),
        redeliver: variant.redeliver,
        fixed: if variant.fixed.is_empty() { Vec::new() } else { vec![(bundle.main.profile.id.to_string(), variant.fixed)] },
        first: Vec::new(),
        expects: variant.expects,
        notes: variant.notes,
    })
}

/// Adds for a node and all below it, parents first.
fn adds(nodes: &Nodes, with_instance: bool, leaves: &[usize]) -> Result<Vec<Command>, Fault> {
    let mut commands = Vec::new();
    let mut made: Vec<&str> = Vec::new();
    if with_instance {
        commands.push(nodes.instance_command(Verb::Add)?);
    }
    for leaf in leaves {
        let Some(node) = nodes.leaves.get(*leaf) else { continue };
        for parent in node.parents() {
            if !made.contains(&parent) {
                commands.extend(nodes.parent(parent)?);
                made.push(parent);
            }
        }
        commands.push(node.command(node.verb()?));
    }
    Ok(commands)
}
