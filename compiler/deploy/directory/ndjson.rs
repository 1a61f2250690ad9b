//! NDJSON: one object a line, attribute to text; a list is several values of one attribute.

use std::collections::HashSet;
use std::fmt;
use std::io::BufRead;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::table::Builder;
use super::{Problem, lines};

/// The pairs of an object as they are written: a map would keep the last of two alike.
struct Pairs(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Pairs, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// Reads all rows.
pub fn read(stream: &mut dyn BufRead, builder: &mut Builder<'_>) {
    let mut text = String::new();
    let mut line = 0;
    loop {
        line += 1;
        match lines::next(stream, &mut text) {
            Ok(false) => break,
            Ok(true) if text.trim().is_empty() => {}
            Ok(true) => match serde_json::from_str::<Pairs>(text.trim_start_matches('\u{feff}')) {
                Ok(object) => row(line, &object.0, builder),
                Err(error) => {
                    let what = if error.is_data() { "the line is no JSON object" } else { "the line is no JSON" };
                    let column = (!error.is_data()).then_some(error.column());
                    builder.problem(Problem {
                        column,
                        help: Some("write one object a line, as in {\"id\": \"alice\", \"mail\": \"alice@contoso.com\"}".into()),
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

fn row(line: u64, object: &[(String, Value)], builder: &mut Builder<'_>) {
    builder.begin(line);
    let mut seen = HashSet::new();
    for (name, value) in object {
        let local = builder.name(name);
        let slot = builder.slot(&local);
        if seen.contains(&local) {
            builder.problem(Problem {
                help: Some("keep one of them; several values of one attribute are a list".into()),
                ..Problem::at(line, format!("two attributes of the entry are called `{local}`"))
            });
            builder.drop_row();
            return;
        }
        seen.insert(local);
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
                        help: Some("an attribute is text, a number, `true`, `false`, or a list of those".into()),
                        ..Problem::at(line, format!("the value of `{name}` is nested"))
                    });
                }
            }
        }
    }
    builder.end();
}
