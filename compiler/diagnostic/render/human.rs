//! For a person: the marked lines of the source, what is wrong with them, what to do.
//!
//! The layout is the rendering crate's. What it is given is cut down and made harmless here, so that neither a huge line nor
//! an escape sequence in a file reaches the terminal.

use std::fmt::Write as _;
use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Element, Group, Level, Patch, Renderer, Snippet};

use super::window::{self, Window};
use super::{Style, count, flat, place, visible, within};
use crate::diagnostic::{Diagnostic, Edit, Fix, Label, Severity};
use crate::source::{Source, Sources, Span};

/// Replacements longer than this are not shown, only named.
const LONGEST_PATCH: usize = 2000;
/// Narrower than this, lines are wrapped by the terminal rather than trimmed to nothing.
const NARROWEST: usize = 40;
/// Fences where a place goes in. [`visible`] leaves none in any text.
const FENCE: char = '\u{1}';

pub(super) fn render(diagnostics: &[Diagnostic], sources: &Sources, style: Style) -> String {
    let renderer = if style.colour { Renderer::styled() } else { Renderer::plain() };
    let renderer = match style.width {
        Some(width) => renderer.term_width(NARROWEST.max(width.into())),
        None => renderer,
    };
    let mut out = String::new();
    for diagnostic in diagnostics {
        out.push_str(&one(diagnostic, sources, &renderer));
        out.push_str("\n\n");
    }
    out.push_str(&summary(diagnostics));
    out
}

/// `2 errors, 1 warning`, with its line break.
fn summary(diagnostics: &[Diagnostic]) -> String {
    let mut parts = Vec::new();
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        match count(diagnostics, severity) {
            0 => {}
            1 => parts.push(format!("1 {}", severity.name())),
            many => parts.push(format!("{many} {}s", severity.name())),
        }
    }
    if parts.is_empty() { String::new() } else { parts.join(", ") + "\n" }
}

fn one(diagnostic: &Diagnostic, sources: &Sources, renderer: &Renderer) -> String {
    let mut places = Places::default();
    let title = level(diagnostic.severity()).primary_title(prose(&diagnostic.message)).id(diagnostic.code.name());
    let mut group = Group::with_title(title);
    for marks in windows(diagnostic, sources) {
        group = group.elements(snippet(&marks, &mut places, sources));
    }
    group = group.elements(messages(diagnostic, sources));
    let explain = Level::NOTE.message(format!("payloadc explain {}", diagnostic.code.name()));
    let groups = match &diagnostic.fix {
        Some(fix) => vec![group, suggestion(fix, diagnostic.primary.span, &mut places, sources).element(explain)],
        None => vec![group.element(explain)],
    };
    places.fill(&renderer.render(&groups))
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    }
}

/// What to do and why; also what labels say about files that are not among the sources.
fn messages(diagnostic: &Diagnostic, sources: &Sources) -> Vec<Element<'static>> {
    let labels = std::iter::once(&diagnostic.primary).chain(&diagnostic.labels);
    let lost = labels.filter(|label| sources.get(label.span.source).is_none() && !label.text.is_empty());
    let lost = lost.map(|label| Level::NOTE.message(prose(&label.text)));
    let help = diagnostic.help.iter().map(|help| Level::HELP.message(prose(help)));
    let notes = diagnostic.notes.iter().map(|note| Level::NOTE.message(prose(note)));
    lost.chain(help).chain(notes).map(Element::from).collect()
}

/// Text of ours, which may hold text of a file. The rendering crate minds its line breaks, but not its tabs.
fn prose(text: &str) -> String {
    visible(text).replace('\t', "    ")
}

/// A label whose file is known.
struct Mark<'a> {
    label: &'a Label,
    source: &'a Source,
    range: Range<usize>,
    kind: AnnotationKind,
}

impl<'a> Mark<'a> {
    fn new(label: &'a Label, kind: AnnotationKind, sources: &'a Sources) -> Option<Mark<'a>> {
        let source = sources.get(label.span.source)?;
        Some(Mark { label, source, range: window::trim(source, within(source, label.span)), kind })
    }

    fn fits(&self, other: &Mark<'_>) -> bool {
        self.label.span.source == other.label.span.source && window::fit(self.source, &self.range, &other.range)
    }
}

/// The labels, those together that one window shows; the primary one's window comes first.
fn windows<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Vec<Vec<Mark<'a>>> {
    let primary = Mark::new(&diagnostic.primary, AnnotationKind::Primary, sources);
    let others = diagnostic.labels.iter().filter_map(|label| Mark::new(label, AnnotationKind::Context, sources));
    let mut windows: Vec<Vec<Mark<'a>>> = Vec::new();
    for mark in primary.into_iter().chain(others) {
        match windows.iter_mut().find(|marks| marks.iter().all(|other| other.fits(&mark))) {
            Some(marks) => marks.push(mark),
            None => windows.push(vec![mark]),
        }
    }
    windows
}

fn snippet(marks: &[Mark<'_>], places: &mut Places, sources: &Sources) -> Option<Snippet<'static, Annotation<'static>>> {
    let head = marks.first()?;
    let ranges: Vec<_> = marks.iter().map(|mark| mark.range.clone()).collect();
    let window = Window::cut(head.source, &ranges)?;
    let annotations = marks.iter().map(|mark| {
        let at = |byte| window.nearest(mark.source, byte);
        let label = Some(flat(&mark.label.text)).filter(|text| !text.is_empty());
        mark.kind.span(at(mark.range.start)..at(mark.range.end)).label(label)
    });
    let annotations: Vec<_> = annotations.collect();
    let path = places.add(head.label.span, sources);
    Some(Snippet::source(window.text).line_start(window.first).path(path).annotations(annotations))
}

/// The fix with the lines it changes; without them where they are too many, too long, or not known.
fn suggestion(fix: &Fix, primary: Span, places: &mut Places, sources: &Sources) -> Group<'static> {
    let group = Group::with_title(Level::HELP.secondary_title(prose(&fix.title)));
    group.elements(patches(fix, primary, places, sources))
}

fn patches(fix: &Fix, primary: Span, places: &mut Places, sources: &Sources) -> Option<Snippet<'static, Patch<'static>>> {
    let head = fix.edits.first()?.span;
    let source = sources.get(head.source)?;
    let mut edits: Vec<_> = fix.edits.iter().map(|edit| whole_lines(source, edit)).collect();
    edits.sort_by_key(|(range, _)| range.start);
    let apart = edits.windows(2).all(|pair| matches!(pair, [(one, _), (other, _)] if one.end <= other.start));
    let scattered = fix.edits.iter().any(|edit| edit.span.source != head.source);
    if !apart || scattered || edits.iter().map(|(_, text)| text.len()).sum::<usize>() > LONGEST_PATCH {
        return None;
    }
    let ranges: Vec<_> = edits.iter().map(|(range, _)| range.clone()).collect();
    let window = Window::cut(source, &ranges)?;
    let patch = |(range, text): &(Range<usize>, &str)| {
        let range = window.exact(source, range.start)?..window.exact(source, range.end)?;
        Some(Patch::new(range, visible(&text.replace('\r', ""))))
    };
    let patches = edits.iter().map(patch).collect::<Option<Vec<_>>>()?;
    let elsewhere = (head.source != primary.source).then(|| places.add(head, sources));
    Some(Snippet::source(window.text).line_start(window.first).path(elsewhere).patches(patches))
}

/// An edit of whole lines without its last line break, lest the line behind it seem to change.
fn whole_lines<'a>(source: &Source, edit: &'a Edit) -> (Range<usize>, &'a str) {
    let (range, text) = (within(source, edit.span), &*edit.text);
    let old = source.text.get(range.clone()).unwrap_or_default();
    match (old.strip_suffix('\n'), text.strip_suffix('\n')) {
        (Some(old), Some(text)) => (range.start..range.start + old.len(), text),
        (Some(old), None) if text.is_empty() => (range.start..range.start + old.len(), text),
        _ => (range, text),
    }
}

/// Line and column of what a window shows. The rendering crate sees windows and would count in them, so each snippet's path is
/// a fenced number, and what stands there is written over it.
#[derive(Default)]
struct Places(Vec<String>);

impl Places {
    fn add(&mut self, span: Span, sources: &Sources) -> String {
        let place = place(span, sources)
            .map_or_else(String::new, |place| format!("{}:{}:{}", flat(place.file), place.start.line, place.start.column));
        self.0.push(place);
        format!("{FENCE}{}{FENCE}", self.0.len() - 1)
    }

    /// Puts the places in; the crate's own `:line:column` behind each fence goes.
    fn fill(&self, rendered: &str) -> String {
        let mut out = String::with_capacity(rendered.len());
        for (index, part) in rendered.split(FENCE).enumerate() {
            let fenced = part.parse().ok().and_then(|number: usize| self.0.get(number));
            match (index % 2, fenced) {
                (1, Some(place)) => out.push_str(place),
                (0, _) if index > 0 => out.push_str(part.trim_start_matches(|c: char| c == ':' || c.is_ascii_digit())),
                _ => _ = out.write_str(part),
            }
        }
        lines_without_trailing_spaces(&out)
    }
}

fn lines_without_trailing_spaces(text: &str) -> String {
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{sample, single};
    use super::*;
    use crate::diagnostic::Code;
    use crate::source::SourceId;

    fn plain(diagnostic: Diagnostic, sources: &Sources) -> String {
        render(&[diagnostic], sources, Style::default())
    }

    fn error(span: Span) -> Diagnostic {
        Diagnostic::new(Code::E0301, span, "wrong")
    }

    #[test]
    fn everything() {
        let (sources, diagnostics) = sample();
        let expected = "\
error[E0301]: `account_domain` is only used with a literal
 --> profiles/mail.yaml:3:1
  |
2 | user_name: user_principal_name
  |            ------------------- this user name carries its own domain
3 | account_domain: CONTOSO
  | ^^^^^^^^^^^^^^ not used here
  |
 ::: payloadc.yaml:1:1
  |
1 | organization: com.contoso
  | ------------ the organization
  |
  = help: remove `account_domain`
  = note: Apple: Mail payload
help: remove the field
  |
3 - account_domain: CONTOSO
  |
  = note: payloadc explain E0301

warning[W0603]: nothing is silenced by `{{ x }}`, 100 %
 --> payloadc.yaml:1:15
  |
1 | organization: com.contoso
  |               ^^^^^^^^^^^
  |
  = note: payloadc explain W0603

1 error, 1 warning
";
        assert_eq!(render(&diagnostics, &sources, Style::default()), expected);
        assert!(render(&diagnostics, &sources, Style { colour: true, width: None }).starts_with("\u{1b}["));
    }

    #[test]
    fn counts() {
        let (sources, span) = single("", "");
        let of = |codes: &[Code]| summary(&codes.iter().map(|code| Diagnostic::new(*code, span, "m")).collect::<Vec<_>>());
        assert_eq!(of(&[]), render(&[], &sources, Style::default()));
        assert_eq!(of(&[Code::N0701]), "1 note\n");
        assert_eq!(of(&[Code::N0701, Code::E0301, Code::W0603, Code::E0001, Code::N0701]), "2 errors, 1 warning, 2 notes\n");
    }

    #[test]
    fn nothing_to_point_at() {
        let (sources, span) = single("", "");
        let expected =
            "error[E0301]: wrong\n --> a.yaml:1:1\n  |\n1 |\n  | ^ empty\n  |\n  = note: payloadc explain E0301\n\n1 error\n";
        assert_eq!(plain(error(span).label("empty"), &sources), expected);
        let expected = "error[E0301]: wrong\n |\n = note: said\n = note: payloadc explain E0301\n\n1 error\n";
        assert_eq!(plain(error(Span::start_of(SourceId(9))).label("said"), &sources), expected);
    }

    #[test]
    fn carets_stand_under_wide_characters_tabs_and_escapes() {
        let (sources, span) = single("a: \t\u{1b}[31m日本\u{1f468} x # here\r\nb: 2\r\n", "x #");
        let text = plain(error(span).label("this\u{1b}[0m").fix("use `y`", Span { end: span.start + 1, ..span }, "y"), &sources);
        let shown = "1 | a:     \u{241b}[31m日本\u{1f468} x # here\n  |                    ^^^ this\u{241b}[0m\n";
        assert!(text.contains(shown) && text.contains(" --> a.yaml:1:14\n"), "{text}");
        assert!(
            text.contains("1 - a:     \u{241b}[31m日本\u{1f468} x # here\n1 + a:     \u{241b}[31m日本\u{1f468} y # here\n"),
            "{text}"
        );
    }

    #[test]
    fn several_lines() {
        let (sources, span) = single("a:\r\n - 1\r\n - 2\r\nb: 1\r\n", "1\r\n - 2\r\n");
        let shown = "2 |    - 1\n  |  ____^\n3 | |  - 2\n  | |____^ both\n";
        let text = plain(error(span).label("both"), &sources);
        assert!(text.contains(shown), "{text}");
    }

    #[test]
    fn of_a_huge_line_the_part_about_each_label_is_shown() {
        let (before, after) = ("日本, ".repeat(300_000), ", x".repeat(1_000_000));
        let (sources, span) = single(&format!("a: [{before}here{after}]\nb: 1\n"), "here");
        let list = Span { start: 0, end: 1, ..span };
        let text = plain(error(span).label("this").also(list, "of this list").fix("rewrite", span, "there"), &sources);
        assert!(text.contains(" --> a.yaml:1:1200005\n") && text.contains(" ::: a.yaml:1:1\n"), "{text}");
        assert!(text.contains("^^^^ this\n") && text.contains("- of this list\n") && text.contains("本, there, x"), "{text}");
        assert!(text.lines().all(|line| line.len() < 240), "{text}");
    }

    #[test]
    fn lines_far_apart_have_windows_of_their_own() {
        let (sources, span) = single(&format!("a: 1\n{}z: 1\n", "b: 2\n".repeat(1000)), "z");
        let at = |start, end| Span { start, end, ..span };
        let text = plain(error(span).also(at(0, 1), "first").also(at(5, 4000), "from here on"), &sources);
        assert!(text.contains("    --> a.yaml:1002:1\n") && text.contains("    ::: a.yaml:1:1\n"), "{text}");
        assert!(text.contains("   2 | b: 2\n     | ---- from here on\n") && text.lines().count() < 20, "{text}");
    }

    #[test]
    fn a_fix_in_another_file_says_where() {
        let (sources, diagnostics) = sample();
        let span = diagnostics.first().map(|first| first.primary.span).unwrap();
        let other = diagnostics.last().map(|last| last.primary.span).unwrap();
        let text = plain(error(span).fix("use another", other, "org.contoso"), &sources);
        assert!(text.contains("help: use another\n --> payloadc.yaml:1:15\n"), "{text}");
    }

    prop_compose! {
        fn span()(source in 0u32..3, start in 0u32..60, length in 0u32..40) -> Span {
            Span { source: SourceId(source), start, end: start + length }
        }
    }

    const ALPHABET: &str = "[a-c :\\-\t\r\n\n\n\u{1b}\u{9b}\u{202e}\u{1}é日\u{1f468}\u{200d}]{0,60}";

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]
        #[test]
        fn anything_is_shown_and_nothing_obeyed(
            texts in prop::collection::vec(ALPHABET, 2),
            marked in span(), labels in prop::collection::vec((span(), ALPHABET), 0..4),
            edits in prop::collection::vec((span(), ALPHABET), 0..3), width in prop::option::of(0u16..100),
        ) {
            let mut sources = Sources::new();
            for text in &texts {
                sources.add(Source::new(text.clone(), text.clone()));
            }
            let text = texts.first().cloned().unwrap_or_default();
            let mut diagnostic = Diagnostic::new(Code::E0301, marked, text.clone()).label(text.clone()).help(text.clone()).note(text.clone());
            for (span, text) in labels {
                diagnostic = diagnostic.also(span, text);
            }
            let edits = edits.into_iter().map(|(span, text)| Edit { span, text }).collect();
            diagnostic.fix = Some(Fix { title: text, edits });
            let shown = render(std::slice::from_ref(&diagnostic), &sources, Style { colour: false, width });
            prop_assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{shown:?}");
            prop_assert!(shown.ends_with("payloadc explain E0301\n\n1 error\n"), "{shown}");
            let coloured = render(&[diagnostic], &sources, Style { colour: true, width });
            let rest = |code: &str| code.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').starts_with('m');
            let only_colours = coloured.split('\u{1b}').skip(1).all(|code| code.strip_prefix('[').is_some_and(rest));
            prop_assert!(only_colours, "{}", coloured);
        }
    }
}
