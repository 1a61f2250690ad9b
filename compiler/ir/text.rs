//! Text in which some pieces are known only to the server.

use std::sync::Arc;

/// A sequence of pieces; two literals never stand side by side.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Text(Vec<Piece>);

/// A piece of text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Piece {
    /// As it is.
    Literal(Arc<str>),
    /// A fact about a person or a device: `user.primary_smtp_address`.
    Attribute(&'static str),
    /// One of the server's own tokens, passed through.
    Token(Arc<str>),
    /// An expression over facts, with the facts it asks for. Only in a build for single people, where they are known.
    Formula(Arc<str>, Arc<[&'static str]>),
}

impl Text {
    /// Text that everybody gets.
    #[must_use]
    pub fn literal(text: impl Into<Arc<str>>) -> Text {
        Text(vec![Piece::Literal(text.into())])
    }

    /// A fact about a person or a device.
    #[must_use]
    pub fn attribute(name: &'static str) -> Text {
        Text(vec![Piece::Attribute(name)])
    }

    /// These pieces.
    #[must_use]
    pub fn of(pieces: Vec<Piece>) -> Text {
        let mut text = Text::default();
        for piece in pieces {
            text.push(piece);
        }
        text
    }

    /// Adds a piece behind the others.
    pub fn push(&mut self, piece: Piece) {
        match (self.0.last_mut(), piece) {
            (_, Piece::Literal(added)) if added.is_empty() => {}
            (Some(Piece::Literal(last)), Piece::Literal(added)) => *last = format!("{last}{added}").into(),
            (_, piece) => self.0.push(piece),
        }
    }

    /// Adds all pieces of another text.
    pub fn extend(&mut self, other: &Text) {
        for piece in &other.0 {
            self.push(piece.clone());
        }
    }

    /// The pieces.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// The text itself, when it is the same for everybody.
    #[must_use]
    pub fn as_literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Piece::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The literal pieces.
    pub fn literals(&self) -> impl Iterator<Item = &Arc<str>> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Literal(text) => Some(text),
            Piece::Attribute(_) | Piece::Token(_) | Piece::Formula(..) => None,
        })
    }

    /// The attributes in it.
    pub fn attributes(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().flat_map(|piece| match piece {
            Piece::Attribute(name) => std::slice::from_ref(name).iter().copied(),
            Piece::Formula(_, names) => names.iter().copied(),
            Piece::Literal(_) | Piece::Token(_) => [].iter().copied(),
        })
    }

    /// Splits at the first `separator` in a literal piece.
    #[must_use]
    pub fn split_once(&self, separator: char) -> Option<(Text, Text)> {
        let (at, before, after) = self.0.iter().enumerate().find_map(|(at, piece)| match piece {
            Piece::Literal(text) => text.split_once(separator).map(|(before, after)| (at, before, after)),
            Piece::Attribute(_) | Piece::Token(_) | Piece::Formula(..) => None,
        })?;
        let mut first: Text = Text::of(self.0.iter().take(at).cloned().collect());
        first.push(Piece::Literal(before.into()));
        let mut second = Text::literal(after);
        second.0.retain(|piece| !matches!(piece, Piece::Literal(text) if text.is_empty()));
        second.0.extend(self.0.iter().skip(at + 1).cloned());
        Some((first, second))
    }
}
