//! What the cmdlets take as one of several forms, or as words joined: settings that a table cannot spell.

use std::borrow::Cow;

use crate::ir::{ByHand, Datum, Entry, Name, Piece, Profile, Text, Trouble, Value, View};
use crate::schema::{FieldId, Scope, Type};

/// `AccountDomainActiveDirectory` or `AccountDomainCustom`.
pub const ACCOUNT_DOMAIN: ByHand = ByHand {
    name: "account_domain",
    places: &["AccountDomainActiveDirectory", "AccountDomainCustom"],
    trouble: |_, _| None,
    lower: |profile, view| {
        let active_directory = |form: &str| entry(profile, view, "account_domain", "AccountDomainActiveDirectory", word(form));
        match view.choice(profile.kind, "account_domain") {
            Some("active_directory") => active_directory("domain"),
            Some("active_directory_netbios") => active_directory("ntdomain"),
            _ => {
                let custom = view.text(profile.kind, "account_domain").cloned();
                custom.map_or_else(Vec::new, |text| {
                    entry(profile, view, "account_domain", "AccountDomainCustom", Datum::Text(text))
                })
            }
        }
    },
};

/// `SyncContentType`: the members' words.
pub const CONTENT_TYPES: ByHand = ByHand {
    name: "content_types",
    places: &["SyncContentType"],
    trouble: |_, _| None,
    lower: |profile, view| {
        let words = [("email", "Email"), ("contacts", "Contacts"), ("calendar", "Calendar"), ("tasks", "Tasks")];
        members(profile, view, "content_types", "SyncContentType", &words)
    },
};

/// `KeyUsage`: the members' words.
pub const KEY_USAGE: ByHand = ByHand {
    name: "key_usage",
    places: &["KeyUsage"],
    trouble: |_, _| None,
    lower: |profile, view| {
        let words = [("digital_signature", "DigitalSignature"), ("key_encipherment", "KeyEncipherment")];
        members(profile, view, "key_usage", "KeyUsage", &words)
    },
};

/// `CertificateValidityDays`: a year has no fixed number of them.
pub const VALIDITY_DAYS: ByHand = ByHand {
    name: "validity_days",
    places: &["CertificateValidityDays"],
    trouble: |profile, view| {
        let (field, _) = profile.kind.field("validity")?;
        let reason = "its cmdlets count the days of a validity, and months and years have no fixed number of them".to_owned();
        (view.value(profile.kind, "validity").is_some() && days(profile, view).is_none()).then_some(Trouble { field, reason })
    },
    lower: |profile, view| {
        let number = days(profile, view);
        number.map_or_else(Vec::new, |days| entry(profile, view, "validity", "CertificateValidityDays", Datum::Integer(days)))
    },
};

fn days(profile: &Profile, view: &View) -> Option<i64> {
    let (_, field) = profile.kind.field("validity")?;
    match (field.ty, view.value(profile.kind, "validity")?) {
        (Type::Period(units), Value::Period(count, unit)) => {
            let unit = units.get(usize::from(*unit))?;
            (unit.name() == "days").then_some(i64::from(*count))
        }
        _ => None,
    }
}

/// The forms of a subject that say the same as a text: what stands in it, and the form. Which text `SubjectRequireCommonNameAsEmail` stands for no
/// page of Microsoft's says, so that no text becomes it.
const SUBJECTS: [(&[(&str, &str)], &str); 3] = [
    (&[("CN", "user.display_name")], "SubjectRequireCommonName"),
    (&[("E", "user.primary_smtp_address")], "SubjectRequireEmail"),
    (&[("CN", "device.serial_number")], "SubjectRequireCommonNameAsSerialNumber"),
];

/// `SubjectType`, and `CertificateStore` from the scope.
pub const SUBJECT_TYPE: ByHand = ByHand {
    name: "subject_type",
    places: &["SubjectType", "CertificateStore"],
    trouble: |profile, view| {
        let (field, _) = profile.kind.field("subject")?;
        let Some(Value::Name(name)) = view.value(profile.kind, "subject") else { return None };
        let reason = "its cmdlets take a form of subject and no text: `CN={{ user.display_name }}` (the common name), \
                      `E={{ user.primary_smtp_address }}` alone, or `CN={{ device.serial_number }}`";
        subject(name).is_none().then(|| Trouble { field, reason: reason.to_owned() })
    },
    lower: |profile, view| {
        let Some(Value::Name(name)) = view.value(profile.kind, "subject") else { return Vec::new() };
        let store = match profile.scope {
            Scope::User => "User",
            Scope::Device => "Machine",
        };
        let form = subject(name).map_or_else(Vec::new, |form| entry(profile, view, "subject", "SubjectType", word(form)));
        form.into_iter().chain(entry(profile, view, "subject", "CertificateStore", word(store))).collect()
    },
};

fn subject(name: &Name) -> Option<&'static str> {
    let short = |ty: &'_ str| if ty == "EMAILADDRESS" { "E" } else { ty }.to_owned();
    let parts: Option<Vec<(String, &str)>> =
        name.0.iter().rev().flatten().map(|(ty, text)| Some((short(ty), only_attribute(text)?))).collect();
    let parts = parts?;
    let says = |wanted: &[(&str, &str)]| wanted.iter().copied().eq(parts.iter().map(|(ty, attribute)| (ty.as_str(), *attribute)));
    SUBJECTS.iter().find(|(wanted, _)| says(wanted)).map(|(_, form)| *form)
}

/// The forms of a subject alternative name: field, attribute, form.
const NAMES: [(&str, &str, &str); 2] = [
    ("subject_alternative_names.upn", "user.user_principal_name", "SubjectAltRequireUpn"),
    ("subject_alternative_names.email", "user.primary_smtp_address", "SubjectAltReqiureEmail"),
];

/// `SanType`: the forms of all names.
pub const NAME_TYPES: ByHand = ByHand {
    name: "name_types",
    places: &["SanType"],
    trouble: |profile, view| {
        let written = NAMES.iter().map(|(name, ..)| *name).filter(|name| view.value(profile.kind, name).is_some());
        let other = written.into_iter().find(|name| form_of(profile, view, name).is_none());
        let (field, _) = profile.kind.field(other?)?;
        let reason = "its cmdlets take a form of name and no text: `upn: \"{{ user.user_principal_name }}\"` or \
                      `email: \"{{ user.primary_smtp_address }}\"`";
        Some(Trouble { field, reason: reason.to_owned() })
    },
    lower: |profile, view| {
        let found = NAMES.iter().filter_map(|(name, ..)| Some((*name, form_of(profile, view, name)?)));
        let found: Vec<(&str, &str)> = found.collect();
        let Some((first, _)) = found.first() else { return Vec::new() };
        let forms: Vec<&str> = found.iter().map(|(_, form)| *form).collect();
        entry(profile, view, first, "SanType", word(&forms.join(", ")))
    },
};

fn form_of(profile: &Profile, view: &View, name: &str) -> Option<&'static str> {
    let (_, attribute, form) = NAMES.iter().find(|(known, ..)| *known == name)?;
    let text = match view.value(profile.kind, name)? {
        Value::Text(text) => text,
        Value::Texts(texts) => match texts.as_slice() {
            [only] => only,
            _ => return None,
        },
        _ => return None,
    };
    (only_attribute(text)? == *attribute).then_some(*form)
}

/// The attribute that a text is and nothing else.
fn only_attribute(text: &Text) -> Option<&'static str> {
    match text.pieces() {
        [Piece::Attribute(name)] => Some(name),
        _ => None,
    }
}

/// The words of a set's members, joined as PowerShell reads flags.
fn members(profile: &Profile, view: &View, field: &str, place: &'static str, words: &[(&str, &str)]) -> Vec<Entry> {
    let (Some(Value::Set(bits)), Some((_, known))) = (view.value(profile.kind, field), profile.kind.field(field)) else {
        return Vec::new();
    };
    let has = |name: &str| {
        let index = known.choices().iter().position(|choice| choice.name == name);
        index.is_some_and(|index| bits & (1 << index) != 0)
    };
    let chosen: Vec<&str> = words.iter().filter(|(name, _)| has(name)).map(|(_, word)| *word).collect();
    entry(profile, view, field, place, word(&chosen.join(", ")))
}

fn word(text: &str) -> Datum {
    Datum::Text(Text::literal(text))
}

fn entry(profile: &Profile, view: &View, field: &str, place: &'static str, datum: Datum) -> Vec<Entry> {
    let id: Option<FieldId> = profile.kind.field(field).map(|(id, _)| id);
    let setting = id.and_then(|id| view.setting(id));
    setting.map_or_else(Vec::new, |setting| vec![Entry { place: Cow::Borrowed(place), datum, origin: setting.origin }])
}
