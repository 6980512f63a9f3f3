//! Checks of what is put out, as opposed to what was written.

mod gated;
mod links;

pub use gated::gated;
pub use links::links;
