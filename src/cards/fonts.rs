//! Fonts: those of the theme and of the site, never those of the machine.

use crate::digest::{Digest, Hasher};
use harfrust::{FontRef, ShaperData};
use skrifa::MetadataProvider as _;
use skrifa::string::StringId;
use std::sync::Arc;
use unicode_segmentation::UnicodeSegmentation as _;

/// A font: one family in one weight.
pub struct Face {
    /// The name of its family.
    pub family: String,
    /// 100 to 900.
    pub weight: u16,
    /// Units of the outlines in an em.
    pub units: f32,
    pub(super) bytes: Arc<[u8]>,
    pub(super) shaper: ShaperData,
    /// The characters that it has, in order.
    has: Vec<u32>,
}

impl Face {
    /// Reads a font in TrueType or OpenType form; of a collection, the first.
    pub fn read(bytes: Arc<[u8]>) -> Option<Face> {
        let font = skrifa::FontRef::from_index(&bytes, 0).ok()?;
        let name = |id| font.localized_strings(id).english_or_first().map(|n| n.to_string());
        let family = name(StringId::TYPOGRAPHIC_FAMILY_NAME).or_else(|| name(StringId::FAMILY_NAME))?;
        let metrics = font.metrics(skrifa::instance::Size::unscaled(), skrifa::instance::LocationRef::default());
        let weight = font.attributes().weight.value().round() as u16;
        let mut has: Vec<u32> = font.charmap().mappings().map(|(c, _)| c).collect();
        has.sort_unstable();
        let shaper = ShaperData::new(&FontRef::from_index(&bytes, 0).ok()?);
        let units = f32::from(metrics.units_per_em);
        (units > 0.0).then(|| Face { family, weight, units, shaper, has, bytes: bytes.clone() })
    }

    /// Whether it has every character of a grapheme that is drawn at all.
    pub fn covers(&self, grapheme: &str) -> bool {
        grapheme.chars().all(|c| ignorable(c) || self.has.binary_search(&u32::from(c)).is_ok())
    }

    pub(super) fn font(&self) -> Option<FontRef<'_>> {
        FontRef::from_index(&self.bytes, 0).ok()
    }
}

/// Characters without a glyph of their own: joiners, marks of direction, selectors of a form, spaces
/// (Unicode, `Default_Ignorable_Code_Point` and `White_Space`).
fn ignorable(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(u32::from(c), 0xAD | 0x34F | 0x61C | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0xFE00..=0xFE0F | 0xFEFF)
}

/// All fonts that cards are drawn with, in the order in which they stand in for each other.
#[derive(Default)]
pub struct Fonts {
    faces: Vec<Face>,
    digest: Digest,
}

impl Fonts {
    /// These fonts, in order.
    pub fn new(faces: Vec<Face>) -> Fonts {
        let mut hasher = Hasher::new("fonts");
        for face in &faces {
            hasher.digest(Digest::of(&face.bytes));
        }
        Fonts { digest: hasher.finish(), faces }
    }

    /// The digest of their bytes.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The names of their families, each once.
    pub fn families(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.faces.iter().map(|f| &*f.family).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The faces to try for a family and a weight, the best first: the family's nearest weight, then the others in order.
    pub(super) fn chain(&self, family: &str, weight: u16) -> Vec<&Face> {
        let mut chain: Vec<&Face> = self.faces.iter().collect();
        chain.sort_by_key(|f| (f.family != family, f.weight.abs_diff(weight) * u16::from(f.family == family)));
        chain
    }

    /// The characters that no font has, once each, in order.
    pub fn lacking(&self, text: &str) -> Vec<char> {
        let mut out: Vec<char> = Vec::new();
        if text.is_ascii() && self.faces.iter().any(|f| f.covers("aA0")) {
            return out;
        }
        for grapheme in text.graphemes(true).filter(|g| !self.has(g)) {
            let alone = |c: &char| !self.has(c.encode_utf8(&mut [0; 4]));
            let c = grapheme.chars().find(alone).or_else(|| grapheme.chars().next());
            out.extend(c.filter(|c| !out.contains(c)));
        }
        out
    }

    fn has(&self, grapheme: &str) -> bool {
        self.faces.iter().any(|f| f.covers(grapheme))
    }

    /// The text without what no font has.
    pub fn without_lacking(&self, text: &str) -> String {
        let kept: String = text.graphemes(true).filter(|g| self.has(g)).collect();
        if kept.len() == text.len() { kept } else { kept.split_whitespace().collect::<Vec<_>>().join(" ") }
    }
}
