//! Numbers drawn from a seed, the same on every machine.
#![allow(dead_code, reason = "each benchmark and test uses some of it")]

/// Marsaglia's xorshift64 (<https://doi.org/10.18637/jss.v008.i14>), with the multiplier of Vigna's xorshift64*: the same numbers on
/// every machine, without a dependency.
pub struct Xorshift(pub u64);

impl Xorshift {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    /// A number below a count.
    pub fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.next() % count as u64).unwrap()
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, of_hundred: usize) -> bool {
        self.below(100) < of_hundred
    }

    /// One of the items.
    pub fn one_of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// Some of the items, at least one, in their order.
    pub fn some_of(&mut self, items: &[&str]) -> String {
        let bits = 1 + self.below((1 << items.len()) - 1);
        let chosen = items.iter().enumerate().filter(|(at, _)| bits & (1 << at) != 0);
        chosen.map(|(_, item)| *item).collect::<Vec<_>>().join(", ")
    }
}
