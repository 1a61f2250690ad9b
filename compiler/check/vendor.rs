//! Vendor facts as profiles and artifacts ask them: the nearest name to one that the catalog does not know (payload and declaration types,
//! keys, nodes), who else knows one, and the form of text.
//!
//! Of a path one segment is corrected. Whether a diagnostic is raised at all, and how it reads, is decided by who asks.

use super::format;
use super::suggest::nearest;
use crate::catalog::{Allowed, Catalog, Key, Near, Node, NodeFormat, OS, Payload, Spot, Support};
use crate::schema::{Format, Schemas};

/// The payload type that is nearest to a word.
#[must_use]
pub fn payload_type(catalog: &'static Catalog, word: &str) -> Option<&'static str> {
    nearest(word, catalog.payload_names())
}

/// The form that the vendor gives the text of a key, where a text has another one; of profiles that are written and of those that are
/// there already the same is asked. A UUID that points at a payload is no matter of form.
#[must_use]
pub fn other_form(key: &Key, text: &str) -> Option<String> {
    if key.refers.is_some() {
        return None;
    }
    // The vendor's expressions are short; one that cannot be read asks for nothing.
    let expression = key.format.and_then(|format| regex_lite::Regex::new(format).ok());
    if expression.is_some_and(|expression| !expression.is_match(text)) {
        return Some(format!("it matches `{}`", key.format.unwrap_or_default()));
    }
    match key.subtype {
        Some("hostname") if format::read(Format::Host, text).is_err() => {
            Some("it is a host name or an address, without scheme, port and path".to_owned())
        }
        Some("url") if !is_url(text) => Some("it is a URL with its scheme, as in `https://www.contoso.com`".to_owned()),
        _ => None,
    }
}

/// A number of members, as a sentence has it.
#[must_use]
pub fn counted(members: usize) -> String {
    if members == 1 { "1 member".into() } else { format!("{members} members") }
}

/// As [`called`], and of a list's members the list: what has values.
#[must_use]
pub fn valued(key: &Key) -> String {
    called(key).trim_start_matches("a member of ").to_owned()
}

/// How a key is called in messages.
#[must_use]
pub fn called(key: &Key) -> String {
    let path = &*key.path;
    match path.strip_suffix("/[]") {
        Some(list) => format!("a member of `{}`", list.trim_end_matches("/[]").rsplit('/').next().unwrap_or(list)),
        None => format!("`{}`", key.name()),
    }
}

/// A scheme, a colon and something behind it, without blanks: which scheme, the vendor leaves open.
fn is_url(text: &str) -> bool {
    // `www.contoso.com:8080` has a colon and no scheme: none that is in use has a dot.
    let is_scheme = |front: &str| {
        front.starts_with(|first: char| first.is_ascii_alphabetic())
            && front.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-'))
    };
    let sound = text.split_once(':').is_some_and(|(front, rest)| is_scheme(front) && !rest.is_empty());
    sound && !text.contains(char::is_whitespace)
}

/// The declaration type that is nearest to a word.
#[must_use]
pub fn declaration_type(catalog: &'static Catalog, word: &str) -> Option<&'static str> {
    nearest(word, catalog.declaration_names())
}

/// The path with the unknown segment put right, if a key inside the same dictionary is near.
#[must_use]
pub fn key(payload: &Payload, path: &str) -> Option<String> {
    let Spot::Lost(near) = payload.spot(path) else { return None };
    let above = path.get(..near.known).filter(|above| !above.is_empty());
    let inside = above.and_then(|above| payload.key(above));
    if above.is_some() && inside.is_none() {
        return None;
    }
    let names = payload.inside(inside).map(Key::name).filter(|name| !matches!(*name, "[]" | "ANY"));
    replaced(path, near, nearest(path.get(near.from..near.to)?, names)?)
}

/// The path with the unknown segment, capitals or scope put right, if there is such a node.
#[must_use]
pub fn node(catalog: &'static Catalog, path: &str) -> Option<String> {
    // A slip below a root that is also spelled otherwise.
    near_node(catalog, path).or_else(|| near_node(catalog, &Catalog::with_other_root(path)))
}

fn near_node(catalog: &'static Catalog, path: &str) -> Option<String> {
    let Spot::Lost(near) = catalog.node_spot(path) else { return None };
    if let Some(spelled) = catalog.respelled(path) {
        return Some(spelled);
    }
    let above = path.get(..near.known)?;
    let general = catalog.node_for(above).map_or(above, |node| &node.path);
    let children = catalog.children(general);
    let mut names: Vec<&str> = children.into_iter().map(Node::name).filter(|name| *name != "{}").collect();
    let roots: Vec<&str> = catalog.roots().collect();
    let below = |root: &'static str| root.strip_prefix(above)?.strip_prefix('/')?.split('/').next();
    names.extend(roots.into_iter().filter_map(below));
    let fixed = replaced(path, near, nearest(path.get(near.from..near.to)?, names)?)?;
    catalog.respelled(&fixed)
}

/// Where none of the systems that payloadc writes for has a payload, declaration or key: which systems have it, as a sentence.
#[must_use]
pub fn out_of_reach(schemas: &Schemas, name: &str, systems: &[Support; 5]) -> Option<String> {
    let mut there = OS.iter().zip(systems).filter(|(_, support)| support.there()).peekable();
    if there.peek().is_none() {
        return Some(format!("Apple names no system that has `{name}`"));
    }
    let (mut known, mut titles) = (Vec::new(), Vec::new());
    for (os, support) in there {
        if schemas.platform(os.name).is_some() {
            return None;
        }
        titles.push(os.title);
        let since = support.versions.introduced.filter(|since| since.0.iter().any(|part| *part > 0));
        known.push(since.map_or_else(|| os.title.to_owned(), |since| format!("{} {since} and later", os.title)));
    }
    Some(format!("Apple knows `{name}` on {} only, and payloadc has no target for {}", known.join(" and "), titles.join(" or ")))
}

fn replaced(path: &str, near: Near, name: &str) -> Option<String> {
    Some(format!("{}{name}{}", path.get(..near.from)?, path.get(near.to..)?))
}

/// Why the text of a node is no XML or JSON where it takes that, and which of the two.
#[must_use]
pub fn malformed(node: &Node, text: &str) -> Option<(&'static str, String)> {
    if node.format == NodeFormat::Xml || matches!(node.allowed, Allowed::Xsd) {
        super::raw::well_formed(text).err().map(|why| ("XML", why))
    } else if matches!(node.allowed, Allowed::Json) {
        serde_json::from_str::<serde::de::IgnoredAny>(text).err().map(|why| ("JSON", why.to_string()))
    } else {
        None
    }
}

/// The vendor's expression for the text of a node, where the text does not fit it. Only that of a verified node was compared with documentation.
#[must_use]
pub fn other_pattern(node: &Node, text: &str) -> Option<&'static str> {
    let Allowed::Regex(pattern) = node.allowed else { return None };
    (matches(pattern, text) == Some(false)).then_some(pattern)
}

/// Whether the whole of a text fits an expression; nothing where the expression itself is none.
pub fn matches(pattern: &str, text: &str) -> Option<bool> {
    let pattern = pattern.trim_start_matches('^').trim_end_matches('$');
    regex_lite::Regex::new(&format!("^(?:{pattern})$")).ok().map(|regex| regex.is_match(text))
}

/// Whether a key or node holds a secret: its name ends so.
#[must_use]
pub fn is_secret(name: &str) -> bool {
    const ENDINGS: [&str; 7] = ["password", "passphrase", "secret", "challenge", "passcode", "privatekey", "authenticationtoken"];
    let name = name.to_lowercase();
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtin::CATALOG;

    #[test]
    fn slips_are_put_right() {
        assert_eq!(payload_type(&CATALOG, "com.apple.wifi.manged"), Some("com.apple.wifi.managed"));
        assert_eq!(
            declaration_type(&CATALOG, "com.apple.configuration.passcode.setting"),
            Some("com.apple.configuration.passcode.settings")
        );
        let wifi = CATALOG.payload("com.apple.wifi.managed").unwrap();
        let fixed = key(wifi, "EAPClientConfiguration/TLSTrustedServerName");
        assert_eq!(fixed.as_deref(), Some("EAPClientConfiguration/TLSTrustedServerNames"));
        assert_eq!(key(wifi, "SSID_STRING").as_deref(), Some("SSID_STR"));
        assert_eq!(key(wifi, "SSID_STR"), None);
    }

    #[test]
    fn nodes_are_put_right() {
        let lock = "./Device/Vendor/MSFT/Policy/Config/DeviceLock";
        let fixed = |path: &str| node(&CATALOG, path).unwrap_or_default();
        assert_eq!(fixed(&format!("{lock}/MinDevicePasswordLenght")), format!("{lock}/MinDevicePasswordLength"));
        assert_eq!(fixed(&format!("{lock}/mindevicepasswordlength")), format!("{lock}/MinDevicePasswordLength"));
        assert_eq!(
            fixed("./Vendor/MSFT/Policy/Config/DeviceLock/MinDevicePasswordLength"),
            format!("{lock}/MinDevicePasswordLength")
        );
        assert_eq!(
            fixed("./Device/Vendor/MSFT/Policy/Config/DeviceLok/DevicePasswordEnabled"),
            format!("{lock}/DevicePasswordEnabled")
        );
        assert_eq!(
            fixed("./Device/Vendor/MSFT/AppLocker/ApplicationLaunchRestrictions"),
            "./Vendor/MSFT/AppLocker/ApplicationLaunchRestrictions"
        );
        assert_eq!(fixed("./Vendor/MSFT/VPNv2/Corp VPN/ProfileXml"), "./Device/Vendor/MSFT/VPNv2/Corp VPN/ProfileXML");
        assert_eq!(node(&CATALOG, "./Device/Vendor/MSFT/NoSuchThing/At/All"), None);
        assert_eq!(node(&CATALOG, ""), None);
        assert_eq!(node(&CATALOG, "./Device"), None);
    }
}
