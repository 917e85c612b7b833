//! The figures of a set of coded claims, over all documents and by group.
//!
//! | figure | definition |
//! | --- | --- |
//! | `diagnosis_*` | micro-averaged over concepts: a concept is hit by one of its acceptable codes, each prediction used once |
//! | `diagnosis_macro_*` | mean over codes (required or falsely predicted); a concept counts under its first code |
//! | `diagnosis_category_*` | the same with all codes cut to three characters |
//! | `map`, `precision_at_k`, `r_precision` | of the ranked list: chosen by confidence, then candidates; optional codes taken out |
//! | `procedure_*` | lines by code, without E/M services |
//! | `line_*`, `line_with_pointers_*` | with modifiers and units; with pointers too |
//! | `em_*` | level: exact among the accepted, within one level of the same family, over, under, another kind of service |
//! | `encounter_right` | no diagnosis missed or false, every line right with modifiers and units, the level accepted |
//! | `coverage_at_95` | share of encounters that a threshold on the stated probability lets out with that accuracy |
//! | `*_calibration_error` | expected calibration error, ten equal bins |
use std::collections::{BTreeMap, BTreeSet};

use super::calibration::{calibration_error, coverage_at};
use super::claim_score::{BANDS, Scored};
use super::em_levels::EmOutcome;
use super::figures::{Figures, Metric};
use super::losses::Losses;
use super::ranking::{CUTS, Ranking};
use super::scoring::{Counts, Scores};

/// All figures of a set, over all documents and by group. The engine's identity is filled in by the caller.
pub fn scores(set: &str, split: &str, scored: &[Scored]) -> Scores {
    let all: Vec<&Scored> = scored.iter().collect();
    let mut by_group = BTreeMap::new();
    for name in scored.iter().flat_map(|s| &s.groups).collect::<BTreeSet<_>>() {
        let group: Vec<&Scored> = scored.iter().filter(|s| s.groups.contains(name)).collect();
        by_group.insert(name.clone(), metrics(&group));
    }
    for (i, band) in BANDS.iter().enumerate() {
        by_group.insert(format!("training_claims:{band}"), of_codes(&all, &|s| s.by_band[i]));
    }
    let seen = |s: &Scored| {
        let mut seen = Counts::default();
        s.by_band[1..].iter().for_each(|c| seen.add(*c));
        seen
    };
    by_group.insert("code:seen".to_owned(), of_codes(&all, &seen));
    by_group.insert("code:unseen".to_owned(), of_codes(&all, &|s| s.by_band[0]));
    by_group.retain(|_, metrics| !metrics.is_empty());
    let mut losses = Losses::default();
    scored.iter().for_each(|s| losses.add(&s.losses));
    Scores {
        set: set.to_owned(),
        split: split.to_owned(),
        documents: scored.len(),
        metrics: metrics(&all),
        by_group,
        losses: Some(losses),
        ..Default::default()
    }
}

/// Figures of a part of the codes.
fn of_codes(scored: &[&Scored], part: &dyn Fn(&Scored) -> Counts) -> BTreeMap<String, Metric> {
    let mut figures = Figures::new(scored);
    figures.counts("diagnosis", true, |s| Some(part(s)).filter(|c| *c != Counts::default()));
    figures.metrics
}

fn metrics(scored: &[&Scored]) -> BTreeMap<String, Metric> {
    let mut figures = Figures::new(scored);
    diagnoses(&mut figures);
    services(&mut figures);
    whole(&mut figures);
    figures.metrics
}

fn diagnoses(figures: &mut Figures<Scored>) {
    figures.counts("diagnosis", true, |s| Some(s.diagnoses));
    figures.counts("diagnosis_category", true, |s| Some(s.categories));
    figures.macro_average("diagnosis_macro", |s| s.by_code.as_slice());
    figures.macro_average("diagnosis_category_macro", |s| s.by_category.as_slice());
    figures.share("primary_accuracy", |s| s.primary);
    figures.share("diagnosis_exact_set", |s| Some(s.diagnoses.exact()));
    figures.mean("candidate_recall", |s| ratio(s.considered));
    let mut ranked = |name: &str, part: &dyn Fn(&Ranking) -> f64| figures.mean(name, |s| s.ranking.as_ref().map(part));
    ranked("map", &|r| r.average_precision);
    ranked("r_precision", &|r| r.r_precision);
    for (i, cut) in CUTS.iter().enumerate() {
        ranked(&format!("precision_at_{cut}"), &|r| r.precision_at[i]);
    }
    figures.mean("diagnoses_per_note", |s| Some(s.outcomes.len() as f64));
    figures.pooled("diagnosis_calibration_error", |s| s.confidences.clone(), calibration_error);
}

fn services(figures: &mut Figures<Scored>) {
    figures.counts("procedure", true, |s| Some(s.lines.code));
    figures.counts("line", true, |s| Some(s.lines.billed));
    figures.counts("line_with_pointers", true, |s| s.lines.pointed);
    // Notes without a line say nothing of pointers where the set labels none.
    figures.metrics.retain(|name, m| !name.starts_with("line_with_pointers") || m.n > 0);
    figures.mean("line_exact_of_hit", |s| ratio(s.exact_of_hit_lines()));
    let leveled = |s: &Scored| s.em != EmOutcome::NotApplicable;
    let mut level = |name: &str, part: fn(EmOutcome) -> bool| figures.share(name, |s| leveled(s).then(|| part(s.em)));
    level("em_accepted", |em| em == EmOutcome::Accepted);
    level("em_within_one", EmOutcome::within_one);
    level("em_over", |em| matches!(em, EmOutcome::Over(_)));
    level("em_under", |em| matches!(em, EmOutcome::Under(_)));
    level("em_over_more_than_one", |em| matches!(em, EmOutcome::Over(n) if n > 1));
    level("em_under_more_than_one", |em| matches!(em, EmOutcome::Under(n) if n > 1));
    level("em_other_category", |em| em == EmOutcome::OtherCategory);
    figures.share("em_modifiers", |s| s.em_modifiers);
    figures.counts("em_additional", false, |s| s.em_additional.filter(|c| *c != Counts::default()));
    figures.mean("finding_recall", |s| ratio(s.findings));
}

fn whole(figures: &mut Figures<Scored>) {
    figures.share("encounter_right", |s| Some(s.right));
    figures.share("share_auto", |s| Some(s.decision == "auto"));
    figures.share("share_confirm", |s| Some(s.decision == "confirm"));
    figures.share("share_review", |s| Some(s.decision == "review"));
    figures.share("auto_right", |s| (s.decision == "auto").then_some(s.right));
    let stated = |s: &Scored| vec![(s.expected_accuracy, s.right)];
    figures.pooled("encounter_calibration_error", stated, calibration_error);
    figures.pooled("coverage_at_95", stated, |all| coverage_at(all, 0.95));
    figures.pooled("coverage_at_98", stated, |all| coverage_at(all, 0.98));
    let diagnoses = |s: &Scored| vec![(s.expected_accuracy, s.diagnoses.exact())];
    figures.pooled("coverage_of_diagnoses_at_95", diagnoses, |all| coverage_at(all, 0.95));
    figures.pooled("coverage_of_diagnoses_at_98", diagnoses, |all| coverage_at(all, 0.98));
    figures.mean("seconds_per_note", |s| Some(s.seconds));
}

fn ratio((part, whole): (u32, u32)) -> Option<f64> {
    (whole > 0).then(|| f64::from(part) / f64::from(whole))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::claim_score::score;
    use crate::eval::gold::{Gold, GoldConcept};
    use crate::eval::predicted::{Predicted, PredictedDiagnosis};

    fn scored(note_type: &str, gold: &str, predicted: &str, confidence: f32) -> Scored {
        let concept = GoldConcept { codes: vec![gold.to_owned()], primary: true, places: Vec::new() };
        let gold = Gold { note_type: note_type.into(), diagnoses: vec![concept], ..Default::default() };
        let predicted = Predicted {
            diagnoses: vec![PredictedDiagnosis { code: predicted.into(), confidence, evidence: Vec::new() }],
            ranked: vec![(predicted.to_owned(), confidence)],
            expected_accuracy: confidence,
            seconds: 0.5,
            ..Default::default()
        };
        score(&gold, &predicted, &|code| u32::from(code == "I10"))
    }

    #[test]
    fn a_set_by_hand() {
        let documents = [
            scored("office", "I10", "I10", 0.9),
            scored("office", "I10", "I10", 0.8),
            scored("office", "M17.11", "M17.12", 0.7),
            scored("operative", "R04.0", "I10", 0.6),
        ];
        let scores = scores("x", "dev", &documents);
        let value = |name: &str| scores.metrics[name].value;
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-6, "{a} {b}");
        close(value("diagnosis_f1"), 0.5);
        close(value("diagnosis_category_f1"), 0.75);
        // I10: 4/5; M17.11, M17.12 and R04.0: 0.
        close(value("diagnosis_macro_f1"), 0.2);
        close(value("map"), 0.5);
        close(value("precision_at_5"), 0.1);
        close(value("primary_accuracy"), 0.5);
        close(value("coverage_at_95"), 0.5);
        close(value("encounter_calibration_error"), (0.1 + 0.2 + 0.7 + 0.6) / 4.0);
        close(value("seconds_per_note"), 0.5);
        assert!(!scores.metrics.contains_key("em_accepted"), "no level on either side");
        close(scores.by_group["note_type:office"]["diagnosis_f1"].value, 2.0 / 3.0);
        close(scores.by_group["code:seen"]["diagnosis_precision"].value, 2.0 / 3.0);
        close(scores.by_group["code:unseen"]["diagnosis_recall"].value, 0.0);
        close(scores.by_group["training_claims:1-4"]["diagnosis_recall"].value, 1.0);
        assert!(!scores.by_group.contains_key("training_claims:20+"));
        let losses = scores.losses.expect("claims have losses");
        assert_eq!((losses.wrong_attribute, losses.candidate_missed, losses.wrongly_chosen), (1, 1, 1));
    }
}
