//! Who delivers: `server` and `consoles` of `payloadc.yaml`. A console stands beside servers, or in the place of one.

use super::{Reader, Workspace};
use crate::check::suggest::{list, offer};
use crate::check::value::{shape, text_of, wrong_type};
use crate::diagnostic::{Code, Diagnostic};
use crate::schema::{Platform, Server};
use crate::source::{Node, Span, Tree};

impl Reader<'_> {
    pub(super) fn servers(&mut self, node: &Node, workspace: &mut Workspace) {
        workspace.server_span = Some(node.span);
        if let Tree::Mapping(pairs) = &node.tree {
            for pair in pairs {
                let platform = self.platform(&pair.key, pair.key_span);
                if let (Some(platform), Some(console)) = (platform, self.console(&pair.value)) {
                    self.deliver(platform, console, pair.value.span, workspace);
                    continue;
                }
                let server = self.server(&pair.value);
                let (Some(platform), Some(server)) = (platform, server) else {
                    workspace.server_unknown = true;
                    continue;
                };
                workspace.servers.retain(|(name, _)| *name != platform.name);
                workspace.servers.push((platform.name, server));
            }
        } else if let Some(console) = self.console(node) {
            for platform in self.schemas.platforms.iter().filter(|platform| console.delivers.contains(&platform.name)) {
                self.deliver(platform, console, node.span, workspace);
            }
        } else if let Some(server) = self.server(node) {
            workspace.servers = self.schemas.platforms.iter().map(|platform| (platform.name, server)).collect();
        } else {
            workspace.server_unknown = true;
        }
    }

    fn server(&mut self, node: &Node) -> Option<&'static Server> {
        let name = text_of(node, "a server", self.sources, self.report)?;
        if let Some(server) = self.schemas.server(name) {
            return Some(server);
        }
        let known: Vec<&str> = self.schemas.servers.iter().map(|server| server.name).collect();
        let diagnostic = Diagnostic::new(Code::E0408, node.span, format!("no server is called `{name}`")).label("not known");
        let diagnostic = offer(diagnostic, "server", name, node.span, &known);
        self.report.push(if diagnostic.fix.is_none() {
            diagnostic.note("`generic` is some MDM whose tokens are not known")
        } else {
            diagnostic
        });
        None
    }

    /// A console where a server is named.
    fn console(&self, node: &Node) -> Option<&'static Platform> {
        self.schemas.console(&node.scalar()?.text)
    }

    /// Has a console alone deliver to a platform.
    fn deliver(&mut self, platform: &'static Platform, console: &'static Platform, span: Span, workspace: &mut Workspace) {
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
