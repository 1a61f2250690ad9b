//! What keys of one dictionary ask of each other: those that must be there, and the rules of the overlay.

use crate::catalog::{Catalog, Demand, Key, Payload, Rule, Support};
use crate::check::suggest::{either, list, nearest};
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
    let of = place.inside.map_or_else(|| format!("`{}`", place.facts.name), super::tree::called);
    let above = place.inside.map_or(&place.facts.systems, |key| &key.systems);
    let needed = place.facts.required_inside(place.inside).filter(|key| everywhere(&key.systems, above));
    for key in needed.filter(|key| !written(key.name())) {
        // A misspelt key was reported as such.
        if pairs
            .iter()
            .any(|pair| place.facts.step(place.inside, &pair.key).is_none() && nearest(&pair.key, [key.name()]).is_some())
        {
            continue;
        }
        report.push(missing(key, &of, place.facts, place.span));
    }
    let path = place.inside.map_or("", |key| &key.path);
    for rule in place.catalog.rules(place.facts.name).filter(|rule| rule.is_about(path)) {
        if let Some(broken) = judge(rule, place, pairs, members) {
            let (code, label) = match rule.advice {
                true => (Code::W0622, "devices take it all the same"),
                false => (Code::E0424, "these keys do not go together"),
            };
            let diagnostic = Diagnostic::new(code, place.span, format!("{of}: {broken}")).label(label);
            report.push(diagnostic.note(rule.reason).note(rule.source));
        }
    }
}

/// Whether a key is there on each system that has what holds it. One that is not is asked for platform by platform.
pub fn everywhere(key: &[Support], above: &[Support]) -> bool {
    key.iter().zip(above).all(|(key, above)| key.there() || !above.there())
}

/// A key without which devices refuse what holds it.
pub fn missing(key: &Key, of: &str, facts: &Payload, span: Span) -> Diagnostic {
    let message = format!("`{}` is missing, and {of} is refused without it", key.name());
    let diagnostic = Diagnostic::new(Code::E0423, span, message).label("lacks it");
    diagnostic.note(format!("payloadc catalog show {}", facts.name))
}

/// What is wrong, if a rule is broken.
fn judge(rule: &Rule, place: &Where, pairs: &[Pair], members: &[Member]) -> Option<String> {
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
    match rule.demand {
        Demand::ExactlyOne if there.is_empty() => Some(format!("write {wanted}")),
        Demand::ExactlyOne | Demand::AtMostOne if there.len() > 1 => Some(format!("{} exclude each other", list(there))),
        Demand::AtLeastOne if there.is_empty() => Some(format!("write {wanted}")),
        Demand::Required if missing().next().is_some() => Some(format!("{} is missing", list(missing()))),
        Demand::Absent if !there.is_empty() => Some(format!("{} may not be written", list(there))),
        Demand::AnyTrue if !rule.keys.iter().any(|name| is_true(name)) => Some(format!("{wanted} must be true")),
        Demand::True if rule.keys.iter().any(|name| !is_true(name)) => {
            Some(format!("{} must be true", list(rule.keys.iter().copied())))
        }
        _ => None,
    }
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
