//! Whether a target, the vendor's versions and the server take a setting: asked here, before anything is lowered, so that no
//! target ever finds out.

use super::cx::Cx;
use super::server::{NoToken, collision, unknown_tokens};
use super::shape::Draft;
use crate::catalog::Availability;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{ByHand, Value, View};
use crate::schema::{Answer, Case, Encoding, Field, FieldId, Lowering, Table, Unsupported, Values, Version, Write};
use crate::source::Span;

/// What can be said of a setting on a platform.
pub enum Verdict {
    /// It is sent; perhaps with warnings.
    Taken(Vec<Warning>),
    /// It is left for the device to ask; the function by hand it belongs to, and a note.
    Asked(Option<&'static str>, String),
    /// It belongs to other platforms.
    Elsewhere(Unsupported),
    /// The platform cannot take it, or not this value.
    Unsupported(Why, Option<&'static str>),
    /// The range reaches below the version that brought it.
    TooNew(TooNew),
    /// The server cannot fill in a per-user value.
    NoToken(NoToken),
    /// Something else, already worded.
    Wrong(Box<Diagnostic>),
}

/// Something to look at.
pub struct Warning {
    pub code: Code,
    pub what: String,
    /// The text it is about; nothing for the whole value.
    pub about: String,
}

impl Warning {
    pub fn new(code: Code, what: String) -> Warning {
        Warning { code, what, about: String::new() }
    }

    /// At a text, or at the part of it that it is about.
    pub fn at(self, span: Span, cx: &Cx<'_>) -> Diagnostic {
        let raw = cx.sources.slice(span);
        let part = raw.find(&self.about).filter(|_| !self.about.is_empty());
        let span = part.map_or(span, |at| span.part(at, at + self.about.len()));
        Diagnostic::new(self.code, span, self.what)
    }
}

/// Why not, and who says so.
pub struct Why {
    pub reason: String,
    pub source: String,
}

/// A place that is younger than the range.
pub struct TooNew {
    what: String,
    pub needs: Version,
    platform: &'static str,
    title: &'static str,
    from: Version,
}

impl TooNew {
    pub fn at(&self, key: Span) -> Diagnostic {
        Diagnostic::new(Code::E0403, key, format!("{} needs {}", self.what, self.version()))
            .label(format!("the range begins at {}", self.from))
            .help(format!("write {}, or give the setting to newer devices in a profile of their own", self.range()))
    }

    /// Where all fields of a kind are younger than the range.
    pub fn of_kind(&self, kind: &str, platform: Span) -> Diagnostic {
        Diagnostic::new(Code::E0403, platform, format!("kind `{kind}` needs {}", self.version()))
            .label(format!("the range begins at {}", self.from))
            .help(format!("write {}", self.range()))
    }

    fn version(&self) -> String {
        format!("version {} of {}", self.needs, self.title)
    }

    fn range(&self) -> String {
        format!("`platforms: {{ {}: \">={}\" }}`", self.platform, self.needs)
    }
}

/// Judges the setting of a field, which the view already holds.
pub fn verdict(cx: &Cx<'_>, draft: &Draft, view: &View, table: &'static Table, id: FieldId, field: &'static Field) -> Verdict {
    let Some(answer) = table.answers.get(id.index()) else { return Verdict::Taken(Vec::new()) };
    let mut warnings = Vec::new();
    let mut places: Vec<&'static str> = Vec::new();
    let mut by_hand = None;
    let lowerings = match answer {
        Answer::Whole(lowerings) => vec![*lowerings],
        Answer::Parts(parts) => parts.iter().map(|(_, lowerings)| *lowerings).collect(),
    };
    for lowerings in lowerings {
        let Some(lowering) = view.pick(draft.kind, draft.scope, id, lowerings) else {
            let why = Why { reason: "no way to write it fits this profile".into(), source: table.source.into() };
            return Verdict::Unsupported(why, None);
        };
        match lowering_of(cx, draft, view, table, lowering, field, id) {
            Ok(mut found) => {
                // Alternatives by version write keys for both sides of a version on purpose: each device reads those it knows.
                if lowerings.iter().any(|other| other.needs.from.is_some()) {
                    found.places.retain(|place| matches!(lowering.write, Write::At(places, _) if places.contains(place)));
                }
                warnings.extend(found.warning.map(|what| Warning::new(Code::W0610, what)));
                places.extend(found.places);
                by_hand = by_hand.or(found.by_hand);
            }
            Err(verdict) => return *verdict,
        }
    }
    if let Some(verdict) = availability(cx, draft, view, table, &places, field, &mut warnings) {
        return verdict;
    }
    if view.platform.is_console() {
        return on_console(view, table, id, warnings);
    }
    texts(cx, draft, view, table, id, field, &places, by_hand, warnings)
}

/// A console has no tokens. What a map or a function by hand writes is a form, whatever text the setting stands for.
fn on_console(view: &View, table: &'static Table, id: FieldId, warnings: Vec<Warning>) -> Verdict {
    let texts = view.setting(id).map(|setting| setting.value.texts()).unwrap_or_default();
    let plain = match table.answers.get(id.index()) {
        Some(Answer::Whole(lowerings)) => lowerings.iter().any(|lowering| matches!(lowering.write, Write::At(..))),
        Some(Answer::Parts(_)) | None => false,
    };
    if plain && texts.iter().any(|text| text.as_literal().is_none()) {
        let reason = format!("{} fills in no values of users or devices here", view.platform.title);
        return Verdict::Unsupported(Why { reason, source: table.source.into() }, None);
    }
    Verdict::Taken(warnings)
}

/// The places that a setting is written to, as far as is known before it is lowered.
pub fn places(
    cx: &Cx<'_>,
    draft: &Draft,
    view: &View,
    table: &'static Table,
    id: FieldId,
    field: &'static Field,
) -> Vec<&'static str> {
    let lowerings: Vec<&'static [Lowering]> = match table.answers.get(id.index()) {
        Some(Answer::Whole(lowerings)) => vec![lowerings],
        Some(Answer::Parts(parts)) => parts.iter().map(|(_, lowerings)| *lowerings).collect(),
        None => Vec::new(),
    };
    let picked = lowerings.into_iter().filter_map(|lowerings| view.pick(draft.kind, draft.scope, id, lowerings));
    let found = picked.filter_map(|lowering| lowering_of(cx, draft, view, table, lowering, field, id).ok());
    found.flat_map(|found| found.places).collect()
}

/// What a lowering writes, as far as is known before it runs.
struct Found {
    places: Vec<&'static str>,
    by_hand: Option<&'static str>,
    warning: Option<String>,
}

fn lowering_of(
    cx: &Cx<'_>,
    draft: &Draft,
    view: &View,
    table: &Table,
    lowering: &'static Lowering,
    field: &'static Field,
    id: FieldId,
) -> Result<Found, Box<Verdict>> {
    let mut found = Found { places: lowering.implies.iter().map(|constant| constant.at).collect(), by_hand: None, warning: None };
    match lowering.write {
        Write::At(places, encoding) => {
            found.places.extend(places);
            if let Some(why) = cannot_encode(encoding, view, id) {
                let span = view.setting(id).and_then(|setting| setting.origin.span()).unwrap_or(draft.id_span);
                let diagnostic =
                    Diagnostic::new(Code::E0401, span, format!("`{}` is whole minutes on {}", field.name, view.platform.title));
                let diagnostic =
                    diagnostic.label(why).help("write whole minutes, or another value for this platform under `overrides`");
                return Err(Box::new(Verdict::Wrong(Box::new(diagnostic.note(table.source)))));
            }
        }
        Write::Bits(place, _) => found.places.push(place),
        Write::Map(places, cases) => {
            found.places.extend(places);
            case_of(view, field, id, cases, &mut found)?;
        }
        Write::ByHand(name) => {
            found.by_hand = Some(name);
            if let Some(function) = function(cx, table, name) {
                found.places.extend(function.places);
            }
        }
        Write::Carried(_) => {}
        Write::Unsupported(why) if why.elsewhere => return Err(Box::new(Verdict::Elsewhere(why))),
        Write::Unsupported(why) => {
            return Err(Box::new(Verdict::Unsupported(Why { reason: why.reason.into(), source: why.source.into() }, None)));
        }
    }
    Ok(found)
}

fn case_of(
    view: &View,
    field: &Field,
    id: FieldId,
    cases: &'static [(&'static str, Case)],
    found: &mut Found,
) -> Result<(), Box<Verdict>> {
    let name = match view.setting(id).map(|setting| &setting.value) {
        Some(Value::Choice(index, _)) => field.choices().get(usize::from(*index)).map(|choice| choice.name),
        Some(Value::Boolean(value)) => Some(if *value { "true" } else { "false" }),
        _ => None,
    };
    let Some((name, case)) = cases.iter().find(|(case, _)| Some(*case) == name) else { return Ok(()) };
    match case {
        Case::Is(_) => {}
        Case::Warned(_, why) => found.warning = Some(format!("`{}: {name}`: {why}", field.name)),
        Case::Writes(constants) => found.places.extend(constants.iter().map(|constant| constant.at)),
        Case::Unsupported(why) => {
            let reason = Why { reason: why.reason.into(), source: why.source.into() };
            return Err(Box::new(Verdict::Unsupported(reason, Some(name))));
        }
    }
    Ok(())
}

/// Why an encoding cannot carry the value.
fn cannot_encode(encoding: Encoding, view: &View, id: FieldId) -> Option<String> {
    match (encoding, view.setting(id).map(|setting| &setting.value)) {
        (Encoding::Minutes, Some(Value::Duration(seconds))) if seconds % 60 != 0 || *seconds == 0 => {
            Some(format!("{seconds} seconds"))
        }
        _ => None,
    }
}

fn function(cx: &Cx<'_>, table: &Table, name: &str) -> Option<&'static ByHand> {
    (cx.by_hand)(table.target).iter().find(|function| function.name == name)
}

/// The function by hand that answers a field.
pub fn by_hand_of(table: &Table, id: FieldId) -> Option<&'static str> {
    match table.answers.get(id.index())? {
        Answer::Whole([lowering, ..]) => match lowering.write {
            Write::ByHand(name) => Some(name),
            _ => None,
        },
        Answer::Whole([]) | Answer::Parts(_) => None,
    }
}

fn availability(
    cx: &Cx<'_>,
    draft: &Draft,
    view: &View,
    table: &Table,
    places: &[&'static str],
    field: &Field,
    warnings: &mut Vec<Warning>,
) -> Option<Verdict> {
    let root = view.root(draft.kind, draft.scope, table)?.root.ok()?;
    for place in places {
        let Some(facts) = cx.catalog.availability(root.is, place, view.platform.name) else { continue };
        let Availability { introduced, deprecated, removed } = facts;
        if let Some(needs) = introduced.filter(|needs| view.exact && *needs > view.range.from) {
            return Some(Verdict::TooNew(TooNew {
                what: format!("`{}`", field.name),
                needs,
                platform: view.platform.name,
                title: view.platform.title,
                from: view.range.from,
            }));
        }
        if let Some(since) = removed.filter(|since| view.range.below.is_none_or(|below| *since < below)) {
            let reason = format!("`{place}`, which carries it, is gone since version {since}");
            return Some(Verdict::Unsupported(Why { reason, source: table.source.into() }, None));
        }
        if let Some(since) = deprecated.filter(|since| *since <= view.range.from) {
            let what = format!(
                "`{place}`, which carries `{}`, is deprecated since version {since} of {}",
                field.name, view.platform.title
            );
            warnings.push(Warning::new(Code::W0613, what));
        }
    }
    None
}

/// Tokens, collisions, and what a function by hand has against the value.
#[allow(clippy::too_many_arguments, reason = "one question about one setting: all of it is context")]
fn texts(
    cx: &Cx<'_>,
    draft: &Draft,
    view: &View,
    table: &'static Table,
    id: FieldId,
    field: &Field,
    places: &[&'static str],
    by_hand: Option<&'static str>,
    mut warnings: Vec<Warning>,
) -> Verdict {
    let Some(setting) = view.setting(id) else { return Verdict::Taken(warnings) };
    let server = cx.server(view.platform.name);
    // Payloads and declarations are judged text by text, each at its place.
    let whole =
        if matches!(setting.value, Value::Payloads(_) | Value::Declarations(_)) { Vec::new() } else { setting.value.texts() };
    for text in whole {
        for attribute in text.attributes() {
            if cx.people || server.token(attribute, view.platform.name, draft.kind.name).is_some() {
                continue;
            }
            if server.values == Values::Asks && asked(cx, draft, view, table, places) {
                return Verdict::Asked(by_hand, format!("`{}` differs from user to user: the device asks for it", field.name));
            }
            let known =
                server.attributes.iter().filter(|known| server.token(known.name, view.platform.name, draft.kind.name).is_some());
            let known = known.map(|known| known.name).collect();
            return Verdict::NoToken(NoToken { attribute, server, known, platform: view.platform.title });
        }
        let span = setting.origin.span().unwrap_or(draft.id_span);
        if let Some(diagnostic) = collision(server, text, &format!("`{}`", field.name), span, cx) {
            return Verdict::Wrong(Box::new(diagnostic));
        }
        warnings.extend(unknown_tokens(server, text));
    }
    Verdict::Taken(warnings)
}

/// Whether the device asks for all of these places when they are absent.
fn asked(cx: &Cx<'_>, draft: &Draft, view: &View, table: &Table, places: &[&'static str]) -> bool {
    let root = view.root(draft.kind, draft.scope, table).and_then(|alternative| alternative.root.ok());
    root.is_some_and(|root| !places.is_empty() && places.iter().all(|place| cx.catalog.asked(root.is, place)))
}

/// A root that the table refuses: a scope the platform does not have.
pub fn root_refused(view: &View, table: &'static Table, draft: &Draft) -> Option<Diagnostic> {
    let why = match view.root(draft.kind, draft.scope, table) {
        Some(alternative) => alternative.root.err()?,
        None => return None,
    };
    let span = draft.scope_span.unwrap_or(view.span);
    let message = format!("scope `{}` does not fit this profile on {}", draft.scope.name(), view.platform.title);
    Some(
        Diagnostic::new(Code::E0314, span, message)
            .label("not here")
            .also(view.span, "chosen here")
            .note(why.reason)
            .note(why.source),
    )
}
