//! Counting, against what the networks' own libraries say.

use crate::harness::root;
use hub::networks::entities::{cashtags, hashtags, is_hashtag, is_list, is_name, is_url, mentions, reply};
use hub::networks::twitter::{Rules, is_invalid, urls, weight};
use serde_json::{Value, json};

fn lines(file: &str) -> Vec<Value> {
    let path = format!("{}/tests/vectors/{file}", root());
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    text.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect()
}

/// `twitter-text` 3.1.0 of npm weighed these, and found these addresses.
#[test]
fn x_counts_as_twitter_text_does() {
    let mut wrong = Vec::new();
    let cases = lines("twitter-text.jsonl");
    assert!(cases.len() >= 1000);
    for case in cases {
        let text = case[0].as_str().expect("text");
        let units =
            |range: std::ops::Range<usize>| [0..range.start, 0..range.end].map(|r| text[r].encode_utf16().count());
        let found: Vec<[usize; 2]> = urls(text, Rules::X).into_iter().map(units).collect();
        if (weight(text), json!(found)) != (case[1].as_u64().expect("a number") as usize, case[2].clone()) {
            wrong.push(format!("{text:?}: {} {found:?}, and not {} {}", weight(text), case[1], case[2]));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.iter().take(30).cloned().collect::<Vec<_>>().join("\n")
    );
}

/// Every emoji that Unicode has (npm `unicode-emoji-json`, from emoji-test.txt) is one picture.
#[test]
fn an_emoji_counts_two_however_it_is_made() {
    let path = format!("{}/tests/vectors/emoji.txt", root());
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let all: Vec<&str> = text.lines().filter(|l| !l.starts_with("//")).collect();
    assert!(all.len() > 3_000);
    let wrong: Vec<String> = all.iter().filter(|e| weight(e) != 2).map(|e| format!("{e} {}", weight(e))).collect();
    assert!(wrong.is_empty(), "{} of {}: {}", wrong.len(), all.len(), wrong.join(", "));
    for emoji in all {
        assert_eq!(hub::networks::Count::GraphemesAndBytes.of(emoji), 1, "{emoji}");
        assert_eq!(hub::networks::Count::Threads.of(emoji), emoji.len(), "{emoji}");
    }
}

#[test]
fn the_conformance_data_of_twitter_text_pass() {
    let dir = format!("{}/tests/vectors/twitter-text", root());
    let (mut done, mut wrong) = (0, Vec::new());
    for (file, section, look) in SECTIONS {
        let path = format!("{dir}/{file}");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
        let read = hub::project::yaml::read(&text, 0, &hub::source::RelPath::new(file));
        assert!(read.diags.is_empty(), "{path}: {:?}", read.diags.0.first());
        let tests = read.value.get("tests").map(|n| plain(&n.value)).unwrap_or_default();
        for case in tests[section].as_array().into_iter().flatten() {
            done += 1;
            let (text, wanted) = (case["text"].as_str().unwrap_or_default(), &case["expected"]);
            if let Some(found) = look(text, wanted) {
                wrong.push(format!("{file} {section}: {}: {found}, and not {wanted}", case["description"]));
            }
        }
    }
    assert!(done > 300, "{done} cases");
    assert!(wrong.is_empty(), "{} of {done}:\n{}", wrong.len(), wrong.join("\n"));
}

type Look = fn(&str, &Value) -> Option<Value>;

#[rustfmt::skip]
const SECTIONS: [(&str, &str, Look); 22] = [
    ("validate.yml", "tweets", |t, w| differs(is_valid_before(t).into(), w)),
    ("validate.yml", "usernames", |t, w| differs(is_name(t).into(), w)),
    ("validate.yml", "lists", |t, w| differs(is_list(t).into(), w)),
    ("validate.yml", "hashtags", |t, w| differs(is_hashtag(t).into(), w)),
    ("validate.yml", "urls", |t, w| differs(is_url(t, true).into(), w)),
    ("validate.yml", "urls_without_protocol", |t, w| differs(is_url(t, false).into(), w)),
    ("validate.yml", "WeightedTweetsCounterTest", weighed_by_characters),
    ("validate.yml", "WeightedTweetsWithDiscountedEmojiCounterTest", weighed),
    ("validate.yml", "UnicodeDirectionalMarkerCounterTest", weighed),
    ("extract.yml", "mentions", |t, w| differs(mentions(t).into_iter().map(|m| t[m.name].into()).collect::<Vec<Value>>().into(), w)),
    ("extract.yml", "mentions_with_indices", |t, w| differs(mentions(t).into_iter().map(|m| json!({ "screen_name": &t[m.name], "indices": place(t, &m.range) })).collect(), w)),
    ("extract.yml", "mentions_or_lists_with_indices", |t, w| differs(mentions(t).into_iter().map(|m| json!({ "screen_name": &t[m.name], "list_slug": &t[m.list], "indices": place(t, &m.range) })).collect(), w)),
    ("extract.yml", "replies", |t, w| differs(reply(t).map(|r| &t[r]).into(), w)),
    ("extract.yml", "urls", addresses),
    ("extract.yml", "tco_urls_with_params", addresses),
    ("extract.yml", "urls_with_indices", addresses_with_places),
    ("extract.yml", "urls_with_directional_markers", addresses_with_places),
    ("extract.yml", "hashtags", |t, w| differs(hashtags(t).iter().map(|r| word(t, r)).collect(), w)),
    ("extract.yml", "hashtags_from_astral", |t, w| differs(hashtags(t).iter().map(|r| word(t, r)).collect(), w)),
    ("extract.yml", "hashtags_with_indices", |t, w| differs(hashtags(t).iter().map(|r| json!({ "hashtag": word(t, r), "indices": place(t, r) })).collect(), w)),
    ("extract.yml", "cashtags", |t, w| differs(cashtags(t).iter().map(|r| word(t, r)).collect(), w)),
    ("extract.yml", "cashtags_with_indices", |t, w| differs(cashtags(t).iter().map(|r| json!({ "cashtag": word(t, r), "indices": place(t, r) })).collect(), w)),
];

/// Places are characters in the conformance data.
fn place(text: &str, range: &std::ops::Range<usize>) -> [usize; 2] {
    [range.start, range.end].map(|i| text[..i].chars().count())
}

/// What stands behind the sign of a tag.
fn word(text: &str, range: &std::ops::Range<usize>) -> String {
    text[range.clone()].chars().skip(1).collect()
}

/// The section `tweets` is of version 1: 140 characters, of which an address is 23.
fn is_valid_before(text: &str) -> bool {
    let found = urls(text, Rules::X);
    let inside: usize = found.iter().map(|r| text[r.clone()].chars().count()).sum();
    (1..=140).contains(&(text.chars().count() - inside + 23 * found.len())) && !text.contains(is_invalid)
}

fn differs(found: Value, wanted: &Value) -> Option<Value> {
    (found != *wanted).then_some(found)
}

fn is_valid(text: &str) -> bool {
    (1..=280).contains(&weight(text)) && !text.contains(is_invalid)
}

fn weighed_by_characters(text: &str, wanted: &Value) -> Option<Value> {
    let weight = hub::networks::twitter::weight_of_characters(text);
    differs(json!(weight), &wanted["weightedLength"])
}

fn weighed(text: &str, wanted: &Value) -> Option<Value> {
    let found = json!({ "weightedLength": weight(text), "valid": is_valid(text) });
    let same = found["weightedLength"] == wanted["weightedLength"] && found["valid"] == wanted["valid"];
    (!same).then_some(found)
}

fn addresses(text: &str, wanted: &Value) -> Option<Value> {
    differs(urls(text, Rules::X).into_iter().map(|r| text[r].to_string()).collect::<Vec<_>>().into(), wanted)
}

fn addresses_with_places(text: &str, wanted: &Value) -> Option<Value> {
    let one = |r: std::ops::Range<usize>| json!({ "url": &text[r.clone()], "indices": place(text, &r) });
    differs(urls(text, Rules::X).into_iter().map(one).collect(), wanted)
}

fn plain(value: &hub::project::node::Value) -> Value {
    use hub::project::node::Value as V;
    match value {
        V::Null => Value::Null,
        V::Bool(b) => (*b).into(),
        V::Integer(i) => (*i).into(),
        V::Float(f) => (*f).into(),
        V::String(s) | V::Datetime(s) => s.as_str().into(),
        V::Array(items) => items.iter().map(|n| plain(&n.value)).collect::<Vec<_>>().into(),
        V::Table(t) => {
            t.0.iter().map(|(k, n)| (k.value.clone(), plain(&n.value))).collect::<serde_json::Map<_, _>>().into()
        }
    }
}
