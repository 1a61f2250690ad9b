//! Text to a tree in which every key and value knows where it stands.
//!
//! The only room that knows the YAML parser. It bounds hostile input (size, depth, nodes, alias expansion) and says what is
//! wrong with the *text*; what a document should contain is no business of this room.

mod limits;
mod parse;
mod position;
mod scalar;

pub use limits::Limits;
pub use parse::{Cycle, Parsed, Problem, ProblemKind, parse};
pub use position::{Position, Source, SourceId, Sources, Span};
pub use scalar::{Resolved, resolve};

/// One value of a YAML document, with its place in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// From the first to behind the last byte; a quoted scalar's span holds its quotes.
    pub span: Span,
    /// What stands there.
    pub tree: Tree,
}

/// The shapes a YAML value has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tree {
    /// Any scalar. What a plain one means (`12`, `true`, text) is asked of [`resolve`], not decided here.
    Scalar(Scalar),
    /// `[a, b]` or `- a`.
    Sequence(Vec<Node>),
    /// `{a: b}` or `a: b`, in file order; keys are not repeated.
    Mapping(Vec<Pair>),
}

/// A scalar as written, unescaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// The text, after YAML's escapes.
    pub text: Box<str>,
    /// Not quoted and no block scalar: such text may mean a number, a boolean or nothing.
    pub plain: bool,
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The key's text.
    pub key: Box<str>,
    /// Where the key stands.
    pub key_span: Span,
    /// The value; an absent one is an empty plain scalar.
    pub value: Node,
}

impl Node {
    /// The scalar, if it is one.
    #[must_use]
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.tree {
            Tree::Scalar(scalar) => Some(scalar),
            Tree::Sequence(_) | Tree::Mapping(_) => None,
        }
    }

    /// The pairs of a mapping, if it is one.
    #[must_use]
    pub fn mapping(&self) -> Option<&[Pair]> {
        match &self.tree {
            Tree::Mapping(pairs) => Some(pairs),
            Tree::Scalar(_) | Tree::Sequence(_) => None,
        }
    }

    /// The members of a sequence, if it is one.
    #[must_use]
    pub fn sequence(&self) -> Option<&[Node]> {
        match &self.tree {
            Tree::Sequence(items) => Some(items),
            Tree::Scalar(_) | Tree::Mapping(_) => None,
        }
    }

    /// The value under a key of a mapping.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Pair> {
        self.mapping()?.iter().find(|pair| &*pair.key == key)
    }
}
