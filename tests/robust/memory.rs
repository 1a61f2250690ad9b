//! A workspace in memory, compiled through the library, and what must hold of every report.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use payloadc::check::{FileProblem, Files, Overrides};
use payloadc::compile::{FetchSecrets, Input, Output, Selection, compile};
use payloadc::diagnostic::render::{Format, Style, render};
use payloadc::diagnostic::{Code, Diagnostic, Edit, Report};
use payloadc::ir::SecretSource;
use payloadc::source::{Source, SourceId, Sources, Span};

/// The files of `fixtures/authority` and `fixtures/policies`, by name: wherever a mutated path leads, a file of that name is there.
static AUTHORITY: LazyLock<BTreeMap<String, Arc<[u8]>>> = LazyLock::new(|| {
    let folders = ["fixtures/authority", "fixtures/policies"].map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
    let files = folders.into_iter().flat_map(|folder| std::fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap());
    files.map(|file| (file.file_name().into_string().unwrap(), std::fs::read(file.path()).unwrap().into())).collect()
});

/// Every `input.yaml` below `fixtures/fields` that needs no `payloadc.yaml` of its own: valid profiles with each field and value.
pub static INPUTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut inputs = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/fields")];
    while let Some(folder) = folders.pop() {
        let own = folder.join("payloadc.yaml").exists();
        for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap()) {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else if entry.file_name() == "input.yaml" && !own {
                inputs.push(std::fs::read_to_string(entry.path()).unwrap());
            }
        }
    }
    inputs.sort();
    assert!(inputs.len() > 100, "the fixtures are there");
    inputs
});

/// A sound `payloadc.yaml`, for mutations and for runs that are about profiles.
pub const WORKSPACE: &str = "organization: { name: Contoso, identifier: com.contoso }\n\
    profiles: [profiles/*.yaml]\n\
    server: { ios: workspace_one, macos: workspace_one, windows_phone: manual, windows: generic }\n\
    platforms: { ios: \">=16\", windows_phone: \">=8.1\" }\n\
    vars: { mail_host: mail.contoso.com }\n\
    allow: { W0212: \"every Mac uses EWS here\" }\n";

struct InMemory;

impl Files for InMemory {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileProblem> {
        AUTHORITY.get(path.rsplit('/').next().unwrap_or_default()).cloned().ok_or(FileProblem::Missing)
    }

    fn list(&self, _folder: &str) -> Vec<String> {
        AUTHORITY.keys().cloned().collect()
    }
}

impl FetchSecrets for InMemory {
    fn fetch(&self, source: &SecretSource) -> Result<Vec<u8>, String> {
        match source {
            SecretSource::File(path) => self.read(path).map(|bytes| bytes.to_vec()).map_err(|_| "cannot be read".to_owned()),
            SecretSource::Env(_) | SecretSource::Token(_) => Ok(b"fixture-only".to_vec()),
        }
    }
}

/// A report of a large hostile file is shorter than this.
const MOST_BYTES: usize = 4 << 20;

/// Codes that only a build can find, since only it reads secrets.
const OF_SECRETS: [Code; 4] = [Code::E0310, Code::E0503, Code::N0702, Code::N0703];

/// Compiles `payloadc.yaml` and profile files, with or without secrets.
pub fn compiled(workspace: Option<&str>, profiles: &[&str], build: bool) -> Output {
    let mut sources = Sources::new();
    let workspace = workspace.map(|text| sources.add(Source::new("payloadc.yaml".into(), text.into())));
    let add = |(at, text): (usize, &&str)| sources.add(Source::new(format!("profiles/a/b/c/{at}.yaml"), (*text).into()));
    let ids: Vec<SourceId> = profiles.iter().enumerate().map(add).collect();
    compile(Input {
        catalog: &payloadc::builtin::CATALOG,
        sources,
        workspace,
        profiles: ids,
        files: &InMemory,
        overrides: Overrides { organization: workspace.is_none().then(|| "com.contoso".to_owned()), ..Overrides::default() },
        at: Some(1_795_219_200),
        selection: Selection::default(),
        secrets: build.then_some(&InMemory as &dyn FetchSecrets),
        tracked: &|_| false,
        trace: false,
        previous: None,
        per_user: None,
        report: Report::new(),
    })
}

/// Checks and builds; whatever was written, all that must hold holds. Returns what the check found.
pub fn survives(workspace: Option<&str>, profiles: &[&str]) -> Output {
    let checked = compiled(workspace, profiles, false);
    let built = compiled(workspace, profiles, true);
    let length = workspace.map_or(0, str::len) + profiles.iter().map(|text| text.len()).sum::<usize>();
    sane(&checked, length);
    sane(&built, length);
    agree(&checked, &built);
    fixes_keep_text(&checked);
    checked
}

/// Spans lie in their file, renderings work and stay within bounds.
fn sane(output: &Output, input: usize) {
    for diagnostic in &output.diagnostics {
        let labels = diagnostic.labels.iter().map(|label| label.span);
        let edits = diagnostic.fix.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span);
        for span in [diagnostic.primary.span].into_iter().chain(labels).chain(edits) {
            assert!(inside(span, &output.sources), "{span:?} of {diagnostic:?}");
        }
        assert_ne!(diagnostic.code, Code::E0001, "an internal error: {diagnostic:?}");
    }
    let narrow = (Format::Human, Style { colour: true, width: Some(40) });
    for (format, style) in Format::ALL.iter().map(|format| (*format, Style::default())).chain([narrow]) {
        let text = render(format, &output.diagnostics, &output.sources, style);
        // Coarse on purpose: a report may be longer than a small file, and must not explode with a large one.
        assert!(text.len() <= MOST_BYTES + 400 * input.min(10_000), "{} bytes of {} for {input}", text.len(), format.name());
        assert!(!text.contains('\0'));
    }
}

fn inside(span: Span, sources: &Sources) -> bool {
    sources.get(span.source).is_some_and(|source| span.start <= span.end && source.text.get(span.from()..span.to()).is_some())
}

/// `check` says all that `build` says, apart from what only the secrets show.
fn agree(checked: &Output, built: &Output) {
    let said = |output: &Output| -> Vec<Diagnostic> {
        output.diagnostics.iter().filter(|diagnostic| !OF_SECRETS.contains(&diagnostic.code)).cloned().collect()
    };
    assert_eq!(said(checked), said(built));
    assert!(checked.broken.is_subset(&built.broken));
    let good = |output: &Output| -> Vec<String> { output.artifacts.iter().map(|artifact| artifact.entry.path.clone()).collect() };
    let (of_check, of_build) = (good(checked), good(built));
    assert!(of_build.iter().all(|path| of_check.contains(path)), "a build makes no artifact that a check does not");
    for artifact in &built.artifacts {
        assert!(!built.broken.contains(&artifact.entry.profile), "{} is built and broken", artifact.entry.profile);
    }
}

/// Applies every fix by itself: what comes out is text again.
fn fixes_keep_text(output: &Output) {
    for fix in output.diagnostics.iter().filter_map(|diagnostic| diagnostic.fix.as_ref()) {
        let sources: std::collections::BTreeSet<SourceId> = fix.edits.iter().map(|edit| edit.span.source).collect();
        assert_eq!(sources.len(), 1, "one fix, one file: {fix:?}");
        let text = &output.sources.get(fix.edits[0].span.source).unwrap().text;
        let fixed = applied(text, fix.edits.iter().collect());
        assert!(String::from_utf8(fixed.clone()).is_ok(), "{fix:?} cuts a character");
        assert!(!fixed.contains(&0));
    }
}

/// Bytes on purpose: this must not be saved by `str`'s own checks.
fn applied(text: &str, mut edits: Vec<&Edit>) -> Vec<u8> {
    edits.sort_by_key(|edit| edit.span);
    let mut out = Vec::new();
    let mut at = 0;
    for edit in edits {
        assert!(at <= edit.span.from(), "edits of one fix overlap");
        out.extend_from_slice(&text.as_bytes()[at..edit.span.from()]);
        out.extend_from_slice(edit.text.as_bytes());
        at = edit.span.to();
    }
    out.extend_from_slice(&text.as_bytes()[at..]);
    out
}

/// Applies the fixes of one round that do not touch each other, as `check --fix` does.
pub fn fixed_once(text: &str, diagnostics: &[Diagnostic], source: SourceId) -> Option<String> {
    let mut edits: Vec<&Edit> =
        diagnostics.iter().filter_map(|diagnostic| diagnostic.fix.as_ref()).flat_map(|fix| &fix.edits).collect();
    edits.retain(|edit| edit.span.source == source);
    edits.sort_by_key(|edit| edit.span);
    let mut kept: Vec<&Edit> = Vec::new();
    for edit in edits {
        if kept.last().is_none_or(|last| last.span.end <= edit.span.start && last.span != edit.span) {
            kept.push(edit);
        }
    }
    (!kept.is_empty()).then(|| String::from_utf8(applied(text, kept)).unwrap())
}
