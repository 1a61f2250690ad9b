//! `directory pull` without a directory: what is refused before anything is sent, and servers that answer nonsense. A real server is
//! asked by `tests/judges/ldap.py`.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use super::workspace::{Run, payloadc};

fn pull(words: &[&str]) -> Run {
    payloadc(&[&["directory", "pull"], words].concat())
}

#[test]
fn nothing_is_sent_in_plain_text_unasked() {
    let base = ["--base", "dc=x"];
    for (words, says) in [
        (&["ldap://localhost:1"][..], "would send everything in plain text"),
        (&["ldaps://localhost:1", "--starttls"], "leave out `--starttls`"),
        (&["http://localhost"], "is no address of a directory server"),
        (&["localhost"], "is no address"),
        (&["ldaps://"], "names no host"),
        (&["ldaps://localhost/dc=x?mail"], "has more than a host and a port"),
        (&["ldaps://admin:hunter2@localhost"], "use `--bind-dn` and `--bind-secret`"),
        (&["ldaps://localhost", "--filter", "(a=b"], "column 5"),
        (&["ldaps://localhost", "--bind-dn", "x"], "--bind-secret"),
        (&["ldaps://localhost", "--bind-dn", "x", "--bind-secret", "hunter2"], "names no source"),
        (&["ldaps://localhost", "--bind-dn", "x", "--bind-secret", "env:PAYLOADC_UNSET"], "is not set"),
        (&["ldaps://localhost", "--ca-file", "nowhere.pem"], "`nowhere.pem`"),
        (&["ldaps://localhost", "--attribute", "mail=department"], "filled twice"),
        (&["ldaps://localhost", "--page-size", "0"], "--page-size"),
    ] {
        let run = pull(&[words, &base].concat()).ends(2).says(says);
        assert!(run.stdout.is_empty() && !run.stderr.contains("hunter2"), "{words:?}: {}", run.stderr);
    }
}

#[test]
fn the_help_has_an_example() {
    let help = pull(&["--help"]).clean();
    assert!(help.stdout.contains("Example:\n  payloadc directory pull ldaps://"), "{}", help.stdout);
}

/// A bind that succeeds, in BER (RFC 4511).
const BOUND: &[u8] = &[0x30, 0x0c, 0x02, 0x01, 0x01, 0x61, 0x07, 0x0a, 0x01, 0x00, 0x04, 0x00, 0x04, 0x00];

/// What a server answers to the bind, and to everything behind it.
fn answers(bind: &'static [u8], search: &'static [u8]) -> Run {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        for answer in [bind, search] {
            if stream.read(&mut request).unwrap_or(0) == 0 || stream.write_all(answer).is_err() {
                return;
            }
        }
    });
    let run = pull(&[&format!("ldap://127.0.0.1:{port}"), "--allow-plain-text", "--base", "dc=x", "--timeout", "1"]);
    server.join().unwrap();
    run
}

#[test]
fn nonsense_is_refused_without_a_crash() {
    let bad: [(&[u8], &[u8]); 9] = [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", b""),
        (&[0x30, 0x00], b""),
        (&[0x30, 0x03, 0x02, 0x01, 0x01], b""),
        (&[0x30, 0x05, 0x02, 0x01, 0x01, 0x61, 0x00], b""),
        (&[0x30, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], b""),
        (BOUND, &[0xff; 64]),
        // A search result entry that is empty, one with a name only, and one whose attributes are text.
        (BOUND, &[0x30, 0x05, 0x02, 0x01, 0x02, 0x64, 0x00]),
        (BOUND, &[0x30, 0x09, 0x02, 0x01, 0x02, 0x64, 0x04, 0x04, 0x02, 0x61, 0x3d]),
        (BOUND, &[0x30, 0x0c, 0x02, 0x01, 0x02, 0x64, 0x07, 0x04, 0x02, 0x61, 0x3d, 0x04, 0x01, 0x78]),
    ];
    for (bind, search) in bad {
        let run = answers(bind, search).ends(2).says("payloadc: `ldap://127.0.0.1");
        assert!(run.stdout.is_empty() && !run.stderr.contains("panicked"), "{bind:x?} {search:x?}: {}", run.stderr);
    }
}
