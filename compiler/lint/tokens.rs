//! Whether text holds a token that some MDM server replaces before a device sees it.
//!
//! Which server a file is meant for is not known: the forms of all of them count.

use std::sync::LazyLock;

use crate::builtin::SCHEMAS;
use crate::schema::{Collision, Token};

enum Form {
    Holds(&'static str),
    Between(&'static str, &'static str),
}

static FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| {
    let mut forms = Vec::new();
    for server in SCHEMAS.servers {
        forms.extend(server.attributes.iter().flat_map(|attribute| attribute.rules).map(|rule| Form::Holds(rule.token)));
        forms.extend(server.tokens.iter().map(|token| match token {
            Token::Exact(text) | Token::Prefix(text) => Form::Holds(text),
        }));
        forms.extend(server.collides.iter().filter_map(|collision| match collision {
            Collision::Opens(text) => Some(Form::Holds(text)),
            Collision::Between(opens, closes) => Some(Form::Between(opens, closes)),
            Collision::Known => None,
        }));
    }
    forms
});

/// Whether a server may put something else there.
pub fn is_templated(text: &str) -> bool {
    is_variable(text)
        || text.contains(['$', '{', '%'])
            && FORMS.iter().any(|form| match form {
                Form::Holds(token) => text.contains(token),
                Form::Between(opens, closes) => text.split_once(opens).is_some_and(|(_, rest)| rest.contains(closes)),
            })
}

/// `$NAME` or `${NAME}` in capitals: what pipelines put in before a server sees the file
/// (<https://fleetdm.com/docs/configuration/yaml-files>); `$name$` by itself, as vendors write what a server numbers.
fn is_variable(text: &str) -> bool {
    let inner = text.strip_prefix('$').and_then(|rest| rest.strip_suffix('$'));
    if inner.is_some_and(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
        return true;
    }
    text.split('$').skip(1).any(|rest| {
        let name = rest.strip_prefix('{').unwrap_or(rest);
        let length = name.bytes().take_while(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_').count();
        length >= 3 && name.starts_with(|first: char| first.is_ascii_uppercase())
    })
}
