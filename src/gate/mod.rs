//! Gates: how a magnet's file is withheld and unlocked.
//!
//! | gate | promise |
//! |---|---|
//! | `encrypted` | unreadable without the e-mailed link |
//! | `open` | none: the file is linked on the thank-you page |

pub mod keys;
pub mod seal;

/// The epoch of all links. Rotating the keys of a magnet will raise it.
pub const EPOCH: u32 = 1;

/// How a magnet is withheld.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gate {
    /// Sealed; the key is in the fragment of the e-mailed link.
    Encrypted,
    /// Published as it is.
    Open,
}

impl Gate {
    /// The gates by name.
    pub const NAMES: [(&'static str, Gate); 2] = [("encrypted", Gate::Encrypted), ("open", Gate::Open)];

    /// Its name.
    pub fn name(self) -> &'static str {
        Gate::NAMES.iter().find(|(_, g)| *g == self).map_or("", |(name, _)| name)
    }
}
