//! A text with its evidence marked.
use std::fmt::Write as _;

use super::{Mark, Side, escape};

/// The text as HTML; a place that both sides point to is marked once, with the labels of both as its title. Places that
/// do not lie on characters of the text are left out.
pub fn highlight(text: &str, marks: &[Mark]) -> String {
    let lies_inside = |m: &&Mark| !m.span.is_empty() && text.get(m.span.start..m.span.end).is_some();
    let marks: Vec<&Mark> = marks.iter().filter(lies_inside).collect();
    let mut cuts: Vec<usize> = marks.iter().flat_map(|m| [m.span.start, m.span.end]).chain([0, text.len()]).collect();
    cuts.sort_unstable();
    cuts.dedup();
    let mut out = String::with_capacity(text.len() * 2);
    for pair in cuts.windows(2) {
        let words = text.get(pair[0]..pair[1]).unwrap_or("");
        let over: Vec<&&Mark> = marks.iter().filter(|m| m.span.start <= pair[0] && pair[1] <= m.span.end).collect();
        let has = |side: Side| over.iter().any(|m| m.side == side);
        let class = match (has(Side::Gold), has(Side::Predicted)) {
            (false, false) => {
                out.push_str(&escape(words));
                continue;
            }
            (true, false) => "gold",
            (false, true) => "predicted",
            (true, true) => "both",
        };
        let mut labels: Vec<String> =
            over.iter().map(|m| format!("{} {}", if m.side == Side::Gold { "gold" } else { "engine" }, m.label)).collect();
        labels.dedup();
        let _ = write!(out, "<mark class=\"{class}\" title=\"{}\">{}</mark>", escape(&labels.join(", ")), escape(words));
    }
    out
}
