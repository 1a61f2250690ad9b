//! The platforms a profile chooses: a list, a mapping, or `all`. What a range may be is no business of this file.

use super::Reader;
use crate::check::platforms::{Chosen, chosen, unknown};
use crate::check::suggest::list;
use crate::check::value::{shape, text_of, wrong_type};
use crate::diagnostic::{Code, Diagnostic};
use crate::schema::{Kind, Served};
use crate::source::{Node, Span, Tree};

impl Reader<'_, '_> {
    pub(super) fn platforms(&mut self, kind: &'static Kind) -> Vec<Chosen> {
        let Some(pair) = self.required("platforms", "platforms") else { return Vec::new() };
        let mark = self.report.len();
        let mut platforms = match &pair.value.tree {
            Tree::Sequence(items) => items.iter().filter_map(|item| self.named(item, items)).collect(),
            Tree::Mapping(pairs) => pairs.iter().filter_map(|pair| chosen(pair, self.cx.schemas, self.report)).collect(),
            Tree::Scalar(scalar) if &*scalar.text == "all" => self.all(kind, pair.value.span),
            Tree::Scalar(_) => self.named(&pair.value, &[]).into_iter().collect::<Vec<_>>(),
        };
        if platforms.is_empty() && !self.report.errors_since(mark) {
            let diagnostic = Diagnostic::new(Code::E0219, pair.value.span, "no platform is chosen").label("names none");
            self.report
                .push(diagnostic.help(format!("name at least one: {}", list(self.cx.schemas.platforms.iter().map(|p| p.name)))));
        }
        self.repeated(&platforms);
        let order = |chosen: &Chosen| self.cx.schemas.platforms.iter().position(|platform| platform.name == chosen.platform.name);
        platforms.sort_by_key(order);
        platforms.dedup_by_key(|chosen| chosen.platform.name);
        for chosen in &mut platforms {
            self.serve(kind, chosen);
        }
        platforms
    }

    /// A platform by its name; `others` are the names beside it.
    fn named(&mut self, node: &Node, others: &[Node]) -> Option<Chosen> {
        if node.mapping().is_some() {
            let diagnostic = wrong_type(node.span, "a platform", shape(node));
            self.report.push(
                diagnostic
                    .help("a list holds names alone; with versions, `platforms` is a mapping: `platforms: { ios: \">=16\" }`"),
            );
            return None;
        }
        let name = text_of(node, "a platform", self.cx.sources, self.report)?;
        match self.cx.schemas.platform(name) {
            Some(platform) => Some(Chosen::bare(platform, node.span)),
            None => {
                let mut diagnostic = unknown(name, node.span, self.cx.schemas);
                let stands = |text: &str| others.iter().any(|other| other.scalar().is_some_and(|scalar| *scalar.text == *text));
                let meant = diagnostic.fix.take_if(|fix| fix.edits.iter().any(|edit| stands(&edit.text)));
                self.report.push(match meant.as_ref().and_then(|fix| fix.edits.first()) {
                    Some(edit) => diagnostic.help(format!("remove it: `{}`, which is meant, is chosen already", edit.text)),
                    None => diagnostic,
                });
                None
            }
        }
    }

    /// The workspace's platforms that the kind serves natively; all such platforms where the workspace names none.
    fn all(&mut self, kind: &'static Kind, span: Span) -> Vec<Chosen> {
        let native = |name: &str| matches!(kind.service(name).map(|service| service.is), Some(Served::Native(_)));
        let fleet = &self.cx.workspace.fleet;
        let in_fleet = |name: &str| fleet.is_empty() || fleet.iter().any(|chosen| chosen.platform.name == name);
        let platforms = self.cx.schemas.platforms.iter().filter(|platform| native(platform.name) && in_fleet(platform.name));
        platforms.map(|platform| Chosen::bare(platform, span)).collect()
    }

    fn repeated(&mut self, platforms: &[Chosen]) {
        for (at, chosen) in platforms.iter().enumerate() {
            if let Some(first) = platforms.iter().take(at).find(|first| first.platform.name == chosen.platform.name) {
                let message = format!("`{}` stands twice in `platforms`", chosen.platform.name);
                self.report
                    .push(Diagnostic::new(Code::E0219, chosen.span, message).label("again").also(first.span, "first here"));
            }
        }
    }

    /// Whether the kind serves a platform; the range that goes without saying.
    fn serve(&mut self, kind: &'static Kind, chosen: &mut Chosen) {
        let title = chosen.platform.title;
        match kind.service(chosen.platform.name).map(|service| service.is) {
            Some(Served::Native(Some(note))) => {
                self.report.push(Diagnostic::new(Code::N0701, chosen.span, note).label(title));
            }
            Some(Served::Named(warning)) => {
                self.report.push(
                    Diagnostic::new(Code::W0212, chosen.span, warning)
                        .label("meant so?")
                        .help("`allow: { W0212: \"reason\" }` silences this"),
                );
            }
            Some(Served::Unsupported { reason, source }) => {
                let message = format!("kind `{}` cannot be had on {title}", kind.name);
                self.report.push(Diagnostic::new(Code::E0404, chosen.span, message).label("not here").note(reason).note(source));
            }
            Some(Served::Native(None)) | None => {}
        }
        if chosen.range.is_none()
            && let Some(fleet) = self.cx.workspace.fleet.iter().find(|fleet| fleet.platform.name == chosen.platform.name)
        {
            chosen.range = fleet.range;
            chosen.exact = fleet.exact;
        }
    }
}
