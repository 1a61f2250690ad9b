//! Reading a mapping word by word; what nobody asked for is a mistake.

use std::cell::RefCell;

use super::{Read, leak, text, version};
use crate::schema::{Literal, Version};
use crate::source::{Node, Pair, Resolved, Span, Tree, resolve};

/// A mapping whose words are taken one by one.
pub struct Words<'a> {
    pairs: &'a [Pair],
    span: Span,
    used: RefCell<Vec<&'a str>>,
}

impl<'a> Words<'a> {
    pub fn of(node: &'a Node) -> Read<Words<'a>> {
        let pairs = node.mapping().ok_or((node.span, "a mapping is wanted".to_owned()))?;
        Ok(Words { pairs, span: node.span, used: RefCell::default() })
    }

    pub fn may(&self, word: &'static str) -> Option<At<'a>> {
        let pair = self.pairs.iter().find(|pair| &*pair.key == word)?;
        self.used.borrow_mut().push(&pair.key);
        Some(At(&pair.value))
    }

    pub fn must(&self, word: &'static str) -> Read<At<'a>> {
        self.may(word).ok_or_else(|| (self.span, format!("`{word}` is missing")))
    }

    /// The text of a word, or nothing.
    pub fn text_or_empty(&self, word: &'static str) -> Read<&'static str> {
        self.may(word).map_or(Ok(""), At::text)
    }

    pub fn flag(&self, word: &'static str) -> Read<bool> {
        self.may(word).map_or(Ok(false), At::boolean)
    }

    pub fn texts_or_empty(&self, word: &'static str) -> Read<&'static [&'static str]> {
        self.may(word).map_or(Ok(&[][..]), |at| at.texts().map(leak))
    }

    /// Every word was asked for.
    pub fn finish(&self) -> Read<()> {
        let used = self.used.borrow();
        match self.pairs.iter().find(|pair| !used.contains(&&*pair.key)) {
            Some(pair) => Err((pair.key_span, format!("unknown word `{}`", pair.key))),
            None => Ok(()),
        }
    }

    pub fn span(&self) -> Span {
        self.span
    }
}

/// A value, to be read as what is wanted.
#[derive(Clone, Copy)]
pub struct At<'a>(pub &'a Node);

impl<'a> At<'a> {
    pub fn span(self) -> Span {
        self.0.span
    }

    pub fn mistake<T>(self, what: impl Into<String>) -> Read<T> {
        Err((self.0.span, what.into()))
    }

    pub fn raw(self) -> Read<&'a str> {
        match &self.0.tree {
            Tree::Scalar(scalar) => Ok(scalar.text.trim_end()),
            Tree::Sequence(_) | Tree::Mapping(_) => self.mistake("a scalar is wanted"),
        }
    }

    pub fn text(self) -> Read<&'static str> {
        self.raw().map(text)
    }

    pub fn boolean(self) -> Read<bool> {
        match self.literal()? {
            Literal::Boolean(value) => Ok(value),
            _ => self.mistake("`true` or `false` is wanted"),
        }
    }

    pub fn integer(self) -> Read<i64> {
        match self.literal()? {
            Literal::Integer(value) => Ok(value),
            _ => self.mistake("a whole number is wanted"),
        }
    }

    pub fn literal(self) -> Read<Literal> {
        let Tree::Scalar(scalar) = &self.0.tree else { return self.mistake("a scalar is wanted") };
        match resolve(scalar) {
            Resolved::Null => Ok(Literal::Nothing),
            Resolved::Boolean(value) => Ok(Literal::Boolean(value)),
            Resolved::Integer(value) => Ok(Literal::Integer(value)),
            Resolved::Float => self.mistake("a number with a fraction has no place here; quote it"),
            Resolved::Text(value) => Ok(Literal::Text(text(value))),
        }
    }

    pub fn version(self) -> Read<Version> {
        version(self.span(), self.raw()?)
    }

    pub fn items(self) -> Read<&'a [Node]> {
        self.0.sequence().ok_or((self.0.span, "a list is wanted".into()))
    }

    pub fn texts(self) -> Read<Vec<&'static str>> {
        self.items()?.iter().map(|node| At(node).text()).collect()
    }

    pub fn pairs(self) -> Read<Vec<(&'static str, &'a Node)>> {
        let pairs = self.0.mapping().ok_or((self.0.span, "a mapping is wanted".to_owned()))?;
        Ok(pairs.iter().map(|pair| (text(&pair.key), &pair.value)).collect())
    }

    /// One of the named values.
    pub fn one_of<T: Copy>(self, what: &str, values: &[(&'static str, T)]) -> Read<T> {
        let name = self.raw()?;
        match values.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => Ok(*value),
            None => self.mistake(format!("`{name}` is no {what}")),
        }
    }
}
