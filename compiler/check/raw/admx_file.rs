//! An ADMX file: its policies with their places, elements and registry keys.
//!
//! <https://learn.microsoft.com/previous-versions/windows/desktop/policy/admx-schema>

use std::collections::HashMap;
use std::sync::Arc;

use super::admx_read::{Tag, for_each};
use super::csp::{Judged, Pass};
use crate::catalog::NodeFormat;
use crate::check::suggest::nearest;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{AdmxFile, AdmxInstall, NodeCommand, NodeData, NodeSetting, NodeValue, Text, Verb};

/// A file that was read.
pub struct Template {
    /// Its name, as vendor tables name it.
    pub name: Arc<str>,
    pub install: Option<AdmxInstall>,
    pub policies: Vec<Policy>,
}

/// A policy.
#[derive(Default)]
pub struct Policy {
    pub name: String,
    /// `User`, `Machine` or `Both`.
    class: String,
    /// The registry keys it writes.
    keys: Vec<String>,
    /// The reference to its category.
    parent: String,
    /// Its categories from the root, as a path names them.
    pub categories: Vec<String>,
    pub elements: Vec<Asked>,
}

/// An element of a policy.
pub struct Asked {
    pub id: String,
    pub is: Element,
    pub required: bool,
}

/// What an element holds.
pub enum Element {
    Text(Option<usize>),
    Decimal(u64, u64),
    Boolean,
    /// Values with the names of their labels.
    Enum(Vec<(String, String)>),
    /// With names of one's own for each value.
    List(bool),
    MultiText,
}

/// Deeper than categories lie in any file of Microsoft's.
const DEEPEST: usize = 64;

/// Registry keys that no ingested policy may write below, and what is let through.
/// <https://learn.microsoft.com/windows/client-management/win32-and-centennial-app-policy-configuration>
const REFUSED: [&str; 3] = [r"system", r"software\microsoft", r"software\policies\microsoft"];
const LET_THROUGH: [&str; 21] = [
    r"software\policies\microsoft\office",
    r"software\microsoft\office",
    r"software\microsoft\windows\currentversion\explorer",
    r"software\microsoft\internet explorer",
    r"software\policies\microsoft\shared tools\proofing tools",
    r"software\policies\microsoft\imejp",
    r"software\policies\microsoft\ime\shared",
    r"software\policies\microsoft\shared tools\graphics filters",
    r"software\policies\microsoft\windows\currentversion\explorer",
    r"software\policies\microsoft\softwareprotectionplatform",
    r"software\policies\microsoft\officesoftwareprotectionplatform",
    r"software\policies\microsoft\windows\windows search\preferences",
    r"software\policies\microsoft\exchange",
    r"software\microsoft\shared tools\proofing tools",
    r"software\microsoft\shared tools\graphics filters",
    r"software\microsoft\windows\windows search\preferences",
    r"software\microsoft\exchange",
    r"software\policies\microsoft\vba\security",
    r"software\microsoft\onedrive",
    r"software\microsoft\edge",
    r"software\microsoft\edgeupdate",
];

/// Whether an ingested policy may write a key.
fn may_write(key: &str) -> bool {
    let lower = key.trim_start_matches('\\').to_lowercase();
    let below = |known: &&str| lower.strip_prefix(*known).is_some_and(|rest| rest.is_empty() || rest.starts_with('\\'));
    !REFUSED.iter().any(below) || LET_THROUGH.iter().any(below)
}

/// Reads a file.
fn read(file: &AdmxFile) -> Result<Template, String> {
    let mut found = Reading::default();
    for_each(&file.text, &mut |tag| {
        match tag {
            Tag::Start(name, attributes) => found.start(name, &attributes)?,
            Tag::End => found.end(),
            Tag::Text(_) => {}
        }
        Ok(())
    })?;
    if found.root != "policyDefinitions" {
        return Err("its root is no `policyDefinitions`".into());
    }
    let mut policies = std::mem::take(&mut found.policies);
    for policy in &mut policies {
        policy.categories = found.chain(&policy.parent).map_err(|why| format!("policy `{}`: {why}", policy.name))?;
    }
    Ok(Template { name: Arc::clone(&file.name), install: file.install.clone(), policies })
}

#[derive(Default)]
struct Reading {
    root: String,
    open: Vec<String>,
    /// The prefix of the file's own names.
    own: String,
    prefixes: Vec<String>,
    /// Category to parent.
    categories: HashMap<String, String>,
    category: String,
    policies: Vec<Policy>,
}

impl Reading {
    fn start(&mut self, name: String, attributes: &[(String, String)]) -> Result<(), String> {
        let get = |wanted: &str| attributes.iter().find(|(name, _)| name == wanted).map_or("", |(_, value)| value.as_str());
        if self.open.is_empty() {
            self.root.clone_from(&name);
        }
        let inside = self.open.last().map_or("", String::as_str);
        match (inside, name.as_str()) {
            ("policyNamespaces", "target") => {
                get("prefix").clone_into(&mut self.own);
                self.prefixes.push(self.own.clone());
            }
            ("policyNamespaces", "using") => self.prefixes.push(get("prefix").to_owned()),
            ("categories", "category") => {
                get("name").clone_into(&mut self.category);
                if self.category.is_empty() || self.categories.insert(self.category.clone(), String::new()).is_some() {
                    return Err(format!("category `{}` has no name or stands twice", self.category));
                }
            }
            ("category", "parentCategory") => {
                self.categories.insert(self.category.clone(), get("ref").to_owned());
            }
            ("policies", "policy") => {
                let policy = Policy { name: get("name").to_owned(), class: get("class").to_owned(), ..Policy::default() };
                if policy.name.is_empty() || !matches!(&*policy.class, "User" | "Machine" | "Both") {
                    return Err(format!("policy `{}` lacks a name or a class", policy.name));
                }
                self.policies.push(policy);
            }
            _ => self.in_policy(&name, attributes),
        }
        let key = get("key");
        if !key.is_empty()
            && self.open.iter().any(|open| open == "policies")
            && let Some(policy) = self.policies.last_mut()
        {
            policy.keys.push(key.to_owned());
        }
        self.open.push(name);
        Ok(())
    }

    fn in_policy(&mut self, name: &str, attributes: &[(String, String)]) {
        let get = |wanted: &str| attributes.iter().find(|(name, _)| name == wanted).map_or("", |(_, value)| value.as_str());
        let inside: Vec<&str> = self.open.iter().rev().map(String::as_str).collect();
        let Some(policy) = self.policies.last_mut() else { return };
        let number = |word: &str, otherwise: u64| get(word).parse().unwrap_or(otherwise);
        match (inside.as_slice(), name) {
            (["policy", ..], "parentCategory") => get("ref").clone_into(&mut policy.parent),
            (["elements", "policy", ..], _) => {
                let is = match name {
                    "text" => Element::Text(get("maxLength").parse().ok()),
                    "decimal" | "longDecimal" => Element::Decimal(
                        number("minValue", 0),
                        number("maxValue", if name == "decimal" { u64::from(u32::MAX) } else { u64::MAX }),
                    ),
                    "boolean" => Element::Boolean,
                    "enum" => Element::Enum(Vec::new()),
                    "list" => Element::List(get("explicitValue") == "true"),
                    "multiText" => Element::MultiText,
                    _ => return,
                };
                policy.elements.push(Asked { id: get("id").to_owned(), is, required: get("required") == "true" });
            }
            (["enum", "elements", ..], "item") => {
                if let Some(Asked { is: Element::Enum(items), .. }) = policy.elements.last_mut() {
                    let label = get("displayName");
                    let label = label.strip_prefix("$(string.").and_then(|rest| rest.strip_suffix(')')).unwrap_or(label);
                    items.push((String::new(), label.to_owned()));
                }
            }
            (["value", "item", "enum", ..], "decimal" | "string" | "longDecimal") => {
                if let Some(Asked { is: Element::Enum(items), .. }) = policy.elements.last_mut()
                    && let Some((value, _)) = items.last_mut()
                {
                    get("value").clone_into(value);
                }
            }
            _ => {}
        }
    }

    fn end(&mut self) {
        self.open.pop();
    }

    /// The categories of a reference from the root on. What another file has is not part of the place, but for the last one.
    fn chain(&self, reference: &str) -> Result<Vec<String>, String> {
        let mut chain = Vec::new();
        let mut next = reference;
        while !next.is_empty() {
            let (prefix, name) = next.split_once(':').unwrap_or((&self.own, next));
            if !self.prefixes.iter().any(|known| known == prefix) {
                return Err(format!("`{next}` has a prefix that no namespace of the file declares"));
            }
            if prefix != self.own {
                if chain.is_empty() {
                    chain.push(name.to_owned());
                }
                break;
            }
            let Some(parent) = self.categories.get(name) else {
                return Err(format!("the file has no category `{name}`"));
            };
            chain.push(name.to_owned());
            if chain.len() > DEEPEST {
                return Err(format!("category `{name}` lies in itself, or more than {DEEPEST} deep"));
            }
            next = parent;
        }
        chain.reverse();
        Ok(chain)
    }
}

impl Pass<'_, '_> {
    /// A file, read.
    pub fn template(&mut self, file: &AdmxFile) -> Option<Template> {
        let say = |what: String| {
            Diagnostic::new(Code::E0456, file.span, format!("`{}` cannot be used: {what}", file.name)).label("named here")
        };
        let template = match read(file) {
            Ok(template) => template,
            Err(why) => {
                self.report.push(say(why));
                return None;
            }
        };
        let refused = template.policies.iter().find_map(|policy| {
            let key = policy.keys.iter().find(|key| !may_write(key))?;
            Some(format!("policy `{}` writes the registry key `{key}`, which Windows refuses to ingested policies", policy.name))
        });
        if let Some(why) = refused.filter(|_| file.install.is_some()) {
            self.report.push(
                say(why)
                    .note("https://learn.microsoft.com/windows/client-management/win32-and-centennial-app-policy-configuration"),
            );
            return None;
        }
        Some(template)
    }

    /// The setting that sends a file.
    pub fn installed(&mut self, file: &AdmxFile) -> Option<Judged> {
        let install = file.install.as_ref()?;
        if self.collides(file) {
            return None;
        }
        let path =
            format!("./Device/Vendor/MSFT/Policy/ConfigOperations/ADMXInstall/{}/{}/{}", install.app, install.area, install.id);
        let command = NodeCommand {
            verb: Verb::Add,
            format: NodeFormat::Chr,
            data: NodeData::Text(Text::literal(Arc::clone(&file.text))),
            atomic: None,
            deletes: true,
            parents: Vec::new(),
            known: true,
        };
        self.name = format!("ADMX file {}", file.name);
        let setting = NodeSetting {
            path: path.into(),
            span: file.span,
            asked: None,
            value: NodeValue::Nothing,
            value_span: file.span,
            command: Some(command),
        };
        if let Some(node) = self.cx.catalog.node_for(&setting.path) {
            self.available(&setting, node);
        }
        Some(Judged { setting, node: None })
    }

    /// The policy of a file that a place below `{App}~{Policy}~...` names; wrong ones are said.
    pub fn ingested(&mut self, setting: &NodeSetting) -> Option<Result<(usize, usize), ()>> {
        let (root, rest) = setting.path.split_once("/Vendor/MSFT/Policy/Config/")?;
        let (area, name) = rest.split_once('/')?;
        let mut parts = area.split('~');
        let (app, kind) = (parts.next()?, parts.next()?);
        let categories: Vec<&str> = parts.collect();
        let at = self.templates.iter().position(|template| {
            template.install.as_ref().is_some_and(|install| *install.app == *app && install.area == kind)
                && template.policies.iter().any(|policy| policy.name == name)
        });
        let ours = |template: &Template| template.install.as_ref().is_some_and(|install| *install.app == *app);
        let Some(at) = at else {
            if !self.templates.iter().any(ours) {
                return None;
            }
            let known: Vec<&str> = self
                .templates
                .iter()
                .filter(|template| ours(template))
                .flat_map(|template| &template.policies)
                .map(|policy| policy.name.as_str())
                .collect();
            let diagnostic =
                Diagnostic::new(Code::E0451, setting.span, format!("the ADMX files of `{app}` have no policy `{name}`"))
                    .label("not known");
            self.report.push(match nearest(name, known) {
                Some(near) => diagnostic.help(format!("they have `{near}`")),
                None => diagnostic.help("the name is that of the `policy` element, and the area the one the file is sent for"),
            });
            return Some(Err(()));
        };
        let (index, policy) = self.templates.get(at)?.policies.iter().enumerate().find(|(_, policy)| policy.name == name)?;
        let right_root = match &*policy.class {
            "User" => root == "./User",
            "Machine" => root != "./User",
            _ => true,
        };
        if right_root && policy.categories == categories {
            return Some(Ok((at, index)));
        }
        let root = match &*policy.class {
            "User" => "./User",
            "Machine" => "./Device",
            _ => root,
        };
        let chain: String = policy.categories.iter().map(|category| format!("~{category}")).collect();
        let right = format!("{root}/Vendor/MSFT/Policy/Config/{app}~{kind}{chain}/{name}");
        let message = format!("policy `{name}` of class {} does not stand there", policy.class);
        let fix = super::path::quoted(&right);
        self.report.push(Diagnostic::new(Code::E0451, setting.span, message).label("another place").fix(
            format!("write `{right}`"),
            setting.span,
            fix,
        ));
        Some(Err(()))
    }
}

#[cfg(test)]
mod tests {
    use super::may_write;

    #[test]
    fn microsofts_keys_are_refused_but_for_the_list() {
        assert!(may_write(r"Software\Policies\Contoso"));
        assert!(may_write(r"Software\Policies\Microsoft\Office\16.0"));
        assert!(may_write(r"SOFTWARE\Microsoft\Edge"));
        assert!(!may_write(r"Software\Policies\Microsoft\Windows\System"));
        assert!(!may_write(r"Software\Microsoft\EdgeWebView"));
        assert!(!may_write(r"\System\CurrentControlSet"));
        assert!(may_write(r"Systematic\Company"));
    }
}
