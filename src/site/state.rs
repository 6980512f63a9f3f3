//! What its dates make of a magnet: open, closed, over. Nothing but the build's `now` decides it.

use super::magnets::Magnet;
use super::{Plan, dates};
use crate::content::facts::Expected;
use crate::content::{Content, Facts, Id, Kind, Moment};
use crate::diag::{Diagnostic, Diagnostics, codes};
use crate::project::{Project, Settings};
use crate::source::{At, Span};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// What its dates make of a magnet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Readers can take part.
    Open,
    /// They can; but the day on which something was expected has passed.
    Late,
    /// They cannot any more.
    Closed,
    /// It has taken place.
    Over,
}

impl State {
    /// Its name, as templates see it.
    pub fn name(self) -> &'static str {
        match self {
            State::Open => "open",
            State::Late => "late",
            State::Closed => "closed",
            State::Over => "over",
        }
    }

    /// Whether readers can take part.
    pub fn is_open(self) -> bool {
        matches!(self, State::Open | State::Late)
    }

    /// The state of a magnet of which this is said.
    pub(super) fn at(facts: &Facts, now: Moment) -> State {
        let reached = changes(facts).filter(|(_, at)| at.value <= now).map(|(state, _)| state);
        reached.max().unwrap_or(State::Open)
    }
}

/// The moments at which a magnet changes its state, and what becomes of it.
fn changes(facts: &Facts) -> impl Iterator<Item = (State, &At<Moment>)> {
    let expected = match &facts.expected {
        Some(Expected::On(at)) => Some((State::Late, at)),
        _ => None,
    };
    let closes = facts.closes.as_ref().map(|at| (State::Closed, at));
    let ends = facts.end.as_ref().map(|at| (State::Over, at));
    [expected, closes, ends].into_iter().flatten()
}

/// A moment for people who read findings.
fn said(at: Moment, zone: &TimeZone) -> String {
    let at = Timestamp::from_second(at).map(|t| t.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string());
    at.unwrap_or_default()
}

impl Plan {
    /// Whether a magnet is published and readers can take part.
    pub fn is_offered(&self, magnet: &Magnet) -> bool {
        self.path(magnet.id).is_some() && magnet.state.is_open()
    }

    /// The magnet that is offered where this one is named: itself, the recording of what is over, or none.
    pub fn standing(&self, id: Id, content: &Content) -> Option<Id> {
        let magnet = self.magnet(id)?;
        if self.path(id).is_none() || self.is_offered(magnet) {
            return self.path(id).map(|_| id);
        }
        let recording =
            content.article(id).front.kind.facts().recording.as_ref().filter(|_| magnet.state == State::Over)?;
        self.magnet_named(&recording.value).and_then(|id| self.magnet(id)).filter(|m| self.is_offered(m)).map(|m| m.id)
    }

    /// The finding for whoever offers a magnet that readers cannot take part in any more.
    pub fn closed_offer(&self, magnet: &Magnet, content: &Content, site: &TimeZone) -> Option<Diagnostic> {
        if magnet.state.is_open() {
            return None;
        }
        let facts = content.article(magnet.id).front.kind.facts();
        let since = changes(facts).find(|(state, _)| *state == magnet.state)?.1.value;
        let message = format!(
            "the {} `{}` is {} since {}",
            magnet.kind.name(),
            magnet.name,
            magnet.state.name(),
            said(since, &facts.zone(site))
        );
        let d = Diagnostic::new(codes::CLOSED_OFFER, message);
        Some(match self.standing(magnet.id, content).and_then(|id| self.magnet(id)) {
            Some(next) => d.help(format!("its recording is offered instead; name it: `{}`", next.name)),
            None => d.help("name another magnet, or take the line out"),
        })
    }
}

/// The next moment at which a published magnet changes its state.
pub(super) fn next_change(plan: &Plan, content: &Content, settings: &Settings) -> Option<Moment> {
    let now = settings.now.as_second();
    let published = plan.magnets.iter().filter(|m| plan.path(m.id).is_some());
    let moments = published.flat_map(|m| changes(content.article(m.id).front.kind.facts()).map(|(_, at)| at.value));
    moments.filter(|at| *at > now).chain(dates::next_change(content, settings)).min()
}

/// Reports texts and campaigns that name a magnet which is closed or over, and magnets whose date has passed and that say nothing of it.
pub(super) fn check(plan: &Plan, content: &Content, project: &Project, settings: &Settings, diags: &mut Diagnostics) {
    let zone = &project.config.zone;
    let named = |name: &str| plan.magnet_named(name).and_then(|id| plan.magnet(id));
    for id in content.ids().filter(|id| plan.path(*id).is_some()) {
        let article = content.article(id);
        if article.kind == Kind::Magnet {
            diags.0.extend(plan.magnet(id).and_then(|m| passed(plan, m, content, zone)));
        } else if let Some(name) = &article.front.magnet
            && let Some(magnet) = named(&name.value)
        {
            diags.0.extend(plan.closed_offer(magnet, content, zone).map(|d| d.at(name.span(&article.path))));
        }
    }
    // A campaign that is over may well have offered what is over too.
    let now = settings.now.as_second();
    for campaign in content.campaigns.values().filter(|c| c.end.is_none_or(|end| end > now)) {
        if let (Some(offer), Some(path)) = (&campaign.offer, &campaign.path)
            && let Some(magnet) = named(&offer.value)
        {
            diags.0.extend(plan.closed_offer(magnet, content, zone).map(|d| d.at(offer.span(path))));
        }
    }
}

/// What a magnet whose date has passed still lacks.
fn passed(plan: &Plan, magnet: &Magnet, content: &Content, site: &TimeZone) -> Option<Diagnostic> {
    let article = content.article(magnet.id);
    let facts = article.front.kind.facts();
    let (_, at) = changes(facts).find(|(state, _)| *state == magnet.state)?;
    let since = said(at.value, &facts.zone(site));
    let (message, help) = match magnet.state {
        State::Over if plan.standing(magnet.id, content).is_some() => return None,
        State::Over => match &facts.recording {
            Some(recording) => (
                format!("it is over since {since}, and its recording `{}` is not published", recording.value),
                "publish the recording, or take `recording` out",
            ),
            None => (
                format!("it is over since {since}, and leads nowhere"),
                "name the magnet that holds its recording with `recording`, set `expiry`, or give it a new date",
            ),
        },
        State::Closed if facts.start.is_some() || !facts.winner.is_empty() => return None,
        State::Closed => (
            format!("it closed at {since}, and does not say how it ended"),
            "say it with `winner`, or take the page away with `expiry`",
        ),
        State::Late => (
            format!("it was expected for {since}; the page does not show the date any more"),
            "set `expected` anew, or make the magnet that readers wait for",
        ),
        State::Open => return None,
    };
    let place: Span = at.span(&article.path);
    Some(Diagnostic::new(codes::DATE_PASSED, message).at(place).help(help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_date_that_was_reached_decides() {
        let at = |value| Some(At::new(value, 0..0));
        let facts = Facts { closes: at(10), end: at(20), ..Facts::default() };
        let states: Vec<State> = [9, 10, 19, 20].map(|now| State::at(&facts, now)).to_vec();
        assert_eq!(states, [State::Open, State::Closed, State::Closed, State::Over]);
        assert_eq!(State::at(&Facts::default(), i64::MAX), State::Open);
        let waiting = Facts { expected: at(10).map(Expected::On), ..Facts::default() };
        assert!(State::at(&waiting, 11) == State::Late && State::Late.is_open());
    }
}
