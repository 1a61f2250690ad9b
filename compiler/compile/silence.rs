//! Warnings that an administrator has silenced.

use std::collections::HashMap;

use crate::check::Allow;
use crate::diagnostic::{Code, Diagnostic, Report, Severity};
use crate::source::{SourceId, Span};

/// Takes out warnings that the workspace or their profile allows; says which permissions nobody needed.
pub fn silence(allow: &[(Allow, Option<Span>)], report: &mut Report) {
    let mut used = vec![false; allow.len()];
    // By code and file: most warnings are silenced by few of many permissions.
    let mut by_place: HashMap<(Code, Option<SourceId>), Vec<usize>> = HashMap::new();
    for (at, (allow, document)) in allow.iter().enumerate() {
        by_place.entry((allow.code, document.map(|span| span.source))).or_default().push(at);
    }
    report.retain(|diagnostic| {
        if diagnostic.severity() != Severity::Warning {
            return true;
        }
        let span = diagnostic.primary.span;
        let inside = |document: &Span| document.start <= span.start && span.end <= document.end;
        let near = [Some(span.source), None]
            .into_iter()
            .filter_map(|source| by_place.get(&(diagnostic.code, source)))
            .flatten()
            .copied();
        let holds = |at: &usize| allow.get(*at).is_some_and(|(_, document)| document.as_ref().is_none_or(inside));
        let matching = near.filter(holds).min();
        if let Some(flag) = matching.and_then(|at| used.get_mut(at)) {
            *flag = true;
        }
        matching.is_none()
    });
    for ((allow, _), _) in allow.iter().zip(used).filter(|(_, used)| !used) {
        let message = format!("`{}` is silenced and does not occur", allow.code.name());
        report.push(Diagnostic::new(Code::W0603, allow.span, message).label("not needed").help("remove the line"));
    }
}
