//! What an entry of a device says that can be no device: a version that is none, a word that is no boolean, a platform that is misspelled.
//! Platforms that are not near one of ours are other devices of the organization, and no mistake of the file.

use super::Problem;
use crate::builtin::SCHEMAS;
use crate::check::{certain, nearest};
use crate::schema::{Platform, Version};

/// The platform of that name, whatever its case.
#[must_use]
pub fn platform(name: &str) -> Option<&'static Platform> {
    SCHEMAS.platforms.iter().find(|platform| platform.name.eq_ignore_ascii_case(name))
}

/// What is wrong with an entry; `value` gives its attributes.
pub fn wrong<'a>(line: u64, value: &dyn Fn(&str) -> Option<&'a str>) -> Vec<Problem> {
    let problem = |message: String, help: String| Problem { help: Some(help.into()), ..Problem::at(line, message) };
    let mut found = Vec::new();
    if let Some(name) = value("platform")
        && let Some(near) = meant(name)
    {
        found.push(problem(format!("no platform is called `{name}`"), format!("a known platform is near: `{near}`")));
    }
    if let Some(version) = value("os_version").filter(|version| Version::parse(version).is_none()) {
        let help = "a version is up to four numbers with dots between them, as in `17.2` or `10.0.19045`";
        found.push(problem(format!("the `os_version` `{version}` is no version"), help.into()));
    }
    if let Some(word) = value("supervised").filter(|word| !["true", "false"].iter().any(|known| word.eq_ignore_ascii_case(known)))
    {
        found.push(problem(format!("`supervised` is `{word}`, which says neither yes nor no"), "write `true` or `false`".into()));
    }
    found
}

/// The platform that a word which is none was meant to be.
#[must_use]
pub fn meant(name: &str) -> Option<&'static str> {
    if platform(name).is_some() || SCHEMAS.not_yet.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    let alias =
        SCHEMAS.platforms.iter().find(|platform| platform.also_called.contains(&lower.as_str())).map(|platform| platform.name);
    alias.or_else(|| nearest(name, SCHEMAS.platforms.iter().map(|platform| platform.name)).filter(|near| certain(name, near)))
}
