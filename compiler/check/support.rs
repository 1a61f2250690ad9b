//! Whether a target, the vendor's versions and the server take a setting: asked here, before anything is lowered, so that no
//! target ever finds out.

use std::sync::Arc;

use super::cx::{Cx, knows};
use super::platforms::Chosen;
use super::shape::Draft;
use super::suggest::list;
use crate::catalog::Availability;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{ByHand, Piece, Text, Value, View};
use crate::schema::{
    Answer, Case, Collision, Encoding, Field, FieldId, Lowering, Server, Table, Unsupported, Values, Version, Write,
};
use crate::source::Span;

/// What can be said of a setting on a platform.
pub enum Verdict {
    /// It is sent; perhaps with warnings.
    Taken(Vec<(Code, String)>),
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

/// Why not, and who says so.
pub struct Why {
    pub reason: String,
    pub source: String,
}

/// A place that is younger than the range.
pub struct TooNew {
    what: String,
    needs: Version,
    platform: &'static str,
    title: &'static str,
    from: Version,
}

impl TooNew {
    pub fn at(&self, key: Span) -> Diagnostic {
        Diagnostic::new(Code::E0403, key, format!("{} needs {} {}", self.what, self.title, self.needs))
            .label(format!("the range begins at {}", self.from))
            .help(format!("write `platforms: {{ {}: \">={}\" }}`, or give the setting to newer devices in a profile of their own", self.platform, self.needs))
    }
}

/// An attribute that the server has no token for.
pub struct NoToken {
    attribute: &'static str,
    server: &'static Server,
    known: Vec<&'static str>,
    platform: &'static str,
}

impl NoToken {
    pub fn reason(&self, field: &Field) -> String {
        format!("{} has no token for `{}` in `{}`", self.server.title, self.attribute, field.name)
    }

    /// At the value; for a default, at the profile, naming the field.
    pub fn at(&self, span: Span, default_of: Option<&Field>) -> Diagnostic {
        let server = self.server;
        let message = match server.values {
            Values::Tokens => format!("{} has no token for `{}` on {}", server.title, self.attribute, self.platform),
            Values::Asks => format!("`{}` differs from user to user, and no server fills it in (`server: manual`)", self.attribute),
            Values::Unknown => format!("`{}` differs from user to user, and the tokens of `server: {}` are not known", self.attribute, server.name),
        };
        let mut diagnostic = Diagnostic::new(Code::E0406, span, message);
        diagnostic = match default_of {
            Some(field) => diagnostic.label(format!("`{}` is not written, so its default is filled in for each user", field.name)),
            None => diagnostic.label(if self.attribute.starts_with("device.") { "filled in for each device" } else { "filled in for each user" }),
        };
        let ways = match server.values {
            Values::Tokens if self.known.is_empty() => "it has no token for users here; write a literal".to_owned(),
            Values::Tokens => format!("it has tokens for {}; `payloadc servers {}` lists them", list(self.known.iter().copied()), server.name),
            Values::Asks | Values::Unknown => {
                "name the server that delivers the file (`server:` in payloadc.yaml), pass its token through with `{{ token('...') }}`, write a literal, or build per user".to_owned()
            }
        };
        diagnostic.help(ways)
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
                warnings.extend(found.warning.map(|what| (Code::W0610, what)));
                places.extend(found.places);
                by_hand = by_hand.or(found.by_hand);
            }
            Err(verdict) => return *verdict,
        }
    }
    if let Some(verdict) = availability(cx, draft, view, table, &places, field, &mut warnings) {
        return verdict;
    }
    texts(cx, draft, view, table, id, field, &places, by_hand, warnings)
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
                let diagnostic = Diagnostic::new(Code::E0401, span, format!("{} takes `{}` only in whole minutes", view.platform.title, field.name));
                return Err(Box::new(Verdict::Wrong(Box::new(diagnostic.label(why).note(table.source)))));
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

fn case_of(view: &View, field: &Field, id: FieldId, cases: &'static [(&'static str, Case)], found: &mut Found) -> Result<(), Box<Verdict>> {
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
        (Encoding::Minutes, Some(Value::Duration(seconds))) if seconds % 60 != 0 || *seconds == 0 => Some(format!("{seconds} seconds")),
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
    warnings: &mut Vec<(Code, String)>,
) -> Option<Verdict> {
    let root = view.root(draft.kind, draft.scope, table)?.root.ok()?;
    for place in places {
        let Some(facts) = cx.catalog.availability(root.is, place, view.platform.name) else { continue };
        let Availability { introduced, deprecated, .. } = facts;
        if let Some(needs) = introduced.filter(|needs| view.exact && *needs > view.range.from) {
            return Some(Verdict::TooNew(TooNew {
                what: format!("`{}`", field.name),
                needs,
                platform: view.platform.name,
                title: view.platform.title,
                from: view.range.from,
            }));
        }
        if let Some(since) = deprecated.filter(|since| *since <= view.range.from) {
            warnings.push((Code::W0613, format!("`{place}`, which carries `{}`, is deprecated since {} {since}", field.name, view.platform.title)));
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
    mut warnings: Vec<(Code, String)>,
) -> Verdict {
    let Some(setting) = view.setting(id) else { return Verdict::Taken(warnings) };
    let server = cx.server(view.platform.name);
    for text in setting.value.texts() {
        for attribute in text.attributes() {
            if token(server, attribute, view.platform.name, draft.kind.name).is_some() {
                continue;
            }
            if server.values == Values::Asks && asked(cx, draft, view, table, places) {
                return Verdict::Asked(by_hand, format!("`{}` differs from user to user: the device asks for it", field.name));
            }
            let known = server.attributes.iter().filter(|known| token(server, known.name, view.platform.name, draft.kind.name).is_some());
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

fn unknown_tokens(server: &'static Server, text: &Text) -> impl Iterator<Item = (Code, String)> {
    text.pieces().iter().filter_map(move |piece| match piece {
        Piece::Token(token) if !knows(server, token) => Some((Code::W0611, format!("`{token}` is no known token of {}", server.title))),
        Piece::Token(_) | Piece::Literal(_) | Piece::Attribute(_) => None,
    })
}

/// Whether the device asks for all of these places when they are absent.
fn asked(cx: &Cx<'_>, draft: &Draft, view: &View, table: &Table, places: &[&'static str]) -> bool {
    let root = view.root(draft.kind, draft.scope, table).and_then(|alternative| alternative.root.ok());
    root.is_some_and(|root| !places.is_empty() && places.iter().all(|place| cx.catalog.asked(root.is, place)))
}

/// How a server spells an attribute here.
pub fn token(server: &'static Server, attribute: &str, platform: &str, kind: &str) -> Option<&'static str> {
    let rules = server.attributes.iter().find(|known| known.name == attribute)?.rules;
    let fits = |list: &[&str], name: &str| list.is_empty() || list.contains(&name);
    rules.iter().find(|rule| fits(rule.platforms, platform) && fits(rule.kinds, kind)).map(|rule| rule.token)
}

/// Literal text that the server would take for a token, where it has no escape.
pub fn collision(server: &'static Server, text: &Text, what: &str, span: Span, cx: &Cx<'_>) -> Option<Diagnostic> {
    if !server.escape.is_empty() {
        return None;
    }
    let whole = text.literals().find_map(|literal| collides(server, literal).map(|found| (literal, found)));
    let (literal, (from, to)) = whole.or_else(|| opened(server, text))?;
    let found = literal.get(from..to).unwrap_or_default();
    let raw = cx.sources.slice(span);
    let at = raw.find(found).map_or(span, |at| span.part(at, at + found.len()));
    let help = match whole {
        None => "it would read on into the token behind it; this server cannot carry the text".to_owned(),
        Some(_) if what == "the name" => "no token may stand in a name; this server cannot carry the text".to_owned(),
        Some(_) => format!("if the token is meant, write `{{{{ token('{found}') }}}}`; otherwise this server cannot carry the text"),
    };
    Some(
        Diagnostic::new(Code::E0407, at, format!("{} would take `{found}` in {what} for a token", server.title))
            .label("read as a token")
            .help(help)
            .note(format!("payloadc servers {}", server.name)),
    )
}

/// A literal that opens what a token behind it closes: `{ {FirstName}`.
fn opened<'a>(server: &'static Server, text: &'a Text) -> Option<(&'a Arc<str>, (usize, usize))> {
    let (_, before) = text.pieces().split_last()?;
    before.iter().find_map(|piece| match piece {
        Piece::Literal(literal) => server.collides.iter().find_map(|collision| match collision {
            Collision::Between(opens, closes) => {
                let at = literal.rfind(opens)?;
                (!literal.get(at..)?.contains(closes)).then_some((literal, (at, at + opens.len())))
            }
            Collision::Opens(_) | Collision::Known => None,
        }),
        Piece::Attribute(_) | Piece::Token(_) => None,
    })
}

/// The bytes of a literal that a server would take for a token.
pub fn collides(server: &'static Server, literal: &str) -> Option<(usize, usize)> {
    server.collides.iter().find_map(|collision| match collision {
        Collision::Opens(opens) => {
            let at = literal.find(opens)?;
            let rest = literal.get(at + opens.len()..).unwrap_or_default();
            let name = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            // `${NAME}`: the brace that closes it belongs to it.
            let brace = usize::from(opens.contains('{') && rest.get(name..).is_some_and(|rest| rest.starts_with('}')));
            Some((at, at + opens.len() + name + brace))
        }
        Collision::Between(opens, closes) => {
            let at = literal.find(opens)?;
            let inside = at + opens.len();
            let length = literal.get(inside..)?.find(closes)?;
            (length > 0).then_some((at, inside + length + closes.len()))
        }
        Collision::Known => super::cx::all_tokens(server).into_iter().find_map(|token| {
            let at = literal.find(token)?;
            Some((at, at + token.len()))
        }),
    })
}

/// A server that does not manage the platform, or refuses the kind there.
pub fn refused_by_server(server: &'static Server, chosen: &Chosen, draft: &Draft, server_span: Option<Span>) -> Option<Diagnostic> {
    let platform = chosen.platform;
    let refusal = server.refuses.iter().find(|refusal| {
        refusal.platform == platform.name && (refusal.kinds.is_empty() || refusal.kinds.contains(&draft.kind.name))
    });
    let diagnostic = if let Some(refusal) = refusal {
        let message = format!("{} cannot deliver kind `{}` to {}", server.title, draft.kind.name, platform.title);
        Diagnostic::new(Code::E0405, chosen.span, message).label("chosen here").note(refusal.reason).note(refusal.source)
    } else if !server.platforms.contains(&platform.name) {
        let names = list(server.platforms.iter().copied());
        Diagnostic::new(Code::E0405, chosen.span, format!("{} does not manage {}", server.title, platform.title))
            .label("chosen here")
            .note(format!("{} manages {names}", server.title))
    } else {
        return None;
    };
    let help = format!("name another server for this platform: `server: {{ {}: ... }}` in payloadc.yaml", platform.name);
    let diagnostic = diagnostic.help(help);
    Some(match server_span {
        Some(span) => diagnostic.also(span, "the server is named here"),
        None => diagnostic,
    })
}

/// A root that the table refuses: a scope the platform does not have.
pub fn root_refused(view: &View, table: &'static Table, draft: &Draft) -> Option<Diagnostic> {
    let why = match view.root(draft.kind, draft.scope, table) {
        Some(alternative) => alternative.root.err()?,
        None => return None,
    };
    let span = draft.scope_span.unwrap_or(view.span);
    let message = format!("scope `{}` does not fit this profile on {}", draft.scope.name(), view.platform.title);
    Some(Diagnostic::new(Code::E0314, span, message).label("not here").also(view.span, "chosen here").note(why.reason).note(why.source))
}

/// A server whose SCEP proxy finds its certificates by a token in the subject.
pub fn scep_proxy(server: &'static Server, view: &View, table: &'static Table, draft: &Draft) -> Option<Diagnostic> {
    let form = server.syncml.and_then(|form| form.scep).filter(|scep| !scep.subject_must_hold.is_empty())?;
    let root = view.root(draft.kind, draft.scope, table)?.root.ok()?;
    let (subject_id, _) = draft.kind.field("subject")?;
    let holds = |text: &Text, wanted: &str| {
        text.pieces().iter().any(|piece| match piece {
            Piece::Token(token) | Piece::Literal(token) => token.contains(wanted),
            Piece::Attribute(_) => false,
        })
    };
    let all = || view.settings.iter().flatten();
    let proxied = all().any(|setting| setting.value.texts().iter().any(|text| form.proxies.iter().any(|proxy| holds(text, proxy))));
    let subject = view.setting(subject_id)?;
    let (ty, plain) = form.subject_must_hold.split_once('=')?;
    // In SyncML the server looks for exactly this text; in a property list the token may stand anywhere in the subject.
    let alone = |text: &Text| matches!(text.pieces(), [Piece::Token(token)] if **token == *plain);
    let found = match &subject.value {
        Value::Name(name) if root.is.starts_with("./") => name.0.iter().flatten().any(|(known, text)| known == ty && alone(text)),
        value => value.texts().iter().any(|text| holds(text, plain)),
    };
    if !proxied || found {
        return None;
    }
    let span = subject.origin.span().unwrap_or(draft.id_span);
    let message = format!("{} finds the certificate by a token that the subject lacks", server.title);
    Some(
        Diagnostic::new(Code::E0405, span, message)
            .label(format!("`{}` is not in it", form.subject_must_hold))
            .help(format!("add `OU={{{{ token('{plain}') }}}}` to the subject")),
    )
}
