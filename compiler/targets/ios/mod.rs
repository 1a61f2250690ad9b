//! iOS and iPadOS: configuration profiles (`.mobileconfig`).
//!
//! * **Format**: XML property list, one dictionary, payloads in `PayloadContent`.
//!   <https://developer.apple.com/documentation/devicemanagement/configuring-multiple-devices-using-profiles>
//! * **Certificates** stand inside: an account refers to its identity by the `PayloadUUID` of a payload in the same profile. One
//!   certificate embedded by two profiles has two UUIDs, so that removing one profile does not take the other's identity.
//! * **Where it disagrees with us**: three settings are inverted (`PreventMove`, `PreventAppSheet`, `disableMailRecentsSyncing`);
//!   there is no key for a domain, so `DOMAIN\user` stands in `UserName`; `SSL` is false when it is absent, so it is always written.
//! * **By hand installed roots** are not trusted for TLS until the user turns that on: a note under `server: manual`.
//!   <https://support.apple.com/102390>
//! * There is no `PayloadScope`: a phone has one user.

mod user_name;

use super::{Assembled, Bundle, Fault, Note, Said, Surroundings, Writer, mobileconfig};
use crate::diagnostic::Code;

pub use user_name::USER_NAME;

/// The target.
pub const WRITER: Writer = Writer {
    target: "ios",
    embeds: true,
    names: false,
    sets_up: ".mobileconfig",
    by_hand: &[USER_NAME, mobileconfig::PAYLOADS],
    deploy: None,
    assemble,
};

const NOT_TRUSTED_YET: &str = "a root certificate that is installed by hand is not trusted for TLS until the user turns it on under Settings > \
    General > About > Certificate Trust Settings";

fn assemble(bundle: &Bundle<'_>, around: &Surroundings<'_>) -> Result<Vec<Assembled>, Fault> {
    let mut artifacts = mobileconfig::assemble(bundle, around, None)?;
    if mobileconfig::hand_installed_root(bundle, around) {
        for artifact in &mut artifacts {
            let said = Said { code: Code::N0702, label: "holds a root", source: "https://support.apple.com/102390" };
            artifact.notes.push(Note { text: NOT_TRUSTED_YET.to_owned(), said: Some(said) });
        }
    }
    Ok(artifacts)
}
