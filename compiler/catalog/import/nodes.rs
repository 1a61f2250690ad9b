//! The nodes of a DDF tree as rows of `nodes.tsv`.
//!
//! Builds, editions and Azure AD are inherited: a row says only what differs from the node above.

use super::made::Cells;
use super::xml::Element;
use super::{cell, flag};

/// The most words of a vendor's label that a meaning is made of.
const WORDS: usize = 5;

/// What nodes below have, too.
#[derive(Clone, Default)]
struct Inherited {
    build: String,
    editions: String,
    azure_ad: bool,
}

/// The name of a node; a dynamic one has none, or in older files `*`.
pub fn name(node: &Element) -> &str {
    match node.text_of("NodeName") {
        "" | "*" => "{}",
        name => name,
    }
}

/// All rows of a root: itself, then what is below it, depth first.
pub fn rows(root: &Element, path: &str, release: &str) -> Result<Vec<Cells>, (u32, String)> {
    let mut rows = Vec::new();
    descend(root, path, "", release, &Inherited::default(), &mut rows)?;
    Ok(rows)
}

fn descend(
    node: &Element,
    root: &str,
    below: &str,
    release: &str,
    above: &Inherited,
    rows: &mut Vec<Cells>,
) -> Result<(), (u32, String)> {
    let wrong = |what: String| (node.line, what);
    let properties = node.child("DFProperties").ok_or_else(|| wrong("a node without `DFProperties`".into()))?;
    let here = inherited(properties, above);
    let path = if below.is_empty() { root } else { below };
    let format: Vec<&str> = one_of(properties, "DFFormat");
    let [format] = format.as_slice() else {
        return Err(wrong(format!("`{}` has {} formats, one is wanted", name(node), format.len())));
    };
    let old = release.starts_with("v1-");
    let allowed = properties.child("MSFT:AllowedValues").filter(|_| !old);
    let build = if here.build == above.build { "" } else { &here.build };
    let mut flags = flags(node, properties).map_err(wrong)?;
    if here.azure_ad && !above.azure_ad {
        flags.push("aad".into());
    }
    let cells = [
        path,
        format,
        &access(properties),
        occurrence(properties),
        properties.text_of("DefaultValue"),
        &allowed.map_or(String::new(), values),
        build,
    ];
    if here.editions != above.editions {
        flags.push(format!("editions={}", here.editions));
    }
    if below.is_empty() {
        flags.push(format!("release={release}"));
    }
    let mut row = cells.into_iter().map(cell).collect::<Result<Cells, _>>().map_err(wrong)?;
    row.push(flags.join(" "));
    rows.push(row);
    for child in node.all("Node") {
        descend(child, root, &format!("{below}/{}", name(child)), release, &here, rows)?;
    }
    Ok(())
}

fn inherited(properties: &Element, above: &Inherited) -> Inherited {
    let mut here = above.clone();
    let Some(applicability) = properties.child("MSFT:Applicability") else { return here };
    let builds: Vec<&str> =
        applicability.text_of("MSFT:OsBuildVersion").split([',', ' ', '\n', '\t']).filter(|build| !build.is_empty()).collect();
    if !builds.is_empty() {
        here.build = builds.join(",");
    }
    let editions: Vec<&str> =
        applicability.text_of("MSFT:EditionAllowList").split(';').filter(|edition| !edition.is_empty()).collect();
    if !editions.is_empty() {
        here.editions = editions.join(",");
    }
    here.azure_ad |= applicability.child("MSFT:RequiresAzureAd").is_some();
    here
}

/// The names of the elements inside one.
fn one_of<'a>(properties: &'a Element, name: &str) -> Vec<&'a str> {
    properties.child(name).into_iter().flat_map(|inside| &inside.children).map(|child| child.name.as_str()).collect()
}

/// `ADGR`: what the table has a letter for. (`Copy` is OMA's, `Set` a slip of older files.)
fn access(properties: &Element) -> String {
    let verbs = one_of(properties, "AccessType");
    let letters = [("Add", 'A'), ("Delete", 'D'), ("Exec", 'E'), ("Get", 'G'), ("Replace", 'R')];
    letters.iter().filter(|(verb, _)| verbs.contains(verb)).map(|(_, letter)| letter).collect()
}

fn occurrence(properties: &Element) -> &'static str {
    match one_of(properties, "Occurrence").first() {
        Some(&"One") => "1",
        Some(&"ZeroOrOne") => "?",
        Some(&("ZeroOrMore" | "ZeroOrN")) => "*",
        Some(&("OneOrMore" | "OneOrN")) => "+",
        _ => "",
    }
}

/// `ENUM:0=off|1=on`, `Range:[0-30]`, `ADMX:area|name|file`, or the name of a kind alone.
fn values(allowed: &Element) -> String {
    let kind = allowed.attribute("ValueType");
    let listed = || allowed.all("MSFT:Value").map(|value| value.text.trim().to_owned()).collect::<Vec<_>>().join("|");
    match kind {
        "" | "None" => String::new(),
        "ADMX" => {
            let policy = allowed.child("MSFT:AdmxBacked");
            let part = |name: &str| policy.map_or("", |policy| policy.attribute(name));
            format!("ADMX:{}|{}|{}", part("Area"), part("Name"), part("File"))
        }
        "ENUM" | "Flag" => {
            let labelled =
                allowed.all("MSFT:Enum").map(|value| (value.text_of("MSFT:Value"), value.text_of("MSFT:ValueDescription")));
            let bare = allowed.all("MSFT:Value").map(|value| (value.text.trim(), ""));
            format!("{kind}:{}", meanings(&labelled.chain(bare).collect::<Vec<_>>()))
        }
        "Range" | "RegEx" => format!("{kind}:{}", listed()),
        other => other.to_owned(),
    }
}

/// Values with a word for each whose label is short and says nothing that another one's says, too.
fn meanings(values: &[(&str, &str)]) -> String {
    let words: Vec<String> = values.iter().map(|(_, label)| meaning(label)).collect();
    let alone = |word: &String| words.iter().filter(|other| *other == word).count() == 1;
    let pairs = values.iter().zip(&words);
    let pairs = pairs.map(|((value, _), word)| format!("{value}={}", if alone(word) { word.as_str() } else { "" }));
    pairs.collect::<Vec<_>>().join("|")
}

/// The first sentence of a label in snake case, without what stands in brackets; nothing where it is long or only a number.
fn meaning(label: &str) -> String {
    let mut plain = String::with_capacity(label.len());
    let mut rest = label;
    while let Some((before, inside)) = rest.split_once('(') {
        let Some((_, behind)) = inside.split_once(')') else { break };
        plain.push_str(before);
        rest = behind;
    }
    plain.push_str(rest);
    let plain = plain.trim();
    let end = plain.char_indices().find(|(at, letter)| {
        let behind = plain.get(at + letter.len_utf8()..).unwrap_or_default();
        *letter == '\n' || matches!(letter, '.' | '!' | '?') && behind.starts_with(char::is_whitespace)
    });
    let sentence = end.map_or(plain, |(at, _)| plain.get(..at).unwrap_or_default());
    let sentence = sentence.replace(['\'', '\u{2019}'], "").to_lowercase();
    let words: Vec<&str> =
        sentence.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let word = words.join("_");
    if words.len() > WORDS || word.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'_')) { String::new() } else { word }
}

fn flags(node: &Element, properties: &Element) -> Result<Vec<String>, String> {
    let mut flags = Vec::new();
    let mut say = |flag: String| flags.push(flag);
    if properties.child("MSFT:AtomicRequired").is_some() {
        say("atomic".into());
    }
    if let Some(deprecated) = properties.child("MSFT:Deprecated") {
        let build = deprecated.attribute("OsBuildDeprecated");
        say(if build.is_empty() { "deprecated".into() } else { format!("deprecated={build}") });
    }
    if let Some(list) = properties.child("MSFT:AllowedValues").and_then(|allowed| allowed.child("MSFT:List")) {
        say(format!("list={}", delimiter(list.attribute("Delimiter"))?));
    }
    let groups = properties.child("MSFT:DependencyBehavior").into_iter().flat_map(|all| all.all("MSFT:DependencyGroup"));
    for (group, dependency) in groups.flat_map(|group| group.all("MSFT:Dependency").map(move |dependency| (group, dependency))) {
        say(needs(group, dependency));
    }
    match properties.text_of("MSFT:RebootBehavior") {
        "Automatic" => say("reboot=automatic".into()),
        "ServerInitiated" => say("reboot=server".into()),
        _ => {}
    }
    let naming = properties.child("MSFT:DynamicNodeNaming").and_then(|naming| naming.children.first());
    match naming.map(|naming| naming.name.as_str()) {
        Some("MSFT:UniqueName") => say("naming=unique".into()),
        Some("MSFT:ServerGeneratedUniqueIdentifier") => say("naming=server".into()),
        Some("MSFT:ClientInventory") => say("naming=client".into()),
        _ => {}
    }
    if properties.child("CaseSense").is_some_and(|case| case.child("CS").is_some()) {
        say("cased".into());
    }
    let title = properties.text_of("DFTitle");
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | ' ' | '-');
    if name(node) == "{}" && (1..=40).contains(&title.len()) && title.chars().all(is_name) {
        say(format!("title={}", flag(title)));
    }
    Ok(flags)
}

fn delimiter(text: &str) -> Result<&'static str, String> {
    Ok(match text {
        ";" => "semicolon",
        "," => "comma",
        "|" => "pipe",
        // Two spellings of one character.
        "0xF000" | "\\xF000" => "U+F000",
        other => return Err(format!("`{other}` is a separator of lists that the table has no word for")),
    })
}

/// `needs=PATH=VALUES`, `without=PATH=VALUES`, `when=PATH=VALUES=ALLOWED`.
fn needs(group: &Element, dependency: &Element) -> String {
    let path = path(dependency.text_of("MSFT:DependencyUri"));
    let allowed = dependency.child("MSFT:DependencyAllowedValue");
    let named = allowed.map_or_else(Vec::new, all_values).join("|");
    let values = match allowed.map_or("", |allowed| allowed.attribute("ValueType")) {
        "ENUM" => named,
        "Range" => named.trim_matches(['[', ']']).replace(',', "|"),
        _ => "*".to_owned(),
    };
    let (path, values) = (flag(&path), flag(&values));
    match group.child("MSFT:DependencyChangedAllowedValues") {
        _ if dependency.attribute("Type") == "Not" => format!("without={path}={values}"),
        None => format!("needs={path}={values}"),
        Some(changed) => format!("when={path}={values}={}", flag(&self::values(changed))),
    }
}

/// The values anywhere inside.
fn all_values(element: &Element) -> Vec<String> {
    let own = (element.name == "MSFT:Value").then(|| element.text.trim().to_owned());
    own.into_iter().chain(element.children.iter().flat_map(all_values)).collect()
}

/// `Vendor/MSFT/VPNv2/[ProfileName]` as the table writes paths.
fn path(uri: &str) -> String {
    let mut path = String::from("./");
    let mut inside = None;
    for letter in uri.chars() {
        match (inside, letter) {
            (None, '[') => inside = Some(']'),
            (None, '{') => inside = Some('}'),
            (None, letter) => path.push(letter),
            (Some(end), letter) if letter == end => {
                inside = None;
                path.push_str("{}");
            }
            (Some(_), _) => {}
        }
    }
    path
}
