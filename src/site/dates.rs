//! What is published now, what is not, and when that changes next.

use crate::content::{Content, Front, Id, Moment};
use crate::project::Settings;
use serde::{Deserialize, Serialize};

/// Why a text is not published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Withheld {
    /// Its author says it is a draft.
    Draft,
    /// It appears at this moment.
    Scheduled(Moment),
    /// It disappeared at this moment.
    Expired(Moment),
}

impl Withheld {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Withheld::Draft => "a draft",
            Withheld::Scheduled(_) => "in the future",
            Withheld::Expired(_) => "expired",
        }
    }
}

/// When a text appears, if that is written.
pub fn appears(front: &Front) -> Option<Moment> {
    front.publish.or(front.date)
}

/// Whether a text appears later than `now`, seconds since 1970.
pub fn is_scheduled(front: &Front, now: Moment) -> bool {
    appears(front).is_some_and(|at| at > now)
}

/// Why a text is not published; `None` if it is.
pub fn withheld(front: &Front, settings: &Settings) -> Option<Withheld> {
    let now = settings.now.as_second();
    if front.draft && !settings.drafts {
        return Some(Withheld::Draft);
    }
    match (appears(front), front.expiry) {
        (Some(at), _) if at > now && !settings.future => Some(Withheld::Scheduled(at)),
        (_, Some(at)) if at <= now => Some(Withheld::Expired(at)),
        _ => None,
    }
}

/// The next moment at which the same sources make another site.
pub fn next_change(content: &Content, settings: &Settings) -> Option<Moment> {
    let now = settings.now.as_second();
    let moments = |id: Id| {
        let front = &content.article(id).front;
        let live = !front.draft || settings.drafts;
        // Where what is to come is shown, it says so until then.
        [appears(front), front.expiry].into_iter().flatten().filter(move |at| live && *at > now)
    };
    content.ids().flat_map(moments).min()
}
