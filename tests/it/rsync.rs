//! Publishing by rsync: into a folder, and over a real ssh server.

use crate::harness::{Site, said, tree};
use crate::publish::assets_of;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

fn ready(tools: &[&str]) -> bool {
    let missing = tools
        .iter()
        .find(|tool| !Path::new("/usr/bin").join(tool).exists() && !Path::new("/usr/sbin").join(tool).exists());
    if let Some(tool) = missing {
        eprintln!("skipped: {tool} is not here; tests/run installs it");
    }
    missing.is_none()
}

fn write(site: &Site, name: &str, text: &str) {
    site.put(&format!("content/articles/{name}.md"), format!("+++\ntitle = \"A {name}\"\n+++\n{text}\n"));
}

fn site(to: &str, more: &str) -> Site {
    let site = Site::new();
    let target = format!("[publish.server]\nkind = \"rsync\"\nto = \"{to}\"\n{more}");
    site.put("site.toml", format!("title = \"T\"\nbase_url = \"https://acme.io\"\n{target}"));
    write(&site, "a", "first");
    assert_eq!(site.build(&[]).exit, 0);
    site
}

fn publish(site: &Site) -> Output {
    site.command().args(["publish", "--yes"]).output().expect("hub runs")
}

fn done(site: &Site) -> String {
    let output = publish(site);
    assert!(output.status.success(), "{}", said(&output));
    said(&output)
}

/// What readers see: without hub's manifest.
fn shown(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    tree(dir).into_iter().filter(|(path, _)| path != ".hub-manifest.json").collect()
}

/// A command `rsync` that writes down what it is asked and does it, or breaks where `breaks` is in the list.
fn watched(site: &Site, breaks: &str) -> (String, PathBuf) {
    let (bin, log) = (site.path(".bin"), site.path(".log"));
    let script = format!(
        "#!/bin/bash\nlist=$(mktemp)\ncase \"$*\" in *--files-from=-*) cat >\"$list\";; esac\n\
         names=$(tr '\\0' ' ' <\"$list\")\necho \"$* :: $names\" >>{log}\n\
         if [ -n '{breaks}' ] && grep -q '{breaks}' <<<\"$names\"; then echo broken >&2; exit 11; fi\n\
         exec /usr/bin/rsync \"$@\" <\"$list\"\n",
        log = log.display()
    );
    site.put(".bin/rsync", script);
    std::fs::set_permissions(bin.join("rsync"), std::fs::Permissions::from_mode(0o755)).expect("a program");
    (format!("{}:/usr/bin:/bin", bin.display()), log)
}

#[test]
fn a_folder_gets_what_differs_and_keeps_what_is_not_hubs() {
    if !ready(&["rsync"]) {
        return;
    }
    let there = tempfile::tempdir().expect("a folder");
    let site = site(&there.path().to_string_lossy(), "");
    std::fs::write(there.path().join("mine.txt"), "mine").expect("a file");
    write(&site, "b [x]", "a page in a folder of its own");
    assert_eq!(site.build(&[]).exit, 0);
    done(&site);
    let mut wanted = site.output("public");
    wanted.insert("mine.txt".to_string(), b"mine".to_vec());
    assert_eq!(shown(there.path()), wanted);
    let mode = std::fs::metadata(there.path().join("index.html")).expect("a page").permissions().mode();
    assert_eq!(mode & 0o777, 0o644, "web servers can read it");
    assert!(done(&site).contains("nothing: server has it all"));
    std::fs::remove_file(site.path("content/articles/b [x].md")).expect("removed");
    std::fs::remove_dir_all(site.path(".hub/published")).expect("removed");
    let told = said(&site.run(&["check", "--format", "short"]));
    assert!(told.contains("H3014") && told.contains("articles/b"), "the manifest at the target says it: {told}");
    write(&site, "a", "second");
    assert_eq!(site.build(&[]).exit, 0);
    done(&site);
    wanted = site.output("public");
    wanted.insert("mine.txt".to_string(), b"mine".to_vec());
    assert_eq!(shown(there.path()), wanted);
    let left: Vec<_> =
        std::fs::read_dir(there.path().join("articles")).expect("a folder").flatten().map(|e| e.file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with('b')), "an empty folder is left: {left:?}");
}

#[test]
fn what_pages_need_comes_first_and_a_broken_run_is_taken_up() {
    if !ready(&["rsync"]) {
        return;
    }
    let there = tempfile::tempdir().expect("a folder");
    let site = site(&there.path().to_string_lossy(), "");
    write(&site, "b", "to be removed");
    assert_eq!(site.build(&[]).exit, 0);
    done(&site);
    let before = shown(there.path());
    std::fs::remove_file(site.path("content/articles/b.md")).expect("removed");
    write(&site, "a", "![A desk](desk.png)");
    site.put("content/articles/desk.png", include_bytes!("../../docs/images/home.png"));
    assert_eq!(site.build(&[]).exit, 0);
    let (path, log) = watched(&site, "articles/a/index.html");
    let output = site.command().args(["publish", "--yes"]).env("PATH", &path).output().expect("hub runs");
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    let broken = shown(there.path());
    for (path, bytes) in &before {
        assert!(broken.get(path) == Some(bytes), "{path} was touched before its turn");
    }
    let image =
        |files: &BTreeMap<String, Vec<u8>>| files.keys().any(|path| path.ends_with(".png") && path.contains("desk"));
    assert!(image(&broken) && !image(&before), "the picture is there before the page");
    assert!(!there.path().join(".hub-lock.json").exists(), "a run that ends by itself unlocks");
    // The next run completes it.
    let (path, _) = watched(&site, "");
    std::fs::remove_file(&log).expect("a log");
    let output = site.command().args(["publish", "--yes"]).env("PATH", &path).output().expect("hub runs");
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(shown(there.path()), site.output("public"));
    let log = std::fs::read_to_string(&log).expect("a log");
    let at =
        |what: &str| log.lines().position(|line| line.contains(what)).unwrap_or_else(|| panic!("no {what} in\n{log}"));
    assert!(
        at(":: articles/a/index.html") < at("sitemap.xml") && at("sitemap.xml") < at("--delete-missing-args"),
        "{log}"
    );
    assert!(
        log.lines().find(|l| l.contains("--delete-missing-args")).is_some_and(|l| l.contains("articles/b/index.html"))
    );
}

/// A command `rsync` that kills whoever runs it the `n`th time, and then itself, in the middle of what it does.
fn deadly(site: &Site, n: usize) -> String {
    let count = site.path(".bin/count");
    let script = format!(
        "#!/bin/bash\nn=$(($(cat {0}) + 1)); echo $n >{0}\n\
         if [ $n -eq {n} ]; then /usr/bin/rsync --bwlimit=20 \"$@\" <&0 & sleep 0.1; kill -9 $! $PPID; exit 1; fi\n\
         exec /usr/bin/rsync \"$@\"\n",
        count.display()
    );
    site.put(".bin/count", "0");
    site.put(".bin/rsync", script);
    std::fs::set_permissions(site.path(".bin/rsync"), std::fs::Permissions::from_mode(0o755)).expect("a program");
    format!("{}:/usr/bin:/bin", site.path(".bin").display())
}

/// Killed at one command of rsync after the other: no page refers to an asset that is not there, and the next run completes it.
#[test]
fn a_killed_run_is_taken_up() {
    if !ready(&["rsync"]) {
        return;
    }
    let there = tempfile::tempdir().expect("a folder");
    let site = site(&there.path().to_string_lossy(), "");
    done(&site);
    for n in 1.. {
        // Each state has a style sheet, a picture and a page of its own, and loses those of the one before.
        site.put("assets/css/site.css.tera", format!("p {{ color: #222 }} /* {n} */"));
        let old = std::fs::read_dir(site.path("content/articles")).expect("a folder").flatten();
        old.for_each(|e| std::fs::remove_file(e.path()).expect("removed"));
        write(&site, &format!("n{n}"), &format!("![A desk](desk-{n}.png)"));
        site.put(&format!("content/articles/desk-{n}.png"), include_bytes!("../../docs/images/home.png"));
        assert_eq!(site.build(&["--min-pages", "1"]).exit, 0);
        let path = deadly(&site, n);
        let killed = site.command().args(["publish", "--yes"]).env("PATH", path).output().expect("hub runs");
        let seen = shown(there.path());
        for (page, html) in seen.iter().filter(|(path, _)| path.ends_with(".html")) {
            let assets = assets_of(&String::from_utf8_lossy(html));
            let lost: Vec<_> = assets.iter().filter(|asset| !seen.contains_key(*asset)).collect();
            assert!(lost.is_empty(), "`{page}` refers to {lost:?}, killed at {n}");
        }
        if killed.status.success() {
            assert!(n > 8, "only {n} commands");
            assert_eq!(seen, site.output("public"));
            return;
        }
        // Every other time the next run has another site to publish.
        if n % 2 == 0 {
            done(&site);
            let mut seen = shown(there.path());
            // Where there is nothing left to do, the lock of the dead run ends by itself.
            seen.remove(".hub-lock.json");
            assert!(seen == site.output("public"), "the next run completes it, killed at {n}");
        }
    }
}

#[test]
fn two_do_not_publish_at_once() {
    if !ready(&["rsync"]) {
        return;
    }
    let there = tempfile::tempdir().expect("a folder");
    let site = site(&there.path().to_string_lossy(), "");
    let lock = |until: &str| {
        let text = format!("{{\"run\":\"x\",\"since\":\"2026-11-22T09:00:00Z\",\"until\":\"{until}\"}}");
        std::fs::write(there.path().join(".hub-lock.json"), text).expect("a lock");
    };
    lock("2999-01-01T00:00:00Z");
    let output = publish(&site);
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    assert!(said(&output).contains("somebody else has been publishing"), "{}", said(&output));
    assert!(there.path().join(".hub-lock.json").exists() && !there.path().join("index.html").exists());
    lock("2026-11-22T09:30:00Z");
    // The lock of a run that was killed ends by itself.
    assert!(jiff::Timestamp::now() > "2026-11-22T09:30:00Z".parse().expect("a time"));
    done(&site);
    assert_eq!(shown(there.path()), site.output("public"));
}

/// A server of ssh, for the user who runs the tests.
struct Ssh {
    child: Child,
    dir: tempfile::TempDir,
    port: u16,
}

impl Drop for Ssh {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ssh {
    fn start() -> Ssh {
        let dir = tempfile::tempdir().expect("a folder");
        let at = |name: &str| dir.path().join(name);
        for name in ["host", "user", "stranger"] {
            let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(at(name)).status();
            assert!(made.expect("ssh-keygen").success());
        }
        std::fs::copy(at("user.pub"), at("authorized")).expect("a key");
        let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {0}/host\nAuthorizedKeysFile {0}/authorized\nStrictModes no\n\
             UsePAM no\nPasswordAuthentication no\nPidFile none\n",
            dir.path().display()
        );
        std::fs::write(at("config"), config).expect("a file");
        // The folder that it wants for its own, where nothing else has started it before.
        let _ = std::fs::create_dir_all("/run/sshd");
        let key = std::fs::read_to_string(at("host.pub")).expect("a key");
        std::fs::write(at("known"), format!("[127.0.0.1]:{port} {key}")).expect("a file");
        let mut sshd = Command::new("/usr/sbin/sshd");
        let child = sshd.args(["-D", "-e", "-f"]).arg(at("config")).stderr(Stdio::null()).spawn().expect("sshd");
        for _ in 0..100 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        Ssh { child, dir, port }
    }

    fn settings(&self, identity: &str) -> String {
        let at = |name: &str| self.dir.path().join(name).display().to_string();
        format!("port = {}\nidentity = \"{}\"\nknown_hosts = \"{}\"\n", self.port, at(identity), at("known"))
    }
}

#[test]
fn a_machine_is_reached_over_ssh() {
    if !ready(&["rsync", "sshd"]) {
        return;
    }
    let ssh = Ssh::start();
    let there = ssh.dir.path().join("www");
    let to = format!("127.0.0.1:{}", there.display());
    let site = site(&to, &ssh.settings("user"));
    done(&site);
    assert_eq!(shown(&there), site.output("public"));
    write(&site, "a", "second");
    assert_eq!(site.build(&[]).exit, 0);
    let told = done(&site);
    assert!(told.contains("articles/a/index.html"), "{told}");
    assert_eq!(shown(&there), site.output("public"));
    let text = site.read("site.toml").replace("/user\"", "/stranger\"");
    site.put("site.toml", text);
    let output = publish(&site);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("ermission denied"), "{}", said(&output));
}
