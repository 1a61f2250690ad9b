//! Releases of Windows, the lines in which they are serviced, and since when a node is in one.

use super::Node;
use crate::schema::Version;

/// A release of Windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Release {
    /// Its number: `19045` in `10.0.19045.2130`.
    pub build: u32,
    /// The revision it came out with: `2130`.
    pub revision: u32,
    /// What it is called.
    pub name: &'static str,
    /// The first release of its line. Those of one line are the same system, get the same updates under the same revision, and
    /// differ by what an enablement package switches on: what an older one has got by a revision, the later ones have too.
    pub line: u32,
}

const fn own(build: u32, revision: u32, name: &'static str) -> Release {
    Release { build, revision, name, line: build }
}

const fn of(line: u32, build: u32, revision: u32, name: &'static str) -> Release {
    Release { build, revision, name, line }
}

/// Numbers, first revisions and lines: <https://learn.microsoft.com/windows/release-health/release-information>,
/// <https://learn.microsoft.com/windows/release-health/windows11-release-information>. Releases that are a line of their own need no
/// revision here.
pub const RELEASES: [Release; 19] = [
    own(10240, 0, "Windows 10, version 1507"),
    own(10586, 0, "Windows 10, version 1511"),
    own(14393, 0, "Windows 10, version 1607"),
    own(15063, 0, "Windows 10, version 1703"),
    own(16299, 0, "Windows 10, version 1709"),
    own(17134, 0, "Windows 10, version 1803"),
    own(17763, 0, "Windows 10, version 1809"),
    own(18362, 0, "Windows 10, version 1903"),
    of(18362, 18363, 418, "Windows 10, version 1909"),
    own(19041, 0, "Windows 10, version 2004"),
    of(19041, 19042, 572, "Windows 10, version 20H2"),
    of(19041, 19043, 985, "Windows 10, version 21H1"),
    of(19041, 19044, 1288, "Windows 10, version 21H2"),
    of(19041, 19045, 2130, "Windows 10, version 22H2"),
    own(22000, 0, "Windows 11, version 21H2"),
    own(22621, 0, "Windows 11, version 22H2"),
    of(22621, 22631, 2428, "Windows 11, version 23H2"),
    own(26100, 0, "Windows 11, version 24H2"),
    of(26100, 26200, 6584, "Windows 11, version 25H2"),
];

/// The release that a version is of.
#[must_use]
pub fn windows_release(version: Version) -> Option<&'static Release> {
    RELEASES.iter().find(|release| release.build == version.0[2])
}

/// The vendor writes builds such as 99.9 and 88.8 for what is announced.
fn is_announced(version: Version) -> bool {
    version.0[0] >= 80
}

/// Whether two versions are of one line.
fn same_line(one: Version, other: Version) -> bool {
    let line = |version: Version| windows_release(version).map_or(version.0[2], |release| release.line);
    one.0[..2] == other.0[..2] && line(one) == line(other)
}

impl Node {
    /// Announced, in no build yet.
    #[must_use]
    pub fn unreleased(&self) -> bool {
        !self.builds.is_empty() && self.builds.iter().all(|build| is_announced(*build))
    }

    /// The version from which devices at or behind `from` have the node: `from` itself where they have it already, nothing where no
    /// release of its line or of a later one has it yet.
    ///
    /// What the vendor lists for a line says when the line got it; what it lists first is the main line, which later releases go on
    /// from.
    #[must_use]
    pub fn since(&self, from: Version) -> Option<Version> {
        if self.builds.is_empty() {
            return Some(from);
        }
        let builds = || self.builds.iter().copied().filter(|build| !is_announced(*build));
        let first = windows_release(from).map_or(0, |release| release.revision);
        let reached = |build: Version| {
            // An older release of the line got it with this revision, and so did this one, or had it from its first.
            let revision = if build.0[2] < from.0[2] { from.0[3].max(first) } else { from.0[3] };
            if revision >= build.0[3] { from } else { Version([from.0[0], from.0[1], from.0[2], build.0[3]]) }
        };
        let in_line = builds().filter(|build| same_line(*build, from) && build.0[2] <= from.0[2]);
        if let Some(since) = in_line.map(reached).min() {
            return Some(since);
        }
        let main = self.build();
        (!is_announced(main)).then_some(main.max(from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtin::CATALOG;

    fn since(path: &str, from: &str) -> Option<String> {
        CATALOG.node(path).unwrap().since(Version::parse(from).unwrap()).map(|version| version.to_string())
    }

    #[test]
    fn what_a_line_got_its_later_releases_have() {
        // 10.0.22000, 10.0.19043.1202, 10.0.19042.1202, 10.0.19041.1202
        let wallpaper = "./User/Vendor/MSFT/Policy/Config/ADMX_Desktop/Wallpaper";
        for (from, first) in [
            ("10.0.18362", "10.0.22000"),
            ("10.0.19041", "10.0.19041.1202"),
            ("10.0.19043", "10.0.19043.1202"),
            ("10.0.19043.1202", "10.0.19043.1202"),
            ("10.0.19044", "10.0.19044"),
            ("10.0.19045", "10.0.19045"),
            ("10.0.22000", "10.0.22000"),
            ("10.0.26200", "10.0.26200"),
        ] {
            assert_eq!(since(wallpaper, from).as_deref(), Some(first), "{from}");
        }
    }

    #[test]
    fn a_later_release_does_not_serve_an_older_one() {
        // 10.0.26100, 10.0.22621.900, 10.0.19045.4842
        let messages = "./User/Vendor/MSFT/Policy/Config/Experience/EnableOrganizationalMessages";
        for (from, first) in [
            ("10.0.19041", "10.0.26100"),
            ("10.0.19045.4842", "10.0.19045.4842"),
            ("10.0.22000", "10.0.26100"),
            ("10.0.22621", "10.0.22621.900"),
            ("10.0.22631", "10.0.22631"),
            ("10.0.26200", "10.0.26200"),
        ] {
            assert_eq!(since(messages, from).as_deref(), Some(first), "{from}");
        }
    }

    #[test]
    fn nothing_is_deprecated_before_it_is_there() {
        let nodes = CATALOG.nodes().flat_map(|section| &section.nodes);
        let wrong = nodes.filter(|node| node.deprecated.flatten().is_some_and(|since| since.0 != [0; 4] && since < node.build()));
        assert_eq!(wrong.map(|node| &node.path).collect::<Vec<_>>(), Vec::<&String>::new());
    }
}
