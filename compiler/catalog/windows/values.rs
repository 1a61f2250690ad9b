//! The values a node may have, and what they mean.
//!
//! Expressions, XML and JSON are named, not checked.

use crate::catalog::read::some;

/// The values a node may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// Nothing is said.
    Any,
    /// One of these.
    Enum(Vec<Meaning>),
    /// The sum of some of these.
    Flag(Vec<Meaning>),
    /// A number in one of these, the ends included.
    Range(Vec<(i64, i64)>),
    /// Text that fits a regular expression, in the vendor's words: a hint, since some do not even compile.
    Regex(&'static str),
    /// A policy of an ADMX file.
    Admx(Admx),
    /// XML of a schema that the vendor's file holds.
    Xsd,
    /// JSON.
    Json,
    /// A security descriptor.
    Sddl,
}

/// A policy of an ADMX file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admx {
    /// `DeviceGuard~AT~System~DeviceGuardCategory`.
    pub area: &'static str,
    /// The policy's name in the file.
    pub name: &'static str,
    /// `DeviceGuard.admx`.
    pub file: &'static str,
}

/// A value and what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// As it is sent.
    pub value: &'static str,
    /// A word for it: `not_allowed`; empty where the vendor's label is long or says the same of two values.
    pub meaning: &'static str,
}

impl Allowed {
    /// `ENUM:0=off|1=on`, `Range:[0-30]`, `RegEx:...`, `ADMX:area|name|file`, `XSD`.
    pub(super) fn parse(cell: &'static str) -> Result<Allowed, String> {
        let (kind, rest) = cell.split_once(':').unwrap_or((cell, ""));
        Ok(match kind {
            "" => Allowed::Any,
            "ENUM" => Allowed::Enum(meanings(rest)),
            "Flag" => Allowed::Flag(meanings(rest)),
            "Range" => Allowed::Range(ranges(rest).ok_or_else(|| format!("`{rest}` is no range"))?),
            "RegEx" => Allowed::Regex(rest),
            "ADMX" => {
                let mut parts = rest.splitn(3, '|');
                let mut part = || parts.next().unwrap_or_default();
                Allowed::Admx(Admx { area: part(), name: part(), file: part() })
            }
            "XSD" => Allowed::Xsd,
            "JSON" => Allowed::Json,
            "SDDL" => Allowed::Sddl,
            other => return Err(format!("`{other}` restricts no value")),
        })
    }

    /// The values of a list, with what they mean.
    #[must_use]
    pub fn listed(&self) -> &[Meaning] {
        match self {
            Allowed::Enum(values) | Allowed::Flag(values) => values,
            _ => &[],
        }
    }

    /// The least and the largest number, where numbers are restricted to one range.
    #[must_use]
    pub fn range(&self) -> Option<(i64, i64)> {
        match self {
            Allowed::Range(ranges) => ranges.first().copied().filter(|_| ranges.len() == 1),
            _ => None,
        }
    }

    /// The value with a meaning.
    #[must_use]
    pub fn value_of(&self, meaning: &str) -> Option<&'static str> {
        self.listed().iter().find(|known| !meaning.is_empty() && known.meaning == meaning).map(|known| known.value)
    }

    /// The meaning of a value, if it has one.
    #[must_use]
    pub fn meaning_of(&self, value: &str) -> Option<&'static str> {
        self.listed().iter().find(|known| known.value == value).and_then(|known| some(known.meaning))
    }
}

fn meanings(cell: &'static str) -> Vec<Meaning> {
    let each = cell.split('|').filter(|value| !value.is_empty());
    each.map(|value| value.rsplit_once('=').unwrap_or((value, ""))).map(|(value, meaning)| Meaning { value, meaning }).collect()
}

/// `[0-30]`, `[(-1)-4294967295]`, `[0]`, several with `|` or `,` between them.
fn ranges(text: &str) -> Option<Vec<(i64, i64)>> {
    text.split('|').flat_map(|part| part.trim_start_matches('[').trim_end_matches(']').split(',')).map(range).collect()
}

/// `0-30`, `(-1)-4294967295`, `6`.
pub(super) fn range(text: &str) -> Option<(i64, i64)> {
    let number = |text: &str| text.trim_start_matches('(').trim_end_matches(')').parse::<i64>().ok();
    if let Some(single) = number(text) {
        return Some((single, single));
    }
    // The dash between the two is the first one behind a digit or a bracket.
    let dash = text.char_indices().skip(1).find(|(at, letter)| {
        *letter == '-'
            && text.get(..*at).is_some_and(|before| before.ends_with(|last: char| last.is_ascii_digit() || last == ')'))
    });
    let (from, to) = (text.get(..dash?.0)?, text.get(dash?.0 + 1..)?);
    Some((number(from)?, number(to)?))
}

impl Allowed {
    /// Whether a single value is one of those allowed, as far as this room can tell: expressions, XML and JSON are not looked at.
    #[must_use]
    pub fn takes(&self, value: &str) -> bool {
        match self {
            Allowed::Enum(values) => values.iter().any(|known| known.value == value || same_number(known.value, value)),
            Allowed::Flag(values) => {
                let numbers = values.iter().filter_map(|known| number_of(known.value));
                let all = numbers.fold(0, |all, number| all | number);
                number_of(value).is_some_and(|number| number & !all == 0)
            }
            Allowed::Range(ranges) => {
                value.parse::<i64>().is_ok_and(|number| ranges.iter().any(|(from, to)| (*from..=*to).contains(&number)))
            }
            _ => true,
        }
    }
}

/// A number as the vendor writes it: `4`, or `0x4` for what is sent as `4`.
#[must_use]
pub fn number_of(text: &str) -> Option<u64> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

/// Whether a value in hexadecimal is the same number as one in decimal.
fn same_number(known: &str, value: &str) -> bool {
    known.starts_with("0x") && number_of(known).is_some_and(|known| number_of(value) == Some(known))
}
