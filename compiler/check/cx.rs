//! What all checks share: files, variables, servers.

use std::io::{BufRead, Cursor};
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::text::Expressions;
use super::workspace::Workspace;
use crate::catalog::Catalog;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::ir::{ByHand, Id};
use crate::schema::{Schemas, Server, Token};
use crate::source::{Sources, Span};

/// How the checks reach files that profiles name. `cli` gives them the disk, tests a table.
pub trait Files: Sync {
    /// The bytes of a file, by its path from the workspace.
    ///
    /// # Errors
    /// Why they cannot be had.
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileProblem>;

    /// A file as a stream, for one that may be larger than what belongs into memory.
    ///
    /// # Errors
    /// Why it cannot be had.
    fn open(&self, path: &str) -> Result<Box<dyn BufRead + '_>, FileProblem> {
        Ok(Box::new(Cursor::new(self.read(path)?)))
    }

    /// The names of the files in a folder, for suggestions.
    fn list(&self, folder: &str) -> Vec<String>;
}

/// Why a file cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileProblem {
    /// There is none.
    Missing,
    /// It lies outside of the workspace, perhaps behind a symbolic link.
    Outside,
    /// Something else.
    Unreadable(String),
}

/// What all checks share.
pub struct Cx<'a> {
    /// Kinds, tables, servers.
    pub schemas: &'a Schemas,
    /// Vendor facts.
    pub catalog: &'static Catalog,
    /// The files with profiles.
    pub sources: &'a Sources,
    /// `payloadc.yaml`.
    pub workspace: &'a Workspace,
    /// Evaluates expressions.
    pub expressions: &'a Expressions,
    /// Files that profiles name.
    pub files: &'a dyn Files,
    /// The functions of a target that its tables name.
    pub by_hand: fn(target: &str) -> &'static [ByHand],
    /// The day for certificates, in seconds since 1970.
    pub at: Option<i64>,
    /// People are known: what differs from user to user is filled in from the directory, and no token is needed.
    pub people: bool,
}

/// Where a document stands.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The folder of its file, from the workspace; empty for the workspace itself.
    pub folder: &'a str,
    /// `unknown: warn` stands in it: what the vendor's tables lack is let through.
    pub lenient: bool,
}

/// Names no file may have on Windows.
const DEVICE_NAMES: [&str; 4] = ["con", "prn", "aux", "nul"];

impl Cx<'_> {
    /// An id, or what is wrong with it.
    pub fn id(&self, text: &str, span: Span, report: &mut Report) -> Option<Id> {
        if text.contains("{{") {
            let diagnostic = Diagnostic::new(Code::E0217, span, "an id is the same for everybody and takes no expression")
                .label("an expression");
            report.push(diagnostic.help("an id is where identifiers on devices come from: write it out"));
            return None;
        }
        let what = if text.is_empty() {
            "it is empty".to_owned()
        } else if text.chars().count() > 64 {
            format!("it has {} characters, 64 are allowed", text.chars().count())
        } else if !text.starts_with(|c: char| c.is_ascii_lowercase()) {
            "it does not begin with a letter from a to z".to_owned()
        } else if let Some(other) = text.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-')) {
            let shown = if other.is_alphanumeric() { other.to_string() } else { other.escape_default().to_string() };
            format!("it holds `{shown}`")
        } else if text.ends_with('-') {
            "it ends in `-`".to_owned()
        } else if is_device_name(text) {
            "it is the name of a device on Windows, where no file can be called so".to_owned()
        } else {
            return Some(text.into());
        };
        let diagnostic = Diagnostic::new(Code::E0206, span, format!("`{text}` is no id: {what}")).label("no id");
        let diagnostic =
            diagnostic.help("an id begins with a letter, goes on with `a-z`, `0-9` and `-`, and ends in a letter or digit");
        report.push(match id_like(text) {
            Some(right) => diagnostic.fix(format!("write `{right}`"), span, right),
            None => diagnostic,
        });
        None
    }

    /// The server of a platform.
    pub fn server(&self, platform: &str) -> &'static Server {
        self.workspace.server(platform)
    }
}

/// Whether a server knows a token, its own spelling with braces included.
pub fn knows(server: &Server, token: &str) -> bool {
    let plain = token.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).map(|name| format!("${name}"));
    let known = |token: &str| {
        server.attributes.iter().flat_map(|attribute| attribute.rules).any(|rule| rule.token == token)
            || server.tokens.iter().any(|known| match known {
                Token::Exact(exact) => *exact == token,
                Token::Prefix(prefix) => token.len() > prefix.len() && token.starts_with(prefix),
            })
    };
    known(token) || plain.is_some_and(|plain| known(&plain))
}

/// Every token a server's file names.
pub fn all_tokens(server: &'static Server) -> Vec<&'static str> {
    let attributes = server.attributes.iter().flat_map(|attribute| attribute.rules).map(|rule| rule.token);
    let own = server.tokens.iter().map(|token| match token {
        Token::Exact(text) | Token::Prefix(text) => *text,
    });
    attributes.chain(own).collect()
}

fn is_device_name(text: &str) -> bool {
    let numbered = |prefix: &str| text.strip_prefix(prefix).is_some_and(|rest| matches!(rest.as_bytes(), [b'1'..=b'9']));
    DEVICE_NAMES.contains(&text) || numbered("com") || numbered("lpt")
}

/// The id a text was perhaps meant to be: lower case, `-` for what does not belong.
fn id_like(text: &str) -> Option<String> {
    // Accents are dropped, so that `café` becomes `cafe`.
    let plain: String = text.to_lowercase().nfkd().filter(|c| !is_combining_mark(*c)).collect();
    let mapped: String = plain.chars().map(|c| if matches!(c, 'a'..='z' | '0'..='9') { c } else { '-' }).collect();
    let parts: Vec<&str> = mapped.split('-').filter(|part| !part.is_empty()).collect();
    let id = parts.join("-");
    let fits = id.starts_with(|c: char| c.is_ascii_lowercase()) && id.len() <= 64 && !is_device_name(&id);
    (fits && id != text).then_some(id)
}
