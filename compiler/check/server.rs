//! What a server takes: its tokens, text that it would take for one, platforms and kinds that it refuses.

use super::cx::{Cx, all_tokens, knows};
use super::platforms::Chosen;
use super::shape::Draft;
use super::suggest::{list, nearest};
use super::support::Warning;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Piece, Text, Value, View};
use crate::schema::{Collision, Field, Kind, Server, Table, Token, Values};
use crate::source::Span;

/// An attribute that the server has no token for.
pub struct NoToken {
    pub attribute: &'static str,
    pub server: &'static Server,
    pub known: Vec<&'static str>,
    pub platform: &'static str,
}

impl NoToken {
    pub fn reason(&self, field: &Field) -> String {
        format!("{} has no token for `{}` in `{}`", self.server.title, self.attribute, field.name)
    }

    /// At the value; for a default, at the profile, naming the field.
    pub fn at(&self, span: Span, default_of: Option<&Field>) -> Diagnostic {
        let server = self.server;
        let message = match server.values {
            Values::Tokens => format!("{} has no token for `{}` on {}", server.title, self.attribute, self.platform),
            Values::Asks => {
                format!("`{}` differs from user to user, and no server fills it in (`server: manual`)", self.attribute)
            }
            Values::Unknown => format!(
                "`{}` differs from user to user, and the tokens of `server: {}` are not known",
                self.attribute, server.name
            ),
        };
        let mut diagnostic = Diagnostic::new(Code::E0406, span, message);
        diagnostic = match default_of {
            Some(field) => {
                diagnostic.label(format!("`{}` is not written, so its default is filled in for each user", field.name))
            }
            None => diagnostic.label(if self.attribute.starts_with("device.") {
                "filled in for each device"
            } else {
                "filled in for each user"
            }),
        };
        let ways = match server.values {
            Values::Tokens if self.known.is_empty() => "it has no token for users here; write a literal".to_owned(),
            Values::Tokens => format!("it has tokens for {}; `payloadc servers {}` lists them", list(self.known.iter().copied()), server.name),
            Values::Asks | Values::Unknown => {
                "name the server that delivers the file (`server:` in payloadc.yaml), pass its token through with `{{ token('...') }}`, write a literal, or build for each person (`build --per-user`)".to_owned()
            }
        };
        diagnostic.help(ways)
    }
}

/// The first attribute of a text that the server has no token for.
pub fn without_token(server: &'static Server, text: &Text, view: &View, kind: &Kind) -> Option<NoToken> {
    let has = |attribute: &str| server.token(attribute, view.platform.name, kind.name).is_some();
    let attribute = text.attributes().find(|attribute| !has(attribute))?;
    let known = server.attributes.iter().map(|known| known.name).filter(|name| has(name)).collect();
    Some(NoToken { attribute, server, known, platform: view.platform.title })
}

pub fn unknown_tokens(server: &'static Server, text: &Text) -> impl Iterator<Item = Warning> {
    text.pieces().iter().filter_map(move |piece| match piece {
        Piece::Token(token) if !knows(server, token) => {
            let others = all_tokens(server).into_iter().filter(|known| *known != &**token);
            let near = nearest(token, others).map_or_else(String::new, |near| format!("; `{near}` is near"));
            let what = format!("`{token}` is no known token of {}{near}", server.title);
            Some(Warning { code: Code::W0611, what, about: token.to_string() })
        }
        Piece::Token(_) | Piece::Literal(_) | Piece::Attribute(_) | Piece::Formula(..) => None,
    })
}

/// Literal text that the server would take for a token, where it has no escape.
pub fn collision(server: &'static Server, text: &Text, what: &str, span: Span, cx: &Cx<'_>) -> Option<Diagnostic> {
    if !server.escape.is_empty() {
        return None;
    }
    let whole = all_collisions(server, text);
    let found = whole.first().copied().or_else(|| opened(server, text))?;
    let raw = cx.sources.slice(span);
    let place = |found: &str, from: usize| raw.get(from..)?.find(found).map(|at| from + at);
    let at = place(found, 0).map_or(span, |at| span.part(at, at + found.len()));
    let help = match whole.as_slice() {
        [] => "it would read on into the token behind it; this server cannot carry the text".to_owned(),
        _ if what == "the name" => "no token may stand in a name; this server cannot carry the text".to_owned(),
        _ => {
            format!("if the token is meant, write `{{{{ token('{found}') }}}}`; otherwise this server cannot carry the text")
        }
    };
    let mut diagnostic = Diagnostic::new(Code::E0407, at, format!("{} would take `{found}` in {what} for a token", server.title))
        .label("read as a token")
        .help(help)
        .note(format!("payloadc servers {}", server.name));
    let mut behind = place(found, 0).map_or(raw.len(), |at| at + found.len());
    for other in whole.iter().skip(1) {
        if let Some(at) = place(other, behind) {
            behind = at + other.len();
            diagnostic = diagnostic.also(span.part(at, behind), "and this");
        }
    }
    Some(diagnostic)
}

/// Every stretch of the literals that a server would take for a token.
fn all_collisions<'a>(server: &'static Server, text: &'a Text) -> Vec<&'a str> {
    let mut found = Vec::new();
    for literal in text.literals() {
        let mut rest: &str = literal;
        while let Some((from, to)) = collides(server, rest) {
            found.extend(rest.get(from..to));
            rest = rest.get(to..).unwrap_or_default();
        }
    }
    found
}

/// A literal that opens what a token behind it closes: `{ {FirstName}`.
fn opened<'a>(server: &'static Server, text: &'a Text) -> Option<&'a str> {
    let (_, before) = text.pieces().split_last()?;
    before.iter().find_map(|piece| match piece {
        Piece::Literal(literal) => server.collides.iter().find_map(|collision| match collision {
            Collision::Between(opens, closes) => {
                let at = literal.rfind(opens)?;
                (!literal.get(at..)?.contains(closes)).then_some(literal.get(at..at + opens.len())?)
            }
            Collision::Opens(_) | Collision::Known => None,
        }),
        Piece::Attribute(_) | Piece::Token(_) | Piece::Formula(..) => None,
    })
}

/// The bytes of a literal that a server would take for a token.
pub fn collides(server: &'static Server, literal: &str) -> Option<(usize, usize)> {
    server.collides.iter().find_map(|collision| match collision {
        Collision::Opens(opens) => {
            let at = literal.find(opens)?;
            let rest = literal.get(at + opens.len()..).unwrap_or_default();
            let name = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            // `${NAME}`: the brace that closes it belongs to it.
            let brace = usize::from(opens.contains('{') && rest.get(name..).is_some_and(|rest| rest.starts_with('}')));
            Some((at, at + opens.len() + name + brace))
        }
        Collision::Between(opens, closes) => {
            let at = literal.find(opens)?;
            let inside = at + opens.len();
            let length = literal.get(inside..)?.find(closes)?;
            (length > 0).then_some((at, inside + length + closes.len()))
        }
        // The longest of those that begin first: a name may begin as another one does.
        Collision::Known => all_tokens(server)
            .into_iter()
            .filter_map(|token| {
                let at = literal.find(token)?;
                let open = server.tokens.iter().any(|known| matches!(known, Token::Prefix(prefix) if *prefix == token));
                let rest = literal.get(at + token.len()..).unwrap_or_default();
                let name =
                    if open { rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len()) } else { 0 };
                Some((at, at + token.len() + name))
            })
            .min_by_key(|(at, end)| (*at, usize::MAX - *end)),
    })
}

/// A server that does not manage the platform, or refuses the kind there.
pub fn refused_by_server(
    server: &'static Server,
    chosen: &Chosen,
    draft: &Draft,
    server_span: Option<Span>,
) -> Option<Diagnostic> {
    let platform = chosen.platform;
    let refusal = server.refuses.iter().find(|refusal| {
        refusal.platform == platform.name && (refusal.kinds.is_empty() || refusal.kinds.contains(&draft.kind.name))
    });
    let diagnostic = if let Some(refusal) = refusal {
        let message = format!("{} cannot deliver kind `{}` to {}", server.title, draft.kind.name, platform.title);
        Diagnostic::new(Code::E0405, chosen.span, message).label("chosen here").note(refusal.reason).note(refusal.source)
    } else if !server.platforms.contains(&platform.name) {
        let names = list(server.platforms.iter().copied());
        Diagnostic::new(Code::E0405, chosen.span, format!("{} does not manage {}", server.title, platform.title))
            .label("chosen here")
            .note(format!("{} manages {names}", server.title))
    } else {
        return None;
    };
    let help = format!("name another server for this platform: `server: {{ {}: ... }}` in payloadc.yaml", platform.name);
    let diagnostic = diagnostic.help(help);
    Some(match server_span {
        Some(span) => diagnostic.also(span, "the server is named here"),
        None => diagnostic,
    })
}

/// A server whose SCEP proxy finds its certificates by a token in the subject.
pub fn scep_proxy(server: &'static Server, view: &View, table: &'static Table, draft: &Draft) -> Option<Diagnostic> {
    let form = server.syncml.and_then(|form| form.scep).filter(|scep| !scep.subject_must_hold.is_empty())?;
    let root = view.root(draft.kind, draft.scope, table)?.root.ok()?;
    let (subject_id, _) = draft.kind.field("subject")?;
    let holds = |text: &Text, wanted: &str| {
        text.pieces().iter().any(|piece| match piece {
            Piece::Token(token) | Piece::Literal(token) => token.contains(wanted),
            Piece::Attribute(_) | Piece::Formula(..) => false,
        })
    };
    let all = || view.settings.iter().flatten();
    let proxied =
        all().any(|setting| setting.value.texts().iter().any(|text| form.proxies.iter().any(|proxy| holds(text, proxy))));
    let subject = view.setting(subject_id)?;
    let (ty, plain) = form.subject_must_hold.split_once('=')?;
    // In SyncML the server looks for exactly this text; in a property list the token may stand anywhere in the subject.
    let alone = |text: &Text| matches!(text.pieces(), [Piece::Token(token)] if **token == *plain);
    let found = match &subject.value {
        Value::Name(name) if root.is.starts_with("./") => name.0.iter().flatten().any(|(known, text)| known == ty && alone(text)),
        value => value.texts().iter().any(|text| holds(text, plain)),
    };
    if !proxied || found {
        return None;
    }
    let span = subject.origin.span().unwrap_or(draft.id_span);
    let message = format!("{} finds the certificate by a token that the subject lacks", server.title);
    Some(
        Diagnostic::new(Code::E0405, span, message)
            .label(format!("`{}` is not in it", form.subject_must_hold))
            .help(format!("add `OU={{{{ token('{plain}') }}}}` to the subject")),
    )
}
