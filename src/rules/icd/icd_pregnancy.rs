//! `icd-pregnancy`
use super::sequence::moved_to;
use crate::claim::Diagnosis;
use crate::rules::codes::is_under;
use crate::rules::{ClaimView, Finding, Fix, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// A code of pregnancy, childbirth or the puerperium leads the diagnoses; its trimester agrees with the weeks that
    /// a code of Z3A states; a delivery has its outcome (Z37); O80 (normal delivery) has no other code of the chapter beside
    /// it.
    /// # Why it matters
    /// Chapter 15 comes before every other chapter on the mother's record.
    /// # Example
    /// E66.9 before O99.213 (obesity in the third trimester).
    /// # What to do
    /// Put the O code first; correct trimester or weeks from the record.
    /// # When it does not apply
    /// The provider states that the pregnancy is incidental (Z33.1, no O code). Codes that exclude each other are
    /// `icd-excludes1`.
    /// # Source
    /// ICD-10-CM Official Guidelines, I.C.15.a.1 (order), I.C.15.a.3 (trimester), I.C.15.b.5 (outcome),
    /// I.C.15.n (normal delivery).
    IcdPregnancy, "icd-pregnancy",
    "Codes of pregnancy lead, and trimester, weeks and outcome agree."
}

fn is_obstetric(diagnosis: &Diagnosis) -> bool {
    diagnosis.code.starts_with('O')
}

impl Rule for IcdPregnancy {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let Some(obstetric) = view.diagnoses.iter().find(|d| is_obstetric(d)) else { return };
        // Outcome and weeks are never first at all (`icd-first-listed`), and Z34 excludes every O code (`icd-excludes1`).
        let has_own_rule = |d: &Diagnosis| ["Z34", "Z37", "Z3A"].iter().any(|stem| is_under(&d.code, stem));
        if let Some(first) = view.diagnoses.first().filter(|first| !is_obstetric(first) && !has_own_rule(first)) {
            let message = format!("{} stands before {}; codes of pregnancy lead.", first.code, obstetric.code);
            findings.push(
                Finding::error(&Self::INFO, message, sources::guidelines("I.C.15.a.1"))
                    .on_lines(view.lines_pointing_to(obstetric))
                    .about([obstetric.code.as_str(), first.code.as_str()])
                    .mended_by(Fix::Reorder { diagnoses: moved_to(view, &obstetric.code, 0) }),
            );
        }
        check_trimesters(view, findings);
        let normal = view.diagnoses.iter().find(|d| d.code == "O80");
        let complication = view.diagnoses.iter().find(|d| is_obstetric(d) && d.code != "O80");
        if let (Some(normal), Some(other)) = (normal, complication) {
            let message = format!("O80 is a delivery without any complication, and {} is one.", other.code);
            findings.push(
                Finding::warning(&Self::INFO, message, sources::guidelines("I.C.15.n"))
                    .on_lines(view.lines_pointing_to(normal))
                    .about(["O80", other.code.as_str()])
                    .mended_by(Fix::RemoveDiagnosis { code: normal.code.clone() }),
            );
        }
        let delivery = view.diagnoses.iter().find(|d| d.code == "O80" || d.code == "O82");
        if let Some(delivery) = delivery.filter(|_| !view.diagnoses.iter().any(|d| d.code.starts_with("Z37"))) {
            let message = format!("{} is a delivery; its outcome (Z37) is missing.", delivery.code);
            findings.push(
                Finding::warning(&Self::INFO, message, sources::guidelines("I.C.15.b.5"))
                    .on_lines(view.lines_pointing_to(delivery))
                    .about([delivery.code.as_str()])
                    .asking("What was the outcome of the delivery?"),
            );
        }
    }
}

fn check_trimesters(view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
    let weeks = view.diagnoses.iter().find_map(|d| Some((d, d.code.strip_prefix("Z3A.")?.parse::<u8>().ok()?)));
    let Some((weeks_code, weeks)) = weeks else { return };
    let trimester = match weeks {
        8..=13 => "first",
        14..=27 => "second",
        28..=42 => "third",
        _ => return,
    };
    for (diagnosis, facts) in view.coded_diagnoses() {
        let Some(index) = facts.index.filter(|_| is_obstetric(diagnosis)) else { continue };
        let title = view.tables.icd.title(index);
        let stated = ["first", "second", "third"].into_iter().find(|name| title.contains(&format!("{name} trimester")));
        let Some(stated) = stated.filter(|stated| *stated != trimester) else { continue };
        let message = format!(
            "{} states the {stated} trimester, {} says {weeks} weeks, which is the {trimester}.",
            diagnosis.code, weeks_code.code
        );
        findings.push(
            Finding::warning(&IcdPregnancy::INFO, message, sources::guidelines("I.C.15.a.3"))
                .on_lines(view.lines_pointing_to(diagnosis))
                .about([diagnosis.code.as_str(), weeks_code.code.as_str()])
                .asking("How many weeks was the patient pregnant at this encounter?"),
        );
    }
}
