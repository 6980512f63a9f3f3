//! After publishing: search engines are told what changed, and the site is looked at as a reader would.

mod indexnow;
mod live;

pub use indexnow::{ENDPOINT, announce};
pub use live::{Problem, look};

/// The address of a path of the output: `a/index.html` is `a/`.
fn address(base: &str, path: &str) -> String {
    let path = match path.strip_suffix("index.html") {
        Some(folder) if folder.is_empty() || folder.ends_with('/') => folder,
        _ => path,
    };
    format!("{}/{}", base.trim_end_matches('/'), crate::text::encode_path(path))
}
