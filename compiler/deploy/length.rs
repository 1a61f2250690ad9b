//! Lengths of time in a deployment, `NUMBER UNIT`, in minutes.

use crate::check::{list, shape, wrong_type};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::{Node, Resolved, resolve};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Unit {
    Minutes,
    Hours,
    Days,
    Weeks,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Unit::Minutes => "minutes",
            Unit::Hours => "hours",
            Unit::Days => "days",
            Unit::Weeks => "weeks",
        }
    }

    fn minutes(self) -> u64 {
        match self {
            Unit::Minutes => 1,
            Unit::Hours => 60,
            Unit::Days => 24 * 60,
            Unit::Weeks => 7 * 24 * 60,
        }
    }
}

/// Reads a length from one minute to `most` of them.
pub fn minutes(node: &Node, field: &str, units: &[Unit], most: u32, report: &mut Report) -> Option<u32> {
    let known = || list(units.iter().map(|unit| unit.name()));
    let Some(scalar) = node.scalar() else {
        report.push(wrong_type(node.span, &format!("`NUMBER UNIT` for `{field}`"), shape(node)));
        return None;
    };
    if let Resolved::Integer(number) = resolve(scalar) {
        let diagnostic = Diagnostic::new(Code::E0215, node.span, format!("`{field}` has a number without a unit"));
        report.push(diagnostic.label("a number alone").help(format!("write `{number} UNIT`; units are {}", known())));
        return None;
    }
    let (number, word) = scalar.text.split_once(' ').unwrap_or((&scalar.text, ""));
    let unit = units.iter().find(|unit| unit.name() == word.trim() || unit.name().trim_end_matches('s') == word.trim());
    let number = Some(number).filter(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
    let (Some(number), Some(unit)) = (number, unit) else {
        let diagnostic = Diagnostic::new(Code::E0215, node.span, format!("`{field}` is no length of time"));
        report.push(match number.filter(|_| !word.trim().is_empty()) {
            Some(_) => diagnostic
                .label(format!("`{}` is no unit here", word.trim().escape_debug()))
                .help(format!("units are {}", known())),
            None => diagnostic.label("not `NUMBER UNIT`").help(format!("write a number from 1 and a unit: {}", known())),
        });
        return None;
    };
    let total = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit.minutes()));
    let fits = total.and_then(|total| u32::try_from(total).ok()).filter(|total| (1..=most).contains(total));
    if fits.is_none() {
        let diagnostic = Diagnostic::new(Code::E0207, node.span, format!("`{field}` is outside of its range"));
        let label = if total == Some(0) { "nothing at all".to_owned() } else { format!("more than {} days", most / (24 * 60)) };
        report.push(diagnostic.label(label));
    }
    fits
}
