//! What is wrong with the text of a file, as diagnostics.

use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::{Problem, ProblemKind, Source, Span};

/// Says what the parser found.
pub fn report(problems: Vec<Problem>, source: &Source, report: &mut Report) {
    let mut expression: Option<Span> = None;
    for problem in problems {
        // Text behind an expression without quotes ends the document: that is the same mistake.
        let follows = matches!(problem.kind, ProblemKind::Syntax(_))
            && expression.is_some_and(|before| same_line(source, before, problem.span));
        expression = matches!(problem.kind, ProblemKind::UnquotedExpression).then_some(problem.span);
        if !follows {
            report.push(diagnostic(problem, source));
        }
    }
}

fn same_line(source: &Source, first: Span, second: Span) -> bool {
    source.position(first.start).line == source.position(second.start).line
}

/// The line a span begins in, and where the line begins.
fn line_of(source: &Source, span: Span) -> (&str, usize) {
    let before = source.text.get(..span.from()).unwrap_or_default();
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = source.text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    (line, start)
}

/// The part `from..to`, in bytes, of the line that begins at `start`.
fn part_of_line(span: Span, start: usize, from: usize, to: usize) -> Span {
    let at = |byte: usize| u32::try_from(start + byte).unwrap_or(u32::MAX);
    Span { source: span.source, start: at(from), end: at(to) }
}

/// The tab in the indentation of the line, rather than the place where the parser gave up.
fn tab(source: &Source, span: Span) -> Span {
    let (line, start) = line_of(source, span);
    let indent = |line: &str| line.get(..line.len() - line.trim_start().len()).and_then(|blanks| blanks.find('\t'));
    if let Some(at) = indent(line) {
        return part_of_line(span, start, at, at + 1);
    }
    // The parser may have stopped in front of the line that begins with the tab.
    let mut begin = start + line.len() + 1;
    for line in source.text.get(begin..).unwrap_or_default().lines().take(2) {
        if let Some(at) = indent(line) {
            return part_of_line(span, begin, at, at + 1);
        }
        begin += line.len() + 1;
    }
    span
}

/// The tag in front of a value.
fn tag(source: &Source, span: Span) -> Span {
    let (line, start) = line_of(source, span);
    let before = line.get(..span.from().saturating_sub(start)).unwrap_or_default();
    let found = before.rfind(" !").map(|at| at + 1).or_else(|| before.starts_with('!').then_some(0));
    found.map_or(span, |at| {
        let length = before.get(at..).and_then(|rest| rest.split_whitespace().next()).map_or(1, str::len);
        part_of_line(span, start, at, at + length)
    })
}

/// The escape that stands for a character, where the span is that of the whole quoted text.
fn escape(source: &Source, span: Span, character: char) -> Span {
    let code = u32::from(character);
    let raw = source.slice(span);
    if raw.contains(character) {
        return span;
    }
    let wanted = [format!("\\u{code:04x}"), format!("\\x{code:02x}"), format!("\\u{code:08x}")];
    let lower = raw.to_ascii_lowercase();
    let found = wanted.iter().find_map(|escape| Some((lower.find(escape.as_str())?, escape.len())));
    let zero = || lower.find("\\0").filter(|_| code == 0).map(|at| (at, 2));
    found.or_else(zero).map_or(span, |(at, length)| span.part(at, at + length))
}

/// The escape of half a character in the line.
fn surrogate(source: &Source, span: Span) -> Span {
    let (line, start) = line_of(source, span);
    let lower = line.to_ascii_lowercase();
    let found =
        ["\\ud8", "\\ud9", "\\uda", "\\udb", "\\udc", "\\udd", "\\ude", "\\udf"].iter().filter_map(|half| lower.find(half)).min();
    found.map_or(span, |at| part_of_line(span, start, at, (at + 6).min(line.len())))
}

/// An expression with the text behind it, up to a comment or, inside `[]` and `{}`, to what separates the members.
fn whole_value(source: &Source, span: Span) -> Span {
    let (line, start) = line_of(source, span);
    let before = line.get(..span.from().saturating_sub(start)).unwrap_or_default();
    let rest = source.text.get(span.to()..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let text = rest.split(" #").next().unwrap_or_default();
    let flow = before.contains(['[', '{']);
    let text = if flow { text.split([',', ']', '}']).next().unwrap_or_default() } else { text };
    Span { end: span.end + u32::try_from(text.trim_end().len()).unwrap_or(0), ..span }
}

/// `>=16` without quotes, where YAML reads `>` as the beginning of folded text.
fn unquoted_range(source: &Source, span: Span) -> Option<Span> {
    let (line, start) = line_of(source, span);
    let at = span.from().checked_sub(start)?;
    let (before, rest) = (line.get(..at)?, line.get(at..)?);
    let digits = rest.strip_prefix(">=").or_else(|| rest.strip_prefix('>'))?;
    if !digits.trim_start().starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let text = rest.split(" #").next().unwrap_or_default();
    let text = if before.contains(['[', '{']) { text.split([',', ']', '}']).next().unwrap_or_default() } else { text };
    Some(part_of_line(span, start, at, at + text.trim_end().len()))
}

/// What a person most often did when the parser says this.
fn slip(what: &str) -> Option<&'static str> {
    const SLIPS: [(&str, &str); 7] = [
        ("quoted scalar", "a quote further up is perhaps not closed"),
        ("bracket", "a bracket is perhaps not closed"),
        ("mapping values are not allowed", "text that holds `: ` stands in quotes"),
        ("unknown anchor", "text that begins with `*` stands in quotes; an alias repeats a value that `&NAME` marked further up"),
        ("did not find expected key", "the keys of one mapping begin in one column"),
        ("invalid indentation", "a bracket or quote further up is perhaps not closed, or this line begins in the wrong column"),
        ("unexpected character", "text that begins with a sign such as `@`, `%`, `>` or a backtick stands in quotes"),
    ];
    SLIPS.iter().find(|(part, _)| what.contains(part)).map(|(_, help)| *help)
}

fn syntax(what: &str, span: Span, source: &Source) -> Diagnostic {
    if let Some(range) = unquoted_range(source, span) {
        let text = serde_json::Value::from(source.slice(range)).to_string();
        return Diagnostic::new(Code::E0211, range, "a version range stands without quotes")
            .label("YAML reads `>` as the beginning of folded text")
            .fix("quote the range", range, text);
    }
    let diagnostic = Diagnostic::new(Code::E0103, span, format!("the document is not YAML: {}", what.trim_end_matches('.')))
        .label("the parser stopped here");
    match slip(what) {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

fn diagnostic(problem: Problem, source: &Source) -> Diagnostic {
    let span = problem.span;
    match problem.kind {
        ProblemKind::Syntax(what) => syntax(&what, span, source),
        ProblemKind::Tab => Diagnostic::new(Code::E0104, tab(source, span), "a tab stands where YAML takes only spaces")
            .label("a tab")
            .help("indent with spaces; most editors can convert a whole file"),
        ProblemKind::Surrogate => {
            Diagnostic::new(Code::E0109, surrogate(source, span), "an escape stands for half a character (a lone surrogate)")
                .label("no file can carry it")
                .help("write the character itself, or both halves of the pair")
        }
        ProblemKind::DuplicateKey(key, first) => {
            Diagnostic::new(Code::E0105, span, format!("`{key}` stands twice in one mapping"))
                .label("for the second time")
                .also(first, "first here")
                .help("keep one of them; neither is used")
        }
        ProblemKind::MergeKey => Diagnostic::new(Code::E0107, span, "merge keys (`<<`) are not part of this language")
            .label("refused")
            .help("repeat the lines, or use an alias (`*name`) for a whole value")
            .note("YAML 1.2 has no merge keys; tools that read them disagree about which value wins"),
        ProblemKind::Tag => Diagnostic::new(Code::E0107, tag(source, span), "tags (`!name`) are not part of this language")
            .label("a tag")
            .help("remove the tag; the field says which type its value has"),
        ProblemKind::ComplexKey => {
            Diagnostic::new(Code::E0107, span, "a key is a list or a mapping").label("a word is expected here")
        }
        ProblemKind::UnquotedExpression => {
            let span = whole_value(source, span);
            let text = source.slice(span);
            Diagnostic::new(Code::E0108, span, "an expression stands without quotes")
                .label("YAML reads this as a mapping inside a mapping")
                .help("put the whole value in quotes")
                .fix("quote the expression", span, serde_json::Value::from(text).to_string())
        }
        ProblemKind::Limit(what, most) => Diagnostic::new(Code::E0106, span, format!("too many {what}: at most {most} are read"))
            .label("reading stopped here")
            .note("the limits are far beyond what people write; they keep a hostile file from using up memory and time"),
        ProblemKind::ForbiddenCharacter(character) => forbidden(character, escape(source, span, character)),
        ProblemKind::BidirectionalControl(character) => Diagnostic::new(
            Code::W0601,
            escape(source, span, character),
            format!("the character U+{:04X} changes the direction of the text around it", u32::from(character)),
        )
        .label("invisible, and makes text read otherwise than it is")
        .help("remove it unless the text is written from right to left"),
    }
}

/// A character that no artifact can carry.
pub fn forbidden(character: char, span: Span) -> Diagnostic {
    let code = u32::from(character);
    let diagnostic =
        Diagnostic::new(Code::E0109, span, format!("the character U+{code:04X} cannot be sent to any device")).help("remove it");
    // XML 1.0 allows U+007F; nobody means it.
    if code == 0x7f {
        return diagnostic.label("a control character: delete");
    }
    diagnostic.label("a character that XML 1.0 forbids").note("https://www.w3.org/TR/xml/#charsets")
}
