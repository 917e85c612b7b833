//! The page of one claim: gold beside predicted.
use super::{Confusion, Mark, Page, Row, Side, Verdict};
use crate::document::{Evidence, Span};
use crate::eval::claim_score::Scored;
use crate::eval::em_levels::EmOutcome;
use crate::eval::gold::Case;
use crate::eval::lines::LineOutcome;
use crate::eval::predicted::Predicted;
use crate::eval::scoring::Outcome;

/// Longest words that the list of confusions repeats, in characters.
const WORDS: usize = 80;

/// Builds the page. `title` gives the title of a code.
pub fn page(case: &Case, predicted: &Predicted, scored: &Scored, title: &mut dyn FnMut(&str) -> String) -> Page {
    let mut page = Page {
        id: case.gold.id.clone(),
        summary: summary(scored),
        text: case.encounter.note.clone(),
        remarks: predicted.reasons.clone(),
        ..Default::default()
    };
    diagnoses(&mut page, case, predicted, scored, title);
    lines(&mut page, case, predicted, scored, title);
    level(&mut page, case, predicted, scored);
    marks(&mut page, case, predicted);
    page
}

fn summary(scored: &Scored) -> String {
    let d = scored.diagnoses;
    let l = scored.lines.billed;
    let mut parts = vec![format!("diagnoses {} right, {} missed, {} false", d.hit, d.missed, d.wrong)];
    if scored.primary == Some(false) {
        parts.push("first-listed wrong".to_owned());
    }
    if l.hit + l.missed + l.wrong > 0 {
        parts.push(format!("lines {} right, {} missed, {} false", l.hit, l.missed, l.wrong));
    }
    parts.extend(match scored.em {
        EmOutcome::NotApplicable | EmOutcome::Accepted => None,
        EmOutcome::Over(n) => Some(format!("E/M {n} over")),
        EmOutcome::Under(n) => Some(format!("E/M {n} under")),
        EmOutcome::OtherCategory => Some("E/M of another kind".to_owned()),
    });
    parts.join("; ")
}

fn diagnoses(page: &mut Page, case: &Case, predicted: &Predicted, scored: &Scored, title: &mut dyn FnMut(&str) -> String) {
    let mut titled = |code: &str| format!("{code} {}", title(code)).trim().to_owned();
    for (i, concept) in case.gold.diagnoses.iter().enumerate() {
        let what = if concept.primary { "diagnosis (first)" } else { "diagnosis" };
        let mut gold = titled(concept.codes.first().map_or("", String::as_str));
        if concept.codes.len() > 1 {
            gold.push_str(&format!(" (or {})", concept.codes[1..].join(", ")));
        }
        let hit = scored.outcomes.iter().position(|o| *o == Outcome::Hit(i));
        let loss = scored.loss_list.iter().find(|l| l.concept == Some(i));
        let (shown, verdict) = match hit {
            Some(p) => (stated(predicted, p, &mut titled), Verdict::Right),
            None => (loss.map(|l| l.step.replace('_', " ")).unwrap_or_default(), Verdict::Missed),
        };
        page.rows.push(Row { what: what.to_owned(), gold, predicted: shown, verdict });
        if let Some(p) = loss.and_then(|l| l.predicted) {
            page.confusions.push(Confusion {
                gold: concept.codes.first().cloned().unwrap_or_default(),
                predicted: predicted.diagnoses[p].code.clone(),
                words: words(&case.encounter.note, &concept.places, &predicted.diagnoses[p].evidence),
            });
        }
    }
    for (p, outcome) in scored.outcomes.iter().enumerate() {
        let verdict = match outcome {
            Outcome::Hit(_) => continue,
            Outcome::Optional => Verdict::Optional,
            Outcome::Wrong => Verdict::Wrong,
        };
        let step = scored.loss_list.iter().find(|l| l.predicted == Some(p)).map(|l| l.step.replace('_', " "));
        let gold = step.unwrap_or_default();
        page.rows.push(Row { what: "diagnosis".into(), gold, predicted: stated(predicted, p, &mut titled), verdict });
    }
}

fn stated(predicted: &Predicted, p: usize, titled: &mut dyn FnMut(&str) -> String) -> String {
    let d = &predicted.diagnoses[p];
    format!("{}. {} ({:.2})", p + 1, titled(&d.code), d.confidence)
}

fn lines(page: &mut Page, case: &Case, predicted: &Predicted, scored: &Scored, title: &mut dyn FnMut(&str) -> String) {
    let mut written = |code: &str, modifiers: &[String], units: u32, pointers: String| {
        let modifiers: String = modifiers.iter().map(|m| format!("-{m}")).collect();
        format!("{code}{modifiers} ×{units} {} {pointers}", title(code)).trim().to_owned()
    };
    let pointing = |codes: Vec<&str>| if codes.is_empty() { String::new() } else { format!("→ {}", codes.join(", ")) };
    let mut predicted_lines: Vec<String> = Vec::new();
    for line in &predicted.lines {
        let pointers = pointing(line.pointers.iter().map(String::as_str).collect());
        predicted_lines.push(written(&line.code, &line.modifiers, line.units, pointers));
    }
    for (i, wanted) in case.gold.procedures.iter().enumerate() {
        let code = wanted.codes.join(" or ");
        let pointers = wanted.pointers.iter().flatten().filter_map(|p| p.first()).map(String::as_str).collect();
        let modifiers = wanted.modifiers.first().map(Vec::as_slice).unwrap_or_default();
        let gold = written(&code, modifiers, wanted.units.first().copied().unwrap_or(1), pointing(pointers));
        let met = scored.lines.outcomes.iter().enumerate().find_map(|(p, o)| match o {
            LineOutcome::Hit { gold, billed, .. } if *gold == i => Some((p, *billed)),
            _ => None,
        });
        let (shown, verdict) = match met {
            Some((p, true)) => (predicted_lines[p].clone(), Verdict::Right),
            Some((p, false)) => (predicted_lines[p].clone(), Verdict::Wrong),
            None => (String::new(), Verdict::Missed),
        };
        page.rows.push(Row { what: "line".into(), gold, predicted: shown, verdict });
    }
    for (line, outcome) in predicted_lines.into_iter().zip(&scored.lines.outcomes) {
        let verdict = match outcome {
            LineOutcome::Hit { .. } => continue,
            LineOutcome::Optional => Verdict::Optional,
            LineOutcome::Wrong => Verdict::Wrong,
        };
        page.rows.push(Row { what: "line".into(), gold: String::new(), predicted: line, verdict });
    }
}

fn level(page: &mut Page, case: &Case, predicted: &Predicted, scored: &Scored) {
    let gold = &case.gold.em;
    let join = |code: &str, modifiers: &[String]| {
        std::iter::once(code.to_owned()).chain(modifiers.iter().cloned()).collect::<Vec<_>>().join("-")
    };
    let verdict = match (scored.em, scored.em_modifiers) {
        (EmOutcome::NotApplicable, _) => return,
        (EmOutcome::Accepted, Some(false)) => Verdict::Wrong,
        (EmOutcome::Accepted, _) => Verdict::Right,
        _ if predicted.em.is_none() => Verdict::Missed,
        _ => Verdict::Wrong,
    };
    page.rows.push(Row {
        what: "E/M".into(),
        gold: join(&gold.codes.join(" or "), gold.modifiers.as_deref().unwrap_or_default()),
        predicted: predicted.em.as_deref().map(|code| join(code, &predicted.em_modifiers)).unwrap_or_default(),
        verdict,
    });
    let wanted: Vec<String> = gold.additional.iter().flatten().map(|codes| codes.join(" or ")).collect();
    if !wanted.is_empty() || !predicted.em_additional.is_empty() {
        let right = scored.em_additional.is_none_or(|c| c.exact());
        page.rows.push(Row {
            what: "further E/M".into(),
            gold: wanted.join(", "),
            predicted: predicted.em_additional.join(", "),
            verdict: if right { Verdict::Right } else { Verdict::Wrong },
        });
    }
}

fn marks(page: &mut Page, case: &Case, predicted: &Predicted) {
    let mut gold = |codes: &[String], places: &[Span]| {
        let label = codes.first().cloned().unwrap_or_default();
        page.marks.extend(places.iter().map(|s| Mark { span: *s, side: Side::Gold, label: label.clone() }));
    };
    case.gold.diagnoses.iter().for_each(|d| gold(&d.codes, &d.places));
    case.gold.procedures.iter().for_each(|p| gold(&p.codes, &p.places));
    let mut engine = |code: &str, evidence: &[Evidence]| {
        let own = evidence.iter().filter(|e| e.document.is_none() && e.start <= e.end);
        let mark = |e: &Evidence| Mark { span: Span::new(e.start, e.end), side: Side::Predicted, label: code.to_owned() };
        page.marks.extend(own.map(mark));
    };
    predicted.diagnoses.iter().for_each(|d| engine(&d.code, &d.evidence));
    predicted.lines.iter().for_each(|l| engine(&l.code, &l.evidence));
}

/// The words that a confusion is about: gold's, else the engine's.
fn words(note: &str, places: &[Span], evidence: &[Evidence]) -> String {
    let gold = places.first().and_then(|s| note.get(s.start..s.end));
    let words = gold.or_else(|| evidence.first().map(|e| e.text.as_str())).unwrap_or("");
    words.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(WORDS).collect()
}
