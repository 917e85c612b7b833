//! E/M services as claim lines.
use super::result::{Additional, EmResult};
use crate::claim::{Diagnosis, Line};

/// Lines without a charge of their own that call for no modifier 25 on the visit.
fn needs_no_25(code: &str) -> bool {
    // Medicare wants none beside the administration of influenza, pneumococcal and hepatitis B vaccine.
    matches!(code, "G0008" | "G0009" | "G0010" | "G2211" | "99417" | "99418" | "G2212" | "G0316" | "G0317" | "G0318" | "36415" | "36416")
        || code.starts_with('8') || code.starts_with('J') || code.starts_with('A') || code.starts_with('Q') || code.starts_with('L')
        // Vaccine products; their administration is a line of its own.
        || (code.starts_with("90") && code.get(2..3).is_some_and(|c| "67".contains(c)) && !code.starts_with("9078") && !code.starts_with("9079"))
}

fn has_work(line: &Line) -> bool {
    !line.modifiers.iter().any(|m| m == "TC")
}

/// Modifiers of the visit beside other lines: 57 where a line has a 90-day global period (the decision for surgery), 25
/// where a line has a 0- or 10-day one or is another billable service.
pub fn modifiers(other: &[Line], global_days: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    let mut minor = false;
    let mut major = false;
    for line in other.iter().filter(|l| has_work(l) && !needs_no_25(&l.code)) {
        match global_days(&line.code).as_deref() {
            Some("090") => major = true,
            Some("000" | "010") => minor = true,
            // Vaccine administration and preventive services beside a visit.
            _ if line.code.starts_with("904") || line.code == "90480" => minor = true,
            _ => {}
        }
    }
    let mut modifiers = Vec::new();
    if minor {
        modifiers.push("25".to_owned());
    }
    if major {
        modifiers.push("57".to_owned());
    }
    modifiers
}

/// The main E/M line, without number; `None` where the visit has no code. `other` are the claim's other lines.
pub fn line(
    result: &EmResult,
    diagnoses: &[Diagnosis],
    other: &[Line],
    global_days: &dyn Fn(&str) -> Option<String>,
) -> Option<Line> {
    let code = result.code.clone()?;
    let mut all = result.modifiers.clone();
    if code != "99024" {
        // Who goes home has had the operation: no visit of that day decides on it.
        let is_discharge = matches!(code.as_str(), "99238" | "99239");
        for m in modifiers(other, global_days) {
            if !all.contains(&m) && !(is_discharge && m == "57") {
                all.push(m);
            }
        }
    }
    let mut evidence = result.category_evidence.clone();
    evidence.extend(result.time_evidence.iter().cloned());
    let counted = [&result.problems, &result.data, &result.risk];
    evidence
        .extend(counted.iter().filter_map(|g| g.elements.iter().find(|e| e.counted)).filter_map(|e| e.evidence.first().cloned()));
    evidence.dedup();
    Some(Line {
        code,
        modifiers: all,
        units: 1,
        pointers: pointers(result, diagnoses),
        title: title(result),
        confidence: 0.0,
        source: vec!["em".into()],
        evidence,
        reason: result.reason.clone(),
        ..Line::default()
    })
}

/// All E/M lines: the main one and the further services.
pub fn lines(
    result: &EmResult,
    diagnoses: &[Diagnosis],
    other: &[Line],
    global_days: &dyn Fn(&str) -> Option<String>,
) -> Vec<Line> {
    let mut all: Vec<Line> = line(result, diagnoses, other, global_days).into_iter().collect();
    all.extend(result.additional.iter().map(|a| additional(a, result, diagnoses)));
    all
}

fn additional(a: &Additional, result: &EmResult, diagnoses: &[Diagnosis]) -> Line {
    Line {
        code: a.code.clone(),
        modifiers: a.modifiers.clone(),
        units: a.units,
        pointers: pointers(result, diagnoses),
        title: "Further evaluation and management service".into(),
        source: vec!["em".into()],
        evidence: a.evidence.clone(),
        reason: a.reason.clone(),
        ..Line::default()
    }
}

/// Up to four pointers: addressed problems first, in claim order, else the first diagnoses.
fn pointers(result: &EmResult, diagnoses: &[Diagnosis]) -> Vec<String> {
    let addressed = |d: &&Diagnosis| {
        let code = format!("({})", d.code);
        result.problems.elements.iter().any(|e| e.counted && (e.name == d.code || e.name.ends_with(&code)))
    };
    // A preventive visit is for the examination; a problem that took work of its own has a visit of its own.
    let preventive = result.code.as_deref().is_some_and(is_preventive);
    let examination = |d: &&Diagnosis| ["Z00", "Z01.41", "Z02", "Z76.2"].iter().any(|stem| d.code.starts_with(stem));
    let mut chosen: Vec<String> = diagnoses.iter().filter(|d| preventive && examination(d)).map(|d| d.pointer.clone()).collect();
    if chosen.is_empty() {
        chosen = diagnoses.iter().filter(addressed).map(|d| d.pointer.clone()).collect();
    }
    if chosen.is_empty() {
        chosen = diagnoses.iter().map(|d| d.pointer.clone()).collect();
    }
    chosen.retain(|p| !p.is_empty());
    chosen.truncate(4);
    chosen
}

fn is_preventive(code: &str) -> bool {
    ("99381".."99398").contains(&code) || matches!(code, "G0402" | "G0438" | "G0439")
}

fn title(result: &EmResult) -> String {
    match result.code.as_deref() {
        Some("99024") => "Postoperative visit in a global period, no charge".into(),
        Some("99238" | "99239") => "Hospital discharge day management".into(),
        Some("99291") => "Critical care, first 30 to 74 minutes".into(),
        _ => format!("Visit, {}", result.category.replace('_', " ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(code: &str) -> Option<String> {
        Some(
            match code {
                "11102" => "000",
                "27447" => "090",
                _ => "XXX",
            }
            .to_owned(),
        )
    }

    fn other(code: &str) -> Line {
        Line { code: code.into(), ..Line::default() }
    }

    #[test]
    fn modifier_by_global_period() {
        assert_eq!(modifiers(&[other("11102")], &days), ["25"]);
        assert_eq!(modifiers(&[other("27447")], &days), ["57"]);
        assert!(modifiers(&[other("80053"), other("93000"), other("G0008")], &days).is_empty());
        assert_eq!(modifiers(&[other("90471")], &days), ["25"]);
    }

    #[test]
    fn pointers_follow_addressed_problems() {
        let dx = |p: &str, c: &str| Diagnosis { pointer: p.into(), code: c.into(), ..Diagnosis::default() };
        let mut r = EmResult { code: Some("99213".into()), ..EmResult::default() };
        r.problems.elements.push(super::super::Element {
            kind: "stable_chronic".into(),
            name: "Essential hypertension (I10)".into(),
            status: None,
            level: None,
            counted: true,
            reason: String::new(),
            evidence: Vec::new(),
        });
        let l = line(&r, &[dx("A", "Z79.4"), dx("B", "I10")], &[], &days).expect("a visit");
        assert_eq!(l.pointers, ["B"]);
        r.code = Some("99396".into());
        let l = line(&r, &[dx("A", "Z00.00"), dx("B", "I10")], &[], &days).expect("a visit");
        assert_eq!(l.pointers, ["A"]);
    }
}
