//! For code scanning: SARIF 2.1.0, <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>.
//!
//! Paths are relative to the checkout and nothing tells of the machine or the time, so that two runs give the same bytes.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Serialize;

use super::{place, story};
use crate::diagnostic::{Code, Diagnostic, Fix, Label, Severity};
use crate::source::{Sources, Span};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool,
    column_kind: &'static str,
    results: Vec<Outcome<'a>>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    name: &'static str,
    short_description: Message,
    default_configuration: Configuration,
    help: Page,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Page {
    text: &'static str,
    markdown: &'static str,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome<'a> {
    rule_id: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Message,
    locations: Vec<Site>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Site>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Repair<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Site {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: Physical,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Artifact {
    uri: String,
    uri_base_id: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Repair<'a> {
    description: Message,
    artifact_changes: [Change<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Change<'a> {
    artifact_location: Artifact,
    replacements: Vec<Replacement<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement<'a> {
    deleted_region: Region,
    inserted_content: Content<'a>,
}

#[derive(Serialize)]
struct Content<'a> {
    text: &'a str,
}

pub(super) fn render(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let codes: BTreeSet<Code> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    let codes: Vec<Code> = codes.into_iter().collect();
    let rules = codes.iter().copied().map(rule).collect();
    let driver = Driver { name: "payloadc", semantic_version: env!("CARGO_PKG_VERSION"), rules };
    let results = diagnostics.iter().map(|diagnostic| outcome(diagnostic, &codes, sources)).collect();
    let run = Run { tool: Tool { driver }, column_kind: "unicodeCodePoints", results };
    let schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
    let log = Log { schema, version: "2.1.0", runs: [run] };
    // Strings and numbers in structs: there is nothing here that JSON cannot carry.
    serde_json::to_string_pretty(&log).unwrap_or_default() + "\n"
}

/// A code as a rule. Its page has braces as they are: a rule's help takes no arguments, and viewers show it untouched.
fn rule(code: Code) -> Rule {
    Rule {
        id: code.name(),
        name: code.slug(),
        short_description: message(&code.slug().replace('-', " ")),
        default_configuration: Configuration { level: level(code.severity()) },
        help: Page { text: code.page(), markdown: code.page() },
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// Braces mark placeholders and are doubled where none is meant (3.11.5); what would read as a link is none (3.11.6).
fn message(text: &str) -> Message {
    Message { text: text.replace("](", "\\](").replace('{', "{{").replace('}', "}}") }
}

fn outcome<'a>(diagnostic: &'a Diagnostic, codes: &[Code], sources: &Sources) -> Outcome<'a> {
    let related = diagnostic.labels.iter().enumerate().filter_map(|(index, label)| related(index, label, sources));
    Outcome {
        rule_id: diagnostic.code.name(),
        rule_index: codes.binary_search(&diagnostic.code).ok(),
        level: level(diagnostic.severity()),
        message: message(&story(diagnostic)),
        locations: location(diagnostic.primary.span, sources).into_iter().collect(),
        related_locations: related.collect(),
        fixes: diagnostic.fix.iter().filter_map(|fix| repair(fix, sources)).collect(),
    }
}

fn location(span: Span, sources: &Sources) -> Option<Site> {
    let (artifact_location, region) = physical(span, sources)?;
    Some(Site { id: None, physical_location: Physical { artifact_location, region }, message: None })
}

fn related(index: usize, label: &Label, sources: &Sources) -> Option<Site> {
    let text = Some(message(&label.text)).filter(|message| !message.text.is_empty());
    Some(Site { id: Some(index + 1), message: text, ..location(label.span, sources)? })
}

fn physical(span: Span, sources: &Sources) -> Option<(Artifact, Region)> {
    let place = place(span, sources)?;
    let region = Region {
        start_line: place.start.line,
        start_column: place.start.column,
        end_line: place.end.line,
        end_column: place.end.column,
    };
    Some((Artifact { uri: uri(place.file), uri_base_id: "%SRCROOT%" }, region))
}

/// A relative reference: all but unreserved characters and `/` percent-encoded (RFC 3986, 2.3).
fn uri(path: &str) -> String {
    let mut out = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            // Writing to a string does not fail.
            _ => _ = write!(out, "%{byte:02X}"),
        }
    }
    out
}

/// The fix, if all its edits are in a known file.
fn repair<'a>(fix: &'a Fix, sources: &Sources) -> Option<Repair<'a>> {
    let (artifact_location, _) = physical(fix.edits.first()?.span, sources)?;
    let replacement = |edit: &'a crate::diagnostic::Edit| {
        let (_, deleted_region) = physical(edit.span, sources)?;
        Some(Replacement { deleted_region, inserted_content: Content { text: &edit.text } })
    };
    let replacements = fix.edits.iter().map(replacement).collect::<Option<Vec<_>>>()?;
    Some(Repair { description: message(&fix.title), artifact_changes: [Change { artifact_location, replacements }] })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::{sample, single};
    use super::*;
    use crate::source::SourceId;

    fn log(diagnostics: &[Diagnostic], sources: &Sources) -> Value {
        serde_json::from_str(&render(diagnostics, sources)).unwrap()
    }

    #[test]
    fn shape() {
        let (sources, diagnostics) = sample();
        let log = log(&diagnostics, &sources);
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        assert_eq!(run["columnKind"], "unicodeCodePoints");
        let rule = &run["tool"]["driver"]["rules"][1];
        assert_eq!((&rule["id"], &rule["shortDescription"]["text"]), (&json!("W0603"), &json!("unused allow")));
        assert_eq!(rule["help"]["markdown"], Code::W0603.page());
        let (error, warning) = (&run["results"][0], &run["results"][1]);
        let place = &error["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"], json!({ "uri": "profiles/mail.yaml", "uriBaseId": "%SRCROOT%" }));
        assert_eq!(place["region"], json!({ "startLine": 3, "startColumn": 1, "endLine": 3, "endColumn": 15 }));
        assert_eq!(error["relatedLocations"][1]["physicalLocation"]["artifactLocation"]["uri"], "payloadc.yaml");
        assert_eq!(error["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"]["text"], "");
        assert_eq!((&warning["ruleIndex"], &warning["level"]), (&json!(1), &json!("warning")));
        assert_eq!(warning["message"]["text"], "nothing is silenced by `{{{{ x }}}}`, 100 %");
    }

    #[test]
    fn paths_are_references() {
        assert_eq!(uri("a b/ü%:#.yaml"), "a%20b/%C3%BC%25%3A%23.yaml");
    }

    #[test]
    fn nothing_and_nowhere() {
        let (sources, span) = single("", "");
        assert_eq!(log(&[], &sources)["runs"][0]["results"], json!([]));
        let nowhere = Span::start_of(SourceId(9));
        let diagnostic = Diagnostic::new(Code::E0001, nowhere, "m").also(nowhere, "x").fix("t", nowhere, "x");
        let result = &log(&[diagnostic, Diagnostic::new(Code::E0110, span, "m")], &sources)["runs"][0]["results"];
        assert_eq!(result[0]["locations"], json!([]));
        assert_eq!((result[0].get("fixes"), result[0].get("relatedLocations")), (None, None));
        let region = &result[1]["locations"][0]["physicalLocation"]["region"];
        assert_eq!(region, &json!({ "startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1 }));
    }
}
