//! Our reader against another one: documents that both accept mean the same.
//!
//! `serde_yaml` (yaml_serde) shares no code with ours. Where the two read a plain scalar differently, YAML 1.2's core schema decides
//! (<https://yaml.org/spec/1.2.2/#103-core-schema>), and the difference stands in [`same_scalar`].

use std::fmt::Write as _;

use payloadc::source::{Limits, Node, Resolved, SourceId, Tree, parse, resolve};
use proptest::prelude::*;
use proptest::sample::select;
use serde_yaml::Value;

use super::{WORDS, config};

/// A document to be written in one of YAML's many ways.
#[derive(Debug, Clone)]
enum Written {
    Plain(&'static str),
    Single(String),
    Double(String),
    Block(Vec<String>, bool),
    List(Vec<Written>, bool),
    Map(Vec<(String, Written)>, bool),
}

const PLAIN: [&str; 40] = [
    "",
    "~",
    "null",
    "Null",
    "true",
    "True",
    "FALSE",
    "yes",
    "no",
    "on",
    "off",
    "y",
    "0",
    "-1",
    "+1",
    "012",
    "0o14",
    "0x1F",
    "0b1",
    "1_000",
    "1.5",
    "-1.",
    ".5",
    "1e3",
    "1.2.3",
    ".inf",
    "-.INF",
    ".nan",
    "12:30:45",
    "2026-11-21",
    "99999999999999999999",
    "-9223372036854775808",
    "a b",
    "a:b",
    "http://a/b",
    "é",
    "a#b",
    "2_weeks",
    "-a",
    "<<x",
];

fn document() -> impl Strategy<Value = Written> {
    let text = "[ -~éß\u{4e2d}\u{1f600}]{0,12}";
    let leaf = prop_oneof![
        select(&PLAIN[..]).prop_map(Written::Plain),
        text.prop_map(Written::Single),
        text.prop_map(Written::Double),
        (prop::collection::vec("[a-z é:#{-]{0,10}", 1..4), any::<bool>())
            .prop_map(|(lines, folded)| Written::Block(lines, folded)),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            (prop::collection::vec(inner.clone(), 0..5), any::<bool>()).prop_map(|(items, flow)| Written::List(items, flow)),
            (prop::collection::btree_map("[a-z]{1,4}", inner, 0..5), any::<bool>())
                .prop_map(|(pairs, flow)| Written::Map(pairs.into_iter().collect(), flow)),
        ]
    })
}

/// Writes a value behind a key or a dash; inside brackets everything is in brackets.
fn write(tree: &Written, indent: usize, inline: bool, out: &mut String) {
    let pad = " ".repeat(indent);
    match tree {
        Written::Plain(text) => out.push_str(text),
        Written::Single(text) => {
            let _ = write!(out, "'{}'", text.replace('\'', "''"));
        }
        Written::Double(text) => out.push_str(&serde_json::Value::from(text.as_str()).to_string()),
        Written::Block(lines, _) if inline => out.push_str(&serde_json::Value::from(lines.join("\n")).to_string()),
        Written::Block(lines, folded) => {
            out.push_str(if *folded { ">-" } else { "|" });
            for line in lines {
                let _ = write!(out, "\n{pad}x{line}");
            }
        }
        Written::List(items, flow) if inline || *flow || items.is_empty() => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                write(item, indent, true, out);
            }
            out.push(']');
        }
        Written::List(items, _) => {
            for item in items {
                let _ = write!(out, "\n{pad}- ");
                write(item, indent + 2, false, out);
            }
        }
        Written::Map(pairs, flow) if inline || *flow || pairs.is_empty() => {
            out.push('{');
            for (at, (key, value)) in pairs.iter().enumerate() {
                let _ = write!(out, "{}{key}: ", if at > 0 { ", " } else { "" });
                write(value, indent, true, out);
            }
            out.push('}');
        }
        Written::Map(pairs, _) => {
            for (key, value) in pairs {
                let _ = write!(out, "\n{pad}{key}: ");
                write(value, indent + 2, false, out);
            }
        }
    }
}

/// Compares where both readers accept; returns whether they did. Files end in a line break: of block text that ends without one, ours
/// (granit-parser) adds it where YAML says that there is none.
fn compared(text: &str) -> bool {
    let text = &format!("{text}\n");
    if strange_anchor(text) {
        return false;
    }
    let ours = parse(SourceId(0), text, Limits::default());
    let ([document], []) = (ours.documents.as_slice(), ours.problems.as_slice()) else { return false };
    let Ok(theirs) = serde_yaml::from_str::<Value>(text) else { return false };
    assert!(same(document, &theirs), "{text:?}\nours:   {document:?}\ntheirs: {theirs:?}");
    true
}

/// An anchor or alias with signs in its name: `&a:` is one in YAML 1.2, and an anchor in front of a colon in 1.1.
fn strange_anchor(text: &str) -> bool {
    let ends = |c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']' | '{' | '}');
    let strange = |c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-';
    text.match_indices(['&', '*']).any(|(at, _)| text[at + 1..].split(ends).next().is_some_and(|name| name.contains(strange)))
}

fn same(ours: &Node, theirs: &Value) -> bool {
    match (&ours.tree, theirs) {
        (Tree::Sequence(items), Value::Sequence(others)) => {
            items.len() == others.len() && items.iter().zip(others).all(|(item, other)| same(item, other))
        }
        (Tree::Mapping(pairs), Value::Mapping(others)) => {
            let key = |key: &Value, text: &str| key.as_str().is_none_or(|key| key == text);
            pairs.len() == others.len()
                && pairs.iter().zip(others).all(|(pair, (name, other))| key(name, &pair.key) && same(&pair.value, other))
        }
        (Tree::Scalar(scalar), theirs) => same_scalar(resolve(scalar), theirs),
        _ => false,
    }
}

fn same_scalar(ours: Resolved<'_>, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Resolved::Null, Value::Null) => true,
        (Resolved::Boolean(one), Value::Bool(other)) => one == *other,
        (Resolved::Integer(one), Value::Number(other)) => other.as_i64() == Some(one),
        (Resolved::Float, Value::Number(other)) => other.is_f64() || other.as_i64().is_none(),
        (Resolved::Text(one), Value::String(other)) => one == other,
        // yaml_serde takes what begins with a zero for text, and 64 bits for the end of numbers; the core schema does neither.
        (Resolved::Integer(_) | Resolved::Float, Value::String(other)) => {
            let digits = other.trim_start_matches(['+', '-']);
            digits.len() > 1 && (digits.starts_with('0') || digits.bytes().all(|byte| byte.is_ascii_digit()))
        }
        // It knows binary numbers, which the core schema does not.
        (Resolved::Text(one), Value::Number(_)) => one.trim_start_matches(['+', '-']).starts_with("0b"),
        _ => false,
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn written_documents(tree in document()) {
        let mut text = String::new();
        write(&tree, 0, false, &mut text);
        compared(&text);
        compared(&format!("a:\n  {}", text.replace('\n', "\n  ")));
    }

    #[test]
    fn soup(words in prop::collection::vec(select(&WORDS[..]), 0..12)) {
        // Below a key: block text that is a whole document may begin in the first column, where the two take `#` otherwise.
        compared(&format!("a: {}", words.concat()));
        compared(&format!("a: {}", words.join(" ")));
    }
}

/// The documents above are mostly ones that both accept: else nothing would be compared.
#[test]
fn most_documents_are_compared() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let both = (0..300).filter(|_| {
        let mut text = String::new();
        write(&document().new_tree(&mut runner).unwrap().current(), 0, false, &mut text);
        compared(&text)
    });
    assert!(both.count() > 200);
}
