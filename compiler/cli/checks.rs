//! `payloadc check`.

use super::arguments::Check;
use super::run::{Wanted, compiled_for, report};
use super::{Exit, Failure, fix};
use crate::compile::{PerUser, Whom};
use crate::diagnostic::render::Style;

/// The fixes of one round may uncover what the next one fixes; more rounds than this are a loop.
const ROUNDS: usize = 16;

/// Says what `build` would say.
pub fn run(command: &Check, style: Style) -> Result<Exit, Failure> {
    let wanted = Wanted { secrets_in_git: command.allow_secrets_in_git, ..Wanted::default() };
    let per_user = command.per_user.then(|| PerUser::unwritten(Whom::All));
    let compiled = || compiled_for(&command.what, wanted, per_user);
    let mut run = compiled()?;
    if command.fix {
        for _ in 0..ROUNDS {
            if fix::apply(&run)? == 0 {
                break;
            }
            run = compiled()?;
        }
    }
    report(&mut run, &command.what, style)
}
