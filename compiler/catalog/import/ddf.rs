//! Folders of DDF files to `nodes.tsv`.
//!
//! Of a CSP that stands in several folders, the first counts; so a folder of the older format fills in only what the newer one
//! lacks. Files of the older format that are no XML are skipped and told: the vendor published such.

use std::collections::{BTreeMap, BTreeSet};

use super::nodes::{Row, name, rows};
use super::xml::{Element, read};
use super::{Folder, Head, Made, Mistake, table};
use crate::catalog::{Nodes, Row as _};

/// What Windows Phone knew, by the oldest set of files: of it only these roots are taken, whatever newer sets have.
const PHONE: (&str, [&str; 2]) = ("1607", ["./Vendor/MSFT/ActiveSync", "./Vendor/MSFT/CertificateStore"]);

/// Makes the table. The second list says what was skipped.
///
/// # Errors
/// The first mistake.
pub fn windows(folders: &[Folder], head: &Head) -> Result<(Vec<Made>, Vec<Mistake>), Mistake> {
    let mut sections: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    let (mut known, mut skipped, mut release) = (BTreeSet::new(), Vec::new(), head.release.clone());
    for folder in folders {
        let trees = trees(folder, &mut skipped)?;
        let label = label(folder, &trees);
        if release.is_empty() && !trees.is_empty() {
            release.clone_from(&label);
        }
        let mut here = BTreeSet::new();
        for (path, node, root) in
            trees.iter().flat_map(|(path, tree)| tree.all("Node").map(move |node| (path, node, root_of(node))))
        {
            let csp = if root.contains("/Policy/Config/") { "Policy".to_owned() } else { name(node).to_owned() };
            // Two files of the older format begin with such a node, of no CSP.
            let nothing = csp == "Root" && node.child("Node").is_none();
            let wanted = if label.ends_with(PHONE.0) { PHONE.1.contains(&root.as_str()) } else { !known.contains(&csp) };
            if nothing || !wanted {
                continue;
            }
            here.insert(csp);
            let wrong = |line: u32, what: String| Mistake { file: (*path).clone(), line, what };
            let mut found = rows(node, &root, &label).map_err(|(line, what)| wrong(line, what))?;
            if let Some(first) = found.first_mut() {
                first.flags.push(format!("release={label}"));
            }
            if sections.insert(root.clone(), found).is_some() {
                return Err(wrong(node.line, format!("`{root}` stands in a second file, too")));
            }
        }
        known.extend(here);
    }
    if sections.is_empty() {
        return Ok((Vec::new(), skipped));
    }
    Ok((vec![made(&sections, &Head { release, ..head.clone() })], skipped))
}

fn root_of(node: &Element) -> String {
    format!("{}/{}", node.text_of("Path").trim_end_matches('/'), name(node))
}

/// The files of a folder, read.
fn trees<'a>(folder: &'a Folder, skipped: &mut Vec<Mistake>) -> Result<Vec<(&'a String, Element)>, Mistake> {
    let mut trees = Vec::new();
    let mut broken = Vec::new();
    for file in &folder.files {
        match read(file) {
            Ok(tree) if tree.name == "MgmtTree" => trees.push((&file.path, tree)),
            Ok(_) => {}
            Err(mistake) => broken.push(mistake),
        }
    }
    if is_new(&trees) {
        if let Some(mistake) = broken.into_iter().next() {
            return Err(mistake);
        }
    } else {
        skipped.extend(broken);
    }
    Ok(trees)
}

/// Only DDF v2 says since which build a node is there.
fn is_new(trees: &[(&String, Element)]) -> bool {
    let applicable = |node: &Element| node.child("DFProperties").is_some_and(|own| own.child("MSFT:Applicability").is_some());
    trees.iter().any(|(_, tree)| tree.all("Node").any(|node| applicable(node) || node.all("Node").any(applicable)))
}

/// `v2-2025-02`: the format, and what the folder is called.
fn label(folder: &Folder, trees: &[(&String, Element)]) -> String {
    let format = if is_new(trees) { "v2-" } else { "v1-" };
    let plain = |letter: char| if letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.') { letter } else { '_' };
    let called: String = folder.name.chars().map(plain).collect();
    if called.starts_with(format) { called } else { format!("{format}{called}") }
}

fn made(sections: &BTreeMap<String, Vec<Row>>, head: &Head) -> Made {
    let mut legend: Vec<&str> = Vec::new();
    let mut table_rows = Vec::new();
    for row in sections.values().flatten() {
        let mut flags = row.flags.clone();
        if let Some(editions) = &row.editions {
            let at = legend.iter().position(|known| known == editions).unwrap_or_else(|| {
                legend.push(editions);
                legend.len() - 1
            });
            let release = flags.iter().position(|flag| flag.starts_with("release=")).unwrap_or(flags.len());
            flags.insert(release, format!("editions=e{}", at + 1));
        }
        let mut cells = row.cells.to_vec();
        cells.push(flags.join(" "));
        table_rows.push(cells);
    }
    let legend: String = legend.iter().enumerate().map(|(at, editions)| format!("# e{} = {editions}\n", at + 1)).collect();
    let mut head = head.clone();
    if head.source.is_empty() {
        head.source = "https://learn.microsoft.com/windows/client-management/mdm/configuration-service-provider-ddf".into();
    }
    let licence = "CC BY 4.0, attribution: Microsoft, Windows configuration service provider DDF files";
    let what = "Windows CSP nodes: every node. Facts only, no text of Microsoft's.";
    let holds = format!("{} roots, {} nodes", sections.len(), table_rows.len());
    Made { path: "windows/nodes.tsv", text: table(what, licence, &head, &legend, Nodes::COLUMNS, &table_rows), holds }
}
