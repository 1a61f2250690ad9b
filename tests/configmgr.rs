//! Scripts for Configuration Manager: `fixtures/configmgr` is a workspace, `expected/` what comes out of it
//! (`UPDATE=1 cargo test --test configmgr` rewrites it; the git diff is the review).
//!
//! Every cmdlet, parameter and word in a script is looked up in the vendor's table, read here from its file. Every script is parsed
//! by a grammar of PowerShell that is not ours; hostile texts must not change what it sees. No PowerShell runs here.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(clippy::disallowed_methods, reason = "tests read and write files")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use common::{files_below, payloadc, update};
use tree_sitter::{Node, Parser, Tree};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Scripts and manifest below a folder, by name.
fn scripts(folder: &Path) -> BTreeMap<String, String> {
    let name = |path: &Path| path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
    let shown = files_below(folder).into_iter().filter(|path| !name(path).starts_with('.'));
    shown.map(|path| (name(&path), std::fs::read_to_string(&path).unwrap())).collect()
}

fn expected() -> BTreeMap<String, String> {
    let all = scripts(&root().join("fixtures/configmgr/expected"));
    all.into_iter().filter(|(name, _)| name.ends_with(".ps1")).collect()
}

#[test]
fn the_workspace_builds_to_the_scripts_beside_it() {
    let out = tempfile::tempdir().unwrap();
    let run = payloadc(&["build", "fixtures/configmgr", "--at", "2026-11-21", "--out", out.path().to_str().unwrap()]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let built = scripts(out.path());
    let folder = root().join("fixtures/configmgr/expected");
    if update() {
        std::fs::remove_dir_all(&folder).ok();
        for (name, text) in &built {
            let path = folder.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }
    assert_eq!(built, scripts(&folder));
    for (name, text) in expected() {
        assert!(text.starts_with("\u{feff}#Requires") && !text.contains('\r'), "{name}");
        assert!(!text.contains("@'") && !text.contains("@\""), "{name} has a here-string");
    }
}

/// A parameter as the vendor's table has it.
struct Parameter {
    required: bool,
    words: Vec<String>,
    sets: Vec<String>,
}

type Facts = BTreeMap<String, BTreeMap<String, Parameter>>;

fn facts() -> Facts {
    let text = std::fs::read_to_string(root().join("schemas/vendor/configmgr/cmdlets.tsv")).unwrap();
    let list = |cell: &str| cell.split('|').filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let mut facts = Facts::new();
    for line in text.lines().filter(|line| !line.starts_with('#')).skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let parameter = Parameter { required: cells[3] == "required", words: list(cells[4]), sets: list(cells[5]) };
        facts.entry(cells[0].to_owned()).or_default().insert(cells[1].to_owned(), parameter);
    }
    facts
}

/// The pairs of a table that begins with this line.
fn table<'a>(lines: &[&'a str], at: usize) -> Vec<(&'a str, &'a str)> {
    let inner = lines[at + 1..].iter().map(|line| line.trim()).take_while(|line| *line != "}");
    inner.map(|line| line.split_once(" = ").unwrap()).collect()
}

/// The parameters that stand behind a cmdlet in its own line, with their values.
fn inline(own: &str) -> Vec<(&str, &str)> {
    let parts: Vec<&str> = own.split(" -").skip(1).collect();
    parts.into_iter().map(|part| part.split_once(' ').unwrap_or((part, ""))).collect()
}

/// Whether one parameter set has all that is given, and all that it asks for is given.
fn one_set(cmdlet: &str, known: &BTreeMap<String, Parameter>, given: &BTreeSet<&str>) -> bool {
    let sets: BTreeSet<&String> = known.values().flat_map(|parameter| &parameter.sets).collect();
    let fits = |set: Option<&String>| {
        let belongs = |parameter: &Parameter| parameter.sets.is_empty() || set.is_some_and(|set| parameter.sets.contains(set));
        let allowed = given.iter().all(|name| belongs(&known[*name]));
        let complete =
            known.iter().all(|(name, parameter)| !parameter.required || !belongs(parameter) || given.contains(name.as_str()));
        allowed && complete
    };
    // What only looks has a set without parameters of its own.
    let bare = sets.is_empty() || cmdlet.starts_with("Get-");
    (bare && fits(None)) || sets.into_iter().any(|set| fits(Some(set)))
}

#[test]
fn every_cmdlet_parameter_and_word_is_the_vendors() {
    let facts = facts();
    let mut looked_up = BTreeSet::new();
    for (name, text) in expected() {
        let lines: Vec<&str> = text.lines().collect();
        let mut tables: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
        for (at, line) in lines.iter().enumerate() {
            if let Some(variable) = line.trim().strip_prefix('$').and_then(|line| line.strip_suffix(" = @{")) {
                tables.insert(variable, table(&lines, at));
            }
            for cmdlet in line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).filter(|word| word.contains("-CM")) {
                let known = facts.get(cmdlet).unwrap_or_else(|| panic!("{name}: `{cmdlet}` is no cmdlet"));
                looked_up.insert(cmdlet.to_owned());
                let behind = line.split_once(cmdlet).unwrap().1;
                // A bracket closes the command, unless it opened one itself.
                let own = if behind.contains(" -Start (") { behind } else { behind.split([')', '|']).next().unwrap() };
                let mut given = inline(own);
                given.retain(|(parameter, _)| !parameter.starts_with("WhatIf:"));
                for (variable, pairs) in &tables {
                    if own.split(' ').any(|word| word.strip_prefix('@') == Some(variable)) {
                        given.extend(pairs);
                    }
                }
                for (parameter, value) in &given {
                    let facts = known.get(*parameter).unwrap_or_else(|| panic!("{name}: {cmdlet} has no -{parameter}"));
                    let plain = value.split(" @").next().unwrap().trim_matches('\'');
                    for word in plain.split(", ").filter(|_| !facts.words.is_empty()) {
                        assert!(facts.words.iter().any(|known| known == word), "{name}: {cmdlet} -{parameter} takes no `{word}`");
                    }
                }
                // What is handed to a function by its caller is not seen here.
                if !own.contains("@By") {
                    let given: BTreeSet<&str> = given.iter().map(|(parameter, _)| *parameter).collect();
                    assert!(one_set(cmdlet, known, &given), "{name}: no parameter set of {cmdlet} is {given:?}");
                }
            }
        }
        assert!(tables.contains_key("Settings"), "{name}");
    }
    for noun in [
        "EmailProfile",
        "CertificateProfileScep",
        "CertificateProfileTrustedRootCA",
        "CertificateProfilePfx",
        "ConfigurationPolicyDeployment",
    ] {
        for verb in ["Get", "New", "Set"] {
            assert!(looked_up.contains(&format!("{verb}-CM{noun}")), "no script has {verb}-CM{noun}");
        }
    }
    for other in ["Import-CMClientCertificatePfx", "Get-CMSupportedPlatform", "New-CMSchedule"] {
        assert!(looked_up.contains(other), "no script has {other}");
    }
}

fn parse(text: &str) -> Tree {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_powershell::LANGUAGE.into()).unwrap();
    parser.parse(text.trim_start_matches('\u{feff}'), None).unwrap()
}

/// The kinds of all nodes, in order: what a script does, whatever its texts say.
fn shape(node: Node<'_>, out: &mut String) {
    let _ = write!(out, "({}", node.kind());
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        shape(child, out);
    }
    out.push(')');
}

#[test]
fn every_script_is_powershell() {
    for (name, text) in expected() {
        let tree = parse(&text);
        let mut found = String::new();
        shape(tree.root_node(), &mut found);
        assert!(!tree.root_node().has_error(), "{name}: {found}");
    }
    assert!(parse("if ($x { 1 }").root_node().has_error(), "the grammar refuses nothing");
    assert!(parse("$x = 'it's'").root_node().has_error(), "the grammar takes a broken text");
}

/// Texts that would do something if they were not quoted.
const HOSTILE: [&str; 16] = [
    "$(Remove-Item *)",
    "'; Remove-Item *; '",
    "''; Remove-Item *; #",
    "\u{2019}; Remove-Item *; \u{2018}",
    "'\u{2019}; Remove-Item *; \u{201b}'",
    "`'",
    "\\'",
    "@'",
    "'@",
    "\"; calc; \"",
    "#>",
    "} catch {",
    "a | b > c & d",
    "$env:PATH",
    "%TEMP% !x!",
    "[char]39 + 'x",
];

#[test]
fn no_text_changes_what_a_script_does() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("payloadc.yaml"),
        "organization: { name: Contoso, identifier: com.contoso }\nserver: configmgr\n",
    )
    .unwrap();
    std::fs::create_dir(folder.path().join("profiles")).unwrap();
    let texts: Vec<String> = std::iter::once("plain").chain(HOSTILE).map(str::to_owned).collect();
    for (number, text) in texts.iter().enumerate() {
        let quoted = serde_json::Value::from(format!("{number} {text}")).to_string();
        let profile = format!(
            "kind: email\nid: mail-{number}\nname: {quoted}\ndescription: {quoted}\nplatforms: [ios]\nhost: mail.contoso.com\n\
             account_name: {quoted}\nuser_name: sam_account_name\naccount_domain: {{ custom: CONTOSO }}\nemail_address: primary_smtp_address\n"
        );
        std::fs::write(folder.path().join(format!("profiles/{number}.yaml")), profile).unwrap();
    }
    let run = common::payloadc_in(folder.path(), &["build", "--at", "2026-11-21"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let script =
        |number: usize| std::fs::read_to_string(folder.path().join(format!("dist/configmgr/mail-{number}.ps1"))).unwrap();
    let shape_of = |number: usize| {
        let tree = parse(&script(number));
        assert!(!tree.root_node().has_error(), "{}", texts[number]);
        let mut found = String::new();
        shape(tree.root_node(), &mut found);
        found
    };
    let plain = shape_of(0);
    for (number, text) in texts.iter().enumerate() {
        assert_eq!(shape_of(number), plain, "{text}");
    }
}
