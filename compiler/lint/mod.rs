//! Checks artifacts that exist already: each file by itself, then all of them against each other.
//!
//! Pure: files are handed in as bytes whose sort is known. Files are independent work and run on all cores; the result does not depend on
//! how many there are. It knows what vendors document (the catalog) and says what a device would refuse or ignore; it changes nothing.

use rayon::prelude::*;

use crate::artifact::{self, Artifact, Content, Not, Shape};
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
pub fn lint(files: Vec<File>, mut report: Report) -> Output {
    let mut sources = Sources::new();
    let mut contents = Vec::new();
    let mut skipped = 0;
    for file in files {
        match file.content {
            Ok(mut content) => {
                let text = std::mem::take(&mut content.text);
                contents.push((sources.add(Source::new(file.path, text)), content));
            }
            Err(Not::Artifact) if !file.named => skipped += 1,
            Err(why) => refuse(file.path, why, &mut sources, &mut report),
        }
    }
    let linted: Vec<(Option<Artifact>, Report)> =
        contents.par_iter().map(|(source, content)| one(*source, content, &sources)).collect();
    for (_, found) in linted {
        report.append(found);
    }
    for span in report.hidden().to_vec() {
        sources.hide(span);
    }
    Output { artifacts: contents.len(), sources, diagnostics: report.into_sorted(), skipped }
}

/// One file by itself.
fn one(source: SourceId, content: &Content, sources: &Sources) -> (Option<Artifact>, Report) {
    let mut report = Report::new();
    let text = sources.get(source).map_or("", |source| source.text.as_str());
    let Some(artifact) = artifact::read(source, content, text, &mut report) else { return (None, report) };
    match &artifact.shape {
        Shape::Profile(_) | Shape::Declaration(_) | Shape::Syncml(_) => {}
    }
    (Some(artifact), report)
}

/// A file that was named and is no artifact, or one that is and cannot be read.
fn refuse(path: String, why: Not, sources: &mut Sources, report: &mut Report) {
    let (code, what) = match why {
        Not::Artifact => (Code::E0801, "is no artifact that lint reads".to_owned()),
        Not::Readable(why) => (Code::E0802, why),
    };
    let message = format!("`{path}` {what}");
    let span = Span::start_of(sources.add(Source::new(path, String::new())));
    let diagnostic = Diagnostic::new(code, span, message).label("this file");
    report.push(if code == Code::E0801 {
        diagnostic.help("name configuration profiles, declarations or SyncML; in a folder, other files are passed over")
    } else {
        diagnostic
    });
}
