//! Every server of `schemas/servers`: `fixtures/servers/<server>/tokens` uses each of its tokens on each platform it manages, with
//! the artifacts in `expected`; `collision` holds text it would take for a token, `missing` a value it has no token for, each with
//! its report. `UPDATE=1 cargo test --test servers` rewrites artifacts and reports; the git diff is the review.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test, helpers included"
)]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use common::{files_below, payloadc, update};
use payloadc::builtin::SCHEMAS;
use payloadc::schema::{Server, Token, Values};
use quick_xml::Reader;
use quick_xml::events::Event;

/// What is wrong with the artifacts; built once, so that with `UPDATE=1` every test reads the new ones.
static BUILT: LazyLock<Vec<String>> =
    LazyLock::new(|| SCHEMAS.servers.iter().flat_map(|server| builds(server, "tokens")).collect());

/// A day on which every certificate of the fixtures is valid.
const DAY: &str = "2026-11-21";

fn folder(server: &Server, case: &str) -> String {
    format!("fixtures/servers/{}/{case}", server.name)
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Artifacts and manifest by their path below a folder; what payloadc keeps there for itself is hidden.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    if !folder.exists() {
        return BTreeMap::new();
    }
    let name = |path: &Path| path.strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/");
    let files = files_below(folder).into_iter().map(|path| (name(&path), path));
    let shown = files.filter(|(name, _)| !name.split('/').any(|part| part.starts_with('.')));
    shown.map(|(name, path)| (name, std::fs::read(path).unwrap())).collect()
}

fn artifacts(server: &Server) -> BTreeMap<String, String> {
    LazyLock::force(&BUILT);
    let all = tree(&root().join(folder(server, "tokens/expected")));
    let text = all.into_iter().filter(|(name, _)| name != "manifest.json");
    text.map(|(name, bytes)| (name, unescaped(&String::from_utf8(bytes).unwrap()))).collect()
}

/// What a reader of the XML sees, tags and all.
fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
}

/// Builds a workspace and compares what comes out with `expected` beside it.
fn builds(server: &Server, case: &str) -> Vec<String> {
    let workspace = folder(server, case);
    let out = tempfile::tempdir().unwrap();
    let run = payloadc(&["build", &workspace, "--at", DAY, "--deny", "warnings", "--out", out.path().to_str().unwrap()]);
    if run.code != 0 {
        return vec![format!("{workspace}: exit {}\n{}", run.code, run.stderr)];
    }
    let expected = root().join(&workspace).join("expected");
    let (built, committed) = (tree(out.path()), tree(&expected));
    if built == committed {
        return Vec::new();
    }
    if update() {
        let _ = std::fs::remove_dir_all(&expected);
        for (name, bytes) in &built {
            let path = expected.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        return Vec::new();
    }
    let names = built.keys().chain(committed.keys()).filter(|name| built.get(*name) != committed.get(*name));
    names.map(|name| format!("{workspace}/expected/{name} is not what a build gives")).collect()
}

/// Checks a workspace, compares the report with `report.txt` beside it, and returns the codes of its errors.
fn checks(server: &Server, case: &str, wrong: &mut Vec<String>) -> (Vec<String>, String) {
    let workspace = folder(server, case);
    let run = payloadc(&["check", &workspace, "--at", DAY]);
    let path = root().join(&workspace).join("report.txt");
    if update() {
        std::fs::write(&path, &run.stderr).unwrap();
    } else if std::fs::read_to_string(&path).ok().as_ref() != Some(&run.stderr) {
        wrong.push(format!("{} is not what `check` says:\n{}", path.display(), run.stderr));
    }
    let codes = run.stderr.lines().filter_map(|line| line.strip_prefix("error[")?.split(']').next());
    (codes.map(ToOwned::to_owned).collect(), run.stderr)
}

fn finish(wrong: &[String]) {
    assert!(wrong.is_empty(), "{}\n(UPDATE=1 cargo test --test servers rewrites)", wrong.join("\n"));
}

#[test]
fn each_server_has_its_fixtures_and_builds_the_artifacts_beside_them() {
    finish(&BUILT);
    let folders = std::fs::read_dir(root().join("fixtures/servers")).unwrap().count();
    assert_eq!(folders, SCHEMAS.servers.len(), "a folder of fixtures/servers belongs to no server");
}

#[test]
fn each_attribute_stands_in_an_artifact_of_each_platform_as_the_server_spells_it() {
    let mut wrong = Vec::new();
    for server in SCHEMAS.servers {
        let artifacts = artifacts(server);
        for attribute in server.attributes {
            for rule in attribute.rules {
                let platforms = if rule.platforms.is_empty() { server.platforms } else { rule.platforms };
                for platform in platforms {
                    let below = format!("{platform}/");
                    if !artifacts.iter().any(|(name, text)| name.starts_with(&below) && text.contains(rule.token)) {
                        wrong.push(format!(
                            "{}: `{}` for `{}` is in no artifact of {platform}",
                            server.name, rule.token, attribute.name
                        ));
                    }
                }
            }
        }
    }
    finish(&wrong);
}

#[test]
fn each_further_token_stands_in_an_artifact() {
    let mut wrong = Vec::new();
    for server in SCHEMAS.servers {
        let artifacts = artifacts(server);
        for token in server.tokens {
            let (text, exact) = match token {
                Token::Exact(text) => (*text, true),
                Token::Prefix(text) => (*text, false),
            };
            let goes_on = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphanumeric());
            let stands =
                |artifact: &String| artifact.match_indices(text).any(|(at, _)| exact || goes_on(&artifact[at + text.len()..]));
            if !artifacts.values().any(stands) {
                wrong.push(format!("{}: the token `{text}` is in no artifact", server.name));
            }
        }
    }
    finish(&wrong);
}

#[test]
fn each_platform_of_each_server_has_an_artifact_and_no_expression_is_left() {
    let mut wrong = Vec::new();
    for server in SCHEMAS.servers {
        let artifacts = artifacts(server);
        for platform in server.platforms {
            if !artifacts.keys().any(|name| name.starts_with(&format!("{platform}/"))) {
                wrong.push(format!("{}: nothing is built for {platform}", server.name));
            }
        }
        for (name, text) in &artifacts {
            let left = [
                "{{ user.",
                "{{user.",
                "{{ device.",
                "{{device.",
                "{{ token",
                "{{ vars",
                "user.user_principal_name",
                "user.primary_smtp_address",
            ];
            wrong.extend(
                left.iter()
                    .filter(|left| text.contains(**left))
                    .map(|left| format!("{}: `{left}` is left in {name}", server.name)),
            );
        }
    }
    finish(&wrong);
}

#[test]
fn text_that_a_server_would_take_for_a_token_is_refused() {
    let mut wrong = Vec::new();
    for server in SCHEMAS.servers {
        if server.collides.is_empty() {
            // Nothing is known to be a token there: the text goes out as it is.
            wrong.extend(builds(server, "collision"));
            let (codes, _) = checks(server, "collision", &mut wrong);
            assert!(codes.is_empty(), "{}: {codes:?}", server.name);
            let text = "Mail of $USER, %email%, {UserPrincipalName}, ${userCN} & {{mail}}";
            for (name, bytes) in tree(&root().join(folder(server, "collision/expected"))) {
                let sets_up = name.ends_with(".mobileconfig") || name.ends_with(".install.xml");
                let found = unescaped(&String::from_utf8(bytes).unwrap()).contains(text);
                assert!(found || !sets_up, "{}: {name} does not hold the text as written", server.name);
            }
            continue;
        }
        let (codes, _) = checks(server, "collision", &mut wrong);
        if codes.is_empty() || codes.iter().any(|code| code != "E0407") {
            wrong.push(format!("{}: collision gives {codes:?}", server.name));
        }
    }
    finish(&wrong);
}

#[test]
fn a_value_without_a_token_is_an_error_that_lists_what_there_is() {
    let mut wrong = Vec::new();
    for server in SCHEMAS.servers {
        let (codes, report) = checks(server, "missing", &mut wrong);
        if codes.is_empty() || codes.iter().any(|code| code != "E0406") {
            wrong.push(format!("{}: missing gives {codes:?}", server.name));
        }
        let told = match server.values {
            Values::Asks | Values::Unknown => report.contains("name the server that delivers the file"),
            Values::Tokens if report.contains("it has no token for users here") => !platform_has_tokens(server),
            Values::Tokens => report.contains("it has token"),
        };
        if !told {
            wrong.push(format!("{}: the report does not say what there is:\n{report}", server.name));
        }
    }
    finish(&wrong);
}

/// Whether the platform of the `missing` case has any token.
fn platform_has_tokens(server: &Server) -> bool {
    let profile = std::fs::read_to_string(root().join(folder(server, "missing/profiles/mail.yaml"))).unwrap();
    let on = |platform: &str| profile.contains(&format!("[{platform}]"));
    let rules = || server.attributes.iter().flat_map(|attribute| attribute.rules);
    server
        .platforms
        .iter()
        .filter(|platform| on(platform))
        .any(|platform| rules().any(|rule| rule.platforms.is_empty() || rule.platforms.contains(platform)))
}

// Fleet: what `MDMWindowsConfigProfile.ValidateUserProvided` of
// https://github.com/fleetdm/fleet/blob/main/server/fleet/windows_mdm.go asks of a Windows profile, on the raw bytes.

/// One element as a token reader meets it.
struct Element {
    depth: usize,
    name: String,
    text: String,
}

/// The elements of several roots, in document order; what is neither element nor text is refused on the way.
fn elements(name: &str, bytes: &[u8]) -> Vec<Element> {
    let mut reader = Reader::from_reader(bytes);
    let (mut found, mut open): (Vec<Element>, Vec<usize>) = (Vec::new(), Vec::new());
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                let element = start.name().as_ref().to_owned();
                found.push(Element { depth: open.len(), name: element, text: String::new() });
                open.push(found.len() - 1);
            }
            Event::Empty(start) => {
                let element = start.name().as_ref().to_owned();
                found.push(Element { depth: open.len(), name: element, text: String::new() });
            }
            Event::End(_) => {
                open.pop();
            }
            Event::Text(text) => match open.last() {
                Some(at) => found[*at].text.push_str(&text),
                None => assert!(text.trim().is_empty(), "{name}: text between commands"),
            },
            Event::GeneralRef(entity) => {
                let entity = format!("&{};", &*entity);
                found[*open.last().unwrap()].text.push_str(&unescaped(&entity));
            }
            Event::Eof => return found,
            other => panic!("{name}: neither element nor text: {other:?}"),
        }
    }
}

const SCEP_REQUIRED: [&str; 9] = [
    "",
    "/Install/CAThumbprint",
    "/Install/Challenge",
    "/Install/EKUMapping",
    "/Install/HashAlgorithm",
    "/Install/KeyLength",
    "/Install/KeyUsage",
    "/Install/ServerURL",
    "/Install/SubjectName",
];
const SCEP_TAKEN: [&str; 11] = [
    "/Install/AADKeyIdentifierList",
    "/Install/ContainerName",
    "/Install/CustomTextToShowInPrompt",
    "/Install/KeyProtection",
    "/Install/RetryCount",
    "/Install/RetryDelay",
    "/Install/SubjectAlternativeNames",
    "/Install/TemplateName",
    "/Install/ValidPeriod",
    "/Install/ValidPeriodUnits",
    "/Install/Enroll",
];
const SCEP_ID: &str = "$FLEET_VAR_SCEP_WINDOWS_CERTIFICATE_ID";

#[test]
fn fleet_takes_every_windows_file() {
    LazyLock::force(&BUILT);
    let mut judged = 0;
    let mut scep = 0;
    for below in ["fixtures/servers/fleet/tokens/expected/windows", "fixtures/contoso/expected/windows"] {
        for path in files_below(&root().join(below)) {
            let name = path.display().to_string();
            let bytes = std::fs::read(&path).unwrap();
            let elements = elements(&name, &bytes);
            fleet_shape(&name, &bytes, &elements);
            let uris = uris(&elements);
            fleet_uris(&name, &uris);
            if uris.iter().any(|uri| uri.contains("/ClientCertificateInstall/SCEP/")) {
                fleet_scep(&name, &elements, &uris);
                scep += 1;
            } else {
                assert!(elements.iter().all(|element| element.name != "Exec"), "{name}: Exec outside a SCEP profile");
            }
            judged += 1;
        }
    }
    assert!(judged >= 10 && scep >= 4, "{judged} files, {scep} of them SCEP");
}

fn uris(elements: &[Element]) -> Vec<String> {
    elements.iter().filter(|element| element.name == "LocURI").map(|element| element.text.clone()).collect()
}

/// Rules 1 to 5: text, roots, Atomic; and no Delete, which Fleet refuses as a root and we use nowhere else.
fn fleet_shape(name: &str, bytes: &[u8], elements: &[Element]) {
    let text = std::str::from_utf8(bytes).unwrap();
    assert!(!text.trim().is_empty(), "{name}: empty");
    assert!(text.starts_with('<') && !text.starts_with('\u{feff}'), "{name}: does not begin with a command");
    for refused in ["<?", "<!DOCTYPE", "<![CDATA[", "<!--"] {
        assert!(!text.contains(refused), "{name}: holds `{refused}`");
    }
    assert!(elements.iter().all(|element| element.name != "CmdID"), "{name}: CmdIDs are Fleet's to write");
    let roots: Vec<&Element> = elements.iter().filter(|element| element.depth == 0).collect();
    assert!(!roots.is_empty(), "{name}: no command");
    assert!(roots.iter().all(|root| matches!(&*root.name, "Replace" | "Add" | "Exec" | "Atomic")), "{name}: another root");
    assert!(
        elements.iter().all(|element| !matches!(&*element.name, "Delete" | "Get" | "Sequence" | "SyncML")),
        "{name}: a refused element"
    );
    let atomics: Vec<usize> = (0..elements.len()).filter(|at| elements[*at].name == "Atomic").collect();
    if let [first, others @ ..] = atomics.as_slice() {
        assert!(others.is_empty() && roots.len() == 1 && elements[*first].depth == 0, "{name}: Atomic is not alone");
        assert!(
            matches!(&*elements[first + 1].name, "Replace" | "Add" | "Exec"),
            "{name}: Atomic begins with {}",
            elements[first + 1].name
        );
    }
}

/// Rules 6 and 9, and what later versions ask of a LocURI.
fn fleet_uris(name: &str, uris: &[String]) {
    for uri in uris {
        assert!(!uri.contains("/Vendor/MSFT/BitLocker"), "{name}: {uri} is reserved");
        assert!(!uri.contains("/Vendor/MSFT/Policy/Config/Update"), "{name}: {uri} is reserved");
        assert!(uri.starts_with("./") && !uri.contains("..") && uri.trim() == uri, "{name}: {uri}");
    }
    let provider = |uri: &String| uri.split("/MSFT/").nth(1).unwrap().split('/').next().unwrap().to_owned();
    let scope = |uri: &String| uri.split('/').nth(1).unwrap().to_owned();
    let first = (provider(&uris[0]), scope(&uris[0]));
    assert!(uris.iter().all(|uri| (provider(uri), scope(uri)) == first), "{name}: several providers or scopes in one file");
}

/// Rules 7 and 8, and where the variables of Fleet's SCEP proxies must stand.
fn fleet_scep(name: &str, elements: &[Element], uris: &[String]) {
    let root = ["Device", "User"].map(|scope| format!("./{scope}/Vendor/MSFT/ClientCertificateInstall/SCEP/{SCEP_ID}"));
    let root = root.iter().find(|root| uris[0].starts_with(root.as_str())).unwrap_or_else(|| panic!("{name}: {}", uris[0]));
    let places: Vec<&str> =
        uris.iter().map(|uri| uri.strip_prefix(root.as_str()).unwrap_or_else(|| panic!("{name}: {uri}"))).collect();
    for place in &places {
        assert!(SCEP_REQUIRED.contains(place) || SCEP_TAKEN.contains(place), "{name}: `{place}` is not in Fleet's list");
        assert_eq!(places.iter().filter(|other| *other == place).count(), 1, "{name}: `{place}` stands twice");
    }
    for place in SCEP_REQUIRED {
        assert!(places.contains(&place), "{name}: `{place}` is missing");
    }
    assert!(elements.iter().all(|element| element.name != "Atomic"), "{name}: SCEP goes flat, Fleet adds the Atomic");
    let execs: Vec<usize> = (0..elements.len()).filter(|at| elements[*at].name == "Exec").collect();
    assert!(matches!(execs.as_slice(), [exec] if elements[*exec].depth == 0), "{name}: not exactly one Exec at the top");
    assert!(
        elements[execs[0]..].iter().any(|element| element.text == format!("{root}/Install/Enroll")),
        "{name}: Exec of something else"
    );
    let value = |place: &str| {
        let at = elements.iter().position(|element| element.text == format!("{root}/Install/{place}")).unwrap();
        elements[at..].iter().find(|element| element.name == "Data").unwrap().text.clone()
    };
    let (challenge, url, subject) = (value("Challenge"), value("ServerURL"), value("SubjectName"));
    assert!(subject.contains("OU=$FLEET_VAR_CERTIFICATE_RENEWAL_ID"), "{name}: the subject is {subject}");
    let pair = (challenge.strip_prefix("$FLEET_VAR_").unwrap(), url.strip_prefix("$FLEET_VAR_").unwrap());
    let same = pair.0.replace("_CHALLENGE", "") == pair.1.replace("_PROXY_URL", "");
    assert!(same, "{name}: {challenge} and {url} belong to different authorities");
}
