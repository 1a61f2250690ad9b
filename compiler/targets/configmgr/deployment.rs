//! A deployment as a script: its profiles to one collection of the site, with the alert and the evaluation schedule.
//!
//! The collection must be at the site already: what belongs to it is the site's own knowledge. `random_delay` has no parameter, and
//! who calls this says so.

use std::fmt::Write as _;

use time::{PrimitiveDateTime, Weekday};

use super::powershell::{boolean, hashtable, text};
use super::script::FIND_ONE;
use crate::catalog::{Catalog, Cmdlet};
use crate::deploy::alert::{self, Alert};
use crate::deploy::schedule::{Recurs, Schedule, Week};
use crate::targets::{Deploying, Fault, Recipients};

/// The collections that are at every site: <https://learn.microsoft.com/mem/configmgr/core/clients/manage/collections/introduction-to-collections>.
const ALL_USERS: &str = "SMS00002";
const ALL_SYSTEMS: &str = "SMS00001";

/// One script.
///
/// # Errors
/// A parameter that a cmdlet does not have.
pub fn script(deploying: &Deploying<'_>, catalog: &Catalog) -> Result<String, Fault> {
    let settings = settings(deploying, catalog)?;
    let mut out = format!(
        "\u{feff}#Requires -Version 5.1\n\
         # Deployment `{}`, written by payloadc: change the deployment, not this script.\n\
         # Review it, then run it from the drive of the site, with -WhatIf first; the scripts of its profiles come before.\n\
         [CmdletBinding(SupportsShouldProcess)]\n\
         param()\n\
         Set-StrictMode -Version 3.0\n\
         $ErrorActionPreference = 'Stop'\n\n\
         {FIND_ONE}\n",
        deploying.id
    );
    // A schedule is made in memory alone: a trial needs it too.
    if let Some(schedule) = &deploying.schedule {
        let _ = writeln!(out, "$Schedule = New-CMSchedule {} -WhatIf:$false", recurrence(schedule, catalog)?);
    }
    let _ = writeln!(out, "$Settings = {}", hashtable(&settings, ""));
    let to = match deploying.to {
        Recipients::AllUsers => vec![("CollectionId", text(ALL_USERS))],
        Recipients::AllDevices => vec![("CollectionId", text(ALL_SYSTEMS))],
        Recipients::Named(name) => vec![("CollectionName", text(name)), ("DisableWildcardHandling", "$true".to_owned())],
    };
    for cmdlet in ["Get-CMConfigurationPolicyDeployment", "New-CMConfigurationPolicyDeployment"] {
        let cmdlet = known(catalog, cmdlet)?;
        to.iter().try_for_each(|(name, _)| has(cmdlet, name))?;
    }
    let to: Vec<(String, String)> = to.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let _ = writeln!(out, "$To = {}", hashtable(&to, ""));
    out.push_str("$Profiles = @(\n");
    for (profile, root) in &deploying.profiles {
        let get = root.replacen("New-", "Get-", 1);
        known(catalog, &get)?;
        let name = text(profile.name.as_literal().unwrap_or_default());
        let _ = writeln!(out, "    Find-One @({get}) {name} {}", text(&format!("{}.ps1", profile.id)));
    }
    out.push_str(
        ")\n\
         foreach ($Object in $Profiles) {\n\
         \x20   $Existing = @(Get-CMConfigurationPolicyDeployment -InputObject $Object @To)\n\
         \x20   if ($Existing.Count -gt 0) {\n\
         \x20       Set-CMConfigurationPolicyDeployment -InputObject $Existing[0] @Settings\n\
         \x20   } else {\n\
         \x20       New-CMConfigurationPolicyDeployment -CommonProfile $Object @To @Settings\n\
         \x20   }\n\
         }\n",
    );
    Ok(out)
}

/// What both cmdlets take. An alert that is gone is switched off; a schedule that is gone stays the site's.
fn settings(deploying: &Deploying<'_>, catalog: &Catalog) -> Result<Vec<(String, String)>, Fault> {
    let mut settings = vec![("GenerateAlert", boolean(deploying.alert.is_some()).to_owned())];
    if let Some(Alert { compliance_below, by, operations_manager }) = deploying.alert {
        settings.push(("ParameterValue", compliance_below.to_string()));
        // The cmdlet takes a time of the computer it runs on.
        settings.push(("PostponeDateTime", format!("([datetimeoffset]{}).LocalDateTime", text(&alert::shown(by)))));
        settings.push(("MonitoredByScom", boolean(operations_manager).to_owned()));
    }
    if deploying.schedule.is_some() {
        settings.push(("Schedule", "$Schedule".to_owned()));
    }
    for cmdlet in ["New-CMConfigurationPolicyDeployment", "Set-CMConfigurationPolicyDeployment"] {
        let cmdlet = known(catalog, cmdlet)?;
        settings.iter().try_for_each(|(name, _)| has(cmdlet, name))?;
    }
    Ok(settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// The parameters of `New-CMSchedule`. That the site can hold it was asked before.
fn recurrence(schedule: &Schedule, catalog: &Catalog) -> Result<String, Fault> {
    let mut words: Vec<(&str, String)> = vec![("Start", start(schedule.start))];
    let weekday = |day: Weekday| text(&day.to_string());
    match schedule.recurs {
        Recurs::Once => words.push(("Nonrecurring", String::new())),
        Recurs::Every(minutes) => {
            let (unit, count) = match minutes {
                _ if minutes.is_multiple_of(24 * 60) => ("Days", minutes / (24 * 60)),
                _ if minutes.is_multiple_of(60) => ("Hours", minutes / 60),
                _ => ("Minutes", minutes),
            };
            words.extend([("RecurInterval", text(unit)), ("RecurCount", count.to_string())]);
        }
        Recurs::Weekly(day, every) => words.extend([("DayOfWeek", weekday(day)), ("RecurCount", every.to_string())]),
        Recurs::MonthlyDay(day, every) => words.extend([("DayOfMonth", day.to_string()), ("RecurCount", every.to_string())]),
        Recurs::MonthlyWeekday(day, week, every) => {
            let order = match week {
                Week::First => "First",
                Week::Second => "Second",
                Week::Third => "Third",
                Week::Fourth => "Fourth",
                Week::Last => "Last",
            };
            words.extend([("DayOfWeek", weekday(day)), ("WeekOrder", text(order)), ("RecurCount", every.to_string())]);
        }
        Recurs::MonthlyLastDay(every) => words.extend([("LastDayOfMonth", String::new()), ("RecurCount", every.to_string())]),
    }
    if schedule.utc {
        words.push(("IsUtc", String::new()));
    }
    let cmdlet = known(catalog, "New-CMSchedule")?;
    words.iter().try_for_each(|(name, _)| has(cmdlet, name))?;
    let spelled = words.iter().map(|(name, value)| format!("-{name} {value}").trim_end().to_owned());
    Ok(spelled.collect::<Vec<_>>().join(" "))
}

fn start(at: PrimitiveDateTime) -> String {
    format!("([datetime]'{}T{:02}:{:02}:00')", at.date(), at.hour(), at.minute())
}

fn known(catalog: &Catalog, name: &str) -> Result<&'static Cmdlet, Fault> {
    catalog.cmdlet(name).ok_or_else(|| Fault(format!("`{name}` is not in the vendor tables")))
}

fn has(cmdlet: &Cmdlet, name: &str) -> Result<(), Fault> {
    cmdlet.parameter(name).map(|_| ()).ok_or_else(|| Fault(format!("`{}` has no parameter `{name}`", cmdlet.name)))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::builtin::CATALOG;

    #[test]
    fn every_recurrence() {
        let spelled = |recurs, utc| {
            let schedule = Schedule { recurs, start: datetime!(2026-01-06 08:30), utc };
            recurrence(&schedule, &CATALOG).unwrap().replace("-Start ([datetime]'2026-01-06T08:30:00') ", "")
        };
        assert_eq!(spelled(Recurs::Once, true), "-Nonrecurring -IsUtc");
        assert_eq!(spelled(Recurs::Every(7 * 1440), false), "-RecurInterval 'Days' -RecurCount 7");
        assert_eq!(spelled(Recurs::Every(180), false), "-RecurInterval 'Hours' -RecurCount 3");
        assert_eq!(spelled(Recurs::Every(45), false), "-RecurInterval 'Minutes' -RecurCount 45");
        assert_eq!(spelled(Recurs::Weekly(Weekday::Tuesday, 2), false), "-DayOfWeek 'Tuesday' -RecurCount 2");
        assert_eq!(spelled(Recurs::MonthlyDay(15, 3), false), "-DayOfMonth 15 -RecurCount 3");
        assert_eq!(
            spelled(Recurs::MonthlyWeekday(Weekday::Friday, Week::Last, 1), false),
            "-DayOfWeek 'Friday' -WeekOrder 'Last' -RecurCount 1"
        );
        assert_eq!(spelled(Recurs::MonthlyLastDay(1), true), "-LastDayOfMonth -RecurCount 1 -IsUtc");
    }
}
