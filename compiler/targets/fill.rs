//! Text as a server takes it: attributes become its tokens, literals its escapes.

use std::borrow::Cow;

use super::{Fault, Part, Surroundings};
use crate::ir::{Piece, SecretSource, Text};
use crate::schema::{Collision, Server};

/// The text that stands in the artifact.
pub fn text(text: &Text, part: &Part<'_>, around: &Surroundings<'_>) -> Result<String, Fault> {
    let mut out = String::new();
    let mut pieces = text.pieces().iter().peekable();
    while let Some(piece) = pieces.next() {
        let runs_on = matches!(pieces.peek(), Some(Piece::Literal(next)) if next.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'));
        match piece {
            Piece::Literal(literal) => escaped(literal, around.server, &mut out),
            Piece::Token(token) => out.push_str(&closed(token, around.server, runs_on)),
            Piece::Formula(text, _) => return Err(Fault(format!("`{text}` was not worked out for one person"))),
            Piece::Attribute(name) => {
                let platform = part.view.platform.name;
                let kind = part.profile.kind.name;
                let token = around.server.token(name, platform, kind);
                let token = token
                    .ok_or_else(|| Fault(format!("`{}` has no token for `{name}`, and no check said so", around.server.name)))?;
                out.push_str(&closed(token, around.server, runs_on));
            }
        }
    }
    Ok(out)
}

/// `$NAME` would read on into a letter behind it; `${NAME}`, where the server knows that form, does not.
fn closed<'a>(token: &'a str, server: &Server, runs_on: bool) -> Cow<'a, str> {
    let braced = |name: &str| {
        server.collides.iter().any(|collision| matches!(collision, Collision::Opens(opens) if opens.strip_prefix("${").is_some_and(|opens| name.starts_with(opens))))
    };
    match token.strip_prefix('$') {
        Some(name) if runs_on && braced(name) => Cow::Owned(format!("${{{name}}}")),
        _ => Cow::Borrowed(token),
    }
}

fn escaped(literal: &str, server: &Server, out: &mut String) {
    let mut text = std::borrow::Cow::Borrowed(literal);
    for (from, to) in server.escape {
        if text.contains(from) {
            text = text.replace(from, to).into();
        }
    }
    out.push_str(&text);
}

/// What a secret holds, as text; a token as it is.
pub fn secret(source: &SecretSource, part: &Part<'_>, around: &Surroundings<'_>) -> Result<String, Fault> {
    if let SecretSource::Token(token) = source {
        return text(token, part, around);
    }
    let bytes = around.secrets.get(source).ok_or_else(|| Fault("a secret was not fetched before it was needed".into()))?;
    String::from_utf8(bytes).map_err(|_| Fault("a secret that is no text got as far as an artifact".into()))
}

/// What a secret holds, as bytes; nothing for a token.
pub fn secret_bytes(source: &SecretSource, around: &Surroundings<'_>) -> Option<Vec<u8>> {
    match source {
        SecretSource::Token(_) => None,
        SecretSource::Env(_) | SecretSource::File(_) => around.secrets.get(source),
    }
}
