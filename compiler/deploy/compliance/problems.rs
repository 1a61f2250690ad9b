//! What cannot be read in a report, at its line, and strangers; for one file.

use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::{Source, Sources, Span};

/// More than these are one mistake many times: the rest is counted.
const MOST: usize = 20;
/// So much of a line is shown.
const SHOWN: usize = 160;
/// Behind so many lines nothing is shown any more: the blank lines in front of it would take memory.
const LAST_LINE: u64 = 4_000_000;

/// What is wrong with a file of reports.
pub struct Problems {
    path: String,
    /// The marked lines at their numbers, the others blank.
    excerpt: String,
    line: u64,
    /// Where the text of that line stands, if it was marked.
    marked: Option<(usize, usize)>,
    said: Vec<(usize, usize, String, &'static str)>,
    more: usize,
    strangers: usize,
    first_stranger: Option<((usize, usize), String)>,
}

impl Problems {
    /// Of a file without any.
    #[must_use]
    pub fn of(path: &str) -> Problems {
        let (excerpt, said) = (String::new(), Vec::new());
        Problems { path: path.to_owned(), excerpt, line: 1, marked: None, said, more: 0, strangers: 0, first_stranger: None }
    }

    /// Something that cannot be read, in a line (from 1) with this text.
    pub fn unreadable(&mut self, line: u64, text: &str, message: impl Into<String>, help: &'static str) {
        if self.said.len() >= MOST || line > LAST_LINE {
            self.more += 1;
            return;
        }
        let (from, to) = self.mark(line, text);
        self.said.push((from, to, message.into(), help));
    }

    /// A report of somebody, or about something, that is not known here, in a line with this text.
    pub fn stranger(&mut self, line: u64, text: &str, what: &str) {
        self.strangers += 1;
        if self.first_stranger.is_none() {
            let place = if line > LAST_LINE { (0, 0) } else { self.mark(line, text) };
            self.first_stranger = Some((place, what.chars().filter(|c| !c.is_control()).take(SHOWN).collect()));
        }
    }

    /// Puts a line into the excerpt; lines come in order.
    fn mark(&mut self, line: u64, text: &str) -> (usize, usize) {
        while self.line < line {
            self.excerpt.push('\n');
            self.line += 1;
            self.marked = None;
        }
        *self.marked.get_or_insert_with(|| {
            let from = self.excerpt.len();
            self.excerpt.extend(text.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }));
            (from, self.excerpt.len())
        })
    }

    /// How many reports were left out.
    #[must_use]
    pub fn left_out(&self) -> usize {
        self.said.len() + self.more + self.strangers
    }

    /// Says all of it.
    pub fn say(self, sources: &mut Sources, report: &mut Report) {
        if self.said.is_empty() && self.more == 0 && self.strangers == 0 {
            return;
        }
        let id = sources.add(Source::new(self.path.clone(), self.excerpt));
        let span = |from: usize, to: usize| {
            let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            Span { source: id, start: byte(from), end: byte(to) }
        };
        let last = self.said.len().saturating_sub(1);
        for (at, (from, to, message, help)) in self.said.into_iter().enumerate() {
            let mut diagnostic = Diagnostic::new(Code::W0955, span(from, to), message).label("left out").help(help);
            if at == last && self.more > 0 {
                diagnostic = diagnostic.note(format!("{} more in this file are not shown", self.more));
            }
            report.push(diagnostic);
        }
        if let Some(((from, to), first)) = self.first_stranger {
            let reports = if self.strangers == 1 { "1 report is".to_owned() } else { format!("{} reports are", self.strangers) };
            let message = format!("{reports} about somebody or something that is not deployed to");
            let diagnostic = Diagnostic::new(Code::W0956, span(from, to), message).label("the first of them");
            report.push(diagnostic.help(format!("{first} is not known here, and is counted for nobody")));
        }
    }
}
