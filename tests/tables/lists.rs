//! What no target is told, and what targets are told alike: two committed lists. `UPDATE=1 cargo test --test tables` rewrites them.
#![allow(clippy::disallowed_methods, reason = "a test reads and writes its lists")]

use std::path::Path;

use payloadc::builtin::SCHEMAS;
use payloadc::schema::{Case, Literal, Needs, Served, Unsupported, Write};

use super::{rows, tables};

/// Setting, target, word, when, reason.
#[test]
fn what_is_not_sent_is_listed() {
    let mut lines = Vec::new();
    let mut line = |setting: &str, target: &str, why: &Unsupported, when: String| {
        let word = if why.elsewhere { "elsewhere" } else { "no" };
        lines.push(format!("{setting}\t{target}\t{word}\t{when}\t{}\t{}", why.reason, why.source));
    };
    for kind in SCHEMAS.kinds {
        for service in kind.platforms {
            if let Served::Unsupported { reason, source } = service.is {
                line(kind.name, service.platform, &Unsupported { reason, elsewhere: false, source }, String::new());
            }
        }
    }
    for (table, kind, platform) in tables() {
        for alternative in table.to {
            if let Err(why) = alternative.root {
                line(kind.name, table.target, &why, needs(&alternative.needs, platform));
            }
        }
        for (row, _, _, lowerings) in rows(table, kind) {
            for (at, lowering) in lowerings.iter().enumerate() {
                let name = format!("{}.{row}", kind.name);
                let when = if at > 0 && lowering.needs == Needs::NONE {
                    let others: Vec<String> = lowerings[..at].iter().map(|other| needs(&other.needs, platform)).collect();
                    format!("not {}", others.join(", not "))
                } else {
                    needs(&lowering.needs, platform)
                };
                match lowering.write {
                    Write::Unsupported(why) => line(&name, table.target, &why, when),
                    Write::Map(_, cases) => {
                        for (case, answer) in cases {
                            if let Case::Unsupported(why) = answer {
                                line(&format!("{name}.{case}"), table.target, why, when.clone());
                            }
                        }
                    }
                    Write::At(..) | Write::Bits(..) | Write::ByHand(_) | Write::Carried(_) => {}
                }
            }
        }
    }
    committed("unsupported.tsv", "setting\ttarget\tword\twhen\treason\tsource", lines);
}

/// Maps in which two values become the same: reading an artifact back cannot tell them apart.
#[test]
fn maps_that_lose_something_are_listed() {
    let mut lines = Vec::new();
    for (table, kind, platform) in tables() {
        for (row, _, _, lowerings) in rows(table, kind) {
            for lowering in lowerings {
                if let Write::Bits(_, numbers) = lowering.write {
                    let distinct = numbers.iter().all(|(_, number)| number.count_ones() == 1)
                        && numbers.windows(2).all(|pair| pair[0].1 != pair[1].1);
                    assert!(distinct, "{}/{}.{row}: sums of bits are ambiguous", table.target, kind.name);
                }
                let Write::Map(places, cases) = lowering.write else { continue };
                let mut written: Vec<(String, Vec<&str>)> = Vec::new();
                for (case, answer) in cases {
                    let Some(what) = words(places, answer) else { continue };
                    match written.iter_mut().find(|(known, _)| *known == what) {
                        Some((_, cases)) => cases.push(case),
                        None => written.push((what, vec![case])),
                    }
                }
                for (what, cases) in written.into_iter().filter(|(_, cases)| cases.len() > 1) {
                    let when = needs(&lowering.needs, platform);
                    lines.push(format!("{}.{row}\t{}\t{when}\t{}\t{what}", kind.name, table.target, cases.join(", ")));
                }
            }
        }
    }
    committed("many-to-one.tsv", "setting\ttarget\twhen\tvalues\tbecome", lines);
}

/// What a case writes, in words; nothing for one that is refused.
fn words(places: &[&str], case: &Case) -> Option<String> {
    let one = |place: &str, literal: &Literal| match literal {
        Literal::Nothing => place.to_string(),
        Literal::Boolean(value) => format!("{place}={value}"),
        Literal::Integer(number) => format!("{place}={number}"),
        Literal::Text(text) => format!("{place}={text}"),
    };
    let mut all: Vec<String> = match case {
        Case::Is(literal) | Case::Warned(literal, _) => places.iter().map(|place| one(place, literal)).collect(),
        Case::Writes(writes) => writes.iter().map(|constant| one(constant.at, &constant.is)).collect(),
        Case::Unsupported(_) => return None,
    };
    all.sort();
    Some(if all.is_empty() { "nothing".to_owned() } else { all.join("; ") })
}

/// Conditions as a person reads them.
fn needs(needs: &Needs, platform: &str) -> String {
    let mut words = Vec::new();
    words.extend(needs.from.map(|from| format!("{platform} >={from}")));
    words.extend(needs.scope.map(|scope| format!("scope: {}", scope.name())));
    words.extend(needs.overridden.then(|| "in overrides".to_owned()));
    words.extend(needs.at_most.map(|most| format!("at most {most}")));
    words.extend(needs.choice.map(|(field, is)| format!("{field}: {is}")));
    words.join(" and ")
}

/// Compares with the committed list, or rewrites it.
fn committed(name: &str, head: &str, mut lines: Vec<String>) {
    lines.sort();
    assert!(lines.windows(2).all(|pair| pair[0] != pair[1]), "{name} says something twice");
    let text = format!("{head}\n{}\n", lines.join("\n"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name);
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        std::fs::write(&path, &text).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    for line in text.lines().filter(|line| !known.lines().any(|known| known == *line)) {
        println!("+ {line}");
    }
    for line in known.lines().filter(|line| !text.lines().any(|new| new == *line)) {
        println!("- {line}");
    }
    assert_eq!(known, text, "tests/{name} is not what the tables say; UPDATE=1 cargo test --test tables");
}
