//! Certificates: trusted ones, requests by SCEP, PKCS#12.
//!
//! A request and a PKCS#12 file are sent as Delete outside and Adds in an Atomic: repeatable, since an Add of what is there fails.
//! <https://learn.microsoft.com/windows/client-management/mdm/clientcertificateinstall-csp>

use std::borrow::Cow;

use super::commands::{Block, Command, Nodes, instance};
use super::{Variant, adds};
use crate::ir::{ByHand, Datum, Entry, Origin, Piece, Profile, Text, Trouble, Value, Verb, View};
use crate::targets::{Fault, Note, Part, Role, Surroundings};

/// `Install/ServerURL`: the addresses joined by `;`, each without the `/pkiclient.exe` that the client appends itself.
pub const SERVER_URL: ByHand =
    ByHand { name: "server_url", places: &["Install/ServerURL"], trouble: separator_in_url, lower: server_url };

/// `Install/SubjectAlternativeNames`: `TYPE+VALUE`, `;` between them.
pub const ALTERNATIVE_NAMES: ByHand = ByHand {
    name: "alternative_names",
    places: &["Install/SubjectAlternativeNames"],
    trouble: separator_inside,
    lower: alternative_names,
};

/// The type codes of the Windows client, with the fields they come from.
/// <https://learn.microsoft.com/windows/win32/api/certenroll/ne-certenroll-alternativenametype>
const NAME_TYPES: [(&str, &str); 4] = [
    ("11", "subject_alternative_names.upn"),
    ("2", "subject_alternative_names.email"),
    ("3", "subject_alternative_names.dns"),
    ("7", "subject_alternative_names.uri"),
];

fn server_url(profile: &Profile, view: &View) -> Vec<Entry> {
    let Some(Value::Texts(urls)) = view.value(profile.kind, "urls") else { return Vec::new() };
    let mut text = Text::default();
    for (index, url) in urls.iter().enumerate() {
        if index > 0 {
            text.push(Piece::Literal(";".into()));
        }
        text.extend(&without_client(url));
    }
    vec![Entry { place: Cow::Borrowed("Install/ServerURL"), datum: Datum::Text(text), origin: origin(profile, view, "urls") }]
}

fn separator_in_url(profile: &Profile, view: &View) -> Option<Trouble> {
    let inside = texts(profile, view, "urls").iter().any(|url| url.literals().any(|literal| literal.contains(';')));
    let (field, _) = profile.kind.field("urls")?;
    inside.then(|| Trouble { field, reason: "`;` separates addresses there".into() })
}

/// Cuts what the client appends itself, at the end of the last piece.
fn without_client(url: &Text) -> Text {
    let mut pieces = url.pieces().to_vec();
    if let Some(Piece::Literal(last)) = pieces.last_mut()
        && let Some(shorter) = last.strip_suffix("/pkiclient.exe")
    {
        *last = shorter.into();
    }
    Text::of(pieces)
}

fn origin(profile: &Profile, view: &View, field: &str) -> Origin {
    let setting = profile.kind.field(field).and_then(|(id, _)| view.setting(id));
    setting.map_or(Origin::Default, |setting| setting.origin)
}

fn texts<'a>(profile: &Profile, view: &'a View, field: &str) -> &'a [Text] {
    match view.value(profile.kind, field) {
        Some(Value::Text(text)) => std::slice::from_ref(text),
        Some(Value::Texts(texts)) => texts,
        _ => &[],
    }
}

fn separator_inside(profile: &Profile, view: &View) -> Option<Trouble> {
    let (_, name) = NAME_TYPES
        .iter()
        .find(|(_, field)| texts(profile, view, field).iter().any(|text| text.literals().any(|literal| literal.contains(';'))))?;
    let (field, _) = profile.kind.field(name)?;
    Some(Trouble { field, reason: "`;` separates names there".into() })
}

fn alternative_names(profile: &Profile, view: &View) -> Vec<Entry> {
    let mut text = Text::default();
    let mut first = None;
    for (code, field) in NAME_TYPES {
        for value in texts(profile, view, field) {
            let separator = if first.is_some() { ";" } else { "" };
            first = first.or(Some(field));
            text.push(Piece::Literal(format!("{separator}{code}+").into()));
            text.extend(value);
        }
    }
    let Some(field) = first else { return Vec::new() };
    vec![Entry {
        place: Cow::Borrowed("Install/SubjectAlternativeNames"),
        datum: Datum::Text(text),
        origin: origin(profile, view, field),
    }]
}

/// A server's SCEP proxy looks for its own token in the subject's text, without the quotes that per-user values get; what it fills
/// in there is an identifier of its own, which needs none.
pub fn bare_marker(nodes: &mut Nodes, around: &Surroundings<'_>) {
    let own = around.server.syncml.and_then(|form| form.scep);
    let Some((ty, token)) = own.and_then(|own| own.subject_must_hold.split_once('=')) else { return };
    let (quoted, bare) = (format!("{ty}=\"{token}\""), format!("{ty}={token}"));
    for leaf in nodes.leaves.iter_mut().filter(|leaf| leaf.place == "Install/SubjectName") {
        leaf.value = leaf.value.take().map(|subject| subject.replace(&quoted, &bare).into());
    }
}

/// A certificate request: everything, then Enroll.
pub fn scep(part: &Part<'_>, nodes: &Nodes, around: &Surroundings<'_>) -> Result<Vec<Variant>, Fault> {
    let form = around.server.syncml;
    let own = form.and_then(|form| form.scep);
    let mut order = nodes.positions(|leaf| leaf.access().add);
    order.extend(nodes.positions(|leaf| leaf.access().exec));
    let mut commands = adds(nodes, true, &order)?;
    if own.is_some_and(|own| !own.install_node) {
        commands.retain(|command| !command.uri.encoded().ends_with("/Install"));
    }
    let delete = form.is_some_and(|form| form.delete);
    let blocks = if own.is_some_and(|own| own.flat) {
        commands.into_iter().map(Block::One).collect()
    } else {
        vec![Block::Atomic(commands)]
    };
    let mut install = Variant { fixed: fixed(nodes), ..Variant::new(Role::Install, blocks) };
    if delete {
        install.blocks.insert(0, Block::One(nodes.instance_command(Verb::Delete)?));
    }
    install
        .notes
        .push("the device enrols after it has answered: success of the message says nothing about the certificate".into());
    with_removal(install, part, nodes, around)
}

/// What makes another certificate when it changes.
fn fixed(nodes: &Nodes) -> String {
    let places =
        ["Install/SubjectName", "Install/KeyLength", "Install/KeyUsage", "Install/EKUMapping", "Install/SubjectAlternativeNames"];
    let kept = nodes.leaves.iter().filter(|leaf| places.contains(&&*leaf.place));
    kept.map(|leaf| format!("{}={}\n", leaf.place, leaf.value.as_deref().unwrap_or_default())).collect()
}

/// A PKCS#12 file; its blob comes last.
pub fn pkcs12(part: &Part<'_>, nodes: &Nodes, around: &Surroundings<'_>) -> Result<Vec<Variant>, Fault> {
    let delete = around.server.syncml.is_some_and(|form| form.delete);
    let mut install = Variant::new(Role::Install, vec![Block::Atomic(adds(nodes, false, &nodes.positions(|_| true))?)]);
    if delete {
        install.blocks.insert(0, Block::One(nodes.instance_command(Verb::Delete)?));
    }
    with_removal(install, part, nodes, around)
}

/// A trusted certificate: its node comes into being with the bytes.
pub fn trusted(part: &Part<'_>, nodes: &Nodes, around: &Surroundings<'_>) -> Result<Vec<Variant>, Fault> {
    let commands: Vec<Command> = adds(nodes, false, &nodes.positions(|_| true))?;
    let install = Variant::new(Role::Install, commands.into_iter().map(Block::One).collect());
    with_removal(install, part, nodes, around)
}

/// With what takes it away: every generation, since a device may hold any.
fn with_removal(mut install: Variant, part: &Part<'_>, nodes: &Nodes, around: &Surroundings<'_>) -> Result<Vec<Variant>, Fault> {
    if !around.server.syncml.is_some_and(|form| form.delete) {
        install.notes.push(no_delete(around));
        return Ok(vec![install]);
    }
    nodes.instance_command(Verb::Delete)?;
    let mut deletes = Vec::new();
    for generation in 1..=part.profile.generation {
        let (segment, _) = instance(part, around, generation)?;
        let delete = Block::One(nodes.delete_other(&segment));
        // A thumbprint has no generations.
        if deletes.is_empty() || part.lowered.thumbprint.is_none() {
            deletes.push(delete);
        }
    }
    Ok(vec![install, Variant::new(Role::Remove, deletes)])
}

/// Why there is no artifact that takes something away.
pub fn no_delete(around: &Surroundings<'_>) -> Note {
    Note::from(format!("{} takes no Delete, so there is no artifact that takes this away", around.server.title).as_str())
}
