//! The reference says what the compiler does.

use super::spelling::*;
use super::*;
use crate::builtin::{CATALOG, SCHEMAS};
use crate::schema::{Answer as Row, Lowering, Write};

fn rows(kind: &str) -> Vec<SupportRow> {
    support(&SCHEMAS, Some(SCHEMAS.kind(kind).unwrap()))
}

fn row(kind: &str, field: &str, target: &str) -> SupportRow {
    let found = rows(kind).into_iter().find(|row| row.field == field && row.target == target);
    found.unwrap_or_else(|| panic!("{kind}.{field} on {target}"))
}

fn page(kind: &str, field: &str) -> String {
    let kind = SCHEMAS.kind(kind).unwrap();
    field_page(&SCHEMAS, &CATALOG, kind, kind.field(field).unwrap().1)
}

#[test]
fn every_field_has_one_answer_on_every_target() {
    let rows = support(&SCHEMAS, None);
    for kind in SCHEMAS.kinds {
        for field in kind.fields {
            for target in SCHEMAS.platforms.iter().flat_map(|platform| platform.targets) {
                let own = rows.iter().filter(|row| row.kind == kind.name && row.field == field.name && row.target == *target);
                assert_eq!(own.count(), 1, "{}.{} on {target}", kind.name, field.name);
            }
        }
    }
    for row in rows.iter().filter(|row| row.answer != Answer::Yes) {
        assert!(!row.note.is_empty() && !row.source.is_empty(), "{row:?}");
    }
}

fn every_lowering(row: &'static Row) -> Vec<&'static Lowering> {
    match row {
        Row::Whole(lowerings) => lowerings.iter().collect(),
        Row::Parts(parts) => parts.iter().flat_map(|(_, lowerings)| lowerings.iter()).collect(),
    }
}

#[test]
fn the_five_answers() {
    assert_eq!(row("email", "host", "ios").answer, Answer::Yes);
    assert_eq!(row("email", "trusted_certificates", "macos").answer, Answer::Carried);
    assert_eq!(row("email", "sync_schedule", "windows_phone").answer, Answer::Unverified);
    assert_eq!(row("email", "smime.signing_certificate", "windows").answer, Answer::Elsewhere);
    assert_eq!(row("email", "days_of_email", "macos").answer, Answer::No);
}

#[test]
fn parts_choices_scopes_and_alternatives() {
    assert_eq!(row("email", "authentication", "windows_phone").answer, Answer::Yes);
    assert_eq!(row("email", "authentication: certificates", "windows_phone").answer, Answer::No);
    assert_eq!(row("email", "authentication: certificates", "ios").answer, Answer::Yes);
    assert_eq!(row("email", "content_types.tasks", "ios").answer, Answer::Elsewhere);
    assert!(row("email", "content_types", "ios").note.contains("under `overrides` for this platform: yes"));
    assert_eq!(row("scep_certificate", "urls", "ios").answer, Answer::Yes);
    assert!(row("scep_certificate", "urls", "ios").note.starts_with("only with at most 1 value; otherwise no: "));
    assert_eq!(row("trusted_certificate", "scope: user", "windows_phone").answer, Answer::No);
    assert_eq!(row("trusted_certificate", "scope: user", "windows").answer, Answer::Yes);
    assert_eq!(row("trusted_certificate", "scope: user, store: root", "windows").answer, Answer::No);
    assert_eq!(row("trusted_certificate", "scope: user, store: root", "windows_phone").answer, Answer::No);
    assert_eq!(row("pkcs12_certificate", "password", "windows_phone").answer, Answer::No);
    assert_eq!(row("pkcs12_certificate", "", "windows_phone").answer, Answer::No);
}

#[test]
fn tables_are_aligned_and_their_notes_numbered() {
    let table = support_table(&rows("email"));
    let lines: Vec<&str> = table.lines().take_while(|line| !line.is_empty()).collect();
    let column = lines[0].find("windows_phone").unwrap();
    assert!(lines.iter().all(|line| line.chars().nth(column - 1) == Some(' ')), "{table}");
    // The parts of content types say what the field says.
    assert!(table.contains("content_types ") && !table.contains("content_types.email"), "{table}");
    assert!(table.contains("\n [1] "), "{table}");
    let markdown = support_markdown(&support(&SCHEMAS, None));
    assert!(markdown.contains("| `host` | yes | no \\[1\\] | yes | no \\["), "{markdown}");
    assert_eq!(markdown.matches("\n|---|").count(), SCHEMAS.kinds.len());
}

#[test]
fn field_pages_name_places_formats_and_values() {
    let page = page("email", "sync_schedule");
    assert!(page.contains("`Options/Schedule` (chr; takes Get, Replace"), "{page}");
    assert!(page.contains("`as_messages_arrive`: `\"-1\"`"), "{page}");
    assert!(page.contains("- elsewhere. "), "{page}");
    assert!(page.contains("unverified: "), "{page}");
    let user_name = self::page("email", "user_name");
    assert!(user_name.contains("`UserName`") && user_name.contains("`Domain`"), "{user_name}");
    let ssl = self::page("email", "use_ssl");
    assert!(ssl.contains("`SSL` (boolean") && ssl.contains("`\"1\"` or `\"0\"`"), "{ssl}");
    let encryption = self::page("email", "smime.encryption_certificate");
    assert!(encryption.contains("with versions from 12 on: `SMIMEEncryptionCertificateUUID` (string; "), "{encryption}");
}

#[test]
fn kind_pages_name_every_field_and_every_table_has_its_places_in_the_catalog() {
    for kind in SCHEMAS.kinds {
        let page = kind_page(&SCHEMAS, kind);
        assert!(kind.fields.iter().all(|field| page.contains(&format!("\n### {}\n", field.name))));
        for table in SCHEMAS.tables.iter().filter(|table| table.kind == kind.name) {
            let platform = SCHEMAS.platforms.iter().find(|platform| platform.targets.contains(&table.target)).unwrap();
            for lowering in table.answers.iter().flat_map(every_lowering) {
                let by_hand = crate::targets::by_hand(table.target);
                let places = match lowering.write {
                    Write::At(places, _) | Write::Map(places, _) => places.to_vec(),
                    Write::Bits(place, _) => vec![place],
                    Write::ByHand(name) => by_hand.iter().find(|function| function.name == name).unwrap().places.to_vec(),
                    Write::Carried(_) | Write::Unsupported(_) => Vec::new(),
                };
                for place in places {
                    assert!(
                        !place_text(&CATALOG, table, platform, place).is_empty(),
                        "{} on {}: {place}",
                        kind.name,
                        table.target
                    );
                }
            }
        }
    }
}
