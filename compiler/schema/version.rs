//! Versions of operating systems and ranges of them.

use std::fmt;

/// `16.4`, `10.0.19041`: up to four numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub [u32; 4]);

impl Version {
    /// Reads `10.0.19041`: one to four numbers, dots between them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Version> {
        let mut parts = [0; 4];
        let mut slots = parts.iter_mut();
        for piece in text.split('.') {
            if piece.is_empty() || piece.len() > 9 || !piece.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            *slots.next()? = piece.parse().ok()?;
        }
        Some(Version(parts))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.iter().rposition(|part| *part != 0).map_or(1, |last| last + 1);
        for (index, part) in self.0.iter().take(shown).enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            write!(f, "{part}")?;
        }
        Ok(())
    }
}

/// From a version, up to but not including another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The oldest version in it.
    pub from: Version,
    /// The first version behind it.
    pub below: Option<Version>,
}

impl Range {
    /// Whether all of `other` lies in this range.
    #[must_use]
    pub fn covers(&self, other: &Range) -> bool {
        self.from <= other.from
            && match (self.below, other.below) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(ours), Some(theirs)) => theirs <= ours,
            }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, ">={}", self.from)?;
        match self.below {
            Some(below) => write!(f, " <{below}"),
            None => Ok(()),
        }
    }
}
