//! Checks artifacts that exist already: each file by itself, then all of them against each other.
//!
//! Pure: files are handed in as bytes whose sort is known. Files are independent work and run on all cores; the result does not depend on
//! how many there are. It knows what vendors document (the catalog) and says what a device would refuse or ignore; it changes nothing.

mod across;
mod certificates;
mod conditions;
mod declaration;
mod identity;
mod profile;
mod references;
mod secrets;
mod syncml;
mod tokens;
mod values;
mod walk;

use rayon::prelude::*;

use crate::artifact::{self, Artifact, Content, Not, Shape};
use crate::catalog::Catalog;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::{Source, SourceId, Sources, Span};

/// A file to look at.
pub struct File {
    /// As diagnostics show it.
    pub path: String,
    /// Its content, or why there is none.
    pub content: Result<Content, Not>,
    /// It was named, rather than found in a folder: then it must be an artifact.
    pub named: bool,
}

/// What a run gives.
pub struct Output {
    /// The artifacts, with what must not be shown starred out.
    pub sources: Sources,
    /// In file order.
    pub diagnostics: Vec<Diagnostic>,
    /// How many files were artifacts.
    pub artifacts: usize,
    /// How many were not, and were passed over.
    pub skipped: usize,
}

/// Lints files, in the order in which they are given.
#[must_use]
pub fn lint(files: Vec<File>, catalog: &'static Catalog, mut report: Report) -> Output {
    let mut sources = Sources::new();
    let mut contents = Vec::new();
    let mut skipped = 0;
    for file in files {
        match file.content {
            Ok(mut content) => {
                let text = std::mem::take(&mut content.text);
                contents.push((sources.add(Source::new(file.path, text)), content, file.named));
            }
            Err(Not::Artifact) if !file.named => skipped += 1,
            Err(why) => refuse(&file.path, why, &mut sources, &mut report),
        }
    }
    let linted: Vec<Linted> =
        contents.par_iter().map(|(source, content, named)| one(*source, content, *named, catalog, &sources)).collect();
    let mut artifacts = Vec::new();
    let others = linted.iter().filter(|linted| linted.other).count();
    for Linted { artifact, report: found, .. } in linted {
        artifacts.extend(artifact);
        report.append(found);
    }
    let mut found = Report::new();
    across::check(&artifacts, &sources, catalog, &mut found);
    for artifact in &artifacts {
        found = placed(artifact, found);
    }
    report.append(found);
    secrets::hide(&report, &mut sources);
    Output { artifacts: contents.len() - others, sources, diagnostics: report.into_sorted(), skipped: skipped + others }
}

/// What came of one file.
struct Linted {
    artifact: Option<Artifact>,
    report: Report,
    /// It speaks of payloads, and is no artifact.
    other: bool,
}

/// One file by itself.
fn one(source: SourceId, content: &Content, named: bool, catalog: &'static Catalog, sources: &Sources) -> Linted {
    let mut report = Report::new();
    let text = sources.get(source).map_or("", |source| source.text.as_str());
    let Some(artifact) = artifact::read(source, content, text, &mut report) else {
        return Linted { artifact: None, report, other: false };
    };
    match &artifact.shape {
        Shape::Profile(root) if !profile::is_profile(root) => {
            // Whoever names a file wants to know what is wrong with it.
            let mut report = if named { report } else { Report::new() };
            if named && report.is_empty() {
                report.push(no_artifact(Span::start_of(source), sources.get(source).map_or("", |source| &source.path)));
            }
            return Linted { artifact: None, report, other: !named };
        }
        Shape::Profile(root) => profile::check(root, catalog, &mut report),
        Shape::Declaration(root) => declaration::check(root, catalog, &mut report),
        Shape::Syncml(document) => syncml::check(document, catalog, &mut report),
    }
    Linted { report: placed(&artifact, report), artifact: Some(artifact), other: false }
}

/// Puts key paths into messages about a file that has no lines.
fn placed(artifact: &Artifact, report: Report) -> Report {
    if artifact.has_lines() {
        return report;
    }
    let here = |span: Span| span.source == artifact.source;
    let mut out = Report::new();
    out.extend(report.iter().cloned().map(|mut diagnostic| {
        if here(diagnostic.primary.span) {
            if let Some(path) = artifact.path(diagnostic.primary.span).filter(|path| !path.is_empty()) {
                diagnostic.message = format!("{}, at `{path}`", diagnostic.message);
            }
            diagnostic.primary.span = Span::start_of(artifact.source);
            diagnostic.fix = None;
        }
        for label in diagnostic.labels.extract_if(.., |label| here(label.span)) {
            if let Some(path) = artifact.path(label.span) {
                diagnostic.notes.push(format!("{}: `{path}`", label.text));
            }
        }
        diagnostic
    }));
    out
}

/// Text of a file, for a message: not more than a line of it.
fn shorten(text: &str) -> String {
    let text = text.trim();
    if text.chars().count() <= 60 { text.to_owned() } else { text.chars().take(57).chain("...".chars()).collect() }
}

fn no_artifact(span: Span, path: &str) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::E0801, span, format!("`{path}` is no artifact that lint reads")).label("this file");
    diagnostic.help("name configuration profiles, declarations or SyncML; in a folder, other files are passed over")
}

/// A file that was named and is no artifact, or one that is and cannot be read.
fn refuse(path: &str, why: Not, sources: &mut Sources, report: &mut Report) {
    let span = Span::start_of(sources.add(Source::new(path.to_owned(), String::new())));
    report.push(match why {
        Not::Artifact => no_artifact(span, path),
        Not::Readable(why) => Diagnostic::new(Code::E0802, span, format!("`{path}` {why}")).label("this file"),
    });
}
