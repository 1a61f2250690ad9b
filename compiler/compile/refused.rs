//! Targets that are asked for by name and take no profile of a kind: said then, and only then.

use super::{Job, Run};
use crate::builtin::SCHEMAS;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::ir::{Profile, View};
use crate::schema::Unsupported;

impl Run<'_> {
    /// Says why a chosen target makes nothing of a profile: where the profile was chosen too, or where the target makes nothing at all.
    pub fn refused_targets(&self, profiles: &[Profile], chosen: &[&Job<'_>], report: &mut Report) {
        let by_name = !self.selection.profiles.is_empty() || self.selection.sources.is_some();
        for target in &self.selection.targets {
            if !by_name && chosen.iter().any(|job| job.writer.target == target) {
                continue;
            }
            for profile in profiles.iter().filter(|profile| self.wanted(profile)) {
                for view in &profile.views {
                    if let Some(why) = refusal(profile, view, target) {
                        report.push(said(profile, view, target, &why));
                    }
                }
            }
        }
    }
}

fn refusal(profile: &Profile, view: &View, target: &str) -> Option<Unsupported> {
    let own = view.platform.targets.contains(&target);
    SCHEMAS.table(profile.kind.name, target).filter(|_| own)?.refused()
}

fn said(profile: &Profile, view: &View, target: &str, why: &Unsupported) -> Diagnostic {
    let takes = |target: &&&str| SCHEMAS.table(profile.kind.name, target).is_some_and(|table| table.refused().is_none());
    let other = view.platform.targets.iter().find(takes);
    let message = format!("target `{target}` takes no profile of kind `{}`", profile.kind.name);
    let diagnostic = Diagnostic::new(Code::E0430, view.span, message).label("asked for with `--target`");
    let diagnostic = match other {
        Some(other) => diagnostic.help(format!("`--target {other}` makes the artifact of {}", view.platform.title)),
        None => diagnostic,
    };
    diagnostic.note(why.reason).note(why.source)
}
