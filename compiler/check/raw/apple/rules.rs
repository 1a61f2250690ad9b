//! What keys of one dictionary ask of each other: those that must be there, and the rules of the overlay.

use crate::catalog::{Catalog, Demand, Key, KeyType, Payload, Refers, Rule, Support};
use crate::check::suggest::{either, list, nearest};
use crate::check::vendor::called;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::ir::{Branch, Member};
use crate::source::{Pair, Span};

/// The dictionary that is judged.
pub struct Where {
    pub facts: &'static Payload,
    /// The key that holds it; nothing for the item itself.
    pub inside: Option<&'static Key>,
    /// Where it stands.
    pub span: Span,
    pub catalog: &'static Catalog,
}

/// Judges a dictionary. `pairs` is what was written, `members` what could be read of it.
pub fn check(place: &Where, pairs: &[Pair], members: &[Member], report: &mut Report) {
    let written = |name: &str| pairs.iter().any(|pair| &*pair.key == name);
    let of = place.inside.map_or_else(|| format!("`{}`", place.facts.name), called);
    let above = place.inside.map_or(&place.facts.systems, |key| &key.systems);
    let needed = place.facts.required_inside(place.inside).filter(|key| everywhere(&key.systems, above));
    // A misspelt key was reported as such.
    let misspelt = |name: &str| {
        let unknown = |pair: &&Pair| place.facts.step(place.inside, &pair.key).is_none();
        pairs.iter().filter(unknown).any(|pair| nearest(&pair.key, [name]).is_some())
    };
    for key in needed.filter(|key| !written(key.name()) && !misspelt(key.name())) {
        report.push(missing(key, &of, place.facts, place.span));
    }
    let path = place.inside.map_or("", |key| &key.path);
    for rule in place.catalog.rules(place.facts.name).filter(|rule| rule.is_about(path)) {
        let Some(broken) = judge(rule, place, pairs, members) else { continue };
        let diagnostic = match broken {
            Broken::Lacks { keys, .. } if keys.iter().any(|name| misspelt(name)) => continue,
            Broken::Lacks { keys, one } if !rule.advice => lacks(place, &of, &keys, one),
            Broken::Lacks { keys, .. } => Diagnostic::new(Code::W0622, place.span, format!("{of}: write {}", either(keys)))
                .label("devices take it all the same"),
            Broken::Against(what) => {
                let code = if rule.advice { Code::W0622 } else { Code::E0424 };
                let label = if rule.advice { "devices take it all the same" } else { "these keys do not go together" };
                Diagnostic::new(code, place.span, format!("{of}: {what}")).label(label)
            }
        };
        report.push(diagnostic.note(rule.reason).note(rule.source));
    }
}

/// Whether a key is there on each system that has what holds it. One that is not is asked for platform by platform.
pub fn everywhere(key: &[Support], above: &[Support]) -> bool {
    key.iter().zip(above).all(|(key, above)| key.there() || !above.there())
}

/// A key without which devices refuse what holds it.
pub fn missing(key: &Key, of: &str, facts: &Payload, span: Span) -> Diagnostic {
    let message = format!("{of} lacks `{}`, and is refused without it", key.name());
    let diagnostic = Diagnostic::new(Code::E0423, span, message).label("lacks it");
    diagnostic.help(format!("`{}` is {}", key.name(), holds(key))).note(format!("payloadc catalog show {}", facts.name))
}

/// Keys that others of the dictionary ask for: all of them, or one.
fn lacks(place: &Where, of: &str, names: &[&str], one: bool) -> Diagnostic {
    let all = names.iter().copied();
    let message = format!("{of} lacks {}", if one { either(all) } else { list(all) });
    let label = match (one, names.len()) {
        (true, _) => "lacks one of them",
        (false, 1) => "lacks it",
        (false, _) => "lacks them",
    };
    let keys = names.iter().filter_map(|name| place.facts.step(place.inside, name));
    let each: Vec<String> = keys.map(|key| format!("`{}` is {}", key.name(), holds(key))).collect();
    Diagnostic::new(Code::E0423, place.span, message).label(label).help(each.join(", "))
}

/// What a key holds, as it reads in a sentence.
fn holds(key: &Key) -> String {
    const MOST: usize = 8;
    if let Some(what) = pointed_at(key) {
        return format!("the `id` of {what}");
    }
    if (2..=MOST).contains(&key.allowed.len()) {
        return either(key.allowed.iter().copied());
    }
    let word = match key.ty {
        KeyType::String => "text",
        KeyType::Integer => "a whole number",
        KeyType::Real => "a number",
        KeyType::Boolean => "`true` or `false`",
        KeyType::Date => "a date in UTC",
        KeyType::Data => "`{ file: PATH }` or `{ base64: TEXT }`",
        KeyType::Array => "a list",
        KeyType::Dictionary => "a mapping",
        KeyType::StringOrStrings => "text or a list of texts",
        KeyType::Any => "any value",
    };
    match key.range.filter(|_| matches!(key.ty, KeyType::Integer | KeyType::Real)) {
        Some(range) => format!("{word}, {range}"),
        None => word.to_owned(),
    }
}

/// What a key refers to.
fn pointed_at(key: &Key) -> Option<String> {
    match key.refers {
        _ if !key.assets.is_empty() => Some(either(key.assets.iter().copied())),
        Some(Refers::Identity) => Some("an identity: a certificate with its key".to_owned()),
        Some(Refers::Certificate) => Some("a certificate".to_owned()),
        Some(Refers::Vpn) => Some("a per-app VPN".to_owned()),
        None => None,
    }
}

/// How a rule is broken.
enum Broken {
    /// Keys that it asks for: all of them, or one.
    Lacks { keys: Vec<&'static str>, one: bool },
    /// What is written.
    Against(String),
}

/// What is wrong, if a rule is broken.
fn judge(rule: &Rule, place: &Where, pairs: &[Pair], members: &[Member]) -> Option<Broken> {
    let written = |name: &str| pairs.iter().any(|pair| &*pair.key == name);
    let given = |name: &str| match members.iter().find(|member| *member.name == *name) {
        Some(member) => plain(&member.tree.branch),
        None if written(name) => Vec::new(),
        None => place.facts.step(place.inside, name).and_then(|key| key.default).map(str::to_owned).into_iter().collect(),
    };
    let holds = rule.when.iter().all(|(name, values)| {
        let any = values.contains(&"*") && written(name);
        any || given(name).iter().any(|value| values.contains(&&**value))
    });
    if !holds {
        return None;
    }
    let is_true = |name: &str| given(name) == ["true"];
    let there: Vec<&str> = rule.keys.iter().copied().filter(|name| written(name)).collect();
    let missing = || rule.keys.iter().copied().filter(|name| !written(name));
    let wanted = either(rule.keys.iter().copied());
    let against = match rule.demand {
        Demand::ExactlyOne | Demand::AtLeastOne if there.is_empty() => {
            return Some(Broken::Lacks { keys: rule.keys.to_vec(), one: true });
        }
        Demand::Required => {
            let keys: Vec<&'static str> = missing().collect();
            return (!keys.is_empty()).then_some(Broken::Lacks { keys, one: false });
        }
        Demand::ExactlyOne | Demand::AtMostOne if there.len() > 1 => format!("{} exclude each other", list(there)),
        Demand::Absent if !there.is_empty() => format!("{} may not be written", list(there)),
        Demand::AnyTrue if !rule.keys.iter().any(|name| is_true(name)) => format!("{wanted} must be true"),
        Demand::True if rule.keys.iter().any(|name| !is_true(name)) => {
            format!("{} must be true", list(rule.keys.iter().copied()))
        }
        _ => return None,
    };
    Some(Broken::Against(against))
}

/// A value as the overlay writes it; of an array each member.
fn plain(branch: &Branch) -> Vec<String> {
    match branch {
        Branch::Boolean(value) => vec![value.to_string()],
        Branch::Integer(number) => vec![number.to_string()],
        Branch::Text(text) => text.as_literal().map(str::to_owned).into_iter().collect(),
        Branch::Array(items) => items.iter().flat_map(|item| plain(&item.branch)).collect(),
        _ => Vec::new(),
    }
}
