//! The files that every site has, beside its pages.

mod feed;
mod files;

pub use feed::feed;
pub use files::{header_paths, own, policy};
