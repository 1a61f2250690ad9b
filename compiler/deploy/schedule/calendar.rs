//! The times of a schedule, by calendar arithmetic. It knows no time zones: a schedule's clock is one clock.

use time::{Date, Duration, Month, PrimitiveDateTime, Weekday, util::days_in_month};

use super::{Recurs, Schedule, Week};

/// The Gregorian calendar repeats after 400 years: what has no day in so many months never has one.
const CYCLE: u32 = 400 * 12;

impl Schedule {
    /// The first time at or after its start and after `after`; nothing when there is none.
    #[must_use]
    pub fn next(&self, after: Option<PrimitiveDateTime>) -> Option<PrimitiveDateTime> {
        match self.recurs {
            Recurs::Once => Some(self.start).filter(|start| after.is_none_or(|after| *start > after)),
            Recurs::Every(minutes) => stepped(self.start, Duration::minutes(minutes.into()), after),
            Recurs::Weekly(weekday, every) => {
                let wait = (weekday.number_days_from_monday() + 7 - self.start.weekday().number_days_from_monday()) % 7;
                let first = self.start.checked_add(Duration::days(wait.into()))?;
                stepped(first, Duration::weeks(every.into()), after)
            }
            Recurs::MonthlyDay(day, every) => {
                self.monthly(every, after, |year, month| Date::from_calendar_date(year, month, day).ok())
            }
            Recurs::MonthlyWeekday(weekday, week, every) => {
                self.monthly(every, after, |year, month| weekday_of(year, month, weekday, week))
            }
            Recurs::MonthlyLastDay(every) => self.monthly(every, after, last_day),
        }
    }

    /// All times after `after`, in order. Endless for most schedules.
    pub fn times(&self, after: PrimitiveDateTime) -> impl Iterator<Item = PrimitiveDateTime> {
        std::iter::successors(self.next(Some(after)), |last| self.next(Some(*last)))
    }

    /// In every so many months from that of the start: the day that `day` finds in one, where there is one.
    fn monthly(
        &self,
        every: u16,
        after: Option<PrimitiveDateTime>,
        day: impl Fn(i32, Month) -> Option<Date>,
    ) -> Option<PrimitiveDateTime> {
        let every = u32::from(every.max(1));
        let wanted = after.map_or(self.start, |after| after.max(self.start));
        let months = months_between(self.start, wanted);
        let first = months / every;
        // As many steps as bring the month back to where it was, in a year like it.
        (first..=first.saturating_add(CYCLE)).find_map(|step| {
            let (year, month) = months_later(self.start, step.checked_mul(every)?)?;
            let at = PrimitiveDateTime::new(day(year, month)?, self.start.time());
            (at >= self.start && after.is_none_or(|after| at > after)).then_some(at)
        })
    }
}

/// The first of `first`, `first + step`, ... that lies after `after`.
fn stepped(first: PrimitiveDateTime, step: Duration, after: Option<PrimitiveDateTime>) -> Option<PrimitiveDateTime> {
    let Some(after) = after.filter(|after| *after >= first) else { return Some(first) };
    let minutes = step.whole_minutes().max(1);
    let steps = (after - first).whole_minutes() / minutes + 1;
    first.checked_add(Duration::minutes(steps.checked_mul(minutes)?))
}

fn months_between(from: PrimitiveDateTime, to: PrimitiveDateTime) -> u32 {
    let count = |at: PrimitiveDateTime| i64::from(at.year()) * 12 + i64::from(u8::from(at.month()));
    u32::try_from(count(to) - count(from)).unwrap_or(0)
}

fn months_later(from: PrimitiveDateTime, months: u32) -> Option<(i32, Month)> {
    let count = u32::from(u8::from(from.month())) - 1 + months;
    let year = from.year().checked_add(i32::try_from(count / 12).ok()?).filter(|year| *year <= 9999)?;
    Some((year, Month::try_from(u8::try_from(count % 12 + 1).ok()?).ok()?))
}

#[allow(clippy::unnecessary_wraps, reason = "it is asked beside others that do not always find a day")]
fn last_day(year: i32, month: Month) -> Option<Date> {
    Date::from_calendar_date(year, month, days_in_month(month, year)).ok()
}

fn weekday_of(year: i32, month: Month, weekday: Weekday, week: Week) -> Option<Date> {
    if week == Week::Last {
        let last = last_day(year, month)?;
        let back = (last.weekday().number_days_from_monday() + 7 - weekday.number_days_from_monday()) % 7;
        return last.checked_sub(Duration::days(back.into()));
    }
    let first = Date::from_calendar_date(year, month, 1).ok()?;
    let wait = (weekday.number_days_from_monday() + 7 - first.weekday().number_days_from_monday()) % 7;
    let weeks = match week {
        Week::First | Week::Last => 0,
        Week::Second => 1,
        Week::Third => 2,
        Week::Fourth => 3,
    };
    first.checked_add(Duration::days(i64::from(wait) + 7 * weeks))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    fn schedules() -> impl Strategy<Value = Schedule> {
        let weekday = prop::sample::select(super::super::WEEKDAYS.map(|(_, day)| day).to_vec());
        let week = prop::sample::select(super::super::WEEKS.map(|(_, week)| week).to_vec());
        let recurs = prop_oneof![
            Just(Recurs::Once),
            (1_u32..50).prop_map(|days| Recurs::Every(days * 24 * 60)),
            (weekday.clone(), 1_u16..9).prop_map(|(day, every)| Recurs::Weekly(day, every)),
            (1_u8..=31, 1_u16..15).prop_map(|(day, every)| Recurs::MonthlyDay(day, every)),
            (weekday, week, 1_u16..15).prop_map(|(day, week, every)| Recurs::MonthlyWeekday(day, week, every)),
            (1_u16..15).prop_map(Recurs::MonthlyLastDay),
        ];
        (recurs, 0_i64..20_000, 0_i64..1440).prop_map(|(recurs, days, minutes)| {
            let start = datetime!(1998-01-01 00:00) + Duration::days(days) + Duration::minutes(minutes);
            Schedule { recurs, start, utc: false }
        })
    }

    /// Whether a day is one of a schedule's, asked day by day from the words of the documentation.
    fn is_a_day(schedule: &Schedule, day: Date) -> bool {
        let first = schedule.start.date();
        if day < first {
            return false;
        }
        let months = (day.year() - first.year()) * 12 + i32::from(u8::from(day.month())) - i32::from(u8::from(first.month()));
        let due = |every: u16| months % i32::from(every) == 0;
        let nth = (day.day() - 1) / 7;
        let ends = days_in_month(day.month(), day.year());
        match schedule.recurs {
            Recurs::Once => day == first,
            Recurs::Every(minutes) => (day - first).whole_days() % i64::from(minutes / 1440) == 0,
            Recurs::Weekly(weekday, every) => {
                let mut start = first;
                while start.weekday() != weekday {
                    start = start.next_day().unwrap();
                }
                day >= start && (day - start).whole_days() % (7 * i64::from(every)) == 0
            }
            Recurs::MonthlyDay(wanted, every) => due(every) && day.day() == wanted,
            Recurs::MonthlyWeekday(weekday, week, every) => {
                let right = match week {
                    Week::First => nth == 0,
                    Week::Second => nth == 1,
                    Week::Third => nth == 2,
                    Week::Fourth => nth == 3,
                    Week::Last => day.day() + 7 > ends,
                };
                due(every) && day.weekday() == weekday && right
            }
            Recurs::MonthlyLastDay(every) => due(every) && day.day() == ends,
        }
    }

    proptest! {
        #[test]
        fn times_are_those_of_a_walk_through_the_days(schedule in schedules(), wait in -400_i64..4000) {
            let after = schedule.start + Duration::days(wait) + Duration::minutes(wait);
            let found: Vec<PrimitiveDateTime> = schedule.times(after).take_while(|at| *at < after + Duration::days(800)).collect();
            let mut walked = Vec::new();
            let mut day = after.date();
            while day.midnight() < after + Duration::days(800) {
                let at = PrimitiveDateTime::new(day, schedule.start.time());
                if at > after && at < after + Duration::days(800) && is_a_day(&schedule, day) {
                    walked.push(at);
                }
                day = day.next_day().unwrap();
            }
            prop_assert_eq!(found, walked);
        }

        #[test]
        fn times_only_grow(schedule in schedules(), minutes in 1_u32..10_000) {
            for schedule in [schedule, Schedule { recurs: Recurs::Every(minutes), ..schedule }] {
                let times: Vec<PrimitiveDateTime> = schedule.times(schedule.start - Duration::days(1)).take(20).collect();
                prop_assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
                prop_assert!(times.iter().all(|at| *at >= schedule.start));
            }
        }
    }

    #[test]
    fn a_day_that_no_month_has_never_comes() {
        let yearly = Schedule { recurs: Recurs::MonthlyDay(30, 12), start: datetime!(2026-02-01 00:00), utc: false };
        assert_eq!(yearly.next(None), None);
        let leap = Schedule { recurs: Recurs::MonthlyDay(29, 12), ..yearly };
        assert_eq!(leap.next(None), Some(datetime!(2028-02-29 00:00)));
        assert_eq!(leap.next(Some(datetime!(2096-02-29 00:00))), Some(datetime!(2104-02-29 00:00)));
    }

    #[test]
    fn the_end_of_the_calendar_is_the_end() {
        let late = Schedule { recurs: Recurs::Every(60 * 24 * 365), start: datetime!(9999-06-01 00:00), utc: true };
        assert_eq!(late.times(datetime!(9999-01-01 00:00)).count(), 1);
    }
}
