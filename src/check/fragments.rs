//! Looking for fragments of gated files, and for keys, in what is put out.
//!
//! Windows of [`WINDOW`] bytes are taken from a gated file at every multiple of a power of two, and from what is put out at every
//! multiple of [`STEP`], which is odd. So wherever a fragment lies in both, a window of one falls on a window of the other within
//! `power · STEP` bytes (Chinese remainder theorem): what is put out is looked at once in `STEP` bytes, and a fragment of
//! `power · STEP + WINDOW` bytes is always found. Every hit is compared byte for byte, and grown to both sides.

use crate::files::Pieces;
use crate::source::RelPath;
use std::io::{self, Read as _, Seek as _, SeekFrom};

/// Bytes of a window.
const WINDOW: usize = 32;
/// What is put out is looked at once in so many bytes.
const STEP: usize = 11;
/// Windows of a gated file, at the most.
const WINDOWS: u64 = 1 << 18;
/// Windows of all gated files together, about.
const ALL_WINDOWS: u64 = 1 << 21;
/// A fragment of a text has at least so many bytes.
pub const SHORTEST: usize = 64;
/// Different bytes among the first [`SHORTEST`] of a fragment: fewer have rules, tables and padding.
const VARIETY: usize = 12;
/// Files that are no text share colour profiles, fonts and tables with any other of their kind. Less than this in common
/// says nothing; the profile of sRGB has 3,144 bytes.
const BINARY: usize = 4096;

/// What is looked for.
#[derive(Default)]
pub struct Fragments {
    /// One bit for the hash of each window: most of what is put out needs no second look.
    filter: Vec<u64>,
    /// Hashes of windows, sorted, with the file and its offset.
    windows: Vec<(u64, u32, u64)>,
    sources: Vec<Source>,
}

enum Source {
    File(RelPath, u64),
    /// A key as it is written: the whole of it is looked for.
    Key(Vec<u8>, &'static str),
    /// A text of a page.
    Text(Vec<u8>, RelPath),
}

/// Something that must not be put out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Found {
    /// Bytes of a gated file, from an offset on.
    Fragment(RelPath, u64, usize),
    /// A key, and what it is.
    Key(&'static str),
}

impl Fragments {
    /// Nothing is looked for.
    pub fn is_empty(&self) -> bool {
        self.windows.is_empty()
    }

    /// Adds a gated file; `share` is how many files there are.
    pub fn add_file(&mut self, path: &RelPath, len: u64, share: usize, from: &mut dyn Pieces) -> io::Result<()> {
        let source = self.sources.len() as u32;
        self.sources.push(Source::File(path.clone(), len));
        let most = (ALL_WINDOWS / share.max(1) as u64).min(WINDOWS);
        let stride = len.div_ceil(most.max(1)).next_power_of_two().max(1);
        if stride >= 1 << 14 {
            // Most of the file is never looked at.
            for at in (0..len.saturating_sub(WINDOW as u64)).step_by(stride as usize) {
                let mut window = [0; WINDOW];
                from.seek(SeekFrom::Start(at))?;
                from.read_exact(&mut window)?;
                self.add(&window, source, at);
            }
            return Ok(());
        }
        let mut buffer = vec![0; (1 << 20) + WINDOW];
        let (mut begin, mut kept) = (0, 0);
        loop {
            let read = from.read(&mut buffer[kept..])?;
            let have = kept + read;
            let first = (begin as u64).next_multiple_of(stride) as usize - begin;
            for at in (first..(have + 1).saturating_sub(WINDOW)).step_by(stride as usize) {
                let window: [u8; WINDOW] = buffer[at..at + WINDOW].try_into().unwrap_or([0; WINDOW]);
                self.add(&window, source, (begin + at) as u64);
            }
            if read == 0 {
                return Ok(());
            }
            // The last bytes begin windows that the next piece completes.
            let keep = have.min(WINDOW - 1);
            buffer.copy_within(have - keep..have, 0);
            (begin, kept) = (begin + have - keep, keep);
        }
    }

    /// Adds a text that is sealed.
    pub fn add_text(&mut self, of: &RelPath, text: Vec<u8>) {
        let source = self.sources.len() as u32;
        for (at, window) in text.windows(WINDOW).enumerate() {
            if let Ok(window) = window.try_into() {
                self.add(window, source, at as u64);
            }
        }
        self.sources.push(Source::Text(text, of.clone()));
    }

    /// Adds a key of 43 characters or more, and what it is.
    pub fn add_key(&mut self, key: &str, what: &'static str) {
        let source = self.sources.len() as u32;
        debug_assert!(key.len() >= WINDOW + STEP);
        for (at, window) in key.as_bytes().windows(WINDOW).enumerate() {
            if let Ok(window) = window.try_into() {
                self.add(window, source, at as u64);
            }
        }
        self.sources.push(Source::Key(key.as_bytes().to_vec(), what));
    }

    fn add(&mut self, window: &[u8; WINDOW], source: u32, at: u64) {
        // Runs of one byte are in every second file; a fragment has other windows too.
        if window.iter().all(|b| *b == window[0]) {
            return;
        }
        self.windows.push((hash(window), source, at));
    }

    /// Makes it ready to be asked.
    pub fn finish(&mut self) {
        self.windows.sort_unstable();
        // What repeats is looked at where it stands first.
        self.windows.dedup_by_key(|(hash, source, _)| (*hash, *source));
        let bits = (self.windows.len() * 16).next_power_of_two().max(64);
        self.filter = vec![0; bits / 64];
        for (hash, ..) in &self.windows {
            let bit = *hash as usize & (bits - 1);
            self.filter[bit / 64] |= 1 << (bit % 64);
        }
    }

    /// Looks for everything in bytes that are put out. `open` opens a gated file again.
    pub fn search(
        &self,
        bytes: &[u8],
        open: &dyn Fn(&RelPath) -> io::Result<Box<dyn Pieces>>,
    ) -> io::Result<Vec<Found>> {
        let (mut found, mut known) = (Vec::new(), Vec::new());
        if self.filter.is_empty() || bytes.len() < WINDOW {
            return Ok(found);
        }
        let mask = self.filter.len() * 64 - 1;
        let text = is_text(bytes);
        // A fragment that was found is not looked at again, nor is one that is too short.
        let mut done = 0;
        let mut at = 0;
        while let Some(window) = bytes.get(at..).and_then(|rest| rest.first_chunk::<WINDOW>()) {
            let hash = hash(window);
            let bit = hash as usize & mask;
            if self.filter[bit / 64] >> (bit % 64) & 1 == 1 && at >= done {
                let first = self.windows.partition_point(|(h, ..)| *h < hash);
                for (_, source, offset) in self.windows[first..].iter().take_while(|(h, ..)| *h == hash) {
                    if known.contains(source) {
                        continue;
                    }
                    let (run, hit) = grow(bytes, at, text, &self.sources[*source as usize], *offset, open)?;
                    done = done.max(run);
                    // Once is enough to say so.
                    known.extend(hit.is_some().then_some(*source));
                    found.extend(hit);
                }
            }
            at += STEP;
        }
        found.sort();
        Ok(found)
    }
}

/// Compares around a window that is in both; says where the common bytes end, and whether they are too many.
fn grow(
    bytes: &[u8],
    at: usize,
    text: bool,
    source: &Source,
    offset: u64,
    open: &dyn Fn(&RelPath) -> io::Result<Box<dyn Pieces>>,
) -> io::Result<(usize, Option<Found>)> {
    match source {
        Source::Key(key, what) => {
            let near = &bytes[at.saturating_sub(key.len())..bytes.len().min(at + key.len())];
            let whole = memchr::memmem::find(near, key).is_some();
            Ok((at, whole.then_some(Found::Key(what))))
        }
        Source::Text(gated, path) => {
            let run = common(bytes, at, gated, offset as usize);
            Ok(judge(bytes, run, gated.len() as u64, text, path, at, offset))
        }
        Source::File(path, len) => {
            let mut file = open(path)?;
            let before = (at as u64).min(offset).min(NEAR as u64);
            let after = ((bytes.len() - at) as u64).min(len - offset).min(NEAR as u64);
            let mut near = vec![0; (before + after) as usize];
            file.seek(SeekFrom::Start(offset - before))?;
            file.read_exact(&mut near)?;
            let run = common(bytes, at, &near, before as usize);
            Ok(judge(bytes, run, *len, text, path, at, offset))
        }
    }
}

/// So far to each side is looked, at the most: far enough to be sure.
const NEAR: usize = 2 * BINARY;

/// The bytes that two texts have in common around one place of each.
fn common(bytes: &[u8], at: usize, gated: &[u8], offset: usize) -> std::ops::Range<usize> {
    let before = bytes[..at].iter().rev().zip(gated[..offset].iter().rev()).take_while(|(a, b)| a == b).count();
    let after = bytes[at..].iter().zip(&gated[offset..]).take_while(|(a, b)| a == b).count();
    at - before..at + after
}

fn judge(
    bytes: &[u8],
    run: std::ops::Range<usize>,
    len: u64,
    text: bool,
    path: &RelPath,
    at: usize,
    offset: u64,
) -> (usize, Option<Found>) {
    // A small file of another kind is given away by half of it.
    let enough = if text { SHORTEST } else { BINARY.min((len as usize / 2).max(SHORTEST)) };
    let found = run.len() >= enough && varied(&bytes[run.clone()]);
    let start = offset - (at - run.start) as u64;
    (run.end, found.then(|| Found::Fragment(path.clone(), start, run.len())))
}

/// Whether some 64 bytes of these are more than a pattern.
fn varied(run: &[u8]) -> bool {
    run.chunks(SHORTEST).any(|part| {
        let mut seen = [0u64; 4];
        part.iter().for_each(|b| seen[usize::from(b >> 6)] |= 1 << (b & 63));
        seen.iter().map(|bits| bits.count_ones() as usize).sum::<usize>() >= VARIETY
    })
}

/// Text has no control characters but white space.
fn is_text(bytes: &[u8]) -> bool {
    !bytes[..bytes.len().min(8192)].iter().any(|b| *b < 0x20 && !b"\t\n\r\x0c".contains(b))
}

/// Two multiplications, folded (wyhash): fast, and nobody is kept out by it, since every hit is compared.
fn hash(window: &[u8; WINDOW]) -> u64 {
    let word = |i: usize| u64::from_le_bytes(std::array::from_fn(|j| window[8 * i + j]));
    let fold = |a: u64, b: u64| {
        let product = u128::from(a) * u128::from(b);
        product as u64 ^ (product >> 64) as u64
    };
    fold(word(0) ^ 0xa076_1d64_78bd_642f, word(1) ^ 0xe703_7ed1_a0b4_28db)
        ^ fold(word(2) ^ 0x8ebc_6af0_9c88_c6e3, word(3) ^ 0x5899_65cc_7537_4cc3).rotate_left(32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    /// Bytes that look like a file.
    fn noise(seed: u64, len: usize) -> Vec<u8> {
        let mut state = seed;
        let next = |_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as u8
        };
        (0..len).map(next).collect()
    }

    fn prose(seed: u64, words: usize) -> Vec<u8> {
        let noise = noise(seed, words);
        let word = |b: &u8| ["plain ", "honest ", "Reader, ", "a letter ", "question\n", "offer: "][usize::from(b % 6)];
        noise.iter().map(word).collect::<String>().into_bytes()
    }

    fn looking_for(gated: &[u8]) -> (Fragments, RelPath) {
        let mut fragments = Fragments::default();
        let path = RelPath::new("content/magnets/m/m.bin");
        fragments.add_file(&path, gated.len() as u64, 1, &mut Cursor::new(gated.to_vec())).expect("memory");
        fragments.finish();
        (fragments, path)
    }

    fn search(fragments: &Fragments, gated: &[u8], bytes: &[u8]) -> Vec<Found> {
        fragments.search(bytes, &|_| Ok(Box::new(Cursor::new(gated.to_vec())))).expect("memory")
    }

    #[test]
    fn every_fragment_of_a_text_is_found_wherever_it_lies() {
        let gated = prose(1, 2000);
        let (fragments, path) = looking_for(&gated);
        for shift in 0..STEP {
            let mut page = b"<p>something else entirely, that nobody asked an address for: </p>"[..50 + shift].to_vec();
            assert_eq!(search(&fragments, &gated, &page), []);
            page.push(b'>');
            page.extend_from_slice(&gated[700..764]);
            page.extend_from_slice(b"</p>");
            let found = search(&fragments, &gated, &page);
            assert!(matches!(&found[..], [Found::Fragment(p, 700, 64)] if *p == path), "{shift}: {found:?}");
            page[61 + shift] ^= 1;
            assert_eq!(search(&fragments, &gated, &page), [], "53 bytes are a phrase");
        }
    }

    #[test]
    fn fragments_of_large_files_are_found_from_a_size_on() {
        let gated = noise(2, 3_000_000);
        let (fragments, path) = looking_for(&gated);
        for start in [0, 17, 1_000_001, 2_990_000] {
            let mut out = noise(3, 10_000 + start % 7);
            out.extend_from_slice(&gated[start..start + 5000]);
            out.extend(noise(4, 100));
            let found = search(&fragments, &gated, &out);
            assert_eq!(found, [Found::Fragment(path.clone(), start as u64, 5000)], "{start}");
        }
        let profile = [noise(3, 1000), gated[5000..8200].to_vec()].concat();
        assert_eq!(search(&fragments, &gated, &profile), [], "as much as a colour profile");
    }

    #[test]
    fn what_any_file_has_is_no_fragment() {
        let table: Vec<u8> = (0..400).flat_map(|i| format!("{:010} 00000 n \n", i * 17 % 89).into_bytes()).collect();
        for common in [vec![0; 5000], b"abcdefgh".repeat(500), table] {
            let gated = [noise(5, 500), common.clone(), noise(6, 500)].concat();
            let (fragments, _) = looking_for(&gated);
            let out = [b"<p>".to_vec(), common, b"</p>".to_vec()].concat();
            assert_eq!(search(&fragments, &gated, &out), []);
        }
    }

    #[test]
    fn keys_are_found_whole() {
        let key = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwd";
        let mut fragments = Fragments::default();
        fragments.add_key(key, "the secret");
        fragments.finish();
        for shift in 0..40 {
            let page = format!("{}{key}\"", &"<a href=\"https://acme.io/magnets/m/unlock/#"[..shift]);
            assert_eq!(search(&fragments, &[], page.as_bytes()), [Found::Key("the secret")], "{shift}");
            assert_eq!(search(&fragments, &[], &page.as_bytes()[..shift + 42]), []);
        }
    }
}
