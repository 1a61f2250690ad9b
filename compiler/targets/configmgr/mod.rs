//! Configuration Manager: PowerShell scripts that create the same profiles at a site with its own cmdlets.
//!
//! * **Format**: one script for each profile, UTF-8 with a byte order mark, without which Windows PowerShell 5.1 reads other
//!   characters than ASCII as those of the system's code page. Values are single-quoted: nothing in them is expanded.
//!   <https://learn.microsoft.com/powershell/module/configurationmanager/>
//! * **Idempotent**: the profile of the name is looked for; `Set-` when it is there, `New-` when not. Names are compared by the
//!   script, since the cmdlets take wildcards in them.
//! * **Certificates** are profiles of their own, which must be there before what refers to them: their scripts come first.
//! * **Secrets**: none. A site's registration point makes the challenges of SCEP; PKCS#12 files and their password are asked for
//!   when the script runs.
//! * **Where it disagrees with us**: one profile has the same settings on all its platforms; users, addresses, subjects and names
//!   are forms that the site fills in, never texts; a host never changes.

mod by_hand;
mod deployment;
mod powershell;
mod script;

use super::Writer;

/// The target.
pub const WRITER: Writer = Writer {
    target: "configmgr",
    embeds: false,
    names: true,
    sets_up: ".ps1",
    by_hand: &[
        by_hand::ACCOUNT_DOMAIN,
        by_hand::CONTENT_TYPES,
        by_hand::KEY_USAGE,
        by_hand::NAME_TYPES,
        by_hand::SUBJECT_TYPE,
        by_hand::VALIDITY_DAYS,
    ],
    deploy: Some(deployment::script),
    assemble: script::assemble,
};
