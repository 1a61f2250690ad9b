//! From arguments to sources: finds the workspace, matches globs, reads files.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use rayon::prelude::*;

use super::Failure;
use super::arguments::What;
use crate::builtin::SCHEMAS;
use crate::check::{FileProblem, Files, Overrides, Variable, Workspace, is_identifier};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::{Limits, Source, SourceId, Sources, Span, Tree, parse};

/// The name of a workspace's file.
pub const WORKSPACE: &str = "payloadc.yaml";

/// What was read.
pub struct Loaded {
    /// All files.
    pub sources: Sources,
    /// `payloadc.yaml`.
    pub workspace: Option<SourceId>,
    /// The files with profiles.
    pub profiles: Vec<SourceId>,
    /// What could not be read.
    pub report: Report,
    /// The folder of the workspace, or of the first file.
    pub root: PathBuf,
    /// From the command line.
    pub overrides: Overrides,
    /// The output folder as `payloadc.yaml` names it.
    pub output: PathBuf,
    /// The folders in which profiles lie: the output must not be one of them.
    pub profile_folders: Vec<PathBuf>,
    /// The whole workspace rather than chosen files.
    pub whole: bool,
    /// Files whose text began with a byte order mark.
    pub marked: BTreeSet<String>,
}

/// Reads what the arguments name.
pub fn load(what: &What) -> Result<Loaded, Failure> {
    let overrides = overrides(what)?;
    let inputs = if what.inputs.is_empty() { vec![PathBuf::from(".")] } else { what.inputs.clone() };
    match inputs.as_slice() {
        [only] if only == Path::new("-") => standard_input(overrides),
        [only] if only.is_dir() => workspace(only, overrides),
        files => chosen(files, overrides),
    }
}

fn empty(root: PathBuf, overrides: Overrides) -> Loaded {
    let output = root.join("dist");
    Loaded {
        sources: Sources::new(),
        workspace: None,
        profiles: Vec::new(),
        report: Report::new(),
        root,
        overrides,
        output,
        profile_folders: Vec::new(),
        whole: false,
        marked: BTreeSet::new(),
    }
}

/// A whole workspace.
fn workspace(folder: &Path, overrides: Overrides) -> Result<Loaded, Failure> {
    if !folder.join(WORKSPACE).is_file() {
        let above = find_above(folder);
        let hint = match above {
            Some(root) => format!("; there is one in `{}`", root.display()),
            None => "; `payloadc init` writes one, and a profile file can be named by itself".to_owned(),
        };
        return Err(Failure(format!("`{}` has no {WORKSPACE}{hint}", folder.display())));
    }
    let mut loaded = empty(folder.to_path_buf(), overrides);
    loaded.whole = true;
    let read = loaded.workspace_file()?;
    for (glob, _) in &read.profiles {
        let before = glob.find(['*', '?', '[', '{']).and_then(|at| glob.get(..at)).unwrap_or(glob);
        let base = before.rsplit_once('/').map_or("", |(base, _)| base);
        if !base.is_empty() {
            loaded.profile_folders.push(loaded.root.join(base));
        }
    }
    let paths = matching(&loaded.root, &read, &loaded.output, &mut loaded.report)?;
    loaded.files(&paths);
    Ok(loaded)
}

/// Single files; the workspace is the one above the first.
fn chosen(files: &[PathBuf], overrides: Overrides) -> Result<Loaded, Failure> {
    let mut paths = Vec::new();
    for file in files {
        if file.is_dir() {
            return Err(Failure(format!("`{}` is a folder: name one workspace, or files", file.display())));
        }
        if file == Path::new("-") {
            return Err(Failure("`-` stands alone: standard input holds one file".into()));
        }
        if !file.exists() {
            return Err(Failure(format!("there is no file `{}`", file.display())));
        }
        paths.push(file.clone());
    }
    let first = paths.first().ok_or_else(|| Failure("no file is named".into()))?;
    let parent = first.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Some(root) = find_above(parent) else {
        need_organization(&overrides)?;
        let mut loaded = empty(parent.to_path_buf(), overrides);
        let relative: Vec<String> = paths.iter().map(|path| inside(&loaded.root, path)).collect::<Result<_, Failure>>()?;
        loaded.files(&relative);
        return Ok(loaded);
    };
    let mut loaded = empty(root, overrides);
    loaded.workspace_file()?;
    let relative: Vec<String> = paths.iter().map(|path| inside(&loaded.root, path)).collect::<Result<_, Failure>>()?;
    loaded.files(&relative);
    Ok(loaded)
}

fn standard_input(overrides: Overrides) -> Result<Loaded, Failure> {
    let mut bytes = Vec::new();
    let most = u64::try_from(Limits::default().file_bytes).unwrap_or(u64::MAX) + 1;
    std::io::stdin().lock().take(most).read_to_end(&mut bytes)?;
    let here = PathBuf::from(".");
    let mut loaded = empty(find_above(&here).unwrap_or(here), overrides);
    if loaded.root.join(WORKSPACE).is_file() {
        loaded.workspace_file()?;
    } else {
        need_organization(&loaded.overrides)?;
    }
    let id = loaded.add("<stdin>".into(), Ok(bytes));
    loaded.profiles.extend(id);
    Ok(loaded)
}

fn need_organization(overrides: &Overrides) -> Result<(), Failure> {
    if overrides.organization.is_some() {
        return Ok(());
    }
    Err(Failure(format!("there is no {WORKSPACE} above the file: name the organisation with `--organization com.contoso`")))
}

/// The nearest folder at or above `folder` that holds a workspace file.
pub fn find_above(folder: &Path) -> Option<PathBuf> {
    let absolute = fs::canonicalize(folder).ok()?;
    let found = absolute.ancestors().position(|ancestor| ancestor.join(WORKSPACE).is_file())?;
    // Relative where it was named relatively, so that messages do not show whole paths.
    if found == 0 {
        return Some(folder.to_path_buf());
    }
    if folder.is_absolute() {
        return absolute.ancestors().nth(found).map(Path::to_path_buf);
    }
    let components: Vec<Component<'_>> = folder.components().filter(|part| !matches!(part, Component::CurDir)).collect();
    if components.len() >= found && components.iter().all(|part| matches!(part, Component::Normal(_))) {
        let kept: PathBuf = components.iter().take(components.len() - found).collect();
        return Some(if kept.as_os_str().is_empty() { PathBuf::from(".") } else { kept });
    }
    absolute.ancestors().nth(found).map(Path::to_path_buf)
}

/// A file's path from the workspace.
fn inside(root: &Path, path: &Path) -> Result<String, Failure> {
    let whole_root = fs::canonicalize(root)?;
    let whole = fs::canonicalize(path).map_err(|error| Failure(format!("`{}` cannot be read: {}", path.display(), error.kind())))?;
    match whole.strip_prefix(&whole_root) {
        Ok(relative) => Ok(slashes(relative)),
        Err(_) => Err(Failure(format!("`{}` does not lie in the workspace `{}`", path.display(), root.display()))),
    }
}

fn slashes(path: &Path) -> String {
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// The files that the workspace's globs match, in order, each once.
fn matching(root: &Path, workspace: &Workspace, output: &Path, report: &mut Report) -> Result<Vec<String>, Failure> {
    let globs = globs(workspace, report);
    let mut hits = vec![0_usize; workspace.profiles.len()];
    let whole_root = fs::canonicalize(root)?;
    let output = fs::canonicalize(output).ok();
    let mut paths = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for entry in walk(root, output) {
        let path = entry.map_err(|error| Failure(format!("the workspace cannot be read: {error}")))?;
        let relative = slashes(path.strip_prefix(root).unwrap_or(&path));
        let matched = globs.matches(&relative);
        for at in &matched {
            if let Some(hit) = hits.get_mut(*at) {
                *hit += 1;
            }
        }
        if matched.is_empty() {
            continue;
        }
        match fs::canonicalize(&path) {
            Ok(whole) if !whole.starts_with(&whole_root) => report_outside(&relative, workspace, report),
            Ok(whole) if whole.is_file() => {
                if seen.insert(whole) {
                    paths.insert(relative);
                }
            }
            // A broken link is read and reported as a file that cannot be.
            _ => {
                paths.insert(relative);
            }
        }
    }
    for ((glob, span), hits) in workspace.profiles.iter().zip(hits) {
        if let Some(span) = span.filter(|_| hits == 0) {
            report.push(Diagnostic::new(Code::W0602, span, format!("`{glob}` matches no file")).label("matches nothing"));
        }
    }
    if paths.is_empty() && workspace.profiles.iter().all(|(_, span)| span.is_none()) {
        report.push(
            Diagnostic::new(Code::W0602, Span::start_of(SourceId(0)), "the workspace has no profiles: nothing matches `profiles/**/*.yaml`")
                .help("write a profile below `profiles/`, or name other places under `profiles:`"),
        );
    }
    Ok(paths.into_iter().collect())
}

fn report_outside(relative: &str, workspace: &Workspace, report: &mut Report) {
    let span = workspace.profiles.iter().find_map(|(_, span)| *span).unwrap_or(Span::start_of(SourceId(0)));
    let message = format!("`{relative}` is a symbolic link that leads out of the workspace");
    report.push(Diagnostic::new(Code::E0111, span, message).label("matched by a glob here").help("keep the file itself inside the workspace"));
}

fn globs(workspace: &Workspace, report: &mut Report) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for (glob, span) in &workspace.profiles {
        match GlobBuilder::new(glob).literal_separator(true).build() {
            Ok(glob) => {
                set.add(glob);
            }
            Err(error) => {
                let span = span.unwrap_or(Span::start_of(SourceId(0)));
                report.push(Diagnostic::new(Code::E0218, span, format!("`{glob}` is no glob: {}", error.kind())).label("here"));
                // Keeps positions in step with the workspace's list.
                if let Ok(nothing) = GlobBuilder::new("\u{0}").build() {
                    set.add(nothing);
                }
            }
        }
    }
    set.build().unwrap_or_else(|_| GlobSet::empty())
}

/// All files of a workspace but those in hidden folders and in the output folder.
fn walk(root: &Path, output: Option<PathBuf>) -> impl Iterator<Item = Result<PathBuf, ignore::Error>> {
    let mut builder = ignore::WalkBuilder::new(root);
    builder.standard_filters(false).hidden(true).follow_links(false).sort_by_file_name(Ord::cmp);
    builder.filter_entry(move |entry| {
        let is_output = || fs::canonicalize(entry.path()).ok().zip(output.as_ref()).is_some_and(|(path, output)| path == *output);
        !(entry.depth() > 0 && entry.file_type().is_some_and(|kind| kind.is_dir()) && is_output())
    });
    builder.build().filter_map(|entry| match entry {
        Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_dir()) => None,
        Ok(entry) => Some(Ok(entry.into_path())),
        Err(error) => Some(Err(error)),
    })
}

impl Loaded {
    /// Reads `payloadc.yaml` far enough to know where profiles and output are; what is wrong with it is said by the compiler.
    fn workspace_file(&mut self) -> Result<Workspace, Failure> {
        let path = self.root.join(WORKSPACE);
        let bytes = fs::read(&path).map_err(|error| Failure(format!("`{}` cannot be read: {}", path.display(), error.kind())))?;
        let id = self.add(WORKSPACE.into(), Ok(bytes));
        self.workspace = id;
        let text = id.and_then(|id| self.sources.get(id)).map(|source| source.text.clone()).unwrap_or_default();
        let parsed = parse(id.unwrap_or(SourceId(0)), &text, Limits::default());
        let mut ignored = Report::new();
        let read = match parsed.documents.first() {
            Some(node) => Workspace::read(node, &SCHEMAS, &self.overrides, &self.sources, &mut ignored),
            None => Workspace::bare("", &SCHEMAS, &self.overrides),
        };
        self.output = self.root.join(&read.output);
        Ok(read)
    }

    /// Reads files by their path from the workspace, on all cores, and keeps their order.
    fn files(&mut self, paths: &[String]) {
        let read: Vec<std::io::Result<Vec<u8>>> = paths.par_iter().map(|path| read_bounded(&self.root.join(path))).collect();
        for (path, bytes) in paths.iter().zip(read) {
            let id = self.add(path.clone(), bytes);
            self.profiles.extend(id);
        }
    }

    /// Takes a file in. What is no text is said; its id is there then only for the diagnostic.
    fn add(&mut self, path: String, bytes: std::io::Result<Vec<u8>>) -> Option<SourceId> {
        let text = bytes.map_err(|error| (Code::E0101, format!("`{path}` cannot be read: {error}"))).and_then(|bytes| {
            decode(bytes).map_err(|what| (if what.starts_with("has more") { Code::E0106 } else { Code::E0102 }, format!("`{path}` {what}")))
        });
        match text {
            Ok((text, marked)) => {
                if marked {
                    self.marked.insert(path.clone());
                }
                Some(self.sources.add(Source::new(path, text)))
            }
            Err((code, message)) => {
                let id = self.sources.add(Source::new(path, String::new()));
                let diagnostic = Diagnostic::new(code, Span::start_of(id), message).label("this file");
                self.report.push(if code == Code::E0102 { diagnostic.help("save it as UTF-8") } else { diagnostic });
                None
            }
        }
    }
}

/// A file's bytes, but not more than the compiler reads.
fn read_bounded(path: &Path) -> std::io::Result<Vec<u8>> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(std::io::Error::other("it is no regular file"));
    }
    let most = u64::try_from(Limits::default().file_bytes).unwrap_or(u64::MAX) + 1;
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// UTF-8 text without its byte order mark, and whether there was one.
fn decode(bytes: Vec<u8>) -> Result<(String, bool), String> {
    let most = Limits::default().file_bytes;
    if bytes.len() > most {
        return Err(format!("has more than {most} bytes"));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err("is UTF-16, and UTF-8 is read".into());
    }
    if bytes.len() >= 4 && bytes.iter().skip(1).step_by(2).take(8).all(|byte| *byte == 0) {
        return Err("is UTF-16 without a byte order mark, and UTF-8 is read".into());
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes().get(..at).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("is not UTF-8: byte {} (line {line}) begins no character", at + 1)
    })?;
    match text.strip_prefix('\u{feff}') {
        Some(rest) => Ok((rest.to_owned(), true)),
        None => Ok((text, false)),
    }
}

fn overrides(what: &What) -> Result<Overrides, Failure> {
    let mut vars = Vec::new();
    for file in &what.vars_files {
        vars.extend(vars_file(file)?);
    }
    for var in &what.vars {
        let (name, value) = var.split_once('=').ok_or_else(|| Failure(format!("`--var {var}` is not NAME=VALUE")))?;
        vars.push((variable_name(name)?, Variable { value: value.to_owned(), from: "--var".into() }));
    }
    if let Some(identifier) = what.organization.as_deref().filter(|identifier| !is_identifier(identifier)) {
        return Err(Failure(format!("`--organization {identifier}` is no reverse DNS name such as `com.contoso`")));
    }
    Ok(Overrides { vars, organization: what.organization.clone() })
}

fn variable_name(name: &str) -> Result<String, Failure> {
    let fits = !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if fits { Ok(name.to_owned()) } else { Err(Failure(format!("`{name}` cannot be the name of a variable: letters, digits and `_`"))) }
}

fn vars_file(path: &Path) -> Result<Vec<(String, Variable)>, Failure> {
    let wrong = |what: String| Failure(format!("`--vars {}`: {what}", path.display()));
    let bytes = fs::read(path).map_err(|error| wrong(error.to_string()))?;
    let (text, _) = decode(bytes).map_err(wrong)?;
    let parsed = parse(SourceId(0), &text, Limits::default());
    let node = parsed.documents.first().filter(|_| parsed.problems.is_empty()).ok_or_else(|| wrong("is no YAML mapping".into()))?;
    let pairs = node.mapping().ok_or_else(|| wrong("is no YAML mapping of names and values".into()))?;
    pairs
        .iter()
        .map(|pair| match &pair.value.tree {
            Tree::Scalar(scalar) => {
                let from = format!("--vars {}", path.display());
                Ok((variable_name(&pair.key)?, Variable { value: scalar.text.to_string(), from }))
            }
            Tree::Sequence(_) | Tree::Mapping(_) => Err(wrong(format!("`{}` is no text", pair.key))),
        })
        .collect()
}

/// Files that profiles name, on disk, never outside of the workspace.
pub struct OnDisk {
    /// The workspace.
    pub root: PathBuf,
}

/// A certificate file larger than this is a mistake.
const LARGEST: u64 = 4 << 20;

impl Files for OnDisk {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileProblem> {
        let problem = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound => FileProblem::Missing,
            kind => FileProblem::Unreadable(kind.to_string()),
        };
        let root = fs::canonicalize(&self.root).map_err(problem)?;
        let whole = fs::canonicalize(self.root.join(path)).map_err(problem)?;
        if !whole.starts_with(&root) {
            return Err(FileProblem::Outside);
        }
        let metadata = fs::metadata(&whole).map_err(problem)?;
        if !metadata.is_file() {
            return Err(FileProblem::Unreadable("it is no file".into()));
        }
        if metadata.len() > LARGEST {
            return Err(FileProblem::Unreadable(format!("it has {} bytes, {LARGEST} are read", metadata.len())));
        }
        fs::read(&whole).map(Arc::from).map_err(problem)
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.root.join(folder)).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }
}

/// The output folder that a workspace names.
pub fn output_folder(root: &Path) -> Result<PathBuf, Failure> {
    let mut loaded = empty(root.to_path_buf(), Overrides::default());
    loaded.workspace_file()?;
    Ok(loaded.output)
}
