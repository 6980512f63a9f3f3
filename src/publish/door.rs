//! The two ways into a host: [`Store`] takes a site file by file, [`Deploy`] takes it as a whole.

use super::claim;
use super::output::Output;
use super::targets::Lock;
use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::time::Duration;

/// What stands in the way at a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Throttled, broken off or failed over there: the same again may work.
    Again,
    /// The credentials are missing, wrong or not enough.
    Denied,
    /// There is no such object, bucket, folder or host.
    Missing,
    /// Somebody else was faster: a condition of the request does not hold.
    Conflict,
    /// The target or a quota is full.
    Full,
    /// Anything else that another try would not change.
    Other,
}

/// Why a target did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What stands in the way.
    pub trouble: Trouble,
    /// What to say. Never holds a credential.
    pub message: String,
    /// How long the target asks to wait (`Retry-After`).
    pub after: Option<Duration>,
}

impl Error {
    /// An error.
    pub fn new(trouble: Trouble, message: impl Into<String>) -> Error {
        Error { trouble, message: message.into(), after: None }
    }

    /// The same again may work.
    pub fn again(message: impl Into<String>) -> Error {
        Error::new(Trouble::Again, message)
    }

    /// Another try would not change it.
    pub fn other(message: impl Into<String>) -> Error {
        Error::new(Trouble::Other, message)
    }

    /// The same error, of something: `index.html: …`.
    pub fn of(self, what: &str) -> Error {
        Error { message: format!("`{what}`: {}", self.message), ..self }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// What a host is told of a file beside its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// `Content-Type`.
    pub content_type: &'static str,
    /// `Cache-Control`; empty for none.
    pub cache_control: String,
    /// `Content-Encoding` of the bytes.
    pub encoding: Option<&'static str>,
}

/// The bytes of an object.
#[derive(Clone, Copy, Debug)]
pub enum Bytes<'a> {
    /// In memory.
    Here(&'a [u8]),
    /// A file of this length.
    File(&'a Path, u64),
}

/// On what condition an object is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When<'a> {
    /// In any case.
    Always,
    /// If there is none yet.
    Absent,
    /// If it is this version of it still.
    Is(&'a str),
}

/// An object that was read.
#[derive(Clone, Debug)]
pub struct Object {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What tells this version from others, where the store says it.
    pub version: Option<String>,
}

/// A host that takes a site file by file. Keys are paths of the output: no slash in front, `/` between, below the target's
/// own folder or prefix. Every call is complete when it returns, and may be made again; calls are made from several threads.
pub trait Store: Send + Sync {
    /// How this store keeps two publishers apart.
    fn lock(&self) -> Lock;

    /// Reads an object; none if there is none.
    fn get(&self, key: &str) -> Result<Option<Object>, Error>;

    /// Puts an object: readers see the old bytes or the new ones, never a part. Gives its version, where the store says it.
    fn put(&self, key: &str, bytes: Bytes<'_>, meta: &Metadata, when: When<'_>) -> Result<Option<String>, Error>;

    /// Removes objects; those that are not there are as good as removed.
    fn delete(&self, keys: &[String]) -> Result<(), Error>;

    /// The keys below a prefix that ends in `/`, or of everything.
    fn list(&self, prefix: &str) -> Result<Vec<String>, Error>;

    /// Removes what broken calls have left beside the site. Called while nobody else publishes.
    fn tidy(&self) -> Result<(), Error> {
        Ok(())
    }

    /// Copies an object over there, with its metadata; whether it was there.
    fn copy(&self, _from: &str, _to: &str) -> Result<bool, Error> {
        Err(Error::other("the target cannot copy"))
    }
}

/// What a deployment changes, as far as the host lets that be known beforehand.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// Paths whose bytes the host does not have.
    pub send: Vec<String>,
    /// Paths that are no longer in the site; none where the host does not say what it has.
    pub delete: Option<Vec<String>>,
    /// How many files stay as they are.
    pub unchanged: usize,
    /// Whether it has an address of its own, and what readers are shown stays.
    pub apart: bool,
    /// Anything to say beside it.
    pub notes: Vec<String>,
}

/// A deployment that is made.
#[derive(Clone, Debug, Default)]
pub struct Deployed {
    /// The address that the host gave it.
    pub url: Option<String>,
    /// How many files were sent.
    pub sent: usize,
    /// Anything to say beside it.
    pub notes: Vec<String>,
}

/// A host that takes a whole site by an interface of its own, and shows it as one.
pub trait Deploy: Send + Sync {
    /// What a deployment would change. Changes nothing at the host.
    fn compare(&self, output: &Output) -> Result<Comparison, Error>;

    /// Makes the deployment that [`compare`](Deploy::compare) spoke of.
    fn deploy(&self, output: &Output, comparison: &Comparison) -> Result<Deployed, Error>;

    /// The names of all files that readers are shown; none where the host does not say them at little cost.
    fn shown(&self) -> Result<Option<BTreeSet<String>>, Error> {
        Ok(None)
    }

    /// Goes back to the deployment before this one.
    fn rollback(&self) -> Result<Deployed, Error> {
        Err(Error::other("the target keeps no earlier deployment"))
    }
}

/// An open target.
pub enum Door {
    /// File by file.
    Store(Box<dyn Store>),
    /// As a whole.
    Deploy(Box<dyn Deploy>),
}

impl Door {
    /// The names of all files that readers are shown, as the last run that finished left them; none where the host does not
    /// say them at little cost.
    pub fn shown(&self) -> Result<Option<BTreeSet<String>>, Error> {
        match self {
            Door::Store(store) => Ok(Some(claim::look(&**store)?.published.files.into_keys().collect())),
            Door::Deploy(deploy) => deploy.shown(),
        }
    }
}
