//! Files that a profile names: found inside the workspace, read, and judged as what they should be.

use std::sync::Arc;

use super::{Reader, shape, wrong_type};
use crate::check::certificate;
use crate::check::cx::{Cx, FileProblem};
use crate::check::suggest::{certain, nearest};
use crate::check::text::locate;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::ir::{Certificate, Identity, IdentitySource, Text};
use crate::source::{Node, Span};

impl Reader<'_, '_> {
    /// Whether a text is another one for each person; what is wrong with it is said when it is read.
    fn differs(&self, node: &Node) -> bool {
        let Some(scalar) = node.scalar() else { return false };
        let text = self.cx.expressions.text(&scalar.text, node.span, self.cx.sources, &mut Report::new());
        text.is_some_and(|text| text.as_literal().is_none())
    }

    /// The path of a file that each person has, relative to the workspace.
    fn personal(&mut self, node: &Node) -> Option<Identity> {
        let raw = self.scalar_text(node, "a path")?;
        let text = self.cx.expressions.text(raw, node.span, self.cx.sources, self.report)?;
        let folder = self.place.folder;
        let mut path = Text::literal(if folder.is_empty() { String::new() } else { format!("{folder}/") });
        path.extend(&text);
        Some(Identity { from: IdentitySource::Personal(path), span: node.span })
    }

    /// The path under `file:`, relative to the workspace.
    pub(in crate::check) fn path(&mut self, node: &Node) -> Option<(String, Span)> {
        let raw = self.scalar_text(node, "a path")?;
        let text = self.cx.expressions.text(raw, node.span, self.cx.sources, self.report)?;
        let Some(literal) = text.as_literal() else {
            self.say(
                Diagnostic::new(
                    Code::E0217,
                    node.span,
                    "a file whose path depends on the user can only be read in a per-user build",
                )
                .label("one file for each user")
                .help("name one file, or let the server fetch it: `{ token: \"...\" }`"),
            );
            return None;
        };
        let at = locate(raw, node.span, self.cx.sources, 0, raw.len());
        Some((self.relative(literal, at)?, at))
    }

    /// A path beside the profile's file, as one from the workspace; never out of it.
    pub(super) fn relative(&mut self, path: &str, span: Span) -> Option<String> {
        match join(self.place.folder, path) {
            Some(path) => Some(path),
            None => {
                let diagnostic = Diagnostic::new(Code::E0111, span, format!("`{path}` leads out of the workspace"));
                self.say(
                    diagnostic
                        .label("outside")
                        .help("keep the file inside the workspace; paths are relative to the profile's file and use `/`"),
                );
                None
            }
        }
    }

    pub(in crate::check) fn file(&mut self, path: &str, span: Span) -> Option<Arc<[u8]>> {
        match self.cx.files.read(path) {
            Ok(bytes) => Some(bytes),
            Err(problem) => {
                let (code, what) = match &problem {
                    FileProblem::Missing => (Code::E0101, format!("there is no file `{path}`")),
                    FileProblem::Outside => (Code::E0111, format!("`{path}` leads out of the workspace")),
                    FileProblem::Unreadable(why) => (Code::E0101, format!("`{path}` cannot be read: {why}")),
                };
                let diagnostic = Diagnostic::new(code, span, what).label("named here");
                let near = (problem == FileProblem::Missing).then(|| nearest_file(self.cx, path)).flatten();
                self.say(match near {
                    Some(near) => self.similar(diagnostic, path, &near, span),
                    None if problem == FileProblem::Missing => diagnostic.help("paths are relative to the profile's file"),
                    None if problem == FileProblem::Outside => {
                        diagnostic.help("it is a symbolic link, or lies behind one: keep the file itself inside the workspace")
                    }
                    None => diagnostic,
                });
                None
            }
        }
    }

    /// A file of nearly that name lies in the folder: the text as it would be written.
    pub(super) fn similar(&self, diagnostic: Diagnostic, path: &str, near: &str, span: Span) -> Diagnostic {
        let name = path.rsplit('/').next().unwrap_or(path);
        let written = self.cx.sources.slice(span);
        let help = diagnostic.help(format!("a file with a similar name exists: `{near}`"));
        match written.strip_suffix(name).filter(|_| certain(name, near)) {
            Some(folder) => help.fix(format!("write `{folder}{near}`"), span, format!("{folder}{near}")),
            None => help,
        }
    }

    pub(super) fn certificate(&mut self, node: &Node) -> Option<Certificate> {
        let (path, span) = match node.mapping() {
            Some([pair]) if &*pair.key == "file" => self.path(&pair.value)?,
            _ => {
                let diagnostic = wrong_type(node.span, "`{ file: PATH }`", shape(node));
                self.say(match node.scalar() {
                    Some(_) => {
                        let text = format!("{{ file: {} }}", self.cx.sources.slice(node.span));
                        diagnostic.fix(format!("write `{text}`"), node.span, text)
                    }
                    None => diagnostic,
                });
                return None;
            }
        };
        let bytes = self.file(&path, span)?;
        match certificate::read(&bytes) {
            Ok(certificate) => Some(certificate),
            Err(what) => {
                let diagnostic = Diagnostic::new(Code::E0308, span, format!("`{path}` {what}")).label("named here");
                self.say(diagnostic.help("a file with exactly one X.509 certificate, PEM or DER, is expected"));
                None
            }
        }
    }

    pub(super) fn identity(&mut self, node: &Node) -> Option<Identity> {
        let from = match node.mapping() {
            Some([pair]) if &*pair.key == "file" && self.cx.people && self.differs(&pair.value) => {
                return self.personal(&pair.value);
            }
            Some([pair]) if &*pair.key == "file" => {
                let (path, span) = self.path(&pair.value)?;
                let bytes = self.file(&path, span)?;
                if let Err(what) = certificate::looks_like_pkcs12(&bytes) {
                    let diagnostic = Diagnostic::new(Code::E0310, span, format!("`{path}` {what}")).label("named here");
                    self.say(diagnostic.help("a PKCS#12 file (`.p12`, `.pfx`) with one certificate and its key is expected"));
                    return None;
                }
                return Some(Identity { from: IdentitySource::File(bytes), span });
            }
            Some([pair]) if matches!(&*pair.key, "secret" | "token") => IdentitySource::Secret(self.secret(node)?),
            _ => {
                let what = "`{ file: PATH }`, `{ secret: ... }` or `{ token: \"...\" }`";
                // What stands here may be the key itself.
                self.report.hide(node.span);
                self.say(wrong_type(node.span, what, shape(node)));
                return None;
            }
        };
        Some(Identity { from, span: node.span })
    }
}

/// `folder/path` without `.` and `..`; nothing when it leads out.
pub fn join(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') || path.contains('\\') || path.as_bytes().get(1) == Some(&b':') {
        return None;
    }
    let mut segments: Vec<&str> = folder.split('/').filter(|segment| !segment.is_empty()).collect();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop()?;
            }
            other => segments.push(other),
        }
    }
    Some(segments.join("/"))
}

fn nearest_file(cx: &Cx<'_>, path: &str) -> Option<String> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let names = cx.files.list(folder);
    nearest(name, names.iter().map(String::as_str)).map(ToOwned::to_owned)
}
