//! A draft as each of its platforms sees it: overrides merged, conditions judged, what cannot be sent refused or left out.
//!
//! Fields are taken in the kind's order, so that a field is judged after those it depends on; one cause gives one diagnostic.

use std::sync::Arc;

use super::cx::Cx;
use super::platforms::Chosen;
use super::shape::{Draft, Handling, OnUnsupported, Written};
use super::suggest::list;
use super::support::{self, Verdict};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::ir::{LeftOut, Origin, Setting, Value, View};
use crate::schema::{Field, FieldId, Literal, Presence, Range, Table, Type, When};
use crate::source::Span;

/// A platform's view with the places of its keys.
pub struct Seen {
    pub view: View,
    pub table: &'static Table,
    /// Where each field's key stands, by [`FieldId`].
    pub keys: Vec<Option<Span>>,
}

/// What became of a field on one platform.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Not written.
    Absent,
    /// Sent.
    Taken,
    /// It belongs to other platforms.
    Elsewhere,
    /// An error was said.
    Reported,
    /// Left out as the profile asks, or because what it depends on is not there.
    LeftOut,
}

/// All views of a draft.
pub fn all(cx: &Cx<'_>, draft: &Draft, report: &mut Report) -> Vec<Seen> {
    let mut fates = vec![Vec::new(); draft.kind.fields.len()];
    let mut seen = Vec::new();
    for chosen in &draft.platforms {
        let Some(table) = chosen.platform.targets.iter().find_map(|target| cx.schemas.table(draft.kind.name, target)) else {
            continue;
        };
        let mut merge = Merge::new(cx, draft, chosen, table, report);
        if !merge.admitted() {
            continue;
        }
        for (id, field) in draft.kind.numbered() {
            let fate = merge.field(id, field);
            if let Some(fates) = fates.get_mut(id.index()) {
                fates.push(fate);
            }
        }
        merge.asked_together();
        merge.servers_own_rules();
        seen.push(merge.finish());
    }
    nowhere(draft, &fates, report);
    seen
}

/// A field that was written and that no chosen platform takes.
fn nowhere(draft: &Draft, fates: &[Vec<Fate>], report: &mut Report) {
    for (id, field) in draft.kind.numbered() {
        let Some(written) = draft.settings.get(id.index()).and_then(Option::as_ref) else { continue };
        let fates = fates.get(id.index()).map(Vec::as_slice).unwrap_or_default();
        if fates.contains(&Fate::Elsewhere) && !fates.iter().any(|fate| matches!(fate, Fate::Taken | Fate::Reported | Fate::LeftOut)) {
            let platforms = list(draft.platforms.iter().map(|chosen| chosen.platform.name));
            report.push(
                Diagnostic::new(Code::E0402, written.key, format!("no chosen platform takes `{}`", field.name))
                    .label(format!("not used on {platforms}"))
                    .help("remove it, or choose a platform that takes it")
                    .note(format!("payloadc explain {}.{}", draft.kind.name, field.name)),
            );
        }
    }
}

struct Merge<'a, 'b> {
    cx: &'a Cx<'b>,
    draft: &'a Draft,
    chosen: &'a Chosen,
    table: &'static Table,
    report: &'a mut Report,
    view: View,
    keys: Vec<Option<Span>>,
    fates: Vec<Fate>,
    /// Functions by hand of which a field was left for the device to ask.
    asked: Vec<&'static str>,
}

impl<'a, 'b> Merge<'a, 'b> {
    fn new(cx: &'a Cx<'b>, draft: &'a Draft, chosen: &'a Chosen, table: &'static Table, report: &'a mut Report) -> Merge<'a, 'b> {
        let count = draft.kind.fields.len();
        let range = chosen.range.unwrap_or(Range { from: chosen.platform.oldest_supported, below: None });
        let settings: Vec<Option<Setting>> = vec![None; count];
        let view = View {
            platform: chosen.platform,
            range,
            exact: chosen.exact,
            span: chosen.span,
            settings: Arc::from(settings),
            overridden: Arc::from(vec![false; count]),
            left_out: Vec::new(),
        };
        Merge { cx, draft, chosen, table, report, view, keys: vec![None; count], fates: vec![Fate::Absent; count], asked: Vec::new() }
    }

    /// Whether the server takes the kind on this platform at all.
    fn admitted(&mut self) -> bool {
        let server = self.cx.server(self.chosen.platform.name);
        match support::refused_by_server(server, self.chosen, self.draft, self.cx.workspace.server_span) {
            Some(diagnostic) => {
                self.report.push(diagnostic);
                false
            }
            None => true,
        }
    }

    fn set(&mut self, id: FieldId, setting: Option<Setting>) {
        if let Some(slot) = Arc::get_mut(&mut self.view.settings).and_then(|settings| settings.get_mut(id.index())) {
            *slot = setting;
        }
    }

    fn field(&mut self, id: FieldId, field: &'static Field) -> Fate {
        let fate = self.judge(id, field);
        if let Some(slot) = self.fates.get_mut(id.index()) {
            *slot = fate;
        }
        fate
    }

    fn judge(&mut self, id: FieldId, field: &'static Field) -> Fate {
        let (written, overridden) = self.written(id);
        if let Some(flags) = Arc::get_mut(&mut self.view.overridden)
            && let Some(flag) = flags.get_mut(id.index())
        {
            *flag = overridden;
        }
        let Some(written) = written else { return self.absent(id, field) };
        if let Some(slot) = self.keys.get_mut(id.index()) {
            *slot = Some(written.key);
        }
        if let Some(fate) = self.condition_fails(field, &written, overridden) {
            return fate;
        }
        self.set(id, Some(Setting { value: written.value.clone(), origin: Origin::Written(written.span) }));
        let verdict = support::verdict(self.cx, self.draft, &self.view, self.table, id, field);
        let fate = self.act(id, field, &written, overridden, verdict);
        if fate != Fate::Taken {
            self.set(id, None);
        }
        let asked = self.view.left_out.last().is_some_and(|left| left.field == field.name && left.list == "notes");
        match fate {
            // What was left out may have a default in its place; what the device asks for has none.
            Fate::LeftOut if !asked => match self.absent(id, field) {
                Fate::Reported => Fate::Reported,
                _ => Fate::LeftOut,
            },
            other => other,
        }
    }

    /// The setting of this platform, and whether `overrides` gives it.
    fn written(&self, id: FieldId) -> (Option<Written>, bool) {
        let own = self.draft.overrides.iter().find(|overridden| overridden.platform.name == self.chosen.platform.name);
        match own.and_then(|own| own.settings.get(id.index())).and_then(Option::as_ref) {
            Some(written) => (written.clone(), true),
            None => (self.draft.settings.get(id.index()).cloned().flatten(), false),
        }
    }

    /// A field that is not written: its default, or an error where it is needed.
    fn absent(&mut self, id: FieldId, field: &'static Field) -> Fate {
        let conditions_hold = field.only_when.iter().all(|when| self.holds(when))
            && (field.only_with.is_empty() || self.view.value(self.draft.kind, field.only_with).is_some());
        let needed = field.needed_when.iter().find(|when| self.holds(when));
        let reported = field.needed_when.iter().chain(field.only_when).any(|when| self.fate(when.field) == Fate::Reported);
        if let Some(when) = needed.filter(|_| !reported) {
            return self.needed(field, when);
        }
        match field.presence {
            Presence::Required => self.missing(field, ""),
            Presence::Default(literal) if conditions_hold => {
                if let Some(value) = default_value(field, literal) {
                    self.set(id, Some(Setting { value, origin: Origin::Default }));
                    return self.default_taken(id, field);
                }
                Fate::Absent
            }
            Presence::Default(_) | Presence::Optional if field.required_on.contains(&self.chosen.platform.name) => {
                self.missing(field, self.chosen.platform.title)
            }
            Presence::Default(_) | Presence::Optional => Fate::Absent,
        }
    }

    /// A default that this platform does not take is simply not there; one that the server has no token for is an error.
    fn default_taken(&mut self, id: FieldId, field: &'static Field) -> Fate {
        let verdict = support::verdict(self.cx, self.draft, &self.view, self.table, id, field);
        match verdict {
            Verdict::Taken(_) => Fate::Taken,
            Verdict::Asked(by_hand, note) => {
                self.asked.extend(by_hand);
                self.leave_out(field, note, "notes");
                self.set(id, None);
                Fate::LeftOut
            }
            Verdict::NoToken(what) => match self.approximated(id, field) {
                Some(fate) => fate,
                None => {
                    self.report.push(what.at(self.draft.id_span, Some(field)));
                    self.set(id, None);
                    Fate::Reported
                }
            },
            Verdict::Elsewhere(_) | Verdict::Unsupported(..) | Verdict::TooNew(_) | Verdict::Wrong(_) => {
                self.set(id, None);
                Fate::Absent
            }
        }
    }

    fn needed(&mut self, field: &'static Field, when: &When) -> Fate {
        let kind = self.draft.kind;
        let value = self.view.choice(kind, when.field).unwrap_or_default();
        let id = kind.field(when.field).map(|(id, _)| id);
        let key = id.and_then(|id| self.keys.get(id.index()).copied().flatten()).unwrap_or(self.draft.id_span);
        let message = format!("`{}` is needed with `{}: {value}`", field.name, when.field);
        let diagnostic = Diagnostic::new(Code::E0302, key, message).label(format!("asks for `{}`", field.name));
        self.report.push(diagnostic.help(format!("write it, as in `{}: {}`", field.name, field.example)));
        Fate::Reported
    }

    fn missing(&mut self, field: &'static Field, on: &str) -> Fate {
        let message = if on.is_empty() { format!("`{}` is missing", field.name) } else { format!("`{}` is missing; {on} needs it", field.name) };
        let span = if on.is_empty() { self.draft.id_span } else { self.chosen.span };
        let diagnostic = Diagnostic::new(Code::E0202, span, message).label(if on.is_empty() { "in this profile" } else { "chosen here" });
        self.report.push(diagnostic.help(format!("write it, as in `{}: {}`", field.name, field.example)));
        Fate::Reported
    }

    fn holds(&self, when: &When) -> bool {
        self.view.choice(self.draft.kind, when.field).is_some_and(|choice| when.is.contains(&choice))
    }

    fn fate(&self, name: &str) -> Fate {
        let id = self.draft.kind.field(name).map(|(id, _)| id);
        id.and_then(|id| self.fates.get(id.index()).copied()).unwrap_or(Fate::Absent)
    }

    /// A written field whose condition does not hold: an error, unless this platform has the condition otherwise.
    fn condition_fails(&mut self, field: &'static Field, written: &Written, overridden: bool) -> Option<Fate> {
        let failed = field.only_when.iter().find(|when| !self.holds(when));
        if let Some(when) = failed {
            let cause = self.fate(when.field);
            let id = self.draft.kind.field(when.field).map(|(id, _)| id);
            let otherwise = id.is_some_and(|id| self.written(id).1);
            // What depends on something that belongs elsewhere belongs there too.
            if cause == Fate::Elsewhere {
                return Some(Fate::Elsewhere);
            }
            if cause == Fate::Reported || cause == Fate::LeftOut || (otherwise && !overridden) {
                if cause != Fate::Reported {
                    self.leave_out(field, format!("`{}` is `{}` on this platform", when.field, self.chosen_name(when.field)), "not_applicable");
                }
                return Some(Fate::LeftOut);
            }
            self.report.push(self.not_used(field, written, when));
            return Some(Fate::Reported);
        }
        if !field.only_with.is_empty() && self.view.value(self.draft.kind, field.only_with).is_none() {
            // What goes with something that belongs elsewhere belongs there too.
            match self.fate(field.only_with) {
                Fate::Absent => {}
                Fate::Elsewhere => return Some(Fate::Elsewhere),
                Fate::Taken | Fate::Reported | Fate::LeftOut => return Some(Fate::LeftOut),
            }
            // `false` asks for nothing.
            if written.value == Value::Boolean(false) {
                return Some(Fate::Absent);
            }
            let message = format!("`{}` has no meaning without `{}`", field.name, field.only_with);
            let diagnostic = Diagnostic::new(Code::E0304, written.key, message).label(format!("needs `{}`", field.only_with));
            self.report.push(diagnostic.help(format!("write `{}`, or remove this line", field.only_with)));
            return Some(Fate::Reported);
        }
        None
    }

    fn chosen_name(&self, field: &str) -> &'static str {
        self.view.choice(self.draft.kind, field).unwrap_or("not set")
    }

    fn not_used(&self, field: &Field, written: &Written, when: &When) -> Diagnostic {
        let wanted = list(when.is.iter().copied());
        let message = format!("`{}` is only used when `{}` is {wanted}", field.name, when.field);
        let found = self.chosen_name(when.field);
        let diagnostic = Diagnostic::new(Code::E0301, written.key, message).label(format!("not used with `{found}`"));
        let id = self.draft.kind.field(when.field).map(|(id, _)| id);
        let other = id.and_then(|id| self.view.setting(id)).and_then(|setting| setting.origin.span());
        let diagnostic = match other {
            Some(span) => diagnostic.also(span, format!("`{}` is chosen here", when.field)),
            None => diagnostic.note(format!("`{}` is `{found}` when nothing is written", when.field)),
        };
        diagnostic.help(format!("remove `{}`, or set `{}: {}`", field.name, when.field, when.is.first().copied().unwrap_or_default()))
    }

    /// Does what the verdict asks for.
    fn act(&mut self, id: FieldId, field: &'static Field, written: &Written, overridden: bool, verdict: Verdict) -> Fate {
        match verdict {
            Verdict::Taken(warnings) => {
                for (code, what) in warnings {
                    self.report.push(Diagnostic::new(code, written.span, what).label(self.chosen.platform.title));
                }
                Fate::Taken
            }
            Verdict::Asked(by_hand, note) => {
                self.asked.extend(by_hand);
                self.leave_out(field, note, "notes");
                Fate::LeftOut
            }
            Verdict::Elsewhere(why) => {
                if overridden {
                    let diagnostic = Diagnostic::new(Code::E0402, written.key, format!("{} does not take `{}`", self.chosen.platform.title, field.name));
                    self.report.push(diagnostic.label("set for this platform only").note(why.reason).note(why.source));
                    return Fate::Reported;
                }
                self.leave_out(field, why.reason.to_owned(), "not_applicable");
                Fate::Elsewhere
            }
            Verdict::Unsupported(why, value) => self.unsupported(field, written, &why.reason, &why.source, value),
            Verdict::TooNew(what) => {
                self.report.push(what.at(written.key));
                Fate::Reported
            }
            Verdict::NoToken(what) => match self.approximated(id, field).or_else(|| self.handled(field, &what.reason(field))) {
                Some(fate) => fate,
                None => {
                    self.report.push(what.at(written.span, None));
                    Fate::Reported
                }
            },
            Verdict::Wrong(diagnostic) => {
                self.report.push(*diagnostic);
                Fate::Reported
            }
        }
    }

    fn unsupported(&mut self, field: &'static Field, written: &Written, reason: &str, source: &str, value: Option<&str>) -> Fate {
        // A field that depends on one that was reported has no cause of its own.
        if field.only_when.iter().any(|when| self.fate(when.field) == Fate::Reported) {
            return Fate::LeftOut;
        }
        if let Some(fate) = self.handled(field, reason) {
            return fate;
        }
        let platform = self.chosen.platform;
        let (span, what) = match value {
            Some(value) => (written.span, format!("`{}: {value}`", field.name)),
            None => (written.key, format!("`{}`", field.name)),
        };
        let choice = if field.choices().iter().any(|choice| choice.approximation.is_some()) { "`warn`, `skip` or `approximate`" } else { "`warn` or `skip`" };
        self.report.push(
            Diagnostic::new(Code::E0401, span, format!("{} cannot take {what}", platform.title))
                .label("not on every chosen platform")
                .also(self.chosen.span, "chosen here")
                .help(format!("give this platform another value under `overrides`, or say under `on_unsupported: {{ {}: ... }}` to leave it out ({choice})", field.name))
                .note(reason)
                .note(source),
        );
        Fate::Reported
    }

    /// What `on_unsupported` says.
    fn handled(&mut self, field: &'static Field, reason: &str) -> Option<Fate> {
        let asked = self.handling(field)?;
        match asked.handling {
            Handling::Skip => self.leave_out(field, reason.to_owned(), "skipped"),
            Handling::Warn => {
                let message = format!("`{}` is left out on {}", field.name, self.chosen.platform.title);
                self.report.push(Diagnostic::new(Code::W0609, asked.span, message).label("as asked for here").note(reason));
                self.leave_out(field, reason.to_owned(), "skipped");
            }
            Handling::Approximate => return None,
        }
        Some(Fate::LeftOut)
    }

    fn handling(&self, field: &Field) -> Option<&'a OnUnsupported> {
        let draft = self.draft;
        let (id, _) = draft.kind.field(field.name)?;
        draft.on_unsupported.iter().find(|asked| asked.field == id)
    }

    /// The approximation that the kind documents, where the profile asks for it and the server has it.
    fn approximated(&mut self, id: FieldId, field: &'static Field) -> Option<Fate> {
        let asked = self.handling(field).filter(|asked| asked.handling == Handling::Approximate)?;
        let setting = self.view.setting(id)?.clone();
        let Value::Choice(index, _) = setting.value else { return None };
        let near = field.choices().get(usize::from(index))?.approximation?;
        let server = self.cx.server(self.chosen.platform.name);
        support::token(server, near.attribute, self.chosen.platform.name, self.draft.kind.name)?;
        let message = format!("`{}` is approximated on {} by {}", field.name, self.chosen.platform.title, near.doc);
        self.report.push(Diagnostic::new(Code::W0609, asked.span, message.clone()).label("as asked for here"));
        self.leave_out(field, message, "approximated");
        let text = crate::ir::Text::attribute(near.attribute);
        self.set(id, Some(Setting { value: Value::Choice(index, Some(text)), origin: setting.origin }));
        Some(Fate::Taken)
    }

    fn leave_out(&mut self, field: &'static Field, reason: String, list: &'static str) {
        self.view.left_out.push(LeftOut { field: field.name, reason, list });
    }

    /// A function by hand that writes several fields into one place writes nothing when one of them is left to the device.
    fn asked_together(&mut self) {
        for by_hand in std::mem::take(&mut self.asked) {
            for (id, _) in self.draft.kind.numbered() {
                if support::by_hand_of(self.table, id) == Some(by_hand) {
                    self.set(id, None);
                }
            }
        }
    }

    fn servers_own_rules(&mut self) {
        let server = self.cx.server(self.chosen.platform.name);
        if let Some(diagnostic) = support::scep_proxy(server, &self.view, self.table, self.draft) {
            self.report.push(diagnostic);
        }
        if let Some(diagnostic) = support::root_refused(&self.view, self.table, self.draft) {
            self.report.push(diagnostic);
        }
    }

    fn finish(self) -> Seen {
        Seen { view: self.view, table: self.table, keys: self.keys }
    }
}

/// The value of a default.
pub fn default_value(field: &Field, literal: Literal) -> Option<Value> {
    Some(match (field.ty, literal) {
        (Type::Boolean, Literal::Boolean(value)) => Value::Boolean(value),
        (Type::Integer { .. }, Literal::Integer(value)) => Value::Integer(value),
        (Type::Choice(choices), Literal::Text(name)) => {
            let index = choices.iter().position(|choice| choice.name == name)?;
            let choice = choices.get(index)?;
            let text = (!choice.attribute.is_empty()).then(|| crate::ir::Text::attribute(choice.attribute));
            Value::Choice(u8::try_from(index).ok()?, text)
        }
        (Type::Duration { units, .. }, Literal::Text(text)) => {
            let (count, unit) = text.split_once(' ')?;
            let unit = units.iter().find(|known| known.name().trim_end_matches('s') == unit.trim_end_matches('s'))?;
            Value::Duration(unit.seconds()? * count.parse::<u64>().ok()?)
        }
        _ => return None,
    })
}
