//! Any bytes in: a report, never a panic, within bounds. Property tests and hostile input, through the library.
//!
//! Nothing here looks at a clock: input that is not refused in time lets the test runner's own limit speak.
#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test reads fixtures and may stop"
)]

#[path = "robust/differential.rs"]
mod differential;
#[path = "robust/hostile.rs"]
mod hostile;
#[path = "robust/memory.rs"]
mod memory;

use memory::{INPUTS, WORKSPACE, compiled, fixed_once, survives};
use payloadc::source::SourceId;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Words, signs and whole lines of the language: soup of them comes much further than bytes do.
const WORDS: [&str; 72] = [
    "kind",
    "id",
    "name",
    "platforms",
    "overrides",
    "on_unsupported",
    "adopt",
    "allow",
    "scope",
    "generation",
    "email",
    "scep_certificate",
    "pkcs12_certificate",
    "trusted_certificate",
    "host",
    "user_name",
    "email_address",
    "authentication",
    "certificates",
    "smime",
    "ios",
    "macos",
    "windows",
    "windows_phone",
    "android",
    "all",
    "literal",
    "custom",
    "secret",
    "token",
    "file",
    "env:A",
    "../authority/root.cer",
    "contoso-root",
    "days_of_email",
    "sync_schedule",
    "content_types",
    "use_ssl",
    "true",
    "no",
    "12",
    "1 minute",
    ">=16",
    "\">=16 <18\"",
    "W0212",
    "{{",
    "}}",
    "{{ user.id }}",
    "'{{ vars.mail_host }}'",
    "\"",
    "'",
    ":",
    ": ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    ",",
    "\n",
    "\n  ",
    "\n---\n",
    "#",
    "&a",
    "*a",
    "!t",
    "<<",
    "|\n",
    "\t",
    "\u{202e}",
    "é😀",
    "\\u0000",
];

/// A change to a text, at places that depend on its length.
#[derive(Debug, Clone)]
enum Change {
    Byte(Index, u8),
    RemoveLine(Index),
    RepeatLine(Index, Index),
    SwapLines(Index, Index),
    SwapWords(Index, Index),
    Word(Index, &'static str),
    Cut(Index),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Change::Byte(at, byte)),
        at().prop_map(Change::RemoveLine),
        (at(), at()).prop_map(|(from, to)| Change::RepeatLine(from, to)),
        (at(), at()).prop_map(|(one, other)| Change::SwapLines(one, other)),
        (at(), at()).prop_map(|(one, other)| Change::SwapWords(one, other)),
        (at(), select(&WORDS[..])).prop_map(|(at, word)| Change::Word(at, word)),
        at().prop_map(Change::Cut),
    ]
}

fn changed(text: &str, change: &Change) -> String {
    if text.is_empty() {
        return "\n".into();
    }
    let lines = || text.split_inclusive('\n').map(ToOwned::to_owned).collect::<Vec<String>>();
    match change {
        Change::Byte(at, byte) => {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at.index(text.len())] = *byte;
            String::from_utf8_lossy(&bytes).into_owned()
        }
        Change::RemoveLine(at) => {
            let mut lines = lines();
            lines.remove(at.index(lines.len()));
            lines.concat()
        }
        Change::RepeatLine(from, to) => {
            let mut lines = lines();
            let line = lines[from.index(lines.len())].clone();
            lines.insert(to.index(lines.len()), line);
            lines.concat()
        }
        Change::SwapLines(one, other) => {
            let mut lines = lines();
            let count = lines.len();
            lines.swap(one.index(count), other.index(count));
            lines.concat()
        }
        Change::SwapWords(one, other) => {
            let mut words: Vec<&str> = text.split_inclusive([' ', '\n', ':', ',', '[', ']', '{', '}']).collect();
            let count = words.len();
            words.swap(one.index(count), other.index(count));
            words.concat()
        }
        Change::Word(at, word) => {
            let at = (0..=at.index(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            format!("{}{word}{}", &text[..at], &text[at..])
        }
        Change::Cut(at) => {
            let at = (0..=at.index(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            text[..at].to_owned()
        }
    }
}

fn mutated(text: &str, changes: &[Change]) -> String {
    changes.iter().fold(text.to_owned(), |text, change| changed(&text, change))
}

/// No file of failing cases: a failure prints its input, which becomes a test of its own. `PROPTEST_CASES=20000` looks longer.
fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_bytes_as_a_profile(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        survives(Some(WORKSPACE), &[&String::from_utf8_lossy(&bytes)]);
    }

    #[test]
    fn any_text_as_a_profile(text in ".{0,200}") {
        survives(None, &[&text]);
    }

    #[test]
    fn any_bytes_as_a_workspace(bytes in prop::collection::vec(any::<u8>(), 0..200), profile in select(&INPUTS[..])) {
        survives(Some(&String::from_utf8_lossy(&bytes)), &[&profile]);
    }

    #[test]
    fn soup_of_words(words in prop::collection::vec(select(&WORDS[..]), 0..60), workspace in prop::collection::vec(select(&WORDS[..]), 0..30)) {
        survives(Some(WORKSPACE), &[&words.concat()]);
        survives(Some(&workspace.concat()), &[&format!("kind: email\n{}", words.concat())]);
    }

    #[test]
    fn lines_of_words(pairs in prop::collection::vec((select(&WORDS[..]), prop::collection::vec(select(&WORDS[..]), 0..4)), 0..20)) {
        let lines: String = pairs.iter().map(|(key, value)| format!("{key}: {}\n", value.join(" "))).collect();
        survives(Some(WORKSPACE), &[&format!("kind: email\nid: mail\n{lines}"), &lines]);
        survives(Some(&lines), &[&lines]);
    }

    #[test]
    fn mutated_profiles(input in select(&INPUTS[..]), changes in prop::collection::vec(change(), 1..6)) {
        survives(Some(WORKSPACE), &[&mutated(&input, &changes)]);
    }

    #[test]
    fn mutated_workspaces(input in select(&INPUTS[..]), changes in prop::collection::vec(change(), 1..6)) {
        survives(Some(&mutated(WORKSPACE, &changes)), &[&input]);
    }

    /// Several files with the same ids, names and certificates in them.
    #[test]
    fn profiles_side_by_side(inputs in prop::collection::vec(select(&INPUTS[..]), 2..5), changes in prop::collection::vec(change(), 0..3)) {
        let inputs: Vec<String> = inputs.iter().map(|input| mutated(input, &changes)).collect();
        let texts: Vec<&str> = inputs.iter().map(String::as_str).collect();
        survives(Some(WORKSPACE), &texts);
    }

    /// `check --fix`, again and again, comes to an end.
    #[test]
    fn fixes_come_to_an_end(input in select(&INPUTS[..]), changes in prop::collection::vec(change(), 1..4)) {
        let mut text = mutated(&input, &changes);
        let mut rounds = 0;
        loop {
            let output = compiled(None, &[&text], false);
            let Some(next) = fixed_once(&text, &output.diagnostics, SourceId(0)) else { break };
            prop_assert!(next != text, "a fix that changes nothing:\n{text}");
            text = next;
            rounds += 1;
            prop_assert!(rounds < 20, "fixes go round in a circle:\n{text}");
        }
    }
}

/// What the mutations start from is sound: else they would test little.
#[test]
fn unmutated_profiles_are_sound() {
    for input in INPUTS.iter() {
        let output = survives(None, &[input]);
        let known = output.diagnostics.iter().filter(|diagnostic| diagnostic.severity() == payloadc::diagnostic::Severity::Error);
        let errors: Vec<&str> = known.map(|diagnostic| diagnostic.message.as_str()).collect();
        assert!(errors.is_empty(), "{errors:?}\n{input}");
    }
}
