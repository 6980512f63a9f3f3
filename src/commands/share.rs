//! `hub share`: ready posts, printed, copied and checked.

mod mark;
mod plan;
mod post;
mod table;

use super::site;
use super::{Exit, Failure, clipboard};
use crate::cli::{ShareArgs, ShareCommand, ShareFormat};
use crate::content::{Id, Kind};
use crate::diag::{Diagnostics, Format, Level, draw_in, findings};
use crate::project::Settings;
use crate::render::Snapshot;
use crate::share::exports::{csv, guarded};
use crate::share::{self, Posts, Snippet, lint};
use crate::source::RelPath;
use crate::text;
use rustc_hash::FxHashSet;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

/// The site as it is now; with its drafts, if they are asked for.
pub(super) fn snapshot(root: &Path, drafts: bool) -> Result<Arc<Snapshot>, Failure> {
    let settings = Settings { env: None, base_url: None, now: site::now(None)?, drafts, future: drafts };
    site::snapshot(root, settings, None)
}

/// The article that a path, a name or a slug means.
pub(super) fn find(site: &Snapshot, name: &str) -> Result<Id, Failure> {
    let wanted = name.trim_start_matches("./").trim_end_matches('/');
    let articles = || site.content.ids().filter(|id| site.content.article(*id).kind == Kind::Article);
    let matches = |id: &Id| {
        let article = site.content.article(*id);
        let path = article.path.as_str();
        let url = site.plan.path(*id).map_or("", |p| p.trim_matches('/'));
        path == wanted
            || article.bundle() == Some(wanted)
            || article.name() == wanted
            || url == wanted.trim_matches('/')
            || url.rsplit('/').next() == Some(wanted)
    };
    let known = || articles().map(|id| site.content.article(id).name());
    articles().find(matches).ok_or_else(|| Failure::unknown("article", name, known()))
}

/// The posts of the article of a name, or of all.
pub(super) fn posts(site: &Snapshot, article: Option<&str>) -> Result<Vec<Posts>, Failure> {
    let Some(name) = article else { return Ok(share::all_posts(site)) };
    let id = find(site, name)?;
    if let Some(why) = site.plan.withheld(id) {
        let path = &site.content.article(id).path;
        return Err(Failure::usage(format!("`{path}` is {}: its link would lead nowhere", why.name())));
    }
    Ok(vec![share::posts(site, id)])
}

pub(super) fn run(root: &Path, args: &ShareArgs) -> Result<Exit, Failure> {
    match &args.command {
        Some(ShareCommand::Check { article, format }) => check(root, article.as_deref(), *format),
        Some(ShareCommand::Plan(args)) => plan::run(root, args),
        Some(ShareCommand::Mark(args)) => mark::run(root, args),
        Some(ShareCommand::Post(args)) => post::run(root, args),
        None => print(root, args),
    }
}

fn print(root: &Path, args: &ShareArgs) -> Result<Exit, Failure> {
    let site = snapshot(root, false)?;
    if let Some(name) = args.network.as_deref().filter(|n| site.plan.networks.named(n).is_none()) {
        let known = || site.plan.networks.all().iter().map(|n| &*n.name);
        let near = text::nearest(name, known()).map(|n| format!("did you mean `{n}`? ")).unwrap_or_default();
        return Err(Failure::usage(format!(
            "there is no network `{name}`; {near}there are {}",
            text::choices(known())
        )));
    }
    let all = posts(&site, args.article.as_deref())?;
    let has = |name: &str| all.iter().any(|p| p.snippets.iter().any(|s| *s.variant == *name));
    if let Some(variant) = args.variant.as_deref().filter(|v| !has(v)) {
        let mut known: Vec<&str> = all.iter().flat_map(|p| &p.snippets).map(|s| &*s.variant).collect();
        known.sort_unstable();
        known.dedup();
        let near = text::nearest(variant, known.iter().copied()).map(|n| format!("did you mean `{n}`? "));
        let near = near.unwrap_or_default();
        return Err(Failure::usage(format!(
            "there is no variant `{variant}`; {near}there are {}",
            text::choices(known)
        )));
    }
    let wanted = |s: &&Snippet| {
        args.network.as_deref().is_none_or(|n| *n == *s.network)
            && args.variant.as_deref().is_none_or(|v| *v == *s.variant)
    };
    let rows: Vec<&Snippet> = all.iter().flat_map(|p| &p.snippets).filter(wanted).collect();
    if args.copy {
        let [one] = rows.as_slice() else {
            let message = format!("`--copy` takes one post, and these are {}", text::thousands(rows.len()));
            return Err(Failure::usage(format!("{message}; name the article, `--network` and `--variant`")));
        };
        let how = clipboard::copy(&one.text)?;
        eprintln!("copied by {how}");
    }
    let format = if args.json { ShareFormat::Json } else { args.format };
    let mut out = anstream::stdout().lock();
    let mut put = |text: String| {
        // Nobody is left to tell that the terminal is gone.
        let _ = out.write_all(text.as_bytes());
    };
    match format {
        ShareFormat::Json => put(serde_json::to_string_pretty(&rows).unwrap_or_default() + "\n"),
        ShareFormat::Csv => put(table_of(&rows)),
        ShareFormat::Ics => {
            let known = |s: &Snippet| (s.article.clone(), s.network.clone(), s.variant.clone());
            let wanted: FxHashSet<_> = rows.iter().map(|s| known(s)).collect();
            let sources = share::subjects::gather(&site);
            let calendar = sources.calendar();
            put(share::calendar::ics(&site, calendar.posts.iter().filter(|p| wanted.contains(&known(p.snippet)))));
        }
        ShareFormat::Text => {
            for post in &rows {
                put(shown(post));
            }
        }
    }
    drop(out);
    tasks(args, &all);
    Ok(Exit::Ok)
}

/// What is left for the writer, beside the posts, so that what reads them reads posts alone.
fn tasks(args: &ShareArgs, all: &[Posts]) {
    if args.network.is_some() || args.variant.is_some() {
        return;
    }
    let tasks: Vec<_> = all.iter().flat_map(Posts::tasks).collect();
    let mut err = anstream::stderr().lock();
    for (_, slot, task) in share::Slot::ALL {
        let open: Vec<&str> = tasks.iter().filter(|t| t.slot == slot).map(|t| &*t.article).collect();
        let where_ = match open.as_slice() {
            [] => continue,
            [one] => (*one).to_string(),
            [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        };
        let _ = writeln!(err, "{slot:>12}  is open: {task} ({where_})");
    }
}

/// A post as it is pasted, under a line that says what it is.
fn shown(s: &Snippet) -> String {
    let count = if s.count > s.limit { "\x1b[31m" } else { "\x1b[32m" };
    let mut out = format!(
        "\x1b[2m──\x1b[0m \x1b[1m{}\x1b[0m · {} · {} · {count}{} of {}\x1b[0m\n{}\n",
        s.network,
        s.variant,
        s.article,
        text::thousands(s.count),
        text::thousands(s.limit),
        s.text
    );
    let mut line = |name: &str, value: &str| out.push_str(&format!("\x1b[2m{name}:\x1b[0m {value}\n"));
    if let Some(title) = s.title.as_ref().filter(|t| **t != s.text) {
        line("title", title);
    }
    for (i, post) in s.thread.iter().enumerate() {
        line(&format!("post {}", i + 2), post);
    }
    if let Some(comment) = &s.first_comment {
        line("first comment", comment);
    }
    if s.link != share::LinkPlace::Body && s.first_comment.is_none() {
        line("link", &s.url);
    }
    out.push('\n');
    out
}

/// Rows of RFC 4180.
fn table_of(rows: &[&Snippet]) -> String {
    let mut out =
        "article,network,variant,text,count,limit,url,alt,card,link,title,first_comment,tags,thread,intent\r\n"
            .to_string();
    for s in rows {
        let (count, limit) = (s.count.to_string(), s.limit.to_string());
        let (tags, thread) = (s.tags.join(" "), s.thread.join("\n\n"));
        let optional = |text: &Option<String>| text.clone().unwrap_or_default();
        let (title, comment, intent) = (optional(&s.title), optional(&s.first_comment), optional(&s.intent));
        let cells = [
            &*s.article,
            &s.network,
            &s.variant,
            &s.text,
            &count,
            &limit,
            &s.url,
            &s.alt,
            &s.card,
            s.link.name(),
            &title,
            &comment,
            &tags,
            &thread,
            &intent,
        ];
        csv::push_row(&mut out, cells.into_iter().map(|cell| guarded(cell.to_string())), true);
    }
    out
}

/// `hub share check`.
fn check(root: &Path, article: Option<&str>, format: Format) -> Result<Exit, Failure> {
    let site = snapshot(root, false)?;
    let all = posts(&site, article)?;
    let checked = all.iter().map(|p| lint::one(&site, p)).collect();
    let mut diags: Diagnostics = lint::all(&site, checked);
    if article.is_none() {
        let sources = share::subjects::gather(&site);
        diags.extend(sources.check(&site, &sources.calendar()));
    }
    diags.0.retain(|d| d.code.0 / 1000 == 5);
    let found = findings(diags, &site.project.config.levels);
    let read = |path: &RelPath| site.read(path).ok().map(|b| Arc::from(String::from_utf8_lossy(&b)));
    let drawn = draw_in(&site::folder(root), &found, format, format == Format::Human, &read);
    let _ = anstream::stdout().lock().write_all(drawn.as_bytes());
    let errors = found.iter().filter(|f| f.level == Level::Error).count();
    if format == Format::Human {
        let snippets = all.iter().map(|p| p.snippets.len()).sum();
        let open = all.iter().map(|p| p.variants.open.len()).sum();
        let problems =
            if found.is_empty() { "nothing is wrong".to_string() } else { text::count(found.len(), "finding") };
        eprintln!(
            "{} about {}: {problems}; {}",
            text::count(snippets, "post"),
            text::count(all.len(), "article"),
            text::count(open, "open slot")
        );
    }
    Ok(if errors > 0 { Exit::Errors } else { Exit::Ok })
}
