//! The directory of a workspace, read once, and what is wrong with its files.

use super::directory::{Directory, Problem, Problems, Sort, Table, excerpt, has_form, platform, read};
use crate::builtin::SCHEMAS;
use crate::check::{FileProblem, Files, Workspace, list};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::{Source, Sources, Span};

/// How many names a warning gives.
const FIRST: usize = 3;

/// What is known of people and devices.
#[derive(Debug)]
pub enum People {
    /// The workspace names no directory.
    Unknown,
    /// It names one that has an error: nothing is said of membership.
    Broken,
    /// All of them.
    Known(Box<Directory>),
}

impl People {
    /// The directory, if it is known.
    #[must_use]
    pub fn directory(&self) -> Option<&Directory> {
        match self {
            People::Known(directory) => Some(directory),
            People::Unknown | People::Broken => None,
        }
    }
}

/// Reads the files that `payloadc.yaml` names. `wanted` names the attributes to keep beside the ids.
pub fn people(
    workspace: &Workspace,
    files: &dyn Files,
    wanted: &dyn Fn(Sort, &str) -> bool,
    sources: &mut Sources,
    report: &mut Report,
) -> People {
    let named = &workspace.directory;
    if named.users.is_none() && named.devices.is_none() {
        return People::Unknown;
    }
    let mark = report.len();
    let mut table = |sort: Sort, named: &Option<(String, Span)>| {
        named.as_ref().map_or_else(Table::default, |(path, span)| file(sort, path, *span, files, wanted, sources, report))
    };
    let users = table(Sort::Users, &named.users);
    let devices = table(Sort::Devices, &named.devices);
    if report.errors_since(mark) {
        return People::Broken;
    }
    let directory = Directory { users, devices };
    if let Some((_, span)) = named.devices {
        strangers(&directory, named.users.is_some(), span, report);
    }
    People::Known(Box::new(directory))
}

/// Devices whose owner is no user, and devices of a platform that nothing is built for: once, with a count and the first names.
fn strangers(directory: &Directory, users: bool, span: Span, report: &mut Report) {
    let (mut owned, mut owners) = (0_usize, Vec::new());
    let (mut other, mut platforms) = (0_usize, Vec::new());
    let note = |name: &'_ str, count: &mut usize, names: &mut Vec<String>| {
        *count += 1;
        if names.len() <= FIRST && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    };
    for device in (0..u32::try_from(directory.devices.len()).unwrap_or(u32::MAX)).map(|row| directory.devices.row(row)) {
        let (owner, name) = (device.value("owner"), device.value("platform"));
        if users && !owner.is_empty() && directory.users.find(owner).is_none() {
            note(owner, &mut owned, &mut owners);
        }
        if !name.is_empty() && platform(name).is_none() {
            note(name, &mut other, &mut platforms);
        }
    }
    let names = |names: &[String]| match names.get(..FIRST).filter(|_| names.len() > FIRST) {
        Some(first) => format!("{} and others", first.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
        None => list(names.iter().map(String::as_str)),
    };
    let devices = |count: usize, one: &str, more: &str| {
        if count == 1 { format!("1 device {one}") } else { format!("{count} devices {more}") }
    };
    if owned > 0 {
        let message = format!("{} an owner who is no user: {}", devices(owned, "has", "have"), names(&owners));
        let help = "an owner is the id or the user principal name of a user; without one, a device is reached only by itself";
        report.push(Diagnostic::new(Code::W0916, span, message).label("these devices").help(help));
    }
    if other > 0 {
        let message = format!("{} of a platform that is not known: {}", devices(other, "is", "are"), names(&platforms));
        let help =
            format!("nothing is built for them; known are {}", list(SCHEMAS.platforms.iter().map(|platform| platform.name)));
        report.push(Diagnostic::new(Code::W0916, span, message).label("these devices").help(help));
    }
}

fn file(
    sort: Sort,
    path: &str,
    span: Span,
    files: &dyn Files,
    wanted: &dyn Fn(Sort, &str) -> bool,
    sources: &mut Sources,
    report: &mut Report,
) -> Table {
    if !has_form(path) {
        let message = format!("the name of `{path}` does not say in which form it is");
        let help = "call it `.csv`, `.ndjson` or `.jsonl`, `.ldif` or `.ldf`";
        report.push(Diagnostic::new(Code::E0906, span, message).label("not read").help(help));
        return Table::default();
    }
    let mut stream = match files.open(path) {
        Ok(stream) => stream,
        Err(problem) => {
            report.push(unreadable(path, &problem, span));
            return Table::default();
        }
    };
    let (table, problems) = read(path, sort, &mut *stream, &|name| wanted(sort, name));
    for note in &problems.notes {
        report.push(Diagnostic::new(Code::N0704, span, note.clone()).label("in this file"));
    }
    if problems.is_empty() {
        return table;
    }
    drop(stream);
    say(path, &problems, files, sources, report);
    table
}

fn unreadable(path: &str, problem: &FileProblem, span: Span) -> Diagnostic {
    match problem {
        FileProblem::Missing => {
            let diagnostic = Diagnostic::new(Code::E0101, span, format!("there is no file `{path}`")).label("not there");
            diagnostic.help("the path is relative to payloadc.yaml")
        }
        FileProblem::Outside => {
            Diagnostic::new(Code::E0111, span, format!("`{path}` leads out of the workspace")).label("outside")
        }
        FileProblem::Unreadable(why) => {
            Diagnostic::new(Code::E0101, span, format!("`{path}` cannot be read: {why}")).label("this file")
        }
    }
}

/// Says what is wrong at its lines, which are read a second time to be shown.
fn say(path: &str, problems: &Problems, files: &dyn Files, sources: &mut Sources, report: &mut Report) {
    let Ok(mut stream) = files.open(path) else { return };
    let shown = excerpt(&mut *stream, problems);
    let id = sources.add(Source::new(path.to_owned(), shown.text.clone()));
    let span = |line: u64, column: Option<usize>| {
        let (start, end) = shown.line(line);
        let from = column.map_or(start, |column| (start + column.saturating_sub(1)).min(end));
        let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { source: id, start: byte(from), end: byte(end) }
    };
    let last = problems.first.len().saturating_sub(1);
    for (at, problem) in problems.first.iter().enumerate() {
        let Problem { line, column, other, message, help } = problem;
        let code = if other.is_some() { Code::E0907 } else { Code::E0906 };
        let mut diagnostic = Diagnostic::new(code, span(*line, *column), message.clone());
        diagnostic = match other {
            Some(first) => diagnostic.label("again").also(span(*first, None), "first here"),
            None => diagnostic.label("here"),
        };
        diagnostic.help = help.clone().map(Into::into);
        if at == last && problems.more > 0 {
            diagnostic = diagnostic.note(format!("{} more in this file are not shown", problems.more));
        }
        report.push(diagnostic);
    }
}
