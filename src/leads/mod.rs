//! Leads on the author's desk: in preview every form is sent here, whatever its provider, and answered as that provider would.

pub mod body;
pub mod csv;
mod inbox;
mod letter;
mod receive;
mod redirect;
mod sealed;

pub use inbox::{Answered, Entry, Inbox, Lead};
pub use letter::{Letter, letter};
pub use receive::{Answer, ON_DEMAND, Sent, digest, local, receive, thanks};
pub use redirect::{BY_SCRIPT, address, redirect_forms};

/// The path below which forms are sent in preview: `/_hub/inbox/FORM/MAGNET`.
pub const INBOX: &str = "/_hub/inbox";
