//! MDM products as data: tokens, artifact form, what they refuse.

/// One file of `schemas/servers/`.
#[derive(Debug, Clone, Copy)]
pub struct Server {
    /// As written in `payloadc.yaml`.
    pub name: &'static str,
    /// What it is called in prose.
    pub title: &'static str,
    /// Vendor documents.
    pub sources: &'static [&'static str],
    /// What it manages.
    pub platforms: &'static [&'static str],
    /// How it fills per-user values.
    pub values: Values,
    /// Our attributes in its words.
    pub attributes: &'static [Attribute],
    /// Further tokens that `token()` may pass through.
    pub tokens: &'static [Token],
    /// Literal text that it would take for a token.
    pub collides: &'static [Collision],
    /// How such text is let through: what is replaced, by what. Empty: it is refused.
    pub escape: &'static [(&'static str, &'static str)],
    /// Whether a changed file is sent again.
    pub resends: Resends,
    /// How it takes SyncML, if it does.
    pub syncml: Option<SyncmlForm>,
    /// Whether it takes configurations alone and makes activations by itself; otherwise every sort of declaration.
    pub configurations_alone: bool,
    /// What it is known to refuse.
    pub refuses: &'static [Refusal],
    /// What an administrator should know.
    pub notes: &'static [&'static str],
}

impl Server {
    /// How it spells an attribute on a platform, in a kind.
    #[must_use]
    pub fn token(&self, attribute: &str, platform: &str, kind: &str) -> Option<&'static str> {
        let rules = self.attributes.iter().find(|known| known.name == attribute)?.rules;
        let fits = |list: &[&str], name: &str| list.is_empty() || list.contains(&name);
        rules.iter().find(|rule| fits(rule.platforms, platform) && fits(rule.kinds, kind)).map(|rule| rule.token)
    }
}

/// How a server fills per-user values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// By tokens.
    Tokens,
    /// A person installs the file; what the device can ask for is left out.
    Asks,
    /// No token is known.
    Unknown,
}

/// How a server spells one attribute.
#[derive(Debug, Clone, Copy)]
pub struct Attribute {
    /// `user.primary_smtp_address`.
    pub name: &'static str,
    /// The first that fits is taken.
    pub rules: &'static [TokenRule],
}

/// A token and where it is understood.
#[derive(Debug, Clone, Copy)]
pub struct TokenRule {
    /// The text.
    pub token: &'static str,
    /// Empty: all.
    pub platforms: &'static [&'static str],
    /// Empty: all.
    pub kinds: &'static [&'static str],
}

/// A token of the server's own.
#[derive(Debug, Clone, Copy)]
pub enum Token {
    /// Exactly this.
    Exact(&'static str),
    /// Anything that begins so.
    Prefix(&'static str),
}

/// Literal text that a server would take for a token.
#[derive(Debug, Clone, Copy)]
pub enum Collision {
    /// Anything that begins so.
    Opens(&'static str),
    /// Anything between the two.
    Between(&'static str, &'static str),
    /// Exactly the tokens of this server.
    Known,
}

/// What a server does when a file changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resends {
    /// It sends the whole file again.
    Changed,
    /// Nothing by itself.
    Never,
}

/// The SyncML a server takes.
#[derive(Debug, Clone, Copy)]
pub struct SyncmlForm {
    /// Message or commands.
    pub form: Form,
    /// Whether commands are numbered.
    pub command_ids: bool,
    /// Whether an XML declaration stands in front.
    pub declaration: bool,
    /// Whether it takes Delete.
    pub delete: bool,
    /// Whether it takes Atomic.
    pub atomic: bool,
    /// Whether an Atomic stands alone in its file.
    pub atomic_alone: bool,
    /// Whether each command is a row of a form, and so only nodes that take Add, Replace and Get are sent.
    pub rows: bool,
    /// Where it takes Exec.
    pub exec: Exec,
    /// Its own way with SCEP.
    pub scep: Option<ScepForm>,
    /// LocURI parts that it keeps for itself.
    pub reserved: &'static [&'static str],
}

/// A whole message or a run of commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `SyncML` with header and body.
    Message,
    /// The commands, one after the other.
    Commands,
}

/// Where Exec is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exec {
    /// Also inside Atomic.
    Anywhere,
    /// Only outside Atomic.
    TopLevel,
    /// Not at all.
    None,
}

/// A server's own way with SCEP.
#[derive(Debug, Clone, Copy)]
pub struct ScepForm {
    /// No Atomic around it: the server adds its own.
    pub flat: bool,
    /// Whether the `Install` node is added explicitly.
    pub install_node: bool,
    /// What stands for the certificate's id; empty for our own.
    pub instance: &'static str,
    /// When the challenge or a URL holds one of these tokens, the subject must hold `subject_must_hold`.
    pub proxies: &'static [&'static str],
    /// See `proxies`.
    pub subject_must_hold: &'static str,
}

/// Something a server refuses.
#[derive(Debug, Clone, Copy)]
pub struct Refusal {
    /// On this platform.
    pub platform: &'static str,
    /// These kinds.
    pub kinds: &'static [&'static str],
    /// Why, as the administrator reads it.
    pub reason: &'static str,
    /// Who says so.
    pub source: &'static str,
}
