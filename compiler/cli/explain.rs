//! `payloadc explain`: the page of a code, a kind or a field.

use crate::builtin::{CATALOG, SCHEMAS};
use crate::check::{list, nearest};
use crate::diagnostic::{CODES, Code};
use crate::reference::editor::COMMON;
use crate::reference::{field_page, fleet_page, group_page, kind_page, word_page};
use crate::schema::Kind;

/// The page of a topic: `E0301`, `email`, `email.sync_schedule`, `email.smime`, `overrides`.
///
/// # Errors
/// Nothing is called so; the text names what is near.
pub fn run(topic: &str) -> Result<String, String> {
    let topic = topic.trim();
    code(topic).or_else(|| kind_or_field(topic)).or_else(|| common(topic)).ok_or_else(|| unknown(topic))
}

fn code(topic: &str) -> Option<String> {
    let found = Code::find(&topic.to_ascii_uppercase()).or_else(|| CODES.iter().copied().find(|code| code.slug() == topic));
    found.map(|code| code.page().to_owned())
}

fn kind_or_field(topic: &str) -> Option<String> {
    if let Some(kind) = SCHEMAS.kind(topic) {
        return Some(kind_page(&SCHEMAS, kind));
    }
    if let Some(kind) = SCHEMAS.fleet_kind(topic) {
        return Some(fleet_page(kind));
    }
    if let Some((kind, name)) = topic.split_once('.').and_then(|(kind, name)| Some((SCHEMAS.fleet_kind(kind)?, name))) {
        return kind.word(name).map(|word| word_page(kind, word)).or_else(|| common(name));
    }
    let named = topic.split_once('.').and_then(|(kind, name)| Some((SCHEMAS.kind(kind)?, name)));
    if let Some((kind, name)) = named {
        return member(kind, name).or_else(|| common(name));
    }
    // A field of one kind only needs no kind in front of it.
    let words = SCHEMAS.fleet.iter().filter_map(|kind| kind.word(topic).map(|word| word_page(kind, word)));
    let mut found = SCHEMAS.kinds.iter().filter_map(|kind| member(kind, topic)).chain(words);
    found.next().filter(|_| found.next().is_none())
}

fn member(kind: &'static Kind, name: &str) -> Option<String> {
    if let Some((_, field)) = kind.field(name) {
        return Some(field_page(&SCHEMAS, &CATALOG, kind, field));
    }
    let group = kind.groups.iter().find(|group| group.name == name)?;
    Some(group_page(&SCHEMAS, kind, group))
}

/// What every profile has.
fn common(topic: &str) -> Option<String> {
    COMMON
        .iter()
        .find(|(name, _)| *name == topic)
        .map(|(name, doc)| format!("# {name}\n\n{doc}\n\nEvery profile may have it, whatever its kind.\n"))
}

fn unknown(topic: &str) -> String {
    let in_kinds =
        SCHEMAS.kinds.iter().filter(|kind| kind.field(topic).is_some() || kind.groups.iter().any(|group| group.name == topic));
    let several: Vec<String> = in_kinds.map(|kind| format!("{}.{topic}", kind.name)).collect();
    if !several.is_empty() {
        return format!("several kinds have `{topic}`: {}", list(several.iter().map(String::as_str)));
    }
    let topics = topics();
    if let Some(near) = nearest(topic, topics.iter().map(String::as_str)) {
        return format!("nothing is called `{topic}`; `{near}` is near");
    }
    let kinds = list(SCHEMAS.kinds.iter().map(|kind| kind.name).chain(SCHEMAS.fleet.iter().map(|kind| kind.name)));
    format!(
        "nothing is called `{topic}`; there are codes such as `E0301`, the kinds {kinds}, and their fields, such as `email.host`"
    )
}

/// Everything that has a page.
fn topics() -> Vec<String> {
    let mut topics: Vec<String> = CODES.iter().map(|code| code.name().to_owned()).collect();
    topics.extend(COMMON.iter().map(|(name, _)| (*name).to_owned()));
    for kind in SCHEMAS.kinds {
        topics.push(kind.name.to_owned());
        let names = kind.fields.iter().map(|field| field.name).chain(kind.groups.iter().map(|group| group.name));
        topics.extend(names.flat_map(|name| [name.to_owned(), format!("{}.{name}", kind.name)]));
    }
    for kind in SCHEMAS.fleet {
        topics.push(kind.name.to_owned());
        topics.extend(kind.words.iter().flat_map(|word| [word.name.to_owned(), format!("{}.{}", kind.name, word.name)]));
    }
    topics
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_has_a_page() {
        for topic in topics() {
            match run(&topic) {
                Ok(page) => assert!(page.starts_with("# "), "{topic}: {page}"),
                Err(why) => assert!(why.starts_with("several kinds"), "{topic}: {why}"),
            }
        }
    }

    #[test]
    fn topics_are_found_without_their_kind_and_in_any_case() {
        assert_eq!(run("e0301"), run("E0301"));
        assert_eq!(run("field-not-used"), run("E0301"));
        assert_eq!(run("sync_schedule"), run("email.sync_schedule"));
        assert!(run("email.smime.signing_certificate").unwrap().contains("SMIMESigningCertificateUUID"));
        assert!(run("email.smime").unwrap().contains("At least one of"));
        assert!(run("email.overrides").unwrap().starts_with("# overrides"));
    }

    #[test]
    fn an_unknown_topic_names_what_is_near() {
        assert_eq!(
            run("email.sync_shedule").unwrap_err(),
            "nothing is called `email.sync_shedule`; `email.sync_schedule` is near"
        );
        assert!(run("root_ca").unwrap_err().contains("`scep_certificate.root_ca`"));
        assert!(run("weather").unwrap_err().contains("kinds"));
    }
}
