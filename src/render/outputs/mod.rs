//! The files that every site has, beside its pages.

pub mod calendar;
mod feed;
mod files;
mod qr;

pub(super) use feed::absolutize;
pub use feed::feed;
pub use files::{header_paths, own, policy};
pub use qr::{png, svg};
