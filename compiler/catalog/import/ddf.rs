//! Folders of DDF files to `nodes.tsv`.
//!
//! The files directly in one folder are a set: what Microsoft publishes at a time. Of a CSP that stands in several sets, the first
//! counts; so a set of the older format fills in only what the newer one lacks. Files of the older format that are no XML, or describe
//! what a file before them does, are skipped and told: the vendor published such.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::made::{Form, PHONE, Sections};
use super::nodes::{name, rows};
use super::xml::{Element, read};
use super::{File, Folder, Head, Made, Mistake};
use crate::catalog::{Nodes, Row as _};
use crate::schema::Version;

/// What Windows Phone knew, by the oldest set of files: of it only these roots are taken, whatever newer sets have.
const OF_PHONE: [&str; 2] = ["./Vendor/MSFT/ActiveSync", "./Vendor/MSFT/CertificateStore"];

const FORM: Form = Form {
    path: "windows/nodes.tsv",
    what: "Windows CSP nodes: every node. Facts only, no text of Microsoft's.",
    licence: "CC BY 4.0, attribution: Microsoft, Windows configuration service provider DDF files",
    source: "https://learn.microsoft.com/windows/client-management/mdm/configuration-service-provider-ddf",
    columns: Nodes::COLUMNS,
};

/// The files of one release, read.
struct Set<'a> {
    name: String,
    trees: Vec<(&'a str, Element)>,
    /// Whether they are DDF v2.
    new: bool,
    /// The newest build that they name.
    build: Option<Version>,
}

/// Makes the table. The second list says what was skipped.
///
/// # Errors
/// The first mistake.
pub fn windows(folders: &[Folder], head: &Head) -> Result<(Vec<Made>, Vec<Mistake>), Mistake> {
    let (mut skipped, mut sets) = (Vec::new(), Vec::new());
    for folder in folders {
        sets.extend(sets_of(folder, &mut skipped)?);
    }
    let mut made = Made { form: &FORM, head: head.clone(), sections: Sections::new(), notes: Vec::new() };
    let mut known = BTreeSet::new();
    let mut named = Some(head.release.as_str()).filter(|release| !release.is_empty());
    for set in &sets {
        let (label, note) = set.label(named);
        let here = take(set, &label, &known, &mut made.sections, &mut skipped)?;
        if here.is_empty() {
            continue;
        }
        known.extend(here);
        let note = note
            .map(|note| if made.head.release.is_empty() { format!("{note}; give --release if another is meant") } else { note });
        made.notes.extend(note);
        if made.head.release.is_empty() {
            made.head.release = label;
        }
        named = None;
    }
    Ok((if made.sections.is_empty() { Vec::new() } else { vec![made] }, skipped))
}

/// Adds the roots of a set whose CSPs no set before had; gives back which CSPs those are.
fn take(
    set: &Set<'_>,
    label: &str,
    known: &BTreeSet<String>,
    sections: &mut Sections,
    skipped: &mut Vec<Mistake>,
) -> Result<BTreeSet<String>, Mistake> {
    let mut here = BTreeSet::new();
    for (path, node) in set.trees.iter().flat_map(|(path, tree)| tree.all("Node").map(move |node| (path, node))) {
        let root = format!("{}/{}", node.text_of("Path").trim_end_matches('/'), name(node));
        let csp = if root.contains("/Policy/Config/") { "Policy".to_owned() } else { name(node).to_owned() };
        // Two files of the older format begin with such a node, of no CSP.
        let nothing = csp == "Root" && node.child("Node").is_none();
        let wanted = if set.name.ends_with(PHONE) { OF_PHONE.contains(&root.as_str()) } else { !known.contains(&csp) };
        if nothing || !wanted {
            continue;
        }
        let wrong = |line: u32, what: String| Mistake { file: (*path).to_owned(), line, what };
        if sections.contains_key(&root) {
            let twice = wrong(node.line, format!("`{root}` is described by a file before it, too"));
            if set.new {
                return Err(twice);
            }
            skipped.push(twice);
            continue;
        }
        here.insert(csp);
        let found = rows(node, &root, label).map_err(|(line, what)| wrong(line, what))?;
        sections.insert(root, found);
    }
    Ok(here)
}

/// The sets of a folder: DDF v2 before the older format, newer ones before older ones.
fn sets_of<'a>(folder: &'a Folder, skipped: &mut Vec<Mistake>) -> Result<Vec<Set<'a>>, Mistake> {
    let mut inside: BTreeMap<&Path, Vec<&File>> = BTreeMap::new();
    for file in &folder.files {
        inside.entry(Path::new(&file.path).parent().unwrap_or(Path::new(""))).or_default().push(file);
    }
    let alone = inside.len() == 1;
    let mut sets = Vec::new();
    for (path, files) in inside {
        let own = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = own.filter(|_| !alone).unwrap_or_else(|| folder.name.clone());
        sets.push(set(name, &files, skipped)?);
    }
    sets.sort_by(|one, other| (other.new, other.build, &other.name).cmp(&(one.new, one.build, &one.name)));
    Ok(sets)
}

fn set<'a>(name: String, files: &[&'a File], skipped: &mut Vec<Mistake>) -> Result<Set<'a>, Mistake> {
    let (mut trees, mut broken) = (Vec::new(), Vec::new());
    for file in files {
        match read(file) {
            Ok(tree) if tree.name == "MgmtTree" => trees.push((file.path.as_str(), tree)),
            Ok(_) => {}
            Err(mistake) => broken.push(mistake),
        }
    }
    let mut set = Set { name, new: is_new(&trees), build: None, trees };
    if set.new {
        if let Some(mistake) = broken.into_iter().next() {
            return Err(mistake);
        }
        set.build = set.trees.iter().flat_map(|(_, tree)| tree.all("Node")).filter_map(newest).max();
    } else {
        skipped.extend(broken);
    }
    Ok(set)
}

/// Only DDF v2 says since which build a node is there.
fn is_new(trees: &[(&str, Element)]) -> bool {
    let applicable = |node: &Element| node.child("DFProperties").is_some_and(|own| own.child("MSFT:Applicability").is_some());
    trees.iter().any(|(_, tree)| tree.all("Node").any(|node| applicable(node) || node.all("Node").any(applicable)))
}

/// The newest build that a node or one below it names. What is in no build yet, the vendor writes as build 88.8 or 99.9.
fn newest(node: &Element) -> Option<Version> {
    let own = node.child("DFProperties");
    let said = [
        own.and_then(|own| own.child("MSFT:Applicability")).map_or("", |own| own.text_of("MSFT:OsBuildVersion")),
        own.and_then(|own| own.child("MSFT:Deprecated")).map_or("", |own| own.attribute("OsBuildDeprecated")),
    ];
    let builds = said.into_iter().flat_map(|text| text.split([',', ' ', '\n', '\t']));
    let builds = builds.filter_map(Version::parse).filter(|build| build.0.first() == Some(&10));
    builds.chain(node.all("Node").filter_map(newest)).max()
}

impl Set<'_> {
    /// `v2-2025-02`: the format, and the release; and how that is known, where nobody said it.
    fn label(&self, named: Option<&str>) -> (String, Option<String>) {
        let format = if self.new { "v2-" } else { "v1-" };
        let plain = |letter: char| if letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.') { letter } else { '_' };
        let prefixed = |text: &str| {
            let text: String = text.chars().map(plain).collect();
            if text.starts_with(format) { text } else { format!("{format}{text}") }
        };
        if let Some(named) = named {
            return (prefixed(named), None);
        }
        let (label, how) = match self.build {
            Some(build) => (format!("{format}{build}"), "the newest build that its files name"),
            None => (prefixed(&self.name), "the name of its folder, for its files name no build"),
        };
        let note = format!("release {label}: {how}");
        (label, Some(note))
    }
}
