//! `evaluation` of a deployment, read: `{ every: 7 days }`, `{ weekly: tuesday, every: 2, at: "08:30" }`, `{ once: 2026-03-01T08:00 }`.

use time::{OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

use super::{EPOCH, Recurs, Schedule, WEEKDAYS, WEEKS};
use crate::check::{list, offer, text_of};
use crate::deploy::length::{Unit, minutes};
use crate::deploy::moment::{moment, time_of_day};
use crate::deploy::words::Words;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::{Node, Pair, Resolved, Sources, Span, resolve};

/// All words of a schedule.
const WORDS: [&str; 6] = ["every", "weekly", "monthly", "once", "at", "start"];
/// Those of which one says how it recurs; `every` alone makes a simple schedule.
const PATTERNS: [&str; 3] = ["weekly", "monthly", "once"];
/// More weeks or months than this are a slip.
const MOST_EVERY: u16 = 1_000;
/// How long a simple schedule may wait: ten years.
const MOST_MINUTES: u32 = 3_660 * 24 * 60;

/// Reads a schedule; what is wrong is said, and one that never comes is an error.
pub fn read(node: &Node, sources: &Sources, report: &mut Report) -> Option<Schedule> {
    let mark = report.len();
    let words = Words::of("evaluation", node, &WORDS, sources, report)?;
    let mut reader = Reader { words, utc: None };
    let pattern = reader.pattern();
    let start = reader.start();
    let (recurs, once) = pattern?;
    let (start, utc) = (once.or(start)?, reader.utc.is_some_and(|(utc, _)| utc));
    if report.errors_since(mark) {
        return None;
    }
    let schedule = Schedule { recurs, start, utc };
    if schedule.next(None).is_none() {
        report.push(never(node, &schedule));
        return None;
    }
    Some(schedule)
}

/// Says that nothing is evaluated any more, at the moment of a run.
pub fn say_if_over(schedule: &Schedule, node: &Node, now: OffsetDateTime, report: &mut Report) {
    // A clock somewhere is up to 14 hours behind or ahead of UTC.
    let margin = time::Duration::hours(if schedule.utc { 0 } else { 14 });
    let now = now.to_offset(UtcOffset::UTC) - margin;
    if schedule.next(Some(PrimitiveDateTime::new(now.date(), now.time()))).is_none() {
        let message = format!("evaluation was due {} and comes never again", schedule.words());
        let diagnostic = Diagnostic::new(Code::W0954, node.span, message).label("over");
        report.push(diagnostic.help("write a later date, or a schedule that recurs; devices still evaluate at every logon"));
    }
}

fn never(node: &Node, schedule: &Schedule) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::E0952, node.span, format!("a schedule {} never comes", schedule.words()));
    diagnostic
        .label("no month of these has that day")
        .help("write `monthly: last_day` for the end of a month, or another `day`, `every` or `start`")
}

struct Reader<'a, 'r> {
    words: Words<'a, 'r>,
    /// Whether its times are UTC, and what said so first.
    utc: Option<(bool, Span)>,
}

impl<'a> Reader<'a, '_> {
    /// How it recurs; for `once`, also when.
    fn pattern(&mut self) -> Option<(Recurs, Option<PrimitiveDateTime>)> {
        let mut found = PATTERNS.iter().filter_map(|word| self.words.get(word));
        let (first, second) = (found.next(), found.next());
        if let (Some(first), Some(second)) = (first, second) {
            let message = format!("`{}` and `{}` are two schedules", first.key, second.key);
            let diagnostic = Diagnostic::new(Code::E0950, second.key_span, message).label("another one");
            self.say(diagnostic.also(first.key_span, "one schedule").help("keep one of them"));
            return None;
        }
        let Some(pair) = first else { return self.simple().map(|minutes| (Recurs::Every(minutes), None)) };
        let recurs = match &*pair.key {
            "once" => return self.once(pair).map(|at| (Recurs::Once, Some(at))),
            "weekly" => Recurs::Weekly(self.weekday(&pair.value, "weekly")?, self.every("weeks")?),
            _ => self.monthly(&pair.value)?,
        };
        Some((recurs, None))
    }

    fn say(&mut self, diagnostic: Diagnostic) {
        self.words.report.push(diagnostic);
    }

    fn simple(&mut self) -> Option<u32> {
        let Some(pair) = self.words.get("every") else {
            if WORDS.iter().any(|word| self.words.misses(word)) {
                return None;
            }
            let diagnostic = Diagnostic::new(Code::E0950, self.words.node.span, "`evaluation` does not say how often");
            self.say(diagnostic.label("not a schedule").help(format!("write `every: 7 days`, or one of {}", list(PATTERNS))));
            return None;
        };
        let units = [Unit::Minutes, Unit::Hours, Unit::Days, Unit::Weeks];
        minutes(&pair.value, "every", &units, MOST_MINUTES, self.words.report)
    }

    /// So many weeks or months; each when nothing is said.
    fn every(&mut self, unit: &str) -> Option<u16> {
        let Some(pair) = self.words.get("every") else { return Some(1) };
        let text = pair.value.scalar().map(resolve);
        if let Some(Resolved::Text(text)) = text
            && let Some((number, _)) = text.split_once(' ').filter(|(number, _)| number.parse::<u16>().is_ok())
        {
            let message = format!("`every` counts {unit} here, without a unit");
            let diagnostic = Diagnostic::new(Code::E0215, pair.value.span, message).label("a length of time");
            let same = text
                .strip_prefix(number)
                .map(str::trim)
                .is_some_and(|word| word.trim_end_matches('s') == unit.trim_end_matches('s'));
            self.say(if same {
                diagnostic.fix(format!("write `{number}`"), pair.value.span, number)
            } else {
                diagnostic.help(format!("write how many {unit}, or leave out `weekly` and `monthly` for a length of time"))
            });
            return None;
        }
        self.words.number(pair, 1, MOST_EVERY)
    }

    fn named<T: Copy + PartialEq>(&mut self, node: &Node, what: &str, known: &'static [(&'static str, T)]) -> Option<T> {
        let text = text_of(node, what, self.words.sources, self.words.report)?;
        let found = known.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        if found.is_none() {
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            let message = format!("`{}` is not {what}", text.escape_debug());
            let diagnostic = Diagnostic::new(Code::E0204, node.span, message).label("not known");
            self.say(offer(diagnostic, "value", text, node.span, &names));
        }
        found
    }

    fn weekday(&mut self, node: &Node, word: &str) -> Option<time::Weekday> {
        self.named(node, &format!("a weekday for `{word}`"), &WEEKDAYS)
    }

    fn monthly(&mut self, node: &Node) -> Option<Recurs> {
        if node.mapping().is_none() {
            let last = self.named(node, "`last_day` or a mapping for `monthly`", &[("last_day", ())]);
            return last.and_then(|()| self.every("months")).map(Recurs::MonthlyLastDay);
        }
        let (sources, every) = (self.words.sources, self.every("months"));
        let mut words = Words::of("monthly", node, &["day", "weekday", "week"], sources, self.words.report)?;
        if let Some(day) = words.get("day") {
            for other in ["weekday", "week"].iter().filter_map(|word| node.get(word)) {
                let message = format!("`{}` and `day` are two ways to name a day", other.key);
                let diagnostic = Diagnostic::new(Code::E0950, other.key_span, message).label("another one");
                words.report.push(diagnostic.also(day.key_span, "one way").help("keep `day`, or `weekday` with `week`"));
            }
            let day = words.number(day, 1, 31)?;
            return Some(Recurs::MonthlyDay(u8::try_from(day).ok()?, every?));
        }
        let (weekday, week) = (words.needed("weekday", "tuesday"), words.needed("week", "second"));
        let weekday = self.weekday(&weekday?.value, "weekday");
        let week = self.named(&week?.value, "a week of a month for `week`", &WEEKS);
        Some(Recurs::MonthlyWeekday(weekday?, week?, every?))
    }

    fn once(&mut self, pair: &'a Pair) -> Option<PrimitiveDateTime> {
        let node = self.words.node;
        for other in ["every", "at", "start"].iter().filter_map(|word| node.get(word)) {
            let diagnostic = Diagnostic::new(Code::E0950, other.key_span, format!("`{}` has no use with `once`", other.key));
            self.words.report.push(
                diagnostic
                    .label("not used")
                    .also(pair.key_span, "evaluates one time only")
                    .help(format!("remove `{}`, or `once`", other.key)),
            );
        }
        let moment = moment(&pair.value, "once", self.words.sources, self.words.report)?;
        let Some(time) = moment.time else {
            let diagnostic = Diagnostic::new(Code::E0951, pair.value.span, "the date of `once` has no time of day");
            self.say(diagnostic.label("a day alone").help(format!("write it, as in `{}T08:00`", moment.date)));
            return None;
        };
        self.zone(moment.zone, pair.value.span)?;
        Some(PrimitiveDateTime::new(moment.date, whole_minutes(time)))
    }

    /// What recurrence is counted from: `start`, at the time of day that it or `at` names.
    fn start(&mut self) -> Option<PrimitiveDateTime> {
        let at = match self.words.get("at") {
            Some(pair) => {
                let (time, zone) = time_of_day(&pair.value, "at", self.words.sources, self.words.report)?;
                self.zone(zone, pair.value.span)?;
                Some((time, pair))
            }
            None => None,
        };
        let (date, time) = match self.words.get("start") {
            Some(pair) => {
                let moment = moment(&pair.value, "start", self.words.sources, self.words.report)?;
                if let (Some(_), Some((_, at))) = (moment.time, at) {
                    let diagnostic = Diagnostic::new(Code::E0950, at.value.span, "`at` and `start` both name a time of day");
                    self.say(diagnostic.label("one time").also(pair.value.span, "another time").help("keep one of them"));
                    return None;
                }
                if moment.time.is_some() {
                    self.zone(moment.zone, pair.value.span)?;
                }
                (moment.date, moment.time)
            }
            None => (EPOCH.date(), None),
        };
        let time = time.or(at.map(|(time, _)| time)).unwrap_or(Time::MIDNIGHT);
        Some(PrimitiveDateTime::new(date, whole_minutes(time)))
    }

    /// Times are those of the device's clock, or UTC; other places have no say.
    fn zone(&mut self, zone: Option<UtcOffset>, span: Span) -> Option<()> {
        let utc = match zone {
            None => false,
            Some(zone) if zone.is_utc() => true,
            Some(_) => {
                let diagnostic = Diagnostic::new(Code::E0951, span, "a schedule knows the clock of the device, and UTC");
                self.say(
                    diagnostic
                        .label("the offset of some place")
                        .help("leave the offset out for the clock of each device, or write the time in UTC with `Z`"),
                );
                return None;
            }
        };
        match self.utc {
            Some((other, first)) if other != utc => {
                let name = |utc| if utc { "UTC" } else { "the clock of each device" };
                let diagnostic =
                    Diagnostic::new(Code::E0951, span, format!("one time is {}, another {}", name(utc), name(other)));
                self.say(diagnostic.label(name(utc)).also(first, name(other)).help("write `Z` behind both, or behind none"));
                None
            }
            _ => {
                self.utc = Some((utc, span));
                Some(())
            }
        }
    }
}

/// Devices do not count seconds.
fn whole_minutes(time: Time) -> Time {
    time.truncate_to_minute()
}
