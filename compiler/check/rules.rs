//! Rules of single kinds that no word of a kind file can say.

use super::cx::Cx;
use super::shape::Draft;
use super::views::Seen;
use crate::diagnostic::{Code, Diagnostic, Report};
use crate::ir::{SecretSource, Text, Value};
use crate::schema::FieldId;
use crate::source::Span;

/// Domains of Microsoft 365 mail, where basic authentication for ActiveSync was switched off.
/// <https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/deprecation-of-basic-authentication-exchange-online>
const MICROSOFT_365: [&str; 3] = ["outlook.office365.com", "outlook.office.com", "outlook.com"];

/// Judges one view.
pub fn view(cx: &Cx<'_>, draft: &Draft, seen: &Seen, report: &mut Report) {
    let rules = Rules { draft, seen };
    match draft.kind.name {
        "email" => rules.email(report),
        "scep_certificate" => rules.scep(cx, report),
        "pkcs12_certificate" => rules.pkcs12(report),
        _ => {}
    }
    rules.by_hand(cx, report);
}

struct Rules<'a> {
    draft: &'a Draft,
    seen: &'a Seen,
}

impl Rules<'_> {
    fn id(&self, name: &str) -> Option<FieldId> {
        self.draft.kind.field(name).map(|(id, _)| id)
    }

    /// Where a field's value stands; for a default, the profile.
    fn span(&self, name: &str) -> Span {
        let setting = self.id(name).and_then(|id| self.seen.view.setting(id));
        setting.and_then(|setting| setting.origin.span()).unwrap_or(self.draft.id_span)
    }

    fn key(&self, name: &str) -> Span {
        self.id(name).and_then(|id| self.seen.keys.get(id.index()).copied().flatten()).unwrap_or(self.draft.id_span)
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.seen.view.value(self.draft.kind, name)
    }

    fn choice(&self, name: &str) -> Option<&'static str> {
        self.seen.view.choice(self.draft.kind, name)
    }

    fn literal(&self, name: &str) -> Option<&str> {
        self.seen.view.text(self.draft.kind, name).and_then(Text::as_literal)
    }

    fn email(&self, report: &mut Report) {
        let host = self.literal("host").unwrap_or_default();
        if host.parse::<std::net::IpAddr>().is_ok() && self.value("use_ssl") == Some(&Value::Boolean(true)) {
            let diagnostic = Diagnostic::new(
                Code::W0607,
                self.span("host"),
                "certificates rarely name an IP address, and TLS compares the two",
            );
            report.push(diagnostic.label("an address").help("write the host name that the server's certificate holds"));
        }
        let office = MICROSOFT_365
            .iter()
            .any(|domain| host.eq_ignore_ascii_case(domain) || host.to_ascii_lowercase().ends_with(&format!(".{domain}")));
        if office && self.choice("authentication") == Some("username_and_password") {
            let message = "Microsoft 365 no longer takes user name and password over ActiveSync";
            report.push(
                Diagnostic::new(Code::W0606, self.span("host"), message)
                    .label("a Microsoft 365 host")
                    .help("use `authentication: certificates`, or an account type with modern authentication")
                    .note("https://learn.microsoft.com/exchange/clients-and-mobile-in-exchange-online/deprecation-of-basic-authentication-exchange-online"),
            );
        }
        let carries_domain =
            self.choice("user_name") == Some("literal") && self.literal("user_name").is_some_and(|name| name.contains('\\'));
        if carries_domain && self.value("account_domain").is_some() {
            report.push(
                Diagnostic::new(
                    Code::E0301,
                    self.key("account_domain"),
                    "`account_domain` is not used: the user name carries its own domain",
                )
                .label("not used")
                .also(self.span("user_name"), "this names a domain")
                .help("remove `account_domain`, or the domain from the user name"),
            );
        }
    }

    fn scep(&self, cx: &Cx<'_>, report: &mut Report) {
        let has_challenge = self.value("challenge").is_some_and(|value| !matches!(value, Value::Secret(SecretSource::Token(_))));
        let open = match self.value("urls") {
            Some(Value::Texts(urls)) => urls.iter().any(|url| url.as_literal().is_some_and(|url| url.starts_with("http:"))),
            _ => false,
        };
        if has_challenge && open {
            let span = self.span("urls");
            let at = cx.sources.slice(span).find("http:").map_or(span, |at| span.part(at, at + "http".len()));
            let diagnostic =
                Diagnostic::new(Code::W0608, at, "over `http` whoever answers in the server's place gets the challenge");
            let diagnostic = diagnostic.label("not protected").help("use an `https` address");
            report.push(diagnostic.note("https://www.rfc-editor.org/rfc/rfc8894"));
        }
        if self.choice("key_storage") == Some("hello") {
            self.hello(report);
        }
    }

    /// Windows Hello for Business takes one size, one digest, and no smart card logon.
    /// <https://learn.microsoft.com/windows/client-management/mdm/clientcertificateinstall-csp>
    fn hello(&self, report: &mut Report) {
        let size =
            matches!(self.value("key_size"), Some(Value::Integer(size)) if *size != 2048).then_some(("key_size", "2048 bits"));
        let hash = self.choice("hash").is_some_and(|hash| hash != "sha256").then_some(("hash", "`sha256`"));
        for (field, only) in size.into_iter().chain(hash) {
            let message = format!("Windows Hello for Business takes only {only} for `{field}`");
            report.push(
                Diagnostic::new(Code::E0401, self.span(field), message)
                    .label("not with Hello")
                    .also(self.span("key_storage"), "chosen here"),
            );
        }
        let logon = Text::literal("1.3.6.1.4.1.311.20.2.2");
        if matches!(self.value("extended_key_usage"), Some(Value::Texts(oids)) if oids.contains(&logon)) {
            let message = "Windows Hello for Business takes no certificates for smart card logon";
            report.push(Diagnostic::new(Code::E0401, self.span("extended_key_usage"), message).label("not with Hello"));
        }
    }

    fn pkcs12(&self, report: &mut Report) {
        let storage = self.choice("key_storage");
        if self.value("exportable") == Some(&Value::Boolean(true)) && storage.is_some_and(|storage| storage != "software") {
            report.push(
                Diagnostic::new(
                    Code::E0315,
                    self.span("exportable"),
                    format!("on {} a key can be taken out only where it is kept in software", self.seen.view.platform.title),
                )
                .label("needs `key_storage: software`")
                .also(self.span("key_storage"), format!("`key_storage` is `{}`", storage.unwrap_or_default()))
                .help("write `key_storage: software`, or `exportable: false`")
                .note("https://learn.microsoft.com/windows/client-management/mdm/clientcertificateinstall-csp"),
            );
        }
    }

    /// What a target's function by hand has against a value.
    fn by_hand(&self, cx: &Cx<'_>, report: &mut Report) {
        let Some(profile) = self.trial() else { return };
        for function in (cx.by_hand)(self.seen.table.target) {
            let used =
                self.draft.kind.numbered().any(|(id, _)| super::support::by_hand_of(self.seen.table, id) == Some(function.name));
            if !used {
                continue;
            }
            if let Some(trouble) = (function.trouble)(&profile, &self.seen.view) {
                let name = self.draft.kind.fields.get(trouble.field.index()).map_or("", |field| field.name);
                let message = format!("{} cannot take this `{name}`: {}", self.seen.view.platform.title, trouble.reason);
                report
                    .push(Diagnostic::new(Code::E0401, self.span(name), message).label("not here").note(self.seen.table.source));
            }
        }
    }

    /// The profile as far as it is known, for questions only.
    fn trial(&self) -> Option<crate::ir::Profile> {
        super::trial(self.draft, self.seen)
    }
}
