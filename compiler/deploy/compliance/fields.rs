//! Which field of a profile a device answers for, and when two of its values are the same.
//!
//! It knows no device and no answer.

use std::borrow::Cow;

use crate::builtin::SCHEMAS;
use crate::ir::{Origin, Profile};
use crate::schema::{Answer, Field, FieldId, Format, Lowering, Table, Type, Write};
use crate::targets::{Expected, by_hand};

/// When a reported value is the expected one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alike {
    /// Letter by letter.
    Exactly,
    /// Whatever the case: names of people, addresses.
    Caseless,
    /// Whatever the case, with or without a dot at the end.
    Host,
}

impl Alike {
    /// As the values of a field are compared.
    #[must_use]
    pub fn of(field: Option<&Field>) -> Alike {
        match field.map(|field| field.ty) {
            Some(Type::Text(Format::Host, _)) => Alike::Host,
            Some(Type::Text(Format::Email | Format::Login | Format::Domain, _)) => Alike::Caseless,
            // A fact about somebody who signs in or gets mail.
            Some(Type::Choice(choices)) if choices.iter().any(|choice| !choice.attribute.is_empty()) => Alike::Caseless,
            _ => Alike::Exactly,
        }
    }

    /// A text such that two of them are equal where the values are.
    #[must_use]
    pub fn normal(self, text: &str) -> Cow<'_, str> {
        match self {
            Alike::Exactly => Cow::Borrowed(text),
            Alike::Caseless => Cow::Owned(text.to_lowercase()),
            Alike::Host => Cow::Owned(text.strip_suffix('.').unwrap_or(text).to_lowercase()),
        }
    }
}

/// The field that a device answers for; nothing for what the target writes into every profile, such as the type of an account. `place` is
/// the place of what is expected, decoded, in lower case.
#[must_use]
pub fn field(profile: &Profile, expected: &Expected, place: &str) -> Option<&'static Field> {
    let id = match expected.origin? {
        Origin::Implied(id) => Some(id),
        Origin::Written(_) => written(profile, expected).or_else(|| lowered(profile, place)),
        Origin::Default => lowered(profile, place),
        Origin::Table => None,
    };
    profile.kind.fields.get(id?.index())
}

/// The field with that origin.
fn written(profile: &Profile, expected: &Expected) -> Option<FieldId> {
    let views = profile.views.iter();
    let mut fields = views.flat_map(|view| profile.kind.numbered().map(move |(id, _)| (id, view.setting(id))));
    fields.find(|(_, setting)| setting.is_some_and(|setting| Some(setting.origin) == expected.origin)).map(|(id, _)| id)
}

/// The field that a table lowers to that place.
fn lowered(profile: &Profile, place: &str) -> Option<FieldId> {
    let tables = || SCHEMAS.tables.iter().filter(|table| table.kind == profile.kind.name);
    let direct = tables().find_map(|table| answering(profile, table, |write| writes(write, place)));
    direct.or_else(|| tables().find_map(|table| answered_by_hand(profile, table, place)))
}

/// The first field whose answer is of a sort.
fn answering(profile: &Profile, table: &Table, wanted: impl Fn(&Write) -> bool) -> Option<FieldId> {
    let any = |lowerings: &[Lowering]| lowerings.iter().any(|lowering| wanted(&lowering.write));
    let answers = profile.kind.numbered().zip(table.answers);
    let mut found = answers.filter(|(_, answer)| match answer {
        Answer::Whole(lowerings) => any(lowerings),
        Answer::Parts(parts) => parts.iter().any(|(_, lowerings)| any(lowerings)),
    });
    found.next().map(|((id, _), _)| id)
}

/// Of the fields that a function by hand answers, the one it is called after.
fn answered_by_hand(profile: &Profile, table: &Table, place: &str) -> Option<FieldId> {
    let mut functions = by_hand(table.target).iter();
    let function = functions.find(|function| {
        let written = function.places.iter().any(|known| ends(place, known));
        written && answering(profile, table, |write| matches!(write, Write::ByHand(name) if *name == function.name)).is_some()
    })?;
    let named = profile.kind.field(function.name).map(|(id, _)| id);
    named.or_else(|| answering(profile, table, |write| matches!(write, Write::ByHand(name) if *name == function.name)))
}

fn writes(write: &Write, place: &str) -> bool {
    match write {
        Write::At(places, _) | Write::Map(places, _) => places.iter().any(|known| ends(place, known)),
        Write::Bits(known, _) => ends(place, known),
        Write::ByHand(_) | Write::Carried(_) | Write::Unsupported(_) => false,
    }
}

/// Whether a place is one below some root.
fn ends(place: &str, known: &str) -> bool {
    place.strip_suffix(known.to_lowercase().as_str()).is_some_and(|root| root.ends_with('/'))
}
