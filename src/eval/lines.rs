//! Service lines against gold: by code, with modifiers and units, with pointers.
use std::collections::BTreeSet;

use super::gold::GoldProcedure;
use super::predicted::PredictedLine;
use super::scoring::Counts;

/// What one predicted line turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineOutcome {
    /// Meets the required line with this index.
    Hit {
        /// Index of the required line.
        gold: usize,
        /// Modifiers and units are right too.
        billed: bool,
        /// And so are the diagnoses it points to (where gold says them).
        pointed: bool,
    },
    /// Neither right nor wrong.
    Optional,
    /// False.
    Wrong,
}

/// The lines of one document compared.
#[derive(Clone, Debug, Default)]
pub struct LineScore {
    /// By code.
    pub code: Counts,
    /// By code, modifiers and units.
    pub billed: Counts,
    /// By code, modifiers, units and pointers; `None` where gold states no pointers.
    pub pointed: Option<Counts>,
    /// One for each predicted line.
    pub outcomes: Vec<LineOutcome>,
}

/// Matches lines one to one. Of several lines with one code, those that agree in everything are matched first.
pub fn match_lines(
    gold: &[GoldProcedure],
    optional: &[String],
    optional_diagnoses: &[String],
    predicted: &[PredictedLine],
) -> LineScore {
    let mut taken: Vec<Option<usize>> = vec![None; predicted.len()];
    let mut met = vec![false; gold.len()];
    let code = |g: &GoldProcedure, p: &PredictedLine| g.codes.contains(&p.code);
    let all = |g: &GoldProcedure, p: &PredictedLine| code(g, p) && billed(g, p) && pointed(g, p, optional_diagnoses);
    let paid = |g: &GoldProcedure, p: &PredictedLine| code(g, p) && billed(g, p);
    let agreements: [&dyn Fn(&GoldProcedure, &PredictedLine) -> bool; 3] = [&all, &paid, &code];
    for agrees in agreements {
        for (i, g) in gold.iter().enumerate() {
            if met[i] {
                continue;
            }
            // The code that gold names first, before its alternatives: another concept or an optional one may be meant by those.
            let place = |p: &usize| g.codes.iter().position(|c| *c == predicted[*p].code);
            if let Some(p) = (0..predicted.len()).filter(|&p| taken[p].is_none() && agrees(g, &predicted[p])).min_by_key(place) {
                taken[p] = Some(i);
                met[i] = true;
            }
        }
    }
    let outcomes: Vec<LineOutcome> = predicted
        .iter()
        .zip(&taken)
        .map(|(p, taken)| match taken {
            Some(i) => {
                let billed = billed(&gold[*i], p);
                LineOutcome::Hit { gold: *i, billed, pointed: billed && pointed(&gold[*i], p, optional_diagnoses) }
            }
            None if optional.contains(&p.code) => LineOutcome::Optional,
            None => LineOutcome::Wrong,
        })
        .collect();
    let count = |right: &dyn Fn(&LineOutcome) -> bool| {
        let hit = outcomes.iter().filter(|o| right(o)).count() as u32;
        let judged = outcomes.iter().filter(|o| **o != LineOutcome::Optional).count() as u32;
        Counts { hit, wrong: judged - hit, missed: gold.len() as u32 - hit }
    };
    LineScore {
        code: count(&|o| matches!(o, LineOutcome::Hit { .. })),
        billed: count(&|o| matches!(o, LineOutcome::Hit { billed: true, .. })),
        pointed: gold
            .iter()
            .all(|g| g.pointers.is_some())
            .then(|| count(&|o| matches!(o, LineOutcome::Hit { pointed: true, .. }))),
        outcomes,
    }
}

/// The same list, whatever the order.
pub fn same_set(a: &[String], b: &[String]) -> bool {
    a.iter().collect::<BTreeSet<_>>() == b.iter().collect::<BTreeSet<_>>()
}

fn billed(gold: &GoldProcedure, line: &PredictedLine) -> bool {
    gold.modifiers.iter().any(|m| same_set(m, &line.modifiers)) && gold.units.contains(&line.units)
}

/// Every diagnosis that gold points to is pointed to by one of its codes, and no other but an optional one is.
fn pointed(gold: &GoldProcedure, line: &PredictedLine, optional: &[String]) -> bool {
    let Some(wanted) = &gold.pointers else { return true };
    let is_optional = |codes: &[String]| codes.iter().all(|c| optional.contains(c));
    wanted.iter().all(|codes| is_optional(codes) || codes.iter().any(|c| line.pointers.contains(c)))
        && line.pointers.iter().all(|p| optional.contains(p) || wanted.iter().any(|codes| codes.contains(p)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(list: &[&str]) -> Vec<String> {
        list.iter().map(|c| (*c).to_owned()).collect()
    }
    fn gold(code: &str, modifiers: &[&str], pointers: &[&[&str]]) -> GoldProcedure {
        GoldProcedure {
            codes: codes(&[code]),
            modifiers: vec![codes(modifiers)],
            units: vec![1],
            pointers: Some(pointers.iter().map(|p| codes(p)).collect()),
            places: Vec::new(),
        }
    }
    fn line(code: &str, modifiers: &[&str], pointers: &[&str]) -> PredictedLine {
        PredictedLine {
            code: code.into(),
            modifiers: codes(modifiers),
            units: 1,
            pointers: codes(pointers),
            ..Default::default()
        }
    }

    #[test]
    fn lines_of_one_code_meet_their_own() {
        let wanted = [gold("20610", &["RT"], &[&["M17.11"]]), gold("20610", &["LT"], &[&["M17.12"]])];
        let score = match_lines(&wanted, &[], &[], &[line("20610", &["LT"], &["M17.12"]), line("20610", &["RT"], &["M17.12"])]);
        assert_eq!(score.outcomes[0], LineOutcome::Hit { gold: 1, billed: true, pointed: true });
        assert_eq!(score.outcomes[1], LineOutcome::Hit { gold: 0, billed: true, pointed: false });
        assert_eq!(score.pointed, Some(Counts { hit: 1, wrong: 1, missed: 1 }));
    }

    #[test]
    fn by_hand() {
        let wanted = [gold("17000", &[], &[&["L57.0"]]), gold("11102", &["59"], &[&["D48.5", "D49.2"], &["Z85.828"]])];
        let predicted = [
            line("11102", &["59"], &["D49.2", "I10"]),
            line("17000", &["25"], &["L57.0"]),
            line("96372", &[], &[]),
            line("99000", &[], &[]),
        ];
        let score = match_lines(&wanted, &codes(&["99000"]), &codes(&["Z85.828", "I10"]), &predicted);
        assert_eq!(score.code, Counts { hit: 2, wrong: 1, missed: 0 });
        assert_eq!(score.billed, Counts { hit: 1, wrong: 2, missed: 1 });
        // An optional diagnosis may be pointed to or not.
        assert_eq!(score.pointed, Some(Counts { hit: 1, wrong: 2, missed: 1 }));
        assert_eq!(score.outcomes[3], LineOutcome::Optional);
        let unsaid = GoldProcedure { pointers: None, ..gold("17000", &[], &[]) };
        assert_eq!(match_lines(&[unsaid], &[], &[], &[]).pointed, None);
    }
}
