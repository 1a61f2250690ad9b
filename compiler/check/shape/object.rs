//! Which object on a device a profile is: `generation`, `scope`, `adopt`.

use super::{Draft, Reader};
use crate::check::suggest::{list, offer};
use crate::check::value::{digits, shape, text_of, wrong_type};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::Adopt;
use crate::schema::{Kind, Scope};
use crate::source::{Node, Pair, Resolved, resolve};

/// What takes an account away deletes every generation of it, one command each.
const HIGHEST_GENERATION: i64 = 1_000;

impl Reader<'_, '_> {
    /// `generation`, `scope`, `adopt`.
    pub(super) fn rest(&mut self, mut draft: Draft) -> Draft {
        if let Some(pair) = self.document.get("generation") {
            draft.generation_span = Some(pair.value.span);
            draft.generation = self.generation(pair).unwrap_or(1);
        }
        if let Some(pair) = self.document.get("scope") {
            draft.scope_span = Some(pair.value.span);
            draft.scope = self.scope(pair, draft.kind).unwrap_or(draft.scope);
        }
        if let Some(pair) = self.document.get("adopt") {
            draft.adopt_span = Some(pair.key_span);
            draft.adopt = self.adopt(&pair.value);
        }
        draft
    }

    fn generation(&mut self, pair: &Pair) -> Option<u32> {
        match pair.value.scalar().map(resolve) {
            Some(Resolved::Integer(number)) if (1..=HIGHEST_GENERATION).contains(&number) => u32::try_from(number).ok(),
            Some(Resolved::Integer(_) | Resolved::Float) if pair.value.scalar().is_some_and(|scalar| digits(&scalar.text)) => {
                let message = format!("`generation` is not from 1 to {HIGHEST_GENERATION}");
                let diagnostic = Diagnostic::new(Code::E0207, pair.value.span, message).label("out of range");
                self.report
                    .push(diagnostic.help("what takes an object away deletes each of its generations by a command of its own"));
                None
            }
            _ => {
                self.report.push(wrong_type(pair.value.span, "a whole number for `generation`", shape(&pair.value)));
                None
            }
        }
    }

    fn scope(&mut self, pair: &Pair, kind: &'static Kind) -> Option<Scope> {
        let word = text_of(&pair.value, "`user` or `device`", self.cx.sources, self.report)?;
        let scope = [Scope::User, Scope::Device].into_iter().find(|scope| scope.name() == word);
        match scope {
            Some(scope) if kind.scopes.contains(&scope) => Some(scope),
            Some(scope) => {
                let names = list(kind.scopes.iter().map(|scope| scope.name()));
                let message = format!("kind `{}` has no scope `{}`", kind.name, scope.name());
                self.report.push(
                    Diagnostic::new(Code::E0314, pair.value.span, message)
                        .label("not for this kind")
                        .help(format!("its scope is {names}")),
                );
                None
            }
            None => {
                let diagnostic =
                    Diagnostic::new(Code::E0204, pair.value.span, format!("no scope is called `{word}`")).label("not known");
                self.report.push(offer(diagnostic, "scope", word, pair.value.span, &["user", "device"]));
                None
            }
        }
    }

    fn adopt(&mut self, node: &Node) -> Adopt {
        let mut adopt = Adopt::default();
        let Some(pairs) = node.mapping() else {
            self.report.push(wrong_type(
                node.span,
                "a mapping with `payload_identifier`, `payload_uuid` or `account_guid` for `adopt`",
                shape(node),
            ));
            return adopt;
        };
        for pair in pairs {
            let slot = match &*pair.key {
                "payload_identifier" => &mut adopt.payload_identifier,
                "payload_uuid" => &mut adopt.payload_uuid,
                "account_guid" => &mut adopt.account_guid,
                other => {
                    let known = ["payload_identifier", "payload_uuid", "account_guid"];
                    let free: Vec<&str> = known.into_iter().filter(|word| node.get(word).is_none()).collect();
                    let diagnostic =
                        Diagnostic::new(Code::E0201, pair.key_span, format!("`{other}` is nothing that can be adopted"))
                            .label("not known");
                    self.report.push(offer(diagnostic, "word", other, pair.key_span, &free));
                    continue;
                }
            };
            let Some(text) = text_of(&pair.value, "text", self.cx.sources, self.report) else { continue };
            let normal = if &*pair.key == "payload_identifier" { identifier(text) } else { guid(text) };
            match normal {
                Ok(normal) => *slot = Some(normal),
                Err(what) => {
                    let message = format!("`{}` {what}", pair.key);
                    self.report.push(
                        Diagnostic::new(Code::E0313, pair.value.span, message)
                            .label("not one")
                            .help("copy it from the profile that devices have"),
                    );
                }
            }
        }
        adopt
    }
}

fn identifier(text: &str) -> Result<String, String> {
    let fits = !text.is_empty()
        && text.len() <= 256
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    if fits { Ok(text.to_owned()) } else { Err("is no payload identifier, which has letters, digits, `.`, `-` and `_`".into()) }
}

/// A GUID in upper case, without braces.
fn guid(text: &str) -> Result<String, String> {
    let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
    match uuid::Uuid::try_parse(inner) {
        Ok(uuid) if inner.len() == 36 => Ok(uuid.hyphenated().to_string().to_uppercase()),
        _ => Err("is no UUID such as `0F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0`".into()),
    }
}
