//! `payloadc init`: a workspace that builds clean. Nothing that is there is touched.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use minijinja::{AutoEscape, Environment, context};

use super::arguments::Init;
use super::{Exit, Failure};
use crate::builtin::SCHEMAS;
use crate::check::is_identifier;

/// File by file, what a new workspace holds.
const FILES: [(&str, &str); 3] = [
    ("payloadc.yaml", include_str!("init/payloadc.yaml")),
    ("profiles/mail.yaml", include_str!("init/mail.yaml")),
    (".gitignore", include_str!("init/gitignore")),
];

/// Starts a workspace.
pub fn run(command: &Init) -> Result<Exit, Failure> {
    let folder = command.folder.clone().unwrap_or_else(|| PathBuf::from("."));
    if !is_identifier(&command.organization) {
        return Err(Failure(format!("`--organization {}` is no reverse DNS name such as `com.contoso`", command.organization)));
    }
    let mut environment = Environment::new();
    environment.set_syntax(
        minijinja::syntax::SyntaxConfig::builder()
            .keep_trailing_newline(true)
            .build()
            .map_err(|error| Failure(error.to_string()))?,
    );
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment
        .add_filter("yaml", |text: String| serde_yaml::to_string(&text).map(|text| text.trim_end().to_owned()).unwrap_or(text));
    let domain: Vec<&str> = command.organization.rsplit('.').collect();
    let (name, identifier) = (command.name.as_str(), command.organization.as_str());
    let names = context! { name, identifier, domain => domain.join(".") };
    for (path, template) in FILES {
        let text = environment.render_str(template, names.clone()).map_err(|error| Failure(error.to_string()))?;
        write_new(&folder, path, &text)?;
    }
    let schema = serde_json::to_string_pretty(&crate::reference::editor::profile_schema(&SCHEMAS))
        .map_err(|error| Failure(error.to_string()))?;
    write_new(&folder, ".payloadc/profile.schema.json", &(schema + "\n"))?;
    say(&format!("next: payloadc build {}", folder.display()));
    Ok(Exit::Clean)
}

fn write_new(folder: &Path, path: &str, text: &str) -> Result<(), Failure> {
    let full = folder.join(path);
    if let Some(parent) = full.parent() {
        fs::create_dir_all(parent).map_err(|error| Failure(format!("`{}` cannot be made: {error}", parent.display())))?;
    }
    match fs::OpenOptions::new().write(true).create_new(true).open(&full) {
        Ok(mut file) => {
            file.write_all(text.as_bytes())?;
            say(&format!("wrote {}", full.display()));
            Ok(())
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            say(&format!("kept {}, which was there", full.display()));
            Ok(())
        }
        Err(error) => Err(Failure(format!("`{}` cannot be written: {error}", full.display()))),
    }
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "payloadc: {text}");
}
