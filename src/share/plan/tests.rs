use super::*;
use crate::networks;
use crate::share::snippet::blank;
use jiff::tz::TimeZone;
use proptest::prelude::*;

const NETWORKS: [&str; 4] = ["x", "mastodon", "linkedin", "reddit"];
const VARIANTS: [&str; 6] = ["quote", "question", "list", "story", "takeaway", "ask"];

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn berlin() -> Rules {
    let mut rules = Rules::new(TimeZone::get("Europe/Berlin").expect("a zone"));
    for row in networks::TABLE.iter().filter(|row| NETWORKS.contains(&&*row.name)) {
        rules.set(&row.name, Rule { repost: row.repost.to_vec(), ..rules.default.clone() });
    }
    rules
}

fn subject(name: &str, published: &str, variants: &[&str]) -> Subject {
    let of = |network: &&str| {
        let one = |v: &&str| blank(name, network, v, &format!("{name} {v} says"));
        variants.iter().map(one).collect::<Vec<_>>()
    };
    Subject {
        article: name.into(),
        path: RelPath::new(format!("content/articles/{name}.md")),
        title: name.into(),
        published: at(published),
        expiry: None,
        changed: at(published),
        runs: Vec::new(),
        snippets: NETWORKS.iter().flat_map(of).collect(),
    }
}

fn shown(calendar: &Calendar<'_>, network: &str) -> Vec<String> {
    let of = calendar.posts.iter().filter(|p| &*p.snippet.network == network);
    of.map(|p| format!("{} {} {}", p.at.strftime("%m-%d %H:%M"), p.snippet.article, p.snippet.variant)).collect()
}

#[test]
fn an_article_comes_again_with_another_variant() {
    let now = at("2026-03-02T00:00:00Z");
    let subjects = [subject("a", "2026-03-02T05:00:00Z", &VARIANTS)];
    let calendar = plan(&subjects, &berlin(), &Ledger::default(), now);
    // The 29th of March is the day on which clocks go forward; the posts stay at 9 and at 17 of the clock.
    let x = [
        "03-02 08:00 a quote",
        "03-03 16:00 a question",
        "03-09 16:00 a list",
        "04-01 15:00 a story",
        "05-01 15:00 a ask",
    ];
    assert_eq!(shown(&calendar, "x"), x);
    assert_eq!(shown(&calendar, "mastodon"), ["03-02 08:00 a quote", "03-09 16:00 a question", "04-01 15:00 a ask"]);
    assert_eq!(shown(&calendar, "reddit"), ["03-02 08:00 a quote"], "once, and never to ask");
    assert_eq!(calendar.next_change, Some(at("2026-03-02T08:00:01Z")));
}

#[test]
fn what_is_posted_is_not_planned_and_puts_off_the_rest() {
    let subjects = [subject("a", "2026-03-02T05:00:00Z", &VARIANTS)];
    let entry = |at: &str| {
        let text = format!("[[posts]]\narticle = 'a'\nnetwork = 'linkedin'\nvariant = 'quote'\nat = {at}\n");
        ledger::read(&text, &TimeZone::UTC, Timestamp::MAX).value
    };
    let shown = |ledger| shown(&plan(&subjects, &berlin(), &ledger, at("2026-03-20T00:00:00Z")), "linkedin");
    assert_eq!(
        shown(entry("2026-03-02T08:00:00Z")),
        ["03-02 08:00 a quote", "03-16 16:00 a question", "05-01 15:00 a ask"]
    );
    assert_eq!(
        shown(entry("2026-03-19T08:00:00Z")),
        ["03-19 08:00 a quote", "04-02 15:00 a question", "05-18 15:00 a ask"]
    );
}

#[test]
fn times_that_a_change_of_clocks_leaves_out_or_doubles() {
    let mut rules = berlin();
    let time = |h, m| jiff::civil::time(h, m, 0, 0);
    rules.set("x", Rule { days: [true; 7], times: vec![time(2, 30), time(3, 30)], per_day: 2, repost: vec![0] });
    let on = |day: &str| {
        let subjects = [subject("a", day, &["quote"]), subject("b", day, &["quote"]), subject("c", day, &["quote"])];
        shown(&plan(&subjects, &rules, &Ledger::default(), at(day)), "x")
    };
    // Half past two does not exist: it is half past three, which is then taken.
    let spring = on("2026-03-28T23:00:00Z");
    assert_eq!(spring, ["03-29 01:30 a quote", "03-30 00:30 b quote", "03-30 01:30 c quote"]);
    // Half past two comes twice: the first is meant.
    let autumn = on("2026-10-24T22:00:00Z");
    assert_eq!(autumn, ["10-25 00:30 a quote", "10-25 02:30 b quote", "10-26 01:30 c quote"]);
}

#[test]
fn a_campaign_brings_back_what_was_not_said_within_its_window() {
    let mut a = subject("a", "2026-01-05T05:00:00Z", &["quote", "question", "list", "story", "takeaway", "ask"]);
    a.runs.push(Run { campaign: "spring".into(), from: at("2026-03-02T00:00:00Z"), until: at("2026-03-08T00:00:00Z") });
    let subjects = [a];
    let calendar = plan(&subjects, &berlin(), &Ledger::default(), at("2026-03-01T00:00:00Z"));
    let mastodon: Vec<_> = calendar.posts.iter().filter(|p| matches!(p.step, Step::Campaign(_))).collect();
    let said: Vec<_> = mastodon.iter().map(|p| (&*p.snippet.network, &*p.snippet.variant)).collect();
    assert_eq!(said, [("linkedin", "list"), ("mastodon", "list"), ("x", "takeaway")].map(|x| x).to_vec());
}

#[test]
fn asks_wait_for_company() {
    let rules = berlin();
    let subjects: Vec<Subject> =
        (0..4).map(|i| subject(&format!("a{i}"), &format!("2026-03-0{}T05:00:00Z", i + 2), &["ask"])).collect();
    let calendar = plan(&subjects, &rules, &Ledger::default(), at("2026-03-02T00:00:00Z"));
    assert_eq!(shown(&calendar, "mastodon"), ["03-02 08:00 a0 ask"]);
    assert_eq!(calendar.asks_left_out.iter().filter(|s| &*s.network == "mastodon").count(), 3);
}

/// Articles of any dates and variants.
fn articles() -> impl Strategy<Value = Vec<Subject>> {
    let one = (0i64..120, prop::sample::subsequence(VARIANTS.to_vec(), 1..=6), any::<bool>());
    prop::collection::vec(one, 0..14).prop_map(|all| {
        let article = |(i, (day, variants, campaign)): (usize, (i64, Vec<&str>, bool))| {
            let published = at("2026-01-01T06:00:00Z") + Span::new().hours(24 * day);
            let mut s = subject(&format!("a{i}"), &published.to_string(), &variants);
            if campaign {
                let (from, until) = (at("2026-03-10T00:00:00Z"), at("2026-05-01T00:00:00Z"));
                s.runs.push(Run { campaign: "c".into(), from, until });
            }
            s
        };
        all.into_iter().enumerate().map(article).collect()
    })
}

fn places<'a>(calendar: &'a Calendar<'_>) -> Vec<(&'a str, &'a str, &'a str, Timestamp)> {
    let one = |p: &'a Post<'_>| (&*p.snippet.network, &*p.snippet.article, &*p.snippet.variant, p.at);
    calendar.posts.iter().map(one).collect()
}

/// The ledger that results when these posts are made at their time.
fn posted<'a>(posts: impl Iterator<Item = &'a Post<'a>>) -> Ledger {
    let mut text = String::new();
    for p in posts {
        let (words, s) = (ledger::digest_of(p.snippet), p.snippet);
        let record = ledger::Record {
            article: &s.article,
            network: &s.network,
            variant: &s.variant,
            at: p.at,
            text: &words,
            key: "",
            url: "",
        };
        text = ledger::with(&text, &record);
    }
    ledger::read(&text, &TimeZone::UTC, Timestamp::MAX).value
}

proptest! {
    #[test]
    fn the_laws_of_a_calendar(subjects in articles(), day in 0i64..130, done in any::<u64>(), every in 0usize..6) {
        let now = at("2026-01-01T11:00:00Z") + Span::new().hours(24 * day);
        let mut rules = berlin();
        rules.ask_every = every;
        let fresh = plan(&subjects, &rules, &Ledger::default(), now);
        let past = fresh.posts.iter().filter(|p| p.at <= now).enumerate();
        let ledger = posted(past.filter(|(i, _)| done >> (i % 64) & 1 == 1).map(|(_, p)| p));
        let calendar = plan(&subjects, &rules, &ledger, now);
        let (mut minutes, mut names, mut words) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for p in &calendar.posts {
            let network = &*p.snippet.network;
            let rule = rules.of(network).expect("a rule");
            prop_assert!(minutes.insert((network, p.at.as_second() / 60)), "two posts at one minute");
            prop_assert!(names.insert((network, &p.snippet.article, &p.snippet.variant)), "one snippet twice");
            prop_assert!(words.insert((network, &p.snippet.text)), "one text twice");
            let civil = p.at.to_zoned(rules.zone.clone());
            prop_assert!(rule.posts_on(civil.weekday()) && rule.times.contains(&civil.time()), "{civil}");
            prop_assert!(p.at >= p.subject.published);
            if let Step::Campaign(_) = p.step {
                prop_assert!(p.at < p.subject.runs[0].until && p.at >= p.subject.runs[0].from);
            }
            let known = ledger.find(p.snippet).is_some();
            prop_assert_eq!(known, p.state == State::Posted, "{:?}", p.snippet);
        }
        for network in NETWORKS {
            let live = calendar.posts.iter().filter(|p| &*p.snippet.network == network && p.state != State::Missed);
            let live: Vec<&Post<'_>> = live.collect();
            for window in live.windows(every.max(1)) {
                let planned = window.iter().any(|p| p.ask && p.state != State::Posted);
                let asks = window.iter().filter(|p| p.ask).count();
                prop_assert!(every == 0 || !planned || asks <= 1, "{asks} of {every} posts ask");
            }
        }
        // The order of the articles says nothing.
        let mut turned = subjects.clone();
        turned.reverse();
        let turned = plan(&turned, &rules, &ledger, now);
        prop_assert_eq!(places(&calendar), places(&turned));
    }

    #[test]
    fn a_newer_article_moves_nothing(mut subjects in articles(), day in 0i64..130) {
        let now = at("2026-01-01T11:00:00Z") + Span::new().hours(24 * day);
        let without = subjects.clone();
        subjects.push(subject("new", "2026-05-02T05:00:00Z", &VARIANTS));
        let (before, after) = (plan(&without, &berlin(), &Ledger::default(), now), plan(&subjects, &berlin(), &Ledger::default(), now));
        let after: BTreeSet<_> = places(&after).into_iter().collect();
        for place in places(&before) {
            prop_assert!(after.contains(&place), "{place:?} moved");
        }
    }

    #[test]
    fn time_that_passes_moves_nothing_that_does_not_ask(
        mut subjects in articles(), day in 0i64..130, later in 0i64..90, made in any::<u64>(),
    ) {
        for subject in &mut subjects {
            subject.snippets.retain(|s| !asks(&s.variant));
        }
        let now = at("2026-01-01T11:00:00Z") + Span::new().hours(24 * day);
        let first = plan(&subjects, &berlin(), &Ledger::default(), now);
        let then = now + Span::new().hours(24 * later);
        let due = first.posts.iter().filter(|p| p.at <= then).enumerate();
        let ledger = posted(due.filter(|(i, _)| made >> (i % 64) & 1 == 1).map(|(_, p)| p));
        let second = plan(&subjects, &berlin(), &ledger, then);
        let there: BTreeSet<_> = places(&second).into_iter().collect();
        for place in places(&first).iter().filter(|p| p.3 > then) {
            prop_assert!(there.contains(place), "{place:?} moved");
        }
    }
}
