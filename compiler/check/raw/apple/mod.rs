//! Payloads and declarations of Apple's, typed by the vendor's tables: `payloads:` and `declarations:`.
//!
//! One item is read here: its type, its variant, its id. Its tree is typed in `tree.rs`, its scalars in `values.rs`; what keys ask of
//! each other stands in `rules.rs`, what keys refer to in `references.rs`, and whether a key is everybody's in `one_key.rs`. What each platform takes is judged later, in `availability.rs`.

pub mod availability;
mod free;
pub mod identifiers;
mod items;
pub mod one_key;
mod references;
mod rules;
mod tree;
mod values;

use std::sync::Arc;

use super::super::cx::{Cx, Place};
use super::super::value::{shape, wrong_type};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::ir::Item;
use crate::source::Node;
use items::Reader;

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// A payload of a profile.
    Payload,
    /// A declaration.
    Declaration,
}

impl Class {
    fn noun(self) -> &'static str {
        match self {
            Class::Payload => "payload",
            Class::Declaration => "declaration",
        }
    }

    /// The word under which its keys stand.
    fn body(self) -> &'static str {
        match self {
            Class::Payload => "keys",
            Class::Declaration => "payload",
        }
    }
}

/// The payloads of a profile. What is wrong in them is said; the others are still asked whether platforms take them.
pub fn payloads(cx: &Cx<'_>, place: &Place<'_>, node: &Node, report: &mut Report) -> Option<Vec<Arc<Item>>> {
    list(cx, place, Class::Payload, node, report)
}

/// The declarations of a profile, as the payloads.
pub fn declarations(cx: &Cx<'_>, place: &Place<'_>, node: &Node, report: &mut Report) -> Option<Vec<Arc<Item>>> {
    list(cx, place, Class::Declaration, node, report)
}

/// More of them than any device takes.
const MOST: usize = 1_000;

fn list(cx: &Cx<'_>, place: &Place<'_>, class: Class, node: &Node, report: &mut Report) -> Option<Vec<Arc<Item>>> {
    let noun = class.noun();
    let Some(nodes) = node.sequence() else {
        let diagnostic = wrong_type(node.span, &format!("a list of {noun}s"), shape(node));
        report.push(diagnostic.help(format!("each begins with `- type: ...`, and its keys stand under `{}:`", class.body())));
        return None;
    };
    if nodes.is_empty() {
        let message = format!("`{noun}s` is an empty list");
        report.push(
            Diagnostic::new(Code::E0219, node.span, message).label("names nothing").help(format!("write at least one {noun}")),
        );
        return None;
    }
    if nodes.len() > MOST {
        let message = format!("`{noun}s` has {} items, {MOST} are allowed", nodes.len());
        report.push(Diagnostic::new(Code::E0207, node.span, message).label(format!("{} too many", nodes.len() - MOST)));
        return None;
    }
    Some(Reader { cx, place, class, report }.items(nodes))
}
