//! Share: posts that lead back to the page that asks for the address.

mod snippet;

pub use snippet::{LinkPlace, Snippet, snippets};
