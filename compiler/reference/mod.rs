//! What payloadc knows, for people and editors: the support matrix, reference pages, JSON Schema.
//!
//! Everything is read from the statics: no page can say anything that the compiler does not do.

pub mod editor;
pub mod facts;
mod field;
mod fleet;
mod matrix;
mod matrix_text;
mod page;
mod spelling;

#[cfg(test)]
mod tests;

pub use fleet::{fleet_page, word_page};
pub use matrix::{Answer, SupportRow, support};
pub use matrix_text::{aligned, support_markdown, support_table};
pub use page::{field_page, group_page, kind_page};
