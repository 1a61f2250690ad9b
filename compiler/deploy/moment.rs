//! Dates and times as an administrator writes them: `2026-12-31`, `2026-12-31T17:00`, `08:30`, with `Z` or `+01:00` behind where a zone is meant.

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

use crate::check::{shape, text_of, wrong_type};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::{Node, Sources, Span};

const DATE: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
const MINUTES: &[BorrowedFormatItem<'_>] = format_description!("[hour]:[minute]");
const SECONDS: &[BorrowedFormatItem<'_>] = format_description!("[hour]:[minute]:[second]");
/// No place is farther from UTC than 14 hours, in minutes: Kiritimati.
const FARTHEST: i16 = 14 * 60;
const OFFSET: &[BorrowedFormatItem<'_>] = format_description!("[offset_hour sign:mandatory]:[offset_minute]");

/// A date, perhaps with a time, perhaps in a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The day.
    pub date: Date,
    /// The time of day.
    pub time: Option<Time>,
    /// Where that is the time.
    pub zone: Option<UtcOffset>,
}

/// Why a text is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// It is not written like one.
    Form,
    /// It is written like one, and no calendar or clock has it.
    NoSuch(&'static str),
    /// No place on earth has that offset from UTC, which stands this many bytes in front of the end.
    Offset(usize),
}

impl Moment {
    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Moment, Wrong> {
        let (date, rest) = text.split_once(['T', ' ']).map_or((text, None), |(date, rest)| (date, Some(rest)));
        let date = Date::parse(date, DATE).map_err(|_| wrong(date, &["0000-00-00"], "day"))?;
        let Some(rest) = rest else { return Ok(Moment { date, time: None, zone: None }) };
        let (time, zone) = clock(rest)?;
        Ok(Moment { date, time: Some(time), zone })
    }

    /// The instant, where date, time and zone are all written.
    #[must_use]
    pub fn instant(self) -> Option<OffsetDateTime> {
        Some(PrimitiveDateTime::new(self.date, self.time?).assume_offset(self.zone?))
    }
}

/// A time of day, with the zone behind it.
///
/// # Errors
/// What is wrong with it.
pub fn clock(text: &str) -> Result<(Time, Option<UtcOffset>), Wrong> {
    let (time, zone) = match text.find(['Z', 'z', '+', '-']) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at..)),
        None => (text, None),
    };
    let zone = match zone {
        None => None,
        Some("Z" | "z") => Some(UtcOffset::UTC),
        Some(offset) => {
            let form = wrong(offset, &["+00:00", "-00:00"], "offset from UTC");
            let found = UtcOffset::parse(offset, OFFSET).ok();
            let place = found.filter(|found| found.whole_minutes().abs() <= FARTHEST);
            Some(place.ok_or(if form == Wrong::Form { form } else { Wrong::Offset(offset.len()) })?)
        }
    };
    let format = if time.matches(':').count() == 2 { SECONDS } else { MINUTES };
    Ok((Time::parse(time, format).map_err(|_| wrong(time, &["00:00", "00:00:00"], "time of day"))?, zone))
}

/// What has the form of a date or time, digit for digit, and cannot be read does not exist.
fn wrong(text: &str, forms: &[&str], what: &'static str) -> Wrong {
    let form: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    if forms.contains(&form.as_str()) { Wrong::NoSuch(what) } else { Wrong::Form }
}

/// A moment in a document.
pub fn moment(node: &Node, field: &str, sources: &Sources, report: &mut Report) -> Option<Moment> {
    let text = scalar(node, &format!("a date for `{field}`"), sources, report)?;
    Moment::parse(text).map_err(|wrong| report.push(said(wrong, text, node.span, "2026-12-31T17:00:00Z"))).ok()
}

/// A time of day in a document.
pub fn time_of_day(node: &Node, field: &str, sources: &Sources, report: &mut Report) -> Option<(Time, Option<UtcOffset>)> {
    let text = scalar(node, &format!("a time of day for `{field}`"), sources, report)?;
    clock(text).map_err(|wrong| report.push(said(wrong, text, node.span, "08:30"))).ok()
}

fn scalar<'n>(node: &'n Node, what: &str, sources: &Sources, report: &mut Report) -> Option<&'n str> {
    // `2026` is a number to YAML; to say so would help nobody.
    match node.scalar() {
        Some(scalar) if scalar.plain && scalar.text.starts_with(|c: char| c.is_ascii_digit()) => Some(&scalar.text),
        Some(_) => text_of(node, what, sources, report),
        None => {
            report.push(wrong_type(node.span, what, shape(node)));
            None
        }
    }
}

fn said(wrong: Wrong, text: &str, span: Span, example: &str) -> Diagnostic {
    match wrong {
        Wrong::Form => Diagnostic::new(Code::E0951, span, format!("`{}` is no date and no time", text.escape_debug()))
            .label("not read")
            .help(format!("write it like `{example}`")),
        Wrong::Offset(length) => {
            let offset = text.get(text.len().saturating_sub(length)..).unwrap_or_default();
            // Behind a quoted text stand its quotes.
            let end = (span.to() - span.from()).checked_sub(text.len()).map_or(text.len(), |more| text.len() + more / 2);
            let span = span.part(end.saturating_sub(length), end);
            Diagnostic::new(Code::E0951, span, format!("there is no offset from UTC `{offset}`"))
                .label("farther than 14:00")
                .help("offsets go from `-12:00` to `+14:00`")
        }
        Wrong::NoSuch(what) => {
            Diagnostic::new(Code::E0951, span, format!("there is no {what} `{text}`")).label("no calendar and no clock has it")
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::{date, datetime, offset, time};

    use super::*;

    #[test]
    fn the_forms_that_are_read() {
        let day = Moment { date: date!(2026 - 12 - 31), time: None, zone: None };
        assert_eq!(Moment::parse("2026-12-31"), Ok(day));
        assert_eq!(Moment::parse("2026-12-31T17:00"), Ok(Moment { time: Some(time!(17:00)), ..day }));
        let zoned = Moment::parse("2026-12-31T17:00:05+01:00").unwrap();
        assert_eq!((zoned.time, zoned.zone), (Some(time!(17:00:05)), Some(offset!(+1))));
        assert_eq!(Moment::parse("2026-12-31T17:00:00Z").unwrap().instant(), Some(datetime!(2026-12-31 17:00 UTC)));
        assert_eq!(Moment::parse("2026-12-31T17:00").unwrap().instant(), None);
        assert_eq!(clock("08:30Z"), Ok((time!(08:30), Some(UtcOffset::UTC))));
    }

    #[test]
    fn what_does_not_exist_is_told_from_what_is_no_date() {
        for text in ["2026-02-30", "2026-13-01", "2025-02-29", "2026-00-10", "2026-01-01T24:00", "2026-01-01T10:60"] {
            assert!(matches!(Moment::parse(text), Err(Wrong::NoSuch(_))), "{text}: {:?}", Moment::parse(text));
        }
        for text in ["", "tomorrow", "2026", "12/31/2026", "2026-1-5", "2026-01-05T", "2026-01-05T8:30", "2026-01-05T08:30 CET"] {
            assert_eq!(Moment::parse(text), Err(Wrong::Form), "{text}");
        }
        for zone in ["+25:00", "-24:00", "+14:01", "+01:60", "+99:99"] {
            assert_eq!(Moment::parse(&format!("2026-12-31T17:00{zone}")), Err(Wrong::Offset(6)), "{zone}");
        }
        assert!(Moment::parse("2026-12-31T17:00+14:00").is_ok() && Moment::parse("2026-12-31T17:00-12:00").is_ok());
    }
}
