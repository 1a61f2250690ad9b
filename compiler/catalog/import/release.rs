//! Which release of Apple's the files of a folder are of.
//!
//! The README of Apple's repository says it in a table of systems. It is believed as long as the files fit: a checkout into which
//! files of another release were copied, or a folder without README, is known by the versions that its files name.

use super::support::Systems;
use crate::schema::Version;

/// The systems that a release is named by, and where they stand in [`Systems`].
const NAMED: [(usize, &str); 2] = [(0, "iOS"), (1, "macOS")];

/// The newest versions that files name: iOS, macOS.
#[derive(Debug, Clone, Copy, Default)]
pub struct Newest([Option<Version>; 2]);

impl Newest {
    /// Those of one `supportedOS`: since when something is there, deprecated, gone.
    pub fn of(systems: &Systems) -> Newest {
        let version = |at: usize| {
            let attributes = systems.get(at)?.as_ref()?;
            let texts = ["introduced", "deprecated", "removed"].into_iter().filter_map(|name| attributes.get(name));
            texts.filter_map(|text| Version::parse(text)).max()
        };
        Newest(NAMED.map(|(at, _)| version(at)))
    }

    pub fn with(self, other: Newest) -> Newest {
        let [one, two] = self.0;
        let [own, second] = other.0;
        Newest([one.max(own), two.max(second)])
    }
}

/// The release, and how it is known.
pub fn release(readme: Option<&str>, newest: Newest) -> (String, String) {
    let said = NAMED.map(|(_, os)| readme.and_then(|text| stated(text, os)));
    let counted = text(newest.0);
    let way_out = "give --release if another is meant";
    if said.iter().all(Option::is_none) && counted.is_empty() {
        return ("unknown".into(), format!("neither README.md nor the files name one; {way_out}"));
    }
    if said.iter().all(Option::is_none) {
        return (counted, format!("the newest versions that its files name; {way_out}"));
    }
    let major = |version: Version| version.0.first().copied();
    let fits = said.iter().zip(newest.0).all(|(said, named)| match (said, named) {
        (Some(said), Some(named)) => named <= *said && (major(named) == major(*said)),
        _ => true,
    });
    if fits {
        (text(said), "README.md says so".to_owned())
    } else {
        (counted, format!("the newest versions that its files name, while README.md says {}; {way_out}", text(said)))
    }
}

/// `iOS 18.3, macOS 15.3`.
fn text(versions: [Option<Version>; 2]) -> String {
    let named = NAMED.iter().zip(versions).filter_map(|((_, os), version)| Some(format!("{os} {}", dotted(version?))));
    named.collect::<Vec<_>>().join(", ")
}

/// `26.0`: as Apple writes a first version.
fn dotted(version: Version) -> String {
    let short = version.to_string();
    if short.contains('.') { short } else { format!("{short}.0") }
}

/// The version in the row of a system: `| iOS | 18.3 |`.
fn stated(readme: &str, os: &str) -> Option<Version> {
    let mut rows = readme.lines().map(|line| line.split('|').map(str::trim));
    rows.find_map(|mut cells| (cells.nth(1)? == os).then(|| cells.next())?).and_then(Version::parse)
}

#[cfg(test)]
mod tests {
    use super::*;

    const README: &str = "| OS | Version |\n|--|--|\n| iOS      | 18.3    |\n| macOS    | 15.3    |\n";

    fn newest(ios: [u32; 2], mac: [u32; 2]) -> Newest {
        Newest([Some(Version([ios[0], ios[1], 0, 0])), Some(Version([mac[0], mac[1], 0, 0]))])
    }

    #[test]
    fn a_readme_is_believed_as_long_as_the_files_fit() {
        assert_eq!(release(Some(README), newest([18, 0], [15, 0])), ("iOS 18.3, macOS 15.3".into(), "README.md says so".into()));
        for (files, named) in
            [(newest([26, 4], [26, 4]), "iOS 26.4, macOS 26.4"), (newest([17, 4], [14, 4]), "iOS 17.4, macOS 14.4")]
        {
            let (release, how) = release(Some(README), files);
            assert_eq!(release, named);
            assert!(how.contains("README.md says iOS 18.3, macOS 15.3; give --release"), "{how}");
        }
    }

    #[test]
    fn without_a_readme_the_newest_version_counts() {
        for readme in [None, Some("no table")] {
            let (release, how) = release(readme, newest([26, 0], [26, 0]));
            assert_eq!(release, "iOS 26.0, macOS 26.0");
            assert!(how.contains("the newest versions that its files name; give --release"), "{how}");
        }
    }
}
