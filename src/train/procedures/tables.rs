//! How sure the lines of the decision tables are, learned from the labelled notes with the model's out-of-fold answers.
use super::{Fitted, gold};
use crate::codeset::procedures::is_evaluation_and_management;
use crate::coding::procedures::candidates::CodeCandidate;
use crate::coding::procedures::confidence::{FEATURES, TableConfidence, Told, features};
use crate::coding::procedures::families::passage::Passages;
use crate::coding::procedures::families::services::evaluate;
use crate::coding::procedures::families::{FamilyTables, Hints, Setting, drugs};
use crate::coding::procedures::knowledge::Knowledge;
use crate::coding::procedures::lines::professional_only;
use crate::train::data::LabelledDocument;

/// A line of a table and whether the labels have its code.
pub type Row = ([f32; FEATURES], bool);

/// Lines less sure than this are left to the model: about half of the F1 that lines reach, rounded up, since a line too
/// many is worse than one too few.
const LEAST: f32 = 0.35;
/// Ridge penalty; the intercept is free.
const RIDGE: f64 = 3.0;
/// Newton steps; the fit is convex and settles within ten.
const STEPS: usize = 25;

/// What the tables would put on the labelled notes.
pub fn rows(documents: &[LabelledDocument], fitted: &Fitted, families: &FamilyTables) -> Vec<Row> {
    let mut rows = Vec::new();
    for (i, document) in documents.iter().enumerate() {
        let note = &fitted.notes[i];
        let (required, optional) = gold(document);
        let view = note.view();
        let passages = Passages::new(&view);
        let setting = Setting { context: &note.context, facility: professional_only(&note.context) };
        let (candidates, probabilities) = (&fitted.candidates[i], &fitted.probabilities[i]);
        let own = |code: &str| {
            let of = candidates.iter().zip(probabilities).filter(|(c, _)| name(&fitted.knowledge, c) == code);
            of.map(|(_, p)| *p).fold(0.0, f32::max)
        };
        let mut add = |code: &str, told: Told| {
            if is_evaluation_and_management(code) || optional.iter().any(|o| o == code) {
                return;
            }
            let right = required.iter().any(|codes| codes.iter().any(|c| c == code));
            let seen = fitted.knowledge.prior.count(code, None);
            rows.push((features(own(code), seen, view.text.len(), told), right));
        };
        for (number, family) in families.families.iter().enumerate() {
            let of_family = |c: &CodeCandidate| families.of_code(name(&fitted.knowledge, c)).contains(&number);
            let own = candidates.iter().zip(probabilities).filter(|(c, _)| of_family(c));
            let none_stands: f32 = own.map(|(_, p)| 1.0 - p).product();
            let mass = 1.0 - none_stands;
            let hints = Hints { mass, ..Hints::default() };
            for service in evaluate(number, family, &passages, &setting, &hints).services {
                add(&service.code, service.told());
            }
        }
        for (line, _) in drugs::lines(&passages, &setting, &[]) {
            add(&line.code, Told::Drug);
        }
    }
    rows
}

fn name<'a>(knowledge: &'a Knowledge, candidate: &CodeCandidate) -> &'a str {
    &knowledge.index.codes[candidate.code].code
}

/// Logistic regression by Newton's method; the default where there is nothing to learn from.
pub fn fit(rows: &[Row]) -> TableConfidence {
    if rows.iter().all(|r| r.1) || !rows.iter().any(|r| r.1) {
        return TableConfidence::default();
    }
    let mut weights = [0.0f64; FEATURES];
    for _ in 0..STEPS {
        // Gradient in the last column, curvature in the others.
        let mut system = [[0.0f64; FEATURES + 1]; FEATURES];
        for (values, right) in rows {
            let sum: f64 = weights.iter().zip(values).map(|(w, x)| w * f64::from(*x)).sum();
            let p = 1.0 / (1.0 + (-sum).exp());
            for (a, line) in system.iter_mut().enumerate() {
                let x = f64::from(values[a]);
                line[FEATURES] += (f64::from(u8::from(*right)) - p) * x;
                for (cell, other) in line.iter_mut().zip(values) {
                    *cell += p * (1.0 - p) * x * f64::from(*other);
                }
            }
        }
        for (a, line) in system.iter_mut().enumerate() {
            let penalty = if a == 0 { 1e-9 } else { RIDGE };
            line[a] += penalty;
            line[FEATURES] -= penalty * weights[a];
        }
        for (weight, step) in weights.iter_mut().zip(solve(system)) {
            *weight += step;
        }
    }
    TableConfidence { weights: weights.map(|w| w as f32), least: LEAST }
}

/// Gaussian elimination with pivots; the matrix is positive definite by its penalty.
fn solve(mut system: [[f64; FEATURES + 1]; FEATURES]) -> [f64; FEATURES] {
    for a in 0..FEATURES {
        let pivot = (a..FEATURES).max_by(|i, j| system[*i][a].abs().total_cmp(&system[*j][a].abs())).unwrap_or(a);
        system.swap(a, pivot);
        let lead = system[a];
        for (_, line) in system.iter_mut().enumerate().filter(|(i, _)| *i != a) {
            let factor = line[a] / lead[a];
            line.iter_mut().zip(lead).for_each(|(cell, above)| *cell -= factor * above);
        }
    }
    let mut result = [0.0; FEATURES];
    for (a, value) in result.iter_mut().enumerate() {
        *value = system[a][FEATURES] / system[a][a];
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn likelier_codes_get_surer_lines() {
        let row = |own: f32, right: bool| (features(own, 50, 3000, Told::Named), right);
        let rows: Vec<Row> = [(0.9, 9), (0.5, 5), (0.02, 1)]
            .into_iter()
            .flat_map(|(own, of_ten)| (0..10).map(move |k| row(own, k < of_ten)))
            .collect();
        let learned = fit(&rows);
        let of = |own| learned.of(&features(own, 50, 3000, Told::Named));
        assert!((of(0.9) - 0.9).abs() < 0.1 && (of(0.02) - 0.1).abs() < 0.1, "{} {}", of(0.9), of(0.02));
        assert_eq!(fit(&[]), TableConfidence::default());
    }
}
