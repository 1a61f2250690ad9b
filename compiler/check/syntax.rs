//! What is wrong with the text of a file, as diagnostics.

use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::{Problem, ProblemKind, Source};

/// Says what the parser found.
pub fn report(problems: Vec<Problem>, source: &Source, report: &mut Report) {
    for problem in problems {
        report.push(diagnostic(problem, source));
    }
}

fn diagnostic(problem: Problem, source: &Source) -> Diagnostic {
    let span = problem.span;
    match problem.kind {
        ProblemKind::Syntax(what) => {
            Diagnostic::new(Code::E0103, span, format!("the document is not YAML: {}", what.trim_end_matches('.')))
                .label("the parser stopped here")
        }
        ProblemKind::Tab => Diagnostic::new(Code::E0104, span, "a tab stands where YAML takes only spaces")
            .label("this line is indented with a tab")
            .help("indent with spaces; most editors can convert a whole file"),
        ProblemKind::Surrogate => Diagnostic::new(Code::E0109, span, "an escape stands for half a character (a lone surrogate)")
            .label("no file can carry it")
            .help("write the character itself, or both halves of the pair"),
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
        ProblemKind::Tag => Diagnostic::new(Code::E0107, span, "tags (`!name`) are not part of this language")
            .label("carries a tag")
            .help("remove the tag; the field says which type its value has"),
        ProblemKind::ComplexKey => Diagnostic::new(Code::E0107, span, "a key is a list or a mapping")
            .label("a word is expected here"),
        ProblemKind::UnquotedExpression => {
            let text = source.slice(span);
            Diagnostic::new(Code::E0108, span, "an expression stands without quotes")
                .label("YAML reads this as a mapping inside a mapping")
                .help("put the whole value in quotes")
                .fix("quote the expression", span, serde_json::Value::from(text).to_string())
        }
        ProblemKind::Limit(what, most) => {
            Diagnostic::new(Code::E0106, span, format!("too many {what}: at most {most} are read"))
                .label("reading stopped here")
                .note("the limits are far beyond what people write; they keep a hostile file from using up memory and time")
        }
        ProblemKind::ForbiddenCharacter(character) => Diagnostic::new(
            Code::E0109,
            span,
            format!("the character U+{:04X} cannot be sent to any device", u32::from(character)),
        )
        .label("a character that XML 1.0 forbids")
        .note("https://www.w3.org/TR/xml/#charsets"),
        ProblemKind::BidirectionalControl(character) => Diagnostic::new(
            Code::W0601,
            span,
            format!("the character U+{:04X} changes the direction of the text around it", u32::from(character)),
        )
        .label("invisible, and makes text read otherwise than it is")
        .help("remove it unless the text is written from right to left"),
    }
}
