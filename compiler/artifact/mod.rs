//! Artifacts that exist already, read with their positions: `.mobileconfig` profiles (XML or binary property list, signed or not),
//! Apple declarations (JSON) and SyncML (a message, or a bare run of commands).
//!
//! Which of these a file is comes from its content, not from its name. Hostile input is bounded in size, depth and number. What the
//! values mean, and whether they are right, is the business of `lint`.

mod binary;
mod json;
mod plist;
mod signed;
mod sort;
mod tree;
mod xml;

pub use sort::{Not, Sort, may_be_artifact, sort};
pub use tree::{Entry, Node, Value};
pub use xml::{Document, Element, in_xml};

use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::{SourceId, Span};

/// Bytes of one file.
pub const FILE_BYTES: usize = 16 << 20;
/// Collections inside collections.
const DEPTH: usize = 64;
/// Values of one file.
const NODES: usize = 500_000;

/// A file that was read.
#[derive(Debug)]
pub struct Artifact {
    /// Its text, or what stands for it.
    pub source: SourceId,
    /// What it holds.
    pub shape: Shape,
    /// It came in a CMS signature, which was not verified.
    pub signed: bool,
    paths: Vec<Box<str>>,
}

/// What an artifact holds.
#[derive(Debug)]
pub enum Shape {
    /// A configuration profile.
    Profile(Node),
    /// A declaration.
    Declaration(Node),
    /// SyncML commands.
    Syncml(Document),
}

/// A file whose sort is known, as text where it has text.
#[derive(Debug)]
pub struct Content {
    /// What sort of file.
    pub sort: Sort,
    /// The text; empty for a binary property list.
    pub text: String,
    /// The bytes of a binary property list.
    pub bytes: Vec<u8>,
    /// It came in a CMS signature.
    pub signed: bool,
}

impl Artifact {
    /// The key path of a place in a file that has no lines; nothing in one that has.
    #[must_use]
    pub fn path(&self, span: Span) -> Option<&str> {
        self.paths.get(span.from()).filter(|_| span.source == self.source).map(|path| &**path)
    }

    /// Whether places are key paths.
    #[must_use]
    pub fn has_lines(&self) -> bool {
        self.paths.is_empty()
    }
}

/// Reads a file whose text may have moved into its [`crate::source::Source`]. Nothing when it cannot be made out; what is wrong is in the report.
pub fn read(source: SourceId, content: &Content, text: &str, report: &mut Report) -> Option<Artifact> {
    let mut paths = Vec::new();
    let shape = match content.sort {
        Sort::Profile => Shape::Profile(plist::read(source, text, report)?),
        Sort::Declaration => Shape::Declaration(json::read(source, text, report)?),
        Sort::Syncml => Shape::Syncml(xml::read(source, text, report)?),
        Sort::BinaryProfile => match binary::read(source, &content.bytes) {
            Ok(read) => {
                paths = read.paths;
                Shape::Profile(read.root)
            }
            Err(why) => {
                let diagnostic = Diagnostic::new(Code::E0802, Span::start_of(source), format!("the file {why}"));
                report.push(diagnostic.label("not read"));
                return None;
            }
        },
    };
    Some(Artifact { source, shape, signed: content.signed, paths })
}
