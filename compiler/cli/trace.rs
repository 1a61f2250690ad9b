//! `payloadc build --trace`: why each entry of each artifact stands there. Values are not shown: they may be secret.

use std::io::Write as _;

use super::Failure;
use super::run::Run;
use crate::compile::Traced;
use crate::ir::Origin;

/// Prints where variables and entries come from, to standard output or to stderr.
pub fn trace(run: &Run, to_stdout: bool) -> Result<(), Failure> {
    let mut text = String::new();
    for (name, variable) in &run.output.workspace.vars {
        text.push_str(&format!("vars.{name} <- {}\n", variable.from));
    }
    for artifact in run.output.artifacts.iter().filter(|artifact| artifact.sets_up()) {
        text.push_str(&format!("{}\n", artifact.entry.path));
        for traced in &artifact.trace {
            text.push_str(&format!("  {} <- {}\n", traced.place, origin(run, traced)));
        }
    }
    if to_stdout {
        super::write_out(text.as_bytes())?;
    } else {
        std::io::stderr().lock().write_all(text.as_bytes())?;
    }
    Ok(())
}

fn origin(run: &Run, traced: &Traced) -> String {
    match traced.origin {
        Origin::Written(span) => run.output.sources.get(span.source).map_or_else(String::new, |source| {
            let position = source.position(span.start);
            format!("{}:{}:{}", source.path, position.line, position.column)
        }),
        Origin::Default => "default of the kind".to_owned(),
        Origin::Implied(id) => format!("implied by `{}`", traced.kind.fields.get(id.index()).map_or("", |field| field.name)),
        Origin::Table => "constant of the target".to_owned(),
    }
}
