//! How much one file may ask for, and how much of it was used.

/// How much one file may ask for. The defaults are far beyond what a person writes and far below what hurts.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of one file.
    pub file_bytes: usize,
    /// Bytes of one scalar.
    pub scalar_bytes: usize,
    /// Collections inside collections.
    pub depth: usize,
    /// Values of one file, those that aliases repeat counted each time.
    pub nodes: usize,
    /// Members of one list or mapping.
    pub members: usize,
    /// Problems of one file: whoever has more has another problem.
    pub problems: usize,
    /// Whether an alias may stand inside what it repeats. It is cut then, and told in [`Parsed::cycles`](super::Parsed).
    pub cycles: bool,
}

impl Limits {
    /// For the vendors' own files, which are larger than what a person writes, and refer to themselves.
    #[must_use]
    pub fn vendor() -> Limits {
        Limits { file_bytes: 32 << 20, scalar_bytes: 1 << 20, depth: 96, nodes: 2_000_000, cycles: true, ..Limits::default() }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            file_bytes: 8 << 20,
            scalar_bytes: 64 << 10,
            depth: 48,
            nodes: 500_000,
            members: 20_000,
            problems: 500,
            cycles: false,
        }
    }
}

/// How much was read, what aliases repeat counted each time: values, and bytes of text.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Size {
    pub nodes: usize,
    pub bytes: usize,
}
