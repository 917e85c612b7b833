//! Is a stated confidence true, and how much could go out unseen at a wanted accuracy?

/// One of ten equal bins of stated confidence.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bin {
    /// Number of statements.
    pub count: usize,
    /// Mean stated confidence.
    pub stated: f64,
    /// Share that is right.
    pub right: f64,
}

/// Ten bins of stated confidence.
pub fn bins(confidences: &[(f32, bool)]) -> [Bin; 10] {
    let mut sums = [(0usize, 0f64, 0f64); 10];
    for &(confidence, right) in confidences {
        let sum = &mut sums[((confidence * 10.0) as usize).min(9)];
        sum.0 += 1;
        sum.1 += f64::from(confidence);
        sum.2 += f64::from(right);
    }
    sums.map(|(count, stated, right)| match count {
        0 => Bin::default(),
        _ => Bin { count, stated: stated / count as f64, right: right / count as f64 },
    })
}

/// Expected calibration error over ten equal bins: the mean distance between stated confidence and share right.
pub fn calibration_error(confidences: &[(f32, bool)]) -> f64 {
    let gaps = bins(confidences).map(|b| b.count as f64 * (b.stated - b.right).abs());
    if confidences.is_empty() { 0.0 } else { gaps.iter().sum::<f64>() / confidences.len() as f64 }
}

/// Share and accuracy of what stands at or above each stated confidence, highest first.
pub fn coverage_curve(stated: &[(f32, bool)]) -> Vec<(f64, f64)> {
    let mut sorted = stated.to_vec();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut curve = Vec::new();
    let (mut seen, mut right) = (0usize, 0usize);
    // Equal confidences cannot be told apart: they go out together.
    for block in sorted.chunk_by(|a, b| a.0 == b.0) {
        seen += block.len();
        right += block.iter().filter(|s| s.1).count();
        curve.push((seen as f64 / sorted.len() as f64, right as f64 / seen as f64));
    }
    curve
}

/// The largest share that a threshold on the stated confidence lets out with at least this accuracy.
pub fn coverage_at(stated: &[(f32, bool)], accuracy: f64) -> f64 {
    coverage_curve(stated).iter().filter(|(_, a)| *a >= accuracy).map(|(share, _)| *share).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stated_confidence_that_is_true_has_no_error() {
        let true_half: Vec<(f32, bool)> = (0..100).map(|i| (0.55, i % 20 < 11)).collect();
        assert!(calibration_error(&true_half) < 1e-6);
        assert!((calibration_error(&[(0.95, false)]) - 0.95).abs() < 1e-6);
        // Two bins of two: gaps 0.9 - 0.5 and 0.2 - 0.0.
        let mixed = [(0.9, true), (0.9, false), (0.2, false), (0.2, false)];
        assert!((calibration_error(&mixed) - (0.4 + 0.2) / 2.0).abs() < 1e-6);
        assert_eq!(calibration_error(&[]), 0.0);
    }

    #[test]
    fn coverage_by_hand() {
        let stated = [(0.9, true), (0.8, true), (0.7, false), (0.6, true), (0.6, true)];
        let curve = coverage_curve(&stated);
        assert_eq!(curve, [(0.2, 1.0), (0.4, 1.0), (0.6, 2.0 / 3.0), (1.0, 0.8)]);
        assert_eq!(coverage_at(&stated, 0.95), 0.4);
        assert_eq!(coverage_at(&stated, 0.8), 1.0);
        assert_eq!(coverage_at(&[(0.9, false)], 0.95), 0.0);
        assert_eq!(coverage_at(&[], 0.95), 0.0);
    }
}
