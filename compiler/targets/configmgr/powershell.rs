//! Values as PowerShell literals.
//!
//! Text stands between single quotes, where nothing is expanded: no variable, no backtick, no here-string. PowerShell takes five
//! characters for single quotes, each of which is doubled. What a reviewer could not see is written by its number.
//! <https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_quoting_rules>

use std::fmt::Write as _;

/// What PowerShell takes for a single quote: the straight one and four typographic ones.
const QUOTES: [char; 5] = ['\'', '\u{2018}', '\u{2019}', '\u{201a}', '\u{201b}'];

/// Text as an expression.
pub fn text(text: &str) -> String {
    if !text.contains(hidden) {
        return quoted(text);
    }
    let mut parts: Vec<String> = Vec::new();
    let mut plain = String::new();
    for c in text.chars() {
        if hidden(c) {
            // The first part decides that `+` joins texts.
            if !plain.is_empty() || parts.is_empty() {
                parts.push(quoted(&std::mem::take(&mut plain)));
            }
            parts.push(format!("[char]0x{:04X}", u32::from(c)));
        } else {
            plain.push(c);
        }
    }
    if !plain.is_empty() {
        parts.push(quoted(&plain));
    }
    format!("({})", parts.join(" + "))
}

/// Characters that are not seen in an editor, or that move what is seen. All of them lie in the first plane.
fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('\'');
    for c in text.chars() {
        if QUOTES.contains(&c) {
            out.push(c);
        }
        out.push(c);
    }
    out.push('\'');
    out
}

/// `$true` or `$false`.
pub fn boolean(value: bool) -> &'static str {
    if value { "$true" } else { "$false" }
}

/// An array of expressions.
pub fn array(items: &[String]) -> String {
    format!("@({})", items.join(", "))
}

/// `@{ Name = value ... }` over several lines, indented.
pub fn hashtable(pairs: &[(String, String)], indent: &str) -> String {
    let mut out = String::from("@{\n");
    for (name, value) in pairs {
        let _ = writeln!(out, "{indent}    {name} = {value}");
    }
    out.push_str(indent);
    out.push('}');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{QUOTES, text};

    /// Reads an expression as PowerShell does: single-quoted texts in which a pair of quotes stands for its first, and
    /// characters by number, joined by `+`. Anything else, or anything behind the expression, is refused.
    fn read(expression: &str) -> Option<String> {
        let (inner, joined) = match expression.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            Some(inner) if expression.starts_with("('") => (inner, true),
            _ => (expression, false),
        };
        let mut out = String::new();
        let mut rest: Vec<char> = inner.chars().rev().collect();
        loop {
            match rest.pop()? {
                '\'' => loop {
                    let c = rest.pop()?;
                    if QUOTES.contains(&c) {
                        // The tokenizer looks at the class of the next character, not at which quote it is.
                        if !rest.last().is_some_and(|next| QUOTES.contains(next)) {
                            break;
                        }
                        rest.pop();
                    }
                    out.push(c);
                },
                '[' => {
                    let mut number = String::new();
                    while rest.last().is_some_and(|c| !matches!(c, ' ')) {
                        number.push(rest.pop()?);
                    }
                    out.push(char::from_u32(u32::from_str_radix(number.strip_prefix("char]0x")?, 16).ok()?)?);
                }
                _ => return None,
            }
            match rest.as_slice() {
                [] => return Some(out),
                [.., ' ', '+', ' '] if joined => rest.truncate(rest.len() - 3),
                _ => return None,
            }
        }
    }

    #[test]
    fn nothing_is_expanded() {
        assert_eq!(text("$(Remove-Item *) `n \"x\""), "'$(Remove-Item *) `n \"x\"'");
        assert_eq!(text("O'Brien"), "'O''Brien'");
        assert_eq!(text("\u{2019}; calc"), "'\u{2019}\u{2019}; calc'");
        assert_eq!(text("a\nb"), "('a' + [char]0x000A + 'b')");
        assert_eq!(text("\u{202e}x"), "('' + [char]0x202E + 'x')");
        assert_eq!(text(""), "''");
    }

    /// Every pair of the five quotes, which is where a reader and a writer could disagree.
    #[test]
    fn quotes_beside_quotes() {
        for one in QUOTES {
            for other in QUOTES {
                let word = format!("{one}{other}");
                assert_eq!(read(&text(&word)).as_deref(), Some(word.as_str()), "{word:?}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn any_text_comes_back(word in any::<String>()) {
            prop_assert_eq!(read(&text(&word)), Some(word));
        }

        #[test]
        fn quotes_among_what_they_could_end(word in "['\u{2018}\u{2019}\u{201a}\u{201b}\"$`;\n\r\t+()\\[\\]{}@#a \u{202e}]{0,24}") {
            let expression = text(&word);
            prop_assert!(!expression.contains(['\n', '\r']));
            prop_assert_eq!(read(&expression), Some(word));
        }
    }
}
