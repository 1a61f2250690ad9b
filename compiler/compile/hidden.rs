//! Text that may be a secret, by the look of its line: also where the file is no YAML, a key stands twice or a name is misspelt.
//!
//! The checks hide what they read; this hides what they never get to see. Hiding too much costs stars in a report, no more.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

use crate::builtin::SCHEMAS;
use crate::check::nearest;
use crate::diagnostic::Report;
use crate::schema::{Schemas, Type};
use crate::source::{SourceId, Sources, Span};

/// Stars out what no report may show, in the files that reports show, and drops the fixes that would write it.
pub fn hide(report: &mut Report, sources: &mut Sources) {
    let edits = report.iter().filter_map(|said| said.fix.as_ref()).flat_map(|fix| &fix.edits);
    let replaced: Vec<(Span, String)> = edits.map(|edit| (edit.span, sources.slice(edit.span).to_owned())).collect();
    star(report, sources);
    let hidden: HashSet<Span> =
        replaced.into_iter().filter(|(span, text)| sources.slice(*span) != text).map(|(span, _)| span).collect();
    report.drop_fixes(|edit| hidden.contains(&edit.span));
}

fn star(report: &Report, sources: &mut Sources) {
    let secrets = names(&SCHEMAS);
    for span in report.hidden() {
        sources.hide(*span);
    }
    let shown: BTreeSet<SourceId> =
        report.iter().flat_map(|said| said.labels.iter().chain([&said.primary])).map(|label| label.span.source).collect();
    for id in shown {
        let Some(source) = sources.get(id) else { continue };
        for range in literals(&source.text, &secrets) {
            let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            sources.hide(Span { source: id, start: byte(range.start), end: byte(range.end) });
        }
    }
}

/// The bytes of a file that no report may show.
fn literals(text: &str, secrets: &[&str]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    // How far the line of a secret field without a value is indented: what is indented deeper belongs to it.
    let mut below: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end();
        let start = content.len() - content.trim_start().len();
        if below.is_some_and(|indent| start > indent) {
            if !names_source(content) {
                found.push(at + start..at + content.len());
            }
        } else if !content.is_empty() {
            let value = value_of_secret(content, secrets);
            below = value.map(|_| start);
            if let Some(value) = value.filter(|from| !names_source(content.get(*from..).unwrap_or_default())) {
                found.push(at + value..at + content.len());
            }
        }
        at += line.len();
    }
    found.retain(|range| !range.is_empty());
    found
}

/// The names of secret fields, of all kinds.
fn names(schemas: &Schemas) -> Vec<&'static str> {
    let fields = schemas.kinds.iter().flat_map(|kind| kind.fields);
    fields
        .filter(|field| matches!(field.ty, Type::Secret))
        .map(|field| field.name.rsplit('.').next().unwrap_or(field.name))
        .collect()
}

/// Where the value of the first secret field of a line begins.
fn value_of_secret(line: &str, secrets: &[&str]) -> Option<usize> {
    line.match_indices(':').find_map(|(colon, _)| {
        let rest = line.get(colon + 1..)?;
        let before = line.get(..colon)?.trim_end().trim_end_matches(['"', '\'']);
        let key = before.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').next()?;
        let is_key = rest.is_empty() || rest.starts_with([' ', '\t', '"', '\'']);
        (is_key && is_near(key, secrets)).then(|| colon + 1 + rest.len() - rest.trim_start().len())
    })
}

/// Whether a key is the name of a secret field or a slip for one. Most keys are not worth the comparison.
fn is_near(key: &str, secrets: &[&str]) -> bool {
    let alike = |name: &&str| {
        name.len().abs_diff(key.len()) <= 3
            && (name.as_bytes().first() == key.as_bytes().first() || name.as_bytes().last() == key.as_bytes().last())
    };
    let alike: Vec<&str> = secrets.iter().copied().filter(alike).collect();
    !alike.is_empty() && nearest(&key.to_lowercase(), alike).is_some()
}

/// Whether text says where a secret comes from, and nothing else; an empty one says it below.
fn names_source(text: &str) -> bool {
    let bare = text.split(" #").next().unwrap_or_default().trim();
    let bare = bare.trim_start_matches('{').trim_end_matches(['}', ' ']).trim();
    let Some(source) = bare.strip_prefix("secret:") else {
        return bare.is_empty() || bare.starts_with('#') || bare.starts_with("token:");
    };
    let source = source.trim().trim_matches(['"', '\'']);
    (source.starts_with("env:") || source.starts_with("file:")) && !source.contains([',', '{', '}', '[', ']', '"', '\''])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(text: &str) -> String {
        literals(text, &names(&SCHEMAS)).into_iter().map(|range| &text[range]).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn what_may_be_a_secret() {
        for (text, secret) in [
            ("challenge: abc\nhost: x", "abc"),
            ("\"password\" : 'a b' # c", "'a b' # c"),
            ("pasword: abc", "abc"),
            ("overrides: { ios: { challenge: abc, host: x } }", "abc, host: x } }"),
            ("challenge: |\n  abc\n\n  def\nhost: x", "||abc|def"),
            ("challenge:\n  abc\nhost: x", "abc"),
            ("challenge: { secret: env:X, value: abc }", "{ secret: env:X, value: abc }"),
            ("challenge: { secret: abc }", "{ secret: abc }"),
            ("challenge: [abc]", "[abc]"),
        ] {
            assert_eq!(hidden(text), secret, "{text}");
        }
    }

    #[test]
    fn what_is_none() {
        for text in [
            "challenge: { secret: env:SCEP_CHALLENGE }",
            "password: { secret: \"file:../p12-password.txt\" }  # comment",
            "challenge: { token: \"$FLEET_VAR_X\" }",
            "challenge:\n  secret: env:X\nhost: x",
            "challenge: {\n  secret: env:X\n}",
            "overrides: { ios: { challenge: { secret: env:X } } }",
            "description: a text with the word password in it",
            "authentication: username_and_password",
            "# password",
        ] {
            assert_eq!(hidden(text), "", "{text}");
        }
    }
}
