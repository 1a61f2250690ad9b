//! macOS: configuration profiles (`.mobileconfig`).
//!
//! * **Format**: as on iOS, with `PayloadScope`: `User` or `System`.
//!   <https://developer.apple.com/documentation/devicemanagement/toplevel>
//! * **Mail**: macOS has no ActiveSync; an email profile becomes an Exchange Web Services account, a payload of the user channel.
//!   Its S/MIME, days, and content types have no keys and are answered *no* or *elsewhere* by the table.
//! * **Certificates** stand inside, as on iOS, and are allowed in both scopes.

use super::ios::USER_NAME;
use super::{Assembled, Bundle, Fault, Surroundings, Writer, mobileconfig};
use crate::schema::Scope;

/// The target.
pub const WRITER: Writer = Writer {
    target: "macos",
    embeds: true,
    names: false,
    sets_up: ".mobileconfig",
    by_hand: &[USER_NAME, mobileconfig::PAYLOADS],
    deploy: None,
    assemble,
};

fn assemble(bundle: &Bundle<'_>, around: &Surroundings<'_>) -> Result<Vec<Assembled>, Fault> {
    let scope = match bundle.main.profile.scope {
        Scope::User => "User",
        Scope::Device => "System",
    };
    mobileconfig::assemble(bundle, around, Some(scope))
}
