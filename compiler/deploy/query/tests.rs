//! Questions and the rows for which they hold.

use std::io::Cursor;

use super::parse;
use crate::deploy::directory::{Sort, Table, read};

fn table(sort: Sort, csv: &str) -> Table {
    read("a.csv", sort, &mut Cursor::new(csv.as_bytes()), &|_| true).0
}

fn rows(table: &Table, sort: Sort, question: &str) -> Vec<usize> {
    let query = parse(question, sort).unwrap_or_else(|wrong| panic!("{question}: {wrong:?}"));
    query.ask(table).ones().collect()
}

#[test]
fn text_compares_ignoring_case() {
    let users = table(Sort::Users, "id,department,city\n0,Sales,Zürich\n1,SALES,\n2,Support,Köln\n3,,ZÜRICH\n");
    let of = |question: &str| rows(&users, Sort::Users, question);
    assert_eq!(of("user.department == 'sales'"), [0, 1]);
    assert_eq!(of("user.department != \"sales\""), [2, 3]);
    assert_eq!(of("user.city == \"zürich\""), [0, 3]);
    assert_eq!(of("user.department in [\"support\", \"\"]"), [2, 3]);
    assert_eq!(of("user.department not in [\"support\"] and not user.city == \"\""), [0, 3]);
    assert_eq!(of("user.department startswith \"S\" and user.city endswith \"CH\""), [0]);
    assert_eq!(of("user.city contains \"öl\" or user.id == \"1\""), [1, 2]);
    assert_eq!(of("not (user.department == \"sales\" or user.city == \"köln\")"), [3]);
    // An attribute that nobody has is empty text, for all.
    assert_eq!(of("user.country == \"\" and user.id != \"0\""), [1, 2, 3]);
    assert_eq!(of("User.Id == \"0\"".replace("User.Id", "user.ID").as_str()), [0]);
}

#[test]
fn versions_and_truth_are_no_text() {
    let devices = table(Sort::Devices, "id,os_version,supervised\n0,16.4,true\n1,16.10,false\n2,17,TRUE\n3,,\n");
    let of = |question: &str| rows(&devices, Sort::Devices, question);
    assert_eq!(of("device.os_version >= \"16.9\""), [1, 2]);
    assert_eq!(of("device.os_version < 17.0"), [0, 1]);
    assert_eq!(of("device.os_version == \"17.0.0\""), [2]);
    assert_eq!(of("device.supervised"), [0, 2]);
    assert_eq!(of("device.supervised == false"), [1, 3]);
    assert_eq!(of("device.supervised != false and not device.os_version == 17"), [0]);
}

#[test]
fn hostile_questions_are_refused() {
    for question in [
        "(".repeat(10_000).as_str(),
        "not ".repeat(4_000).as_str(),
        &"user.id == \"a\" and ".repeat(5_000),
        "user.id == \"\\",
        "",
        "and",
        "user.id in []",
        "user.id in [\"a\" \"b\"]",
        "user. == \"a\"",
        "\"a\" == user.id",
        "user.id == user.department",
    ] {
        assert!(parse(question, Sort::Users).is_err(), "{}", question.get(..20).unwrap_or(question));
    }
}
