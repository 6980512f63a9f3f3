use super::*;
use proptest::prelude::*;

const BY_HAND: &str = "# my own words\n[[posts]]\nvariant = 'a'   # first\narticle = \"x\"\nnetwork = \"mastodon\"\nat = 2026-01-02 10:00:00 # after lunch\n";

fn now() -> Timestamp {
    "2026-11-22T09:00:00Z".parse().expect("a time")
}

fn record(variant: &str) -> Record<'_> {
    Record { article: "x", network: "bluesky", variant, at: now(), text: "00ff", key: "k1", url: "" }
}

fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|s| s.to_string()).collect()
}

#[test]
fn an_entry_is_added_begun_and_confirmed_and_the_hand_stays() {
    for end in ["\n", "\r\n"] {
        let hand = BY_HAND.replace('\n', end);
        let text = with(&hand, &record("b \"q\" \u{7f}"));
        assert!(text.starts_with(&hand), "{text}");
        let read_back = read(&text, &TimeZone::UTC, now());
        assert!(read_back.diags.is_empty(), "{:?}", read_back.diags);
        let entry = &read_back.value.entries[1];
        assert_eq!((&*entry.variant.value, entry.state, entry.at), ("b \"q\" \u{7f}", State::Sending, now()));
        assert_eq!(read_back.value.entries[0].state, State::Posted);
        let text = text.replace("sending\"", "sending\" # still");
        let text = confirmed(&text, &TimeZone::UTC, "k1", &ids(&["1"]), None).expect("the first of a thread");
        let text = confirmed(&text, &TimeZone::UTC, "k1", &ids(&["1", "2"]), Some("https://m/2")).expect("all of it");
        let done = read(&text, &TimeZone::UTC, now());
        assert!(done.diags.is_empty(), "{:?}\n{text}", done.diags);
        let entry = &done.value.entries[1];
        assert_eq!((entry.state, &*entry.url, &entry.ids), (State::Posted, "https://m/2", &ids(&["1", "2"])));
        assert!(text.contains("state = \"posted\" # still") && text.contains("# after lunch"), "{text}");
        assert!(!text.replace("\r\n", "").contains('\r'));
        assert_eq!(end == "\r\n", !text.replace("\r\n", "").contains('\n'), "{text:?}");
        assert_eq!(confirmed(&text, &TimeZone::UTC, "k1", &ids(&["3"]), None), None, "it is out");
    }
}

#[test]
fn words_tell_a_renamed_variant() {
    let snippet = |article: &str, network: &str, variant: &str, text: &str| Snippet {
        url: "https://a.io/x/?utm_content=q".into(),
        ..crate::share::snippet::blank(article, network, variant, text)
    };
    let said = snippet("x", "bluesky", "old", "Some  words\n\nhttps://a.io/x/?utm_content=q");
    let digest = digest_of(&said);
    let ledger = read(&with("", &Record { text: &digest, ..record("old") }), &TimeZone::UTC, now()).value;
    assert!(ledger.find(&said).is_some());
    assert!(
        ledger.find(&snippet("x", "bluesky", "new", "Some words")).is_some(),
        "the link and the spaces do not count"
    );
    assert!(ledger.find(&snippet("x", "bluesky", "old", "Other words")).is_some());
    assert!(ledger.find(&snippet("x", "bluesky", "new", "Other words")).is_none());
    assert!(ledger.find(&snippet("x", "mastodon", "old", "Some words")).is_none());
    assert!(ledger.find(&snippet("y", "bluesky", "old", "Some words")).is_none());
}

#[test]
fn nonsense_is_found_where_it_stands() {
    let found = |text: &str| {
        let read = read(text, &TimeZone::UTC, now());
        read.diags.0.into_iter().map(|d| (d.code, d.at.map(|s| s.start))).collect::<Vec<_>>()
    };
    assert_eq!(found(BY_HAND), []);
    let twice = format!("{BY_HAND}{BY_HAND}");
    assert_eq!(found(&twice), [(codes::LEDGER, Some((BY_HAND.len() + BY_HAND.find("'a'").expect("it")) as u32))]);
    assert_eq!(found(&BY_HAND.replace("2026", "2027")).first().map(|f| f.0), Some(codes::LEDGER), "tomorrow");
    assert_eq!(found(&BY_HAND.replace("at = ", "when = ")).len(), 2, "no time, and a key that nobody knows");
    assert_eq!(found(&format!("{BY_HAND}state = \"sending\"\n")).first().map(|f| f.0), Some(codes::LEDGER));
    assert_eq!(found(&format!("{BY_HAND}state = \"gone\"\n")).first().map(|f| f.0), Some(codes::BAD_VALUE));
    assert_eq!(found("posts = 3").first().map(|f| f.0), Some(codes::WRONG_TYPE));
    assert_eq!(found("[[posts]\n").first().map(|f| f.0), Some(codes::SYNTAX));
}

proptest! {
    #[test]
    fn any_words_come_back(article in "\\PC{1,20}", variant in "[\\x00-\\x7f]{1,20}", url in "\\PC{0,20}") {
        let record = Record { article: &article, network: "x", variant: &variant, at: now(), text: "", key: "", url: &url };
        let text = with(BY_HAND, &record);
        let read = read(&text, &TimeZone::UTC, now());
        prop_assert!(read.diags.is_empty(), "{:?}", read.diags);
        let entry = &read.value.entries[1];
        prop_assert_eq!((&entry.article.value, &entry.variant.value, &entry.url), (&article, &variant, &url));
        prop_assert_eq!((entry.at, entry.state), (now(), State::Posted));
    }
}
