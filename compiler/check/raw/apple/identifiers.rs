//! What devices know declarations by: at most 64 octets, and each its own; and who hands them out.
//!
//! <https://developer.apple.com/documentation/devicemanagement/declarationbase>

use crate::check::cx::Cx;
use crate::check::platforms::Chosen;
use crate::check::shape::Draft;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::ir::{Item, Value};
use crate::schema::{Type, Values};

const MOST: usize = 64;
/// The label of the activation that is made where none is written.
const ACTIVATION: &str = "activation";

/// Judges the identifiers of all declarations of a profile.
pub fn check(cx: &Cx<'_>, draft: &Draft, report: &mut Report) {
    report.extend(by_hand(cx, draft));
    let own = draft.settings.iter().flatten().map(|written| &written.value);
    let overridden = draft.overrides.iter().flat_map(|own| own.settings.iter().flatten().flatten()).map(|written| &written.value);
    for items in own.chain(overridden).filter_map(|value| match value {
        Value::Declarations(items) => Some(items),
        _ => None,
    }) {
        for item in items.iter().filter(|item| !item.ty.starts_with("com.apple.configuration.")) {
            report.extend(not_taken(cx, draft, item));
        }
        let made = !items.iter().any(|item| item.ty.starts_with("com.apple.activation."));
        let too_long = items.iter().filter(|item| !fits(cx, draft, &item.label)).max_by_key(|item| item.label.len());
        if let Some(item) = too_long {
            report.push(long(cx, draft, &item.label, Some(item)));
        } else if made && !fits(cx, draft, ACTIVATION) {
            report.push(long(cx, draft, ACTIVATION, None));
        }
        let taken = items.iter().find(|item| made && &*item.label == ACTIVATION);
        if let Some(span) = taken.and_then(|item| item.id_span) {
            let message = format!("`{ACTIVATION}` is the id of the activation that payloadc makes for this profile");
            let diagnostic = Diagnostic::new(Code::E0209, span, message).label("taken");
            report.push(diagnostic.help("choose another id, or write the activation yourself"));
        }
    }
}

/// Declarations for devices that get their files from a person, who has no way to install them.
fn by_hand(cx: &Cx<'_>, draft: &Draft) -> Option<Diagnostic> {
    draft.kind.fields.iter().find(|field| matches!(field.ty, Type::Declarations))?;
    let asks = |chosen: &&Chosen| cx.server(chosen.platform.name).values == Values::Asks;
    let chosen = draft.platforms.iter().find(asks)?;
    let server = cx.server(chosen.platform.name);
    let message = format!("nobody hands out these declarations: `server: {}` means that a person installs the file", server.name);
    let diagnostic = Diagnostic::new(Code::W0623, chosen.span, message).label("declarations reach devices from an MDM server");
    let help = "name the server that delivers them: `server:` in payloadc.yaml; a file that a person opens is a profile, of kind `apple_payload`";
    Some(diagnostic.help(help).note("https://developer.apple.com/documentation/devicemanagement/leveraging-the-declarative-management-data-model-to-scale-devices"))
}

/// A server that takes configurations alone.
fn not_taken(cx: &Cx<'_>, draft: &Draft, item: &Item) -> Option<Diagnostic> {
    let mut servers = draft.platforms.iter().map(|chosen| cx.server(chosen.platform.name));
    let server = servers.find(|server| server.configurations_alone)?;
    let message = format!("{} takes configurations alone, and `{}` is none", server.title, item.ty);
    let diagnostic = Diagnostic::new(Code::E0405, item.span, message).label("refused when it is uploaded");
    Some(diagnostic.help("leave it out: the server makes activations itself").note(format!("payloadc servers {}", server.name)))
}

fn octets(cx: &Cx<'_>, draft: &Draft, label: &str) -> usize {
    format!("{}.{}.{label}", cx.workspace.identifier, draft.id).len()
}

fn fits(cx: &Cx<'_>, draft: &Draft, label: &str) -> bool {
    draft.id.is_empty() || octets(cx, draft, label) <= MOST
}

fn long(cx: &Cx<'_>, draft: &Draft, label: &str, item: Option<&std::sync::Arc<Item>>) -> Diagnostic {
    let identifier = format!("{}.{}.{label}", cx.workspace.identifier, draft.id);
    let count = octets(cx, draft, label);
    let message = format!("the identifier of a declaration has {count} octets, and devices take {MOST}");
    let diagnostic = Diagnostic::new(Code::E0429, draft.id_span, message).label(format!("{} octets too many", count - MOST));
    let diagnostic = match item.and_then(|item| item.id_span) {
        Some(span) => diagnostic.also(span, "and this is its own id"),
        None => diagnostic,
    };
    diagnostic
        .help("shorten `id`, or the organisation's identifier in payloadc.yaml")
        .note(format!("it would be `{identifier}`"))
        .note("https://developer.apple.com/documentation/devicemanagement/declarationbase")
}
