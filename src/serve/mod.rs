//! `hub serve`: the site on the author's machine, each page rendered when it is asked for, and again when a file changes.
//!
//! files → `watch` → [`engine`] (one state after the other) → `view` (a page of a state, as a browser gets it) → `http`, with
//! `live` telling open pages what changed, and `survey` looking at all pages when nothing else is to be done.

pub mod engine;
mod http;
mod live;
mod outgoing;
mod overlay;
mod respond;
mod survey;
mod view;
mod watch;

pub use engine::{Changed, Engine, State};
pub use http::{Options, Say, Server};
pub use overlay::spans;
pub use view::View;

use crate::content::Before;
use crate::files::Files;
use crate::gate::Secrets;
use crate::project::Settings;
use crate::source::RelPath;
use std::path::Path;
use std::sync::Arc;

/// The site that is served: where its files, its settings and its secret come from.
pub trait Source: Send {
    /// The folder of `site.toml`.
    fn root(&self) -> &Path;
    /// Its files as they are now.
    fn files(&self) -> Arc<dyn Files + Send + Sync>;
    /// What is said about it beside `site.toml`; the clock is read anew.
    fn settings(&self) -> Settings;
    /// Its secret; one is made if there is none and `needed` says so.
    fn secrets(&self, needed: bool) -> Option<Secrets>;
    /// What an earlier build left.
    fn before(&self) -> Before {
        Before::default()
    }
    /// Whether a path is that of a folder now.
    fn is_folder(&self, path: &RelPath) -> bool {
        self.root().join(path.as_str()).is_dir()
    }
}
