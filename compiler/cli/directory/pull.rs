//! Searches a directory server in pages and prints people, sorted by id.

use std::io::{BufWriter, Write as _};
use std::time::Duration;

use ldap3::adapters::{Adapter, PagedResults};
use ldap3::{LdapConn, LdapError, Scope};

use super::super::arguments::DirectoryPull;
use super::super::terminal::Progress;
use super::super::{Exit, Failure};
use super::connect::{Server, connect};
use super::entry;
use super::person::{Further, line};
use super::{failures, filter};
use crate::deploy::directory::person::{Entry, IDS, KNOWN, Noticed, PRINCIPAL, shown};
use crate::deploy::directory::{Sort, local_name};

/// As much NDJSON as is kept before it is sorted: a directory of many millions.
const MOST: usize = 8 << 30;

/// People: Active Directory's users, and `inetOrgPerson` everywhere else. Computers and contacts are none.
pub const PEOPLE: &str = "(|(&(objectCategory=person)(objectClass=user))(objectClass=inetOrgPerson))";

/// What has arrived.
#[derive(Default)]
struct People {
    /// Id and line.
    lines: Vec<(String, String)>,
    noticed: Noticed,
    /// Entries, of which some may have no id.
    entries: usize,
    /// Parts of the directory that other servers hold.
    elsewhere: usize,
    size: usize,
}

/// Pulls people.
pub fn run(command: &DirectoryPull) -> Result<Exit, Failure> {
    let filter = command.filter.as_deref().unwrap_or(PEOPLE);
    filter::check(filter).map_err(|mistake| {
        Failure(format!(
            "`--filter` is wrong at column {}: {}\n  {filter}\n  {:>3$}",
            mistake.column, mistake.what, "^", mistake.column
        ))
    })?;
    let further = further(&command.attributes)?;
    let progress = Progress::start(format!("asking {}", command.server));
    let mut server = connect(command)?;
    let people = search(&mut server, command, filter, &further)?;
    drop(progress);
    for sentence in people.noticed.sentences() {
        say(&format!("note: {sentence}"));
    }
    if people.elsewhere > 0 {
        say(&format!("note: {} referrals to other servers were not followed", people.elsewhere));
    }
    say(&format!("{} people", people.lines.len()));
    print(&people.lines)?;
    Ok(Exit::Clean)
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "payloadc: {text}");
}

/// `NAME` or `NAME=FIELD`; a field has the form of a name in expressions.
fn further(words: &[String]) -> Result<Vec<Further>, Failure> {
    let mut all: Vec<Further> = Vec::new();
    for word in words {
        let (attribute, field) = match word.split_once('=') {
            Some((attribute, field)) => (attribute, field.to_owned()),
            None => (word.as_str(), local_name(Sort::Users, word)),
        };
        let name = attribute.starts_with(|c: char| c.is_ascii_alphanumeric())
            && attribute.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b';'));
        if !name {
            return Err(Failure(format!("`--attribute {word}` names no attribute: write `NAME` or `NAME=FIELD`")));
        }
        let sound = field.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && field.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !sound {
            return Err(Failure(format!("`{field}` is no name for a field: letters, digits and `_`, as in `{attribute}=FIELD`")));
        }
        let taken = KNOWN.iter().map(|(_, field)| *field).chain(["id", "domain", "netbios_domain"]);
        if taken.into_iter().any(|known| known == field) || all.iter().any(|other| other.field == field) {
            return Err(Failure(format!("the field `{field}` is filled twice; name another one with `{attribute}=FIELD`")));
        }
        all.push(Further { attribute: attribute.to_owned(), field });
    }
    Ok(all)
}

fn search(server: &mut Server, command: &DirectoryPull, filter: &str, further: &[Further]) -> Result<People, Failure> {
    let mut people = People::default();
    let searched = pages(server, command, filter, further, &mut people)?;
    if let Err(error) = searched {
        let mut why = failures::searching(&error, &server.name, &command.base, people.entries);
        if matches!(&error, LdapError::LdapResult { result } if result.rc == 32) {
            why.push_str(&holds(&mut server.connection, command));
        }
        return Err(Failure(why));
    }
    let _ = server.connection.unbind();
    if people.lines.is_empty() {
        for sentence in people.noticed.sentences() {
            say(&format!("note: {sentence}"));
        }
        return Err(Failure(format!(
            "`{}` shows nobody below `{}` with this filter; a bind that may not read people sees none either",
            server.name, command.base
        )));
    }
    people.lines.sort();
    unique(&people.lines)?;
    Ok(people)
}

/// Asks for page after page until the last.
fn pages(
    server: &mut Server,
    command: &DirectoryPull,
    filter: &str,
    further: &[Further],
    people: &mut People,
) -> Result<Result<(), LdapError>, Failure> {
    let id = command.id.as_deref();
    let mut names: Vec<&str> = KNOWN.iter().map(|(attribute, _)| *attribute).collect();
    names.extend(IDS.into_iter().chain([PRINCIPAL]).chain(id).chain(further.iter().map(|further| further.attribute.as_str())));
    names.sort_unstable();
    names.dedup();
    let size = i32::from(command.page_size);
    let paged: Vec<Box<dyn Adapter<_, _>>> = vec![Box::new(PagedResults::new(size))];
    let connection = server.connection.with_timeout(Duration::from_secs(command.timeout.into()));
    let mut stream = match connection.streaming_search_with(paged, &command.base, Scope::Subtree, filter, names) {
        Ok(stream) => stream,
        Err(error) => return Ok(Err(error)),
    };
    loop {
        match stream.next() {
            Ok(Some(entry)) if entry.is_ref() => people.elsewhere += 1,
            Ok(Some(entry)) if entry.is_intermediate() => {}
            Ok(Some(entry)) => {
                let entry = entry::read(entry.0);
                people.add(&entry.ok_or_else(|| Failure(format!("`{}` sent what is no entry", server.name)))?, id, further)?;
            }
            Ok(None) => return Ok(stream.result().success().map(|_| ())),
            Err(error) => return Ok(Err(error)),
        }
    }
}

impl People {
    fn add(&mut self, entry: &Entry, id: Option<&str>, further: &[Further]) -> Result<(), Failure> {
        self.entries += 1;
        if let Some((id, line)) = line(entry, id, further, &mut self.noticed) {
            self.size += id.len() + line.len();
            self.lines.push((id, line));
        }
        if self.size > MOST {
            return Err(Failure("the server sends more than 8 GiB; narrow `--filter` or `--base`".into()));
        }
        Ok(())
    }
}

/// Two people of one id cannot be told apart. The lines are sorted.
fn unique(lines: &[(String, String)]) -> Result<(), Failure> {
    let twice = lines.windows(2).find_map(|pair| match pair {
        [(one, _), (other, _)] if one == other => Some(one),
        _ => None,
    });
    twice.map_or(Ok(()), |id| {
        let id = shown(id);
        Err(Failure(format!("two entries have the id `{id}`; name an attribute that tells people apart with `--id`")))
    })
}

/// What the server does hold, when it lacks a base.
fn holds(connection: &mut LdapConn, command: &DirectoryPull) -> String {
    let connection = connection.with_timeout(Duration::from_secs(command.timeout.into()));
    let found = connection.search("", Scope::Base, "(objectClass=*)", vec!["namingContexts"]);
    let root = found.ok().and_then(|found| entry::read(found.0.into_iter().next()?.0));
    let contexts: Vec<String> = root
        .and_then(|mut root| root.attributes.remove("namingcontexts"))
        .unwrap_or_default()
        .iter()
        .map(|context| format!("`{}`", shown(&String::from_utf8_lossy(context))))
        .collect();
    if contexts.is_empty() { String::new() } else { format!("; it holds {}", contexts.join(", ")) }
}

/// A reader that has gone away, such as `head`, is no failure.
fn print(lines: &[(String, String)]) -> Result<(), Failure> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut written = lines.iter().try_for_each(|(_, line)| writeln!(out, "{line}"));
    written = written.and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{further, unique};

    #[test]
    fn further_attributes() {
        let words = |words: &[&str]| further(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        let all = words(&["c=country", "employeeType", "msExch-Type"]).map_err(|failure| failure.0).unwrap();
        assert_eq!(all.iter().map(|one| one.field.as_str()).collect::<Vec<_>>(), ["country", "employeetype", "msexch_type"]);
        for (refused, why) in [
            (&["mail=department"][..], "filled twice"),
            (&["a=x", "b=x"], "filled twice"),
            (&["=x"], "names no attribute"),
            (&["a)(b"], "names no attribute"),
            (&["a=1x"], "no name for a field"),
        ] {
            assert!(words(refused).err().unwrap().0.contains(why), "{refused:?}");
        }
    }

    #[test]
    fn one_id_one_person() {
        let lines = |ids: &[&str]| ids.iter().map(|id| ((*id).to_owned(), String::new())).collect::<Vec<_>>();
        assert!(unique(&lines(&["a", "b", "c"])).is_ok());
        assert!(unique(&lines(&["a", "b", "b"])).err().unwrap().0.contains("`b`"));
    }
}
