//! Two builds at once, and builds that die.

use std::process::Child;
use std::time::Duration;

use super::workspace::{Workspace, mail, program};

fn start(workspace: &Workspace, arguments: &[&str]) -> Child {
    program(workspace.0.path(), arguments).spawn().unwrap()
}

#[test]
fn two_builds_into_one_folder_go_one_after_the_other() {
    for _ in 0..5 {
        let workspace = Workspace::with(&mail("mail", "[ios, windows]"));
        workspace.write("profiles/other.yaml", &mail("other", "[ios, windows]"));
        let builds: Vec<Child> =
            ["ios", "windows", "ios"].into_iter().map(|target| start(&workspace, &["build", "--target", target])).collect();
        for build in builds {
            let output = build.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        // What the first one wrote, the second one knows.
        for path in workspace.built() {
            workspace.entry(&path);
        }
        assert_eq!(workspace.built().len(), workspace.manifest()["artifacts"].as_array().unwrap().len());
        workspace.run(&["build"]).clean();
        workspace.run(&["build", "--check"]).clean();
    }
}

#[cfg(unix)]
#[test]
fn a_killed_build_leaves_the_old_or_the_new() {
    let workspace = Workspace::new();
    let version = |host: &str| {
        for number in 0..60 {
            let profile = mail(&format!("mail-{number}"), "[ios, windows]").replace("mail.contoso.com", host);
            workspace.write(&format!("profiles/mail-{number}.yaml"), &profile);
        }
    };
    version("old.contoso.com");
    workspace.run(&["build"]).clean();
    let old = workspace.tree("dist");
    version("new.contoso.com");
    workspace.run(&["build", "--out", "elsewhere"]).clean();
    let new = workspace.tree("elsewhere");
    for round in 0..24_u64 {
        version("new.contoso.com");
        let mut build = start(&workspace, &["build"]);
        std::thread::sleep(Duration::from_millis(10 + 12 * round));
        build.kill().ok();
        build.wait().unwrap();
        // The next build that looks at the folder takes back what was half-done; one that forgets nothing changes nothing else.
        workspace.run(&["forget", "nobody"]).ends(2);
        let left = workspace.tree("dist");
        assert!(left == old || left == new, "round {round} left a mixture");
        version("old.contoso.com");
        workspace.run(&["build"]).clean();
        assert_eq!(workspace.tree("dist"), old);
        assert!(!workspace.path("dist/.payloadc/staging").exists() && !workspace.path("dist/.payloadc/journal").exists());
    }
}

#[cfg(unix)]
#[test]
fn a_build_that_cannot_write_changes_nothing() {
    use std::os::unix::fs::symlink;
    let workspace = Workspace::with(&mail("mail", "[ios, windows]"));
    workspace.run(&["build"]).clean();
    let outside = tempfile::tempdir().unwrap();
    std::fs::remove_dir_all(workspace.path("dist/windows")).unwrap();
    symlink(outside.path(), workspace.path("dist/windows")).unwrap();
    workspace.write("profiles/mail.yaml", &mail("mail", "[ios, windows]").replace("account_name: mail", "account_name: Post"));
    let before = workspace.read("dist/ios/mail.mobileconfig");
    workspace.run(&["build"]).ends(2).says("is a symbolic link");
    assert_eq!(workspace.read("dist/ios/mail.mobileconfig"), before);
    assert!(std::fs::read_dir(outside.path()).unwrap().next().is_none());
}
