//! CSV: the first line names the columns.

use std::io::BufRead;

use csv::{ErrorKind, ReaderBuilder, StringRecord};

use super::Problem;
use super::lines::Bounded;
use super::table::{Builder, Slot};

/// Reads all rows.
pub fn read(stream: &mut dyn BufRead, builder: &mut Builder<'_>) {
    let mut reader = ReaderBuilder::new().has_headers(false).from_reader(Bounded::new(stream));
    let mut record = StringRecord::new();
    let mut columns: Vec<Slot> = Vec::new();
    loop {
        let read = reader.read_record(&mut record);
        if let Some(line) = reader.get_ref().quotes.open() {
            let help = Some("close the quotes behind the value, and double quotes inside of quotes".into());
            builder.problem(Problem { help, ..Problem::at(line, "the quotes that open here are never closed") });
            return;
        }
        let next = reader.position().line();
        let mut astray = false;
        while let Some(line) = reader.get_mut().quotes.astray(next) {
            let help = Some("double quotes inside of quotes, and close them at the end of the value".into());
            builder.problem(Problem { help, ..Problem::at(line, "text stands behind the quotes that close a value") });
            astray = true;
        }
        match read {
            // It was said, and what the row holds is uncertain.
            Ok(true) if astray && !columns.is_empty() => {}
            Ok(false) => break,
            Ok(true) if columns.is_empty() => {
                if let Some(problem) = another_separator(&record) {
                    builder.problem(problem);
                    return;
                }
                columns = header(&record, builder);
            }
            Ok(true) => {
                builder.begin(record.position().map_or(0, csv::Position::line));
                for (slot, value) in columns.iter().zip(&record) {
                    builder.add(*slot, value);
                }
                builder.end();
            }
            Err(error) => {
                let fatal = error.is_io_error();
                builder.problem(problem(&error));
                if fatal {
                    break;
                }
            }
        }
    }
    if columns.is_empty() {
        builder.problem(Problem::at(1, "the file has no line that names its columns"));
    }
}

/// A first line that names one column, whose name is several.
fn another_separator(record: &StringRecord) -> Option<Problem> {
    let only = record.get(0).filter(|_| record.len() == 1)?;
    let (what, help) = if only.contains(';') {
        ("semicolons", "separate values by commas; a spreadsheet exports them so as \"CSV UTF-8\" where the region writes `1.5`")
    } else if only.contains('\t') {
        ("tabs", "separate values by commas: export the file as CSV, not as text")
    } else {
        return None;
    };
    Some(Problem {
        help: Some(help.into()),
        ..Problem::at(1, format!("the columns are separated by {what}, and CSV has commas"))
    })
}

fn header(record: &StringRecord, builder: &mut Builder<'_>) -> Vec<Slot> {
    let mut names: Vec<String> = Vec::new();
    let mut slots = Vec::new();
    for name in record {
        let local = builder.name(name);
        if local.trim_matches('_').is_empty() {
            builder.problem(Problem::at(1, "a column has no name"));
        } else if names.contains(&local) {
            builder.problem(Problem::at(1, format!("two columns are called `{local}`")));
        }
        slots.push(builder.slot(&local));
        names.push(local);
    }
    slots
}

fn problem(error: &csv::Error) -> Problem {
    let line = error.position().map_or(0, csv::Position::line);
    match error.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => Problem {
            help: Some("quote a value that holds a comma, and double quotes inside of quotes".into()),
            ..Problem::at(line, format!("the line has {len} values, and the first line names {expected_len} columns"))
        },
        ErrorKind::Utf8 { err, .. } => Problem {
            help: Some("save the file as UTF-8".into()),
            ..Problem::at(line, format!("value {} of the line is not UTF-8", err.field() + 1))
        },
        ErrorKind::Io(error) => Problem::at(0, format!("the file cannot be read further: {error}")),
        _ => Problem::at(line, "the line is no CSV"),
    }
}
