//! `cardio-device`
use crate::rules::codes::is_under;
use crate::rules::combination::{Combination, check_combinations, diagnoses_of};
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// Change of a generator stands as the one code for removal with replacement (33227 to 33229, 33262 to 33264); an
    /// evaluation of a pacemaker points to a pacemaker, of a defibrillator to a defibrillator.
    /// # Why it matters
    /// Removal and insertion apart are for other operations; the wrong series of evaluation is denied.
    /// # Example
    /// 93289 (defibrillator) pointing to Z95.0 (pacemaker).
    /// # What to do
    /// Take the series of the device that the record names.
    /// # When it does not apply
    /// Lines without pointers, or that point to no device status. Removal with new leads has other codes.
    /// # Source
    /// CPT, pacemaker or implantable defibrillator; cardiovascular device monitoring.
    CardioDevice, "cardio-device",
    "A generator change is one code, and device evaluations are of the device that the diagnosis names."
}

const COMBINATIONS: &[Combination] = &[
    Combination { parts: &["33233", "33212"], whole: "33227" },
    Combination { parts: &["33233", "33213"], whole: "33228" },
    Combination { parts: &["33233", "33221"], whole: "33229" },
    Combination { parts: &["33241", "33240"], whole: "33262" },
    Combination { parts: &["33241", "33230"], whole: "33263" },
    Combination { parts: &["33241", "33231"], whole: "33264" },
];

const PACEMAKER: (&[&str], &[&str]) = (&["93279", "93280", "93281", "93286", "93288", "93293", "93294"], &["Z95.0", "Z45.01"]);
const DEFIBRILLATOR: (&[&str], &[&str]) = (&["93282", "93283", "93284", "93287", "93289", "93295"], &["Z95.810", "Z45.02"]);

impl Rule for CardioDevice {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let source = || sources::cpt_instructions("pacemaker or implantable defibrillator; device monitoring");
        for line in view.lines.iter().filter(|line| line.code.starts_with("932")) {
            let code = line.code.as_str();
            let (own, other, words) = match () {
                () if PACEMAKER.0.contains(&code) => {
                    (PACEMAKER.1, DEFIBRILLATOR.1, "a pacemaker; its diagnosis is of a defibrillator")
                }
                () if DEFIBRILLATOR.0.contains(&code) => {
                    (DEFIBRILLATOR.1, PACEMAKER.1, "a defibrillator; its diagnosis is of a pacemaker")
                }
                () => continue,
            };
            let points_to = |stems: &[&str]| diagnoses_of(view, line).any(|d| stems.iter().any(|stem| is_under(d, stem)));
            if points_to(other) && !points_to(own) {
                let message = format!("{code} (line {}) evaluates {words}.", line.number);
                findings.push(
                    Finding::warning(&Self::INFO, message, source())
                        .on_lines([line.number])
                        .about([code])
                        .asking("Which device does the patient have?"),
                );
            }
        }
        if view.lines.iter().any(|line| matches!(line.code.as_str(), "33233" | "33241")) {
            check_combinations(view, &Self::INFO, COMBINATIONS, source, findings);
        }
    }
}
