//! Where diagnostics go, in which form, and what makes a run fail.

use super::workspace::{Workspace, mail};

fn broken() -> Workspace {
    Workspace::with(&mail("mail", "[ios]").replace("mail.contoso.com", "https://mail.contoso.com"))
}

/// A workspace with one warning.
fn warned() -> Workspace {
    Workspace::with(&mail("mail", "[ios]").replace("mail.contoso.com", "10.0.0.1"))
}

#[test]
fn for_people_on_stderr() {
    let run = broken().run(&["check"]).ends(1).says("profiles/mail.yaml:5:7");
    assert!(run.stdout.is_empty());
    let run = warned().run(&["check"]).clean().says("warning[W0607]");
    assert!(run.stdout.is_empty());
}

#[test]
fn for_programs_on_stdout() {
    for (format, begins) in [("json", "{\"code\":\"E0208\""), ("sarif", "{"), ("github", "::error "), ("junit", "<?xml")] {
        for command in ["check", "build"] {
            let run = broken().run(&[command, "--format", format]).ends(1);
            assert!(run.stdout.starts_with(begins), "{format}: {}", run.stdout);
            assert!(!run.stderr.contains("E0208"), "{format}: {}", run.stderr);
        }
    }
    let run = Workspace::with(&mail("mail", "[ios]")).run(&["check", "--format", "sarif"]).clean();
    let sarif: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    assert!(sarif["runs"][0]["results"].as_array().unwrap().is_empty());
}

#[test]
fn colour_is_for_terminals_or_on_demand() {
    let workspace = broken();
    let coloured = |arguments: &[&str], environment: &[(&str, &str)]| {
        workspace.run_with(arguments, environment).ends(1).stderr.contains('\u{1b}')
    };
    assert!(!coloured(&["check"], &[]));
    assert!(coloured(&["check", "--color", "always"], &[]));
    assert!(coloured(&["--color", "always", "check"], &[("NO_COLOR", "1")]));
    assert!(!coloured(&["check", "--color", "never"], &[]));
    assert!(!coloured(&["check"], &[("NO_COLOR", "1")]));
}

#[test]
fn denied_warnings_are_errors() {
    let workspace = warned();
    workspace.run(&["build", "--deny", "W0607"]).ends(1).says("nothing is written");
    workspace.run(&["build", "--deny", "warnings"]).ends(1);
    workspace.run(&["check", "--deny", "warnings"]).ends(1);
    assert!(workspace.built().is_empty());
    workspace.run(&["build", "--deny", "W0601"]).clean();
    workspace.run(&["build", "--deny", "W0601", "--deny", "W0607"]).ends(1);
}

#[test]
fn allowed_warnings_are_quiet_and_unused_permissions_are_not() {
    let workspace = warned();
    let profile = workspace.read("profiles/mail.yaml");
    workspace.write("profiles/mail.yaml", &format!("{profile}allow: {{ W0607: the laboratory has no names }}\n"));
    workspace.run(&["check", "--deny", "warnings"]).clean();
    workspace.write("profiles/mail.yaml", &format!("{profile}allow: {{ W0607: no names, W0608: not needed }}\n"));
    workspace.run(&["check"]).clean().says("warning[W0603]");
}

#[test]
fn in_the_order_of_files_and_lines() {
    let workspace = broken();
    workspace
        .write("profiles/a.yaml", "kind: emial\nid: a\n")
        .write("profiles/z.yaml", "\tkind: email\n")
        .write("profiles/m.yaml", "kind: email\nid: m\n");
    let run = workspace.run(&["check", "--format", "json"]).ends(1);
    let places: Vec<(String, u64)> = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|line| (line["file"].as_str().unwrap().to_owned(), line["line"].as_u64().unwrap()))
        .collect();
    let mut sorted = places.clone();
    sorted.sort();
    assert_eq!(places, sorted);
    let files: std::collections::BTreeSet<&str> = places.iter().map(|(file, _)| file.as_str()).collect();
    assert_eq!(files.len(), 4, "one bad file stops no other");
}

#[test]
fn fixes_are_applied_and_nothing_else_is_touched() {
    let workspace = Workspace::with(
        "# kept\nkind: email   # also kept\nid: mail\nname: Mail\nplatforms: [ios]\nhost:   mail.contoso.com\naccount_nam: Mail\n\
         user_name: { literal: a@contoso.com }\nemail_address: primary_smtp_adress\ndays_of_email: 2_week\n",
    );
    workspace.run(&["check"]).ends(1);
    workspace.run(&["check", "--fix"]).clean().says("fixed in profiles/mail.yaml");
    assert_eq!(
        workspace.read("profiles/mail.yaml"),
        "# kept\nkind: email   # also kept\nid: mail\nname: Mail\nplatforms: [ios]\nhost:   mail.contoso.com\naccount_name: Mail\n\
         user_name: { literal: a@contoso.com }\nemail_address: primary_smtp_address\ndays_of_email: 2_weeks\n"
    );
    let bom = format!("\u{feff}{}", mail("mail", "[ios]").replace("account_name", "acount_name"));
    workspace.write("profiles/mail.yaml", &bom);
    workspace.run(&["check", "--fix"]).clean();
    assert_eq!(workspace.read("profiles/mail.yaml"), format!("\u{feff}{}", mail("mail", "[ios]")));
}

#[test]
fn files_that_are_no_text() {
    let workspace = Workspace::with(&mail("mail", "[ios]"));
    let utf16: Vec<u8> = "kind: email".encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(workspace.path("profiles/utf16.yaml"), [&[0xff, 0xfe], &utf16[..]].concat()).unwrap();
    std::fs::write(workspace.path("profiles/latin.yaml"), b"name: B\xfcro\n").unwrap();
    workspace.write("profiles/empty.yaml", "");
    let run = workspace.run(&["build"]).ends(1).says("is UTF-16").says("is not UTF-8: byte 8 (line 1)").says("error[E0110]");
    assert!(run.stderr.contains("1 artifact in"), "{}", run.stderr);
    workspace.write("profiles/marked.yaml", &format!("\u{feff}{}", mail("marked", "[ios]")));
    workspace.run(&["check", "profiles/marked.yaml"]).ends(1);
    assert!(!workspace.run(&["check"]).stderr.contains("marked.yaml"));
}

#[cfg(unix)]
#[test]
fn links_that_leave_the_workspace() {
    let workspace = Workspace::with(&mail("mail", "[ios]"));
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("other.yaml"), mail("other", "[ios]")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("other.yaml"), workspace.path("profiles/other.yaml")).unwrap();
    std::os::unix::fs::symlink("nowhere", workspace.path("profiles/broken.yaml")).unwrap();
    std::os::unix::fs::symlink("mail.yaml", workspace.path("profiles/second-name.yaml")).unwrap();
    workspace.run(&["build"]).ends(1).says("error[E0111]").says("error[E0101]");
    assert_eq!(workspace.built(), ["ios/mail.mobileconfig"]);
    workspace.run(&["build", outside.path().join("other.yaml").to_str().unwrap(), "profiles/mail.yaml"]).ends(2);
}
