//! `payloadc.yaml`: who the organisation is, which server delivers, what the fleet runs.

mod delivery;

use std::collections::{BTreeMap, HashSet};

use super::format;
use super::platforms::{Chosen, chosen};
use super::suggest::{nearest, offer};
use super::value::{shape, text_of, wrong_type};
use crate::diagnostic::{Code, Diagnostic, Report, Severity};
use crate::schema::{Format, Platform, Schemas, Server};
use crate::source::{Node, Pair, Sources, Span, Tree};

/// What `payloadc.yaml` says, defaults filled in.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// Shown on devices.
    pub organization: String,
    /// Reverse DNS: root of every identifier.
    pub identifier: String,
    /// Globs of profile files, with their places.
    pub profiles: Vec<(String, Option<Span>)>,
    /// The output folder, relative to the workspace.
    pub output: String,
    /// The platforms of the fleet with their ranges; empty when none are named.
    pub fleet: Vec<Chosen>,
    /// The file of people, and the one of devices, relative to the workspace.
    pub directory: Directories,
    /// Variables by name, with who set them last.
    pub vars: BTreeMap<String, Variable>,
    /// Warnings that are silenced.
    pub allow: Vec<Allow>,
    /// Where servers are named.
    pub server_span: Option<Span>,
    /// Where the organisation's name stands.
    pub organization_span: Option<Span>,
    /// The consoles that get the profiles too.
    pub consoles: Vec<&'static Platform>,
    /// Platforms for which `server` names a console: it alone delivers to them, and nothing else is made.
    console_alone: Vec<(&'static str, &'static str)>,
    /// A server was named that is not known: what platforms take cannot be said.
    pub server_unknown: bool,
    servers: Vec<(&'static str, &'static Server)>,
}

/// Where people and devices are listed, with the places that say so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directories {
    /// People.
    pub users: Option<(String, Span)>,
    /// Devices.
    pub devices: Option<(String, Span)>,
}

/// A variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its text.
    pub value: String,
    /// Who set it: `payloadc.yaml`, `--vars FILE`, `--var`.
    pub from: String,
}

/// A silenced warning.
#[derive(Debug, Clone)]
pub struct Allow {
    /// The warning.
    pub code: Code,
    /// Where it is silenced.
    pub span: Span,
}

/// What the command line says about the workspace.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--var` and `--vars`, later ones last: name, value, who says so.
    pub vars: Vec<(String, Variable)>,
    /// `--organization`.
    pub organization: Option<String>,
    /// Consoles that `--target` names.
    pub consoles: Vec<&'static Platform>,
}

impl Workspace {
    /// A workspace without a file: one profile, by hand.
    #[must_use]
    pub fn bare(identifier: &str, schemas: &Schemas, overrides: &Overrides) -> Workspace {
        let manual = schemas.server("manual");
        let servers = schemas.platforms.iter().filter_map(|platform| Some((platform.name, manual?))).collect();
        Workspace {
            organization: identifier.to_owned(),
            identifier: identifier.to_owned(),
            profiles: Vec::new(),
            output: "dist".into(),
            fleet: Vec::new(),
            directory: Directories::default(),
            vars: overrides.vars.iter().cloned().collect(),
            allow: Vec::new(),
            server_span: None,
            organization_span: None,
            consoles: overrides.consoles.clone(),
            console_alone: Vec::new(),
            server_unknown: false,
            servers,
        }
    }

    /// Reads `payloadc.yaml`. What is wrong is said; what can be used is.
    pub fn read(root: &Node, schemas: &Schemas, overrides: &Overrides, sources: &Sources, report: &mut Report) -> Workspace {
        let mut workspace = Workspace::bare("", schemas, &Overrides::default());
        workspace.profiles = vec![("profiles/**/*.yaml".into(), None), ("profiles/**/*.yml".into(), None)];
        let Some(pairs) = root.mapping() else {
            report.push(wrong_type(root.span, "a mapping", shape(root)));
            return workspace;
        };
        let words = pairs.iter().map(|pair| &*pair.key).collect();
        let mut reader = Reader { schemas, sources, report, words };
        for pair in pairs {
            reader.word(pair, &mut workspace);
        }
        if let Some(identifier) = &overrides.organization {
            workspace.identifier.clone_from(identifier);
        }
        let misspelt = reader.words.iter().any(|word| !WORDS.contains(word) && nearest(word, WORDS) == Some("organization"));
        if root.get("organization").is_none() && overrides.organization.is_none() && !misspelt {
            let span = pairs.first().map_or(root.span, |pair| pair.key_span);
            reader.report.push(Diagnostic::new(Code::E0202, span, "`organization` is missing").label("in this file").help(
                "write `organization: { name: Contoso, identifier: com.contoso }`: every identifier on a device grows from it",
            ));
        }
        workspace.vars.extend(overrides.vars.iter().cloned());
        let asked =
            overrides.consoles.iter().copied().filter(|asked| !workspace.consoles.iter().any(|known| known.name == asked.name));
        let asked: Vec<_> = asked.collect();
        workspace.consoles.extend(asked);
        workspace
    }

    /// The server of a platform. A console fills in nothing by itself.
    #[must_use]
    pub fn server(&self, platform: &str) -> &'static Server {
        if self.consoles.iter().any(|console| console.name == platform) {
            return &crate::builtin::SERVER_GENERIC;
        }
        let found = self.servers.iter().find(|(name, _)| *name == platform).or(self.servers.first());
        found.map_or(&crate::builtin::SERVER_MANUAL, |(_, server)| server)
    }

    /// Whether a console alone delivers to a platform.
    #[must_use]
    pub fn console_alone(&self, platform: &str) -> bool {
        self.console_alone.iter().any(|(name, _)| *name == platform)
    }

    /// The name of what delivers to a platform: a server, or a console.
    #[must_use]
    pub fn delivered_by(&self, platform: &str) -> &'static str {
        let console = self.console_alone.iter().find(|(name, _)| *name == platform);
        console.map_or_else(|| self.server(platform).name, |(_, console)| console)
    }

    /// All servers in use, each once.
    #[must_use]
    pub fn servers(&self) -> Vec<&'static Server> {
        let mut servers: Vec<&'static Server> = self.servers.iter().map(|(_, server)| *server).collect();
        servers.sort_by_key(|server| server.name);
        servers.dedup_by_key(|server| server.name);
        servers
    }
}

const WORDS: [&str; 9] = ["organization", "profiles", "output", "server", "platforms", "consoles", "directory", "vars", "allow"];

struct Reader<'a> {
    schemas: &'a Schemas,
    sources: &'a Sources,
    report: &'a mut Report,
    /// The words that the file has.
    words: HashSet<&'a str>,
}

impl Reader<'_> {
    fn word(&mut self, pair: &Pair, workspace: &mut Workspace) {
        match &*pair.key {
            "organization" => self.organization(&pair.value, workspace),
            "profiles" => workspace.profiles = self.globs(&pair.value),
            "output" => {
                if let Some(path) = self.path(&pair.value, "a folder") {
                    workspace.output = path;
                }
            }
            "server" => self.servers(&pair.value, workspace),
            "platforms" => {
                for pair in self.pairs(&pair.value, "a mapping of platforms and versions for `platforms`") {
                    workspace.fleet.extend(chosen(pair, self.schemas, self.report));
                }
            }
            "consoles" => self.consoles(&pair.value, workspace),
            "directory" => workspace.directory = self.directories(&pair.value),
            "vars" => {
                for pair in self.pairs(&pair.value, "a mapping of names and texts for `vars`") {
                    if let Some(value) = self.variable(pair) {
                        workspace.vars.insert(pair.key.to_string(), Variable { value, from: "payloadc.yaml".into() });
                    }
                }
            }
            "allow" => workspace.allow = allowed(&pair.value, self.sources, self.report),
            _ => self.unknown(pair),
        }
    }

    fn unknown(&mut self, pair: &Pair) {
        let diagnostic =
            Diagnostic::new(Code::E0201, pair.key_span, format!("`{}` is no word of payloadc.yaml", pair.key)).label("not known");
        let free: Vec<&str> = WORDS.into_iter().filter(|word| !self.words.contains(word)).collect();
        self.report.push(offer(diagnostic, "word", &pair.key, pair.key_span, &free));
    }

    fn pairs<'n>(&mut self, node: &'n Node, what: &str) -> &'n [Pair] {
        node.mapping().unwrap_or_else(|| {
            self.report.push(wrong_type(node.span, what, shape(node)));
            &[]
        })
    }

    fn organization(&mut self, node: &Node, workspace: &mut Workspace) {
        for pair in self.pairs(node, "a mapping with `name` and `identifier` for `organization`") {
            match &*pair.key {
                "name" => {
                    if let Some(name) = text_of(&pair.value, "a name", self.sources, self.report) {
                        workspace.organization = self.formatted(Format::Line, name, pair.value.span);
                        workspace.organization_span = Some(pair.value.span);
                    }
                }
                "identifier" => {
                    if let Some(text) = text_of(&pair.value, "a reverse DNS name", self.sources, self.report) {
                        if let Err(what) = reverse_dns(text) {
                            let diagnostic = Diagnostic::new(Code::E0218, pair.value.span, format!("the identifier {what}"))
                                .label("no reverse DNS name");
                            self.report
                                .push(diagnostic.help("write a domain of the organisation backwards, as in `com.contoso`"));
                        }
                        text.clone_into(&mut workspace.identifier);
                    }
                }
                _ => {
                    let diagnostic =
                        Diagnostic::new(Code::E0201, pair.key_span, format!("`{}` is no word of `organization`", pair.key))
                            .label("not known");
                    let free: Vec<&str> = ["name", "identifier"].into_iter().filter(|word| node.get(word).is_none()).collect();
                    self.report.push(if free.is_empty() {
                        diagnostic.help("known are `name` and `identifier`")
                    } else {
                        offer(diagnostic, "word", &pair.key, pair.key_span, &free)
                    });
                }
            }
        }
        for word in ["name", "identifier"] {
            let misspelt =
                || node.mapping().unwrap_or_default().iter().any(|pair| nearest(&pair.key, ["name", "identifier"]) == Some(word));
            if node.mapping().is_some() && node.get(word).is_none() && !misspelt() {
                let message = format!("`organization.{word}` is missing");
                self.report.push(Diagnostic::new(Code::E0202, node.span, message).label("in this mapping"));
            }
        }
    }

    fn formatted(&mut self, format: Format, text: &str, span: Span) -> String {
        match format::read(format, text) {
            Ok(text) => text,
            Err(wrong) => {
                let diagnostic = Diagnostic::new(Code::E0208, span, format!("the name {}", wrong.what)).label(wrong.what);
                self.report.push(match wrong.right {
                    Some(right) => diagnostic.fix(format!("write `{right}`"), span, serde_json::Value::from(right).to_string()),
                    None => diagnostic,
                });
                text.to_owned()
            }
        }
    }

    fn globs(&mut self, node: &Node) -> Vec<(String, Option<Span>)> {
        let items = match &node.tree {
            Tree::Sequence(items) => items.as_slice(),
            Tree::Scalar(_) => std::slice::from_ref(node),
            Tree::Mapping(_) => {
                self.report.push(wrong_type(node.span, "a list of globs for `profiles`", shape(node)));
                &[]
            }
        };
        items.iter().filter_map(|item| Some((self.path(item, "a glob")?, Some(item.span)))).collect()
    }

    /// A path or glob that stays in the workspace.
    fn path(&mut self, node: &Node, what: &str) -> Option<String> {
        let text = text_of(node, what, self.sources, self.report)?;
        if text.trim().is_empty() {
            self.report.push(Diagnostic::new(Code::E0208, node.span, format!("{what} is named with nothing")).label("blank"));
            return None;
        }
        let leaves = text.starts_with('/')
            || text.contains('\\')
            || text.split('/').any(|segment| segment == "..")
            || text.as_bytes().get(1) == Some(&b':');
        if leaves {
            let diagnostic =
                Diagnostic::new(Code::E0111, node.span, format!("`{text}` leads out of the workspace")).label("outside");
            self.report.push(diagnostic.help("paths and globs are relative to payloadc.yaml, use `/` and have no `..`"));
            return None;
        }
        Some(text.strip_prefix("./").unwrap_or(text).to_owned())
    }

    /// A file of people, or `{ users: FILE, devices: FILE }`.
    fn directories(&mut self, node: &Node) -> Directories {
        let Some(pairs) = node.mapping() else {
            return Directories { users: self.path(node, "a file").map(|path| (path, node.span)), devices: None };
        };
        let mut directories = Directories::default();
        for pair in pairs {
            let slot = match &*pair.key {
                "users" => &mut directories.users,
                "devices" => &mut directories.devices,
                _ => {
                    let message = format!("`{}` is no word of `directory`", pair.key);
                    let diagnostic = Diagnostic::new(Code::E0201, pair.key_span, message).label("not known");
                    self.report.push(offer(diagnostic, "word", &pair.key, pair.key_span, &["users", "devices"]));
                    continue;
                }
            };
            *slot = self.path(&pair.value, "a file").map(|path| (path, pair.value.span));
        }
        directories
    }

    fn platform(&mut self, name: &str, span: Span) -> Option<&'static Platform> {
        let platform = self.schemas.platform(name);
        if platform.is_none() {
            self.report.push(super::platforms::unknown(name, span, self.schemas));
        }
        platform
    }

    fn variable(&mut self, pair: &Pair) -> Option<String> {
        let name_fits = !pair.key.is_empty()
            && !pair.key.starts_with(|c: char| c.is_ascii_digit())
            && pair.key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !name_fits {
            let diagnostic =
                Diagnostic::new(Code::E0218, pair.key_span, format!("`{}` cannot be the name of a variable", pair.key));
            self.report.push(diagnostic.label("letters, digits and `_`, not beginning with a digit"));
            return None;
        }
        match &pair.value.tree {
            Tree::Scalar(scalar) => Some(scalar.text.to_string()),
            Tree::Sequence(_) | Tree::Mapping(_) => {
                self.report.push(wrong_type(pair.value.span, "text", shape(&pair.value)));
                None
            }
        }
    }
}

/// `allow: { W0212: "why" }`, of the workspace or a profile.
pub fn allowed(node: &Node, sources: &Sources, report: &mut Report) -> Vec<Allow> {
    let Some(pairs) = node.mapping() else {
        report.push(wrong_type(node.span, "a mapping of warning codes and reasons for `allow`", shape(node)));
        return Vec::new();
    };
    let mut allow = Vec::new();
    for pair in pairs {
        let code = Code::find(&pair.key).filter(|code| code.severity() == Severity::Warning);
        let reason = text_of(&pair.value, "a reason", sources, report);
        match (code, reason) {
            (Some(code), Some(reason)) if !reason.trim().is_empty() => allow.push(Allow { code, span: pair.key_span }),
            (Some(_), Some(_)) => {
                report.push(
                    Diagnostic::new(Code::E0208, pair.value.span, "the reason is blank").label("say why the warning is silenced"),
                );
            }
            (None, _) => {
                let message = format!("`{}` is no warning that can be silenced", pair.key);
                report.push(
                    Diagnostic::new(Code::E0204, pair.key_span, message)
                        .label("not a warning")
                        .help("only codes that begin with `W` can"),
                );
            }
            (Some(_), None) => {}
        }
    }
    allow
}

/// Two labels or more, each of letters, digits and `-`.
fn reverse_dns(text: &str) -> Result<(), String> {
    let labels: Vec<&str> = text.split('.').collect();
    if labels.len() < 2 {
        return Err("has no dot".into());
    }
    if text.len() > 128 {
        return Err(format!("has {} characters, 128 are allowed", text.len()));
    }
    let fits = |label: &&str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    match labels.iter().find(|label| !fits(label)) {
        Some(&"") => Err("has an empty part between dots".into()),
        Some(label) => Err(format!("has a part that is no name: `{label}`")),
        None => Ok(()),
    }
}

/// Whether text can be an organisation's identifier: for the command line.
#[must_use]
pub fn is_identifier(text: &str) -> bool {
    reverse_dns(text).is_ok()
}
