//! Everything a Windows device can be told can be written: each writable leaf of the catalog, by a profile with a value that fits,
//! and the artifact holds it. And whatever is written as nodes, nothing panics.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on fails")]

use std::fmt::Write as _;
use std::sync::Arc;

use payloadc::builtin::CATALOG;
use payloadc::catalog::{Allowed, Node, NodeFormat};
use payloadc::check::{FileProblem, Files, Overrides};
use payloadc::compile::{Input, Output, Selection, compile};
use payloadc::diagnostic::{Code, Report};
use payloadc::source::{Source, Sources};
use proptest::prelude::*;
use proptest::sample::select;

struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _path: &str) -> Result<Arc<[u8]>, FileProblem> {
        Err(FileProblem::Missing)
    }

    fn list(&self, _folder: &str) -> Vec<String> {
        Vec::new()
    }
}

fn compiled(profiles: &[String]) -> Output {
    let mut sources = Sources::new();
    let workspace =
        "organization: { name: Contoso, identifier: com.contoso }\nserver: { windows: generic, windows_phone: generic }\n";
    let workspace = Some(sources.add(Source::new("payloadc.yaml".into(), workspace.into())));
    let ids =
        profiles.iter().enumerate().map(|(at, text)| sources.add(Source::new(format!("{at}.yaml"), text.clone()))).collect();
    compile(Input {
        catalog: &CATALOG,
        sources,
        workspace,
        profiles: ids,
        files: &NoFiles,
        overrides: Overrides::default(),
        at: None,
        selection: Selection::default(),
        secrets: None,
        tracked: &|_| false,
        trace: false,
        per_user: None,
        previous: None,
        report: Report::new(),
    })
}

/// A node with what is written for it and what must come out.
struct Case {
    path: String,
    node: &'static Node,
    yaml: String,
    wire: String,
    phone: bool,
}

/// A certificate, where nothing else is taken.
const AUTHORITY: &[u8] = include_bytes!("../fixtures/authority/intermediate.cer");

fn number(text: &str) -> i64 {
    text.strip_prefix("0x").map_or_else(|| text.parse().unwrap_or(0), |hex| i64::from_str_radix(hex, 16).unwrap())
}

/// The value and the wire text.
fn value(node: &Node) -> (String, String) {
    let quoted = |text: &str| (serde_json::Value::from(text).to_string(), text.to_owned());
    if node.path.ends_with("/Policy/Config/{}/{}") {
        return ("enabled".into(), "<enabled/>".into());
    }
    if node.doubtful && node.name() == "Password" {
        return ("{ token: text }".into(), "text".into());
    }
    let listed = node.allowed.listed();
    match (&node.allowed, node.format) {
        (_, NodeFormat::Null | NodeFormat::Node) => (String::new(), String::new()),
        (Allowed::Admx(_), _) => ("disabled".into(), "<disabled/>".into()),
        (Allowed::Enum(_) | Allowed::Flag(_), NodeFormat::Int) => {
            let number = number(listed.last().unwrap().value).to_string();
            (number.clone(), number)
        }
        (Allowed::Enum(_), NodeFormat::Bool) => {
            let on = matches!(listed[0].value, "1" | "true" | "True");
            (on.to_string(), on.to_string())
        }
        (Allowed::Enum(_) | Allowed::Flag(_), _) => quoted(listed.last().unwrap().value),
        (Allowed::Range(ranges), NodeFormat::Int) => (ranges[0].0.to_string(), ranges[0].0.to_string()),
        (Allowed::Range(ranges), _) => quoted(&ranges[0].0.to_string()),
        (_, NodeFormat::Int) => ("1".into(), "1".into()),
        (_, NodeFormat::Bool) => ("true".into(), "true".into()),
        (_, NodeFormat::B64) if node.name() == "EncodedCertificate" => {
            use base64::Engine as _;
            let wire = base64::engine::general_purpose::STANDARD.encode(AUTHORITY);
            (format!("{{ base64: {wire} }}"), wire)
        }
        (_, NodeFormat::B64 | NodeFormat::Bin) => ("{ base64: AAEC }".into(), "AAEC".into()),
        (Allowed::Xsd, _) | (_, NodeFormat::Xml) => quoted("<a b=\"&amp;\"/>"),
        (Allowed::Json, _) => quoted("{}"),
        _ => quoted("text"),
    }
}

/// The path with names for what the server names.
fn filled(node: &Node) -> String {
    if node.path.ends_with("/Policy/Config/{}/{}") {
        return node.path.replacen("{}", "App~Policy~Category", 1).replacen("{}", "Name", 1);
    }
    let mut path = String::new();
    let mut above = String::new();
    for segment in node.path.split('/') {
        if !above.is_empty() {
            above.push('/');
            path.push('/');
        }
        above.push_str(segment);
        let braced = above.contains("/ActiveSync/Accounts/{}") || above.contains("/EMAIL2/{}");
        path.push_str(match segment {
            "{}" if braced => "{6B29FC40-CA47-1067-B31D-00DD010662DA}",
            "{}" => "6B29FC40-CA47-1067-B31D-00DD010662DA",
            other => other,
        });
    }
    path
}

fn cases() -> Vec<Case> {
    let nodes = CATALOG.nodes().flat_map(|section| &section.nodes).filter(|node| node.is_setting());
    nodes
        .map(|node| {
            let (yaml, wire) = value(node);
            Case { path: filled(node), node, yaml, wire, phone: node.release.ends_with("1607") }
        })
        .collect()
}

fn profile(cases: &[&Case]) -> String {
    let platform = if cases[0].phone { "windows_phone: \">=8.1\"" } else { "windows: \">=10.0.99999\"" };
    let mut text = format!("kind: windows_csp\nid: all\nname: All\nplatforms: {{ {platform} }}\nunknown: warn\nsettings:\n");
    for case in cases {
        let _ = writeln!(text, "- node: {}", serde_json::Value::from(case.path.as_str()));
        if !case.yaml.is_empty() {
            let _ = writeln!(text, "  value: {}", case.yaml);
        }
    }
    text
}

const TENANT: &str = "./Device/Vendor/MSFT/PassportForWork/4b3a6a2e-1c9f-4c39-b2a7-9a2e3b6f7d10/Policies";

/// A profile of one node below a tenant.
fn of_tenant(id: &str, more: &str, name: &str) -> String {
    format!(
        "kind: windows_csp\nid: {id}\nname: {id}\nplatforms: {{ windows: \">=10.0.22621\" }}\n{more}settings:\n- node: {TENANT}/{name}\n  value: true\n"
    )
}

/// The commands of an artifact, verb and LocURI, `Atomic` where one begins.
fn commands(output: &Output, path: &str) -> Vec<String> {
    let artifact = output.artifacts.iter().find(|artifact| artifact.entry.path == path).unwrap();
    let text = String::from_utf8(artifact.bytes.clone()).unwrap();
    let body = text.split_once("<SyncBody>").unwrap().1;
    let mut verb = "";
    let mut found = Vec::new();
    for line in body.lines().map(str::trim) {
        match line {
            "<Add>" | "<Delete>" | "<Replace>" | "<Exec>" => verb = &line[1..line.len() - 1],
            "<Atomic>" => found.push("Atomic".to_owned()),
            _ => found.extend(
                line.strip_prefix("<LocURI>").and_then(|uri| uri.strip_suffix("</LocURI>")).map(|uri| format!("{verb} {uri}")),
            ),
        }
    }
    found
}

/// Two profiles may set nodes below one that neither names: both add it, outside of an Atomic, and neither takes it away.
#[test]
fn profiles_share_what_stands_above_their_nodes() {
    let above = TENANT.rsplit_once('/').unwrap().0;
    let one = of_tenant("one", "", "UsePassportForWork");
    let other = of_tenant("other", "atomic: true\n", "RequireSecurityDevice");
    let both = compiled(&[one.clone(), other]);
    assert!(both.diagnostics.iter().all(|said| said.code.severity() != payloadc::diagnostic::Severity::Error));
    let added = [format!("Add {above}"), format!("Add {TENANT}")];
    let wanted: Vec<String> = added.iter().cloned().chain([format!("Add {TENANT}/UsePassportForWork")]).collect();
    assert_eq!(commands(&both, "windows/one.device.install.xml"), wanted);
    let own = ["Atomic".to_owned(), format!("Add {TENANT}/RequireSecurityDevice")];
    assert_eq!(commands(&both, "windows/other.device.install.xml"), added.into_iter().chain(own).collect::<Vec<_>>());
    assert_eq!(commands(&both, "windows/one.device.remove.xml"), [format!("Delete {TENANT}/UsePassportForWork")]);
    let entry = both.artifacts.iter().find(|artifact| artifact.entry.path == "windows/one.device.install.xml").unwrap();
    assert!(entry.entry.notes.iter().any(|note| note.contains("profile `other` uses it, too")), "{:?}", entry.entry.notes);
    let alone = compiled(&[one]);
    let wanted = [format!("Delete {TENANT}/UsePassportForWork"), format!("Delete {TENANT}"), format!("Delete {above}")];
    assert_eq!(commands(&alone, "windows/one.device.remove.xml"), wanted);
}

/// What enrolment made is neither made again nor taken away.
#[test]
fn the_account_of_the_server_is_left_alone() {
    let node = "./Device/Vendor/MSFT/DMClient/Provider/MS DM Server/EntDeviceName";
    let text = format!(
        "kind: windows_csp\nid: one\nname: One\nplatforms: {{ windows: 11 }}\nsettings:\n- node: {node}\n  value: laptop\n"
    );
    let output = compiled(&[text]);
    let uri = node.replace(' ', "%20");
    assert_eq!(commands(&output, "windows/one.device.install.xml"), [format!("Add {uri}")]);
    assert_eq!(commands(&output, "windows/one.device.remove.xml"), [format!("Delete {uri}")]);
}

/// What was added above a node that is executed is taken away, too.
#[test]
fn what_stands_above_an_executed_node_is_taken_away() {
    let root = "./Device/Vendor/MSFT/ClientCertificateInstall/SCEP/abc";
    let text = format!(
        "kind: windows_csp\nid: one\nname: One\nplatforms: {{ windows: 11 }}\nsettings:\n- node: {root}/Install/Enroll\n"
    );
    let output = compiled(&[text]);
    let install = commands(&output, "windows/one.device.install.xml");
    assert!(install.contains(&format!("Add {root}/Install")), "{install:?}");
    let removed = commands(&output, "windows/one.device.remove.xml");
    assert_eq!(removed.last(), Some(&format!("Delete {root}")), "{removed:?}");
}

/// As it stands in SyncML.
fn encoded(path: &str) -> String {
    path.replace('{', "%7B").replace('}', "%7D").replace(' ', "%20")
}

fn check(cases: &[&Case]) -> Vec<String> {
    let output = compiled(&[profile(cases)]);
    let errors = output.diagnostics.iter().filter(|diagnostic| diagnostic.code.name().starts_with('E'));
    let mut wrong: Vec<String> = errors.map(|diagnostic| format!("{}: {}", diagnostic.code.name(), diagnostic.message)).collect();
    let unknown =
        output.diagnostics.iter().filter(|diagnostic| diagnostic.code == Code::W0650 && diagnostic.message.starts_with("no CSP"));
    wrong.extend(unknown.map(|diagnostic| diagnostic.message.to_string()));
    let installs = output.artifacts.iter().filter(|artifact| artifact.sets_up());
    let text: String = installs.map(|artifact| String::from_utf8_lossy(&artifact.bytes).into_owned()).collect();
    if !wrong.is_empty() {
        return wrong;
    }
    for case in cases {
        let uri = format!("<LocURI>{}</LocURI>", encoded(&case.path));
        // An Add of a parent, a Delete of what is made anew: the last is the one with the value.
        let behind = text.split(&uri).last().unwrap_or_default();
        let item = behind.split("</Item>").next().unwrap_or_default();
        let data = case.wire.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let found = text.contains(&uri) && (data.is_empty() || item.contains(&format!("<Data>{data}</Data>")));
        if !found {
            wrong.push(format!("{} = {}: not in the artifact", case.path, case.wire));
        }
    }
    wrong
}

#[test]
fn every_writable_leaf_of_the_catalog_can_be_written() {
    let cases = cases();
    let v2 = cases.iter().filter(|case| case.node.release.starts_with("v2")).count();
    // What the overlay lets be written comes on top.
    assert!(v2 >= CATALOG.census().windows.writable_leaves && v2 >= 4_522, "all of them are tried");
    let mut wrong = Vec::new();
    // What asks something of others is written by itself.
    let (alone, together): (Vec<&Case>, Vec<&Case>) = cases.iter().partition(|case| !case.node.needs.is_empty());
    for case in alone {
        wrong.extend(check(&[case]));
    }
    for phone in [false, true] {
        let together: Vec<&Case> = together.iter().copied().filter(|case| case.phone == phone).collect();
        for batch in together.chunks(500) {
            wrong.extend(check(batch));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.into_iter().take(60).collect::<Vec<_>>().join("\n"));
}

/// Pieces of paths and values.
const PIECES: [&str; 24] = [
    "./Device/Vendor/MSFT/Policy/Config/DeviceLock/DevicePasswordEnabled",
    "./User/Vendor/MSFT/ActiveSync/Accounts/{}",
    "./Device/Vendor/MSFT/VPNv2/a/ProfileXML",
    "./Vendor/MSFT/Policy/Config/A~Policy~B/C",
    "/",
    "..",
    "%7B",
    "%C3%28",
    "é",
    " ",
    "~",
    "*",
    "{",
    "[",
    "enabled",
    "<a>",
    "0x1",
    "-1",
    "9223372036854775808",
    "true",
    "&",
    "\u{f000}",
    "{{ user.id }}",
    "./",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics(
        paths in prop::collection::vec(prop::collection::vec(select(&PIECES[..]), 1..4), 1..6),
        values in prop::collection::vec(select(&PIECES[..]), 6),
        quote in any::<bool>(),
        list in any::<bool>(),
        verb in select(&["", "add", "replace", "delete", "exec"][..]),
    ) {
        let mut text = String::from("kind: windows_csp\nid: any\nname: Any\nplatforms: [windows, windows_phone]\nsettings:\n");
        for (path, value) in paths.iter().zip(&values) {
            let value = if quote { serde_json::Value::from(*value).to_string() } else { (*value).to_owned() };
            let value = if list { format!("[{value}, {value}]") } else { value };
            let _ = writeln!(text, "- node: {}\n  value: {value}", serde_json::Value::from(path.concat()));
            if !verb.is_empty() {
                let _ = writeln!(text, "  verb: {verb}");
            }
        }
        let output = compiled(&[text]);
        prop_assert!(output.diagnostics.iter().all(|diagnostic| diagnostic.code != Code::E0001));
    }
}
