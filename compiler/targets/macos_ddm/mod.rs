//! macOS: declarations of declarative device management (`.json`).
//!
//! * **Format**: as on iOS. <https://developer.apple.com/documentation/devicemanagement/leveraging-the-declarative-management-data-model-to-scale-devices>
//! * **Scope**: `scope: user` is the user channel, `scope: device` the system; the server sends each on its channel, the file does not say.

use super::{Writer, declaration};

/// The target.
pub const WRITER: Writer = Writer {
    target: "macos_ddm",
    embeds: false,
    names: false,
    sets_up: ".json",
    by_hand: &[declaration::DECLARATIONS],
    deploy: None,
    assemble: declaration::assemble,
};
