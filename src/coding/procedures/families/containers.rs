//! What was left of a drug's container. Medicare wants JZ where nothing of a single-dose container was discarded, and JW on a second
//! line for what was (Medicare Claims Processing Manual, chapter 17, section 40); where the note does not say which container it
//! was, neither is added.
use std::sync::LazyLock;

use regex::Regex;

use crate::claim::Line;
use crate::codeset::drugs::Drugs;
use crate::coding::procedures::units;

use super::drugs;

static DISCARDED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:discard\w*|wast\w*|tossed|threw out|thr[oe]wn? away|binned|dumped)\s+(?:\w+\s+){0,2}?(\d*\.?\d+)\s*(mg|units?|u\b|mcg)|(\d*\.?\d+)\s*(mg|units?|u\b|mcg)?\s+(?:\w+\s+){0,3}?(?:was\s+|were\s+)?(?:discard\w*|wast\w*|tossed|thrown|binned|dumped)").ok()
});

/// Words of a container that was used up.
const USED_UP: [&str; 25] = [
    "single-dose",
    "single dose",
    "prefilled",
    "pre-filled",
    "whole vial",
    "entire vial",
    "entire syringe",
    "nothing discarded",
    "no waste",
    "none discarded",
    "no wastage",
    "full syringe",
    "all used",
    "full dose",
    "none wasted",
    "zero waste",
    "nothing wasted",
    "vial used",
    "no drug wasted",
    "used completely",
    "no partial vials",
    "entire contents",
    "not wasted",
    "no discard",
    "vials all used",
];
/// Words of one that serves several patients.
const SHARED: [&str; 6] = ["multi-dose", "multidose", "multiple dose", "multiple-dose", "ml vial of", "bottle"];
/// Words that speak of every drug of the note.
const OF_ALL: [&str; 6] =
    ["no waste, all", "no partial vials", "vials all used", "used completely", "nothing wasted, all", "no waste on any"];

/// Puts JZ or a second line with JW to the drugs of a claim to Medicare.
pub fn mark(lines: &mut Vec<Line>, text: &str) {
    let whole = text.to_lowercase();
    let own: Vec<usize> = (0..lines.len()).filter(|i| drugs::decides(&lines[*i].code)).collect();
    let unmarked = |line: &Line| !line.modifiers.iter().any(|m| m == "JZ" || m == "JW");
    if own.is_empty() || !own.iter().all(|i| unmarked(&lines[*i])) {
        return;
    }
    let sealed = USED_UP.iter().any(|w| whole.contains(w)) && !SHARED.iter().any(|w| whole.contains(w));
    let Some((at, amount, measure)) = discarded(&whole) else {
        let all = own.len() == 1 || OF_ALL.iter().any(|w| whole.contains(w));
        for i in own.into_iter().filter(|_| sealed && all) {
            lines[i].modifiers.push("JZ".to_owned());
        }
        return;
    };
    let whose = if own.len() == 1 { own.first().copied() } else { told_with(lines, &own, at, text) };
    let Some(own) = whose else { return };
    let unit =
        |code: &str| Drugs::embedded().all().iter().flat_map(|d| d.hcpcs.iter()).find(|(c, _)| *c == code).map(|(_, u)| *u);
    let Some((size, _)) = unit(&lines[own].code).and_then(units::dose) else { return };
    let amount = if measure == "mcg" { amount / 1000.0 } else { amount };
    let mut second = lines[own].clone();
    second.modifiers = vec!["JW".to_owned()];
    second.units = ((amount / size) - 1e-6).ceil().max(1.0) as u32;
    second.reason = format!("{} Discarded from a single-dose container.", second.reason);
    lines.insert(own + 1, second);
}

/// Where a note tells what was thrown away, how much, and in which measure.
fn discarded(whole: &str) -> Option<(usize, f64, String)> {
    let found = LazyLock::force(&DISCARDED).as_ref()?.captures(whole)?;
    let number = found.get(1).or(found.get(3))?;
    let measure = found.get(2).or(found.get(4)).map_or("", |m| m.as_str());
    Some((number.start(), number.as_str().parse().ok()?, measure.to_owned()))
}

/// The drug of a sentence that says what was thrown away: the last one named before it.
fn told_with(lines: &[Line], own: &[usize], at: usize, text: &str) -> Option<usize> {
    let named = |i: &usize| lines[*i].evidence.last().map_or(0, |e| e.start);
    let own = own.iter().copied().filter(|i| named(i) < at).max_by_key(named)?;
    let between = text.get(named(&own)..at)?;
    (!between.contains(". ") && !between.contains('\n')).then_some(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str, codes: &[&str]) -> Vec<(String, Vec<String>, u32)> {
        let line = |c: &&str| Line { code: (*c).to_owned(), units: 4, ..Line::default() };
        let mut lines: Vec<Line> = codes.iter().map(line).collect();
        mark(&mut lines, text);
        lines.into_iter().map(|l| (l.code, l.modifiers, l.units)).collect()
    }

    #[test]
    fn what_was_thrown_away_has_a_line_of_its_own() {
        let botox = marked("Botox 55 u, tossed 45 u of the vial", &["J0585"]);
        assert_eq!(botox[1], ("J0585".to_owned(), vec!["JW".to_owned()], 45));
        assert_eq!(marked("Kenalog 40 mg, single-dose vial", &["J3301"])[0].1, ["JZ"]);
        assert!(marked("Kenalog 40 mg from a multi-dose bottle, all used", &["J3301"])[0].1.is_empty());
        assert!(marked("Two drugs, no waste", &["J3301", "J1885"]).iter().all(|l| l.1.is_empty()));
        assert!(marked("Two drugs. No waste, all.", &["J3301", "J1885"]).iter().all(|l| l.1 == ["JZ"]));
    }
}
