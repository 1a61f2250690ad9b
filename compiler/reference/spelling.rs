//! A field as a target reads it: places, values, formats and versions.

use super::matrix::{Column, lowered};
use std::fmt::Write as _;

use crate::catalog::{Access, Availability, Catalog, KeyType};
use crate::check::list;
use crate::schema::{Case, Constant, Encoding, FieldId, Literal, Lowering, Needs, Platform, Table, Unsupported, Write};

/// A target's lines about a field, each behind this label: an answer, or the places with what is known of them.
pub(super) fn written(column: &Column, id: FieldId, label: &str, info: &dyn Fn(&str) -> String) -> String {
    if let Err(cell) = &column.table {
        return format!("- {label}no. {} (<{}>)\n", sentence(&cell.note), cell.source);
    }
    let answers = lowered(column, id);
    let same = answers.iter().all(|(_, lowerings)| same_refusal(lowerings, answers.first().map(|(_, first)| *first)));
    let answers = if same { answers.into_iter().take(1).map(|(_, lowerings)| ("", lowerings)).collect() } else { answers };
    let mut text = String::new();
    for (part, lowerings) in answers {
        let part = if part.is_empty() { String::new() } else { format!("`{part}`: ") };
        for (index, lowering) in lowerings.iter().enumerate() {
            let when = when(&lowering.needs, index > 0);
            let _ = write!(text, "- {label}{part}{when}{}", lowering_text(column, lowering, info));
        }
    }
    text
}

/// Every target's lines about a field, in short.
pub(super) fn written_everywhere(columns: &[Column], id: FieldId) -> String {
    let lines = columns.iter().map(|column| written(column, id, &format!("`{}`: ", column.target), &|_| String::new()));
    format!("What is written:\n\n{}", lines.collect::<String>())
}

/// Whether parts are refused as one.
pub(super) fn same_refusal(lowerings: &[Lowering], first: Option<&[Lowering]>) -> bool {
    let refusal = |lowerings: &[Lowering]| match lowerings {
        [Lowering { write: Write::Unsupported(why), .. }] => Some(*why),
        _ => None,
    };
    refusal(lowerings).is_some_and(|why| first.and_then(refusal) == Some(why))
}

/// What one alternative writes, lines below it indented.
pub(super) fn lowering_text(column: &Column, lowering: &'static Lowering, info: &dyn Fn(&str) -> String) -> String {
    let mut text = String::new();
    let places =
        |places: &[&str]| places.iter().map(|place| format!("`{place}`{}", info(place))).collect::<Vec<_>>().join(" and ");
    let _ = match lowering.write {
        Write::At(at, encoding) => writeln!(text, "{}{}", places(at), encoding_text(encoding)),
        Write::Map(at, cases) => {
            let head = if at.is_empty() { "by value".to_owned() } else { places(at) };
            writeln!(text, "{head}\n{}", cases_text(cases, info).trim_end())
        }
        Write::Bits(at, numbers) => {
            let numbers: Vec<String> = numbers.iter().map(|(name, number)| format!("`{name}` {number}")).collect();
            writeln!(text, "{}, the sum of {}", places(&[at]), numbers.join(", "))
        }
        Write::ByHand(name) => {
            let found = crate::targets::by_hand(column.target).iter().find(|function| function.name == name);
            let at = places(found.map_or(&[][..], |function| function.places));
            let at = if at.is_empty() { at } else { format!("{at}, ") };
            writeln!(text, "{at}put together by the target's `{name}`")
        }
        Write::Carried(how) => writeln!(text, "carried: {how}"),
        Write::Unsupported(why) => writeln!(text, "{}", refusal_text(&why)),
    };
    for constant in lowering.implies {
        let _ = writeln!(text, "  - with {}{}", constant_text(constant), info(constant.at));
    }
    if !lowering.unverified.is_empty() {
        let _ = writeln!(text, "  - unverified: {}", lowering.unverified);
    }
    text
}

pub(super) fn refusal_text(why: &Unsupported) -> String {
    format!("{}. {} (<{}>)", if why.elsewhere { "elsewhere" } else { "no" }, sentence(why.reason), why.source)
}

pub(super) fn cases_text(cases: &[(&str, Case)], info: &dyn Fn(&str) -> String) -> String {
    let mut text = String::new();
    for (name, case) in cases {
        let what = match case {
            Case::Is(literal) => literal_text(*literal),
            Case::Warned(literal, why) => format!("{}, with a warning: {why}", literal_text(*literal)),
            Case::Writes([]) => "nothing is written".into(),
            Case::Writes(constants) => constants
                .iter()
                .map(|constant| format!("{}{}", constant_text(constant), info(constant.at)))
                .collect::<Vec<_>>()
                .join(", "),
            Case::Unsupported(why) => refusal_text(why),
        };
        let _ = writeln!(text, "  - `{name}`: {what}");
    }
    text
}

pub(super) fn constant_text(constant: &Constant) -> String {
    format!("`{}` = {}", constant.at, literal_text(constant.is))
}

/// As it would stand in YAML: text that looks like a number has quotes.
pub(super) fn literal_text(literal: Literal) -> String {
    match literal {
        Literal::Nothing => "nothing".into(),
        Literal::Boolean(value) => format!("`{value}`"),
        Literal::Integer(number) => format!("`{number}`"),
        Literal::Text(text) if text.parse::<f64>().is_ok() => format!("`\"{text}\"`"),
        Literal::Text(text) => format!("`{text}`"),
    }
}

pub(super) fn encoding_text(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Plain => "",
        Encoding::Inverted => ", the opposite",
        Encoding::OneZero => ", `\"1\"` or `\"0\"`",
        Encoding::Decimal => ", decimal digits as text",
        Encoding::First => ", the only value",
        Encoding::JoinedSemicolon => ", the values with `;` between them",
        Encoding::JoinedPlus => ", the values with `+` between them",
        Encoding::ValueOrValues => ", text for one value, an array for more",
        Encoding::Seconds => ", in seconds",
        Encoding::Minutes => ", in minutes",
        Encoding::Profile => ", the certificate's own profile",
        Encoding::PayloadUuid => ", the PayloadUUID of the embedded certificate",
        Encoding::Sha1Thumbprint => ", the certificate's SHA-1 as 40 upper-case hex digits",
        Encoding::RdnArrays => ", an array of relative names, the most general first",
        Encoding::DnText => ", text with the most specific name first, quoted where the client needs it",
    }
}

/// Needs as the beginning of a line; an alternative behind others says so.
pub(super) fn when(wanted: &Needs, behind: bool) -> String {
    match (*wanted == Needs::NONE, behind) {
        (true, false) => String::new(),
        (true, true) => "otherwise: ".into(),
        (false, false) => format!("with {}: ", needs(wanted)),
        (false, true) => format!("otherwise, with {}: ", needs(wanted)),
    }
}

pub(super) fn needs(needs: &Needs) -> String {
    let mut words = Vec::new();
    words.extend(needs.from.map(|version| format!("versions from {version} on")));
    words.extend(needs.scope.map(|scope| format!("`scope: {}`", scope.name())));
    words.extend(needs.overridden.then(|| "the setting under `overrides` for this platform".to_owned()));
    words.extend(needs.at_most.map(|most| format!("at most {most} value{}", if most == 1 { "" } else { "s" })));
    words.extend(needs.choice.map(|(field, is)| format!("`{field}: {is}`")));
    words.join(" and ")
}

/// The first letter of a reason upper case, unless it begins with a name such as `com.apple.eas.account`.
pub(super) fn sentence(reason: &str) -> String {
    let first = reason.split_whitespace().next().unwrap_or_default();
    let mut characters = reason.chars();
    let end = if reason.ends_with(['.', '!', '?']) { "" } else { "." };
    match characters.next() {
        Some(letter) if first.chars().all(|c| c.is_ascii_lowercase()) => {
            format!("{}{}{end}", letter.to_ascii_uppercase(), characters.as_str())
        }
        _ => format!("{reason}{end}"),
    }
}

/// Format, verbs and versions of a place, below the first root that has it.
pub(super) fn place_text(catalog: &'static Catalog, table: &'static Table, platform: &Platform, place: &str) -> String {
    let roots = table.to.iter().filter_map(|alternative| alternative.root.ok());
    let found = roots.map(|root| root.is).find_map(|root| describe(catalog, root, place, platform));
    found.map_or_else(String::new, |facts| format!(" ({})", facts.join("; ")))
}

pub(super) fn describe(catalog: &'static Catalog, root: &str, place: &str, platform: &Platform) -> Option<Vec<String>> {
    let mut facts = Vec::new();
    if root.starts_with("./") {
        let node = catalog.node_for(&format!("{root}/{place}"))?;
        facts.push(node.format.name().to_owned());
        facts.push(verbs(node.access));
        facts.extend(node.allowed.range().map(|(min, max)| format!("{min} to {max}")));
    } else if root.starts_with("New-") {
        let parameter = catalog.parameter(root, place)?;
        facts.push(parameter.ty.to_owned());
        facts.extend((!parameter.allowed.is_empty()).then(|| format!("one of {}", list(parameter.allowed.iter().copied()))));
        facts.extend(parameter.required.then(|| "required".to_owned()));
    } else {
        let key = catalog.key(catalog.payload(root)?, place)?;
        facts.push(key_type(key.ty).to_owned());
        facts.extend((!key.allowed.is_empty()).then(|| format!("one of {}", list(key.allowed.iter().copied()))));
        facts.extend(key.required.then(|| "required".to_owned()));
        facts.extend(key.asked.then(|| "the device asks for it when a person installs a profile without it".to_owned()));
    }
    facts.extend(catalog.availability(root, place, platform.name).map(versions).filter(|text| !text.is_empty()));
    Some(facts)
}

pub(super) fn verbs(access: Access) -> String {
    let all =
        [(access.add, "Add"), (access.get, "Get"), (access.replace, "Replace"), (access.delete, "Delete"), (access.exec, "Exec")];
    let taken: Vec<&str> = all.into_iter().filter(|(taken, _)| *taken).map(|(_, name)| name).collect();
    format!("takes {}", taken.join(", "))
}

pub(super) fn versions(availability: Availability) -> String {
    let introduced = availability.introduced.filter(|version| version.0 != [0; 4]).map(|version| format!("since {version}"));
    let deprecated = availability.deprecated.map(|version| format!("deprecated from {version}"));
    let removed = availability.removed.map(|version| format!("gone from {version}"));
    [introduced, deprecated, removed].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

pub(super) fn key_type(ty: KeyType) -> &'static str {
    match ty {
        KeyType::String => "string",
        KeyType::Integer => "integer",
        KeyType::Real => "real",
        KeyType::Boolean => "boolean",
        KeyType::Date => "date",
        KeyType::Data => "data",
        KeyType::Array => "array",
        KeyType::Dictionary => "dictionary",
        KeyType::StringOrStrings => "string or array of strings",
        KeyType::Any => "any",
    }
}
