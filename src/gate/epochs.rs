//! `gates.toml`: which links open what, and until when. It is committed, so that every machine builds the same.

use super::keys::{Links, Secret, Secrets, slot_id};
use super::seal::SLOTS;
use crate::content::Moment;
use crate::diag::{Diagnostic, Diagnostics, Parsed, codes};
use crate::project::node::Table;
use crate::project::take::Take;
use crate::source::{At, RelPath, Span};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::cell::RefCell;
use std::fmt::Write as _;

/// A former epoch, and the moment from which its link opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Former {
    /// The epoch.
    pub epoch: u32,
    /// When its link stops working.
    pub until: Moment,
}

/// The epochs of a magnet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epochs {
    /// That of the link which is mailed today.
    pub epoch: u32,
    /// Those whose links work for some time, newest first. Epochs that are not listed are over.
    pub former: Vec<Former>,
}

impl Default for Epochs {
    fn default() -> Epochs {
        Epochs { epoch: 1, former: Vec::new() }
    }
}

/// As many former epochs as have a slot, with two secrets.
pub const MOST_FORMER: usize = SLOTS / 2 - 1;

/// What `gates.toml` says.
#[derive(Clone, Debug, Default)]
pub struct Gates {
    /// Until when links of the former secret work; for as long as there is one, unless the file says.
    pub former_secret_until: Option<Moment>,
    /// Magnets that were rotated, by name.
    pub magnets: Vec<(At<String>, Epochs)>,
}

impl Gates {
    /// The epochs of a magnet.
    pub fn of(&self, magnet: &str) -> Epochs {
        self.magnets.iter().find(|(name, _)| name.value == magnet).map(|(_, e)| e.clone()).unwrap_or_default()
    }

    /// The links of a magnet at a moment.
    pub fn links(&self, secrets: &Secrets, magnet: &str, now: Moment) -> Links {
        let mut links = Links::default();
        for (secret, epoch) in self.live(secrets, magnet, now) {
            links.live.push(secret.link_key(magnet, epoch));
        }
        let all = (1..=self.of(magnet).epoch).rev();
        let all = all.flat_map(|epoch| secrets.all().map(move |secret| slot_id(&secret.link_key(magnet, epoch))));
        let live: Vec<[u8; 8]> = links.live.iter().map(slot_id).collect();
        links.former = all.filter(|id| !live.contains(id)).take(SLOTS - live.len()).collect();
        links
    }

    /// The secrets and epochs whose links work at a moment, today's first.
    pub fn live<'a>(&self, secrets: &'a Secrets, magnet: &str, now: Moment) -> Vec<(&'a Secret, u32)> {
        let Epochs { epoch, former } = self.of(magnet);
        let kept = former.iter().filter(|f| f.until > now).map(|f| f.epoch);
        let epochs: Vec<u32> = std::iter::once(epoch).chain(kept).take(MOST_FORMER + 1).collect();
        let secrets = secrets.all().enumerate().filter(|(i, _)| *i == 0 || self.former_secret_works(now));
        secrets.flat_map(|(_, secret)| epochs.iter().map(move |epoch| (secret, *epoch))).collect()
    }

    /// Whether links of the former secret work at a moment.
    pub fn former_secret_works(&self, now: Moment) -> bool {
        self.former_secret_until.is_none_or(|until| until > now)
    }

    /// The next moment at which a link stops working.
    pub fn next_change(&self, now: Moment) -> Option<Moment> {
        let epochs = self.magnets.iter().flat_map(|(_, e)| e.former.iter().map(|f| f.until));
        epochs.chain(self.former_secret_until).filter(|until| *until > now).min()
    }

    /// Raises a magnet's epoch. The link of the last one works until then; `None` ends all former links at once.
    pub fn rotate(&mut self, magnet: &str, now: Moment, until: Option<Moment>) -> Result<u32, Rotated> {
        let mut epochs = self.of(magnet);
        epochs.former.retain(|f| f.until > now && until.is_some());
        if let Some(until) = until {
            epochs.former.insert(0, Former { epoch: epochs.epoch, until });
        }
        if epochs.former.len() > MOST_FORMER {
            return Err(Rotated);
        }
        epochs.epoch += 1;
        let epoch = epochs.epoch;
        match self.magnets.iter_mut().find(|(name, _)| name.value == magnet) {
            Some((_, old)) => *old = epochs,
            None => self.magnets.push((At::new(magnet.to_string(), 0..0), epochs)),
        }
        Ok(epoch)
    }

    /// The file that says so.
    pub fn write(&self) -> String {
        let mut out = String::from(
            "# Which links open the magnets. `hub magnet rotate` and `hub secret rotate` write this file: commit it.\n",
        );
        let date = |at: Moment| Timestamp::from_second(at).map(|t| t.to_string()).unwrap_or_default();
        // Writing to a String does not fail.
        if let Some(until) = self.former_secret_until {
            let _ = write!(out, "\n[secret]\nformer_until = {}\n", date(until));
        }
        for (name, epochs) in &self.magnets {
            let key = format!("[magnets.{}", toml_key(&name.value));
            let _ = write!(out, "\n{key}]\nepoch = {}\n", epochs.epoch);
            for former in &epochs.former {
                let _ = write!(out, "[{key}.former]]\nepoch = {}\nuntil = {}\n", former.epoch, date(former.until));
            }
        }
        out
    }
}

/// Too many former links work already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotated;

fn toml_key(name: &str) -> String {
    match name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') && !name.is_empty() {
        true => name.to_string(),
        false => serde_json::Value::from(name).to_string(),
    }
}

/// Reads `gates.toml`.
pub fn read(table: Table, file: &RelPath) -> Parsed<Gates> {
    let diags = RefCell::new(Diagnostics::default());
    let mut take = Take::new(table, Span::file(file), file, "gates.toml", &diags);
    let seconds = |t: &mut Take<'_>, key| t.date(key, &TimeZone::UTC).map(|at: At<Timestamp>| at.value.as_second());
    let until = take.read("secret", "[secret]", |t| seconds(t, "former_until")).flatten();
    let mut names = Vec::new();
    let magnets = take.named("magnets", "[magnets.NAME]", |name, t| {
        names.push(name.clone());
        let epoch = t.integer("epoch", 1..=i64::from(u32::MAX)).unwrap_or(1) as u32;
        let mut former: Vec<Former> = t
            .list("former", "[[magnets.NAME.former]]", |t| {
                let (number, until) = (t.integer("epoch", 1..=i64::from(u32::MAX))?, seconds(t, "until")?);
                if number >= i64::from(epoch) {
                    let message = format!("{number} is no former epoch: today's is {epoch}");
                    t.report(Diagnostic::new(codes::BAD_VALUE, message).at(t.place()));
                    return None;
                }
                Some(Former { epoch: number as u32, until })
            })
            .into_iter()
            .flatten()
            .collect();
        former.sort_by_key(|f| std::cmp::Reverse(f.epoch));
        if former.len() > MOST_FORMER {
            let message =
                format!("`{}` keeps {} former links; there is room for {MOST_FORMER}", name.value, former.len());
            t.report(Diagnostic::new(codes::BAD_VALUE, message).at(name.span(file)).help("remove the oldest"));
        }
        Epochs { epoch, former }
    });
    take.finish();
    let magnets = names.into_iter().zip(magnets).map(|(name, (_, epochs))| (name, epochs)).collect();
    Parsed { value: Gates { former_secret_until: until, magnets }, diags: diags.into_inner() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(gates: &Gates) -> Gates {
        let file = RelPath::new("gates.toml");
        let read = read(crate::project::toml::read(&gates.write(), 0, &file).value, &file);
        assert!(read.diags.is_empty(), "{:?}\n{}", read.diags, gates.write());
        read.value
    }

    #[test]
    fn links_overlap_and_end() {
        let secrets = Secrets { now: Secret::parse(&"A".repeat(43)).expect("a secret"), former: None };
        let mut gates = Gates::default();
        assert_eq!(gates.rotate("a b", 100, Some(200)), Ok(2));
        assert_eq!(gates.rotate("a b", 150, Some(300)), Ok(3));
        let gates = again(&gates);
        let live = |now| gates.live(&secrets, "a b", now).iter().map(|(_, e)| *e).collect::<Vec<_>>();
        assert_eq!((live(150), live(200), live(300)), (vec![3, 2, 1], vec![3, 2], vec![3]));
        assert_eq!(
            (gates.next_change(150), gates.next_change(200), gates.next_change(300)),
            (Some(200), Some(300), None)
        );
        let links = gates.links(&secrets, "a b", 200);
        assert_eq!((links.live.len(), links.former), (2, vec![slot_id(&secrets.now.link_key("a b", 1))]));
        assert_eq!(gates.links(&secrets, "other", 0).live.len(), 1);
    }

    #[test]
    fn rotating_at_once_ends_all_former_links_and_slots_are_bounded() {
        let mut gates = Gates::default();
        for epoch in 2..5 {
            assert_eq!(gates.rotate("m", 0, Some(10)), Ok(epoch));
        }
        assert_eq!(gates.rotate("m", 0, Some(10)), Err(Rotated));
        assert_eq!(gates.rotate("m", 0, None), Ok(5));
        assert_eq!(again(&gates).of("m"), Epochs { epoch: 5, former: Vec::new() });
    }

    #[test]
    fn links_of_a_former_secret_work_for_a_while() {
        let [now, former] = ["A", "B"].map(|c| Secret::parse(&format!("{}A", c.repeat(42))).expect("a secret"));
        let secrets = Secrets { now, former: Some(former) };
        let mut gates = Gates { former_secret_until: Some(50), ..Gates::default() };
        gates.rotate("m", 0, Some(100)).expect("room");
        assert_eq!(gates.links(&secrets, "m", 0).live.len(), 4);
        let links = gates.links(&secrets, "m", 60);
        assert_eq!((links.live.len(), links.former.len()), (2, 2));
    }
}
