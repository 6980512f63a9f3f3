//! The funnel as a drawing: stages on the left, magnets in the middle, who gets the address on the right; the wider a band, the more
//! articles. The list below it says the same in words, so it is a picture for those who see it.

use super::map::Map;
use crate::content::Id;
use crate::forms::Form;
use crate::render::Snapshot;
use crate::text::{self, escape};
use rustc_hash::FxHashMap;
use std::fmt::Write as _;

/// Width of the drawing, in its own units, which are pixels on a wide screen.
const WIDTH: f64 = 1120.0;
/// Where the three columns of bars begin.
const COLUMNS: [f64; 3] = [140.0, 520.0, 930.0];
const HEADS: [&str; 3] = ["Stage", "What is offered", "Who gets the address"];
/// Where the bars begin: below the heads.
const TOP: f64 = 34.0;
const BAR: f64 = 8.0;
/// The least height of a bar: its label must fit.
const LEAST: f64 = 40.0;
const GAP: f64 = 18.0;
/// So many magnets are drawn; the rest are one bar.
const MOST: usize = 9;
/// The longest label, in characters.
const LABEL: usize = 34;

#[derive(Clone, Debug, Default)]
struct Node {
    label: String,
    under: String,
    class: &'static str,
    flow: usize,
    top: f64,
    height: f64,
    /// How much of each side is taken by bands.
    taken: [f64; 2],
}

/// One drawing, or none where there is nothing to draw.
pub(super) fn draw(site: &Snapshot, map: &Map, reaches: &dyn Fn(&Form) -> bool) -> Option<String> {
    if map.steps.is_empty() {
        return None;
    }
    let stages = site.plan.stages.len();
    // From each stage to each magnet; the last stage is none, and no magnet is nowhere.
    let mut ways: FxHashMap<(usize, Option<Id>), usize> = FxHashMap::default();
    let mut articles = vec![0; stages + 1];
    for step in &map.steps {
        let stage = step.stage.unwrap_or(stages);
        articles[stage] += 1;
        match step.to.as_slice() {
            [] => *ways.entry((stage, None)).or_default() += 1,
            to => to.iter().for_each(|id| *ways.entry((stage, Some(*id))).or_default() += 1),
        }
    }
    let mut flows: FxHashMap<Id, (usize, usize)> = FxHashMap::default();
    for ((stage, to), n) in &ways {
        if let Some(id) = to {
            let flow = flows.entry(*id).or_default();
            *flow = (flow.0 + n, flow.1 + n * stage);
        }
    }
    let mut magnets: Vec<(Id, usize, f64)> =
        flows.into_iter().map(|(id, (n, sum))| (id, n, sum as f64 / n as f64)).collect();
    magnets.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let rest: Vec<Id> = magnets.split_off(magnets.len().min(MOST)).into_iter().map(|(id, ..)| id).collect();
    magnets.sort_by(|a, b| a.2.total_cmp(&b.2).then(a.0.cmp(&b.0)));

    let mut left: Vec<Node> = (0..=stages)
        .map(|i| Node {
            label: site.plan.stages.get(i).cloned().unwrap_or_else(|| "without a stage".to_string()),
            under: text::count(articles[i], "article"),
            class: STAGES[i.min(STAGES.len() - 1)],
            flow: ways.iter().filter(|((s, _), _)| *s == i).map(|(_, n)| n).sum(),
            ..Node::default()
        })
        .collect();
    // The bars in the middle: magnets, what is left of them, and nowhere.
    let place = |id: &Option<Id>| match id {
        Some(id) => magnets.iter().position(|(m, ..)| m == id).unwrap_or(magnets.len()),
        None => magnets.len() + 1,
    };
    let mut middle: Vec<Node> = Vec::new();
    let mut right: Vec<Node> = Vec::new();
    let mut onward: Vec<Option<usize>> = Vec::new();
    for (id, n, _) in &magnets {
        let magnet = site.plan.magnet(*id)?;
        let title = site.content.article(*id).front.title.clone();
        let under = format!("{} · {}", magnet.kind.row().label, text::count(*n, "article"));
        middle.push(Node { label: title, under, class: "m", flow: *n, ..Node::default() });
        let form = magnet.form.map(|i| &site.plan.forms[i]);
        let (label, under, class) = match form {
            Some(form) if reaches(form) => (form.provider.title.to_string(), format!("form {}", form.name), "f"),
            Some(form) => ("Nobody yet".to_string(), format!("form {}", form.name), "dead"),
            None => ("No form".to_string(), String::new(), "dead"),
        };
        let at = right.iter().position(|r| r.label == label && r.under == under).unwrap_or_else(|| {
            right.push(Node { label, under, class, ..Node::default() });
            right.len() - 1
        });
        right[at].flow += n;
        onward.push(Some(at));
    }
    let others: usize =
        ways.iter().filter(|((_, to), _)| to.is_some_and(|id| rest.contains(&id))).map(|(_, n)| n).sum();
    let label = format!("{} more", text::count(rest.len(), "magnet"));
    middle.push(Node { label, under: text::count(others, "article"), class: "m", flow: others, ..Node::default() });
    let lost: usize = ways.iter().filter(|((_, to), _)| to.is_none()).map(|(_, n)| n).sum();
    middle.push(Node {
        label: "Nowhere".to_string(),
        under: text::count(lost, "article"),
        class: "dead",
        flow: lost,
        ..Node::default()
    });

    let height = [&left, &middle, &right].iter().map(|c| c.iter().filter(|n| n.flow > 0).count()).max()? as f64;
    let height = (height * (LEAST + GAP) + 40.0).clamp(180.0, 900.0);
    for column in [&mut left, &mut middle, &mut right] {
        place_nodes(column, height);
    }
    let mut bands = String::new();
    let mut keys: Vec<(usize, usize, usize)> = Vec::new();
    for ((stage, to), n) in &ways {
        match keys.iter_mut().find(|(s, p, _)| (*s, *p) == (*stage, place(to))) {
            Some(key) => key.2 += n,
            None => keys.push((*stage, place(to), *n)),
        }
    }
    keys.sort_unstable();
    for (stage, to, n) in keys {
        let class = if middle[to].class == "dead" { "dead" } else { left[stage].class };
        band(&mut bands, class, (0, &mut left[stage]), (1, &mut middle[to]), n);
    }
    for (at, to) in onward.iter().enumerate() {
        let Some(to) = to else { continue };
        let n = middle[at].flow;
        let class = if right[*to].class == "dead" { "dead" } else { "m" };
        band(&mut bands, class, (1, &mut middle[at]), (2, &mut right[*to]), n);
    }
    let mut out = format!(
        "<svg class=\"flow\" viewBox=\"0 0 {WIDTH} {0}\" width=\"{WIDTH}\" height=\"{0}\" aria-hidden=\"true\" focusable=\"false\">{bands}",
        height + TOP + 4.0
    );
    for (column, head) in HEADS.iter().enumerate() {
        let (x, anchor) = beside(column);
        let _ = write!(out, "<text class=\"head\" x=\"{x}\" y=\"14\" text-anchor=\"{anchor}\">{head}</text>");
    }
    for (column, nodes) in [&left, &middle, &right].into_iter().enumerate() {
        for node in nodes.iter().filter(|n| n.flow > 0) {
            draw_node(&mut out, column, node);
        }
    }
    out.push_str("</svg>");
    Some(out)
}

/// The hues of stages; a site with more of them shares the last.
const STAGES: [&str; 6] = ["s0", "s1", "s2", "s3", "s4", "s5"];

/// Bars one below the other, as high as their flow asks for, the whole column in the middle.
fn place_nodes(nodes: &mut [Node], height: f64) {
    let total: usize = nodes.iter().map(|n| n.flow).sum();
    let there = nodes.iter().filter(|n| n.flow > 0).count() as f64;
    let room = height - GAP * (there - 1.0);
    let spare = (room - LEAST * there).max(0.0);
    let mut top = TOP + ((height - (LEAST * there + spare + GAP * (there - 1.0))) / 2.0).max(0.0);
    for node in nodes.iter_mut().filter(|n| n.flow > 0) {
        node.height = LEAST + spare * node.flow as f64 / total as f64;
        node.top = top;
        top += node.height + GAP;
    }
}

/// A band from one bar to another, as wide at each end as its share of that bar.
fn band(out: &mut String, class: &str, (column, from): (usize, &mut Node), (_, to): (usize, &mut Node), n: usize) {
    if from.flow == 0 || to.flow == 0 || n == 0 {
        return;
    }
    let (x0, x1) = (COLUMNS[column] + BAR, COLUMNS[column + 1]);
    let share = |node: &Node| node.height * n as f64 / node.flow as f64;
    let (y0, y1) = (from.top + from.taken[1], to.top + to.taken[0]);
    let (h0, h1) = (share(from), share(to));
    from.taken[1] += h0;
    to.taken[0] += h1;
    let middle = f64::midpoint(x0, x1);
    let _ = write!(
        out,
        "<path class=\"band {class}\" d=\"M{x0:.1} {y0:.1}C{middle:.1} {y0:.1} {middle:.1} {y1:.1} {x1:.1} {y1:.1}V{:.1}C{middle:.1} {:.1} {middle:.1} {:.1} {x0:.1} {:.1}Z\"/>",
        y1 + h1,
        y1 + h1,
        y0 + h0,
        y0 + h0
    );
}

/// Where words stand beside the bars of a column, and which end of them.
fn beside(column: usize) -> (f64, &'static str) {
    let x = COLUMNS[column];
    if column == 0 { (x - 12.0, "end") } else { (x + BAR + 12.0, "start") }
}

fn draw_node(out: &mut String, column: usize, node: &Node) {
    let x = COLUMNS[column];
    let (at, anchor) = beside(column);
    let y = node.top + node.height / 2.0;
    let mut label: String = node.label.chars().take(LABEL).collect();
    if node.label.chars().count() > LABEL {
        label = label.trim_end().to_string() + "…";
    }
    let _ = write!(
        out,
        "<rect class=\"bar {}\" x=\"{x}\" y=\"{:.1}\" width=\"{BAR}\" height=\"{:.1}\" rx=\"2\"/><text class=\"name\" x=\"{at}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text><text class=\"under\" x=\"{at}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{}</text>",
        node.class,
        node.top,
        node.height,
        y - 2.0,
        escape(&label),
        y + 15.0,
        escape(&node.under)
    );
}
