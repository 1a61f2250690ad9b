//! Many lines: read as a stream, memory grows with the fleet and not with the reports.

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

use super::{AFTER, evaluate};

#[test]
fn many_lines_about_few_devices() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("many.ndjson");
    let mut text = String::new();
    for minute in 0..50_000 {
        let state = if minute == 49_999 { "compliant" } else { "error" };
        let (day, hour) = (minute / 1440 % 28 + 1, minute / 60 % 24);
        let month = minute / 1440 / 28 + 1;
        let at = format!("2026-{month:02}-{day:02}T{hour:02}:{:02}:00Z", minute % 60);
        let _ = writeln!(text, "{{\"device\":\"phone-1\",\"profile\":\"corporate-mail\",\"state\":\"{state}\",\"at\":\"{at}\"}}");
    }
    // The newest line stands first: what counts is the time.
    let (rest, last) = text.trim_end().rsplit_once('\n').unwrap();
    fs::write(&path, format!("{last}\n{rest}\n")).unwrap();
    let run = evaluate(&[path.to_str().unwrap()], &["--at", AFTER, "--format", "json"]);
    let evaluation: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(evaluation["reports"]["used"], 50_000);
    assert_eq!(super::states(&evaluation, "mail-to-phones")["phone-1"], "compliant");
}
