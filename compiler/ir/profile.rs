//! A checked profile.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Item, Text, Value};
use crate::schema::{Field, FieldId, Kind, Platform, Range, Scope};
use crate::source::Span;

/// What an administrator calls a profile: unique in the workspace, never changes.
pub type Id = Arc<str>;

/// A sound profile. Only `check` makes one, so holding it is the proof.
#[derive(Debug, Clone)]
pub struct Profile {
    parts: ProfileParts,
}

/// What a profile is made of.
#[derive(Debug, Clone)]
pub struct ProfileParts {
    /// What sort it is.
    pub kind: &'static Kind,
    /// Its id.
    pub id: Id,
    /// What people call it.
    pub name: Text,
    /// What it is for.
    pub description: Option<Text>,
    /// Raised to make devices see a new object.
    pub generation: u32,
    /// Who gets what it installs.
    pub scope: Scope,
    /// Objects that devices already have.
    pub adopt: Adopt,
    /// The names of the chosen platforms.
    pub platforms: Vec<&'static str>,
    /// One for each chosen platform that a server delivers to, in the order of `platforms.yaml`.
    pub views: Vec<View>,
    /// One for each console that was asked for and delivers to one of the platforms.
    pub consoles: Vec<View>,
    /// Where things stand.
    pub spans: Spans,
}

/// Where the parts of a profile stand.
#[derive(Debug, Clone, Copy)]
pub struct Spans {
    /// The id's value.
    pub id: Span,
    /// The name's value.
    pub name: Span,
    /// The value of `generation`, if it is written.
    pub generation: Option<Span>,
    /// The value of `scope`, if it is written.
    pub scope: Option<Span>,
}

/// Objects that devices already have and that this profile takes over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Adopt {
    /// `PayloadIdentifier` of the Apple profile.
    pub payload_identifier: Option<String>,
    /// `PayloadUUID` of the Apple profile, upper case.
    pub payload_uuid: Option<String>,
    /// GUID of the ActiveSync account, upper case, without braces.
    pub account_guid: Option<String>,
}

/// The profile as one platform sees it: overrides merged in, what it cannot take left out.
#[derive(Debug, Clone)]
pub struct View {
    /// The platform.
    pub platform: &'static Platform,
    /// The versions it is meant for.
    pub range: Range,
    /// Whether the profile or the workspace names the range by version; a family name or nothing at all is no promise.
    pub exact: bool,
    /// Where the platform is chosen.
    pub span: Span,
    /// By [`FieldId`].
    pub settings: Arc<[Option<Setting>]>,
    /// What was meant, by [`FieldId`]: also what the device asks for and nothing sends. The conflict rule compares these.
    pub meant: Arc<[Option<Setting>]>,
    /// Fields that `overrides` sets for this platform, by [`FieldId`].
    pub overridden: Arc<[bool]>,
    /// What was written and is not sent here.
    pub left_out: Vec<LeftOut>,
}

/// A setting that is not sent, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The field, or the place of a key: `com.apple.dock/tilesize`.
    pub field: Cow<'static, str>,
    /// Why.
    pub reason: String,
    /// `not_applicable`, `skipped` or `approximated`: the list of the manifest it belongs to.
    pub list: &'static str,
}

/// A field's value and why it has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// What is set.
    pub value: Value,
    /// Why.
    pub origin: Origin,
}

/// Why a value stands where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// An administrator wrote it, here.
    Written(Span),
    /// The kind's default.
    Default,
    /// It comes along with this field.
    Implied(FieldId),
    /// A constant of the target.
    Table,
}

/// Where a secret comes from. It is fetched by `cli` when an artifact is written, and never kept here.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SecretSource {
    /// An environment variable.
    Env(Arc<str>),
    /// A file, absolute or relative to the workspace.
    File(Arc<str>),
    /// One of the server's tokens: the server fetches it.
    Token(Text),
}

/// A parsed certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The bytes.
    pub der: Arc<[u8]>,
    /// SHA-1 of the bytes, 40 upper-case hex digits: what Windows calls the certificate.
    pub thumbprint: String,
    /// Subject and issuer, as DER: for chains.
    pub subject: Vec<u8>,
    /// See `subject`.
    pub issuer: Vec<u8>,
    /// Its subject key identifier, and that of its issuer, where it names them: a renewed authority keeps its name, not its key.
    pub key_id: Option<Vec<u8>>,
    /// See `key_id`.
    pub issuer_key_id: Option<Vec<u8>>,
    /// Authority or not.
    pub class: CertificateClass,
    /// First and last second of its validity, since 1970.
    pub valid: (i64, i64),
}

/// What a certificate may be used for, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateClass {
    /// It may issue others.
    Authority,
    /// It may not.
    Leaf,
}

/// A certificate with its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Where it comes from.
    pub from: IdentitySource,
    /// Where it is written.
    pub span: Span,
}

/// Where a certificate with its key comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentitySource {
    /// A file's bytes.
    File(Arc<[u8]>),
    /// A file for each person, by its path from the workspace. Only in a build for single people.
    Personal(Text),
    /// A secret that holds the bytes: a file, or an environment variable in base64.
    Secret(SecretSource),
}

impl Profile {
    /// Called by `check` alone, when nothing is wrong; a test holds that.
    pub(crate) fn proven(parts: ProfileParts) -> Profile {
        Profile { parts }
    }

    /// Called by `deploy` alone; a test holds that. Of each view, the settings that are still meant: one that is not is gone, one
    /// whose default is meant has it, payloads have the keys that are. Nothing else can change here. `left_out` says why, for the
    /// manifest.
    pub(crate) fn narrowed(&self, meant: &[Arc<[Option<Setting>]>], left_out: &[LeftOut]) -> Profile {
        let mut parts = self.parts.clone();
        for (view, meant) in parts.views.iter_mut().zip(meant) {
            let touched = |left: &&LeftOut| match self.kind.field(&left.field) {
                Some((id, _)) => view.settings.get(id.index()).is_some_and(Option::is_some),
                None => view.items().any(|item| item.members.iter().any(|member| item.place(member) == left.field)),
            };
            let said: Vec<LeftOut> = left_out.iter().filter(touched).cloned().collect();
            view.left_out.extend(said);
            let both = view.settings.iter().zip(meant.iter());
            view.settings = both
                .map(|(sent, meant)| match (sent, meant) {
                    (Some(_), Some(default)) if default.origin == Origin::Default => Some(default.clone()),
                    (Some(_), Some(payloads)) if !payloads.value.items().is_empty() => Some(payloads.clone()),
                    (Some(sent), Some(_)) => Some(sent.clone()),
                    (None, _) | (_, None) => None,
                })
                .collect();
            view.meant = Arc::clone(meant);
        }
        Profile { parts }
    }

    /// Called by `deploy` alone, for one person: the profile as one of its platforms sees it, with what the directory says in place
    /// of what is symbolic.
    ///
    /// # Errors
    /// What `fill` cannot say.
    pub(crate) fn filled<F: Fill>(&self, view: &View, fill: &F) -> Result<Profile, F::Trouble> {
        let mut parts = self.parts.clone();
        if let Some(description) = &mut parts.description {
            *description = fill.text(description)?;
        }
        let mut settings = view.settings.to_vec();
        for setting in settings.iter_mut().flatten() {
            setting.value.fill(fill)?;
        }
        parts.views = vec![View { settings: settings.into(), ..view.clone() }];
        Ok(Profile { parts })
    }
}

/// Says what stands in the place of what is symbolic, for one person.
pub(crate) trait Fill {
    /// Why it cannot.
    type Trouble;

    /// A text with nothing symbolic in it.
    fn text(&self, text: &Text) -> Result<Text, Self::Trouble>;

    /// The file of a path that depends on the person.
    fn file(&self, path: &Text) -> Result<Arc<[u8]>, Self::Trouble>;
}

impl std::ops::Deref for Profile {
    type Target = ProfileParts;

    fn deref(&self) -> &ProfileParts {
        &self.parts
    }
}

impl View {
    /// Its payloads or declarations.
    pub fn items(&self) -> impl Iterator<Item = &Arc<Item>> {
        self.settings.iter().flatten().flat_map(|setting| setting.value.items())
    }

    /// The setting of a field.
    #[must_use]
    pub fn setting(&self, id: FieldId) -> Option<&Setting> {
        self.settings.get(id.index())?.as_ref()
    }

    /// The value of a field, by name.
    #[must_use]
    pub fn value(&self, kind: &Kind, name: &str) -> Option<&Value> {
        let (id, _) = kind.field(name)?;
        self.setting(id).map(|setting| &setting.value)
    }

    /// The name of the choice a field has.
    #[must_use]
    pub fn choice(&self, kind: &Kind, name: &str) -> Option<&'static str> {
        let (id, field) = kind.field(name)?;
        chosen(field, &self.setting(id)?.value)
    }

    /// The text of a field.
    #[must_use]
    pub fn text(&self, kind: &Kind, name: &str) -> Option<&Text> {
        match self.value(kind, name)? {
            Value::Text(text) | Value::Choice(_, Some(text)) => Some(text),
            _ => None,
        }
    }
}

/// The name of the choice a value is.
fn chosen(field: &Field, value: &Value) -> Option<&'static str> {
    match value {
        Value::Choice(index, _) => field.choices().get(usize::from(*index)).map(|choice| choice.name),
        _ => None,
    }
}

impl Origin {
    /// Where it was written.
    #[must_use]
    pub fn span(self) -> Option<Span> {
        match self {
            Origin::Written(span) => Some(span),
            Origin::Default | Origin::Implied(_) | Origin::Table => None,
        }
    }
}
