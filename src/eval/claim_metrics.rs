//! The figures of a set of coded claims: diagnoses, primary, procedures, E/M, review.
use std::collections::BTreeMap;

use super::gold::{Gold, Predicted};
use super::scoring::{Counts, Metric, Outcome, Scores, bootstrap, category, match_codes};

/// One scored document.
pub struct Scored {
    /// Group name (note type).
    pub note_type: String,
    /// Diagnoses, full code.
    pub diagnoses: Counts,
    /// Diagnoses cut to categories.
    pub categories: Counts,
    /// Whether the first predicted code is a primary one; `None` where gold names no primary.
    pub primary: Option<bool>,
    /// Required concepts for which an acceptable code was at least considered.
    pub considered: (u32, u32),
    /// Procedures by code.
    pub procedures: Counts,
    /// Hit procedures with right modifiers and units, of all hit.
    pub lines_exact: (u32, u32),
    /// E/M: levels off (0 accepted, positive over, negative under); `None` where gold has none or the category differs.
    pub em: EmOutcome,
    /// Review decision.
    pub decision: String,
    /// Stated probability that the encounter is right.
    pub expected_accuracy: f32,
    /// Everything right.
    pub right: bool,
    /// Stated confidence of each chosen diagnosis and whether it was right (optional ones left out).
    pub confidences: Vec<(f32, bool)>,
    /// Seconds.
    pub seconds: f64,
}

/// How an E/M level came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmOutcome {
    /// Gold has no level and none was given.
    NotApplicable,
    /// Among the accepted levels.
    Accepted,
    /// Same family of services, higher level.
    Over(u8),
    /// Same family, lower level.
    Under(u8),
    /// Another family of services, or a level where none belongs, or none where one does.
    OtherCategory,
}

/// Scores one document.
pub fn score(gold: &Gold, predicted: &Predicted) -> Scored {
    let required: Vec<Vec<String>> = gold.diagnoses.iter().map(|d| d.codes.clone()).collect();
    let codes: Vec<String> = predicted.diagnoses.iter().map(|d| d.0.clone()).collect();
    let (diagnoses, outcomes) = match_codes(&required, &gold.optional_diagnoses, &codes);
    let cut = |list: &[String]| list.iter().map(|c| category(c)).collect::<Vec<_>>();
    let required_categories: Vec<Vec<String>> = required.iter().map(|c| cut(c)).collect();
    let (categories, _) = match_codes(&required_categories, &cut(&gold.optional_diagnoses), &cut(&codes));
    let primary = gold
        .diagnoses
        .iter()
        .any(|d| d.primary)
        .then(|| codes.first().is_some_and(|first| gold.diagnoses.iter().any(|d| d.primary && d.codes.contains(first))));
    let considered = required.iter().filter(|c| predicted.ranked.iter().any(|(code, _)| c.contains(code))).count() as u32;
    let procedure_codes: Vec<String> = predicted.procedures.iter().map(|p| p.0.clone()).collect();
    let required_procedures: Vec<Vec<String>> = gold.procedures.iter().map(|p| p.codes.clone()).collect();
    let (procedures, lines) = match_codes(&required_procedures, &gold.optional_procedures, &procedure_codes);
    let exact = lines
        .iter()
        .zip(&predicted.procedures)
        .filter(|(outcome, line)| match outcome {
            Outcome::Hit(i) => {
                let g = &gold.procedures[*i];
                g.modifiers.iter().any(|m| same_set(m, &line.1)) && g.units.contains(&line.2)
            }
            _ => false,
        })
        .count() as u32;
    let em = em_outcome(&gold.em, predicted.em.as_deref());
    let right = diagnoses.exact()
        && procedures.exact()
        && exact == procedures.hit
        && matches!(em, EmOutcome::Accepted | EmOutcome::NotApplicable);
    let confidences = outcomes
        .iter()
        .zip(&predicted.diagnoses)
        .filter(|(o, _)| **o != Outcome::Optional)
        .map(|(o, d)| (d.1, matches!(o, Outcome::Hit(_))))
        .collect();
    Scored {
        note_type: gold.note_type.clone(),
        diagnoses,
        categories,
        primary,
        considered: (considered, required.len() as u32),
        procedures,
        lines_exact: (exact, procedures.hit),
        em,
        decision: predicted.decision.clone(),
        expected_accuracy: predicted.expected_accuracy,
        right,
        confidences,
        seconds: predicted.seconds,
    }
}

fn same_set(a: &[String], b: &[String]) -> bool {
    let (mut a, mut b) = (a.to_vec(), b.to_vec());
    a.sort_unstable();
    b.sort_unstable();
    a == b
}

fn em_outcome(accepted: &[String], predicted: Option<&str>) -> EmOutcome {
    match (accepted.is_empty(), predicted) {
        (true, None) => EmOutcome::NotApplicable,
        (true, Some(_)) | (false, None) => EmOutcome::OtherCategory,
        (false, Some(code)) if accepted.iter().any(|a| a == code) => EmOutcome::Accepted,
        (false, Some(code)) => {
            let family = |c: &str| c.get(..4).map(str::to_owned);
            let level = |c: &str| c.as_bytes().get(4).copied().unwrap_or(0);
            let same: Vec<&String> = accepted.iter().filter(|a| family(a) == family(code)).collect();
            let Some(nearest) = same.iter().min_by_key(|a| level(a).abs_diff(level(code))) else {
                return EmOutcome::OtherCategory;
            };
            let off = level(nearest).abs_diff(level(code));
            if level(code) > level(nearest) { EmOutcome::Over(off) } else { EmOutcome::Under(off) }
        }
    }
}

/// All figures of a set, over all documents and by note type.
pub fn scores(set: &str, split: &str, scored: &[Scored]) -> Scores {
    let mut by_group = BTreeMap::new();
    let mut types: Vec<&str> = scored.iter().map(|s| s.note_type.as_str()).collect();
    types.sort_unstable();
    types.dedup();
    for note_type in types {
        let group: Vec<&Scored> = scored.iter().filter(|s| s.note_type == note_type).collect();
        by_group.insert(format!("note_type:{note_type}"), metrics(&group));
    }
    let all: Vec<&Scored> = scored.iter().collect();
    Scores { set: set.to_owned(), split: split.to_owned(), documents: scored.len(), metrics: metrics(&all), by_group }
}

fn metrics(scored: &[&Scored]) -> BTreeMap<String, Metric> {
    let count = scored.len();
    let mut metrics = BTreeMap::new();
    let sum = |sample: &[usize], part: fn(&Scored) -> Counts| {
        let mut total = Counts::default();
        sample.iter().for_each(|&i| total.add(part(scored[i])));
        total
    };
    let mut counts = |name: &str, part: fn(&Scored) -> Counts, with_parts: bool| {
        let all: Vec<usize> = (0..count).collect();
        let total = sum(&all, part);
        let n = (total.hit + total.missed) as usize;
        metrics.insert(format!("{name}_f1"), bootstrap(count, n, |s| sum(s, part).f1()));
        if with_parts {
            metrics.insert(format!("{name}_precision"), bootstrap(count, n, |s| sum(s, part).precision()));
            metrics.insert(format!("{name}_recall"), bootstrap(count, n, |s| sum(s, part).recall()));
        }
    };
    counts("diagnosis", |s| s.diagnoses, true);
    counts("diagnosis_category", |s| s.categories, false);
    counts("procedure", |s| s.procedures, true);
    let mut share = |name: &str, part: &dyn Fn(&Scored) -> Option<f64>| {
        let values: Vec<Option<f64>> = scored.iter().map(|s| part(s)).collect();
        let n = values.iter().flatten().count();
        if n > 0 {
            let figure = |sample: &[usize]| {
                let chosen: Vec<f64> = sample.iter().filter_map(|&i| values[i]).collect();
                if chosen.is_empty() { 0.0 } else { chosen.iter().sum::<f64>() / chosen.len() as f64 }
            };
            metrics.insert(name.to_owned(), bootstrap(count, n, figure));
        }
    };
    let yes = |b: bool| Some(f64::from(b));
    share("primary_accuracy", &|s| s.primary.map(f64::from));
    share("diagnosis_exact_set", &|s| yes(s.diagnoses.exact()));
    share("candidate_recall", &|s| (s.considered.1 > 0).then(|| f64::from(s.considered.0) / f64::from(s.considered.1)));
    share("line_exact_of_hit", &|s| (s.lines_exact.1 > 0).then(|| f64::from(s.lines_exact.0) / f64::from(s.lines_exact.1)));
    let leveled = |s: &Scored| s.em != EmOutcome::NotApplicable;
    share("em_accepted", &|s| leveled(s).then(|| f64::from(s.em == EmOutcome::Accepted)));
    share("em_over", &|s| leveled(s).then(|| f64::from(matches!(s.em, EmOutcome::Over(_)))));
    share("em_under", &|s| leveled(s).then(|| f64::from(matches!(s.em, EmOutcome::Under(_)))));
    share("em_other_category", &|s| leveled(s).then(|| f64::from(s.em == EmOutcome::OtherCategory)));
    share("encounter_right", &|s| yes(s.right));
    share("share_auto", &|s| yes(s.decision == "auto"));
    share("share_confirm", &|s| yes(s.decision == "confirm"));
    share("share_review", &|s| yes(s.decision == "review"));
    share("auto_right", &|s| (s.decision == "auto").then(|| f64::from(s.right)));
    share("seconds_per_note", &|s| Some(s.seconds));
    share("diagnoses_per_note", &|s| Some(s.confidences.len() as f64));
    let confidences: Vec<(f32, bool)> = scored.iter().flat_map(|s| s.confidences.clone()).collect();
    let error = calibration_error(&confidences);
    metrics.insert("diagnosis_calibration_error".into(), Metric { value: error, low: error, high: error, n: confidences.len() });
    metrics
}

/// Expected calibration error over ten equal bins of stated confidence.
pub fn calibration_error(confidences: &[(f32, bool)]) -> f64 {
    if confidences.is_empty() {
        return 0.0;
    }
    let mut bins = [(0usize, 0f64, 0f64); 10];
    for &(confidence, right) in confidences {
        let bin = &mut bins[((confidence * 10.0) as usize).min(9)];
        bin.0 += 1;
        bin.1 += f64::from(confidence);
        bin.2 += f64::from(right);
    }
    bins.iter().map(|(_, stated, true_share)| (stated - true_share).abs()).sum::<f64>() / confidences.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_compared_within_their_family() {
        let accepted = vec!["99213".to_owned(), "99214".to_owned()];
        assert_eq!(em_outcome(&accepted, Some("99214")), EmOutcome::Accepted);
        assert_eq!(em_outcome(&accepted, Some("99215")), EmOutcome::Over(1));
        assert_eq!(em_outcome(&accepted, Some("99212")), EmOutcome::Under(1));
        assert_eq!(em_outcome(&accepted, Some("99203")), EmOutcome::OtherCategory);
        assert_eq!(em_outcome(&[], None), EmOutcome::NotApplicable);
    }

    #[test]
    fn a_stated_confidence_that_is_true_has_no_error() {
        let true_half: Vec<(f32, bool)> = (0..100).map(|i| (0.55, i % 20 < 11)).collect();
        assert!(calibration_error(&true_half) < 1e-6);
        assert!((calibration_error(&[(0.95, false)]) - 0.95).abs() < 1e-6);
    }
}
