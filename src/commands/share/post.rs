//! `hub share post`.

use super::{find, plan, site};
use crate::cli::PostArgs;
use crate::commands::{Exit, Failure};
use crate::posting::{self, Account, Bluesky, Client, Clock, Error, Job, Journal, Mastodon, Servers};
use crate::render::Snapshot;
use crate::share::ledger::{self, Entry, Ledger, Record};
use crate::share::{Snippet, State, Subject, calendar};
use crate::time;
use jiff::Timestamp;
use std::path::Path;

const CLOCK: Clock = Clock { now: Timestamp::now, sleep: std::thread::sleep };

/// Something to send: new, or what an earlier sending left.
struct Open<'a> {
    subject: &'a Subject,
    snippet: &'a Snippet,
    begun: Option<Entry>,
}

pub(super) fn run(root: &Path, args: &PostArgs) -> Result<Exit, Failure> {
    let now = site::now(args.now.as_deref())?;
    let at_ledger = |e: std::io::Error| Failure::io(format!("`{}` cannot be written", ledger::PATH), &e);
    let hub = site::make_hub_dir(root).map_err(at_ledger)?;
    // Held before the ledger is read: two that post at once would both find it due.
    let zone = site::snapshot(root, settings(now), None)?.project.config.zone.clone();
    let journal = args.yes.then(|| Journal::open(root, &hub, zone)).transpose().map_err(at_ledger)?;
    let (site, sources) = plan::sources(root, now, false)?;
    let mut diags = sources.diags.clone();
    let section = site.plan.share.as_ref().and_then(|share| share.post.clone());
    let servers = posting::servers(&section).take(&mut diags);
    if site::say(&site, diags) {
        return Err(Failure { exit: Exit::Errors, message: "nothing is posted before this is repaired".to_string() });
    }
    let article = args.article.as_ref().map(|name| find(&site, name)).transpose()?;
    let article = article.map(|id| site.content.article(id).name());
    let calendar = sources.calendar();
    let mut open = unfinished(&sources.subjects, &sources.ledger, &args.network)?;
    let of_network = calendar.posts.iter().filter(|p| *p.snippet.network == *args.network);
    let new = of_network.filter(|p| match article {
        Some(name) => *p.snippet.article == *name && matches!(p.state, State::Planned | State::Due),
        None => p.state == State::Due,
    });
    let new = new.take(if article.is_some() { 1 } else { usize::MAX });
    open.extend(new.map(|p| Open { subject: p.subject, snippet: p.snippet, begun: None }));
    if open.is_empty() {
        println!("nothing is due on {}", calendar::label(&site, &args.network));
        return Ok(Exit::Ok);
    }
    let Some(journal) = journal else {
        open.iter().for_each(|open| show(&site, root, open));
        println!("nothing was sent: add `--yes` to post");
        return Ok(Exit::Ok);
    };
    let account = account(&args.network, &servers)?;
    for open in &open {
        send(&site, root, &journal, &*account, open, now)?;
    }
    Ok(Exit::Ok)
}

fn settings(now: Timestamp) -> crate::project::Settings {
    crate::project::Settings { env: None, base_url: None, now, drafts: false, future: false }
}

/// What earlier sendings left.
fn unfinished<'a>(subjects: &'a [Subject], ledger: &Ledger, network: &str) -> Result<Vec<Open<'a>>, Failure> {
    let begun = ledger.entries.iter().filter(|e| e.state == ledger::State::Sending && e.network.value == network);
    let of = |entry: &Entry| {
        let subject = subjects.iter().find(|s| *s.article == *entry.article.value);
        let snippet = subject
            .and_then(|s| s.snippets.iter().find(|s| *s.network == *network && ledger::digest_of(s) == entry.text));
        match subject.zip(snippet) {
            Some((subject, snippet)) => Ok(Open { subject, snippet, begun: Some(entry.clone()) }),
            None => Err(Failure::usage(format!(
                "sending `{}` of `{}` broke off, and its text has changed since: look whether it is out; in {} write `state = \"posted\"`, or remove the entry",
                entry.variant.value,
                entry.article.value,
                ledger::PATH
            ))),
        }
    };
    begun.map(of).collect()
}

fn card(root: &Path, snippet: &Snippet) -> Option<Vec<u8>> {
    if snippet.card.is_empty() {
        return None;
    }
    std::fs::read(root.join("social").join(&snippet.card)).ok()
}

fn show(site: &Snapshot, root: &Path, open: &Open<'_>) {
    let s = open.snippet;
    let again = if open.begun.is_some() { ", begun earlier" } else { "" };
    println!(
        "── {} · {} · {} · {} of {}{again}",
        calendar::label(site, &s.network),
        s.article,
        s.variant,
        s.count,
        s.limit
    );
    println!("{}", s.text);
    for part in &s.thread {
        println!("↳ {part}");
    }
    match card(root, s) {
        Some(bytes) => println!("[{}, {}: {}]", s.card, crate::text::size(bytes.len() as u64), s.alt),
        None => println!("[no card: `hub build` draws `social/{}`]", s.card),
    }
    println!();
}

/// A variable of the environment that must be set.
fn variable(name: &str, what: &str) -> Result<String, Failure> {
    let value = std::env::var(name).ok().map(|v| v.trim().to_string()).filter(|v| !v.is_empty());
    value.ok_or_else(|| Failure::usage(format!("`{name}` is not set: {what}")))
}

fn account(network: &str, servers: &Servers) -> Result<Box<dyn Account>, Failure> {
    let failed = |e: Error| Failure { exit: Exit::World, message: e.message };
    if network == "bluesky" {
        let handle = variable("HUB_BLUESKY_HANDLE", "the name of the account, such as `acme.bsky.social`")?;
        let password =
            variable("HUB_BLUESKY_APP_PASSWORD", "make one in the settings of the account, under app passwords")?;
        let client = Client::new(&servers.bluesky, CLOCK);
        return Ok(Box::new(Bluesky::open(client, handle.trim_start_matches('@'), &password).map_err(failed)?));
    }
    let Some(instance) = &servers.mastodon else {
        let help = "write `mastodon = \"https://…\"` under `[share.post]` of site.toml";
        return Err(Failure::usage(format!("hub does not know your Mastodon instance: {help}")));
    };
    let token = variable("HUB_MASTODON_TOKEN", "make one at your instance, under development")?;
    Ok(Box::new(Mastodon::open(Client::new(instance, CLOCK), &token).map_err(failed)?))
}

/// Sends one post: noted before, confirmed after.
fn send(
    site: &Snapshot,
    root: &Path,
    journal: &Journal,
    account: &dyn Account,
    open: &Open<'_>,
    now: Timestamp,
) -> Result<(), Failure> {
    let snippet = open.snippet;
    let at_ledger = |e: std::io::Error| Failure::io(format!("`{}` cannot be written", ledger::PATH), &e);
    // The ledger keeps whole seconds.
    let begun = open.begun.as_ref().map_or(now, |e| e.at);
    let begun = Timestamp::from_second(begun.as_second()).unwrap_or(begun);
    let key = open.begun.as_ref().map_or_else(|| account.key(snippet, begun), |e| e.key.clone());
    let text = ledger::digest_of(snippet);
    let record = Record {
        article: &snippet.article,
        network: &snippet.network,
        variant: &snippet.variant,
        at: begun,
        text: &text,
        key: &key,
        url: "",
    };
    let before = match open.begun {
        None => Some(journal.add(&record).map_err(at_ledger)?),
        Some(_) => None,
    };
    let file = site.content.find(&open.subject.path).map(|id| site.content.article(id));
    let job = Job {
        snippet,
        title: &open.subject.title,
        description: file.map_or("", |article| &article.front.description),
        language: &site.project.config.language,
        card: card(root, snippet),
        key: key.clone(),
        begun,
        ids: open.begun.as_ref().map(|e| e.ids.clone()).unwrap_or_default(),
        again: open.begun.is_some(),
    };
    let mut note = |ids: &[String]| {
        journal.confirm(&key, ids, None).map_err(|e| Error::unknown(format!("the ledger cannot be written: {e}")))
    };
    let label = calendar::label(site, &snippet.network);
    match account.send(&job, &mut note) {
        Ok(sent) => {
            journal.confirm(&key, &sent.ids, Some(&sent.url)).map_err(at_ledger)?;
            let when = time::rfc3339(begun, &site.project.config.zone);
            println!("{label}: `{}` of `{}` is out, {when}\n{}", snippet.variant, snippet.article, sent.url);
            Ok(())
        }
        Err(e) => {
            let next = match (e.refused, before) {
                (true, Some(before)) => {
                    journal.take_back(&record, &before).map_err(at_ledger)?;
                    "nothing is out"
                }
                _ => "it may be out: run the command again, which looks first and posts it once",
            };
            Err(Failure {
                exit: Exit::World,
                message: format!("`{}` of `{}`: {}; {next}", snippet.variant, snippet.article, e.message),
            })
        }
    }
}
