//! Entries to a script: what runs before, the settings, `Set-` or `New-`.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::powershell::{array, boolean, hashtable, text};
use crate::catalog::{Cmdlet, Parameter};
use crate::ir::{Datum, Entry, Profile};
use crate::schema::{Field, Kind, Type};
use crate::targets::{Assembled, Bundle, Fault, Note, Role, Surroundings};

/// How a site is asked for the platforms of each of ours.
///
/// The first is Microsoft's own example (New-CMCertificateProfileScep), so is the second (New-CMEmailProfile). What a site calls
/// its iOS platforms is in no reference: the script says so when it finds none, and takes names by hand.
const PLATFORMS: [(&str, &str, &str); 3] = [
    ("windows", "Windows 10", "Name = 'All Windows 10*Client'"),
    ("windows_phone", "Windows Phone", "Platform = 'Windows Phone'"),
    ("ios", "iOS", "Name = '*iOS*'"),
];

/// Finds the profile of a name: the cmdlets take wildcards in names, so that all are asked for and compared here.
pub const FIND_ONE: &str = "function Find-One([object[]] $Found, [string] $Name, [string] $Script) {\n\
    \x20   $Own = @($Found | Where-Object { $_.LocalizedDisplayName -eq $Name })\n\
    \x20   if ($Own.Count -gt 1) { throw \"The site has $($Own.Count) profiles named $Name.\" }\n\
    \x20   if ($Own.Count -eq 0 -and $Script) { throw \"The site has no profile named $Name; run $Script first.\" }\n\
    \x20   $Own\n\
    }\n";

/// Bytes in a line of base64.
const LINE: usize = 57;

/// One script.
///
/// # Errors
/// A parameter that the cmdlets do not have, or a value that they do not take.
pub fn assemble(bundle: &Bundle<'_>, around: &Surroundings<'_>) -> Result<Vec<Assembled>, Fault> {
    let script = Script::of(bundle, around)?;
    let mut notes = vec![Note::from(
        "the versions of platforms are not carried over: the site's platforms are found by their names, and `-PlatformName` chooses among them",
    )];
    if script.fixed_host() {
        notes.push(Note::from("the host of a profile that is there already is not changed: no cmdlet can"));
    }
    Ok(vec![Assembled {
        role: Role::Install,
        suffix: ".ps1".into(),
        bytes: format!("\u{feff}{}", script.write()).into_bytes(),
        identities: Vec::new(),
        contains_secret: false,
        needs_user_logged_on: false,
        redeliver: true,
        fixed: Vec::new(),
        expects: Vec::new(),
        first: Vec::new(),
        notes,
    }])
}

/// Which cmdlet takes a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    Both,
    New,
    Set,
}

struct Script<'a> {
    profile: &'a Profile,
    console: &'static [&'static str],
    /// `EmailProfile`: the noun of the three cmdlets.
    noun: &'static str,
    settings: Vec<(For, String, String)>,
    /// A certificate that `Path` stands for.
    certificate: Option<Vec<u8>>,
}

impl<'a> Script<'a> {
    fn of(bundle: &Bundle<'a>, around: &Surroundings<'_>) -> Result<Script<'a>, Fault> {
        let main = &bundle.main;
        let root = main.lowered.root.is;
        let noun = root.strip_prefix("New-CM").ok_or_else(|| Fault(format!("`{root}` is no cmdlet that makes something")))?;
        let find =
            |name: String| around.catalog.cmdlet(&name).ok_or_else(|| Fault(format!("`{name}` is not in the vendor tables")));
        let (new, set) = (find(root.to_owned())?, find(format!("Set-CM{noun}"))?);
        find(format!("Get-CM{noun}"))?;
        let mut script =
            Script { profile: main.profile, console: main.view.platform.delivers, noun, settings: Vec::new(), certificate: None };
        for entry in &main.lowered.entries {
            script.setting(entry, new, set, bundle)?;
        }
        let given = ["Name", "SupportedPlatform"];
        let missing = new.parameters.iter().filter(|parameter| parameter.required && !given.contains(&parameter.name));
        let has = |name: &str| script.settings.iter().any(|(of, known, _)| *of != For::Set && known == name);
        if let Some(parameter) = missing.into_iter().find(|parameter| !has(parameter.name)) {
            return Err(Fault(format!("`{root}` needs `{}`, and no check said so", parameter.name)));
        }
        Ok(script)
    }

    fn setting(&mut self, entry: &Entry, new: &Cmdlet, set: &Cmdlet, bundle: &Bundle<'_>) -> Result<(), Fault> {
        let (of, name) = match entry.place.split_once('/') {
            Some(("New", name)) => (For::New, name),
            Some(("Set", name)) => (For::Set, name),
            _ => (For::Both, &*entry.place),
        };
        let cmdlets: &[&Cmdlet] = match of {
            For::Both => &[new, set],
            For::New => &[new],
            For::Set => &[set],
        };
        let mut value = String::new();
        for cmdlet in cmdlets {
            let parameter = cmdlet.parameter(name);
            let parameter = parameter.ok_or_else(|| Fault(format!("`{}` has no parameter `{name}`", cmdlet.name)))?;
            value = self.value(parameter, &entry.datum, bundle)?;
        }
        self.settings.push((of, name.to_owned(), value));
        Ok(())
    }

    /// A value as the parameter's type reads it.
    fn value(&mut self, parameter: &Parameter, datum: &Datum, bundle: &Bundle<'_>) -> Result<String, Fault> {
        let wrong = || Fault(format!("`{}` is a {} and gets {datum:?}", parameter.name, parameter.ty));
        let allowed = |words: &str| {
            let known = |word: &str| parameter.allowed.is_empty() || parameter.allowed.contains(&word);
            if words.split(", ").all(known) {
                Ok(())
            } else {
                Err(Fault(format!("`{}` does not take `{words}`", parameter.name)))
            }
        };
        Ok(match (parameter.ty, datum) {
            ("Boolean" | "SwitchParameter", Datum::Boolean(value)) => boolean(*value).to_owned(),
            ("Int32", Datum::Integer(number)) => {
                let number = i32::try_from(*number).map_err(|_| wrong())?.to_string();
                allowed(&number)?;
                number
            }
            ("String", Datum::Data(der)) => {
                self.certificate = Some(der.to_vec());
                "$Path".to_owned()
            }
            ("String[]", Datum::List(items)) => {
                array(&items.iter().map(|item| literal(item).map(text)).collect::<Result<Vec<_>, _>>()?)
            }
            ("Hashtable", Datum::List(items)) => usages(items, self.profile.kind)?,
            ("IResultObject", Datum::Profile(id)) => referent(id, bundle)?,
            ("IResultObject" | "IResultObject[]" | "Hashtable" | "DateTime" | "SecureString", _) => return Err(wrong()),
            (_, Datum::Text(_)) => {
                let word = literal(datum)?;
                allowed(word)?;
                text(word)
            }
            _ => return Err(wrong()),
        })
    }

    fn fixed_host(&self) -> bool {
        self.settings.iter().any(|(of, name, _)| *of == For::New && name == "ExchangeHost")
    }

    fn pairs(&self, of: For) -> Vec<(String, String)> {
        let own = self.settings.iter().filter(|(wanted, ..)| *wanted == of);
        own.map(|(_, name, value)| (name.clone(), value.clone())).collect()
    }

    fn write(&self) -> String {
        let mut out = self.head();
        out.push_str(&self.platforms());
        let indent = if self.certificate.is_some() { "    " } else { "" };
        if let Some(der) = &self.certificate {
            out.push_str(&temporary(der));
        }
        let body = self.body(indent);
        out.push_str(&body);
        if self.certificate.is_some() {
            out.push_str("} finally {\n    [IO.File]::Delete($Path)\n}\n");
        }
        if self.imports() {
            out.push_str(IMPORT);
        }
        out
    }

    /// Whether keys are handed over when the script runs.
    fn imports(&self) -> bool {
        self.profile.kind.fields.iter().any(|field| matches!(field.ty, Type::Identity))
    }

    fn head(&self) -> String {
        let (id, kind) = (&self.profile.id, self.profile.kind.name);
        let list = if self.imports() { IMPORT_PARAMETER } else { "" };
        format!(
            "#Requires -Version 5.1\n\
             # Profile `{id}` of kind `{kind}`, written by payloadc: change the profile, not this script.\n\
             # Review it, then run it from the drive of the site, with -WhatIf first.\n\
             [CmdletBinding(SupportsShouldProcess)]\n\
             param(\n\
             \x20   # Platforms as Get-CMSupportedPlatform names them at this site; wildcards are allowed.\n\
             \x20   [string[]] $PlatformName{list}\n\
             )\n\
             Set-StrictMode -Version 3.0\n\
             $ErrorActionPreference = 'Stop'\n\n\
             {FIND_ONE}\n"
        )
    }

    fn platforms(&self) -> String {
        let mut out = String::from(
            "function Find-Platform([string] $Title, [hashtable] $By) {\n\
             \x20   $Found = @(Get-CMSupportedPlatform -Fast @By)\n\
             \x20   if ($Found.Count -eq 0) { throw \"The site names no platform for $Title in this way; name its platforms with -PlatformName.\" }\n\
             \x20   $Found\n\
             }\n\n\
             $Platforms = @(\n\
             \x20   if ($PlatformName) {\n\
             \x20       foreach ($Name in $PlatformName) { Find-Platform $Name @{ Name = $Name } }\n\
             \x20   } else {\n",
        );
        let chosen = |name: &str| self.profile.platforms.contains(&name);
        let wanted = PLATFORMS.iter().filter(|(name, ..)| self.console.contains(name) && chosen(name));
        for (_, title, by) in wanted {
            let _ = writeln!(out, "        Find-Platform {} @{{ {by} }}", text(title));
        }
        out.push_str("    }\n)\n\n");
        out
    }

    fn body(&self, indent: &str) -> String {
        let name = text(self.profile.name.as_literal().unwrap_or_default());
        let mut common = self.pairs(For::Both);
        if let Some(description) = self.profile.description.as_ref().and_then(|description| description.as_literal()) {
            common.insert(0, ("Description".into(), text(description)));
        }
        common.push(("SupportedPlatform".into(), "$Platforms".into()));
        let (mut new, set) = (self.pairs(For::New), self.pairs(For::Set));
        new.insert(0, ("Name".into(), name.clone()));
        let noun = self.noun;
        let inner = format!("{indent}    ");
        let mut out = format!("{indent}$Settings = {}\n", hashtable(&common, indent));
        let _ = writeln!(out, "{indent}$Object = Find-One @(Get-CM{noun}) {name}");
        let _ = writeln!(out, "{indent}if ($Object) {{");
        let splat = if set.is_empty() {
            String::new()
        } else {
            let _ = writeln!(out, "{inner}$Only = {}", hashtable(&set, &inner));
            " @Only".to_owned()
        };
        let _ = writeln!(out, "{inner}Set-CM{noun} -InputObject $Object @Settings{splat}");
        if self.fixed_host() {
            let _ = writeln!(
                out,
                "{inner}Write-Warning 'The Exchange host of a profile that is there already stays as it is: no cmdlet changes it.'"
            );
        }
        let _ = writeln!(out, "{indent}}} else {{");
        let _ = writeln!(out, "{inner}$Only = {}", hashtable(&new, &inner));
        let _ = writeln!(out, "{inner}$Object = New-CM{noun} @Settings @Only");
        let _ = writeln!(out, "{indent}}}");
        out
    }
}

const IMPORT_PARAMETER: &str = ",\n    # A CSV file with the columns UserName (DOMAIN\\user) and Path (a PKCS#12 file): one key for each user.\n    [string] $PfxList";

/// Keys and their password come from whoever runs the script.
const IMPORT: &str = "if ($PfxList -and $Object) {\n\
    \x20   $Password = Read-Host -Prompt 'Password of the PKCS#12 files' -AsSecureString\n\
    \x20   foreach ($Row in Import-Csv -LiteralPath $PfxList) {\n\
    \x20       Import-CMClientCertificatePfx -CertificateProfilePfx $Object -UserName $Row.UserName -Path $Row.Path -Password $Password\n\
    \x20   }\n\
    }\n";

/// The certificate in a temporary file, which is taken away again.
fn temporary(der: &[u8]) -> String {
    let mut out = String::from("$Certificate = -join @(\n");
    for line in der.chunks(LINE) {
        let _ = writeln!(out, "    '{}'", STANDARD.encode(line));
    }
    out.push_str(
        ")\n\
         $Path = [IO.Path]::Combine([IO.Path]::GetTempPath(), [IO.Path]::GetRandomFileName() + '.cer')\n\
         try {\n\
         \x20   [IO.File]::WriteAllBytes($Path, [Convert]::FromBase64String($Certificate))\n",
    );
    out
}

/// Purposes by name: the cmdlet takes a table of names and object identifiers.
fn usages(items: &[Datum], kind: &Kind) -> Result<String, Fault> {
    let choices: Vec<_> = kind.fields.iter().filter(|field| matches!(field.ty, Type::Oids(_))).flat_map(Field::choices).collect();
    let mut pairs = Vec::new();
    for item in items {
        let oid = literal(item)?;
        let name = choices
            .iter()
            .find(|choice| choice.oid == oid)
            .map_or_else(|| oid.to_owned(), |choice| choice.name.replace('_', " "));
        pairs.push(format!("{} = {}", text(&name), text(oid)));
    }
    Ok(format!("@{{ {} }}", pairs.join("; ")))
}

/// Looks up a profile that must be there before.
fn referent(id: &str, bundle: &Bundle<'_>) -> Result<String, Fault> {
    let part = bundle.with.iter().find(|part| &*part.profile.id == id);
    let part = part.ok_or_else(|| Fault(format!("`{id}` is referred to and has no script")))?;
    let get = part.lowered.root.is.replacen("New-", "Get-", 1);
    let name = text(part.profile.name.as_literal().unwrap_or_default());
    Ok(format!("(Find-One @({get}) {name} {})", text(&format!("{id}.ps1"))))
}

fn literal(datum: &Datum) -> Result<&str, Fault> {
    let text = match datum {
        Datum::Text(text) => text.as_literal(),
        _ => None,
    };
    text.ok_or_else(|| Fault("a value that differs from user to user got as far as a script".into()))
}
