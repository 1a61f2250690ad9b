//! What the command line says about a workspace: `--var`, `--vars`, `--organization`, and the consoles that `--target` names.

use std::fs;
use std::path::Path;

use super::Failure;
use super::arguments::What;
use super::files::decode;
use crate::builtin::SCHEMAS;
use crate::check::{Overrides, Variable, is_identifier};
use crate::schema::Platform;
use crate::source::{Limits, SourceId, Tree, parse};

/// Reads them; of two values for one variable the later wins, and `--var` wins over `--vars`.
pub fn overrides(what: &What) -> Result<Overrides, Failure> {
    let mut vars = Vec::new();
    for file in &what.vars_files {
        vars.extend(vars_file(file)?);
    }
    for var in &what.vars {
        let (name, value) = var.split_once('=').ok_or_else(|| Failure(format!("`--var {var}` is not NAME=VALUE")))?;
        vars.push((variable_name(name)?, Variable { value: value.to_owned(), from: "--var".into() }));
    }
    if let Some(identifier) = what.organization.as_deref().filter(|identifier| !is_identifier(identifier)) {
        return Err(Failure(format!("`--organization {identifier}` is no reverse DNS name such as `com.contoso`")));
    }
    let named = |console: &&Platform| what.targets.iter().any(|target| console.targets.contains(&target.as_str()));
    let consoles = SCHEMAS.consoles.iter().filter(named).collect();
    Ok(Overrides { vars, organization: what.organization.clone(), consoles })
}

fn variable_name(name: &str) -> Result<String, Failure> {
    let fits = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if fits {
        Ok(name.to_owned())
    } else {
        Err(Failure(format!("`{name}` cannot be the name of a variable: letters, digits and `_`")))
    }
}

fn vars_file(path: &Path) -> Result<Vec<(String, Variable)>, Failure> {
    let wrong = |what: String| Failure(format!("`--vars {}`: {what}", path.display()));
    let bytes = fs::read(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Failure(format!("there is no file `{}`", path.display())),
        kind => wrong(format!("cannot be read: {kind}")),
    })?;
    let (text, _) = decode(bytes).map_err(|no| wrong(no.what))?;
    let parsed = parse(SourceId(0), &text, Limits::default());
    let node =
        parsed.documents.first().filter(|_| parsed.problems.is_empty()).ok_or_else(|| wrong("is no YAML mapping".into()))?;
    let pairs = node.mapping().ok_or_else(|| wrong("is no YAML mapping of names and values".into()))?;
    pairs
        .iter()
        .map(|pair| match &pair.value.tree {
            Tree::Scalar(scalar) => {
                let from = format!("--vars {}", path.display());
                Ok((variable_name(&pair.key)?, Variable { value: scalar.text.to_string(), from }))
            }
            Tree::Sequence(_) | Tree::Mapping(_) => Err(wrong(format!("`{}` is no text", pair.key))),
        })
        .collect()
}
