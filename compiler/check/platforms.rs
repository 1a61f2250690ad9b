//! Platforms and their version ranges.

use super::suggest::{certain, list, nearest, offer};
use super::value::{shape, wrong_type};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::schema::{Platform, Range, Schemas, Version};
use crate::source::{Node, Pair, Resolved, Span, Tree, resolve};

/// A platform that is chosen, with its versions.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// The platform.
    pub platform: &'static Platform,
    /// The versions, where some are named.
    pub range: Option<Range>,
    /// Whether they are named by number rather than by a family name such as `10`.
    pub exact: bool,
    /// Where the platform stands.
    pub span: Span,
    /// Whether its devices are supervised, where the profile says so.
    pub supervised: Option<bool>,
    /// How its devices are enrolled, where the profile says so: `device`, `user`.
    pub enrollment: Option<&'static str>,
    /// The editions its devices have, where the profile says so, each with its place.
    pub editions: Vec<(&'static str, Span)>,
}

impl Chosen {
    /// A platform of which nothing is said but its name.
    pub fn bare(platform: &'static Platform, span: Span) -> Chosen {
        Chosen { platform, range: None, exact: false, span, supervised: None, enrollment: None, editions: Vec::new() }
    }
}

const ENROLLMENTS: [&str; 2] = ["device", "user"];

/// One `platform: range` of a mapping.
pub fn chosen(pair: &Pair, schemas: &Schemas, report: &mut Report) -> Option<Chosen> {
    let Some(platform) = schemas.platform(&pair.key) else {
        report.push(unknown(&pair.key, pair.key_span, schemas));
        return None;
    };
    let version = match &pair.value.tree {
        Tree::Mapping(pairs) => {
            facts(pairs, platform, report);
            pair.value.get("version").map(|pair| &pair.value)
        }
        Tree::Scalar(scalar) if resolve(scalar) == Resolved::Null => None,
        Tree::Scalar(_) | Tree::Sequence(_) => Some(&pair.value),
    };
    let (range, exact) = match version {
        Some(node) => {
            let (range, exact) = range(node, platform, report)?;
            (Some(range), exact)
        }
        None => (None, false),
    };
    let word = |name: &str| pair.value.get(name).and_then(|fact| fact.value.scalar());
    let supervised = match word("supervised").map(resolve) {
        Some(Resolved::Boolean(value)) => Some(value),
        _ => None,
    };
    let enrollment = word("enrollment").and_then(|scalar| ENROLLMENTS.into_iter().find(|known| **known == *scalar.text));
    let editions = pair.value.get("edition").map_or_else(Vec::new, |fact| {
        let known = |node: &Node| {
            let text = &node.scalar()?.text;
            Some((platform.editions.iter().copied().find(|known| **known == **text)?, node.span))
        };
        one_or_more(&fact.value).iter().filter_map(known).collect()
    });
    Some(Chosen { range, exact, supervised, enrollment, editions, ..Chosen::bare(platform, pair.key_span) })
}

fn one_or_more(node: &Node) -> &[Node] {
    node.sequence().unwrap_or(std::slice::from_ref(node))
}

/// The words of a platform: a platform with editions is not supervised.
fn words(platform: &Platform) -> &'static [&'static str] {
    if platform.editions.is_empty() { &["version", "supervised", "enrollment"] } else { &["version", "edition"] }
}

/// `supervised`, `enrollment`, `edition`: facts about devices that availability checks ask for.
fn facts(pairs: &[Pair], platform: &Platform, report: &mut Report) {
    for pair in pairs {
        let scalar = pair.value.scalar();
        match &*pair.key {
            "version" => {}
            "supervised" if platform.editions.is_empty() => {
                if !matches!(scalar.map(resolve), Some(Resolved::Boolean(_))) {
                    report.push(wrong_type(pair.value.span, "`true` or `false`", shape(&pair.value)));
                }
            }
            "enrollment" if platform.editions.is_empty() => {
                if !scalar.is_some_and(|scalar| ENROLLMENTS.contains(&&*scalar.text)) {
                    report.push(enrollment(&pair.value));
                }
            }
            "edition" if !platform.editions.is_empty() => {
                if one_or_more(&pair.value).is_empty() {
                    let diagnostic = Diagnostic::new(Code::E0219, pair.value.span, "the list of editions is empty");
                    report.push(diagnostic.label("names nothing"));
                }
                for node in one_or_more(&pair.value) {
                    report.extend(edition(node, platform));
                }
            }
            other => {
                let diagnostic = Diagnostic::new(Code::E0201, pair.key_span, format!("`{other}` is no fact about a platform"))
                    .label("not known");
                let free: Vec<&str> =
                    words(platform).iter().copied().filter(|word| !pairs.iter().any(|pair| *pair.key == **word)).collect();
                report.push(offer(diagnostic, "word", other, pair.key_span, &free));
            }
        }
    }
}

fn edition(node: &Node, platform: &Platform) -> Option<Diagnostic> {
    let Some(scalar) = node.scalar() else { return Some(wrong_type(node.span, "an edition, or a list of them", shape(node))) };
    if platform.editions.contains(&&*scalar.text) {
        return None;
    }
    let diagnostic = Diagnostic::new(Code::E0204, node.span, format!("`{}` is no edition", scalar.text)).label("not known");
    Some(offer(diagnostic, "word", &scalar.text, node.span, platform.editions))
}

fn enrollment(node: &Node) -> Diagnostic {
    let Some(scalar) = node.scalar() else { return wrong_type(node.span, "`device` or `user` for `enrollment`", shape(node)) };
    let diagnostic = Diagnostic::new(Code::E0204, node.span, format!("`{}` is no enrollment", scalar.text)).label("not known");
    offer(diagnostic, "word", &scalar.text, node.span, &ENROLLMENTS)
}

/// `>=V`, `V`, `>=V <W`.
fn range(node: &Node, platform: &Platform, report: &mut Report) -> Option<(Range, bool)> {
    let Some(scalar) = node.scalar() else {
        report.push(wrong_type(node.span, "a version range", shape(node)));
        return None;
    };
    match read(&scalar.text, platform) {
        Ok(range) => Some(range),
        Err(what) => {
            let diagnostic = Diagnostic::new(Code::E0211, node.span, format!("the range of `{}` {what}", platform.name))
                .label("no version range");
            let first =
                platform.names.first().map_or_else(|| platform.oldest_supported.to_string(), |(name, _)| (*name).to_owned());
            let behind = after(version(&first, platform).map_or(platform.oldest_supported, |(from, _)| from), &first, platform);
            let end = platform.names.get(1).map_or_else(|| behind.to_string(), |(name, _)| (*name).to_owned());
            let help = format!("write `\">={first}\"`, `\"{first}\"` or `\">={first} <{end}\"`");
            report.push(diagnostic.help(format!("{help}; in YAML a range that begins with `>` needs quotes")));
            None
        }
    }
}

fn read(text: &str, platform: &Platform) -> Result<(Range, bool), String> {
    let text = text.replace(">= ", ">=").replace("< ", "<");
    let mut words = text.split_whitespace();
    let first = words.next().ok_or("is empty")?;
    let (from, from_exact) = version(first.strip_prefix(">=").unwrap_or(first), platform)?;
    let below = match words.next() {
        None if first.starts_with(">=") => None,
        // One version alone: it and its minor versions.
        None => Some(after(from, first, platform)),
        Some(word) => {
            let end = word
                .strip_prefix('<')
                .filter(|end| !end.starts_with('='))
                .ok_or_else(|| format!("has `{word}` where `<VERSION` belongs"))?;
            if !first.starts_with(">=") {
                return Err(format!("has `{first}` where `>=VERSION` belongs"));
            }
            Some(version(end, platform)?.0)
        }
    };
    if words.next().is_some() {
        return Err("has more than two parts".into());
    }
    if below.is_some_and(|below| below <= from) {
        return Err("holds no version at all".into());
    }
    if let Some(ends) = platform.ends.filter(|ends| from < platform.oldest_supported || from >= *ends) {
        let (title, oldest) = (platform.title, platform.oldest_supported);
        return Err(format!("begins at {from}; {title} has versions from {oldest} to below {ends}"));
    }
    Ok((Range { from, below }, from_exact))
}

/// The version, and whether it is a number rather than a name.
fn version(text: &str, platform: &Platform) -> Result<(Version, bool), String> {
    if let Some((_, version)) = platform.names.iter().find(|(name, _)| *name == text) {
        return Ok((*version, false));
    }
    let version = Version::parse(text).ok_or_else(|| format!("has `{text}` where a version belongs"))?;
    let oldest_digit = platform.oldest_supported.0.first().copied().unwrap_or(0);
    // Windows: anything but 10 and 11 is a build, `10.0.NNNNN`.
    if !platform.names.is_empty() && (version.0.first() != Some(&oldest_digit) || version < platform.oldest_supported) {
        let names = list(platform.names.iter().map(|(name, _)| *name));
        return Err(format!("has `{text}`; versions are {names} or builds such as `{}`", platform.oldest_supported));
    }
    Ok((version, true))
}

/// The first version behind one that stands alone: `16` ends before 17, `16.4` before 16.5.
fn after(version: Version, text: &str, platform: &Platform) -> Version {
    if let Some(at) = platform.names.iter().position(|(name, _)| *name == text) {
        // The next name begins where this one ends; the last one is open, up to the next number in front.
        return platform.names.get(at + 1).map_or(Version([version.0[0] + 1, 0, 0, 0]), |(_, next)| *next);
    }
    let mut parts = version.0;
    let last = text.split('.').count().min(parts.len()).saturating_sub(1);
    if let Some(part) = parts.get_mut(last) {
        *part = part.saturating_add(1);
    }
    Version(parts)
}

/// A platform that is not known, or not yet.
pub fn unknown(name: &str, span: Span, schemas: &Schemas) -> Diagnostic {
    let known = || schemas.platforms.iter().map(|platform| platform.name);
    if let Some((_, title)) = schemas.not_yet.iter().find(|(known, _)| *known == name) {
        return Diagnostic::new(Code::E0210, span, format!("{title} is not served yet"))
            .label("not yet")
            .help(format!("served are {}", list(known())));
    }
    let diagnostic = Diagnostic::new(Code::E0210, span, format!("no platform is called `{name}`")).label("not known");
    let lower = name.to_ascii_lowercase();
    let alias =
        schemas.platforms.iter().find(|platform| platform.also_called.contains(&lower.as_str())).map(|platform| platform.name);
    let alias = alias.or_else(|| nearest(name, known()).filter(|near| certain(name, near)));
    match alias {
        Some(near) => diagnostic.help(format!("a known platform is near: `{near}`")).fix(format!("write `{near}`"), span, near),
        None => diagnostic.help(format!("known are {}", list(known()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtin::SCHEMAS;

    fn read_for(platform: &str, text: &str) -> Result<String, String> {
        read(text, SCHEMAS.platform(platform).unwrap()).map(|(range, _)| range.to_string())
    }

    #[test]
    fn ranges() {
        assert_eq!(read_for("ios", ">=16"), Ok(">=16".into()));
        assert_eq!(read_for("ios", "16"), Ok(">=16 <17".into()));
        assert_eq!(read_for("ios", ">=16.4 <18"), Ok(">=16.4 <18".into()));
        assert_eq!(read_for("windows", "10"), Ok(">=10.0.10240 <10.0.22000".into()));
        assert_eq!(read_for("windows", ">=11"), Ok(">=10.0.22000".into()));
        assert_eq!(read_for("windows", ">=10.0.19041"), Ok(">=10.0.19041".into()));
        for bad in ["", "sixteen", ">=18 <16", ">16", "16 17", ">=16 <17 <18"] {
            assert!(read_for("ios", bad).is_err(), "{bad}");
        }
        assert!(read_for("windows", ">=8.1").is_err());
    }
}
