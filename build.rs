//! Turns `schemas/` into statics: no YAML of ours is read at run time, and a mistake in a schema file stops the build.
//!
//! It shares its reader with the compiler: the spanned YAML tree of `compiler/source` and the strict loader of
//! `compiler/schema/load`.
#![allow(
    dead_code,
    unused_imports,
    clippy::disallowed_methods,
    reason = "the shared rooms hold more than the build script needs"
)]

#[path = "compiler/catalog/mod.rs"]
mod catalog;
#[path = "compiler/schema/load/mod.rs"]
mod load;
#[path = "compiler/schema/mod.rs"]
mod schema;
#[path = "compiler/source/mod.rs"]
mod source;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("schemas");
    let mut files = load::Files::new();
    collect(&root, &root, &mut files)?;
    for folder in ["schemas", "compiler/source", "compiler/schema", "compiler/catalog", "build.rs"] {
        println!("cargo::rerun-if-changed={folder}");
    }
    match load::load(&files) {
        Ok((schemas, vendor, _)) => {
            let out = PathBuf::from(env::var("OUT_DIR")?).join("schemas.rs");
            fs::write(out, load::emit::statics(&schemas, &vendor))?;
        }
        Err(mistake) => println!("cargo::error={mistake}"),
    }
    Ok(())
}

fn collect(root: &Path, folder: &Path, files: &mut load::Files) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "tsv") {
            let relative = path.strip_prefix(root)?.components().map(|part| part.as_os_str().to_string_lossy());
            files.insert(relative.collect::<Vec<_>>().join("/"), fs::read_to_string(&path)?);
        }
    }
    Ok(())
}
