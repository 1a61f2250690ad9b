//! `schemas/vendor`: the tables, with the overlay laid over them.

use std::collections::BTreeMap;

use super::reader::Words;
use super::{Files, Mistake, Read, leak, read, text};
use crate::catalog::{Access, Availability, Catalog, Cmdlet, Key, KeyType, Node, NodeFormat, Parameter, Payload};
use crate::schema::Version;
use crate::source;

const APPLE: &str = "vendor/apple/payloads.tsv";
const WINDOWS: &str = "vendor/windows/nodes.tsv";
const CONFIGMGR: &str = "vendor/configmgr/cmdlets.tsv";
const NOWHERE: Availability = Availability { introduced: None, deprecated: None, removed: None };

pub fn catalog(files: &Files) -> Result<Catalog, Mistake> {
    let mut payloads = rows(files, APPLE, payload)?;
    let mut nodes = rows(files, WINDOWS, node)?;
    let (mut keys, types): (Vec<Row>, Vec<Row>) = payloads.drain(..).partition(|row| !row.key.path.is_empty());
    read(files, "vendor/overlay.yaml", |root| {
        let words = Words::of(root)?;
        for entry in words.must("apple")?.items()? {
            correct_key(entry, &mut keys)?;
        }
        // Corrections name nodes as the vendor's file spells them; spellings are put right afterwards.
        let (spellings, facts): (Vec<_>, Vec<_>) =
            words.must("windows")?.items()?.iter().partition(|entry| entry.get("segment").is_some());
        for entry in facts.into_iter().chain(spellings.into_iter().rev()) {
            correct_node(entry, &mut nodes)?;
        }
        words.finish()
    })?;
    nodes.sort_by_key(|node| node.path);
    let mut payloads: Vec<Payload> = types.into_iter().map(|row| row.with_keys(&keys)).collect();
    payloads.sort_by_key(|payload| payload.name);
    let releases = leak(vec![
        ("apple", release(files, APPLE)),
        ("configmgr", release(files, CONFIGMGR)),
        ("windows", release(files, WINDOWS)),
    ]);
    Ok(Catalog { payloads: leak(payloads), nodes: leak(nodes), cmdlets: cmdlets(rows(files, CONFIGMGR, parameter)?), releases })
}

/// The releases a table's head names: `# Release: iOS 18.3; date: ...`, up to the first semicolon of the line.
fn release(files: &Files, path: &str) -> &'static str {
    let head = files.get(path).into_iter().flat_map(|content| content.lines());
    let line = head.filter_map(|line| line.strip_prefix("# Release")).next().unwrap_or_default();
    text(line.split_once(':').map_or("", |(_, rest)| rest).split([';', '=']).next().unwrap_or_default().trim())
}

/// Reads a table: comments, a line of column names, rows.
fn rows<T>(files: &Files, path: &str, read: fn(&BTreeMap<&str, &str>) -> Result<T, String>) -> Result<Vec<T>, Mistake> {
    let mistake = |line: usize, what: String| Mistake { place: format!("{path}:{}:1", line + 1), what };
    let content = files.get(path).ok_or_else(|| mistake(0, "is not there".into()))?;
    let mut lines = content.lines().enumerate().filter(|(_, line)| !line.starts_with('#'));
    let (_, names) = lines.next().ok_or_else(|| mistake(0, "has no column names".into()))?;
    let names: Vec<&str> = names.split('\t').collect();
    lines
        .map(|(at, line)| {
            let cells: Vec<&str> = line.split('\t').collect();
            if cells.len() != names.len() {
                return Err(mistake(at, format!("{} cells, {} columns", cells.len(), names.len())));
            }
            read(&names.iter().copied().zip(cells).collect()).map_err(|what| mistake(at, what))
        })
        .collect()
}

fn cell(row: &BTreeMap<&str, &str>, name: &str) -> Result<&'static str, String> {
    row.get(name).map(|cell| text(cell)).ok_or_else(|| format!("no column `{name}`"))
}

/// A row of Apple's table: a key, or with an empty path a payload type.
struct Row {
    payload: &'static str,
    key: Key,
    channels: &'static [&'static str],
    multiple: bool,
}

impl Row {
    fn with_keys(self, keys: &[Row]) -> Payload {
        let mut own: Vec<Key> = keys.iter().filter(|row| row.payload == self.payload).map(|row| row.key).collect();
        own.sort_by_key(|key| key.path);
        Payload {
            name: self.payload,
            keys: leak(own),
            ios: self.key.ios,
            macos: self.key.macos,
            channels: self.channels,
            multiple: self.multiple,
        }
    }
}

fn payload(row: &BTreeMap<&str, &str>) -> Result<Row, String> {
    let flags = cell(row, "flags")?;
    let flag = |name: &str| flags.split(' ').find_map(|flag| flag.strip_prefix(name));
    let key = Key {
        path: cell(row, "key")?,
        ty: key_type(cell(row, "type")?)?,
        required: cell(row, "presence")? == "required",
        allowed: leak(cell(row, "allowed")?.split('|').filter(|value| !value.is_empty()).collect()),
        ios: availability(cell(row, "ios")?)?,
        macos: availability(cell(row, "macos")?)?,
        asked: false,
    };
    Ok(Row {
        payload: cell(row, "payload")?,
        key,
        channels: leak(flag("channels=").map_or(Vec::new(), |list| list.split(',').collect())),
        multiple: flag("multiple").is_some(),
    })
}

fn parameter(row: &BTreeMap<&str, &str>) -> Result<(&'static str, Parameter), String> {
    let list = |name: &str| cell(row, name).map(|cell| leak(cell.split('|').filter(|word| !word.is_empty()).collect::<Vec<_>>()));
    let required = match cell(row, "presence")? {
        "required" => true,
        "optional" => false,
        other => return Err(format!("`{other}` is neither `required` nor `optional`")),
    };
    let (name, ty) = (cell(row, "parameter")?, cell(row, "type")?);
    Ok((cell(row, "cmdlet")?, Parameter { name, ty, required, allowed: list("allowed")?, sets: list("sets")? }))
}

/// Parameters by their cmdlets, in the order of the table.
fn cmdlets(rows: Vec<(&'static str, Parameter)>) -> &'static [Cmdlet] {
    let mut found: Vec<(&'static str, Vec<Parameter>)> = Vec::new();
    for (name, parameter) in rows {
        match found.last_mut().filter(|(last, _)| *last == name) {
            Some((_, parameters)) => parameters.push(parameter),
            None => found.push((name, vec![parameter])),
        }
    }
    leak(found.into_iter().map(|(name, parameters)| Cmdlet { name, parameters: leak(parameters) }).collect())
}

fn key_type(name: &str) -> Result<KeyType, String> {
    Ok(match name {
        "string" => KeyType::String,
        "integer" => KeyType::Integer,
        "real" => KeyType::Real,
        "boolean" => KeyType::Boolean,
        "date" => KeyType::Date,
        "data" => KeyType::Data,
        "" | "dictionary" => KeyType::Dictionary,
        "any" => KeyType::Any,
        "string_or_strings" => KeyType::StringOrStrings,
        array if array.starts_with("array") => KeyType::Array,
        other => return Err(format!("`{other}` is no type")),
    })
}

/// `4.0 deprecated=10.0 removed=12.0`, or `n/a`.
fn availability(text: &str) -> Result<Availability, String> {
    let mut availability = NOWHERE;
    for word in text.split([' ', ',']).filter(|word| !word.is_empty() && *word != "n/a") {
        let (slot, number) = match word.split_once('=') {
            Some(("deprecated", number)) => (&mut availability.deprecated, number),
            Some(("removed", number)) => (&mut availability.removed, number),
            Some(_) => return Err(format!("unknown word `{word}`")),
            None => (&mut availability.introduced, word),
        };
        *slot = Some(Version::parse(number).ok_or_else(|| format!("`{number}` is no version"))?);
    }
    Ok(availability)
}

fn node(row: &BTreeMap<&str, &str>) -> Result<Node, String> {
    let allowed = cell(row, "allowed")?;
    let flags = cell(row, "flags")?;
    let build = cell(row, "build")?;
    Ok(Node {
        path: cell(row, "path")?,
        format: format(cell(row, "format")?)?,
        access: access(cell(row, "access")?)?,
        allowed: self::allowed(allowed),
        range: allowed.strip_prefix("Range:").and_then(range),
        build: Version::parse(build.split(',').next().unwrap_or_default()).unwrap_or(Version([0; 4])),
        atomic: flags.split([' ', ',']).any(|flag| flag == "atomic"),
        forbidden: false,
    })
}

/// `ENUM:0|1`; other restrictions are no list of values.
fn allowed(text: &str) -> &'static [&'static str] {
    leak(text.strip_prefix("ENUM:").map_or(Vec::new(), |values| values.split('|').map(super::text).collect()))
}

fn format(name: &str) -> Result<NodeFormat, String> {
    NodeFormat::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| format!("`{name}` is no format"))
}

fn access(letters: &str) -> Result<Access, String> {
    let mut access = Access::default();
    for letter in letters.chars() {
        match letter {
            'A' => access.add = true,
            'G' => access.get = true,
            'R' => access.replace = true,
            'D' => access.delete = true,
            'E' => access.exec = true,
            other => return Err(format!("`{other}` is no verb")),
        }
    }
    Ok(access)
}

/// `[0-30]`, `[(-1)-4294967295]`.
fn range(text: &str) -> Option<(i64, i64)> {
    let inside = text.strip_prefix('[')?.strip_suffix(']')?;
    let (from, to) = match inside.strip_prefix('(') {
        Some(rest) => rest.split_once(")-")?,
        None => inside.split_once('-')?,
    };
    Some((from.parse().ok()?, to.parse().ok()?))
}

fn correct_key(entry: &source::Node, keys: &mut [Row]) -> Read<()> {
    let words = Words::of(entry)?;
    let (payload, path) = (words.must("payload")?.text()?, words.must("key")?.text()?);
    words.must("reason")?;
    words.must("source")?;
    let Some(row) = keys.iter_mut().find(|row| row.payload == payload && row.key.path == path) else {
        return Err((entry.span, format!("the table has no key `{path}` of `{payload}`")));
    };
    if let Some(at) = words.may("asked") {
        row.key.asked = at.boolean()?;
    }
    if let Some(at) = words.may("type") {
        row.key.ty = key_type(at.raw()?).map_err(|what| (at.span(), what))?;
    }
    words.finish()
}

fn correct_node(entry: &source::Node, nodes: &mut Vec<Node>) -> Read<()> {
    let words = Words::of(entry)?;
    let path = words.must("path")?.text()?;
    words.must("reason")?;
    words.must("source")?;
    if let Some(at) = words.may("add") {
        let own = Words::of(at.0)?;
        let (format_at, access_at) = (own.must("format")?, own.must("access")?);
        nodes.push(Node {
            path,
            format: format(format_at.raw()?).map_err(|what| (format_at.span(), what))?,
            access: access(access_at.raw()?).map_err(|what| (access_at.span(), what))?,
            allowed: &[],
            range: None,
            build: Version([0; 4]),
            atomic: false,
            forbidden: false,
        });
        own.finish()?;
        return words.finish();
    }
    if let Some(at) = words.may("segment") {
        respell(path, at.raw()?, nodes);
        return words.finish();
    }
    let Some(node) = nodes.iter_mut().find(|node| node.path == path) else {
        return Err((entry.span, format!("the table has no node `{path}`")));
    };
    if let Some(at) = words.may("access") {
        node.access = access(at.raw()?).map_err(|what| (at.span(), what))?;
    }
    if let Some(at) = words.may("format") {
        node.format = format(at.raw()?).map_err(|what| (at.span(), what))?;
    }
    if let Some(at) = words.may("forbidden") {
        node.forbidden = at.boolean()?;
    }
    if let Some(at) = words.may("atomic") {
        node.atomic = at.boolean()?;
    }
    if let Some(at) = words.may("allowed") {
        node.range = at.raw()?.strip_prefix("Range:").and_then(range);
        node.allowed = allowed(at.raw()?);
    }
    words.finish()
}

/// Spells the last segment of a path otherwise, in the node and in all below it.
fn respell(path: &str, segment: &str, nodes: &mut [Node]) {
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    for node in nodes {
        if let Some(rest) = node.path.strip_prefix(path).filter(|rest| rest.is_empty() || rest.starts_with('/')) {
            node.path = text(&format!("{parent}/{segment}{rest}"));
        }
    }
}
