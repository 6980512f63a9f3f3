//! `hub serve`.

use super::site::{self, SiteFiles};
use super::{Exit, Failure, open};
use crate::cli::ServeArgs;
use crate::content::Before;
use crate::desk;
use crate::diag::{Finding, Format, Level, draw};
use crate::files::{Files, SITE_TOML};
use crate::gate::Secrets;
use crate::leads::Inbox;
use crate::project::Settings;
use crate::project::node::Value;
use crate::render::cache;
use crate::serve::{Options, Say, Server, Source, State};
use crate::source::RelPath;
use crate::text::{count, origin};
use jiff::{Timestamp, Zoned};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub(super) fn run(root: &Path, args: &ServeArgs) -> Result<Exit, Failure> {
    let site_toml = root.join(SITE_TOML);
    if !site_toml.is_file() {
        return Err(Failure::usage(format!(
            "there is no `{}`; run `hub serve` in the folder of a site, or make one with `hub init`",
            site_toml.display()
        )));
    }
    let editor = std::env::var("HUB_EDITOR").unwrap_or_default();
    desk::check_editor(&editor).map_err(|why| Failure::usage(format!("`HUB_EDITOR`: {why}")))?;
    let options = Options { bind: args.bind, port: args.port, editor };
    let listening = |e: &std::io::Error| Failure::io(format!("`{}:{}` cannot be listened on", args.bind, args.port), e);
    let server = Server::bind(&options).map_err(|e| listening(&e))?;
    let hub =
        site::make_hub_dir(root).map_err(|e| Failure::io(format!("`{}` cannot be written", root.display()), &e))?;
    let dir = hub.join("inbox");
    let inbox = Inbox::open(&dir).map_err(|e| Failure::io(format!("`{}` cannot be opened", dir.display()), &e))?;
    let now = match std::env::var_os("SOURCE_DATE_EPOCH") {
        Some(_) => Some(site::now(None)?),
        None => None,
    };
    // Found now, so that what is wrong with it ends the command.
    site::secrets(root)?;
    let served =
        Served { root: root.to_path_buf(), origin: format!("http://{}", server.at()), drafts: !args.no_drafts, now };
    let phone = (!server.at().ip().is_loopback()).then(|| server.at());
    let say = Terminal { open: args.open, phone: phone.is_some(), taken: args.port };
    server
        .run(Box::new(served), inbox, &options, Arc::new(say))
        .map_err(|e| Failure { exit: Exit::World, message: e.to_string() })?;
    Ok(Exit::Ok)
}

/// The site as preview shows it.
struct Served {
    root: PathBuf,
    origin: String,
    drafts: bool,
    now: Option<Timestamp>,
}

impl Source for Served {
    fn root(&self) -> &Path {
        &self.root
    }

    fn files(&self) -> Arc<dyn Files + Send + Sync> {
        Arc::new(SiteFiles::new(&self.root))
    }

    fn settings(&self) -> Settings {
        Settings {
            env: Some("preview".to_string()),
            base_url: Some(self.origin.clone() + &self.base_path()),
            now: self.now.unwrap_or_else(Timestamp::now),
            drafts: self.drafts,
            future: self.drafts,
        }
    }

    fn secrets(&self, needed: bool) -> Option<Secrets> {
        match site::secrets(&self.root) {
            Ok(None) if needed => site::make_secret(&self.root).ok(),
            found => found.ok().flatten(),
        }
    }

    fn before(&self) -> Before {
        cache::read(&site::hub_dir(&self.root).join("cache")).before
    }
}

impl Served {
    /// The path that the site has below its host, which links have in preview too.
    fn base_path(&self) -> String {
        let text = std::fs::read_to_string(self.root.join(SITE_TOML)).unwrap_or_default();
        let table = crate::project::toml::read(&text, 0, &RelPath::new(SITE_TOML)).value;
        match table.get("base_url").map(|node| &node.value) {
            Some(Value::String(url)) => origin(url).map_or("", |o| &url[o.len()..]).trim_end_matches('/').to_string(),
            _ => String::new(),
        }
    }
}

/// Says in the terminal what happens.
struct Terminal {
    open: bool,
    phone: bool,
    /// The port that was asked for.
    taken: u16,
}

fn print(text: &str) {
    // Nobody is left to tell that the terminal is gone.
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}

fn clock() -> String {
    Zoned::now().strftime("%H:%M:%S").to_string()
}

/// `3.2 ms`, `1.24 s`.
fn short(took: Duration) -> String {
    match took.as_secs_f64() {
        s if s >= 1.0 => format!("{s:.2} s"),
        s if s >= 0.1 => format!("{:.0} ms", s * 1e3),
        s => format!("{:.1} ms", s * 1e3),
    }
}

fn drawn(state: &State, findings: &[Finding]) -> String {
    let text = |path: &RelPath| state.site.read(path).ok().map(|b| Arc::from(String::from_utf8_lossy(&b)));
    draw(findings, Format::Human, true, &text)
}

/// Those of `now` that are errors and were not there before.
fn new_errors(before: &[Finding], now: &[Finding]) -> Vec<Finding> {
    let known = |f: &Finding| before.iter().any(|b| b.diagnostic == f.diagnostic);
    now.iter().filter(|f| f.level == Level::Error && !known(f)).cloned().collect()
}

fn tally(findings: &[Finding]) -> String {
    let of = |level, noun| {
        let n = findings.iter().filter(|f| f.level == level).count();
        (n > 0).then(|| count(n, noun))
    };
    let parts: Vec<String> = [of(Level::Error, "error"), of(Level::Warning, "warning")].into_iter().flatten().collect();
    if parts.is_empty() { "no errors, no warnings".to_string() } else { parts.join(", ") }
}

impl Say for Terminal {
    fn ready(&self, base: &str, state: &State, took: Duration) {
        let href = state.site.project.config.href("/");
        let pages = state.site.routes().iter().filter(|r| r.is_page()).count();
        let port = base.rsplit(':').next().and_then(|p| p.parse::<u16>().ok());
        let moved = match port.filter(|p| self.taken != 0 && *p != self.taken) {
            Some(_) => format!(" (port {} is taken)", self.taken),
            None => String::new(),
        };
        let mut out = format!(
            "{:>10}  \x1b[1m{base}{href}\x1b[0m{moved}\n{:>10}  {base}/_hub/\n{:>10}  {} in {}; Ctrl-C stops\n",
            "site",
            "desk",
            "read",
            count(pages, "page"),
            short(took)
        );
        if self.phone {
            out += &code(&format!("{base}{href}"));
        }
        out += &drawn(state, &state.findings.iter().filter(|f| f.level == Level::Error).cloned().collect::<Vec<_>>());
        print(&out);
        if self.open {
            open::browser(&format!("{base}{href}"));
        }
    }

    fn changed(&self, what: &str, took: Duration, before: &State, now: &State) {
        let errors = drawn(now, &new_errors(&before.findings, &now.findings));
        print(&format!("{:>10}  {what}  \x1b[2m{}\x1b[0m\n{errors}", clock(), short(took)));
    }

    fn surveyed(&self, state: &State, before: &[Finding], now: &[Finding]) {
        let same = before.len() == now.len() && before.iter().zip(now).all(|(a, b)| a.diagnostic == b.diagnostic);
        if same && state.number > 1 {
            return;
        }
        let known: Vec<Finding> = before.iter().chain(&state.findings).cloned().collect();
        let errors = drawn(state, &new_errors(&known, now));
        print(&format!("{errors}{:>10}  {}\n", clock(), tally(now)));
    }
}

/// A QR code for a phone's camera.
fn code(address: &str) -> String {
    use qrcode::render::unicode::Dense1x2;
    let Ok(code) = qrcode::QrCode::new(address) else { return String::new() };
    // Terminals are dark or light: both colours are drawn.
    let drawn =
        code.render::<Dense1x2>().dark_color(Dense1x2::Dark).light_color(Dense1x2::Light).quiet_zone(true).build();
    let lines = drawn.lines().map(|line| format!("            \x1b[30;107m{line}\x1b[0m\n"));
    lines.collect()
}

#[cfg(test)]
mod tests {
    /// Pixels that a module of the code is wide.
    const SCALE: usize = 4;

    #[test]
    fn a_camera_reads_the_code_of_the_terminal() {
        let address = "http://192.168.178.23:1111/";
        let drawn = super::code(address);
        let plain: Vec<&str> = drawn
            .lines()
            .map(|line| line.trim_start().strip_prefix("\x1b[30;107m").and_then(|l| l.strip_suffix("\x1b[0m")))
            .collect::<Option<_>>()
            .expect("black on white, to the end of each line");
        // A character shows two modules, one above the other; what it paints is black.
        let rows: Vec<Vec<bool>> = plain
            .iter()
            .flat_map(|line| [['█', '▀'], ['█', '▄']].map(|dark| line.chars().map(|c| dark.contains(&c)).collect()))
            .collect();
        let (width, height) = (rows[0].len() * SCALE, rows.len() * SCALE);
        let pixel = |x: usize, y: usize| if rows[y / SCALE][x / SCALE] { 0 } else { 255 };
        let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width, height, pixel);
        let found = picture.detect_grids();
        assert_eq!(found.len(), 1, "{drawn}");
        assert_eq!(found[0].decode().expect("a code").1, address);
    }
}
