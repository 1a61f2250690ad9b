//! `schemas/vendor/configmgr/cmdlets.tsv`.

use std::collections::BTreeMap;

use super::{Files, Mistake, leak, text};
use crate::catalog::{Cmdlet, Cmdlets, Parameter};

const PATH: &str = "vendor/configmgr/cmdlets.tsv";

/// Comments, a line of column names, rows: parameters by their cmdlets, in the order of the table.
pub fn cmdlets(files: &Files) -> Result<Cmdlets, Mistake> {
    let mistake = |line: usize, what: String| Mistake { place: format!("{PATH}:{}:1", line + 1), what };
    let content = files.get(PATH).ok_or_else(|| mistake(0, "is not there".into()))?;
    let release = content.lines().find_map(|line| line.strip_prefix("# Release: ")).unwrap_or_default();
    let mut lines = content.lines().enumerate().filter(|(_, line)| !line.starts_with('#'));
    let (_, names) = lines.next().ok_or_else(|| mistake(0, "has no column names".into()))?;
    let names: Vec<&str> = names.split('\t').collect();
    let mut found: Vec<(&'static str, Vec<Parameter>)> = Vec::new();
    for (at, line) in lines {
        let cells: Vec<&str> = line.split('\t').collect();
        if cells.len() != names.len() {
            return Err(mistake(at, format!("{} cells, {} columns", cells.len(), names.len())));
        }
        let (name, parameter) = parameter(&names.iter().copied().zip(cells).collect()).map_err(|what| mistake(at, what))?;
        match found.last_mut().filter(|(last, _)| *last == name) {
            Some((_, parameters)) => parameters.push(parameter),
            None => found.push((name, vec![parameter])),
        }
    }
    let all = found.into_iter().map(|(name, parameters)| Cmdlet { name, parameters: leak(parameters) }).collect();
    Ok(Cmdlets { all: leak(all), release: text(release.split(';').next().unwrap_or_default()) })
}

fn parameter(row: &BTreeMap<&str, &str>) -> Result<(&'static str, Parameter), String> {
    let cell = |name: &str| row.get(name).map(|cell| text(cell)).ok_or_else(|| format!("no column `{name}`"));
    let list = |name: &str| cell(name).map(|cell| leak(cell.split('|').filter(|word| !word.is_empty()).collect::<Vec<_>>()));
    let required = match cell("presence")? {
        "required" => true,
        "optional" => false,
        other => return Err(format!("`{other}` is neither `required` nor `optional`")),
    };
    let parameter =
        Parameter { name: cell("parameter")?, ty: cell("type")?, required, allowed: list("allowed")?, sets: list("sets")? };
    Ok((cell("cmdlet")?, parameter))
}
