//! Share: posts that lead back to the page that asks for the address.

mod snippet;

pub use crate::networks::LinkPlace;
pub use snippet::{Snippet, snippets};
