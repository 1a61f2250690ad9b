//! What becomes of a setting after the verdict on it: sent, refused, left out, approximated.

use super::{Fate, Merge};
use crate::check::shape::{Handling, OnUnsupported, Written};
use crate::check::support::Verdict;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{LeftOut, Setting, Text, Value};
use crate::schema::{Field, FieldId};

impl<'a> Merge<'a, '_> {
    /// Does what the verdict asks for.
    pub(super) fn act(
        &mut self,
        id: FieldId,
        field: &'static Field,
        written: &Written,
        overridden: bool,
        verdict: Verdict,
    ) -> Fate {
        match verdict {
            Verdict::Taken(warnings) => {
                for warning in warnings {
                    self.report.push(warning.at(written.span, self.cx).label(self.chosen.platform.title));
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
                    let diagnostic = Diagnostic::new(
                        Code::E0402,
                        written.key,
                        format!("{} cannot take `{}`", self.chosen.platform.title, field.name),
                    );
                    self.report.push(
                        diagnostic
                            .label("set for this platform only")
                            .help("remove it from `overrides`")
                            .note(why.reason)
                            .note(why.source),
                    );
                    return Fate::Reported;
                }
                self.leave_out(field, why.reason.to_owned(), "not_applicable");
                Fate::Elsewhere
            }
            Verdict::Unsupported(why, value) => self.unsupported(field, written, &why.reason, &why.source, value),
            Verdict::TooNew(what) => {
                self.too_new.push((what, written.key));
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
        let choice = if field.choices().iter().any(|choice| choice.approximation.is_some()) {
            "`warn`, `skip` or `approximate`"
        } else {
            "`warn` or `skip`"
        };
        let diagnostic = Diagnostic::new(Code::E0401, span, format!("{} cannot take {what}", platform.title));
        let (diagnostic, under) = if platform.is_console() {
            (diagnostic.label("not in its scripts"), format!("`overrides: {{ {}: ... }}`", platform.name))
        } else {
            (diagnostic.label("not on every chosen platform").also(self.chosen.span, "chosen here"), "`overrides`".to_owned())
        };
        let it = if platform.is_console() { "it" } else { "this platform" };
        let help = if field.indispensable() {
            format!("give {it} a value of its own under {under}")
        } else {
            format!(
                "give {it} another value under {under}, or say under `on_unsupported: {{ {}: ... }}` to leave it out ({choice})",
                field.name
            )
        };
        self.report.push(diagnostic.help(help).note(reason).note(source));
        Fate::Reported
    }

    /// What `on_unsupported` says.
    pub(super) fn handled(&mut self, field: &'static Field, reason: &str) -> Option<Fate> {
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
    pub(super) fn approximated(&mut self, id: FieldId, field: &'static Field) -> Option<Fate> {
        let asked = self.handling(field).filter(|asked| asked.handling == Handling::Approximate)?;
        let setting = self.view.setting(id)?.clone();
        let Value::Choice(index, _) = setting.value else { return None };
        let near = field.choices().get(usize::from(index))?.approximation?;
        let server = self.cx.server(self.chosen.platform.name);
        server.token(near.attribute, self.chosen.platform.name, self.draft.kind.name)?;
        let message = format!("`{}` is approximated on {} by {}", field.name, self.chosen.platform.title, near.doc);
        self.report.push(Diagnostic::new(Code::W0609, asked.span, message.clone()).label("as asked for here"));
        self.leave_out(field, message, "approximated");
        let text = Text::attribute(near.attribute);
        self.set(id, Some(Setting { value: Value::Choice(index, Some(text)), origin: setting.origin }));
        Some(Fate::Taken)
    }

    pub(super) fn leave_out(&mut self, field: &'static Field, reason: String, list: &'static str) {
        self.view.left_out.push(LeftOut { field: field.name.into(), reason, list });
    }

    /// Where the kind itself came with a version, all its fields did: one cause, one diagnostic.
    pub(super) fn say_too_new(&mut self) {
        let found = std::mem::take(&mut self.too_new);
        match found.as_slice() {
            [(first, _), others @ ..] if !others.is_empty() && others.iter().all(|(other, _)| other.needs == first.needs) => {
                let mut diagnostic = first.of_kind(self.draft.kind.name, self.chosen.span);
                for (_, key) in &found {
                    diagnostic = diagnostic.also(*key, "came with it");
                }
                self.report.push(diagnostic);
            }
            all => all.iter().for_each(|(what, key)| self.report.push(what.at(*key))),
        }
    }
}
