//! A draft as each of its platforms sees it: overrides merged, conditions judged, what cannot be sent refused or left out.
//!
//! Fields are taken in the kind's order, so that a field is judged after those it depends on; one cause gives one diagnostic.

mod act;
mod condition;
mod console;

use std::sync::Arc;

use super::cx::Cx;
use super::platforms::Chosen;
use super::raw;
use super::server;
use super::shape::{Draft, Written};
use super::suggest::list;
use super::support::{self, TooNew, Verdict};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::ir::{LeftOut, Origin, Setting, Value, View};
use crate::schema::{Answer, Field, FieldId, Kind, Literal, Presence, Range, Table, Type, Write};
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

/// All views of a draft: those of its platforms, and those of the consoles that get it too.
pub fn all(cx: &Cx<'_>, draft: &Draft, report: &mut Report) -> (Vec<Seen>, Vec<Seen>) {
    let mut fates = vec![Vec::new(); draft.kind.fields.len()];
    let mut seen = Vec::new();
    for chosen in draft.platforms.iter().filter(|chosen| !cx.workspace.console_alone(chosen.platform.name)) {
        // Of several targets of a platform, one takes the kind; the others say why they do not.
        let mut tables = chosen.platform.targets.iter().filter_map(|target| cx.schemas.table(draft.kind.name, target));
        let Some(table) = tables.find(|table| table.refused().is_none()) else { continue };
        let mut merge = Merge::new(cx, draft, chosen, table, report);
        if !merge.admitted() {
            continue;
        }
        for (id, field) in draft.kind.numbered() {
            merge.field(id, field);
        }
        merge.tell(&mut fates);
        merge.asked_together();
        merge.servers_own_rules();
        raw::apple::availability::check(cx, draft, chosen, &merge.view, merge.report);
        merge.say_too_new();
        seen.push(merge.finish());
    }
    let consoles = consoles(cx, draft, &mut fates, report);
    if !draft.platforms_unread {
        nowhere(cx, draft, &fates, report);
    }
    (seen, consoles)
}

/// The platforms that a console alone delivers to, as it takes the profile: nothing is made of them but what it delivers, and rules
/// between profiles ask them like any other.
pub fn delivered(cx: &Cx<'_>, draft: &Draft, consoles: &[Seen]) -> Vec<Seen> {
    let mut seen = Vec::new();
    for chosen in draft.platforms.iter().filter(|chosen| cx.workspace.console_alone(chosen.platform.name)) {
        let name = cx.workspace.delivered_by(chosen.platform.name);
        let Some(console) = consoles.iter().find(|console| console.view.platform.name == name) else { continue };
        let range = chosen.range.unwrap_or(Range { from: chosen.platform.oldest_supported, below: None });
        let view = View { platform: chosen.platform, range, exact: chosen.exact, span: chosen.span, ..console.view.clone() };
        seen.push(Seen { view, table: console.table, keys: console.keys.clone() });
    }
    seen
}

/// The views of the consoles that were asked for and deliver to a platform of the profile.
fn consoles(cx: &Cx<'_>, draft: &Draft, fates: &mut [Vec<Fate>], report: &mut Report) -> Vec<Seen> {
    let mut seen = Vec::new();
    for platform in &cx.workspace.consoles {
        let table = platform.targets.iter().find_map(|target| cx.schemas.table(draft.kind.name, target));
        let Some(table) = table else { continue };
        if let Some(why) = table.refused() {
            console::refused(platform, draft, &why, report);
            continue;
        }
        if !console::delivers(platform, draft, report) {
            continue;
        }
        let chosen = Chosen::bare(platform, draft.id_span);
        let mut merge = Merge::new(cx, draft, &chosen, table, report);
        for (id, field) in draft.kind.numbered() {
            merge.field(id, field);
        }
        merge.by_hand_takes();
        if let Some(diagnostic) = support::root_refused(&merge.view, merge.table, merge.draft) {
            merge.report.push(diagnostic);
        }
        merge.cmdlet_has_what_it_needs();
        merge.tell(fates);
        seen.push(merge.finish());
    }
    seen
}

/// A field that was written and that no chosen platform takes.
fn nowhere(cx: &Cx<'_>, draft: &Draft, fates: &[Vec<Fate>], report: &mut Report) {
    for (id, field) in draft.kind.numbered() {
        let Some(written) = draft.settings.get(id.index()).and_then(Option::as_ref) else { continue };
        let fates = fates.get(id.index()).map(Vec::as_slice).unwrap_or_default();
        if fates.contains(&Fate::Elsewhere)
            && !fates.iter().any(|fate| matches!(fate, Fate::Taken | Fate::Reported | Fate::LeftOut))
        {
            let platforms = list(draft.platforms.iter().map(|chosen| chosen.platform.name));
            report.push(
                Diagnostic::new(Code::E0402, written.key, format!("no chosen platform takes `{}`", field.name))
                    .label(format!("not used on {platforms}"))
                    .help(if taken_somewhere(cx, draft.kind, id) {
                        "remove it, or choose a platform that takes it"
                    } else {
                        "remove it: no platform takes it"
                    })
                    .note(format!("payloadc explain {}.{}", draft.kind.name, field.name)),
            );
        }
    }
}

/// Whether any platform's target writes a field at all.
fn taken_somewhere(cx: &Cx<'_>, kind: &Kind, id: FieldId) -> bool {
    let platforms = || cx.schemas.platforms.iter().flat_map(|platform| platform.targets);
    let tables = cx.schemas.tables.iter().filter(|table| table.kind == kind.name && platforms().any(|own| *own == table.target));
    tables.filter_map(|table| table.answers.get(id.index())).any(|answer| match answer {
        Answer::Whole(lowerings) => lowerings.iter().any(|lowering| !matches!(lowering.write, Write::Unsupported(_))),
        Answer::Parts(_) => true,
    })
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
    /// Fields that are younger than the range.
    too_new: Vec<(TooNew, Span)>,
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
            settings: Arc::from(settings.clone()),
            meant: Arc::from(settings),
            overridden: Arc::from(vec![false; count]),
            left_out: Vec::new(),
        };
        Merge {
            cx,
            draft,
            chosen,
            table,
            report,
            view,
            keys: vec![None; count],
            fates: vec![Fate::Absent; count],
            asked: Vec::new(),
            too_new: Vec::new(),
        }
    }

    /// Whether the server takes the kind on this platform at all.
    fn admitted(&mut self) -> bool {
        let server = self.cx.server(self.chosen.platform.name);
        match server::refused_by_server(server, self.chosen, self.draft, self.cx.workspace.server_span) {
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

    fn mean(&mut self, id: FieldId, setting: Setting) {
        if let Some(slot) = Arc::get_mut(&mut self.view.meant).and_then(|meant| meant.get_mut(id.index())) {
            *slot = Some(setting);
        }
    }

    fn field(&mut self, id: FieldId, field: &'static Field) -> Fate {
        let fate = self.judge(id, field);
        if let Some(slot) = self.fates.get_mut(id.index()) {
            *slot = fate;
        }
        fate
    }

    /// Adds what became of each field.
    fn tell(&self, fates: &mut [Vec<Fate>]) {
        for (all, fate) in fates.iter_mut().zip(&self.fates) {
            all.push(*fate);
        }
    }

    fn judge(&mut self, id: FieldId, field: &'static Field) -> Fate {
        if self.unread(id) {
            return Fate::Reported;
        }
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
        let setting = Setting { value: written.value.clone(), origin: Origin::Written(written.span) };
        self.set(id, Some(setting.clone()));
        let verdict = support::verdict(self.cx, self.draft, &self.view, self.table, id, field);
        let fate = self.act(id, field, &written, overridden, verdict);
        if fate != Fate::Taken {
            self.set(id, None);
        }
        let asked = self.view.left_out.last().is_some_and(|left| left.field == field.name && left.list == "notes");
        if fate == Fate::Taken || (fate == Fate::LeftOut && asked) {
            self.mean(id, setting);
        }
        match fate {
            // What was left out may have a default in its place; what the device asks for has none.
            Fate::LeftOut if !asked => match self.absent(id, field) {
                Fate::Reported => Fate::Reported,
                _ => Fate::LeftOut,
            },
            other => other,
        }
    }

    /// Whether what is written for this platform could not be read.
    fn unread(&self, id: FieldId) -> bool {
        let flag = |flags: &[bool]| flags.get(id.index()).copied().unwrap_or(false);
        let own = self.draft.overrides.iter().find(|overridden| overridden.platform.name == self.chosen.platform.name);
        let given = own.is_some_and(|own| own.settings.get(id.index()).is_some_and(Option::is_some));
        own.is_some_and(|own| flag(&own.unread)) || (!given && flag(&self.draft.unread))
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
                    let setting = Setting { value, origin: Origin::Default };
                    self.set(id, Some(setting.clone()));
                    let fate = self.default_taken(id, field);
                    if matches!(fate, Fate::Taken | Fate::LeftOut) {
                        self.mean(id, setting);
                    }
                    return fate;
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

    fn fate(&self, name: &str) -> Fate {
        let id = self.draft.kind.field(name).map(|(id, _)| id);
        id.and_then(|id| self.fates.get(id.index()).copied()).unwrap_or(Fate::Absent)
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
        if let Some(diagnostic) = server::scep_proxy(server, &self.view, self.table, self.draft) {
            self.report.push(diagnostic);
        }
        if let Some(diagnostic) = support::root_refused(&self.view, self.table, self.draft) {
            self.report.push(diagnostic);
        }
    }

    fn finish(mut self) -> Seen {
        let why = self.chosen.platform.one_scope;
        if self.draft.scope_chosen() && !why.is_empty() {
            self.view.left_out.push(LeftOut { field: "scope".into(), reason: why.to_owned(), list: "not_applicable" });
        }
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
