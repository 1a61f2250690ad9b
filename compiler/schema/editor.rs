pub fn profile_schema(_: &crate::schema::Schemas) -> serde_json::Value { serde_json::Value::Null }
