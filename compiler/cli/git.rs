//! Whether git would take a file in: what is no secret to git is no secret.

use std::path::{Path, PathBuf};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// An output folder in a git work tree.
pub struct WorkTree {
    /// Where `.git` is.
    top: PathBuf,
    /// The output folder, links followed.
    out: PathBuf,
    /// What holds for the whole tree: the user's own file and `.git/info/exclude`.
    outer: Vec<Gitignore>,
}

impl WorkTree {
    /// The work tree in which an output folder lies or will lie, if it lies in one.
    pub fn around(out: &Path) -> Option<WorkTree> {
        let absolute = std::path::absolute(out).ok()?;
        let existing = absolute.ancestors().find(|path| path.exists())?;
        let out = std::fs::canonicalize(existing).ok()?.join(absolute.strip_prefix(existing).ok()?);
        let top = out.ancestors().find(|path| path.join(".git").exists())?.to_path_buf();
        let mut exclude = GitignoreBuilder::new(&top);
        exclude.add(top.join(".git/info/exclude"));
        let outer = [exclude.build().ok(), Some(GitignoreBuilder::new(&top).build_global().0)];
        Some(WorkTree { top, out, outer: outer.into_iter().flatten().collect() })
    }

    /// Whether git would take a file of the output folder in: no ignore file covers it or a folder above it.
    pub fn takes(&self, path: &str) -> bool {
        let whole = self.out.join(path);
        let mut way: Vec<&Path> = whole.ancestors().take_while(|path| *path != self.top).collect();
        way.reverse();
        !way.into_iter().any(|step| self.ignores(step, step != whole))
    }

    /// The nearest ignore file that says something about a path decides; what is ignored as a folder nothing below brings back.
    fn ignores(&self, path: &Path, folder: bool) -> bool {
        let nested = path.ancestors().skip(1).take_while(|folder| folder.starts_with(&self.top));
        let nested = nested.map(|folder| Gitignore::new(folder.join(".gitignore")).0);
        for rules in nested.chain(self.outer.iter().cloned()) {
            match rules.matched(path, folder) {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None => {}
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn rules_hold_below_the_folder_they_stand_in() {
        let top = tempfile::tempdir().unwrap();
        let at = |path: &str| top.path().join(path);
        fs::create_dir_all(at("a/b")).unwrap();
        assert!(WorkTree::around(&at("a/dist")).is_none());
        fs::create_dir_all(at(".git/info")).unwrap();
        let takes = |out: &str, path: &str| WorkTree::around(&at(out)).unwrap().takes(path);
        assert!(takes("a/dist", "ios/x"));
        fs::write(at("a/.gitignore"), "/dist/\n").unwrap();
        assert!(!takes("a/dist", "ios/x"));
        assert!(takes("dist", "ios/x"));
        assert!(takes("a/b/dist", "ios/x"));
        fs::write(at(".gitignore"), "*.mobileconfig\n/dist/*\n!/dist/keep\n").unwrap();
        assert!(!takes("a/b/dist", "ios/x.mobileconfig"));
        assert!(takes("a/b/dist", "ios/x.xml"));
        assert!(!takes("dist", "ios/x"));
        assert!(takes("dist", "keep"));
        fs::write(at("a/b/.gitignore"), "!*.mobileconfig\n").unwrap();
        assert!(takes("a/b/dist", "ios/x.mobileconfig"));
        fs::write(at(".git/info/exclude"), "out\n").unwrap();
        assert!(!takes("a/out", "ios/x"));
    }
}
