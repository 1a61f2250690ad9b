//! The shape of commands: numbered, in the order of OMA's document type definition, each with what it needs.

use std::collections::HashMap;

use crate::artifact::Element;
use crate::check::nearest;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::lint::shorten;
use crate::lint::tokens::is_templated;
use crate::source::Span;

use super::VERBS;

/// Commands and what else stands in a body, in no order.
const BODY: [&str; 12] =
    ["Add", "Replace", "Delete", "Exec", "Get", "Atomic", "Sequence", "Alert", "Status", "Results", "Copy", "Final"];
/// What a command holds, in order.
const COMMAND: [&str; 6] = ["CmdID", "NoResp", "Cred", "Meta", "Correlator", "Item"];
/// What an item holds, in order.
const ITEM: [&str; 4] = ["Target", "Source", "Meta", "Data"];

/// Checks the commands of a message, or of a bare run.
pub fn check(commands: &[Element], message: bool, report: &mut Report) {
    let mut numbers = HashMap::new();
    each(commands, message, &mut numbers, report);
}

fn each(commands: &[Element], message: bool, numbers: &mut HashMap<String, Span>, report: &mut Report) {
    for command in commands {
        match command.local() {
            "Final" | "CmdID" | "Meta" | "NoResp" => {}
            "Atomic" | "Sequence" => {
                number(command, message, numbers, report);
                each(&command.children, message, numbers, report);
            }
            verb if VERBS.contains(&verb) => {
                number(command, message, numbers, report);
                one(command, report);
            }
            name if BODY.contains(&name) => number(command, message, numbers, report),
            name => unknown(name, command.open, "command", &BODY, report),
        }
    }
}

fn unknown(name: &str, span: Span, what: &str, known: &[&'static str], report: &mut Report) {
    let message = format!("`<{}>` is no {what}", shorten(name));
    let diagnostic = Diagnostic::new(Code::E0821, span, message).label("not known");
    report.push(match nearest(name, known.iter().copied()) {
        Some(near) => diagnostic.help(format!("`<{near}>` is near")),
        None => diagnostic,
    });
}

/// A command of a message has a number, and no two have the same. A bare run needs none.
fn number(command: &Element, message: bool, numbers: &mut HashMap<String, Span>, report: &mut Report) {
    let Some(id) = command.child("CmdID") else {
        if message && command.local() != "Final" {
            let text = format!("`<{}>` has no `CmdID`", command.local());
            let diagnostic = Diagnostic::new(Code::E0821, command.open, text).label("not numbered");
            report.push(diagnostic.help("number the commands of a message from 1"));
        }
        return;
    };
    let text = id.text.trim();
    let span = if id.text.is_empty() { id.open } else { id.content };
    if text.is_empty() || text == "0" {
        report.push(Diagnostic::new(Code::E0821, span, "a `CmdID` is neither empty nor 0").label("no number of a command"));
    } else if is_templated(text) {
        // The server numbers it.
    } else if let Some(first) = numbers.insert(text.to_owned(), span) {
        let message = format!("the `CmdID` `{}` stands twice", shorten(text));
        let diagnostic = Diagnostic::new(Code::E0821, span, message).label("again").also(first, "first here");
        report.push(diagnostic.help("give each command a number of its own, those inside Atomic included"));
    }
}

fn one(command: &Element, report: &mut Report) {
    ordered(command, &COMMAND, report);
    let items: Vec<&Element> = command.children.iter().filter(|child| child.local() == "Item").collect();
    if items.is_empty() {
        let message = format!("`<{}>` has no `Item`", command.local());
        report.push(Diagnostic::new(Code::E0821, command.open, message).label("names no node"));
    }
    for item in items {
        ordered(item, &ITEM, report);
        if item.child("Target").and_then(|target| target.child("LocURI")).is_none() {
            let diagnostic = Diagnostic::new(Code::E0821, item.open, "an `Item` has no `Target` with a `LocURI`");
            report.push(diagnostic.label("names no node"));
        }
        for owner in [item, command] {
            if let Some(meta) = owner.child("Meta") {
                namespaces(meta, report);
            }
        }
        if let Some(data) = item.child("Data") {
            content(data, report);
        }
    }
}

/// Known elements in their order.
fn ordered(element: &Element, order: &[&'static str], report: &mut Report) {
    let mut last: Option<(usize, &Element)> = None;
    for child in &element.children {
        let Some(at) = order.iter().position(|known| *known == child.local()) else {
            unknown(child.local(), child.open, &format!("part of `<{}>`", element.local()), order, report);
            continue;
        };
        if let Some((before, other)) = last.filter(|(before, _)| at < *before) {
            let _ = before;
            let message = format!("`<{}>` stands behind `<{}>`", child.local(), other.local());
            let diagnostic =
                Diagnostic::new(Code::W0855, child.open, message).label("belongs in front of it").also(other.open, "this one");
            report.push(
                diagnostic.note("MS-MDM: messages keep the order of OMA's document type definition: Target, Source, Meta, Data"),
            );
            continue;
        }
        last = Some((at, child));
    }
}

/// `Format` and `Type` are words of another namespace.
fn namespaces(meta: &Element, report: &mut Report) {
    const META: &str = "syncml:metinf";
    let of_meta = |element: &Element| element.attribute("xmlns") == Some(META) || element.name.contains(':');
    for child in &meta.children {
        if !of_meta(child) && !of_meta(meta) {
            let message = format!("`<{}>` has no `xmlns=\"{META}\"`", child.local());
            let diagnostic = Diagnostic::new(Code::W0855, child.open, message).label("is of another namespace");
            let name = &child.name;
            report.push(diagnostic.fix("name it", child.open, format!("<{name} xmlns=\"{META}\">")));
        }
    }
}

/// Text of a value: no elements, no `CDATA`, nothing around it.
fn content(data: &Element, report: &mut Report) {
    if let Some(child) = data.children.first() {
        let message = format!("`<Data>` holds an element, `<{}>`, and takes text", shorten(&child.name));
        let diagnostic = Diagnostic::new(Code::E0829, child.open, message).label("markup in a value");
        report.push(diagnostic.help("escape it: `&lt;` for `<` and `&amp;` for `&`"));
    }
    if let Some(span) = data.cdata {
        let diagnostic = Diagnostic::new(Code::W0855, span, "a value stands in `CDATA`")
            .label("servers that compare it with the device's answer fail");
        report.push(diagnostic.help("escape it instead: `&lt;` for `<` and `&amp;` for `&`"));
    } else if data.children.is_empty()
        && data.text.trim().len() != data.text.len()
        && !data.text.trim().starts_with('<')
        && !data.text.trim().is_empty()
    {
        let diagnostic =
            Diagnostic::new(Code::W0855, data.content, "there is white space around a value").label("belongs to the value");
        report.push(diagnostic.help("write the value right behind `<Data>`, and `</Data>` right behind it"));
    }
}
