//! Ten thousand profiles for the benchmark, drawn from a committed seed.

use crate::draw::Xorshift;
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::sync::Arc;

use payloadc::check::{FileProblem, Files};
use payloadc::compile::{FetchSecrets, Input, Selection};
use payloadc::diagnostic::Report;
use payloadc::ir::SecretSource;
use payloadc::source::{Source, Sources};

/// How many profiles there are, and of how many the settings must differ from all others.
pub const PROFILES: usize = 10_000;
const DIFFERENT: usize = 9_000;
/// How many at least refer to certificate profiles.
const WITH_REFERENCES: usize = PROFILES / 5;
/// Certificate requests, each of which refers to the root and the intermediate.
const REQUESTS: usize = 500;
const SEED: u64 = 0x5eed_2026_1121_0001;

/// The organisation: per-user values on Apple devices, literals on Windows.
const WORKSPACE: &str = "organization: { name: Contoso, identifier: com.contoso }
server: { ios: workspace_one, macos: workspace_one, windows_phone: manual, windows: manual }
vars: { domain: contoso.com, company: Contoso }
";

/// The files of a workspace, in memory.
pub struct Workspace {
    texts: Vec<(String, String)>,
    files: Table,
}

/// Files that profiles name.
struct Table(HashMap<&'static str, Arc<[u8]>>);

impl Files for Table {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, FileProblem> {
        self.0.get(path).cloned().ok_or(FileProblem::Missing)
    }

    fn list(&self, _folder: &str) -> Vec<String> {
        Vec::new()
    }
}

/// Hands out the one password there is.
pub struct Password;

impl FetchSecrets for Password {
    fn fetch(&self, _source: &SecretSource) -> Result<Vec<u8>, String> {
        Ok(include_bytes!("../../fixtures/authority/p12-password.txt").trim_ascii().to_vec())
    }
}

impl Workspace {
    /// A workspace of [`PROFILES`] profiles.
    pub fn drawn() -> Workspace {
        let mut random = Xorshift(SEED);
        let mut settings = BTreeSet::new();
        let mut referring = 0;
        let mut texts = vec![("payloadc.yaml".to_owned(), WORKSPACE.to_owned())];
        for (id, kind, body) in authorities().into_iter().chain((0..PROFILES - 3).map(|at| drawn(at, &mut random))) {
            referring += usize::from(refers(&body));
            texts.push((
                format!("profiles/{id}.yaml"),
                format!("kind: {kind}\nid: {id}\nname: Profile {id}\ndescription: What {id} is for\n{body}"),
            ));
            settings.insert(body);
        }
        assert_eq!(texts.len(), PROFILES + 1);
        assert!(settings.len() >= DIFFERENT, "{} different sets of settings", settings.len());
        assert!(referring >= WITH_REFERENCES, "{referring} profiles with references");
        println!("{PROFILES} profiles, {} different sets of settings, {referring} with references", settings.len());
        Workspace { texts, files: certificates() }
    }

    /// A workspace of one profile without references.
    pub fn single() -> Workspace {
        let mut random = Xorshift(SEED);
        let body = format!("kind: email\nid: mail\nname: Mail\n{}", account(1, &mut random));
        let texts = vec![("payloadc.yaml".to_owned(), WORKSPACE.to_owned()), ("profiles/mail.yaml".to_owned(), body)];
        Workspace { texts, files: certificates() }
    }

    /// What `compile` is given for a build.
    pub fn input(&self) -> Input<'_> {
        let mut sources = Sources::new();
        let mut ids =
            self.texts.iter().map(|(path, text)| sources.add(Source::new(path.clone(), text.clone()))).collect::<Vec<_>>();
        let workspace = ids.remove(0);
        Input {
            catalog: &payloadc::builtin::CATALOG,
            sources,
            workspace: Some(workspace),
            profiles: ids,
            files: &self.files,
            overrides: payloadc::check::Overrides::default(),
            at: Some(1_795_219_200),
            selection: Selection::default(),
            secrets: Some(&Password),
            tracked: &|_| false,
            trace: false,
            previous: None,
            per_user: None,
            report: Report::new(),
        }
    }

    /// How many bytes of YAML there are.
    pub fn bytes(&self) -> usize {
        self.texts.iter().map(|(_, text)| text.len()).sum()
    }
}

fn certificates() -> Table {
    Table(HashMap::from([
        ("authority/root.cer", Arc::from(*include_bytes!("../../fixtures/authority/root.cer"))),
        ("authority/intermediate.cer", Arc::from(*include_bytes!("../../fixtures/authority/intermediate.cer"))),
        ("authority/alice.p12", Arc::from(*include_bytes!("../../fixtures/authority/alice.p12"))),
    ]))
}

const ALL: &str = "platforms: [ios, macos, windows_phone, windows]\n";

/// The root, the intermediate and the one fixed key, by id, kind and settings.
fn authorities() -> [(String, &'static str, String); 3] {
    let trusted = |file: &str, store: &str| format!("{ALL}certificate: {{ file: ../authority/{file}.cer }}\nstore: {store}\n");
    let key = "platforms: [ios]\ncertificate: { file: ../authority/alice.p12 }\npassword: { secret: env:P12_PASSWORD }\n";
    [
        ("root".into(), "trusted_certificate", trusted("root", "root")),
        ("intermediate".into(), "trusted_certificate", trusted("intermediate", "intermediate")),
        ("key".into(), "pkcs12_certificate", key.into()),
    ]
}

fn refers(body: &str) -> bool {
    ["root_ca:", "identity_certificate:", "signing_certificate:", "trusted_certificates:"]
        .iter()
        .any(|field| body.contains(field))
}

/// A certificate request, or an account; every sixth account refers to certificates.
fn drawn(at: usize, random: &mut Xorshift) -> (String, &'static str, String) {
    if at < REQUESTS {
        (format!("request-{at}"), "scep_certificate", request(random))
    } else {
        (format!("mail-{at}"), "email", account(at, random))
    }
}

fn request(random: &mut Xorshift) -> String {
    let mut body = ALL.to_owned();
    let device = random.below(2_000);
    let _ = writeln!(body, "urls: [\"https://ndes-{}.{{{{ vars.domain }}}}/certsrv/mscep/mscep.dll\"]", random.below(40));
    let _ = writeln!(body, "challenge: {{ secret: env:SCEP_CHALLENGE }}");
    let _ = writeln!(
        body,
        "subject: 'CN=device-{device},OU={},O={{{{ vars.company }}}}'",
        random.one_of(&["Sales", "Support", r"Field\, North"])
    );
    let _ = writeln!(body, "key_usage: [{}]", random.some_of(&["digital_signature", "key_encipherment"]));
    let _ =
        writeln!(body, "extended_key_usage: [{}]", random.some_of(&["client_authentication", "email_protection", "ipsec_ike"]));
    let _ = writeln!(body, "key_size: {}", random.one_of(&[2048, 4096]));
    let _ = writeln!(body, "hash: {}", random.one_of(&["sha256", "sha384", "sha512"]));
    let _ = writeln!(body, "validity: {} {}", 1 + random.below(3), random.one_of(&["months", "years"]));
    let _ = writeln!(body, "retries: {}\nretry_delay: {} minutes", random.below(10), 1 + random.below(60));
    if random.percent(50) {
        let _ = writeln!(
            body,
            "subject_alternative_names: {{ dns: \"device-{device}.{{{{ vars.domain }}}}\", email: device-{device}@contoso.com }}"
        );
    }
    body + "root_ca: root\nintermediates: [intermediate]\n"
}

fn account(at: usize, random: &mut Xorshift) -> String {
    let platforms: &[&str] = random.one_of(&[
        &["ios"][..],
        &["ios"],
        &["ios", "macos"],
        &["ios", "windows_phone"],
        &["windows_phone", "windows"],
        &["ios", "macos", "windows_phone", "windows"],
    ]);
    let has = |platform: &str| platforms.contains(&platform);
    let windows = has("windows") || has("windows_phone");
    let refers = at.is_multiple_of(6);
    let mut body = format!("platforms: [{}]\n", platforms.join(", "));
    let _ = writeln!(body, "host: mail-{}.{{{{ vars.domain }}}}", random.below(50));
    let _ = writeln!(
        body,
        "account_name: \"{} mail\"",
        random.one_of(&["{{ vars.company }}", "Company", "Müller & Söhne", "Sales <EMEA>"])
    );
    let key = refers && has("ios") && random.percent(20);
    // One fixed key is for one user; Windows has nobody here to fill in a value.
    if windows || key {
        let user = random.below(500);
        let _ = writeln!(
            body,
            "user_name: {{ literal: user-{user}@contoso.com }}\nemail_address: {{ literal: user-{user}@contoso.com }}"
        );
    } else {
        let _ = writeln!(body, "user_name: {}", random.one_of(&["user_principal_name", "primary_smtp_address"]));
        let _ = writeln!(body, "email_address: {}", random.one_of(&["primary_smtp_address", "user_principal_name"]));
    }
    if refers {
        body.push_str("trusted_certificates: [root, intermediate]\n");
        if !windows {
            let _ = writeln!(body, "authentication: certificates\nidentity_certificate: request-{}", random.below(REQUESTS));
        }
        if has("ios") {
            let signing = if key { "key".to_owned() } else { format!("request-{}", random.below(REQUESTS)) };
            let _ = writeln!(body, "smime: {{ signing_certificate: {signing} }}");
        }
    }
    options(&mut body, platforms, random);
    body
}

/// What an account may have, where a platform takes it.
fn options(body: &mut String, platforms: &[&str], random: &mut Xorshift) {
    let has = |platform: &str| platforms.contains(&platform);
    let windows = has("windows") || has("windows_phone");
    let _ = writeln!(body, "use_ssl: {}", random.percent(90));
    if has("macos") {
        body.push_str("allow: { W0212: every Mac uses Exchange Web Services here }\n");
    }
    if windows && random.percent(80) {
        let schedules = ["as_messages_arrive", "every_15_minutes", "every_30_minutes", "every_60_minutes", "manual"];
        let _ = writeln!(body, "sync_schedule: {}", random.one_of(&schedules));
        let _ = writeln!(body, "content_types: [{}]", random.some_of(&["email", "contacts", "calendar", "tasks"]));
    }
    if (has("ios") || windows) && random.percent(80) {
        let _ = writeln!(body, "days_of_email: {}", random.one_of(&["unlimited", "3_days", "1_week", "2_weeks", "1_month"]));
        if has("macos") {
            body.push_str("on_unsupported: { days_of_email: skip }\n");
        }
    }
    for field in ["allow_message_move", "allow_third_party_apps", "sync_recent_addresses"] {
        if has("ios") && random.percent(70) {
            let _ = writeln!(body, "{field}: {}", random.percent(50));
        }
    }
    if has("ios") && random.percent(30) {
        let _ = writeln!(body, "overrides: {{ ios: {{ host: mobile-{}.contoso.com }} }}", random.below(200));
    }
}
