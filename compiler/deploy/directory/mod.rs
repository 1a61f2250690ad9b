//! The directory: who the people and devices of the fleet are, read from CSV, NDJSON or LDIF.
//!
//! Files are read as streams, row by row; of each row only the wanted attributes are kept, each distinct text once. It fetches
//! nothing from a directory server and knows nothing of collections.

mod csv;
pub mod devices;
mod excerpt;
mod ldif;
mod lines;
mod names;
mod ndjson;
pub mod person;
mod quotes;
mod table;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::io::BufRead;

pub use devices::platform;
pub use excerpt::{Excerpt, excerpt};
pub use lines::next as next_line;
pub use names::{DEVICE_ATTRIBUTES, USER_ATTRIBUTES, local_name};
pub use table::{Column, Row, Table};

use table::Builder;

/// People and devices.
#[derive(Debug, Default)]
pub struct Directory {
    /// The people.
    pub users: Table,
    /// The devices.
    pub devices: Table,
}

/// What a file lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sort {
    /// People.
    Users,
    /// Devices.
    Devices,
}

impl Sort {
    /// As written after `of:`, and in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Sort::Users => "users",
            Sort::Devices => "devices",
        }
    }

    /// What an attribute of one of them is called in front of the dot.
    #[must_use]
    pub fn entity(self) -> &'static str {
        match self {
            Sort::Users => "user",
            Sort::Devices => "device",
        }
    }
}

/// Something wrong with a directory file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// From 1; 0 for the file as a whole.
    pub line: u64,
    /// From 1, in bytes, where it is known.
    pub column: Option<usize>,
    /// The line of the other one, where two are the same.
    pub other: Option<u64>,
    /// One sentence.
    pub message: String,
    /// What to do.
    pub help: Option<Cow<'static, str>>,
}

impl Problem {
    fn at(line: u64, message: impl Into<String>) -> Problem {
        Problem { line, column: None, other: None, message: message.into(), help: None }
    }
}

/// More problems than this are one mistake many times: the rest is counted.
const MOST_PROBLEMS: usize = 50;

/// What is wrong with a file: the first ones, and how many more.
#[derive(Debug, Default)]
pub struct Problems {
    /// In file order.
    pub first: Vec<Problem>,
    /// Further ones.
    pub more: usize,
    /// What was decided for the administrator, in sentences: nothing is wrong.
    pub notes: Vec<String>,
}

impl Problems {
    fn push(&mut self, problem: Problem) {
        if self.first.len() < MOST_PROBLEMS {
            self.first.push(problem);
        } else {
            self.more += 1;
        }
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.first.is_empty()
    }
}

/// Reads a file of people or devices; its name says in which form. `wanted` names the attributes to keep beside the ids.
pub fn read(path: &str, sort: Sort, stream: &mut dyn BufRead, wanted: &dyn Fn(&str) -> bool) -> (Table, Problems) {
    let mut builder = Builder::new(sort, wanted);
    match form(path) {
        Some(Form::Csv) => csv::read(stream, &mut builder),
        Some(Form::Ndjson) => ndjson::read(stream, &mut builder),
        Some(Form::Ldif) => ldif::read(stream, &mut builder),
        None => builder.problem(Problem::at(0, "the name of the file does not say in which form it is")),
    }
    builder.finish()
}

/// How a file is written.
enum Form {
    Csv,
    Ndjson,
    Ldif,
}

/// Whether the name of a file says how it is written.
#[must_use]
pub fn has_form(path: &str) -> bool {
    form(path).is_some()
}

/// The form of a file, by its name.
fn form(path: &str) -> Option<Form> {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension.to_ascii_lowercase().as_str() {
        "ndjson" | "jsonl" => Some(Form::Ndjson),
        "ldif" | "ldf" => Some(Form::Ldif),
        "csv" => Some(Form::Csv),
        _ => None,
    }
}
