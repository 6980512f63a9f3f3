//! Posts go out once, whatever happens on the way.

use crate::harness::{Site, said};
use crate::servers::{Fault, Server};
use hub::posting::{Account, Bluesky, Client, Clock, Error, Job, Mastodon, Sent};
use hub::share::{LinkPlace, Snippet};
use jiff::Timestamp;
use std::process::{Output, Stdio};
use std::time::Duration;

const CLOCK: Clock = Clock { now: Timestamp::now, sleep: |_| {} };
const NOW: &str = "2026-11-23T20:00:00Z";

fn snippet(network: &str) -> Snippet {
    Snippet {
        article: "a".into(),
        network: network.into(),
        variant: "quote".into(),
        text: "Größe zählt. https://acme.io/a/?utm_source=x&utm_content=quote #GrosseWorte".into(),
        count: 0,
        limit: 500,
        url: "https://acme.io/a/?utm_source=x&utm_content=quote".into(),
        link: LinkPlace::Body,
        first_comment: None,
        title: None,
        tags: Vec::new(),
        alt: "A card\nthat says \"size\"".into(),
        card: "cards/a.png".into(),
        thread: vec!["The second part.".into(), "The third part.".into()],
        intent: None,
    }
}

fn open(network: &str, server: &Server) -> Box<dyn Account> {
    let client = Client::new(&server.origin, CLOCK);
    match network {
        "mastodon" => Box::new(Mastodon::open(client, "m-token").expect("an account")),
        _ => Box::new(Bluesky::open(client, "mara.test", "b-password").expect("an account")),
    }
}

fn server(network: &str) -> Server {
    if network == "mastodon" { Server::mastodon() } else { Server::bluesky() }
}

fn send(account: &dyn Account, snippet: &Snippet, ids: &[String], again: bool) -> (Result<Sent, Error>, Vec<String>) {
    let begun = NOW.parse().expect("a time");
    let job = Job {
        snippet,
        title: "A",
        description: "About A",
        language: "de-AT",
        card: Some(b"\x89PNG".to_vec()),
        key: account.key(snippet, begun),
        begun,
        ids: ids.to_vec(),
        again,
    };
    let mut seen = ids.to_vec();
    let sent = account.send(&job, &mut |ids| {
        seen = ids.to_vec();
        Ok(())
    });
    (sent, seen)
}

#[test]
fn a_thread_on_mastodon() {
    let server = Server::mastodon();
    let sent = send(&*open("mastodon", &server), &snippet("mastodon"), &[], false).0.expect("sent");
    assert_eq!(
        sent,
        Sent { ids: vec!["100".into(), "101".into(), "102".into()], url: format!("{}/@mara/100", server.origin) }
    );
    let posts = server.posts();
    assert_eq!(posts[0]["status"], snippet("mastodon").text);
    assert_eq!((&posts[0]["media_ids"][0], &posts[0]["language"]), (&"m1".into(), &"de".into()));
    assert_eq!((&posts[1]["in_reply_to_id"], &posts[2]["in_reply_to_id"]), (&"100".into(), &"101".into()));
    assert!(posts[0].get("in_reply_to_id").is_none() && posts[1].get("media_ids").is_none());
    let upload = &server.asked("/api/v2/media")[0];
    let body = String::from_utf8_lossy(&upload.body).into_owned();
    let boundary = upload.header("content-type").split("boundary=").nth(1).expect("a boundary");
    assert!(body.contains("name=\"description\"\r\n\r\nA card that says \"size\"\r\n"), "{body}");
    assert!(body.starts_with(&format!("--{boundary}\r\n")) && body.ends_with(&format!("--{boundary}--\r\n")), "{body}");
    assert!(upload.body.windows(4).any(|w| w == b"\x89PNG"));
    let keys: Vec<String> =
        server.asked("/api/v1/statuses").iter().map(|a| a.header("idempotency-key").into()).collect();
    assert!(keys.iter().all(|k| k.len() > 20) && keys[0] != keys[1], "{keys:?}");
}

#[test]
fn a_thread_on_bluesky() {
    let server = Server::bluesky();
    let sent = send(&*open("bluesky", &server), &snippet("bluesky"), &[], false).0.expect("sent");
    assert!(sent.url.starts_with("https://bsky.app/profile/mara.test/post/3"), "{}", sent.url);
    assert_eq!(sent.ids.len(), 3);
    let posts = server.posts();
    assert_eq!((&posts[0]["text"], &posts[0]["createdAt"]), (&snippet("x").text.into(), &NOW.into()));
    let facets = posts[0]["facets"].as_array().expect("facets");
    assert_eq!(facets[0]["features"][0]["uri"], snippet("x").url, "{facets:?}");
    // Bytes: `Größe zählt. ` has three letters of two.
    assert_eq!(facets[0]["index"]["byteStart"], 16);
    assert_eq!(facets[1]["features"][0]["tag"], "GrosseWorte");
    let external = &posts[0]["embed"]["external"];
    assert_eq!(
        (&external["uri"], &external["title"], &external["description"]),
        (&snippet("x").url.into(), &"A".into(), &"About A".into())
    );
    assert_eq!((&external["thumb"]["size"], &external["thumb"]["mimeType"]), (&4.into(), &"image/png".into()));
    let reply = &posts[2]["reply"];
    assert_eq!(
        (&reply["root"]["uri"], &reply["parent"]["uri"]),
        (&sent.ids[0].clone().into(), &sent.ids[1].clone().into())
    );
    assert!(posts[0].get("reply").is_none() && posts[1].get("embed").is_none());
    let mut bare = snippet("bluesky");
    (bare.link, bare.thread, bare.variant) = (LinkPlace::None, Vec::new(), "other".into());
    send(&*open("bluesky", &server), &bare, &[], false).0.expect("sent");
    let image = &server.posts()[3]["embed"]["images"][0];
    assert_eq!(image["alt"], "A card\nthat says \"size\"");
}

#[test]
fn a_bad_moment_a_cut_line_and_a_busy_server_make_no_second_post() {
    for network in ["mastodon", "bluesky"] {
        for faults in [
            vec![Fault::Broken],
            vec![Fault::CutAfterAccept],
            vec![Fault::Busy(1)],
            vec![Fault::Broken, Fault::CutAfterAccept, Fault::Broken],
        ] {
            let server = server(network);
            server.faults(&faults);
            let sent = send(&*open(network, &server), &snippet(network), &[], false).0.expect("sent");
            assert_eq!((sent.ids.len(), server.posts().len()), (3, 3), "{network} {faults:?}");
        }
    }
}

#[test]
fn a_server_that_stays_broken_is_left_alone() {
    for network in ["mastodon", "bluesky"] {
        let server = server(network);
        server.faults(&[Fault::Broken; 9]);
        let (sent, _) = send(&*open(network, &server), &snippet(network), &[], false);
        let e = sent.expect_err("broken");
        assert!(!e.refused && e.message.contains("in 4 tries"), "{e:?}");
        server.faults(&[Fault::Busy(4000)]);
        let e = send(&*open(network, &server), &snippet(network), &[], false).0.expect_err("busy");
        assert!(e.message.contains("4000 seconds"), "{e:?}");
        server.faults(&[Fault::Refused]);
        let e = send(&*open(network, &server), &snippet(network), &[], false).0.expect_err("refused");
        assert!(e.refused && e.message.contains("too long"), "{e:?}");
        assert_eq!(server.posts().len(), 0);
    }
}

#[test]
fn what_broke_off_goes_on_where_it_was() {
    for network in ["mastodon", "bluesky"] {
        let server = server(network);
        server.faults(&[Fault::CutAfterAccept, Fault::Broken, Fault::Broken, Fault::Broken, Fault::Broken]);
        // The cut line is found out by the next try, which the broken server does not answer.
        let (sent, seen) = send(&*open(network, &server), &snippet(network), &[], false);
        assert!(sent.is_err() || network == "bluesky");
        server.faults(&[]);
        // An instance forgets keys: only its posts are left.
        for (key, _) in &mut server.state.lock().expect("a state").posts {
            if network == "mastodon" {
                key.clear();
            }
        }
        let sent = send(&*open(network, &server), &snippet(network), &seen, true).0.expect("sent");
        assert_eq!((sent.ids.len(), server.posts().len()), (3, 3), "{network}");
    }
}

#[test]
fn wrong_words_are_refused_before_anything_is_sent() {
    let server = Server::mastodon();
    let e = Mastodon::open(Client::new(&server.origin, CLOCK), "wrong-token").err().expect("refused");
    assert!(e.refused && e.message.contains("token") && !e.message.contains("wrong-token"), "{e:?}");
    let server = Server::bluesky();
    let e = Bluesky::open(Client::new(&server.origin, CLOCK), "mara.test", "wrong-password").err().expect("refused");
    assert!(e.refused && e.message.contains("app password") && !e.message.contains("wrong-password"), "{e:?}");
}

/// A site with one article that is due on both networks.
fn site(mastodon: &Server, bluesky: &Server) -> Site {
    let site = Site::empty();
    site.put(
        "site.toml",
        format!(
            "title = \"T\"\nbase_url = \"https://acme.io\"\n[share]\nnetworks = [\"mastodon\", \"bluesky\"]\n[share.post]\nmastodon = \"{}\"\nbluesky = \"{}\"\n",
            mastodon.origin, bluesky.origin
        ),
    );
    site.put(
        "content/articles/a.md",
        "+++\ntitle = \"A\"\ndate = 2026-11-23\n[[share]]\nvariant = \"quote\"\ntext = \"Size counts.\"\n+++\nText.\n",
    );
    site
}

fn command(site: &Site, args: &[&str]) -> std::process::Command {
    let mut command = site.command();
    command.args(args).args(["--now", NOW]);
    command.env("HUB_MASTODON_TOKEN", "m-token").env("HUB_BLUESKY_HANDLE", "mara.test");
    command.env("HUB_BLUESKY_APP_PASSWORD", "b-password").stdin(Stdio::null());
    command
}

fn post(site: &Site, network: &str, more: &[&str]) -> Output {
    let mut args = vec!["share", "post", "--network", network];
    args.extend(more);
    command(site, &args).output().expect("hub runs")
}

#[test]
fn what_is_due_goes_out_once_and_stands_in_the_ledger() {
    let (mastodon, bluesky) = (Server::mastodon(), Server::bluesky());
    let site = site(&mastodon, &bluesky);
    for (network, server) in [("mastodon", &mastodon), ("bluesky", &bluesky)] {
        let dry = post(&site, network, &[]);
        assert!(
            dry.status.success() && said(&dry).contains("add `--yes`") && said(&dry).contains("Size counts."),
            "{}",
            said(&dry)
        );
        assert!(server.state.lock().expect("a state").asked.is_empty(), "a dry run asks nobody");
        let out = post(&site, network, &["--yes"]);
        assert!(out.status.success(), "{}", said(&out));
        assert_eq!(server.posts().len(), 1);
        let again = post(&site, network, &["--yes"]);
        assert!(again.status.success() && said(&again).contains("nothing is due"), "{}", said(&again));
        assert_eq!(server.posts().len(), 1);
        for output in [&dry, &out, &again] {
            let said = said(output);
            assert!(!["m-token", "b-password", "b-jwt"].iter().any(|secret| said.contains(secret)), "{said}");
        }
    }
    let ledger = site.read("social/ledger.toml");
    assert_eq!(ledger.matches("state = \"posted\"").count(), 2, "{ledger}");
    assert!(ledger.contains("https://bsky.app/profile/mara.test/post/3") && ledger.contains("/@mara/100"), "{ledger}");
    assert!(!ledger.contains("token"), "{ledger}");
}

#[test]
fn killed_between_the_post_and_the_ledger_nothing_is_posted_twice() {
    let (mastodon, bluesky) = (Server::mastodon(), Server::bluesky());
    let site = site(&mastodon, &bluesky);
    for (network, server) in [("mastodon", &mastodon), ("bluesky", &bluesky)] {
        let state = server.state.clone();
        // Nobody gets an answer before the victim is known.
        let mut held = state.lock().expect("a state");
        held.faults.push_back(Fault::KillAfterAccept);
        let mut child = command(&site, &["share", "post", "--network", network, "--yes"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("hub runs");
        held.victim = Some(child.id());
        drop(held);
        assert!(!child.wait().expect("ends").success());
        assert_eq!(server.posts().len(), 1, "it arrived");
        let ledger = site.read("social/ledger.toml");
        assert!(ledger.contains("state = \"sending\""), "{ledger}");
        for (key, _) in &mut server.state.lock().expect("a state").posts {
            if network == "mastodon" {
                key.clear();
            }
        }
        let again = post(&site, network, &["--yes"]);
        assert!(again.status.success(), "{}", said(&again));
        assert_eq!(server.posts().len(), 1);
        assert!(!site.read("social/ledger.toml").contains("sending"));
    }
}

#[test]
fn a_refused_post_leaves_no_entry() {
    let (mastodon, bluesky) = (Server::mastodon(), Server::bluesky());
    let site = site(&mastodon, &bluesky);
    site.put("social/ledger.toml", "# mine\n");
    mastodon.faults(&[Fault::Refused]);
    let out = post(&site, "mastodon", &["--yes"]);
    assert_eq!(out.status.code(), Some(4), "{}", said(&out));
    assert!(said(&out).contains("nothing is out"), "{}", said(&out));
    assert_eq!(site.read("social/ledger.toml"), "# mine\n");
    let missing =
        command(&site, &["share", "post", "--network", "mastodon", "--yes"]).env_remove("HUB_MASTODON_TOKEN").output();
    let missing = missing.expect("hub runs");
    assert_eq!(missing.status.code(), Some(2));
    assert!(said(&missing).contains("`HUB_MASTODON_TOKEN` is not set"), "{}", said(&missing));
}

#[test]
fn a_ledger_is_whole_whenever_its_writer_is_killed() {
    let (mastodon, bluesky) = (Server::mastodon(), Server::bluesky());
    let site = site(&mastodon, &bluesky);
    let hand = format!("# by hand\n{}", "# a long comment\n".repeat(20_000));
    let mark = ["share", "mark", "a", "--network", "mastodon", "--variant", "quote"];
    let (mut killed, mut whole) = (0, 0);
    for round in 0..30u64 {
        site.put("social/ledger.toml", &hand);
        let mut child =
            site.command().args(mark).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("hub runs");
        std::thread::sleep(Duration::from_micros(round * 700));
        let _ = child.kill();
        killed += usize::from(!child.wait().expect("ends").success());
        let text = site.read("social/ledger.toml");
        assert!(text.starts_with(&hand), "what was there is there");
        if text != hand {
            whole += 1;
            assert!(text.ends_with("Z\n") && text.contains("variant = \"quote\""), "{}", &text[hand.len()..]);
        }
    }
    assert!(killed > 3, "hub was too quick: {killed} killed, {whole} written");
    let again = site.run(&mark);
    assert!(again.status.success() || said(&again).contains("already"), "{}", said(&again));
}
