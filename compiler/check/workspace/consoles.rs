//! Consoles in `payloadc.yaml`: beside servers, under `consoles`, and in their place, under `server`.

use super::{Reader, Workspace};
use crate::check::suggest::{list, offer};
use crate::check::value::{shape, text_of, wrong_type};
use crate::diagnostic::{Code, Diagnostic};
use crate::schema::Platform;
use crate::source::{Node, Span, Tree};

impl Reader<'_> {
    /// A console where a server is named.
    pub(super) fn console(&self, node: &Node) -> Option<&'static Platform> {
        self.schemas.console(&node.scalar()?.text)
    }

    /// Has a console alone deliver to a platform.
    pub(super) fn deliver(
        &mut self,
        platform: &'static Platform,
        console: &'static Platform,
        span: Span,
        workspace: &mut Workspace,
    ) {
        if !console.delivers.contains(&platform.name) {
            let message = format!("{} does not deliver to {}", console.title, platform.title);
            let diagnostic = Diagnostic::new(Code::E0405, span, message).label("named here");
            self.report
                .push(diagnostic.help(format!("it delivers to {}", list(console.delivers.iter().copied()))).note(console.source));
            return;
        }
        workspace.console_alone.push((platform.name, console.name));
        if !workspace.consoles.iter().any(|known| known.name == console.name) {
            workspace.consoles.push(console);
        }
    }

    /// The consoles that get the profiles too.
    pub(super) fn consoles(&mut self, node: &Node, workspace: &mut Workspace) {
        let items = match &node.tree {
            Tree::Sequence(items) => items.as_slice(),
            Tree::Scalar(_) => std::slice::from_ref(node),
            Tree::Mapping(_) => {
                self.report.push(wrong_type(node.span, "a list of names for `consoles`", shape(node)));
                &[]
            }
        };
        for item in items {
            let Some(name) = text_of(item, "a console", self.sources, self.report) else { continue };
            match self.schemas.console(name) {
                Some(console) if workspace.consoles.iter().any(|known| known.name == console.name) => {}
                Some(console) => workspace.consoles.push(console),
                None => {
                    let known: Vec<&str> = self.schemas.consoles.iter().map(|console| console.name).collect();
                    let diagnostic =
                        Diagnostic::new(Code::E0970, item.span, format!("no console is called `{name}`")).label("not known");
                    self.report.push(offer(diagnostic, "console", name, item.span, &known));
                }
            }
        }
    }
}
