//! Text to a question. What is wrong is said at its bytes; types are checked here, so that asking cannot fail.

use super::token::{Token, Word, tokens};
use super::{Asked, Expression, Query, Relation, Test, Type, Wrong, type_of};
use crate::check::nearest;
use crate::deploy::directory::{Sort, devices, local_name};

/// A question may nest so deep, and be so long: beyond that it is not one that a person wrote.
const DEEPEST: usize = 32;
const LONGEST: usize = 16 << 10;

/// Words with a meaning of their own.
const WORDS: [&str; 9] = ["and", "or", "not", "in", "startswith", "endswith", "contains", "true", "false"];

/// Compiles the question of a collection of this sort.
///
/// # Errors
/// The first thing that is wrong.
pub fn parse(text: &str, sort: Sort) -> Result<Query, Wrong> {
    if text.len() > LONGEST {
        return Err(wrong(0, text.len(), format!("`where` has {} bytes, {LONGEST} are allowed", text.len()), "too long"));
    }
    let mut parser = Parser { tokens: tokens(text)?, at: 0, end: text.len(), sort, attributes: Vec::new() };
    let expression = parser.any(0)?;
    match parser.peek() {
        None => Ok(Query { expression, attributes: parser.attributes }),
        Some(token) => {
            let mut wrong = wrong(token.from, token.to, "`where` goes on behind its end", "not expected here");
            wrong.help = Some("join questions by `and` or `or`".into());
            Err(wrong)
        }
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    end: usize,
    sort: Sort,
    attributes: Vec<Asked>,
}

fn wrong(from: usize, to: usize, message: impl Into<String>, label: impl Into<String>) -> Wrong {
    Wrong { from, to, message: message.into(), label: label.into(), help: None, fix: None }
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    /// Takes a word or sign if it comes next.
    fn take(&mut self, wanted: &str) -> bool {
        let found = match self.peek().map(|token| &token.word) {
            Some(Word::Name(name)) => name.eq_ignore_ascii_case(wanted),
            Some(Word::Sign(sign)) => *sign == wanted,
            _ => false,
        };
        self.at += usize::from(found);
        found
    }

    fn missing(&self, what: &str) -> Wrong {
        match self.peek() {
            Some(token) => wrong(token.from, token.to, format!("{what} is missing in `where`"), "not expected here"),
            None => wrong(self.end.saturating_sub(1), self.end, format!("{what} is missing in `where`"), "ends here"),
        }
    }

    fn any(&mut self, depth: usize) -> Result<Expression, Wrong> {
        let mut parts = vec![self.all(depth)?];
        while self.take("or") {
            parts.push(self.all(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::Any(parts) })
    }

    fn all(&mut self, depth: usize) -> Result<Expression, Wrong> {
        let mut parts = vec![self.one(depth)?];
        while self.take("and") {
            parts.push(self.one(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Expression::All(parts) })
    }

    fn one(&mut self, depth: usize) -> Result<Expression, Wrong> {
        if depth > DEEPEST {
            return Err(self.missing("an end: it nests too deep, and something"));
        }
        if self.take("not") {
            return Ok(Expression::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.take("(") {
            let inner = self.any(depth + 1)?;
            return if self.take(")") { Ok(inner) } else { Err(self.missing("`)`")) };
        }
        let token = self.next().ok_or_else(|| self.missing("a question"))?;
        match &token.word {
            Word::Name(name) if !WORDS.contains(&name.to_ascii_lowercase().as_str()) => {
                let (at, ty) = self.attribute(name, &token)?;
                self.question(at, ty, &token)
            }
            Word::Name(name) => {
                Err(wrong(token.from, token.to, format!("`{name}` stands where an attribute belongs"), "not here"))
            }
            Word::Text(_) | Word::Number(_) => {
                let mut wrong = wrong(token.from, token.to, "an attribute stands on the left side", "a value");
                wrong.help = Some(format!("write `{}.ATTRIBUTE` first, then what it is compared with", self.sort.entity()));
                Err(wrong)
            }
            Word::Sign(sign) => {
                Err(wrong(token.from, token.to, format!("`{sign}` stands where an attribute belongs"), "not here"))
            }
        }
    }

    fn attribute(&mut self, name: &str, token: &Token) -> Result<(usize, Type), Wrong> {
        let entity = self.sort.entity();
        let (root, rest) = name.split_once('.').unwrap_or((name, ""));
        if root != entity || rest.is_empty() {
            let message = format!("`{name}` is no attribute that a collection of {} can ask for", self.sort.name());
            let mut wrong = wrong(token.from, token.to, message, "not known");
            let bare = if rest.is_empty() { root } else { rest };
            wrong.help = Some(match nearest(root, WORDS).filter(|_| rest.is_empty()) {
                Some(word) => format!("a word with a similar name exists: `{word}`"),
                None => format!("attributes are written `{entity}.{bare}`"),
            });
            return Err(wrong);
        }
        let name = local_name(self.sort, rest);
        let from = token.from + entity.len() + 1;
        let ty = type_of(self.sort, &name);
        self.attributes.push(Asked { name, from, to: token.to });
        Ok((self.attributes.len() - 1, ty))
    }

    /// What is asked of an attribute.
    fn question(&mut self, at: usize, ty: Type, attribute: &Token) -> Result<Expression, Wrong> {
        if ty == Type::Boolean {
            return self.boolean(at);
        }
        let negated = self.take("not");
        let Some(operator) = self.next() else {
            return Err(wrong(
                attribute.from,
                attribute.to,
                "nothing is asked of this attribute",
                "text by itself is neither true nor false",
            ));
        };
        let word = match &operator.word {
            Word::Name(name) => name.to_ascii_lowercase(),
            Word::Sign(sign) => (*sign).to_owned(),
            Word::Text(_) | Word::Number(_) => String::new(),
        };
        let test = match (word.as_str(), ty) {
            ("==" | "!=", Type::Text) => Test::Among(vec![self.whole(at)?]),
            ("in", Type::Text) => Test::Among(self.list(at)?),
            ("startswith", Type::Text) => Test::StartsWith(self.text()?),
            ("endswith", Type::Text) => Test::EndsWith(self.text()?),
            ("contains", Type::Text) => Test::Contains(self.text()?),
            ("==" | "!=", Type::Version) => Test::Version(Relation::Equal, self.version()?),
            ("<", Type::Version) => Test::Version(Relation::Less, self.version()?),
            ("<=", Type::Version) => Test::Version(Relation::LessOrEqual, self.version()?),
            (">", Type::Version) => Test::Version(Relation::More, self.version()?),
            (">=", Type::Version) => Test::Version(Relation::MoreOrEqual, self.version()?),
            _ => return Err(self.no_question(&word, ty, &operator)),
        };
        let is = Expression::Is(at, test);
        Ok(if (word == "!=") != negated { Expression::Not(Box::new(is)) } else { is })
    }

    fn no_question(&self, word: &str, ty: Type, operator: &Token) -> Wrong {
        let what = match ty {
            Type::Text => "text",
            Type::Version => "a version",
            Type::Boolean => "true or false",
        };
        let known = match ty {
            Type::Text => "`==`, `!=`, `in [...]`, `startswith`, `endswith` and `contains`",
            Type::Version | Type::Boolean => "`==`, `!=`, `<`, `<=`, `>` and `>=`",
        };
        let message = match word {
            "<" | "<=" | ">" | ">=" => format!("`{word}` compares versions, and the attribute is {what}"),
            "startswith" | "endswith" | "contains" | "in" => format!("`{word}` is asked of text, and the attribute is {what}"),
            _ => "something that is asked of the attribute is missing in `where`".to_owned(),
        };
        let mut wrong = wrong(operator.from, operator.to, message, "not here");
        let near = nearest(word, WORDS).filter(|near| !word.is_empty() && *near != word);
        wrong.help = Some(match near {
            Some(near) => format!("a word with a similar name exists: `{near}`"),
            None => format!("what can be asked of {what}: {known}"),
        });
        wrong
    }

    /// `device.supervised`, `device.supervised == false`.
    fn boolean(&mut self, at: usize) -> Result<Expression, Wrong> {
        let is = Expression::Is(at, Test::True);
        let equal = self.take("==");
        if !equal && !self.take("!=") {
            return Ok(is);
        }
        let value = if self.take("true") {
            true
        } else if self.take("false") {
            false
        } else {
            let mut wrong = self.missing("`true` or `false`");
            wrong.help = Some("the attribute is true or false".into());
            return Err(wrong);
        };
        Ok(if value == equal { is } else { Expression::Not(Box::new(is)) })
    }

    /// A text that is all an attribute holds: a platform that is misspelt would collect nobody.
    fn whole(&mut self, at: usize) -> Result<String, Wrong> {
        let token = self.peek().map(|token| (token.from, token.to));
        let text = self.text()?;
        let platform = self.sort == Sort::Devices && self.attributes.get(at).is_some_and(|asked| asked.name == "platform");
        match (devices::meant(&text).filter(|_| platform), token) {
            (Some(near), Some((from, to))) => {
                let mut wrong = wrong(from, to, format!("no platform is called `{text}`"), "not known");
                wrong.help = Some(format!("a known platform is near: `{near}`"));
                wrong.fix = Some(format!("\"{near}\""));
                Err(wrong)
            }
            _ => Ok(text),
        }
    }

    /// A text, in lower case.
    fn text(&mut self) -> Result<String, Wrong> {
        let Some(token) = self.next() else { return Err(self.missing("a text in quotes")) };
        match token.word {
            Word::Text(text) => Ok(super::ask::lower(&text)),
            Word::Number(number) => {
                let mut wrong = wrong(token.from, token.to, "the attribute is text, and this is a number", "a number");
                wrong.help = Some("quotes make it text".into());
                wrong.fix = Some(format!("\"{number}\""));
                Err(wrong)
            }
            Word::Name(name) => {
                let mut wrong = wrong(token.from, token.to, "the attribute is compared with a text in quotes", "not a text");
                if !name.contains('.') && !WORDS.contains(&name.as_str()) {
                    wrong.help = Some("quotes make it text".into());
                    wrong.fix = Some(format!("\"{name}\""));
                }
                Err(wrong)
            }
            Word::Sign(_) => Err(wrong(token.from, token.to, "a text in quotes is missing in `where`", "not expected here")),
        }
    }

    fn list(&mut self, at: usize) -> Result<Vec<String>, Wrong> {
        if !self.take("[") {
            let mut wrong = self.missing("a list");
            wrong.help = Some("write the texts in brackets, as in `in [\"DE\", \"FR\"]`".into());
            return Err(wrong);
        }
        let mut texts = vec![self.whole(at)?];
        while self.take(",") {
            texts.push(self.whole(at)?);
        }
        if self.take("]") { Ok(texts) } else { Err(self.missing("`]`")) }
    }

    /// `"16.4"` or `16.4`.
    fn version(&mut self) -> Result<Vec<u64>, Wrong> {
        let Some(token) = self.next() else { return Err(self.missing("a version")) };
        let text = match &token.word {
            Word::Text(text) | Word::Number(text) => text.as_str(),
            Word::Name(_) | Word::Sign(_) => "",
        };
        super::ask::version(text).ok_or_else(|| {
            let mut wrong = wrong(token.from, token.to, "the attribute is a version, and this is none", "no version");
            wrong.help = Some("a version is numbers with dots between them, as in `16.4`".into());
            wrong
        })
    }
}
