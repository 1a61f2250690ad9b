//! Profile x table -> entries: what the administrator means becomes what one target reads.
//!
//! Walks a lowering table in its order and writes an entry for each place. It cannot fail: `check` has asked every question
//! before. What a table cannot say is a function of the target's folder, handed in by the caller.

mod encode;

use std::borrow::Cow;

use crate::ir::{ByHand, Datum, Entry, Id, Lowered, Origin, Profile, Value, View};
use crate::schema::{Answer, Case, Constant, Field, FieldId, Lowering, Table, Type, Write};

/// What lowering asks about other profiles.
pub trait Referents: Sync {
    /// The SHA-1 of a trusted certificate, 40 upper-case hex digits.
    fn thumbprint(&self, id: &str) -> Option<String>;
}

/// Lowers a profile for a platform by a table.
pub fn lower(
    profile: &Profile,
    view: &View,
    table: &'static Table,
    by_hand: &'static [ByHand],
    referents: &dyn Referents,
) -> Option<Lowered> {
    let root = view.root(profile.kind, profile.scope, table)?.root.ok()?;
    let mut pass =
        Pass { profile, view, by_hand, referents, entries: Vec::with_capacity(32), references: Vec::new(), done: Vec::new() };
    for constant in table.implies {
        pass.constant(constant, Origin::Table);
    }
    for index in table.order {
        pass.field(FieldId(*index), table);
    }
    Some(Lowered { root, thumbprint: own_thumbprint(view), entries: pass.entries, references: pass.references })
}

/// The thumbprint of the certificate a profile itself holds.
fn own_thumbprint(view: &View) -> Option<String> {
    view.settings.iter().flatten().find_map(|setting| match &setting.value {
        Value::Certificate(certificate) => Some(certificate.thumbprint.clone()),
        _ => None,
    })
}

struct Pass<'a> {
    profile: &'a Profile,
    view: &'a View,
    by_hand: &'static [ByHand],
    referents: &'a dyn Referents,
    entries: Vec<Entry>,
    references: Vec<Id>,
    /// Functions by hand that have run.
    done: Vec<&'static str>,
}

impl Pass<'_> {
    fn field(&mut self, id: FieldId, table: &'static Table) {
        let Some(setting) = self.view.setting(id) else { return };
        let (Some(field), Some(answer)) = (self.profile.kind.fields.get(id.index()), table.answers.get(id.index())) else {
            return;
        };
        let origin = setting.origin;
        match answer {
            Answer::Whole(lowerings) => {
                if let Some(lowering) = self.view.pick(self.profile.kind, self.profile.scope, id, lowerings) {
                    self.lowering(id, field, lowering, &setting.value, origin);
                }
            }
            Answer::Parts(parts) => {
                for (part, lowerings) in *parts {
                    if let Some(lowering) = self.view.pick(self.profile.kind, self.profile.scope, id, lowerings) {
                        self.part(id, field, part, lowering, &setting.value, origin);
                    }
                }
            }
        }
    }

    fn lowering(&mut self, id: FieldId, field: &'static Field, lowering: &'static Lowering, value: &Value, origin: Origin) {
        match lowering.write {
            Write::At(places, encoding) => {
                if let Some(datum) = encode::value(encoding, value, self.referents) {
                    self.write(places, datum, origin);
                }
            }
            Write::Map(places, cases) => self.mapped(places, cases, case_name(field, value), id, origin),
            Write::Bits(place, numbers) => {
                if let Value::Set(bits) = value {
                    let members = numbers.iter().enumerate().filter(|(index, _)| bits & (1 << index) != 0);
                    let sum = members.map(|(_, (_, number))| number).sum();
                    self.entries.push(Entry { place: Cow::Borrowed(place), datum: Datum::Integer(sum), origin });
                }
            }
            Write::ByHand(name) => self.run(name),
            Write::Carried(_) => {}
            Write::Unsupported(_) => return,
        }
        // Only what is lowered or carried is referred to: a certificate of a setting that is left out is not needed.
        for id in value.references() {
            if !self.references.contains(id) {
                self.references.push(id.clone());
            }
        }
        for constant in lowering.implies {
            self.constant(constant, Origin::Implied(id));
        }
    }

    /// A member of a set, or the count or unit of a period.
    fn part(
        &mut self,
        id: FieldId,
        field: &'static Field,
        part: &str,
        lowering: &'static Lowering,
        value: &Value,
        origin: Origin,
    ) {
        let value = match (field.ty, value) {
            (Type::Set(choices), Value::Set(bits)) => {
                let index = choices.iter().position(|choice| choice.name == part);
                Value::Boolean(index.is_some_and(|index| bits & (1 << index) != 0))
            }
            (Type::Period(_), Value::Period(count, _)) if part == "count" => Value::Integer(i64::from(*count)),
            (Type::Period(units), Value::Period(_, unit)) => {
                let name = units.get(usize::from(*unit)).map_or("", |unit| unit.name());
                if let Write::Map(places, cases) = lowering.write {
                    self.mapped(places, cases, Some(name), id, origin);
                }
                return;
            }
            _ => return,
        };
        self.lowering(id, field, lowering, &value, origin);
    }

    fn mapped(
        &mut self,
        places: &'static [&'static str],
        cases: &'static [(&'static str, Case)],
        name: Option<&str>,
        id: FieldId,
        origin: Origin,
    ) {
        let Some((_, case)) = cases.iter().find(|(case, _)| Some(*case) == name) else { return };
        match case {
            Case::Is(literal) | Case::Warned(literal, _) => self.write(places, encode::literal(*literal), origin),
            Case::Writes(constants) => {
                for constant in *constants {
                    self.constant(constant, Origin::Implied(id));
                }
            }
            Case::Unsupported(_) => {}
        }
    }

    fn run(&mut self, name: &'static str) {
        if self.done.contains(&name) {
            return;
        }
        self.done.push(name);
        if let Some(function) = self.by_hand.iter().find(|function| function.name == name) {
            self.entries.extend((function.lower)(self.profile, self.view));
        }
    }

    fn write(&mut self, places: &'static [&'static str], datum: Datum, origin: Origin) {
        let Some((last, others)) = places.split_last() else { return };
        for place in others {
            self.entries.push(Entry { place: Cow::Borrowed(place), datum: datum.clone(), origin });
        }
        self.entries.push(Entry { place: Cow::Borrowed(last), datum, origin });
    }

    /// A constant; the same from two rows is written once.
    fn constant(&mut self, constant: &'static Constant, origin: Origin) {
        if !self.entries.iter().any(|entry| entry.place == constant.at) {
            self.entries.push(Entry { place: Cow::Borrowed(constant.at), datum: encode::literal(constant.is), origin });
        }
    }
}

/// The case a value is.
fn case_name(field: &'static Field, value: &Value) -> Option<&'static str> {
    match value {
        Value::Choice(index, _) => field.choices().get(usize::from(*index)).map(|choice| choice.name),
        Value::Boolean(true) => Some("true"),
        Value::Boolean(false) => Some("false"),
        _ => None,
    }
}
