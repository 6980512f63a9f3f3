//! Addresses that were published and are not any more.

use crate::diag::{Diagnostic, Diagnostics, codes};
use crate::render::Snapshot;
use crate::site::Route;
use crate::text;
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use std::cell::LazyCell;

/// A site with fewer pages may lose a fifth of them in a day's work.
const FEW: usize = 5;

/// The pages among files of the output, by the address that readers know: `/articles/x/`.
pub fn addresses<'a>(outputs: impl Iterator<Item = &'a str>) -> Vec<String> {
    let page = |path: &str| {
        let path = path.strip_suffix("index.html").filter(|p| p.is_empty() || p.ends_with('/')).unwrap_or(path);
        ["/", path].concat()
    };
    let mut all: Vec<String> = outputs.filter(|p| p.ends_with(".html")).map(page).collect();
    all.par_sort_unstable();
    all
}

/// Reports the addresses of `before` that this site has not, neither as a page nor as a redirect.
pub fn lost(site: &Snapshot, before: &[String]) -> Diagnostics {
    let now: FxHashSet<String> =
        addresses(site.routes().iter().map(Route::output).collect::<Vec<_>>().iter().map(|s| &**s))
            .into_iter()
            .collect();
    // The ways of a magnet's reader are made anew with its links, and no search engine knows them.
    let apart = |path: &&String| !path.contains("/get/") && !path.ends_with("/404.html");
    let gone = before.iter().filter(|path| !now.contains(*path)).filter(apart);
    let pages = || site.routes().iter().filter(|r| r.is_page()).map(|r| (&*r.path, &*r.path));
    let names = LazyCell::new(|| pages().collect::<text::Names<&str>>());
    let finding = |path: &String| {
        let d = Diagnostic::new(codes::LOST_URL, format!("`{path}` was published and is gone"));
        let near = names.nearest(path);
        let to = near.map_or("the text that took its place".to_string(), |near| format!("the text of `{near}`"));
        d.help(format!("add `aliases = [\"{path}\"]` to {to}"))
    };
    Diagnostics(gone.map(finding).collect())
}

/// Compares the number of `pages` with what the author says, else that of the texts and terms (`now`) with that of the last build:
/// how many pages a list is cut into says nothing.
pub fn fewer(pages: usize, now: usize, before: Option<usize>, least: Option<usize>) -> Option<Diagnostic> {
    if let Some(least) = least {
        let message =
            format!("the site has {}, and `--min-pages` says {}", text::count(pages, "page"), text::thousands(least));
        let d = Diagnostic::new(codes::FEWER_PAGES, message);
        return (pages < least)
            .then(|| d.help("are all sources here? Does a date or `draft` hide more than was meant?"));
    }
    let before = before?;
    let gone = before.saturating_sub(now);
    let message = format!("the site would lose {} of {}", text::thousands(gone), text::count(before, "page"));
    let d = Diagnostic::new(codes::FEWER_PAGES, message);
    let help = format!("if that is meant, build once with `--min-pages {pages}`");
    (gone >= FEW && gone * 5 >= before).then(|| d.help(help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fifth_of_the_pages_is_many() {
        assert!(fewer(90, 80, Some(100), None).is_some());
        assert!(fewer(90, 81, Some(100), None).is_none());
        assert!(fewer(1, 1, Some(5), None).is_none());
        assert!(fewer(80, 80, Some(100), Some(80)).is_none());
        assert!(fewer(79, 79, None, Some(80)).is_some());
        assert!(fewer(120, 120, Some(100), None).is_none());
        assert_eq!(
            addresses(["index.html", "a/index.html", "404.html", "x.css"].into_iter()),
            ["/", "/404.html", "/a/"]
        );
    }
}
