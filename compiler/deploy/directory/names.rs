//! What attributes are called: in our language, and in the directories that people export.

use super::Sort;

/// Attributes of a person that need no column of their own to be asked for.
pub const USER_ATTRIBUTES: [&str; 10] = [
    "id",
    "user_principal_name",
    "sam_account_name",
    "primary_smtp_address",
    "domain",
    "netbios_domain",
    "display_name",
    "given_name",
    "surname",
    "department",
];

/// Attributes of a device that need no column of their own to be asked for.
pub const DEVICE_ATTRIBUTES: [&str; 7] = ["id", "platform", "os_version", "serial_number", "udid", "owner", "supervised"];

/// What Active Directory and LDAP call them, lower case, in the order in which they are preferred.
/// <https://learn.microsoft.com/windows/win32/adschema/attributes-all>, <https://www.rfc-editor.org/rfc/rfc4519>
const ALSO_CALLED: [(Sort, &str, &str); 11] = [
    (Sort::Users, "userprincipalname", "user_principal_name"),
    (Sort::Users, "samaccountname", "sam_account_name"),
    (Sort::Users, "mail", "primary_smtp_address"),
    (Sort::Users, "displayname", "display_name"),
    (Sort::Users, "givenname", "given_name"),
    (Sort::Users, "sn", "surname"),
    (Sort::Users, "upn", "user_principal_name"),
    (Sort::Users, "email", "primary_smtp_address"),
    (Sort::Devices, "osversion", "os_version"),
    (Sort::Devices, "serialnumber", "serial_number"),
    (Sort::Devices, "serial", "serial_number"),
];

/// Our name for a column or an attribute of a directory: lower case, `_` for what cannot stand in an expression.
#[must_use]
pub fn local_name(sort: Sort, name: &str) -> String {
    let plain: String = name
        .trim()
        .trim_start_matches('\u{feff}')
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
        .collect();
    match ALSO_CALLED.iter().find(|(of, theirs, _)| *of == sort && *theirs == plain) {
        Some((_, _, ours)) => (*ours).to_owned(),
        None => plain,
    }
}
