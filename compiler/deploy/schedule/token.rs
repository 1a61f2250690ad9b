//! Configuration Manager's schedule token: a schedule in 64 bits, as 16 hexadecimal digits.
//!
//! <https://learn.microsoft.com/mem/configmgr/develop/reference/core/servers/configure/sms_scheduletoken-server-wmi-class>, most significant
//! bit first: minute 6, hour 5, day 5, month 4, year from 1970 6, duration 6 + 5 + 5, type 3, what the type needs, UTC in the last.
//! Durations are always none here: an evaluation has no length.

use std::fmt;

use time::{Date, Month, Time, Weekday};

use super::{Recurs, Schedule, Week, length};

/// A schedule as Configuration Manager stores it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token(u64);

/// A schedule that no token can hold, and what one can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfRange {
    /// What a token holds.
    pub holds: &'static str,
    /// How large it is here.
    pub is: u32,
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let OutOfRange { holds, is } = self;
        write!(f, "Configuration Manager's schedules hold {holds}, and this is {is}")
    }
}

/// Bits from `at`, counted from the most significant.
fn put(value: u64, at: u32, width: u32) -> u64 {
    (value & ((1 << width) - 1)) << (64 - at - width)
}

/// Sunday is 1.
fn weekday_number(weekday: Weekday) -> u64 {
    u64::from(weekday.number_days_from_sunday()) + 1
}

fn at_most(holds: &'static str, is: u32, most: u32) -> Result<u64, OutOfRange> {
    if is <= most { Ok(is.into()) } else { Err(OutOfRange { holds, is }) }
}

impl Token {
    /// The token of a schedule.
    ///
    /// # Errors
    /// The schedule lies outside of what 64 bits hold.
    pub fn of(schedule: &Schedule) -> Result<Token, OutOfRange> {
        // Weeks and months are counted from the first of the schedule's own days.
        let start = schedule.start;
        let year = u32::try_from(start.year()).unwrap_or(0);
        if !(1970..=2033).contains(&year) {
            return Err(OutOfRange { holds: "years from 1970 to 2033", is: year });
        }
        let rule = match schedule.recurs {
            Recurs::Once => put(1, 42, 3),
            Recurs::Every(minutes) => put(2, 42, 3) | interval(minutes)?,
            Recurs::Weekly(weekday, every) => {
                put(3, 42, 3) | put(weekday_number(weekday), 45, 3) | put(at_most("weeks up to 4", every.into(), 4)?, 48, 3)
            }
            Recurs::MonthlyWeekday(weekday, week, every) => {
                let order = match week {
                    Week::Last => 0,
                    Week::First => 1,
                    Week::Second => 2,
                    Week::Third => 3,
                    Week::Fourth => 4,
                };
                let months = at_most("months up to 12", every.into(), 12)?;
                put(4, 42, 3) | put(weekday_number(weekday), 45, 3) | put(months, 48, 4) | put(order, 52, 3)
            }
            Recurs::MonthlyDay(day, every) => put(5, 42, 3) | monthly(day, every)?,
            Recurs::MonthlyLastDay(every) => put(5, 42, 3) | monthly(0, every)?,
        };
        let moment = put(start.minute().into(), 0, 6)
            | put(start.hour().into(), 6, 5)
            | put(start.day().into(), 11, 5)
            | put(u8::from(start.month()).into(), 16, 4)
            | put(u64::from(year) - 1970, 20, 6);
        Ok(Token(moment | rule | u64::from(schedule.utc)))
    }

    /// From its digits.
    #[must_use]
    pub fn parse(digits: &str) -> Option<Token> {
        let plain = digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        plain.then(|| u64::from_str_radix(digits, 16).ok().map(Token)).flatten()
    }

    /// Its 16 digits.
    #[must_use]
    pub fn hex(self) -> String {
        format!("{:016X}", self.0)
    }

    fn bits(self, at: u32, width: u32) -> u8 {
        u8::try_from((self.0 >> (64 - at - width)) & ((1 << width) - 1)).unwrap_or(0)
    }

    /// The schedule it holds; nothing where its bits mean none, or an evaluation with a length.
    #[must_use]
    pub fn schedule(self) -> Option<Schedule> {
        let month = Month::try_from(self.bits(16, 4)).ok()?;
        let date = Date::from_calendar_date(1970 + i32::from(self.bits(20, 6)), month, self.bits(11, 5)).ok()?;
        let time = Time::from_hms(self.bits(6, 5), self.bits(0, 6), 0).ok()?;
        let weekday = || Some(Weekday::Sunday.nth_next(self.bits(45, 3).checked_sub(1).filter(|day| *day < 7)?));
        let every = |at, width| Some(u16::from(self.bits(at, width))).filter(|every| *every > 0);
        let recurs = match self.bits(42, 3) {
            1 => Recurs::Once,
            2 => {
                let (minutes, hours, days) = (self.bits(45, 6), self.bits(51, 5), self.bits(56, 5));
                match (minutes, hours, days) {
                    (1.., 0, 0) => Recurs::Every(minutes.into()),
                    (0, 1.., 0) => Recurs::Every(u32::from(hours) * 60),
                    (0, 0, 1..) => Recurs::Every(u32::from(days) * 24 * 60),
                    _ => return None,
                }
            }
            3 => Recurs::Weekly(weekday()?, every(48, 3)?),
            4 => {
                let week =
                    *[Week::Last, Week::First, Week::Second, Week::Third, Week::Fourth].get(usize::from(self.bits(52, 3)))?;
                Recurs::MonthlyWeekday(weekday()?, week, every(48, 4)?)
            }
            5 => match self.bits(45, 5) {
                0 => Recurs::MonthlyLastDay(every(50, 4)?),
                day => Recurs::MonthlyDay(day, every(50, 4)?),
            },
            _ => return None,
        };
        let lengthless = self.bits(26, 6) == 0 && self.bits(32, 5) == 0 && self.bits(37, 5) == 0;
        lengthless.then_some(Schedule { recurs, start: date.with_time(time), utc: self.0 & 1 == 1 })
    }
}

/// Exactly one of minutes, hours and days.
fn interval(minutes: u32) -> Result<u64, OutOfRange> {
    Ok(match length(minutes) {
        (days, "days") => put(at_most("days up to 31", days, 31)?, 56, 5),
        (hours, "hours") => put(at_most("hours up to 23, or whole days", hours, 23)?, 51, 5),
        (minutes, _) => put(at_most("minutes up to 59, or whole hours", minutes, 59)?, 45, 6),
    })
}

fn monthly(day: u8, every: u16) -> Result<u64, OutOfRange> {
    Ok(put(day.into(), 45, 5) | put(at_most("months up to 12", every.into(), 12)?, 50, 4))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    fn hex(recurs: Recurs, start: time::PrimitiveDateTime, utc: bool) -> String {
        Token::of(&Schedule { recurs, start, utc }).unwrap().hex()
    }

    #[test]
    fn the_tokens_of_microsoft_s_documentation() {
        let read = |digits: &str| Token::parse(digits).unwrap().schedule().unwrap();
        let of = |recurs, start| Schedule { recurs, start, utc: false };
        assert_eq!(read("7913788000080000"), of(Recurs::Once, datetime!(2004-07-19 08:30)));
        assert_eq!(read("55147880001B2000"), of(Recurs::Weekly(Weekday::Tuesday, 1), datetime!(2004-07-20 08:21)));
        assert_eq!(read("55177880001E2000"), of(Recurs::Weekly(Weekday::Friday, 1), datetime!(2004-07-23 08:21)));
        assert_eq!(read("0001170000100008"), of(Recurs::Every(1440), datetime!(1998-01-01 00:00)));
        assert_eq!(read("0001170000100038"), of(Recurs::Every(7 * 1440), datetime!(1998-01-01 00:00)));
        for digits in ["7913788000080000", "55147880001B2000", "55177880001E2000", "0001170000100008", "0001170000100038"] {
            assert_eq!(Token::of(&read(digits)).unwrap().hex(), digits);
        }
    }

    #[test]
    fn one_token_of_each_sort() {
        let start = datetime!(2016-02-01 03:00);
        let of = |recurs| hex(recurs, start, false);
        assert_eq!(of(Recurs::Every(1440)), "00612B8000100008");
        assert_eq!(of(Recurs::Every(480)), "00612B8000100800");
        assert_eq!(of(Recurs::Every(30)), "00612B800013C000");
        assert_eq!(of(Recurs::Weekly(Weekday::Sunday, 1)), "00612B8000192000");
        assert_eq!(of(Recurs::MonthlyWeekday(Weekday::Tuesday, Week::Second, 1)), "00612B8000231400");
        assert_eq!(of(Recurs::MonthlyLastDay(1)), "00612B8000280400");
        assert_eq!(of(Recurs::MonthlyDay(15, 3)), "00612B80002BCC00");
        assert_eq!(hex(Recurs::Once, start, true), "00612B8000080001");
    }

    #[test]
    fn what_no_token_holds_is_refused_with_the_range() {
        let refused = |recurs, start| Token::of(&Schedule { recurs, start, utc: false }).unwrap_err();
        let now = datetime!(2026-01-01 00:00);
        assert_eq!(refused(Recurs::Every(90), now).holds, "minutes up to 59, or whole hours");
        assert_eq!(refused(Recurs::Every(36 * 60), now).holds, "hours up to 23, or whole days");
        assert_eq!(refused(Recurs::Every(32 * 1440), now).holds, "days up to 31");
        assert_eq!(refused(Recurs::Weekly(Weekday::Monday, 5), now).holds, "weeks up to 4");
        assert_eq!(refused(Recurs::MonthlyLastDay(13), now).holds, "months up to 12");
        assert_eq!(refused(Recurs::MonthlyDay(1, 13), now).holds, "months up to 12");
        assert_eq!(
            refused(Recurs::Once, datetime!(2034-01-01 00:00)).to_string(),
            "Configuration Manager's schedules hold years from 1970 to 2033, and this is 2034"
        );
        assert!(Token::of(&Schedule { recurs: Recurs::Once, start: datetime!(2033-12-31 23:59), utc: false }).is_ok());
        assert!(Token::of(&Schedule { recurs: Recurs::Every(120), start: now, utc: false }).is_ok(), "two hours");
    }

    proptest! {
        #[test]
        fn any_digits_give_a_schedule_that_gives_the_digits_or_nothing(bits in any::<u64>()) {
            if let Some(schedule) = Token(bits).schedule() {
                // 24 hours are written as a day, and bits without a meaning are dropped.
                if let Ok(token) = Token::of(&schedule) {
                    prop_assert_eq!(token.schedule(), Some(schedule));
                }
            }
        }

        #[test]
        fn what_a_token_holds_comes_back(days in 0_i64..13_000, minutes in 0_i64..1440, utc: bool, sort in 0..6, every in 1_u16..=4, day in 0_u8..7) {
            let weekday = Weekday::Monday.nth_next(day);
            let recurs = match sort {
                0 => Recurs::Once,
                1 => Recurs::Every([u32::from(every), u32::from(every) * 60, u32::from(every) * 1440][usize::from(day % 3)]),
                2 => Recurs::Weekly(weekday, every),
                3 => Recurs::MonthlyWeekday(weekday, [Week::Last, Week::Fourth][usize::from(day % 2)], every * 3),
                4 => Recurs::MonthlyDay(day * 5 + 1, every * 3),
                _ => Recurs::MonthlyLastDay(every * 3),
            };
            let schedule = Schedule { recurs, start: datetime!(1998-01-01 00:00) + Duration::days(days) + Duration::minutes(minutes), utc };
            let token = Token::of(&schedule).unwrap();
            prop_assert_eq!(Token::parse(&token.hex()).unwrap().schedule(), Some(schedule));
        }
    }
}
