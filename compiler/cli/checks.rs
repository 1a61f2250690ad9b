//! `payloadc check`.

use super::arguments::Check;
use super::run::{Wanted, compiled, report};
use super::{Exit, Failure, fix};
use crate::diagnostic::render::Style;

/// The fixes of one round may uncover what the next one fixes; more rounds than this are a loop.
const ROUNDS: usize = 16;

/// Says what `build` would say.
pub fn run(command: &Check, style: Style) -> Result<Exit, Failure> {
    let wanted = Wanted { secrets_in_git: command.allow_secrets_in_git, ..Wanted::default() };
    let mut run = compiled(&command.what, wanted)?;
    if command.fix {
        for _ in 0..ROUNDS {
            if fix::apply(&run)? == 0 {
                break;
            }
            run = compiled(&command.what, wanted)?;
        }
    }
    report(&mut run, &command.what, style)
}
