//! Which paths a commit touches, written down before it does.
//!
//! ```text
//! payloadc/journal/1
//! was 0 windows_phone/old-mail.install.xml
//! new 1 ios/corporate-mail.mobileconfig
//! end 2
//! ```
//!
//! `was`: `old-0` in the staging folder is what lay there. `new`: nothing did. A journal is whole or refused.

use std::io::{self, ErrorKind};
use std::path::Path;

use super::paths::check_path;

/// The first line.
const FIRST: &str = "payloadc/journal/1";

/// A path that a commit touches. Its place in the list is its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Relative to the output folder.
    pub path: String,
    /// Whether a file lay there.
    pub was: bool,
}

/// The text of a journal.
pub fn journal(steps: &[Step]) -> String {
    let word = |step: &Step| if step.was { "was" } else { "new" };
    let lines: String =
        steps.iter().enumerate().map(|(number, step)| format!("{} {number} {}\n", word(step), step.path)).collect();
    format!("{FIRST}\n{lines}end {}\n", steps.len())
}

/// The steps of a journal; the error is the line that is not as we write it.
pub fn parse(bytes: &[u8]) -> Result<Vec<Step>, usize> {
    let text = std::str::from_utf8(bytes).map_err(|_| 1_usize)?;
    let mut steps = Vec::new();
    for (at, line) in text.lines().enumerate().skip(1) {
        if line == format!("end {}", steps.len()) {
            break;
        }
        steps.push(step(line, steps.len()).ok_or(at + 1)?);
    }
    // There is one way to write these steps, so anything else (another first line, a tail, a missing end) shows here.
    let differs = || text.split('\n').zip(journal(&steps).split('\n')).take_while(|(found, wanted)| found == wanted).count() + 1;
    if text == journal(&steps) { Ok(steps) } else { Err(differs()) }
}

fn step(line: &str, expected: usize) -> Option<Step> {
    let mut words = line.splitn(3, ' ');
    let was = match words.next()? {
        "was" => true,
        "new" => false,
        _ => return None,
    };
    (words.next()? == expected.to_string()).then_some(())?;
    let path = words.next()?;
    check_path(path).ok()?;
    Some(Step { path: path.to_owned(), was })
}

/// The error for a journal that cannot be followed.
pub fn damaged(path: &Path, line: usize) -> io::Error {
    let text = format!(
        "`{}`, the journal of an interrupted build, is damaged in line {line}; look at it, delete it and build again",
        path.display()
    );
    io::Error::new(ErrorKind::InvalidData, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_as_written() {
        let steps: Vec<Step> = ["a b/ c", "x/y", "ä"].map(|path| Step { path: path.to_owned(), was: path == "ä" }).to_vec();
        assert_eq!(parse(journal(&steps).as_bytes()), Ok(steps));
        assert_eq!(parse(journal(&[]).as_bytes()), Ok(Vec::new()));
    }

    #[test]
    fn a_damaged_one_is_refused_with_its_line() {
        let cases = [
            ("", 1),
            ("payloadc/journal/2\nend 0\n", 1),
            ("payloadc/journal/1", 2),
            ("payloadc/journal/1\n", 2),
            ("payloadc/journal/1\nend 0", 3),
            ("payloadc/journal/1\nend 0\n\n", 4),
            ("payloadc/journal/1\nend 1\n", 2),
            ("payloadc/journal/1\nnew 0 a\n", 3),
            ("payloadc/journal/1\nnew 0 a\nend 2\n", 3),
            ("payloadc/journal/1\nnew 1 a\nend 1\n", 2),
            ("payloadc/journal/1\nnew 00 a\nend 1\n", 2),
            ("payloadc/journal/1\nwas 0 ../a\nend 1\n", 2),
            ("payloadc/journal/1\nwas 0 .payloadc/lock\nend 1\n", 2),
            ("payloadc/journal/1\nrename 0 a\nend 1\n", 2),
            ("payloadc/journal/1\nnew 0 a\r\nend 1\n", 2),
        ];
        for (text, line) in cases {
            assert_eq!(parse(text.as_bytes()), Err(line), "{text:?}");
        }
        assert_eq!(parse(b"\xff"), Err(1));
    }
}
