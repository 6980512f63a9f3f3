//! Sites that are more than their host takes.

use crate::harness::{Site, said};

fn site(articles: &[(&str, String)]) -> Site {
    let site = Site::new();
    site.put("site.toml", "title = \"T\"\nbase_url = \"https://acme.io\"\n[publish]\nhost = \"cloudflare-pages\"\n");
    for (name, more) in articles {
        site.put(&format!("content/articles/{name}.md"), format!("+++\ntitle = \"{name}\"\n{more}+++\nText.\n"));
    }
    site
}

/// `n` old addresses, as front matter.
fn aliases(n: usize) -> String {
    format!("aliases = [{}]\n", (0..n).map(|i| format!("\"/old/{i}/\"")).collect::<Vec<_>>().join(", "))
}

#[test]
fn redirects_are_counted_as_the_host_counts_them() {
    let lines = |site: &Site| {
        let text = site.read("public/_redirects");
        text.lines().filter(|l| !l.trim().is_empty() && !l.starts_with('#')).count()
    };
    let just = site(&[("a", aliases(1)), ("b", String::new())]);
    assert_eq!(just.build(&[]).exit, 0);
    // Each address has as many lines as one has.
    let (each, most) = (lines(&just), 2000);
    let just = site(&[("a", aliases(most / each))]);
    let built = just.build(&[]);
    assert_eq!(built.exit, 0, "{}", built.said);
    assert!(lines(&just) <= most && lines(&just) > most - each);
    let over = site(&[("a", aliases(most / each + 1))]);
    let built = over.build(&[]);
    assert_eq!(built.exit, 1, "{}", built.said);
    assert!(
        built.said.contains("error[H4022]: `_redirects` has 2,001") && !over.path("public").exists(),
        "{}",
        built.said
    );
}

#[test]
fn files_are_counted() {
    let site = site(&[("a", String::new())]);
    assert_eq!(site.build(&[]).exit, 0);
    let own = site.output("public").len();
    for i in 0..20_000 - own {
        site.put(&format!("static/x/{i}.txt"), "x");
    }
    let check = || said(&site.run(&["check", "--offline", "--format", "short"]));
    assert!(!check().contains("H4022"), "as many as it takes");
    site.put("static/x/one-more.txt", "x");
    let told = check();
    assert!(told.contains("error[H4022]: the site has 20,001 files, and Cloudflare Pages takes 20,000"), "{told}");
}
