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

fn said(path: &str, text: &str) -> Vec<(u64, String)> {
    people(path, text).1.first.into_iter().map(|problem| (problem.line, problem.message)).collect()
}

fn only(line: u64, message: &str) -> Vec<(u64, String)> {
    vec![(line, message.to_owned())]
}

#[test]
fn quotes_that_swallow_lines_are_named_where_they_open() {
    let open = "the quotes that open here are never closed";
    // With the number of columns that are wanted, and without; in a column that nobody asks for; in the first line.
    assert_eq!(said("a.csv", "id,note\nalice,x\nbob,\"open\ncarol,y\n"), only(3, open));
    assert_eq!(said("a.csv", "id,note,more\nalice,x,y\nbob,\"open\ncarol,y,z"), only(3, open));
    assert_eq!(said("a.csv", "\u{feff}\"id,note\nalice,x\n"), only(1, open));
    let kept = &|name: &str| name == "id";
    let unwanted = read("a.csv", Sort::Users, &mut Cursor::new(b"id,note\nbob,\"open\ncarol,\"\"y\n"), kept).1;
    assert_eq!(unwanted.first.first().map(|problem| (problem.line, &*problem.message)), Some((2, open)));
    // Closed by the next quotes of the file.
    let astray = "text stands behind the quotes that close a value";
    assert_eq!(said("a.csv", "id,note\nbob,\"open\ncarol,\"y\"\ndan,z\n"), only(2, astray));
    // Quotes as they should be, with line breaks in what is not kept; and quotes inside of a value that has none around it.
    let sound = b"\"id\",note\r\n\"bob\",\"two\r\nlines, \"\"so\"\"\"\r\ncarol,5\" screen\r\ndan,\"\"";
    let (table, problems) = read("a.csv", Sort::Users, &mut Cursor::new(sound), kept);
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(values(&table, &["id"]), [["bob"], ["carol"], ["dan"]]);
}

#[test]
fn other_separators_are_named() {
    let (_, problems) = people("a.csv", "id;mail\nalice;a@contoso.com\n");
    let all: Vec<_> = problems.first.iter().map(|problem| &*problem.message).collect();
    assert_eq!(all, ["the columns are separated by semicolons, and CSV has commas"]);
    assert_eq!(said("a.csv", "id\tmail\n"), only(1, "the columns are separated by tabs, and CSV has commas"));
}

#[test]
fn an_object_has_each_attribute_once() {
    let twice = |name: &str| only(1, &format!("two attributes of the entry are called `{name}`"));
    assert_eq!(said("a.ndjson", "{\"id\":\"a\",\"id\":\"b\"}\n"), twice("id"));
    assert_eq!(said("a.ndjson", "{\"id\":\"a\",\"mail\":null,\"Mail\":\"b\"}\n"), twice("primary_smtp_address"));
}

#[test]
fn only_a_user_principal_name_stands_in_for_an_id() {
    for text in ["mail\na@contoso.com\n", "uid\na\n", "sAMAccountName\na\n", "serial_number\n1\n"] {
        assert_eq!(said("a.csv", text), only(2, "the entry has no id"), "{text}");
    }
}

#[test]
fn what_is_twice_is_named() {
    let head = "id,upn\n";
    assert_eq!(said("a.csv", &format!("{head}a,x@contoso.com\nA,y@contoso.com\n")), only(3, "the id `A` is there twice"));
    let principal = "the user principal name `X@contoso.com` is there twice";
    assert_eq!(said("a.csv", &format!("{head}a,x@contoso.com\nb,X@contoso.com\n")), only(3, principal));
    assert_eq!(said("a.csv", "upn\nx@contoso.com\nX@contoso.com\n"), only(3, principal));
}

#[test]
fn a_device_is_one_that_can_be() {
    let said = |text: &str| {
        let problems = read("a.csv", Sort::Devices, &mut Cursor::new(text.as_bytes()), &|_| true).1;
        problems.first.into_iter().map(|problem| (problem.line, problem.message)).collect::<Vec<_>>()
    };
    let head = "id,platform,os_version,supervised,serial,userPrincipalName\n";
    let sound = "a,iOS,17.2,TRUE,1,x@contoso.com\nb,android,,,,x@contoso.com\nc,windows,10.0.19045.3570,false,2,\nd,,,,,\n";
    assert_eq!(said(&format!("{head}{sound}")), []);
    assert_eq!(said(&format!("{head}a,iPadOS,,,,\n")), only(2, "no platform is called `iPadOS`"));
    assert_eq!(said(&format!("{head}a,windws,,,,\n")), only(2, "no platform is called `windws`"));
    assert_eq!(said(&format!("{head}a,ios,17.x,,,\n")), only(2, "the `os_version` `17.x` is no version"));
    assert_eq!(said(&format!("{head}a,ios,,Yes,,\n")), only(2, "`supervised` is `Yes`, which says neither yes nor no"));
    assert_eq!(said(&format!("{head}a,ios,,,s1,\nb,ios,,,S1,\n")), only(3, "the serial number `S1` is there twice"));
}

#[test]
fn lines_are_counted_alike_whatever_ends_them() {
    for (end, step) in [("\n", 4096), ("\r\n", 4096), ("\r\n", 1), ("\r\n", 7)] {
        let text = ["id,mail", "alice,a@x.org", "bo\u{1}b,b@x.org", "\"c", "d\",x", "carol,c@x.org", ""].join(end);
        let mut stream = std::io::BufReader::with_capacity(step, text.as_bytes());
        let (table, problems) = read("a.csv", Sort::Users, &mut stream, &|_| true);
        let mut lines: Vec<u64> = problems.first.iter().map(|problem| problem.line).collect();
        lines.dedup();
        assert_eq!((lines, table.find("carol").is_some()), (vec![3, 4], true), "{end:?} {step}");
    }
}

#[test]
fn values_of_several_lines_are_those_that_xml_carries() {
    let csv = "id,street,note\nalice,\"Main Street 1\r\nBerlin\",\"a\tb\u{7f}\"\n";
    let ldif = "dn: CN=a\nid: alice\nstreet:: TWFpbiBTdHJlZXQgMQ0KQmVybGlu\nnote:: YQlifw==\n";
    for (path, text) in [("a.csv", csv), ("a.ldif", ldif)] {
        let (table, problems) = people(path, text);
        assert!(problems.is_empty(), "{path}: {problems:?}");
        assert_eq!(values(&table, &["street", "note"]), [["Main Street 1\nBerlin", "a\tb\u{7f}"]], "{path}");
    }
    for (text, wanted) in [
        (
            "{\"id\": \"alice\", \"note\": \"a\\u0007b\"}",
            "the value of `note` holds the character U+0007, which no artifact can carry",
        ),
        (
            "{\"id\": \"alice\", \"note\": \"a\\uffffb\"}",
            "the value of `note` holds the character U+FFFF, which no artifact can carry",
        ),
        (
            "{\"id\": \"al\\tice\"}",
            "the value of `id` holds a tab, a line break or another control character, which nobody is called",
        ),
        (
            "{\"id\": \"alice\", \"upn\": \"a\\nb\"}",
            "the value of `user_principal_name` holds a tab, a line break or another control character, which nobody is called",
        ),
    ] {
        assert_eq!(people("a.ndjson", text).1.first.first().map(|problem| problem.message.as_str()), Some(wanted), "{text}");
    }
}

#[test]
fn ldif_of_any_server_is_read_as_a_pull_reads_it() {
    let ldif = "dn: dc=example,dc=org\nobjectClass: domain\ndc: example\n\n\
        dn: uid=jo,ou=people,DC=Example,dc=org\nobjectClass: inetOrgPerson\nuid: jo\ncn: Jo\nsn: Zed\nsn: Abel\nmail: z@example.org\nmail: jo@example.org\n\
        mobile: 2\nmobile: 1\nmobile: 1\njpegPhoto:: /9j/\nmsDS-PrincipalName: EXAMPLE\\jo\n\n\
        dn: cn=max,dc=example,dc=org\nmail: max@example.org\nmember;range=0-1: a\ndepartment;lang-de: Vertrieb\n\n\
        dn: cn=eve,dc=example,dc=org\nid: e1\nuid: eve\n";
    let (table, problems) = people("a.ldif", ldif);
    assert!(problems.is_empty(), "{problems:?}");
    let names = ["id", "primary_smtp_address", "surname", "domain", "netbios_domain", "mobile", "jpegphoto", "department", "uid"];
    let wanted = [
        ["jo", "jo@example.org", "Abel", "example.org", "EXAMPLE", "1", "/9j/", "", "jo"],
        ["max@example.org", "max@example.org", "", "example.org", "", "", "", "Vertrieb", ""],
        ["e1", "", "", "example.org", "", "", "", "", "eve"],
    ];
    assert_eq!(values(&table, &names), wanted);
    let notes = [
        "none of `userPrincipalName`, `uid`, `mail` and `sAMAccountName` has a value, and without an id a person is left out, in 1 entry, first in `dc=example,dc=org`",
        "`mail` has several values, of which the first in byte order is taken, in 1 entry, first in `uid=jo,ou=people,DC=Example,dc=org`",
        "`sn` has several values, of which the first in byte order is taken, in 1 entry, first in `uid=jo,ou=people,DC=Example,dc=org`",
        "`member` has so many values that the server sends only some, and is left out, in 1 entry, first in `cn=max,dc=example,dc=org`",
        "`jpegphoto` is no text, and is written in base64, in 1 entry, first in `uid=jo,ou=people,DC=Example,dc=org`",
    ];
    assert_eq!(problems.notes, notes);
    // Of what nobody asks for nothing is said.
    let (table, problems) = read("a.ldif", Sort::Users, &mut Cursor::new(ldif.as_bytes()), &|_| false);
    assert_eq!(values(&table, &["id", "mail"]), [["jo", ""], ["max@example.org", ""], ["e1", ""]]);
    assert_eq!(problems.notes, notes[..1]);
}

#[test]
fn the_name_says_the_form() {
    assert!(["a.csv", "b/a.CSV", "a.ndjson", "a.jsonl", "a.ldif", "a.ldf"].into_iter().all(has_form));
    assert!(!["users.txt", "users", "csv", "a.json", "a.csv.gz"].into_iter().any(has_form));
    let (table, problems) = people("users.txt", "id\nalice\n");
    assert!(table.is_empty() && !problems.is_empty());
}
