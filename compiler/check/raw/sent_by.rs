//! What the server takes of a profile of nodes: verbs, Atomic, places it keeps for itself.

use super::csp::{Judged, Pass};
use crate::check::suggest::list;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{NodeCommand, NodeSetting, Verb};
use crate::schema::{Exec, SyncmlForm};
use crate::source::Span;

impl Pass<'_, '_> {
    /// Says what the server refuses.
    pub fn sent_by(&mut self, judged: &[Judged]) {
        let Some(form) = self.server.syncml else { return };
        for Judged { setting, node } in judged {
            let Some(command) = &setting.command else { continue };
            self.place(&form, setting);
            self.verb_taken(&form, setting, command);
            if let Some(access) =
                node.map(|node| node.access).filter(|access| form.rows && !(access.add && access.get && access.replace))
            {
                let known = [("Add", access.add), ("Replace", access.replace), ("Get", access.get)];
                let lacking = list(known.into_iter().filter(|(_, there)| !there).map(|(name, _)| name));
                self.refuse(setting.span, "sends only nodes that take Add, Replace and Get", format!("lacks {lacking}"));
            }
            if command.atomic.is_some() && !form.atomic {
                self.refuse(setting.span, "takes no Atomic, and this node must stand in one", "in an Atomic");
            }
        }
        self.alone(&form, judged);
    }

    fn refuse(&mut self, span: Span, what: &str, label: impl Into<std::borrow::Cow<'static, str>>) {
        let diagnostic = Diagnostic::new(Code::E0405, span, format!("{} {what}", self.server.title)).label(label);
        self.report.push(diagnostic.note(format!("payloadc servers {}", self.server.name)));
    }

    fn place(&mut self, form: &SyncmlForm, setting: &NodeSetting) {
        let lower = setting.path.to_lowercase();
        if let Some(reserved) = form.reserved.iter().find(|reserved| lower.contains(&reserved.to_lowercase())) {
            self.refuse(setting.span, &format!("keeps `{reserved}` for itself"), "not yours here");
        }
        if form.scep.is_some() && lower.contains("/clientcertificateinstall/scep/") {
            self.refuse(setting.span, "takes SCEP in a form of its own, which kind `scep_certificate` writes", "SCEP");
        }
    }

    fn verb_taken(&mut self, form: &SyncmlForm, setting: &NodeSetting, command: &NodeCommand) {
        let span = setting.asked.map_or(setting.span, |(_, span)| span);
        let nested = command.atomic.is_some();
        match command.verb {
            Verb::Delete if !form.delete => self.refuse(span, "takes no Delete", "a Delete"),
            Verb::Exec if form.exec == Exec::None => self.refuse(span, "takes no Exec", "an Exec"),
            // Where Exec is taken for SCEP only, kind `scep_certificate` writes it.
            Verb::Exec if form.exec == Exec::TopLevel => self.refuse(span, "takes Exec for SCEP alone", "an Exec"),
            Verb::Exec if nested && form.exec != Exec::Anywhere => {
                self.refuse(span, "takes no Exec in an Atomic", "in an Atomic");
            }
            _ => {}
        }
    }

    /// A server whose files hold one Atomic and nothing else, or none.
    fn alone(&mut self, form: &SyncmlForm, judged: &[Judged]) {
        if !form.atomic_alone {
            return;
        }
        for user in [false, true] {
            let mut groups: Vec<(Option<&str>, Span)> = Vec::new();
            let inside = judged.iter().filter(|judged| judged.setting.path.starts_with("./User/") == user);
            for setting in inside.map(|judged| &judged.setting).filter(|setting| !setting.path.contains("/ADMXInstall/")) {
                let group = setting.command.as_ref().and_then(|command| command.atomic.as_deref());
                if !groups.iter().any(|(known, _)| *known == group) {
                    groups.push((group, setting.span));
                }
            }
            if let [(_, first), (_, second), ..] = groups.as_slice() {
                let message = "takes an Atomic only alone in its file, and these nodes do not stand in one";
                let diagnostic =
                    Diagnostic::new(Code::E0405, *second, format!("{} {message}", self.server.title)).label("not together");
                self.report
                    .push(diagnostic.also(*first, "with this").help("give them profiles of their own, or write `atomic: true`"));
            }
        }
    }
}
