//! Applies the fixes that are certain, and touches nothing else.

use std::collections::BTreeMap;
use std::io::Write as _;

use super::Failure;
use super::load::STDIN;
use super::run::Run;
use crate::diagnostic::Edit;
use crate::source::SourceId;

/// Applies the fixes of a run; returns how many.
pub fn apply(run: &Run) -> Result<usize, Failure> {
    let mut by_file: BTreeMap<SourceId, Vec<&[Edit]>> = BTreeMap::new();
    for fix in run.output.diagnostics.iter().filter_map(|diagnostic| diagnostic.fix.as_ref()) {
        if let Some(edit) = fix.edits.first() {
            by_file.entry(edit.span.source).or_default().push(&fix.edits);
        }
    }
    let mut applied = 0;
    for (source, fixes) in by_file {
        applied += file(run, source, &fixes)?;
    }
    Ok(applied)
}

fn file(run: &Run, source: SourceId, fixes: &[&[Edit]]) -> Result<usize, Failure> {
    let Some(known) = run.output.sources.get(source).filter(|source| source.path != STDIN) else { return Ok(0) };
    let path = run.root.join(&known.path);
    let bytes = std::fs::read(&path)?;
    let mark = if run.marked.contains(&known.path) { 3 } else { 0 };
    let text = bytes.get(mark..).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
    let edits = without_overlaps(fixes);
    let fixed = edited(text, &edits);
    let mut whole = bytes.get(..mark).unwrap_or_default().to_vec();
    whole.extend_from_slice(fixed.as_bytes());
    std::fs::write(&path, whole)?;
    let count = edits.len();
    let _ = writeln!(std::io::stderr(), "payloadc: {count} fixed in {}", known.path);
    Ok(count)
}

/// The edits of all fixes that do not touch an earlier one, first in the file first.
fn without_overlaps<'a>(fixes: &[&'a [Edit]]) -> Vec<&'a Edit> {
    let mut all: Vec<&Edit> = fixes.iter().flat_map(|edits| edits.iter()).collect();
    all.sort_by_key(|edit| edit.span);
    let mut kept: Vec<&Edit> = Vec::new();
    for edit in all {
        if kept.last().is_none_or(|last| last.span.end <= edit.span.start && last.span != edit.span) {
            kept.push(edit);
        }
    }
    kept
}

fn edited(text: &str, edits: &[&Edit]) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    let mut at = 0;
    for edit in edits {
        out.push_str(text.get(at..edit.span.from()).unwrap_or_default());
        out.push_str(&edit.text);
        at = edit.span.to();
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}
