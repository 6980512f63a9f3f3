//! Names this build by its sources, so that caches of another build are never read, and builds again when the built-in
//! theme or the starter site change.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

fn main() {
    let mut hasher = DefaultHasher::new();
    for dir in ["src", "themes/plain", "starter"] {
        println!("cargo:rerun-if-changed={dir}");
        add(Path::new(dir), &mut hasher);
    }
    println!("cargo:rustc-env=HUB_BUILD={:016x}", hasher.finish());
}

fn add(path: &Path, hasher: &mut DefaultHasher) {
    let Ok(entries) = std::fs::read_dir(path) else {
        return std::fs::read(path).unwrap_or_default().hash(hasher);
    };
    let mut paths: Vec<_> = entries.flatten().map(|e| e.path()).collect();
    paths.sort();
    for path in paths {
        path.hash(hasher);
        add(&path, hasher);
    }
}
