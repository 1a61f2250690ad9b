//! README and docs are tests: every command runs, every YAML block is what its fence says, every shown output is the real one.
//!
//! In a document, in order, in one temporary folder:
//! * `sh`: the commands run with `bash`; `payloadc` and `cargo run -- ...` are the program under test;
//! * `text` right behind `sh`: what those commands printed (`UPDATE=1 cargo test --test documents` rewrites);
//! * `yaml file=PATH`, `xml file=PATH`: the block is written there;
//! * `yaml workspace`: the payloadc.yaml of the blocks behind it;
//! * `yaml compiles`, `yaml fails=CODE`: profiles that do so.
//!
//! README and the pages that speak of the repository itself run in its root.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::disallowed_methods, reason = "a test that cannot go on fails")]

mod common;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{files_below, payloadc_in, update};

/// Pages whose commands are meant for the root of the repository.
const IN_THE_ROOT: [&str; 2] = ["README.md", "docs/benchmarks.md"];

#[test]
fn every_block_of_readme_and_docs_is_true() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![root.join("README.md")];
    let generated = |path: &Path| path.starts_with(root.join("docs/errors")) || path.starts_with(root.join("docs/kinds"));
    pages.extend(
        files_below(&root.join("docs"))
            .into_iter()
            .filter(|path| path.extension().is_some_and(|e| e == "md") && !generated(path)),
    );
    let mut wrong = String::new();
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        let name = page.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        let temporary = tempfile::tempdir().unwrap();
        let folder = if IN_THE_ROOT.contains(&name.as_str()) { root.clone() } else { temporary.path().to_path_buf() };
        let mut reader = Reader {
            folder,
            shims: shims(temporary.path()),
            scratch: temporary.path().to_path_buf(),
            output: String::new(),
            workspace: None,
            wrong: &mut wrong,
        };
        let rewritten = reader.page(&name, &text);
        if rewritten != text && update() {
            std::fs::write(&page, rewritten).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// A link that leads nowhere in the repository.
#[test]
fn every_link_leads_somewhere() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut dead = String::new();
    let pages = files_below(&root.join("docs")).into_iter().chain([root.join("README.md"), root.join("schemas/README.md")]);
    for page in pages.filter(|path| path.extension().is_some_and(|extension| extension == "md")) {
        let text = std::fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            let beside = page.parent().unwrap().join(link);
            if !link.is_empty() && !link.contains("://") && !beside.exists() {
                writeln!(dead, "{}: `{link}`", page.display()).unwrap();
            }
        }
    }
    assert!(dead.is_empty(), "{dead}");
}

/// A folder with `payloadc` and a `cargo` that runs the program and leaves everything else alone.
fn shims(scratch: &Path) -> PathBuf {
    let folder = scratch.join(".shims");
    std::fs::create_dir_all(&folder).unwrap();
    let program = env!("CARGO_BIN_EXE_payloadc");
    let script = |name: &str, body: String| {
        let path = folder.join(name);
        std::fs::write(&path, body).unwrap();
        Command::new("chmod").arg("+x").arg(&path).status().unwrap();
    };
    script("payloadc", format!("#!/bin/sh\nexec '{program}' \"$@\"\n"));
    script(
        "cargo",
        format!(
            "#!/bin/sh\ncase $1 in run) while [ \"$1\" != -- ]; do shift; done; shift; exec '{program}' \"$@\";; esac\nexit 0\n"
        ),
    );
    folder
}

struct Reader<'a> {
    folder: PathBuf,
    shims: PathBuf,
    scratch: PathBuf,
    output: String,
    workspace: Option<String>,
    wrong: &'a mut String,
}

impl Reader<'_> {
    /// Runs all blocks; returns the page with real outputs.
    fn page(&mut self, name: &str, text: &str) -> String {
        let mut out = String::new();
        let mut lines = text.lines().enumerate();
        let mut behind_sh = false;
        while let Some((at, line)) = lines.next() {
            let _ = writeln!(out, "{line}");
            let Some(info) = line.strip_prefix("```").filter(|info| !info.is_empty()) else { continue };
            let mut block = String::new();
            for (_, inner) in lines.by_ref().take_while(|(_, inner)| *inner != "```") {
                let _ = writeln!(block, "{inner}");
            }
            let place = format!("{name}:{}", at + 1);
            if info == "text" && !behind_sh && block.contains("= note: payloadc explain") {
                self.say(&place, "output of payloadc stands behind the command that printed it");
            }
            let shown = if info == "text" && behind_sh { self.shown(&place, &block) } else { block.clone() };
            behind_sh = info == "sh";
            self.block(&place, info, &block);
            out.push_str(&shown);
            out.push_str("```\n");
        }
        out
    }

    fn block(&mut self, place: &str, info: &str, block: &str) {
        match info.split_once(' ').unwrap_or((info, "")) {
            ("sh", "") => self.shell(place, block),
            ("yaml", "workspace") => self.workspace = Some(block.to_owned()),
            ("yaml", "compiles") => self.compiles(place, block, None),
            ("yaml", rest) if rest.starts_with("fails=") => self.compiles(place, block, rest.strip_prefix("fails=")),
            ("yaml" | "xml", rest) if rest.starts_with("file=") => {
                let path = self.folder.join(rest.strip_prefix("file=").unwrap());
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, block).unwrap();
            }
            ("yaml", _) => {
                self.say(place, "a YAML block must say what it is: `compiles`, `fails=CODE`, `workspace` or `file=PATH`");
            }
            _ => {}
        }
    }

    fn say(&mut self, place: &str, what: &str) {
        let _ = writeln!(self.wrong, "{place}: {what}");
    }

    fn shell(&mut self, place: &str, block: &str) {
        let path = format!("{}:{}", self.shims.display(), std::env::var("PATH").unwrap_or_default());
        let script = format!("exec 2>&1\nset -eo pipefail\n{block}");
        let output = Command::new("bash")
            .args(["-c", &script])
            .current_dir(&self.folder)
            .env("PATH", path)
            .env("NO_COLOR", "1")
            .env("SOURCE_DATE_EPOCH", "1795219200")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env_remove("UPDATE")
            .output()
            .unwrap();
        self.output = String::from_utf8_lossy(&output.stdout).into_owned();
        // A command that is meant to fail says so: `|| true`.
        if !output.status.success() {
            let shown = self.output.clone();
            self.say(place, &format!("{}\n{shown}", output.status));
        }
    }

    /// What the commands in front printed.
    fn shown(&mut self, place: &str, block: &str) -> String {
        let real = self.output.clone();
        if real != *block && !update() {
            self.say(place, &format!("the output is otherwise now (UPDATE=1 cargo test --test documents rewrites)\n--- shown\n{block}--- real\n{real}"));
        }
        real
    }

    fn compiles(&mut self, place: &str, block: &str, fails: Option<&str>) {
        let folder = self.scratch.join(".block");
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(folder.join("profiles")).unwrap();
        common::certificates(&folder);
        let workspace =
            self.workspace.clone().unwrap_or_else(|| "organization: { name: Contoso, identifier: com.contoso }\n".into());
        std::fs::write(folder.join("payloadc.yaml"), workspace).unwrap();
        std::fs::write(folder.join("profiles/block.yaml"), block).unwrap();
        let run = payloadc_in(&folder, &["check", ".", "--at", "2026-11-21"]);
        match fails {
            None if run.code != 0 => self.say(place, &format!("does not compile\n{}", run.stderr)),
            Some(code) if run.code == 0 || !run.stderr.contains(code) => {
                self.say(place, &format!("does not fail with {code}\n{}", run.stderr));
            }
            _ => {}
        }
    }
}
