//! Deployments as consoles make them: one script each, beside the file that says the same to programs.

use std::collections::HashSet;

use super::{Deployment, Run, sha256};
use crate::builtin::{CATALOG, SCHEMAS};
use crate::deploy::directory::Sort;
use crate::deploy::schedule::Token;
use crate::deploy::{Deployed, Fleet};
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::manifest;
use crate::schema::Platform;
use crate::targets::{self, Deploying, Recipients};

/// What a schedule is stored as.
const TOKEN: &str =
    "https://learn.microsoft.com/mem/configmgr/develop/reference/core/servers/configure/sms_scheduletoken-server-wmi-class";

impl Run<'_> {
    /// The scripts of all deployments without an error, neither in themselves nor in a profile.
    pub(super) fn scripts(&self, fleet: &Fleet, broken: &HashSet<&str>, report: &mut Report) -> Vec<Deployment> {
        let mut scripts = Vec::new();
        for console in self.workspace.consoles.iter().filter(|console| self.asks_for(console)) {
            for deployed in &fleet.deployments {
                let mut profiles = deployed.profiles.iter().chain(&deployed.with).filter_map(|at| fleet.profiles.get(*at));
                let sound =
                    !fleet.broken.contains(&deployed.document.id) && !profiles.any(|profile| broken.contains(&*profile.id));
                if sound {
                    scripts.extend(script(console, fleet, deployed, report));
                }
            }
        }
        scripts
    }

    /// Whether everything is made for a console.
    fn asks_for(&self, console: &Platform) -> bool {
        let named = |target: &String| console.targets.contains(&target.as_str());
        let selection = self.selection;
        let all = selection.profiles.is_empty() && selection.sources.is_none();
        all && (selection.targets.is_empty() || selection.targets.iter().any(named))
    }
}

fn script(console: &'static Platform, fleet: &Fleet, deployed: &Deployed, report: &mut Report) -> Option<Deployment> {
    let document = &deployed.document;
    if let Some((_, span)) = document.random_delay {
        let message = format!("{} has no parameter for the random delay of `{}`", console.title, document.id);
        report.push(
            Diagnostic::new(Code::W0975, span, message)
                .label("left out of its script")
                .help("set it in the console; `allow: { W0975: \"reason\" }` silences this")
                .note("https://learn.microsoft.com/powershell/module/configurationmanager/new-cmconfigurationpolicydeployment"),
        );
    }
    if let Some(Err(why)) = document.evaluation.as_ref().map(Token::of) {
        let message = format!("{} cannot hold the evaluation schedule of `{}`", console.title, document.id);
        let help = format!("its schedules hold {}, and this is {}", why.holds, why.is);
        report.push(
            Diagnostic::new(Code::E0974, document.evaluation_span.unwrap_or(document.span), message)
                .label("this schedule")
                .help(help)
                .note(TOKEN),
        );
        return None;
    }
    // Dependencies first.
    let profiles = deployed.with.iter().chain(&deployed.profiles).filter_map(|at| fleet.profiles.get(*at));
    let profiles = profiles.filter_map(|profile| {
        let view = profile.consoles.iter().find(|view| view.platform.name == console.name)?;
        let table = console.targets.iter().find_map(|target| SCHEMAS.table(profile.kind.name, target))?;
        Some((profile, view.root(profile.kind, profile.scope, table)?.root.ok()?.is))
    });
    let profiles: Vec<_> = profiles.collect();
    if profiles.is_empty() {
        return None;
    }
    let collection = fleet.collections.get(deployed.collection)?;
    let to = match (collection.span, collection.of) {
        (Some(_), _) => Recipients::Named(&collection.name),
        (None, Sort::Users) => Recipients::AllUsers,
        (None, Sort::Devices) => Recipients::AllDevices,
    };
    let deploying = Deploying { id: &document.id, to, profiles, alert: document.alert, schedule: document.evaluation };
    let write = console.targets.iter().find_map(|target| targets::writer(target)?.deploy)?;
    match write(&deploying, &CATALOG) {
        Ok(text) => {
            let bytes = text.into_bytes();
            let id = document.id.to_string();
            let path = format!("deployments/{id}.ps1");
            Some(Deployment { entry: manifest::Deployment { path, deployment: id, sha256: sha256(&bytes), stale: false }, bytes })
        }
        Err(fault) => {
            let message = format!("the script of `{}` cannot be made: {fault}", document.id);
            let diagnostic = Diagnostic::new(Code::E0001, document.span, message).label("this deployment");
            report.push(
                diagnostic.help("this is a fault of payloadc, not of the deployment: please report it with the deployment"),
            );
            None
        }
    }
}
