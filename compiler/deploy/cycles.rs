//! The order in which collections are made: those that others name come first. A cycle has none, and is shown.

use std::collections::VecDeque;

use super::document::Collection;
use crate::diagnostic::{Code, Diagnostic, Report};

/// An order in which each collection comes after all it names; those in a cycle, or behind one, are not in it. `edges` leads from a
/// collection to those it names.
pub fn order(documents: &[Collection], edges: &[Vec<usize>], report: &mut Report) -> Vec<usize> {
    let mut waiting: Vec<usize> = edges.iter().map(Vec::len).collect();
    let mut named_by: Vec<Vec<usize>> = vec![Vec::new(); edges.len()];
    for (from, to) in edges.iter().enumerate().flat_map(|(from, to)| to.iter().map(move |to| (from, *to))) {
        if let Some(list) = named_by.get_mut(to) {
            list.push(from);
        }
    }
    let mut ready: VecDeque<usize> = waiting.iter().enumerate().filter(|(_, count)| **count == 0).map(|(at, _)| at).collect();
    let mut order = Vec::with_capacity(edges.len());
    while let Some(at) = ready.pop_front() {
        order.push(at);
        for next in named_by.get(at).into_iter().flatten() {
            let Some(count) = waiting.get_mut(*next) else { continue };
            *count -= 1;
            if *count == 0 {
                ready.push_back(*next);
            }
        }
    }
    say(documents, edges, &waiting, report);
    order
}

/// Shows each cycle once.
fn say(documents: &[Collection], edges: &[Vec<usize>], waiting: &[usize], report: &mut Report) {
    let stuck = |at: usize| waiting.get(at).is_some_and(|count| *count > 0);
    // The walk on which a collection was first met; 0 for none.
    let mut met = vec![0_usize; edges.len()];
    for start in (0..edges.len()).filter(|at| stuck(*at)) {
        let mut path = Vec::new();
        let mut at = start;
        while met.get(at) == Some(&0) {
            if let Some(walk) = met.get_mut(at) {
                *walk = start + 1;
            }
            path.push(at);
            // What is stuck names something that is stuck too.
            let Some(next) = edges.get(at).and_then(|to| to.iter().copied().find(|to| stuck(*to))) else { break };
            at = next;
        }
        if met.get(at) == Some(&(start + 1)) && !path.is_empty() {
            let cycle: Vec<usize> = path.into_iter().skip_while(|step| *step != at).collect();
            report.push(shown(documents, &cycle));
        }
    }
}

fn shown(documents: &[Collection], cycle: &[usize]) -> Diagnostic {
    let members: Vec<&Collection> = cycle.iter().filter_map(|at| documents.get(*at)).collect();
    let mut ids: Vec<&str> = members.iter().map(|document| &*document.id).collect();
    ids.extend(ids.first().copied());
    let span_of = |from: &Collection, to: &Collection| {
        let named = from.limiting.iter().chain(&from.include).chain(&from.exclude);
        named.into_iter().find(|named| named.id == to.id).map_or(from.span, |named| named.span)
    };
    let next = |at: usize| members.get((at + 1) % members.len().max(1)).copied();
    let steps: Vec<_> = members.iter().enumerate().filter_map(|(at, from)| Some((span_of(from, next(at)?), from))).collect();
    let first = steps.first().map_or(crate::source::Span::start_of(crate::source::SourceId(0)), |(span, _)| *span);
    let message = format!("collections name each other in a circle: {}", ids.join(" -> "));
    let mut diagnostic = Diagnostic::new(Code::E0902, first, message).label("leads back to this collection");
    for (span, from) in steps.iter().skip(1) {
        diagnostic = diagnostic.also(*span, format!("`{}` goes on here", from.id));
    }
    diagnostic.help("take one of them out: who is a member would depend on itself")
}
