//! Assertions compared with gold: several can hold of one mention, and each class is scored by itself.
use super::figures::Figures;
use super::scoring::Counts;
use crate::extract::Assertion;

/// What gold and the engine hold of one mention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssertionPair {
    /// Gold.
    pub gold: Vec<Assertion>,
    /// Engine.
    pub found: Vec<Assertion>,
}

/// Name in results.
pub fn name(assertion: Assertion) -> String {
    format!("{assertion:?}").to_lowercase()
}

/// Names joined by `+`, in order of precedence.
pub fn joined(assertions: &[Assertion]) -> String {
    let held = Assertion::ALL.into_iter().filter(|a| assertions.contains(a));
    held.map(name).collect::<Vec<_>>().join("+")
}

/// Counts of one class.
pub fn counts(pairs: &[AssertionPair], class: Assertion) -> Counts {
    let mut counts = Counts::default();
    for pair in pairs {
        match (pair.gold.contains(&class), pair.found.contains(&class)) {
            (true, true) => counts.hit += 1,
            (true, false) => counts.missed += 1,
            (false, true) => counts.wrong += 1,
            (false, false) => {}
        }
    }
    counts
}

/// Mean F1 of the classes that occur in gold.
pub fn macro_f1(pairs: &[AssertionPair], classes: &[Assertion]) -> f64 {
    let all = classes.iter().map(|c| counts(pairs, *c)).filter(|c| c.hit + c.missed > 0);
    let (sum, n) = all.fold((0.0, 0.0), |(sum, n), c| (sum + c.f1(), n + 1.0));
    if n == 0.0 { 0.0 } else { sum / n }
}

/// `assertion_<class>_f1`, `_precision`, `_recall`, `assertion_macro_f1`, `assertion_accuracy` (all that holds is right).
pub fn figures<T>(figures: &mut Figures<T>, classes: &[Assertion], pairs: impl Fn(&T) -> &[AssertionPair]) {
    for class in classes {
        let own = |d: &T| Some(counts(pairs(d), *class)).filter(|c| *c != Counts::default());
        figures.counts(&format!("assertion_{}", name(*class)), true, own);
    }
    figures.pooled("assertion_macro_f1", |d| pairs(d).to_vec(), |all| macro_f1(all, classes));
    let right = |all: &[bool]| all.iter().filter(|r| **r).count() as f64 / all.len().max(1) as f64;
    let same = |pair: &AssertionPair| Assertion::ALL.iter().all(|a| pair.gold.contains(a) == pair.found.contains(a));
    figures.pooled("assertion_accuracy", |d| pairs(d).iter().map(same).collect(), right);
}

#[cfg(test)]
mod tests {
    use super::Assertion::*;
    use super::*;

    #[test]
    fn each_class_by_hand() {
        let pair = |gold: &[Assertion], found: &[Assertion]| AssertionPair { gold: gold.to_vec(), found: found.to_vec() };
        let pairs = [
            pair(&[Absent, Historical], &[Historical, Absent]),
            pair(&[Absent], &[Present]),
            pair(&[Present], &[Absent]),
            pair(&[Family], &[Family]),
        ];
        assert_eq!(counts(&pairs, Absent), Counts { hit: 1, wrong: 1, missed: 1 });
        assert!((macro_f1(&pairs, &[Absent, Historical, Family, Hypothetical]) - 2.5 / 3.0).abs() < 1e-12);
        let one = pairs.to_vec();
        let documents = [&one];
        let mut all = Figures::new(&documents);
        figures(&mut all, &[Absent, Family], |d| d.as_slice());
        assert!((all.metrics["assertion_absent_f1"].value - 0.5).abs() < 1e-12);
        assert!((all.metrics["assertion_accuracy"].value - 0.5).abs() < 1e-12);
        assert_eq!(all.metrics["assertion_family_f1"].n, 1);
        assert_eq!(joined(&[Historical, Absent]), "absent+historical");
    }
}
