pub enum Format { Table, Markdown, Json }
pub fn run(_: Option<&str>, _: Format) -> Result<String, String> { Ok(String::new()) }
impl From<super::arguments::MatrixFormat> for Format { fn from(f: super::arguments::MatrixFormat) -> Format { match f { super::arguments::MatrixFormat::Table => Format::Table, super::arguments::MatrixFormat::Markdown => Format::Markdown, super::arguments::MatrixFormat::Json => Format::Json } } }
