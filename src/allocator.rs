//! The allocator: mimalloc, asked for blocks by their size alone where that is enough.
//!
//! Its own binding asks for every block by alignment too. There each block of a kilobyte and more takes a slow path and is made larger
//! than it need be, and so is the first of each page of small ones: 2% of the time of a build.

use libmimalloc_sys as mimalloc;
use std::alloc::{GlobalAlloc, Layout};

/// Whether every block of at least this size is aligned well enough: mimalloc aligns blocks of 8 bytes to 8, and larger ones to 16
/// (`MI_MAX_ALIGN_SIZE` of its types.h).
fn is_plain(size: usize, align: usize) -> bool {
    align <= 16 && size >= align
}

/// Memory for everything in the program.
pub struct Allocator;

// SAFETY: blocks come from mimalloc, which may be called from all threads, does not unwind, and keeps the contract of `malloc`,
// `calloc`, `realloc` and `free`. Those of its functions that take an alignment keep it; the others are used only where `is_plain` says
// that what they give is aligned. Any of its pointers may be given to `mi_realloc` and `mi_free`, whichever function it came from; a block
// that `mi_realloc` leaves in its place was aligned for the same layout before.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let (size, align) = (layout.size(), layout.align());
        // SAFETY: any size and any power of two may be asked for; without memory the answer is null, as it is to be.
        let block = unsafe {
            match is_plain(size, align) {
                true => mimalloc::mi_malloc(size),
                false => mimalloc::mi_malloc_aligned(size, align),
            }
        };
        block.cast()
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let (size, align) = (layout.size(), layout.align());
        // SAFETY: as above.
        let block = unsafe {
            match is_plain(size, align) {
                true => mimalloc::mi_zalloc(size),
                false => mimalloc::mi_zalloc_aligned(size, align),
            }
        };
        block.cast()
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, _: Layout) {
        // SAFETY: the caller has it from this allocator, and has not given it back before.
        unsafe { mimalloc::mi_free(block.cast()) }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let align = layout.align();
        // SAFETY: the caller has the block from this allocator, with this layout.
        let block = unsafe {
            match is_plain(size, align) {
                true => mimalloc::mi_realloc(block.cast(), size),
                false => mimalloc::mi_realloc_aligned(block.cast(), size, align),
            }
        };
        block.cast()
    }
}

#[cfg(test)]
#[allow(unsafe_code)]
mod tests {
    use super::*;

    /// Blocks of all small sizes and alignments, several of each so that they do not all begin a page, and grown ones.
    #[test]
    fn blocks_are_aligned_and_keep_what_they_hold() {
        for size in (1..=130).chain([1_000, 1_024, 1_025, 5_000, 70_000]) {
            for align in [1, 2, 4, 8, 16, 32, 64, 4_096] {
                let layout = Layout::from_size_align(size, align).expect("a layout");
                let blocks = [0; 9].map(|_| {
                    // SAFETY: the size is not 0; a block that is there has room for it, and was asked to be zeroed.
                    unsafe {
                        let block = Allocator.alloc_zeroed(layout);
                        assert!(!block.is_null() && block.addr().is_multiple_of(align), "{size} {align}");
                        assert!((0..size).all(|i| *block.add(i) == 0));
                        block.write_bytes(7, size);
                        block
                    }
                });
                for block in blocks {
                    // SAFETY: it is a block of this layout, and of the larger one when it is given back.
                    unsafe {
                        let grown = Allocator.realloc(block, layout, size * 3 + 1);
                        assert!(!grown.is_null() && grown.addr().is_multiple_of(align), "{size} {align}");
                        assert!((0..size).all(|i| *grown.add(i) == 7));
                        let layout = Layout::from_size_align(size * 3 + 1, align).expect("a layout");
                        Allocator.dealloc(grown, layout);
                    }
                }
            }
        }
    }
}
