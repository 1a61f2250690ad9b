//! Reports that are broken or hostile: said at their line, the rest still judged.

use std::fs;

use base64::Engine as _;

use super::{AFTER, evaluate, states};
use crate::common::Run;

fn with(name: &str, text: &[u8]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    let mut run = evaluate(&[path.to_str().unwrap()], &["--at", "2026-11-21", "--format", "json"]);
    run.stderr = run.stderr.replace(folder.path().to_str().unwrap(), "");
    run
}

#[test]
fn a_bad_line_is_named_and_the_others_count() {
    let good = r#"{"device": "phone-1", "profile": "corporate-mail", "state": "compliant"}"#;
    let lines = [
        ("not json", ":1:1"),
        (r#"{"device": "phone-2", "profile": "corporate-mail", "state": "fine"}"#, "`fine` is no state"),
        (r#"{"profile": "corporate-mail", "state": "compliant"}"#, "neither a user nor a device"),
        (r#"{"device": "phone-2", "profile": "corporate-mail", "state": "compliant", "mood": 1}"#, "unknown field `mood`"),
        (
            r#"{"device": "phone-2", "profile": "corporate-mail", "state": "compliant", "at": "2026-02-30T00:00:00Z"}"#,
            "`at` is no moment",
        ),
        (r#"{"device": "phone-2", "profile": "corporate-mail", "state": "compliant", "at": "2026-02-01"}"#, "`at` is no moment"),
        (
            r#"{"device": "phone-2", "profile": "corporate-mail", "state": "compliant", "settings": ["host"]}"#,
            "says `compliant` and names settings that differ",
        ),
        (
            r#"{"device": "phone-2", "profile": "corporate-mail", "state": "not_applicable", "settings": ["host"]}"#,
            "says `not_applicable` and names settings that differ",
        ),
        (
            r#"{"device": "phone-2", "profile": "corporate-mail", "state": "compliant", "at": "2026-11-21T00:00:01Z"}"#,
            "`at` is after the moment of the evaluation",
        ),
        (r#"[1, 2]"#, "a line is no report: it is no JSON object"),
        (r#"["bob", "phone-2", "corporate-mail", "compliant", [], "", null]"#, "a line is no report: it is no JSON object"),
        ("[]", "a line is no report: it is no JSON object"),
        ("nonsense", "a line is no report: it is no JSON object"),
        (r#"{"device": nonsense}"#, "a line is no report: it is no JSON at byte 13 of the line"),
        (r#"{"device": "phone-2""#, "a line is no report: its JSON object has no end"),
        (r#"{"device": "phone-2", "profile": "corporate-mail"}"#, "a line is no report: missing field `state`"),
    ];
    for (bad, wanted) in lines {
        let run = with("r.ndjson", format!("{bad}\n{good}\n").as_bytes());
        assert!(run.code == 0 && run.stderr.contains("W0955") && run.stderr.contains(wanted), "{bad}\n{}", run.stderr);
        let evaluation = serde_json::from_str(&run.stdout).unwrap();
        let phones = states(&evaluation, "mail-to-phones");
        assert_eq!((phones["phone-1"].as_str(), phones["phone-2"].as_str()), ("compliant", "unknown"), "{bad}");
        assert_eq!(evaluation["reports"], serde_json::json!({ "used": 1, "left_out": 1 }), "{bad}");
    }
}

#[test]
fn the_moment_of_the_evaluation_is_not_after_it_and_no_settings_contradict_nothing() {
    for rest in [r#""at": "2026-11-21T00:00:00Z""#, r#""at": "2026-11-21T01:00:00+01:00""#, r#""settings": []"#, r#""at": null"#]
    {
        let line = format!(r#"{{"device": "phone-2", "profile": "corporate-mail", "state": "compliant", {rest}}}"#);
        let run = with("r.ndjson", line.as_bytes());
        assert_eq!(run.stderr, "", "{rest}");
        let evaluation = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(states(&evaluation, "mail-to-phones")["phone-2"], "compliant", "{rest}");
    }
}

#[test]
fn strangers_are_counted_and_said_once() {
    let line = |device: &str, profile: &str| {
        format!("{{\"device\": \"{device}\", \"profile\": \"{profile}\", \"state\": \"compliant\"}}\n")
    };
    let text = line("phone-9", "corporate-mail") + &line("phone-8", "corporate-mail") + &line("phone-1", "wifi");
    let run = with("r.ndjson", text.as_bytes());
    assert_eq!(run.stderr.matches("W0956").count(), 2, "once, and once as the page to read: {}", run.stderr);
    assert!(run.stderr.contains("3 reports are about somebody") && run.stderr.contains("`phone-9`"), "{}", run.stderr);
}

#[test]
fn hostile_files_are_said_and_nothing_else_happens() {
    let deep = |open: &str, close: &str| open.repeat(200_000) + &close.repeat(200_000);
    let list = format!("<plist version=\"1.0\">{}</plist>", deep("<array>", "</array>"));
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("a.json", b"{\n\"StatusItems\": [1,".to_vec(), "no status report"),
        ("b.json", b"{\n\"StatusItems\": {}\n}".to_vec(), "does not say of which device"),
        ("o.json", b"{\"MessageType\": \"Authenticate\"}".to_vec(), "`Authenticate` holds no status"),
        ("p.json", b"{\"MessageType\": \"DeclarativeManagement\", \"UDID\": \"x\"}".to_vec(), "no `StatusItems`"),
        ("q.json", b"{\"MessageType\": \"DeclarativeManagement\", \"Data\": \"%\"}".to_vec(), "its bytes in base64"),
        ("r.json", b"{\"MessageType\": \"DeclarativeManagement\", \"Data\": 7}".to_vec(), "its bytes in base64"),
        ("s.json", b"{\"MessageType\": \"DeclarativeManagement\", \"Data\": \"WzE=\"}".to_vec(), "no status report"),
        ("c.plist", b"<plist><dict>".to_vec(), "no property list"),
        ("d.plist", list.into_bytes(), "nested more than"),
        ("e.plist", b"bplist00\x01\x02".to_vec(), "binary form"),
        (
            "f.plist",
            b"<plist version=\"1.0\"><dict><key>UDID</key><string>00008110-000A2222AAAA001E</string></dict></plist>".to_vec(),
            "no `ProfileList`",
        ),
        ("g.xml", b"<SyncML><SyncHdr>".to_vec(), "ends in the middle"),
        ("h.xml", b"<SyncML></SyncML>".to_vec(), "which device this is"),
        ("i.xml", deep("<a>", "</a>").into_bytes(), "nested more than"),
        ("j.xml", b"<SyncML><SyncHdr></Other>".to_vec(), "no XML"),
        ("k.ndjson", vec![b'{'; 3 << 20], "more than"),
        ("l.ndjson", b"\xff\xfe\n".to_vec(), "UTF-8"),
        ("m.ndjson", (String::from("[").repeat(60_000) + "\n").into_bytes(), "no report"),
        (
            "n.xml",
            b"<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;\">]><SyncML>&b;</SyncML>"
                .to_vec(),
            "which device",
        ),
    ];
    for (name, bytes, wanted) in cases {
        let run = with(name, &bytes);
        assert_eq!(run.code, 0, "{name}: {}", run.stderr);
        assert!(run.stderr.contains("W0955") && run.stderr.contains(wanted), "{name}: {}", run.stderr);
        assert!(states(&serde_json::from_str(&run.stdout).unwrap(), "mail-to-phones").values().all(|state| state != "compliant"));
    }
    let empty = with("empty.ndjson", b"").stderr;
    assert!(empty.contains("W0955") && empty.contains("the file is empty"), "{empty}");
    let latin = with("latin.ndjson", b"{\"device\": \"J\xf6rg\"}\n").stderr;
    assert!(latin.contains("a line that is not UTF-8") && latin.contains("1 | {\"device\": \"J"), "{latin}");
    assert_eq!(evaluate(&["no/such/file"], &["--at", AFTER]).code, 2);
}

#[test]
fn half_a_message_is_judged_as_far_as_it_goes() {
    let text = fs::read_to_string(super::root().join("reported/pc-1.xml")).unwrap();
    let half: String = text.lines().take(12).map(|line| format!("{line}\n")).collect();
    let run = with("half.xml", half.as_bytes());
    assert!(run.stderr.contains("ends in the middle"), "{}", run.stderr);
    assert!(run.stdout.contains("not every node was answered"), "{}", run.stdout);
}

#[test]
fn several_items_in_one_answer_are_all_read() {
    let text = fs::read_to_string(super::root().join("reported/pc-1.xml")).unwrap();
    let pieces = |text: &str, element: &str| -> Vec<String> {
        let (open, close) = (format!("<{element}>"), format!("</{element}>"));
        text.split(&open).skip(1).map(|rest| format!("{open}{}{close}", rest.split(&close).next().unwrap())).collect()
    };
    let items = pieces(&text, "Item").concat();
    let message = |answers: &str| {
        let header = text.split("<SyncBody>").next().unwrap();
        format!("{header}<SyncBody>{answers}</SyncBody></SyncML>")
    };
    let carol = |answers: &str| {
        let run = with("pc.xml", message(answers).as_bytes());
        assert_eq!(run.stderr, "");
        let evaluation: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        let sales = evaluation["deployments"].as_array().unwrap().iter().find(|one| one["id"] == "mail-to-sales").unwrap();
        sales["assets"].as_array().unwrap().iter().find(|one| one["user"] == "carol").unwrap().clone()
    };
    let results = |items: &str| format!("<Results><CmdID>3</CmdID><MsgRef>1</MsgRef><CmdRef>2</CmdRef>{items}</Results>");
    assert_eq!(carol(&results(&items))["state"], "compliant");
    let other = carol(&results(&items.replace("mail.contoso.com", "mail.other.example")));
    assert_eq!((&other["state"], &other["findings"][0]["settings"]), (&"non_compliant".into(), &serde_json::json!(["host"])));
    // An item without a source has no value of its neighbour's.
    assert_eq!(carol(&results(&(items.clone() + "<Item><Data>?</Data></Item>")))["state"], "compliant");
    // One status may speak of several nodes: in its references, or in its items.
    let uris = pieces(&text, "TargetRef").concat();
    let status = |nodes: &str, items: &str, code: u16| {
        format!("<Status><CmdID>3</CmdID><CmdRef>2</CmdRef><Cmd>Get</Cmd>{nodes}<Data>{code}</Data>{items}</Status>")
    };
    assert_eq!(carol(&status(&uris, "", 404))["findings"][0]["reason"], "not there");
    let located = uris.replace("TargetRef", "LocURI").replace("<LocURI>", "<Item><Target><LocURI>");
    let located = located.replace("</LocURI>", "</LocURI></Target><Data>17</Data></Item>");
    assert_eq!(carol(&status("", &located, 404))["findings"][0]["reason"], "not there");
}

#[test]
fn values_are_compared_as_text_and_may_hold_anything() {
    let text = fs::read_to_string(super::root().join("reported/pc-1.xml")).unwrap();
    let state = |text: &str| {
        let run = with("pc.xml", text.as_bytes());
        states(&serde_json::from_str(&run.stdout).unwrap(), "mail-to-sales")["carol"].clone()
    };
    assert_eq!(state(&text), "compliant");
    assert_eq!(state(&text.replace("<Data>Contoso mail</Data>", "<Data>Contoso &#109;ail</Data>")), "compliant", "a reference");
    assert_eq!(state(&text.replace("<Data>Contoso mail</Data>", "<Data><![CDATA[Contoso mail]]></Data>")), "compliant");
    assert_eq!(state(&text.replace("<Data>Contoso mail</Data>", "<Data>Contoso &amp; mail</Data>")), "non_compliant");
    assert_eq!(state(&text.replace("carol@contoso.com", "mallory@contoso.com")), "non_compliant", "the directory knows who");
    assert_eq!(state(&text.replace("<Data>200</Data>", "<Data>500</Data>").replace("Results", "Ignored")), "error");
    let gone = text
        .replace("<Cmd>Get</Cmd>", "<Cmd>Get</Cmd><!-- -->")
        .replace("<Data>200</Data>", "<Data>404</Data>")
        .replace("Results", "Ignored");
    assert_eq!(state(&gone), "non_compliant");
}

/// What a changed answer of Carol's device comes to: the state, the settings that differ, and why.
fn carol(change: &[(&str, &str)]) -> (String, serde_json::Value, String) {
    let mut text = fs::read_to_string(super::root().join("reported/pc-1.xml")).unwrap();
    for (from, to) in change {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    let run = with("pc.xml", text.as_bytes());
    let evaluation: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let sales = evaluation["deployments"].as_array().unwrap().iter().find(|one| one["id"] == "mail-to-sales").unwrap();
    let carol = sales["assets"].as_array().unwrap().iter().find(|one| one["user"] == "carol").unwrap();
    let finding = &carol["findings"][0];
    let why = finding["reason"].as_str().unwrap_or_default().to_owned();
    (carol["state"].as_str().unwrap().to_owned(), finding["settings"].clone(), why)
}

#[test]
fn hosts_names_and_addresses_are_compared_as_what_they_are() {
    let state = |from: &str, to: &str| carol(&[(from, to)]).0;
    for host in ["MAIL.Contoso.com", "mail.contoso.com.", "Mail.contoso.COM."] {
        assert_eq!(state("<Data>mail.contoso.com<", &format!("<Data>{host}<")), "compliant", "{host}");
    }
    assert_eq!(state("<Data>mail.contoso.com<", "<Data>mail.contoso.com..<"), "non_compliant");
    assert_eq!(state("<Data>carol@contoso.com<", "<Data>Carol@Contoso.com<"), "compliant", "the user name and the address");
    assert_eq!(state("<Data>Contoso mail<", "<Data>contoso mail<"), "non_compliant", "other text is what it is");
    assert_eq!(state("<Data>Exchange<", "<Data>exchange<"), "non_compliant", "a constant, too");
}

#[test]
fn what_differs_is_named_as_the_profile_names_it() {
    let settings = |from: &str, to: &str| carol(&[(from, to)]).1;
    assert_eq!(settings("<Data>carol@", "<Data>mallory@"), serde_json::json!(["email_address", "user_name"]));
    let all = carol(&[("<Data>mail.", "<Data>post."), ("<Data>carol@", "<Data>mallory@"), ("<Data>1<", "<Data>0<")]).1;
    assert_eq!(all, serde_json::json!(["email_address", "host", "user_name", "use_ssl", "content_types"]));
    // The type of an account is no setting of a profile.
    let (state, settings, why) = carol(&[("<Data>Exchange<", "<Data>Other<")]);
    assert_eq!((state.as_str(), why.as_str()), ("non_compliant", "`AccountType` is not as it was set up"));
    assert!(settings.as_array().is_none_or(Vec::is_empty), "{settings}");
}

#[test]
fn a_check_in_as_json_is_read_as_its_property_list_is() {
    let status = fs::read_to_string(super::root().join("reported/phone-4.json")).unwrap();
    let status = status.replace("\"udid\"", "\"other\"");
    let bytes = base64::engine::general_purpose::STANDARD.encode(&status);
    let udid = "00008110-000A4444AAAA001E";
    let keys = format!("\"MessageType\": \"DeclarativeManagement\", \"Endpoint\": \"status\", \"UDID\": \"{udid}\"");
    let list = format!(
        "<plist version=\"1.0\"><dict><key>MessageType</key><string>DeclarativeManagement</string><key>UDID</key>\
         <string>{udid}</string><key>Data</key><data>{bytes}</data></dict></plist>"
    );
    let messages = [
        list,
        format!("{{ {keys}, \"Data\": \"{bytes}\" }}"),
        format!("{{\n  \"Data\": \"{bytes}\",\n  {keys}\n}}\n"),
        format!("{{ {keys}, \"Data\": {status} }}"),
        status.replacen('{', &format!("{{ {keys},"), 1),
    ];
    for message in messages {
        let run = with("check-in", message.as_bytes());
        assert_eq!(run.stderr, "", "{message}");
        let evaluation = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(states(&evaluation, "mail-to-phones")["phone-4"], "compliant", "{message}");
    }
}

#[test]
fn another_profile_of_the_identifier_is_said_and_no_setting_is_named() {
    let text = fs::read_to_string(super::root().join("reported/phone-2.plist")).unwrap();
    let run = with("list.plist", text.replace("4dac6ca7", "4dac6ca8").as_bytes());
    assert!(run.stdout.contains("another profile of the same identifier is installed"), "{}", run.stdout);
    assert!(!run.stdout.contains("\"PayloadUUID\""), "{}", run.stdout);
}

/// Codes that name no node, of a device that was asked for more than these: whose they are cannot be said, and is.
#[test]
fn codes_of_nothing_are_left_out_aloud() {
    let status = |number: u8| {
        format!(
            "<Status><CmdID>{number}</CmdID><MsgRef>1</MsgRef><CmdRef>{number}</CmdRef><Cmd>Get</Cmd><Data>404</Data></Status>"
        )
    };
    let text = format!(
        "<SyncML xmlns=\"SYNCML:SYNCML1.2\"><SyncHdr><Source><LocURI>pc-1</LocURI></Source></SyncHdr><SyncBody>{}{}<Final/></SyncBody></SyncML>",
        status(2),
        status(3)
    );
    let run = with("pc.xml", text.as_bytes());
    assert!(run.stderr.contains("name no node") && run.stdout.contains("\"left_out\": 1"), "{}\n{}", run.stderr, run.stdout);
}

#[test]
fn the_newest_report_counts_in_any_form_and_order() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let list = |profiles: &str| {
        format!(
            "<plist version=\"1.0\"><dict><key>UDID</key><string>00008110-000A2222AAAA001E</string><key>ProfileList</key>\
             <array>{profiles}</array></dict></plist>"
        )
    };
    let none = file("none.plist", &list(""));
    let some = fs::read_to_string(super::root().join("reported/phone-2.plist")).unwrap();
    let some = file("some.plist", &some);
    let line = |state: &str, at: &str| {
        let at = if at.is_empty() { String::new() } else { format!(r#", "at": "{at}""#) };
        format!("{{\"device\": \"phone-2\", \"profile\": \"corporate-mail\", \"state\": \"{state}\"{at}}}\n")
    };
    let old = file("old.ndjson", &line("compliant", "2020-01-01T00:00:00Z"));
    let gone = file("gone.ndjson", &line("non_compliant", "2020-01-01T00:00:00Z"));
    let now = file("now.ndjson", &line("compliant", ""));
    let silent = file("silent.ndjson", &line("unknown", ""));
    let cases = [
        (&old, &none, "non_compliant", "what the device says now is newer"),
        (&old, &some, "present", "and says nothing of the content"),
        (&gone, &some, "present", "it has come since"),
        (&now, &none, "non_compliant", "of equally new ones the worse"),
        (&now, &some, "compliant", "presence is no news"),
        (&silent, &some, "present", "and more than nothing"),
        (&old, &silent, "unknown", "the newer line has no time"),
    ];
    for (a, b, state, why) in cases {
        for files in [[a.as_str(), b.as_str()], [b.as_str(), a.as_str()]] {
            let run = evaluate(&files, &["--at", "2026-11-21", "--format", "json"]);
            assert_eq!(run.stderr, "");
            assert_eq!(states(&serde_json::from_str(&run.stdout).unwrap(), "mail-to-phones")["phone-2"], state, "{why}");
        }
    }
}
