//! Diagnostics to text: for a person, for a program, for a pipeline.
//!
//! Every renderer is a pure function of the diagnostics and the sources: no file, clock or terminal is looked at, so the same
//! input gives the same bytes everywhere. It neither sorts nor filters; it shows what it is given, in that order.

mod github;
mod human;
mod json;
mod junit;
mod sarif;
mod window;

use std::ops::Range;

use super::{Diagnostic, Severity};
use crate::source::{Position, Source, Sources, Span};

/// The forms a report can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Marked lines of the source, for a terminal.
    Human,
    /// One object a line; `schemas/editor/diagnostic.schema.json` describes it.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands, which GitHub Actions shows beside the changed lines.
    Github,
    /// `JUnit` XML, which nearly every CI server shows.
    Junit,
}

impl Format {
    /// Every format.
    pub const ALL: &[Format] = &[Format::Human, Format::Json, Format::Sarif, Format::Github, Format::Junit];

    /// As it is written on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Format::Human => "human",
            Format::Json => "json",
            Format::Sarif => "sarif",
            Format::Github => "github",
            Format::Junit => "junit",
        }
    }
}

/// What [`Format::Human`] may assume of the terminal; the other formats do not look at it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// Whether to write ANSI colours.
    pub colour: bool,
    /// Columns to trim source lines to, where known.
    pub width: Option<u16>,
}

/// The whole report as text, with a line break at the end unless it is empty.
#[must_use]
pub fn render(format: Format, diagnostics: &[Diagnostic], sources: &Sources, style: Style) -> String {
    match format {
        Format::Human => human::render(diagnostics, sources, style),
        Format::Json => json::render(diagnostics, sources),
        Format::Sarif => sarif::render(diagnostics, sources),
        Format::Github => github::render(diagnostics, sources),
        Format::Junit => junit::render(diagnostics, sources),
    }
}

/// A span as a person counts it. `end` is behind the last character.
struct Place<'a> {
    file: &'a str,
    start: Position,
    end: Position,
}

/// Where a span stands; nowhere when its file is not among the sources.
fn place(span: Span, sources: &Sources) -> Option<Place<'_>> {
    let source = sources.get(span.source)?;
    let range = within(source, span);
    let at = |byte: usize| source.position(u32::try_from(byte).unwrap_or(u32::MAX));
    Some(Place { file: &source.path, start: at(range.start), end: at(range.end) })
}

/// The bytes of a span, moved into the text and onto the borders of characters.
fn within(source: &Source, span: Span) -> Range<usize> {
    let start = border(&source.text, span.from());
    start..border(&source.text, span.to()).max(start)
}

/// The last border of a character at or before a byte.
fn border(text: &str, byte: usize) -> usize {
    (0..=byte.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Text with nothing in it that a terminal obeys or that XML 1.0 forbids. Line breaks and tabs stay.
fn visible(text: &str) -> String {
    text.chars().map(visible_char).collect()
}

/// [`visible`] text on one line.
fn flat(text: &str) -> String {
    visible(text).replace(['\n', '\t'], " ")
}

/// Controls become their pictures (U+2400 and on), all else that acts on the text around it the replacement character. One
/// character stays one character, so that columns stay true.
fn visible_char(character: char) -> char {
    match character {
        '\n' | '\t' => character,
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(character)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}'
        | '\u{61c}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{fffe}'
        | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
        _ => character,
    }
}

/// All that a diagnostic says, for formats that have one field for text.
fn story(diagnostic: &Diagnostic) -> String {
    let label = Some(&*diagnostic.primary.text).filter(|text| !text.is_empty()).map(str::to_owned);
    let help = diagnostic.help.iter().map(|help| format!("help: {help}"));
    let fix = diagnostic.fix.iter().map(|fix| format!("help: {}", fix.title));
    let notes = diagnostic.notes.iter().map(|note| format!("note: {note}"));
    let lines = std::iter::once(diagnostic.message.clone()).chain(label).chain(help).chain(fix).chain(notes);
    lines.collect::<Vec<_>>().join("\n")
}

/// How many diagnostics are of a severity.
fn count(diagnostics: &[Diagnostic], severity: Severity) -> usize {
    diagnostics.iter().filter(|diagnostic| diagnostic.severity() == severity).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;
    use crate::source::SourceId;

    /// Two files, and a diagnostic that uses every field.
    pub(super) fn sample() -> (Sources, Vec<Diagnostic>) {
        let mut sources = Sources::new();
        let mail = "id: mail\nuser_name: user_principal_name\naccount_domain: CONTOSO\n";
        let first = sources.add(Source::new("profiles/mail.yaml".into(), mail.into()));
        let second = sources.add(Source::new("payloadc.yaml".into(), "organization: com.contoso\n".into()));
        let span = |source, start, end| Span { source, start, end };
        let error = Diagnostic::new(Code::E0301, span(first, 40, 54), "`account_domain` is only used with a literal")
            .label("not used here")
            .also(span(first, 20, 39), "this user name carries its own domain")
            .also(span(second, 0, 12), "the organization")
            .help("remove `account_domain`")
            .note("Apple: Mail payload")
            .fix("remove the field", span(first, 40, 64), "");
        let warning = Diagnostic::new(Code::W0603, span(second, 14, 25), "nothing is silenced by `{{ x }}`, 100 %");
        (sources, vec![error, warning])
    }

    /// One file and where its marked text stands.
    pub(super) fn single(text: &str, marked: &str) -> (Sources, Span) {
        let mut sources = Sources::new();
        let start = text.find(marked).unwrap_or(0);
        let source = sources.add(Source::new("a.yaml".into(), text.into()));
        let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        (sources, Span { source, start: byte(start), end: byte(start + marked.len()) })
    }

    #[test]
    fn columns_count_scalars() {
        let (sources, span) = single("id: x\nname: \"\u{1f468}\u{200d}\u{1f469} 日本\" # here", "here");
        let place = place(span, &sources).unwrap();
        assert_eq!((place.start, place.end), (Position { line: 2, column: 18 }, Position { line: 2, column: 22 }));
    }

    #[test]
    fn spans_from_elsewhere_are_moved_into_the_text() {
        let (sources, span) = single("a: é\n", "");
        let at = |start, end| place(Span { start, end, ..span }, &sources).map(|p| (p.start.column, p.end.line, p.end.column));
        assert_eq!(at(4, 5), Some((4, 1, 5)));
        assert_eq!(at(2, 1), Some((3, 1, 3)));
        assert_eq!(at(900, u32::MAX), Some((1, 2, 1)));
        assert!(place(Span::start_of(SourceId(7)), &sources).is_none());
    }

    #[test]
    fn nothing_a_terminal_obeys_is_visible() {
        assert_eq!(visible("\u{1b}[31m\u{9b}\u{202e}\r\n\t\u{7f}\0"), "\u{241b}[31m\u{fffd}\u{fffd}\u{240d}\n\t\u{2421}\u{2400}");
    }

    #[test]
    fn every_format_takes_anything() {
        let (sources, mut diagnostics) = sample();
        let nowhere = Span { source: SourceId(99), start: 5, end: 9 };
        diagnostics.push(Diagnostic::new(Code::E0001, nowhere, "no file").also(nowhere, "nor here").fix("t", nowhere, "x"));
        for format in Format::ALL {
            let text = render(*format, &diagnostics, &sources, Style::default());
            assert!(text.contains("E0001") && text.ends_with('\n') && !text.ends_with("\n\n"), "{}:\n{text}", format.name());
        }
    }
}
