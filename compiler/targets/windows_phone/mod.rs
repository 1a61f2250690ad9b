//! Windows Phone 8.1 and Windows 10 Mobile: OMA-DM SyncML.
//!
//! * **Format**: SyncML 1.2, `./Vendor/MSFT/...`: these systems know neither `./User` nor `./Device`.
//!   <https://learn.microsoft.com/windows/client-management/mdm/activesync-csp>
//! * **Accounts**: one Atomic creates the account; `Options/Schedule` and `Options/MailAgeFilter` are documented for Get and Replace
//!   only, so they are replaced behind the Atomic, in the same message. Every leaf has format chr.
//! * **Certificates** are artifacts of their own, ordered before what needs them: `CertificateStore/Root|CA/System` for trusted ones,
//!   `CertificateStore/My/SCEP` for requests. There is no place for PKCS#12.
//! * **Where it disagrees with us**: no client certificate for an account, no S/MIME; one day of mail is not documented.

use super::Writer;
use super::syncml::{ALTERNATIVE_NAMES, NODES, SERVER_URL, USER_NAME, assemble};

/// The target.
pub const WRITER: Writer = Writer {
    target: "windows_phone",
    embeds: false,
    names: false,
    sets_up: ".install.xml",
    by_hand: &[USER_NAME, SERVER_URL, ALTERNATIVE_NAMES, NODES],
    deploy: None,
    assemble,
};
