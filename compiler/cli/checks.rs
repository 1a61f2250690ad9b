//! `payloadc check`.

use super::arguments::Check;
use super::run::{compiled, report};
use super::{Exit, Failure, fix};
use crate::diagnostic::render::Style;

/// The fixes of one round may uncover what the next one fixes; more rounds than this are a loop.
const ROUNDS: usize = 16;

/// Says what `build` would say.
pub fn run(command: &Check, style: Style) -> Result<Exit, Failure> {
    let mut run = compiled(&command.what, false, false)?;
    if command.fix {
        for _ in 0..ROUNDS {
            if fix::apply(&run)? == 0 {
                break;
            }
            run = compiled(&command.what, false, false)?;
        }
    }
    let bad = report(&run.output, &command.what, style)?;
    Ok(if bad { Exit::Errors } else { Exit::Clean })
}
