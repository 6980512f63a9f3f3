//! IndexNow: search engines are told which pages changed (indexnow.org/documentation). A key in a file at the root proves that
//! whoever tells them is the site.

use super::address;
use crate::posting::Clock;
use crate::publish::Output;
use crate::publish::door::{Bytes, Error, Trouble};
use crate::publish::http::{Ask, Http};
use crate::site::hosts::indexnow_key;
use std::collections::BTreeSet;
use std::time::Duration;

/// One of the engines, which tells the others.
pub const ENDPOINT: &str = "https://api.indexnow.org/indexnow";
/// Addresses that a request takes.
const BATCH: usize = 10_000;
/// How often a request is sent, at the most.
const TRIES: u32 = 4;
/// A server that asks for a longer pause is left alone.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Tells search engines of pages that changed or went away, by their paths in the output; gives the number of addresses. Pages
/// that the sitemap does not list are nobody's business.
pub fn announce(
    endpoint: &str,
    base_url: &str,
    output: &Output,
    (changed, removed): (&[String], &[String]),
    clock: Clock,
) -> Result<usize, Error> {
    let key = indexnow_key(base_url);
    let key_file = format!("{key}.txt");
    if output.file(&key_file).is_none() {
        let message =
            "the output has no key file for IndexNow: set `indexnow = true` in `[publish.NAME]`, build and publish";
        return Err(Error::other(message));
    }
    let listed = listed(output)?;
    let is_page = |path: &&String| path.ends_with(".html") && *path != "404.html";
    let pages = changed.iter().map(|path| address(base_url, path)).filter(|url| listed.contains(url));
    let gone = removed.iter().filter(is_page).map(|path| address(base_url, path));
    let urls: Vec<String> = pages.chain(gone).collect();
    let host = crate::text::origin(base_url).and_then(|o| o.split_once("://")).map_or("", |(_, host)| host);
    let http = Http::to(endpoint)?;
    for batch in urls.chunks(BATCH) {
        let place = address(base_url, &key_file);
        let body = serde_json::json!({ "host": host, "key": key, "keyLocation": place, "urlList": batch }).to_string();
        send(&http, endpoint, body.as_bytes(), clock)?;
    }
    Ok(urls.len())
}

/// Every address of the sitemap.
fn listed(output: &Output) -> Result<BTreeSet<String>, Error> {
    let mut listed = BTreeSet::new();
    let is_sitemap = |path: &str| !path.contains('/') && path.starts_with("sitemap") && path.ends_with(".xml");
    for file in output.files.iter().filter(|file| is_sitemap(&file.path)) {
        let text = String::from_utf8_lossy(&output.read(file)?).into_owned();
        let urls = text.split("<loc>").skip(1).filter_map(|rest| rest.split_once("</loc>"));
        listed.extend(urls.map(|(url, _)| crate::text::plain(url)));
    }
    Ok(listed)
}

fn send(http: &Http, endpoint: &str, body: &[u8], clock: Clock) -> Result<(), Error> {
    let headers = vec![("content-type", "application/json; charset=utf-8".to_string())];
    let ask = Ask { method: "POST", url: endpoint, headers, body: Some(Bytes::Here(body)) };
    let once = || {
        let answer = http.send(&ask)?;
        let why = match answer.status {
            // "Key not valid": as a rule the key file is not in the engine's view yet.
            403 => "the engine does not find the key file at the site's root yet; publish again later",
            422 => "the engine says that the addresses are not of this site: is `base_url` right?",
            _ => "",
        };
        answer.ok(|_| why.to_string()).map(drop)
    };
    let mut pause = Duration::from_secs(1);
    for _ in 1..TRIES {
        match once() {
            Err(e) if e.trouble == Trouble::Again && e.after.is_none_or(|after| after <= LONGEST_PAUSE) => {
                (clock.sleep)(e.after.unwrap_or(pause));
                pause *= 2;
            }
            done => return done,
        }
    }
    once()
}
