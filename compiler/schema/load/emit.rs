//! Writes what was read as Rust expressions for statics.

use std::fmt::Write as _;

use super::catalog::{TABLES, Vendor};
use crate::catalog::{Cmdlet, Cmdlets, Correction, Demand, Overlay, Parameter, Rule, Section};
use crate::schema::{
    Allowed, Alternative, Answer, Approximation, Attribute, Case, Choice, Collision, Competes, Constant, Encoding, Exec, Field,
    FleetKind, Form, Format, Group, Having, Instance, Kind, Literal, Lowering, Mandatory, Needs, Platform, Presence, Referent,
    Refusal, Resends, Root, ScepForm, Schemas, Scope, Served, Server, Service, SyncmlForm, Table, Token, TokenRule, Type, Unit,
    Unsupported, Values, Version, When, Word, WordType, Write,
};

/// The content of `schemas.rs`: two constants and what they point to.
#[must_use]
pub fn statics(schemas: &Schemas, vendor: &Vendor) -> String {
    let mut out = String::new();
    for kind in schemas.kinds {
        let _ = writeln!(out, "static KIND_{}: Kind = {};", kind.name.to_uppercase(), kind.rust());
    }
    for table in schemas.tables {
        let name = format!("{}_{}", table.kind, table.target).to_uppercase();
        let _ = writeln!(out, "static TABLE_{name}: Table = {};", table.rust());
    }
    for kind in schemas.fleet {
        let _ = writeln!(out, "static FLEET_{}: FleetKind = {};", kind.name.to_uppercase(), kind.rust());
    }
    for server in schemas.servers {
        let _ = writeln!(out, "pub static SERVER_{}: Server = {};", server.name.to_uppercase(), server.rust());
    }
    let list = |prefix: &str, names: Vec<String>| {
        format!("&[{}]", names.iter().map(|name| format!("&{prefix}_{}", name.to_uppercase())).collect::<Vec<_>>().join(", "))
    };
    let kinds = list("KIND", schemas.kinds.iter().map(|kind| kind.name.to_owned()).collect());
    let tables = list("TABLE", schemas.tables.iter().map(|table| format!("{}_{}", table.kind, table.target)).collect());
    let servers = list("SERVER", schemas.servers.iter().map(|server| server.name.to_owned()).collect());
    let fleet = list("FLEET", schemas.fleet.iter().map(|kind| kind.name.to_owned()).collect());
    let _ = writeln!(out, "/// Everything in `schemas/`.");
    let _ = writeln!(
        out,
        "pub static SCHEMAS: Schemas = Schemas {{ platforms: {}, consoles: {}, not_yet: {}, kinds: {kinds}, fleet: {fleet}, tables: {tables}, servers: {servers} }};",
        schemas.platforms.rust(),
        schemas.consoles.rust(),
        schemas.not_yet.rust()
    );
    let _ = writeln!(out, "/// Everything in `schemas/vendor`.");
    let table = |(path, sections): (&str, &&[Section])| {
        let text = format!("include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/schemas/{path}\"))");
        format!("crate::catalog::Table::new({text}, {})", sections.rust())
    };
    let tables: Vec<String> = TABLES.into_iter().zip(&vendor.sections).map(table).collect();
    let _ = writeln!(out, "static OVERLAY: Overlay = {};", vendor.overlay.rust());
    let _ =
        writeln!(out, "pub static CATALOG: Catalog = Catalog::new({}, &OVERLAY, {});", tables.join(", "), vendor.cmdlets.rust());
    out
}

/// A value as the Rust expression that makes it.
trait Rust {
    fn rust(&self) -> String;
}

macro_rules! debug {
    ($($ty:ty),*) => { $(impl Rust for $ty { fn rust(&self) -> String { format!("{self:?}") } })* };
}
debug!(&str, bool, u16, u32, u64, i64, usize);

/// Types whose `Debug` form is a path below their own name.
macro_rules! unit {
    ($($ty:ident),*) => { $(impl Rust for $ty { fn rust(&self) -> String { format!(concat!(stringify!($ty), "::{:?}"), self) } })* };
}
unit!(Mandatory, Scope, Format, Unit, Instance, Encoding, Values, Resends, Form, Exec, Demand);

macro_rules! structs {
    ($($ty:ident { $($field:ident),* $(,)? })*) => { $(impl Rust for $ty {
        fn rust(&self) -> String {
            let mut out = String::from(concat!(stringify!($ty), " { "));
            $(let _ = write!(out, concat!(stringify!($field), ": {}, "), self.$field.rust());)*
            out.push('}');
            out
        }
    })* };
}

structs! {
    Kind { name, title, doc, scopes, competes, platforms, sources, at_least_one, fields, groups }
    Group { name, doc }
    FleetKind { name, title, doc, sources, at_least_one, words }
    Word { name, ty, required, doc, example }
    Service { platform, is }
    Field { name, ty, doc, limits, example, source, presence, mandatory, only_when, needed_when, only_with, required_on }
    When { field, is }
    Having { field, is }
    Allowed { is, warn }
    Referent { kind, warn }
    Choice { name, doc, attribute, holds, oid, warn, absent, approximation }
    Approximation { attribute, doc }
    Platform { name, title, oldest_supported, ends, one_scope, editions, names, also_called, targets, delivers, source }
    Table { kind, target, to, implies, remark, unverified, source, answers, order }
    Alternative { needs, root }
    Root { is, instance }
    Lowering { needs, write, implies, unverified }
    Unsupported { reason, elsewhere, source }
    Constant { at, is }
    Needs { from, scope, overridden, at_most, choice }
    Server { name, title, sources, platforms, values, attributes, tokens, collides, escape, resends, syncml, configurations_alone, refuses, notes }
    Attribute { name, rules }
    TokenRule { token, platforms, kinds }
    SyncmlForm { form, command_ids, declaration, delete, atomic, atomic_alone, rows, exec, scep, reserved }
    ScepForm { flat, install_node, instance, proxies, subject_must_hold }
    Refusal { platform, kinds, reason, source }
    Section { name, from, to }
    Overlay { apple, windows, rules }
    Correction { of, at, changes, reason, source }
    Rule { of, at, when, demand, keys, advice, reason, source }
    Cmdlets { all, release }
    Cmdlet { name, parameters }
    Parameter { name, ty, required, allowed, sets }
}

impl Rust for Version {
    fn rust(&self) -> String {
        format!("{self:?}")
    }
}

impl<T: Rust> Rust for &[T] {
    fn rust(&self) -> String {
        let items: Vec<String> = self.iter().map(Rust::rust).collect();
        format!("&[{}]", items.join(", "))
    }
}

impl<T: Rust> Rust for Option<T> {
    fn rust(&self) -> String {
        self.as_ref().map_or("None".into(), |value| format!("Some({})", value.rust()))
    }
}

impl<T: Rust, E: Rust> Rust for Result<T, E> {
    fn rust(&self) -> String {
        match self {
            Ok(value) => format!("Ok({})", value.rust()),
            Err(value) => format!("Err({})", value.rust()),
        }
    }
}

impl<A: Rust, B: Rust> Rust for (A, B) {
    fn rust(&self) -> String {
        format!("({}, {})", self.0.rust(), self.1.rust())
    }
}

impl Rust for Competes {
    fn rust(&self) -> String {
        format!("Competes::{self:?}")
    }
}

impl Rust for Served {
    fn rust(&self) -> String {
        format!("Served::{self:?}")
    }
}

impl Rust for Literal {
    fn rust(&self) -> String {
        format!("Literal::{self:?}")
    }
}

impl Rust for Presence {
    fn rust(&self) -> String {
        match self {
            Presence::Required => "Presence::Required".into(),
            Presence::Optional => "Presence::Optional".into(),
            Presence::Default(value) => format!("Presence::Default({})", value.rust()),
        }
    }
}

impl Rust for Token {
    fn rust(&self) -> String {
        format!("Token::{self:?}")
    }
}

impl Rust for Collision {
    fn rust(&self) -> String {
        format!("Collision::{self:?}")
    }
}

impl Rust for Type {
    fn rust(&self) -> String {
        match self {
            Type::Text(format, max) => format!("Type::Text({}, {max})", format.rust()),
            Type::List(format, max, or_one) => format!("Type::List({}, {max}, {or_one})", format.rust()),
            Type::Integer { min, max, of } => format!("Type::Integer {{ min: {min}, max: {max}, of: {} }}", of.rust()),
            Type::Choice(choices) => format!("Type::Choice({})", choices.rust()),
            Type::Set(choices) => format!("Type::Set({})", choices.rust()),
            Type::Oids(choices) => format!("Type::Oids({})", choices.rust()),
            Type::Reference(to, having) => format!("Type::Reference({}, {})", to.rust(), having.rust()),
            Type::References(to, having) => format!("Type::References({}, {})", to.rust(), having.rust()),
            Type::Duration { units, min, max } => {
                format!("Type::Duration {{ units: {}, min: {min}, max: {max} }}", units.rust())
            }
            Type::Period(units) => format!("Type::Period({})", units.rust()),
            Type::Boolean
            | Type::Secret
            | Type::DistinguishedName
            | Type::Certificate
            | Type::Identity
            | Type::Payloads
            | Type::Declarations
            | Type::Nodes
            | Type::Admx => {
                format!("Type::{self:?}")
            }
        }
    }
}

impl Rust for WordType {
    fn rust(&self) -> String {
        match self {
            WordType::OneOf(names) => format!("WordType::OneOf({})", names.rust()),
            other => format!("WordType::{other:?}"),
        }
    }
}

impl Rust for Answer {
    fn rust(&self) -> String {
        match self {
            Answer::Whole(lowerings) => format!("Answer::Whole({})", lowerings.rust()),
            Answer::Parts(parts) => format!("Answer::Parts({})", parts.rust()),
        }
    }
}

impl Rust for Write {
    fn rust(&self) -> String {
        match self {
            Write::At(places, encoding) => format!("Write::At({}, {})", places.rust(), encoding.rust()),
            Write::Map(places, cases) => format!("Write::Map({}, {})", places.rust(), cases.rust()),
            Write::Bits(place, numbers) => format!("Write::Bits({place:?}, {})", numbers.rust()),
            Write::ByHand(name) => format!("Write::ByHand({name:?})"),
            Write::Carried(how) => format!("Write::Carried({how:?})"),
            Write::Unsupported(why) => format!("Write::Unsupported({})", why.rust()),
        }
    }
}

impl Rust for Case {
    fn rust(&self) -> String {
        match self {
            Case::Is(value) => format!("Case::Is({})", value.rust()),
            Case::Warned(value, why) => format!("Case::Warned({}, {why:?})", value.rust()),
            Case::Writes(constants) => format!("Case::Writes({})", constants.rust()),
            Case::Unsupported(why) => format!("Case::Unsupported({})", why.rust()),
        }
    }
}
