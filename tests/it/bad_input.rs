//! Bad input gets a diagnostic, never a panic.

use crate::harness::Site;

const OK: &str = "+++\ntitle = \"A\"\n+++\n\ntext\n";

fn expect(site: &Site, code: &str) {
    let built = site.build(&[]);
    assert!([1, 0].contains(&built.exit), "exit {}: {}", built.exit, built.said);
    assert!(built.said.contains(code), "no {code}: {}", built.said);
    assert!(!built.said.contains("bug"), "{}", built.said);
}

fn with(path: &str, bytes: impl AsRef<[u8]>) -> Site {
    let site = Site::new();
    site.put("content/articles/ok.md", OK);
    site.put(path, bytes);
    site
}

#[test]
fn malformed_front_matter() {
    for (text, code) in [
        ("+++\ntitle = \n+++\n", "H0001"),
        ("+++\ntitle = \"A\"\n", "H1001"),
        ("---\ntitle: [a\n---\n", "H0001"),
        ("---\n- a\n- b\n---\n", "H0003"),
        ("---\na: &x 1\nb: *x\n---\n", "H0001"),
        ("+++\ntitle = 5\ndate = \"soon\"\n+++\n", "H0005"),
        ("+++\ntitle = \"A\"\ndraf = true\n+++\n", "did you mean `draft`?"),
        ("+++\ntitle = \"A\"\ntags = [1, true]\n+++\n", "H0003"),
        ("no front matter", "H1013"),
        ("", "H1013"),
        ("\u{feff}+++\ntitle = \"A\"\ntypo = 1\n+++\n", "H0002"),
        ("+++\r\ntitle = \"A\"\r\ntypo = 1\r\n+++\r\ntext\r\n", "H0002"),
    ] {
        expect(&with("content/articles/a.md", text), code);
    }
}

#[test]
fn invalid_utf8() {
    expect(&with("content/articles/a.md", b"+++\ntitle = \"\xff\"\n+++\n"), "H0007");
    expect(&with("site.toml", b"title = \"\xff\""), "H0007");
    expect(&with("templates/base.html", b"\xff"), "H0007");
}

#[test]
fn fifty_megabytes_of_brackets() {
    for (open, front) in [
        ("[", true),
        ("[", false),
        ("> ", false),
        ("- ", false),
        ("*", false),
        ("`", false),
        ("<", false),
        ("![", false),
        ("{{", false),
    ] {
        let big = open.repeat(50_000_000 / open.len());
        let text = if front { format!("+++\ntitle = {big}\n+++\n") } else { format!("+++\ntitle = \"A\"\n+++\n{big}") };
        let site = with("content/articles/a.md", text);
        let begun = std::time::Instant::now();
        let built = site.build(&[]);
        assert!([0, 1].contains(&built.exit), "{open} {}: {}", built.exit, &built.said[..built.said.len().min(2000)]);
        assert!(begun.elapsed().as_secs() < 100, "{open} took {:?}", begun.elapsed());
        assert!(built.said.contains("H0015"), "{open}: {}", &built.said[..built.said.len().min(2000)]);
        assert!(built.said.len() < 20_000, "{open}: {} bytes were said", built.said.len());
    }
}

#[test]
fn a_megabyte_of_brackets() {
    for open in ["[", "> ", "- ", "*", "`", "<", "![", "$", "|", "::"] {
        let text = format!("+++\ntitle = \"A\"\n+++\n{}", open.repeat(1_000_000 / open.len()));
        let begun = std::time::Instant::now();
        let built = with("content/articles/a.md", text).build(&[]);
        assert!([0, 1].contains(&built.exit), "{open} {}: {}", built.exit, &built.said[..built.said.len().min(2000)]);
        assert!(begun.elapsed().as_secs() < 60, "{open} took {:?}", begun.elapsed());
        assert!(built.said.len() < 20_000, "{open}: {} bytes were said", built.said.len());
    }
}

#[test]
fn templates_in_circles() {
    let site = with("templates/a.html", "{% extends \"b.html\" %}");
    site.put("templates/b.html", "{% extends \"a.html\" %}");
    expect(&site, "H2004");
    let site = with("templates/partials/header.html", "{% include \"partials/header.html\" %}");
    expect(&site, "H200");
    expect(&with("templates/page.html", "{% if %}"), "H2001");
    expect(&with("templates/article.html", "{{ article.titel }}"), "did you mean `title`?");
    expect(&with("templates/article.html", "{{ article.title | shout }}"), "H2001");
    expect(&with("templates/article.html", "{% extends \"nase.html\" %}"), "did you mean `base.html`?");
    expect(
        &with("templates/article.html", "{% set a = asset(path=\"css/sit.css\") %}"),
        "did you mean `css/site.css`?",
    );
}

#[cfg(unix)]
#[test]
fn links_of_the_file_system() {
    use std::os::unix::fs::symlink;
    let site = with("content/articles/b.md", OK);
    symlink(site.path("content"), site.path("content/articles/loop")).expect("a link");
    expect(&site, "H0009");
    let site = with("content/articles/b.md", OK);
    let outside = tempfile::tempdir().expect("a folder");
    std::fs::write(outside.path().join("secret.md"), OK).expect("a file");
    symlink(outside.path().join("secret.md"), site.path("content/articles/out.md")).expect("a link");
    expect(&site, "H0008");
    symlink(outside.path(), site.path("content/articles/folder")).expect("a link");
    let built = site.build(&[]);
    assert!(
        built.said.contains("H0008") && !site.path("public/articles/folder/secret/index.html").exists(),
        "{}",
        built.said
    );
}

#[test]
fn names_that_cannot_be() {
    let site = with("content/articles/Ok.md", OK);
    expect(&site, "H3003");
    let site = with("static/Logo.svg", "<svg/>");
    site.put("static/logo.svg", "<svg/>");
    expect(&site, "H3005");
    for name in ["con.md", "nul.txt.md", "a:b.md", "com1.md"] {
        expect(&with(&format!("content/articles/{name}"), OK), "H0010");
    }
    expect(&with("content/articles/a.md", "+++\ntitle = \"A\"\npath = \"/../../etc/x\"\n+++\n"), "H3007");
    expect(&with("content/articles/a.md", "+++\ntitle = \"A\"\naliases = [\"../x\", \"/a?b\"]\n+++\n"), "H3007");
    expect(&with("content/articles/a.md", "+++\ntitle = \"A\"\n+++\n![x](../../../../etc/passwd)\n"), "H3004");
    expect(
        &with(
            "content/magnets/m/index.md",
            "+++\ntitle = \"M\"\nform = \"f\"\nfiles = [\"../../../site.toml\"]\n+++\n",
        ),
        "H4005",
    );
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        let site = with("content/articles/b.md", OK);
        let name = std::ffi::OsStr::from_bytes(b"bad\xff.md");
        std::fs::write(site.path("content/articles").join(name), OK).expect("a file");
        expect(&site, "H0010");
    }
}

#[test]
fn configuration() {
    for (text, code) in [
        ("title = \"T\"\nbase_url = \"acme.io\"\n", "H0005"),
        ("title = \"T\"\nbase_url = \"https://example.com\"\n", "H0013"),
        ("title = \"T\"\nbase_url = \"http://localhost:1313\"\n", "H0013"),
        ("base_url = \"https://acme.io\"\n", "H0004"),
        ("title = \"T\"\nbase_url = \"https://acme.io\"\ntheme = \"plian\"\n", "did you mean `plain`?"),
        ("title = \"T\"\nbase_url = \"https://acme.io\"\n[options]\naccent = \"green\"\n", "H0003"),
        ("title = \"T\"\nbase_url = \"https://acme.io\"\n[options]\nacent = \"#fff\"\n", "did you mean `accent`?"),
        ("title = \"T\"\nbase_url = \"https://acme.io\"\ntimezone = \"Mars\"\n", "H0005"),
        ("title = \"T\"\nbase_url = \"https://acme.io\"\n[check]\nH9 = \"off\"\n", "H0002"),
        (
            "title = \"T\"\nbase_url = \"https://acme.io\"\n[[menu]]\nlabel = \"x\"\nto = \"articles/okk.md\"\n",
            "did you mean `articles/ok.md`?",
        ),
        (
            "title = \"T\"\nbase_url = \"https://acme.io\"\n[forms.f]\nprovider = \"netlfy\"\n",
            "did you mean `netlify`?",
        ),
        ("title = \"T\"\ntitle = \"U\"\nbase_url = \"https://acme.io\"\n", "H0001"),
    ] {
        expect(&with("site.toml", text), code);
    }
    let site = Site::empty();
    let built = site.build(&[]);
    assert_eq!(built.exit, 1, "{}", built.said);
    assert!(built.said.contains("H0011") && !site.path(".hub").exists(), "{}", built.said);
    assert_eq!(site.run(&["build", "--root", "nowhere"]).status.code(), Some(2));
    assert_eq!(site.run(&["build", "--nonsense"]).status.code(), Some(2));
    assert_eq!(Site::new().run(&["build", "--now", "soon"]).status.code(), Some(2));
}

#[test]
fn a_build_of_nothing_is_an_error() {
    let site = Site::new();
    expect(&site, "H6002");
    site.put("content/articles/a.md", "+++\ntitle = \"A\"\ndraft = true\n+++\n");
    expect(&site, "H6002");
}

#[test]
fn a_file_larger_than_the_host_takes_is_said_with_its_place() {
    let site = Site::new();
    site.put(
        "site.toml",
        "title = \"T\"\nbase_url = \"https://acme.io\"\n[publish]\nhost = \"cloudflare-pages\"\n[forms.f]\nprovider = \"netlify\"\n",
    );
    let front = |gate: &str| format!("+++\ntitle = \"M\"\nform = \"f\"\ngate = \"{gate}\"\nfiles = [\"m.bin\"]\n+++\n");
    site.put("content/magnets/m/index.md", front("open"));
    site.put("content/magnets/m/m.bin", "");
    let large = std::fs::File::create(site.path("content/magnets/m/m.bin")).expect("a file");
    large.set_len(30 << 20).expect("a size");
    let built = site.build(&[]);
    assert_eq!(built.exit, 1);
    for said in
        ["error[H4022]: `/magnets/m/m.bin` has 31.5 MB, and Cloudflare Pages takes files of 26.2 MB", "cut into parts"]
    {
        assert!(built.said.contains(said), "{}", built.said);
    }
    site.put("content/magnets/m/index.md", front("encrypted"));
    assert_eq!(site.build(&[]).exit, 0);
    assert!(site.path("public/magnets/m/m.sealed.2").exists());
}
