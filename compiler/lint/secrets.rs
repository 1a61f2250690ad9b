//! Passwords that stand in a profile for everyone to read.
//!
//! An encrypted profile is not looked into.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::artifact::{Node, Value};
use crate::catalog::{Key, KeyType, Payload};
use crate::check::vendor::is_secret;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::{SourceId, Sources, Span};

use super::tokens::is_templated;

/// Warns of passwords in the clear, and keeps them out of reports.
pub fn check(node: &Node, types: &[&'static Payload], report: &mut Report) {
    for payload in types {
        below(node, payload, None, report);
    }
}

fn below(node: &Node, payload: &'static Payload, inside: Option<&'static Key>, report: &mut Report) {
    for entry in node.entries().unwrap_or_default() {
        let Some(key) = payload.step(inside, &entry.key) else { continue };
        match &entry.value.value {
            Value::Text(text) if is_secret(&entry.key) && key.ty == KeyType::String => {
                if text.is_empty() || is_templated(text) {
                    continue;
                }
                report.hide(entry.value.span);
                let message = format!("`{}` stands in the clear", entry.key);
                let diagnostic = Diagnostic::new(Code::W0854, entry.key_span, message).label("whoever has the file can read it");
                report.push(
                    diagnostic.help("leave it out so that the device asks, let the server fill it in, or encrypt the profile"),
                );
            }
            Value::Array(items) => {
                let Some(member) = payload.step(Some(key), "[]") else { continue };
                items.iter().for_each(|item| below(item, payload, Some(member), report));
            }
            _ => below(&entry.value, payload, Some(key), report),
        }
    }
}

/// Stars out what no report may show, in the files that reports show: what the rules have read, and what looks like a secret in a file that
/// they could not read.
pub fn hide(report: &Report, sources: &mut Sources) {
    for span in report.hidden() {
        sources.hide(*span);
    }
    let labels = report.iter().flat_map(|said| said.labels.iter().chain([&said.primary]));
    let shown: BTreeSet<SourceId> = labels.map(|label| label.span.source).collect();
    for id in shown {
        let Some(source) = sources.get(id) else { continue };
        for range in literals(&source.text) {
            let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            sources.hide(Span { source: id, start: byte(range.start), end: byte(range.end) });
        }
    }
}

/// A value that stands farther behind its name belongs to another one; this keeps the search short in a file made to be slow.
const FARTHEST: usize = 64 << 10;

/// The text of values that stand behind the name of a secret: `<key>Password</key>`, or a LocURI that ends so.
fn literals(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (closes, opens) in [("</key>", "<"), ("</LocURI>", "<Data")] {
        for (at, _) in text.match_indices(closes) {
            let name = text.get(..at).and_then(|before| before.rsplit(['>', '/']).next()).unwrap_or_default();
            if !is_secret(name.trim()) {
                continue;
            }
            let behind = at + closes.len();
            let end = (behind..=text.len().min(behind + FARTHEST)).rev().find(|at| text.is_char_boundary(*at));
            let rest = text.get(behind..end.unwrap_or(behind)).unwrap_or_default();
            // Up to the next name: the value of this one, or nothing.
            let until = rest.find("<key>").into_iter().chain(rest.find("<LocURI")).min().unwrap_or(rest.len());
            let own = rest.get(..until).unwrap_or_default();
            let Some(from) = own.find(opens).and_then(|open| Some(open + own.get(open..)?.find('>')? + 1)) else { continue };
            let value = own.get(from..).unwrap_or_default();
            let to = from + value.find("</").unwrap_or(value.len());
            if from < to {
                found.push(behind + from..behind + to);
            }
        }
    }
    found
}
