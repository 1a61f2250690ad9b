//! Reads `schemas/` for the build script and for tests; not part of the program.
//!
//! Strict on purpose: a word, field, case or platform it does not know, a field that a table does not answer, a key twice:
//! each stops the build with file, line and column. A loader that ignores what it does not know loses settings silently.

pub mod catalog;
mod cmdlets;
pub mod emit;
mod fleet;
mod kind;
mod reader;
mod server;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::catalog::Catalog;
use crate::schema::{FleetKind, Kind, Platform, Schemas, Server, Table, Version};
use crate::source::{Limits, Node, Source, SourceId, Span, parse};
use catalog::Vendor;
use reader::Words;

/// The files of `schemas/` by their path in it, `/` between segments.
pub type Files = BTreeMap<String, String>;

/// What is wrong in a schema file.
#[derive(Debug, PartialEq, Eq)]
pub struct Mistake {
    /// File, line and column.
    pub place: String,
    /// What.
    pub what: String,
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "schemas/{}: {}", self.place, self.what)
    }
}

/// A mistake at a span of the file that is being read.
type At = (Span, String);
type Read<T> = Result<T, At>;

/// A value for the rest of the run: the build script and tests end soon.
fn leak<T>(items: Vec<T>) -> &'static [T] {
    Vec::leak(items)
}

fn text(text: &str) -> &'static str {
    String::leak(text.trim_end().to_owned())
}

/// Reads everything.
///
/// # Errors
/// The first mistake of the first file that has one.
pub fn load(files: &Files) -> Result<(Schemas, Vendor, &'static Catalog), Mistake> {
    let (platforms, consoles, not_yet) = read(files, "platforms.yaml", platforms)?;
    let mut kinds: Vec<&'static Kind> = Vec::new();
    for path in under(files, "kinds/") {
        kinds.push(Box::leak(Box::new(read(files, path, |root| kind::kind(root, stem(path), platforms))?)));
    }
    let mut tables: Vec<&'static Table> = Vec::new();
    // A table that is `like` another's is read after it.
    let (alone, alike): (Vec<&str>, Vec<&str>) =
        under(files, "targets/").partition(|path| !files[*path].lines().any(|line| line.starts_with("like:")));
    for path in alone.into_iter().chain(alike) {
        let target = path.split('/').nth(1).unwrap_or_default();
        let table = read(files, path, |root| {
            table::table(root, target, stem(path), &table::Known { platforms, kinds: &kinds, tables: &tables })
        })?;
        tables.push(Box::leak(Box::new(table)));
    }
    tables.sort_by_key(|table| (table.kind, table.target));
    table::all_answered(&kinds, platforms, &tables).map_err(|what| Mistake { place: "targets".into(), what })?;
    let mut servers: Vec<&'static Server> = Vec::new();
    for path in under(files, "servers/") {
        servers.push(Box::leak(Box::new(read(files, path, |root| server::server(root, stem(path), platforms))?)));
    }
    let mut fleet: Vec<&'static FleetKind> = Vec::new();
    for path in under(files, "fleet/") {
        fleet.push(Box::leak(Box::new(read(files, path, |root| fleet::kind(root, stem(path)))?)));
    }
    let (vendor, catalog) = catalog::vendor(files)?;
    let schemas = Schemas {
        platforms,
        consoles,
        not_yet,
        kinds: leak(kinds),
        fleet: leak(fleet),
        tables: leak(tables),
        servers: leak(servers),
    };
    Ok((schemas, vendor, catalog))
}

fn under<'a>(files: &'a Files, folder: &'a str) -> impl Iterator<Item = &'a str> {
    files.keys().map(String::as_str).filter(move |path| path.starts_with(folder) && path.ends_with(".yaml"))
}

fn stem(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path).trim_end_matches(".yaml")
}

fn read<T>(files: &Files, path: &str, reader: impl FnOnce(&Node) -> Read<T>) -> Result<T, Mistake> {
    let Some(content) = files.get(path) else {
        return Err(Mistake { place: path.into(), what: "is not there".into() });
    };
    let source = Source::new(path.into(), content.clone());
    let mistake = |(span, what): At| {
        let position = source.position(span.start);
        Mistake { place: format!("{path}:{}:{}", position.line, position.column), what }
    };
    let parsed = parse(SourceId(0), content, Limits::default());
    if let Some(problem) = parsed.problems.first() {
        return Err(mistake((problem.span, format!("{:?}", problem.kind))));
    }
    match parsed.documents.as_slice() {
        [root] => reader(root).map_err(mistake),
        _ => Err(mistake((Span::start_of(SourceId(0)), "one document is wanted".into()))),
    }
}

type Platforms = (&'static [Platform], &'static [Platform], &'static [(&'static str, &'static str)]);

fn platforms(root: &Node) -> Read<Platforms> {
    let words = Words::of(root)?;
    let mut platforms = Vec::new();
    for (name, node) in words.must("platforms")?.pairs()? {
        let words = Words::of(node)?;
        platforms.push(Platform {
            name,
            title: words.must("title")?.text()?,
            oldest_supported: words.must("oldest_supported")?.version()?,
            names: leak(match words.may("names") {
                Some(names) => {
                    names.pairs()?.into_iter().map(|(name, node)| Ok((name, reader::At(node).version()?))).collect::<Read<_>>()?
                }
                None => Vec::new(),
            }),
            ends: words.may("ends").map(reader::At::version).transpose()?,
            one_scope: words.text_or_empty("one_scope")?,
            editions: words.texts_or_empty("editions")?,
            also_called: words.texts_or_empty("also_called")?,
            targets: leak(words.must("targets")?.texts()?),
            delivers: &[],
            source: "",
        });
        words.finish()?;
    }
    let mut consoles = Vec::new();
    for (name, node) in words.must("consoles")?.pairs()? {
        consoles.push(console(name, node, &platforms)?);
    }
    let not_yet = words.must("not_yet")?.pairs()?.into_iter();
    let not_yet = not_yet.map(|(name, node)| Ok((name, reader::At(node).text()?))).collect::<Read<Vec<_>>>()?;
    words.finish()?;
    Ok((leak(platforms), leak(consoles), leak(not_yet)))
}

fn console(name: &'static str, node: &Node, platforms: &[Platform]) -> Read<Platform> {
    let words = Words::of(node)?;
    let delivers = words.must("delivers")?;
    let names = delivers.texts()?;
    if names.is_empty() || names.iter().any(|name| !platforms.iter().any(|platform| platform.name == *name)) {
        return delivers.mistake("platforms are wanted");
    }
    let console = Platform {
        name,
        title: words.must("title")?.text()?,
        oldest_supported: Version([0; 4]),
        ends: None,
        one_scope: "",
        editions: &[],
        names: &[],
        also_called: &[],
        targets: leak(words.must("targets")?.texts()?),
        delivers: leak(names),
        source: words.must("source")?.text()?,
    };
    words.finish()?;
    Ok(console)
}

fn version(span: Span, text: &str) -> Read<Version> {
    Version::parse(text).ok_or_else(|| (span, format!("`{text}` is no version")))
}
