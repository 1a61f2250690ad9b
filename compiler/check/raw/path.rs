//! The path of a node: how it is written, and which node of the vendor tables it names.
//!
//! Paths are decoded here; percent-encoding is the writer's.

use super::command::above;
use super::csp::Pass;
use super::written::part_of;
use crate::catalog::{Allowed, Node, Spot};
use crate::check::suggest::certain;
use crate::check::vendor;
use crate::check::vendor::matches;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::NodeSetting;

/// What a path names.
pub enum Named {
    /// A node, under the path as the vendor tables begin it.
    Node(&'static Node, String),
    /// Nothing that is known.
    Unknown,
}

/// Nodes below which a name has braces or must have none.
/// <https://learn.microsoft.com/windows/client-management/mdm/activesync-csp>,
/// <https://learn.microsoft.com/windows/client-management/mdm/passportforwork-csp>
const GUIDS: [(&str, bool); 3] = [
    ("/ActiveSync/Accounts/{}", true),
    ("/ActiveSync/Accounts/{}/Options/ContentTypes/{}", true),
    ("/PassportForWork/{}", false),
];

impl Pass<'_, '_> {
    /// Whether the path is one at all.
    pub fn is_path(&mut self, setting: &NodeSetting) -> bool {
        let path = &*setting.path;
        let wrong = |from: usize, to: usize, what: &str| {
            let at = part_of(setting, from, to, self.cx.sources);
            Diagnostic::new(Code::E0450, at, format!("`{path}` is no path of a node: {what}"))
        };
        let trimmed = path.trim();
        let diagnostic = if trimmed != path {
            let fix = quoted(trimmed);
            wrong(0, path.len(), "blanks stand around it").label("padded").fix("remove the blanks", setting.span, fix)
        } else if path.starts_with('/') {
            wrong(0, 1, "it begins with `/`").label("not here").help("paths begin with `./Device`, `./User` or `./Vendor`")
        } else if let Some((from, to, what)) = bad_segment(path) {
            wrong(from, to, what).label("here").help("each segment between two `/` has a name")
        } else if let Some(decoded) = encoded(path) {
            let fix = quoted(&decoded);
            wrong(0, path.len(), "it is percent-encoded")
                .label("encoded")
                .help("paths are written decoded, and encoded when they are sent")
                .fix(format!("write `{decoded}`"), setting.span, fix)
        } else if !path.starts_with("./") && path != "." {
            let fix = quoted(&format!("./{path}"));
            wrong(0, path.len(), "it does not begin with `./`").label("no root").fix(
                format!("write `./{path}`"),
                setting.span,
                fix,
            )
        } else {
            return true;
        };
        self.report.push(diagnostic);
        false
    }

    /// The node, or what is wrong with its name.
    pub fn named(&mut self, setting: &NodeSetting) -> Option<Named> {
        let path = &*setting.path;
        let found = self.cx.catalog.node_for(path).map(|node| (node, path.to_owned()));
        let found = found.or_else(|| self.in_device(path));
        match found {
            Some((node, path)) => self.fits(setting, node, path),
            None if self.warn => {
                self.unknown(setting, Code::W0650, "is sent as it is");
                Some(Named::Unknown)
            }
            None => {
                self.unknown(setting, Code::E0451, "`unknown: warn` sends it all the same");
                None
            }
        }
    }

    /// `./Vendor` and `./Device/Vendor` are the same, wherever the tables root a node.
    fn in_device(&self, path: &str) -> Option<(&'static Node, String)> {
        let other = match path.strip_prefix("./Device/") {
            Some(rest) => format!("./{rest}"),
            None => format!("./Device/{}", path.strip_prefix("./").filter(|rest| rest.starts_with("Vendor/"))?),
        };
        self.cx.catalog.node_for(&other).map(|node| (node, other))
    }

    fn fits(&mut self, setting: &NodeSetting, node: &'static Node, path: String) -> Option<Named> {
        let phone = self.phone;
        if node.release.ends_with("1607") != phone {
            let title = self.view.platform.title;
            let diagnostic = Diagnostic::new(Code::E0401, setting.span, format!("this node is not known on {title}"));
            let other = path.strip_prefix("./").map(|rest| format!("./User/{rest}"));
            let other = other.filter(|other| !phone && self.cx.catalog.node_for(other).is_some());
            self.report.push(match other {
                Some(other) => diagnostic.label("of Windows Phone").fix(format!("write `{other}`"), setting.span, quoted(&other)),
                None => diagnostic.label("not here").note(format!("its facts are of the vendor's release {}", node.release)),
            });
            return None;
        }
        for (at, braces) in
            GUIDS.into_iter().filter_map(|(at, braces)| node.path.find(at).map(|from| (from + at.len() - 3, braces)))
        {
            let depth = node.path.get(..at).unwrap_or_default().matches('/').count() + 1;
            let segment = path.split('/').nth(depth).unwrap_or_default();
            if (segment.starts_with('{') && segment.ends_with('}')) != braces {
                let what = if braces { "the GUID here has braces" } else { "the GUID here has no braces" };
                let right = if braces { format!("{{{segment}}}") } else { segment.trim_matches(['{', '}']).to_owned() };
                let diagnostic =
                    Diagnostic::new(Code::E0450, setting.span, format!("`{segment}` is no name of such a node: {what}"));
                self.report.push(diagnostic.label(what).help(format!("write `{right}`")));
                return None;
            }
        }
        self.names_fit(setting, node, &path).then_some(Named::Node(node, path))
    }

    /// Names that the server chooses have a form, where documentation says so.
    fn names_fit(&mut self, setting: &NodeSetting, node: &'static Node, path: &str) -> bool {
        let all = above(self.cx.catalog, path, node).into_iter().chain([(node, path)]);
        for (node, filled) in all.filter(|(node, _)| node.verified && node.name() == "{}") {
            let name = filled.rsplit('/').next().unwrap_or_default();
            let Allowed::Regex(pattern) = node.allowed else { continue };
            if matches(pattern, name) == Some(false) {
                let message = format!("`{name}` is no name of such a node");
                let diagnostic = Diagnostic::new(Code::E0450, setting.span, message).label("another form");
                self.report.push(diagnostic.help(format!("it fits `{pattern}`")));
                return false;
            }
        }
        true
    }

    fn unknown(&mut self, setting: &NodeSetting, code: Code, otherwise: &str) {
        let path = &*setting.path;
        let near = self.other_scope(path).or_else(|| vendor::node(self.cx.catalog, path));
        let (from, to) = match self.cx.catalog.node_spot(path) {
            Spot::Lost(lost) => (lost.from, lost.to),
            Spot::Found(_) => (0, path.len()),
        };
        let at = part_of(setting, from, to, self.cx.sources);
        let scope = self.other_scope(path).is_some();
        let message = if scope {
            let (here, there) = if path.starts_with("./User") { ("users", "the device") } else { ("the device", "users") };
            format!("the vendor tables have this node for {there}, not for {here}")
        } else {
            format!("no CSP node is called `{path}`")
        };
        let diagnostic = Diagnostic::new(code, at, message).label(if scope { "the wrong scope" } else { "not known" });
        self.report.push(match near {
            Some(near) if code == Code::E0451 && (scope || certain(path, &near)) => {
                diagnostic.help(format!("the tables have `{near}`")).fix(format!("write `{near}`"), setting.span, quoted(&near))
            }
            Some(near) => {
                diagnostic.help(format!("the tables have `{near}`; {}{otherwise}", if code == Code::W0650 { "it " } else { "" }))
            }
            None if code == Code::E0451 => diagnostic.help(format!("`payloadc catalog search WORD` finds nodes; {otherwise}")),
            None => diagnostic.help(format!("it {otherwise}")),
        });
    }

    /// The same node for users instead of the device, or the reverse.
    fn other_scope(&self, path: &str) -> Option<String> {
        let others = match path.strip_prefix("./User/") {
            Some(rest) => vec![format!("./Device/{rest}"), format!("./{rest}")],
            None => vec![format!("./User/{}", path.strip_prefix("./Device/").or_else(|| path.strip_prefix("./"))?)],
        };
        let newer = |other: &String| self.cx.catalog.node_for(other).is_some_and(|node| !node.release.ends_with("1607"));
        others.into_iter().find(newer)
    }
}

fn bad_segment(path: &str) -> Option<(usize, usize, &'static str)> {
    let mut at = 0;
    for (index, segment) in path.split('/').enumerate() {
        let what = match segment {
            "" => "a segment is empty",
            ".." => "`..` leads nowhere in it",
            "." if index > 0 => "`.` leads nowhere in it",
            "*" => "`*` is no name",
            _ if segment.trim() != segment => "a segment has blanks around it",
            _ => {
                at += segment.len() + 1;
                continue;
            }
        };
        return Some((at, (at + segment.len()).max(at + 1).min(path.len()), what));
    }
    None
}

/// The path without percent-encoding, where it has some.
fn encoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    let mut found = false;
    while let Some((first, behind)) = rest.split_first() {
        let pair = behind.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.filter(|_| *first == b'%').and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = behind.get(2..).unwrap_or_default();
                found = true;
            }
            None => {
                bytes.push(*first);
                rest = behind;
            }
        }
    }
    found.then(|| String::from_utf8(bytes).ok()).flatten()
}

/// As it stands in YAML: quoted where it must be.
pub fn quoted(path: &str) -> String {
    let plain = path.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '/' | '_' | '-' | '~'));
    if plain { path.to_owned() } else { serde_json::Value::from(path).to_string() }
}
