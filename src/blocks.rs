//! A long list that shares what it can with the lists that were made from it: another item costs one block, not all of them.

use std::ops::Index;
use std::sync::Arc;

/// Items of a block: a copy of one, and as many counters as a list of ten thousand has blocks, cost about the same.
const EACH: usize = 128;

/// A list in blocks. All but the last have as many items as one may have.
#[derive(Clone, Debug)]
pub struct Blocks<T>(Vec<Arc<[T]>>);

impl<T> Default for Blocks<T> {
    fn default() -> Blocks<T> {
        Blocks(Vec::new())
    }
}

impl<T> FromIterator<T> for Blocks<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Blocks<T> {
        let mut items = items.into_iter().peekable();
        let mut blocks = Vec::with_capacity(items.size_hint().0.div_ceil(EACH));
        while items.peek().is_some() {
            blocks.push(items.by_ref().take(EACH).collect());
        }
        Blocks(blocks)
    }
}

impl<T> Index<usize> for Blocks<T> {
    type Output = T;

    fn index(&self, at: usize) -> &T {
        &self.0[at / EACH][at % EACH]
    }
}

impl<T> Blocks<T> {
    /// How many items there are.
    pub fn len(&self) -> usize {
        self.0.last().map_or(0, |last| (self.0.len() - 1) * EACH + last.len())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All items, as they are shared.
    pub fn blocks(&self) -> &[Arc<[T]>] {
        &self.0
    }

    /// All items.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + Clone {
        self.0.iter().flat_map(|block| block.iter())
    }

    /// The items from a place on.
    pub fn since(&self, at: usize) -> impl Iterator<Item = &T> {
        let (first, rest) = match self.0.get(at / EACH) {
            Some(block) => (block.get(at % EACH..).unwrap_or_default(), &self.0[at / EACH + 1..]),
            None => (&[][..], &[][..]),
        };
        first.iter().chain(rest.iter().flat_map(|block| block.iter()))
    }

    /// Where the items end of which something holds, in a list that begins with them.
    pub fn partition_point(&self, mut holds: impl FnMut(&T) -> bool) -> usize {
        let block = self.0.partition_point(|block| block.last().is_some_and(&mut holds));
        let inside = self.0.get(block).map_or(0, |block| block.partition_point(holds));
        (block * EACH + inside).min(self.len())
    }
}

impl<T: Clone> Blocks<T> {
    /// Puts another item in a place, which must be there.
    pub fn put(&mut self, at: usize, item: T) {
        Arc::make_mut(&mut self.0[at / EACH])[at % EACH] = item;
    }
}

impl<'a, T> IntoIterator for &'a Blocks<T> {
    type Item = &'a T;
    type IntoIter = std::iter::FlatMap<
        std::slice::Iter<'a, Arc<[T]>>,
        std::slice::Iter<'a, T>,
        fn(&'a Arc<[T]>) -> std::slice::Iter<'a, T>,
    >;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter().flat_map(|block| block.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_a_list() {
        for len in [0, 1, EACH - 1, EACH, EACH + 1, 3 * EACH, 1000] {
            let list: Vec<usize> = (0..len).collect();
            let mut blocks: Blocks<usize> = list.iter().copied().collect();
            assert_eq!(blocks.len(), len);
            assert_eq!(blocks.is_empty(), len == 0);
            assert!(blocks.iter().eq(&list) && (&blocks).into_iter().eq(&list));
            for at in [0, 1, EACH, 2 * EACH - 1, 500] {
                assert!(blocks.since(at).eq(list.iter().skip(at)), "{len} {at}");
                assert_eq!(blocks.partition_point(|i| *i < at), list.partition_point(|i| *i < at), "{len} {at}");
                if at < len {
                    let before = blocks.clone();
                    blocks.put(at, 7);
                    assert_eq!((before[at], blocks[at], blocks.len()), (at, 7, len));
                    blocks = before;
                }
            }
        }
    }
}
