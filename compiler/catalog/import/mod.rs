//! The vendors' own files to the tables of the catalog: pure passes, the same files give the same bytes.
//!
//! Only facts are taken, never a vendor's prose. Reading and writing files is the command line's business.

mod apple;
mod ddf;
mod made;
mod nodes;
mod release;
mod support;
mod xml;

pub use apple::apple;
pub use ddf::windows;
pub use made::Made;

/// Files of one folder that was named.
#[derive(Debug, Clone)]
pub struct Folder {
    /// Its name, without what lies above.
    pub name: String,
    /// In the order of their paths.
    pub files: Vec<File>,
    /// The README of the checkout that it is, or lies in, if there is one.
    pub readme: Option<String>,
}

/// A file.
#[derive(Debug, Clone)]
pub struct File {
    /// As messages show it.
    pub path: String,
    /// Its text, without byte order mark; or the line, counted from 1, from which on it is no text.
    pub text: Result<String, u32>,
}

impl File {
    fn text(&self) -> Result<&str, Mistake> {
        let broken = |line: &u32| Mistake { file: self.path.clone(), line: *line, what: "is no UTF-8 from here on".into() };
        self.text.as_deref().map_err(broken)
    }
}

/// What the head of a table says of where it is from.
#[derive(Debug, Clone, Default)]
pub struct Head {
    /// `iOS 18.3, macOS 15.3`; empty where the files are to say it.
    pub release: String,
    /// `2025-01-28`; empty where it is not known.
    pub date: String,
    /// A URL.
    pub source: String,
}

/// What is wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The file.
    pub file: String,
    /// Counted from 1.
    pub line: u32,
    /// What.
    pub what: String,
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// A cell of a table. What has a tab or a line break fits none.
fn cell(text: &str) -> Result<String, String> {
    if text.contains(['\t', '\n', '\r']) {
        return Err(format!(
            "a value of several lines fits no table: `{}`",
            text.chars().take(60).collect::<String>().escape_debug()
        ));
    }
    Ok(text.to_owned())
}

/// A value among flags, which are separated by blanks.
fn flag(text: &str) -> String {
    text.replace('%', "%25").replace(' ', "%20")
}
