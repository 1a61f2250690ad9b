//! Nodes that a profile names itself: `windows_csp`.
//!
//! Verbs, formats and values are decided when the profile is checked. Here the commands are put in order and looked up once more:
//! ADMX files first and in a file of their own, what is for the device and what is for its users apart, instances before what
//! lies in them, nodes of one Atomic together, Exec last.

use std::borrow::Cow;
use std::sync::Arc;

use base64::Engine as _;

use super::commands::{Block, Command};
use super::uri::LocUri;
use super::xml;
use crate::catalog::{Access, Catalog, NodeFormat};
use crate::ir::{ByHand, Datum, Entry, NodeCommand, NodeData, NodeSetting, Origin, Profile, SecretSource, Value, Verb, View};
use crate::schema::SyncmlForm;
use crate::targets::{Assembled, Fault, Note, Part, Place, Role, SharedNodes, Surroundings, fill};

/// The nodes as entries: their verbs are not those of a table.
pub const NODES: ByHand = ByHand { name: "nodes", places: &[], trouble: |_, _| None, lower: entries };

fn entries(profile: &Profile, view: &View) -> Vec<Entry> {
    let entry = |setting: &NodeSetting| {
        let datum = match setting.command.as_ref().map(|command| &command.data) {
            Some(NodeData::Text(text)) => Datum::Text(text.clone()),
            Some(NodeData::Bytes(bytes)) => Datum::Data(Arc::clone(bytes)),
            Some(NodeData::Secret(source, true)) => Datum::SecretData(source.clone()),
            Some(NodeData::Secret(source, false)) => Datum::Secret(source.clone()),
            Some(NodeData::None) | None => Datum::Nothing,
        };
        Entry { place: Cow::Owned(setting.path.to_string()), datum, origin: Origin::Written(setting.span) }
    };
    settings(profile, view).iter().map(entry).collect()
}

fn settings<'a>(profile: &Profile, view: &'a View) -> &'a [NodeSetting] {
    match view.value(profile.kind, "settings") {
        Some(Value::Nodes(nodes)) => nodes,
        _ => &[],
    }
}

/// A file of its own.
struct File {
    install: &'static str,
    remove: &'static str,
    /// Which files of the profile come before, by their suffix: when it is set up, and when it is taken away.
    first: [&'static [&'static str]; 2],
    user: bool,
    holds: fn(&str) -> bool,
}

const FILES: [File; 3] = [
    File {
        install: ".admx.install.xml",
        remove: ".admx.remove.xml",
        first: [&[], &[".device.remove.xml", ".user.remove.xml"]],
        user: false,
        holds: |path| path.contains("/ConfigOperations/ADMXInstall/"),
    },
    File {
        install: ".device.install.xml",
        remove: ".device.remove.xml",
        first: [&[".admx.install.xml"], &[]],
        user: false,
        holds: |path| !path.starts_with("./User/") && !path.contains("/ConfigOperations/ADMXInstall/"),
    },
    File {
        install: ".user.install.xml",
        remove: ".user.remove.xml",
        first: [&[".admx.install.xml"], &[]],
        user: true,
        holds: |path| path.starts_with("./User/"),
    },
];

/// What other profiles use of the nodes above those of this one.
struct Shared<'a> {
    with: &'a SharedNodes,
    target: &'a str,
    own: &'a str,
}

impl Shared<'_> {
    /// Another profile that adds a node, too.
    fn other(&self, path: &str) -> Option<&str> {
        self.with.other(self.target, path, self.own)
    }
}

/// A node with what is sent to it.
struct Sent<'a> {
    setting: &'a NodeSetting,
    is: &'a NodeCommand,
    command: Command,
    secret: bool,
}

/// All files of a profile.
///
/// # Errors
/// A node without a command, or one that the vendor tables do not know or that does not take what is sent.
pub fn assemble(part: &Part<'_>, around: &Surroundings<'_>) -> Result<Vec<Assembled>, Fault> {
    let form = around.server.syncml.ok_or_else(|| Fault(format!("server `{}` takes no SyncML", around.server.name)))?;
    let sent: Vec<Sent<'_>> =
        settings(part.profile, part.view).iter().map(|setting| command(setting, part, around)).collect::<Result<_, _>>()?;
    let mut made: Vec<Assembled> = Vec::new();
    let suffixes: Vec<&str> =
        FILES.iter().filter(|file| sent.iter().any(|sent| (file.holds)(&sent.setting.path))).map(|file| file.install).collect();
    for file in &FILES {
        let own: Vec<&Sent<'_>> = sent.iter().filter(|sent| (file.holds)(&sent.setting.path)).collect();
        if own.is_empty() {
            continue;
        }
        let shared = Shared { with: around.shared, target: part.view.platform.name, own: &part.profile.id };
        let blocks = install(&own, &form, around.catalog, &shared)?;
        let stay = staying(&own, &form, &shared);
        let removal = removal(&own, &shared);
        let mut add = |role, suffix: &'static str, blocks: &[Block], first: &[&'static str], notes| -> Result<(), Fault> {
            made.push(Assembled {
                role,
                suffix: suffix.into(),
                bytes: xml::write(blocks, &form)?,
                identities: Vec::new(),
                contains_secret: role == Role::Install && own.iter().any(|sent| sent.secret),
                needs_user_logged_on: file.user,
                redeliver: repeatable(blocks),
                fixed: Vec::new(),
                expects: Vec::new(),
                first: first.iter().copied().filter(|name| suffixes.contains(&&*name.replace(".remove.", ".install."))).collect(),
                notes,
            });
            Ok(())
        };
        add(Role::Install, file.install, &blocks, file.first[0], stay)?;
        if form.delete && !removal.is_empty() {
            add(Role::Remove, file.remove, &removal, file.first[1], Vec::new())?;
        }
    }
    Ok(made)
}

/// The nodes of a profile and what is added above them, with where each is named.
pub fn places(part: &Part<'_>, form: Option<SyncmlForm>) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for setting in settings(part.profile, part.view) {
        let span = Some(setting.span);
        let command = setting.command.as_ref();
        let group = command.and_then(|command| command.atomic.as_deref());
        for (path, _) in command.iter().flat_map(|command| &command.parents) {
            places.push(Place { path: path.to_string(), span, above: shareable(path, group, form) });
        }
        places.push(Place { path: setting.path.to_string(), span, above: false });
    }
    places
}

/// Whether two profiles may both add a node that stands above theirs. A device answers the second Add with 418, which does no harm
/// unless it stands in an Atomic: so it has to be possible to put it in front of that.
fn shareable(parent: &str, group: Option<&str>, form: Option<SyncmlForm>) -> bool {
    match group {
        None => true,
        // One Atomic around everything.
        Some("") => form.is_some_and(|form| !form.atomic_alone),
        Some(group) => !is_below(parent, group),
    }
}

/// The command of a node, looked up once more.
fn command<'a>(setting: &'a NodeSetting, part: &Part<'_>, around: &Surroundings<'_>) -> Result<Sent<'a>, Fault> {
    let path = &setting.path;
    let is = setting.command.as_ref().ok_or_else(|| Fault(format!("`{path}` has no command")))?;
    if is.known {
        let literal = match &is.data {
            NodeData::Text(text) if is.verb != Verb::Delete => text.as_literal(),
            _ => None,
        };
        verified(path, is.verb, Some(is.format), literal, around.catalog)?;
    }
    let base64 = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let (data, secret) = match &is.data {
        NodeData::None => (None, false),
        NodeData::Text(text) => (Some(fill::text(text, part, around)?), false),
        NodeData::Bytes(bytes) => (Some(base64(bytes)), false),
        NodeData::Secret(source, binary) => {
            let bytes = if *binary { fill::secret_bytes(source, around) } else { None };
            let text = bytes.map_or_else(|| fill::secret(source, part, around), |bytes| Ok(base64(&bytes)))?;
            (Some(text), !matches!(source, SecretSource::Token(_)))
        }
    };
    let value = (is.verb != Verb::Delete).then(|| (is.format, data.map(Arc::from)));
    Ok(Sent { setting, is, command: Command { verb: is.verb, uri: LocUri::of(path), value }, secret })
}

/// A node is in the vendor tables with this verb and format, and takes the value where that is the same for everybody, or nothing is
/// written.
fn verified(
    path: &str,
    verb: Verb,
    format: Option<NodeFormat>,
    value: Option<&str>,
    catalog: &'static Catalog,
) -> Result<(), Fault> {
    let node = catalog.node_for(path).ok_or_else(|| Fault(format!("`{path}` is not in the vendor tables")))?;
    let Access { add, replace, delete, exec, get, .. } = node.access;
    let takes = match verb {
        Verb::Add => add,
        Verb::Replace => replace,
        Verb::Delete => delete,
        Verb::Exec => exec,
        Verb::Get => get,
    };
    if !takes {
        return Err(Fault(format!("`{path}` does not take {}", verb.name())));
    }
    if value.is_some_and(|value| !node.takes(value)) {
        return Err(Fault(format!("`{path}` cannot have this value")));
    }
    match format {
        Some(format) if format != node.format && !node.path.contains("/Policy/Config/{}/") => {
            Err(Fault(format!("`{path}` has another format")))
        }
        _ => Ok(()),
    }
}

/// Commands in order.
fn install(own: &[&Sent<'_>], form: &SyncmlForm, catalog: &'static Catalog, shared: &Shared<'_>) -> Result<Vec<Block>, Fault> {
    let mut blocks: Vec<(Option<&str>, Vec<Command>)> = Vec::new();
    let mut in_front = 0;
    let mut made: Vec<&str> = own.iter().map(|sent| &*sent.setting.path).collect();
    let (executes, others): (Vec<&Sent<'_>>, Vec<&Sent<'_>>) = own.iter().partition(|sent| sent.is.verb == Verb::Exec);
    for sent in others.into_iter().chain(executes) {
        let group = sent.is.atomic.as_deref();
        for (parent, deletes) in &sent.is.parents {
            if made.contains(&&**parent) {
                continue;
            }
            made.push(parent);
            verified(parent, Verb::Add, None, None, catalog)?;
            let uri = LocUri::of(parent);
            let inside = group.filter(|group| is_below(parent, group));
            // Another profile may have added it: in an Atomic that would undo everything, in front of it it does no harm.
            if inside == Some("") && shared.other(parent).is_some() {
                let add = Command { verb: Verb::Add, uri, value: Some((NodeFormat::Node, None)) };
                blocks.insert(in_front, (None, vec![add]));
                in_front += 1;
                continue;
            }
            // An instance that is added a second time fails, and the whole Atomic with it: the repeatable pattern takes it away before.
            if inside.is_some() && group == Some(&**parent) && *deletes && form.delete {
                blocks.push((None, vec![Command { verb: Verb::Delete, uri: uri.clone(), value: None }]));
            }
            push(&mut blocks, inside, Command { verb: Verb::Add, uri, value: Some((NodeFormat::Node, None)) });
        }
        push(&mut blocks, group, sent.command.clone());
    }
    Ok(blocks
        .into_iter()
        .flat_map(|(group, commands)| match group {
            Some(_) => vec![Block::Atomic(commands)],
            None => commands.into_iter().map(Block::One).collect(),
        })
        .collect())
}

/// Below the nodes of the same Atomic, where one is open.
fn push<'a>(blocks: &mut Vec<(Option<&'a str>, Vec<Command>)>, group: Option<&'a str>, command: Command) {
    match blocks.iter_mut().find(|(known, _)| group.is_some() && *known == group) {
        Some((_, commands)) => commands.push(command),
        None => blocks.push((group, vec![command])),
    }
}

fn is_below(path: &str, root: &str) -> bool {
    path.strip_prefix(root).is_some_and(|rest| root.is_empty() || rest.is_empty() || rest.starts_with('/'))
}

/// Every node that was written, or added above one that is executed, and takes Delete, the last first; but none that another profile uses, too.
fn removal(own: &[&Sent<'_>], shared: &Shared<'_>) -> Vec<Block> {
    let mut paths: Vec<&str> = Vec::new();
    for sent in own {
        let written = matches!(sent.is.verb, Verb::Add | Verb::Replace);
        let parents = sent.is.parents.iter().filter(|(path, deletes)| *deletes && shared.other(path).is_none());
        for path in parents.map(|(path, _)| &**path).chain((written && sent.is.deletes).then_some(&*sent.setting.path)) {
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
    }
    paths.into_iter().rev().map(|path| Block::One(Command { verb: Verb::Delete, uri: LocUri::of(path), value: None })).collect()
}

/// What no removal takes back.
fn staying(own: &[&Sent<'_>], form: &SyncmlForm, shared: &Shared<'_>) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::new();
    let mut say = |text: String| notes.push(Note { text, said: None });
    for sent in own {
        let path = &sent.setting.path;
        let gone = sent.is.deletes || sent.is.parents.iter().any(|(path, deletes)| *deletes && shared.other(path).is_none());
        match sent.is.verb {
            Verb::Exec => say(format!("`{path}` is executed: nothing takes that back")),
            Verb::Delete => say(format!("`{path}` is deleted: nothing brings its value back")),
            Verb::Add | Verb::Replace if !gone => say(format!("`{path}` takes no Delete: it stays on devices")),
            Verb::Add | Verb::Replace | Verb::Get => {}
        }
    }
    let mut parents: Vec<&str> = Vec::new();
    for (parent, _) in own.iter().flat_map(|sent| &sent.is.parents).filter(|(_, deletes)| *deletes) {
        if let Some(other) = shared.other(parent).filter(|_| !parents.contains(&&**parent)) {
            parents.push(parent);
            say(format!("`{parent}` stays on devices: profile `{other}` uses it, too"));
        }
    }
    if !form.delete {
        say("the server takes no Delete, so there is no remove file".to_owned());
    }
    notes
}

/// Whether a device takes the commands a second time: what is added anew must have been taken away before.
fn repeatable(blocks: &[Block]) -> bool {
    let mut deleted: Vec<&str> = Vec::new();
    blocks.iter().flat_map(Block::commands).all(|command| {
        let uri = command.uri.encoded();
        match command.verb {
            Verb::Delete => deleted.push(uri),
            Verb::Add => return deleted.iter().any(|gone| is_below(uri, gone)),
            Verb::Exec => return false,
            Verb::Replace | Verb::Get => {}
        }
        true
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtin::CATALOG;

    #[test]
    fn what_the_tables_refuse_is_not_written() {
        let camera = "./Device/Vendor/MSFT/Policy/Config/Camera/AllowCamera";
        let is = |path: &str, verb, format, value| verified(path, verb, Some(format), value, &CATALOG).is_ok();
        assert!(is(camera, Verb::Replace, NodeFormat::Int, Some("1")));
        assert!(is(camera, Verb::Replace, NodeFormat::Int, None));
        assert!(!is(camera, Verb::Replace, NodeFormat::Int, Some("2")), "a value");
        assert!(!is(camera, Verb::Exec, NodeFormat::Int, Some("1")), "a verb");
        assert!(!is(camera, Verb::Replace, NodeFormat::Chr, Some("1")), "a format");
        assert!(!is("./Device/Vendor/MSFT/Nowhere", Verb::Replace, NodeFormat::Int, Some("1")), "a node");
    }
}
