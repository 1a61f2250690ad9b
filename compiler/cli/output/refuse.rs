//! Which folders a build does not write to.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

use super::disk::look;
use super::{MANIFEST, OWN};
use crate::manifest::SCHEMA;

/// Refuses an output folder that a build must not write to.
///
/// # Errors
/// The sentence for the user.
pub fn refuse(out: &Path, workspace: &Path, home: Option<&Path>, profile_folders: &[PathBuf]) -> Result<(), String> {
    let place = resolve(out)?;
    let refused = |why: &str| Err(format!("the output folder `{}` {why}", out.display()));
    if place.parent().is_none() {
        return refused("is the root of the file system; choose a folder of its own");
    }
    let workspace = resolve(workspace)?;
    if place == workspace {
        return refused("is the workspace itself; choose a folder inside it, such as `dist`");
    }
    if workspace.starts_with(&place) {
        return refused("contains the workspace; choose a folder inside the workspace, such as `dist`");
    }
    // A home that cannot be looked up is not this folder, which could.
    if home.is_some_and(|home| resolve(home).is_ok_and(|home| home == place)) {
        return refused("is the home folder; choose a folder of its own");
    }
    for folder in profile_folders {
        let profiles = resolve(folder)?;
        if place.starts_with(&profiles) || profiles.starts_with(&place) {
            return refused(&format!(
                "and the profiles in `{}` must not contain one another; choose a folder of its own",
                folder.display()
            ));
        }
    }
    inspect(&place).or_else(|why| refused(&why))
}

/// The path with every symbolic link of its existing part followed; the rest is taken as written.
fn resolve(path: &Path) -> Result<PathBuf, String> {
    let failed = |error: io::Error| format!("`{}` cannot be looked up: {error}", path.display());
    let mut at = PathBuf::new();
    for component in std::path::absolute(path).map_err(failed)?.components() {
        match component {
            Component::CurDir => continue,
            // Right, because `at` has no link in it.
            Component::ParentDir => {
                at.pop();
                continue;
            }
            Component::Prefix(_) => {
                at.push(component);
                continue;
            }
            Component::RootDir | Component::Normal(_) => at.push(component),
        }
        match fs::canonicalize(&at) {
            Ok(real) => at = real,
            Err(error) if error.kind() == ErrorKind::NotFound && fs::symlink_metadata(&at).is_err() => {}
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(at)
}

/// Whether what lies at the place may become, or is, an output folder. The error continues "the output folder X".
fn inspect(place: &Path) -> Result<(), String> {
    let failed = |error: io::Error| format!("cannot be read: {error}");
    let Some(metadata) = look(place).map_err(failed)? else {
        return Ok(());
    };
    if !metadata.is_dir() {
        return Err("is a file; choose a folder".to_owned());
    }
    let mut foreign = None;
    for entry in fs::read_dir(place).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        if name != OWN {
            foreign = Some(name);
        }
    }
    // A first build that was killed half-way may have left artifacts, no manifest yet, and a journal.
    let known = || is_file(&place.join(OWN).join("journal")) || has_our_manifest(place);
    match foreign {
        Some(name) if !known() => Err(format!(
            "is not empty (it has `{}`) and has no `{MANIFEST}` of payloadc; choose an empty or a new folder",
            name.to_string_lossy()
        )),
        Some(_) | None => Ok(()),
    }
}

fn is_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file())
}

/// Whether the manifest is a JSON object whose `schema` is ours. What else it holds is read later, with a reason when it cannot be.
fn has_our_manifest(folder: &Path) -> bool {
    let path = folder.join(MANIFEST);
    let says = |bytes: Vec<u8>| {
        serde_json::from_slice::<serde_json::Value>(&bytes).is_ok_and(|json| json.get("schema").is_some_and(|is| is == SCHEMA))
    };
    is_file(&path) && fs::read(&path).is_ok_and(says)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    const OURS: &str = r#"{ "complete": true, "schema": "payloadc/manifest/1" }"#;

    #[test]
    fn what_is_not_an_output_folder() {
        let base = TempDir::new().unwrap();
        let at = |path: &str| base.path().join(path);
        for folder in ["profiles/mail", "empty", "full", "dist", "killed/.payloadc"] {
            fs::create_dir_all(at("home/repo").join(folder)).unwrap();
        }
        fs::write(at("home/repo/full/thesis"), "").unwrap();
        fs::write(at("home/repo/file"), "").unwrap();
        fs::write(at("home/repo/dist/manifest.json"), OURS).unwrap();
        let refused = |out: &str| refuse(&at(out), &at("home/repo"), Some(&at("home")), &[at("home/repo/profiles")]);
        let cases = [
            ("home/repo", "is the workspace itself"),
            ("home/repo/new/..", "is the workspace itself"),
            ("home/repo/dist/../../repo/.", "is the workspace itself"),
            ("home", "contains the workspace"),
            ("", "contains the workspace"),
            ("home/repo/profiles", "must not contain one another"),
            ("home/repo/profiles/mail/dist", "must not contain one another"),
            ("home/repo/new/../profiles/dist", "must not contain one another"),
            ("home/repo/file", "is a file"),
            ("home/repo/file/dist", "cannot be looked up"),
            ("home/repo/full", "is not empty (it has `thesis`)"),
        ];
        for (out, part) in cases {
            let text = refused(out).err().unwrap_or_default();
            assert!(text.contains(part), "{out}: expected {part:?}, got {text:?}");
        }
        for out in ["empty", "new/deep", "dist", "killed", "../elsewhere", "profiles2"] {
            assert_eq!(refused(&format!("home/repo/{out}")), Ok(()), "{out}");
        }
        let root = base.path().ancestors().last().unwrap();
        assert!(refuse(root, &at("home/repo"), None, &[]).unwrap_err().contains("is the root"));
        let text = refuse(&at("home"), &at("elsewhere"), Some(&at("home")), &[]).unwrap_err();
        assert!(text.contains("is the home folder"), "{text}");
        let text = refuse(&at("home"), &at("elsewhere"), None, &[at("home/repo/profiles")]).unwrap_err();
        assert!(text.contains("must not contain one another"), "{text}");
    }

    #[cfg(unix)]
    #[test]
    fn through_links() {
        use std::os::unix::fs::symlink;
        let base = TempDir::new().unwrap();
        let workspace = base.path().join("workspace");
        let profiles = workspace.join("profiles");
        fs::create_dir_all(&profiles).unwrap();
        symlink(&workspace, base.path().join("self")).unwrap();
        symlink(&profiles, base.path().join("inside")).unwrap();
        symlink("nowhere", base.path().join("dangling")).unwrap();
        let refused = |out: &str| refuse(&base.path().join(out), &workspace, None, std::slice::from_ref(&profiles));
        assert!(refused("self").unwrap_err().contains("is the workspace itself"));
        assert!(refused("inside/new").unwrap_err().contains("must not contain one another"));
        assert!(refused("inside/..").unwrap_err().contains("is the workspace itself"));
        assert!(refused("dangling").unwrap_err().contains("cannot be looked up"));
        assert!(refused("dangling/dist").unwrap_err().contains("cannot be looked up"));
        assert_eq!(refused("self/dist"), Ok(()));
    }

    #[test]
    fn knows_our_manifest() {
        let folder = TempDir::new().unwrap();
        let ours = |bytes: &[u8]| {
            fs::write(folder.path().join("manifest.json"), bytes).unwrap();
            has_our_manifest(folder.path())
        };
        assert!(ours(OURS.as_bytes()));
        let foreign = [
            "",
            "{}",
            "null",
            r#"["schema","payloadc/manifest/1"]"#,
            r#"{"schema":"payloadc/manifest/2"}"#,
            r#"{"a":{"schema":"payloadc/manifest/1"}}"#,
            r#"{"schema":"payloadc/manifest/1""#,
            "schema: payloadc/manifest/1",
        ];
        for text in foreign {
            assert!(!ours(text.as_bytes()), "{text}");
        }
        assert!(!ours(
            format!(r#"{{"schema":"payloadc/manifest/1","a":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000)).as_bytes()
        ));
        assert!(!ours(b"{\"schema\":\"payloadc/manifest/1\",\"a\":\"\xff\"}"));
    }
}
