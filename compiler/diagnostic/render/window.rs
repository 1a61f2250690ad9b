//! The lines around the marks of one file, made fit to print: line breaks are `\n`, controls are pictures, and of a line too
//! long for any screen only the part about its marks is left. It does not know what the marks mean.

use std::ops::Range;

use super::{border, visible};
use crate::source::Source;

/// A line of so many bytes is shown whole; how much of it fits is the terminal's business.
const WHOLE: usize = 160;
/// How much of a longer line is kept before its first mark ...
const BEFORE: usize = 60;
/// ... and from there on.
const AFTER: usize = 100;
/// Marks on one long line that are further apart do not fit one window.
const APART: usize = 60;
/// Lines that one window may hold.
const LINES: usize = 100;

/// Lines to print, and where each byte of the source went.
pub(super) struct Window {
    /// The number of its first line.
    pub(super) first: usize,
    /// The lines, each with its break.
    pub(super) text: String,
    pieces: Vec<Piece>,
}

/// What is left of one line. Both ranges are bytes of the source.
struct Piece {
    line: Range<usize>,
    kept: Range<usize>,
    /// Where `kept` begins in the window.
    at: usize,
}

impl Window {
    /// All lines that the marks touch; none when that would be too many.
    pub(super) fn cut(source: &Source, marks: &[Range<usize>]) -> Option<Window> {
        let first = line_of(source, marks.iter().map(|mark| mark.start).min()?);
        let last = line_of(source, marks.iter().map(|mark| mark.end).max()?);
        let mut window = Window { first: first + 1, text: String::new(), pieces: Vec::new() };
        if last.saturating_sub(first) >= LINES {
            return None;
        }
        for index in first..=last {
            let line = line(source, index);
            let points = marks.iter().flat_map(|mark| [mark.start, mark.end]).filter(|point| line_of(source, *point) == index);
            let kept = keep(source, &line, points.min());
            window.push(source, line, kept);
        }
        Some(window)
    }

    fn push(&mut self, source: &Source, line: Range<usize>, kept: Range<usize>) {
        if kept.start > line.start {
            self.text.push('…');
        }
        let at = self.text.len();
        self.text.push_str(&visible(source.text.get(kept.clone()).unwrap_or_default()));
        self.text.push_str(if kept.end < line.end { "…\n" } else { "\n" });
        self.pieces.push(Piece { line, kept, at });
    }

    /// Where a byte of the source stands in the window; where it was cut away, the nearest that is left.
    pub(super) fn nearest(&self, source: &Source, byte: usize) -> usize {
        self.piece(byte).map_or(0, |piece| piece.nearest(source, byte))
    }

    /// Where a byte of the source stands in the window, unless it was cut away.
    pub(super) fn exact(&self, source: &Source, byte: usize) -> Option<usize> {
        let piece = self.piece(byte)?;
        let inside = (piece.kept.start..=piece.kept.end).contains(&byte.min(piece.line.end));
        inside.then(|| piece.nearest(source, byte))
    }

    fn piece(&self, byte: usize) -> Option<&Piece> {
        let behind = self.pieces.partition_point(|piece| piece.line.start <= byte);
        self.pieces.get(behind.saturating_sub(1))
    }
}

impl Piece {
    fn nearest(&self, source: &Source, byte: usize) -> usize {
        let byte = byte.clamp(self.kept.start, self.kept.end);
        self.at + visible(source.text.get(self.kept.start..byte).unwrap_or_default()).len()
    }
}

/// Whether two marks can be shown in one window.
pub(super) fn fit(source: &Source, one: &Range<usize>, other: &Range<usize>) -> bool {
    let (low, high) = (one.start.min(other.start), one.start.max(other.start));
    let (from, to) = (line_of(source, low), line_of(source, one.end.max(other.end)));
    let same_line = from == line_of(source, high);
    to - from < LINES && !(same_line && high - low > APART && line(source, from).len() > WHOLE)
}

/// A mark without the line break at its end; one that covers too many lines keeps the first.
pub(super) fn trim(source: &Source, mark: Range<usize>) -> Range<usize> {
    let marked = source.text.get(mark.clone()).unwrap_or_default();
    let end = mark.start + marked.trim_end_matches(['\n', '\r']).len();
    let first = line_of(source, mark.start);
    let too_many = line_of(source, end).saturating_sub(first) >= LINES;
    let end = if too_many { line(source, first).end } else { end };
    mark.start..end.max(mark.start)
}

/// The index of the line of a byte.
fn line_of(source: &Source, byte: usize) -> usize {
    source.line_starts().partition_point(|start| *start as usize <= byte).saturating_sub(1)
}

/// The bytes of a line without its break.
fn line(source: &Source, index: usize) -> Range<usize> {
    let start = |index: usize| source.line_starts().get(index).map_or(source.text.len(), |start| *start as usize);
    let line = source.text.get(start(index)..start(index + 1)).unwrap_or_default();
    let line = line.strip_suffix('\n').unwrap_or(line);
    start(index)..start(index) + line.strip_suffix('\r').unwrap_or(line).len()
}

/// What to show of a line.
fn keep(source: &Source, line: &Range<usize>, mark: Option<usize>) -> Range<usize> {
    if line.len() <= WHOLE {
        return line.clone();
    }
    let mark = mark.unwrap_or(line.start).min(line.end);
    let from = border(&source.text, mark.saturating_sub(BEFORE)).max(line.start);
    from..border(&source.text, mark + AFTER).min(line.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source::new("a.yaml".into(), text.into())
    }

    #[test]
    fn carriage_returns_and_escapes_do_not_get_in() {
        let source = source("a: 1\r\nb: \u{1b}[2J\r\nc: 3\r\n");
        let window = Window::cut(&source, &[3..4, 9..10]).unwrap();
        assert_eq!((window.first, &*window.text), (1, "a: 1\nb: \u{241b}[2J\n"));
        // The picture of a control is three bytes long.
        assert_eq!(window.exact(&source, 10), Some(11));
        // Between `\r` and `\n` is still the end of the line.
        assert_eq!(window.exact(&source, 5), Some(4));
    }

    #[test]
    fn a_long_line_keeps_the_part_about_its_mark() {
        let source = source(&format!("{}é: here{}\n", "日".repeat(1000), "x".repeat(1000)));
        let mark = 3004..3008;
        let window = Window::cut(&source, std::slice::from_ref(&mark)).unwrap();
        assert!(window.text.len() < 200 && window.text.starts_with("…日") && window.text.ends_with("x…\n"));
        let at = |byte| window.exact(&source, byte).unwrap();
        assert_eq!(window.text.get(at(mark.start)..at(mark.end)), Some("here"));
        assert_eq!((window.exact(&source, 0), window.nearest(&source, 0)), (None, "…".len()));
    }

    #[test]
    fn the_end_of_a_file_is_a_line() {
        for (text, first, expected) in [("", 1, "\n"), ("a\n", 2, "\n"), ("a", 1, "a\n")] {
            let source = source(text);
            let end = text.len()..text.len();
            let window = Window::cut(&source, std::slice::from_ref(&end)).unwrap();
            assert_eq!((window.first, &*window.text), (first, expected), "{text:?}");
        }
    }

    #[test]
    fn marks_are_trimmed() {
        let source = source(&"a: 1\r\n".repeat(500));
        assert_eq!(trim(&source, 0..12), 0..10);
        assert_eq!(trim(&source, 6..3000), 6..10);
        assert_eq!(trim(&source, 4..6), 4..4);
        assert!(fit(&source, &(0..4), &(60..64)) && !fit(&source, &(0..4), &(1200..1204)));
    }
}
