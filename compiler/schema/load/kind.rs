//! `schemas/kinds/*.yaml`.

use super::reader::{At, Words};
use super::{Read, leak, text};
use crate::schema::{
    Allowed, Approximation, Choice, Competes, Field, Format, Group, Having, Kind, Mandatory, Platform, Presence, Referent, Scope,
    Served, Service, Type, Unit, When,
};
use crate::source::{Node, Tree};

pub(super) const SCOPES: [(&str, Scope); 2] = [("user", Scope::User), ("device", Scope::Device)];

const FORMATS: [Format; 7] =
    [Format::Line, Format::Host, Format::Email, Format::Domain, Format::Login, Format::HttpUrl, Format::Ascii];

pub fn kind(root: &Node, stem: &str, platforms: &[Platform]) -> Read<Kind> {
    let words = Words::of(root)?;
    let name = words.must("kind")?;
    if name.raw()? != stem {
        return name.mistake("the file is named otherwise");
    }
    let mut fields = Vec::new();
    let mut groups = Vec::new();
    for (name, node) in words.must("fields")?.pairs()? {
        read_field(name, node, &mut fields, &mut groups)?;
    }
    let competes = words.must("competes")?;
    let kind = Kind {
        name: name.text()?,
        title: words.must("title")?.text()?,
        doc: words.must("doc")?.text()?,
        scopes: leak(words.must("scopes")?.items()?.iter().map(|node| At(node).one_of("scope", &SCOPES)).collect::<Read<_>>()?),
        competes: match competes.raw()? {
            "always" => Competes::Always,
            "never" => Competes::Never,
            "by_place" => Competes::ByPlace,
            field if fields.iter().any(|f: &Field| f.name == field) => Competes::By(text(field)),
            other => return competes.mistake(format!("no field `{other}`")),
        },
        platforms: services(words.must("platforms")?, platforms)?,
        sources: leak(words.must("sources")?.texts()?),
        at_least_one: leak(match words.may("at_least_one") {
            Some(lists) => lists.items()?.iter().map(|node| At(node).texts().map(leak)).collect::<Read<_>>()?,
            None => Vec::new(),
        }),
        fields: leak(fields),
        groups: leak(groups),
    };
    words.finish()?;
    names_known(root, &kind)?;
    Ok(kind)
}

/// Conditions may only name fields and choices that exist.
fn names_known(root: &Node, kind: &Kind) -> Read<()> {
    for field in kind.fields {
        for when in field.only_when.iter().chain(field.needed_when) {
            let other = kind.field(when.field).map(|(_, other)| other);
            let known = other.is_some_and(|other| when.is.iter().all(|is| other.choices().iter().any(|c| c.name == *is)));
            if !known {
                return Err((root.span, format!("the condition of `{}` names no choice of `{}`", field.name, when.field)));
            }
        }
        if !field.only_with.is_empty() && kind.field(field.only_with).is_none() {
            return Err((root.span, format!("`{}` goes with `{}`, which is no field", field.name, field.only_with)));
        }
        if let Type::Choice(choices) | Type::Set(choices) | Type::Oids(choices) = field.ty
            && choices.len() > 32
        {
            return Err((root.span, format!("`{}` has more than 32 choices", field.name)));
        }
    }
    match kind.at_least_one.iter().flat_map(|list| list.iter()).find(|name| kind.field(name).is_none()) {
        Some(name) => Err((root.span, format!("`at_least_one` names `{name}`, which is no field"))),
        None => Ok(()),
    }
}

fn services(at: At<'_>, platforms: &[Platform]) -> Read<&'static [Service]> {
    let mut services = Vec::new();
    for (platform, node) in at.pairs()? {
        if !platforms.iter().any(|known| known.name == platform) {
            return Err((node.span, format!("unknown platform `{platform}`")));
        }
        let is = if let Tree::Scalar(_) = node.tree {
            At(node).one_of("answer", &[("native", Served::Native(None))])?
        } else {
            let words = Words::of(node)?;
            let is = match (words.may("named"), words.may("note"), words.may("unsupported")) {
                (Some(warning), None, None) => Served::Named(warning.text()?),
                (None, Some(note), None) => Served::Native(Some(note.text()?)),
                (None, None, Some(reason)) => {
                    Served::Unsupported { reason: reason.text()?, source: words.must("source")?.text()? }
                }
                _ => return Err((node.span, "`named`, `note` or `unsupported` is wanted".into())),
            };
            words.finish()?;
            is
        };
        services.push(Service { platform, is });
    }
    match platforms.iter().find(|platform| !services.iter().any(|service| service.platform == platform.name)) {
        Some(platform) => at.mistake(format!("platform `{}` is not answered", platform.name)),
        None => Ok(leak(services)),
    }
}

/// What becomes of a field in a conflict: a required one fails the profiles.
fn mandatory(word: Option<At<'_>>, presence: Presence) -> Read<Mandatory> {
    let Some(word) = word else {
        return Ok(if presence == Presence::Required { Mandatory::Yes } else { Mandatory::No });
    };
    match word.one_of("answer to `mandatory`", &[("true", Mandatory::Yes), ("default", Mandatory::Default)])? {
        Mandatory::Default if !matches!(presence, Presence::Default(_)) => word.mistake("there is no default to fall back to"),
        answer => Ok(answer),
    }
}

fn read_field(name: &str, node: &Node, fields: &mut Vec<Field>, groups: &mut Vec<Group>) -> Read<()> {
    let words = Words::of(node)?;
    if let Some(members) = words.may("fields") {
        groups.push(Group { name: text(name), doc: words.must("doc")?.text()? });
        words.finish()?;
        for (member, node) in members.pairs()? {
            read_field(&format!("{name}.{member}"), node, fields, groups)?;
        }
        return Ok(());
    }
    let required = words.flag("required")?;
    let ty = read_type(&words)?;
    let presence = match words.may("default") {
        Some(value) if !required => Presence::Default(value.literal()?),
        Some(value) => return value.mistake("a required field has no default"),
        None if required => Presence::Required,
        None => Presence::Optional,
    };
    fields.push(Field {
        name: text(name),
        ty,
        doc: words.must("doc")?.text()?,
        limits: words.text_or_empty("limits")?,
        example: example(words.must("example")?.0),
        source: words.text_or_empty("source")?,
        presence,
        mandatory: mandatory(words.may("mandatory"), presence)?,
        only_when: conditions(words.may("only_when"))?,
        needed_when: conditions(words.may("needed_when"))?,
        only_with: words.text_or_empty("only_with")?,
        required_on: words.texts_or_empty("required_on")?,
    });
    words.finish()
}

/// The example as YAML in flow style, as it can be written behind the field's name.
pub(super) fn example(node: &Node) -> &'static str {
    fn flow(node: &Node) -> String {
        match &node.tree {
            Tree::Scalar(scalar) if scalar.plain => scalar.text.to_string(),
            Tree::Scalar(scalar) => format!("\"{}\"", scalar.text.trim_end().replace('\\', "\\\\").replace('"', "\\\"")),
            Tree::Sequence(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
            Tree::Mapping(pairs) => {
                let pairs = pairs.iter().map(|pair| format!("{}: {}", pair.key, flow(&pair.value)));
                format!("{{ {} }}", pairs.collect::<Vec<_>>().join(", "))
            }
        }
    }
    text(&flow(node))
}

fn conditions(at: Option<At<'_>>) -> Read<&'static [When]> {
    let Some(at) = at else { return Ok(&[]) };
    let conditions = at.pairs()?.into_iter();
    conditions.map(|(field, node)| Ok(When { field, is: leak(At(node).texts()?) })).collect::<Read<Vec<_>>>().map(leak)
}

fn read_type(words: &Words<'_>) -> Read<Type> {
    let ty = words.must("type")?;
    Ok(match ty.raw()? {
        "text" => Type::Text(format(words)?, max_length(words)?),
        "list" => {
            let of = Words::of(words.must("of")?.0)?;
            let list = Type::List(format(&of)?, max_length(&of)?, words.flag("or_one")?);
            of.finish()?;
            list
        }
        "boolean" => Type::Boolean,
        "integer" => Type::Integer {
            min: words.may("min").map_or(Ok(i64::MIN), At::integer)?,
            max: words.may("max").map_or(Ok(i64::MAX), At::integer)?,
            of: leak(match words.may("of") {
                Some(list) => list.items()?.iter().map(allowed).collect::<Read<_>>()?,
                None => Vec::new(),
            }),
        },
        "choice" => Type::Choice(choices(words)?),
        "set" => Type::Set(choices(words)?),
        "oids" => Type::Oids(choices(words)?),
        "reference" => Type::Reference(referents(words)?, having(words)?),
        "references" => Type::References(referents(words)?, having(words)?),
        "secret" => Type::Secret,
        "duration" => Type::Duration {
            units: units(words)?,
            min: seconds(words, "min", 0)?,
            max: seconds(words, "max", u64::from(u32::MAX))?,
        },
        "period" => Type::Period(units(words)?),
        "distinguished_name" => Type::DistinguishedName,
        "certificate" => Type::Certificate,
        "identity" => Type::Identity,
        "payloads" => Type::Payloads,
        "declarations" => Type::Declarations,
        "nodes" => Type::Nodes,
        "admx" => Type::Admx,
        other => return ty.mistake(format!("`{other}` is no type")),
    })
}

fn format(words: &Words<'_>) -> Read<Format> {
    let known: Vec<(&'static str, Format)> = FORMATS.iter().map(|format| (format.name(), *format)).collect();
    words.must("format")?.one_of("format", &known)
}

/// The greatest length; 1,024 where a kind file names none: beyond what any vendor documents, and bounded.
fn max_length(words: &Words<'_>) -> Read<u16> {
    let Some(max) = words.may("max") else { return Ok(1024) };
    u16::try_from(max.integer()?).or_else(|_| max.mistake("a length of at most 65535 is wanted"))
}

fn seconds(words: &Words<'_>, word: &'static str, otherwise: u64) -> Read<u64> {
    let Some(at) = words.may(word) else { return Ok(otherwise) };
    u64::try_from(at.integer()?).or_else(|_| at.mistake("seconds are wanted"))
}

fn allowed(node: &Node) -> Read<Allowed> {
    if node.mapping().is_none() {
        return Ok(Allowed { is: At(node).integer()?, warn: "" });
    }
    let words = Words::of(node)?;
    let allowed = Allowed { is: words.must("is")?.integer()?, warn: words.must("warn")?.text()? };
    words.finish()?;
    Ok(allowed)
}

fn referents(words: &Words<'_>) -> Read<&'static [Referent]> {
    let to = words.must("to")?.items()?.iter();
    to.map(|node| {
        if node.mapping().is_none() {
            return Ok(Referent { kind: At(node).text()?, warn: "" });
        }
        let words = Words::of(node)?;
        let referent = Referent { kind: words.must("kind")?.text()?, warn: words.must("warn")?.text()? };
        words.finish()?;
        Ok(referent)
    })
    .collect::<Read<Vec<_>>>()
    .map(leak)
}

fn having(words: &Words<'_>) -> Read<Having> {
    let Some(at) = words.may("having") else { return Ok(Having { field: "", is: "" }) };
    match at.pairs()?.as_slice() {
        [(field, node)] => Ok(Having { field, is: At(node).text()? }),
        _ => at.mistake("one field and its value are wanted"),
    }
}

fn units(words: &Words<'_>) -> Read<&'static [Unit]> {
    let known: Vec<(&'static str, Unit)> = Unit::ALL.iter().map(|unit| (unit.name(), *unit)).collect();
    words.must("units")?.items()?.iter().map(|node| At(node).one_of("unit", &known)).collect::<Read<Vec<_>>>().map(leak)
}

fn choices(words: &Words<'_>) -> Read<&'static [Choice]> {
    let known: Vec<(&'static str, Format)> = FORMATS.iter().map(|format| (format.name(), *format)).collect();
    let choices = words.must("choices")?.pairs()?.into_iter();
    choices
        .map(|(name, node)| {
            let words = Words::of(node)?;
            let choice = Choice {
                name,
                doc: words.must("doc")?.text()?,
                attribute: words.text_or_empty("attribute")?,
                holds: words.may("holds").map(|at| at.one_of("format", &known)).transpose()?,
                oid: words.text_or_empty("oid")?,
                warn: words.text_or_empty("warn")?,
                absent: words.flag("absent")?,
                approximation: match words.may("approximation") {
                    Some(at) => {
                        let words = Words::of(at.0)?;
                        let near = Approximation { attribute: words.must("attribute")?.text()?, doc: words.must("doc")?.text()? };
                        words.finish()?;
                        Some(near)
                    }
                    None => None,
                },
            };
            words.finish()?;
            Ok(choice)
        })
        .collect::<Read<Vec<_>>>()
        .map(leak)
}
