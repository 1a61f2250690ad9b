//! `payloadc servers`: MDM products whose tokens and limits are known.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::builtin::SCHEMAS;
use crate::check::{list, nearest};
use crate::reference::aligned;
use crate::schema::{ATTRIBUTES, Collision, Exec, Form, Refusal, Resends, Server, SyncmlForm, Token, Values};

/// The list of servers, or all about one.
///
/// # Errors
/// There is no such server.
pub fn run(name: Option<&str>, json: bool) -> Result<String, String> {
    let Some(name) = name else {
        return if json { pretty(&SCHEMAS.servers.iter().map(|s| brief(s)).collect()) } else { Ok(all()) };
    };
    let server = SCHEMAS.server(name).ok_or_else(|| unknown(name))?;
    if json { pretty(&detailed(server)) } else { Ok(page(server)) }
}

fn unknown(name: &str) -> String {
    let known = || SCHEMAS.servers.iter().map(|server| server.name);
    match nearest(name, known()) {
        Some(near) => format!("no server is called `{name}`; `{near}` is near"),
        None => format!("no server is called `{name}`; known are {}", list(known())),
    }
}

fn pretty(value: &Value) -> Result<String, String> {
    serde_json::to_string_pretty(value).map(|text| text + "\n").map_err(|error| error.to_string())
}

// ---------------------------------------------------------------------------------------------------------------------------
// As JSON

fn brief(server: &Server) -> Value {
    json!({ "name": server.name, "title": server.title, "platforms": server.platforms })
}

fn detailed(server: &Server) -> Value {
    let rules = |attribute: &crate::schema::Attribute| -> Vec<Value> {
        let rules = attribute.rules.iter();
        rules.map(|rule| json!({ "token": rule.token, "platforms": everywhere(rule.platforms, server.platforms), "kinds": rule.kinds })).collect()
    };
    let attributes: serde_json::Map<String, Value> =
        server.attributes.iter().map(|own| (own.name.to_owned(), json!(rules(own)))).collect();
    let tokens = server.tokens.iter().map(|token| match token {
        Token::Exact(text) => json!({ "token": text }),
        Token::Prefix(text) => json!({ "prefix": text }),
    });
    let collides = server.collides.iter().map(|collision| match collision {
        Collision::Opens(opens) => json!({ "opens": opens }),
        Collision::Between(opens, closes) => json!({ "opens": opens, "closes": closes }),
        Collision::Known => json!("known"),
    });
    let refuses = server.refuses.iter().map(|refusal| {
        json!({ "platform": refusal.platform, "kinds": refusal.kinds, "reason": refusal.reason, "source": refusal.source })
    });
    let escape: serde_json::Map<String, Value> = server.escape.iter().map(|(from, to)| ((*from).to_owned(), json!(to))).collect();
    json!({
        "name": server.name,
        "title": server.title,
        "platforms": server.platforms,
        "values": match server.values { Values::Tokens => "tokens", Values::Asks => "asks", Values::Unknown => "unknown" },
        "attributes": attributes,
        "tokens": tokens.collect::<Vec<_>>(),
        "collides": collides.collect::<Vec<_>>(),
        "escape": escape,
        "resends": match server.resends { Resends::Changed => "changed", Resends::Never => "never" },
        "syncml": server.syncml.as_ref().map(syncml),
        "refuses": refuses.collect::<Vec<_>>(),
        "notes": server.notes,
        "sources": server.sources,
    })
}

/// An empty narrowing means every platform of the server.
fn everywhere<'a>(narrowed: &'a [&'a str], all: &'a [&'a str]) -> &'a [&'a str] {
    if narrowed.is_empty() { all } else { narrowed }
}

fn syncml(form: &SyncmlForm) -> Value {
    json!({
        "form": match form.form { Form::Message => "message", Form::Commands => "commands" },
        "command_ids": form.command_ids,
        "declaration": form.declaration,
        "delete": form.delete,
        "atomic": form.atomic,
        "exec": match form.exec { Exec::Anywhere => "anywhere", Exec::TopLevel => "top_level", Exec::None => "none" },
        "scep": form.scep.map(|scep| json!({
            "flat": scep.flat,
            "install_node": scep.install_node,
            "instance": scep.instance,
            "proxies": scep.proxies,
            "subject_must_hold": scep.subject_must_hold,
        })),
        "reserved": form.reserved,
    })
}

// ---------------------------------------------------------------------------------------------------------------------------
// As text

fn all() -> String {
    let mut lines = vec![vec!["server".to_owned(), "title".to_owned(), "platforms".to_owned()]];
    lines.extend(
        SCHEMAS.servers.iter().map(|server| vec![server.name.to_owned(), server.title.to_owned(), server.platforms.join(", ")]),
    );
    aligned(&lines)
}

/// Whether it manages a platform whose artifacts hold everything in one file: Apple's.
fn takes_profiles(server: &Server) -> bool {
    let targets = server.platforms.iter().filter_map(|name| SCHEMAS.platform(name)).flat_map(|platform| platform.targets);
    targets.filter_map(|target| crate::targets::writer(target)).any(|writer| writer.embeds)
}

fn page(server: &Server) -> String {
    let values = match server.values {
        Values::Tokens => "the server fills them in, by its tokens",
        Values::Asks => "nobody fills them in: what the device can ask for is left out, anything else must be a literal",
        Values::Unknown => "its tokens are not known: a per-user value is an error",
    };
    let resends = match server.resends {
        Resends::Changed => "it is sent again as a whole",
        Resends::Never => "nothing is sent by itself",
    };
    let facts = [
        ("platforms", server.platforms.join(", ")),
        ("per-user values", values.to_owned()),
        ("a changed file", resends.to_owned()),
        ("Apple files", if takes_profiles(server) { "configuration profile (.mobileconfig)" } else { "none" }.to_owned()),
        ("Windows files", form_text(server)),
    ];
    let mut page = format!("{}: {}\n\n", server.name, server.title);
    page.push_str(&indented(&facts.map(|(name, value)| vec![name.to_owned(), value])));
    page.push_str(&attributes_text(server));
    section(&mut page, "Further tokens for `{{ token('...') }}`", server.tokens.iter().map(token_text));
    section(&mut page, "Text that it takes for a token", server.collides.iter().map(collision_text));
    section(&mut page, "Let through as", server.escape.iter().map(|(from, to)| format!("`{from}` is written as `{to}`")));
    section(&mut page, "Refused", server.refuses.iter().map(refusal_text));
    section(
        &mut page,
        "LocURIs that it keeps for itself",
        server.syncml.iter().flat_map(|form| form.reserved).map(|&part| part.to_owned()),
    );
    section(&mut page, "Notes", server.notes.iter().map(|&note| note.to_owned()));
    section(&mut page, "Sources", server.sources.iter().map(|&source| source.to_owned()));
    page
}

fn section(page: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() {
        return;
    }
    let _ = write!(page, "\n{title}\n");
    for line in lines {
        let _ = writeln!(page, "  {line}");
    }
}

fn indented(lines: &[Vec<String>]) -> String {
    aligned(lines).lines().fold(String::new(), |text, line| text + "  " + line + "\n")
}

/// Every attribute, with its token or the fact that there is none.
fn attributes_text(server: &Server) -> String {
    if server.values != Values::Tokens {
        return String::new();
    }
    let mut lines = Vec::new();
    for name in ATTRIBUTES {
        let rules =
            server.attributes.iter().find(|attribute| attribute.name == name).map_or(&[][..], |attribute| attribute.rules);
        if rules.is_empty() {
            lines.push(vec![name.to_owned(), "no token".to_owned()]);
        }
        for rule in rules {
            let kinds = if rule.kinds.is_empty() { String::new() } else { format!("; {}", rule.kinds.join(", ")) };
            let platforms = everywhere(rule.platforms, server.platforms).join(", ");
            lines.push(vec![name.to_owned(), rule.token.to_owned(), format!("{platforms}{kinds}")]);
        }
    }
    format!("\nAttributes\n{}", indented(&lines))
}

fn token_text(token: &Token) -> String {
    match token {
        Token::Exact(text) => (*text).to_owned(),
        Token::Prefix(text) => format!("{text}..."),
    }
}

fn collision_text(collision: &Collision) -> String {
    match collision {
        Collision::Opens(opens) => format!("anything that begins with `{opens}`"),
        Collision::Between(opens, closes) => format!("anything between `{opens}` and `{closes}`"),
        Collision::Known => "the tokens above, and nothing else".to_owned(),
    }
}

fn refusal_text(refusal: &Refusal) -> String {
    let kinds = if refusal.kinds.is_empty() { "everything".to_owned() } else { refusal.kinds.join(", ") };
    format!("{kinds} on {}: {} ({})", refusal.platform, refusal.reason, refusal.source)
}

/// The SyncML it takes, in a line.
fn form_text(server: &Server) -> String {
    let Some(form) = server.syncml else { return "none".into() };
    let mut words = vec![match form.form {
        Form::Message => "whole SyncML messages",
        Form::Commands => "bare SyncML commands",
    }];
    words.push(if form.command_ids { "numbered" } else { "without numbers" });
    words.push(if form.declaration { "with XML declaration" } else { "without XML declaration" });
    words.extend((!form.delete).then_some("no Delete"));
    words.extend((!form.atomic).then_some("no Atomic"));
    words.extend(match form.exec {
        Exec::Anywhere => None,
        Exec::TopLevel => Some("Exec outside Atomic only"),
        Exec::None => Some("no Exec"),
    });
    words.extend(form.scep.map(|_| "its own form for SCEP"));
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_names_every_server() {
        let text = run(None, false).unwrap();
        assert!(
            SCHEMAS
                .servers
                .iter()
                .all(|server| text.lines().any(|line| line.starts_with(server.name) && line.contains(server.title)))
        );
        let json: Value = serde_json::from_str(&run(None, true).unwrap()).unwrap();
        assert_eq!(json.as_array().unwrap().len(), SCHEMAS.servers.len());
    }

    #[test]
    fn a_page_says_what_the_file_says() {
        for server in SCHEMAS.servers {
            let text = run(Some(server.name), false).unwrap();
            let json = run(Some(server.name), true).unwrap();
            for fact in server.notes.iter().chain(server.sources).copied().chain(crate::check::all_tokens(server)) {
                assert!(text.contains(fact), "{}: {fact}", server.name);
                assert!(json.contains(&serde_json::to_string(fact).unwrap()), "{}: {fact}", server.name);
            }
            assert!(server.refuses.iter().all(|refusal| text.contains(refusal.reason)));
        }
        assert!(run(Some("fleet"), false).unwrap().contains("no Delete"));
        assert_eq!(run(Some("flet"), false).unwrap_err(), "no server is called `flet`; `fleet` is near");
    }
}
