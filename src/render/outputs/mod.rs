//! The files that every site has, beside its pages.

pub mod calendar;
mod feed;
mod files;

pub use feed::feed;
pub use files::{header_paths, own, policy};
