//! What a magnet is, as JSON-LD (schema.org): only what its author said of it.

use super::Shown;
use crate::content::facts::{Expected, Price};
use crate::content::{Id, MagnetKind, Moment};
use crate::render::snapshot::Snapshot;
use crate::source::At;
use serde_json::{Value as Json, json};

/// The thing that a magnet's page at `url` is about.
pub(in crate::render) fn entity(site: &Snapshot, id: Id, url: &str) -> Option<Json> {
    let shown = Shown::new(site, site.plan.magnet(id)?);
    let (front, facts) = (shown.front, shown.facts);
    let config = &site.project.config;
    let house = json!({ "@type": "Organization", "name": config.title, "url": config.absolute("/") });
    let mut ld = json!({ "@type": shown.row.schema, "@id": format!("{url}#magnet"), "name": front.title });
    let mut set = |key: &str, value: Json| ld[key] = value;
    if !front.description.is_empty() {
        set("description", front.description.as_str().into());
    }
    set("url", url.into());
    let at = |at: &Option<At<Moment>>| at.as_ref().map(|at| Json::from(shown.written(at.value)));
    let offer = offer(&shown, url);
    match shown.row.kind {
        MagnetKind::Download | MagnetKind::Newsletter => {
            set("inLanguage", config.language.as_str().into());
            set("publisher", house);
        }
        MagnetKind::Course => {
            set("inLanguage", config.language.as_str().into());
            set("provider", house);
            set("hasCourseInstance", json!({ "@type": "CourseInstance", "courseMode": "Online" }));
            let section = |l: &crate::content::facts::Lesson| {
                let mut section = json!({ "@type": "Syllabus", "name": l.title });
                if !l.text.is_empty() {
                    section["description"] = l.text.as_str().into();
                }
                section
            };
            set("syllabusSections", facts.lessons.iter().map(section).collect());
            offer.into_iter().for_each(|o| set("offers", o));
        }
        MagnetKind::Webinar | MagnetKind::Event => {
            at(&facts.start).into_iter().for_each(|t| set("startDate", t));
            at(&facts.end).into_iter().for_each(|t| set("endDate", t));
            place(&shown, url, &mut set);
            if let Ok(seats) = facts.capacity.parse::<u32>() {
                set("maximumAttendeeCapacity", seats.into());
            }
            set("inLanguage", config.language.as_str().into());
            set("organizer", house);
            offer.into_iter().for_each(|o| set("offers", o));
        }
        MagnetKind::Giveaway => {
            set("itemOffered", json!({ "@type": "Product", "name": facts.prize }));
            at(&facts.closes).into_iter().for_each(|t| set("availabilityEnds", t));
            set("offeredBy", house);
        }
        MagnetKind::Consultation => {
            set("provider", house);
            offer.into_iter().for_each(|o| set("offers", o));
        }
        MagnetKind::Waitlist => {
            set("itemOffered", json!({ "@type": "Product", "name": shown.what() }));
            if let (Some(Expected::On(day)), true) = (&facts.expected, shown.expected().is_some()) {
                set("availabilityStarts", shown.written(day.value).into());
            }
            set("offeredBy", house);
        }
    }
    Some(ld)
}

/// Where an event is. Online, it is where its page is: the address to take part is not for everybody.
fn place(shown: &Shown<'_>, url: &str, set: &mut impl FnMut(&str, Json)) {
    let facts = shown.facts;
    let here = json!({ "@type": "Place", "name": facts.place, "address": facts.place });
    let online = json!({ "@type": "VirtualLocation", "url": url });
    let from_afar = !facts.online.is_empty() || shown.row.kind == MagnetKind::Webinar;
    let (mode, location) = match (facts.place.is_empty(), from_afar) {
        (true, _) => ("Online", online),
        (false, false) => ("Offline", here),
        (false, true) => ("Mixed", json!([here, online])),
    };
    set("eventAttendanceMode", format!("https://schema.org/{mode}EventAttendanceMode").into());
    set("location", location);
}

fn offer(shown: &Shown<'_>, url: &str) -> Option<Json> {
    let mut offer = json!({ "@type": "Offer", "url": url });
    match shown.facts.price.as_ref()? {
        Price::Free => offer["price"] = 0.into(),
        Price::Amount(amount, currency) => {
            offer["price"] = amount.as_str().into();
            offer["priceCurrency"] = currency.as_str().into();
        }
        Price::Text(_) => return None,
    }
    if let Some(closes) = &shown.facts.closes {
        offer["validThrough"] = shown.written(closes.value).into();
    }
    Some(offer)
}
