//! Trees that no vendor types: YAML's own types become those of a property list.

use std::sync::Arc;

use super::tree::Typer;
use super::values::{beyond, moment, secret_form};
use crate::check::value::{self, wrong_type};
use crate::check::vendor::is_secret;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Branch, InConflict, Member, Tree};
use crate::source::{self, Node, Resolved, resolve};

impl Typer<'_, '_> {
    /// Any value. `{ base64: ... }`, `{ file: ... }`, `{ date: ... }`, `{ secret: ... }` and `{ token: ... }` are what YAML has no type for.
    pub fn free(&mut self, node: &Node) -> Option<Tree> {
        if let Some(diagnostic) = node.scalar().and_then(|scalar| beyond(scalar, node.span, "this number", None)) {
            self.report.push(diagnostic);
            return None;
        }
        let branch = match &node.tree {
            source::Tree::Scalar(scalar) => match resolve(scalar) {
                Resolved::Boolean(value) => Branch::Boolean(value),
                Resolved::Integer(number) => Branch::Integer(number),
                Resolved::Float => match scalar.text.parse::<f64>().ok().filter(|number| number.is_finite()) {
                    Some(number) => Branch::Real(number),
                    None => {
                        self.report.push(wrong_type(node.span, "a finite number", "a number"));
                        return None;
                    }
                },
                Resolved::Text(text) => Branch::Text(self.cx.expressions.text(text, node.span, self.cx.sources, self.report)?),
                Resolved::Null => {
                    self.report.push(wrong_type(node.span, "a value", "nothing").help("quotes make empty text: `\"\"`"));
                    return None;
                }
            },
            source::Tree::Sequence(items) => {
                let mut trees = Vec::new();
                let mut whole = true;
                for item in items {
                    let tree = self.free(item);
                    whole &= tree.is_some();
                    trees.extend(tree);
                }
                if !whole {
                    return None;
                }
                Branch::Array(trees)
            }
            source::Tree::Mapping(_) => self.open(node)?,
        };
        Some(Tree { branch, span: node.span })
    }

    /// A mapping that the vendor leaves open.
    pub fn open(&mut self, node: &Node) -> Option<Branch> {
        if secret_form(node) {
            return value::secret(self.cx, self.place, "this value", node, self.report).map(Branch::Secret);
        }
        if let Some(found) = self.bytes("this value", node) {
            return found.map(Branch::Data);
        }
        if let Some([pair]) = node.mapping()
            && &*pair.key == "date"
        {
            if let Some(text) = pair.value.scalar().and_then(|scalar| moment(&scalar.text)) {
                return Some(Branch::Date(text));
            }
            let diagnostic = Diagnostic::new(Code::E0425, pair.value.span, "this is no date").label("no date");
            self.report.push(diagnostic.help("write a date in UTC as in `2027-01-31T12:00:00Z`"));
            return None;
        }
        let mut members = Vec::new();
        let mut whole = true;
        for pair in node.mapping().unwrap_or_default() {
            let literal = pair.value.scalar().is_some_and(
                |scalar| matches!(resolve(scalar), Resolved::Text(text) if !text.is_empty() && !text.contains("{{")),
            );
            if is_secret(&pair.key) && literal {
                self.report.hide(pair.value.span);
                self.report.push(
                    Diagnostic::new(
                        Code::E0213,
                        pair.value.span,
                        format!("`{}` is a secret and may not stand in the file", pair.key),
                    )
                    .label("hidden here; it is in git now if this was committed")
                    .help("name where it comes from: `{ secret: env:NAME }`, `{ secret: file:PATH }` or `{ token: \"...\" }`"),
                );
                whole = false;
                continue;
            }
            let tree = self.free(&pair.value);
            whole &= tree.is_some();
            members.extend(tree.map(|tree| Member {
                name: Arc::from(&*pair.key),
                key: pair.key_span,
                known: true,
                conflict: InConflict::Kept,
                tree,
            }));
        }
        whole.then_some(Branch::Dictionary(members))
    }
}
