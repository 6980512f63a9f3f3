//! What the calendar plans for: the site's articles with their snippets, its rules and its ledger.

use super::ledger::{self, Ledger};
use super::plan::{Calendar, Run, Subject, plan};
use super::rules::{self, Rules};
use super::snippet::{Posts, Snippet};
use crate::content::{Campaign, Id, Moment};
use crate::diag::{Diagnostic, Diagnostics, codes};
use crate::files::read_text;
use crate::render::Snapshot;
use crate::share;
use crate::site::dates;
use crate::source::{RelPath, Span};
use jiff::Timestamp;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Everything that a calendar is a function of.
#[derive(Clone, Debug)]
pub struct Sources {
    /// The articles.
    pub subjects: Vec<Subject>,
    /// When networks are posted to.
    pub rules: Rules,
    /// What was posted.
    pub ledger: Ledger,
    /// What was wrong with the two.
    pub diags: Diagnostics,
    now: Timestamp,
}

/// How long a campaign without an end goes on: four weeks, in seconds.
const OPEN_END: Moment = 28 * DAY;
const DAY: Moment = 24 * 3600;

/// Gathers what is planned for.
pub fn gather(site: &Snapshot) -> Sources {
    let mut sources = Sources::read(site);
    // Posts of an article that has nothing to do with what is to come are not even made.
    let ids: Vec<Id> = share::articles(site).filter(|id| sources.concerns(site, *id)).collect();
    sources.subjects = ids.into_par_iter().filter_map(|id| sources.subject(site, share::posts(site, id))).collect();
    sources
}

fn moment(at: Moment) -> Timestamp {
    Timestamp::from_second(at).unwrap_or_default()
}

/// The windows in which campaigns bring an article back.
fn runs(site: &Snapshot, article: &str) -> Vec<Run> {
    let run = |(name, campaign): (&String, &Campaign)| {
        let from = campaign.start?;
        let until = campaign.end.unwrap_or(from + OPEN_END);
        // Its articles take turns in its window.
        let turn = campaign.articles.iter().position(|a| a.value == article)?;
        let days = (until - from) / DAY * turn as Moment / campaign.articles.len() as Moment;
        Some(Run { campaign: name.as_str().into(), from: moment(from + days * DAY), until: moment(until) })
    };
    site.content.campaigns.iter().filter_map(run).collect()
}

impl Sources {
    /// The rules and the ledger, no articles yet.
    pub fn read(site: &Snapshot) -> Sources {
        let mut diags = Diagnostics::default();
        let config = &site.project.config;
        let share = site.plan.share.clone().unwrap_or_default();
        let rules = rules::read(config, &site.plan.networks, &share).take(&mut diags);
        let path = RelPath::new(ledger::PATH);
        let text = site.project.file(&path).and_then(|_| read_text(&*site.files(), &path, &mut diags));
        let now = site.settings.now;
        let ledger = ledger::read(&text.unwrap_or_default(), &config.zone, now).take(&mut diags);
        Sources { subjects: Vec::new(), rules, ledger, diags, now }
    }

    /// An article as the calendar sees it. None of one whose posts were all to be made long ago, so that a site with ten thousand
    /// of them need not keep their posts in memory, and none without a date: what has no date has no day after it.
    pub fn subject(&self, site: &Snapshot, posts: Posts) -> Option<Subject> {
        if !self.concerns(site, posts.id) {
            return None;
        }
        let article = site.content.article(posts.id);
        let front = &article.front;
        let published = moment(dates::appears(front)?);
        let runs = runs(site, article.name());
        Some(Subject {
            article: posts.article,
            path: article.path.clone(),
            title: front.title.as_str().into(),
            published,
            expiry: front.expiry.map(moment),
            changed: front.updated.or(front.date).map_or(published, moment),
            runs,
            snippets: posts.snippets,
        })
    }

    /// Whether an article has anything to do with what is to come, or is in the ledger.
    fn concerns(&self, site: &Snapshot, id: Id) -> bool {
        let article = site.content.article(id);
        let Some(published) = dates::appears(&article.front).map(moment) else { return false };
        let ends = runs(site, article.name()).into_iter().map(|r| r.until);
        let last = ends.chain([published]).max().unwrap_or(published);
        let noted = || self.ledger.entries.iter().any(|e| e.article.value == article.name());
        last + self.rules.reach() >= self.now || noted()
    }

    /// The calendar that comes of them.
    pub fn calendar(&self) -> Calendar<'_> {
        plan(&self.subjects, &self.rules, &self.ledger, self.now)
    }

    /// What the author would want to know about them.
    pub fn check(&self, site: &Snapshot, calendar: &Calendar<'_>) -> Diagnostics {
        let mut diags = self.diags.clone();
        self.check_names(site, &mut diags);
        self.check_asks(&mut diags);
        self.check_missed(calendar, &mut diags);
        for (name, campaign) in &site.content.campaigns {
            let Some(file) = campaign.path.as_ref().filter(|_| campaign.end.is_some_and(|end| moment(end) < self.now))
            else {
                continue;
            };
            let message = format!("the campaign `{name}` is past its window: nothing is planned for it any more");
            let d = Diagnostic::new(codes::CAMPAIGN_OVER, message).at(Span::file(file));
            diags.push(d.help("give it a later `end`, or leave it as a record"));
        }
        diags
    }

    /// Names of the ledger that nothing has. A hand wrote them wrong, or they are history; where the words are known, they are
    /// history.
    fn check_names(&self, site: &Snapshot, diags: &mut Diagnostics) {
        let file = RelPath::new(ledger::PATH);
        for entry in &self.ledger.entries {
            let unknown = |what: String, at: Span| Diagnostic::new(codes::SHARE_UNKNOWN, what).at(at);
            let network = &entry.network;
            if site.plan.networks.named(&network.value).is_none() {
                let known = site.plan.networks.all().iter().map(|n| &*n.name);
                let what = format!("the ledger names the network `{}`, which does not exist", network.value);
                let d = unknown(what, network.span(&file)).nearest(&network.value, known);
                diags.push(d.help("correct the name: the post could be made again"));
                continue;
            }
            if !entry.text.is_empty() {
                continue;
            }
            let Some(subject) = self.subjects.iter().find(|s| *s.article == *entry.article.value) else {
                let known = self.subjects.iter().map(|s| &*s.article);
                let what = format!("the ledger names the article `{}`, which is not there", entry.article.value);
                diags.push(unknown(what, entry.article.span(&file)).nearest(&entry.article.value, known));
                continue;
            };
            let of = subject.snippets.iter().filter(|s| *s.network == *network.value);
            let known: BTreeSet<&str> = of.map(|s| &*s.variant).collect();
            let variant = &entry.variant;
            if !known.contains(&*variant.value) {
                let what = format!("`{}` has no variant `{}` on `{}`", subject.article, variant.value, network.value);
                let d = unknown(what, variant.span(&file)).nearest(&variant.value, known.iter().copied());
                let known = crate::text::choices(known);
                diags.push(d.help(format!("it has {known}; correct the name, or the post could be made again")));
            }
        }
    }

    /// Whether the last posts of a network ask too often.
    fn check_asks(&self, diags: &mut Diagnostics) {
        let every = self.rules.ask_every;
        let networks: BTreeSet<&str> = self.ledger.entries.iter().map(|e| &*e.network.value).collect();
        for network in networks.into_iter().filter(|_| every > 1) {
            let mut posts: Vec<_> = self.ledger.entries.iter().filter(|e| e.network.value == network).collect();
            posts.sort_by_key(|e| e.at);
            let last = &posts[posts.len().saturating_sub(every)..];
            let asks: Vec<_> = last.iter().filter(|e| super::plan::asks(&e.variant.value)).collect();
            if let [.., newest] = asks[..]
                && asks.len() > 1
            {
                let message =
                    format!("{} of the last {} posts on `{network}` ask for something", asks.len(), last.len());
                let d = Diagnostic::new(codes::MANY_ASKS, message);
                let d = d.at(newest.variant.span(&RelPath::new(ledger::PATH)));
                diags.push(d.help(format!(
                    "post what gives something next: at most one in {every} asks (`ask_every` in `[share.plan]`)"
                )));
            }
        }
    }

    /// Posts whose time to catch up is over, where a ledger is kept.
    fn check_missed(&self, calendar: &Calendar<'_>, diags: &mut Diagnostics) {
        if self.ledger.entries.is_empty() {
            return;
        }
        let since = self.now - jiff::Span::new().hours(24 * (i64::from(self.rules.late) + 14));
        for subject in &self.subjects {
            let missed = calendar.posts.iter().filter(|p| std::ptr::eq(p.subject, subject));
            let missed: Vec<_> = missed.filter(|p| p.state == super::State::Missed && p.at >= since).collect();
            let Some(first) = missed.first() else { continue };
            let message = format!(
                "{} of `{}` were due and are not in the ledger, such as `{}` on `{}`",
                crate::text::count(missed.len(), "post"),
                subject.article,
                first.snippet.variant,
                first.snippet.network
            );
            let d = Diagnostic::new(codes::POST_MISSED, message).at(Span::file(&subject.path));
            diags.push(d.help(format!(
                "if it is out: `hub share mark {} --network {} --variant {}`",
                subject.article, first.snippet.network, first.snippet.variant
            )));
        }
    }

    /// When the calendar, its files or what is said about them changes by itself.
    pub fn next_change(&self, site: &Snapshot, calendar: &Calendar<'_>) -> Option<Timestamp> {
        let ends = site.content.campaigns.values().filter_map(|c| Some(moment(c.end? + 1)));
        ends.chain(calendar.next_change).filter(|at| *at > self.now).min()
    }
}

/// What a post is known by wherever it is listed, however it moves: its names, at the site's host.
pub fn uid(site: &Snapshot, snippet: &Snippet) -> Arc<str> {
    let config = &site.project.config;
    let host = crate::text::origin(&config.base_url).and_then(|o| o.rsplit('/').next()).unwrap_or_default();
    format!("{}.{}.{}@{host}{}", snippet.article, snippet.network, snippet.variant, config.base_path).into()
}
