//! Pages of CSP nodes.

use std::fmt::Write as _;

use super::{aligned, corrections};
use crate::catalog::{Allowed, Catalog, Condition, Meaning, Naming, Node, NodeFormat, Occurrence, Reboot};
use crate::check::vendor;
use crate::reference::spelling::verbs;

/// The page of a node, dynamic segments filled in or not; `./Device` may stand where the vendor leaves it out, and be left out where the
/// vendor has it, as may `./User` of a node that only users have; capitals may be others.
pub fn page(catalog: &'static Catalog, path: &str) -> Result<String, String> {
    // Without a root the device's tree is meant; where that has no such node, the users' may.
    let of_users = || path.strip_prefix("./Vendor/").and_then(|rest| catalog.respelled(&format!("./User/Vendor/{rest}")));
    let there = catalog.node_for(path).is_some() || !catalog.children(path).is_empty();
    let spelled = if there { None } else { catalog.respelled(path).or_else(of_users) };
    let path = spelled.as_deref().unwrap_or(path);
    let children = catalog.children(path);
    let Some(node) = catalog.node_for(path) else {
        // `./Device/Vendor/MSFT` is no node, and nodes are below it.
        if !children.is_empty() {
            let mut page = format!("# {path}\n\n");
            below(&mut page, &children);
            return Ok(page);
        }
        return Err(match vendor::node(catalog, path) {
            Some(near) => format!("there is no node `{path}`; `{near}` is near"),
            None => format!("there is no node `{path}`; `payloadc catalog search` finds nodes by a part of their path"),
        });
    };
    let mut page = format!("# {}\n\n", node.path);
    aligned(&mut page, &facts(node));
    values(&mut page, &node.allowed);
    for dependency in &node.needs {
        let values = dependency.values.join(" or ");
        let _ = match &dependency.condition {
            Condition::Needs => writeln!(page, "\nNeeds `{}` to be {values}.", dependency.path),
            Condition::Without => writeln!(page, "\nNeeds `{}` not to be there.", dependency.path),
            Condition::When(allowed) => {
                writeln!(page, "\nWhere `{}` is {values}, allowed are {}.", dependency.path, short(allowed))
            }
        };
    }
    let children = catalog.children(&node.path);
    if !children.is_empty() {
        page.push_str("\nBelow:\n");
        below(&mut page, &children);
    }
    corrections(&mut page, &node.corrections);
    Ok(page)
}

fn facts(node: &Node) -> Vec<Vec<String>> {
    let mut facts = vec![
        vec!["format".to_owned(), node.format.name().to_owned()],
        vec!["access".to_owned(), verbs(node.access).trim_start_matches("takes ").to_owned()],
    ];
    let mut fact = |name: &str, value: Option<String>| facts.extend(value.map(|value| vec![name.to_owned(), value]));
    fact("occurs", Some(occurs(node.occurrence).to_owned()));
    fact("default", node.default.map(str::to_owned));
    fact("list of", node.list.map(|between| format!("values with `{}` between them", spelled(between))));
    let mut builds = node.builds.iter().map(ToString::to_string);
    let since = if node.unreleased() { Some("announced, in no build yet".to_owned()) } else { builds.next() };
    fact("since build", since);
    let backports: Vec<String> = builds.collect();
    fact("also in", (!backports.is_empty() && !node.unreleased()).then(|| format!("older builds from {}", backports.join(", "))));
    fact("editions", (!node.editions.is_empty()).then(|| node.edition_titles().join(", ")));
    fact("joined", node.azure_ad.then(|| "to Azure AD only".to_owned()));
    fact("deprecated", node.deprecated.map(|build| build.map_or("yes".to_owned(), |build| format!("since build {build}"))));
    fact("atomic", node.atomic.then(|| "its commands stand in an Atomic, with those below it".to_owned()));
    fact("given", node.given.then(|| "there from enrolment: a server neither adds nor deletes it".to_owned()));
    fact("forbidden", node.forbidden.then(|| "writing it does harm".to_owned()));
    fact("by name", (node.avoided || node.doubtful).then(|| "in `windows_csp` alone: no other kind sends it".to_owned()));
    fact(
        "restart",
        node.reboot.map(|reboot| if reboot == Reboot::Automatic { "the device restarts" } else { "by the server" }.to_owned()),
    );
    fact("named by", node.naming.map(named).map(str::to_owned));
    fact("stands for", node.title.as_deref().map(str::to_owned));
    fact("release", Some(node.release.to_owned()));
    facts
}

fn named(naming: Naming) -> &'static str {
    match naming {
        Naming::Unique => "the server, by a name that means something",
        Naming::Server => "the server",
        Naming::Client => "the device",
    }
}

fn occurs(occurrence: Occurrence) -> &'static str {
    match occurrence {
        Occurrence::One => "once",
        Occurrence::ZeroOrOne => "at most once",
        Occurrence::ZeroOrMore => "any number of times",
        Occurrence::OneOrMore => "once or more",
    }
}

fn spelled(between: char) -> String {
    if between == '\u{f000}' { "U+F000".into() } else { between.to_string() }
}

fn values(page: &mut String, allowed: &Allowed) {
    let listed = |page: &mut String, head: &str, values: &[Meaning]| {
        let _ = writeln!(page, "\n{head}");
        let rows: Vec<Vec<String>> = values.iter().map(|known| vec![known.value.to_owned(), known.meaning.to_owned()]).collect();
        aligned(page, &rows);
    };
    match allowed {
        Allowed::Any => {}
        Allowed::Enum(values) => listed(page, "Values:", values),
        Allowed::Flag(values) => listed(page, "Values, which may be added:", values),
        other => {
            let _ = writeln!(page, "\nValues: {}", short(other));
        }
    }
}

/// The values on one line.
fn short(allowed: &Allowed) -> String {
    let joined = |values: &[Meaning]| values.iter().map(|known| known.value).collect::<Vec<_>>().join("|");
    match allowed {
        Allowed::Any => "any".into(),
        Allowed::Enum(values) => joined(values),
        Allowed::Flag(values) => format!("sums of {}", joined(values)),
        Allowed::Range(ranges) => {
            let one = |(from, to): &(i64, i64)| if from == to { from.to_string() } else { format!("{from} to {to}") };
            ranges.iter().map(one).collect::<Vec<_>>().join(" or ")
        }
        Allowed::Regex(expression) => format!("text that fits `{expression}`"),
        Allowed::Admx(policy) => format!("policy `{}` of {} ({})", policy.name, policy.file, policy.area),
        Allowed::Xsd => "XML of a schema of its own".into(),
        Allowed::Json => "JSON".into(),
        Allowed::Sddl => "a security descriptor".into(),
    }
}

fn below(page: &mut String, children: &[&'static Node]) {
    let row = |node: &&'static Node| {
        let what = match (&node.allowed, node.format) {
            (Allowed::Any, NodeFormat::Node) => String::new(),
            (allowed, _) => Some(short(allowed)).filter(|text| text != "any").unwrap_or_default(),
        };
        let what: String = if what.chars().count() > 60 { what.chars().take(57).chain("...".chars()).collect() } else { what };
        vec![
            node.name().to_owned(),
            node.format.name().to_owned(),
            verbs(node.access).trim_start_matches("takes ").to_owned(),
            what,
        ]
    };
    let rows: Vec<Vec<String>> = children.iter().map(row).collect();
    aligned(page, &rows);
}
