//! NDJSON: one object a line, attribute to text; a list is several values of one attribute.

use std::io::BufRead;

use serde_json::{Map, Value};

use super::table::Builder;
use super::{Problem, lines};

/// Reads all rows.
pub fn read(stream: &mut dyn BufRead, builder: &mut Builder<'_>) {
    let mut text = String::new();
    let mut line = 0;
    loop {
        line += 1;
        match lines::next(stream, &mut text) {
            Ok(false) => break,
            Ok(true) if text.trim().is_empty() => {}
            Ok(true) => match serde_json::from_str::<Map<String, Value>>(text.trim_start_matches('\u{feff}')) {
                Ok(object) => row(line, &object, builder),
                Err(error) => {
                    let what = if error.is_data() { "the line is no JSON object" } else { "the line is no JSON" };
                    let column = (!error.is_data()).then_some(error.column());
                    builder.problem(Problem {
                        column,
                        help: Some("write one object a line, as in {\"id\": \"alice\", \"mail\": \"alice@contoso.com\"}"),
                        ..Problem::at(line, what)
                    });
                }
            },
            Err(what) => {
                builder.problem(Problem::at(line, format!("the file {what}")));
                break;
            }
        }
    }
}

fn row(line: u64, object: &Map<String, Value>, builder: &mut Builder<'_>) {
    builder.begin(line);
    for (name, value) in object {
        let local = builder.name(name);
        let slot = builder.slot(&local);
        let values = match value {
            Value::Array(values) => values.as_slice(),
            one => std::slice::from_ref(one),
        };
        for value in values {
            match value {
                Value::Null => {}
                Value::String(text) => builder.add(slot, text),
                Value::Bool(flag) => builder.add(slot, if *flag { "true" } else { "false" }),
                Value::Number(number) => builder.add(slot, &number.to_string()),
                Value::Array(_) | Value::Object(_) => {
                    builder.problem(Problem {
                        help: Some("an attribute is text, a number, `true`, `false`, or a list of those"),
                        ..Problem::at(line, format!("the value of `{name}` is nested"))
                    });
                }
            }
        }
    }
    builder.end();
}
