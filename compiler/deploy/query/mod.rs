//! `where` of a collection: a question about one person's or device's attributes, compiled once.
//!
//! Text compares ignoring case, as WQL and Active Directory do; an absent attribute is empty text. It is asked of each distinct
//! value of a column rather than of each person: see [`Query::ask`].

mod ask;
mod parse;
#[cfg(test)]
mod tests;
mod token;

use super::directory::Sort;

pub use parse::parse;

/// A compiled question.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    expression: Expression,
    /// The attributes it asks for, with their bytes in its text.
    pub attributes: Vec<Asked>,
}

/// An attribute that a question asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Without `user.` or `device.`.
    pub name: String,
    /// First byte of the name.
    pub from: usize,
    /// Behind its last byte.
    pub to: usize,
}

#[derive(Debug, Clone, PartialEq)]
enum Expression {
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Not(Box<Expression>),
    /// An index into [`Query::attributes`], and what its value must be.
    Is(usize, Test),
}

/// What is asked of one value. Texts are in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    Among(Vec<String>),
    StartsWith(String),
    EndsWith(String),
    Contains(String),
    Version(Relation, Vec<u64>),
    True,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    Equal,
    Less,
    LessOrEqual,
    More,
    MoreOrEqual,
}

/// What an attribute holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Text,
    Boolean,
    Version,
}

/// All attributes are text but for two of a device.
fn type_of(sort: Sort, name: &str) -> Type {
    match (sort, name) {
        (Sort::Devices, "supervised") => Type::Boolean,
        (Sort::Devices, "os_version") => Type::Version,
        _ => Type::Text,
    }
}

/// Why a question cannot be asked, with its bytes in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// First byte.
    pub from: usize,
    /// Behind the last byte.
    pub to: usize,
    /// One sentence.
    pub message: String,
    /// About the marked text.
    pub label: String,
    /// What to do.
    pub help: Option<String>,
    /// What the marked text should be.
    pub fix: Option<String>,
}
