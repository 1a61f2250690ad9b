//! Changes that devices would lose something by.

use super::workspace::{Workspace, mail, request};

fn built(platforms: &str, server: &str) -> Workspace {
    let workspace = Workspace::with(&mail("mail", platforms));
    workspace.write(
        "payloadc.yaml",
        &format!("organization: {{ name: Contoso, identifier: com.contoso }}\nserver: {{ windows: {server} }}\n"),
    );
    workspace.run(&["build"]).clean();
    workspace
}

fn guid(workspace: &Workspace, path: &str) -> String {
    workspace.entry(path)["identities"][0].as_str().unwrap().to_owned()
}

#[test]
fn a_new_user_name_wants_a_new_generation() {
    let workspace = built("[windows]", "manual");
    let former = guid(&workspace, "windows/mail.install.xml");
    let before = workspace.read("dist/windows/mail.install.xml");
    let renamed = mail("mail", "[windows]").replace("user_name: { literal: alice", "user_name: { literal: bob");
    workspace.write("profiles/mail.yaml", &renamed);
    workspace.run(&["build"]).ends(1).says("error[E0501]").says("raise `generation` to 2");
    assert_eq!(workspace.read("dist/windows/mail.install.xml"), before);
    assert_eq!(workspace.entry("windows/mail.install.xml")["stale"], true);
    workspace.run(&["build"]).ends(1);
    workspace.run(&["check"]).ends(1).says("error[E0501]");
    workspace.run(&["check", "--fix"]).clean().says("1 fixed");
    assert_eq!(workspace.read("profiles/mail.yaml"), renamed.replace("id: mail\n", "id: mail\ngeneration: 2\n"));
    workspace.run(&["build"]).clean();
    let now = guid(&workspace, "windows/mail.recreate.xml");
    assert_ne!(now, former);
    let recreate = workspace.read("dist/windows/mail.recreate.xml");
    let (deletes, adds) = recreate.split_once("<Add>").unwrap();
    assert!(deletes.contains("<Delete>") && deletes.contains(&former) && !deletes.contains(&now), "{recreate}");
    assert!(adds.contains(&now) && !adds.contains(&former));
    assert!(workspace.read("dist/windows/mail.remove.xml").contains(&former));
    assert_eq!(workspace.entry("windows/mail.recreate.xml")["role"], "recreate");
    assert_eq!(workspace.entry("windows/mail.recreate.xml")["redeliver"], false);
    workspace.write("profiles/mail.yaml", &workspace.read("profiles/mail.yaml").replace("bob", "carol"));
    workspace.run(&["check", "--fix"]).clean();
    assert!(workspace.read("profiles/mail.yaml").contains("generation: 3\n"));
}

#[test]
fn what_an_update_carries_is_no_loss() {
    let workspace = built("[windows]", "manual");
    workspace.write("profiles/mail.yaml", &mail("mail", "[windows]").replace("account_name: mail", "account_name: Post"));
    workspace.run(&["build"]).clean();
    let workspace = built("[ios]", "manual");
    workspace.write("profiles/mail.yaml", &mail("mail", "[ios]").replace("alice", "bob"));
    workspace.run(&["build"]).clean();
}

#[test]
fn a_server_that_sends_changed_files_again() {
    let workspace = built("[windows]", "fleet");
    workspace.run(&["build"]).clean();
    workspace.write("profiles/mail.yaml", &mail("mail", "[windows]").replace("account_name: mail", "account_name: Post"));
    workspace.run(&["build"]).ends(1).says("error[E0501]").says("Fleet");
    workspace.run(&["check", "--fix"]).clean();
    workspace.run(&["build"]).clean();
    workspace.run(&["build", "--check"]).clean();
}

#[test]
fn an_adopted_account_is_the_first_generation() {
    let workspace = Workspace::with(&format!(
        "{}adopt: {{ account_guid: \"{{1a2b3c4d-0000-4000-8000-00000000abcd}}\" }}\n",
        mail("mail", "[windows]")
    ));
    workspace.run(&["build"]).clean();
    assert_eq!(guid(&workspace, "windows/mail.install.xml"), "1A2B3C4D-0000-4000-8000-00000000ABCD");
    let profile = workspace.read("profiles/mail.yaml");
    workspace.write("profiles/mail.yaml", &format!("generation: 2\n{profile}"));
    workspace.run(&["build"]).clean();
    assert_ne!(guid(&workspace, "windows/mail.install.xml"), "1A2B3C4D-0000-4000-8000-00000000ABCD");
    assert!(workspace.read("dist/windows/mail.recreate.xml").contains("1A2B3C4D-0000-4000-8000-00000000ABCD"));
}

#[test]
fn a_changed_request_warns() {
    for platforms in ["[ios]", "[windows]"] {
        let workspace = Workspace::with(&request("{ secret: env:CHALLENGE }", platforms));
        let build = |arguments: &[&str]| workspace.run_with(&[&["build"], arguments].concat(), &[("CHALLENGE", "c")]);
        build(&[]).clean();
        let changed = workspace.read("profiles/mail.yaml").replace("CN=alice", "CN=bob");
        workspace.write("profiles/mail.yaml", &changed);
        build(&["--deny", "W0612"]).ends(1).says("warning[W0612]");
        workspace.write("profiles/mail.yaml", &changed.replace("id: identity\n", "id: identity\ngeneration: 2\n"));
        build(&["--deny", "warnings"]).clean();
        workspace.write("profiles/mail.yaml", &workspace.read("profiles/mail.yaml").replace("mscep.dll", "other.dll"));
        build(&["--deny", "warnings"]).clean();
    }
}

#[test]
fn an_embedded_request_warns_at_the_request() {
    let workspace =
        Workspace::with(&format!("{}authentication: certificates\nidentity_certificate: identity\n", mail("mail", "[ios]")));
    workspace.write("profiles/identity.yaml", &request("{ secret: env:CHALLENGE }", "[ios]"));
    let build = |arguments: &[&str]| workspace.run_with(&[&["build"], arguments].concat(), &[("CHALLENGE", "c")]);
    build(&[]).clean();
    let changed = workspace.read("profiles/identity.yaml").replace("CN=alice", "CN=bob");
    workspace.write("profiles/identity.yaml", &changed);
    build(&["--check"]).ends(1).says("warning[W0612]").says("profiles/identity.yaml:2:5");
    workspace.write("profiles/identity.yaml", &changed.replace("id: identity\n", "id: identity\ngeneration: 2\n"));
    build(&["--deny", "warnings"]).clean();
}

#[test]
fn nodes_are_no_object_that_devices_could_lose() {
    let nodes = "kind: windows_csp\nid: proxy\nname: Proxy\nplatforms: { windows: \"11\" }\nsettings:\n\
        \x20 - node: ./Device/Vendor/MSFT/NetworkProxy/AutoDetect\n    value: 0\n";
    let workspace = Workspace::with(nodes);
    workspace.run(&["build"]).clean();
    workspace.write("profiles/mail.yaml", &nodes.replace("value: 0", "value: 1"));
    workspace.run(&["build"]).clean();
    workspace.remove("profiles/mail.yaml");
    workspace.run(&["build"]).clean();
    workspace.write("profiles/mail.yaml", nodes);
    workspace.run(&["build"]).clean();
}
