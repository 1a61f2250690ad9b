//! RFC 4514 distinguished names in which values may be known only to the server.
//!
//! The text is taken apart before any per-user value is filled in, so that a comma in somebody's name breaks nothing.

use crate::ir::{NAME_TYPES, Name, Piece, Text};

/// A character of a literal piece, or a piece that is filled in later.
enum Symbol {
    Character(char),
    Later(Piece),
}

/// Reads a name. Types become upper-case short names or dotted OIDs; the most general part comes first.
///
/// # Errors
/// What is wrong, as a clause.
pub fn parse(text: &Text) -> Result<Name, String> {
    let mut parser = Parser { symbols: symbols(text), at: 0 };
    let mut names = Vec::new();
    loop {
        names.push(parser.relative_name()?);
        match parser.next() {
            None => break,
            Some(Symbol::Character(',' | ';')) => {}
            Some(_) => return Err("has something behind a quoted value".into()),
        }
    }
    names.reverse();
    Ok(Name(names))
}

fn symbols(text: &Text) -> Vec<Symbol> {
    let mut symbols = Vec::new();
    for piece in text.pieces() {
        match piece {
            Piece::Literal(literal) => symbols.extend(literal.chars().map(Symbol::Character)),
            Piece::Attribute(_) | Piece::Token(_) | Piece::Formula(..) => symbols.push(Symbol::Later(piece.clone())),
        }
    }
    symbols
}

struct Parser {
    symbols: Vec<Symbol>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Symbol> {
        self.symbols.get(self.at)
    }

    fn next(&mut self) -> Option<Symbol> {
        let symbol = match self.symbols.get(self.at)? {
            Symbol::Character(character) => Symbol::Character(*character),
            Symbol::Later(piece) => Symbol::Later(piece.clone()),
        };
        self.at += 1;
        Some(symbol)
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(Symbol::Character(' '))) {
            self.at += 1;
        }
    }

    /// `CN=alice`, or several with `+` between them.
    fn relative_name(&mut self) -> Result<Vec<(String, Text)>, String> {
        let mut attributes = vec![self.attribute()?];
        while matches!(self.peek(), Some(Symbol::Character('+'))) {
            self.at += 1;
            attributes.push(self.attribute()?);
        }
        Ok(attributes)
    }

    fn attribute(&mut self) -> Result<(String, Text), String> {
        self.blanks();
        let mut name = String::new();
        loop {
            match self.next() {
                Some(Symbol::Character('=')) => break,
                Some(Symbol::Character(',' | ';' | '+')) if name.trim().is_empty() => return Err("has an empty part".into()),
                Some(Symbol::Character(character)) => name.push(character),
                Some(Symbol::Later(_)) => return Err("has a per-user value where a type such as `CN` belongs".into()),
                None if name.trim().is_empty() => return Err("has an empty part".into()),
                None => return Err(format!("has `{}` without `=`", name.trim())),
            }
        }
        let ty = attribute_type(name.trim())?;
        self.blanks();
        let value = if matches!(self.peek(), Some(Symbol::Character('"'))) { self.quoted()? } else { self.plain()? };
        if value == Text::default() {
            return Err(format!("has no value for `{ty}`"));
        }
        Ok((ty, value))
    }

    fn plain(&mut self) -> Result<Text, String> {
        let mut value = Text::default();
        let mut blanks = String::new();
        while let Some(symbol) = self.peek() {
            if matches!(symbol, Symbol::Character(',' | ';' | '+')) {
                break;
            }
            match self.next() {
                Some(Symbol::Character(' ')) => blanks.push(' '),
                Some(Symbol::Character('\\')) => {
                    let escaped = self.escaped()?;
                    value.push(Piece::Literal(format!("{blanks}{escaped}").into()));
                    blanks.clear();
                }
                Some(Symbol::Character(character @ ('"' | '<' | '>' | '='))) if character != '=' => {
                    return Err(format!("has `{character}` without `\\` in front"));
                }
                Some(Symbol::Character(character)) => {
                    value.push(Piece::Literal(format!("{blanks}{character}").into()));
                    blanks.clear();
                }
                Some(Symbol::Later(piece)) => {
                    value.push(Piece::Literal(std::mem::take(&mut blanks).into()));
                    value.push(piece);
                }
                None => break,
            }
        }
        Ok(value)
    }

    fn quoted(&mut self) -> Result<Text, String> {
        self.at += 1;
        let mut value = Text::default();
        loop {
            match self.next() {
                Some(Symbol::Character('"')) => break,
                Some(Symbol::Character('\\')) => {
                    let escaped = self.escaped()?;
                    value.push(Piece::Literal(escaped.to_string().into()));
                }
                Some(Symbol::Character(character)) => value.push(Piece::Literal(character.to_string().into())),
                Some(Symbol::Later(piece)) => value.push(piece),
                None => return Err("has a quote that is not closed".into()),
            }
        }
        self.blanks();
        Ok(value)
    }

    /// What stands behind a backslash: a special character, or bytes of UTF-8 in hex.
    fn escaped(&mut self) -> Result<char, String> {
        match self.next() {
            Some(Symbol::Character(special @ (' ' | '"' | '#' | '+' | ',' | ';' | '<' | '=' | '>' | '\\'))) => Ok(special),
            Some(Symbol::Character(first)) if first.is_ascii_hexdigit() => self.hexadecimal(first),
            Some(_) => Err("has a `\\` before something that needs none".into()),
            None => Err("ends in a `\\` that stands before nothing".into()),
        }
    }

    fn hexadecimal(&mut self, first: char) -> Result<char, String> {
        let wrong = || "has a `\\` before something that is no UTF-8 in hex".to_owned();
        let mut bytes = Vec::new();
        let mut high = first;
        loop {
            let Some(Symbol::Character(low)) = self.next() else { return Err(wrong()) };
            let byte = high.to_digit(16).zip(low.to_digit(16)).map(|(high, low)| high * 16 + low);
            bytes.push(byte.and_then(|byte| u8::try_from(byte).ok()).ok_or_else(wrong)?);
            if let Ok(text) = std::str::from_utf8(&bytes) {
                let character = text.chars().next().ok_or_else(wrong)?;
                return if character.is_control() { Err(wrong()) } else { Ok(character) };
            }
            match (bytes.len(), self.next(), self.next()) {
                (1..4, Some(Symbol::Character('\\')), Some(Symbol::Character(next))) => high = next,
                _ => return Err(wrong()),
            }
        }
    }
}

fn attribute_type(name: &str) -> Result<String, String> {
    let upper = name.to_ascii_uppercase();
    if let Some((known, _)) = NAME_TYPES.iter().find(|(known, _)| *known == upper) {
        return Ok((*known).to_owned());
    }
    let dotted = name.strip_prefix("OID.").or_else(|| name.strip_prefix("oid.")).unwrap_or(name);
    if is_oid(dotted) {
        return Ok(dotted.to_owned());
    }
    match super::suggest::nearest(&upper, NAME_TYPES.iter().map(|(known, _)| *known)) {
        Some(near) => Err(format!("has an unknown type `{name}`; `{near}` is near")),
        None => Err(format!("has an unknown type `{name}`; write it as a dotted OID")),
    }
}

/// Whether text is a dotted object identifier.
pub fn is_oid(text: &str) -> bool {
    let mut arcs = text.split('.');
    let number = |arc: &str| {
        !arc.is_empty() && arc.len() <= 20 && arc.bytes().all(|b| b.is_ascii_digit()) && (arc == "0" || !arc.starts_with('0'))
    };
    let first = arcs.next().is_some_and(|arc| matches!(arc, "0" | "1" | "2"));
    let rest: Vec<&str> = arcs.collect();
    // Below 0 and 1 there are 40 arcs (X.660).
    let narrow = text.starts_with('2') || rest.first().and_then(|arc| arc.parse::<u8>().ok()).is_some_and(|arc| arc < 40);
    first && narrow && !rest.is_empty() && rest.into_iter().all(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        let name = parse(&Text::literal(text)).unwrap();
        name.0.into_iter().flatten().map(|(ty, value)| (ty, value.as_literal().unwrap().to_owned())).collect()
    }

    #[test]
    fn the_most_general_part_comes_first() {
        assert_eq!(read("CN=Alice, O=Contoso"), [("O".into(), "Contoso".into()), ("CN".into(), "Alice".into())]);
    }

    #[test]
    fn escapes_and_quotes_of_rfc_4514() {
        assert_eq!(read(r"CN=Doe\, Jane"), [("CN".into(), "Doe, Jane".into())]);
        assert_eq!(read(r#"cn="Doe, Jane""#), [("CN".into(), "Doe, Jane".into())]);
        assert_eq!(read(r"CN=Lu\C4\8Di\C4\87"), [("CN".into(), "Lučić".into())]);
        assert_eq!(read("OU=a=b"), [("OU".into(), "a=b".into())]);
    }

    #[test]
    fn a_per_user_value_is_one_symbol() {
        let text = Text::of(vec![
            Piece::Literal("CN=".into()),
            Piece::Attribute("user.display_name"),
            Piece::Literal(",O=Contoso".into()),
        ]);
        let name = parse(&text).unwrap();
        assert_eq!(name.0[1][0].1, Text::attribute("user.display_name"));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for bad in ["", "Alice", "CN=", "CN=a,", "XY=a", "CN=\"a", "CN=a\\", "CN=\\GG"] {
            assert!(parse(&Text::literal(bad)).is_err(), "{bad}");
        }
    }
}
