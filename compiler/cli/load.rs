//! From arguments to sources: finds the workspace, reads its files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use rayon::prelude::*;

use super::Failure;
use super::arguments::What;
use super::files::{NoText, decode, read_bounded};
use super::globs::{folders, matching, slashes};
use super::overrides::overrides;
use crate::builtin::SCHEMAS;
use crate::check::{Overrides, Workspace};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::source::{Limits, Source, SourceId, Sources, Span, parse};

/// The name of a workspace's file.
pub const WORKSPACE: &str = "payloadc.yaml";
/// What standard input is called in diagnostics.
pub const STDIN: &str = "<stdin>";

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
    /// The files that were named; nothing for a whole workspace.
    pub chosen: Option<Vec<SourceId>>,
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
        [only] if only.file_name().is_some_and(|name| name == WORKSPACE) && only.is_file() => workspace(parent(only), overrides),
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
        chosen: None,
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
    let read = loaded.workspace_file()?;
    let matched = matching(&loaded.root, &read, &loaded.output, &mut loaded.report)?;
    loaded.files(matched.files, &matched.links);
    Ok(loaded)
}

/// Single files; the workspace is the one above the first, and all of it is read: a file may refer to others.
fn chosen(files: &[PathBuf], overrides: Overrides) -> Result<Loaded, Failure> {
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
    }
    let first = files.first().ok_or_else(|| Failure("no file is named".into()))?;
    let parent = parent(first);
    let above = find_above(parent);
    let mut loaded = empty(above.clone().unwrap_or_else(|| parent.to_path_buf()), overrides);
    let chosen: BTreeSet<String> = files.iter().map(|file| inside(&loaded.root, file)).collect::<Result<_, Failure>>()?;
    let mut paths = chosen.clone();
    if above.is_some() {
        let read = loaded.workspace_file()?;
        // What the globs themselves do wrong is no matter of these files.
        paths.extend(matching(&loaded.root, &read, &loaded.output, &mut Report::new())?.files);
    } else {
        need_organization(&loaded.overrides)?;
    }
    loaded.files(paths, &BTreeMap::new());
    let is_chosen = |id: &SourceId| loaded.sources.get(*id).is_some_and(|source| chosen.contains(&source.path));
    loaded.chosen = Some(loaded.profiles.iter().copied().filter(is_chosen).collect());
    Ok(loaded)
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn standard_input(overrides: Overrides) -> Result<Loaded, Failure> {
    let mut bytes = Vec::new();
    let most = u64::try_from(Limits::default().file_bytes).unwrap_or(u64::MAX) + 1;
    std::io::stdin().lock().take(most).read_to_end(&mut bytes)?;
    let here = PathBuf::from(".");
    let mut loaded = empty(find_above(&here).unwrap_or(here), overrides);
    let others = if loaded.root.join(WORKSPACE).is_file() {
        let read = loaded.workspace_file()?;
        let ids = ids(&String::from_utf8_lossy(&bytes));
        let files = matching(&loaded.root, &read, &loaded.output, &mut Report::new())?.files;
        files.into_iter().filter(|path| !stands_for(&loaded.root.join(path), &ids)).collect()
    } else {
        need_organization(&loaded.overrides)?;
        BTreeSet::new()
    };
    let id = loaded.add(STDIN.into(), Ok(bytes));
    loaded.profiles.extend(id);
    loaded.chosen = Some(loaded.profiles.clone());
    // What it may refer to.
    loaded.files(others, &BTreeMap::new());
    Ok(loaded)
}

/// The ids of the documents of a text.
fn ids(text: &str) -> BTreeSet<String> {
    let documents = parse(SourceId(0), text, Limits::default()).documents;
    documents.iter().filter_map(|node| Some(node.get("id")?.value.scalar()?.text.to_string())).collect()
}

/// Whether a file holds one of these profiles: an editor hands in the text of a file that it has not saved yet.
fn stands_for(path: &Path, wanted: &BTreeSet<String>) -> bool {
    let text = read_bounded(path).ok().and_then(|bytes| decode(bytes).ok());
    text.is_some_and(|(text, _)| !ids(&text).is_disjoint(wanted))
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
    let whole =
        fs::canonicalize(path).map_err(|error| Failure(format!("`{}` cannot be read: {}", path.display(), error.kind())))?;
    match whole.strip_prefix(&whole_root) {
        Ok(relative) => Ok(slashes(relative)),
        Err(_) => Err(Failure(format!("`{}` does not lie in the workspace `{}`", path.display(), root.display()))),
    }
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
        // Without `./` in front, which messages would show.
        let below = |path: &str| if self.root == Path::new(".") { PathBuf::from(path) } else { self.root.join(path) };
        self.output = below(&read.output);
        self.profile_folders = folders(&read).iter().filter(|folder| !folder.is_empty()).map(|folder| below(folder)).collect();
        Ok(read)
    }

    /// Reads files by their path from the workspace, on all cores, and keeps their order; links that are not followed have a place
    /// in it.
    fn files(&mut self, paths: BTreeSet<String>, links: &BTreeMap<String, bool>) {
        let read: Vec<_> = paths.into_par_iter().map(|path| (read_bounded(&self.root.join(&path)), path)).collect();
        let mut links = links.iter().peekable();
        for (bytes, path) in read {
            while let Some((link, inside)) = links.next_if(|(link, _)| **link < path) {
                self.not_followed(link, *inside);
            }
            let id = self.add(path, bytes);
            self.profiles.extend(id);
        }
        for (link, inside) in links {
            self.not_followed(link, *inside);
        }
    }

    /// A symbolic link that leads out of the workspace, or to a folder: reported where the file would be, and not read.
    fn not_followed(&mut self, path: &str, inside: bool) {
        let span = Span::start_of(self.sources.add(Source::new(path.to_owned(), String::new())));
        let diagnostic = if inside {
            let message = format!("`{path}` is a symbolic link to a folder, and is not followed");
            Diagnostic::new(Code::E0101, span, message).help("name the folder itself under `profiles` in payloadc.yaml")
        } else {
            let message = format!("`{path}` is a symbolic link that leads out of the workspace");
            Diagnostic::new(Code::E0111, span, message).help("keep the files themselves inside the workspace")
        };
        self.report.push(diagnostic.label("not read"));
    }

    /// Takes a file in. What is no text is said; its id is there then only for the diagnostic.
    fn add(&mut self, path: String, bytes: std::io::Result<Vec<u8>>) -> Option<SourceId> {
        let (code, message, text, at) = match bytes.map(decode) {
            Ok(Ok((text, marked))) => {
                if marked {
                    self.marked.insert(path.clone());
                }
                return Some(self.sources.add(Source::new(path, text)));
            }
            Ok(Err(NoText { what, shown, at })) => {
                let code = if what.starts_with("has more") { Code::E0106 } else { Code::E0102 };
                (code, format!("`{path}` {what}"), shown, at)
            }
            Err(error) => (Code::E0101, format!("`{path}` cannot be read: {error}"), String::new(), None),
        };
        let id = self.sources.add(Source::new(path, text));
        let span = at.map_or(Span::start_of(id), |(start, end)| Span { source: id, start, end });
        let diagnostic = Diagnostic::new(code, span, message).label(if at.is_some() { "here" } else { "this file" });
        self.report.push(if code == Code::E0102 { diagnostic.help("save it as UTF-8") } else { diagnostic });
        None
    }
}

/// The output folder that a workspace names.
pub fn output_folder(root: &Path) -> Result<PathBuf, Failure> {
    let mut loaded = empty(root.to_path_buf(), Overrides::default());
    loaded.workspace_file()?;
    Ok(loaded.output)
}
