//! `schemas/fleet/*.yaml`.

use super::reader::{At, Words};
use super::{Read, leak};
use crate::schema::{FleetKind, Word, WordType};
use crate::source::{Node, Tree};

/// Reads one file.
pub(super) fn kind(root: &Node, stem: &str) -> Read<FleetKind> {
    let words = Words::of(root)?;
    let name = words.must("kind")?;
    if name.raw()? != stem {
        return name.mistake(format!("the file is called `{stem}.yaml`"));
    }
    let kind = FleetKind {
        name: name.text()?,
        title: words.must("title")?.text()?,
        doc: words.must("doc")?.text()?,
        sources: words.texts_or_empty("sources")?,
        at_least_one: words.texts_or_empty("at_least_one")?,
        words: leak(words.must("words")?.pairs()?.into_iter().map(|(name, node)| word(name, node)).collect::<Read<_>>()?),
    };
    words.finish()?;
    match kind.at_least_one.iter().find(|name| kind.word(name).is_none()) {
        Some(unknown) => words.must("at_least_one")?.mistake(format!("there is no word `{unknown}`")),
        None => Ok(kind),
    }
}

fn word(name: &'static str, node: &Node) -> Read<Word> {
    let words = Words::of(node)?;
    let word = Word {
        name,
        ty: word_type(words.must("type")?)?,
        required: words.flag("required")?,
        doc: words.must("doc")?.text()?,
        example: super::kind::example(words.must("example")?.0),
    };
    words.finish()?;
    Ok(word)
}

fn word_type(at: At<'_>) -> Read<WordType> {
    if let Tree::Mapping(_) = &at.0.tree {
        let words = Words::of(at.0)?;
        let names = leak(words.must("one_of")?.texts()?);
        words.finish()?;
        return Ok(WordType::OneOf(names));
    }
    let known = [
        ("id", WordType::Id),
        ("ids", WordType::Ids),
        ("text", WordType::Text),
        ("texts", WordType::Texts),
        ("boolean", WordType::Boolean),
        ("mapping", WordType::Mapping),
    ];
    at.one_of("type of a word", &known)
}
