//! Reads a section of `nodes.tsv`, a root and all below it, and lays the overlay over it.
//!
//! What the words mean is said in `schemas/README.md`.

use super::{Access, Allowed, Condition, Dependency, Naming, Node, NodeFormat, Nodes, Occurrence, Reboot, is_below};
use crate::catalog::Correction;
use crate::catalog::read::{cells, flags, plain, some, version};
use crate::catalog::table::{Around, Row};

impl NodeFormat {
    fn parse(name: &str) -> Result<NodeFormat, String> {
        NodeFormat::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| format!("`{name}` is no format"))
    }
}

impl Access {
    fn parse(letters: &str) -> Result<Access, String> {
        let mut access = Access::default();
        for letter in letters.chars() {
            match letter {
                'A' => access.add = true,
                'G' => access.get = true,
                'R' => access.replace = true,
                'D' => access.delete = true,
                'E' => access.exec = true,
                other => return Err(format!("`{other}` is no verb")),
            }
        }
        Ok(access)
    }
}

impl Row for Nodes {
    const COLUMNS: &'static str = "path\tformat\taccess\toccurrence\tdefault\tallowed\tbuild\tflags";

    fn begins(cell: &str) -> bool {
        cell.starts_with("./")
    }

    fn nothing(root: &'static str) -> Nodes {
        Nodes { root, release: "", nodes: Vec::new(), sorted: Vec::new() }
    }

    fn read(lines: &[&'static str], around: &Around) -> Result<Nodes, (usize, String)> {
        let root = lines.first().and_then(|line| line.split('\t').next()).unwrap_or_default();
        let mut section = Nodes::nothing(root);
        let legend = legend(around.head);
        // The nodes that the one before stands below, it included, by position.
        let mut open: Vec<usize> = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            let node = node(line, &legend, &mut section, &mut open).map_err(|what| (at, what))?;
            section.nodes.push(node);
            open.push(at);
        }
        let corrections = around.overlay.windows.iter().filter(|correction| is_below(correction.at, root));
        for correction in corrections {
            // What fits nothing in newer facts is skipped: `vendor.py compare` finds what is stale.
            section.correct(correction).map_err(|what| (0, what))?;
        }
        section.sort();
        Ok(section)
    }
}

fn node(line: &'static str, legend: &Legend, section: &mut Nodes, open: &mut Vec<usize>) -> Result<Node, String> {
    let [path, format, access, occurrence, default, allowed, build, flags_cell] = cells::<8>(line)?;
    let path = if path.starts_with('/') { format!("{}{path}", section.root) } else { path.to_owned() };
    let above = path.rsplit_once('/').map_or("", |(above, _)| above);
    while open.last().and_then(|at| section.nodes.get(*at)).is_some_and(|node| node.path != above) {
        open.pop();
    }
    let parent = open.last().and_then(|at| section.nodes.get_mut(*at));
    if parent.is_none() && path != section.root {
        return Err(format!("`{path}` does not follow what it lies below"));
    }
    let mut node = Node {
        format: NodeFormat::parse(format)?,
        access: Access::parse(access)?,
        occurrence: match occurrence {
            "1" => Occurrence::One,
            "*" => Occurrence::ZeroOrMore,
            "+" => Occurrence::OneOrMore,
            "?" | "" => Occurrence::ZeroOrOne,
            other => return Err(format!("`{other}` is no occurrence")),
        },
        default: some(default),
        allowed: Allowed::parse(allowed)?,
        ..Node::bare(path)
    };
    if let Some(parent) = parent {
        parent.parent = true;
        node.builds.clone_from(&parent.builds);
        (node.editions, node.azure_ad, node.release) = (parent.editions, parent.azure_ad, parent.release);
    }
    if !build.is_empty() {
        node.builds = build.split(',').map(version).collect::<Result<_, _>>()?;
    }
    for (word, value) in flags(flags_cell) {
        flag(&mut node, word, value, legend)?;
    }
    if node.path == section.root {
        section.release = node.release;
    }
    Ok(node)
}

fn flag(node: &mut Node, word: &str, value: &'static str, legend: &Legend) -> Result<(), String> {
    match word {
        "atomic" => node.atomic = true,
        "cased" => node.cased = true,
        "aad" => node.azure_ad = true,
        "release" => node.release = value,
        "deprecated" => node.deprecated = Some(if value.is_empty() { None } else { Some(version(value)?) }),
        "editions" => {
            let found = legend.iter().find(|(name, _)| *name == value);
            node.editions = found.ok_or_else(|| format!("the head has no line for `{value}`"))?.1;
        }
        "title" => node.title = Some(plain(value)),
        "list" => node.list = Some(delimiter(value)?),
        "needs" => node.needs.push(dependency(Condition::Needs, value)?),
        "without" => node.needs.push(dependency(Condition::Without, value)?),
        "when" => node.needs.push(when(value)?),
        "reboot" => {
            node.reboot = Some(match value {
                "automatic" => Reboot::Automatic,
                "server" => Reboot::Server,
                other => return Err(format!("`{other}` is no restart")),
            });
        }
        "naming" => {
            node.naming = Some(match value {
                "unique" => Naming::Unique,
                "server" => Naming::Server,
                "client" => Naming::Client,
                other => return Err(format!("`{other}` names no node")),
            });
        }
        other => return Err(format!("unknown word `{other}`")),
    }
    Ok(())
}

fn delimiter(name: &str) -> Result<char, String> {
    Ok(match name {
        "semicolon" => ';',
        "comma" => ',',
        "pipe" => '|',
        "U+F000" => '\u{f000}',
        other => return Err(format!("`{other}` separates nothing")),
    })
}

/// What short names of edition lists stand for: `# e1 = 0x4,0x1B` in the head.
type Legend = Vec<(&'static str, &'static str)>;

fn legend(head: &'static str) -> Legend {
    head.lines().filter_map(|line| line.strip_prefix("# ")?.split_once(" = ")).collect()
}

/// `PATH=VALUE|VALUE`.
fn dependency(condition: Condition, text: &'static str) -> Result<Dependency, String> {
    let (path, values) = text.split_once('=').ok_or_else(|| format!("`{text}` names no values"))?;
    let values = values.split('|').map(plain).collect();
    Ok(Dependency { condition, path: plain(path), values })
}

/// `PATH=VALUE=ALLOWED`.
fn when(text: &'static str) -> Result<Dependency, String> {
    let mut parts = text.splitn(3, '=');
    let (Some(path), Some(values), Some(then)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(format!("`{text}` names no values"));
    };
    let values = values.split('|').map(plain).collect();
    Ok(Dependency { condition: Condition::When(Allowed::parse(then)?), path: plain(path), values })
}

impl Node {
    fn bare(path: String) -> Node {
        Node {
            path,
            format: NodeFormat::Node,
            access: Access::default(),
            occurrence: Occurrence::ZeroOrOne,
            default: None,
            allowed: Allowed::Any,
            list: None,
            builds: Vec::new(),
            editions: "",
            azure_ad: false,
            deprecated: None,
            instead: None,
            atomic: false,
            forbidden: false,
            avoided: false,
            doubtful: false,
            given: false,
            verified: false,
            cased: false,
            reboot: None,
            naming: None,
            title: None,
            needs: Vec::new(),
            parent: false,
            release: "",
            corrections: Vec::new(),
        }
    }

    fn change(&mut self, word: &str, value: &'static str) -> Result<(), String> {
        match word {
            "access" => self.access = Access::parse(value)?,
            "format" => self.format = NodeFormat::parse(value)?,
            "allowed" => self.allowed = Allowed::parse(value)?,
            "forbidden" => self.forbidden = value == "true",
            "avoided" => self.avoided = value == "true",
            "doubtful" => self.doubtful = value == "true",
            "given" => self.given = value == "true",
            "atomic" => self.atomic = value == "true",
            "verified" => self.verified = value == "true",
            "deprecated" => self.deprecated = Some(if value == "true" { None } else { Some(version(value)?) }),
            "instead" => self.instead = some(value),
            other => return Err(format!("`{other}` corrects no node")),
        }
        Ok(())
    }
}

impl Nodes {
    /// Does what a correction of the overlay says. A node that is not there stays as it is.
    fn correct(&mut self, correction: &'static Correction) -> Result<(), String> {
        if let Some((_, segment)) = correction.changes.iter().find(|(word, _)| *word == "segment") {
            self.respell(correction, segment);
            return Ok(());
        }
        let Some(node) = self.nodes.iter_mut().find(|node| node.path == correction.at) else { return Ok(()) };
        for (word, value) in correction.changes {
            node.change(word, value)?;
        }
        node.corrections.push(correction);
        Ok(())
    }

    /// Spells the last segment of a path otherwise, in the node and in all below it.
    fn respell(&mut self, correction: &'static Correction, segment: &str) {
        let above = correction.at.rsplit_once('/').map_or("", |(above, _)| above);
        for node in &mut self.nodes {
            let rest = node.path.strip_prefix(correction.at).filter(|rest| rest.is_empty() || rest.starts_with('/'));
            if let Some(spelled) = rest.map(|rest| format!("{above}/{segment}{rest}")) {
                if spelled.len() == above.len() + 1 + segment.len() {
                    node.corrections.push(correction);
                }
                node.path = spelled;
            }
        }
    }

    fn sort(&mut self) {
        let mut sorted: Vec<usize> = (0..self.nodes.len()).collect();
        let path = |at: &usize| self.nodes.get(*at).map_or("", |node| &node.path);
        sorted.sort_by(|left, right| path(left).cmp(path(right)));
        self.sorted = sorted;
    }
}
