//! Folders that a build does not write to.

use super::workspace::{Workspace, mail};

#[test]
fn output_folders_that_are_refused() {
    let workspace = Workspace::with(&mail("mail", "[ios]"));
    workspace.write("full/thesis.txt", "ten years of work");
    std::fs::create_dir_all(workspace.path("empty")).unwrap();
    let home = workspace.path("somebody");
    std::fs::create_dir_all(&home).unwrap();
    let before = workspace.tree(".");
    let cases = [
        (".", "is the workspace itself"),
        ("profiles/..", "is the workspace itself"),
        ("..", "contains the workspace"),
        ("/", "is the root"),
        ("profiles", "must not contain one another"),
        ("profiles/dist", "must not contain one another"),
        ("full", "is not empty (it has `thesis.txt`)"),
        ("root.cer", "is a file"),
        ("somebody", "is the home folder"),
    ];
    for (out, why) in cases {
        workspace.run_with(&["build", "--out", out], &[("HOME", &home)]).ends(2).says(why);
        workspace.run_with(&["build", "profiles/mail.yaml", "--out", out], &[("HOME", &home)]).ends(2).says(why);
    }
    assert_eq!(before, workspace.tree("."));
    workspace.run(&["build", "--out", "empty"]).clean();
    workspace.run(&["build", "--out", "new/deep"]).clean();
}

#[test]
fn an_output_folder_in_payloadc_yaml_is_refused_too() {
    let workspace = Workspace::with(&mail("mail", "[ios]"));
    let base = "organization: { name: Contoso, identifier: com.contoso }\n";
    workspace.write("payloadc.yaml", &format!("{base}output: profiles/out\n"));
    workspace.run(&["build"]).ends(2).says("must not contain one another");
    workspace.write("payloadc.yaml", &format!("{base}output: ../elsewhere\n"));
    workspace.run(&["build"]).ends(1).says("error[E0111]");
    assert!(!workspace.path("../elsewhere").exists());
}
