//! Output → disk: staged, verified, then synced.

pub mod disk;
mod manifest;

pub use disk::{Changes, Disk, Staged};
pub use manifest::{Manifest, Record};
