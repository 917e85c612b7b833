//! `cpt-age-sex`
use crate::note::Sex;
use crate::rules::{ClaimView, Finding, Fix, Rule, Source, Target, declare_rule};

declare_rule! {
    /// # What it checks
    /// Procedures that are defined for an age or a sex fit the patient: preventive visits, tonsils and adenoids at 12,
    /// vaccine counselling to 18, services for newborns, operations on organs of one sex.
    /// # Why it matters
    /// The code states the age; the payer knows the date of birth.
    /// # Example
    /// 42820 (tonsils and adenoids, under 12) for a patient of 15.
    /// # What to do
    /// Take the code of the patient's age; the fix names it.
    /// # When it does not apply
    /// Age or sex is not known.
    /// # Source
    /// Ages in the definitions of the codes (our own list).
    CptAgeSex, "cpt-age-sex",
    "Procedures defined for an age or a sex fit the patient."
}

/// Code, lowest and highest age in completed years, code for a patient who is older or younger.
const AGES: &[(&str, u16, u16, &str)] = &[
    ("99381", 0, 0, ""),
    ("99382", 1, 4, ""),
    ("99383", 5, 11, ""),
    ("99384", 12, 17, ""),
    ("99385", 18, 39, ""),
    ("99386", 40, 64, ""),
    ("99387", 65, 130, ""),
    ("99391", 0, 0, ""),
    ("99392", 1, 4, ""),
    ("99393", 5, 11, ""),
    ("99394", 12, 17, ""),
    ("99395", 18, 39, ""),
    ("99396", 40, 64, ""),
    ("99397", 65, 130, ""),
    ("42820", 0, 11, "42821"),
    ("42821", 12, 130, "42820"),
    ("42825", 0, 11, "42826"),
    ("42826", 12, 130, "42825"),
    ("42830", 0, 11, "42831"),
    ("42831", 12, 130, "42830"),
    ("42835", 0, 11, "42836"),
    ("42836", 12, 130, "42835"),
    ("90460", 0, 18, "90471"),
    ("90461", 0, 18, "90472"),
    ("49495", 0, 0, ""),
    ("49500", 0, 4, "49505"),
    ("49505", 5, 130, "49500"),
    ("99460", 0, 0, ""),
    ("99468", 0, 0, ""),
    ("99469", 0, 0, ""),
];

/// Ranges of codes for organs of one sex.
const SEXES: &[(&str, &str, Sex)] = &[
    ("54000", "55899", Sex::M),
    ("56405", "58999", Sex::F),
    ("59000", "59899", Sex::F),
    ("G0101", "G0101", Sex::F),
    ("G0102", "G0103", Sex::M),
];

impl Rule for CptAgeSex {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let patient = &view.context.patient;
        for line in view.lines {
            let source = || {
                Source::new(
                    "CPT/HCPCS catalogue",
                    view.tables.edition(crate::rules::tables::Table::Procedures),
                    format!("{}: age and sex", line.code),
                )
            };
            let limits = AGES.iter().find(|(code, ..)| *code == line.code);
            if let (Some(age), Some((_, low, high, other))) = (patient.age_years, limits)
                && !(*low..=*high).contains(&age)
            {
                let limit = match (low, high) {
                    (0, 0) => "under 1".to_owned(),
                    (low, 130) => format!("{low} and over"),
                    (low, high) => format!("{low} to {high}"),
                };
                let message =
                    format!("{} (line {}) is for patients aged {limit}; this patient is {age}.", line.code, line.number);
                let finding = Finding::error(&Self::INFO, message, source()).on_lines([line.number]).about([line.code.as_str()]);
                let same_kind = preventive_for(&line.code, age).or((!other.is_empty()).then_some(*other));
                findings.push(match same_kind {
                    Some(to) => {
                        finding.mended_by(Fix::ReplaceCode { target: Target::Line, from: line.code.clone(), to: to.to_owned() })
                    }
                    None => finding.asking("Are the patient's date of birth and this code right?"),
                });
            }
            let Some(sex) = patient.sex.filter(|_| line.code.len() == 5) else { continue };
            let conflict = SEXES.iter().find(|(from, to, of)| {
                *of != sex
                    && (*from..=*to).contains(&line.code.as_str())
                    && line.code.as_bytes()[0].is_ascii_digit() == from.as_bytes()[0].is_ascii_digit()
            });
            if conflict.is_some() && line.code != "55970" && line.code != "55980" {
                let message = format!("{} (line {}) is for the other sex than the claim states.", line.code, line.number);
                findings.push(
                    Finding::warning(&Self::INFO, message, source())
                        .on_lines([line.number])
                        .about([line.code.as_str()])
                        .asking("Are the patient and this code right?"),
                );
            }
        }
    }
}

/// The preventive visit of the same kind for an age.
fn preventive_for(code: &str, age: u16) -> Option<&'static str> {
    let kind = match code {
        _ if ("99381"..="99387").contains(&code) => "9938",
        _ if ("99391"..="99397").contains(&code) => "9939",
        _ => return None,
    };
    AGES.iter().find(|(other, low, high, _)| other.starts_with(kind) && (*low..=*high).contains(&age)).map(|(other, ..)| *other)
}
