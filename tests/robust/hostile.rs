//! Input that asks for too much: each ends with a diagnostic, and with a report in proportion.

use payloadc::compile::Output;
use payloadc::diagnostic::Severity;

use super::memory::{WORKSPACE, survives};

/// More than this of a single hostile file helps nobody.
const MOST: usize = 3_000;

/// As a profile and as `payloadc.yaml`: an error, no artifact, and not too much to read.
fn refused(name: &str, text: &str) -> Output {
    bounded(name, &survives(Some(text), &[]));
    let output = survives(Some(WORKSPACE), &[text]);
    bounded(name, &output);
    output
}

fn bounded(name: &str, output: &Output) {
    assert!(output.diagnostics.iter().any(|diagnostic| diagnostic.severity() == Severity::Error), "{name} is taken");
    assert!(output.diagnostics.len() <= MOST, "{name}: {} diagnostics", output.diagnostics.len());
    assert!(output.artifacts.is_empty(), "{name} yields an artifact");
}

fn codes(output: &Output) -> Vec<&'static str> {
    output.diagnostics.iter().map(|diagnostic| diagnostic.code.name()).collect()
}

fn says(output: &Output, part: &str) -> bool {
    output.diagnostics.iter().any(|diagnostic| diagnostic.message.contains(part))
}

/// Each line repeats the one above ten times.
fn billion_laughs(levels: usize, width: usize) -> String {
    let mut text = String::from("a0: &a0 [lol]\n");
    for level in 1..levels {
        let aliases = vec![format!("*a{}", level - 1); width].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    text
}

#[test]
fn alias_bombs() {
    assert!(says(&refused("billion laughs", &billion_laughs(10, 10)), "values"));
    assert!(says(&refused("deep laughs", &billion_laughs(40, 2)), "values"));
    let items = vec!["x"; 10_000].join(", ");
    let aliases = vec!["*a"; 10_000].join(", ");
    assert!(says(&refused("10k x 10k", &format!("a: &a [{items}]\nb: [{aliases}]\n")), "values"));
    let long = "x".repeat(60_000);
    let aliases = vec!["*a"; 100_000].join(", ");
    refused("a long scalar often", &format!("a: &a {long}\nb: [{aliases}]\n"));
    refused("an alias inside itself", "a: &a [*a]\n");
    refused("an unknown alias", "a: *b\n");
}

#[test]
fn depth() {
    for opening in ["[", "{a: ", "- ", "? ", "a:\n "] {
        let output = refused(opening, &opening.repeat(100_000));
        assert!(!codes(&output).is_empty());
    }
    refused("deep flow", &format!("a: {}{}", "[".repeat(100_000), "]".repeat(100_000)));
    let mut block = String::new();
    for level in 0..2_000 {
        block.push_str(&" ".repeat(level));
        block.push_str("a:\n");
    }
    refused("deep block", &block);
}

#[test]
fn size() {
    assert!(says(&refused("100 MB", &format!("a: {}", "x".repeat(100_000_000))), "bytes in one file"));
    assert!(says(&refused("7 MB scalar", &format!("a: {}", "x".repeat(7_000_000))), "bytes in one value"));
    refused("7 MB quoted", &format!("a: \"{}\"", "\\x41".repeat(1_700_000)));
    refused("7 MB key", &format!("{}: 1", "x".repeat(7_000_000)));
    refused("7 MB comment", &format!("#{}\nkind: nothing\n", "x".repeat(7_000_000)));
    refused("lines without end", &"\n".repeat(7_000_000));
    refused("documents without end", &"--- a\n".repeat(100_000));
    refused("empty documents without end", &"---\n".repeat(100_000));
}

#[test]
fn many_keys() {
    let keys = |count: usize, line: fn(usize) -> String| (0..count).map(line).collect::<String>();
    let head = "kind: email\nid: mail\nname: Mail\n";
    refused("200k keys", &format!("{head}{}", keys(200_000, |at| format!("k{at}: 1\n"))));
    refused("one key 200k times", &keys(200_000, |_| "a: 1\n".to_owned()));
    // Just within what is read.
    refused("15k fields", &format!("{head}{}", keys(15_000, |at| format!("k{at}: 1\n"))));
    let inner = |word: &str| format!("{head}{word}:\n{}", keys(15_000, |at| format!("  k{at}: 1\n")));
    for word in ["platforms", "overrides", "on_unsupported", "allow", "adopt", "smime", "host"] {
        refused(word, &inner(word));
    }
    let workspace = |word: &str| {
        format!("organization: {{ name: A, identifier: a.b }}\n{word}:\n{}", keys(15_000, |at| format!("  k{at}: 1\n")))
    };
    for word in ["organization", "server", "platforms", "allow"] {
        refused(word, &workspace(word));
    }
    let items = (0..15_000).map(|at| format!("i{at}")).collect::<Vec<_>>().join(", ");
    for word in ["platforms", "content_types", "trusted_certificates", "host"] {
        refused(word, &format!("{head}{word}: [{items}]\n"));
    }
}

#[test]
fn directives_and_tags() {
    refused(
        "50k tags",
        &format!("{}---\na: !x0!y 1\n", (0..50_000).map(|at| format!("%TAG !x{at}! tag:a,2000:{at}\n")).collect::<String>()),
    );
    refused("100k unknown directives", &format!("{}---\na: 1\n", "%A b\n".repeat(100_000)));
    refused("100k anchors", &(0..100_000).map(|at| format!("- &a{at} x\n")).collect::<String>());
    refused("100k tagged", &"- !t x\n".repeat(100_000));
    refused("100k merge keys", &"- <<: a\n".repeat(100_000));
    refused("100k complex keys", &"- ? [a]\n  : b\n".repeat(60_000));
}

fn profile(field: &str, value: &str) -> String {
    format!(
        "kind: email\nid: mail\nname: Mail\nplatforms: [ios]\nhost: a.b\naccount_name: Mail\nemail_address: primary_smtp_address\n{field}: {value}\n"
    )
}

#[test]
fn expressions() {
    let bombs = [
        "{{ 'a' * 100000000 }}",
        "{{ 'a' * 10000 * 10000 }}",
        "{{ ('a' * 16000) ~ ('a' * 16000) }}",
        "{{ range(100000000)|join('') }}",
        "{{ range(1000)|map('string')|join('x'*1000) }}",
        "{{ [1]*100000000 }}",
        "{{ 'a'|replace('', 'a'*10000)|replace('a', 'a'*10000) }}",
        "{{ 10 ** 1000000000 }}",
        "{{ 9999999999999999999999999999999999999999999999 }}",
        "{{ 1 // 0 }}",
        "{{ 1 % 0 }}",
        "{{ 'a'|indent(100000000) }}",
        "{{ 'a'|center(100000000) }}",
        "{{ '%1000000000d'|format(1) }}",
        "{{ [[1]]|tojson(indent=100000000) }}",
        "{{ vars }}",
        "{{ vars|tojson|urlencode }}",
        "{{ token('a'*100000000) }}",
        "{{ token('\\u0000') }}",
        "{{ '\\u0007' }}",
        "{{ user }}",
        "{{ self }}",
        "{{ loop }}",
        "{{ range }}",
        "{{ debug() }}",
        "{{ 'a\\nb'|indent(9999999999999999999) }}",
        "{{ ('a' * 100000000)|replace('a', 'b' * 100000000) }}",
        "{{ range(100000)|join('xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx') }}",
        "{% for i in range(1000000000) %}a{% endfor %}{{ 1 }}",
        "{{ {{ }} }}",
        "{{",
        "{{}}",
        "{{ }}",
    ];
    for bomb in bombs {
        let text =
            profile("account_domain", &format!("{{ custom: {} }}\nuser_name: {{ literal: a }}", serde_json::Value::from(bomb)));
        refused(bomb, &text);
    }
    let nested = format!("{{{{ {}1{} }}}}", "(".repeat(20_000), ")".repeat(20_000));
    refused("deep parentheses", &profile("description", &format!("\"{nested}\"")));
    let lists = format!("{{{{ {}1{} }}}}", "[".repeat(20_000), "]".repeat(20_000));
    refused("deep lists", &profile("description", &format!("\"{lists}\"")));
    refused("deep not", &profile("description", &format!("\"{{{{ {}1 }}}}\"", "not ".repeat(15_000))));
    refused("deep minus", &profile("description", &format!("\"{{{{ {}1 }}}}\"", "-".repeat(60_000))));
    refused("a long sum", &profile("description", &format!("\"{{{{ 1{} }}}}\"", "+1".repeat(30_000))));
    refused("a long chain", &profile("description", &format!("\"{{{{ a{} }}}}\"", ".a".repeat(30_000))));
    refused("many filters", &profile("description", &format!("\"{{{{ 'a'{} }}}}\"", "|upper".repeat(10_000))));
    refused("many expressions", &profile("description", &format!("\"{}\"", "{{ user.x }}".repeat(5_000))));
    refused("many openings", &profile("description", &format!("\"{}\"", "{{".repeat(30_000))));
    // Strings that are made by themselves are short enough; together they are too long for the field.
    refused("many doubled", &profile("description", &format!("\"{}\"", "{{ 'a' * 9000 }}".repeat(3_000))));
}

#[test]
fn characters() {
    let bad = [
        "\"\\0\"",
        "\"\\a\"",
        "\"\\x07\"",
        "\"\\uD800\"",
        "\"\\uDC00\"",
        "\"\\uD800\\uD800\"",
        "\"\\uD83D\\u0041\"",
        "\"\\uFFFE\"",
        "\"\\uFFFF\"",
        "\"\\U00110000\"",
        "\"\\UFFFFFFFF\"",
        "\"é\\uD800é\"",
        "\"\\uD80\"",
        "\u{0}",
        "\u{7}",
        "a\u{7}b",
        "\u{1b}[31m",
        "\u{7f}",
        "\u{fffe}",
        "\u{ffff}",
        "\u{feff}",
        "'\u{b}'",
        "\u{85}",
        "\u{2028}",
    ];
    for text in bad {
        survives(Some(WORKSPACE), &[&profile("description", text)]);
        survives(Some(&format!("{WORKSPACE}output: {text}\n")), &[]);
        survives(None, &[&format!("kind: email\nid: {text}\nname: é{text}é\n{text}: {text}\n")]);
    }
    for text in ["\"\\0\"", "\"\\x07\"", "\"\\uD800\"", "\"\\uFFFE\"", "\u{7}", "\u{fffe}"] {
        refused(text, &profile("description", text));
    }
    refused("one scalar of directions", &profile("description", &"\u{202e}".repeat(20_000)));
    refused("one scalar of bells", &profile("description", &format!("\"{}\"", "\\a".repeat(20_000))));
    let lines = format!("- {}\n", "\u{202e}".repeat(10)).repeat(100_000);
    refused("a file of directions", &lines);
    refused("a file of bells", &"- \"\\a\"\n".repeat(200_000));
    refused("a file of tabs", &"\ta: b\n".repeat(200_000));
}

/// Many profiles with one mistake each, which is no reason to compare all with all.
#[test]
fn crowds() {
    let text: String = (0..1_500).map(|at| format!("---\n{}smime: {{ signing_certificate: no-{at} }}\n", mail(at, at))).collect();
    survives(Some(WORKSPACE), &[&text]);
    let twins: String = (0..1_500).map(|at| format!("---\n{}", mail(at % 2, at))).collect();
    survives(Some(WORKSPACE), &[&twins]);
    let names: String = (0..1_500).map(|at| format!("---\n{}", mail(at, at % 2))).collect();
    survives(Some(WORKSPACE), &[&names]);
    let certificates: String = (0..1_500).map(certificate).collect();
    survives(Some(WORKSPACE), &[&certificates]);
}

fn mail(id: usize, name: usize) -> String {
    format!(
        "kind: email\nid: mail-{id}\nname: Mail {name}\nplatforms: [ios]\nhost: a.b\naccount_name: Mail\nemail_address: primary_smtp_address\n"
    )
}

fn certificate(at: usize) -> String {
    format!(
        "---\nkind: trusted_certificate\nid: root-{at}\nname: Root {at}\nplatforms: [ios]\ncertificate: {{ file: ../../authority/root.cer }}\n"
    )
}
