//! Cards of snippets, in the sizes of their networks: which there are, and drawing those that changed.

use super::{Origin, Slot, Variant};
use crate::cards::Format;
use crate::content::Id;
use crate::diag::{Diagnostics, Parsed};
use crate::digest::Digest;
use crate::render::Snapshot;
use crate::render::cards::Sheet;
use crate::site::Subject;
use crate::store;
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// A card of a snippet.
#[derive(Clone, Debug)]
pub struct Card {
    /// Where it lies below `social/`.
    pub path: String,
    subject: Subject,
    quote: Option<Arc<str>>,
    format: Format,
}

impl Card {
    fn sheet(&self) -> Sheet<'_> {
        Sheet { subject: self.subject, quote: self.quote.as_deref(), format: &self.format }
    }
}

/// The longest words that stand on a card of their own, in characters: more would be too small to be read on a phone.
const LONGEST: usize = 300;

/// The cards of a variant: whose they are, and one for each size that was asked for.
pub(super) struct Cards {
    owner: String,
    subject: Subject,
    quote: Option<Arc<str>>,
    /// Whether other variants of the article have the same.
    shared: bool,
    paths: Vec<((u32, u32), String)>,
    /// What they say to those who do not see them.
    pub alt: Arc<str>,
}

impl Cards {
    /// Those of a variant of an article; `article` and `variant` are names as they stand in addresses. One that asks shows
    /// the magnet; a quote or a marked passage shows its words; others show the article's title.
    pub(super) fn new(
        site: &Snapshot,
        id: Id,
        article: &str,
        variant: &Variant,
        slug: &str,
        asks: Option<Id>,
    ) -> Cards {
        let words = variant.origin == Origin::Marked || &*variant.name == Slot::Quote.name();
        let short = variant.text.chars().count() <= LONGEST;
        let quote = (words && short && asks.is_none()).then(|| Arc::from(variant.text.trim()));
        let magnet = asks.and_then(|m| site.plan.magnet(m));
        let (owner, subject) = match (&quote, magnet) {
            (_, Some(magnet)) => (format!("magnets/{}/", crate::text::slug(&magnet.name)), magnet.id),
            (Some(_), None) => (format!("{article}/{slug}-"), id),
            (None, None) => (format!("{article}/"), id),
        };
        let subject = Subject::Text(subject);
        let sheet = Sheet { quote: quote.as_deref(), ..Sheet::preview(subject) };
        let alt = site.card_alt(&sheet).into();
        Cards { owner, subject, shared: quote.is_none(), quote, paths: Vec::new(), alt }
    }

    /// The path of the card of a size; a card that is not yet among `cards` is added there.
    pub(super) fn path(&mut self, size: (u32, u32), cards: &mut Vec<Card>) -> String {
        if let Some((_, path)) = self.paths.iter().find(|(s, _)| *s == size) {
            return path.clone();
        }
        let format = Format::sized(size);
        let path = format!("cards/{}{}.png", self.owner, format.name);
        if !self.shared || cards.iter().all(|c| c.path != path) {
            let (subject, quote) = (self.subject, self.quote.clone());
            cards.push(Card { path: path.clone(), subject, quote, format });
        }
        self.paths.push((size, path.clone()));
        path
    }
}

const FORMAT: &str = concat!("hub cards ", env!("HUB_BUILD"), "\n");

/// What is remembered of a card that was drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    /// The digest of all that it was drawn from.
    key: Digest,
    /// Its bytes.
    digest: Digest,
    /// Whether something was found: it is about a place in a text, which may move, so it is looked for again.
    found: bool,
}

/// What is remembered of the cards that were drawn, by their paths.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawn(BTreeMap<String, Record>);

impl Drawn {
    /// Reads what was remembered; a damaged file is as good as none.
    pub fn open(path: &Path) -> Drawn {
        store::open(path, FORMAT).ok().flatten().unwrap_or_default()
    }

    /// Remembers it.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        store::save(path, FORMAT, self)
    }
}

/// How drawing ended.
#[derive(Debug)]
pub struct Sheets<T> {
    /// Each card that there is, as it was put away.
    pub files: Vec<T>,
    /// Their paths, below `social/`.
    pub paths: FxHashSet<String>,
    /// How many were drawn now.
    pub drawn: usize,
    /// What is remembered of them.
    pub after: Drawn,
    /// What was found.
    pub diags: Diagnostics,
}

/// Draws the cards that are new or changed, on all cores. `has` says whether the file of a path still holds bytes of that
/// digest, `put` takes new bytes. A site that draws no cards has none.
pub fn draw<T: Send>(
    site: &Arc<Snapshot>,
    cards: Vec<Card>,
    before: &Drawn,
    has: impl Fn(&str, Digest) -> Option<T> + Sync,
    put: impl Fn(&str, &[u8], Digest) -> io::Result<T> + Sync,
) -> io::Result<Sheets<T>> {
    let cards = once(cards);
    let one = |card: &Card| {
        let Some(key) = site.card_key(&card.sheet()) else { return Ok(None) };
        if let Some(record) = before.0.get(&card.path).filter(|r| r.key == key)
            && let Some(file) = has(&card.path, record.digest)
        {
            let diags = if record.found { look_at(site, card) } else { Diagnostics::default() };
            return Ok(Some((Some((file, *record)), false, diags)));
        }
        let Parsed { value: bytes, diags } = site.draw(&card.sheet(), &below_social(card));
        if bytes.is_empty() {
            return Ok(Some((None, true, diags)));
        }
        let record = Record { key, digest: Digest::of(&bytes), found: !diags.0.is_empty() };
        Ok(Some((Some((put(&card.path, &bytes, record.digest)?, record)), true, diags)))
    };
    let done: Vec<_> = cards.par_iter().map(one).collect::<io::Result<_>>()?;
    let mut sheets = Sheets {
        files: Vec::new(),
        paths: FxHashSet::default(),
        drawn: 0,
        after: Drawn::default(),
        diags: Diagnostics::default(),
    };
    for (card, done) in cards.into_iter().zip(done) {
        let Some((file, drawn, diags)) = done else { continue };
        sheets.drawn += usize::from(drawn);
        if let Some((file, record)) = file {
            sheets.files.push(file);
            sheets.after.0.insert(card.path.clone(), record);
            sheets.paths.insert(card.path);
        }
        sheets.diags.extend(diags);
    }
    Ok(sheets)
}

/// What is wrong with cards, without drawing them: where nothing will be published, pictures would be drawn in vain.
pub fn look(site: &Arc<Snapshot>, cards: Vec<Card>) -> Diagnostics {
    let found: Vec<Diagnostics> = once(cards).par_iter().map(|card| look_at(site, card)).collect();
    let mut diags = Diagnostics::default();
    found.into_iter().for_each(|one| diags.extend(one));
    diags
}

fn look_at(site: &Arc<Snapshot>, card: &Card) -> Diagnostics {
    site.look(&card.sheet(), &below_social(card))
}

fn below_social(card: &Card) -> String {
    format!("social/{}", card.path)
}

/// Each card once: articles share the cards of a magnet.
fn once(mut cards: Vec<Card>) -> Vec<Card> {
    let mut known = FxHashSet::default();
    cards.retain(|card| known.insert(card.path.clone()));
    cards
}
