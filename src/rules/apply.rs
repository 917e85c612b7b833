//! Fixes carried out on a claim.
use super::{Finding, Fix, Target};
use crate::claim::{Claim, Diagnosis, Line};

/// Fixes that change only the form of a claim and say nothing new about the patient: `code` may apply them by itself and
/// says so. All others are a person's.
pub fn safe_fixes(findings: &[Finding]) -> Vec<&Fix> {
    let safe = |finding: &&Finding| {
        matches!(
            (finding.rule.as_ref(), &finding.fix),
            ("claim-structure", Some(Fix::RemoveModifier { .. } | Fix::SetPointers { .. }))
                | ("icd-duplicate", Some(Fix::RemoveDiagnosis { .. }))
                | ("icd-seventh-character", Some(Fix::ReplaceCode { .. }))
                | (
                    "icd-code-first" | "icd-manifestation-first" | "icd-external-cause" | "icd-pregnancy",
                    Some(Fix::Reorder { .. })
                )
                | ("modifier-bilateral", Some(Fix::SetUnits { .. }))
        )
    };
    findings.iter().filter(safe).filter_map(|finding| finding.fix.as_ref()).collect()
}

/// The claim with a fix carried out; `None` where only a person can, or nothing of it is on the claim.
pub fn apply(fix: &Fix, claim: &Claim) -> Option<Claim> {
    let mut fixed = claim.clone();
    match fix {
        Fix::AddModifier { line, modifier } => line_mut(&mut fixed, *line)?.modifiers.push(modifier.clone()),
        Fix::RemoveModifier { line, modifier } => {
            // One of two equal ones goes.
            let line = line_mut(&mut fixed, *line)?;
            let at = line.modifiers.iter().rposition(|m| m == modifier)?;
            line.modifiers.remove(at);
        }
        Fix::ReplaceModifier { line, from, to } => {
            let place = line_mut(&mut fixed, *line)?.modifiers.iter_mut().find(|m| *m == from)?;
            place.clone_from(to);
        }
        Fix::RemoveLine { line } => {
            let at = fixed.lines.iter().position(|l| l.number == *line)?;
            fixed.lines.remove(at);
        }
        Fix::SplitLine { line, units } => split(&mut fixed, *line, *units)?,
        Fix::SetUnits { line, units } => line_mut(&mut fixed, *line)?.units = *units,
        Fix::ReplaceCode { target: Target::Dx, from, to } => {
            fixed.diagnoses.iter_mut().find(|d| d.code == *from)?.code.clone_from(to)
        }
        Fix::ReplaceCode { target: Target::Line, from, to } => {
            fixed.lines.iter_mut().find(|l| l.code == *from)?.code.clone_from(to)
        }
        Fix::RemoveDiagnosis { code } => {
            // Of two equal ones the later goes; what pointed to it points to the other.
            let at = fixed.diagnoses.iter().rposition(|d| d.code == *code)?;
            let removed = fixed.diagnoses.remove(at);
            let other = fixed.diagnoses.iter().find(|d| d.code == *code).map(|d| d.pointer.clone());
            for line in &mut fixed.lines {
                match &other {
                    Some(other) if !line.pointers.contains(other) => {
                        line.pointers.iter_mut().filter(|p| **p == removed.pointer).for_each(|p| p.clone_from(other));
                    }
                    _ => line.pointers.retain(|p| *p != removed.pointer),
                }
            }
        }
        Fix::AddDiagnosis { code } => fixed.diagnoses.push(Diagnosis {
            pointer: super::pointer_letter(fixed.diagnoses.len()),
            code: code.clone(),
            ..Diagnosis::default()
        }),
        Fix::AddLine { code } => {
            let number = fixed.lines.iter().map(|l| l.number).max().unwrap_or(0) + 1;
            fixed.lines.push(Line { number, code: code.clone(), units: 1, ..Line::default() });
        }
        Fix::Reorder { diagnoses } => reorder(&mut fixed, diagnoses),
        Fix::SetPointers { line, pointers } => line_mut(&mut fixed, *line)?.pointers.clone_from(pointers),
        Fix::Ask { .. } => return None,
    }
    Some(fixed)
}

fn line_mut(claim: &mut Claim, number: u32) -> Option<&mut Line> {
    claim.lines.iter_mut().find(|line| line.number == number)
}

fn split(claim: &mut Claim, number: u32, most: u32) -> Option<()> {
    let at = claim.lines.iter().position(|line| line.number == number)?;
    let whole = claim.lines.get(at)?.clone();
    let mut left = whole.units;
    let mut next = claim.lines.iter().map(|line| line.number).max().unwrap_or(0);
    let mut parts = Vec::new();
    while left > 0 && most > 0 {
        let units = left.min(most);
        let number = if parts.is_empty() {
            whole.number
        } else {
            next += 1;
            next
        };
        parts.push(Line { number, units, ..whole.clone() });
        left -= units;
    }
    claim.lines.splice(at..=at, parts);
    Some(())
}

/// Puts the diagnoses in an order; letters go by position again and lines follow them.
fn reorder(claim: &mut Claim, order: &[String]) {
    let place = |d: &Diagnosis| order.iter().position(|code| *code == d.code).unwrap_or(usize::MAX);
    claim.diagnoses.sort_by_key(place);
    let letters: Vec<(String, String)> =
        claim.diagnoses.iter().enumerate().map(|(at, d)| (d.pointer.clone(), super::pointer_letter(at))).collect();
    for line in &mut claim.lines {
        for pointer in &mut line.pointers {
            if let Some((_, letter)) = letters.iter().find(|(before, _)| before == pointer) {
                pointer.clone_from(letter);
            }
        }
    }
    for (diagnosis, (_, letter)) in claim.diagnoses.iter_mut().zip(letters) {
        diagnosis.pointer = letter;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim() -> Claim {
        let diagnosis =
            |pointer: &str, code: &str| Diagnosis { pointer: pointer.into(), code: code.into(), ..Diagnosis::default() };
        let line = |number, pointers: &[&str]| Line {
            number,
            code: "99213".into(),
            units: 5,
            pointers: pointers.iter().map(|p| (*p).to_owned()).collect(),
            ..Line::default()
        };
        Claim {
            diagnoses: vec![diagnosis("A", "N18.30"), diagnosis("B", "I12.9")],
            lines: vec![line(1, &["A"]), line(2, &["B"])],
        }
    }

    #[test]
    fn lines_follow_their_diagnoses() {
        let fixed = apply(&Fix::Reorder { diagnoses: vec!["I12.9".into(), "N18.30".into()] }, &claim()).expect("fixed");
        assert_eq!((fixed.diagnoses[0].code.as_str(), fixed.diagnoses[0].pointer.as_str()), ("I12.9", "A"));
        assert_eq!((&fixed.lines[0].pointers, &fixed.lines[1].pointers), (&vec!["B".to_owned()], &vec!["A".to_owned()]));
    }

    #[test]
    fn a_split_keeps_the_units() {
        let fixed = apply(&Fix::SplitLine { line: 1, units: 2 }, &claim()).expect("fixed");
        let units: Vec<(u32, u32)> = fixed.lines.iter().map(|l| (l.number, l.units)).collect();
        assert_eq!(units, [(1, 2), (3, 2), (4, 1), (2, 5)]);
    }
}
