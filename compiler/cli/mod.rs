//! The command line: the only room with I/O.
//!
//! Data goes to stdout, what people read goes to stderr; machine formats of diagnostics are data. Exit status 0: clean (warnings
//! allowed), 1: errors, 2: usage or I/O, 3: an alert is raised.
#![allow(clippy::disallowed_methods, reason = "the command line is the only room with I/O")]

mod arguments;
mod build;
mod catalog;
mod checks;
mod deploy;
#[cfg(feature = "ldap")]
mod directory;
mod dist;
mod evaluate;
mod explain;
mod files;
mod fix;
mod forget;
mod git;
mod globs;
mod init;
mod lint;
mod list;
mod load;
mod output;
mod overrides;
mod people;
mod run;
mod schema;
mod secrets;
mod servers;
mod support;
mod terminal;
mod trace;
mod version;

pub use arguments::Arguments;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use arguments::{Command, DeployCommand};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Nothing is wrong; warnings are allowed.
    Clean,
    /// Profiles have errors, or differ from what is committed.
    Errors,
    /// Nothing is wrong with the workspace, and an alert is raised.
    Alert,
}

/// Something that kept the command from running: usage or I/O.
pub struct Failure(pub String);

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure(error.to_string())
    }
}

/// Runs the program; see the modules for what each command does.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are data; usage errors are not.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    match dispatch(arguments) {
        Ok(Exit::Clean) => ExitCode::SUCCESS,
        Ok(Exit::Errors) => ExitCode::from(1),
        Ok(Exit::Alert) => ExitCode::from(3),
        Err(Failure(why)) => {
            let _ = writeln!(std::io::stderr(), "payloadc: {why}");
            ExitCode::from(2)
        }
    }
}

fn dispatch(arguments: Arguments) -> Result<Exit, Failure> {
    let style = terminal::style(arguments.color);
    match arguments.command {
        Command::Build(command) if command.per_user => people::run(&command, style),
        Command::Build(command) => build::run(&command, style),
        Command::Check(command) => checks::run(&command, style),
        Command::Init(command) => init::run(&command),
        Command::Lint(command) => lint::run(&command, style),
        Command::List(command) => list::run(&command, style),
        Command::Explain { topic } => print(explain::run(&topic)),
        Command::Support { kind, format } => print(support::run(kind.as_deref(), format.into())),
        Command::Schema { kind } => print(schema::run(kind.as_deref())),
        Command::Servers { name, json } => print(servers::run(name.as_deref(), json)),
        Command::Collection { command } => deploy::collection::run(&command, style),
        Command::Deploy { command: DeployCommand::Plan(asked) } => deploy::plan::run(&asked, style),
        Command::Deploy { command: DeployCommand::Schedule { id, next, asked } } => {
            deploy::schedule::run(&id, next, &asked, style)
        }
        Command::Deploy { command: DeployCommand::Explain { user, asked } } => deploy::explain::run(&user, &asked, style),
        Command::Catalog(command) => catalog::run(&command),
        Command::Evaluate(command) => evaluate::run(&command, style),
        Command::Forget(command) => forget::run(&command),
        #[cfg(feature = "ldap")]
        Command::Directory(command) => directory::run(&command),
        Command::Completions { shell } => {
            let mut bytes = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "payloadc", &mut bytes);
            write_out(&bytes)
        }
        Command::Man => {
            let mut bytes = Vec::new();
            clap_mangen::Man::new(Arguments::command()).render(&mut bytes)?;
            write_out(&bytes)
        }
        Command::Version { json } => print(Ok(version::text(json))),
    }
}

fn print(text: Result<String, String>) -> Result<Exit, Failure> {
    let mut text = text.map_err(Failure)?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    write_out(text.as_bytes())
}

/// Data to stdout. A reader that has gone away, such as `head`, is no failure.
fn write_out(bytes: &[u8]) -> Result<Exit, Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(Exit::Clean),
    }
}
