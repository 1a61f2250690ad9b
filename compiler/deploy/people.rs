//! The directory of a workspace, read once, and what is wrong with its files.

use super::directory::{Directory, Problem, Problems, Sort, Table, excerpt, read};
use crate::check::{FileProblem, Files, Workspace};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::{Source, Sources, Span};

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
    if report.errors_since(mark) { People::Broken } else { People::Known(Box::new(Directory { users, devices })) }
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
    let mut stream = match files.open(path) {
        Ok(stream) => stream,
        Err(problem) => {
            report.push(unreadable(path, &problem, span));
            return Table::default();
        }
    };
    let (table, problems) = read(path, sort, &mut *stream, &|name| wanted(sort, name));
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
