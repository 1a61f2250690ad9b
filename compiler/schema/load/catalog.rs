//! `schemas/vendor`: where the sections of the tables stand, and the overlay that is laid over them.
//!
//! The tables themselves are read by the catalog, the program's own reader: here they are only proved to be readable.

use super::cmdlets::cmdlets;
use super::reader::{At, Words};
use super::{Files, Mistake, Read, leak, read};
use crate::catalog::{Catalog, Cmdlets, Correction, Demand, Overlay, Row, Rule, Section, Table, sections};
use crate::source;

/// The tables of Apple's payloads, Apple's declarations, Windows nodes.
pub const TABLES: [&str; 3] = ["vendor/apple/payloads.tsv", "vendor/apple/declarations.tsv", "vendor/windows/nodes.tsv"];
const OVERLAY: &str = "vendor/overlay.yaml";

/// The overlay, and the sections of each of [`TABLES`].
pub struct Vendor {
    pub overlay: &'static Overlay,
    pub sections: [&'static [Section]; 3],
    pub cmdlets: Cmdlets,
}

pub fn vendor(files: &Files) -> Result<(Vendor, &'static Catalog), Mistake> {
    let overlay: &'static Overlay = Box::leak(Box::new(read(files, OVERLAY, overlay)?));
    let [payloads, declarations, nodes] = TABLES;
    let (payloads, first) = table(files, payloads, overlay)?;
    let (declarations, second) = table(files, declarations, overlay)?;
    let (nodes, third) = table(files, nodes, overlay)?;
    let cmdlets = cmdlets(files)?;
    let catalog: &'static Catalog = Box::leak(Box::new(Catalog::new(payloads, declarations, nodes, overlay, cmdlets)));
    read(files, OVERLAY, |root| fits(root, catalog))?;
    Ok((Vendor { overlay, sections: [first, second, third], cmdlets }, catalog))
}

fn table<S: Row>(files: &Files, path: &str, overlay: &'static Overlay) -> Result<(Table<S>, &'static [Section]), Mistake> {
    let mistake = |line: usize, what: String| Mistake { place: format!("{path}:{line}:1"), what };
    let content: &'static str = files.get(path).ok_or_else(|| mistake(1, "is not there".into()))?.clone().leak();
    let sections = sections(content, S::begins).map_err(|found| mistake(found.line, found.what))?;
    let sections = leak(sections);
    let table: &'static Table<S> = Box::leak(Box::new(Table::new(content, sections)));
    table.check(overlay).map_err(|found| mistake(found.line, found.what))?;
    Ok((Table::new(content, sections), sections))
}

fn overlay(root: &source::Node) -> Read<Overlay> {
    let words = Words::of(root)?;
    let mut apple = Vec::new();
    for entry in words.must("apple")?.items()? {
        apple.push(correction(entry, "payload", "key")?);
    }
    // Corrections name nodes as the vendor's file spells them; spellings are put right afterwards, the deepest first.
    let (mut windows, mut spellings) = (Vec::new(), Vec::new());
    for entry in words.must("windows")?.items()? {
        let list = if entry.get("segment").is_some() { &mut spellings } else { &mut windows };
        list.push(correction(entry, "", "path")?);
    }
    windows.extend(spellings.into_iter().rev());
    let rules = words.must("rules")?.items()?.iter().map(rule).collect::<Read<Vec<Rule>>>()?;
    words.finish()?;
    Ok(Overlay { apple: leak(apple), windows: leak(windows), rules: leak(rules) })
}

/// The words beside the place are what changes; whether they may is known to who changes it.
fn correction(entry: &source::Node, of: &'static str, at: &'static str) -> Read<Correction> {
    let words = Words::of(entry)?;
    let mut changes = Vec::new();
    for (word, node) in At(entry).pairs()? {
        if ![of, at, "reason", "source"].contains(&word) {
            changes.push((word, At(node).text()?));
        }
    }
    if changes.is_empty() {
        return Err((entry.span, "an entry that changes nothing".into()));
    }
    Ok(Correction {
        of: if of.is_empty() { "" } else { words.must(of)?.text()? },
        at: words.must(at)?.text()?,
        changes: leak(changes),
        reason: words.must("reason")?.text()?,
        source: words.must("source")?.text()?,
    })
}

fn rule(entry: &source::Node) -> Read<Rule> {
    let words = Words::of(entry)?;
    let mut when = Vec::new();
    for (key, node) in words.may("when").map_or(Ok(Vec::new()), At::pairs)? {
        let values = match node.sequence() {
            Some(_) => At(node).texts()?,
            None => vec![At(node).text()?],
        };
        when.push((key, leak(values)));
    }
    let mut demands = Demand::WORDS.iter().filter_map(|(word, demand)| words.may(word).map(|at| (*demand, at)));
    let (Some((demand, keys)), None) = (demands.next(), demands.next()) else {
        return Err((entry.span, "one demand is wanted".into()));
    };
    drop(demands);
    let rule = Rule {
        of: words.must("payload")?.text()?,
        at: words.text_or_empty("at")?,
        when: leak(when),
        demand,
        keys: leak(keys.texts()?),
        advice: words.flag("advice")?,
        reason: words.must("reason")?.text()?,
        source: words.must("source")?.text()?,
    };
    words.finish()?;
    Ok(rule)
}

/// Every entry fits something in the committed tables: what fits nothing is stale.
fn fits(root: &source::Node, catalog: &'static Catalog) -> Read<()> {
    let words = Words::of(root)?;
    for entry in words.must("apple")?.items()? {
        let words = Words::of(entry)?;
        let (of, at) = (words.must("payload")?.text()?, words.must("key")?.text()?);
        let there = catalog.corrected(of, at, words.must("reason")?.text()?);
        if !there {
            return Err((entry.span, format!("the table has no key `{at}` of `{of}`, or has what is added")));
        }
    }
    for entry in words.must("windows")?.items()? {
        let words = Words::of(entry)?;
        let (path, reason) = (words.must("path")?.text()?, words.must("reason")?.text()?);
        if !catalog
            .nodes()
            .flat_map(|section| &section.nodes)
            .flat_map(|node| &node.corrections)
            .any(|done| done.at == path && done.reason == reason)
        {
            return Err((entry.span, format!("the table has no node `{path}`")));
        }
    }
    for entry in words.must("rules")?.items()? {
        let rule = rule(entry)?;
        let payload = catalog.section(rule.of).ok_or_else(|| (entry.span, format!("the tables have no type `{}`", rule.of)))?;
        for key in rule.keys.iter().copied().chain(rule.when.iter().map(|(key, _)| *key)) {
            let above = |path: &str| path.rsplit_once('/').map_or(String::new(), |(above, _)| above.to_owned());
            if !payload.keys.iter().any(|known| known.name() == key && rule.is_about(&above(&known.path))) {
                return Err((entry.span, format!("the table has no key `{key}` of `{}` at `{}`", rule.of, rule.at)));
            }
        }
    }
    Ok(())
}
