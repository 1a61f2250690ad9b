//! `payloadc evaluate` and `payloadc deploy schedule`: a fleet and what its devices report, in every form, with the answers in every form.
//! `UPDATE=1 cargo test --test evaluate` rewrites `fixtures/compliance/expected`; the git diff is the review.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods, reason = "a test that cannot go on fails")]

mod common;

#[path = "evaluate/bad.rs"]
mod bad;
#[path = "evaluate/declared.rs"]
mod declared;
#[path = "evaluate/large.rs"]
mod large;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use common::{Run, files_below, payloadc, update};
use serde_json::Value;

const WORKSPACE: &str = "fixtures/compliance";
const AFTER: &str = "2027-01-01T00:00:00Z";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(WORKSPACE)
}

fn expected(name: &str, found: &str) {
    let path = root().join("expected").join(name);
    if update() {
        fs::write(&path, found).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, committed, "{name} is otherwise now (UPDATE=1 cargo test --test evaluate rewrites)");
}

/// The reports of the fixture, all of them.
fn reported() -> Vec<String> {
    let files = files_below(&root().join("reported"));
    files.iter().map(|path| format!("{WORKSPACE}/reported/{}", path.file_name().unwrap().to_str().unwrap())).collect()
}

fn evaluate(files: &[&str], more: &[&str]) -> Run {
    payloadc(&[&["evaluate", WORKSPACE, "--reported"], files, more].concat())
}

fn evaluate_all(more: &[&str]) -> Run {
    let reported = reported();
    evaluate(&reported.iter().map(String::as_str).collect::<Vec<_>>(), more)
}

/// The states of a deployment's assets, by id.
fn states(evaluation: &Value, deployment: &str) -> BTreeMap<String, String> {
    let found = evaluation["deployments"].as_array().unwrap().iter().find(|one| one["id"] == deployment).unwrap();
    let id = |asset: &Value| asset["user"].as_str().or(asset["device"].as_str()).unwrap().to_owned();
    let assets = found["assets"].as_array().unwrap().iter();
    assets.map(|asset| (id(asset), asset["state"].as_str().unwrap().to_owned())).collect()
}

#[test]
fn every_form_of_report_gives_every_form_of_answer() {
    assert!(reported().len() >= 5);
    for (name, format) in
        [("table.txt", "table"), ("evaluation.json", "json"), ("junit.xml", "junit"), ("metrics.prom", "prometheus")]
    {
        let run = evaluate_all(&["--at", AFTER, "--format", format]);
        assert_eq!((run.code, run.stderr.as_str()), (3, ""), "{name}");
        expected(name, &run.stdout);
    }
}

#[test]
fn each_state_comes_from_its_report() {
    let run = evaluate_all(&["--at", AFTER, "--format", "json"]);
    let evaluation: Value = serde_json::from_str(&run.stdout).unwrap();
    let wanted = [
        ("alice", "compliant", "the newer of two neutral lines"),
        ("bob", "present", "ProfileList"),
        ("carol", "compliant", "SyncML, all values right"),
        ("dave", "compliant", "DDM, with the digest of the artifact"),
        ("erin", "non_compliant", "SyncML, a value and a node missing"),
        ("frank", "not_applicable", "iOS 15"),
        ("grace", "unknown", "silent"),
        ("heidi", "error", "neutral, by user"),
    ];
    let found = states(&evaluation, "mail-to-sales");
    for (user, state, why) in wanted {
        assert_eq!(found[user], state, "{user}: {why}");
    }
    assert_eq!(found.len(), wanted.len());
}

#[test]
fn an_alert_needs_its_date_and_compliance_below_it() {
    for (at, code) in [("2026-12-31T16:59:59Z", 0), ("2026-12-31T17:00:00Z", 3), (AFTER, 3)] {
        let run = evaluate_all(&["--at", at, "--format", "json"]);
        let evaluation: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(run.code, code, "{at}");
        assert_eq!(evaluation["alerts"].as_array().unwrap().len(), usize::from(code == 3), "{at}");
    }
    // Carol's answer is what makes 4 of 8; 50 % is not below 50.
    let without: Vec<String> = reported().into_iter().filter(|path| !path.contains("pc-1")).collect();
    let run = evaluate(&without.iter().map(String::as_str).collect::<Vec<_>>(), &["--at", AFTER, "--format", "json"]);
    let evaluation: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(evaluation["alerts"][0]["compliance"], 37.5);
}

#[test]
fn json_fits_its_schema_and_counts_what_it_lists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let schema: Value = serde_json::from_slice(&fs::read(root.join("schemas/editor/evaluation.schema.json")).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut evaluation: Value = serde_json::from_str(&evaluate_all(&["--at", AFTER, "--format", "json"]).stdout).unwrap();
    let wrong: Vec<String> = validator.iter_errors(&evaluation).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    for deployment in evaluation["deployments"].as_array().unwrap() {
        let all = states(&evaluation, deployment["id"].as_str().unwrap());
        let count = |state: &str| u64::try_from(all.values().filter(|found| *found == state).count()).unwrap();
        for (state, number) in deployment["states"].as_object().unwrap() {
            assert_eq!(number.as_u64().unwrap(), count(state), "{state}");
        }
        let (good, targeted) = (count("compliant") + count("not_applicable"), u64::try_from(all.len()).unwrap());
        let tenths = (good * 1000).checked_div(targeted).unwrap_or(1000);
        assert_eq!(deployment["compliance"].as_f64().unwrap(), tenths as f64 / 10.0);
    }
    evaluation["deployments"][0]["alert_raised"] = "perhaps".into();
    assert!(!validator.is_valid(&evaluation), "the schema takes anything");
}

#[test]
fn reports_fit_their_schema() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let schema: Value = serde_json::from_slice(&fs::read(root.join("schemas/editor/reported.schema.json")).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let text = fs::read_to_string(root.join(WORKSPACE).join("reported/neutral.ndjson")).unwrap();
    for line in text.lines() {
        assert!(validator.is_valid(&serde_json::from_str(line).unwrap()), "{line}");
    }
    for bad in [r#"{"profile": "mail", "state": "compliant"}"#, r#"{"user": "a", "profile": "mail", "state": "fine"}"#] {
        assert!(!validator.is_valid(&serde_json::from_str(bad).unwrap()), "{bad}");
    }
}

/// A reader of Prometheus' text format, from its description: metric to labels to value.
fn metrics(text: &str) -> BTreeMap<String, f64> {
    let name = |text: &str| {
        let mut letters = text.chars();
        letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
            && letters.all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let (mut found, mut typed) = (BTreeMap::new(), Vec::new());
    assert!(text.ends_with('\n'), "the last line ends in a line break");
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# ") {
            let words: Vec<&str> = rest.splitn(3, ' ').collect();
            assert!(matches!(words[0], "HELP" | "TYPE") && name(words[1]) && !words[2].is_empty(), "{line}");
            if words[0] == "TYPE" {
                assert_eq!(words[2], "gauge");
                assert!(!typed.contains(&words[1].to_owned()), "{line}: twice");
                typed.push(words[1].to_owned());
            }
            continue;
        }
        let (sample, value) = line.rsplit_once(' ').unwrap();
        let metric = sample.split('{').next().unwrap();
        assert!(name(metric) && typed.last().is_some_and(|last| last == metric), "{line}: samples follow their type");
        if let Some(labels) = sample.strip_prefix(metric).filter(|labels| !labels.is_empty()) {
            let inner = labels.strip_prefix('{').and_then(|labels| labels.strip_suffix('}')).unwrap();
            for label in inner.split(',') {
                let (key, quoted) = label.split_once('=').unwrap();
                assert!(name(key) && quoted.starts_with('"') && quoted.ends_with('"') && quoted.len() > 1, "{line}");
            }
        }
        assert!(found.insert(sample.to_owned(), value.parse::<f64>().unwrap()).is_none(), "{line}: twice");
    }
    found
}

#[test]
fn metrics_say_what_json_says() {
    let metrics = metrics(&evaluate_all(&["--at", AFTER, "--format", "prometheus"]).stdout);
    let evaluation: Value = serde_json::from_str(&evaluate_all(&["--at", AFTER, "--format", "json"]).stdout).unwrap();
    for deployment in evaluation["deployments"].as_array().unwrap() {
        let id = deployment["id"].as_str().unwrap();
        let of = |metric: &str| metrics[&format!("payloadc_deployment_{metric}{{deployment=\"{id}\"}}")];
        assert_eq!(of("targeted"), deployment["targeted"].as_f64().unwrap());
        assert!((of("compliance_ratio") * 100.0 - deployment["compliance"].as_f64().unwrap()).abs() < 1e-9);
        assert_eq!(of("alert_raised") == 1.0, deployment["alert_raised"] == true);
        for (state, number) in deployment["states"].as_object().unwrap() {
            let sample = format!("payloadc_deployment_assets{{deployment=\"{id}\",state=\"{state}\"}}");
            assert_eq!(metrics[&sample], number.as_f64().unwrap());
        }
    }
    assert_eq!(metrics["payloadc_evaluation_timestamp_seconds"], 1_798_761_600.0);
}

#[test]
fn operations_manager_gets_a_line_for_each_raised_alert() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.jsonl");
    let at = |moment: &str| evaluate_all(&["--at", moment, "--events", path.to_str().unwrap()]).code;
    assert_eq!(at("2026-12-31T16:00:00Z"), 0);
    assert_eq!(fs::read_to_string(&path).unwrap(), "", "no alert, no line");
    assert_eq!((at(AFTER), at(AFTER)), (3, 3));
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "each run appends one");
    assert_eq!(lines[0], lines[1]);
    assert!(lines[0].starts_with("{\"EventNumber\":9501,\"PublisherName\":\"payloadc\","), "a rule matches this");
    expected("events.jsonl", &format!("{}\n", lines[0]));
}

#[test]
fn a_device_is_asked_for_what_its_install_wrote_and_only_where_it_is_deployed() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    assert_eq!(payloadc(&["build", WORKSPACE, "--out", out, "--at", "2026-11-21"]).code, 0);
    let query = fs::read_to_string(folder.path().join("windows/corporate-mail.query.xml")).unwrap();
    expected("corporate-mail.query.xml", &query);
    let uris = |text: &str| -> Vec<String> {
        text.split("<LocURI>").skip(1).map(|rest| rest.split("</LocURI>").next().unwrap().to_owned()).collect()
    };
    let install = fs::read_to_string(folder.path().join("windows/corporate-mail.install.xml")).unwrap();
    let written: Vec<String> = install.split("<Item>").skip(1).filter(|item| item.contains("<Data>")).flat_map(uris).collect();
    let (mut asked, mut wanted) = (uris(&query), written);
    asked.sort();
    wanted.sort();
    assert_eq!(asked, wanted, "every node with a value, and no other");
    // The digest that the fixture's declarative status names.
    let manifest: Value = serde_json::from_slice(&fs::read(folder.path().join("manifest.json")).unwrap()).unwrap();
    let of = |path: &str| manifest["artifacts"].as_array().unwrap().iter().find(|entry| entry["path"] == path).unwrap().clone();
    assert_eq!(of("windows/corporate-mail.query.xml")["role"], "query");
    let status = fs::read_to_string(root().join("reported/phone-4.json")).unwrap();
    let digest = of("ios/corporate-mail.mobileconfig")["sha256"].as_str().unwrap().to_owned();
    assert!(status.contains(&digest), "fixtures/compliance/reported/phone-4.json should name {digest}");
    // A profile that nobody gets is asked for nowhere.
    let alone = tempfile::tempdir().unwrap();
    let out = alone.path().to_str().unwrap();
    assert_eq!(payloadc(&["build", "fixtures/contoso", "--out", out, "--at", "2026-11-21", "--allow-secrets-in-git"]).code, 0);
    assert!(!files_below(alone.path()).iter().any(|path| path.to_str().unwrap().contains(".query.")));
}

#[test]
fn the_next_evaluations_of_a_deployment() {
    let run = payloadc(&["deploy", "schedule", "mail-to-sales", WORKSPACE, "--next", "5", "--at", "2026-03-03T08:30:00Z"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    expected("schedule.txt", &run.stdout);
    let run = payloadc(&[
        "deploy",
        "schedule",
        "mail-to-sales",
        WORKSPACE,
        "--next",
        "2",
        "--at",
        "2026-03-03T08:29:59Z",
        "--format",
        "json",
    ]);
    let answer: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(
        answer["next"],
        serde_json::json!(["2026-03-03T08:30", "2026-03-17T08:30"]),
        "every other Tuesday from the 6th of January"
    );
    assert_eq!(answer["schedule"]["configmgr_token"], "79061E00001B4000");
    let run = payloadc(&["deploy", "schedule", "mail-to-phones", WORKSPACE]);
    assert_eq!((run.code, run.stdout.as_str()), (0, "mail-to-phones: at every logon, and by no schedule\n"));
    let run = payloadc(&["deploy", "schedule", "mail-to-phone", WORKSPACE]);
    assert!(run.code == 2 && run.stderr.contains("`mail-to-phones` is near"), "{}", run.stderr);
    assert_eq!(payloadc(&["deploy", "schedule", "mail-to-sales", WORKSPACE, "--next", "0"]).code, 2);
}
