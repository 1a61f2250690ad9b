//! `payloadc evaluate`: what devices report, against what is deployed. Exit status 3 when an alert is raised.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use time::OffsetDateTime;

use super::arguments::{Evaluate, EvaluationFormat, What};
use super::run::{Wanted, compiled, day};
use super::{Exit, Failure};
use crate::deploy::compliance::render::{Evaluation, events, json, junit, prometheus, table};
use crate::deploy::compliance::{Problems, Reports, Scene, judge, read};
use crate::deploy::{Fleet, People};
use crate::diagnostic::render::{Format, Style, render};
use crate::diagnostic::{Report, Severity};

/// Judges, prints, and says how it ended.
pub fn run(command: &Evaluate, style: Style) -> Result<Exit, Failure> {
    let now = OffsetDateTime::from_unix_timestamp(day(command.at.as_deref())?).map_err(|error| Failure(error.to_string()))?;
    let what = What {
        inputs: command.workspace.iter().cloned().collect(),
        vars: command.vars.clone(),
        vars_files: command.vars_files.clone(),
        at: command.at.clone(),
        ..What::default()
    };
    let run = compiled(&what, Wanted { secrets_in_git: true, ..Wanted::default() })?;
    let mut sources = run.output.sources;
    let mut report = Report::new();
    // Warnings about the workspace are for whoever builds it.
    report.extend(run.output.diagnostics.into_iter().filter(|diagnostic| diagnostic.severity() == Severity::Error));
    let fleet = run.output.fleet.as_ref();
    let fleet = fleet.ok_or_else(|| Failure("the workspace has no collections and no deployments".into()))?;
    let scene = Scene::of(fleet, &run.output.artifacts).ok_or_else(|| unknown(fleet))?;
    let mut reports = Reports::new(&scene, now.unix_timestamp());
    let mut left_out = 0;
    for path in &command.reported {
        let mut problems = Problems::of(&path.display().to_string());
        if path == Path::new("-") {
            read(&mut std::io::stdin().lock(), &mut reports, &mut problems);
        } else {
            let file = File::open(path).map_err(|error| Failure(format!("`{}` cannot be read: {error}", path.display())))?;
            read(&mut BufReader::with_capacity(1 << 16, file), &mut reports, &mut problems);
        }
        left_out += problems.left_out();
        problems.say(&mut sources, &mut report);
    }
    let deployments = fleet.deployments.iter().filter(|deployed| !fleet.broken.contains(&deployed.document.id));
    let deployments = deployments.filter_map(|deployed| judge(deployed, &reports, now)).collect();
    let evaluation = Evaluation { at: now, deployments, used: reports.used, left_out };
    let diagnostics = report.into_sorted();
    let errors = diagnostics.iter().any(|diagnostic| diagnostic.severity() == Severity::Error);
    std::io::stderr().lock().write_all(render(Format::Human, &diagnostics, &sources, style).as_bytes())?;
    print(&evaluation, command.format)?;
    write_events(&evaluation, command.events.as_ref())?;
    Ok(match (errors, evaluation.raised().next()) {
        (true, _) => Exit::Errors,
        (false, Some(_)) => Exit::Alert,
        (false, None) => Exit::Clean,
    })
}

fn unknown(fleet: &Fleet) -> Failure {
    Failure(match fleet.people {
        People::Broken => "the directory has an error: who is targeted cannot be said".into(),
        People::Unknown | People::Known(_) => "payloadc.yaml names no `directory`: who is targeted cannot be said".into(),
    })
}

/// A reader that has gone away, such as `head`, is no failure.
fn print(evaluation: &Evaluation<'_>, format: EvaluationFormat) -> Result<(), Failure> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let written = match format {
        EvaluationFormat::Table => table(evaluation, &mut out),
        EvaluationFormat::Json => json(evaluation, &mut out),
        EvaluationFormat::Junit => junit(evaluation, &mut out),
        EvaluationFormat::Prometheus => prometheus(evaluation, &mut out),
    };
    match written.and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Appends the records for Operations Manager: what tails a log wants nothing to be taken out of it.
fn write_events(evaluation: &Evaluation<'_>, path: Option<&PathBuf>) -> Result<(), Failure> {
    let text = events(evaluation).map_err(|error| Failure(error.to_string()))?;
    let Some(path) = path else {
        if !text.is_empty() && std::io::stderr().is_terminal() {
            writeln!(
                std::io::stderr(),
                "payloadc: `--events FILE` writes {} records for Operations Manager",
                text.lines().count()
            )?;
        }
        return Ok(());
    };
    let written = OpenOptions::new().create(true).append(true).open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| Failure(format!("`{}` cannot be written: {error}", path.display())))
}
