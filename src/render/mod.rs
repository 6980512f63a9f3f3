//! Snapshot → Page: the one door to bytes.

mod ask;
mod body;
pub mod cache;
pub mod cards;
mod embed;
mod form;
mod functions;
mod gated;
mod go;
mod kinds;
mod letter;
mod metadata;
mod offers;
pub mod outputs;
mod page;
mod partial;
mod patch;
pub mod picture;
mod scan;
mod snapshot;
mod templates;
mod view;

pub use cache::Cache;
pub use embed::Embed;
pub use gated::SealedPart;
pub use page::{Bytes, Page, identity};
pub use snapshot::{Size, Snapshot};
