//! LDIF, as `ldapsearch` and `ldifde` write it: folded lines, base64 values, comments. Change records other than additions are refused:
//! they say what shall become of entries, not what the entries are.
//! <https://www.rfc-editor.org/rfc/rfc2849>

use std::collections::BTreeMap;
use std::io::BufRead;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::person::{self, Entry, IDS, Noticed, PRINCIPAL};
use super::table::{Builder, Slot};
use super::{Problem, Sort, lines};

/// Reads all entries.
pub fn read(stream: &mut dyn BufRead, builder: &mut Builder<'_>) {
    let (entry, noticed, optional) = (Entry::default(), Noticed::default(), BTreeMap::new());
    let mut entry = Record { builder, open: false, skip: false, entry, optional, noticed };
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
    for sentence in entry.noticed.sentences() {
        entry.builder.note(sentence);
    }
}

/// The entry that is being read.
struct Record<'a, 'b> {
    builder: &'a mut Builder<'b>,
    /// A `dn` was read, and no blank line since.
    open: bool,
    /// Its change record is refused: the rest of it is not read.
    skip: bool,
    /// What of it is needed.
    entry: Entry,
    /// Values with an option such as `;lang-de`: they count where there is none without.
    optional: BTreeMap<String, Vec<Vec<u8>>>,
    noticed: Noticed,
}

impl Record<'_, '_> {
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
        let dn = decoded(rest).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        if let Some(dn) = dn {
            let slot = self.builder.slot("dn");
            self.builder.add(slot, &dn);
            self.entry.dn = dn;
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
        let (plain, options) = name.split_once(';').unwrap_or((name, ""));
        let slot = self.slot(plain);
        let value = match decoded(rest) {
            Ok(value) => value,
            Err(what) => {
                return self.builder.problem(Problem::at(line, format!("the value of `{plain}` {what}")));
            }
        };
        let lower = plain.to_ascii_lowercase();
        let says_who = self.builder.sort() == Sort::Users && is_of_person(&lower);
        if !slot.kept() && !says_who {
            return;
        }
        let options = options.to_ascii_lowercase();
        let (map, key) = match options.as_str() {
            "" => (&mut self.entry.attributes, lower),
            range if range.starts_with("range=") => (&mut self.entry.attributes, format!("{lower};{range}")),
            _ => (&mut self.optional, lower),
        };
        map.entry(key).or_default().push(value);
    }

    fn slot(&mut self, attribute: &str) -> Slot {
        let local = self.builder.name(attribute);
        self.builder.slot(&local)
    }

    fn close(&mut self) {
        if self.open && !self.skip {
            self.end();
        }
        self.entry = Entry::default();
        self.optional.clear();
        self.open = false;
        self.skip = false;
    }

    /// Hands an entry over. A person without an id is left out, as `directory pull` does: entries of an export that are no people have none.
    fn end(&mut self) {
        for (name, values) in std::mem::take(&mut self.optional) {
            self.entry.attributes.entry(name).or_insert(values);
        }
        let users = self.builder.sort() == Sort::Users;
        let (builder, noticed) = (&self.builder, &mut self.noticed);
        let fields = person::fields(&self.entry, &|field| users && builder.wants(field), noticed);
        for (field, value) in &fields {
            let slot = self.builder.slot(field);
            self.builder.add(slot, value);
        }
        let names: Vec<String> = self.entry.attributes.keys().cloned().collect();
        for name in &names {
            let name = name.split(';').next().unwrap_or_default();
            let local = self.builder.name(name);
            let slot = self.builder.slot(&local);
            if !slot.kept() || fields.contains_key(local.as_str()) {
                continue;
            }
            for value in person::values(&self.entry, name, &mut self.noticed) {
                self.builder.add(slot, &value);
            }
        }
        if users && self.builder.value("id").is_none() {
            let Some(id) = person::id(&self.entry, &IDS, &mut self.noticed)
                .or_else(|| self.builder.value("user_principal_name").map(ToOwned::to_owned))
            else {
                self.noticed.without_id(&IDS, &self.entry.dn);
                return self.builder.drop_row();
            };
            let slot = self.builder.slot("id");
            self.builder.add(slot, &id);
        }
        self.builder.end();
    }
}

/// Whether an attribute, in lower case, says who a person is.
fn is_of_person(lower: &str) -> bool {
    IDS.into_iter().chain([PRINCIPAL]).any(|name| name.eq_ignore_ascii_case(lower))
}

/// What stands behind the first `:`.
fn decoded(rest: &str) -> Result<Vec<u8>, &'static str> {
    if let Some(base64) = rest.strip_prefix(':') {
        return STANDARD.decode(base64.trim()).map_err(|_| "is no base64");
    }
    if rest.starts_with('<') {
        return Err("is named by a URL, which is not followed");
    }
    Ok(rest.trim_start_matches(' ').as_bytes().to_vec())
}
