//! JSON text to a tree.

use jsonc_parser::ast::{self, Value as Json};
use jsonc_parser::common::{Range, Ranged as _};
use jsonc_parser::{CollectOptions, CommentCollectionStrategy, ParseOptions, parse_to_ast};

use super::NODES;
use super::tree::{Entry, Node, Value};
use super::xml::short;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::{SourceId, Span};

/// JSON as RFC 8259 has it, without the liberties of editors' settings files.
const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Reads a text. Nothing when it is no JSON.
pub fn read(source: SourceId, text: &str, report: &mut Report) -> Option<Node> {
    let collect = CollectOptions { comments: CommentCollectionStrategy::Off, tokens: false };
    let mut reading = Reading { source, nodes: 0, report };
    match parse_to_ast(text, &collect, &STRICT) {
        Ok(parsed) => reading.value(&parsed.value?),
        Err(error) => {
            let message = format!("the JSON is not well-formed: {}", lower(&error.kind().to_string()));
            let span = reading.span(error.range());
            reading.report.push(Diagnostic::new(Code::E0802, span, message).label("here"));
            None
        }
    }
}

struct Reading<'a> {
    source: SourceId,
    nodes: usize,
    report: &'a mut Report,
}

impl Reading<'_> {
    fn span(&self, range: Range) -> Span {
        let at = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX);
        Span { source: self.source, start: at(range.start), end: at(range.end) }
    }

    fn value(&mut self, json: &Json<'_>) -> Option<Node> {
        let span = self.span(json.range());
        self.nodes += 1;
        if self.nodes > NODES {
            let diagnostic = Diagnostic::new(Code::E0106, span, format!("there are more than {NODES} values"));
            self.report.push(diagnostic.label("reading stops here"));
            return None;
        }
        let bracket = span.part(0, 1);
        let (span, value) = match json {
            Json::StringLit(text) => (unquoted(span), Value::Text(text.value.as_ref().into())),
            Json::NumberLit(number) => (span, number_of(number.value)?),
            Json::BooleanLit(boolean) => (span, Value::Boolean(boolean.value)),
            Json::NullKeyword(_) => (span, Value::Null),
            Json::Array(array) => {
                let items = array.elements.iter().map(|item| self.value(item)).collect::<Option<_>>()?;
                (bracket, Value::Array(items))
            }
            Json::Object(object) => (bracket, Value::Dictionary(self.entries(object)?)),
        };
        Some(Node { span, value })
    }

    fn entries(&mut self, object: &ast::Object<'_>) -> Option<Vec<Entry>> {
        let mut entries = Vec::new();
        let mut places = std::collections::HashMap::new();
        for property in &object.properties {
            let key: Box<str> = property.name.as_str().into();
            let key_span = unquoted(self.span(property.name.range()));
            let value = self.value(&property.value)?;
            if let Some(first) = places.insert(key.clone(), key_span) {
                let message = format!("the key `{}` stands twice in one object", short(&key));
                self.report.push(Diagnostic::new(Code::E0802, key_span, message).label("again").also(first, "first here"));
                continue;
            }
            entries.push(Entry { key, key_span, value });
        }
        Some(entries)
    }
}

/// A string without its quotes.
fn unquoted(span: Span) -> Span {
    span.part(1, (span.to() - span.from()).saturating_sub(1))
}

fn number_of(text: &str) -> Option<Value> {
    if !text.contains(['.', 'e', 'E'])
        && let Ok(whole) = text.parse()
    {
        return Some(Value::Integer(whole));
    }
    text.parse().ok().map(Value::Real)
}

fn lower(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}
