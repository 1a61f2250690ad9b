pub fn run(_: Option<&str>) -> Result<String, String> { Ok(String::new()) }
