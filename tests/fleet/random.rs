//! Random fleets, small enough for a person to read and dense enough that everything meets.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::draw::Xorshift;

/// A small generator: the same seed, the same fleet, on every machine.
pub struct Random(Xorshift);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(Xorshift(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0xd1b5_4a32_d192_ed03))
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0.below(end)
    }

    pub fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    /// Nothing half of the time.
    pub fn perhaps<'a>(&mut self, of: &[&'a str]) -> Option<&'a str> {
        (self.below(2) == 0).then(|| self.one(of))
    }
}

/// A profile: its settings as written, by field. What is absent is not written.
#[derive(Debug, Clone)]
pub struct Profile {
    pub id: String,
    /// The devices it goes to, among `ios16`, `ios17` and `macos`.
    pub devices: BTreeSet<&'static str>,
    pub settings: Vec<(&'static str, String)>,
}

#[derive(Debug, Clone)]
pub struct User {
    pub id: String,
    pub department: &'static str,
}

#[derive(Debug, Clone, Default)]
pub struct Collection {
    pub id: String,
    pub members: Vec<String>,
    /// `user.department ==` or `!=` this, in any case.
    pub department: Option<(bool, &'static str)>,
    pub include: Vec<String>,
    pub exclude: Vec<String>,
    pub limiting: Option<String>,
}

#[derive(Debug, Clone)]
pub struct Deployment {
    pub profiles: Vec<String>,
    pub collection: String,
}

#[derive(Debug, Clone)]
pub struct World {
    pub profiles: Vec<Profile>,
    pub users: Vec<User>,
    pub collections: Vec<Collection>,
    pub deployments: Vec<Deployment>,
}

const DEPARTMENTS: [&str; 3] = ["Sales", "Support", ""];

impl World {
    pub fn random(random: &mut Random) -> World {
        let users: Vec<User> = (0..2 + random.below(4))
            .map(|at| User { id: format!("user-{at}"), department: DEPARTMENTS[random.below(3)] })
            .collect();
        let profiles: Vec<Profile> = (0..2 + random.below(3)).map(|at| profile(at, random)).collect();
        let mut collections: Vec<Collection> = Vec::new();
        for at in 0..1 + random.below(4) {
            let collection = collection(at, &users, &collections, random);
            collections.push(collection);
        }
        let deployments = (0..1 + random.below(4))
            .map(|_| {
                let chosen: BTreeSet<String> =
                    (0..1 + random.below(2)).map(|_| profiles[random.below(profiles.len())].id.clone()).collect();
                let collection = match random.below(4) {
                    0 => "all-users".to_owned(),
                    _ => collections[random.below(collections.len())].id.clone(),
                };
                Deployment { profiles: chosen.into_iter().collect(), collection }
            })
            .collect();
        World { profiles, users, collections, deployments }
    }

    pub fn users_csv(&self) -> String {
        let mut text = "id,userPrincipalName,mail,sAMAccountName,domain,department\n".to_owned();
        for User { id, department } in &self.users {
            let _ = writeln!(text, "{id},{id}@contoso.com,{id}@contoso.com,{id},contoso.com,{department}");
        }
        text
    }

    /// One file for each document.
    pub fn documents(&self) -> Vec<String> {
        let mut documents = vec![CERTIFICATES.to_owned()];
        documents.extend(self.profiles.iter().map(Profile::yaml));
        documents.extend(self.collections.iter().map(Collection::yaml));
        documents.extend(self.deployments.iter().enumerate().map(|(at, Deployment { profiles, collection })| {
            let profiles = profiles.join(", ");
            format!(
                "kind: deployment\nid: deployment-{at}\nname: Deployment {at}\nprofiles: [{profiles}]\ncollection: {collection}\n"
            )
        }));
        documents
    }
}

fn profile(at: usize, random: &mut Random) -> Profile {
    let devices: BTreeSet<&'static str> = match random.below(6) {
        0 => ["ios16"].into(),
        1 => ["ios17"].into(),
        2 => ["macos"].into(),
        3 => ["ios16", "ios17", "macos"].into(),
        _ => ["ios16", "ios17"].into(),
    };
    let mut settings: Vec<(&'static str, String)> = Vec::new();
    // Mostly the same, or everything would fail.
    let hosts =
        ["mail.contoso.com", "mail.contoso.com", "mail.contoso.com", "MAIL.Contoso.com", "mail.contoso.com.", "old.contoso.com"];
    settings.push(("host", random.one(&hosts).to_owned()));
    settings.push(("account_name", random.one(&["Mail", "Mail", "Mail", "Mail", "Mail", "Work"]).to_owned()));
    let address =
        ["primary_smtp_address", "primary_smtp_address", "primary_smtp_address", "primary_smtp_address", "user_principal_name"];
    settings.push(("email_address", random.one(&address).to_owned()));
    if !devices.contains("macos") {
        if random.below(4) == 0 {
            settings.push((
                "user_name",
                random.one(&["user_principal_name", "user_principal_name", "primary_smtp_address"]).to_owned(),
            ));
        }
        let own = [
            ("days_of_email", random.perhaps(&["3_days", "2_weeks"])),
            ("allow_message_move", random.perhaps(&["true", "false"])),
        ];
        settings.extend(own.into_iter().filter_map(|(name, value)| Some((name, value?.to_owned()))));
        if random.below(5) == 0 {
            settings.push(("authentication", "certificates".to_owned()));
            settings.push(("identity_certificate", random.one(&["identity-a", "identity-a", "identity-b"]).to_owned()));
        } else if random.below(5) == 0 {
            settings.push(("authentication", "username_and_password".to_owned()));
        }
        if let Some(certificate) = random.perhaps(&["identity-a", "identity-a", "identity-b"]) {
            settings.push(("smime.encryption_certificate", certificate.to_owned()));
            settings.extend(random.perhaps(&["true", "false"]).map(|value| ("smime.require_encryption", value.to_owned())));
        }
    }
    settings.extend(random.perhaps(&["true", "true", "false"]).map(|value| ("use_ssl", value.to_owned())));
    Profile { id: format!("mail-{at}"), devices, settings }
}

fn collection(at: usize, users: &[User], before: &[Collection], random: &mut Random) -> Collection {
    let mut collection = Collection { id: format!("collection-{at}"), ..Collection::default() };
    collection.members = users.iter().filter(|_| random.below(3) == 0).map(|user| user.id.clone()).collect();
    let asked = ["sales", "SUPPORT", ""];
    if random.below(2) == 0 || collection.members.is_empty() {
        collection.department = Some((random.below(2) == 0, asked[random.below(3)]));
    }
    for other in before {
        match random.below(6) {
            0 => collection.include.push(other.id.clone()),
            1 => collection.exclude.push(other.id.clone()),
            2 => collection.limiting = Some(other.id.clone()),
            _ => {}
        }
    }
    collection
}

impl Profile {
    fn yaml(&self) -> String {
        let mut platforms = Vec::new();
        match (self.devices.contains("ios16"), self.devices.contains("ios17")) {
            (true, true) => platforms.push("ios: \">=16\""),
            (true, false) => platforms.push("ios: \">=16 <17\""),
            (false, true) => platforms.push("ios: \">=17\""),
            (false, false) => {}
        }
        if self.devices.contains("macos") {
            platforms.push("macos: \">=13\"");
        }
        let mut text = format!("kind: email\nid: {0}\nname: {0}\nplatforms: {{ {1} }}\n", self.id, platforms.join(", "));
        let mut smime = String::new();
        for (name, value) in &self.settings {
            match name.strip_prefix("smime.") {
                Some(member) => {
                    let _ = writeln!(smime, "  {member}: {value}");
                }
                None => {
                    let _ = writeln!(text, "{name}: {value}");
                }
            }
        }
        if !smime.is_empty() {
            let _ = write!(text, "smime:\n{smime}");
        }
        text
    }
}

impl Collection {
    fn yaml(&self) -> String {
        let mut text = format!("kind: collection\nid: {0}\nname: {0}\nof: users\n", self.id);
        let mut list = |word: &str, ids: &[String]| {
            if !ids.is_empty() {
                let _ = writeln!(text, "{word}: [{}]", ids.join(", "));
            }
        };
        list("members", &self.members);
        list("include", &self.include);
        list("exclude", &self.exclude);
        if let Some(limiting) = &self.limiting {
            let _ = writeln!(text, "limiting_collection: {limiting}");
        }
        if let Some((equal, department)) = &self.department {
            let _ = writeln!(text, "where: user.department {} \"{department}\"", if *equal { "==" } else { "!=" });
        }
        text
    }
}

const CERTIFICATES: &str = "kind: trusted_certificate
id: root
name: Root
platforms: [ios]
certificate: { file: root.cer }
---
kind: scep_certificate
id: identity-a
name: Identity A
platforms: { ios: \">=16\" }
urls: [\"https://ndes.contoso.com/\"]
subject: CN=a
key_usage: [digital_signature, key_encipherment]
root_ca: root
---
kind: scep_certificate
id: identity-b
name: Identity B
platforms: { ios: \">=16\" }
urls: [\"https://ndes.contoso.com/\"]
subject: CN=b
key_usage: [digital_signature, key_encipherment]
root_ca: root
";
