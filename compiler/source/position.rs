//! Files, spans and the line and column a person counts.

use std::sync::OnceLock;

/// Which of the [`Sources`] a span belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// A stretch of bytes in one source file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// Behind the last byte.
    pub end: u32,
}

impl Span {
    /// The whole-file span at the very beginning of `source`.
    #[must_use]
    pub fn start_of(source: SourceId) -> Span {
        Span { source, start: 0, end: 0 }
    }

    /// The part `from..to` of this span, in bytes from its start.
    #[must_use]
    pub fn part(self, from: usize, to: usize) -> Span {
        let at = |offset: usize| self.start.saturating_add(u32::try_from(offset).unwrap_or(u32::MAX)).min(self.end);
        Span { source: self.source, start: at(from), end: at(to) }
    }

    /// The first byte as an index.
    #[must_use]
    pub fn from(self) -> usize {
        self.start as usize
    }

    /// Behind the last byte as an index.
    #[must_use]
    pub fn to(self) -> usize {
        self.end as usize
    }
}

/// Line and column, both from 1; the column counts Unicode scalar values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// From 1.
    pub line: u32,
    /// From 1, in Unicode scalar values.
    pub column: u32,
}

/// One file: its name as diagnostics show it, and its text without a byte order mark.
#[derive(Debug)]
pub struct Source {
    /// Relative to the workspace, `/` between segments.
    pub path: String,
    /// The text.
    pub text: String,
    line_starts: OnceLock<Vec<u32>>,
}

impl Source {
    /// A file with its text.
    #[must_use]
    pub fn new(path: String, text: String) -> Source {
        Source { path, text, line_starts: OnceLock::new() }
    }

    /// The text of a span of this file; empty when it lies outside.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.from()..span.to()).unwrap_or_default()
    }

    /// Line and column of a byte.
    #[must_use]
    pub fn position(&self, byte: u32) -> Position {
        let starts = self.line_starts();
        let index = starts.partition_point(|start| *start <= byte).saturating_sub(1);
        let start = starts.get(index).copied().unwrap_or(0) as usize;
        let before = self.text.get(start..byte as usize).unwrap_or_default();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Position { line: count(index + 1), column: count(before.chars().count() + 1) }
    }

    /// Puts stars in place of a span's text, byte for byte, so that no report can show it.
    pub fn hide(&mut self, span: Span) {
        let stars: String = self.slice(span).bytes().map(|byte| if byte == b'\n' { '\n' } else { '*' }).collect();
        if self.text.get(span.from()..span.to()).is_some() {
            self.text.replace_range(span.from()..span.to(), &stars);
        }
    }

    /// The first byte of each line.
    pub fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let after_breaks = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(after_breaks.map(|(at, _)| u32::try_from(at + 1).unwrap_or(u32::MAX))).collect()
        })
    }
}

/// All files of a run. A [`SourceId`] is an index into it.
#[derive(Debug, Default)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// No files.
    #[must_use]
    pub fn new() -> Sources {
        Sources::default()
    }

    /// Takes a file in.
    pub fn add(&mut self, source: Source) -> SourceId {
        self.0.push(source);
        SourceId(u32::try_from(self.0.len() - 1).unwrap_or(u32::MAX))
    }

    /// The file of an id.
    #[must_use]
    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.0.get(id.0 as usize)
    }

    /// Gives files another name in reports.
    pub fn rename(&mut self, name: impl Fn(&str) -> String) {
        for source in &mut self.0 {
            source.path = name(&source.path);
        }
    }

    /// Puts stars in place of a span's text.
    pub fn hide(&mut self, span: Span) {
        if let Some(source) = self.0.get_mut(span.source.0 as usize) {
            source.hide(span);
        }
    }

    /// The text of a span.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.source).map_or("", |source| source.slice(span))
    }

    /// All files, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.0.iter().enumerate().map(|(index, source)| (SourceId(u32::try_from(index).unwrap_or(u32::MAX)), source))
    }

    /// How many files there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
