//! The table of codes. A code is never reused; each has a page in `docs/errors` and a folder in `fixtures/errors`.

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The profile yields no artifact.
    Error,
    /// The artifact is written; a person should look.
    Warning,
    /// Good to know.
    Note,
}

impl Severity {
    /// As it is printed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

macro_rules! codes {
    ($($code:ident $slug:literal,)*) => {
        /// What a diagnostic is about. The name is what is printed; the slug names its fixture.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "the slug beside each code says what it is, and docs/errors explains it")]
        pub enum Code { $($code,)* }

        /// Every code there is.
        pub const CODES: &[Code] = &[$(Code::$code,)*];

        impl Code {
            /// As it is printed: `E0301`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Code::$code => stringify!($code),)* }
            }

            /// A few words, `-` between them.
            #[must_use]
            pub fn slug(self) -> &'static str {
                match self { $(Code::$code => $slug,)* }
            }

            /// The page that `payloadc explain` shows.
            #[must_use]
            pub fn page(self) -> &'static str {
                match self { $(Code::$code => include_str!(concat!("../../docs/errors/", stringify!($code), ".md")),)* }
            }
        }
    };
}

codes! {
    E0001 "internal",
    // The text of a file.
    E0101 "unreadable-file",
    E0102 "not-utf-8",
    E0103 "yaml-syntax",
    E0104 "tab-indentation",
    E0105 "duplicate-key",
    E0106 "limit-exceeded",
    E0107 "yaml-feature-refused",
    E0108 "unquoted-expression",
    E0109 "forbidden-character",
    E0110 "empty-file",
    E0111 "outside-workspace",
    // The shape of a document.
    E0201 "unknown-field",
    E0202 "missing-field",
    E0203 "wrong-type",
    E0204 "unknown-choice",
    E0205 "unknown-kind",
    E0206 "bad-id",
    E0207 "out-of-range",
    E0208 "bad-text",
    E0209 "not-unique",
    E0210 "unknown-platform",
    E0211 "bad-version-range",
    W0212 "platform-must-be-meant",
    E0213 "literal-secret",
    E0214 "bad-distinguished-name",
    E0215 "bad-duration",
    E0216 "expression",
    E0217 "per-user-value-refused",
    E0218 "workspace",
    E0219 "empty-or-repeated-member",
    // What fields ask of each other and of other profiles.
    E0301 "field-not-used",
    E0302 "field-needed",
    E0303 "one-of-group-needed",
    E0304 "field-needs-another",
    E0305 "unknown-profile",
    E0306 "wrong-referent",
    E0307 "referent-not-on-platform",
    E0308 "certificate",
    E0309 "certificate-chain",
    E0310 "pkcs12",
    E0311 "certificate-twice",
    E0312 "one-key-for-all",
    E0313 "adopt",
    E0314 "scope",
    E0315 "exportable-key",
    // What platforms and servers take.
    E0401 "not-on-platform",
    E0402 "on-no-chosen-platform",
    E0403 "needs-newer-system",
    E0404 "kind-not-on-platform",
    E0405 "server-refuses",
    E0406 "no-token",
    E0407 "token-collision",
    E0408 "unknown-server",
    E0409 "override",
    // Payloads and declarations of Apple's.
    E0420 "unknown-payload-type",
    E0421 "unknown-payload-key",
    E0422 "key-written-by-payloadc",
    E0423 "payload-key-missing",
    E0424 "payload-keys-together",
    E0425 "payload-value",
    E0426 "single-payload-twice",
    E0427 "payload-not-there",
    E0428 "payload-reference",
    E0429 "declaration-identifier-too-long",
    E0430 "target-refuses-kind",
    // Nodes of Windows CSPs.
    E0450 "node-path",
    E0451 "unknown-node",
    E0452 "node-verb",
    E0453 "node-value",
    E0454 "node-twice",
    E0455 "node-against-another",
    E0456 "admx-file",
    E0457 "admx-element",
    // Against what was built before, and secrets.
    E0501 "redelivery-deletes-account",
    E0503 "secret",
    E0504 "secret-in-git",
    // Existing artifacts.
    E0801 "not-an-artifact",
    E0802 "artifact-syntax",
    E0803 "missing-key",
    E0804 "unknown-key",
    E0805 "unknown-type",
    E0806 "wrong-value-type",
    E0807 "value-refused",
    E0808 "placeholder",
    E0809 "identity-twice",
    E0810 "dangling-reference",
    E0811 "not-a-certificate",
    E0812 "platforms-mixed",
    E0813 "single-payload-twice",
    E0814 "keys-disagree",
    E0821 "syncml-structure",
    E0822 "unknown-node",
    E0823 "node-in-other-scope",
    E0824 "verb-refused",
    E0825 "wrong-format",
    E0826 "node-value-refused",
    E0827 "atomic",
    E0828 "bad-locuri",
    E0829 "markup-in-data",
    E0831 "identity-in-two-files",
    E0832 "node-set-twice",
    E0833 "declaration-missing",
    W0851 "unknown-and-ignored",
    W0852 "deprecated-or-removed",
    W0853 "unwise",
    W0854 "password-in-clear",
    W0855 "syncml-style",
    W0856 "not-as-documented",
    W0857 "scope-and-channel",
    W0858 "two-values-for-one-key",
    // Collections, deployments and the directory.
    E0901 "unknown-collection",
    E0902 "collection-cycle",
    E0903 "collection-of-another-sort",
    E0904 "collection-question",
    E0905 "nobody-of-that-name",
    E0906 "directory",
    E0907 "directory-twice",
    E0908 "device-profile-to-users",
    E0909 "certificate-does-not-reach",
    E0910 "one-address-for-many",
    E0911 "personal-value",
    W0912 "conflict",
    W0913 "conflict-fails",
    W0914 "possible-conflict",
    W0915 "attribute-empty",
    W0916 "stranger-in-directory",
    // Alerts, evaluation and compliance.
    E0950 "bad-schedule",
    E0951 "bad-date",
    E0952 "schedule-never-comes",
    E0953 "random-delay-not-used",
    W0954 "evaluation-is-over",
    W0955 "report-not-read",
    W0956 "report-of-a-stranger",
    W0957 "alert-never-raised",
    // Warnings.
    W0601 "bidirectional-control",
    W0602 "glob-matches-nothing",
    W0603 "unused-allow",
    W0604 "discouraged-value",
    W0605 "certificate-time",
    W0606 "basic-authentication-is-gone",
    W0607 "address-with-tls",
    W0608 "challenge-over-http",
    W0609 "left-out",
    W0610 "undocumented-value",
    W0611 "unknown-token",
    W0612 "certificate-request-changed",
    W0613 "deprecated-key",
    W0620 "unknown-payload-key-sent",
    W0621 "supervised-only",
    W0622 "payload-keys-advised",
    W0623 "declarations-by-hand",
    W0650 "unknown-node-sent",
    W0651 "node-without-effect",
    W0652 "value-of-another-form",
    W0653 "node-with-a-reason-against-it",
    // Consoles.
    E0970 "unknown-console",
    E0971 "console-needs",
    W0972 "console-leaves-platform-out",
    W0973 "console-has-one-value",
    E0974 "console-cannot-hold-schedule",
    W0975 "console-has-no-delay",
    // Notes.
    N0701 "platform-note",
    N0702 "root-not-trusted-yet",
    N0703 "encryption-certificate-expired",
    N0704 "directory-taken-so",
    N0750 "node-not-everywhere",
}

impl Code {
    /// From its first letter.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self.name().as_bytes() {
            [b'E', ..] => Severity::Error,
            [b'W', ..] => Severity::Warning,
            _ => Severity::Note,
        }
    }

    /// The code of a name, if there is one.
    #[must_use]
    pub fn find(name: &str) -> Option<Code> {
        CODES.iter().copied().find(|code| code.name() == name)
    }

    /// Where its page stands in payloadc's own repository, as a relative reference.
    #[must_use]
    pub fn url(self) -> String {
        format!("docs/errors/{}.md", self.name())
    }
}
