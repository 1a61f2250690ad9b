//! Lengths of time: a number and a unit.

use super::{Reader, shape, wrong_type};
use crate::check::suggest::{certain, list, nearest};
use crate::diagnostic::{Code, Diagnostic};
use crate::schema::Unit;
use crate::source::{Node, Resolved, resolve};

impl Reader<'_, '_> {
    pub(super) fn duration(&mut self, node: &Node, units: &'static [Unit], min: u64, max: u64) -> Option<u64> {
        let (count, unit) = self.amount(node, units)?;
        let seconds = units.get(usize::from(unit)).and_then(|unit| unit.seconds()).and_then(|each| each.checked_mul(count));
        match seconds {
            Some(seconds) if (min..=max).contains(&seconds) => Some(seconds),
            _ => {
                let diagnostic =
                    Diagnostic::new(Code::E0207, node.span, format!("{} is outside the range of this field", self.name()));
                let label = if seconds.is_some_and(|seconds| seconds < min) {
                    format!("less than {min} seconds")
                } else {
                    format!("more than {max} seconds")
                };
                let diagnostic = self.limits(diagnostic.label(label));
                self.say(diagnostic);
                None
            }
        }
    }

    /// `NUMBER UNIT`: the number and the index of the unit.
    pub(super) fn amount(&mut self, node: &Node, units: &'static [Unit]) -> Option<(u64, u8)> {
        const MOST: u64 = u32::MAX as u64;
        let known = || list(units.iter().map(|unit| unit.name()));
        let Some(scalar) = node.scalar() else {
            self.say(wrong_type(node.span, "`NUMBER UNIT`", shape(node)));
            return None;
        };
        if let Resolved::Integer(number) = resolve(scalar) {
            let diagnostic = Diagnostic::new(Code::E0215, node.span, format!("{} has a number without a unit", self.name()));
            self.say(diagnostic.label("a number alone").help(format!("write `{number} UNIT`; units are {}", known())));
            return None;
        }
        let (number, unit) = scalar.text.split_once(' ').unwrap_or((&scalar.text, ""));
        let unit = unit.trim();
        let index = units.iter().position(|known| known.name() == unit || known.name().trim_end_matches('s') == unit);
        if let (Ok(number @ 1..=MOST), Some(index), true) =
            (number.parse::<u64>(), index, number.bytes().all(|b| b.is_ascii_digit()))
        {
            return Some((number, u8::try_from(index).ok()?));
        }
        let diagnostic = Diagnostic::new(Code::E0215, node.span, format!("{} is no length of time", self.name()));
        let none = index.is_some() && number.parse::<u64>() == Ok(0);
        let diagnostic = diagnostic
            .label(if none { "nothing at all" } else { "not `NUMBER UNIT`" })
            .help(format!("write a number from 1 and a unit: {}", known()));
        let all = units.iter().map(|unit| unit.name());
        self.say(match nearest(unit, all) {
            Some(near) if index.is_none() && number.parse::<u64>().is_ok_and(|number| number > 0) && certain(unit, near) => {
                diagnostic.fix(format!("write `{number} {near}`"), node.span, format!("{number} {near}"))
            }
            _ => diagnostic,
        });
        None
    }
}
