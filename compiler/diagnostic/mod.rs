//! What payloadc has to say, as plain data. Only [`render`] turns it into text.

mod code;
pub mod render;

use std::borrow::Cow;

use crate::source::Span;
pub use code::{CODES, Code, Severity};

/// One thing to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its code: severity, page, fixture.
    pub code: Code,
    /// One sentence, lower case, no full stop.
    pub message: String,
    /// Where, and what to say about that text.
    pub primary: Label,
    /// Other places that matter.
    pub labels: Vec<Label>,
    /// What to do.
    pub help: Option<String>,
    /// Why, with the vendor's document.
    pub notes: Vec<String>,
    /// An edit that makes it right, where the right text is known.
    pub fix: Option<Fix>,
}

/// A marked stretch of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is said about it; may be empty.
    pub text: Cow<'static, str>,
}

/// Edits that may be applied without asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an instruction.
    pub title: String,
    /// Replacements that do not overlap, all in one file.
    pub edits: Vec<Edit>,
}

/// `span` becomes `text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty for an insertion.
    pub span: Span,
    /// By what.
    pub text: String,
}

impl Diagnostic {
    /// A diagnostic at a place.
    #[must_use]
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        let primary = Label { span, text: Cow::Borrowed("") };
        Diagnostic { code, message: message.into(), primary, labels: Vec::new(), help: None, notes: Vec::new(), fix: None }
    }

    /// What is said about the marked text.
    #[must_use]
    pub fn label(mut self, text: impl Into<Cow<'static, str>>) -> Diagnostic {
        self.primary.text = text.into();
        self
    }

    /// Marks another place.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<Cow<'static, str>>) -> Diagnostic {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// What to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Diagnostic {
        self.help = Some(text.into());
        self
    }

    /// Why.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Diagnostic {
        self.notes.push(text.into());
        self
    }

    /// The edit that makes it right.
    #[must_use]
    pub fn fix(mut self, title: impl Into<String>, span: Span, text: impl Into<String>) -> Diagnostic {
        self.fix = Some(Fix { title: title.into(), edits: vec![Edit { span, text: text.into() }] });
        self
    }

    /// Its severity, from its code.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}

/// Collects what the passes have to say.
#[derive(Debug, Default)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
    hidden: Vec<Span>,
}

impl Report {
    /// Nothing to say yet.
    #[must_use]
    pub fn new() -> Report {
        Report::default()
    }

    /// Takes a diagnostic in.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Takes several in.
    pub fn extend(&mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        self.diagnostics.extend(diagnostics);
    }

    /// Takes in all that another report holds.
    pub fn append(&mut self, other: Report) {
        self.diagnostics.extend(other.diagnostics);
        self.hidden.extend(other.hidden);
    }

    /// Marks text that must not be shown, such as a password written where only its source may stand.
    pub fn hide(&mut self, span: Span) {
        self.hidden.push(span);
    }

    /// The text that must not be shown.
    #[must_use]
    pub fn hidden(&self) -> &[Span] {
        &self.hidden
    }

    /// Whether anything is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity() == Severity::Error)
    }

    /// How many there are; a mark to hand to [`Report::errors_since`].
    #[must_use]
    pub fn len(&self) -> usize {
        self.diagnostics.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// Whether an error came since the report had this length.
    #[must_use]
    pub fn errors_since(&self, mark: usize) -> bool {
        self.diagnostics.iter().skip(mark).any(|diagnostic| diagnostic.severity() == Severity::Error)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter()
    }

    /// Drops the fixes that have an edit of which this holds.
    pub fn drop_fixes(&mut self, unwanted: impl Fn(&Edit) -> bool) {
        for diagnostic in &mut self.diagnostics {
            if diagnostic.fix.as_ref().is_some_and(|fix| fix.edits.iter().any(&unwanted)) {
                diagnostic.fix = None;
            }
        }
    }

    /// Keeps those for which `keep` holds.
    pub fn retain(&mut self, keep: impl FnMut(&Diagnostic) -> bool) {
        self.diagnostics.retain(keep);
    }

    /// In file order, each said once; of a file with very many the errors first, with a note that there are more.
    #[must_use]
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.diagnostics.sort_by(|a, b| {
            let key = |d: &Diagnostic| (d.primary.span, d.code);
            key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
        });
        self.diagnostics.dedup_by(|a, b| (a.primary.span, a.code, &a.message) == (b.primary.span, b.code, &b.message));
        let mut kept = Vec::with_capacity(self.diagnostics.len().min(1024));
        let mut rest = self.diagnostics.into_iter().peekable();
        while let Some(first) = rest.next() {
            let source = first.primary.span.source;
            let mut of_file = vec![first];
            while let Some(next) = rest.next_if(|next| next.primary.span.source == source) {
                of_file.push(next);
            }
            kept.extend(shortened(of_file));
        }
        kept
    }
}

/// What is shown of one file at most: whoever has more has one mistake many times.
const MOST_OF_A_FILE: usize = 1_000;

fn shortened(mut of_file: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let more = of_file.len().saturating_sub(MOST_OF_A_FILE);
    if more == 0 {
        return of_file;
    }
    let errors = of_file.iter().filter(|diagnostic| diagnostic.severity() == Severity::Error).count();
    let mut others = MOST_OF_A_FILE.saturating_sub(errors);
    let mut errors = MOST_OF_A_FILE;
    of_file.retain(|diagnostic| {
        let left = if diagnostic.severity() == Severity::Error { &mut errors } else { &mut others };
        let keep = *left > 0;
        *left = left.saturating_sub(1);
        keep
    });
    if let Some(last) = of_file.last_mut() {
        last.notes.push(format!("{more} more in this file are not shown"));
    }
    of_file
}
