//! Leads as a table (RFC 4180).

use super::inbox::Lead;
use crate::forms::ATTRIBUTION;
use crate::share::exports::{csv::push_row, guarded};
use std::sync::Arc;

/// The leads in their order, a row each: who, what for, how they came, what they agreed to. No cell is a formula.
pub fn table(leads: &[Arc<Lead>]) -> String {
    let mut asked: Vec<&str> = vec!["email"];
    for entry in leads.iter().flat_map(|l| &l.fields).filter(|e| !e.ours.is_empty()) {
        if !asked.contains(&&*entry.ours) && !ATTRIBUTION.contains(&&*entry.ours) {
            asked.push(&entry.ours);
        }
    }
    let mut out = String::new();
    let head = ["at", "answered"].into_iter().chain(asked.iter().copied());
    let head = head.chain(["form_name", "provider", "magnet_name", "page", "consent"]).chain(ATTRIBUTION);
    push_row(&mut out, head.map(|cell| guarded(cell.to_string())), true);
    for lead in leads {
        let ticked = lead.boxes.iter().filter(|(_, ticked)| *ticked).map(|(label, _)| &**label);
        let consent: Vec<&str> = [&*lead.consent].into_iter().filter(|c| !c.is_empty()).chain(ticked).collect();
        let value = |key: &&str| lead.get(key).unwrap_or_default().to_string();
        let cells = [lead.at.to_string(), lead.answered.name().to_string()].into_iter().chain(asked.iter().map(value));
        let known =
            [lead.form.clone(), lead.provider.clone(), lead.magnet.clone(), lead.page.clone(), consent.join("; ")];
        push_row(&mut out, cells.chain(known).chain(ATTRIBUTION.iter().map(value)).map(guarded), true);
    }
    out
}
