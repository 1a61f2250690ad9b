//! What a Windows device answers to the Get commands of `*.query.xml`: `Results` with values, `Status` with codes.
//!
//! Status codes are those of OMA-DM: <https://learn.microsoft.com/windows/client-management/oma-dm-protocol-support>.

use std::collections::HashMap;

use quick_xml::Reader;
use quick_xml::events::Event;

use super::fields::{Alike, field};
use super::scene::{Scene, Whom};
use super::{Finding, Problems, Reports, State};
use crate::ir::Profile;
use crate::targets::Expected;

const HELP: &str =
    "an answer to `*.query.xml` is a SyncML message: `Source` in its header names the device, `Results` and `Status` follow";
const NAMELESS: &str = "a `TargetRef` in each `Status` names the node that it is about";
/// Deeper than any message.
const DEEPEST: usize = 32;
/// More answers than a device gives.
const MOST: usize = 100_000;

/// A `Status`, or what stands around the items of `Results`.
#[derive(Default)]
struct Answer {
    name: String,
    command: String,
    reference: String,
    /// The nodes that it names, in references or in items.
    targets: Vec<String>,
    data: String,
}

impl Answer {
    /// Whether it is the code of a Get that does not say which.
    fn names_nothing(&self) -> bool {
        self.command == "Get" && self.targets.is_empty()
    }
}

/// An item of `Results`, of which there may be several.
#[derive(Default)]
struct Item {
    reference: String,
    source: String,
    data: String,
}

/// A message.
#[derive(Default)]
struct Message {
    device: String,
    statuses: Vec<Answer>,
    results: Vec<Item>,
    /// How many nodes and answers it holds.
    size: usize,
}

/// Reads a message; what cannot be read is said, what stands in front of it is judged.
pub fn read(text: &str, reports: &mut Reports<'_, '_>, problems: &mut Problems) {
    let mut message = Message::default();
    if let Err((at, what)) = parse(text, &mut message) {
        let before = text.get(..at).unwrap_or(text);
        let line = before.matches('\n').count();
        let shown = text.lines().nth(line).unwrap_or_default();
        problems.unreadable(u64::try_from(line + 1).unwrap_or(1), shown, what, HELP);
    }
    if message.device.is_empty() {
        problems.unreadable(
            1,
            text.lines().next().unwrap_or_default(),
            "no `Source` in a header says which device this is",
            HELP,
        );
        return;
    }
    let Some(device) = reports.scene.device(&message.device) else {
        problems.stranger(1, text.lines().next().unwrap_or_default(), &format!("the device `{}`", message.device));
        return;
    };
    let scene = reports.scene;
    let mut findings = Vec::new();
    let asked: Vec<_> = scene
        .profiles(device)
        .filter_map(|(at, profile)| Some((at, profile, scene.artifact(device, profile, "query")?)))
        .collect();
    for (at, profile, artifact) in &asked {
        let answers = message.answers(&artifact.expects, asked.len() == 1);
        findings.extend(found(scene, device, profile, &artifact.expects, &answers).map(|finding| (*at, finding)));
    }
    if findings.is_empty() && message.statuses.iter().any(Answer::names_nothing) {
        let first = text.lines().next().unwrap_or_default();
        problems.unreadable(1, first, "the codes of its `Status` name no node, and no `Results` say whose they are", NAMELESS);
    }
    for (at, finding) in findings {
        reports.take(Whom::Device(device), at, None, finding);
    }
}

/// What became of one Get.
enum Got<'m> {
    Value(&'m str),
    Code(u16),
}

impl Message {
    /// For each node what was answered, if it was. `sole`: no other query was sent to the device.
    fn answers(&self, expects: &[Expected], sole: bool) -> Vec<Option<Got<'_>>> {
        let values: HashMap<&str, &str> = self.results.iter().map(|answer| (&*answer.source, &*answer.data)).collect();
        let by_uri: HashMap<&str, u16> = self
            .statuses
            .iter()
            .filter_map(|answer| Some((answer, answer.data.trim().parse::<u16>().ok()?)))
            .flat_map(|(answer, code)| answer.targets.iter().map(move |target| (target.as_str(), code)))
            .collect();
        let by_order = self.by_order(expects, sole);
        let got = |at: usize, expected: &Expected| {
            let place = plain(&expected.place);
            let code = by_uri.get(&*place).copied().or_else(|| by_order.get(at).copied());
            values.get(&*place).map(|value| Got::Value(value)).or(code.map(Got::Code))
        };
        expects.iter().enumerate().map(|(at, expected)| got(at, expected)).collect()
    }

    /// Codes that name no node, in the order of the commands: of this query only where there is one for each node, and no value that came back
    /// belongs to another.
    fn by_order(&self, expects: &[Expected], sole: bool) -> Vec<u16> {
        let mut gets: Vec<(u32, u16)> = self
            .statuses
            .iter()
            .filter(|answer| answer.names_nothing())
            .filter_map(|answer| Some((answer.reference.trim().parse().ok()?, answer.data.trim().parse().ok()?)))
            .collect();
        gets.sort_unstable();
        let places: Vec<String> = expects.iter().map(|expected| plain(&expected.place)).collect();
        let others = self.results.iter().any(|answer| !places.contains(&answer.source));
        let ordered = |answer: &Item| {
            let at = gets.iter().position(|(reference, _)| answer.reference.trim().parse() == Ok(*reference));
            at.and_then(|at| places.get(at)).is_none_or(|place| *place == answer.source)
        };
        let ours =
            gets.len() == expects.len() && !others && (sole || !self.results.is_empty()) && self.results.iter().all(ordered);
        if ours { gets.into_iter().map(|(_, code)| code).collect() } else { Vec::new() }
    }
}

/// What the answers to one query say; nothing when none of its nodes was answered.
fn found(
    scene: &Scene<'_>,
    device: u32,
    profile: &Profile,
    expects: &[Expected],
    answers: &[Option<Got<'_>>],
) -> Option<Finding> {
    if answers.iter().all(Option::is_none) {
        return None;
    }
    let mut finding = Finding::of(State::Compliant);
    let mut worst = State::Compliant;
    for (expected, got) in expects.iter().zip(answers) {
        let place = plain(&expected.place);
        let field = field(profile, expected, &place);
        let (state, differs) = match (got, &expected.value) {
            (None, _) => (State::Unknown, false),
            (Some(Got::Value(value)), Some(wanted)) => {
                let right = scene.fits(device, wanted, value, Alike::of(field));
                (if right { State::Compliant } else { State::NonCompliant }, !right)
            }
            (Some(Got::Value(_)), None) => (State::Compliant, false),
            // The value did not come with it, or there is none to come.
            (Some(Got::Code(200..=299)), wanted) => (if wanted.is_none() { State::Compliant } else { State::Unknown }, false),
            (Some(Got::Code(404)), _) => (State::NonCompliant, true),
            (Some(Got::Code(code)), _) => {
                finding.why = format!("the device answers {code}");
                (State::Error, true)
            }
        };
        match field {
            Some(field) if differs && !finding.differs.iter().any(|name| name == field.name) => {
                finding.differs.push(field.name.to_owned());
            }
            // What the target writes into every profile is no setting of this one.
            None if differs && finding.why.is_empty() => {
                finding.why = format!("`{}` is not as it was set up", expected.place.rsplit('/').next().unwrap_or_default());
            }
            _ => {}
        }
        worst = worst.max(state);
    }
    if worst == State::Unknown {
        finding.why = "not every node was answered".into();
    } else if answers.iter().all(|got| matches!(got, Some(Got::Code(404)))) {
        finding.why = "not there".into();
        finding.differs.clear();
    }
    finding.state = worst;
    Some(finding)
}

/// A LocURI for comparison: devices differ in what they percent-encode, and in case.
fn plain(uri: &str) -> String {
    let mut bytes = Vec::with_capacity(uri.len());
    let mut rest = uri.as_bytes();
    while let [first, behind @ ..] = rest {
        let encoded = if let (b'%', [high, low, ..]) = (first, behind) { hex(*high, *low) } else { None };
        bytes.push(encoded.unwrap_or(*first));
        rest = if encoded.is_some() { behind.get(2..).unwrap_or_default() } else { behind };
    }
    String::from_utf8_lossy(&bytes).to_lowercase()
}

fn hex(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

fn parse(text: &str, message: &mut Message) -> Result<(), (usize, String)> {
    let mut reader = Reader::from_str(text);
    let mut path: Vec<String> = Vec::new();
    let (mut answer, mut item) = (Answer::default(), Item::default());
    let mut held = String::new();
    loop {
        let at = |reader: &Reader<&[u8]>| usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let event = reader.read_event().map_err(|error| (at(&reader), format!("the message is no XML: {error}")))?;
        match event {
            Event::Start(start) => {
                let name = start.local_name().as_ref().to_owned();
                if path.len() >= DEEPEST {
                    return Err((at(&reader), format!("the message is nested more than {DEEPEST} times")));
                }
                if matches!(name.as_str(), "Status" | "Results") {
                    answer = Answer { name: name.clone(), ..Answer::default() };
                }
                if name == "Item" {
                    item = Item::default();
                }
                held.clear();
                path.push(name);
            }
            Event::Text(piece) => held.push_str(&piece.xml10_content()),
            Event::CData(piece) => held.push_str(&piece),
            Event::GeneralRef(reference) => held.extend(character(&reference)),
            Event::End(_) => {
                message.leaf(&path, &mut answer, &mut item, &held).map_err(|what| (at(&reader), what))?;
                held.clear();
                path.pop();
            }
            Event::Eof if path.is_empty() => return Ok(()),
            Event::Eof => return Err((text.len(), "the message ends in the middle".to_owned())),
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

/// A character by its number, or one of the five that XML names.
fn character(reference: &quick_xml::events::BytesRef<'_>) -> Option<char> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Some(character);
    }
    match &**reference {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

impl Message {
    /// Takes in an element that ends.
    fn leaf(&mut self, path: &[String], answer: &mut Answer, item: &mut Item, text: &str) -> Result<(), String> {
        let name = path.last().map_or("", String::as_str);
        let inside = |wanted: &str| path.iter().any(|element| element == wanted);
        match name {
            "Status" | "Results" if name == answer.name => {
                let whole = std::mem::take(answer);
                if name == "Status" {
                    self.one_more()?;
                    self.statuses.push(whole);
                }
            }
            "Item" if answer.name == "Results" => {
                self.one_more()?;
                self.results.push(Item { reference: answer.reference.clone(), ..std::mem::take(item) });
            }
            "LocURI" if inside("SyncHdr") && inside("Source") => self.device = text.trim().to_owned(),
            "TargetRef" if answer.name == "Status" => self.target(answer, text)?,
            "LocURI" if answer.name == "Status" && inside("Item") => self.target(answer, text)?,
            "LocURI" if inside("Item") && inside("Source") => item.source = plain(text.trim()),
            "Cmd" => text.trim().clone_into(&mut answer.command),
            "CmdRef" => text.trim().clone_into(&mut answer.reference),
            // A value is what stands there, blanks and all; the code of a status has an item of its own sometimes, which is none.
            "Data" if inside("Item") => text.clone_into(&mut item.data),
            "Data" => text.clone_into(&mut answer.data),
            _ => {}
        }
        Ok(())
    }

    /// A node that a status names.
    fn target(&mut self, answer: &mut Answer, text: &str) -> Result<(), String> {
        if !text.trim().is_empty() {
            self.one_more()?;
            answer.targets.push(plain(text.trim()));
        }
        Ok(())
    }

    fn one_more(&mut self) -> Result<(), String> {
        self.size += 1;
        if self.size > MOST { Err(format!("the message has more than {MOST} answers")) } else { Ok(()) }
    }
}
