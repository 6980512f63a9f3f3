//! Real servers that sites are published to.

use crate::harness::{root, tree};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

pub const USER: &str = "jane";
pub const PASSWORD: &str = "a-Word-that-nobody-prints";

/// What a server was told of an object: type, caching, encoding.
pub type Told = BTreeMap<String, [String; 3]>;

/// A server and what it holds; both are gone when dropped.
pub struct Host {
    kind: &'static str,
    pub port: u16,
    dir: tempfile::TempDir,
    child: Child,
    input: Option<ChildStdin>,
    output: Option<BufReader<ChildStdout>>,
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Host {
    pub fn start(kind: &'static str) -> Host {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(dir.path().join("data")).expect("a folder");
        if kind == "sftp" {
            return Host::sshd(dir);
        }
        let python = std::env::var("HUB_PYTHON").unwrap_or_else(|_| "python3".to_string());
        let mut child = Command::new(python)
            .arg(format!("{}/tests/servers/host.py", root()))
            .args([kind, dir.path().join("data").to_str().expect("UTF-8")])
            .env_remove("http_proxy")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python runs");
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        let mut line = String::new();
        output.read_line(&mut line).expect("a line");
        let port = line.trim().parse().unwrap_or_else(|_| {
            panic!("the {kind} server does not start: `bash tests/run` installs what it needs into target/python")
        });
        let input = child.stdin.take();
        Host { kind, port, dir, child, input, output: Some(output) }
    }

    /// OpenSSH's server, as whoever runs the test, with keys of its own.
    fn sshd(dir: tempfile::TempDir) -> Host {
        let at = |name: &str| dir.path().join(name);
        for key in ["host", "user", "stranger"] {
            let args = ["-q", "-t", "ed25519", "-N", "", "-f"];
            let made = Command::new("ssh-keygen").args(args).arg(at(key)).status().expect("ssh-keygen runs");
            assert!(made.success());
        }
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nStrictModes no\nUsePAM no\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\nSubsystem sftp internal-sftp\n",
            at("host").display(),
            at("user.pub").display()
        );
        std::fs::write(at("sshd_config"), config).expect("a file");
        // Where it runs as root it wants this folder.
        let _ = std::fs::create_dir_all("/run/sshd");
        let child = Command::new("/usr/sbin/sshd")
            .args(["-D", "-e", "-f"])
            .arg(at("sshd_config"))
            .stderr(Stdio::null())
            .spawn()
            .expect("sshd runs: `bash tests/run` installs openssh-server");
        let until = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "sshd does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        let host = Host { kind: "sftp", port, dir, child, input: None, output: None };
        host.ssh_config(port, "user");
        host
    }

    /// A configuration of ssh for this server behind a port, with a key; its place.
    pub fn ssh_config(&self, port: u16, key: &str) -> PathBuf {
        let at = |name: &str| self.dir.path().join(name);
        let host_key = std::fs::read_to_string(at("host.pub")).expect("a key");
        let known: Vec<&str> = host_key.split_whitespace().take(2).collect();
        std::fs::write(at("known_hosts"), format!("box {}\n", known.join(" "))).expect("a file");
        let config = format!(
            "Host box\n  HostName 127.0.0.1\n  Port {port}\n  HostKeyAlias box\n  IdentityFile {}\n  IdentitiesOnly yes\n  IdentityAgent none\n\
             UserKnownHostsFile {}\n  GlobalKnownHostsFile /dev/null\n  StrictHostKeyChecking yes\n",
            at(key).display(),
            at("known_hosts").display()
        );
        let place = at(&format!("ssh_config_{key}_{port}"));
        std::fs::write(&place, config).expect("a file");
        place
    }

    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// `[publish.t]` for this server behind a port.
    pub fn target(&self, port: u16) -> String {
        let rest = match self.kind {
            "s3" => format!("bucket = \"site\"\nendpoint = \"http://127.0.0.1:{port}\""),
            "azure" => format!("account = \"acct\"\nendpoint = \"http://127.0.0.1:{port}\""),
            "webdav" => format!("url = \"http://127.0.0.1:{port}/dav/www/site\""),
            "ftp" => format!("host = \"127.0.0.1\"\nport = {port}\npath = \"www/site\"\ntls = \"off\""),
            "ftps" => format!("host = \"localhost\"\nport = {port}\npath = \"www/site\""),
            "sftp" => {
                let config = self.ssh_config(port, "user");
                format!(
                    "host = \"box\"\npath = \"{}/www/site\"\nssh_config = \"{}\"",
                    self.data().display(),
                    config.display()
                )
            }
            other => panic!("no target for {other}"),
        };
        let kind = if self.kind == "ftps" { "ftp" } else { self.kind };
        format!("\n[publish.t]\nkind = \"{kind}\"\n{rest}\n")
    }

    /// Everything that the server holds, and what it was told of it where it keeps that.
    pub fn dump(&mut self) -> (BTreeMap<String, Vec<u8>>, Told) {
        let (Some(input), Some(output)) = (&mut self.input, &mut self.output) else {
            return (tree(&self.data().join("www/site")), Told::new());
        };
        if !["s3", "azure"].contains(&self.kind) {
            return (tree(&self.data().join("www/site")), Told::new());
        }
        let to = tempfile::tempdir().expect("a folder");
        let folder = to.path().join("dump");
        std::fs::create_dir(&folder).expect("a folder");
        writeln!(input, "dump {}", folder.display()).expect("it hears");
        output.read_line(&mut String::new()).expect("it answers");
        let told = std::fs::read(to.path().join("dump.json")).expect("headers");
        (tree(&folder), serde_json::from_slice(&told).expect("JSON"))
    }

    /// It answers nobody any more.
    pub fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// The variables that hub finds its credentials by.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let word = |name, value: &str| (name, value.to_string());
        match self.kind {
            "s3" => vec![word("AWS_ACCESS_KEY_ID", "a"), word("AWS_SECRET_ACCESS_KEY", PASSWORD)],
            "azure" => vec![word("AZURE_STORAGE_KEY", "YSBrZXkgb2YgdGhlIGFjY291bnQgdGhhdCBpcyBmb3IgdGVzdHMgb25seQ==")],
            "webdav" => vec![word("WEBDAV_USER", USER), word("WEBDAV_PASSWORD", PASSWORD)],
            "ftp" => vec![word("FTP_USER", USER), word("FTP_PASSWORD", PASSWORD)],
            "ftps" => {
                let trusted = Path::new(&self.data()).with_extension("crt");
                vec![
                    word("FTP_USER", USER),
                    word("FTP_PASSWORD", PASSWORD),
                    word("SSL_CERT_FILE", trusted.to_str().expect("UTF-8")),
                ]
            }
            _ => Vec::new(),
        }
    }
}
