//! The server: who may ask, and what is answered.

use super::engine::{Engine, State};
use super::live;
use super::outgoing::{self, OWN};
use super::survey::Survey;
use super::view::{self, Found, Look, View, Views};
use super::watch::Watch;
use super::{Source, respond};
use crate::desk::{self, Timing};
use crate::diag::Finding;
use crate::digest::Digest;
use crate::leads::Inbox;
use crate::render::outputs;
use crate::source::RelPath;
use crate::text;
use axum::Router;
use axum::body::Bytes as Piece;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::Response;
use jiff::Timestamp;
use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How the site is served.
#[derive(Clone, Debug)]
pub struct Options {
    /// The address that is listened on.
    pub bind: IpAddr,
    /// The port; the next free one is taken if it is not free.
    pub port: u16,
    /// What links to files open: see [`desk::editor_link`].
    pub editor: String,
}

/// A state, and what was worked out about it.
pub(super) struct Current {
    pub state: Arc<State>,
    pub views: Views,
    /// The policy of its pages.
    policy: OnceLock<String>,
    /// What the last states changed among the files that are put out as they are, by number.
    copied: VecDeque<(u64, Vec<String>)>,
    timings: Arc<[Timing]>,
    memory: desk::Memory,
}

/// States back to which pages are told which files changed; a page that slept for longer shows them when it is asked for again.
const REMEMBERED: usize = 32;
/// Changes that the desk lists.
const TIMINGS: usize = 100;

impl Current {
    fn next(before: Option<&Current>, state: Arc<State>, timing: Timing) -> Current {
        let mut copied = before.map(|b| b.copied.clone()).unwrap_or_default();
        let plan = &state.site.plan;
        let paths = state.changed.iter().filter_map(|file| plan.copied(file));
        let paths: Vec<String> = paths.map(|path| state.site.project.config.href(&path)).collect();
        copied.push_back((state.number, paths));
        if copied.len() > REMEMBERED {
            copied.pop_front();
        }
        let timings = before.map_or(&[][..], |b| &b.timings[..]);
        let timings = std::iter::once(timing).chain(timings.iter().cloned()).take(TIMINGS).collect();
        let views = before.map_or_else(Views::default, |b| b.views.next());
        let memory = before.map_or_else(desk::Memory::default, |b| b.memory.next());
        Current { state, views, policy: OnceLock::new(), copied, timings, memory }
    }

    /// Addresses of files whose bytes changed after a state.
    pub fn changed_since(&self, number: u64) -> Vec<String> {
        self.copied.iter().filter(|(n, _)| *n > number).flat_map(|(_, paths)| paths.iter().cloned()).collect()
    }

    pub fn policy(&self) -> &str {
        self.policy.get_or_init(|| outputs::policy(&self.state.site))
    }
}

/// What all requests share.
pub(super) struct App {
    pub root: PathBuf,
    pub editor: String,
    /// The server's address.
    at: SocketAddr,
    /// `http://127.0.0.1:1111`
    base: String,
    pub current: watch::Receiver<Arc<Current>>,
    pub survey: watch::Receiver<Arc<[Finding]>>,
    pub stop: watch::Receiver<bool>,
    inbox: Inbox,
}

/// What is said while the server runs.
pub trait Say: Send + Sync {
    /// It is ready: its address, the pages of the site, and how long it took.
    fn ready(&self, base: &str, state: &State, took: Duration);
    /// The site changed: what, how long it took, and what is wrong now.
    fn changed(&self, what: &str, took: Duration, before: &State, now: &State);
    /// All pages were looked at.
    fn surveyed(&self, state: &State, before: &[Finding], now: &[Finding]);
}

/// A server that is ready to run.
pub struct Server {
    listener: TcpListener,
    at: SocketAddr,
}

/// So many ports are tried.
const PORTS: u16 = 64;

impl Server {
    /// Takes the port, or the next one that is free.
    pub fn bind(options: &Options) -> io::Result<Server> {
        let last = options.port.saturating_add(PORTS);
        let mut ports = options.port..=last;
        loop {
            let Some(port) = ports.next() else { return Err(io::ErrorKind::AddrInUse.into()) };
            match TcpListener::bind((options.bind, port)) {
                Err(e) if e.kind() == io::ErrorKind::AddrInUse && port < last && options.port != 0 => {}
                bound => {
                    let listener = bound?;
                    listener.set_nonblocking(true)?;
                    let at = listener.local_addr()?;
                    return Ok(Server { listener, at });
                }
            }
        }
    }

    /// Where browsers find it: an address of the network where it listens on all.
    pub fn at(&self) -> SocketAddr {
        match self.at.ip().is_unspecified() {
            true => SocketAddr::new(outward(self.at.ip()).unwrap_or(self.at.ip()), self.at.port()),
            false => self.at,
        }
    }

    /// Serves until the program is told to stop. `ready` is called once pages can be asked for.
    pub fn run(self, source: Box<dyn Source>, inbox: Inbox, options: &Options, say: Arc<dyn Say>) -> io::Result<()> {
        let begun = Instant::now();
        let root = source.root().canonicalize()?;
        // Before the first reading, so that nothing is missed between the two.
        let mut watch = Watch::new(&root).map_err(watching)?;
        let engine = Engine::start(source);
        let base = format!("http://{}", self.at());
        let timing = Timing { at: Timestamp::now(), what: "start".to_string(), took: begun.elapsed() };
        let first = Arc::new(Current::next(None, engine.state().clone(), timing));
        say.ready(&base, &first.state, begun.elapsed());
        let beginning = first.clone();
        let (publish, current) = watch::channel(first);
        let survey = Survey::start(engine.state().clone(), say.clone());
        let surveyor = survey.tell.clone();
        std::thread::Builder::new().name("watch".into()).spawn(move || {
            let mut engine = engine;
            keep_up(&mut engine, &mut watch, beginning, &*say, &mut |current| {
                surveyor.state(current.state.clone());
                publish.send_replace(current);
            });
        })?;
        let (halt, stop) = watch::channel(false);
        let (editor, survey) = (options.editor.clone(), survey.findings);
        let app = Arc::new(App { root, editor, at: self.at, base, current, survey, stop: stop.clone(), inbox });
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let served = runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(self.listener)?;
            let router = Router::new().fallback(move |request: Request| answer(app.clone(), request));
            tokio::spawn(async move {
                told_to_stop().await;
                let _ = halt.send(true);
            });
            let mut stopping = stop.clone();
            let server = axum::serve(listener, router).with_graceful_shutdown(async move {
                let _ = stopping.wait_for(|stop| *stop).await;
            });
            let mut stopping = stop;
            tokio::select! {
                served = server => served,
                // Whoever does not let go of a connection is left.
                () = async { let _ = stopping.wait_for(|stop| *stop).await; tokio::time::sleep(GRACE).await; } => Ok(()),
            }
        });
        runtime.shutdown_timeout(GRACE);
        served
    }
}

/// Answers that are under way when the server stops have this long.
const GRACE: Duration = Duration::from_millis(500);

/// The address that others on the network know this machine by: nothing is sent to find it out.
fn outward(ip: IpAddr) -> Option<IpAddr> {
    let (own, other) = if ip.is_ipv4() { ("0.0.0.0:0", "192.0.2.1:9") } else { ("[::]:0", "[2001:db8::1]:9") };
    let socket = std::net::UdpSocket::bind(own).ok()?;
    socket.connect(other).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

fn watching(error: notify::Error) -> io::Error {
    let help = match error.kind {
        notify::ErrorKind::MaxFilesWatch => {
            "; raise the system's limit of watched folders (fs.inotify.max_user_watches)"
        }
        _ => "",
    };
    io::Error::other(format!("the site cannot be watched: {error}{help}"))
}

/// The day may change while nothing else does.
const TICK: Duration = Duration::from_secs(60);

/// Takes step after step, for as long as the program runs.
fn keep_up(
    engine: &mut Engine,
    watch: &mut Watch,
    first: Arc<Current>,
    say: &dyn Say,
    publish: &mut dyn FnMut(Arc<Current>),
) {
    let mut last = first;
    let mut day = engine.today();
    loop {
        let mut changed = match watch.next(TICK) {
            Ok(changed) => changed,
            Err(_) => super::Changed { more: true, ..super::Changed::default() },
        };
        if changed.is_empty() {
            if engine.today() == day {
                continue;
            }
            changed.more = true;
        }
        day = engine.today();
        let (begun, before) = (Instant::now(), engine.state().clone());
        let state = engine.step(&changed).clone();
        if state.number == before.number {
            continue;
        }
        let (what, took) = (named(&state.changed), begun.elapsed());
        let timing = Timing { at: Timestamp::now(), what: what.clone(), took };
        let current = Arc::new(Current::next(Some(&last), state.clone(), timing));
        last = current.clone();
        publish(current);
        say.changed(&what, took, &before, &state);
    }
}

fn named(files: &[RelPath]) -> String {
    match files {
        [] => "all files looked at".to_string(),
        [one] => one.to_string(),
        [first, rest @ ..] => format!("{first} and {} more", text::thousands(rest.len())),
    }
}

async fn told_to_stop() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let ended = async {
            match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
                Ok(mut signal) => drop(signal.recv().await),
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! { _ = interrupted => {}, () = ended => {} }
    }
    #[cfg(not(unix))]
    let _ = interrupted.await;
}

/// Whether a request comes from a page of this server, or was typed by its author. A name that somebody else's domain gives to this
/// machine (DNS rebinding) is refused, as is a form on somebody else's page.
fn is_ours(app: &App, method: &Method, headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|v| v.to_str().ok());
    let Some(host) = text(header::HOST) else { return false };
    let ours = |host: &str| {
        let (name, port) = host.rsplit_once(':').unwrap_or((host, "80"));
        let ip = name.trim_matches(['[', ']']).parse::<IpAddr>().ok();
        let local = name == "localhost" || ip.is_some_and(|ip| ip.is_loopback());
        let network = !app.at.ip().is_loopback() && ip.is_some();
        port.parse() == Ok(app.at.port()) && (local || network)
    };
    let origin = text(header::ORIGIN).map(|origin| origin.strip_prefix("http://").unwrap_or(origin));
    let elsewhere = text("sec-fetch-site".parse().unwrap_or(header::ORIGIN)) == Some("cross-site");
    match *method {
        Method::GET | Method::HEAD => ours(host),
        // Programs that are no browser send neither.
        _ => ours(host) && origin.is_none_or(|origin| origin == host) && !elsewhere,
    }
}

async fn answer(app: Arc<App>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    if !is_ours(&app, &head.method, &head.headers) {
        return respond::plain(StatusCode::FORBIDDEN, "hub answers its own pages only");
    }
    let Some(path) = text::percent_decode(head.uri.path()).map(|p| p.into_owned()) else {
        return respond::plain(StatusCode::BAD_REQUEST, "the address is no text");
    };
    let query = head.uri.query().unwrap_or_default().to_string();
    let reading = matches!(head.method, Method::GET | Method::HEAD);
    if let Some(own) = path.strip_prefix(OWN) {
        if let ("live", true) = (own, reading) {
            return live_stream(app, &query);
        }
        if let (Some(file), true) = (respond::own_asset(own), reading) {
            return file;
        }
        let own = own.to_string();
        return match axum::body::to_bytes(body, desk::LONGEST_BODY).await {
            Ok(body) => blocking(move || desk_page(&app, &head.method, &own, &query, &head.headers, &body)).await,
            Err(_) => respond::plain(StatusCode::PAYLOAD_TOO_LARGE, "no form is that long"),
        };
    }
    if !reading {
        return respond::plain(StatusCode::METHOD_NOT_ALLOWED, "pages are read, not written");
    }
    blocking(move || site_page(&app, &path, &query, &head.headers)).await
}

async fn blocking(work: impl FnOnce() -> Response + Send + 'static) -> Response {
    let failed =
        |_| respond::plain(StatusCode::INTERNAL_SERVER_ERROR, "this is a bug in hub: the page could not be made");
    tokio::task::spawn_blocking(work).await.unwrap_or_else(failed)
}

fn live_stream(app: Arc<App>, query: &str) -> Response {
    let value = |name: &str| {
        let pair = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
        text::percent_decode(pair).map(|v| v.into_owned())
    };
    let digest = |name| {
        let hex = value(name).unwrap_or_default();
        u128::from_str_radix(&hex, 16).map(Digest).unwrap_or_default()
    };
    let seen = Look { page: digest("page"), shape: digest("shape") };
    let body = live::stream(app, value("path").unwrap_or_default(), seen);
    respond::with(StatusCode::OK, "text/event-stream", body)
}

fn desk_page(app: &App, method: &Method, path: &str, query: &str, headers: &HeaderMap, body: &Piece) -> Response {
    let current = app.current.borrow().clone();
    let surveyed = app.survey.borrow().clone();
    let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_string);
    let method = if *method == Method::POST { desk::Method::Post } else { desk::Method::Get };
    let request = desk::Request { method, path, query, headers: &header, body };
    let state = desk::State {
        site: &current.state.site,
        findings: &surveyed,
        timings: &current.timings,
        inbox: &app.inbox,
        root: &app.root,
        base: &app.base,
        now: Timestamp::now(),
        editor: desk::editor(&app.editor, &current.state.site),
        memory: &current.memory,
    };
    respond::reply(desk::answer(&state, &request))
}

fn site_page(app: &App, path: &str, query: &str, headers: &HeaderMap) -> Response {
    let current = app.current.borrow().clone();
    let site = &current.state.site;
    let (id, status) = match view::find(site, path) {
        Found::Route(id) => (id, StatusCode::OK),
        Found::Slash(to) => return respond::moved(&to, query),
        Found::Nothing => match site.plan.find(live::not_found()) {
            Some(id) => (id, StatusCode::NOT_FOUND),
            None => return respond::plain(StatusCode::NOT_FOUND, "there is no such page"),
        },
    };
    let view: Arc<View> = current.views.of(&current.state, id);
    respond::page(app, &current, id, &view, respond::Asked { path, status, headers })
}

/// The folder of a site's root that a file of it lies in must be below.
pub(super) fn is_inside(root: &Path, file: &RelPath) -> bool {
    let path = root.join(file.as_str());
    match path.canonicalize() {
        Ok(real) => real.starts_with(root),
        // A file of the built-in theme lies on no disk.
        Err(_) => !path.exists(),
    }
}

impl Engine {
    /// The day, where the site is.
    fn today(&self) -> String {
        let zone = &self.state().site.project.config.zone;
        Timestamp::now().to_zoned(zone.clone()).strftime("%Y-%m-%d").to_string()
    }
}

/// The page at the path of a request, when nothing else is at hand.
pub(super) fn page_of(html: &[u8], current: &Current, path: &str, look: Look) -> Vec<u8> {
    outgoing::page(html, &current.state.site, path, look)
}
