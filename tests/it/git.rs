//! Publishing to a branch, against real repositories.

use crate::harness::{Site, said, tree};
use crate::web::{Answer, Web};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

fn git(dir: &Path, args: &[&str]) -> String {
    let mut git = Command::new("git");
    git.arg("-C").arg(dir).args(["-c", "user.name=Jane", "-c", "user.email=jane@acme.io"]).args(args);
    let output = git.env("GIT_CONFIG_GLOBAL", "/dev/null").output().expect("git");
    assert!(output.status.success(), "git {args:?}: {}", said(&output));
    String::from_utf8_lossy(&output.stdout).trim_end().to_string()
}

/// A repository on a server, and a site in a checkout of its own.
struct Pages {
    dir: tempfile::TempDir,
    site: Site,
}

impl Pages {
    fn new() -> Pages {
        let dir = tempfile::tempdir().expect("a folder");
        git(dir.path(), &["init", "--quiet", "--bare", "acme.git"]);
        let site = Site::new();
        site.put("site.toml", "title = \"T\"\nbase_url = \"https://acme.io\"\n[publish.pages]\nkind = \"git\"\n");
        site.put(".gitignore", "/public/\n/.hub/\n");
        write(&site, "a", "first");
        git(site.root(), &["init", "--quiet", "--initial-branch=main"]);
        git(site.root(), &["remote", "add", "origin", &dir.path().join("acme.git").to_string_lossy()]);
        git(site.root(), &["add", "."]);
        git(site.root(), &["commit", "--quiet", "-m", "The site"]);
        assert_eq!(site.build(&[]).exit, 0);
        Pages { dir, site }
    }

    fn bare(&self) -> std::path::PathBuf {
        self.dir.path().join("acme.git")
    }

    fn publish(&self, args: &[&str]) -> Output {
        self.site.command().arg("publish").args(args).output().expect("hub runs")
    }

    fn done(&self, args: &[&str]) -> String {
        let output = self.publish(args);
        assert!(output.status.success(), "{}", said(&output));
        said(&output)
    }

    fn build(&self) {
        let built = self.site.build(&[]);
        assert_eq!(built.exit, 0, "{}", built.said);
    }

    /// What the branch shows. A push may still be writing there when the run that began it is dead: files are not copied as they lie.
    fn shown(&self) -> BTreeMap<String, Vec<u8>> {
        let dir = tempfile::tempdir().expect("a folder");
        let bare = self.bare();
        git(dir.path(), &["clone", "--quiet", "--no-local", "--branch", "gh-pages", &bare.to_string_lossy(), "x"]);
        tree(&dir.path().join("x")).into_iter().filter(|(path, _)| !path.starts_with(".git/")).collect()
    }

    fn commits(&self) -> usize {
        git(&self.bare(), &["rev-list", "--count", "gh-pages"]).parse().expect("a number")
    }

    /// Somebody else changes the branch.
    fn meddle(&self, path: &str, text: &str) {
        let dir = tempfile::tempdir().expect("a folder");
        let bare = self.bare();
        git(dir.path(), &["clone", "--quiet", "--branch", "gh-pages", &bare.to_string_lossy(), "x"]);
        let x = dir.path().join("x");
        std::fs::write(x.join(path), text).expect("a file");
        git(&x, &["add", "-f", path]);
        git(&x, &["commit", "--quiet", "-m", &format!("Create {path}")]);
        git(&x, &["push", "--quiet"]);
    }
}

fn write(site: &Site, name: &str, text: &str) {
    site.put(&format!("content/articles/{name}.md"), format!("+++\ntitle = \"A {name}\"\n+++\n{text}\n"));
}

fn output(site: &Site) -> BTreeMap<String, Vec<u8>> {
    let mut output = site.output("public");
    output.insert(".nojekyll".to_string(), Vec::new());
    output
}

#[test]
fn one_commit_for_each_state_and_the_checkout_stays_as_it_is() {
    let pages = Pages::new();
    write(&pages.site, "draft", "not committed");
    git(pages.site.root(), &["add", "content/articles/draft.md"]);
    pages.build();
    let own = || {
        let args: [&[&str]; 4] =
            [&["status", "--porcelain"], &["for-each-ref"], &["rev-parse", "HEAD"], &["count-objects"]];
        args.map(|args| git(pages.site.root(), args))
    };
    let before = own();
    pages.done(&["--yes"]);
    assert_eq!(pages.shown(), output(&pages.site));
    assert!(pages.done(&["--yes"]).contains("nothing: pages has it all"));
    assert_eq!(pages.commits(), 1);
    write(&pages.site, "a", "second");
    pages.build();
    pages.done(&["--yes"]);
    assert_eq!((pages.commits(), pages.shown()), (2, output(&pages.site)));
    let changed = git(&pages.bare(), &["diff", "--name-only", "gh-pages~1", "gh-pages"]);
    assert!(changed.contains("articles/a/index.html") && !changed.contains("assets/"), "{changed}");
    git(pages.site.root(), &["checkout", "--quiet", "--", "content/articles/a.md"]);
    assert_eq!(own(), before, "the author's repository is as it was");
    // hub's own copy may be lost at any moment.
    std::fs::remove_dir_all(pages.site.path(".hub/publish")).expect("removed");
    pages.build();
    pages.done(&["--yes"]);
    assert_eq!((pages.commits(), pages.shown()), (3, output(&pages.site)));
}

#[test]
fn what_others_put_there_stays_and_what_the_site_lost_goes() {
    let pages = Pages::new();
    write(&pages.site, "b", "to be removed");
    pages.build();
    pages.done(&["--yes"]);
    pages.meddle("CNAME", "acme.io\n");
    pages.meddle("google1234.html", "google-site-verification");
    std::fs::remove_file(pages.site.path("content/articles/b.md")).expect("removed");
    pages.build();
    let told = pages.done(&["--yes"]);
    assert!(told.contains("- articles/b/index.html"), "{told}");
    assert!(told.contains("`google1234.html` of `gh-pages` is not from hub, and stays"), "{told}");
    let mut wanted = output(&pages.site);
    wanted.insert("CNAME".to_string(), b"acme.io\n".to_vec());
    wanted.insert("google1234.html".to_string(), b"google-site-verification".to_vec());
    assert_eq!(pages.shown(), wanted);
    // A file that stayed once is nobody's later on.
    write(&pages.site, "a", "second");
    pages.build();
    pages.done(&["--yes"]);
    assert!(pages.shown().contains_key("google1234.html"));
    // Back: the site as it was, and what others put there all the same.
    pages.done(&["--rollback", "--yes"]);
    assert_eq!(pages.shown(), wanted);
    pages.done(&["--rollback", "--yes"]);
    assert!(pages.shown().contains_key("articles/b/index.html") && pages.shown().contains_key("CNAME"));
    assert_eq!(pages.commits(), 7, "going back is a commit");
    let output = pages.publish(&["--rollback", "--yes"]);
    assert!(said(&output).contains("has no earlier state"), "{}", said(&output));
    // And forward again.
    pages.done(&["--yes"]);
    assert!(String::from_utf8_lossy(&pages.shown()["articles/a/index.html"]).contains("second"));
}

/// A command `git` that kills whoever runs it the `n`th time; gives the `PATH` to find it by.
fn deadly(site: &Site, n: usize) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    let count = site.path(".bin/count");
    let script = format!(
        "#!/bin/bash\nn=$(($(cat {0}) + 1)); echo $n >{0}\n[ $n -eq {n} ] && kill -9 $PPID\nexec /usr/bin/git \"$@\"\n",
        count.display()
    );
    site.put(".bin/count", "0");
    site.put(".bin/git", script);
    std::fs::set_permissions(site.path(".bin/git"), std::fs::Permissions::from_mode(0o755)).expect("a program");
    format!("{}:/usr/bin:/bin", site.path(".bin").display())
}

/// Killed at whichever command of git, the branch shows the old state or the new one, and the next run completes it.
#[test]
fn a_killed_run_shows_nothing_and_is_taken_up() {
    let pages = Pages::new();
    pages.done(&["--yes"]);
    let mut before = pages.shown();
    for n in 1.. {
        write(&pages.site, "a", &format!("text {n}"));
        pages.build();
        let path = deadly(&pages.site, n);
        let killed = pages.site.command().args(["publish", "--yes"]).env("PATH", path).output().expect("hub runs");
        let (shown, now) = (pages.shown(), output(&pages.site));
        assert!(shown == before || shown == now, "half a state is shown after command {n}");
        // What a command of git had locked when it died stays locked.
        for bare in std::fs::read_dir(pages.site.path(".hub/publish")).expect("a folder").flatten() {
            for lock in ["shallow.lock", "refs/hub/next.lock"] {
                std::fs::write(bare.path().join(lock), "").expect("a lock");
            }
        }
        pages.done(&["--yes"]);
        assert!(pages.shown() == now, "the next run completes it");
        before = now;
        if killed.status.success() {
            assert!(n > 6, "only {n} commands");
            break;
        }
    }
    // A repository of hub's own that was made in part only.
    for bare in std::fs::read_dir(pages.site.path(".hub/publish")).expect("a folder").flatten() {
        std::fs::remove_dir_all(bare.path().join("objects")).expect("removed");
    }
    write(&pages.site, "a", "the last one");
    pages.build();
    pages.done(&["--yes"]);
    assert_eq!(pages.shown(), output(&pages.site));
}

/// Somebody's commit arrives between reading the branch and writing it.
#[test]
fn who_comes_second_goes_on_from_the_first() {
    use std::os::unix::fs::PermissionsExt as _;
    let pages = Pages::new();
    pages.done(&["--yes"]);
    let hook = pages.bare().join("hooks/pre-receive");
    let script = "#!/bin/sh\ncd \"$GIT_DIR\" 2>/dev/null\n[ -e was-here ] && exit 0\n: >was-here\nunset GIT_QUARANTINE_PATH\n\
        blob=$(echo else | git hash-object -w --stdin)\nexport GIT_INDEX_FILE=$PWD/other-index\n\
        git read-tree gh-pages && git update-index --add --cacheinfo 100644,$blob,other.txt\n\
        tree=$(git write-tree)\ncommit=$(echo Other | git -c user.name=O -c user.email=o@o commit-tree $tree -p gh-pages)\n\
        git update-ref refs/heads/gh-pages $commit\nexit 0\n";
    std::fs::create_dir_all(hook.parent().expect("a folder")).expect("a folder");
    std::fs::write(&hook, script).expect("a hook");
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).expect("a hook");
    write(&pages.site, "a", "second");
    pages.build();
    pages.done(&["--yes"]);
    let subjects = git(&pages.bare(), &["log", "--format=%s", "gh-pages"]);
    let subjects: Vec<&str> = subjects.lines().collect();
    assert_eq!(subjects.len(), 3, "{subjects:?}");
    assert_eq!(subjects[1], "Other", "nothing was pushed by force");
    let mut wanted = output(&pages.site);
    wanted.insert("other.txt".to_string(), b"else\n".to_vec());
    assert_eq!(pages.shown(), wanted);
}

#[test]
fn several_publish_at_once() {
    let pages = Pages::new();
    let bare = pages.bare();
    let sites: Vec<Site> = (0..4)
        .map(|i| {
            let site = Site::new();
            let target = format!("[publish.pages]\nkind = \"git\"\nremote = \"{}\"\n", bare.display());
            site.put("site.toml", format!("title = \"T\"\nbase_url = \"https://acme.io\"\n{target}"));
            write(&site, "a", &format!("of {i}"));
            write(&site, &format!("only-{i}"), "text");
            assert_eq!(site.build(&[]).exit, 0);
            site
        })
        .collect();
    let running: Vec<_> = sites
        .iter()
        .map(|site| {
            site.command().args(["publish", "--yes"]).stderr(std::process::Stdio::piped()).spawn().expect("hub runs")
        })
        .collect();
    for child in running {
        let output = child.wait_with_output().expect("ends");
        assert!(output.status.success(), "{}", said(&output));
    }
    assert_eq!(pages.commits(), 4);
    let shown = pages.shown();
    assert!(sites.iter().any(|site| output(site) == shown), "the branch shows one of the sites, whole");
}

#[test]
fn what_cannot_be_done_is_said() {
    let pages = Pages::new();
    let target = |more: &str| {
        let head = "title = \"T\"\nbase_url = \"https://acme.io\"\n[publish.pages]\nkind = \"git\"\n";
        pages.site.put("site.toml", format!("{head}{more}"));
        said(&pages.publish(&["--yes"]))
    };
    let told = target("remote = \"upstream\"\n");
    assert!(told.contains("there is no remote `upstream`"), "{told}");
    let told = target("remote = \"/nowhere/acme.git\"\n");
    assert!(told.contains("does not appear to be a git repository"), "{told}");
    let told = target("branch = \"a b\"\n");
    assert!(told.contains("`a b` is no name of a branch"), "{told}");
    git(pages.site.root(), &["push", "--quiet", "origin", "main"]);
    let told = target("branch = \"main\"\n");
    assert!(told.contains("the branch `main` holds `site.toml`"), "{told}");
}

/// What lets the author's git in lets hub in, and nothing of it is said.
#[test]
fn the_ways_in_of_the_repository_are_used_and_kept_quiet() {
    let pages = Pages::new();
    let web = Web::start(|_| Answer::new(403, "no"));
    let address = web.origin.replace("http://", "http://jane:pa55word@") + "/acme.git";
    git(pages.site.root(), &["remote", "set-url", "origin", &address]);
    let key = format!("http.{}/.extraheader", web.origin);
    git(pages.site.root(), &["config", &key, "X-Way-In: t0ken"]);
    let output = pages.publish(&["--yes"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(!said(&output).contains("pa55word") && !said(&output).contains("t0ken"), "{}", said(&output));
    let asked = web.asked();
    assert!(
        asked.iter().any(|a| a.path.starts_with("/acme.git/info/refs") && a.header("x-way-in") == "t0ken"),
        "{asked:?}"
    );
}
