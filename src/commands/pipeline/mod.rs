//! One build: read, render, check, and only then sync.

mod step;
mod verify;
mod work;

use super::Failure;
use crate::check;
use crate::diag::{Code, Diagnostics, Finding, Level, findings};
use crate::files::Files;
use crate::project::config::Config;
use crate::project::{Project, Settings};
use crate::publish::{Changes, Disk, Item, Staged};
use crate::render::Snapshot;
use crate::site::Withheld;
use jiff::Timestamp;
use std::any::Any;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use work::Work;

/// What is to be built.
#[derive(Clone, Debug)]
pub struct Request {
    /// The folder of `site.toml`.
    pub root: PathBuf,
    /// The output folder.
    pub out: PathBuf,
    /// What the command line says about the site.
    pub settings: Settings,
    /// Warnings stop the build.
    pub strict: bool,
    /// Builds a second time, without a cache, and compares.
    pub verify: bool,
    /// Takes over files that hub did not write.
    pub adopt: bool,
    /// How many pages there are to be, at the least.
    pub min_pages: Option<usize>,
}

impl Request {
    /// Whether findings are worse than what may be published.
    pub(super) fn stops(&self, project: &Project, found: &Diagnostics) -> bool {
        let worst = found.0.iter().map(|d| project.config.levels.of(d.code)).max();
        worst >= Some(if self.strict { Level::Warning } else { Level::Error })
    }
}

/// What a look at a site does beside what a build does. Nothing is put out.
pub struct Look<'a> {
    /// Finds out about the addresses of other sites.
    pub ask: &'a dyn Fn(&Snapshot, &[check::External]) -> Diagnostics,
    /// Whether the targets of the site may be asked what they show.
    pub online: bool,
    /// Findings that are not looked for, so that nobody knows whether something silences them.
    pub unknown: &'a [Code],
}

/// Counts of a build.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Pages for readers.
    pub pages: usize,
    /// Files of the output, pages among them.
    pub outputs: usize,
    /// Outputs that were rendered now.
    pub rendered: usize,
    /// What the sync did; nothing if the build had errors.
    pub changes: Option<Changes>,
    /// Texts that are not published: their file, and why.
    pub withheld: Vec<(String, Withheld)>,
    /// When the same sources make another site.
    pub next_change: Option<Timestamp>,
    /// The environment.
    pub env: String,
    /// What took how long, in order.
    pub phases: Vec<(&'static str, Duration)>,
}

/// How a build ended.
pub struct Outcome {
    /// What was found, in order.
    pub findings: Vec<Finding>,
    /// Counts.
    pub summary: Summary,
    /// The outputs that were looked at one by one.
    staged: Vec<Staged>,
    /// Where all others are as they were left.
    left: Option<Disk>,
    /// What `site.toml` says.
    pub config: Config,
    /// The files of the site.
    pub files: Arc<dyn Files + Send + Sync>,
    /// All that the build had in memory: whoever has the outcome decides whether it is given back.
    _memory: Option<Box<dyn Any>>,
}

impl Outcome {
    fn without_site(project: Project, files: Arc<dyn Files + Send + Sync>, diags: Diagnostics) -> Outcome {
        let summary = Summary { env: project.config.env.clone(), ..Summary::default() };
        let findings = findings(diags, &project.config.levels);
        Outcome { findings, summary, staged: Vec::new(), left: None, config: project.config, files, _memory: None }
    }

    /// Every output, in the order of their paths.
    pub fn outputs(&self) -> Vec<Item<'_>> {
        // What was looked at takes the place of what was left there.
        let all = self.left.iter().flat_map(Disk::outputs).chain(self.staged.iter().map(Staged::item));
        all.map(|output| (output.path, output)).collect::<BTreeMap<_, _>>().into_values().collect()
    }

    /// How many findings have a level.
    pub fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|f| f.level == level).count()
    }
}

/// Told how many pages are done, of how many.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// Builds a site.
pub fn build(request: &Request, progress: Progress<'_>) -> Result<Outcome, Failure> {
    run(request, None, progress)
}

/// Looks at a site as a build does, and closer.
pub fn look(request: &Request, look: &Look<'_>, progress: Progress<'_>) -> Result<Outcome, Failure> {
    run(request, Some(look), progress)
}

fn run(request: &Request, look: Option<&Look<'_>>, progress: Progress<'_>) -> Result<Outcome, Failure> {
    let (mut work, project) = match Work::begin(request, look)? {
        Ok(begun) => begun,
        Err(outcome) => return Ok(*outcome),
    };
    let read = match work.read(project).and_then(|read| work.step(read))? {
        Ok(outcome) => return Ok(outcome),
        Err(read) => work.join(read),
    };
    let (built, audit) = work.place(&read, progress)?;
    work.check(&read.site, &built)?;
    let social = work.posts(&read.site)?;
    let pages = work.compare(&read.site, &built, audit);
    work.settle(read, built, social, pages)
}

/// Two builds of one site at once would take each other's files away: the second waits.
pub(super) fn lock(root: &Path) -> Result<std::fs::File, Failure> {
    let hub = super::site::hub_dir(root);
    let hub = super::site::make_hub_dir(root)
        .map_err(|e| Failure::io(format!("`{}` cannot be written", hub.display()), &e))?;
    let path = hub.join("lock");
    let failed = |e: std::io::Error| Failure::io(format!("`{}` cannot be locked", path.display()), &e);
    let file = std::fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
    match file.lock() {
        Err(e) if e.kind() != std::io::ErrorKind::Unsupported => Err(failed(e)),
        _ => Ok(file),
    }
}
