//! Whether what a row writes can stand where it writes it.

use payloadc::builtin::CATALOG;
use payloadc::catalog::{Key, KeyType, Node, NodeFormat};
use payloadc::schema::{Encoding, Field, Literal, Type};

/// What arrives at a place, as exactly as the tables and the kind know it.
#[derive(Debug, Clone)]
pub enum Arrival {
    Nothing,
    Boolean,
    Integers(Vec<i64>),
    /// From the smallest to the largest.
    Between(i64, i64),
    Text,
    /// One of these.
    Words(Vec<&'static str>),
    /// A text, or several.
    TextOrTexts,
    List,
    Data,
    /// What a console holds.
    Object,
}

pub fn of_literal(literal: Literal) -> Arrival {
    match literal {
        Literal::Nothing => Arrival::Nothing,
        Literal::Boolean(_) => Arrival::Boolean,
        Literal::Integer(number) => Arrival::Integers(vec![number]),
        Literal::Text(text) => Arrival::Words(vec![text]),
    }
}

/// What a setting becomes; an error where `lower` would write nothing at all.
pub fn of_field(field: &Field, part: &str, encoding: Encoding) -> Result<Arrival, String> {
    use Encoding as E;
    let wrong = || Err(format!("{encoding:?} does not go with {:?}", field.ty));
    Ok(match (field.ty, encoding) {
        (Type::Boolean | Type::Set(_), E::OneZero) => Arrival::Words(vec!["0", "1"]),
        (Type::Set(_), E::Plain | E::Inverted) if !part.is_empty() => Arrival::Boolean,
        (Type::Boolean, E::Plain | E::Inverted) => Arrival::Boolean,
        (Type::Integer { min, max, of: [] }, E::Plain) => Arrival::Between(min, max),
        (Type::Integer { of, .. }, E::Plain) => Arrival::Integers(of.iter().map(|allowed| allowed.is).collect()),
        (Type::Integer { .. }, E::Decimal) => Arrival::Text,
        (Type::Period(_), E::Plain) if part == "count" => Arrival::Between(1, i64::from(u32::MAX)),
        (Type::Period(_), E::Decimal) if part == "count" => Arrival::Text,
        (Type::Text(..) | Type::Choice(_) | Type::Secret, E::Plain) => Arrival::Text,
        (Type::List(..) | Type::Oids(_), E::Plain) => Arrival::List,
        (Type::List(..) | Type::Oids(_), E::First | E::JoinedSemicolon | E::JoinedPlus) => Arrival::Text,
        (Type::List(..) | Type::Oids(_), E::ValueOrValues) => Arrival::TextOrTexts,
        (Type::Duration { min, max, .. }, E::Seconds) => Arrival::Between(number(min), number(max)),
        (Type::Duration { min, max, .. }, E::Minutes) => Arrival::Between(number(min.div_ceil(60)), number(max / 60)),
        (Type::Reference(..), E::Profile) => Arrival::Object,
        (Type::Reference(..), E::PayloadUuid | E::Sha1Thumbprint) => Arrival::Text,
        (Type::DistinguishedName, E::RdnArrays) => Arrival::List,
        (Type::DistinguishedName, E::DnText) => Arrival::Text,
        (Type::Certificate | Type::Identity, E::Plain) => Arrival::Data,
        _ => return wrong(),
    })
}

fn number(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

/// Whether a place below a root is in the catalog and takes what arrives.
pub fn fits(root: &str, place: &str, platform: &str, arrival: &Arrival) -> Result<(), String> {
    if root.starts_with("./") {
        let path = format!("{root}/{place}");
        let node = CATALOG.node_for(&path).ok_or("is no node of the catalog")?;
        return node_takes(node, arrival);
    }
    if root.starts_with("New-") {
        return cmdlets_take(root, place, arrival);
    }
    let payload = CATALOG.payload(root).ok_or("is below a payload type that the catalog lacks")?;
    let key = CATALOG.key(payload, place).ok_or("is no key of the catalog")?;
    for (at, _) in place.match_indices('/') {
        let parent = CATALOG.key(payload, &place[..at]).ok_or("is below a key that the catalog lacks")?;
        if !matches!(parent.ty, KeyType::Dictionary) {
            return Err(format!("is below `{}`, which is {:?}", parent.path, parent.ty));
        }
    }
    let there = key.on(platform).ok_or("is not there")?;
    let payload_there = payload.on(platform).ok_or("is not there")?;
    if !there.there() || !payload_there.there() || there.versions.removed.is_some() {
        return Err(format!("is not there on {platform}"));
    }
    key_takes(key, arrival)
}

/// `New/X` is a parameter of the cmdlet that makes, `Set/X` of the one that changes, `X` of both.
fn cmdlets_take(root: &str, place: &str, arrival: &Arrival) -> Result<(), String> {
    let set = root.replacen("New-", "Set-", 1);
    let (cmdlets, name) = match place.split_once('/') {
        Some(("New", name)) => (vec![root], name),
        Some(("Set", name)) => (vec![set.as_str()], name),
        _ => (vec![root, set.as_str()], place),
    };
    for cmdlet in cmdlets {
        let found = CATALOG.cmdlet(cmdlet).ok_or_else(|| format!("is of `{cmdlet}`, which the catalog lacks"))?;
        let parameter = found.parameter(name).ok_or_else(|| format!("is no parameter of `{cmdlet}`"))?;
        let fits = match arrival {
            Arrival::Boolean => matches!(parameter.ty, "Boolean" | "SwitchParameter"),
            Arrival::Integers(_) | Arrival::Between(..) => parameter.ty == "Int32",
            Arrival::Words(_) => parameter.ty == "String" || !parameter.allowed.is_empty(),
            // By hand, or any text: what by hand becomes is looked up when it is written.
            Arrival::Text => !parameter.ty.starts_with("IResultObject"),
            Arrival::List => matches!(parameter.ty, "String[]" | "Hashtable"),
            Arrival::Data => parameter.ty == "String",
            Arrival::Object => parameter.ty == "IResultObject",
            Arrival::Nothing | Arrival::TextOrTexts => false,
        };
        if !fits {
            return Err(format!("is a {} of `{cmdlet}` and gets {arrival:?}", parameter.ty));
        }
        if !matches!(arrival, Arrival::Boolean | Arrival::Text) {
            allowed(parameter.allowed, arrival)?;
        }
    }
    Ok(())
}

fn key_takes(key: &Key, arrival: &Arrival) -> Result<(), String> {
    use KeyType as K;
    let fits = match arrival {
        Arrival::Nothing => false,
        Arrival::Boolean => matches!(key.ty, K::Boolean),
        Arrival::Integers(_) | Arrival::Between(..) => matches!(key.ty, K::Integer),
        Arrival::Text | Arrival::Words(_) => matches!(key.ty, K::String | K::StringOrStrings),
        Arrival::TextOrTexts => matches!(key.ty, K::StringOrStrings),
        Arrival::List => matches!(key.ty, K::Array),
        Arrival::Data => matches!(key.ty, K::Data),
        Arrival::Object => false,
    };
    if !fits && !matches!(key.ty, K::Any) {
        return Err(format!("is {:?} and gets {arrival:?}", key.ty));
    }
    allowed(&key.allowed, arrival)
}

fn node_takes(node: &Node, arrival: &Arrival) -> Result<(), String> {
    use NodeFormat as F;
    if node.kept_out() {
        return Err("must not be written".into());
    }
    if !(node.access.add || node.access.replace || node.access.exec) {
        return Err("cannot be written".into());
    }
    let number = |text: &&str| text.parse::<i64>().is_ok();
    let fits = match arrival {
        Arrival::Nothing => matches!(node.format, F::Null | F::Node),
        Arrival::Boolean => matches!(node.format, F::Bool),
        Arrival::Integers(_) | Arrival::Between(..) => matches!(node.format, F::Int | F::Chr),
        Arrival::Text => matches!(node.format, F::Chr | F::Xml),
        Arrival::Words(words) => matches!(node.format, F::Chr) || (matches!(node.format, F::Int) && words.iter().all(number)),
        Arrival::Data => matches!(node.format, F::B64 | F::Bin | F::Chr),
        Arrival::TextOrTexts | Arrival::List | Arrival::Object => false,
    };
    if !fits {
        return Err(format!("is {:?} and gets {arrival:?}", node.format));
    }
    let listed: Vec<&str> = node.allowed.listed().iter().map(|known| known.value).collect();
    let Some((from, to)) = node.allowed.range() else { return allowed(&listed, arrival) };
    let (least, most) = match arrival {
        Arrival::Integers(numbers) => (numbers.iter().min().copied(), numbers.iter().max().copied()),
        Arrival::Between(least, most) => (Some(*least), Some(*most)),
        Arrival::Words(words) => {
            let numbers = words.iter().filter_map(|word| word.parse().ok());
            (numbers.clone().min(), numbers.max())
        }
        _ => (None, None),
    };
    match (least, most) {
        (Some(least), Some(most)) if from <= least && most <= to => allowed(&listed, arrival),
        found => Err(format!("takes {from}..={to} and gets {found:?}")),
    }
}

/// The values the vendor lists are the only ones that arrive.
fn allowed(listed: &[&str], arrival: &Arrival) -> Result<(), String> {
    let arriving: Vec<String> = match arrival {
        _ if listed.is_empty() => return Ok(()),
        Arrival::Integers(numbers) => numbers.iter().map(ToString::to_string).collect(),
        Arrival::Between(from, to) if to - from < 1_000 => (*from..=*to).map(|number| number.to_string()).collect(),
        Arrival::Words(words) => words.iter().map(|word| (*word).to_owned()).collect(),
        Arrival::Boolean => vec!["true".into(), "false".into()],
        other => return Err(format!("takes only {listed:?} and gets {other:?}")),
    };
    match arriving.iter().find(|value| !listed.contains(&value.as_str())) {
        Some(value) => Err(format!("takes only {listed:?} and gets `{value}`")),
        None => Ok(()),
    }
}
