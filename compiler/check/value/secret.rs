//! Secrets: where they come from. What is written in place of a source is hidden from every report.

use super::{Reader, shape, wrong_type};
use crate::check::suggest::{certain, nearest};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{SecretSource, Text};
use crate::source::{Node, Resolved, resolve};

impl Reader<'_, '_> {
    /// `{ secret: env:NAME }`, `{ secret: file:path }`, `{ token: "..." }`. A literal is refused and never shown.
    pub(in crate::check) fn secret(&mut self, node: &Node) -> Option<SecretSource> {
        let name = self.name();
        let forms = "`{ secret: env:NAME }`, `{ secret: file:PATH }` or `{ token: \"...\" }`";
        let Some([pair]) = node.mapping() else {
            if node.scalar().is_some_and(|scalar| !matches!(resolve(scalar), Resolved::Null)) {
                self.report.hide(node.span);
                self.say(
                    Diagnostic::new(Code::E0213, node.span, format!("{name} is a secret and may not stand in the file"))
                        .label("hidden here; it is in git now if this was committed")
                        .help(format!("name where it comes from: {forms}")),
                );
            } else {
                self.say(wrong_type(node.span, &format!("where {name} comes from"), shape(node)).help(format!("write {forms}")));
            }
            return None;
        };
        match &*pair.key {
            "secret" => self.secret_source(&pair.value),
            "token" => {
                let raw = self.scalar_text(&pair.value, "a token")?;
                if raw.trim().is_empty() {
                    self.say(Diagnostic::new(Code::E0208, pair.value.span, "the token is blank").label("names none"));
                    return None;
                }
                let text = self.cx.expressions.text(raw, pair.value.span, self.cx.sources, self.report)?;
                Some(SecretSource::Token(match text.as_literal() {
                    Some(literal) => Text::of(vec![crate::ir::Piece::Token(literal.into())]),
                    None => text,
                }))
            }
            other => {
                // The value may be the secret itself: hide it.
                self.report.hide(pair.value.span);
                let near = nearest(other, ["secret", "token"]);
                // Without its name: in `{ hunter2 }` the word is the secret.
                let message =
                    near.map_or_else(|| format!("{name} has no such word"), |_| format!("{name} has no word `{other}`"));
                let diagnostic = Diagnostic::new(Code::E0201, pair.key_span, message).label("not known");
                self.say(match near.filter(|near| certain(other, near)) {
                    Some(near) => diagnostic.help(format!("write {forms}")).fix(format!("write `{near}`"), pair.key_span, near),
                    None => diagnostic.help(format!("write {forms}")),
                });
                None
            }
        }
    }

    pub(super) fn secret_source(&mut self, node: &Node) -> Option<SecretSource> {
        let Some(text) = node.scalar().map(|scalar| &*scalar.text) else {
            self.say(wrong_type(node.span, "`env:NAME` or `file:PATH`", shape(node)));
            return None;
        };
        let variable = |name: &str| {
            !name.is_empty()
                && !name.starts_with(|c: char| c.is_ascii_digit())
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        };
        match text.split_once(':') {
            Some(("env", name)) if variable(name) => Some(SecretSource::Env(name.into())),
            Some(("file", path)) if !path.trim().is_empty() => {
                let path = if path.starts_with('/') { path.to_owned() } else { self.relative(path, node.span)? };
                Some(SecretSource::File(path.into()))
            }
            _ => {
                self.report.hide(node.span);
                self.say(
                    Diagnostic::new(Code::E0213, node.span, format!("{} names no source", self.name()))
                        .label("hidden here, since it may be the secret itself")
                        .help("write `env:NAME` for an environment variable or `file:PATH` for a file"),
                );
                None
            }
        }
    }
}
