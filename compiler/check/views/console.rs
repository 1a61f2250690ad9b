//! A profile as a console takes it: one set of settings for all its platforms, and every parameter that a cmdlet asks for.

use super::{Fate, Merge};
use crate::check::shape::Draft;
use crate::check::suggest::list;
use crate::check::support;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::schema::{Answer, Field, FieldId, Lowering, Platform, Unsupported, Write};

/// What the script itself gives: the profile's name, and platforms that the site is asked for.
const GIVEN: [&str; 2] = ["Name", "SupportedPlatform"];

/// Whether a console delivers to a platform of the profile; says what it leaves out of the others, and of overrides.
pub fn delivers(console: &'static Platform, draft: &Draft, report: &mut Report) -> bool {
    let (to, not): (Vec<_>, Vec<_>) = draft.platforms.iter().partition(|chosen| console.delivers.contains(&chosen.platform.name));
    for chosen in not {
        let message = format!("{} does not deliver `{}` to {}", console.title, draft.id, chosen.platform.title);
        report.push(
            Diagnostic::new(Code::W0972, chosen.span, message)
                .label("left out of its script")
                .help(format!(
                    "it delivers to {}; `allow: {{ W0972: \"reason\" }}` silences this",
                    list(console.delivers.iter().copied())
                ))
                .note(console.source),
        );
    }
    let own = draft.overrides.iter().find(|overridden| overridden.platform.name == console.name);
    for overridden in draft.overrides.iter().filter(|other| to.iter().any(|chosen| chosen.platform.name == other.platform.name)) {
        for (id, field) in draft.kind.numbered() {
            let given = overridden.settings.get(id.index()).and_then(Option::as_ref);
            let settled = own.is_some_and(|own| own.settings.get(id.index()).is_some_and(Option::is_some));
            let Some(Some(written)) = given.filter(|_| !settled) else { continue };
            let message = format!("{} takes one `{}` for all platforms, and not this one", console.title, field.name);
            report.push(
                Diagnostic::new(Code::W0973, written.key, message)
                    .label(format!("for {} alone", overridden.platform.title))
                    .help(format!(
                        "give it a value of its own under `overrides: {{ {}: ... }}`, or write a profile for this platform",
                        console.name
                    )),
            );
        }
    }
    !to.is_empty()
}

/// Says that a console has nothing for a kind.
pub fn refused(console: &'static Platform, draft: &Draft, why: &Unsupported, report: &mut Report) {
    let message = format!("{} takes no profile of kind `{}`", console.title, draft.kind.name);
    report.push(
        Diagnostic::new(Code::W0972, draft.id_span, message)
            .label("gets no script")
            .help("`allow: { W0972: \"reason\" }` silences this")
            .note(why.reason)
            .note(why.source),
    );
}

impl Merge<'_, '_> {
    /// Asks the functions by hand for what they cannot write; what the profile lets go is let go.
    pub(super) fn by_hand_takes(&mut self) {
        let functions = (self.cx.by_hand)(self.table.target);
        // Each round settles one field.
        for _ in 0..self.draft.kind.fields.len() {
            let used = |name: &str| self.draft.kind.numbered().any(|(id, _)| support::by_hand_of(self.table, id) == Some(name));
            let asked = functions.iter().filter(|function| used(function.name));
            // The trial shares the settings, which cannot change while it lives.
            let trouble = {
                let trial = crate::check::trial_of(self.draft, &self.view);
                let mut found = asked.filter_map(|function| (function.trouble)(&trial, &self.view));
                found.find(|trouble| self.view.setting(trouble.field).is_some())
            };
            let Some(trouble) = trouble else { return };
            let (id, Some(field)) = (trouble.field, self.draft.kind.fields.get(trouble.field.index())) else { return };
            let fate = self.handled(field, &trouble.reason).unwrap_or_else(|| {
                self.refused(id, field, &trouble.reason);
                Fate::Reported
            });
            self.set(id, None);
            if let Some(slot) = self.fates.get_mut(id.index()) {
                *slot = fate;
            }
        }
    }

    fn refused(&mut self, id: FieldId, field: &'static Field, reason: &str) {
        let span = self.view.setting(id).and_then(|setting| setting.origin.span()).unwrap_or(self.draft.id_span);
        let console = self.chosen.platform;
        let message = format!("{} cannot take this `{}`", console.title, field.name);
        let help = if field.indispensable() {
            format!("give it a value of its own under `overrides: {{ {}: ... }}`", console.name)
        } else {
            format!(
                "give it a value of its own under `overrides: {{ {}: ... }}`, or leave it out with `on_unsupported`",
                console.name
            )
        };
        self.report.push(
            Diagnostic::new(Code::E0401, span, message).label("not in this form").help(help).note(reason).note(self.table.source),
        );
    }

    /// A parameter that a cmdlet asks for and that no setting gives.
    pub(super) fn cmdlet_has_what_it_needs(&mut self) {
        let root = self.view.root(self.draft.kind, self.draft.scope, self.table).and_then(|alternative| alternative.root.ok());
        let Some(cmdlet) = root.and_then(|root| self.cx.catalog.cmdlet(root.is)) else { return };
        let mut given: Vec<&str> = Vec::new();
        for (id, field) in self.draft.kind.numbered().filter(|(id, _)| self.view.setting(*id).is_some()) {
            given.extend(support::places(self.cx, self.draft, &self.view, self.table, id, field));
        }
        for parameter in cmdlet.parameters.iter().filter(|parameter| parameter.required && !GIVEN.contains(&parameter.name)) {
            if given.iter().any(|place| bare(place) == parameter.name) {
                continue;
            }
            let could = self.draft.kind.numbered().filter(|(id, _)| self.could_give(*id, parameter.name));
            let could: Vec<_> = could.collect();
            let reported = could.iter().any(|(id, _)| self.fates.get(id.index()) == Some(&Fate::Reported));
            let Some((_, field)) = could.first().filter(|_| !reported) else { continue };
            let message = format!("{} needs `{}`", self.chosen.platform.title, field.name);
            let what = match field.group() {
                Some((group, member)) => format!("{group}: {{ {member}: {} }}", field.example),
                None => format!("{}: {}", field.name, field.example),
            };
            self.report.push(
                Diagnostic::new(Code::E0971, self.draft.id_span, message)
                    .label("in this profile")
                    .help(format!("write it, as in `{what}`"))
                    .note(format!("`{}` does not run without `-{}`", cmdlet.name, parameter.name))
                    .note(self.table.source),
            );
        }
    }

    /// Whether a field has a row that gives this parameter.
    fn could_give(&self, id: FieldId, parameter: &str) -> bool {
        let gives = |lowering: &Lowering| match lowering.write {
            Write::At(places, _) | Write::Map(places, _) => places.iter().any(|place| bare(place) == parameter),
            Write::Bits(place, _) => bare(place) == parameter,
            Write::ByHand(name) => {
                let function = (self.cx.by_hand)(self.table.target).iter().find(|function| function.name == name);
                function.is_some_and(|function| function.places.contains(&parameter))
            }
            Write::Carried(_) | Write::Unsupported(_) => false,
        };
        match self.table.answers.get(id.index()) {
            Some(Answer::Whole(lowerings)) => lowerings.iter().any(gives),
            Some(Answer::Parts(parts)) => parts.iter().flat_map(|(_, lowerings)| lowerings.iter()).any(gives),
            None => false,
        }
    }
}

/// The parameter of a place: `New/ExchangeHost` is `ExchangeHost`.
fn bare(place: &str) -> &str {
    place.rsplit('/').next().unwrap_or(place)
}
