//! Checks of what is put out, as opposed to what was written.

pub mod dom;
mod external;
mod fragments;
mod gated;
mod hosts;
mod ignore;
pub mod links;
pub mod lints;
mod lost;
mod places;

pub use external::{Verdict, external, is_asked};
pub use fragments::{Found, Fragments};
pub use gated::{Guard, gated};
pub use hosts::hosts;
pub use ignore::{ignored, ignored_strictly};
pub use lints::{Audit, External};
pub use lost::{addresses, fewer, lost};
