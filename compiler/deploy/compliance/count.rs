//! The arithmetic of compliance, in whole numbers.

use super::State;

/// How many are in each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts([u64; State::ALL.len()]);

impl Counts {
    /// Counts one more.
    pub fn add(&mut self, state: State) {
        if let Some(count) = State::ALL.iter().position(|known| *known == state).and_then(|at| self.0.get_mut(at)) {
            *count += 1;
        }
    }

    /// How many are in a state.
    #[must_use]
    pub fn of(&self, state: State) -> u64 {
        State::ALL.iter().position(|known| *known == state).and_then(|at| self.0.get(at)).copied().unwrap_or(0)
    }

    /// All that are targeted.
    #[must_use]
    pub fn targeted(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Those that count as compliant.
    #[must_use]
    pub fn good(&self) -> u64 {
        self.of(State::Compliant) + self.of(State::NotApplicable)
    }

    /// (compliant + not applicable) / all targeted, in tenths of a percent, rounded down: what is below a threshold never looks as if it
    /// had reached it. Nobody targeted is 100 %.
    #[must_use]
    pub fn tenths(&self) -> u16 {
        let targeted = u128::from(self.targeted());
        (u128::from(self.good()) * 1000).checked_div(targeted).map_or(1000, |tenths| u16::try_from(tenths).unwrap_or(1000))
    }

    /// Whether compliance is strictly below so many percent; compared exactly, not rounded.
    #[must_use]
    pub fn below(&self, percent: u16) -> bool {
        u128::from(self.good()) * 100 < u128::from(percent) * u128::from(self.targeted())
    }
}

/// `89.9 %`.
#[must_use]
pub fn percent(tenths: u16) -> String {
    format!("{}.{} %", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counts(each: [u16; 6]) -> Counts {
        let mut counts = Counts::default();
        for (state, times) in State::ALL.into_iter().zip(each) {
            (0..times).for_each(|_| counts.add(state));
        }
        counts
    }

    #[test]
    fn nobody_is_all_compliant_and_below_nothing() {
        let nobody = Counts::default();
        assert_eq!((nobody.tenths(), nobody.below(100), nobody.below(0)), (1000, false, false));
    }

    #[test]
    fn the_threshold_itself_is_not_below_it() {
        // 9 of 10 are exactly 90 %; 8999 of 10000 show as 89.9 %, and are below.
        assert!(!counts([8, 1, 0, 1, 0, 0]).below(90));
        assert!(counts([8, 0, 0, 1, 1, 0]).below(90));
        let close = counts([8999, 0, 1001, 0, 0, 0]);
        assert_eq!((close.tenths(), close.below(90)), (899, true));
        assert_eq!(percent(899), "89.9 %");
    }

    proptest! {
        /// The text of the rule in fractions, without the clever parts.
        #[test]
        fn counting_is_that_of_the_rule(each in proptest::array::uniform6(0_u16..60), percent in 0_u16..=100) {
            let counts = counts(each);
            let [compliant, not_applicable, ..] = each.map(u64::from);
            let all: u64 = each.into_iter().map(u64::from).sum();
            // The largest tenth that is not more than the fraction.
            let tenths = (0..=1000).rev().find(|tenths| all == 0 || tenths * all <= (compliant + not_applicable) * 1000).unwrap();
            prop_assert_eq!(u64::from(counts.tenths()), tenths);
            // As fractions of all: c/a < p/100.
            let below = all > 0 && (0..=100).any(|hundredth| hundredth * all > (compliant + not_applicable) * 100 && hundredth <= u64::from(percent));
            prop_assert_eq!(counts.below(percent), below);
            // What is below a whole percent never shows as that percent.
            prop_assert!(!counts.below(percent) || counts.tenths() < percent * 10);
        }
    }
}
