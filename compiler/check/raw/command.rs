//! The verb of a node, what stands in one Atomic with it, and what is added before it.

use std::sync::Arc;

use super::csp::Pass;
use crate::catalog::{Access, Catalog, Node, NodeFormat};
use crate::check::suggest::list;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{NodeCommand, NodeData, NodeSetting, Verb};

/// Instances that come into being with what lies in them, by documentation.
/// <https://learn.microsoft.com/windows/client-management/mdm/wifi-csp>
const BY_ITSELF: &str = "/WiFi/Profile/{}";

/// Whether a node takes a verb.
pub fn takes(access: Access, verb: Verb) -> bool {
    match verb {
        Verb::Add => access.add,
        Verb::Replace => access.replace,
        Verb::Delete => access.delete,
        Verb::Exec => access.exec,
        Verb::Get => access.get,
    }
}

/// The verbs a node takes, as they are written.
fn verbs(access: Access) -> Vec<&'static str> {
    let all = [(Verb::Add, "add"), (Verb::Replace, "replace"), (Verb::Delete, "delete"), (Verb::Exec, "exec")];
    all.into_iter().filter(|(verb, _)| takes(access, *verb)).map(|(_, name)| name).collect()
}

/// The verb that is meant where none is written. A policy and a node that is always there are replaced, which also works a second
/// time; what lies below a name of one's own is added, since many CSPs refuse to replace what is not there.
fn usual(node: &Node) -> Option<Verb> {
    let access = node.access;
    let own = node.path.contains("{}") && !node.path.contains("/Policy/Config/");
    match access {
        Access { exec: true, add: false, replace: false, .. } => Some(Verb::Exec),
        Access { add: true, .. } if own || node.format == NodeFormat::Node => Some(Verb::Add),
        Access { replace: true, .. } => Some(Verb::Replace),
        Access { add: true, .. } => Some(Verb::Add),
        _ => None,
    }
}

impl Pass<'_, '_> {
    /// The verb of a command.
    pub fn verb(&mut self, setting: &NodeSetting, node: &Node) -> Option<Verb> {
        let known = verbs(node.access);
        if node.forbidden {
            let code = if self.warn { Code::W0653 } else { Code::E0452 };
            let (reason, source) = node.why("forbidden").unwrap_or_default();
            let diagnostic =
                Diagnostic::new(code, setting.span, format!("writing `{}` does harm", self.name)).label("leave it out");
            let diagnostic = diagnostic.note(format!("{reason} ({source})"));
            self.report.push(if self.warn { diagnostic } else { diagnostic.help("`unknown: warn` sends it all the same") });
            if !self.warn {
                return None;
            }
        }
        if let Some((reason, source)) = node.why("doubtful").filter(|_| node.doubtful) {
            let message = format!("`{}` is sent, and there is something against it", self.name);
            let diagnostic = Diagnostic::new(Code::W0653, setting.span, message).label("by name alone");
            self.report.push(diagnostic.note(format!("{reason} ({source})")));
        }
        if known.is_empty() {
            let message = format!("`{}` can only be read", self.name);
            self.report.push(Diagnostic::new(Code::E0452, setting.span, message).label("takes Get alone"));
            return None;
        }
        if node.given {
            let message = format!("`{}` is there from enrolment: it is neither added nor deleted", self.name);
            let diagnostic = Diagnostic::new(Code::E0452, setting.span, message).label("not a server's to make");
            let help = "name the nodes below it";
            let (reason, source) = node.why("given").unwrap_or_default();
            self.report.push(diagnostic.help(help).note(format!("{reason} ({source})")));
            return None;
        }
        let Some((verb, span)) = setting.asked else {
            let verb = usual(node);
            if verb.is_none() {
                let message = format!("`{}` can only be deleted", self.name);
                let diagnostic = Diagnostic::new(Code::E0452, setting.span, message).label("takes no value");
                self.report.push(diagnostic.help("write `verb: delete` if that is meant"));
            }
            return verb;
        };
        if takes(node.access, verb) {
            return Some(verb);
        }
        let message = format!("`{}` takes no {}", self.name, verb.name());
        let diagnostic = Diagnostic::new(Code::E0452, span, message).label("not of this node");
        self.report.push(diagnostic.help(format!("it takes {}", list(known))));
        None
    }

    /// The command with what goes along.
    pub fn command(&self, setting: &NodeSetting, node: &'static Node, verb: Verb, data: NodeData) -> NodeCommand {
        // The tables have one node for whatever an ADMX file brings, and say nothing of what it holds.
        let format = if self.is_ingested(node) { NodeFormat::Chr } else { node.format };
        let atomic = if self.atomic { Some("".into()) } else { group(self.cx.catalog, &setting.path, node) };
        let parents = if matches!(verb, Verb::Delete) { Vec::new() } else { parents(self.cx.catalog, &setting.path, node) };
        NodeCommand { verb, format, data, atomic, deletes: node.access.delete, parents, known: true }
    }
}

/// The nodes above one, as the tables spell them and as the path does, outermost first.
pub fn above<'a>(catalog: &'static Catalog, path: &'a str, node: &'a Node) -> Vec<(&'static Node, &'a str)> {
    let general = node.path.match_indices('/').map(|(at, _)| node.path.get(..at).unwrap_or_default());
    let filled = path.match_indices('/').map(|(at, _)| path.get(..at).unwrap_or_default());
    general.zip(filled).filter_map(|(general, filled)| Some((catalog.node(general)?, filled))).collect()
}

/// What stands in one Atomic: everything below a node that asks for it; of single leaves that do, those of one area.
fn group(catalog: &'static Catalog, path: &str, node: &Node) -> Option<Arc<str>> {
    if let Some((_, filled)) = above(catalog, path, node).into_iter().find(|(node, _)| node.atomic) {
        return Some(filled.into());
    }
    match (node.atomic, node.parent) {
        (true, true) => Some(path.into()),
        (true, false) => path.rsplit_once('/').map(|(area, _)| area.into()),
        (false, _) => None,
    }
}

/// Nodes above one that a server adds before it: an instance with a name of one's own, and what lies between. Policies need none,
/// and what the device or its enrolment has made is not made again.
fn parents(catalog: &'static Catalog, path: &str, node: &Node) -> Vec<(Arc<str>, bool)> {
    let own = |node: &Node| node.path.contains("{}") && !node.path.contains("/Policy/") && !node.path.ends_with(BY_ITSELF);
    let above = above(catalog, path, node);
    above
        .into_iter()
        .filter(|(node, _)| node.access.add && !node.forbidden && !node.is_by_itself() && own(node))
        .map(|(node, filled)| (filled.into(), node.access.delete))
        .collect()
}
