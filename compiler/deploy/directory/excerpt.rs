//! The lines of a directory file that a report shows. The file may be larger than what belongs into memory, so all other lines are blank.

use std::collections::BTreeSet;
use std::io::BufRead;

use super::{Problems, lines};

/// A stand-in for a file: its marked lines at their numbers, the others blank.
pub struct Excerpt {
    /// The text.
    pub text: String,
    starts: Vec<(u64, usize, usize)>,
}

impl Excerpt {
    /// The bytes of a line in [`Excerpt::text`].
    #[must_use]
    pub fn line(&self, line: u64) -> (usize, usize) {
        let found = self.starts.iter().find(|(number, ..)| *number == line);
        found.map_or((0, 0), |(_, start, end)| (*start, *end))
    }
}

/// Reads the lines that `problems` speak of.
pub fn excerpt(stream: &mut dyn BufRead, problems: &Problems) -> Excerpt {
    let wanted: BTreeSet<u64> = problems.first.iter().flat_map(|problem| [Some(problem.line), problem.other]).flatten().collect();
    let last = wanted.last().copied().unwrap_or(0);
    let mut excerpt = Excerpt { text: String::new(), starts: Vec::new() };
    let mut line = String::new();
    for number in 1..=last {
        match lines::next(stream, &mut line) {
            Ok(true) => {}
            // What cannot be shown is still counted, as far as it has an end.
            Err(what) if what.contains("UTF-8") => {}
            Ok(false) | Err(_) => break,
        }
        if wanted.contains(&number) {
            let start = excerpt.text.len();
            excerpt.text.push_str(&line);
            excerpt.starts.push((number, start, excerpt.text.len()));
        }
        excerpt.text.push('\n');
    }
    excerpt
}
