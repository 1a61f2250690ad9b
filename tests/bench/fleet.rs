//! A large fleet: `cargo bench --bench fleet -- USERS COLLECTIONS DEPLOYMENTS`. Generates a workspace, resolves it with `deploy plan`, judges it with
//! `evaluate` from one report line for each user, and builds for single people (a tenth of them, then all, unless they are many); says how
//! long each took and how much memory it held at most (Linux only).
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a benchmark that cannot go on fails"
)]

use std::fmt::Write as _;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use draw::Xorshift;

#[path = "draw.rs"]
mod draw;

const COUNTRIES: [&str; 10] = ["DE", "FR", "US", "GB", "IT", "ES", "NL", "PL", "SE", "DK"];

/// Folders of people are files on a disk: more than these say nothing more.
const MOST_PEOPLE: usize = 20_000;

fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let [users, collections, deployments] = numbers.try_into().unwrap_or([100_000, 200, 50]);
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), users, collections, deployments);
    report(folder.path(), users);
    println!("{users} users, {collections} collections, {deployments} deployments:");
    measured("deploy plan", folder.path(), &["deploy", "plan"]);
    measured("evaluate", folder.path(), &["evaluate", "--reported", "reported.ndjson", "--format", "json"]);
    let people = users.min(MOST_PEOPLE);
    for people in [people / 10, people] {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), people, collections.min(200), deployments);
        measured(&format!("build --per-user, {people} users"), folder.path(), &["build", "--per-user"]);
    }
}

/// Runs the program in a workspace and says what it took.
fn measured(what: &str, folder: &Path, arguments: &[&str]) {
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_payloadc"))
        .args(arguments)
        .env("SOURCE_DATE_EPOCH", "1795219200")
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let code = loop {
        if let Some(ended) = child.try_wait().unwrap() {
            break ended.code();
        }
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        peak = line.trim().trim_end_matches(" kB").parse().unwrap_or(peak);
        std::thread::sleep(Duration::from_millis(20));
    };
    let seconds = start.elapsed().as_secs_f64();
    // 3: an alert is raised.
    assert!(matches!(code, Some(0 | 3)), "{what} ended with {code:?}");
    println!("  {what}: {seconds:.1} s, {} MiB", peak / 1024);
}

/// A line of each user.
fn report(folder: &Path, users: usize) {
    let mut lines = BufWriter::new(std::fs::File::create(folder.join("reported.ndjson")).unwrap());
    for at in 0..users {
        let state = if at % 9 == 0 { "non_compliant" } else { "compliant" };
        let profile = at % 20;
        writeln!(
            lines,
            "{{\"user\":\"u{at}\",\"profile\":\"mail-{profile}\",\"state\":\"{state}\",\"at\":\"2026-11-21T08:00:00Z\"}}"
        )
        .unwrap();
    }
    lines.flush().unwrap();
}

fn write(folder: &Path, users: usize, collections: usize, deployments: usize) {
    let mut random = Xorshift(0x9e37_79b9_7f4a_7c15);
    std::fs::create_dir(folder.join("profiles")).unwrap();
    let workspace =
        "organization: { name: Contoso, identifier: com.contoso }\nserver: { ios: workspace_one }\ndirectory: users.csv\n";
    std::fs::write(folder.join("payloadc.yaml"), workspace).unwrap();
    let mut csv = BufWriter::new(std::fs::File::create(folder.join("users.csv")).unwrap());
    writeln!(csv, "id,userPrincipalName,mail,sAMAccountName,displayName,department,country,office").unwrap();
    for at in 0..users {
        let (department, country, office) = (random.below(40), COUNTRIES[random.below(10)], random.below(200));
        let upn = format!("user{at}@contoso.com");
        writeln!(csv, "u{at},{upn},{upn},user{at},User Number {at},Department {department},{country},Office {office}").unwrap();
    }
    csv.flush().unwrap();
    let mut text = String::new();
    for at in 0..20 {
        let days = ["3_days", "2_weeks"][at % 2];
        let _ = write!(
            text,
            "kind: email\nid: mail-{at}\nname: Mail {at}\nplatforms: [ios]\nhost: mail.contoso.com\naccount_name: Mail\nemail_address: primary_smtp_address\ndays_of_email: {days}\n---\n"
        );
    }
    for at in 0..collections {
        let _ = write!(text, "kind: collection\nid: c{at}\nname: C {at}\nof: users\n");
        let (department, office, country) = (random.below(40), random.below(200), COUNTRIES[random.below(10)]);
        let body = match at % 6 {
            0 => format!("where: user.department == \"Department {department}\" and user.country in [\"{country}\", \"SE\"]"),
            2 => format!("where: user.office == \"Office {office}\""),
            4 => format!("where: user.user_principal_name endswith \"{office:03}@contoso.com\""),
            _ => {
                let excluded = if at > 3 { format!("exclude: [c{}]\n", at - 3) } else { String::new() };
                format!("include: [c{}]\n{excluded}members: [u{}, user{}@contoso.com]", at - 1, at % users, (at + 1) % users)
            }
        };
        let _ = write!(text, "{body}\n---\n");
    }
    for at in 0..deployments {
        let collection = random.below(collections);
        let _ = write!(
            text,
            "kind: deployment\nid: d{at}\nname: D {at}\nprofiles: [mail-{}]\ncollection: c{collection}\n---\n",
            at % 20
        );
    }
    std::fs::write(folder.join("profiles/all.yaml"), text.trim_end_matches("---\n")).unwrap();
}
