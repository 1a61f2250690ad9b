//! Since when, and on which devices, there is a node: against the range of the profile.

use super::csp::Pass;
use crate::catalog::{Edition, Node, in_its_place, windows_release};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::NodeSetting;

impl Pass<'_, '_> {
    /// Says where the range is wider than the node.
    pub fn available(&mut self, setting: &NodeSetting, node: &'static Node) {
        if self.phone {
            return;
        }
        self.build(setting, node);
        let gone = self.cx.catalog.deprecated(node);
        if let Some((gone, since)) = gone.filter(|(_, since)| since.is_none_or(|since| since <= self.view.range.from)) {
            let since = since.map_or_else(String::new, |since| format!(" since {since}"));
            let message = format!("`{}` is deprecated{since}", self.name);
            let diagnostic = Diagnostic::new(Code::W0613, setting.span, message).label(self.view.platform.title);
            self.report.push(match gone.instead {
                Some(instead) => diagnostic.help(in_its_place(instead)),
                None => diagnostic,
            });
        }
        self.editions(setting, node);
        if node.azure_ad {
            let message = format!("`{}` works on devices joined to Microsoft Entra ID only", self.name);
            self.report.push(Diagnostic::new(Code::N0750, setting.span, message).label("needs a joined device"));
        }
    }

    /// Says which of the named editions lack the node; where none is named, whether Pro does.
    fn editions(&mut self, setting: &NodeSetting, node: &Node) {
        let have = || format!("editions that have it: {}", node.edition_titles().join(", "));
        for (edition, span) in self.editions.iter().filter(|(edition, _)| !node.is_on(edition)) {
            let message = format!("Windows {} does not have `{}`", edition.title, self.name);
            let diagnostic = Diagnostic::new(Code::E0401, setting.span, message).label("not on this edition");
            let diagnostic =
                diagnostic.also(*span, "chosen here").help("give the node to other editions in a profile of their own");
            self.report.push(diagnostic.note(have()));
        }
        let pro = Edition::of("pro").is_none_or(|pro| node.is_on(pro));
        if self.editions.is_empty() && !pro {
            let message = format!("`{}` is not on every edition: Windows Pro does not have it", self.name);
            let diagnostic = Diagnostic::new(Code::N0750, setting.span, message).label("not on Pro");
            let diagnostic =
                diagnostic.help("where the devices have another edition, `edition` beside the version range says so");
            self.report.push(diagnostic.note(have()));
        }
    }

    fn build(&mut self, setting: &NodeSetting, node: &Node) {
        let (from, platform) = (self.view.range.from, self.view.platform);
        let backports: Vec<String> = node.builds.iter().skip(1).map(ToString::to_string).collect();
        if !self.view.exact && !node.unreleased() {
            return;
        }
        let Some(needs) = node.since(from).filter(|_| !node.unreleased()) else {
            let message = if node.unreleased() {
                format!("`{}` is announced and in no build of Windows yet", self.name)
            } else {
                format!("`{}` is not in the line of Windows that the range begins with", self.name)
            };
            let code = if self.warn { Code::W0650 } else { Code::E0403 };
            let label = if node.unreleased() { "not released".to_owned() } else { format!("the range begins at {from}") };
            let mut diagnostic = Diagnostic::new(code, setting.span, message).label(label);
            if !self.warn {
                diagnostic = diagnostic.help("`unknown: warn` sends it all the same");
            }
            let lines = (!node.unreleased()).then(|| format!("it is there from {}", backports.join(", ")));
            self.report.push(lines.map_or(diagnostic.clone(), |lines| diagnostic.note(lines)));
            return;
        };
        if needs <= from {
            return;
        }
        let name = windows_release(needs).filter(|release| needs.0[3] <= release.revision);
        let name = name.map_or_else(String::new, |release| format!(" ({})", release.name));
        let message = format!("`{}` needs version {needs}{name}", self.name);
        let mut diagnostic = Diagnostic::new(Code::E0403, setting.span, message)
            .label(format!("the range begins at {from}"))
            .also(self.view.span, "chosen here")
            .help(format!(
                "write `platforms: {{ {}: \">={needs}\" }}`, or give the node to newer devices in a profile of their own",
                platform.name
            ));
        if !backports.is_empty() {
            diagnostic = diagnostic.note(format!("lines have it from {}, {}", node.build(), backports.join(", ")));
        }
        self.report.push(diagnostic);
    }
}
