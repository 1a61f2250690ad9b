//! Colour, width and progress: what depends on whether a person is looking.

use std::io::IsTerminal as _;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::arguments::When;
use crate::diagnostic::render::Style;

/// How diagnostics look on this terminal.
pub fn style(color: When) -> Style {
    let colour = match color {
        When::Always => true,
        When::Never => false,
        When::Auto => std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    };
    let width = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    Style { colour, width }
}

/// Says that work goes on, after a second, on a terminal only.
pub struct Progress(Option<(Sender<()>, JoinHandle<()>)>);

impl Progress {
    /// Starts waiting.
    pub fn start(what: String) -> Progress {
        if !std::io::stderr().is_terminal() {
            return Progress(None);
        }
        let (done, waiting) = channel();
        let thread = std::thread::spawn(move || {
            if waiting.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
                eprintln!("payloadc: {what} ...");
            }
        });
        Progress(Some((done, thread)))
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((done, thread)) = self.0.take() {
            let _ = done.send(());
            let _ = thread.join();
        }
    }
}
