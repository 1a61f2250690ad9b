//! For CI servers: `JUnit` XML, a suite for each file, a case for each diagnostic. Only errors fail.
//!
//! A file without diagnostics is a suite with one case that passed, as some servers take a report without any case for a
//! broken one.

use std::collections::BTreeMap;
use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::{count, flat, place, story, visible};
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Sources;

type Xml = Writer<Vec<u8>>;

/// One suite: the file's name and what is said about it.
type Suite<'a> = (&'a str, Vec<&'a Diagnostic>);

pub(super) fn render(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    // Writing to memory does not fail.
    _ = document(&mut xml, diagnostics, sources);
    let mut text = String::from_utf8(xml.into_inner()).unwrap_or_default();
    text.push('\n');
    text
}

fn document(xml: &mut Xml, diagnostics: &[Diagnostic], sources: &Sources) -> io::Result<()> {
    let suites = suites(diagnostics, sources);
    let cases: usize = suites.iter().map(|(_, own)| own.len().max(1)).sum();
    let failures = count(diagnostics, Severity::Error);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let root = xml.create_element("testsuites").with_attribute(("name", "payloadc"));
    let root = root.with_attribute(("tests", &*cases.to_string())).with_attribute(("failures", &*failures.to_string()));
    root.write_inner_content(|xml| suites.iter().try_for_each(|it| suite(xml, it, sources)))?;
    Ok(())
}

/// In the order of the sources; what is about no file comes last.
fn suites<'a>(diagnostics: &'a [Diagnostic], sources: &'a Sources) -> Vec<Suite<'a>> {
    let mut by_source: BTreeMap<_, Vec<&Diagnostic>> = BTreeMap::new();
    let mut lost = Vec::new();
    for diagnostic in diagnostics {
        let source = diagnostic.primary.span.source;
        let own = if sources.get(source).is_some() { by_source.entry(source).or_default() } else { &mut lost };
        own.push(diagnostic);
    }
    let known = sources.iter().map(|(id, source)| (&*source.path, by_source.remove(&id).unwrap_or_default()));
    let mut suites: Vec<_> = known.collect();
    if !lost.is_empty() {
        suites.push(("payloadc", lost));
    }
    suites
}

fn suite(xml: &mut Xml, (file, own): &Suite<'_>, sources: &Sources) -> io::Result<()> {
    let file = flat(file);
    let failures = own.iter().filter(|diagnostic| diagnostic.severity() == Severity::Error).count();
    let suite = xml.create_element("testsuite").with_attribute(("name", &*file));
    let suite = suite.with_attribute(("tests", &*own.len().max(1).to_string()));
    let suite = suite.with_attribute(("failures", &*failures.to_string()));
    suite.write_inner_content(|xml| {
        if own.is_empty() {
            let case = xml.create_element("testcase").with_attribute(("name", "no diagnostics"));
            case.with_attribute(("classname", &*file)).write_empty()?;
        }
        own.iter().try_for_each(|diagnostic| case(xml, &file, diagnostic, sources))
    })?;
    Ok(())
}

fn case(xml: &mut Xml, file: &str, diagnostic: &Diagnostic, sources: &Sources) -> io::Result<()> {
    let code = diagnostic.code;
    let place = place(diagnostic.primary.span, sources);
    let start = place.map(|place| place.start);
    let at = start.map_or_else(String::new, |start| format!(" at {}:{}", start.line, start.column));
    let case = xml.create_element("testcase").with_attribute(("name", &*format!("{} {}{at}", code.name(), code.slug())));
    let case = case.with_attribute(("classname", file));
    let case = match start {
        Some(start) => case.with_attribute(("file", file)).with_attribute(("line", &*start.line.to_string())),
        None => case,
    };
    case.write_inner_content(|xml| outcome(xml, &format!("{file}{}", at.replace(" at ", ":")), diagnostic))?;
    Ok(())
}

fn outcome(xml: &mut Xml, place: &str, diagnostic: &Diagnostic) -> io::Result<()> {
    let (severity, code) = (diagnostic.severity(), diagnostic.code.name());
    let text = format!("{place}: {}[{code}]: {}", severity.name(), visible(&story(diagnostic)));
    let element = match severity {
        Severity::Error => {
            let failure = xml.create_element("failure").with_attribute(("message", &*flat(&diagnostic.message)));
            failure.with_attribute(("type", code))
        }
        Severity::Warning | Severity::Note => xml.create_element("system-out"),
    };
    element.write_text_content(BytesText::new(&text))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use quick_xml::Reader;

    use super::super::tests::sample;
    use super::*;
    use crate::diagnostic::Code;
    use crate::source::{Source, SourceId, Span};

    /// The names of all elements, in order; an XML error ends the test.
    fn elements(text: &str) -> Vec<String> {
        let mut reader = Reader::from_str(text);
        let mut names = Vec::new();
        loop {
            let event = reader.read_event().unwrap();
            if let Event::Start(tag) | Event::Empty(tag) = &event {
                assert!(tag.attributes().all(|attribute| attribute.is_ok()));
                names.push(tag.name().as_ref().to_string());
            } else if event == Event::Eof {
                return names;
            }
        }
    }

    #[test]
    fn a_suite_for_each_file_and_a_case_for_each_diagnostic() {
        let (mut sources, mut diagnostics) = sample();
        sources.add(Source::new("clean.yaml".into(), String::new()));
        diagnostics.push(Diagnostic::new(Code::N0701, Span::start_of(SourceId(99)), "about no file"));
        let text = render(&diagnostics, &sources);
        let expected = "testsuites testsuite testcase failure testsuite testcase system-out testsuite testcase testsuite testcase system-out";
        assert_eq!(elements(&text).join(" "), expected);
        assert!(text.contains(r#"<testsuites name="payloadc" tests="4" failures="1">"#), "{text}");
        assert!(text.contains(r#"<testsuite name="clean.yaml" tests="1" failures="0">"#), "{text}");
        let case =
            r#"<testcase name="E0301 field-not-used at 3:1" classname="profiles/mail.yaml" file="profiles/mail.yaml" line="3">"#;
        assert!(text.contains(case), "{text}");
    }

    #[test]
    fn any_text_is_well_formed() {
        let mut sources = Sources::new();
        let source = sources.add(Source::new("a&\"<\u{1b}\n.yaml".into(), String::new()));
        let message = "]]> <b attr=\"'\"> & \0\u{b}\u{fffe}\u{1f468}\r\nline";
        let diagnostics = [Code::E0301, Code::W0603].map(|code| Diagnostic::new(code, Span::start_of(source), message));
        let text = render(&diagnostics, &sources);
        assert_eq!(elements(&text).len(), 6);
        assert!(!text.contains(['\0', '\u{b}', '\u{fffe}', '\r', '\u{1b}']), "{text}");
        assert_eq!(elements(&render(&[], &Sources::new())), ["testsuites"]);
    }
}
