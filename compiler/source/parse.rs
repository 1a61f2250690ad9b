//! YAML text to [`Node`]s, within limits.

use std::cmp::Ordering;
use std::collections::HashMap;

use granit_parser::{ErrorKind, Event, Marker, Parser, ScalarStyle, ScanError, Span as YamlSpan, StructureStyle};

use super::limits::{Limits, Size};
use super::{Node, Pair, Scalar, SourceId, Span, Tree};

/// The documents of one file and what is wrong with its text. A broken document yields no node; its neighbours do.
#[derive(Debug, Default)]
pub struct Parsed {
    /// One node for each sound document.
    pub documents: Vec<Node>,
    /// What is wrong, in file order.
    pub problems: Vec<Problem>,
    /// Aliases that stand inside what they repeat, where [`Limits`] let them.
    pub cycles: Vec<Cycle>,
}

/// An alias inside what it repeats. In the tree stands an absent value, with the span of the alias.
#[derive(Debug, Clone)]
pub struct Cycle {
    /// Where the alias stands.
    pub at: Span,
    /// What it repeats, itself cut in the same way.
    pub of: Node,
}

/// Something wrong with the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub span: Span,
    /// What.
    pub kind: ProblemKind,
}

/// What can be wrong with the text of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProblemKind {
    /// Not YAML, in the parser's words.
    Syntax(String),
    /// A tab where YAML wants spaces.
    Tab,
    /// A lone surrogate in an escape.
    Surrogate,
    /// A key for the second time; the span of the first.
    DuplicateKey(Box<str>, Span),
    /// `<<`.
    MergeKey,
    /// `!tag`.
    Tag,
    /// A key that is a list or a mapping.
    ComplexKey,
    /// `{{ x }}` without quotes, which YAML reads as a mapping in a mapping.
    UnquotedExpression,
    /// One of the [`Limits`], with its number.
    Limit(&'static str, usize),
    /// A character that XML 1.0 cannot carry.
    ForbiddenCharacter(char),
    /// A character that changes the direction of text.
    BidirectionalControl(char),
}

/// Reads all documents of a file. `text` has no byte order mark.
#[must_use]
pub fn parse(source: SourceId, text: &str, limits: Limits) -> Parsed {
    let mut parsed = Parsed::default();
    if text.len() > limits.file_bytes {
        let problem = ProblemKind::Limit("bytes in one file", limits.file_bytes);
        parsed.problems.push(Problem { span: Span::start_of(source), kind: problem });
        return parsed;
    }
    let options = granit_parser::options! {
        strict_indentation: true,
        emit_comments: false,
        flow_nesting_limit: limits.depth,
        block_nesting_limit: limits.depth,
    };
    let events = Parser::new_from_str_with_options(text, options);
    let mut reader = Reader {
        source,
        text,
        limits,
        events,
        size: Size::default(),
        anchors: HashMap::new(),
        problems: Vec::new(),
        cut: Vec::new(),
        cycles: Vec::new(),
    };
    reader.documents(&mut parsed.documents);
    parsed.problems = reader.problems;
    parsed.cycles = reader.cycles;
    parsed.problems.sort_by_key(|problem| problem.span);
    parsed
}

/// A document that cannot be read further: the problem is already noted.
struct Broken;

struct Reader<'a> {
    source: SourceId,
    text: &'a str,
    limits: Limits,
    events: Parser<'a, granit_parser::StrInput<'a>>,
    size: Size,
    /// What an anchor stands for, and how much that is; `None` while it is being read.
    anchors: HashMap<usize, Option<(Node, Size)>>,
    problems: Vec<Problem>,
    /// Aliases that were cut, with their anchors: what those stand for is known at the end of the document.
    cut: Vec<(Span, usize)>,
    cycles: Vec<Cycle>,
}

impl<'a> Reader<'a> {
    fn documents(&mut self, documents: &mut Vec<Node>) {
        loop {
            let before = self.problems.len();
            match self.document() {
                Ok(None) => return,
                // A document with a duplicate key or a tag is not sound, although it could be read to its end.
                Ok(Some(node)) if !self.problems.iter().skip(before).any(|p| p.kind.breaks_document()) => documents.push(node),
                Ok(Some(_)) => {}
                Err(Broken) => match self.events.proceed_next_document() {
                    Ok(true) if !self.exhausted() => {}
                    _ => return,
                },
            }
            for (at, id) in self.cut.drain(..) {
                if let Some(Some((of, _))) = self.anchors.get(&id) {
                    self.cycles.push(Cycle { at, of: of.clone() });
                }
            }
            self.anchors.clear();
        }
    }

    /// The next document; `None` at the end of the file.
    fn document(&mut self) -> Result<Option<Node>, Broken> {
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(None),
                Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
                node => return self.node(node, span).map(Some),
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'a>, Span), Broken> {
        if self.exhausted() {
            return Err(Broken);
        }
        match self.events.next_event() {
            Some(Ok((event, span))) => {
                let span = self.span(&span);
                Ok((event, span))
            }
            Some(Err(error)) => Err(self.scan_error(&error)),
            None => Ok((Event::StreamEnd, Span::start_of(self.source))),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span) -> Result<Node, Broken> {
        self.count(Size { nodes: 1, bytes: 0 }, span)?;
        let (anchor, tag) = match &event {
            Event::Scalar(_, _, anchor, tag) | Event::SequenceStart(_, anchor, tag) | Event::MappingStart(_, anchor, tag) => {
                (*anchor, tag.is_some())
            }
            _ => (0, false),
        };
        if tag {
            self.problem(span, ProblemKind::Tag);
        }
        if anchor != 0 {
            self.anchors.insert(anchor, None);
        }
        let before = self.size;
        let node = match event {
            Event::Alias(id) => return self.alias(id, span),
            Event::Scalar(text, style, ..) => self.scalar(text.into(), style, span)?,
            Event::SequenceStart(..) => self.sequence(span)?,
            Event::MappingStart(style, ..) => self.mapping(style, span)?,
            _ => {
                self.problem(span, ProblemKind::Syntax("a value was expected here".into()));
                return Err(Broken);
            }
        };
        if anchor != 0 {
            let size = Size { nodes: self.size.nodes - before.nodes + 1, bytes: self.size.bytes - before.bytes };
            self.anchors.insert(anchor, Some((node.clone(), size)));
        }
        Ok(node)
    }

    /// A copy of what the anchor stands for; its spans stay those of the definition.
    fn alias(&mut self, id: usize, span: Span) -> Result<Node, Broken> {
        let Some(Some((_, size))) = self.anchors.get(&id) else {
            if self.limits.cycles && self.anchors.contains_key(&id) {
                self.cut.push((span, id));
                return Ok(Node { span, tree: Tree::Scalar(Scalar { text: "".into(), plain: true }) });
            }
            self.problem(span, ProblemKind::Syntax("an alias stands inside what it repeats".into()));
            return Err(Broken);
        };
        let size = *size;
        self.count(size, span)?;
        match self.anchors.get(&id) {
            Some(Some((node, _))) => Ok(node.clone()),
            _ => Err(Broken),
        }
    }

    fn scalar(&mut self, text: String, style: ScalarStyle, span: Span) -> Result<Node, Broken> {
        if text.len() > self.limits.scalar_bytes {
            self.problem(span, ProblemKind::Limit("bytes in one value", self.limits.scalar_bytes));
            return Err(Broken);
        }
        let plain = style == ScalarStyle::Plain;
        // An absent value arrives as `~` with an empty span.
        let text = if plain && span.start == span.end { String::new() } else { text };
        self.count(Size { nodes: 0, bytes: text.len() }, span)?;
        self.characters(&text, span);
        Ok(Node { span, tree: Tree::Scalar(Scalar { text: text.into(), plain }) })
    }

    fn sequence(&mut self, start: Span) -> Result<Node, Broken> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok(Node { span: self.around(start, span), tree: Tree::Sequence(items) });
            }
            self.members(items.len(), span)?;
            items.push(self.node(event, span)?);
        }
    }

    fn mapping(&mut self, style: StructureStyle, start: Span) -> Result<Node, Broken> {
        let mut pairs: Vec<Pair> = Vec::new();
        let mut seen: HashMap<Box<str>, Span> = HashMap::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(Node { span: self.around(start, span), tree: Tree::Mapping(pairs) });
            }
            self.members(pairs.len(), span)?;
            let key = self.node(event, span)?;
            let (event, span) = self.next()?;
            let value = self.node(event, span)?;
            let key_span = key.span;
            let Tree::Scalar(Scalar { text, plain }) = key.tree else {
                let expression = style == StructureStyle::Flow && self.is_expression(start);
                let kind = if expression { ProblemKind::UnquotedExpression } else { ProblemKind::ComplexKey };
                let span = if expression { self.expression(start) } else { key_span };
                self.problem(span, kind);
                continue;
            };
            if plain && &*text == "<<" {
                self.problem(key_span, ProblemKind::MergeKey);
                continue;
            }
            if let Some(first) = seen.get(&text) {
                let kind = ProblemKind::DuplicateKey(text, *first);
                self.problem(key_span, kind);
                continue;
            }
            seen.insert(text.clone(), key_span);
            pairs.push(Pair { key: text, key_span, value });
        }
    }

    fn is_expression(&self, start: Span) -> bool {
        self.text.get(start.from()..).is_some_and(|rest| rest.starts_with("{{"))
    }

    /// `{{ ... }}` up to the end of its line or its closing braces.
    fn expression(&self, start: Span) -> Span {
        let rest = self.text.get(start.from()..).unwrap_or_default();
        let line = rest.lines().next().unwrap_or_default();
        let length = line.find("}}").map_or(line.len(), |at| at + 2);
        Span { end: start.start + u32::try_from(length).unwrap_or(0), ..start }
    }

    /// From the first byte of a collection to its end, without the blank lines and comments the parser counts to a block.
    fn around(&self, start: Span, end: Span) -> Span {
        let text = self.text.get(start.from()..end.to()).unwrap_or_default();
        let length = u32::try_from(text.trim_end().len()).unwrap_or(0);
        Span { end: start.start + length, ..start }
    }

    /// Whether the whole file has reached a limit, so that no further document is read.
    fn exhausted(&self) -> bool {
        let Size { nodes, bytes } = self.size;
        nodes > self.limits.nodes || bytes > self.limits.file_bytes || self.problems.len() > self.limits.problems
    }

    fn count(&mut self, more: Size, span: Span) -> Result<(), Broken> {
        self.size.nodes = self.size.nodes.saturating_add(more.nodes);
        self.size.bytes = self.size.bytes.saturating_add(more.bytes);
        if self.size.nodes > self.limits.nodes {
            self.problem(span, ProblemKind::Limit("values in one file, repetitions by aliases counted", self.limits.nodes));
            return Err(Broken);
        }
        if self.size.bytes > self.limits.file_bytes {
            self.problem(span, ProblemKind::Limit("bytes in one file, repetitions by aliases counted", self.limits.file_bytes));
            return Err(Broken);
        }
        Ok(())
    }

    fn members(&mut self, count: usize, span: Span) -> Result<(), Broken> {
        if count < self.limits.members {
            return Ok(());
        }
        self.problem(span, ProblemKind::Limit("members in one list or mapping", self.limits.members));
        Err(Broken)
    }

    /// Characters that XML 1.0 forbids, and those that change the direction of text.
    fn characters(&mut self, text: &str, span: Span) {
        if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
            return;
        }
        for (at, character) in text.char_indices() {
            let kind = match character {
                '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}' | '\u{fffe}' | '\u{ffff}' => {
                    ProblemKind::ForbiddenCharacter(character)
                }
                '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                    ProblemKind::BidirectionalControl(character)
                }
                _ => continue,
            };
            let exact = self.within(span, at, character);
            self.problem(exact, kind);
        }
    }

    /// The span of a character at byte `at` of a scalar's text: exact where the scalar is written as it reads.
    fn within(&self, span: Span, at: usize, character: char) -> Span {
        let raw = self.text.get(span.from()..span.to()).unwrap_or_default();
        let quote = usize::from(raw.starts_with(['"', '\'']));
        let exact = raw.get(at + quote..).is_some_and(|rest| rest.starts_with(character));
        if exact { span.part(at + quote, at + quote + character.len_utf8()) } else { span }
    }

    /// Notes a problem; behind the last one that is noted stands that there are more.
    fn problem(&mut self, span: Span, kind: ProblemKind) {
        match self.problems.len().cmp(&self.limits.problems) {
            Ordering::Less => self.problems.push(Problem { span, kind }),
            Ordering::Equal => {
                let kind = ProblemKind::Limit("problems in one file", self.limits.problems);
                self.problems.push(Problem { span, kind });
            }
            Ordering::Greater => {}
        }
    }

    fn span(&self, span: &YamlSpan) -> Span {
        let range = span.byte_range().unwrap_or(0..0);
        let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { source: self.source, start: byte(range.start), end: byte(range.end) }
    }

    fn scan_error(&mut self, error: &ScanError) -> Broken {
        let mut span = self.marker(error.marker());
        let kind = match error.kind() {
            ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInPlainScalar => ProblemKind::Tab,
            ErrorKind::InvalidLowSurrogateHexEscape
            | ErrorKind::InvalidLowSurrogate
            | ErrorKind::MissingLowSurrogate
            | ErrorKind::UnpairedLowSurrogate => ProblemKind::Surrogate,
            ErrorKind::RecursionLimitExceeded => ProblemKind::Limit("collections inside collections", self.limits.depth),
            _ if self.starts_with_tab(span) => ProblemKind::Tab,
            _ => match self
                .forbidden_at(span)
                .map(|character| (character, span))
                .or_else(|| self.forbidden_behind(span, &error.info()))
            {
                Some((character, at)) => {
                    span = at;
                    ProblemKind::ForbiddenCharacter(character)
                }
                None => ProblemKind::Syntax(error.info()),
            },
        };
        self.problem(span, kind);
        Broken
    }

    /// Whether the line of an error begins with a tab: then that is the mistake a person made.
    fn starts_with_tab(&self, span: Span) -> bool {
        let line_start = self.text.get(..span.from()).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        let indentation = self.text.get(line_start..).unwrap_or_default();
        indentation.trim_start_matches(' ').starts_with('\t')
    }

    /// The character an "unexpected character" is about: the parser marks the beginning of the text in which it stands.
    fn forbidden_behind(&self, span: Span, info: &str) -> Option<(char, Span)> {
        if !info.starts_with("unexpected character") {
            return None;
        }
        let rest = self.text.get(span.from()..)?;
        let (at, character) = rest
            .char_indices()
            .find(|(_, c)| c.is_control() && !matches!(c, '\n' | '\r' | '\t') || matches!(c, '\u{fffe}' | '\u{ffff}'))?;
        let named = info.contains(&character.escape_default().to_string());
        let start = span.start + u32::try_from(at).ok()?;
        let length = u32::try_from(character.len_utf8()).ok()?;
        named.then_some((character, Span { source: self.source, start, end: start + length }))
    }

    fn forbidden_at(&self, span: Span) -> Option<char> {
        let character = self.text.get(span.from()..)?.chars().next()?;
        (character.is_control() && !matches!(character, '\n' | '\r' | '\t') || matches!(character, '\u{fffe}' | '\u{ffff}'))
            .then_some(character)
    }

    fn marker(&self, marker: &Marker) -> Span {
        let start = marker.byte_offset().unwrap_or(self.text.len()).min(self.text.len());
        let length = self.text.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { source: self.source, start: byte(start), end: byte(start + length) }
    }
}

impl ProblemKind {
    /// Whether the document is lost.
    #[must_use]
    pub fn breaks_document(&self) -> bool {
        !matches!(self, ProblemKind::BidirectionalControl(_))
    }
}
