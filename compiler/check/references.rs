//! Profiles that refer to profiles: they exist, are of the right kind, and reach where they are needed.

use std::collections::HashMap;

use super::shape::Draft;
use super::suggest::{certain, either, list, nearest};
use super::views::Seen;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::ir::{Id, IdentitySource, Origin, Value, Wanted};
use crate::schema::{Having, Presence, Referent, Type};
use crate::source::{Sources, Span};

/// A draft with its views.
pub struct Judged {
    pub draft: Draft,
    pub views: Vec<Seen>,
    /// As consoles take it.
    pub consoles: Vec<Seen>,
}

impl Judged {
    /// The views of which something is made: not those of platforms that a console alone delivers to, which it has itself.
    pub fn seen(&self) -> impl Iterator<Item = &Seen> {
        self.views.iter().chain(&self.consoles).filter(|seen| seen.view.platform.targets.contains(&seen.table.target))
    }
}

/// All drafts by id; of two with one id, the first.
pub type Index<'a> = HashMap<&'a str, &'a Judged>;

/// Checks all references of a profile.
pub fn check(judged: &Judged, index: &Index<'_>, sources: &Sources, report: &mut Report) {
    for seen in judged.seen() {
        for (id, field) in judged.draft.kind.numbered() {
            let (Type::Reference(to, having) | Type::References(to, having)) = field.ty else { continue };
            let Some(setting) = seen.view.setting(id) else { continue };
            let (Value::References(ids), Origin::Written(span)) = (&setting.value, setting.origin) else { continue };
            for id in ids {
                let span = member(id, span, sources);
                Checker { judged, seen, name: field.name, to, having, span, index }.reference(id, report);
            }
        }
        items(judged, seen, index, report);
    }
}

/// Kinds a key may refer to that wants a certificate with its key.
const IDENTITIES: &[Referent] =
    &[Referent { kind: "scep_certificate", warn: "" }, Referent { kind: "pkcs12_certificate", warn: "" }];
/// Kinds a key may refer to that wants an authority.
const CERTIFICATES: &[Referent] = &[Referent { kind: "trusted_certificate", warn: "" }];

/// Payloads that refer to certificate profiles.
fn items(judged: &Judged, seen: &Seen, index: &Index<'_>, report: &mut Report) {
    let having = Having { field: "", is: "" };
    for (id, _) in judged.draft.kind.numbered() {
        let Some(Value::Payloads(items)) = seen.view.setting(id).map(|setting| &setting.value) else { continue };
        for reference in items.iter().flat_map(|item| item.profiles()) {
            let to = match reference.wanted {
                Wanted::Identity => IDENTITIES,
                Wanted::Certificate => CERTIFICATES,
            };
            Checker { judged, seen, name: reference.key, to, having, span: reference.span, index }
                .reference(reference.id, report);
        }
    }
}

/// Where an id stands in the text of a list.
fn member(id: &str, span: Span, sources: &Sources) -> Span {
    let text = sources.slice(span);
    let part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let alone = |at: usize| {
        let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at + id.len()..).unwrap_or_default());
        !before.ends_with(part) && !after.starts_with(part)
    };
    let found = text.match_indices(id).map(|(at, _)| at).find(|at| alone(*at));
    found.map_or(span, |at| span.part(at, at + id.len()))
}

struct Checker<'a> {
    judged: &'a Judged,
    seen: &'a Seen,
    /// The field or key that refers.
    name: &'a str,
    to: &'static [Referent],
    having: Having,
    span: Span,
    index: &'a Index<'a>,
}

impl Checker<'_> {
    fn reference(&self, id: &Id, report: &mut Report) {
        let Some(target) = self.index.get(&**id) else {
            report.push(self.missing(id));
            return;
        };
        let Some(referent) = self.to.iter().find(|referent| referent.kind == target.draft.kind.name) else {
            report.push(self.wrong_kind(id, target));
            return;
        };
        // A console refuses what is only discouraged elsewhere.
        if !referent.warn.is_empty() && !self.seen.view.platform.is_console() {
            let message = format!("a `{}` is discouraged as `{}`: {}", referent.kind, self.name, referent.warn);
            report.push(Diagnostic::new(Code::W0604, self.span, message).label("discouraged"));
        }
        if !self.having.field.is_empty() {
            self.having(id, target, report);
        }
        self.reach(id, target, report);
    }

    /// Ids of profiles of a kind that fits.
    fn fitting(&self) -> Vec<&str> {
        let fits = |judged: &&&Judged| self.to.iter().any(|referent| referent.kind == judged.draft.kind.name);
        let mut ids: Vec<&str> = self.index.values().filter(fits).map(|judged| &*judged.draft.id).collect();
        ids.sort_unstable();
        ids
    }

    fn missing(&self, id: &Id) -> Diagnostic {
        let message = format!("`{}` names `{id}`, and no profile has that id", self.name);
        self.others(id, Diagnostic::new(Code::E0305, self.span, message).label("no such profile"))
    }

    /// Offers the profiles that could be meant.
    fn others(&self, id: &Id, diagnostic: Diagnostic) -> Diagnostic {
        let kinds = either(self.to.iter().map(|referent| referent.kind));
        let fitting = self.fitting();
        // Another certificate is another trust: only a slip that can mean one profile alone is put right by itself.
        let near = nearest(id, fitting.iter().copied());
        let next = nearest(id, fitting.iter().copied().filter(|known| Some(*known) != near));
        let slip = !self.index.contains_key(&**id) && !next.is_some_and(|next| certain(id, next));
        match near {
            Some(near) if slip && certain(id, near) => diagnostic
                .help(format!("a profile with a similar id exists: `{near}`"))
                .fix(format!("write `{near}`"), self.span, near),
            Some(near) => diagnostic.help(format!("a profile with a similar id exists: `{near}`")),
            None => {
                let there = if fitting.is_empty() {
                    format!("write a profile of kind {kinds}; there is none yet")
                } else {
                    format!("of kind {kinds} there is {}", list(fitting.into_iter().take(12)))
                };
                match self.of_another_kind(id) {
                    Some(other) => diagnostic
                        .help(format!("`{}` is near, and is of kind `{}`; {there}", other.draft.id, other.draft.kind.name)),
                    None => diagnostic.help(there),
                }
            }
        }
    }

    /// A profile with a similar id that does not fit.
    fn of_another_kind(&self, id: &Id) -> Option<&Judged> {
        let mut ids: Vec<&str> = self.index.keys().copied().filter(|known| *known != &**id).collect();
        ids.sort_unstable();
        self.index.get(nearest(id, ids)?).copied()
    }

    fn wrong_kind(&self, id: &Id, target: &Judged) -> Diagnostic {
        let wanted = either(self.to.iter().map(|referent| referent.kind));
        let message = format!("`{}` wants a profile of kind {wanted}; `{id}` is of kind `{}`", self.name, target.draft.kind.name);
        self.others(
            id,
            Diagnostic::new(Code::E0306, self.span, message).label("of another kind").also(target.draft.id_span, "defined here"),
        )
    }

    fn having(&self, id: &Id, target: &Judged, report: &mut Report) {
        let Having { field, is } = self.having;
        let kind = target.draft.kind;
        let written = kind.field(field).and_then(|(id, _)| target.draft.settings.get(id.index())).and_then(Option::as_ref);
        let found = match (written.map(|written| &written.value), kind.field(field).map(|(_, field)| field)) {
            (Some(Value::Choice(index, _)), Some(field)) => field.choices().get(usize::from(*index)).map(|choice| choice.name),
            (None, Some(field)) => match field.presence {
                Presence::Default(crate::schema::Literal::Text(name)) => Some(name),
                _ => None,
            },
            _ => None,
        };
        if found.is_some_and(|found| found != is) {
            let message = format!(
                "`{}` wants a profile with `{field}: {is}`; `{id}` has `{field}: {}`",
                self.name,
                found.unwrap_or_default()
            );
            let also = written.map_or(target.draft.id_span, |written| written.span);
            report.push(Diagnostic::new(Code::E0306, self.span, message).label("not this one").also(also, "here"));
        }
    }

    /// The referred-to profile must be built for this platform, for the whole range.
    fn reach(&self, id: &Id, target: &Judged, report: &mut Report) {
        let view = &self.seen.view;
        let platform = view.platform;
        // A console delivers what it refers to itself.
        if platform.is_console() {
            return;
        }
        let chosen = target.draft.platforms.iter().find(|chosen| chosen.platform.name == platform.name);
        let Some(chosen) = chosen else {
            let message =
                format!("`{}` needs `{id}` on {}, and `{id}` is not built for it", self.judged.draft.id, platform.title);
            let diagnostic = Diagnostic::new(Code::E0307, self.span, message)
                .label("not built there")
                .also(target.draft.id_span, "defined here");
            report.push(diagnostic.help(format!("add `{}` to the platforms of `{id}`", platform.name)));
            return;
        };
        let Some(other) = target.views.iter().find(|seen| seen.view.platform.name == platform.name) else { return };
        if !other.view.range.covers(&view.range) {
            let message = format!(
                "`{}` needs `{id}` on {} {}, and `{id}` is built for {}",
                self.judged.draft.id, platform.title, view.range, other.view.range
            );
            let diagnostic =
                Diagnostic::new(Code::E0307, self.span, message).label("not built for all of it").also(chosen.span, "its range");
            report.push(diagnostic.help(format!("widen the range of `{id}` to `{}`", view.range)));
        }
    }
}

/// One fixed PKCS#12 file behind a profile whose user is not fixed: everybody would hold one private key.
pub fn one_key_for_all(judged: &Judged, index: &Index<'_>, report: &mut Report) {
    let kind = judged.draft.kind;
    for seen in judged.seen().filter(|seen| !seen.view.platform.is_console()) {
        let personal = ["user_name", "email_address"].into_iter().find(|name| differs(judged, seen, name));
        let Some(personal) = personal else { continue };
        for (id, _) in kind.numbered().filter(|(_, field)| super::shape::refers(field.ty)) {
            let Some(setting) = seen.view.setting(id) else { continue };
            let (Value::References(ids), Origin::Written(span)) = (&setting.value, setting.origin) else { continue };
            for target in ids.iter().filter_map(|id| index.get(&**id)) {
                if let Some(file) = fixed_identity(target) {
                    let message = format!("everybody who gets this profile would hold the private key of `{}`", target.draft.id);
                    report.push(
                        Diagnostic::new(Code::E0312, span, message)
                            .label(format!("`{personal}` differs from user to user, this key does not"))
                            .also(file, "one file for all users")
                            .help("use a token that the server replaces, a file for each person in a build `--per-user`, or a profile with a literal user and address"),
                    );
                }
            }
        }
    }
}

/// Whether a field is another one for each user: on this platform, and also where it is left for the device to ask.
fn differs(judged: &Judged, seen: &Seen, name: &str) -> bool {
    let kind = judged.draft.kind;
    let Some((id, field)) = kind.field(name) else { return false };
    let asked = seen.view.left_out.iter().any(|left| left.field == field.name && left.list == "notes");
    let text = seen.view.setting(id).map(|setting| setting.value.texts().iter().any(|text| text.as_literal().is_none()));
    asked || text.unwrap_or(false)
}

/// Where a PKCS#12 that is the same for everybody comes from.
pub fn fixed_identity(judged: &Judged) -> Option<Span> {
    judged.draft.settings.iter().flatten().find_map(|written| match &written.value {
        Value::Identity(identity) => match &identity.from {
            IdentitySource::File(_)
            | IdentitySource::Secret(crate::ir::SecretSource::Env(_) | crate::ir::SecretSource::File(_)) => Some(identity.span),
            IdentitySource::Secret(crate::ir::SecretSource::Token(_)) | IdentitySource::Personal(_) => None,
        },
        _ => None,
    })
}
