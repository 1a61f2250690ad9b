//! For a program: one object a line, as `schemas/editor/diagnostic.schema.json` describes it.
//!
//! Text is given as it is; a program that prints it has to mind control characters itself.

use serde::Serialize;

use super::place;
use crate::diagnostic::{Diagnostic, Fix, Label};
use crate::source::{Sources, Span};

#[derive(Serialize)]
struct Line<'a> {
    code: &'static str,
    severity: &'static str,
    message: &'a str,
    #[serde(flatten)]
    place: Place<'a>,
    labels: Vec<Marked<'a>>,
    help: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: &'a [String],
    fix: Option<Change<'a>>,
    url: String,
}

/// All null for a diagnostic that is about no file.
#[derive(Serialize)]
struct Place<'a> {
    file: Option<&'a str>,
    line: Option<u32>,
    column: Option<u32>,
    end_line: Option<u32>,
    end_column: Option<u32>,
}

#[derive(Serialize)]
struct Marked<'a> {
    #[serde(flatten)]
    place: Place<'a>,
    text: &'a str,
}

#[derive(Serialize)]
struct Change<'a> {
    title: &'a str,
    edits: Vec<Marked<'a>>,
}

pub(super) fn render(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        // Strings and numbers in structs: there is nothing here that JSON cannot carry.
        out.push_str(&serde_json::to_string(&line(diagnostic, sources)).unwrap_or_default());
        out.push('\n');
    }
    out
}

fn line<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Line<'a> {
    let label = |label: &'a Label| marked(label.span, &label.text, sources);
    Line {
        code: diagnostic.code.name(),
        severity: diagnostic.severity().name(),
        message: &diagnostic.message,
        place: numbers(diagnostic.primary.span, sources),
        labels: std::iter::once(&diagnostic.primary).chain(&diagnostic.labels).map(label).collect(),
        help: diagnostic.help.as_deref(),
        notes: &diagnostic.notes,
        fix: diagnostic.fix.as_ref().map(|fix| change(fix, sources)),
        url: diagnostic.code.url(),
    }
}

fn change<'a>(fix: &'a Fix, sources: &'a Sources) -> Change<'a> {
    let edits = fix.edits.iter().map(|edit| marked(edit.span, &edit.text, sources)).collect();
    Change { title: &fix.title, edits }
}

fn marked<'a>(span: Span, text: &'a str, sources: &'a Sources) -> Marked<'a> {
    Marked { place: numbers(span, sources), text }
}

fn numbers(span: Span, sources: &Sources) -> Place<'_> {
    let place = place(span, sources);
    let of = |get: fn(&super::Place<'_>) -> u32| place.as_ref().map(get);
    Place {
        file: place.as_ref().map(|place| place.file),
        line: of(|place| place.start.line),
        column: of(|place| place.start.column),
        end_line: of(|place| place.end.line),
        end_column: of(|place| place.end.column),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::tests::{sample, single};
    use super::*;
    use crate::diagnostic::Code;
    use crate::source::SourceId;

    fn keys(value: &Value) -> Vec<&str> {
        value.as_object().unwrap().keys().map(String::as_str).collect()
    }

    #[test]
    fn keys_stand_in_order() {
        let (sources, diagnostics) = sample();
        let text = render(&diagnostics, &sources);
        let first: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        let expected = "code severity message file line column end_line end_column labels help notes fix url";
        assert_eq!(keys(&first).join(" "), expected);
        assert_eq!(keys(&first["labels"][0]).join(" "), "file line column end_line end_column text");
        assert_eq!(keys(&first["fix"]["edits"][0]).join(" "), "file line column end_line end_column text");
        assert_eq!(first["labels"].as_array().unwrap().len(), 3);
        assert_eq!(first["fix"]["edits"][0]["end_line"], 4);
        let second: Value = serde_json::from_str(text.lines().nth(1).unwrap()).unwrap();
        assert_eq!((&second["help"], &second["fix"], second.get("notes")), (&Value::Null, &Value::Null, None));
    }

    #[test]
    fn one_line_whatever_the_text() {
        let (sources, span) = single("a: \"日本\r\n\"\n", "本");
        let text = render(&[Diagnostic::new(Code::E0109, span, "a\nb\u{1b}\u{2028}\"")], &sources);
        assert_eq!(text.lines().count(), 1);
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (&value["column"], &value["end_column"], &value["message"]),
            (&6.into(), &7.into(), &"a\nb\u{1b}\u{2028}\"".into())
        );
    }

    #[test]
    fn lines_agree_with_the_schema() {
        let schema = include_str!("../../../schemas/editor/diagnostic.schema.json");
        let schema = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
        let (sources, mut diagnostics) = sample();
        diagnostics.push(Diagnostic::new(Code::N0701, Span::start_of(SourceId(99)), "about no file"));
        for line in render(&diagnostics, &sources).lines() {
            let mut value: Value = serde_json::from_str(line).unwrap();
            assert!(schema.is_valid(&value), "{:?}", schema.iter_errors(&value).map(|e| e.to_string()).collect::<Vec<_>>());
            value["surplus"] = Value::Null;
            assert!(!schema.is_valid(&value));
        }
    }
}
