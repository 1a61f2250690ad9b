//! The words of a question, with their bytes.

use super::Wrong;

/// A word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub word: Word,
    pub from: usize,
    pub to: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// `user.department`, `and`.
    Name(String),
    /// In quotes.
    Text(String),
    /// Digits and dots.
    Number(String),
    /// `==`, `(`.
    Sign(&'static str),
}

const SIGNS: [&str; 11] = ["==", "!=", "<=", ">=", "<", ">", "(", ")", "[", "]", ","];

/// All words of a text.
pub fn tokens(text: &str) -> Result<Vec<Token>, Wrong> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let first = rest.chars().next().unwrap_or_default();
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let run = |part: fn(char) -> bool| rest.find(|c| !part(c)).unwrap_or(rest.len());
        let (word, length) = if first.is_ascii_alphabetic() || first == '_' {
            let length = run(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
            (Word::Name(rest.get(..length).unwrap_or_default().to_owned()), length)
        } else if first.is_ascii_digit() {
            let length = run(|c| c.is_ascii_digit() || c == '.');
            (Word::Number(rest.get(..length).unwrap_or_default().to_owned()), length)
        } else if matches!(first, '"' | '\'') {
            quoted(rest, first, at)?
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            (Word::Sign(sign), sign.len())
        } else {
            return Err(unknown(first, at));
        };
        found.push(Token { word, from: at, to: at + length });
        at += length;
    }
    Ok(found)
}

/// Text in quotes; `\` stands in front of a quote or of itself.
fn quoted(rest: &str, quote: char, at: usize) -> Result<(Word, usize), Wrong> {
    let mut text = String::new();
    let mut escaped = false;
    for (index, character) in rest.char_indices().skip(1) {
        match character {
            _ if escaped => {
                text.push(character);
                escaped = false;
            }
            '\\' => escaped = true,
            _ if character == quote => return Ok((Word::Text(text), index + 1)),
            _ => text.push(character),
        }
    }
    Err(Wrong {
        from: at,
        to: at + rest.len(),
        message: "a text in `where` is not closed".into(),
        label: "opened here".into(),
        help: Some(format!("close it with `{quote}`")),
        fix: None,
    })
}

fn unknown(character: char, at: usize) -> Wrong {
    let (help, fix) = match character {
        '=' => (Some("equality is written `==`".to_owned()), Some("==".to_owned())),
        '!' => (Some("write `not`, or `!=`".to_owned()), None),
        '&' | '|' => (Some("write `and` or `or`".to_owned()), None),
        _ => (None, None),
    };
    Wrong {
        from: at,
        to: at + character.len_utf8(),
        message: format!("`{}` has no meaning in `where`", character.escape_debug()),
        label: "not known".into(),
        help,
        fix,
    }
}
