//! The schemas accept what the compiler accepts and refuse typical mistakes.
#![allow(clippy::disallowed_methods, reason = "the tests read the committed files")]

use std::fs;
use std::path::{Path, PathBuf};

use super::field::field_schema;
use super::*;
use crate::builtin::SCHEMAS;

/// The documents of `docs/language.md`'s examples.
const EXAMPLES: &str = r#"
kind: email
id: corporate-mail
name: Corporate mail
description: Exchange mail for all staff
platforms: [ios, windows_phone]
host: "{{ vars.mail_host }}"
account_name: Contoso mail
user_name: user_principal_name
email_address: primary_smtp_address
authentication: certificates
identity_certificate: user-identity
smime:
  signing_certificate: user-signing
  encryption_certificate: user-encryption
sync_schedule: as_messages_arrive
days_of_email: 2_weeks
content_types: [email, calendar]
allow_message_move: false
use_ssl: true
overrides:
  windows_phone: { authentication: username_and_password }
---
kind: trusted_certificate
id: contoso-root
name: Contoso root
platforms: [ios, windows_phone]
certificate: { file: ../certificates/root.cer }
store: root
---
kind: scep_certificate
id: user-identity
name: User identity
platforms: [ios, windows_phone]
urls: ["https://ndes.contoso.com/certsrv/mscep/mscep.dll"]
challenge: { secret: env:SCEP_CHALLENGE }
subject: "CN={{ user.user_principal_name }},O=Contoso"
subject_alternative_names: { upn: "{{ user.user_principal_name }}", email: "{{ user.primary_smtp_address }}" }
key_usage: [digital_signature, key_encipherment]
extended_key_usage: [client_authentication]
root_ca: contoso-root
---
kind: pkcs12_certificate
id: user-encryption
name: User encryption
platforms: [ios]
certificate: { file: "../certificates/{{ user.user_principal_name }}.p12" }
password: { secret: env:P12_PASSWORD }
---
kind: apple_payload
id: dock
name: Dock
platforms: { macos: ">=13" }
scope: device
payloads:
  - type: com.apple.dock
    keys: { tilesize: 48, static-only: true }
---
kind: apple_declaration
id: passcode-declaration
name: Passcode
platforms: { ios: ">=17" }
declarations:
  - type: com.apple.configuration.passcode.settings
    payload: { MinimumLength: 8 }
"#;

const MAIL: &str = "kind: email\nid: mail\nname: Mail\nplatforms: [ios]\nhost: mail.contoso.com\naccount_name: Mail\n\
        email_address: primary_smtp_address\n";
const SCEP: &str = "kind: scep_certificate\nid: scep\nname: Scep\nplatforms: [ios]\nurls: [\"https://contoso.com/scep\"]\n\
        subject: CN=a\nkey_usage: [digital_signature]\nroot_ca: root\n";

fn validator(schema: &Value) -> jsonschema::Validator {
    assert!(jsonschema::draft7::meta::validate(schema).is_ok());
    jsonschema::draft7::new(schema).unwrap()
}

fn documents(yaml: &str) -> Vec<Value> {
    use serde::Deserialize as _;
    serde_yaml::Deserializer::from_str(yaml).map(|document| Value::deserialize(document).unwrap()).collect()
}

fn complaints(validator: &jsonschema::Validator, yaml: &str) -> Vec<String> {
    let of = |document: &Value| validator.iter_errors(document).map(|error| error.to_string()).collect::<Vec<_>>();
    documents(yaml).iter().flat_map(of).collect()
}

fn inputs(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            inputs(&entry.path(), found);
        } else if entry.file_name() == "input.yaml" {
            found.push(entry.path());
        }
    }
}

#[test]
fn the_examples_of_the_language_are_accepted() {
    assert_eq!(complaints(&validator(&profile_schema(&SCHEMAS)), EXAMPLES), [""; 0]);
    for kind in SCHEMAS.kinds {
        let validator = validator(&kind_schema(&SCHEMAS, kind));
        let accepted = documents(EXAMPLES).iter().filter(|document| validator.is_valid(document)).count();
        assert_eq!(accepted, 1, "{}", kind.name);
    }
}

#[test]
fn every_fixture_of_a_field_is_accepted() {
    let validator = validator(&profile_schema(&SCHEMAS));
    let mut found = Vec::new();
    inputs(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/fields"), &mut found);
    for path in found {
        let complaints = complaints(&validator, &fs::read_to_string(&path).unwrap());
        assert!(complaints.is_empty(), "{}: {complaints:?}", path.display());
    }
}

#[test]
fn every_example_and_default_fits_its_field() {
    for kind in SCHEMAS.kinds {
        for field in kind.fields {
            let schema = field_schema(field);
            let own = validator(&schema);
            let example = &schema["examples"][0];
            assert!(own.is_valid(example), "{}.{}: {example}", kind.name, field.name);
            assert!(schema.get("default").is_none_or(|default| own.is_valid(default)), "{}.{}", kind.name, field.name);
            assert!(!schema["description"].as_str().unwrap().is_empty());
        }
    }
}

#[test]
fn mistakes_in_mail_profiles_are_refused() {
    let validator = validator(&profile_schema(&SCHEMAS));
    assert_eq!(complaints(&validator, MAIL), [""; 0]);
    for wrong in [
        "hots: a",
        "use_ssl: \"yes\"",
        "sync_schedule: hourly",
        "user_name: alice@contoso.com",
        "user_name: { literal: a, custom: b }",
        "content_types: []",
        "content_types: [email, email]",
        "authentication: certificates",
        "identity_certificate: user-identity",
        "account_domain: active_directory",
        "smime: {}",
        "smime: { require_encryption: true }",
        "smime: { signing_certificate: a, require_encryption: true }",
        "generation: 0",
        "scope: device",
        "allow: { E0301: no }",
        "allow: { W0212: \"\" }",
        "adopt: { account_guid: abc }",
        "on_unsupported: { days_of_email: approximate }",
        "on_unsupported: { days_of_email: ignore }",
        "overrides: { ios: { platforms: [ios] } }",
        "overrides: { macos: { use_ssl: false } }",
        "overrides: { ios: { authentication: username_and_password, identity_certificate: a } }",
    ] {
        assert!(!complaints(&validator, &format!("{MAIL}{wrong}\n")).is_empty(), "{wrong}");
    }
    for (part, wrong) in [
        ("host: mail.contoso.com", "host: https://mail.contoso.com"),
        ("host: mail.contoso.com", "host: mail.contoso.com:443"),
        ("host: mail.contoso.com\n", ""),
        ("id: mail", "id: Mail"),
        ("id: mail", "id: con"),
        ("name: Mail", "name: \"\""),
        ("kind: email", "kind: mail"),
        ("platforms: [ios]", "platforms: []"),
        ("platforms: [ios]", "platforms: [ios, ios]"),
        ("platforms: [ios]", "platforms: [android]"),
        ("platforms: [ios]", "platforms: { ios: \">16\" }"),
        ("platforms: [ios]", "platforms: { windows: 8.1 }"),
        ("platforms: [ios]", "platforms: { ios: { supervised: maybe } }"),
    ] {
        let yaml = MAIL.replacen(part, wrong, 1);
        assert!(yaml != MAIL && !complaints(&validator, &yaml).is_empty(), "{wrong}");
    }
}

#[test]
fn what_may_be_written_in_several_ways_is_accepted() {
    let validator = validator(&profile_schema(&SCHEMAS));
    for right in [
        "user_name: { literal: 'CORP\\alice' }",
        "user_name: sam_account_name\naccount_domain: { custom: \"{{ vars.domain }}\" }",
        "user_name: { literal: alice }\naccount_domain: active_directory",
        "authentication: certificates\nidentity_certificate: a",
        "smime: { encryption_certificate: a, require_encryption: true }",
        "smime: { signing_certificate: a, require_encryption: false, encryption_certificate: b }",
        "on_unsupported: { user_name: approximate, smime: skip, smime.signing_certificate: warn }",
        "overrides: { ios: { content_types: [email] } }",
        "overrides: { ios: { authentication: certificates, identity_certificate: a } }",
        "authentication: certificates\noverrides: { ios: { identity_certificate: a } }",
        "adopt: { payload_uuid: \"{3F2504E0-4F89-11D3-9A0C-0305E82C3301}\" }",
        "allow: { W0606: decided in March }\ngeneration: 3\nscope: user",
    ] {
        assert_eq!(complaints(&validator, &format!("{MAIL}{right}\n")), [""; 0], "{right}");
    }
    for platforms in [
        "all",
        "ios",
        "{ ios: }",
        "{ ios: 16, macos: \">=13 <15\", windows_phone: 8.1, windows: 11 }",
        "{ windows: \">=10.0.19041\" }",
        "{ ios: { version: \">=16\", supervised: true, enrollment: device } }",
    ] {
        let yaml = MAIL.replacen("[ios]", platforms, 1);
        assert_eq!(complaints(&validator, &yaml), [""; 0], "{platforms}");
    }
    let without_host = MAIL.replacen("host: mail.contoso.com\n", "overrides: { ios: { host: mail.contoso.com } }\n", 1);
    assert_eq!(complaints(&validator, &without_host), [""; 0]);
}

#[test]
fn certificates_have_their_own_mistakes() {
    let validator = validator(&profile_schema(&SCHEMAS));
    assert_eq!(complaints(&validator, SCEP), [""; 0]);
    for wrong in [
        "challenge: sesame",
        "challenge: { secret: sesame }",
        "challenge: { secret: env:A, token: b }",
        "key_size: 3072",
        "retries: 31",
        "validity: 1 week",
        "retry_delay: 60",
        "key_storage: hello",
        "container_name: a",
        "extended_key_usage: [1.2.x]",
        "subject_alternative_names: { rid: a }",
    ] {
        assert!(!complaints(&validator, &format!("{SCEP}{wrong}\n")).is_empty(), "{wrong}");
    }
    let windows = SCEP.replacen("[ios]", "[ios, windows]", 1);
    assert_eq!(complaints(&validator, &windows).len(), 2, "challenge and extended_key_usage");
    let own = "overrides: { windows: { challenge: { secret: env:A }, extended_key_usage: [1.3.6.1.5.5.7.3.2] } }\n";
    assert_eq!(complaints(&validator, &format!("{windows}{own}")), [""; 0]);
    let phone = "kind: pkcs12_certificate\nid: a\nname: a\nplatforms: [windows_phone]\ncertificate: { file: a.p12 }\n";
    assert!(!complaints(&validator, phone).is_empty());
}

#[test]
fn workspaces() {
    let validator = validator(&workspace_schema(&SCHEMAS));
    let right = "organization: { name: Contoso, identifier: com.contoso }\nprofiles: [profiles/**/*.yaml]\noutput: dist\n\
            server: { ios: jamf_pro, macos: jamf_pro, windows: fleet }\nplatforms: { ios: \">=16\", windows_phone: \">=8.1\" }\n\
            directory: directory/users.csv\nvars: { mail_host: mail.contoso.com, port: 443 }\nallow: { W0212: decided }\n";
    assert_eq!(complaints(&validator, right), [""; 0]);
    let organization = "organization: { name: Contoso, identifier: com.contoso }\n";
    for wrong in [
        "output: ../dist",
        "output: /dist",
        "profiles: [\"a/../../*.yaml\"]",
        "server: jamf",
        "server: { ios: jamf }",
        "platforms: [ios]",
        "vars: { 1a: b }",
        "vars: { a: [b] }",
        "servers: manual",
    ] {
        assert!(!complaints(&validator, &format!("{organization}{wrong}\n")).is_empty(), "{wrong}");
    }
    assert!(!complaints(&validator, "output: dist").is_empty());
    assert!(!complaints(&validator, "organization: { name: Contoso, identifier: contoso }").is_empty());
}
