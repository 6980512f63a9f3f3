//! What a host is told of a file: its type, how long it may be kept, whether it is compressed.

use super::door::Metadata;
use super::targets::Common;
use crate::digest::seal;

/// Types by extension (IANA media types), and whether compression makes such files smaller.
const TYPES: &[(&str, &str, bool)] = &[
    ("html", "text/html; charset=utf-8", true),
    ("css", "text/css; charset=utf-8", true),
    ("js", "text/javascript; charset=utf-8", true),
    ("mjs", "text/javascript; charset=utf-8", true),
    ("json", "application/json", true),
    ("map", "application/json", true),
    ("webmanifest", "application/manifest+json", true),
    ("xml", "application/xml", true),
    ("xsl", "application/xml", true),
    ("txt", "text/plain; charset=utf-8", true),
    ("md", "text/markdown; charset=utf-8", true),
    ("csv", "text/csv; charset=utf-8", true),
    ("ics", "text/calendar; charset=utf-8", true),
    ("vtt", "text/vtt; charset=utf-8", true),
    ("vcf", "text/vcard; charset=utf-8", true),
    ("svg", "image/svg+xml", true),
    ("wasm", "application/wasm", true),
    ("ico", "image/x-icon", true),
    ("ttf", "font/ttf", true),
    ("otf", "font/otf", true),
    ("woff", "font/woff", false),
    ("woff2", "font/woff2", false),
    ("png", "image/png", false),
    ("jpg", "image/jpeg", false),
    ("jpeg", "image/jpeg", false),
    ("gif", "image/gif", false),
    ("webp", "image/webp", false),
    ("avif", "image/avif", false),
    ("mp3", "audio/mpeg", false),
    ("m4a", "audio/mp4", false),
    ("ogg", "audio/ogg", false),
    ("wav", "audio/wav", false),
    ("mp4", "video/mp4", false),
    ("webm", "video/webm", false),
    ("pdf", "application/pdf", false),
    ("epub", "application/epub+zip", false),
    ("zip", "application/zip", false),
    ("gz", "application/gzip", false),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", false),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", false),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation", false),
];

/// The type of a file, and whether it is worth compressing.
fn kind_of(path: &str) -> (&'static str, bool) {
    let name = path.rsplit('/').next().unwrap_or(path);
    let ext = name.rsplit_once('.').map_or("", |(_, ext)| ext).to_ascii_lowercase();
    // Feeds have types of their own (RFC 4287; jsonfeed.org).
    match name {
        "feed.xml" => return ("application/atom+xml; charset=utf-8", true),
        "feed.json" => return ("application/feed+json; charset=utf-8", true),
        "_redirects" | "_headers" | "CNAME" => return ("text/plain; charset=utf-8", true),
        _ => {}
    }
    let row = TYPES.iter().find(|(known, ..)| *known == ext);
    row.map_or(("application/octet-stream", false), |(_, kind, text)| (*kind, *text))
}

/// Whether a file has the digest of its bytes in its name, so that its address never means other bytes:
/// `css/site.1a2b3c4d5e.css`.
pub fn is_fingerprinted(path: &str) -> bool {
    let Some(name) = path.strip_prefix("assets/").and_then(|p| p.rsplit('/').next()) else { return false };
    let hex = |part: &str| part.len() == 10 && part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    name.split('.').skip(1).any(hex)
}

/// What the host is told of a file.
pub fn of(path: &str, common: &Common) -> Metadata {
    let (content_type, text) = kind_of(path);
    let cache = if is_fingerprinted(path) { &common.cache_assets } else { &common.cache_pages };
    let encoding = (common.compress && text).then_some("gzip");
    Metadata { content_type, cache_control: cache.clone(), encoding }
}

/// A short name of what the host is told: with another one, the file is sent again.
pub fn form(meta: &Metadata) -> String {
    let text = format!("{}\n{}\n{}", meta.content_type, meta.cache_control, meta.encoding.unwrap_or_default());
    seal(text.as_bytes()).to_string()[..8].to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_fingerprint_are_kept_for_good() {
        let common = Common { compress: true, ..Common::default() };
        let css = of("assets/css/site.1a2b3c4d5e.css", &common);
        assert!(css.cache_control.contains("immutable") && css.encoding == Some("gzip"));
        for path in ["index.html", "assets/css/site.css", "guide/1a2b3c4d5e.html", "assets/1a2b3c4d5e", "photo.JPG"] {
            assert!(!of(path, &common).cache_control.contains("immutable"), "{path}");
        }
        assert_eq!(of("photo.JPG", &common).content_type, "image/jpeg");
        assert_eq!(of("photo.JPG", &common).encoding, None);
        assert_eq!(of("articles/feed.xml", &common).content_type, "application/atom+xml; charset=utf-8");
        let other = Common { cache_pages: "no-cache".to_string(), ..common.clone() };
        assert_ne!(form(&of("index.html", &common)), form(&of("index.html", &other)));
    }
}
