//! The gate's vectors: hub's own sealing, and an independent implementation in Python.

use crate::harness::{SECRET, Site, root};
use hub::gate::keys::{self, Links, Secret};
use hub::gate::seal::{Description, Sealed, Text};
use sha2::{Digest as _, Sha256};
use std::process::Command;

fn python() -> Option<String> {
    let python = std::env::var("HUB_PYTHON").unwrap_or_else(|_| "python3".to_string());
    let found = Command::new(&python).args(["-c", "import blake3, cryptography"]).output();
    match found {
        Ok(o) if o.status.success() => Some(python),
        _ => {
            eprintln!(
                "skipped: python3 with the packages `blake3` and `cryptography` is not here; tests/run installs it"
            );
            None
        }
    }
}

#[test]
fn another_implementation_agrees_on_the_vectors() {
    let Some(python) = python() else { return };
    let run = Command::new(python)
        .args(["tests/vectors/gate.py", "docs/gate-vectors.json"])
        .current_dir(root())
        .output()
        .expect("runs");
    assert!(run.status.success(), "{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
}

#[test]
fn another_implementation_opens_what_hub_sealed() {
    let Some(python) = python() else { return };
    let site = Site::new();
    site.put("site.toml", "title = \"T\"\nbase_url = \"https://acme.io\"\n[forms.f]\nprovider = \"netlify\"\n");
    site.put("content/magnets/m/index.md", "+++\ntitle = \"M\"\nform = \"f\"\nfiles = [\"m.bin\"]\n+++\n");
    let plain: Vec<u8> = (0..2_500_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    site.put("content/magnets/m/m.bin", &plain);
    let built = site.build(&[]);
    assert_eq!(built.exit, 0, "{}", built.said);
    let link = String::from_utf8(site.run(&["magnet", "link", "m"]).stdout).expect("text");
    assert!(link.starts_with("https://acme.io/magnets/m/unlock/#"), "{link}");
    let sealed = site.path("public/magnets/m/m.sealed");
    let run = Command::new(python)
        .args(["tests/vectors/gate.py", "--open"])
        .arg(&sealed)
        .arg(link.trim())
        .arg(site.path("opened"))
        .current_dir(root())
        .output()
        .expect("runs");
    assert!(run.status.success(), "{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert_eq!(std::fs::read(site.path("opened")).expect("opened"), plain);
    assert!(!std::fs::read(&sealed).expect("sealed").windows(64).any(|w| w == &plain[1000..1064]));
    for (path, bytes) in site.output("public") {
        assert!(!bytes.windows(SECRET.len()).any(|w| w == SECRET.as_bytes()), "{path} holds the secret");
    }
}

/// The file of a vector: in hex, or by its rule.
fn plaintext(v: &serde_json::Value) -> Vec<u8> {
    let hex = |t: &str| {
        (0..t.len() / 2).map(|i| u8::from_str_radix(&t[2 * i..2 * i + 2], 16).expect("hex")).collect::<Vec<u8>>()
    };
    match v["plaintext"].as_str() {
        Some(text) => hex(text),
        None => {
            let len = v["plaintext_rule"]["length"].as_u64().expect("a length");
            (0..len).map(|i| ((i * 31 + 7) % 251) as u8).collect()
        }
    }
}

/// A vector, sealed by hub.
pub struct Vector {
    pub said: serde_json::Value,
    pub whole: Vec<u8>,
    parts: Vec<Vec<u8>>,
}

/// The vectors of the docs, sealed by hub.
pub fn vectors() -> Vec<Vector> {
    let text = std::fs::read_to_string(format!("{}/docs/gate-vectors.json", root())).expect("vectors");
    let vectors: serde_json::Value = serde_json::from_str(&text).expect("json");
    let vectors = vectors["vectors"].as_array().expect("a list").clone();
    assert!(vectors.len() >= 10);
    vectors.into_iter().map(vector).collect()
}

fn vector(said: serde_json::Value) -> Vector {
    let text = |v: &serde_json::Value, k: &str| v[k].as_str().unwrap_or_default().to_string();
    let secret = Secret::parse(&text(&said, "secret")).expect("a secret");
    let magnet = text(&said, "magnet");
    let keys = |which: &str| {
        let key = |each: &serde_json::Value| {
            let key = Secret::parse(&text(each, "secret"))
                .expect("a secret")
                .link_key(&magnet, each["epoch"].as_u64().expect("an epoch") as u32);
            assert_eq!(text(each, "key"), *keys::to_fragment(&key), "{said}");
            key
        };
        said[which].as_array().expect("a list").iter().map(key).collect::<Vec<_>>()
    };
    let links = Links { live: keys("live"), former: keys("ended").iter().map(keys::slot_id).collect() };
    let bytes = plaintext(&said);
    let (name, media_type) = (text(&said, "name"), text(&said, "type"));
    let about = Description { name: &name, media_type: &media_type, size: bytes.len() as u64 };
    let read = Text::read(&about, &mut std::io::Cursor::new(&bytes)).expect("memory");
    let sealed = Sealed::new(&secret, &magnet, &links, read);
    let whole = written(&sealed, &bytes, 0..sealed.size());
    let parts = said["part_size"].as_u64().map_or(Vec::new(), |size| {
        let starts = (0..sealed.size()).step_by(size as usize);
        starts.map(|at| written(&sealed, &bytes, at..sealed.size().min(at + size))).collect()
    });
    Vector { said, whole, parts }
}

#[test]
fn hub_seals_the_vectors_to_the_same_bytes() {
    for Vector { said, whole, parts } in vectors() {
        let sha256 = |bytes: &[u8]| Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect::<String>();
        let known =
            (said["sealed_length"].as_u64().expect("a length"), said["sealed_sha256"].as_str().expect("a hash"));
        assert_eq!((whole.len() as u64, &*sha256(&whole)), known, "{}", said["comment"]);
        let known = said["parts_sha256"].as_array().cloned().unwrap_or_default();
        let known = known.iter().map(|p| p.as_str().expect("a hash").to_string());
        assert!(parts.iter().map(|part| sha256(part)).eq(known), "{} in parts", said["comment"]);
    }
}

fn written(sealed: &Sealed, bytes: &[u8], range: std::ops::Range<u64>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut take = |piece: &[u8]| {
        out.extend_from_slice(piece);
        Ok(())
    };
    sealed.write(range, std::io::Cursor::new(bytes), &mut take).expect("memory");
    out
}
