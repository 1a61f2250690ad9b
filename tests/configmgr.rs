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

/// A parameter: type, whether it is required, its words.
type Facts = BTreeMap<String, BTreeMap<String, (bool, Vec<String>)>>;

fn facts() -> Facts {
    let text = std::fs::read_to_string(root().join("schemas/vendor/configmgr/cmdlets.tsv")).unwrap();
    let mut facts = Facts::new();
    for line in text.lines().filter(|line| !line.starts_with('#')).skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let words = cells[4].split('|').filter(|word| !word.is_empty()).map(str::to_owned).collect();
        facts.entry(cells[0].to_owned()).or_default().insert(cells[1].to_owned(), (cells[3] == "required", words));
    }
    facts
}

/// The pairs of a table that begins with this line, and where it ends.
fn table<'a>(lines: &[&'a str], at: usize) -> Vec<(&'a str, &'a str)> {
    let inner = lines[at + 1..].iter().map(|line| line.trim()).take_while(|line| *line != "}");
    inner.map(|line| line.split_once(" = ").unwrap()).collect()
}

#[test]
fn every_cmdlet_parameter_and_word_is_the_vendors() {
    let facts = facts();
    let mut looked_up = BTreeSet::new();
    for (name, text) in expected() {
        let lines: Vec<&str> = text.lines().collect();
        let mut settings = Vec::new();
        let mut only = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            match line.trim() {
                "$Settings = @{" => settings = table(&lines, at),
                "$Only = @{" => only = table(&lines, at),
                _ => {}
            }
            for cmdlet in line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).filter(|word| word.contains("-CM")) {
                let known = facts.get(cmdlet).unwrap_or_else(|| panic!("{name}: `{cmdlet}` is no cmdlet"));
                looked_up.insert(cmdlet.to_owned());
                let behind = line.split_once(cmdlet).unwrap().1;
                // What stands behind a bracket belongs to another command.
                let own = behind.split([')', '|']).next().unwrap();
                for parameter in own.split(' ').filter_map(|word| word.strip_prefix('-')) {
                    assert!(known.contains_key(parameter), "{name}: {cmdlet} has no -{parameter}");
                }
                let mut given: Vec<&(&str, &str)> = Vec::new();
                if own.contains("@Settings") {
                    given.extend(&settings);
                }
                if own.contains("@Only") {
                    given.extend(&only);
                }
                for (parameter, value) in &given {
                    let (_, words) = known.get(*parameter).unwrap_or_else(|| panic!("{name}: {cmdlet} has no -{parameter}"));
                    let plain = value.trim_matches('\'');
                    for word in plain.split(", ").filter(|_| !words.is_empty()) {
                        assert!(words.iter().any(|known| known == word), "{name}: {cmdlet} -{parameter} does not take `{word}`");
                    }
                }
                if cmdlet.starts_with("New-") {
                    let missing = known
                        .iter()
                        .find(|(parameter, (required, _))| *required && !given.iter().any(|(given, _)| given == parameter));
                    assert!(missing.is_none(), "{name}: {cmdlet} needs {missing:?}");
                }
            }
        }
        assert!(!settings.is_empty(), "{name}");
    }
    for noun in ["EmailProfile", "CertificateProfileScep", "CertificateProfileTrustedRootCA", "CertificateProfilePfx"] {
        for verb in ["Get", "New", "Set"] {
            assert!(looked_up.contains(&format!("{verb}-CM{noun}")), "no script has {verb}-CM{noun}");
        }
    }
    assert!(looked_up.contains("Import-CMClientCertificatePfx") && looked_up.contains("Get-CMSupportedPlatform"));
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
