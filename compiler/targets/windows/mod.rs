//! Windows 10 and 11: OMA-DM SyncML.
//!
//! * **Format**: SyncML 1.2 as a whole message, or for some servers the bare run of commands. `./User` for what belongs to the
//!   person who is signed in (who must be signed in, or the command fails), `./Device` for the rest.
//!   <https://learn.microsoft.com/windows/client-management/mdm/>
//! * **Accounts**: `./User/Vendor/MSFT/ActiveSync`; `ContentTypes/*/Name` is never written: it makes the Atomic fail.
//! * **Certificates** are artifacts of their own, ordered before what needs them: `RootCATrustedCertificates`,
//!   `ClientCertificateInstall/SCEP` and `/PFXCertInstall`, the last two as Delete outside and Adds in an Atomic.
//! * **Where it disagrees with us**: no client certificate for an account, no S/MIME; minutes where Apple has seconds; a private
//!   key may be exported only when it is kept in software.

use super::Writer;
use super::syncml::{ALTERNATIVE_NAMES, NODES, SERVER_URL, USER_NAME, assemble};

/// The target.
pub const WRITER: Writer = Writer {
    target: "windows",
    embeds: false,
    names: false,
    sets_up: ".install.xml",
    by_hand: &[USER_NAME, SERVER_URL, ALTERNATIVE_NAMES, NODES],
    deploy: None,
    assemble,
};
