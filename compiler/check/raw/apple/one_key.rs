//! One private key for everybody: a fixed PKCS#12 behind a payload that differs from user to user.
//!
//! The same is asked of kinds with fields in `check/references.rs`.

use crate::check::references::{Index, Judged, fixed_identity};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::ir::{Branch, Item, SecretSource, Tree, Value, Wanted};
use crate::source::Span;

const PKCS12: &str = "com.apple.security.pkcs12";

/// Judges the payloads of a profile that refer to an identity.
pub fn check(judged: &Judged, index: &Index<'_>, report: &mut Report) {
    let mut said: Vec<Span> = Vec::new();
    for value in judged.seen().flat_map(|seen| seen.view.settings.iter().flatten()).map(|setting| &setting.value) {
        let Value::Payloads(items) = value else { continue };
        for item in items {
            let nodes = item.nodes();
            let personal = nodes.iter().find(|tree| tree.text().is_some_and(|text| text.as_literal().is_none()));
            let Some(personal) = personal else { continue };
            for tree in &nodes {
                let Some((id, fixed)) = identity(tree, items, index).filter(|_| !said.contains(&tree.span)) else { continue };
                said.push(tree.span);
                let message = format!("everybody who gets this profile would hold the private key of `{id}`");
                report.push(
                    Diagnostic::new(Code::E0312, tree.span, message)
                        .label("the same key for all")
                        .also(personal.span, "differs from user to user")
                        .also(fixed, "one file for all users")
                        .help("use SCEP or ACME, a token that the server replaces, or a profile with a literal user and address"),
                );
            }
        }
    }
}

/// The identity that a value refers to, by its id, and where its one key comes from.
fn identity<'a>(tree: &'a Tree, items: &[std::sync::Arc<Item>], index: &Index<'_>) -> Option<(&'a str, Span)> {
    match &tree.branch {
        Branch::Profile(id, Wanted::Identity) => Some((&**id, fixed_identity(index.get(&**id)?)?)),
        Branch::Sibling(id) => {
            let item = items.iter().find(|item| item.id.as_ref() == Some(id) && &*item.ty == PKCS12)?;
            let content = item.members.iter().find(|member| &*member.name == "PayloadContent")?;
            let fixed = match &content.tree.branch {
                Branch::Data(_) => true,
                Branch::SecretData(source) => !matches!(source, SecretSource::Token(_)),
                _ => false,
            };
            fixed.then_some((&**id, content.tree.span))
        }
        _ => None,
    }
}
