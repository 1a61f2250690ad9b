//! The quotes of a CSV file. A reader of CSV takes a quote that is not closed for the start of a very long value, and text behind a
//! closing quote for more of the value; here it is known where. It reads no values.

use std::collections::VecDeque;

/// Where a byte stands.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum At {
    /// The next byte begins a value.
    #[default]
    Start,
    /// In a value without quotes.
    Plain,
    /// Inside of quotes.
    Quoted,
    /// Behind a quote inside of quotes: it closes them, or the next byte is the quote that is meant.
    Closed,
}

/// Follows the quotes of a file.
#[derive(Debug, Default)]
pub struct Quotes {
    at: At,
    /// How many line breaks were read.
    breaks: u64,
    /// The line where the last quotes were opened.
    opened: u64,
    /// The lines of quotes that close before their value ends.
    astray: VecDeque<u64>,
    ended: bool,
    begun: bool,
}

impl Quotes {
    /// Goes on with the next bytes of the file; none are its end.
    pub fn follow(&mut self, bytes: &[u8]) {
        self.ended |= bytes.is_empty();
        let rest = if self.begun { bytes } else { bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes) };
        self.begun = true;
        for byte in rest {
            self.at = match (self.at, byte) {
                (At::Start, b'"') => {
                    self.opened = self.breaks + 1;
                    At::Quoted
                }
                (At::Quoted, b'"') => At::Closed,
                (At::Quoted, _) | (At::Closed, b'"') => At::Quoted,
                (_, b',' | b'\n' | b'\r') => At::Start,
                (At::Closed, _) => {
                    self.astray.push_back(self.opened);
                    At::Plain
                }
                _ => At::Plain,
            };
            self.breaks += u64::from(*byte == b'\n');
        }
    }

    /// The line of quotes that are open at the end of the file.
    #[must_use]
    pub fn open(&self) -> Option<u64> {
        (self.ended && self.at == At::Quoted).then_some(self.opened)
    }

    /// The line of the next quotes that close before their value ends, if they stand in front of a line or the file is at its end.
    pub fn astray(&mut self, before: u64) -> Option<u64> {
        let here = self.astray.front().is_some_and(|line| *line < before || self.ended);
        if here { self.astray.pop_front() } else { None }
    }
}
