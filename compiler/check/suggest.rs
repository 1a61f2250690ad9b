//! The nearest known word to one that is not known.

use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// The known word that is nearest to `word`, if one is near: at most a third of its letters differ, and none of its digits,
/// since `5_days` is no slip for `3_days`.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace(['-', ' '], "_");
    let wanted = plain(word);
    let most = (wanted.chars().count() / 3).max(1);
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let (length, number) = (wanted.chars().count(), digits(word));
    known
        .into_iter()
        // Words cannot differ less than their lengths do: that spares most of the work, and all of it for a very long word.
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= most && digits(candidate) == number)
        .map(|candidate| {
            let other = plain(candidate);
            // Of two that are equally near, the one of the same length: a slip swaps letters more often than it drops one.
            (strsim::damerau_levenshtein(&wanted, &other), other.len().abs_diff(wanted.len()), candidate)
        })
        .filter(|(distance, ..)| *distance <= most)
        .min()
        .map(|(.., candidate)| candidate)
}

/// Whether a near word is so near that it may be written in place of the other without asking: a slip of the keyboard.
pub fn certain(word: &str, near: &str) -> bool {
    let plain = |text: &str| text.to_lowercase().replace(['-', ' '], "_");
    let length = word.chars().count();
    // In a word of two letters one letter is as likely another word as a slip.
    let most = match length {
        0..3 => 0,
        3..12 => 1,
        _ => 2,
    };
    // Words cannot differ less than their lengths do: a very long one is not compared.
    length.abs_diff(near.chars().count()) <= most && strsim::damerau_levenshtein(&plain(word), &plain(near)) <= most
}

/// Offers the nearest known word, as a fix where it is certain; else all of them. `noun`: "field", "server".
pub fn offer(diagnostic: Diagnostic, noun: &str, word: &str, span: Span, known: &[&str]) -> Diagnostic {
    match nearest(word, known.iter().copied()) {
        Some(near) if certain(word, near) => {
            diagnostic.help(format!("a {noun} with a similar name exists: `{near}`")).fix(format!("write `{near}`"), span, near)
        }
        Some(near) => {
            let others = if known.len() > MANY { String::new() } else { format!("; known are {}", list(known.iter().copied())) };
            diagnostic.help(format!("a {noun} with a similar name exists: `{near}`{others}"))
        }
        None if known.is_empty() => diagnostic,
        None => diagnostic.help(format!("known are {}", list(known.iter().copied()))),
    }
}

/// More known words than this are not listed beside a near one.
const MANY: usize = 14;

/// Known words for a help line: `a`, `b` and `c`.
pub fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    joined(words, "and")
}

/// Words of which one is wanted: `a`, `b` or `c`.
pub fn either<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    joined(words, "or")
}

fn joined<'a>(words: impl IntoIterator<Item = &'a str>, by: &str) -> String {
    let quoted: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, others)) => format!("{} {by} {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_near_and_another_word_is_not() {
        let known = ["sync_schedule", "host", "use_ssl"];
        assert_eq!(nearest("sync_shedule", known), Some("sync_schedule"));
        assert_eq!(nearest("Use-SSL", known), Some("use_ssl"));
        assert_eq!(nearest("hots", known), Some("host"));
        assert_eq!(nearest("password", known), None);
        assert_eq!(nearest("2 weeks", ["1_week", "2_weeks"]), Some("2_weeks"));
        assert_eq!(nearest("5_days", ["3_days", "1_day"]), None);
    }

    #[test]
    fn only_a_slip_is_certain() {
        assert!(certain("certificate", "certificates"));
        assert!(!certain("name", "surname"));
        assert!(!certain("payload_id", "payload_uuid"));
        assert_eq!(nearest("CM", ["C", "CN", "O"]), Some("CN"));
    }

    #[test]
    fn lists_read_as_prose() {
        assert_eq!(list(["a"]), "`a`");
        assert_eq!(list(["a", "b", "c"]), "`a`, `b` and `c`");
    }
}
