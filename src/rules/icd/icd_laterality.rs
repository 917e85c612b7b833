//! `icd-laterality`
use crate::claim::{Diagnosis, Line};
use crate::codeset::icd10cm::{IcdIndex, IcdSide};
use crate::extract::Laterality;
use crate::rules::codes::side_of_modifier;
use crate::rules::tables::Table;
use crate::rules::{ClaimView, Finding, Fix, Rule, Target, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// The side in a diagnosis agrees with the side in the modifiers of the lines that point to it and, where a note was
    /// read, with the side that the note states; a side that is known is not left unspecified; right and left become the
    /// bilateral code where there is one.
    /// # Why it matters
    /// A right knee injected for arthritis of the left knee is denied, or worse, paid on a wrong record.
    /// # Example
    /// 20610-LT points only to M17.11 (right knee).
    /// # What to do
    /// Take the side from the record and correct the modifier or the diagnosis.
    /// # When it does not apply
    /// Diagnoses whose titles name no side; lines without a side; lines that also point to a diagnosis without a side or
    /// of the same side.
    /// # Source
    /// ICD-10-CM Official Guidelines, I.B.13 (laterality).
    IcdLaterality, "icd-laterality",
    "Sides of diagnoses, modifiers and note agree, and a known side is coded."
}

impl Rule for IcdLaterality {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for line in view.lines {
            if let Some(side) = side_of_line(line) {
                compare_with_line(view, line, side, findings);
            }
        }
        for (position, (first, facts)) in view.coded_diagnoses().enumerate() {
            let Some(index) = facts.index else { continue };
            for second in view.diagnoses.iter().skip(position + 1) {
                // Codes of two sides share everything but one late character.
                if first.code != second.code && first.code.len() == second.code.len() && shares_stem(&first.code, &second.code) {
                    compare_sisters(view, first, index, second, findings);
                }
            }
            if view.note.is_some() {
                compare_with_note(view, first, index, findings);
            }
        }
    }
}

/// Right or left, where all the line's side modifiers say the same.
fn side_of_line(line: &Line) -> Option<IcdSide> {
    let mut sides = line.modifiers.iter().filter_map(|modifier| side_of_modifier(modifier));
    let first = sides.next()?;
    sides.all(|side| side == first).then_some(if first == 'R' { IcdSide::Right } else { IcdSide::Left })
}

fn shares_stem(first: &str, second: &str) -> bool {
    match (first.get(..5), second.get(..5)) {
        (Some(first), Some(second)) => first == second,
        _ => false,
    }
}

fn word(side: IcdSide) -> &'static str {
    match side {
        IcdSide::Right => "right",
        IcdSide::Left => "left",
        IcdSide::Bilateral => "bilateral",
        IcdSide::Unspecified => "unspecified",
    }
}

/// The code for another side, where the tables have one.
fn sister(view: &ClaimView<'_>, index: IcdIndex, side: IcdSide) -> Option<String> {
    let icd = view.tables.icd;
    let found = icd.siblings_by_side(index).into_iter().find(|(other, _)| *other == side)?.1;
    view.tables.is_billable(found).then(|| icd.code(found))
}

fn compare_with_line(view: &ClaimView<'_>, line: &Line, side: IcdSide, findings: &mut Vec<Finding>) {
    let mut opposite: Option<&Diagnosis> = None;
    let mut unspecified: Option<(&Diagnosis, IcdIndex)> = None;
    for (diagnosis, facts) in view.coded_diagnoses() {
        if !line.pointers.contains(&diagnosis.pointer) {
            continue;
        }
        let Some(index) = facts.index else { return };
        match view.tables.icd.laterality(index) {
            Some(IcdSide::Unspecified) => unspecified = unspecified.or(Some((diagnosis, index))),
            Some(found) if found == side => return,
            Some(IcdSide::Right | IcdSide::Left) => opposite = opposite.or(Some(diagnosis)),
            // A code without a side, or for both, explains the line.
            Some(IcdSide::Bilateral) | None => return,
        }
    }
    if let Some(diagnosis) = opposite.filter(|_| unspecified.is_none()) {
        let message = format!(
            "Line {} ({}) was done on the {} side, but {} states the other side.",
            line.number,
            line.code,
            word(side),
            diagnosis.code
        );
        findings.push(
            Finding::warning(&IcdLaterality::INFO, message, sources::guidelines("I.B.13"))
                .on_lines([line.number])
                .about([diagnosis.code.as_str(), line.code.as_str()])
                .asking("Which side does the record state?"),
        );
    } else if let Some((diagnosis, index)) = unspecified {
        let Some(to) = sister(view, index, side) else { return };
        let message = format!(
            "{} leaves the side open, but line {} ({}) was done on the {}: {to} says so.",
            diagnosis.code,
            line.number,
            line.code,
            word(side)
        );
        findings.push(
            Finding::warning(&IcdLaterality::INFO, message, sources::guidelines("I.B.13"))
                .on_lines([line.number])
                .about([diagnosis.code.as_str(), to.as_str()])
                .mended_by(Fix::ReplaceCode { target: Target::Dx, from: diagnosis.code.clone(), to }),
        );
    }
}

/// Stems of "unilateral, right" and "unilateral, left", and the bilateral code, whose titles differ in more than the side.
const UNILATERAL: [(&str, &str); 8] = [
    ("M16.1", "M16.0"),
    ("M16.3", "M16.2"),
    ("M16.5", "M16.4"),
    ("M17.1", "M17.0"),
    ("M17.3", "M17.2"),
    ("M18.1", "M18.0"),
    ("M18.3", "M18.2"),
    ("M18.5", "M18.4"),
];

/// The bilateral code of a right and a left one, where the titles alone do not tell it.
fn bilateral_of(view: &ClaimView<'_>, code: &str) -> Option<String> {
    let (_, bilateral) = UNILATERAL.iter().find(|(stem, _)| code.starts_with(stem))?;
    let index = view.tables.icd.find(bilateral)?;
    view.tables.is_billable(index).then(|| (*bilateral).to_owned())
}

fn compare_sisters(view: &ClaimView<'_>, first: &Diagnosis, index: IcdIndex, second: &Diagnosis, findings: &mut Vec<Finding>) {
    let icd = view.tables.icd;
    let sisters = icd.siblings_by_side(index);
    let side_of = |code: &str| sisters.iter().find(|(_, sister)| icd.code(*sister) == code).map(|(side, _)| *side);
    let (Some(a), Some(b)) = (side_of(&first.code), side_of(&second.code)) else { return };
    let of = |side: IcdSide| {
        sisters.iter().find(|(other, sister)| *other == side && view.tables.is_billable(*sister)).map(|(_, s)| icd.code(*s))
    };
    let mut lines = view.lines_pointing_to(first);
    lines.extend(view.lines_pointing_to(second));
    let both = [first.code.as_str(), second.code.as_str()];
    let finding = |message: String| {
        Finding::warning(
            &IcdLaterality::INFO,
            message,
            sources::table(view, Table::Icd10Cm, format!("{} and its sister codes", first.code)),
        )
        .on_lines(lines.clone())
        .about(both)
    };
    let pair = (a.min(b), a.max(b));
    if pair == (IcdSide::Right, IcdSide::Left) {
        let Some(bilateral) = of(IcdSide::Bilateral).or_else(|| bilateral_of(view, &first.code)) else { return };
        let message = format!("{} and {} state both sides; {bilateral} says both in one code.", first.code, second.code);
        findings.push(finding(message).mended_by(Fix::ReplaceCode {
            target: Target::Dx,
            from: first.code.clone(),
            to: bilateral,
        }));
    } else {
        // Bilateral beside one side, or unspecified beside a stated side: the weaker code goes.
        let weaker = if b == IcdSide::Unspecified || a == IcdSide::Bilateral { second } else { first };
        let message =
            format!("{} ({}) and {} ({}) are the same condition with two sides.", first.code, word(a), second.code, word(b));
        findings.push(finding(message).mended_by(Fix::RemoveDiagnosis { code: weaker.code.clone() }));
    }
}

fn compare_with_note(view: &ClaimView<'_>, diagnosis: &Diagnosis, index: IcdIndex, findings: &mut Vec<Finding>) {
    let mut stated: Option<(IcdSide, &str)> = None;
    for mention in view.mentions_behind(diagnosis) {
        let side = match mention.laterality {
            Some(Laterality::Right) => IcdSide::Right,
            Some(Laterality::Left) => IcdSide::Left,
            Some(Laterality::Bilateral) => IcdSide::Bilateral,
            None => continue,
        };
        match stated {
            None => stated = Some((side, mention.text.as_str())),
            Some((before, _)) if before == side => {}
            // The note speaks of both; the claim may have a line for each.
            Some(_) => return,
        }
    }
    let Some((side, text)) = stated else { return };
    let Some(coded) = view.tables.icd.laterality(index).filter(|coded| *coded != side) else { return };
    let message = match coded {
        IcdSide::Unspecified => format!("{} leaves the side open; the note says {} (\"{text}\").", diagnosis.code, word(side)),
        _ => format!("{} says {}; the note says {} (\"{text}\").", diagnosis.code, word(coded), word(side)),
    };
    let finding = Finding::warning(&IcdLaterality::INFO, message, sources::guidelines("I.B.13"))
        .on_lines(view.lines_pointing_to(diagnosis))
        .about([diagnosis.code.as_str()]);
    findings.push(match sister(view, index, side) {
        Some(to) => finding.mended_by(Fix::ReplaceCode { target: Target::Dx, from: diagnosis.code.clone(), to }),
        None => finding.asking("Which side does the record state?"),
    });
}
