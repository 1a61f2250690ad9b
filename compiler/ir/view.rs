//! Which of a table's alternatives holds for a profile on a platform.

use super::{Value, View};
use crate::schema::{Alternative, FieldId, Kind, Lowering, Needs, Scope, Table};

impl View {
    /// The lowering of a field that holds here: the first whose needs do.
    #[must_use]
    pub fn pick(&self, kind: &Kind, scope: Scope, id: FieldId, lowerings: &'static [Lowering]) -> Option<&'static Lowering> {
        lowerings.iter().find(|lowering| self.holds(kind, scope, Some(id), &lowering.needs))
    }

    /// The root of a table that holds here.
    #[must_use]
    pub fn root(&self, kind: &Kind, scope: Scope, table: &Table) -> Option<&'static Alternative> {
        table.to.iter().find(|alternative| self.holds(kind, scope, None, &alternative.needs))
    }

    /// Whether needs hold for the whole range.
    fn holds(&self, kind: &Kind, scope: Scope, id: Option<FieldId>, needs: &Needs) -> bool {
        let overridden = id.is_some_and(|id| self.overridden.get(id.index()).copied().unwrap_or(false));
        needs.from.is_none_or(|from| from <= self.range.from)
            && needs.scope.is_none_or(|wanted| wanted == scope)
            && (!needs.overridden || overridden)
            && needs.at_most.is_none_or(|most| id.is_none_or(|id| self.length(id) <= usize::from(most)))
            && needs.choice.is_none_or(|(field, is)| self.choice(kind, field) == Some(is))
    }

    /// How many values a list has.
    fn length(&self, id: FieldId) -> usize {
        match self.setting(id).map(|setting| &setting.value) {
            Some(Value::Texts(texts)) => texts.len(),
            Some(Value::References(ids)) => ids.len(),
            _ => 1,
        }
    }
}
