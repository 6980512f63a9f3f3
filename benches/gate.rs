//! What a gate costs: `cargo bench --bench gate`, against a plain AES-256-GCM pass over the same bytes. The work is asserted;
//! speeds are only reported, since machines differ. `cargo bench --bench gate -- 1024` takes another number of MiB.

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use hub::gate::keys::{Links, Secret};
use hub::gate::seal::{Description, SEGMENT, Sealed, Text};
use std::hint::black_box;
use std::io::Cursor;
use std::time::Instant;

/// Bytes of a generator that nobody compresses or skips.
fn bytes(len: usize) -> Vec<u8> {
    let mut state = 1u64;
    let words = (0..len / 8).map(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state ^ (state >> 29)).to_le_bytes()
    });
    words.flatten().collect()
}

/// GB a second, the best of five.
fn speed(len: usize, mut work: impl FnMut()) -> f64 {
    let once = |_| {
        let begun = Instant::now();
        work();
        begun.elapsed().as_secs_f64()
    };
    len as f64 / 1e9 / (0..5).map(once).fold(f64::INFINITY, f64::min)
}

fn pool(threads: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads")
}

fn main() {
    let mib = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(256usize);
    let plain = bytes(mib << 20);
    let cipher = Aes256Gcm::new((&[1u8; 32]).into());
    let mut copy = plain.clone();
    let aes = speed(plain.len(), || {
        for (i, segment) in copy.chunks_mut(SEGMENT).enumerate() {
            let mut nonce = [0; 12];
            nonce[..8].copy_from_slice(&(i as u64).to_be_bytes());
            let tag = cipher.encrypt_inout_detached(&Nonce::from(nonce), b"", segment.into()).expect("1 MiB");
            black_box(tag);
        }
    });
    let secret = Secret::parse(&"A".repeat(43)).expect("a secret");
    let links = Links { live: vec![secret.link_key("bench", 1)], former: Vec::new() };
    let about = Description { name: "bench.bin", media_type: "application/octet-stream", size: plain.len() as u64 };
    let read = || Text::read(&about, &mut Cursor::new(&plain)).expect("memory");
    let sealed = Sealed::new(&secret, "bench", &links, read());
    let seal = || {
        let mut written = 0;
        let mut sink = |piece: &[u8]| {
            written += black_box(piece).len() as u64;
            Ok(())
        };
        sealed.write(0..sealed.size(), Cursor::new(&plain), &mut sink).expect("memory");
        assert_eq!(written, about.sealed_len());
    };
    println!("{mib} MiB in segments of 1 MiB");
    println!("{:>10} {:>22} {:>22} {:>22}", "", "AES-256-GCM GB/s", "sealing GB/s", "with the hash GB/s");
    println!("{:>10} {aes:>15.2}  1.00 ", "one core");
    for threads in [1, std::thread::available_parallelism().map_or(1, usize::from)] {
        pool(threads).install(|| {
            let one = speed(plain.len(), seal);
            let both = speed(plain.len(), || {
                black_box(read());
                seal();
            });
            let per = |speed: f64| speed / aes / threads as f64;
            println!("{threads:>2} threads {:>22} {one:>15.2} {:>6.2} {both:>15.2} {:>6.2}", "", per(one), per(both));
        });
    }
    println!("The second figure of a pair is that of one core as a share of the plain pass.");
}
