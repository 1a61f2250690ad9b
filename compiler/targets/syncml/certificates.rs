//! Certificates: trusted ones, requests by SCEP, PKCS#12.
//!
//! A request and a PKCS#12 file are sent as Delete outside and Adds in an Atomic: repeatable, since an Add of what is there fails.
//! <https://learn.microsoft.com/windows/client-management/mdm/clientcertificateinstall-csp>

use std::borrow::Cow;

use super::commands::{Block, Command, Nodes, Verb};
use super::{Variant, adds};
use crate::ir::{ByHand, Datum, Entry, Origin, Piece, Profile, Text, Trouble, Value, View};
use crate::targets::{Fault, Role, Surroundings};

/// `Install/ServerURL`: the addresses joined by `;`, each without the `/pkiclient.exe` that the client appends itself.
pub const SERVER_URL: ByHand = ByHand { name: "server_url", places: &["Install/ServerURL"], trouble: |_, _| None, lower: server_url };

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

fn without_client(url: &Text) -> Text {
    match url.as_literal().and_then(|url| url.strip_suffix("/pkiclient.exe")) {
        Some(url) => Text::literal(url),
        None => url.clone(),
    }
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
    let (_, name) = NAME_TYPES.iter().find(|(_, field)| {
        texts(profile, view, field).iter().any(|text| text.literals().any(|literal| literal.contains(';')))
    })?;
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
    vec![Entry { place: Cow::Borrowed("Install/SubjectAlternativeNames"), datum: Datum::Text(text), origin: origin(profile, view, field) }]
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
pub fn scep(nodes: &Nodes, around: &Surroundings<'_>) -> Result<Vec<Variant>, Fault> {
    let form = around.server.syncml;
    let own = form.and_then(|form| form.scep);
    let mut order = nodes.positions(|leaf| leaf.access().add);
    order.extend(nodes.positions(|leaf| leaf.access().exec));
    let mut commands = adds(nodes, true, &order)?;
    if own.is_some_and(|own| !own.install_node) {
        commands.retain(|command| !command.uri.encoded().ends_with("/Install"));
    }
    let delete = form.is_some_and(|form| form.delete);
    let blocks = if own.is_some_and(|own| own.flat) { commands.into_iter().map(Block::One).collect() } else { vec![Block::Atomic(commands)] };
    let mut install = Variant { fixed: fixed(nodes), ..Variant::new(Role::Install, blocks) };
    if delete {
        install.blocks.insert(0, Block::One(nodes.instance_command(Verb::Delete)?));
    }
    install.notes.push("the device enrols after it has answered: success of the message says nothing about the certificate".into());
    with_removal(install, nodes, delete)
}

/// What makes another certificate when it changes.
fn fixed(nodes: &Nodes) -> String {
    let places = ["Install/SubjectName", "Install/KeyLength", "Install/KeyUsage", "Install/EKUMapping", "Install/SubjectAlternativeNames"];
    let kept = nodes.leaves.iter().filter(|leaf| places.contains(&&*leaf.place));
    kept.map(|leaf| format!("{}={}\n", leaf.place, leaf.value.as_deref().unwrap_or_default())).collect()
}

/// A PKCS#12 file; its blob comes last.
pub fn pkcs12(nodes: &Nodes, around: &Surroundings<'_>) -> Result<Vec<Variant>, Fault> {
    let delete = around.server.syncml.is_some_and(|form| form.delete);
    let mut install = Variant::new(Role::Install, vec![Block::Atomic(adds(nodes, false, &nodes.positions(|_| true))?)]);
    if delete {
        install.blocks.insert(0, Block::One(nodes.instance_command(Verb::Delete)?));
    }
    with_removal(install, nodes, delete)
}

/// A trusted certificate: its node comes into being with the bytes.
pub fn trusted(nodes: &Nodes, around: &Surroundings<'_>) -> Result<Vec<Variant>, Fault> {
    let commands: Vec<Command> = adds(nodes, false, &nodes.positions(|_| true))?;
    let install = Variant::new(Role::Install, commands.into_iter().map(Block::One).collect());
    with_removal(install, nodes, around.server.syncml.is_some_and(|form| form.delete))
}

fn with_removal(install: Variant, nodes: &Nodes, delete: bool) -> Result<Vec<Variant>, Fault> {
    let mut variants = vec![install];
    if delete {
        variants.push(Variant::new(Role::Remove, vec![Block::One(nodes.instance_command(Verb::Delete)?)]));
    }
    Ok(variants)
}
