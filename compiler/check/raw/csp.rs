//! Profiles of Windows CSP nodes, as one platform sees them: each node is looked up and gets its command.
//!
//! What is asked of each is in the files beside this one; nothing is written here.

use std::collections::HashMap;
use std::sync::Arc;

use super::admx_file::Template;
use super::path::Named;
use crate::catalog::{Edition, Node, NodeFormat};
use crate::check::cx::Cx;
use crate::check::server;
use crate::check::shape::Draft;
use crate::check::views::Seen;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::ir::{AdmxFile, NodeCommand, NodeData, NodeSetting, NodeValue, Setting, Text, Value, Verb, View};
use crate::schema::Server;
use crate::source::Span;

/// The kind whose settings are nodes.
pub const KIND: &str = "windows_csp";

/// What looks at the nodes of one profile.
pub struct Pass<'a, 'b> {
    pub cx: &'a Cx<'b>,
    pub view: &'a View,
    pub server: &'static Server,
    /// Unknown nodes are sent all the same.
    pub warn: bool,
    /// Everything in one Atomic.
    pub atomic: bool,
    pub templates: Vec<Template>,
    /// The editions that the profile names, each with its place.
    pub editions: Vec<(&'static Edition, Span)>,
    /// Only `./Vendor` of the old tables: Windows Phone.
    pub phone: bool,
    /// The last segment of the path that is looked at.
    pub name: String,
    pub report: &'a mut Report,
}

/// A node that was looked up.
pub struct Judged {
    pub setting: NodeSetting,
    /// The node in the vendor tables.
    pub node: Option<&'static Node>,
}

/// Gives each node of a view its command, those that send ADMX files first.
pub fn resolve(cx: &Cx<'_>, draft: &Draft, seen: &mut Seen, report: &mut Report) {
    let Some((id, _)) = draft.kind.field("settings").filter(|_| draft.kind.name == KIND) else { return };
    let Some(Setting { value: Value::Nodes(nodes), origin }) = seen.view.setting(id).cloned() else { return };
    let files: Arc<[AdmxFile]> = match seen.view.value(draft.kind, "admx") {
        Some(Value::Admx(files)) => Arc::clone(files),
        _ => Arc::from(Vec::new()),
    };
    let mut pass = Pass {
        cx,
        view: &seen.view,
        server: cx.server(seen.view.platform.name),
        warn: seen.view.choice(draft.kind, "unknown") == Some("warn"),
        atomic: seen.view.value(draft.kind, "atomic") == Some(&Value::Boolean(true)),
        templates: Vec::new(),
        editions: draft
            .platforms
            .iter()
            .filter(|chosen| chosen.platform.name == seen.view.platform.name)
            .flat_map(|chosen| &chosen.editions)
            .filter_map(|(name, span)| Some((Edition::of(name)?, *span)))
            .collect(),
        phone: seen
            .view
            .root(draft.kind, draft.scope, seen.table)
            .and_then(|root| root.root.ok())
            .is_some_and(|root| root.is != "./"),
        name: String::new(),
        report,
    };
    let mut judged: Vec<Judged> = Vec::new();
    pass.templates = files.iter().filter_map(|file| pass.template(file)).collect();
    judged.extend(files.iter().filter_map(|file| pass.installed(file)));
    judged.extend(nodes.iter().filter_map(|setting| pass.judge(setting)));
    pass.twice(&judged);
    pass.depends(&judged);
    pass.sent_by(&judged);
    let nodes: Arc<[NodeSetting]> = judged.into_iter().map(|judged| judged.setting).collect();
    let mut settings = seen.view.settings.to_vec();
    if let Some(slot) = settings.get_mut(id.index()) {
        *slot = Some(Setting { value: Value::Nodes(nodes), origin });
    }
    seen.view.settings = settings.into();
}

impl Pass<'_, '_> {
    fn judge(&mut self, setting: &NodeSetting) -> Option<Judged> {
        if !self.is_path(setting) {
            return None;
        }
        setting.path.rsplit('/').next().unwrap_or_default().clone_into(&mut self.name);
        match self.named(setting)? {
            Named::Node(node, path) => {
                let setting = NodeSetting { path: path.into(), ..setting.clone() };
                let verb = self.verb(&setting, node)?;
                if verb != Verb::Delete {
                    self.available(&setting, node);
                }
                let data = self.data(&setting, node, verb)?;
                let command = self.command(&setting, node, verb, data);
                Some(Judged { setting: NodeSetting { command: Some(command), ..setting }, node: Some(node) })
            }
            Named::Unknown => {
                let verb = setting.asked.map_or(Verb::Replace, |(verb, _)| verb);
                let (format, data) = self.as_it_is(setting)?;
                let command = NodeCommand {
                    verb,
                    format,
                    data,
                    atomic: self.atomic.then(|| "".into()),
                    deletes: true,
                    parents: Vec::new(),
                    known: false,
                };
                Some(Judged { setting: NodeSetting { command: Some(command), ..setting.clone() }, node: None })
            }
        }
    }

    /// The value of a node that the tables do not know: its YAML type says the format.
    fn as_it_is(&mut self, setting: &NodeSetting) -> Option<(NodeFormat, NodeData)> {
        let text = |text: String| NodeData::Text(Text::literal(text));
        Some(match &setting.value {
            NodeValue::Nothing => (NodeFormat::Null, NodeData::None),
            NodeValue::Boolean(value) => (NodeFormat::Bool, text(value.to_string())),
            NodeValue::Integer(value) => (NodeFormat::Int, text(value.to_string())),
            NodeValue::Text(value) => (NodeFormat::Chr, NodeData::Text(value.clone())),
            NodeValue::Bytes(bytes) => (NodeFormat::B64, NodeData::Bytes(Arc::clone(bytes))),
            NodeValue::Secret(source) => (NodeFormat::Chr, NodeData::Secret(source.clone(), false)),
            NodeValue::Policy(elements) => (NodeFormat::Chr, NodeData::Text(self.body(setting, elements, None)?)),
            NodeValue::List(_) => {
                let message = "a list is joined by what the vendor tables name, and they do not know this node";
                self.report.push(Diagnostic::new(Code::E0453, setting.value_span, message).label("a list"));
                return None;
            }
        })
    }

    /// The same LocURI twice in one profile.
    fn twice(&mut self, judged: &[Judged]) {
        let mut first: HashMap<String, &NodeSetting> = HashMap::new();
        for Judged { setting, .. } in judged {
            match first.get(&setting.path.to_lowercase()) {
                Some(known) => {
                    let message = format!("`{}` stands twice in this profile", setting.path);
                    self.report.push(
                        Diagnostic::new(Code::E0454, setting.span, message)
                            .label("again")
                            .also(known.span, "first here")
                            .help("a device keeps the last value it gets: write each node once"),
                    );
                }
                None => {
                    first.insert(setting.path.to_lowercase(), setting);
                }
            }
        }
    }

    /// Text of an ADMX file that a server would take for a token.
    pub fn collides(&mut self, file: &AdmxFile) -> bool {
        let text = Text::literal(Arc::clone(&file.text));
        let found = server::collision(self.server, &text, "the ADMX file", file.span, self.cx);
        let collides = found.is_some();
        self.report.extend(found);
        collides
    }
}
