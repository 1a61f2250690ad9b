//! Whether a field's conditions hold on a platform, and what is missing there.

use super::{Fate, Merge, default_value};
use crate::check::shape::Written;
use crate::check::suggest::either;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::Value;
use crate::schema::{Field, Presence, When};
use crate::source::Span;

impl Merge<'_, '_> {
    pub(super) fn needed(&mut self, field: &'static Field, when: &When) -> Fate {
        let kind = self.draft.kind;
        let value = self.view.choice(kind, when.field).unwrap_or_default();
        let id = kind.field(when.field).map(|(id, _)| id);
        let key = id.and_then(|id| self.keys.get(id.index()).copied().flatten()).unwrap_or(self.draft.id_span);
        let message = format!("`{}` is needed with `{}: {value}`", field.name, when.field);
        let diagnostic = Diagnostic::new(Code::E0302, key, message).label(format!("asks for `{}`", field.name));
        self.report.push(diagnostic.help(format!("write it, as in `{}: {}`", field.name, field.example)));
        Fate::Reported
    }

    pub(super) fn missing(&mut self, field: &'static Field, on: &str) -> Fate {
        let message = if on.is_empty() {
            format!("`{}` is missing", field.name)
        } else {
            format!("`{}` is missing; it is needed on {on}", field.name)
        };
        let span = if on.is_empty() { self.draft.id_span } else { self.chosen.span };
        let diagnostic =
            Diagnostic::new(Code::E0202, span, message).label(if on.is_empty() { "in this profile" } else { "chosen here" });
        self.report.push(diagnostic.help(format!("write it, as in `{}: {}`", field.name, field.example)));
        Fate::Reported
    }

    pub(super) fn holds(&self, when: &When) -> bool {
        self.view.choice(self.draft.kind, when.field).is_some_and(|choice| when.is.contains(&choice))
    }

    /// A written field whose condition does not hold: an error, unless this platform has the condition otherwise.
    pub(super) fn condition_fails(&mut self, field: &'static Field, written: &Written, overridden: bool) -> Option<Fate> {
        let failed = field.only_when.iter().find(|when| !self.holds(when));
        if let Some(when) = failed {
            let cause = self.fate(when.field);
            let id = self.draft.kind.field(when.field).map(|(id, _)| id);
            let otherwise = id.is_some_and(|id| self.written(id).1);
            // A value that is left for the device to ask is still the value that was chosen.
            let meant = self.meant(when.field);
            if cause == Fate::LeftOut && meant.0.is_some_and(|choice| !when.is.contains(&choice)) && (overridden || !otherwise) {
                self.report.push(self.not_used(field, written, when));
                return Some(Fate::Reported);
            }
            // What depends on something that belongs elsewhere belongs there too.
            if cause == Fate::Elsewhere {
                return Some(Fate::Elsewhere);
            }
            if cause == Fate::Reported || cause == Fate::LeftOut || (otherwise && !overridden) {
                if cause != Fate::Reported {
                    self.leave_out(
                        field,
                        format!("`{}` is `{}` on this platform", when.field, self.chosen_name(when.field)),
                        "not_applicable",
                    );
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

    /// The choice of a field as it is written for this platform, or its default; and where it is written.
    fn meant(&self, name: &str) -> (Option<&'static str>, Option<Span>) {
        let Some((id, field)) = self.draft.kind.field(name) else { return (None, None) };
        let (written, _) = self.written(id);
        let span = written.as_ref().map(|written| written.span);
        let value = written.map(|written| written.value).or(match field.presence {
            Presence::Default(literal) => default_value(field, literal),
            Presence::Required | Presence::Optional => None,
        });
        let index = match value {
            Some(Value::Choice(index, _)) => usize::from(index),
            _ => return (None, span),
        };
        (field.choices().get(index).map(|choice| choice.name), span)
    }

    fn not_used(&self, field: &Field, written: &Written, when: &When) -> Diagnostic {
        let wanted = either(when.is.iter().copied());
        let message = format!("`{}` is only used when `{}` is {wanted}", field.name, when.field);
        let (found, other) = self.meant(when.field);
        let found = found.unwrap_or("not set");
        let diagnostic = Diagnostic::new(Code::E0301, written.key, message).label(format!("not used with `{found}`"));
        let diagnostic = match other {
            Some(span) => diagnostic.also(span, format!("`{}` is chosen here", when.field)),
            None => diagnostic.note(format!("`{}` is `{found}` when nothing is written", when.field)),
        };
        diagnostic.help(format!(
            "remove `{}`, or set `{}: {}`",
            field.name,
            when.field,
            when.is.first().copied().unwrap_or_default()
        ))
    }
}
