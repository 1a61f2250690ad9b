//! Editions of Windows behind the numbers that the vendor's files name.

use super::Node;

/// An edition with its numbers, those of its N, evaluation and other variants behind its own.
#[derive(Debug, PartialEq, Eq)]
pub struct Edition {
    /// As a profile names it.
    pub name: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// As the vendor's files write them, the edition's own first.
    pub numbers: &'static [&'static str],
}

const fn edition(name: &'static str, title: &'static str, numbers: &'static [&'static str]) -> Edition {
    Edition { name, title, numbers }
}

/// Numbers of `GetProductInfo`, and those that winnt.h of the Windows SDK has behind them:
/// <https://learn.microsoft.com/windows/win32/api/sysinfoapi/nf-sysinfoapi-getproductinfo>.
pub const EDITIONS: [Edition; 10] = [
    edition("home", "Home", &["0x65", "0x62", "0x63", "0x64"]),
    edition("pro", "Pro", &["0x30", "0x31", "0x8A", "0x8B", "0xA1", "0xA2", "0xA4", "0xA5"]),
    edition("enterprise", "Enterprise", &["0x4", "0x1B", "0x48", "0x54", "0x7D", "0x7E", "0x81", "0x82", "0xAB", "0xAC"]),
    edition("multi_session", "Enterprise multi-session", &["0xAF"]),
    edition("education", "Education", &["0x79", "0x7A"]),
    edition("se", "SE", &["0xCB", "0xCA"]),
    edition("iot_enterprise", "IoT Enterprise", &["0xBC", "0xBF", "0xCD", "0xCF"]),
    edition("hololens", "HoloLens", &["0x88", "0x87", "0x88*"]),
    edition("team", "Team (Surface Hub)", &["0x77", "0xB4"]),
    edition("wnc", "WNC", &["0xD2"]),
];

impl Edition {
    /// The edition of a name.
    #[must_use]
    pub fn of(name: &str) -> Option<&'static Edition> {
        EDITIONS.iter().find(|edition| edition.name == name)
    }
}

impl Node {
    /// Whether an edition has the node: itself, whatever its variants have.
    #[must_use]
    pub fn is_on(&self, edition: &Edition) -> bool {
        self.editions.is_empty() || self.editions.split(',').any(|number| edition.numbers.first() == Some(&number))
    }

    /// What the editions that have the node are called; `in part` where some variants have it and others do not, and the number where
    /// it is of no edition that is known here. Empty where every edition has it.
    #[must_use]
    pub fn edition_titles(&self) -> Vec<String> {
        let numbers: Vec<&str> = self.editions.split(',').filter(|number| !number.is_empty()).collect();
        let known = EDITIONS.iter().filter_map(|edition| {
            let count = edition.numbers.iter().filter(|number| numbers.contains(number)).count();
            // The variants of these two are editions of their own or are no longer sold.
            let whole = count == edition.numbers.len() || (count > 0 && matches!(edition.name, "hololens" | "team"));
            (count > 0).then(|| if whole { edition.title.to_owned() } else { format!("{} in part", edition.title) })
        });
        let other = numbers.iter().filter(|number| !EDITIONS.iter().any(|edition| edition.numbers.contains(number)));
        known.chain(other.map(|number| format!("number {number}"))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtin::{CATALOG, SCHEMAS};

    #[test]
    fn what_a_profile_may_name_is_known() {
        let names: Vec<&str> = SCHEMAS.platforms.iter().flat_map(|platform| platform.editions).copied().collect();
        assert!(names.len() >= 5 && names.iter().all(|name| Edition::of(name).is_some()), "{names:?}");
    }

    #[test]
    fn nodes_are_on_editions() {
        let node = CATALOG.node("./Device/Vendor/MSFT/Policy/Config/DeviceLock/AllowIdleReturnWithoutPassword").unwrap();
        let titles = CATALOG.node("./User/Vendor/MSFT/Policy/Config/Experience/EnableOrganizationalMessages").unwrap();
        assert!(!node.is_on(Edition::of("pro").unwrap()));
        assert_eq!(titles.edition_titles(), ["Enterprise", "Education", "IoT Enterprise"]);
    }
}
