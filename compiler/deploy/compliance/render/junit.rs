//! For CI servers: `JUnit` XML, a suite for each deployment, a case for each user or device, one more for its alert. What is not compliant
//! fails, an error is an error, what is not known or only present is skipped.

use std::io::{Result, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::Evaluation;
use super::table::said;
use crate::deploy::alert::shown;
use crate::deploy::compliance::count::percent;
use crate::deploy::compliance::{Asset, Judged, State};

type Xml<'w> = Writer<&'w mut dyn Write>;

/// Writes `JUnit` XML.
///
/// # Errors
/// The output cannot be written.
pub fn junit(evaluation: &Evaluation<'_>, out: &mut dyn Write) -> Result<()> {
    let mut xml: Xml<'_> = Writer::new_with_indent(out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let root = xml.create_element("testsuites").with_attribute(("name", "payloadc evaluate"));
    root.write_inner_content(|xml| evaluation.deployments.iter().try_for_each(|judged| suite(xml, judged)))?;
    writeln!(xml.into_inner())
}

fn suite(xml: &mut Xml<'_>, judged: &Judged<'_>) -> Result<()> {
    let counts = &judged.counts;
    let alerts = u64::from(judged.alert().is_some());
    let numbers = [
        ("tests", counts.targeted() + alerts),
        ("failures", counts.of(State::NonCompliant) + u64::from(judged.raised)),
        ("errors", counts.of(State::Error)),
        ("skipped", counts.of(State::Unknown) + counts.of(State::Present)),
    ];
    let mut suite = xml.create_element("testsuite").with_attribute(("name", judged.id()));
    for (name, number) in numbers {
        suite = suite.with_attribute((name, &*number.to_string()));
    }
    suite.write_inner_content(|xml| {
        judged.assets.iter().try_for_each(|asset| case(xml, judged.id(), asset))?;
        alert(xml, judged)
    })?;
    Ok(())
}

fn case(xml: &mut Xml<'_>, suite: &str, asset: &Asset) -> Result<()> {
    let name = clean(&asset.id);
    let case = xml.create_element("testcase").with_attribute(("name", &*name)).with_attribute(("classname", suite));
    let element = match asset.state {
        State::Compliant | State::NotApplicable => return case.write_empty().map(|_| ()),
        State::NonCompliant => "failure",
        State::Error => "error",
        State::Unknown | State::Present => "skipped",
    };
    let lines: Vec<String> = asset
        .findings
        .iter()
        .map(|(profile, device, finding)| {
            let on = device.as_ref().map_or_else(String::new, |device| format!(" on {device}"));
            format!("{profile}{on}: {}", said(finding))
        })
        .collect();
    case.write_inner_content(|xml| {
        xml.create_element(element).with_attribute(("message", &*clean(&lines.join("; ")))).write_empty()?;
        Ok(())
    })?;
    Ok(())
}

fn alert(xml: &mut Xml<'_>, judged: &Judged<'_>) -> Result<()> {
    let Some(alert) = judged.alert() else { return Ok(()) };
    let case = xml.create_element("testcase").with_attribute(("name", "alert")).with_attribute(("classname", judged.id()));
    if !judged.raised {
        return case.write_empty().map(|_| ());
    }
    let text = format!(
        "{} are compliant, which is below {} % after {}",
        percent(judged.counts.tenths()),
        alert.compliance_below,
        shown(alert.by)
    );
    case.write_inner_content(|xml| {
        xml.create_element("failure").write_text_content(BytesText::new(&text))?;
        Ok(())
    })?;
    Ok(())
}

/// Without what XML 1.0 cannot carry: an id of a directory may hold anything.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') { '\u{fffd}' } else { c }).collect()
}
