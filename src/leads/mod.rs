//! Leads on the author's desk: in preview every form is sent here, whatever its provider, and answered as that provider would.

mod inbox;
mod redirect;

pub use inbox::{Answered, Entry, Inbox, Lead};
pub use redirect::redirect_forms;

/// The path below which forms are sent in preview: `/_hub/inbox/FORM/MAGNET`.
pub const INBOX: &str = "/_hub/inbox";
