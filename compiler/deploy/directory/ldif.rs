//! LDIF, as `ldapsearch` and `ldifde` write it: folded lines, base64 values, comments. Change records other than additions are refused:
//! they say what shall become of entries, not what the entries are.
//! <https://www.rfc-editor.org/rfc/rfc2849>

use std::io::BufRead;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::table::Builder;
use super::{Problem, lines};

/// Reads all entries.
pub fn read(stream: &mut dyn BufRead, builder: &mut Builder<'_>) {
    let mut entry = Entry { builder, open: false, skip: false };
    let mut text = String::new();
    // A logical line: the physical ones that belong together, and where the first stands.
    let (mut whole, mut start) = (String::new(), 0);
    let mut line = 0;
    loop {
        line += 1;
        match lines::next(stream, &mut text) {
            Ok(false) => break,
            Ok(true) => {}
            Err(what) => {
                entry.builder.problem(Problem::at(line, format!("the file {what}")));
                break;
            }
        }
        match text.strip_prefix(' ') {
            Some(folded) if start > 0 && whole.len() + folded.len() <= lines::LONGEST => {
                whole.push_str(folded);
                continue;
            }
            Some(_) if start > 0 => {
                entry.builder.problem(Problem::at(line, format!("the value has more than {} bytes", lines::LONGEST)));
                break;
            }
            Some(_) => entry.builder.problem(Problem::at(line, "the line goes on from none before it")),
            None => {
                entry.line(start, &whole);
                text.trim_start_matches('\u{feff}').clone_into(&mut whole);
                start = line;
                if whole.is_empty() {
                    entry.close();
                    start = 0;
                }
            }
        }
    }
    entry.line(start, &whole);
    entry.close();
}

struct Entry<'a, 'b> {
    builder: &'a mut Builder<'b>,
    /// A `dn` was read, and no blank line since.
    open: bool,
    /// Its change record is refused: the rest of it is not read.
    skip: bool,
}

impl Entry<'_, '_> {
    /// One logical line; line 0 is none.
    fn line(&mut self, line: u64, text: &str) {
        if line == 0 || text.starts_with('#') || self.skip || text.is_empty() {
            return;
        }
        let Some((name, rest)) = text.split_once(':') else {
            let help = Some("a line is `attribute: value`, or goes on from the one before with a space".into());
            self.builder.problem(Problem { help, ..Problem::at(line, "the line has no `:`") });
            return;
        };
        match name.to_ascii_lowercase().as_str() {
            // `version: 1`, and what `ldapsearch` says behind the entries.
            "version" | "search" | "result" | "ref" if !self.open => {}
            "dn" => self.begin(line, rest),
            // `ldifde` exports entries as additions.
            "changetype" if rest.trim().eq_ignore_ascii_case("add") => {}
            "changetype" => self.refuse(line, rest.trim()),
            "-" => {}
            _ if !self.open => self.builder.problem(Problem::at(line, "the entry does not begin with `dn:`")),
            _ => self.attribute(line, name, rest),
        }
    }

    fn begin(&mut self, line: u64, rest: &str) {
        self.close();
        self.open = true;
        self.builder.begin(line);
        if let Some(Ok(dn)) = decoded(rest) {
            let name = self.builder.name("dn");
            let slot = self.builder.slot(&name);
            self.builder.add(slot, &dn);
            let labels: Vec<&str> =
                dn.split(',').filter_map(|part| part.trim().strip_prefix("DC=").or(part.trim().strip_prefix("dc="))).collect();
            let slot = self.builder.slot("domain");
            self.builder.fallback(slot, &labels.join("."));
        } else {
            self.builder.problem(Problem::at(line, "the name of the entry cannot be read"));
        }
    }

    fn refuse(&mut self, line: u64, what: &str) {
        self.builder.drop_row();
        self.skip = true;
        self.builder.problem(Problem {
            help: Some("export the entries themselves, as `ldapsearch -LLL` and `ldifde -f` do".into()),
            ..Problem::at(line, format!("`changetype: {what}` is a change, and a directory lists entries"))
        });
    }

    fn attribute(&mut self, line: u64, name: &str, rest: &str) {
        // Options such as `;lang-de` or `;binary` belong to a value, not to the name.
        let name = name.split(';').next().unwrap_or(name);
        let local = self.builder.name(name);
        let slot = self.builder.slot(&local);
        match decoded(rest) {
            Some(Ok(value)) => self.builder.add(slot, &value),
            Some(Err(what)) => self.builder.problem(Problem::at(line, format!("the value of `{name}` {what}"))),
            // Pictures, SIDs and GUIDs are bytes: no attribute of ours.
            None => {}
        }
    }

    fn close(&mut self) {
        if self.open && !self.skip {
            self.builder.end();
        }
        self.open = false;
        self.skip = false;
    }
}

/// What stands behind the first `:`; nothing for bytes that are no text.
fn decoded(rest: &str) -> Option<Result<String, &'static str>> {
    if let Some(base64) = rest.strip_prefix(':') {
        return match STANDARD.decode(base64.trim()) {
            Ok(bytes) => String::from_utf8(bytes).ok().map(Ok),
            Err(_) => Some(Err("is no base64")),
        };
    }
    if rest.starts_with('<') {
        return Some(Err("is named by a URL, which is not followed"));
    }
    Some(Ok(rest.trim_start_matches(' ').to_owned()))
}
