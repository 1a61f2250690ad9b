//! A workspace in a temporary folder, and the program run in it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// How a run ended.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    /// Exit 0.
    #[track_caller]
    pub fn clean(self) -> Run {
        self.ends(0)
    }

    #[track_caller]
    pub fn ends(self, code: i32) -> Run {
        assert_eq!(self.code, code, "{}\n{}", self.stdout, self.stderr);
        self
    }

    /// Stderr holds this text.
    #[track_caller]
    pub fn says(self, text: &str) -> Run {
        assert!(self.stderr.contains(text), "expected {text:?} in\n{}", self.stderr);
        self
    }

    /// Stdout holds this text.
    #[track_caller]
    pub fn prints(self, text: &str) -> Run {
        assert!(self.stdout.contains(text), "expected {text:?} in\n{}", self.stdout);
        self
    }
}

/// The program, without what the environment could change.
pub fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_payloadc"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for name in ["SOURCE_DATE_EPOCH", "NO_COLOR", "CLICOLOR_FORCE", "COLUMNS"] {
        command.env_remove(name);
    }
    command
}

/// Runs the program in a folder.
pub fn run_in(folder: &Path, arguments: &[&str]) -> Run {
    finish(&mut program(folder, arguments), "")
}

/// Runs the program in the repository's root.
pub fn payloadc(arguments: &[&str]) -> Run {
    run_in(Path::new(env!("CARGO_MANIFEST_DIR")), arguments)
}

fn finish(command: &mut Command, input: &str) -> Run {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    // A program that does not read its input closes the pipe.
    child.stdin.take().unwrap().write_all(input.as_bytes()).ok();
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A mail profile.
pub fn mail(id: &str, platforms: &str) -> String {
    format!(
        "kind: email\nid: {id}\nname: {id}\nplatforms: {platforms}\nhost: mail.contoso.com\naccount_name: {id}\n\
         user_name: {{ literal: alice@contoso.com }}\nemail_address: {{ literal: alice@contoso.com }}\n"
    )
}

/// A certificate request with a challenge, and its root.
pub fn request(challenge: &str, platforms: &str) -> String {
    // Apple leaves it to the authority.
    let purpose = if platforms.contains("windows") { "extended_key_usage: [client_authentication]\n" } else { "" };
    format!(
        "kind: scep_certificate\nid: identity\nname: Identity\nplatforms: {platforms}\nurls: [\"https://ndes.contoso.com/mscep.dll\"]\n\
         challenge: {challenge}\nsubject: CN=alice,O=Contoso\nkey_usage: [digital_signature]\n{purpose}root_ca: root\n\
         ---\nkind: trusted_certificate\nid: root\nname: Root\nplatforms: {platforms}\ncertificate: {{ file: ../root.cer }}\nstore: root\n"
    )
}

/// A temporary folder with a workspace.
pub struct Workspace(pub TempDir);

impl Workspace {
    /// One with a root certificate and no profiles. Warnings about the tests' own plain choices are silenced.
    pub fn new() -> Workspace {
        let workspace = Workspace(TempDir::new().unwrap());
        workspace.write("payloadc.yaml", "organization: { name: Contoso, identifier: com.contoso }\n");
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/authority/root.cer");
        std::fs::copy(root, workspace.path("root.cer")).unwrap();
        workspace
    }

    /// One with one profile, `profiles/mail.yaml`.
    pub fn with(profile: &str) -> Workspace {
        let workspace = Workspace::new();
        workspace.write("profiles/mail.yaml", profile);
        workspace
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    pub fn write(&self, path: &str, text: &str) -> &Workspace {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    pub fn remove(&self, path: &str) {
        std::fs::remove_file(self.path(path)).unwrap();
    }

    #[track_caller]
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap()
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        run_in(self.0.path(), arguments)
    }

    pub fn run_with<K: AsRef<OsStr>, V: AsRef<OsStr>>(&self, arguments: &[&str], environment: &[(K, V)]) -> Run {
        let mut command = program(self.0.path(), arguments);
        for (name, value) in environment {
            command.env(name, value);
        }
        finish(&mut command, "")
    }

    pub fn pipe(&self, arguments: &[&str], input: &str) -> Run {
        finish(&mut program(self.0.path(), arguments), input)
    }

    pub fn manifest(&self) -> serde_json::Value {
        serde_json::from_str(&self.read("dist/manifest.json")).unwrap()
    }

    /// The manifest's entry of an artifact.
    #[track_caller]
    pub fn entry(&self, path: &str) -> serde_json::Value {
        let manifest = self.manifest();
        let found = manifest["artifacts"].as_array().unwrap().iter().find(|entry| entry["path"] == path).cloned();
        found.unwrap_or_else(|| panic!("{path} is not in {manifest:#}"))
    }

    /// The artifacts that lie in the output folder.
    pub fn built(&self) -> Vec<String> {
        self.tree("dist").into_keys().filter(|path| path != "manifest.json").collect()
    }

    /// Every file below a folder, but payloadc's own.
    pub fn tree(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        let root = self.path(folder);
        let mut files = BTreeMap::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() && path.file_name() != Some(OsStr::new(".payloadc")) {
                    folders.push(path);
                } else if path.is_file() {
                    let relative = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                    files.insert(relative, std::fs::read(&path).unwrap());
                }
            }
        }
        files
    }
}
