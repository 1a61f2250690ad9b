//! Apple configuration profiles: a property list with one dictionary, in it an array of payloads.
//!
//! Shared by the Apple targets. Certificates stand in front of what refers to them; every place is looked up in the vendor tables
//! before it is written. <https://developer.apple.com/documentation/devicemanagement/toplevel>

mod items;
mod verify;

use plist::{Dictionary, Value};

use super::fill;
use super::identity::{certificate_role, profile_uuid, uuid};
use super::{Assembled, Bundle, Expected, Fault, Part, Role, Surroundings};
pub use items::PAYLOADS;
use verify::Open;

use crate::ir::{Datum, Piece, SecretSource, Text};
use crate::schema::{Type, Values};

/// A profile for a platform; `scope` where it says for whom.
///
/// # Errors
/// A place the vendor tables do not know, or a value of another type.
pub fn assemble(bundle: &Bundle<'_>, around: &Surroundings<'_>, scope: Option<&str>) -> Result<Vec<Assembled>, Fault> {
    let main = &bundle.main;
    let mut writing = Writing { bundle, around, tokens: Vec::new(), uuids: Vec::new(), contains_secret: false };
    let mut parts: Vec<&Part<'_>> = bundle.with.iter().collect();
    parts.push(main);
    parts.sort_by_key(|part| rank(part.lowered.root.is));
    let mut ranked: Vec<(usize, Value)> = Vec::new();
    for part in parts {
        ranked.extend(writing.payloads(part)?);
    }
    ranked.sort_by_key(|(rank, _)| *rank);
    let payloads = ranked.into_iter().map(|(_, payload)| payload).collect();
    let mut top = Dictionary::new();
    top.insert("PayloadContent".into(), Value::Array(payloads));
    if let Some(description) = &main.profile.description {
        top.insert("PayloadDescription".into(), fill::text(description, main, around)?.into());
    }
    top.insert("PayloadDisplayName".into(), fill::text(&main.profile.name, main, around)?.into());
    let identifier = main.profile.adopt.payload_identifier.clone();
    let identifier = identifier.unwrap_or_else(|| format!("{}.{}", around.identifier, main.profile.id));
    top.insert("PayloadIdentifier".into(), identifier.clone().into());
    top.insert("PayloadOrganization".into(), around.organization.into());
    if let Some(scope) = scope {
        top.insert("PayloadScope".into(), scope.into());
    }
    top.insert("PayloadType".into(), WHOLE.into());
    let own = profile_uuid(around, main.profile);
    top.insert("PayloadUUID".into(), own.clone().into());
    top.insert("PayloadVersion".into(), 1.into());
    let facts = around.catalog.payload(WHOLE).ok_or_else(|| Fault(format!("`{WHOLE}` is not in the vendor tables")))?;
    let mut open = Open::nothing(main.view.platform.name);
    // Each payload was judged by its own type.
    open.let_through("PayloadContent");
    open.verify(around.catalog, facts, &top)?;
    let expects = [("PayloadIdentifier", identifier), ("PayloadUUID", own.clone())].map(|(key, value)| Expected {
        place: key.to_owned(),
        origin: None,
        value: Some(Text::literal(value)),
    });
    writing.uuids.insert(0, own);
    let bytes = print(Value::Dictionary(top), &writing.tokens)?;
    Ok(vec![Assembled {
        role: Role::Profile,
        suffix: ".mobileconfig".into(),
        bytes,
        identities: writing.uuids,
        contains_secret: writing.contains_secret,
        needs_user_logged_on: false,
        redeliver: true,
        fixed: bundle.with.iter().chain([main]).filter_map(request).collect(),
        first: Vec::new(),
        expects: expects.into(),
        notes: Vec::new(),
    }])
}

/// The type of the profile itself: the root of a kind that writes payloads key by key.
const WHOLE: &str = "Configuration";

/// Roots, intermediates, requests, identities, then what refers to them.
fn rank(payload: &str) -> usize {
    let order = ["com.apple.security.root", "com.apple.security.pkcs1", "com.apple.security.scep", "com.apple.security.pkcs12"];
    order.iter().position(|known| *known == payload).unwrap_or(order.len())
}

struct Writing<'a> {
    bundle: &'a Bundle<'a>,
    around: &'a Surroundings<'a>,
    /// Tokens that stand where a property list wants data: written as a marker first.
    tokens: Vec<String>,
    uuids: Vec<String>,
    contains_secret: bool,
}

impl Writing<'_> {
    /// The payloads of a part, each with its rank: one, but for a profile that writes payloads key by key.
    fn payloads(&mut self, part: &Part<'_>) -> Result<Vec<(usize, Value)>, Fault> {
        if part.lowered.root.is != WHOLE {
            return Ok(vec![(rank(part.lowered.root.is), self.payload(part)?)]);
        }
        let mut payloads = Vec::new();
        for entry in &part.lowered.entries {
            let Datum::Item(item) = &entry.datum else {
                return Err(Fault(format!("`{}` is no payload", entry.place)));
            };
            payloads.push((rank(&item.ty), self.item(item, part)?));
        }
        Ok(payloads)
    }

    fn payload(&mut self, part: &Part<'_>) -> Result<Value, Fault> {
        let name = part.lowered.root.is;
        let facts = self
            .around
            .catalog
            .payload(name)
            .ok_or_else(|| Fault(format!("payload type `{name}` is not in the vendor tables")))?;
        let mut payload = Dictionary::new();
        let mut open = Open::nothing(part.view.platform.name);
        for entry in &part.lowered.entries {
            let value = self.datum(&entry.datum, part)?;
            if filled_in_later(&entry.datum) {
                open.filled_in_later(&entry.place);
            }
            insert(&mut payload, &entry.place, value)?;
        }
        self.common(part, &mut payload)?;
        open.verify(self.around.catalog, facts, &payload)?;
        Ok(Value::Dictionary(payload))
    }

    /// What every payload has beside its own keys.
    fn common(&mut self, part: &Part<'_>, payload: &mut Dictionary) -> Result<(), Fault> {
        let main = self.bundle.main.profile;
        let (role, label) = self.role(part);
        let uuid = uuid(self.around, &main.id, &role, main.generation);
        if let Some(extension) = file_extension(part) {
            payload.insert("PayloadCertificateFileName".into(), format!("{}.{extension}", part.profile.id).into());
        }
        if !payload.contains_key("PayloadDisplayName") {
            payload.insert("PayloadDisplayName".into(), fill::text(&part.profile.name, part, self.around)?.into());
        }
        payload.insert("PayloadIdentifier".into(), format!("{}.{}.{label}", self.around.identifier, main.id).into());
        payload.insert("PayloadType".into(), part.lowered.root.is.into());
        payload.insert("PayloadUUID".into(), uuid.clone().into());
        payload.insert("PayloadVersion".into(), 1.into());
        self.uuids.push(uuid);
        Ok(())
    }

    /// The role of a payload in UUIDs, and in identifiers, which no generation changes.
    fn role(&self, part: &Part<'_>) -> (String, String) {
        if is_certificate(part) {
            (certificate_role(part.profile), format!("certificate.{}", part.profile.id))
        } else {
            (part.profile.kind.name.to_owned(), part.profile.kind.name.to_owned())
        }
    }

    fn datum(&mut self, datum: &Datum, part: &Part<'_>) -> Result<Value, Fault> {
        Ok(match datum {
            Datum::Nothing => return Err(Fault("a property list has no empty value".into())),
            Datum::Boolean(value) => Value::Boolean(*value),
            Datum::Integer(number) => Value::Integer((*number).into()),
            Datum::Text(text) => Value::String(fill::text(text, part, self.around)?),
            Datum::Data(bytes) => {
                self.contains_secret |= part.profile.kind.fields.iter().any(|field| matches!(field.ty, Type::Identity));
                Value::Data(bytes.to_vec())
            }
            Datum::SecretData(source) => self.secret_data(source, part)?,
            Datum::List(items) => Value::Array(items.iter().map(|item| self.datum(item, part)).collect::<Result<_, Fault>>()?),
            Datum::Secret(source) => {
                self.contains_secret |= !matches!(source, SecretSource::Token(_));
                Value::String(fill::secret(source, part, self.around)?)
            }
            Datum::PayloadUuid(id) => Value::String(self.reference(id)?),
            Datum::Item(_) => return Err(Fault("a payload stands inside another one".into())),
        })
    }

    /// Bytes of a secret; for a token a marker that stands until the list is printed.
    fn secret_data(&mut self, source: &SecretSource, part: &Part<'_>) -> Result<Value, Fault> {
        match fill::secret_bytes(source, self.around) {
            Some(bytes) => {
                self.contains_secret = true;
                Ok(Value::Data(bytes))
            }
            None => {
                self.tokens.push(fill::secret(source, part, self.around)?);
                Ok(Value::Data(marker(self.tokens.len())))
            }
        }
    }

    /// The UUID of an embedded payload, which must be there.
    fn reference(&self, id: &str) -> Result<String, Fault> {
        let found = self.bundle.with.iter().find(|part| &*part.profile.id == id);
        let part = found.ok_or_else(|| Fault(format!("`{id}` is referred to and not embedded")))?;
        let main = self.bundle.main.profile;
        Ok(uuid(self.around, &main.id, &certificate_role(part.profile), main.generation))
    }
}

/// What makes another certificate of a request when it changes.
fn request(part: &Part<'_>) -> Option<(String, String)> {
    let wanted = |place: &str| {
        let inner = place.strip_prefix("PayloadContent/").unwrap_or_default();
        matches!(inner, "Subject" | "Keysize" | "Key Usage") || inner.starts_with("SubjectAltName/")
    };
    let entries = part.lowered.entries.iter().filter(|entry| wanted(&entry.place));
    let text: String = entries.map(|entry| format!("{}={}\n", entry.place, symbolic(&entry.datum))).collect();
    (part.lowered.root.is == "com.apple.security.scep").then(|| (part.profile.id.to_string(), text))
}

/// A value as it is meant, whichever server fills it in.
fn symbolic(datum: &Datum) -> String {
    match datum {
        Datum::Boolean(value) => value.to_string(),
        Datum::Integer(number) => number.to_string(),
        Datum::Text(text) => text
            .pieces()
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) | Piece::Token(text) => text.to_string(),
                Piece::Attribute(name) => format!("{{{name}}}"),
                Piece::Formula(text, _) => format!("{{{text}}}"),
            })
            .collect(),
        Datum::List(items) => format!("[{}]", items.iter().map(symbolic).collect::<Vec<_>>().join(";")),
        Datum::Nothing | Datum::Data(_) | Datum::SecretData(_) | Datum::Secret(_) | Datum::PayloadUuid(_) | Datum::Item(_) => {
            String::new()
        }
    }
}

/// Whether it is text that only the server knows.
fn filled_in_later(datum: &Datum) -> bool {
    match datum {
        Datum::Text(text) => text.as_literal().is_none(),
        Datum::Secret(_) => true,
        _ => false,
    }
}

/// Whether a profile is a certificate: its payload type says so.
fn is_certificate(part: &Part<'_>) -> bool {
    part.lowered.root.is.starts_with("com.apple.security.")
}

/// Certificates from files carry a file name; never the one of the source.
fn file_extension(part: &Part<'_>) -> Option<&'static str> {
    let holds = |wanted: fn(&Type) -> bool| part.profile.kind.fields.iter().any(|field| wanted(&field.ty));
    if holds(|ty| matches!(ty, Type::Certificate)) {
        Some("cer")
    } else if holds(|ty| matches!(ty, Type::Identity)) {
        Some("p12")
    } else {
        None
    }
}

/// Puts a value at a place, dictionaries on the way made as needed.
fn insert(dictionary: &mut Dictionary, place: &str, value: Value) -> Result<(), Fault> {
    match place.split_once('/') {
        None => {
            dictionary.insert(place.to_owned(), value);
            Ok(())
        }
        Some((first, rest)) => {
            if !dictionary.contains_key(first) {
                dictionary.insert(first.to_owned(), Value::Dictionary(Dictionary::new()));
            }
            match dictionary.get_mut(first).and_then(Value::as_dictionary_mut) {
                Some(inner) => insert(inner, rest, value),
                None => Err(Fault(format!("`{first}` is a value and a dictionary"))),
            }
        }
    }
}

/// Bytes that stand for a token: no artifact's own data begins so.
fn marker(number: usize) -> Vec<u8> {
    format!("payloadc token {number:04}").into_bytes()
}

/// The XML, keys sorted, ending in a line break.
fn print(mut value: Value, tokens: &[String]) -> Result<Vec<u8>, Fault> {
    sort(&mut value);
    let mut bytes = Vec::with_capacity(4096);
    value.to_writer_xml(&mut bytes).map_err(|error| Fault(format!("the property list cannot be written: {error}")))?;
    bytes.push(b'\n');
    let text = String::from_utf8(bytes).map_err(|_| Fault("the property list is no text".into()))?;
    // The writer escapes quotation marks, which XML does not ask for in text and which some servers' tokens hold.
    let mut text = if text.contains("&quot;") || text.contains("&apos;") {
        text.replace("&quot;", "\"").replace("&apos;", "'")
    } else {
        text
    };
    for (index, token) in tokens.iter().enumerate() {
        use base64::Engine as _;
        let standing = base64::engine::general_purpose::STANDARD.encode(marker(index + 1));
        text = text.replace(&standing, &quick_xml::escape::partial_escape(token.as_str()));
    }
    Ok(text.into_bytes())
}

fn sort(value: &mut Value) {
    match value {
        Value::Dictionary(dictionary) => {
            dictionary.sort_keys();
            for (_, value) in dictionary.iter_mut() {
                sort(value);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(sort),
        _ => {}
    }
}

/// What a person who installs a profile by hand should know.
pub fn hand_installed_root(bundle: &Bundle<'_>, around: &Surroundings<'_>) -> bool {
    let roots = |part: &Part<'_>| part.lowered.root.is == "com.apple.security.root";
    around.server.values == Values::Asks && (roots(&bundle.main) || bundle.with.iter().any(roots))
}
