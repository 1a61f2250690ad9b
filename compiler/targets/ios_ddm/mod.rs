//! iOS and iPadOS: declarations of declarative device management (`.json`).
//!
//! * **Format**: one JSON file for each declaration, as a server hands it out: `Type`, `Identifier`, `ServerToken`, `Payload`.
//!   <https://developer.apple.com/documentation/devicemanagement/leveraging-the-declarative-management-data-model-to-scale-devices>
//! * **Only** what a profile writes as declarations; accounts of other kinds are configuration profiles, and their tables say why.

use super::{Writer, declaration};

/// The target.
pub const WRITER: Writer = Writer {
    target: "ios_ddm",
    embeds: false,
    names: false,
    sets_up: ".json",
    by_hand: &[declaration::DECLARATIONS],
    deploy: None,
    assemble: declaration::assemble,
};
