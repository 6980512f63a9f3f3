//! What a target shows, as this machine knows it from its own last publishing: `.hub/published/`. Targets with a manifest know
//! better; this is for those that keep none, and for a look without the network.

use super::index::name_of;
use super::output::Output;
use crate::digest::Hasher;
use crate::store;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// The files that were published at a target the last time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Whether readers are shown them; of a draft or a branch of its own they are not.
    pub shown: bool,
    /// The files, by their names in a manifest.
    pub names: BTreeSet<String>,
}

/// Changes only when what is kept changes its shape: it outlives versions of hub.
const FORMAT: &str = "hub published 1\n";

/// Each target of each environment has a file of its own.
fn place(hub: &Path, env: &str, target: &str) -> PathBuf {
    // Both names are the author's; a digest of them is a name on every system.
    let name = Hasher::new("published").text(env).text(target).finish();
    hub.join("published").join(format!("{name:?}"))
}

impl Known {
    /// The files of an output.
    pub fn of(output: &Output, shown: bool) -> Known {
        Known { shown, names: output.files.iter().map(|file| name_of(&file.path)).collect() }
    }

    /// What is known of a target of an environment; none if nothing was published from here. A file that cannot be read is
    /// none, too.
    pub fn recall(hub: &Path, env: &str, target: &str) -> Option<Known> {
        store::open(&place(hub, env, target), FORMAT).ok()?
    }

    /// Keeps it.
    pub fn remember(&self, hub: &Path, env: &str, target: &str) -> io::Result<()> {
        std::fs::create_dir_all(hub.join("published"))?;
        store::save(&place(hub, env, target), FORMAT, self)
    }

    /// Nothing is known of the target any more.
    pub fn forget(hub: &Path, env: &str, target: &str) -> io::Result<()> {
        store::remove(&place(hub, env, target))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_target_of_each_environment_is_known_apart() {
        let dir = tempfile::tempdir().expect("a folder");
        let known = Known { shown: true, names: ["index.html".to_string()].into() };
        known.remember(dir.path(), "production", "prod").expect("written");
        assert_eq!(Known::recall(dir.path(), "production", "prod"), Some(known));
        assert_eq!(Known::recall(dir.path(), "preview", "prod"), None);
        assert_eq!(Known::recall(dir.path(), "production", "other"), None);
        std::fs::write(place(dir.path(), "production", "prod"), "damaged").expect("written");
        assert_eq!(Known::recall(dir.path(), "production", "prod"), None);
        Known::forget(dir.path(), "production", "prod").expect("removed");
        Known::forget(dir.path(), "production", "prod").expect("gone already");
    }
}
