pub fn run(_: &str) -> Result<String, String> { Ok(String::new()) }
