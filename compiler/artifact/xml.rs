//! XML text to elements that know where they stand.
//!
//! Shared by property lists and SyncML. Bounded in depth and number; no document type definition is obeyed, no entity is known but
//! XML's five and character references, nothing is fetched. Says what is wrong with the XML; what elements mean is not its business.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::{DEPTH, NODES};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::{SourceId, Span};

/// An element.
#[derive(Debug, Clone)]
pub struct Element {
    /// Its name as written, with a prefix if it has one.
    pub name: Box<str>,
    /// Its attributes, raw.
    pub attributes: Vec<(Box<str>, Box<str>)>,
    /// Its opening tag.
    pub open: Span,
    /// What stands between its tags.
    pub content: Span,
    /// Its own text, decoded.
    pub text: String,
    /// The first text in it that is no white space.
    pub own: Option<Span>,
    /// A `CDATA` section in it.
    pub cdata: Option<Span>,
    /// The elements in it.
    pub children: Vec<Element>,
}

/// What a text holds.
#[derive(Debug, Default)]
pub struct Document {
    /// The outermost elements: one in a document, any number in a run of commands.
    pub roots: Vec<Element>,
    /// `<?xml ...?>`.
    pub declaration: Option<Span>,
}

impl Element {
    /// Its name without a prefix.
    #[must_use]
    pub fn local(&self) -> &str {
        self.name.rsplit(':').next().unwrap_or_default()
    }

    /// The first child of a name.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.local() == name)
    }

    /// An attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| &**known == name).map(|(_, value)| &**value)
    }
}

/// Reads a text. Nothing when it is so broken that no element can be trusted; what is wrong is in the report.
pub fn read(source: SourceId, text: &str, report: &mut Report) -> Option<Document> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().allow_dangling_amp = true;
    let mut building = Building { source, text, report, open: Vec::new(), document: Document::default(), elements: 0 };
    loop {
        let from = reader.buffer_position();
        let event = reader.read_event();
        let span = building.span(from, reader.buffer_position());
        match event {
            Ok(Event::Eof) => return building.finish(),
            Ok(event) => building.take(&event, span)?,
            Err(error) => {
                let at = building.span(reader.error_position(), reader.error_position());
                building.ill_formed(&error, Span { end: span.end.max(at.start), ..at });
                return None;
            }
        }
    }
}

struct Building<'a> {
    source: SourceId,
    text: &'a str,
    report: &'a mut Report,
    open: Vec<Element>,
    document: Document,
    elements: usize,
}

impl Building<'_> {
    fn span(&self, from: u64, to: u64) -> Span {
        let at = |byte: u64| u32::try_from(byte).unwrap_or(u32::MAX);
        Span { source: self.source, start: at(from), end: at(to) }
    }

    fn say(&mut self, span: Span, message: impl Into<String>, label: &'static str) {
        self.report.push(Diagnostic::new(Code::E0802, span, message).label(label));
    }

    fn take(&mut self, event: &Event<'_>, span: Span) -> Option<()> {
        match event {
            Event::Start(start) => self.start(start, span),
            Event::Empty(start) => self.start(start, span).map(|()| self.end(Span { start: span.end, ..span })),
            Event::End(_) => {
                self.end(span);
                Some(())
            }
            Event::Text(text) => {
                if text.starts_with('&') {
                    self.stray_ampersand(span, "an `&` stands alone");
                }
                self.text(&text.xml_content(XmlVersion::Implicit1_0), span);
                Some(())
            }
            Event::CData(text) => {
                if let Some(element) = self.open.last_mut() {
                    element.cdata.get_or_insert(span);
                }
                self.text(&text.xml_content(XmlVersion::Implicit1_0), span);
                Some(())
            }
            Event::GeneralRef(name) => {
                self.reference(name, span);
                Some(())
            }
            Event::DocType(content) if content.contains('[') => {
                let message = "a document type definition is not obeyed: it could declare entities";
                self.say(span, message, "has declarations of its own");
                None
            }
            Event::Decl(declaration) => {
                self.document.declaration = Some(span);
                let encoding = declaration.encoding().and_then(Result::ok).map(|name| name.to_lowercase());
                if let Some(other) =
                    encoding.filter(|name| !["utf-8", "utf8", "us-ascii"].contains(&name.as_str()) && !self.text.is_ascii())
                {
                    self.say(span, format!("the text is UTF-8, and the declaration says `{other}`"), "another encoding is named");
                }
                Some(())
            }
            _ => Some(()),
        }
    }

    fn start(&mut self, start: &BytesStart<'_>, span: Span) -> Option<()> {
        self.elements += 1;
        if self.elements > NODES || self.open.len() >= DEPTH {
            let what = if self.elements > NODES { "elements" } else { "elements inside each other" };
            let most = if self.elements > NODES { NODES } else { DEPTH };
            let diagnostic = Diagnostic::new(Code::E0106, span, format!("there are more than {most} {what}"));
            self.report.push(diagnostic.label("reading stops here"));
            return None;
        }
        let mut attributes = Vec::new();
        for attribute in start.attributes().with_checks(false) {
            let Ok(attribute) = attribute else {
                self.broken_attribute(start, span);
                break;
            };
            attributes.push((attribute.key.as_ref().into(), attribute.value.as_ref().into()));
        }
        self.open.push(Element {
            name: start.name().as_ref().into(),
            attributes,
            open: span,
            content: Span { start: span.end, ..span },
            text: String::new(),
            own: None,
            cdata: None,
            children: Vec::new(),
        });
        Some(())
    }

    fn broken_attribute(&mut self, start: &BytesStart<'_>, span: Span) {
        let message = "an attribute is not `name=\"value\"`";
        // <https://github.com/apple-oss-distributions/CF/blob/main/CFPropertyList.c>: what stands behind the name of a tag is skipped.
        if start.name().as_ref() == "plist" {
            let diagnostic = Diagnostic::new(Code::W0856, span, message).label("devices skip it; other tools refuse the file");
            self.report.push(diagnostic.help("write `<plist version=\"1.0\">`, with plain quotation marks"));
        } else {
            self.say(span, message, "in this tag");
        }
    }

    fn end(&mut self, span: Span) {
        let Some(mut element) = self.open.pop() else { return };
        element.content.end = span.start;
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.document.roots.push(element),
        }
    }

    fn text(&mut self, text: &str, span: Span) {
        if let Some(bad) = text.chars().find(|character| !in_xml(*character)) {
            self.say(span, format!("the character U+{:04X} is not allowed in XML", u32::from(bad)), "in this text");
        }
        let blank = text.trim().is_empty();
        match self.open.last_mut() {
            Some(element) => {
                element.text.push_str(text);
                if !blank {
                    element.own.get_or_insert(span);
                }
            }
            None if !blank => self.say(span, "there is text outside of all elements", "belongs to nothing"),
            None => {}
        }
    }

    fn reference(&mut self, name: &str, span: Span) {
        let known = match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => numbered(name),
        };
        match known {
            Some(character) => self.text(character.encode_utf8(&mut [0; 4]), span),
            None => {
                let message = format!(
                    "`&{};` is no character: XML knows `&amp;`, `&lt;`, `&gt;`, `&quot;`, `&apos;` and numbers",
                    short(name)
                );
                self.stray_ampersand(span, &message);
                self.text(&format!("&{name};"), span);
            }
        }
    }

    fn stray_ampersand(&mut self, span: Span, message: &str) {
        let sign = Span { end: span.start.saturating_add(1), ..span };
        let diagnostic = Diagnostic::new(Code::E0802, sign, message).label("begins no reference");
        self.report.push(diagnostic.fix("write `&amp;`", sign, "&amp;"));
    }

    fn ill_formed(&mut self, error: &quick_xml::Error, span: Span) {
        let message = format!("the XML is not well-formed: {}", lower(&error.to_string()));
        let diagnostic = Diagnostic::new(Code::E0802, span, message).label("here");
        let opened = self.open.last().map(|element| element.open);
        self.report.push(match opened {
            Some(open) => diagnostic.also(open, "this element is open"),
            None => diagnostic,
        });
    }

    fn finish(self) -> Option<Document> {
        if let Some(element) = self.open.last() {
            let message = format!("`<{}>` is not closed", short(&element.name));
            self.report.push(Diagnostic::new(Code::E0802, element.open, message).label("opened here"));
            return None;
        }
        Some(self.document)
    }
}

/// The character of `#38` or `#x26`.
fn numbered(name: &str) -> Option<char> {
    let digits = name.strip_prefix('#')?;
    let number = match digits.strip_prefix('x') {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => digits.parse().ok()?,
    };
    char::from_u32(number).filter(|character| in_xml(*character))
}

/// Whether XML 1.0 carries a character. <https://www.w3.org/TR/xml/#charsets>
#[must_use]
pub fn in_xml(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..)
}

/// Text of a file, for a message: not more than a line of it.
pub(super) fn short(text: &str) -> String {
    if text.chars().count() <= 60 { text.to_owned() } else { text.chars().take(57).chain("...".chars()).collect() }
}

fn lower(text: &str) -> String {
    let text = text.trim_start_matches("ill-formed document: ").trim_start_matches("syntax error: ");
    short(text)
}
