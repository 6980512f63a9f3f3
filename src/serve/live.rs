//! What open pages are told, as server-sent events (WHATWG HTML, 9.2). A page says what it shows; it is told only what differs.

use super::http::{App, Current};
use super::overlay::Overlay;
use super::view::{self, Found, Look, Sheet, View};
use crate::desk;
use crate::site::{Own, What};
use axum::body::Body;
use futures_util::stream;
use serde::Serialize;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Proxies and phones close what is silent for longer.
const BREATH: Duration = Duration::from_secs(20);

/// A page that is open in a browser.
struct Open {
    app: Arc<App>,
    current: watch::Receiver<Arc<Current>>,
    survey: watch::Receiver<Arc<[crate::diag::Finding]>>,
    stop: watch::Receiver<bool>,
    path: String,
    seen: Look,
    /// The last state that it was compared with; 0 before the first.
    number: u64,
    told: Option<Overlay>,
}

/// Style sheets that take the place of others, and what the page shows then.
#[derive(Serialize)]
struct Styles<'a> {
    page: String,
    shape: String,
    sheets: &'a [Sheet],
}

/// Tells the page at a path, which shows `seen`, what changes, until it is closed.
pub(super) fn stream(app: Arc<App>, path: String, seen: Look) -> Body {
    let (current, survey, stop) = (app.current.clone(), app.survey.clone(), app.stop.clone());
    let open = Open { app, current, survey, stop, path, seen, number: 0, told: None };
    Body::from_stream(stream::unfold(open, |mut open| async move {
        let events = open.next().await?;
        Some((Ok::<_, Infallible>(events), open))
    }))
}

impl Open {
    /// What is to be said next; none when the server stops.
    async fn next(&mut self) -> Option<String> {
        loop {
            if *self.stop.borrow() {
                return None;
            }
            let first = self.number == 0;
            let events = self.compare().await?;
            if first || !events.is_empty() {
                // The first event tells the browser how soon to come back after a restart, in milliseconds.
                return Some(if first { format!("retry: 300\n\n{events}") } else { events });
            }
            tokio::select! {
                changed = self.current.changed() => changed.ok()?,
                changed = self.survey.changed() => changed.ok()?,
                _ = self.stop.changed() => return None,
                () = tokio::time::sleep(BREATH) => return Some(": \n\n".to_string()),
            }
        }
    }

    async fn compare(&mut self) -> Option<String> {
        let current = self.current.borrow_and_update().clone();
        let all = self.survey.borrow_and_update().clone();
        let (app, path) = (self.app.clone(), self.path.clone());
        let seen = self.seen;
        let looked = tokio::task::spawn_blocking(move || {
            let view = view_at(&current, &path)?;
            let site = &current.state.site;
            let overlay =
                Overlay::new(site, &app.root, desk::editor(&app.editor, site), &view.findings, view.earlier, &all);
            Some((current, view, overlay))
        });
        let (current, view, overlay) = looked.await.ok()??;
        let mut events = String::new();
        if self.number > 0 {
            let files: Vec<String> = current.changed_since(self.number);
            if !files.is_empty() {
                say(&mut events, "files", &files);
            }
        }
        if view.look.page != seen.page {
            if view.look.shape == seen.shape {
                let Look { page, shape } = view.look;
                let sheets = &view.sheets;
                say(&mut events, "styles", &Styles { page: format!("{page:?}"), shape: format!("{shape:?}"), sheets });
            } else {
                say(&mut events, "page", &());
            }
            self.seen = view.look;
        }
        if self.told.as_ref() != Some(&overlay) {
            say(&mut events, "problems", &overlay);
            self.told = Some(overlay);
        }
        self.number = current.state.number;
        Some(events)
    }
}

/// The view that stands at a path: that of no page where there is none.
fn view_at(current: &Current, path: &str) -> Option<Arc<View>> {
    let site = &current.state.site;
    let id = match view::find(site, path) {
        Found::Route(id) => id,
        _ => site.plan.find(not_found())?,
    };
    Some(current.views.of(&current.state, id))
}

/// The path of the page that says that there is none.
pub(super) fn not_found() -> &'static str {
    Own::ALL.iter().find(|(own, _)| matches!(What::Own(*own), What::Own(Own::NotFound))).map_or("", |(_, path)| path)
}

fn say<T: Serialize + ?Sized>(events: &mut String, name: &str, data: &T) {
    // What is told is text and numbers, which always serialize.
    let data = serde_json::to_string(data).unwrap_or_default();
    events.push_str(&format!("event: {name}\ndata: {data}\n\n"));
}
