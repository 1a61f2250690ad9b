//! For GitHub Actions: workflow commands, which it shows beside the changed lines.
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>

use std::fmt::Write as _;

use super::{Place, place, story, visible};
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Sources;

pub(super) fn render(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics {
        let command = command(diagnostic.severity());
        let place = place(diagnostic.primary.span, sources).map_or_else(String::new, |place| properties(&place));
        let text = data(&story(diagnostic));
        // Writing to a string does not fail.
        _ = writeln!(out, "::{command} {place}title={}::{text}", diagnostic.code.name());
    }
    out
}

fn command(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    }
}

/// Columns only within one line: the runner throws them away otherwise.
fn properties(place: &Place<'_>) -> String {
    let Place { file, start, end } = place;
    let file = property(file);
    if start.line == end.line {
        format!("file={file},line={},col={},endLine={},endColumn={},", start.line, start.column, end.line, end.column)
    } else {
        format!("file={file},line={},endLine={},", start.line, end.line)
    }
}

/// Text behind `::`. It is also printed in the log, so nothing that a terminal obeys may be in it.
fn data(text: &str) -> String {
    visible(&text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A"))
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{sample, single};
    use super::*;
    use crate::diagnostic::Code;
    use crate::source::{Source, SourceId, Span};

    #[test]
    fn commands() {
        let (sources, diagnostics) = sample();
        let expected = "::error file=profiles/mail.yaml,line=3,col=1,endLine=3,endColumn=15,title=E0301::\
            `account_domain` is only used with a literal%0Anot used here%0Ahelp: remove `account_domain`%0A\
            help: remove the field%0Anote: Apple: Mail payload\n\
            ::warning file=payloadc.yaml,line=1,col=15,endLine=1,endColumn=26,title=W0603::\
            nothing is silenced by `{{ x }}`, 100 %25\n";
        assert_eq!(render(&diagnostics, &sources), expected);
    }

    #[test]
    fn escapes() {
        let mut sources = Sources::new();
        let source = sources.add(Source::new("a:b,50%.yaml".into(), String::new()));
        let diagnostic = Diagnostic::new(Code::N0701, Span::start_of(source), "x: 1, 2\r\n::error::y\u{1b}");
        let expected =
            "::notice file=a%3Ab%2C50%25.yaml,line=1,col=1,endLine=1,endColumn=1,title=N0701::x: 1, 2%0D%0A::error::y\u{241b}\n";
        assert_eq!(render(&[diagnostic], &sources), expected);
    }

    #[test]
    fn several_lines_have_no_columns_and_no_file_no_place() {
        let (sources, span) = single("a:\n  - 1\n  - 2\n", "1\n  - 2");
        let nowhere = Span::start_of(SourceId(9));
        let diagnostics = [Diagnostic::new(Code::E0301, span, "m"), Diagnostic::new(Code::E0001, nowhere, "m")];
        assert_eq!(
            render(&diagnostics, &sources),
            "::error file=a.yaml,line=2,endLine=3,title=E0301::m\n::error title=E0001::m\n"
        );
    }
}
