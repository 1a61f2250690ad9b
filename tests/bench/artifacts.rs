//! Configuration profiles for the benchmark of lint, drawn from a committed seed: each of a few kB, a handful of payloads of several types,
//! no two the same, none with an error.

use std::fmt::Write as _;

use crate::draw::Xorshift;

/// How many profiles there are.
pub const PROFILES: usize = 600;
const SEED: u64 = 0x5eed_2026_1125_0008;

/// Path and bytes of each.
pub fn drawn() -> Vec<(String, Vec<u8>)> {
    let mut draw = Xorshift(SEED);
    (0..PROFILES).map(|at| (format!("profiles/{at:03}.mobileconfig"), profile(at, &mut draw).into_bytes())).collect()
}

/// Draws the keys of a payload, which may refer to a certificate; gives its type, too.
type Kind = fn(&mut Xorshift, &str) -> (&'static str, String);

fn profile(at: usize, draw: &mut Xorshift) -> String {
    let id = format!("com.contoso.drawn-{at}");
    let mut payloads = String::new();
    let certificate = uuid(draw);
    payload(&mut payloads, "com.apple.security.root", &format!("{id}.root"), &certificate, &root());
    let kinds: [Kind; 5] = [wifi, passcode, restrictions, privacy, mail];
    for (number, kind) in kinds.iter().enumerate() {
        if number == at % kinds.len() || draw.percent(55) {
            let (ty, keys) = kind(draw, &certificate);
            let own = uuid(draw);
            payload(&mut payloads, ty, &format!("{id}.{number}"), &own, &keys);
        }
    }
    let own = uuid(draw);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\">\n<dict>\n\t<key>PayloadContent</key>\n\t<array>\n{payloads}\t</array>\n\
         \t<key>PayloadDisplayName</key>\n\t<string>Drawn {at} &amp; linted</string>\n\t<key>PayloadIdentifier</key>\n\t<string>{id}</string>\n\
         \t<key>PayloadType</key>\n\t<string>Configuration</string>\n\t<key>PayloadUUID</key>\n\t<string>{own}</string>\n\
         \t<key>PayloadVersion</key>\n\t<integer>1</integer>\n</dict>\n</plist>\n"
    )
}

fn payload(out: &mut String, ty: &str, id: &str, uuid: &str, keys: &str) {
    let _ = write!(
        out,
        "\t\t<dict>\n{keys}\t\t\t<key>PayloadIdentifier</key>\n\t\t\t<string>{id}</string>\n\t\t\t<key>PayloadType</key>\n\t\t\t<string>{ty}</string>\n\
         \t\t\t<key>PayloadUUID</key>\n\t\t\t<string>{uuid}</string>\n\t\t\t<key>PayloadVersion</key>\n\t\t\t<integer>1</integer>\n\t\t</dict>\n"
    );
}

fn uuid(draw: &mut Xorshift) -> String {
    let mut digits = |count: usize| (0..count).map(|_| char::from(b"0123456789ABCDEF"[draw.below(16)])).collect::<String>();
    format!("{}-{}-{}-{}-{}", digits(8), digits(4), digits(4), digits(4), digits(12))
}

/// The test authority's root, as every network profile of a fleet carries one.
fn root() -> String {
    let text = include_str!("../../fixtures/lint/certificate-reference-to-nowhere/good/profile.mobileconfig");
    let start = text.find("<data>").unwrap();
    let end = text.find("</data>").unwrap();
    format!("\t\t\t<key>PayloadContent</key>\n\t\t\t{}</data>\n", &text[start..end])
}

fn flag(draw: &mut Xorshift) -> &'static str {
    draw.one_of(&["<true/>", "<false/>"])
}

fn wifi(draw: &mut Xorshift, certificate: &str) -> (&'static str, String) {
    let keys = format!(
        "\t\t\t<key>SSID_STR</key>\n\t\t\t<string>Contoso {}</string>\n\t\t\t<key>EncryptionType</key>\n\t\t\t<string>{}</string>\n\
         \t\t\t<key>AutoJoin</key>\n\t\t\t{}\n\t\t\t<key>EAPClientConfiguration</key>\n\t\t\t<dict>\n\t\t\t\t<key>AcceptEAPTypes</key>\n\t\t\t\t<array>\n\
         \t\t\t\t\t<integer>25</integer>\n\t\t\t\t</array>\n\t\t\t\t<key>PayloadCertificateAnchorUUID</key>\n\t\t\t\t<array>\n\t\t\t\t\t<string>{certificate}</string>\n\
         \t\t\t\t</array>\n\t\t\t</dict>\n",
        draw.below(1000),
        draw.one_of(&["WPA2", "WPA3", "Any"]),
        flag(draw)
    );
    ("com.apple.wifi.managed", keys)
}

fn passcode(draw: &mut Xorshift, _: &str) -> (&'static str, String) {
    let keys = format!(
        "\t\t\t<key>minLength</key>\n\t\t\t<integer>{}</integer>\n\t\t\t<key>requireAlphanumeric</key>\n\t\t\t{}\n\t\t\t<key>maxInactivity</key>\n\
         \t\t\t<integer>{}</integer>\n\t\t\t<key>allowSimple</key>\n\t\t\t{}\n",
        draw.below(17),
        flag(draw),
        draw.below(16),
        flag(draw)
    );
    ("com.apple.mobiledevice.passwordpolicy", keys)
}

fn restrictions(draw: &mut Xorshift, _: &str) -> (&'static str, String) {
    const KEYS: [&str; 12] = [
        "allowCamera",
        "allowScreenShot",
        "allowAirDrop",
        "allowAssistant",
        "allowCloudBackup",
        "allowCloudDocumentSync",
        "allowSpotlightInternetResults",
        "allowPasswordSharing",
        "allowEraseContentAndSettings",
        "allowDictation",
        "allowBookstore",
        "allowMultiplayerGaming",
    ];
    let keys = KEYS.iter().fold(String::new(), |mut keys, key| {
        let _ = write!(keys, "\t\t\t<key>{key}</key>\n\t\t\t{}\n", flag(draw));
        keys
    });
    ("com.apple.applicationaccess", keys)
}

fn privacy(draw: &mut Xorshift, _: &str) -> (&'static str, String) {
    let entry = |draw: &mut Xorshift| {
        let name = draw.below(1000);
        format!(
            "\t\t\t\t\t<dict>\n\t\t\t\t\t\t<key>Identifier</key>\n\t\t\t\t\t\t<string>com.contoso.agent{name}</string>\n\t\t\t\t\t\t<key>IdentifierType</key>\n\
             \t\t\t\t\t\t<string>bundleID</string>\n\t\t\t\t\t\t<key>CodeRequirement</key>\n\
             \t\t\t\t\t\t<string>identifier \"com.contoso.agent{name}\" and anchor apple generic</string>\n\t\t\t\t\t\t<key>Authorization</key>\n\
             \t\t\t\t\t\t<string>Deny</string>\n\t\t\t\t\t</dict>\n"
        )
    };
    let services =
        ["SystemPolicyAllFiles", "Accessibility", "ScreenCapture"].iter().fold(String::new(), |mut services, service| {
            let entries = entry(draw) + &entry(draw);
            let _ = write!(services, "\t\t\t\t<key>{service}</key>\n\t\t\t\t<array>\n{entries}\t\t\t\t</array>\n");
            services
        });
    ("com.apple.TCC.configuration-profile-policy", format!("\t\t\t<key>Services</key>\n\t\t\t<dict>\n{services}\t\t\t</dict>\n"))
}

fn mail(draw: &mut Xorshift, _: &str) -> (&'static str, String) {
    let keys = format!(
        "\t\t\t<key>EmailAccountType</key>\n\t\t\t<string>EmailTypeIMAP</string>\n\t\t\t<key>EmailAddress</key>\n\t\t\t<string>$EMAIL</string>\n\
         \t\t\t<key>IncomingMailServerAuthentication</key>\n\t\t\t<string>EmailAuthPassword</string>\n\t\t\t<key>IncomingMailServerHostName</key>\n\
         \t\t\t<string>imap{0}.contoso.com</string>\n\t\t\t<key>OutgoingMailServerAuthentication</key>\n\t\t\t<string>EmailAuthPassword</string>\n\
         \t\t\t<key>OutgoingMailServerHostName</key>\n\t\t\t<string>smtp{0}.contoso.com</string>\n\t\t\t<key>IncomingMailServerUseSSL</key>\n\t\t\t{1}\n",
        draw.below(1000),
        flag(draw)
    );
    ("com.apple.mail.managed", keys)
}
