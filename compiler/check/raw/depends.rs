//! What nodes ask of each other.

use std::collections::HashMap;

use super::csp::{Judged, Pass};
use crate::catalog::{Condition, Dependency, Node};
use crate::check::suggest::either;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{NodeCommand, NodeData, NodeSetting, Verb};

impl Pass<'_, '_> {
    /// Says what contradicts, and what has no effect by itself.
    pub fn depends(&mut self, judged: &[Judged]) {
        let written: HashMap<String, &NodeSetting> =
            judged.iter().map(|judged| (judged.setting.path.to_lowercase(), &judged.setting)).collect();
        for Judged { setting, node } in judged {
            let deleted = setting.command.as_ref().is_some_and(|command| command.verb == Verb::Delete);
            let Some(node) = node.filter(|_| !deleted) else { continue };
            for needs in &node.needs {
                let path = filled(&needs.path, &setting.path);
                let other = written.get(&path.to_lowercase()).copied();
                let found = match &needs.condition {
                    Condition::Needs => self.needs(setting, node, needs, &path, other),
                    Condition::Without => self.without(setting, node, needs, other),
                    Condition::When(then) => match (value(setting), other.and_then(value)) {
                        (Some(own), Some(theirs)) if needs.names(theirs) && !then.takes(own) => other.map(|other| {
                            let message = format!("`{}` cannot have this value where `{}` is {theirs}", node.name(), name(&path));
                            Diagnostic::new(Code::E0455, setting.value_span, message)
                                .label("not together")
                                .also(other.value_span, "set here")
                        }),
                        _ => None,
                    },
                };
                self.report.extend(found);
            }
        }
    }

    fn needs(
        &self,
        setting: &NodeSetting,
        node: &Node,
        needs: &Dependency,
        path: &str,
        other: Option<&NodeSetting>,
    ) -> Option<Diagnostic> {
        // The vendor names some nodes that are none.
        let theirs = self.cx.catalog.node_for(path)?;
        let wanted = either(needs.values.iter().map(|value| theirs.allowed.meaning_of(value).unwrap_or(value)));
        match other {
            Some(other) => {
                let wrong = value(other).is_some_and(|value| !needs.names(value)) || deletes(other);
                let message = format!("`{}` has an effect only where `{}` is {wanted}", node.name(), theirs.name());
                wrong.then(|| {
                    Diagnostic::new(Code::E0455, setting.span, message)
                        .label("no effect")
                        .also(other.value_span, "another value here")
                        .help(format!("write {wanted} there, or remove this node"))
                })
            }
            None if theirs.default.is_some_and(|default| needs.names(default)) => None,
            None => {
                let message = format!(
                    "`{}` has an effect only where `{}` is {wanted}, which this profile does not set",
                    node.name(),
                    theirs.name()
                );
                let help = format!("add `{path}` with the value {wanted}");
                Some(Diagnostic::new(Code::W0651, setting.span, message).label("perhaps no effect").help(help))
            }
        }
    }

    fn without(&self, setting: &NodeSetting, node: &Node, needs: &Dependency, other: Option<&NodeSetting>) -> Option<Diagnostic> {
        let other = other.filter(|other| value(other).is_some_and(|value| needs.names(value)))?;
        let message = format!("`{}` does not go with this value of `{}`", node.name(), name(&other.path));
        Some(Diagnostic::new(Code::E0455, setting.span, message).label("not together").also(other.value_span, "set here"))
    }
}

fn deletes(setting: &NodeSetting) -> bool {
    setting.command.as_ref().is_some_and(|command| command.verb == Verb::Delete)
}

/// The value as it is sent, where it is the same for everybody.
fn value(setting: &NodeSetting) -> Option<&str> {
    match &setting.command {
        Some(NodeCommand { data: NodeData::Text(text), .. }) => text.as_literal(),
        _ => None,
    }
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The path of another node with the names that this one's path has in the same places.
fn filled(path: &str, own: &str) -> String {
    let mut own = own.split('/');
    let segments = path.split('/').map(|segment| {
        let mine = own.next();
        if segment == "{}" { mine.unwrap_or(segment) } else { segment }
    });
    segments.collect::<Vec<_>>().join("/")
}
