//! A file of reports, whatever its form: the content says which it is.

use std::io::{BufRead, Read as _};

use super::{Problems, Reports, ddm, ndjson, profile_list, syncml};

/// A file that is read as a whole is not larger than this.
const LARGEST: u64 = 64 << 20;
/// So much of a file tells its form.
const HEAD: usize = 64 << 10;

/// How reports are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One object a line.
    Ndjson,
    /// An Apple device's answer to `ProfileList`, or its check-in with a status.
    PropertyList,
    /// A Windows device's answers.
    Syncml,
    /// The status report of declarative management, perhaps in a check-in message.
    Status,
}

impl Form {
    /// The form of a file, by how it begins.
    #[must_use]
    pub fn of(head: &str) -> Form {
        let text = head.trim_start_matches('\u{feff}').trim_start();
        if text.starts_with('<') {
            return if text.contains("<plist") { Form::PropertyList } else { Form::Syncml };
        }
        let first = text.lines().next().unwrap_or_default();
        let status = ["StatusItems", "MessageType"];
        let begins = match serde_json::from_str::<serde_json::Value>(first) {
            Ok(whole) => status.iter().any(|key| whole.get(key).is_some()),
            // An object that goes over several lines, or whose first line is longer than the head: a long status may come first in it.
            Err(_) => {
                let inside = text.strip_prefix('{').unwrap_or_default().trim_start();
                inside.starts_with("\"Data\"") || status.iter().any(|key| text.contains(&format!("\"{key}\"")))
            }
        };
        if begins { Form::Status } else { Form::Ndjson }
    }
}

/// Reads a file of reports.
pub fn read(stream: &mut dyn BufRead, reports: &mut Reports<'_, '_>, problems: &mut Problems) {
    // The head is what lies in the buffer: a stream has at least the first lines there.
    let head = match stream.fill_buf() {
        Ok(bytes) => String::from_utf8_lossy(bytes.get(..bytes.len().min(HEAD)).unwrap_or_default()).into_owned(),
        Err(error) => return problems.unreadable(1, "", format!("the file cannot be read: {error}"), "look at the file"),
    };
    if head.is_empty() {
        let help = "look at what wrote it: a file without reports says nothing of anybody";
        return problems.unreadable(1, "", "the file is empty", help);
    }
    if head.starts_with("bplist") {
        let help = "write it as XML: `plutil -convert xml1 FILE`";
        return problems.unreadable(1, "", "this is a property list in its binary form", help);
    }
    let form = Form::of(&head);
    if form == Form::Ndjson {
        return ndjson::read(stream, reports, problems);
    }
    let mut bytes = Vec::new();
    if let Err(error) = stream.take(LARGEST + 1).read_to_end(&mut bytes) {
        return problems.unreadable(1, "", format!("the file cannot be read: {error}"), "look at the file");
    }
    if bytes.len() as u64 > LARGEST {
        return problems.unreadable(1, "", format!("the file has more than {LARGEST} bytes"), "hand in one file for each device");
    }
    let Ok(text) = String::from_utf8(bytes) else {
        return problems.unreadable(1, "", "the file is not UTF-8", "convert it");
    };
    let text = text.trim_start_matches('\u{feff}');
    match form {
        Form::PropertyList => profile_list::read(text, reports, problems),
        Form::Syncml => syncml::read(text, reports, problems),
        Form::Status | Form::Ndjson => ddm::read(text, None, reports, problems),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_says_what_it_is() {
        assert_eq!(Form::of("{\"user\": \"alice\"}\n{\"user\""), Form::Ndjson);
        assert_eq!(Form::of("{\n  \"StatusItems\": {"), Form::Status);
        assert_eq!(Form::of("{\"StatusItems\": {}}"), Form::Status);
        assert_eq!(Form::of("{\"MessageType\": \"DeclarativeManagement\"}\n"), Form::Status);
        assert_eq!(Form::of("{\n  \"Data\": \"ewog"), Form::Status);
        assert_eq!(Form::of("{\"user\": \"a\", \"settings\": [\"MessageType\"]}"), Form::Ndjson);
        assert_eq!(Form::of("<?xml version=\"1.0\"?>\n<!DOCTYPE plist>\n<plist>"), Form::PropertyList);
        assert_eq!(Form::of("\u{feff} <SyncML>"), Form::Syncml);
        assert_eq!(Form::of("nonsense"), Form::Ndjson);
        // A neutral line may speak of anything.
        assert_eq!(Form::of("{\"user\": \"a\"}\n{\"reason\": \"StatusItems\"}"), Form::Ndjson);
    }
}
