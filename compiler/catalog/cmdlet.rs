//! Cmdlets of Configuration Manager, with their parameters.

/// All of them, by name, and what the table was made from.
#[derive(Debug, Clone, Copy)]
pub struct Cmdlets {
    /// The cmdlets.
    pub all: &'static [Cmdlet],
    /// The release that the head of the table names.
    pub release: &'static str,
}

/// A cmdlet.
#[derive(Debug, Clone, Copy)]
pub struct Cmdlet {
    /// `New-CMEmailProfile`.
    pub name: &'static str,
    /// Its parameters, by name.
    pub parameters: &'static [Parameter],
}

/// A parameter of a cmdlet.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Without the hyphen.
    pub name: &'static str,
    /// Its .NET type: `String`, `Boolean`, `SwitchParameter`, `Int32`, `IResultObject[]`, the name of an enumeration.
    pub ty: &'static str,
    /// Whether the cmdlet asks for it when it is absent.
    pub required: bool,
    /// The only values it may have; empty for any.
    pub allowed: &'static [&'static str],
    /// The parameter sets it belongs to; empty for all.
    pub sets: &'static [&'static str],
}

impl Cmdlet {
    /// A parameter.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&'static Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }
}

impl super::Catalog {
    /// A cmdlet.
    #[must_use]
    pub fn cmdlet(&self, name: &str) -> Option<&'static Cmdlet> {
        self.cmdlets.all.iter().find(|cmdlet| cmdlet.name == name)
    }

    /// The parameter that a place stands for, below a cmdlet that makes something: `X` of it, `Set/X` of the one that changes.
    #[must_use]
    pub fn parameter(&self, root: &str, place: &str) -> Option<&'static Parameter> {
        let root = root.strip_prefix("New-")?;
        let (verb, name) = place.split_once('/').unwrap_or(("New", place));
        self.cmdlet(&format!("{verb}-{root}"))?.parameter(name)
    }
}
