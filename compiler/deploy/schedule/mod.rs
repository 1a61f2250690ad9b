//! When devices judge by themselves whether they have what is deployed: schedules, read, counted and spelled for Configuration Manager.
//!
//! A schedule is a rule on the calendar. Its times are those of the device's own clock unless it says `Z`: then they are UTC. Nothing here
//! asks what time it is.

mod calendar;
mod read;
mod token;

use serde::Serialize;
use time::{Date, Month, PrimitiveDateTime, Weekday};

pub use read::{read, say_if_over};
pub use token::{OutOfRange, Token};

/// When compliance is evaluated, besides every logon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// How it recurs.
    pub recurs: Recurs,
    /// What recurrence is counted from; nothing before it is evaluated.
    pub start: PrimitiveDateTime,
    /// Whether its times are UTC; else those of each device's clock.
    pub utc: bool,
}

/// How a schedule recurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recurs {
    /// Never: at its start alone.
    Once,
    /// After so many minutes, from the start.
    Every(u32),
    /// On a day of every so many weeks, from the first such day on or after the start.
    Weekly(Weekday, u16),
    /// On a day of every so many months, from the month of the start; a month that is too short is left out.
    MonthlyDay(u8, u16),
    /// On a weekday of every so many months.
    MonthlyWeekday(Weekday, Week, u16),
    /// On the last day of every so many months.
    MonthlyLastDay(u16),
}

/// Which of its weekdays in a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Week {
    First,
    Second,
    Third,
    Fourth,
    Last,
}

/// As they are written.
const WEEKS: [(&str, Week); 5] =
    [("first", Week::First), ("second", Week::Second), ("third", Week::Third), ("fourth", Week::Fourth), ("last", Week::Last)];

/// As they are written.
const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// What recurrence is counted from when nothing says so: the start that Configuration Manager gives its own simple schedules.
const EPOCH: PrimitiveDateTime = match Date::from_calendar_date(1998, Month::January, 1) {
    Ok(date) => date.midnight(),
    Err(_) => PrimitiveDateTime::MIN,
};

/// A schedule as a program reads it, with the token where one can hold it.
#[derive(Debug, Clone, Serialize)]
pub struct Fields {
    /// `once`, `interval`, `weekly`, `monthly_day`, `monthly_weekday`, `monthly_last_day`.
    pub kind: &'static str,
    /// Minutes, weeks or months between two evaluations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<u32>,
    /// What `every` counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<&'static str>,
    /// The day of a month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<u8>,
    /// The day of a week.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weekday: Option<&'static str>,
    /// Which of these days in a month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub week: Option<&'static str>,
    /// `2026-01-06T08:30`, with `Z` where it is UTC.
    pub start: String,
    /// Whether its times are UTC.
    pub utc: bool,
    /// Every device also evaluates when somebody logs on.
    pub at_logon: bool,
    /// Configuration Manager's schedule token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configmgr_token: Option<String>,
    /// Why Configuration Manager cannot hold it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configmgr_refuses: Option<String>,
}

impl Schedule {
    /// The schedule as fields, with its token.
    #[must_use]
    pub fn fields(&self) -> Fields {
        let (kind, every, unit) = match self.recurs {
            Recurs::Once => ("once", None, None),
            Recurs::Every(minutes) => {
                let (count, unit) = length(minutes);
                ("interval", Some(count), Some(unit))
            }
            Recurs::Weekly(_, every) => ("weekly", Some(every.into()), Some("weeks")),
            Recurs::MonthlyDay(_, every) => ("monthly_day", Some(every.into()), Some("months")),
            Recurs::MonthlyWeekday(_, _, every) => ("monthly_weekday", Some(every.into()), Some("months")),
            Recurs::MonthlyLastDay(every) => ("monthly_last_day", Some(every.into()), Some("months")),
        };
        let token = Token::of(self).map(Token::hex);
        Fields {
            kind,
            every,
            unit,
            day: if let Recurs::MonthlyDay(day, _) = self.recurs { Some(day) } else { None },
            weekday: match self.recurs {
                Recurs::Weekly(weekday, _) | Recurs::MonthlyWeekday(weekday, _, _) => name_of(&WEEKDAYS, weekday),
                _ => None,
            },
            week: if let Recurs::MonthlyWeekday(_, week, _) = self.recurs { name_of(&WEEKS, week) } else { None },
            start: self.shown(self.start),
            utc: self.utc,
            at_logon: true,
            configmgr_token: token.as_ref().ok().cloned(),
            configmgr_refuses: token.err().map(|why| why.to_string()),
        }
    }

    /// One of its times, with `Z` where it is UTC.
    #[must_use]
    pub fn shown(&self, at: PrimitiveDateTime) -> String {
        let text = format!("{}T{:02}:{:02}", at.date(), at.hour(), at.minute());
        if self.utc { text + "Z" } else { text }
    }

    /// The schedule in words.
    #[must_use]
    pub fn words(&self) -> String {
        let each = |every: u16, unit: &str| if every == 1 { format!("every {unit}") } else { format!("every {every} {unit}s") };
        let weekday = |weekday| name_of(&WEEKDAYS, weekday).unwrap_or_default();
        let rule = match self.recurs {
            Recurs::Once => return format!("once, {}", self.shown(self.start)),
            Recurs::Every(minutes) => match length(minutes) {
                (1, unit) => format!("every {}", unit.trim_end_matches('s')),
                (count, unit) => format!("every {count} {unit}"),
            },
            Recurs::Weekly(day, every) => format!("on {} of {}", weekday(day), each(every, "week")),
            Recurs::MonthlyDay(day, every) => format!("on day {day} of {}", each(every, "month")),
            Recurs::MonthlyWeekday(day, week, every) => {
                format!("on the {} {} of {}", name_of(&WEEKS, week).unwrap_or_default(), weekday(day), each(every, "month"))
            }
            Recurs::MonthlyLastDay(every) => format!("on the last day of {}", each(every, "month")),
        };
        format!("{rule}, from {}", self.shown(self.start))
    }
}

/// Minutes as the largest unit that counts them in whole numbers.
fn length(minutes: u32) -> (u32, &'static str) {
    match minutes {
        _ if minutes.is_multiple_of(24 * 60) => (minutes / (24 * 60), "days"),
        _ if minutes.is_multiple_of(60) => (minutes / 60, "hours"),
        _ => (minutes, "minutes"),
    }
}

fn name_of<T: PartialEq + Copy>(names: &'static [(&'static str, T)], wanted: T) -> Option<&'static str> {
    names.iter().find(|(_, known)| *known == wanted).map(|(name, _)| *name)
}
