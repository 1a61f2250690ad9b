//! `user_name` and `account_domain` in one key: Apple has none for a domain.

use std::borrow::Cow;

use crate::ir::{ByHand, Datum, Entry, Origin, Piece, Profile, Text, View};

/// `UserName`: the user name, with `DOMAIN\` in front where there is a domain.
pub const USER_NAME: ByHand = ByHand { name: "user_name", places: &["UserName"], trouble: |_, _| None, lower };

fn lower(profile: &Profile, view: &View) -> Vec<Entry> {
    let Some(user) = view.text(profile.kind, "user_name") else { return Vec::new() };
    let mut text = Text::default();
    if let Some(domain) = view.text(profile.kind, "account_domain") {
        text.extend(domain);
        text.push(Piece::Literal("\\".into()));
    }
    text.extend(user);
    let origin =
        profile.kind.field("user_name").and_then(|(id, _)| view.setting(id)).map_or(Origin::Default, |setting| setting.origin);
    vec![Entry { place: Cow::Borrowed("UserName"), datum: Datum::Text(text), origin }]
}
