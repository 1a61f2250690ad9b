//! Modes and symbolic links.

use super::*;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

fn bits(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

fn secret(path: &str, bytes: &str) -> Change {
    Change { write: vec![FileToWrite { secret: true, ..plain(path, bytes) }], remove: Vec::new() }
}

#[test]
fn modes() {
    let out = TempDir::new().unwrap();
    let held = hold(out.path()).unwrap();
    let path = out.path().join("a");
    held.commit(&change(&[("a", "1")], &[])).unwrap();
    assert_eq!(bits(&path), 0o644);
    held.commit(&secret("a", "1")).unwrap();
    assert_eq!(bits(&path), 0o600);
    let old = age(&path);
    held.commit(&secret("a", "1")).unwrap();
    assert_eq!(modified(&path), old);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o604)).unwrap();
    held.commit(&secret("a", "1")).unwrap();
    assert_eq!(bits(&path), 0o600);
    held.commit(&change(&[("a", "1")], &[])).unwrap();
    assert_eq!(bits(&path), 0o644);
}

#[test]
fn a_secret_is_private_while_staged() {
    let out = TempDir::new().unwrap();
    let held = hold(out.path()).unwrap();
    held.prepare(&secret("a", "1")).unwrap();
    assert_eq!(bits(&held.staging()), 0o700);
    assert_eq!(bits(&held.staged("new", 0)), 0o600);
}

#[test]
fn an_overwritten_file_is_replaced_not_rewritten() {
    let out = TempDir::new().unwrap();
    let held = hold(out.path()).unwrap();
    held.commit(&change(&[("a", "1")], &[])).unwrap();
    let linked = out.path().join("theirs");
    fs::hard_link(out.path().join("a"), &linked).unwrap();
    held.commit(&change(&[("a", "2")], &[])).unwrap();
    assert_eq!(tree(out.path()), map(&[("a", "2"), ("theirs", "1")]));
    assert_eq!(fs::metadata(&linked).unwrap().nlink(), 1);
}

#[test]
fn links_inside_are_refused() {
    let (out, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let victim = other.path().join("victim");
    fs::write(&victim, "v").unwrap();
    symlink(other.path(), out.path().join("folder")).unwrap();
    symlink(&victim, out.path().join("file")).unwrap();
    symlink(other.path().join("nowhere"), out.path().join("dangling")).unwrap();
    let held = hold(out.path()).unwrap();
    for path in ["folder/victim", "folder/new", "folder/new/deep", "folder", "file", "dangling"] {
        said(held.commit(&change(&[("good", "1"), (path, "2")], &[])), "is a symbolic link");
        said(held.commit(&change(&[("good", "1")], &[path])), "is a symbolic link");
        said(held.read(path), "is a symbolic link");
    }
    assert!(!out.path().join("good").exists());
    assert_eq!(tree(other.path()), map(&[("victim", "v")]));
    assert!(at_rest(out.path()));
}

#[test]
fn a_link_made_after_the_journal_is_refused() {
    let (out, other) = (old_folder(), TempDir::new().unwrap());
    let held = hold(out.path()).unwrap();
    let steps = held.prepare(&every_sort()).unwrap();
    symlink(other.path(), out.path().join("win")).unwrap();
    said(held.apply(&steps), "is a symbolic link");
    drop(held);
    assert!(tree(other.path()).is_empty());
    fs::remove_file(out.path().join("win")).unwrap();
    drop(hold(out.path()).unwrap());
    assert_eq!(tree(out.path()), map(OLD));
}

#[test]
fn our_own_files_are_no_links() {
    for name in ["", "lock", "journal", "journal.new", "staging", ".gitignore"] {
        let (out, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let victim = other.path().join("victim");
        fs::write(&victim, "v").unwrap();
        if name.is_empty() {
            symlink(other.path(), out.path().join(OWN)).unwrap();
        } else {
            fs::create_dir(out.path().join(OWN)).unwrap();
            let target = if name == "staging" { other.path() } else { &victim };
            symlink(target, out.path().join(OWN).join(name)).unwrap();
        }
        // A left-over `journal.new` is deleted without being looked into; a link goes, its target stays.
        assert_eq!(hold(out.path()).is_ok(), name == "journal.new", "{name}");
        assert_eq!(tree(other.path()), map(&[("victim", "v")]));
    }
}

#[test]
fn what_is_no_plain_file_is_refused_unread() {
    let out = TempDir::new().unwrap();
    let held = hold(out.path()).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(out.path().join("s")).unwrap();
    said(held.commit(&change(&[("s", "1")], &[])), "is not a plain file");
    said(held.commit(&change(&[], &["s"])), "is not a plain file");
    said(held.read("s"), "is not a plain file");
}

#[test]
fn the_output_folder_may_be_a_link() {
    let base = TempDir::new().unwrap();
    fs::create_dir(base.path().join("real")).unwrap();
    symlink("real", base.path().join("dist")).unwrap();
    hold(&base.path().join("dist")).unwrap().commit(&change(&[("a", "1")], &[])).unwrap();
    assert_eq!(tree(&base.path().join("real")), map(&[("a", "1")]));
}
