//! Which address is asked next. Each host has a queue of its own: it is asked for one thing at a time, with a pause in between, so
//! that a slow host holds up nobody else, and the whole takes as long as the slowest host's turn.

use super::{Answer, Ask, Clock};
use crate::check::Verdict;
use crate::project::checks::LinkRules;
use crate::text;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Hosts that are asked at the same time, at the most.
const THREADS: usize = 64;
/// The first pause before an address is asked again; each next one is twice as long.
const PAUSE: Duration = Duration::from_secs(1);
/// A server that asks for a longer pause is left alone.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Forwards that are followed (as browsers do, Fetch standard: 20; what needs more than ten is a circle).
const HOPS: u32 = 10;
/// A host that was silent so often in a row is not asked for the rest.
const SILENCE: u32 = 4;
/// What a thread of a request needs, TLS included.
const STACK: usize = 1 << 20;

/// What it took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests sent.
    pub requests: usize,
    /// Hosts asked.
    pub hosts: usize,
}

/// An address on its way to a verdict.
#[derive(Clone, Debug)]
struct Job {
    /// Its place among all.
    place: usize,
    /// Where it is asked now, without a part.
    url: String,
    part: Option<String>,
    fully: bool,
    hops: u32,
    tries: u32,
    /// Whether all forwards so far were for good.
    for_good: bool,
}

/// Ordered by the moment, then by turn.
type Waiting = BinaryHeap<Reverse<(Instant, u64, usize)>>;

#[derive(Default)]
struct Host {
    /// The jobs, by when they may be asked.
    jobs: Waiting,
    /// Whether somebody asks it now.
    busy: bool,
    /// When it may be asked next.
    free: Option<Instant>,
    /// How often in a row it was silent.
    silent: u32,
    last: String,
}

struct State {
    jobs: Vec<Job>,
    hosts: Vec<Host>,
    by_name: FxHashMap<String, usize>,
    /// Hosts that are not busy and have jobs, by when they can be asked.
    ready: Waiting,
    turn: u64,
    open: usize,
    verdicts: Vec<Option<Verdict>>,
    counts: Counts,
}

/// Asks for all addresses, each once. The verdicts are in their order; `told` hears how many are there.
pub fn ask(
    urls: &[&str],
    rules: &LinkRules,
    web: &dyn Ask,
    clock: Clock,
    told: &(dyn Fn(usize) + Sync),
) -> (Vec<Verdict>, Counts) {
    let begun = (clock.now)();
    let mut state = State {
        jobs: Vec::with_capacity(urls.len()),
        hosts: Vec::new(),
        by_name: FxHashMap::default(),
        ready: BinaryHeap::new(),
        turn: 0,
        open: urls.len(),
        verdicts: vec![None; urls.len()],
        counts: Counts::default(),
    };
    for (place, url) in urls.iter().enumerate() {
        let (url, part) = url.split_once('#').map_or((*url, None), |(url, part)| (url, Some(part)));
        // A text fragment (`#:~:text=…`) names no element.
        let part = part.filter(|p| rules.anchors && !p.is_empty() && !p.starts_with(":~:")).map(str::to_string);
        let url = url.to_string();
        let fully = part.is_some();
        state.jobs.push(Job { place, url, part, fully, hops: 0, tries: 0, for_good: true });
        state.enqueue(place, begun);
    }
    let threads = state.hosts.len().min(THREADS);
    let shared = Shared { state: Mutex::new(state), changed: Condvar::new(), rules, web, clock, told };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let work = || shared.work();
            // Where the system gives no more threads, those that there are do it.
            if std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work).is_err() {
                break;
            }
        }
        shared.work();
    });
    let state = shared.state.into_inner().unwrap_or_else(|e| e.into_inner());
    let unknown = || Verdict::Unsure("it was not asked".to_string());
    (state.verdicts.into_iter().map(|v| v.unwrap_or_else(unknown)).collect(), state.counts)
}

/// The host that an address is asked at: its scheme, name and port.
fn host(url: &str) -> String {
    let origin = text::origin(url).unwrap_or(url);
    origin.rsplit_once('@').map_or(origin, |(_, host)| host).to_ascii_lowercase()
}

impl State {
    /// Puts a job into the queue of its host; it may be asked from then on.
    fn enqueue(&mut self, job: usize, from: Instant) {
        let name = host(&self.jobs[job].url);
        let at = *self.by_name.entry(name).or_insert_with(|| {
            self.hosts.push(Host::default());
            self.counts.hosts += 1;
            self.hosts.len() - 1
        });
        self.turn += 1;
        self.hosts[at].jobs.push(Reverse((from, self.turn, job)));
        self.offer(at);
    }

    /// Says when a host can be asked next.
    fn offer(&mut self, at: usize) {
        let host = &self.hosts[at];
        if host.busy {
            return;
        }
        if let Some(Reverse((from, ..))) = host.jobs.peek() {
            let when = host.free.map_or(*from, |free| free.max(*from));
            self.turn += 1;
            self.ready.push(Reverse((when, self.turn, at)));
        }
    }

    /// Ends a job.
    fn end(&mut self, job: usize, verdict: Verdict) {
        let place = self.jobs[job].place;
        if self.verdicts[place].replace(verdict).is_none() {
            self.open -= 1;
        }
    }
}

struct Shared<'a> {
    state: Mutex<State>,
    changed: Condvar,
    rules: &'a LinkRules,
    web: &'a dyn Ask,
    clock: Clock,
    told: &'a (dyn Fn(usize) + Sync),
}

impl Shared<'_> {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn work(&self) {
        let mut state = self.lock();
        loop {
            if state.open == 0 {
                self.changed.notify_all();
                return;
            }
            let now = (self.clock.now)();
            let Some(&Reverse((when, _, at))) = state.ready.peek() else {
                state = self.changed.wait(state).unwrap_or_else(|e| e.into_inner());
                continue;
            };
            if when > now {
                let pause = when.duration_since(now);
                state = self.changed.wait_timeout(state, pause).unwrap_or_else(|e| e.into_inner()).0;
                continue;
            }
            state.ready.pop();
            // A host is offered again whenever something changes: what was said before may be stale.
            let host = &mut state.hosts[at];
            let free = !host.busy && host.free.is_none_or(|free| free <= now);
            let Some(job) = host.jobs.peek().filter(|Reverse((from, ..))| free && *from <= now).map(|r| r.0.2) else {
                continue;
            };
            host.jobs.pop();
            host.busy = true;
            state.counts.requests += 1;
            let asked = state.jobs[job].clone();
            drop(state);
            let answer = self.web.ask(&asked.url, asked.fully, asked.part.as_deref());
            let now = (self.clock.now)();
            state = self.lock();
            state.hosts[at].busy = false;
            state.hosts[at].free = Some(now + self.rules.delay);
            self.take(&mut state, at, job, answer, now);
            state.offer(at);
            let done = state.verdicts.len() - state.open;
            (self.told)(done);
            self.changed.notify_all();
        }
    }

    fn take(&self, state: &mut State, at: usize, job: usize, answer: Answer, now: Instant) {
        if !matches!(answer, Answer::Silent(_) | Answer::NoHost) {
            state.hosts[at].silent = 0;
        }
        match answer {
            Answer::Final(Verdict::There) if state.jobs[job].hops > 0 && state.jobs[job].for_good => {
                let to = state.jobs[job].url.clone();
                state.end(job, Verdict::Moved(to));
            }
            Answer::Final(verdict) => state.end(job, verdict),
            Answer::Elsewhere(to, for_good) => {
                let asked = &mut state.jobs[job];
                asked.hops += 1;
                asked.for_good &= for_good;
                asked.tries = 0;
                if asked.hops > HOPS {
                    state.end(job, Verdict::Unsure(format!("it forwards more than {HOPS} times")));
                } else {
                    asked.url = to;
                    state.enqueue(job, now);
                }
            }
            Answer::AskFully => {
                state.jobs[job].fully = true;
                state.enqueue(job, now);
            }
            Answer::Later(why, pause) => {
                let again = pause.unwrap_or_else(|| PAUSE * 2u32.pow(state.jobs[job].tries.min(6)));
                if again > LONGEST_PAUSE {
                    // It meant all of its pages.
                    let why = format!("{why}, and asks to wait for {} seconds", again.as_secs());
                    state.end(job, Verdict::Unsure(why.clone()));
                    self.give_up(state, at, &why);
                    return;
                }
                if pause.is_some() {
                    state.hosts[at].free = Some(now + again.max(self.rules.delay));
                }
                self.again(state, job, Verdict::Unsure(why), now + again);
            }
            Answer::NoHost => {
                let host = &mut state.hosts[at];
                host.silent += 1;
                if host.silent > self.rules.retries {
                    state.end(job, Verdict::NoHost);
                    while let Some(Reverse((.., job))) = state.hosts[at].jobs.pop() {
                        state.end(job, Verdict::NoHost);
                    }
                    return;
                }
                let again = now + PAUSE * host.silent;
                host.free = Some(again);
                state.enqueue(job, again);
            }
            Answer::Silent(why) => {
                let host = &mut state.hosts[at];
                host.silent += 1;
                host.last.clone_from(&why);
                if host.silent >= SILENCE {
                    state.end(job, Verdict::Unsure(why.clone()));
                    self.give_up(state, at, &why);
                    return;
                }
                let pause = PAUSE * 2u32.pow(state.jobs[job].tries.min(6));
                self.again(state, job, Verdict::Unsure(why), now + pause);
            }
        }
    }

    /// Asks again, if that was not often enough.
    fn again(&self, state: &mut State, job: usize, otherwise: Verdict, from: Instant) {
        if state.jobs[job].tries >= self.rules.retries {
            state.end(job, otherwise);
            return;
        }
        state.jobs[job].tries += 1;
        state.enqueue(job, from);
    }

    /// Leaves a host alone: nobody waits for it a thousand times.
    fn give_up(&self, state: &mut State, at: usize, why: &str) {
        while let Some(Reverse((.., job))) = state.hosts[at].jobs.pop() {
            state.end(job, Verdict::Unsure(why.to_string()));
        }
    }
}
