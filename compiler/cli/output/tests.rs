//! Commits that succeed, fail half-way, or die.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use super::journal::Step;
use super::*;

#[cfg(unix)]
mod unix;

fn plain(path: &str, bytes: &str) -> FileToWrite {
    FileToWrite { path: path.to_owned(), bytes: bytes.as_bytes().to_vec(), secret: false }
}

fn change(write: &[(&str, &str)], remove: &[&str]) -> Change {
    let remove = remove.iter().map(|path| (*path).to_owned()).collect();
    Change { write: write.iter().map(|(path, bytes)| plain(path, bytes)).collect(), remove }
}

/// Every file and folder but our own, with content; folders end with `/`.
fn tree(root: &Path) -> BTreeMap<String, String> {
    fn walk(folder: &Path, prefix: &str, into: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{prefix}{}", entry.file_name().to_str().unwrap());
            if name == OWN {
                continue;
            }
            if entry.file_type().unwrap().is_dir() {
                into.insert(format!("{name}/"), String::new());
                walk(&entry.path(), &format!("{name}/"), into);
            } else {
                into.insert(name, fs::read_to_string(entry.path()).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(root, "", &mut found);
    found
}

fn map(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
    entries.iter().map(|(path, bytes)| ((*path).to_owned(), (*bytes).to_owned())).collect()
}

/// Our own folder, when nothing is under way.
fn at_rest(root: &Path) -> bool {
    let names = fs::read_dir(root.join(OWN)).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect::<BTreeSet<_>>() == BTreeSet::from([".gitignore".to_owned(), "lock".to_owned()])
}

fn said<T>(result: io::Result<T>, part: &str) {
    let text = result.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(text.contains(part), "expected an error with {part:?}, got {text:?}");
}

fn age(path: &Path) -> SystemTime {
    let old = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(1_000_000_000)).unwrap();
    File::options().write(true).open(path).unwrap().set_modified(old).unwrap();
    old
}

fn modified(path: &Path) -> SystemTime {
    fs::metadata(path).unwrap().modified().unwrap()
}

/// A folder with an old state, a change of every sort, and the state after it.
const OLD: &[(&str, &str)] = &[
    ("ios/", ""),
    ("ios/mail", "old mail"),
    ("ios/same", "same"),
    ("gone/", ""),
    ("gone/deep/", ""),
    ("gone/deep/x", "x"),
    ("turns", "file"),
    ("foreign", "not ours"),
];
const NEW: &[(&str, &str)] = &[
    ("ios/", ""),
    ("ios/mail", "new mail"),
    ("ios/same", "same"),
    ("turns/", ""),
    ("turns/into", "folder"),
    ("win/", ""),
    ("win/a/", ""),
    ("win/a/b", "b"),
    ("manifest.json", "{}"),
    ("foreign", "not ours"),
];

fn old_folder() -> TempDir {
    let out = TempDir::new().unwrap();
    let files: Vec<_> = OLD.iter().filter(|(path, _)| !path.ends_with('/')).copied().collect();
    hold(out.path()).unwrap().commit(&change(&files, &[])).unwrap();
    assert_eq!(tree(out.path()), map(OLD));
    out
}

fn every_sort() -> Change {
    let write =
        [("ios/mail", "new mail"), ("ios/same", "same"), ("turns/into", "folder"), ("win/a/b", "b"), ("manifest.json", "{}")];
    change(&write, &["gone/deep/x", "turns", "never/was"])
}

/// Takes the first steps only, as a process that is killed then.
fn take(held: &Held, steps: &[Step], count: usize) {
    for (number, step) in steps.iter().enumerate().take(count) {
        held.put(number, &step.path).unwrap();
    }
}

#[test]
fn writes_and_reads() {
    let out = TempDir::new().unwrap();
    let dist = out.path().join("new/dist");
    let held = hold(&dist).unwrap();
    assert_eq!(held.read("ios/mail").unwrap(), None);
    held.commit(&change(&[("ios/mail", "m"), ("manifest.json", "{}")], &[])).unwrap();
    assert_eq!(held.read("ios/mail").unwrap(), Some(b"m".to_vec()));
    assert_eq!(held.read("ios/mail/below").unwrap(), None);
    said(held.read("../x"), "of the output folder");
    assert_eq!(tree(&dist), map(&[("ios/", ""), ("ios/mail", "m"), ("manifest.json", "{}")]));
    assert!(at_rest(&dist));
    assert_eq!(fs::read(dist.join(".payloadc/.gitignore")).unwrap(), b"*\n");
}

#[test]
fn changes_every_sort() {
    let out = old_folder();
    let held = hold(out.path()).unwrap();
    held.commit(&every_sort()).unwrap();
    assert_eq!(tree(out.path()), map(NEW));
    assert!(at_rest(out.path()));
    held.commit(&Change::default()).unwrap();
    assert_eq!(tree(out.path()), map(NEW));
}

#[test]
fn what_is_right_is_not_touched() {
    let out = old_folder();
    let same = out.path().join("ios/same");
    let mail = out.path().join("ios/mail");
    let (old, _) = (age(&same), age(&mail));
    hold(out.path()).unwrap().commit(&every_sort()).unwrap();
    assert_eq!(modified(&same), old);
    assert_ne!(modified(&mail), old);
}

#[test]
fn removes_empty_folders_only() {
    let out = TempDir::new().unwrap();
    let held = hold(out.path()).unwrap();
    held.commit(&change(&[("a/b/ours", "1"), ("c/ours", "2"), ("top", "3")], &[])).unwrap();
    fs::write(out.path().join("a/theirs"), "t").unwrap();
    fs::create_dir(out.path().join("empty")).unwrap();
    held.commit(&change(&[], &["a/b/ours", "c/ours", "top"])).unwrap();
    assert_eq!(tree(out.path()), map(&[("a/", ""), ("a/theirs", "t"), ("empty/", "")]));
}

#[test]
fn a_new_name_that_differs_in_case_survives() {
    let out = TempDir::new().unwrap();
    let held = hold(out.path()).unwrap();
    held.commit(&change(&[("Mail", "m")], &[])).unwrap();
    held.commit(&change(&[("mail", "m")], &["Mail"])).unwrap();
    assert_eq!(tree(out.path()), map(&[("mail", "m")]));
}

#[test]
fn killed_before_the_journal_nothing_has_changed() {
    let out = old_folder();
    let held = hold(out.path()).unwrap();
    held.prepare(&every_sort()).unwrap();
    fs::rename(held.own("journal"), held.own("journal.new")).unwrap();
    drop(held);
    drop(hold(out.path()).unwrap());
    assert_eq!(tree(out.path()), map(OLD));
    assert!(at_rest(out.path()));
}

#[test]
fn killed_after_any_step_the_next_build_takes_it_back() {
    for count in 0..=6 {
        let out = old_folder();
        let held = hold(out.path()).unwrap();
        let old = age(&out.path().join("ios/mail"));
        let steps = held.prepare(&every_sort()).unwrap();
        assert_eq!(steps.len(), 6);
        assert_eq!(tree(out.path()), map(OLD));
        take(&held, &steps, count);
        drop(held);
        drop(hold(out.path()).unwrap());
        assert_eq!(tree(out.path()), map(OLD), "killed after {count} steps");
        assert_eq!(modified(&out.path().join("ios/mail")), old);
        assert!(at_rest(out.path()));
    }
}

#[test]
fn killed_while_taking_back_the_next_build_does_it_again() {
    let out = old_folder();
    let held = hold(out.path()).unwrap();
    let steps = held.prepare(&every_sort()).unwrap();
    held.apply(&steps).unwrap();
    assert_eq!(tree(out.path()), map(NEW));
    held.take_back(&steps).unwrap();
    drop(held);
    drop(hold(out.path()).unwrap());
    assert_eq!(tree(out.path()), map(OLD));
}

#[test]
fn killed_between_a_new_folder_and_its_file() {
    let out = old_folder();
    let held = hold(out.path()).unwrap();
    let steps = held.prepare(&change(&[("turns/into", "folder")], &["turns"])).unwrap();
    take(&held, &steps, 1);
    fs::create_dir(out.path().join("turns")).unwrap();
    drop(held);
    drop(hold(out.path()).unwrap());
    assert_eq!(tree(out.path()), map(OLD));
    assert!(at_rest(out.path()));
}

#[test]
fn a_failing_step_takes_the_others_back() {
    let out = old_folder();
    let held = hold(out.path()).unwrap();
    let steps = held.prepare(&every_sort()).unwrap();
    // Somebody makes a folder where the last file goes.
    fs::create_dir(out.path().join("manifest.json")).unwrap();
    said(held.apply(&steps), "manifest.json` is a folder");
    held.take_back(&steps).unwrap();
    fs::remove_dir(out.path().join("manifest.json")).unwrap();
    assert_eq!(tree(out.path()), map(OLD));
    held.commit(&every_sort()).unwrap();
    assert_eq!(tree(out.path()), map(NEW));
}

#[test]
fn a_failure_while_staging_changes_nothing() {
    let out = old_folder();
    let held = hold(out.path()).unwrap();
    fs::create_dir(out.path().join("z")).unwrap();
    let folder = "is a folder where a file is needed";
    said(held.commit(&change(&[("ios/mail", "new"), ("z", "1")], &["turns"])), folder);
    said(held.commit(&change(&[("ios/mail", "new")], &["z"])), folder);
    said(held.commit(&change(&[("foreign/below", "1")], &["turns"])), "foreign` is a file where a folder is needed");
    said(held.read("z"), "is a folder");
    fs::remove_dir(out.path().join("z")).unwrap();
    assert_eq!(tree(out.path()), map(OLD));
    assert!(at_rest(out.path()));
}

#[test]
fn a_damaged_journal_is_refused_with_its_name() {
    let out = old_folder();
    fs::write(out.path().join(".payloadc/journal"), "payloadc/journal/1\nnew 0 ../../x\nend 1\n").unwrap();
    said(hold(out.path()), "journal`, the journal of an interrupted build, is damaged in line 2");
    assert_eq!(tree(out.path()), map(OLD));
    fs::remove_file(out.path().join(".payloadc/journal")).unwrap();
    hold(out.path()).unwrap();
}

#[test]
fn the_second_build_waits() {
    let out = TempDir::new().unwrap();
    let held = hold(out.path()).unwrap();
    let (send, receive) = mpsc::channel();
    let path = out.path().to_owned();
    let second = std::thread::spawn(move || {
        let held = hold(&path).unwrap();
        send.send(held.read("a").unwrap()).unwrap();
    });
    assert!(receive.recv_timeout(Duration::from_millis(200)).is_err());
    held.commit(&change(&[("a", "first")], &[])).unwrap();
    drop(held);
    assert_eq!(receive.recv_timeout(Duration::from_secs(20)).unwrap(), Some(b"first".to_vec()));
    second.join().unwrap();
}

#[test]
fn a_file_is_no_output_folder() {
    let out = TempDir::new().unwrap();
    let path = out.path().join("file");
    fs::write(&path, "").unwrap();
    said(hold(&path), "cannot create the folder");
    fs::write(out.path().join(OWN), "").unwrap();
    said(hold(out.path()), "is not a folder");
}

#[test]
fn a_folder_is_ours_from_the_first_build_on() {
    let base = TempDir::new().unwrap();
    let dist = base.path().join("dist");
    let refused = || refuse(&dist, base.path(), Some(Path::new("")), &[]);
    assert_eq!(refused(), Ok(()));
    let held = hold(&dist).unwrap();
    assert_eq!(refused(), Ok(()));
    let steps = held.prepare(&change(&[("a", "1"), ("manifest.json", "{}")], &[])).unwrap();
    take(&held, &steps, 1);
    drop(held);
    assert_eq!(refused(), Ok(()), "killed between the first artifact and the manifest");
    let held = hold(&dist).unwrap();
    assert!(tree(&dist).is_empty());
    held.commit(&change(&[("a", "1")], &[])).unwrap();
    assert!(refused().unwrap_err().contains("is not empty"));
}
