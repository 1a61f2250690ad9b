//! Since when, and on which devices, there is a node: against the range of the profile.

use super::command::above;
use super::csp::Pass;
use crate::catalog::{Node, in_its_place};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::NodeSetting;
use crate::schema::Version;

/// Windows Pro among the edition numbers. <https://learn.microsoft.com/windows/win32/api/sysinfoapi/nf-sysinfoapi-getproductinfo>
const PRO: &str = "0x30";

/// First builds of Windows releases. <https://learn.microsoft.com/windows/release-health/release-information>,
/// <https://learn.microsoft.com/windows/release-health/windows11-release-information>
const RELEASES: [(u32, &str); 18] = [
    (10240, "Windows 10, version 1507"),
    (10586, "Windows 10, version 1511"),
    (14393, "Windows 10, version 1607"),
    (15063, "Windows 10, version 1703"),
    (16299, "Windows 10, version 1709"),
    (17134, "Windows 10, version 1803"),
    (17763, "Windows 10, version 1809"),
    (18362, "Windows 10, version 1903"),
    (18363, "Windows 10, version 1909"),
    (19041, "Windows 10, version 2004"),
    (19042, "Windows 10, version 20H2"),
    (19043, "Windows 10, version 21H1"),
    (19044, "Windows 10, version 21H2"),
    (19045, "Windows 10, version 22H2"),
    (22000, "Windows 11, version 21H2"),
    (22621, "Windows 11, version 22H2"),
    (22631, "Windows 11, version 23H2"),
    (26100, "Windows 11, version 24H2"),
];

impl Pass<'_, '_> {
    /// Says where the range is wider than the node.
    pub fn available(&mut self, setting: &NodeSetting, node: &Node) {
        if self.phone {
            return;
        }
        self.build(setting, node);
        let above = above(self.cx.catalog, &setting.path, node);
        let gone = std::iter::once(node)
            .chain(above.iter().map(|(node, _)| *node))
            .find_map(|node| Some((node.deprecated?, node.instead)));
        let gone = gone.map(|(since, instead)| (since.filter(|since| since.0 != [0; 4]), instead));
        if let Some((since, instead)) = gone.filter(|(since, _)| since.is_none_or(|since| since <= self.view.range.from)) {
            let since = since.map_or_else(String::new, |since| format!(" since {since}"));
            let message = format!("`{}` is deprecated{since}", self.name);
            let diagnostic = Diagnostic::new(Code::W0613, setting.span, message).label(self.view.platform.title);
            self.report.push(match instead {
                Some(instead) => diagnostic.help(in_its_place(instead)),
                None => diagnostic,
            });
        }
        let pro = node.editions.is_empty() || node.editions.split(',').any(|edition| edition == PRO);
        if !pro {
            let message = format!("`{}` is not on every edition: Windows Pro does not have it", self.name);
            let diagnostic = Diagnostic::new(Code::N0750, setting.span, message).label("not on Pro");
            self.report.push(diagnostic.note(format!("edition numbers that have it: {}", node.editions.replace(',', ", "))));
        }
        if node.azure_ad {
            let message = format!("`{}` works on devices joined to Microsoft Entra ID only", self.name);
            self.report.push(Diagnostic::new(Code::N0750, setting.span, message).label("needs a joined device"));
        }
    }

    fn build(&mut self, setting: &NodeSetting, node: &Node) {
        let from = self.view.range.from;
        // The vendor writes builds such as 99.9 and 88.8 for what is announced.
        if node.build() >= Version([80, 0, 0, 0]) {
            let message = format!("`{}` is announced and in no build of Windows yet", self.name);
            let code = if self.warn { Code::W0650 } else { Code::E0403 };
            let diagnostic = Diagnostic::new(code, setting.span, message).label("not released");
            self.report.push(diagnostic.help("`unknown: warn` sends it all the same"));
            return;
        }
        // A backport serves its own line only.
        let same_line = |build: &Version| build.0.iter().zip(from.0).take(3).all(|(a, b)| *a == b);
        let there = node.build() <= from || node.builds.iter().skip(1).any(|build| same_line(build) && *build <= from);
        if there || !self.view.exact {
            return;
        }
        let (needs, platform) = (node.build(), self.view.platform);
        let name = release(needs).map_or_else(String::new, |name| format!(" ({name})"));
        let message = format!("`{}` needs version {needs}{name}", self.name);
        let mut diagnostic = Diagnostic::new(Code::E0403, setting.span, message)
            .label(format!("the range begins at {from}"))
            .also(self.view.span, "chosen here")
            .help(format!(
                "write `platforms: {{ {}: \">={needs}\" }}`, or give the node to newer devices in a profile of their own",
                platform.name
            ));
        let backports: Vec<String> = node.builds.iter().skip(1).map(ToString::to_string).collect();
        if !backports.is_empty() {
            diagnostic = diagnostic.note(format!("older lines have it from {}", backports.join(", ")));
        }
        self.report.push(diagnostic);
    }
}

/// What a build is called, where it is the first of a release.
fn release(version: Version) -> Option<&'static str> {
    let build = *version.0.get(2)?;
    RELEASES.iter().find(|(first, _)| u64::from(*first) == u64::from(build)).map(|(_, name)| *name)
}
