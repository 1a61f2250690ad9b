//! Fetches secrets from the environment and from files, at the moment they are needed.

use std::path::PathBuf;

use crate::compile::FetchSecrets;
use crate::ir::SecretSource;

/// Reads `env:` and `file:`; relative files are meant from the workspace.
pub struct FromOutside {
    /// The workspace.
    pub root: PathBuf,
}

/// A secret file larger than this is a mistake.
const LARGEST: u64 = 1 << 20;

impl FetchSecrets for FromOutside {
    fn fetch(&self, source: &SecretSource) -> Result<Vec<u8>, String> {
        match source {
            SecretSource::Env(name) => {
                let value = std::env::var_os(&**name).ok_or_else(|| format!("`env:{name}` is not set"))?;
                value.into_string().map(String::into_bytes).map_err(|_| format!("`env:{name}` is no UTF-8 text"))
            }
            SecretSource::File(path) => {
                let full = self.root.join(&**path);
                let unread = |error: std::io::Error| match error.kind() {
                    std::io::ErrorKind::NotFound => format!("`file:{path}` is not there"),
                    kind => format!("`file:{path}` cannot be read: {kind}"),
                };
                let length = std::fs::metadata(&full).map_err(unread)?.len();
                if length > LARGEST {
                    return Err(format!("`file:{path}` has {length} bytes, which is no secret"));
                }
                let mut bytes = std::fs::read(&full).map_err(unread)?;
                // Editors and `echo` end a file with a line break, which no password has.
                if bytes.last() == Some(&b'\n') && std::str::from_utf8(&bytes).is_ok() {
                    bytes.pop();
                    if bytes.last() == Some(&b'\r') {
                        bytes.pop();
                    }
                }
                Ok(bytes)
            }
            SecretSource::Token(_) => Err("is a token of the server".into()),
        }
    }
}
