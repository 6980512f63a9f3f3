//! The engine of preview: one state of the site after the other, each as small a step from the last as its changes allow.
//!
//! A step is either *in place* (files that changed and are read again where they stand) or *anew* (the whole line, texts that did
//! not change taken over). Both give what a reading from nothing gives.

use super::Source;
use crate::content::Before;
use crate::diag::{Diagnostics, Finding, Level, findings};
use crate::files::{Entry, Files, Stamp};
use crate::project;
use crate::render::{Snapshot, cache};
use crate::source::RelPath;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What happened to the files of a site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Files that were written, made, renamed or removed.
    pub files: BTreeSet<RelPath>,
    /// Whether anything else may have changed.
    pub more: bool,
}

impl Changed {
    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && !self.more
    }
}

/// One state of the site.
pub struct State {
    /// Its number: 1, 2, 3 …
    pub number: u64,
    /// The site.
    pub site: Arc<Snapshot>,
    /// What was found while it was read.
    pub findings: Vec<Finding>,
    /// The files whose change led to it, as far as they stand in it.
    pub changed: Vec<RelPath>,
    /// The last state in which configuration and templates had no errors, if it is another one.
    pub good: Option<Arc<Snapshot>>,
}

/// Makes states.
pub struct Engine {
    source: Box<dyn Source>,
    files: Arc<dyn Files + Send + Sync>,
    /// What was found in the project itself.
    project: Diagnostics,
    /// When the list of files was last read, in nanoseconds since 1970.
    listed_at: i64,
    /// Files that changed since then: their stamps may not tell.
    touched: BTreeSet<RelPath>,
    state: Arc<State>,
}

impl Engine {
    /// Reads the site for the first time.
    pub fn start(source: Box<dyn Source>) -> Engine {
        let before = source.before();
        let mut engine = Engine::unread(source);
        engine.anew(&before, Vec::new());
        engine
    }

    fn unread(source: Box<dyn Source>) -> Engine {
        let files = source.files();
        let empty = Arc::new(crate::files::Memory::default());
        let site = Snapshot::new(empty, source.settings(), None, &Before::default()).value;
        let state = State { number: 0, site, findings: Vec::new(), changed: Vec::new(), good: None };
        let touched = BTreeSet::new();
        Engine { source, files, project: Diagnostics::default(), listed_at: 0, touched, state: Arc::new(state) }
    }

    /// The present state.
    pub fn state(&self) -> &Arc<State> {
        &self.state
    }

    /// The state after something happened; the same if it does not concern the site.
    pub fn step(&mut self, changed: &Changed) -> &Arc<State> {
        if !changed.more
            && let Some(entries) = self.in_place(&changed.files)
        {
            if entries.is_empty() {
                return &self.state;
            }
            self.touched.extend(entries.iter().map(|e| e.path.clone()));
            if let Some(site) = self.state.site.changed(&entries) {
                let changed = entries.into_iter().map(|e| e.path).collect();
                self.put(site, changed);
                return &self.state;
            }
        }
        self.touched.extend(changed.files.iter().cloned());
        let before = self.before();
        self.anew(&before, changed.files.iter().cloned().collect());
        &self.state
    }

    /// The new stamps of files that are of the site, as they were before; none if one came or went.
    fn in_place(&self, files: &BTreeSet<RelPath>) -> Option<Vec<Entry>> {
        let project = &self.state.site.project;
        let mut entries = Vec::new();
        for path in files.iter().filter(|path| !project::is_litter(path.name())) {
            match (project.file(path), self.files.stamp(path)) {
                (Some(_), Some(stamp)) => entries.push(Entry { path: path.clone(), stamp }),
                // What came and went again between two looks: unless it was a folder.
                (None, None) if project.below(path.as_str()).next().is_none() && !self.source.is_folder(path) => {}
                _ => return None,
            }
        }
        Some(entries)
    }

    /// What texts say now, for those whose stamps tell that they are the same.
    fn before(&self) -> Before {
        let site = &self.state.site;
        let known = site.content.articles.iter().filter_map(|article| {
            let stamp = site.project.file(&article.path)?.stamp;
            let tells = cache::settled(&stamp, self.listed_at) && !self.touched.contains(&article.path);
            Some((article.path.clone(), (if tells { stamp } else { Stamp::default() }, article.clone())))
        });
        known.collect()
    }

    fn anew(&mut self, before: &Before, changed: Vec<RelPath>) {
        self.listed_at = Timestamp::now().as_nanosecond().try_into().unwrap_or(i64::MAX);
        self.touched.clear();
        // Themes may have come or gone.
        self.files = self.source.files();
        let settings = self.source.settings();
        let mut diags = Diagnostics::default();
        let project = project::load(&*self.files, &settings).take(&mut diags);
        let secrets = self.source.secrets(false);
        let read = Snapshot::of(project, self.files.clone(), settings.clone(), secrets, before);
        let mut site = read.value;
        if site.needs_secret() && site.secrets.is_none() {
            let secrets = self.source.secrets(true);
            let project = site.project.clone();
            site = Snapshot::of(project, self.files.clone(), settings, secrets, before).value;
        }
        self.project = diags;
        // Not what an editor made beside a file and took away again.
        let known = |path: &RelPath| [&self.state.site, &site].iter().any(|site| site.project.file(path).is_some());
        let changed = changed.into_iter().filter(known).collect();
        self.put(site, changed);
    }

    fn put(&mut self, site: Arc<Snapshot>, changed: Vec<RelPath>) {
        let mut diags = self.project.clone();
        diags.extend(site.findings());
        diags.extend(site.check());
        crate::check::ignored(&*site.files(), &mut diags);
        let findings = findings(diags, &site.project.config.levels);
        let before = &self.state;
        let good = match (is_broken(&findings), is_broken(&before.findings) || before.number == 0) {
            (false, _) => None,
            (true, false) => Some(before.site.clone()),
            (true, true) => before.good.clone(),
        };
        self.state = Arc::new(State { number: before.number + 1, site, findings, changed, good });
    }
}

/// Whether a finding stops every page: an error of the configuration or of a template.
pub fn is_general(finding: &Finding) -> bool {
    let code = finding.diagnostic.code.0;
    finding.level == Level::Error && (code < 1000 || (2000..3000).contains(&code))
}

fn is_broken(findings: &[Finding]) -> bool {
    findings.iter().any(is_general)
}
