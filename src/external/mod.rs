//! Asking other sites whether what this one links to is there: politely, in parallel over hosts, and not again for some days.

mod fetch;
mod memory;
mod queue;

pub use fetch::Web;
pub use memory::Memory;
pub use queue::{Counts, ask};

use crate::check::Verdict;
use std::time::{Duration, Instant};

/// Time, as the commands have it.
#[derive(Clone, Copy)]
pub struct Clock {
    /// The moment, for pauses.
    pub now: fn() -> Instant,
    /// Seconds since 1970, for what a server says and for what is remembered.
    pub today: i64,
}

/// What one request came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// That is it.
    Final(Verdict),
    /// It is at another address, for good or for now.
    Elsewhere(String, bool),
    /// Another method may say more: some servers do not know `HEAD`.
    AskFully,
    /// Not now: the pause that the server asks for, if it does.
    Later(String, Option<Duration>),
    /// Nobody answered.
    Silent(String),
    /// The name has no address.
    NoHost,
}

/// Something that can be asked. Tests put their own in its place.
pub trait Ask: Sync {
    /// Asks once; `fully` reads the page, `part` is the id that is looked for in it.
    fn ask(&self, url: &str, fully: bool, part: Option<&str>) -> Answer;
}
