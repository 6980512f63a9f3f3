//! Share: posts that lead back to the page that asks for the address. docs/share.md describes it.

pub mod cards;
mod cut;
pub mod extract;
pub mod gallery;
pub mod lint;
mod points;
mod scores;
mod sentences;
mod snippet;
mod variants;

pub use crate::networks::LinkPlace;
pub use cards::Card;
pub use extract::Slot;
pub use snippet::{Posts, Snippet, all_posts, each, posts, snippets};
pub use variants::{Origin, Task, Variant, Variants, articles, has_form, magnet, tag};
