//! Output → disk: staged, verified, then synced; and from there to the hosts that `site.toml` names.

pub mod after;
pub mod claim;
mod credentials;
pub mod disk;
pub mod door;
mod each;
mod headers;
pub mod http;
pub mod index;
pub mod journal;
mod known;
mod manifest;
mod mine;
mod moving;
mod output;
pub mod plan;
pub mod push;
pub mod targets;

pub use disk::{Changes, Disk, Item, Staged};
pub use each::each;
pub use known::Known;
pub use manifest::{Manifest, Record};
pub use output::{Differing, Output, OutputFile};
