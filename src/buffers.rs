//! Long buffers, used again by the thread that had them: what one text or page needs, the next one needs too. And what becomes of
//! memory that nobody needs.

use std::cell::Cell;

thread_local! {
    static SPARE: Cell<Vec<Vec<u8>>> = const { Cell::new(Vec::new()) };
}

/// How many buffers a thread keeps: that of a page, and that of its body.
const KEPT: usize = 2;
/// Longer ones are not kept.
const LONGEST: usize = 1 << 20;

/// An empty buffer for about `len` bytes.
pub fn take(len: usize) -> Vec<u8> {
    let mut spare = SPARE.take();
    let mut buffer = spare.pop().unwrap_or_default();
    SPARE.set(spare);
    buffer.reserve(len);
    buffer
}

/// An empty text buffer for about `len` bytes.
pub fn take_text(len: usize) -> String {
    // Nothing is valid UTF-8.
    String::from_utf8(take(len)).unwrap_or_default()
}

/// Gives a buffer back; what is in it is forgotten.
pub fn give(mut buffer: Vec<u8>) {
    let mut spare = SPARE.take();
    if spare.len() < KEPT && buffer.capacity() <= LONGEST {
        buffer.clear();
        spare.push(buffer);
    }
    SPARE.set(spare);
}

/// Gives free memory back to the system now. Otherwise the allocator does it a second later, in the middle of whatever asks for
/// memory then: of the answer to an edit, where all pages were looked at before.
#[allow(unsafe_code)]
pub fn give_back() {
    // SAFETY: it takes no pointer, may be called from any thread at any time, and frees only what nobody holds.
    unsafe { libmimalloc_sys::mi_collect(true) }
}

/// Keeps free memory for what comes: for a program that ends soon, when the system takes back all of it at once.
#[allow(unsafe_code)]
pub fn keep() {
    // `mi_option_purge_delay` of mimalloc.h, which the bindings leave out: -1 is never.
    const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;
    // SAFETY: it takes no pointer, and sets a number that the allocator reads anew each time.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, -1) }
}
