//! The preview inbox: one file for each lead, below `.hub/inbox`.

use crate::store;
use jiff::Timestamp;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

/// A field as it was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name, as the provider knows it.
    pub name: String,
    /// Our name for it; empty if it is the provider's own.
    #[serde(default)]
    pub ours: String,
    /// What it held.
    pub value: String,
}

/// How a form was answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answered {
    /// It was taken.
    #[default]
    Taken,
    /// The trap was filled in: providers drop it, and answer as if it were taken.
    Trapped,
    /// It was refused: something in it is wrong.
    Refused,
    /// There were too many.
    Busy,
    /// The provider had a bad moment.
    Failed,
}

impl Answered {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Answered::Taken => "taken",
            Answered::Trapped => "trapped",
            Answered::Refused => "refused",
            Answered::Busy => "busy",
            Answered::Failed => "failed",
        }
    }
}

/// A form that was sent in preview.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Lead {
    /// Its name in the inbox; later ones sort after earlier ones.
    pub id: String,
    /// When it came.
    pub at: Timestamp,
    /// The form's name; empty for a form that the site does not declare.
    pub form: String,
    /// What the form was then: its test counts as long as it is the same.
    pub form_digest: String,
    /// The provider's name; of a form that the site does not declare, the host that it is sent to.
    pub provider: String,
    /// The magnet's name; empty if the form is none's.
    pub magnet: String,
    /// The page that it was sent from; empty if the browser does not say.
    pub page: String,
    /// Whether a script sent it.
    pub script: bool,
    /// What was sent, in order.
    pub fields: Vec<Entry>,
    /// The consent that was shown under the button.
    pub consent: String,
    /// The boxes of the form: what each says, and whether it was ticked.
    pub boxes: Vec<(String, bool)>,
    /// How it was answered.
    pub answered: Answered,
}

impl Lead {
    /// The value of a field, by our name for it.
    pub fn get(&self, ours: &str) -> Option<&str> {
        self.fields.iter().find(|e| e.ours == ours).map(|e| &*e.value)
    }

    /// Whether somebody would have it now.
    pub fn counts(&self) -> bool {
        self.answered == Answered::Taken
    }
}

/// The leads of the preview, in a folder of files.
#[derive(Debug)]
pub struct Inbox {
    dir: PathBuf,
    known: Mutex<FxHashMap<String, Arc<Lead>>>,
    /// What the next form is answered with.
    next: Mutex<Option<Answered>>,
    /// The millisecond that the last lead is named after: names are as ordered as what they name.
    last: AtomicI64,
}

impl Inbox {
    /// Opens the inbox of a folder, which is made if it is not there; only its owner can read it.
    pub fn open(dir: &Path) -> io::Result<Inbox> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(dir)?;
        // Addresses of people do not belong into a repository.
        let ignore = dir.join(".gitignore");
        if !ignore.exists() {
            store::replace(&ignore, b"*\n")?;
        }
        Ok(Inbox { dir: dir.to_path_buf(), known: Mutex::default(), next: Mutex::default(), last: AtomicI64::new(0) })
    }

    /// Keeps a lead, which gets its name here. It is on the disk when this returns.
    pub fn receive(&self, mut lead: Lead) -> io::Result<Arc<Lead>> {
        let mut random = [0; 4];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let at = lead.at.as_millisecond().max(0);
        let before = self.last.fetch_update(Relaxed, Relaxed, |last| Some(at.max(last + 1)));
        let at = at.max(before.unwrap_or(0) + 1);
        lead.id = format!("{at:013}-{:08x}", u32::from_le_bytes(random));
        let bytes = serde_json::to_vec_pretty(&lead).map_err(io::Error::other)?;
        store::replace_for_good(&self.file(&lead.id), &bytes)?;
        let lead = Arc::new(lead);
        if let Ok(mut known) = self.known.lock() {
            known.insert(lead.id.clone(), lead.clone());
        }
        Ok(lead)
    }

    fn file(&self, id: &str) -> PathBuf {
        self.dir.join(format!("{id}.json"))
    }

    /// All leads, newest first. Files that are none are left alone.
    pub fn all(&self) -> io::Result<Vec<Arc<Lead>>> {
        let mut names: Vec<String> = Vec::new();
        for entry in std::fs::read_dir(&self.dir)? {
            let name = entry?.file_name();
            let id = name.to_str().and_then(|n| n.strip_suffix(".json")).filter(|id| is_id(id));
            names.extend(id.map(str::to_string));
        }
        names.sort_unstable_by(|a, b| b.cmp(a));
        let mut known = self.known.lock().map_err(|_| io::Error::other("the inbox was left in the middle"))?;
        let mut out = Vec::with_capacity(names.len());
        for id in names {
            let lead = match known.get(&id) {
                Some(lead) => Some(lead.clone()),
                None => std::fs::read(self.file(&id)).ok().and_then(|bytes| {
                    let lead: Lead = serde_json::from_slice(&bytes).ok()?;
                    Some(Arc::new(Lead { id: id.clone(), ..lead }))
                }),
            };
            out.extend(lead);
        }
        *known = out.iter().map(|lead| (lead.id.clone(), lead.clone())).collect();
        Ok(out)
    }

    /// Forgets a lead, for good. Whether it was there.
    pub fn forget(&self, id: &str) -> io::Result<bool> {
        if !is_id(id) {
            return Ok(false);
        }
        match std::fs::remove_file(self.file(id)) {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// What the next form is answered with; none: as its provider would.
    pub fn answer_next(&self, with: Option<Answered>) {
        if let Ok(mut next) = self.next.lock() {
            *next = with;
        }
    }

    /// What was asked for the next form, which stays asked.
    pub fn asked(&self) -> Option<Answered> {
        self.next.lock().ok().and_then(|next| *next)
    }

    /// What was asked for the next form, which is this one.
    pub fn take_asked(&self) -> Option<Answered> {
        self.next.lock().ok().and_then(|mut next| next.take())
    }
}

/// Whether a name is one that [`Inbox::receive`] gives.
fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 40 && id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}
