//! Figures of a ranked list of codes against required concepts.
//!
//! A ranked code is relevant where it hits a required concept that no code before it has hit; codes that are neither
//! right nor wrong are taken out of the list first.

/// Cut-offs of P@k.
pub const CUTS: [usize; 3] = [5, 8, 15];

/// Figures of one document; a document without required concepts has none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranking {
    /// Mean of the precision at each relevant code, over the required concepts.
    pub average_precision: f64,
    /// Share of relevant codes among the first [`CUTS`].
    pub precision_at: [f64; 3],
    /// Share of relevant codes among as many as there are required concepts.
    pub r_precision: f64,
}

/// Scores a list, best first. `required` holds the acceptable codes of each required concept.
pub fn ranking(required: &[Vec<String>], optional: &[String], ranked: &[String]) -> Option<Ranking> {
    if required.is_empty() {
        return None;
    }
    let mut hit = vec![false; required.len()];
    let accepted = |code: &String| required.iter().any(|r| r.contains(code));
    let relevant: Vec<bool> = ranked
        .iter()
        .filter(|code| accepted(code) || !optional.contains(code))
        .map(|code| match (0..required.len()).find(|&i| !hit[i] && required[i].contains(code)) {
            Some(i) => {
                hit[i] = true;
                true
            }
            None => false,
        })
        .collect();
    let hits = |k: usize| relevant.iter().take(k).filter(|r| **r).count() as f64;
    let wanted = required.len();
    let precisions = relevant.iter().enumerate().filter(|(_, r)| **r).map(|(i, _)| hits(i + 1) / (i + 1) as f64);
    Some(Ranking {
        average_precision: precisions.sum::<f64>() / wanted as f64,
        precision_at: CUTS.map(|k| hits(k) / k as f64),
        r_precision: hits(wanted) / wanted as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(list: &[&str]) -> Vec<String> {
        list.iter().map(|c| (*c).to_owned()).collect()
    }

    #[test]
    fn by_hand() {
        let required = vec![codes(&["A", "a"]), codes(&["B"]), codes(&["C"])];
        // Relevant: A at 1, nothing at 2 (a hits A again), B at 3; O is left out; C is never reached.
        let r = ranking(&required, &codes(&["O"]), &codes(&["A", "a", "O", "B", "x"])).expect("has concepts");
        assert!((r.average_precision - (1.0 + 2.0 / 3.0) / 3.0).abs() < 1e-12);
        assert_eq!(r.precision_at, [2.0 / 5.0, 2.0 / 8.0, 2.0 / 15.0]);
        assert!((r.r_precision - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(ranking(&[], &[], &codes(&["A"])), None);
        let perfect = ranking(&required, &[], &codes(&["a", "B", "C"])).expect("has concepts");
        assert!((perfect.average_precision - 1.0).abs() < 1e-12 && (perfect.r_precision - 1.0).abs() < 1e-12);
    }
}
