//! `schemas/targets/<target>/<kind>.yaml`.

use super::kind::SCOPES;
use super::reader::{At, Words};
use super::{Read, leak, text, version};
use crate::schema::{
    Alternative, Answer, Case, Constant, Encoding, Field, Instance, Kind, Lowering, Needs, Platform, Root, Served, Table, Type,
    Unsupported, Write,
};
use crate::source::{Node, Tree};

const INSTANCES: [(&str, Instance); 3] =
    [("braced_guid", Instance::BracedGuid), ("guid", Instance::Guid), ("sha1_thumbprint", Instance::Sha1Thumbprint)];

const ENCODINGS: [(&str, Encoding); 14] = [
    ("inverted", Encoding::Inverted),
    ("one_zero", Encoding::OneZero),
    ("decimal", Encoding::Decimal),
    ("first", Encoding::First),
    ("joined_semicolon", Encoding::JoinedSemicolon),
    ("joined_plus", Encoding::JoinedPlus),
    ("value_or_values", Encoding::ValueOrValues),
    ("seconds", Encoding::Seconds),
    ("minutes", Encoding::Minutes),
    ("payload_uuid", Encoding::PayloadUuid),
    ("sha1_thumbprint", Encoding::Sha1Thumbprint),
    ("profile", Encoding::Profile),
    ("rdn_arrays", Encoding::RdnArrays),
    ("dn_text", Encoding::DnText),
];

/// The rows of a file by the name they stand under.
type Rows = Vec<(&'static str, Vec<Lowering>)>;

/// What was read before a table.
pub struct Known<'a> {
    pub platforms: &'a [Platform],
    pub kinds: &'a [&'static Kind],
    pub tables: &'a [&'static Table],
}

pub fn table(root: &Node, target: &str, stem: &str, before: &Known<'_>) -> Read<Table> {
    let Known { platforms, kinds, tables } = *before;
    let words = Words::of(root)?;
    let lowers = words.must("lowers")?;
    if lowers.raw()? != stem {
        return lowers.mistake("the file is named otherwise");
    }
    let Some(kind) = kinds.iter().copied().find(|kind| kind.name == stem) else { return lowers.mistake("no such kind") };
    let like = match words.may("like") {
        None => None,
        Some(at) => {
            let other = at.raw()?;
            let found = tables.iter().copied().find(|table| table.kind == stem && table.target == other);
            Some(found.ok_or((at.span(), format!("`{other}` has no table of this kind")))?)
        }
    };
    if let Some(reason) = words.may("unsupported") {
        let why =
            Unsupported { reason: reason.text()?, elsewhere: words.flag("elsewhere")?, source: words.must("source")?.text()? };
        words.finish()?;
        return Ok(refusing(kind, target, why));
    }
    let mut rows: Rows = Vec::new();
    if let Some(fields) = words.may("fields") {
        for (name, node) in fields.pairs()? {
            let lowerings = match node.sequence() {
                Some(items) => items.iter().map(|item| lowering(item, name, kind, platforms)).collect::<Read<_>>()?,
                None => vec![lowering(node, name, kind, platforms)?],
            };
            known(name, node, kind)?;
            rows.push((name, lowerings));
        }
    }
    let table = Table {
        kind: kind.name,
        target: text(target),
        to: match (words.may("to"), like) {
            (Some(to), _) => roots(to, words.may("instance"), platforms)?,
            (None, Some(like)) => like.to,
            (None, None) => return Err((words.span(), "`to` is missing".into())),
        },
        implies: match (words.may("implies"), like) {
            (Some(at), _) => constants(at)?,
            (None, Some(like)) => like.implies,
            (None, None) => &[],
        },
        remark: words.text_or_empty("remark")?,
        unverified: words.text_or_empty("unverified")?,
        source: words.must("source")?.text()?,
        answers: answers(root, kind, &rows, like)?,
        order: order(kind, &rows, like),
    };
    words.finish()?;
    Ok(table)
}

/// The table of a target that takes no profile of the kind: one reason answers every field.
fn refusing(kind: &'static Kind, target: &str, why: Unsupported) -> Table {
    let row = Lowering { needs: Needs::NONE, write: Write::Unsupported(why), implies: &[], unverified: "" };
    Table {
        kind: kind.name,
        target: text(target),
        to: leak(vec![Alternative { needs: Needs::NONE, root: Err(why) }]),
        implies: &[],
        remark: "",
        unverified: "",
        source: why.source,
        answers: leak(kind.fields.iter().map(|_| Answer::Whole(leak(vec![row]))).collect()),
        order: leak(kind.numbered().map(|(id, _)| id.0).collect()),
    }
}

/// A row names a field, a group, or a part of a field.
fn known(name: &str, node: &Node, kind: &Kind) -> Read<()> {
    let part = |field: &Field| name.strip_prefix(field.name).and_then(|rest| rest.strip_prefix('.'));
    let known = kind.field(name).is_some()
        || kind.groups.iter().any(|group| group.name == name)
        || kind.fields.iter().any(|field| part(field).is_some_and(|part| parts(field).contains(&part)));
    if known { Ok(()) } else { Err((node.span, format!("`{name}` is no field, group or part of kind `{}`", kind.name))) }
}

/// The parts a field can be answered by.
fn parts(field: &Field) -> Vec<&'static str> {
    match field.ty {
        Type::Set(choices) => choices.iter().map(|choice| choice.name).collect(),
        Type::Period(_) => vec!["count", "unit"],
        _ => Vec::new(),
    }
}

fn answers(root: &Node, kind: &Kind, rows: &Rows, like: Option<&Table>) -> Read<&'static [Answer]> {
    let row = |name: &str| rows.iter().find(|(row, _)| *row == name).map(|(_, lowerings)| leak(lowerings.clone()));
    let mut answers = Vec::new();
    for (id, field) in kind.numbered() {
        let own_parts: Vec<(&'static str, Option<&'static [Lowering]>)> =
            parts(field).into_iter().map(|part| (part, row(&format!("{}.{part}", field.name)))).collect();
        let group = field.group().and_then(|(group, _)| row(group));
        let answer = if let Some(whole) = row(field.name).or(group) {
            Answer::Whole(whole)
        } else if own_parts.iter().any(|(_, lowerings)| lowerings.is_some()) {
            let mut complete = Vec::new();
            for (part, lowerings) in own_parts {
                let missing = || (root.span, format!("part `{}.{part}` is not answered", field.name));
                complete.push((part, lowerings.ok_or_else(missing)?));
            }
            Answer::Parts(leak(complete))
        } else if let Some(answer) = like.and_then(|like| like.answers.get(id.index())) {
            *answer
        } else {
            return Err((root.span, format!("field `{}` is not answered", field.name)));
        };
        answers.push(answer);
    }
    Ok(leak(answers))
}

/// The fields in the file's order; those only the other table answers keep its order, in front.
fn order(kind: &Kind, rows: &Rows, like: Option<&Table>) -> &'static [u16] {
    let position = |field: &Field| {
        rows.iter().position(|(row, _)| {
            *row == field.name
                || row.strip_prefix(field.name).is_some_and(|rest| rest.starts_with('.'))
                || field.group().is_some_and(|(group, _)| group == *row)
        })
    };
    if let Some(like) = like {
        return like.order;
    }
    let mut ids: Vec<u16> = kind.numbered().map(|(id, _)| id.0).collect();
    ids.sort_by_key(|id| kind.fields.get(usize::from(*id)).and_then(position));
    leak(ids)
}

fn roots(to: At<'_>, instance: Option<At<'_>>, platforms: &[Platform]) -> Read<&'static [Alternative]> {
    if let Tree::Scalar(_) = to.0.tree {
        let instance = instance.map(|at| at.one_of("instance", &INSTANCES)).transpose()?;
        return Ok(leak(vec![Alternative { needs: Needs::NONE, root: Ok(root(to, instance)?) }]));
    }
    let alternatives = to.items()?.iter().map(|node| {
        let words = Words::of(node)?;
        let instance = words.may("instance").map(|at| at.one_of("instance", &INSTANCES)).transpose()?;
        let needs = needs(words.may("needs"), platforms)?;
        let root = match words.may("is") {
            Some(is) => Ok(root(is, instance)?),
            None => Err(unsupported(&words)?),
        };
        words.finish()?;
        Ok(Alternative { needs, root })
    });
    alternatives.collect::<Read<Vec<_>>>().map(leak)
}

fn root(at: At<'_>, instance: Option<Instance>) -> Read<Root> {
    let is = at.text()?;
    if is.contains("{}") != instance.is_some() {
        return at.mistake("`{}` and `instance` go together");
    }
    Ok(Root { is, instance })
}

fn needs(at: Option<At<'_>>, platforms: &[Platform]) -> Read<Needs> {
    let mut needs = Needs::NONE;
    let Some(at) = at else { return Ok(needs) };
    for (word, node) in at.pairs()? {
        let value = At(node);
        match word {
            "scope" => needs.scope = Some(value.one_of("scope", &SCOPES)?),
            "override" => needs.overridden = value.boolean()?,
            "at_most" => needs.at_most = u16::try_from(value.integer()?).ok(),
            "choice" => match value.pairs()?.as_slice() {
                [(field, node)] => needs.choice = Some((field, At(node).text()?)),
                _ => return value.mistake("one field and its value are wanted"),
            },
            platform if platforms.iter().any(|known| known.name == platform) => {
                let range = value.raw()?;
                let from = range.strip_prefix(">=").ok_or((node.span, "`>=VERSION` is wanted".to_owned()))?;
                needs.from = Some(version(node.span, from)?);
            }
            other => return Err((node.span, format!("unknown need `{other}`"))),
        }
    }
    Ok(needs)
}

fn unsupported(words: &Words<'_>) -> Read<Unsupported> {
    Ok(Unsupported {
        reason: words.must("unsupported")?.text()?,
        elsewhere: words.flag("elsewhere")?,
        source: words.must("source")?.text()?,
    })
}

fn lowering(node: &Node, row: &str, kind: &Kind, platforms: &[Platform]) -> Read<Lowering> {
    let words = Words::of(node)?;
    let write = if let Some(map) = words.may("map") {
        mapped(&words, map, row, kind)?
    } else if let Some(at) = words.may("at") {
        let encoding = words.may("as").map_or(Ok(Encoding::Plain), |at| at.one_of("encoding", &ENCODINGS))?;
        Write::At(places(at)?, encoding)
    } else if let Some(function) = words.may("by_hand") {
        Write::ByHand(function.text()?)
    } else if let Some(how) = words.may("carried") {
        Write::Carried(how.text()?)
    } else {
        Write::Unsupported(unsupported(&words)?)
    };
    let lowering = Lowering {
        needs: needs(words.may("needs"), platforms)?,
        write,
        implies: words.may("implies").map_or(Ok(&[][..]), constants)?,
        unverified: words.text_or_empty("unverified")?,
    };
    words.finish()?;
    Ok(lowering)
}

fn places(at: At<'_>) -> Read<&'static [&'static str]> {
    match at.0.tree {
        Tree::Sequence(_) => at.texts().map(leak),
        Tree::Scalar(_) | Tree::Mapping(_) => Ok(leak(vec![at.text()?])),
    }
}

fn mapped(words: &Words<'_>, map: At<'_>, row: &str, kind: &Kind) -> Read<Write> {
    let at = words.may("at").map_or(Ok(&[][..]), places)?;
    let cases = map.pairs()?;
    let wanted = case_names(row, kind);
    if let Some((name, node)) = cases.iter().find(|(name, _)| !wanted.contains(name)) {
        return Err((node.span, format!("`{name}` is no case of `{row}`")));
    }
    let find = |name: &&'static str| {
        let case = cases.iter().find(|(case, _)| case == name).map(|(_, node)| *node);
        case.map(|node| (*name, node)).ok_or_else(|| (map.span(), format!("case `{name}` of `{row}` is not answered")))
    };
    let ordered = wanted.iter().map(find).collect::<Read<Vec<_>>>()?;
    if let Some(encoding) = words.may("as") {
        if encoding.raw()? != "bits" {
            return encoding.mistake("a map goes with no encoding but `bits`");
        }
        let numbers = ordered.into_iter().map(|(name, node)| Ok((name, At(node).integer()?))).collect::<Read<Vec<_>>>()?;
        let place = at.first().ok_or((map.span(), "`at` is missing".to_owned()))?;
        return Ok(Write::Bits(place, leak(numbers)));
    }
    let cases = ordered.into_iter().map(|(name, node)| Ok((name, case(node)?))).collect::<Read<Vec<_>>>()?;
    Ok(Write::Map(at, leak(cases)))
}

/// The cases a map must answer, in the order of the field's choices.
fn case_names(row: &str, kind: &Kind) -> Vec<&'static str> {
    if let Some((_, field)) = kind.field(row) {
        return match field.ty {
            Type::Boolean => vec!["false", "true"],
            _ => field.choices().iter().filter(|choice| !choice.absent).map(|choice| choice.name).collect(),
        };
    }
    match kind.fields.iter().find(|field| row.strip_prefix(field.name) == Some(".unit")).map(|field| field.ty) {
        Some(Type::Period(units)) => units.iter().map(|unit| unit.name()).collect(),
        _ => Vec::new(),
    }
}

fn case(node: &Node) -> Read<Case> {
    let Tree::Mapping(_) = node.tree else { return Ok(Case::Is(At(node).literal()?)) };
    if node.get("unsupported").is_none() && node.get("warn").is_none() {
        return Ok(Case::Writes(constants(At(node))?));
    }
    let words = Words::of(node)?;
    let case = match words.may("is") {
        Some(is) => Case::Warned(is.literal()?, words.must("warn")?.text()?),
        None => Case::Unsupported(unsupported(&words)?),
    };
    words.finish()?;
    Ok(case)
}

fn constants(at: At<'_>) -> Read<&'static [Constant]> {
    let constants = at.pairs()?.into_iter();
    constants.map(|(at, node)| Ok(Constant { at, is: At(node).literal()? })).collect::<Read<Vec<_>>>().map(leak)
}

/// Every kind is lowered by every target of every platform it serves.
pub fn all_answered(kinds: &[&'static Kind], platforms: &[Platform], tables: &[&'static Table]) -> Result<(), String> {
    for kind in kinds {
        for service in kind.platforms.iter().filter(|service| !matches!(service.is, Served::Unsupported { .. })) {
            let targets = platforms.iter().find(|platform| platform.name == service.platform).map_or(&[][..], |p| p.targets);
            let missing = targets.iter().find(|target| !tables.iter().any(|t| t.kind == kind.name && t.target == **target));
            if let Some(target) = missing {
                return Err(format!("target `{target}` does not answer kind `{}`", kind.name));
            }
        }
    }
    Ok(())
}
