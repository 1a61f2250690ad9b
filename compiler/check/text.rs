//! Text with expressions: `{{ vars.mail_host }}` becomes its value, `{{ user.id }}` stays symbolic.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr};
use minijinja::{Environment, Error, Value};

use super::engine::{LONGEST, beyond, engine};
use super::suggest::{certain, list, nearest};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::ir::{Piece, Text};
use crate::schema::ATTRIBUTES;
use crate::source::{Sources, Span};

/// Evaluates expressions. Made once for a run and shared.
pub struct Expressions {
    environment: Environment<'static>,
    names: Value,
    values: Value,
    vars: Vec<String>,
    /// Tokens that begin and end in the braces of an expression.
    tokens: Vec<&'static str>,
    /// People are known: their facts may be changed on the way into text.
    people: bool,
}

/// `user` or `device`: any known name under it yields a marker.
#[derive(Debug)]
struct Entity(&'static str);

/// What `user.id` evaluates to.
#[derive(Debug)]
struct Marker(&'static str);

/// What `token('...')` evaluates to.
#[derive(Debug)]
struct TokenText(Arc<str>);

impl Object for Entity {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let wanted = key.as_str()?;
        let found = ATTRIBUTES.iter().find(|name| name.split_once('.') == Some((self.0, wanted)))?;
        Some(Value::from_object(Marker(found)))
    }
}

impl Object for Marker {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

impl Object for TokenText {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

impl Expressions {
    /// For these variables, and the tokens of the servers in use.
    pub fn new<'a>(
        vars: impl Iterator<Item = (&'a str, &'a str)> + Clone,
        tokens: impl IntoIterator<Item = &'static str>,
    ) -> Expressions {
        let mut environment = engine();
        environment.add_function("token", |text: String| Value::from_object(TokenText(text.into())));
        let values: BTreeMap<String, String> = vars.clone().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let values = Value::from(values);
        let names = minijinja::context! {
            vars => values.clone(),
            user => Value::from_object(Entity("user")),
            device => Value::from_object(Entity("device")),
        };
        let tokens = tokens.into_iter().filter(|token| token.starts_with("{{") && token.ends_with("}}")).collect();
        Expressions { environment, names, values, vars: vars.map(|(name, _)| name.to_owned()).collect(), tokens, people: false }
    }

    /// For a build in which people are known.
    #[must_use]
    pub fn with_people(self) -> Expressions {
        Expressions { people: true, ..self }
    }

    /// What a formula yields for one person.
    ///
    /// # Errors
    /// Why it yields nothing; never the facts.
    pub fn formula(&self, text: &str, facts: &[(&'static str, String)]) -> Result<String, String> {
        let compiled = self.environment.compile_expression(text).map_err(|error| error.kind().to_string())?;
        let of = |entity: &str| {
            let own =
                facts.iter().filter_map(|(name, value)| Some((name.strip_prefix(entity)?.strip_prefix('.')?, value.clone())));
            Value::from(own.collect::<BTreeMap<_, _>>())
        };
        let names = minijinja::context! { vars => self.values.clone(), user => of("user"), device => of("device") };
        let value = compiled.eval(names).map_err(|error| error.kind().to_string())?;
        match value.as_str() {
            Some(text) if text.len() > LONGEST => Err(format!("it yields more than {LONGEST} bytes")),
            Some(text) => Ok(text.to_owned()),
            None if value.is_integer() => Ok(value.to_string()),
            None => Err("it yields no text".into()),
        }
    }

    /// The text of a scalar that stands at `span`. Says what is wrong and yields nothing then.
    pub fn text(&self, text: &str, span: Span, sources: &Sources, report: &mut Report) -> Option<Text> {
        if let Some((at, end)) = statement(text) {
            let diagnostic = refused(
                locate(text, span, sources, at, end),
                "statements (`{% ... %}`) and comments (`{# ... #}`) are not part of this language",
            );
            report.push(diagnostic.help("an expression stands in `{{ ... }}`"));
            return None;
        }
        if !text.contains("{{") {
            return Some(Text::literal(text));
        }
        let mut pieces = Vec::new();
        let mut rest = 0;
        let mut length = 0;
        let mark = report.len();
        while let Some(open) = text.get(rest..).and_then(|tail| tail.find("{{")).map(|at| rest + at) {
            pieces.push(Piece::Literal(text.get(rest..open).unwrap_or_default().into()));
            let inside = open + 2;
            let Some(close) = closing(text, inside) else {
                let at = locate(text, span, sources, open, open + 2);
                report.push(
                    Diagnostic::new(Code::E0216, at, "an expression is not closed")
                        .label("opened here")
                        .help("close it with `}}`"),
                );
                return None;
            };
            let expression =
                Expression { text: text.get(inside..close).unwrap_or_default(), whole: text, start: inside, span, sources };
            match self.evaluate(&expression) {
                Ok(piece) => {
                    length += match &piece {
                        Piece::Literal(text) | Piece::Token(text) => text.len(),
                        Piece::Attribute(_) | Piece::Formula(..) => 0,
                    };
                    pieces.push(piece);
                }
                Err(diagnostic) => report.push(*diagnostic),
            }
            if length > 4 * LONGEST {
                report.push(*refused(span, &format!("the text has more than {} bytes", 4 * LONGEST)));
                return None;
            }
            rest = close + 2;
        }
        pieces.push(Piece::Literal(text.get(rest..).unwrap_or_default().into()));
        (!report.errors_since(mark)).then(|| Text::of(pieces))
    }

    fn evaluate(&self, expression: &Expression<'_>) -> Result<Piece, Box<Diagnostic>> {
        if let Some((from, to, what)) = beyond(expression.text) {
            return Err(refused(expression.part(from, to), &what));
        }
        let compiled = self.environment.compile_expression(expression.text.trim()).map_err(|error| expression.wrong(&error))?;
        let per_user = compiled
            .undeclared_variables(true)
            .into_iter()
            .find(|name| matches!(name.split('.').next(), Some("user" | "device")));
        if self.people && per_user.is_some() && !ATTRIBUTES.contains(&expression.text.trim()) {
            return self.for_people(expression, &compiled.undeclared_variables(true));
        }
        let value = compiled.eval(&self.names).map_err(|error| match &per_user {
            Some(name) if ATTRIBUTES.contains(&name.as_str()) => expression.filtered(name),
            _ => self.undefined(expression).unwrap_or_else(|| expression.wrong(&error)),
        })?;
        if let Some(marker) = value.downcast_object_ref::<Marker>() {
            return Ok(Piece::Attribute(marker.0));
        }
        if let Some(token) = value.downcast_object_ref::<TokenText>() {
            sound(&token.0, expression)?;
            return Ok(Piece::Token(token.0.clone()));
        }
        if let Some(name) = per_user.filter(|name| ATTRIBUTES.contains(&name.as_str())) {
            return Err(expression.filtered(&name));
        }
        if value.is_undefined() {
            return Err(self.undefined(expression).unwrap_or_else(|| expression.no_text("nothing")));
        }
        self.printed(&value, expression)
    }

    /// An expression over facts, kept until a person is known, and tried with facts that nobody has.
    fn for_people(&self, expression: &Expression<'_>, names: &HashSet<String>) -> Result<Piece, Box<Diagnostic>> {
        let mut asked: Vec<&'static str> = ATTRIBUTES.into_iter().filter(|known| names.contains(*known)).collect();
        asked.sort_unstable();
        if let Some(wrong) = self.undefined(expression) {
            return Err(wrong);
        }
        let facts: Vec<(&'static str, String)> = asked.iter().map(|name| (*name, "text".to_owned())).collect();
        let text = expression.text.trim();
        match self.formula(text, &facts) {
            Ok(_) => Ok(Piece::Formula(text.into(), asked.into())),
            Err(what) => Err(refused(expression.all(), &what)),
        }
    }

    fn printed(&self, value: &Value, expression: &Expression<'_>) -> Result<Piece, Box<Diagnostic>> {
        let text = match value.as_str() {
            Some(text) => text.to_owned(),
            None if value.is_integer() => value.to_string(),
            None => return Err(expression.no_text(&format!("{}", value.kind()))),
        };
        sound(&text, expression)?;
        Ok(Piece::Literal(text.into()))
    }

    /// A server's token that stands as the server writes it: braces around braces.
    fn token_meant(&self, expression: &Expression<'_>) -> Option<Box<Diagnostic>> {
        let token = self.tokens.iter().find(|token| ***token == *format!("{{{{{}}}}}", expression.text))?;
        let span = expression.with_braces();
        // Whichever quotes the scalar has around it, these are others.
        let quote = if expression.sources.slice(expression.span).starts_with('\'') { '"' } else { '\'' };
        let right = format!("{{{{ token({quote}{token}{quote}) }}}}");
        let diagnostic = Diagnostic::new(Code::E0216, expression.all(), format!("`{}` is not defined", expression.text.trim()));
        let diagnostic =
            diagnostic.label("not defined").help(format!("`{token}` is a token of the server: it is passed through by `token`"));
        Some(Box::new(diagnostic.fix(format!("write `{right}`"), span, right)))
    }

    /// A name that is not defined, with the nearest that is.
    fn undefined(&self, expression: &Expression<'_>) -> Option<Box<Diagnostic>> {
        if let Some(meant) = self.token_meant(expression) {
            return Some(meant);
        }
        let compiled = self.environment.compile_expression(expression.text.trim()).ok()?;
        let mut names: Vec<String> = compiled.undeclared_variables(true).into_iter().collect();
        names.sort();
        let known: Vec<String> =
            ATTRIBUTES.iter().map(|name| (*name).to_owned()).chain(self.vars.iter().map(|name| format!("vars.{name}"))).collect();
        let unknown = names.into_iter().find(|name| !known.contains(name) && name != "token")?;
        let at = expression.text.find(&unknown).unwrap_or(0);
        let span = expression.part(at, at + unknown.len());
        let diagnostic = Diagnostic::new(Code::E0216, span, format!("`{unknown}` is not defined")).label("not defined");
        let (root, rest) = unknown.split_once('.').unwrap_or((&unknown, ""));
        let prefix = if matches!(root, "user" | "device" | "vars") { format!("{root}.") } else { String::new() };
        let names = known.iter().map(String::as_str).filter(|name| name.starts_with(&prefix));
        // What stands in front of the dot says nothing about how near two names are.
        let near = if prefix.is_empty() {
            nearest(&unknown, names.clone())
        } else {
            nearest(rest, names.clone().filter_map(|name| name.strip_prefix(&prefix)))
        };
        let near = near.map(|near| if near.contains('.') { near.to_owned() } else { format!("{prefix}{near}") });
        Some(Box::new(match near {
            Some(near) if certain(&unknown, &near) => {
                diagnostic.help(format!("a defined name is near: `{near}`")).fix(format!("write `{near}`"), span, near)
            }
            _ if root == "vars" && self.vars.is_empty() => {
                diagnostic.help("define it under `vars` in payloadc.yaml, or with `--var NAME=VALUE`")
            }
            _ if root == "vars" => diagnostic
                .help(format!("defined are {}; `--var NAME=VALUE` and `vars` in payloadc.yaml define more", list(names))),
            _ if root == "user" => diagnostic
                .help(format!("defined are {}", list(names)))
                .note("further columns of the directory serve the `where` of collections alone"),
            _ => diagnostic.help(format!("defined are {}", list(names))),
        }))
    }
}

/// One expression in a scalar.
struct Expression<'a> {
    text: &'a str,
    whole: &'a str,
    start: usize,
    span: Span,
    sources: &'a Sources,
}

impl Expression<'_> {
    /// The span of `from..to` of the expression's text.
    fn part(&self, from: usize, to: usize) -> Span {
        locate(self.whole, self.span, self.sources, self.start + from, self.start + to)
    }

    fn all(&self) -> Span {
        self.part(0, self.text.len())
    }

    fn with_braces(&self) -> Span {
        locate(self.whole, self.span, self.sources, self.start - 2, self.start + self.text.len() + 2)
    }

    fn wrong(&self, error: &Error) -> Box<Diagnostic> {
        let blanks = self.text.len() - self.text.trim_start().len();
        let span = error.range().map_or(self.all(), |range| self.part(blanks + range.start, blanks + range.end));
        let what = error.detail().map_or_else(|| error.kind().to_string(), ToOwned::to_owned);
        refused(span, &what)
    }

    fn no_text(&self, what: &str) -> Box<Diagnostic> {
        Box::new(Diagnostic::new(Code::E0216, self.all(), "the expression yields no text").label(format!("this is {what}")))
    }

    fn filtered(&self, name: &str) -> Box<Diagnostic> {
        Box::new(
            Diagnostic::new(
                Code::E0217,
                self.all(),
                format!("`{name}` is not known when this artifact is built, so it cannot be changed"),
            )
            .label("the server fills it in later")
            .help(format!("write `{{{{ {name} }}}}` alone; text may stand beside it, outside the braces"))
            .note("filters over user and device values belong to per-user builds, which read a directory"),
        )
    }
}

/// What an expression yields is no longer than a field, and holds nothing that no artifact can carry.
fn sound(text: &str, expression: &Expression<'_>) -> Result<(), Box<Diagnostic>> {
    if text.len() > LONGEST {
        return Err(expression.no_text(&format!("more than {LONGEST} bytes")));
    }
    if let Some(character) =
        text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t') || matches!(c, '\u{fffe}' | '\u{ffff}'))
    {
        return Err(Box::new(super::syntax::forbidden(character, expression.all())));
    }
    Ok(())
}

/// What template engines know beside expressions, and this language does not.
fn statement(text: &str) -> Option<(usize, usize)> {
    [("{%", "%}"), ("{#", "#}")].into_iter().find_map(|(open, close)| {
        let at = text.find(open)?;
        let length = text.get(at + open.len()..)?.find(close)?;
        Some((at, at + open.len() + length + close.len()))
    })
}

fn refused(span: Span, what: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::new(Code::E0216, span, format!("the expression cannot be evaluated: {what}")).label("here"))
}

/// The byte of the `}}` that closes an expression, quotes respected.
fn closing(text: &str, from: usize) -> Option<usize> {
    let mut quote = None;
    let mut previous = '\0';
    for (at, character) in text.get(from..)?.char_indices() {
        match quote {
            Some(open) if character == open && previous != '\\' => quote = None,
            Some(_) => {}
            None if matches!(character, '"' | '\'') => quote = Some(character),
            None if character == '}' && text.get(from + at + 1..).is_some_and(|rest| rest.starts_with('}')) => {
                return Some(from + at);
            }
            None => {}
        }
        previous = character;
    }
    None
}

/// The span of bytes `from..to` of a scalar's text; the whole scalar where escapes or folding stand between.
pub fn locate(text: &str, span: Span, sources: &Sources, from: usize, to: usize) -> Span {
    let raw = sources.slice(span);
    let quote = usize::from(raw.starts_with(['"', '\'']));
    let same = raw.get(quote..quote + text.len()) == Some(text);
    if same { span.part(quote + from, quote + to) } else { span }
}
