//! The template engine with what text needs, and nothing whose result can grow beyond what goes in.
//!
//! Fuel bounds how many steps an expression takes, not how much memory one step asks for: a repeated string, a joined range or an
//! indentation may ask for any amount in one. What could is therefore not there.

use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value, filters, tests};

/// How much an expression may compute, in the engine's units.
const FUEL: u64 = 10_000;
/// How long the text of an expression may be, in bytes.
pub const LONGEST: usize = 16 << 10;
/// How long an expression may be, in bytes.
const LONGEST_EXPRESSION: usize = 1 << 10;

/// An engine without names.
pub fn engine() -> Environment<'static> {
    let mut engine = Environment::empty();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_fuel(Some(FUEL));
    engine.set_recursion_limit(32);
    engine.add_filter("upper", filters::upper);
    engine.add_filter("lower", filters::lower);
    engine.add_filter("title", filters::title);
    engine.add_filter("capitalize", filters::capitalize);
    engine.add_filter("trim", filters::trim);
    engine.add_filter("default", filters::default);
    engine.add_filter("length", filters::length);
    engine.add_filter("first", filters::first);
    engine.add_filter("last", filters::last);
    engine.add_filter("replace", replace);
    engine.add_test("defined", tests::is_defined);
    engine.add_test("undefined", tests::is_undefined);
    engine
}

/// `replace`, whose result is no longer than any other text.
fn replace(text: &str, from: &str, to: &str) -> Result<Value, Error> {
    let grown = text.len() + text.matches(from).count().saturating_mul(to.len());
    if grown > LONGEST {
        return Err(Error::new(ErrorKind::InvalidOperation, format!("the text would have more than {LONGEST} bytes")));
    }
    Ok(Value::from(text.replace(from, to)))
}

/// What an expression asks for that is not there, with its bytes.
pub fn beyond(expression: &str) -> Option<(usize, usize, String)> {
    if expression.len() > LONGEST_EXPRESSION {
        return Some((0, expression.len(), format!("it has {} bytes, {LONGEST_EXPRESSION} are allowed", expression.len())));
    }
    let mut quote = None;
    let mut previous = '\0';
    for (at, character) in expression.char_indices() {
        match quote {
            Some(open) if character == open && previous != '\\' => quote = None,
            Some(_) => {}
            None if matches!(character, '"' | '\'') => quote = Some(character),
            None if character == '*' => return Some((at, at + 1, "`*` is not available: text is not repeated".to_owned())),
            None => {}
        }
        previous = character;
    }
    None
}

#[cfg(test)]
mod tests_of_engine {
    use super::*;

    #[test]
    fn what_grows_is_not_there() {
        let engine = engine();
        for expression in
            ["range(9)", "'a'|indent(9)", "'a'|join", "[1]|tojson", "'%9d'|format(1)", "'ab'|replace('', 'c' ~ 'd')|center(9)"]
        {
            let result = engine.compile_expression(expression).and_then(|compiled| compiled.eval(()));
            assert!(result.is_err(), "{expression}");
        }
        assert_eq!(beyond("'*' ~ 'a' * 3").map(|(from, ..)| from), Some(10));
        assert!(beyond("'*' ~ \"*\"").is_none());
        assert!(beyond(&"1+".repeat(600)).is_some());
    }

    #[test]
    fn text_is_replaced_within_bounds() {
        let engine = engine();
        let eval =
            |text: &str| engine.compile_expression(text).and_then(|compiled| compiled.eval(())).map(|value| value.to_string());
        assert_eq!(eval("'a.b'|replace('.', '-')|upper").ok().as_deref(), Some("A-B"));
        let long = format!("'{}'|replace('a', 'b')", "a".repeat(LONGEST));
        assert!(eval(&long).is_err());
    }
}
