//! Files to nodes.

use rayon::prelude::*;

use crate::check;
use crate::diagnostic::{Code, Diagnostic, Report, Severity};
use crate::source::{Limits, Node, SourceId, Sources, Span, parse};

/// Whether `payloadc.yaml` has an error, or there is nothing to name the organisation by.
pub fn workspace_is_broken(file: Option<SourceId>, read: bool, named: bool, sources: &Sources, report: &Report) -> bool {
    let inside = |diagnostic: &Diagnostic| {
        sources.get(diagnostic.primary.span.source).is_some_and(|source| source.path == "payloadc.yaml")
    };
    let unread = if file.is_some() { !read } else { !named };
    unread || report.iter().any(|diagnostic| diagnostic.severity() == Severity::Error && inside(diagnostic))
}

/// The one document of `payloadc.yaml`.
pub fn workspace(id: SourceId, sources: &Sources, report: &mut Report) -> Option<Node> {
    let source = sources.get(id)?;
    let parsed = parse(id, &source.text, Limits::default());
    let sound = parsed.problems.is_empty();
    check::report_syntax(parsed.problems, source, report);
    match parsed.documents.len() {
        1 => parsed.documents.into_iter().next(),
        0 if sound => {
            report.push(
                Diagnostic::new(Code::E0110, Span::start_of(id), format!("`{}` is empty", source.path)).label("nothing here"),
            );
            None
        }
        0 => None,
        _ => {
            let span = parsed.documents.get(1).map_or(Span::start_of(id), |node| node.span);
            report.push(Diagnostic::new(Code::E0218, span, "payloadc.yaml has more than one document").label("the second one"));
            parsed.documents.into_iter().next()
        }
    }
}

/// The documents of each file, with its folder.
pub fn profiles(ids: &[SourceId], sources: &Sources, report: &mut Report) -> Vec<(String, Vec<Node>)> {
    let parsed: Vec<(String, Vec<Node>, Report)> = ids
        .par_iter()
        .filter_map(|id| {
            let source = sources.get(*id)?;
            let mut report = Report::new();
            let parsed = parse(*id, &source.text, Limits::default());
            if parsed.documents.is_empty() && parsed.problems.is_empty() {
                let diagnostic = Diagnostic::new(Code::E0110, Span::start_of(*id), format!("`{}` holds no profile", source.path));
                report.push(diagnostic.label("nothing here").help("write a profile, or remove the file"));
            }
            check::report_syntax(parsed.problems, source, &mut report);
            let folder = source.path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
            Some((folder, parsed.documents, report))
        })
        .collect();
    parsed
        .into_iter()
        .map(|(folder, documents, found)| {
            report.append(found);
            (folder, documents)
        })
        .collect()
}
