//! Gates: how a magnet is withheld and unlocked.
//!
//! | gate | promise |
//! |---|---|
//! | `encrypted` | unreadable without the e-mailed link |
//! | `unlisted` | hidden, not protected: an address that nobody guesses |
//! | `leads` | served to each lead by a link of their own; not put out at all |
//! | `open` | none: the file is linked on the thank-you page |

pub mod epochs;
pub mod keys;
pub mod open;
pub mod seal;

pub use epochs::{Epochs, Gates};
pub use keys::{Links, Secrets};

/// How a magnet is withheld.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gate {
    /// Sealed; the key is in the fragment of the e-mailed link.
    Encrypted,
    /// Published at an address that nobody guesses.
    Unlisted,
    /// Not published: a server hands it to those who have a signed link.
    Leads,
    /// Published as it is.
    Open,
}

impl Gate {
    /// The gates by name.
    pub const NAMES: [(&'static str, Gate); 4] =
        [("encrypted", Gate::Encrypted), ("unlisted", Gate::Unlisted), ("leads", Gate::Leads), ("open", Gate::Open)];

    /// Its name.
    pub fn name(self) -> &'static str {
        Gate::NAMES.iter().find(|(_, g)| *g == self).map_or("", |(name, _)| name)
    }

    /// Whether the file's bytes must stand nowhere in the output.
    pub fn withholds(self) -> bool {
        matches!(self, Gate::Encrypted | Gate::Leads)
    }
}
