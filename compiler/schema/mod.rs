//! What `schemas/` means: kinds, platforms, lowering tables, servers.
//!
//! All types are constants: the build script reads the YAML (`load`), writes it as statics (`emit`), and nothing is read at
//! run time. `schemas/README.md` says how the files are written; the names here are the same.

mod fleet;
mod server;
mod table;
mod version;

pub use fleet::{FleetKind, SHARED, Word, WordType};
pub use server::{Attribute, Collision, Exec, Form, Refusal, Resends, ScepForm, Server, SyncmlForm, Token, TokenRule, Values};
pub use table::{
    Alternative, Answer, Case, Constant, Encoding, Instance, Literal, Lowering, Needs, Root, Table, Unsupported, Write,
};
pub use version::{Range, Version};

/// A sort of profile.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// As written after `kind:`.
    pub name: &'static str,
    /// What it is called in prose.
    pub title: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// The scopes a profile may have; the first is the default.
    pub scopes: &'static [Scope],
    /// Which profiles of this kind conflict.
    pub competes: Competes,
    /// An answer for every platform.
    pub platforms: &'static [Service],
    /// Vendor documents.
    pub sources: &'static [&'static str],
    /// Of each inner list, one is needed once the group is written.
    pub at_least_one: &'static [&'static [&'static str]],
    /// Groups flattened: a member is called `group.member`. A [`FieldId`] is an index into it.
    pub fields: &'static [Field],
    /// The groups, with what they are for.
    pub groups: &'static [Group],
}

/// A field that only holds other fields.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub doc: &'static str,
}

/// Who gets what a profile installs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The person who is signed in.
    User,
    /// Everybody who uses the device.
    Device,
}

impl Scope {
    /// As written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Scope::User => "user",
            Scope::Device => "device",
        }
    }
}

/// Which profiles of a kind conflict when they reach one user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Competes {
    /// All of them.
    Always,
    /// None: a device holds many.
    Never,
    /// Those that agree in this field.
    By(&'static str),
    /// Those of one scope, place by place: what a device holds once.
    ByPlace,
}

/// How a kind serves one platform.
#[derive(Debug, Clone, Copy)]
pub struct Service {
    /// The platform.
    pub platform: &'static str,
    /// The answer.
    pub is: Served,
}

/// The answers a kind can give for a platform.
#[derive(Debug, Clone, Copy)]
pub enum Served {
    /// `all` includes it; perhaps with a note for every profile.
    Native(Option<&'static str>),
    /// Only when it is named, with this warning.
    Named(&'static str),
    /// Not at all, for this reason.
    Unsupported {
        /// Why.
        reason: &'static str,
        /// Who says so.
        source: &'static str,
    },
}

/// The place of a field in [`Kind::fields`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldId(pub u16);

impl FieldId {
    /// As an index.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// One thing an administrator may set.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// `host`, `smime.signing_certificate`.
    pub name: &'static str,
    /// What may be written.
    pub ty: Type,
    /// What it does.
    pub doc: &'static str,
    /// Unit, range, length: one line.
    pub limits: &'static str,
    /// A YAML value that compiles.
    pub example: &'static str,
    /// The vendor's document, where it differs from the kind's.
    pub source: &'static str,
    /// What its absence means.
    pub presence: Presence,
    /// What becomes of it when profiles that reach one person disagree.
    pub mandatory: Mandatory,
    /// Written otherwise: an error.
    pub only_when: &'static [When],
    /// Absent then: an error.
    pub needed_when: &'static [When],
    /// The other field without which it has no meaning; empty for none.
    pub only_with: &'static str,
    /// Platforms on which it must be there.
    pub required_on: &'static [&'static str],
}

/// What becomes of a setting on which the profiles of one person disagree: the conflict rule's one fact about a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mandatory {
    /// Optional: none of the profiles sends it.
    No,
    /// All of them send the field's default.
    Default,
    /// All of them fail: no value would be right for this person.
    Yes,
}

/// What the absence of a field means. The editor's schema and the conflict rule read this one fact.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Presence {
    /// An error.
    Required,
    /// This value.
    Default(Literal),
    /// Nothing is sent.
    Optional,
}

/// A condition: another choice field has one of these values.
#[derive(Debug, Clone, Copy)]
pub struct When {
    /// The other field.
    pub field: &'static str,
    /// Its values.
    pub is: &'static [&'static str],
}

/// What may be written in a field.
#[derive(Debug, Clone, Copy)]
pub enum Type {
    /// Text of a format, with its greatest length in Unicode scalar values.
    Text(Format, u16),
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
        /// When not empty, only these.
        of: &'static [Allowed],
    },
    /// One of these words.
    Choice(&'static [Choice]),
    /// Some of these words.
    Set(&'static [Choice]),
    /// Object identifiers, by name or dotted.
    Oids(&'static [Choice]),
    /// Several texts; with the flag, a bare text is a list of one.
    List(Format, u16, bool),
    /// Another profile.
    Reference(&'static [Referent], Having),
    /// Other profiles.
    References(&'static [Referent], Having),
    /// Something that must not be seen.
    Secret,
    /// A length of time, in seconds.
    Duration {
        /// The units that may be used.
        units: &'static [Unit],
        /// Shortest, in seconds.
        min: u64,
        /// Longest, in seconds.
        max: u64,
    },
    /// A count of calendar units.
    Period(&'static [Unit]),
    /// An RFC 4514 name.
    DistinguishedName,
    /// An X.509 certificate in a file.
    Certificate,
    /// A PKCS#12 file, or a secret or token that holds one.
    Identity,
    /// Payloads of Apple's, typed by the vendor's tables.
    Payloads,
    /// Declarations of Apple's, typed by the vendor's tables.
    Declarations,
    /// Windows CSP nodes with values.
    Nodes,
    /// ADMX files.
    Admx,
}

/// What a referred-to profile's choice field must be; an empty field name asks for nothing.
#[derive(Debug, Clone, Copy)]
pub struct Having {
    /// The field.
    pub field: &'static str,
    /// Its value.
    pub is: &'static str,
}

/// What text must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One line of text.
    Line,
    /// A host name or an IP address.
    Host,
    /// An address: something, `@`, a domain.
    Email,
    /// A Windows domain: no `\`, no `@`.
    Domain,
    /// What a user signs in with; perhaps `DOMAIN\user`.
    Login,
    /// `http://` or `https://`.
    HttpUrl,
    /// ASCII only.
    Ascii,
}

impl Format {
    /// As written in a kind file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Format::Line => "line",
            Format::Host => "host",
            Format::Email => "email",
            Format::Domain => "domain",
            Format::Login => "login",
            Format::HttpUrl => "http_url",
            Format::Ascii => "ascii",
        }
    }
}

/// A number a field may have, perhaps with a warning.
#[derive(Debug, Clone, Copy)]
pub struct Allowed {
    /// The number.
    pub is: i64,
    /// Why it is discouraged; empty where it is not.
    pub warn: &'static str,
}

/// A kind that may be referred to, perhaps with a warning.
#[derive(Debug, Clone, Copy)]
pub struct Referent {
    /// The kind.
    pub kind: &'static str,
    /// Why it is discouraged; empty where it is not.
    pub warn: &'static str,
}

/// One word of a choice or a set.
#[derive(Debug, Clone, Copy)]
pub struct Choice {
    /// The word.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// The fact about a person or device that it stands for; empty for none.
    pub attribute: &'static str,
    /// The text it takes, as in `{ literal: text }`.
    pub holds: Option<Format>,
    /// Its object identifier; empty for none.
    pub oid: &'static str,
    /// Why it is discouraged; empty where it is not.
    pub warn: &'static str,
    /// The same as not writing the field.
    pub absent: bool,
    /// What `on_unsupported: approximate` puts in its place.
    pub approximation: Option<Approximation>,
}

/// A near thing, used only when asked for.
#[derive(Debug, Clone, Copy)]
pub struct Approximation {
    /// The attribute.
    pub attribute: &'static str,
    /// What it is, for the warning.
    pub doc: &'static str,
}

/// Units of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// 1 s.
    Seconds,
    /// 60 s.
    Minutes,
    /// 3,600 s.
    Hours,
    /// 86,400 s.
    Days,
    /// Of the calendar.
    Months,
    /// Of the calendar.
    Years,
}

impl Unit {
    /// All of them, shortest first.
    pub const ALL: [Unit; 6] = [Unit::Seconds, Unit::Minutes, Unit::Hours, Unit::Days, Unit::Months, Unit::Years];

    /// The plural, as documented.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Unit::Seconds => "seconds",
            Unit::Minutes => "minutes",
            Unit::Hours => "hours",
            Unit::Days => "days",
            Unit::Months => "months",
            Unit::Years => "years",
        }
    }

    /// Seconds in it, for units that have a fixed number.
    #[must_use]
    pub fn seconds(self) -> Option<u64> {
        match self {
            Unit::Seconds => Some(1),
            Unit::Minutes => Some(60),
            Unit::Hours => Some(3_600),
            Unit::Days => Some(86_400),
            Unit::Months | Unit::Years => None,
        }
    }
}

/// A family of operating systems.
#[derive(Debug, Clone, Copy)]
pub struct Platform {
    /// As written.
    pub name: &'static str,
    /// What it is called in prose.
    pub title: &'static str,
    /// Where a range begins that names no version.
    pub oldest_supported: Version,
    /// The first version that no longer is this platform.
    pub ends: Option<Version>,
    /// Why it does not tell the scopes apart; empty where it does.
    pub one_scope: &'static str,
    /// The editions that a profile may name; empty where there are none.
    pub editions: &'static [&'static str],
    /// Words that stand for a version.
    pub names: &'static [(&'static str, Version)],
    /// What people write instead of its name.
    pub also_called: &'static [&'static str],
    /// The targets that serve it.
    pub targets: &'static [&'static str],
    /// For a console: the platforms it delivers to. Empty for what devices run.
    pub delivers: &'static [&'static str],
    /// For a console: who says so.
    pub source: &'static str,
}

impl Platform {
    /// Whether it is no system of a device but takes whole profiles, for several platforms at a time.
    #[must_use]
    pub fn is_console(&self) -> bool {
        !self.delivers.is_empty()
    }
}

impl Kind {
    /// The field of a name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<(FieldId, &'static Field)> {
        let index = self.fields.iter().position(|field| field.name == name)?;
        Some((FieldId(u16::try_from(index).ok()?), self.fields.get(index)?))
    }

    /// All fields with their ids.
    pub fn numbered(&self) -> impl Iterator<Item = (FieldId, &'static Field)> + use<> {
        (0u16..).map(FieldId).zip(self.fields.iter())
    }

    /// How it serves a platform.
    #[must_use]
    pub fn service(&self, platform: &str) -> Option<&'static Service> {
        self.platforms.iter().find(|service| service.platform == platform)
    }
}

impl Field {
    /// The group it belongs to, and its name in it.
    #[must_use]
    pub fn group(&self) -> Option<(&'static str, &'static str)> {
        self.name.split_once('.')
    }

    /// Whether a profile is nothing without it: it is required, or its default is a fact about each user.
    #[must_use]
    pub fn indispensable(&self) -> bool {
        match self.presence {
            Presence::Required => true,
            Presence::Default(Literal::Text(name)) => {
                self.choices().iter().any(|choice| choice.name == name && !choice.attribute.is_empty())
            }
            Presence::Default(_) | Presence::Optional => false,
        }
    }

    /// The words of a choice, a set or a list of object identifiers.
    #[must_use]
    pub fn choices(&self) -> &'static [Choice] {
        match self.ty {
            Type::Choice(choices) | Type::Set(choices) | Type::Oids(choices) => choices,
            _ => &[],
        }
    }
}

/// The facts about a person or a device that text may name.
pub const ATTRIBUTES: [&str; 14] = [
    "device.id",
    "device.serial_number",
    "device.udid",
    "user.department",
    "user.display_name",
    "user.domain",
    "user.given_name",
    "user.id",
    "user.netbios_domain",
    "user.primary_smtp_address",
    "user.sam_account_name",
    "user.surname",
    "user.user_principal_name",
    "user.user_principal_name_local_part",
];

/// Everything in `schemas/`, as the build script hands it over.
#[derive(Debug, Clone, Copy)]
pub struct Schemas {
    /// In the order of `platforms.yaml`.
    pub platforms: &'static [Platform],
    /// What takes whole profiles, for several platforms at a time; made only where it is asked for.
    pub consoles: &'static [Platform],
    /// Platforms that are known and not served yet: name and title.
    pub not_yet: &'static [(&'static str, &'static str)],
    /// By name.
    pub kinds: &'static [&'static Kind],
    /// Documents that are no profiles, by name.
    pub fleet: &'static [&'static FleetKind],
    /// By kind, then target.
    pub tables: &'static [&'static Table],
    /// By name.
    pub servers: &'static [&'static Server],
}

impl Schemas {
    /// The kind of a name.
    #[must_use]
    pub fn kind(&self, name: &str) -> Option<&'static Kind> {
        self.kinds.iter().find(|kind| kind.name == name).copied()
    }

    /// The sort of document of a name that is no profile.
    #[must_use]
    pub fn fleet_kind(&self, name: &str) -> Option<&'static FleetKind> {
        self.fleet.iter().find(|kind| kind.name == name).copied()
    }

    /// The platform of a name.
    #[must_use]
    pub fn platform(&self, name: &str) -> Option<&'static Platform> {
        self.platforms.iter().find(|platform| platform.name == name)
    }

    /// The console of a name.
    #[must_use]
    pub fn console(&self, name: &str) -> Option<&'static Platform> {
        self.consoles.iter().find(|console| console.name == name)
    }

    /// Everything that has targets: platforms, then consoles.
    pub fn everywhere(&self) -> impl Iterator<Item = &'static Platform> + Clone + use<> {
        self.platforms.iter().chain(self.consoles)
    }

    /// How a target spells a kind.
    #[must_use]
    pub fn table(&self, kind: &str, target: &str) -> Option<&'static Table> {
        self.tables.iter().find(|table| table.kind == kind && table.target == target).copied()
    }

    /// The server of a name.
    #[must_use]
    pub fn server(&self, name: &str) -> Option<&'static Server> {
        self.servers.iter().find(|server| server.name == name).copied()
    }
}
