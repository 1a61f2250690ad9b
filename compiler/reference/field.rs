//! A field as an administrator reads it: what may be written, when, and what its absence means.

use super::spelling::literal_text;
use std::fmt::Write as _;

use crate::check::list;
use crate::schema::{Competes, Field, Format, Kind, Mandatory, Presence, Type, When};

pub(super) fn field_text(kind: &Kind, field: &Field) -> String {
    let mut text = format!("{}\n\n- Type: {}\n", field.doc.trim(), type_text(field.ty));
    for choice in field.choices() {
        let holds = choice.holds.map_or_else(|| format!("`{}`", choice.name), |_| format!("`{{ {}: TEXT }}`", choice.name));
        let oid = if choice.oid.is_empty() { String::new() } else { format!(" ({})", choice.oid) };
        let attribute = if choice.attribute.is_empty() { String::new() } else { format!(" (`{}`)", choice.attribute) };
        let warn = if choice.warn.is_empty() { String::new() } else { format!("; with a warning: {}", choice.warn) };
        let near = choice.approximation.map_or_else(String::new, |near| format!("; approximation: {}", near.doc));
        let _ = writeln!(text, "  - {holds}{oid}{attribute}: {}{warn}{near}", choice.doc.trim());
    }
    text.push_str(&warnings(field.ty));
    if !field.limits.is_empty() {
        let _ = writeln!(text, "- Allowed: {}", field.limits);
    }
    let _ = writeln!(text, "- {}", presence(field));
    for line in conditions(field) {
        let _ = writeln!(text, "- {line}");
    }
    if !matches!(kind.competes, Competes::Never | Competes::ByPlace) {
        text.push_str(match field.mandatory {
            Mandatory::No => "- In a conflict: sent by none of the profiles\n",
            Mandatory::Default => "- In a conflict: mandatory, all profiles fall back to the default\n",
            Mandatory::Yes => "- In a conflict: mandatory, all profiles fail\n",
        });
    }
    let (name, indented) = field.group().map_or((String::new(), field.name), |(group, member)| (format!("{group}: {{ "), member));
    let close = if name.is_empty() { "" } else { " }" };
    let _ = writeln!(text, "- Example: `{name}{indented}: {}{close}`", field.example);
    if !field.source.is_empty() {
        let _ = writeln!(text, "- Source: <{}>", field.source);
    }
    text
}

/// Values and referents that are discouraged.
pub(super) fn warnings(ty: Type) -> String {
    let lines: Vec<String> = match ty {
        Type::Integer { of, .. } => of
            .iter()
            .filter(|allowed| !allowed.warn.is_empty())
            .map(|a| format!("  - `{}`: with a warning: {}\n", a.is, a.warn))
            .collect(),
        Type::Reference(to, _) | Type::References(to, _) => to
            .iter()
            .filter(|referent| !referent.warn.is_empty())
            .map(|r| format!("  - a `{}`: with a warning: {}\n", r.kind, r.warn))
            .collect(),
        _ => Vec::new(),
    };
    lines.concat()
}

pub(super) fn presence(field: &Field) -> String {
    match field.presence {
        Presence::Required => "Required".into(),
        Presence::Default(literal) => format!("Default: {}", literal_text(literal)),
        Presence::Optional if !field.required_on.is_empty() => format!("Required on {}", list(field.required_on.iter().copied())),
        Presence::Optional if !field.needed_when.is_empty() => "Absent: nothing is sent, where it is not needed".into(),
        Presence::Optional => "Absent: nothing is sent".into(),
    }
}

pub(super) fn conditions(field: &Field) -> Vec<String> {
    let text = |when: &When| format!("`{}: {}`", when.field, when.is.join("` or `"));
    let mut lines: Vec<String> = field.only_when.iter().map(|when| format!("Only with {}", text(when))).collect();
    lines.extend(field.needed_when.iter().map(|when| format!("Needed with {}", text(when))));
    if !field.only_with.is_empty() {
        lines.push(format!("Only with `{}`", field.only_with));
    }
    lines
}

pub(super) fn format_text(format: Format) -> &'static str {
    match format {
        Format::Line => "one line of text",
        Format::Host => "a host name or an IP address",
        Format::Email => "an email address",
        Format::Domain => "a domain name without `\\` and `@`",
        Format::Login => "a user name, perhaps as `DOMAIN\\user`",
        Format::HttpUrl => "an `https` or `http` URL",
        Format::Ascii => "ASCII text",
    }
}

pub(super) fn type_text(ty: Type) -> String {
    let units = |units: &[crate::schema::Unit]| list(units.iter().map(|unit| unit.name()));
    match ty {
        Type::Text(format, max) => format!("{}, at most {max} characters; expressions allowed", format_text(format)),
        Type::Boolean => "`true` or `false`".into(),
        Type::Integer { of, .. } if !of.is_empty() => {
            let numbers: Vec<String> = of.iter().map(|allowed| allowed.is.to_string()).collect();
            format!("one of {}", list(numbers.iter().map(String::as_str)))
        }
        Type::Integer { min, max, .. } => match (min, max) {
            (i64::MIN, i64::MAX) => "a whole number".into(),
            (min, i64::MAX) => format!("a whole number from {min}"),
            (i64::MIN, max) => format!("a whole number up to {max}"),
            (min, max) => format!("a whole number from {min} to {max}"),
        },
        Type::Choice(_) => "one of".into(),
        Type::Set(_) => "a list of some of".into(),
        Type::Oids(_) => "a list of dotted object identifiers, or of these names for them".into(),
        Type::List(format, _, or_one) => format!(
            "a list, each {}; expressions allowed{}",
            format_text(format),
            if or_one { "; a single one needs no list" } else { "" }
        ),
        Type::Reference(to, having) => format!("the id of a {}{}", kinds(to), having_text(having)),
        Type::References(to, having) => format!("a list of ids, each of a {}{}", kinds(to), having_text(having)),
        Type::Secret => "`{ secret: env:NAME }`, `{ secret: file:PATH }` or `{ token: TEXT }`; never the secret itself".into(),
        Type::Duration { units: known, .. } => format!("a length of time, `NUMBER UNIT`: {}", units(known)),
        Type::Period(known) => format!("a count of calendar units, `NUMBER UNIT`: {}", units(known)),
        Type::DistinguishedName => "a distinguished name as in RFC 4514; expressions allowed".into(),
        Type::Certificate => "`{ file: PATH }` of an X.509 certificate, PEM or DER".into(),
        Type::Identity => "`{ file: PATH }` of a PKCS#12 file, `{ secret: ... }` or `{ token: TEXT }`".into(),
        Type::Payloads => "a list, each `{ type: TYPE, keys: { ... } }` and perhaps `id: ID`".into(),
        Type::Declarations => "a list, each `{ type: TYPE, payload: { ... } }` and perhaps `id: ID`".into(),
        Type::Nodes => "a list of `{ node: PATH, value: VALUE, verb: VERB }`; expressions allowed in text".into(),
        Type::Admx => "a list of `{ file: PATH, app: NAME }`".into(),
    }
}

pub(super) fn kinds(to: &[crate::schema::Referent]) -> String {
    to.iter().map(|referent| format!("`{}`", referent.kind)).collect::<Vec<_>>().join(" or ")
}

pub(super) fn having_text(having: crate::schema::Having) -> String {
    if having.field.is_empty() { String::new() } else { format!(" with `{}: {}`", having.field, having.is) }
}
