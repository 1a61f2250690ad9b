//! Where one platform gets something else: `overrides` and `on_unsupported`.

use super::{COMMON, Handling, OnUnsupported, Overridden, Read, Reader, Written};
use crate::check::platforms::{Chosen, unknown};
use crate::check::suggest::{list, offer};
use crate::check::value::{shape, wrong_type};
use crate::diagnostic::{Code, Diagnostic};
use crate::schema::{Kind, Platform};
use crate::source::{Node, Pair};

impl Reader<'_, '_> {
    pub(super) fn overrides(&mut self, kind: &'static Kind, platforms: &[Chosen], unread: bool) -> Vec<Overridden> {
        let Some(pair) = self.document.get("overrides") else { return Vec::new() };
        let Some(pairs) = pair.value.mapping() else {
            self.report.push(wrong_type(
                pair.value.span,
                "a mapping of platforms and settings for `overrides`",
                shape(&pair.value),
            ));
            return Vec::new();
        };
        let mut overrides = Vec::new();
        for pair in pairs {
            let console = self.cx.schemas.console(&pair.key);
            let Some(platform) = self.cx.schemas.platform(&pair.key).or(console) else {
                self.report.push(unknown(&pair.key, pair.key_span, self.cx.schemas));
                continue;
            };
            if console.is_none() && !platforms.iter().any(|chosen| chosen.platform.name == platform.name) {
                if unread {
                    continue;
                }
                let message = format!("`{}` is overridden but not among this profile's platforms", platform.name);
                let chosen = list(platforms.iter().map(|chosen| chosen.platform.name));
                self.report.push(
                    Diagnostic::new(Code::E0409, pair.key_span, message)
                        .label("not chosen")
                        .help(format!("`platforms` chooses {chosen}")),
                );
                continue;
            }
            let Some(fields) = pair.value.mapping() else {
                self.report.push(wrong_type(pair.value.span, "a mapping of fields and values", shape(&pair.value)));
                continue;
            };
            overrides.push(self.overridden(kind, platform, fields));
        }
        overrides
    }

    fn overridden(&mut self, kind: &'static Kind, platform: &'static Platform, fields: &[Pair]) -> Overridden {
        let mut settings: Vec<Option<Option<Written>>> = vec![None; kind.fields.len()];
        let mut unread = vec![false; kind.fields.len()];
        for pair in fields {
            if COMMON.contains(&&*pair.key) {
                let diagnostic =
                    Diagnostic::new(Code::E0409, pair.key_span, format!("`{}` is the same on all platforms", pair.key));
                self.report
                    .push(diagnostic.label("cannot be overridden").help(format!("only the fields of kind `{}` can", kind.name)));
                continue;
            }
            self.field(kind, pair, &mut |id, read| match (read, settings.get_mut(id.index()), unread.get_mut(id.index())) {
                (Read::Value(written), Some(slot), _) => *slot = Some(written),
                (Read::Unread, _, Some(flag)) => *flag = true,
                _ => {}
            });
        }
        Overridden { platform, settings, unread }
    }

    pub(super) fn on_unsupported(&mut self, kind: &'static Kind) -> Vec<OnUnsupported> {
        let Some(pair) = self.document.get("on_unsupported") else { return Vec::new() };
        let Some(pairs) = pair.value.mapping() else {
            self.report.push(wrong_type(
                pair.value.span,
                "a mapping of fields and `warn`, `skip` or `approximate` for `on_unsupported`",
                shape(&pair.value),
            ));
            return Vec::new();
        };
        let mut found = Vec::new();
        for pair in pairs {
            let word = pair.value.scalar().map(|scalar| &*scalar.text);
            let handling = match word {
                Some("warn") => Handling::Warn,
                Some("skip") => Handling::Skip,
                Some("approximate") => Handling::Approximate,
                _ => {
                    self.report.push(handling_unknown(&pair.value));
                    continue;
                }
            };
            let members = kind
                .numbered()
                .filter(|(_, field)| *field.name == *pair.key || field.group().is_some_and(|(group, _)| *group == *pair.key));
            let fields: Vec<_> = members.collect();
            if fields.is_empty() {
                self.unknown_field(kind, "", pair);
            }
            if handling == Handling::Approximate
                && !fields.iter().any(|(_, field)| field.choices().iter().any(|c| c.approximation.is_some()))
                && !fields.is_empty()
            {
                let message = format!("kind `{}` documents no approximation of `{}`", kind.name, pair.key);
                self.report.push(
                    Diagnostic::new(Code::E0409, pair.value.span, message).label("nothing is near").help("use `warn` or `skip`"),
                );
                continue;
            }
            if let Some((_, field)) = fields.iter().find(|(_, field)| handling != Handling::Approximate && field.indispensable())
            {
                let message = format!("`{}` cannot be left out: nothing works without it", field.name);
                let diagnostic = Diagnostic::new(Code::E0409, pair.key_span, message).label("always sent");
                self.report.push(diagnostic.help("give the platform a value of its own under `overrides`"));
                continue;
            }
            found.extend(fields.into_iter().map(|(field, _)| OnUnsupported { field, handling, span: pair.key_span }));
        }
        found
    }
}

/// Something other than `warn`, `skip` or `approximate`.
fn handling_unknown(node: &Node) -> Diagnostic {
    let Some(scalar) = node.scalar() else { return wrong_type(node.span, "`warn`, `skip` or `approximate`", shape(node)) };
    let message = format!("`{}` is no way to deal with a setting that a platform lacks", scalar.text);
    let diagnostic = Diagnostic::new(Code::E0204, node.span, message).label("not known");
    offer(diagnostic, "word", &scalar.text, node.span, &["warn", "skip", "approximate"])
}
