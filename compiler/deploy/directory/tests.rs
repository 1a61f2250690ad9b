//! The three forms of a directory give the same people; what they hold arrives whole.

use std::io::Cursor;

use super::*;

fn people(path: &str, text: &str) -> (Table, Problems) {
    read(path, Sort::Users, &mut Cursor::new(text.as_bytes()), &|_| true)
}

fn values(table: &Table, names: &[&str]) -> Vec<Vec<String>> {
    let rows = (0..u32::try_from(table.len()).unwrap()).map(|row| table.row(row));
    rows.map(|row| names.iter().map(|name| row.value(name).to_owned()).collect()).collect()
}

#[test]
fn three_forms_give_the_same_people() {
    let csv = "\u{feff}userPrincipalName,mail,Display Name,department\r\nalice@contoso.com,alice@contoso.com,\"R&D <\"\"x\"\">, ü\",Sales\r\nbob@contoso.com,,Bob,\r\n";
    let ndjson = "{\"userPrincipalName\":\"alice@contoso.com\",\"mail\":[\"alice@contoso.com\",\"a@contoso.com\"],\"display_name\":\"R&D <\\\"x\\\">, ü\",\"department\":\"Sales\"}\n\n{\"userPrincipalName\":\"bob@contoso.com\",\"display_name\":\"Bob\",\"mail\":null}\n";
    let ldif = "version: 1\n\n# Alice, whose comment\n goes on\ndn: CN=Alice,OU=Sales,DC=contoso,DC=com\nchangetype: add\nobjectClass: top\nobjectClass: user\nuserPrincipalName: alice@con\n toso.com\nmail: alice@contoso.com\ndisplayName:: UiZEIDwieCI+LCDDvA==\nobjectGUID:: /////w==\ndepartment;lang-en: Sales\n\ndn:: Q049Qm9iLERDPWNvbnRvc28sREM9Y29t\r\nuserPrincipalName: bob@contoso.com\r\ndisplayName: Bob\r\n\r\nsearch: 2\nresult: 0 Success\n";
    for (path, text) in [("a.csv", csv), ("a.ndjson", ndjson), ("a.LDIF", ldif)] {
        let (table, problems) = people(path, text);
        assert!(problems.is_empty(), "{path}: {problems:?}");
        let wanted = [
            ["alice@contoso.com", "alice@contoso.com", "alice@contoso.com", "R&D <\"x\">, ü", "Sales"],
            ["bob@contoso.com", "bob@contoso.com", "", "Bob", ""],
        ];
        let names = ["id", "user_principal_name", "primary_smtp_address", "display_name", "department"];
        assert_eq!(values(&table, &names), wanted, "{path}");
        assert_eq!((table.find("ALICE@contoso.com"), table.find("nobody")), (Some(0), None), "{path}");
    }
    let (table, _) = people("a.ldif", ldif);
    assert_eq!(values(&table, &["domain"]), [["contoso.com"], ["contoso.com"]]);
}

#[test]
fn only_what_is_wanted_is_kept_and_the_rest_is_known_by_name() {
    let text = "id,mail,Job Title,room\nalice,a@contoso.com,Boss,1\n";
    let (table, _) = read("a.csv", Sort::Users, &mut Cursor::new(text.as_bytes()), &|name| name == "job_title");
    assert_eq!(values(&table, &["id", "job_title", "room"]), [["alice", "Boss", ""]]);
    assert!(table.names().any(|name| name == "room"));
}

#[test]
fn hostile_files_end_in_a_problem() {
    let long = "x".repeat(lines::LONGEST + 10);
    for (path, text) in [
        ("a.csv", String::new()),
        ("a.csv", format!("id,mail\nalice,\"{long}")),
        ("a.ndjson", format!("{{\"id\": \"{long}\"}}")),
        ("a.ldif", format!("dn: CN=a\nmail: {long}")),
        ("a.ldif", format!("dn: CN=a\nmail: b{}", "\n ".to_owned() + &"y\n ".repeat(lines::LONGEST))),
        ("a.csv", "id\na\u{1}b\n".to_owned()),
        ("a.csv", "id,id\na,b\n".to_owned()),
        ("a.csv", (0..2_000).map(|at| format!("c{at}")).collect::<Vec<_>>().join(",") + "\n"),
    ] {
        let head: String = text.chars().take(30).collect();
        assert!(!people(path, &text).1.is_empty(), "{path}: {head:?}");
    }
    // One mistake many times is counted.
    let (_, problems) = people("a.ndjson", &"[]\n".repeat(500));
    assert_eq!((problems.first.len(), problems.more), (50, 450));
}
