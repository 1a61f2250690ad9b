//! The closed set of encodings: how a checked value becomes a datum.

use std::sync::Arc;

use super::Referents;
use crate::ir::{Datum, IdentitySource, Name, Piece, Text, Value, oid};
use crate::schema::{Encoding, Literal};

/// A value in an encoding; nothing where the two do not fit, which a table test excludes.
pub fn value(encoding: Encoding, value: &Value, referents: &dyn Referents) -> Option<Datum> {
    Some(match (encoding, value) {
        (Encoding::Plain, value) => return plain(value),
        (Encoding::Inverted, Value::Boolean(value)) => Datum::Boolean(!value),
        (Encoding::OneZero, Value::Boolean(value)) => text(if *value { "1" } else { "0" }),
        (Encoding::Decimal, Value::Integer(number)) => text(&number.to_string()),
        (Encoding::First, Value::Texts(texts)) => Datum::Text(texts.first()?.clone()),
        (Encoding::JoinedSemicolon, Value::Texts(texts)) => Datum::Text(joined(texts, ";")),
        (Encoding::JoinedPlus, Value::Texts(texts)) => Datum::Text(joined(texts, "+")),
        (Encoding::ValueOrValues, Value::Texts(texts)) => match texts.as_slice() {
            [only] => Datum::Text(only.clone()),
            several => Datum::List(several.iter().cloned().map(Datum::Text).collect()),
        },
        (Encoding::Seconds, Value::Duration(seconds)) => Datum::Integer(i64::try_from(*seconds).ok()?),
        (Encoding::Minutes, Value::Duration(seconds)) => Datum::Integer(i64::try_from(seconds / 60).ok()?),
        (Encoding::PayloadUuid, Value::References(ids)) => Datum::PayloadUuid(ids.first()?.clone()),
        (Encoding::Profile, Value::References(ids)) => Datum::Profile(ids.first()?.clone()),
        (Encoding::Sha1Thumbprint, Value::References(ids)) => Datum::Text(Text::literal(referents.thumbprint(ids.first()?)?)),
        (Encoding::RdnArrays, Value::Name(name)) => rdn_arrays(name),
        (Encoding::DnText, Value::Name(name)) => Datum::Text(dn_text(name)),
        _ => return None,
    })
}

/// As the type says.
fn plain(value: &Value) -> Option<Datum> {
    Some(match value {
        Value::Boolean(value) => Datum::Boolean(*value),
        Value::Integer(number) => Datum::Integer(*number),
        Value::Text(text) | Value::Choice(_, Some(text)) => Datum::Text(text.clone()),
        Value::Texts(texts) => Datum::List(texts.iter().cloned().map(Datum::Text).collect()),
        Value::Secret(source) => Datum::Secret(source.clone()),
        Value::Certificate(certificate) => Datum::Data(Arc::clone(&certificate.der)),
        Value::Identity(identity) => match &identity.from {
            IdentitySource::File(bytes) => Datum::Data(Arc::clone(bytes)),
            IdentitySource::Secret(source) => Datum::SecretData(source.clone()),
            IdentitySource::Personal(_) => return None,
        },
        Value::Choice(_, None)
        | Value::Set(_)
        | Value::References(_)
        | Value::Duration(_)
        | Value::Period(..)
        | Value::Name(_)
        | Value::Payloads(_)
        | Value::Declarations(_)
        | Value::Nodes(_)
        | Value::Admx(_) => return None,
    })
}

/// A constant of a table.
pub fn literal(literal: Literal) -> Datum {
    match literal {
        Literal::Nothing => Datum::Nothing,
        Literal::Boolean(value) => Datum::Boolean(value),
        Literal::Integer(number) => Datum::Integer(number),
        Literal::Text(value) => text(value),
    }
}

fn text(value: &str) -> Datum {
    Datum::Text(Text::literal(value))
}

fn joined(texts: &[Text], separator: &str) -> Text {
    let mut all = Text::default();
    for (index, text) in texts.iter().enumerate() {
        if index > 0 {
            all.push(Piece::Literal(separator.into()));
        }
        all.extend(text);
    }
    all
}

/// Apple: an array of relative names, each an array of pairs, most general first. Its schema documents the short names C, L,
/// ST, O, OU and CN; every other type goes as an OID.
/// <https://developer.apple.com/documentation/devicemanagement/scep/payloadcontent-data.dictionary>
fn rdn_arrays(name: &Name) -> Datum {
    let short = |ty: &str| if matches!(ty, "C" | "L" | "ST" | "O" | "OU" | "CN") { ty.to_owned() } else { oid(ty).to_owned() };
    let pair = |(ty, value): &(String, Text)| Datum::List(vec![text(&short(ty)), Datum::Text(value.clone())]);
    Datum::List(name.0.iter().map(|relative| Datum::List(relative.iter().map(pair).collect())).collect())
}

/// Windows: the text that CertStrToName parses, most specific part first. A value with a separator, an outer blank or a
/// per-user piece is quoted, a quote inside doubled.
/// <https://learn.microsoft.com/windows/win32/api/wincrypt/nf-wincrypt-certstrtonamew>
fn dn_text(name: &Name) -> Text {
    let mut all = Text::default();
    for (index, relative) in name.0.iter().rev().enumerate() {
        if index > 0 {
            all.push(Piece::Literal(",".into()));
        }
        for (index, (ty, value)) in relative.iter().enumerate() {
            let separator = if index > 0 { "+" } else { "" };
            all.push(Piece::Literal(format!("{separator}{}=", windows_type(ty)).into()));
            quoted(value, &mut all);
        }
    }
    all
}

/// The short names that CertStrToName knows; every other type goes as an OID.
fn windows_type(ty: &str) -> &str {
    match ty {
        "EMAILADDRESS" => "E",
        "UID" => oid(ty),
        _ => ty,
    }
}

fn quoted(value: &Text, all: &mut Text) {
    let special =
        |literal: &str| literal.contains([',', '=', '+', ';', '"', '<', '>', '#', '\n', '\\']) || literal.trim() != literal;
    let needs_quotes = value.as_literal().is_none_or(special);
    if !needs_quotes {
        all.extend(value);
        return;
    }
    all.push(Piece::Literal("\"".into()));
    for piece in value.pieces() {
        all.push(match piece {
            Piece::Literal(literal) => Piece::Literal(literal.replace('"', "\"\"").into()),
            Piece::Attribute(_) | Piece::Token(_) | Piece::Formula(..) => piece.clone(),
        });
    }
    all.push(Piece::Literal("\"".into()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(parts: &[(&str, Text)]) -> Name {
        Name(parts.iter().map(|(ty, value)| vec![((*ty).to_owned(), value.clone())]).collect())
    }

    #[test]
    fn windows_quotes_what_it_would_split() {
        let name = name(&[("O", Text::literal("Contoso, Ltd")), ("CN", Text::attribute("user.user_principal_name"))]);
        let text = dn_text(&name);
        let pieces = ["CN=\"", "\",O=\"Contoso, Ltd\""];
        let literals: Vec<&str> = text.literals().map(|literal| &**literal).collect();
        assert_eq!(literals, pieces);
    }

    #[test]
    fn apple_gets_the_most_general_part_first_and_oids_for_the_rest() {
        let name = name(&[("DC", Text::literal("com")), ("CN", Text::literal("Alice"))]);
        let pair = |ty: &str, value: &str| Datum::List(vec![Datum::List(vec![text(ty), text(value)])]);
        assert_eq!(rdn_arrays(&name), Datum::List(vec![pair("0.9.2342.19200300.100.1.25", "com"), pair("CN", "Alice")]));
    }
}
