use super::*;
use crate::share::ledger::Ledger;
use crate::share::plan::{Subject, plan};
use crate::share::rules::Rule;
use crate::share::snippet::blank;
use crate::source::RelPath;

/// Reads comma-separated values as RFC 4180 says: a second opinion on the writer.
fn read(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted && chars.peek() == Some(&'\n') => {
                chars.next();
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    rows
}

fn now() -> Timestamp {
    "2026-03-02T00:00:00Z".parse().expect("a time")
}

fn rules() -> Rules {
    let mut rules = Rules::new(TimeZone::get("Europe/Berlin").expect("a zone"));
    let rule = Rule { repost: (0..100).collect(), per_day: 3, ..rules.default.clone() };
    for network in ["x", "linkedin"] {
        rules.set(network, rule.clone());
    }
    rules
}

fn subject(texts: &[&str]) -> Subject {
    let of = |network: &'static str| {
        let one = move |(i, text): (usize, &&str)| blank("a", network, &format!("v{i}"), text);
        texts.iter().enumerate().map(one)
    };
    Subject {
        article: "a".into(),
        path: RelPath::new("content/articles/a.md"),
        title: "A".into(),
        published: now(),
        expiry: None,
        changed: now(),
        runs: Vec::new(),
        snippets: of("x").chain(of("linkedin")).collect(),
    }
}

fn exported(name: &str, subject: &Subject, rules: &Rules) -> Export {
    let subjects = [subject.clone()];
    let calendar = plan(&subjects, rules, &Ledger::default(), now());
    export(named(name).expect("a format"), &calendar.posts.iter().collect::<Vec<_>>(), rules, now())
}

#[test]
fn every_format_has_as_many_columns_as_its_header_and_comes_back_as_it_was() {
    let texts = ["one, \"two\"\nthree", " spaces ", "ümläut 日本 👩‍👩‍👧"];
    for format in &TABLE {
        let export = exported(format.name, &subject(&texts), &rules());
        assert_eq!(export.files.len(), if format.per_network { 2 } else { 1 }, "{}", format.name);
        for (name, file) in &export.files {
            let rows = read(file);
            let header = usize::from(format.header.is_some());
            assert_eq!(rows.len(), header + if format.per_network { 3 } else { 6 }, "{name}");
            assert!(rows.iter().all(|row| row.len() == format.columns.len()), "{name}: {rows:?}");
            for text in texts {
                assert!(rows.iter().any(|row| row.iter().any(|cell| cell.starts_with(text))), "{name} lacks {text:?}");
            }
        }
    }
}

#[test]
fn files_are_as_the_schedulers_document_them() {
    let first = |name: &str| {
        let file = exported(name, &subject(&["Text"]), &rules()).files.swap_remove(0);
        (file.0, file.1.split("\r\n").take(2).map(str::to_string).collect::<Vec<_>>())
    };
    let url = "https://acme.io/a/?utm_content=v0";
    assert_eq!(
        first("buffer"),
        (
            "buffer-linkedin.csv".into(),
            vec![
                "\"Text\",\"Image URL\",\"Tags\",\"Posting Time\"".into(),
                format!("\"Text\n\n{url}\",\"\",\"\",\"2026-03-02 09:00\"")
            ]
        )
    );
    assert_eq!(first("hootsuite").1[0], format!("03/02/2026 09:00,Text,{url}"));
    assert_eq!(first("sprout").1[1], format!("03/02/2026,09:00,\"Text\n\n{url}\""));
    assert_eq!(
        first("socialbee").1,
        [
            "text,link,imageUrls,gifUrls,videoUrls,postAtSpecificTime".to_string(),
            format!("Text,{url},,,,2026-03-02 09:00")
        ]
    );
    assert_eq!(first("highlevel").1[1], format!("2026-03-02 09:00:00,Text,{url},,,"));
    let publer = [
        "Date - Intl. format or prompt",
        "Text",
        "Link(s) - Separated by comma for FB carousels",
        "Media URL(s) - Separated by comma",
        "Title - For the video, pin, PDF ..",
        "Label(s) - Separated by comma",
        "Alt text(s) - Separated by ||",
        "Comment(s) - Separated by ||",
        "Pin board, FB album, or Google category",
        "Post subtype - I.e. story, reel, PDF ..",
        "CTA - For Facebook links or Google",
        "Reminder - For stories, reels, shorts, and TikToks",
    ];
    assert_eq!(read(&exported("publer", &subject(&["T"]), &rules()).files[0].1)[0], publer);
    assert!(first("publer").1[1].starts_with(&format!("2026-03-02 09:00,Text,{url},,,,alt,")));
}

#[test]
fn long_plans_are_cut_where_the_tool_asks_for_it() {
    let texts: Vec<String> = (0..100).map(|i| format!("text {i}")).collect();
    let texts: Vec<&str> = texts.iter().map(|t| &**t).collect();
    let export = exported("highlevel", &subject(&texts), &rules());
    let rows: Vec<(&str, usize)> = export.files.iter().map(|(name, file)| (&**name, read(file).len() - 1)).collect();
    assert_eq!(
        rows,
        [
            ("highlevel-linkedin-1.csv", 90),
            ("highlevel-linkedin-2.csv", 10),
            ("highlevel-x-1.csv", 90),
            ("highlevel-x-2.csv", 10)
        ]
    );
    assert!(export.notes.iter().any(|n| n.contains("2 files of at most 90")), "{:?}", export.notes);
}

#[test]
fn no_cell_is_a_formula() {
    let export = exported("csv", &subject(&["=1+1", "@mara says", "-5", "+49", "a=b"]), &rules());
    let file = &export.files[0].1;
    for cell in ["'=1+1", "'@mara says", "'-5", "'+49", ",a=b,"] {
        assert!(file.contains(cell), "{cell}");
    }
    assert!(export.notes.iter().any(|n| n.contains("8 cells")), "{:?}", export.notes);
}

#[test]
fn what_is_lost_is_said() {
    let mut subject = subject(&["Text"]);
    subject.snippets[0].first_comment = Some("The link".into());
    subject.snippets[0].thread = vec!["more".into()];
    let notes = |name| exported(name, &subject, &rules()).notes.join("\n");
    let sprout = notes("sprout");
    for what in [
        "alternative texts (2 posts)",
        "first comments (1 post)",
        "threads (1 post)",
        "pictures (2 posts)",
        "mm/dd/yyyy",
    ] {
        assert!(sprout.contains(what), "{what}: {sprout}");
    }
    let publer = notes("publer");
    assert!(!publer.contains("alternative") && !publer.contains("comments") && publer.contains("threads"), "{publer}");
    assert!(publer.contains("pictures need public addresses"), "{publer}");
    assert!(!notes("csv").contains("no place"), "{}", notes("csv"));
    let mut public = rules();
    public.previews = Some("https://acme.io".into());
    let export = exported("buffer", &subject, &public);
    assert!(export.files[0].1.contains("\"https://acme.io/cards/a.png\""), "{:?}", export.files);
    assert!(export.notes.iter().any(|n| n.contains("previews of pages")), "{:?}", export.notes);
    let mut deployed = public;
    deployed.cards_url = Some("https://cdn.acme.io/social".into());
    let export = exported("buffer", &subject, &deployed);
    assert!(export.files[0].1.contains("\"https://cdn.acme.io/social/cards/a/a.png\""), "{:?}", export.files);
    assert!(export.notes.iter().any(|n| n.contains("deploy them")));
}

#[test]
fn sprout_is_told_of_posts_that_stand_too_close() {
    let mut near = rules();
    let time = |m| jiff::civil::time(9, m, 0, 0);
    near.set("x", Rule { times: vec![time(0), time(5)], per_day: 2, repost: vec![0], ..near.default.clone() });
    let of = |name: &str| Subject { article: name.into(), snippets: vec![blank(name, "x", "v", name)], ..subject(&[]) };
    let subjects = [of("a"), of("b")];
    let calendar = plan(&subjects, &near, &Ledger::default(), now());
    let posts: Vec<_> = calendar.posts.iter().collect();
    let notes = export(named("sprout").expect("it"), &posts, &near, now()).notes;
    assert!(notes.iter().any(|n| n.contains("1 post stands less than 10 minutes after another")), "{notes:?}");
    let late = export(named("sprout").expect("it"), &posts, &near, now() + Span::new().hours(9));
    assert!(late.files.is_empty() && late.notes[0].contains("2 posts are due already"), "{late:?}");
}
