//! Checks of what is put out, as opposed to what was written.

mod fragments;
mod gated;
mod hosts;
mod links;

pub use fragments::{Found, Fragments};
pub use gated::{Guard, gated};
pub use hosts::hosts;
pub use links::links;
