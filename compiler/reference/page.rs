//! Pages: a kind, a field, a group.

use super::field::field_text;
use super::matrix::{Column, columns, lowered};
use super::spelling::{constant_text, place_text, sentence, when, written, written_everywhere};
use std::fmt::Write as _;

use crate::catalog::Catalog;
use crate::check::list;
use crate::schema::{Competes, Field, Group, Kind, Schemas, Served, Table, Write};

/// The reference page of a kind.
#[must_use]
pub fn kind_page(schemas: &Schemas, kind: &'static Kind) -> String {
    let columns = columns(schemas, kind);
    let mut page = format!("# {}: {}\n\n{}\n\n{}\n", kind.name, kind.title, kind.doc.trim(), about(kind));
    page.push_str("\n## Platforms\n\n");
    page.push_str(&platform_lines(kind, &columns));
    page.push_str("\n## Fields\n");
    let mut group = "";
    for (id, field) in kind.numbered() {
        let own = field.group().map_or("", |(group, _)| group);
        if own != group {
            group = own;
            if let Some(group) = kind.groups.iter().find(|known| known.name == own) {
                let _ = write!(page, "\n### {}\n\n{}\n", group.name, group_text(kind, group));
            }
        }
        let _ = write!(page, "\n### {}\n\n{}\n{}", field.name, field_text(kind, field), written_everywhere(&columns, id));
    }
    page.push_str("\n## Sources\n\n");
    for source in kind.sources {
        let _ = writeln!(page, "- <{source}>");
    }
    page
}

/// Scopes and the conflict rule, in prose.
pub(super) fn about(kind: &Kind) -> String {
    let scopes: Vec<String> = kind.scopes.iter().map(|scope| format!("`{}`", scope.name())).collect();
    let scope = match scopes.as_slice() {
        [only] => format!("Its scope is {only}."),
        [default, others @ ..] => format!("Its scope is {default} by default, or {}.", others.join(" or ")),
        [] => String::new(),
    };
    let competes = match kind.competes {
        Competes::Always => {
            "Of all profiles of this kind that reach one user on one platform, settings that differ conflict.".to_owned()
        }
        Competes::Never => "Profiles of this kind never conflict: a device holds many.".to_owned(),
        Competes::ByPlace => "Profiles of this kind that have one scope and reach one user on one platform conflict place by place: in the keys that a device holds \
             once. What a device takes several times, and what the vendor says how to combine, does not conflict."
            .to_owned(),
        Competes::By(field) => {
            format!("Profiles of this kind that agree in `{field}` and reach one user conflict where they differ.")
        }
    };
    format!("{scope} {competes}")
}

/// What each target says to a kind, those of one platform by their names.
fn platform_lines(kind: &Kind, columns: &[Column]) -> String {
    let mut page = String::new();
    let mut refused = "";
    for column in columns {
        let platform = column.platform;
        if let Some(Served::Unsupported { reason, source }) = kind.service(platform.name).map(|service| service.is) {
            // Said of the platform, whatever its targets.
            if refused != platform.name {
                let _ = writeln!(page, "- `{}` ({}): no. {} (<{source}>)", platform.name, platform.title, sentence(reason));
            }
            refused = platform.name;
        } else {
            page.push_str(&platform_line(kind, column));
        }
    }
    page
}

fn platform_line(kind: &Kind, column: &Column) -> String {
    let platform = column.platform;
    let target = if platform.targets.len() > 1 { format!(", target `{}`", column.target) } else { String::new() };
    let what = format!("- `{}` ({}){target}", platform.name, platform.title);
    let table = match &column.table {
        Ok(table) => table,
        Err(why) if why.source.is_empty() => return format!("{what}: no. {}\n", sentence(&why.note)),
        Err(why) => return format!("{what}: no. {} (<{}>)\n", sentence(&why.note), why.source),
    };
    let how = match kind.service(platform.name).map(|service| service.is) {
        Some(Served::Native(Some(note))) => format!("; {note}"),
        Some(Served::Named(warning)) => format!(", only where it is named; {warning}"),
        _ => String::new(),
    };
    // A console has no version.
    let from = if platform.is_console() { String::new() } else { format!(", from {}", platform.oldest_supported) };
    format!("{what}{from}{how}\n{}", roots(table))
}

/// What a table's places are relative to.
pub(super) fn roots(table: &'static Table) -> String {
    let mut text = String::new();
    for alternative in table.to {
        let when = when(&alternative.needs, false);
        let _ = match alternative.root {
            Ok(root) => writeln!(text, "  - {when}`{}`", root.is),
            Err(why) => writeln!(text, "  - {when}no. {} (<{}>)", sentence(why.reason), why.source),
        };
    }
    for constant in table.implies {
        let _ = writeln!(text, "  - always {}", constant_text(constant));
    }
    text
}

/// One field, with every target's spelling of it.
#[must_use]
pub fn field_page(schemas: &Schemas, catalog: &'static Catalog, kind: &'static Kind, field: &'static Field) -> String {
    let mut page = format!("# {}.{}\n\n{}", kind.name, field.name, field_text(kind, field));
    let Some((id, _)) = kind.field(field.name) else { return page };
    for column in &columns(schemas, kind) {
        let info = |place: &str| {
            column.table.as_ref().map_or_else(|_| String::new(), |table| place_text(catalog, table, column.platform, place))
        };
        let _ = write!(page, "\n## On {} (`{}`)\n\n", column.platform.title, column.target);
        let mut lowerings = lowered(column, id).into_iter().flat_map(|(_, lowerings)| lowerings);
        if let Ok(table) = column.table
            && lowerings.any(|lowering| !matches!(lowering.write, Write::Unsupported(_)))
        {
            let places = table.to.iter().filter_map(|alternative| alternative.root.ok()).map(|root| root.is);
            let _ = writeln!(page, "Below {} (<{}>):\n", list(places), table.source);
        }
        page.push_str(&written(column, id, "", &info));
    }
    let _ = writeln!(page, "\nMore: `payloadc explain {}`, `payloadc support {}`", kind.name, kind.name);
    page
}

/// A group of fields: what it is for, its members, and where they go.
#[must_use]
pub fn group_page(schemas: &Schemas, kind: &'static Kind, group: &Group) -> String {
    let mut page = format!("# {}.{}\n\n{}\n", kind.name, group.name, group_text(kind, group));
    let columns = columns(schemas, kind);
    for (id, field) in kind.numbered().filter(|(_, field)| field.group().is_some_and(|(name, _)| name == group.name)) {
        let _ = write!(page, "\n## {}\n\n{}\n{}", field.name, field_text(kind, field), written_everywhere(&columns, id));
    }
    page
}

pub(super) fn group_text(kind: &Kind, group: &Group) -> String {
    let prefix = format!("{}.", group.name);
    let wanted = kind.at_least_one.iter().find(|names| names.iter().all(|name| name.starts_with(&prefix)));
    let members = kind.fields.iter().filter_map(|field| field.name.strip_prefix(&prefix));
    let mut text = format!("{}\n\nA group of {}.", group.doc.trim(), list(members));
    if let Some(names) = wanted {
        let _ = write!(text, " At least one of {} is needed.", list(names.iter().filter_map(|name| name.strip_prefix(&prefix))));
    }
    text
}
