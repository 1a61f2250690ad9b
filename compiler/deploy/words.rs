//! The words of a small mapping inside a deployment: no others than the known ones, numbers within their range.

use crate::check::{nearest, offer, shape, wrong_type};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::{Node, Pair, Resolved, Sources, resolve};

/// A mapping that is being read.
pub struct Words<'a, 'r> {
    /// What it is called.
    pub field: &'static str,
    /// All of it.
    pub node: &'a Node,
    /// For texts.
    pub sources: &'a Sources,
    /// What is wrong.
    pub report: &'r mut Report,
    /// Words that were perhaps meant by others: that they are missing is not said.
    misspelt: Vec<&'static str>,
}

impl<'a, 'r> Words<'a, 'r> {
    /// The mapping, if it is one; other words than `known` are said.
    pub fn of(
        field: &'static str,
        node: &'a Node,
        known: &[&'static str],
        sources: &'a Sources,
        report: &'r mut Report,
    ) -> Option<Words<'a, 'r>> {
        let Some(pairs) = node.mapping() else {
            report.push(wrong_type(node.span, &format!("a mapping for `{field}`"), shape(node)));
            return None;
        };
        let free: Vec<&'static str> = known.iter().copied().filter(|word| node.get(word).is_none()).collect();
        let mut misspelt = Vec::new();
        for pair in pairs.iter().filter(|pair| !known.contains(&&*pair.key)) {
            let message = format!("`{}` is no word of `{field}`", pair.key);
            let diagnostic = Diagnostic::new(Code::E0201, pair.key_span, message).label("not known");
            report.push(offer(diagnostic, "word", &pair.key, pair.key_span, &free));
            misspelt.extend(nearest(&pair.key, free.iter().copied()));
        }
        Some(Words { field, node, sources, report, misspelt })
    }

    /// The value of a word.
    pub fn get(&self, word: &str) -> Option<&'a Pair> {
        self.node.get(word)
    }

    /// Whether a word was perhaps meant by one that is not known.
    pub fn misses(&self, word: &str) -> bool {
        self.misspelt.contains(&word)
    }

    /// The value of a word that must be there.
    pub fn needed(&mut self, word: &str, example: &str) -> Option<&'a Pair> {
        let found = self.node.get(word);
        if found.is_none() && !self.misses(word) {
            let message = format!("`{word}` is missing in `{}`", self.field);
            let diagnostic = Diagnostic::new(Code::E0202, self.node.span, message).label("not complete");
            self.report.push(diagnostic.help(format!("write it, as in `{word}: {example}`")));
        }
        found
    }

    /// A whole number within a range.
    pub fn number(&mut self, pair: &Pair, from: u16, to: u16) -> Option<u16> {
        let node = &pair.value;
        let what = format!("a whole number from {from} to {to} for `{}`", pair.key);
        match node.scalar().map(resolve) {
            Some(Resolved::Integer(number)) => {
                let fits = u16::try_from(number).ok().filter(|number| (from..=to).contains(number));
                if fits.is_none() {
                    let message = format!("`{}` is {number}, and goes from {from} to {to}", pair.key);
                    let label = if number < i64::from(from) { format!("less than {from}") } else { format!("more than {to}") };
                    self.report.push(Diagnostic::new(Code::E0207, node.span, message).label(label));
                }
                fits
            }
            _ => {
                self.report.push(wrong_type(node.span, &what, shape(node)));
                None
            }
        }
    }

    /// `true` or `false`; `false` when absent.
    pub fn flag(&mut self, word: &str) -> bool {
        let Some(pair) = self.node.get(word) else { return false };
        if let Some(Resolved::Boolean(value)) = pair.value.scalar().map(resolve) {
            return value;
        }
        self.report.push(wrong_type(pair.value.span, &format!("`true` or `false` for `{word}`"), shape(&pair.value)));
        false
    }
}
