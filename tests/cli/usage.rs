//! Commands, their help and their exit codes.

use super::workspace::{Workspace, mail, payloadc, run_in};

const COMMANDS: [&str; 13] = [
    "lint",
    "build",
    "check",
    "init",
    "list",
    "explain",
    "support",
    "schema",
    "servers",
    "forget",
    "completions",
    "man",
    "version",
];

#[test]
fn unknown_words_end_with_2() {
    let workspace = Workspace::with(&mail("mail", "[ios]"));
    for arguments in [
        &["bild"][..],
        &[],
        &["build", "--frmat", "json"],
        &["build", "--target", "ois"],
        &["build", "--profile", "mial"],
        &["build", "--var", "x"],
        &["build", "--var", "1x=y"],
        &["build", "--vars", "nowhere.yaml"],
        &["build", "--at", "yesterday"],
        &["build", "--organization", "contoso"],
        &["build", "nowhere.yaml"],
        &["build", "nowhere"],
        &["build", "profiles"],
        &["build", "-", "profiles/mail.yaml"],
        &["build", "--deny", "W9999"],
        &["build", "--out", "-", "--check"],
        &["build", "--out", "-", "--format", "json"],
        &["check", "--at", "2026-13-01"],
        &["list", "nowhere"],
        &["init", "new", "--organization", "contoso"],
        &["explain", "E9999"],
        &["support", "emial"],
        &["schema", "emial"],
        &["servers", "fleat"],
        &["forget", "mail"],
        &["forget"],
        &["completions", "cobol"],
        &["version", "--xml"],
    ] {
        let run = workspace.run(arguments).ends(2);
        assert!(run.stdout.is_empty(), "{arguments:?}: {}", run.stdout);
        assert!(!run.stderr.is_empty(), "{arguments:?}");
    }
    assert!(workspace.built().is_empty());
}

#[test]
fn near_names_are_offered() {
    let workspace = Workspace::with(&mail("mail", "[ios]"));
    workspace.run(&["build", "--profile", "mial"]).ends(2).says("`mail` is near");
    workspace.run(&["build", "--deny", "W0601x"]).ends(2).says("`W0601` is near");
    workspace.run(&["build", "--target", "ois"]).ends(2).says("known are `ios`");
}

#[test]
fn every_help_has_an_example_that_runs() {
    assert!(payloadc(&["--help"]).clean().stdout.contains("Example:\n  payloadc "));
    let mut examples = vec![example(&payloadc(&["--help"]).stdout)];
    for command in COMMANDS {
        let help = payloadc(&[command, "--help"]).clean();
        assert!(help.stderr.is_empty());
        examples.push(example(&help.stdout));
    }
    // What `forget` forgets must have been built and removed before: its example is run in `dist`.
    for example in examples.iter().filter(|example| !example.starts_with("forget ")) {
        let words: Vec<&str> = example.split(' ').collect();
        let run = payloadc(&words);
        assert_eq!(run.code, 0, "payloadc {example}\n{}", run.stderr);
    }
    for (place, command) in COMMANDS.iter().enumerate() {
        assert!(examples[place + 1].starts_with(command), "{command}: {}", examples[place + 1]);
    }
}

fn example(help: &str) -> String {
    let (_, examples) = help.split_once("Example:\n").unwrap_or_else(|| panic!("no example in\n{help}"));
    let line = examples.lines().next().unwrap().trim();
    line.strip_prefix("payloadc ").unwrap_or_else(|| panic!("{line}")).to_owned()
}

#[test]
fn the_example_of_forget_runs() {
    let example = example(&payloadc(&["forget", "--help"]).stdout);
    let words: Vec<&str> = example.split(' ').collect();
    assert_eq!(words[..2], ["forget", "old-mail"]);
    let out = words.iter().position(|word| *word == "--out").map(|at| words[at + 1]).unwrap();
    let workspace = Workspace::with(&mail("old-mail", "[windows]"));
    workspace.write("profiles/other.yaml", &mail("other", "[windows]"));
    let dist = workspace.path("dist");
    let arguments = words.iter().map(|word| if *word == out { dist.to_str().unwrap() } else { word }).collect::<Vec<_>>();
    workspace.run(&["build"]).clean();
    workspace.remove("profiles/mail.yaml");
    workspace.run(&["build"]).clean();
    run_in(workspace.0.path(), &arguments).clean().says("forgotten");
}

#[test]
fn init_never_overwrites_and_builds_clean() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/workspace");
    let path = path.to_str().unwrap();
    let first = run_in(folder.path(), &["init", path, "--name", "Köln: \"Süd\" & Söhne", "--organization", "de.koeln"]).clean();
    assert!(first.stdout.is_empty());
    let built = run_in(folder.path(), &["build", path, "--deny", "warnings"]).clean();
    assert!(!built.stderr.contains("warning"), "{}", built.stderr);
    let profile = folder.path().join("new/workspace/profiles/mail.yaml");
    let text = std::fs::read_to_string(&profile).unwrap();
    assert!(text.contains("Köln"), "{text}");
    std::fs::write(&profile, "mine").unwrap();
    run_in(folder.path(), &["init", path]).clean().says("kept");
    assert_eq!(std::fs::read_to_string(&profile).unwrap(), "mine");
    let ignore = std::fs::read_to_string(folder.path().join("new/workspace/.gitignore")).unwrap();
    assert!(ignore.contains("/dist/"));
}

#[test]
fn list_prints_what_there_is() {
    let workspace = Workspace::with(&mail("mail", "[ios, windows]"));
    let table = workspace.run(&["list"]).clean();
    assert!(table.stdout.contains("mail  email  ios") && table.stdout.contains("profiles/mail.yaml"), "{}", table.stdout);
    let json = workspace.run(&["list", "--json"]).clean();
    let listed: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(listed[0]["id"], "mail");
    assert_eq!(listed[0]["kind"], "email");
    assert_eq!(listed[0]["file"], "profiles/mail.yaml");
    assert!(listed[0]["platforms"]["ios"].as_str().unwrap().starts_with(">="));
    workspace.write("profiles/bad.yaml", "kind: email\n");
    workspace.run(&["list"]).ends(1).prints("mail  email").says("error[E0202]");
}

#[test]
fn version_names_the_vendor_facts() {
    let plain = payloadc(&["version"]).clean().stdout;
    let first = format!("payloadc {}", env!("CARGO_PKG_VERSION"));
    assert_eq!(plain.lines().next(), Some(first.as_str()));
    assert!(plain.contains("\napple: iOS ") && plain.contains("\nwindows: v2-"), "{plain}");
    assert_eq!(payloadc(&["--version"]).clean().stdout.trim(), first);
    let json: serde_json::Value = serde_json::from_str(&payloadc(&["version", "--json"]).clean().stdout).unwrap();
    assert_eq!(json["version"], env!("CARGO_PKG_VERSION"));
    assert!(json["catalog"].as_object().unwrap().len() >= 2);
    assert!(json["targets"].as_array().unwrap().contains(&"ios".into()));
    assert!(json["kinds"].as_array().unwrap().contains(&"email".into()));
}

#[test]
fn completions_and_man_page() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let completions = payloadc(&["completions", shell]).clean().stdout;
        assert!(completions.contains("payloadc") && completions.contains("all-or-nothing"), "{shell}");
    }
    let man = payloadc(&["man"]).clean().stdout;
    assert!(man.contains(".TH payloadc") && man.contains("completions"));
}

#[test]
fn the_reader_may_go_away() {
    use std::process::Stdio;
    let mut child =
        super::workspace::program(std::path::Path::new("."), &["completions", "bash"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
