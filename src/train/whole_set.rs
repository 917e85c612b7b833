//! Fits how likely a note's whole set of diagnoses is right.
use crate::coding::diagnoses::whole::WholeSet;

/// Logistic regression by Newton's method with a little ridge; needs notes of both kinds, else the product stays.
pub fn fit(signs: &[[f32; 3]], right: &[bool]) -> WholeSet {
    const RIDGE: f64 = 1.0;
    if right.iter().all(|r| *r) || !right.iter().any(|r| *r) {
        return WholeSet::default();
    }
    let mut w = [0f64; 4];
    for _ in 0..30 {
        let mut gradient = [0f64; 4];
        let mut hessian = [[0f64; 4]; 4];
        for (s, r) in signs.iter().zip(right) {
            let x = [1.0, f64::from(s[0]), f64::from(s[1]), f64::from(s[2])];
            let p = 1.0 / (1.0 + (-w.iter().zip(x).map(|(w, x)| w * x).sum::<f64>()).exp());
            for i in 0..4 {
                gradient[i] += (f64::from(u8::from(*r)) - p) * x[i];
                for j in 0..4 {
                    hessian[i][j] += p * (1.0 - p) * x[i] * x[j];
                }
            }
        }
        for i in 0..4 {
            gradient[i] -= RIDGE * w[i] * f64::from(u8::from(i > 0));
            hessian[i][i] += RIDGE;
        }
        let step = solve(hessian, gradient);
        w.iter_mut().zip(step).for_each(|(w, s)| *w += s);
        if step.iter().all(|s| s.abs() < 1e-9) {
            break;
        }
    }
    let short = |v: f64| ((v * 10_000.0).round() / 10_000.0) as f32;
    WholeSet { bias: short(w[0]), weights: [short(w[1]), short(w[2]), short(w[3])] }
}

/// Gaussian elimination; the matrix is positive definite.
fn solve(mut a: [[f64; 4]; 4], mut b: [f64; 4]) -> [f64; 4] {
    for i in 0..4 {
        for below in i + 1..4 {
            let factor = a[below][i] / a[i][i];
            let pivot = a[i];
            a[below].iter_mut().zip(pivot).skip(i).for_each(|(v, p)| *v -= factor * p);
            b[below] -= factor * b[i];
        }
    }
    let mut x = [0f64; 4];
    for i in (0..4).rev() {
        let known: f64 = (i + 1..4).map(|j| a[i][j] * x[j]).sum();
        x[i] = (b[i] - known) / a[i][i];
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_weights_that_made_the_answers() {
        // Deterministic grid; right where 1 + 2a > 0 mostly.
        let signs: Vec<[f32; 3]> = (0..400).map(|i| [(i % 20) as f32 / 10.0 - 2.0, (i / 20) as f32 / -10.0, 0.7]).collect();
        let right: Vec<bool> = signs.iter().map(|s| 1.0 + 2.0 * s[0] > 0.0).collect();
        let fitted = fit(&signs, &right);
        assert!(fitted.weights[0] > 1.0 && fitted.weights[1].abs() < 0.2, "{fitted:?}");
        assert!(fitted.probability([0.0, -1.0, 0.7]) > 0.8);
        assert!(fitted.probability([-1.5, -1.0, 0.7]) < 0.2);
    }

    #[test]
    fn one_kind_of_note_leaves_the_product() {
        assert!(fit(&[[0.0; 3]], &[true]).bias.is_nan());
    }
}
