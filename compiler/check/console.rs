//! What profiles refer to, for a console: it refuses what is only discouraged on devices.

use super::references::{Index, Judged};
use super::suggest::list;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::ir::{Origin, Value};
use crate::schema::Type;

/// A referent that its field warns of is refused: a cmdlet takes one kind of profile and no other.
pub fn referents(judged: &Judged, index: &Index<'_>, report: &mut Report) {
    let kind = judged.draft.kind;
    for seen in &judged.consoles {
        for (id, field) in kind.numbered() {
            let (Type::Reference(to, _), Some(setting)) = (field.ty, seen.view.setting(id)) else { continue };
            let (Value::References(ids), Origin::Written(span)) = (&setting.value, setting.origin) else { continue };
            for target in ids.iter().filter_map(|id| index.get(&**id)) {
                let title = seen.view.platform.title;
                if !target.consoles.iter().any(|other| other.view.platform.name == seen.view.platform.name) {
                    let message = format!(
                        "`{}` needs `{}` in {title}, which delivers it to none of its platforms",
                        judged.draft.id, target.draft.id
                    );
                    let diagnostic = Diagnostic::new(Code::E0307, span, message).label("not made there");
                    let help = format!("add one of {} to its platforms", list(seen.view.platform.delivers.iter().copied()));
                    report.push(diagnostic.also(target.draft.id_span, "defined here").help(help));
                    continue;
                }
                let Some(warned) = to.iter().find(|to| to.kind == target.draft.kind.name && !to.warn.is_empty()) else {
                    continue;
                };
                let message = format!("{title} does not take a `{}` for `{}`", warned.kind, field.name);
                report.push(
                    Diagnostic::new(Code::E0306, span, message)
                        .label("of a kind that it refuses")
                        .also(target.draft.id_span, "defined here")
                        .help(format!("name another profile under `overrides: {{ {}: ... }}`", seen.view.platform.name))
                        .note(warned.warn),
                );
            }
        }
    }
}
