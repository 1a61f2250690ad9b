//! Lines of a stream, none of them longer than what a directory writes.

use std::io::{BufRead, Read};

use super::quotes::Quotes;

/// A line longer than this is no entry of a directory.
pub const LONGEST: usize = 1 << 20;

/// Reads the next line into `line`, without its break; says whether there was one.
///
/// # Errors
/// The stream cannot be read, the line is too long or no UTF-8.
pub fn next(stream: &mut dyn BufRead, line: &mut String) -> Result<bool, String> {
    let mut bytes = std::mem::take(line).into_bytes();
    bytes.clear();
    let most = u64::try_from(LONGEST).unwrap_or(u64::MAX) + 1;
    let read = stream.take(most).read_until(b'\n', &mut bytes).map_err(|error| format!("cannot be read: {error}"))?;
    if read > LONGEST {
        return Err(format!("has a line of more than {LONGEST} bytes"));
    }
    while bytes.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
        bytes.pop();
    }
    match String::from_utf8(bytes) {
        Ok(text) => *line = text,
        Err(error) => {
            // What can be read of it is there to be shown.
            *line = String::from_utf8_lossy(error.as_bytes()).into_owned();
            return Err("has a line that is not UTF-8".into());
        }
    }
    Ok(read > 0)
}

/// A stream that ends in an error when a line has no end: a reader of records would keep all of it.
pub struct Bounded<'a> {
    stream: &'a mut dyn BufRead,
    run: usize,
    /// Told of all bytes that were read.
    pub quotes: Quotes,
}

impl<'a> Bounded<'a> {
    pub fn new(stream: &'a mut dyn BufRead) -> Bounded<'a> {
        Bounded { stream, run: 0, quotes: Quotes::default() }
    }
}

impl Bounded<'_> {
    /// Reads with `\n` for each `\r\n`: a reader of CSV would count the line of a record from the `\r` of the one before.
    fn read_unix(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        loop {
            let read = self.stream.read(buffer)?;
            let cut =
                buffer.get(..read).is_some_and(|bytes| bytes.ends_with(b"\r")) && self.stream.fill_buf()?.starts_with(b"\n");
            let bytes = buffer.get_mut(..read - usize::from(cut)).unwrap_or_default();
            let mut kept = 0;
            for at in 0..bytes.len() {
                if bytes.get(at) == Some(&b'\r') && bytes.get(at + 1) == Some(&b'\n') {
                    continue;
                }
                bytes.copy_within(at..=at, kept);
                kept += 1;
            }
            // Nothing stands for the end of the file.
            if kept > 0 || read == 0 {
                return Ok(kept);
            }
        }
    }
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.read_unix(buffer)?;
        let bytes = buffer.get(..read).unwrap_or_default();
        self.quotes.follow(bytes);
        self.run = match bytes.iter().rposition(|byte| *byte == b'\n') {
            Some(at) => read - at - 1,
            None => self.run + read,
        };
        if self.run > LONGEST {
            return Err(std::io::Error::other(format!("a line has more than {LONGEST} bytes")));
        }
        Ok(read)
    }
}
