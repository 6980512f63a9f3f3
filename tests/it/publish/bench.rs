//! The measured run: ten thousand pages, one of them changed.

use super::{Event, Host, Proxy, publish, site};
use std::time::Instant;

/// `cargo nextest run --release -E 'test(ten_thousand_pages)' --run-ignored all --no-capture`
#[test]
#[ignore = "takes half a minute; prints figures"]
fn ten_thousand_pages_of_which_one_changes() {
    let host = Host::start("s3");
    let proxy = Proxy::http(host.port);
    let site = site(&host.target(host.port), 10_000);
    let begun = Instant::now();
    publish(&site, &host);
    let first = begun.elapsed();
    let text = site.read("content/articles/a5000.md");
    site.put("content/articles/a5000.md", format!("{text}\nOne sentence more.\n"));
    let built = site.build(&[]);
    assert_eq!(built.exit, 0, "{}", built.said);
    let begun = Instant::now();
    let done = publish(&site, &host);
    let one = begun.elapsed();
    println!("{}", done.said);
    site.put("content/articles/a5000.md", format!("{text}\nOne sentence less.\n"));
    assert_eq!(site.build(&[]).exit, 0);
    // The requests are counted apart from the time, since the proxy takes its own.
    site.put("site.toml", site.read("site.toml").replace(&host.port.to_string(), &proxy.port.to_string()));
    assert_eq!(site.build(&[]).exit, 0);
    publish(&site, &host);
    let events = proxy.take();
    let requests: Vec<_> = events.iter().filter_map(|e| if let Event::Begun(r) = e { Some(r) } else { None }).collect();
    let beside = requests.iter().filter(|r| r.path.contains(".hub-")).count();
    println!(
        "first: {:.1} s; one page changed: {:.2} s, {} requests, {beside} beside the files",
        first.as_secs_f64(),
        one.as_secs_f64(),
        requests.len()
    );
    assert!(beside <= 3, "{requests:?}");
}
