//! Share: posts that lead back to the page that asks for the address. docs/share.md and docs/calendar.md describe it.

mod board;
pub mod calendar;
pub mod cards;
mod cut;
pub mod exports;
pub mod extract;
pub mod gallery;
pub mod ledger;
pub mod lint;
mod phrases;
pub mod plan;
mod points;
pub mod rules;
mod scores;
mod sentences;
mod snippet;
pub mod subjects;
mod variants;

pub use crate::networks::LinkPlace;
pub use cards::Card;
pub use extract::Slot;
pub use plan::{Calendar, Post, State, Step, Subject, plan};
pub use snippet::{Posts, Snippet, all_posts, each, posts, snippets};
pub use variants::{Memory, Origin, Task, Variant, Variants, articles, has_form, listen_again, magnet, tag};
