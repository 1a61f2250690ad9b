//! Raw kinds: what a vendor's own tables type, written as the vendor names it.

pub mod apple;
