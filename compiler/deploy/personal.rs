//! What the directory says of one person, put into the texts of their profiles.

/// The column of people that an attribute is read from; nothing for a device's.
#[must_use]
pub fn column(attribute: &str) -> Option<&str> {
    match attribute.strip_prefix("user.")? {
        "user_principal_name_local_part" => Some("user_principal_name"),
        name => Some(name),
    }
}
