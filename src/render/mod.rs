//! Snapshot → Page: the one door to bytes.

mod ask;
mod body;
pub mod cache;
mod functions;
mod kinds;
mod metadata;
pub mod outputs;
mod page;
pub mod picture;
mod scan;
mod snapshot;
mod templates;
mod view;

pub use cache::Cache;
pub use page::{Bytes, Page, identity};
pub use snapshot::{Size, Snapshot};
