//! A look at what is published, as a reader's browser gets it: the home page, a page that changed, an asset, and an address that
//! is not there. Networks of delivery take their time, so each look is repeated with growing pauses.

use super::address;
use crate::digest::seal;
use crate::posting::Clock;
use crate::publish::door::Error;
use crate::publish::http::{Answer, Ask, Http};
use crate::publish::{Output, OutputFile};
use std::io::Read as _;
use std::time::Duration;

/// What a reader gets that he should not get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The address.
    pub url: String,
    /// What is wrong there.
    pub message: String,
}

/// The pauses between looks: a minute and a half, all in all.
const PAUSES: [u64; 9] = [0, 500, 1500, 3000, 5000, 10_000, 15_000, 25_000, 30_000];
/// An address that no site has.
const NOWHERE: &str = "hub-looks-for-a-page-that-is-not-there/";

/// Looks at the site at `base_url`, which is to show `output`, of which `changed` was just published. Waits for
/// `patience` at the most.
pub fn look(
    base_url: &str,
    output: &Output,
    changed: &[String],
    patience: Duration,
    clock: Clock,
) -> Result<Vec<Problem>, Error> {
    let http = Http::to(base_url)?;
    let mut open: Vec<(String, Option<&OutputFile>)> = Vec::new();
    for path in paths(output, changed) {
        open.push((address(base_url, &path.path), Some(path)));
    }
    open.push((address(base_url, NOWHERE), None));
    let (mut waited, mut problems) = (Duration::ZERO, Vec::new());
    for pause in PAUSES {
        let pause = Duration::from_millis(pause);
        if waited + pause > patience {
            break;
        }
        (clock.sleep)(pause);
        waited += pause;
        problems.clear();
        open.retain(|(url, file)| match problem(&http, url, *file) {
            Some(message) => {
                problems.push(Problem { url: url.clone(), message });
                true
            }
            None => false,
        });
        if open.is_empty() {
            break;
        }
    }
    Ok(problems)
}

/// What is looked at: home, a page that changed, and an asset that changed, else any.
fn paths<'a>(output: &'a Output, changed: &[String]) -> Vec<&'a OutputFile> {
    let is_page = |path: &str| path.ends_with("index.html") && path != "index.html";
    let is_asset = |path: &str| path.starts_with("assets/");
    let any = |fits: &dyn Fn(&str) -> bool| {
        let new = changed.iter().find(|path| fits(path)).and_then(|path| output.file(path));
        new.or_else(|| output.files.iter().find(|file| fits(&file.path)))
    };
    [output.file("index.html"), any(&is_page), any(&is_asset)].into_iter().flatten().collect()
}

/// What is wrong with an address that is to show a file, or nothing.
fn problem(http: &Http, url: &str, file: Option<&OutputFile>) -> Option<String> {
    let ask = Ask { method: "GET", url, headers: vec![("cache-control", "no-cache".to_string())], body: None };
    let answer = match http.send(&ask) {
        Ok(answer) => answer,
        Err(e) => return Some(e.message),
    };
    match (file, answer.status) {
        (None, 404 | 410) => None,
        (None, status) => Some(format!("status {status}, where nothing is and 404 belongs")),
        (Some(file), 200) if bytes(&answer).is_some_and(|bytes| seal(&bytes) == file.seal) => None,
        (Some(_), 200) => Some("other bytes than those that were published".to_string()),
        (Some(_), status) => {
            let to = answer.header("location").map(|to| format!(", to {to}")).unwrap_or_default();
            Some(format!("status {status}{to}"))
        }
    }
}

/// The bytes that a browser shows.
fn bytes(answer: &Answer) -> Option<Vec<u8>> {
    match answer.header("content-encoding") {
        None | Some("identity") => Some(answer.body.clone()),
        Some("gzip") => {
            let mut bytes = Vec::new();
            let mut gzip = flate2::read::GzDecoder::new(answer.body.as_slice()).take(1 << 28);
            gzip.read_to_end(&mut bytes).ok().map(|_| bytes)
        }
        Some(_) => None,
    }
}
