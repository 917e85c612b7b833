//! `icd-combination`
use super::exclusions::excluding_note;
use crate::claim::Diagnosis;
use crate::rules::codes::is_under;
use crate::rules::{ClaimView, Finding, Fix, Rule, Target, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// Two conditions that the classification presumes to belong together, or says in one code, are coded so: hypertension
    /// with heart failure or chronic kidney disease, diabetes with its complications,
    /// chronic obstructive lung disease with an acute infection, and the like.
    /// # Why it matters
    /// Separate codes say that the conditions are unrelated; the combined code is the right one and often weighs more.
    /// # Example
    /// I10 beside I50.22 instead of I11.0 with I50.22.
    /// # What to do
    /// Use the combined code, unless the record says that the two have nothing to do with each other.
    /// # When it does not apply
    /// The record denies the link; pairs that the Tabular List excludes (`icd-excludes1`).
    /// # Source
    /// ICD-10-CM Official Guidelines, I.A.15 ("with"), I.B.9 (combination codes), I.C.4.a, I.C.9.a.
    IcdCombination, "icd-combination",
    "Conditions that belong together are said in their combined code."
}

/// A pair and what says it in one code.
struct Pair {
    one: &'static [&'static str],
    other: &'static [&'static str],
    /// Code that takes the place of `one`; empty where detail must decide.
    to: &'static str,
    says: &'static str,
    section: &'static str,
}

const HEART: &[&str] = &["I50", "I51.4", "I51.89", "I51.9"];
const PAIRS: &[Pair] = &[
    Pair {
        one: &["I10"],
        other: &["I50"],
        to: "I11.0",
        says: "hypertensive heart disease with heart failure",
        section: "I.C.9.a.1",
    },
    Pair {
        one: &["I10"],
        other: &["I51.4", "I51.89", "I51.9"],
        to: "I11.9",
        says: "hypertensive heart disease",
        section: "I.C.9.a.1",
    },
    Pair {
        one: &["I10"],
        other: &["N18.1", "N18.2", "N18.3", "N18.4", "N18.9"],
        to: "I12.9",
        says: "hypertensive chronic kidney disease",
        section: "I.C.9.a.2",
    },
    Pair {
        one: &["I10"],
        other: &["N18.5", "N18.6"],
        to: "I12.0",
        says: "hypertensive chronic kidney disease",
        section: "I.C.9.a.2",
    },
    Pair {
        one: &["I11"],
        other: &["N18"],
        to: "",
        says: "hypertensive heart and chronic kidney disease (I13)",
        section: "I.C.9.a.3",
    },
    Pair {
        one: &["I12"],
        other: HEART,
        to: "",
        says: "hypertensive heart and chronic kidney disease (I13)",
        section: "I.C.9.a.3",
    },
    Pair { one: &["E11.9"], other: &["N18"], to: "E11.22", says: "diabetic chronic kidney disease", section: "I.A.15" },
    Pair { one: &["E10.9"], other: &["N18"], to: "E10.22", says: "diabetic chronic kidney disease", section: "I.A.15" },
    Pair { one: &["E11.9"], other: &["G62.9"], to: "E11.42", says: "diabetic polyneuropathy", section: "I.A.15" },
    Pair { one: &["E10.9"], other: &["G62.9"], to: "E10.42", says: "diabetic polyneuropathy", section: "I.A.15" },
    Pair { one: &["E11.9"], other: &["I73.9"], to: "E11.51", says: "diabetic peripheral angiopathy", section: "I.A.15" },
    Pair { one: &["E10.9"], other: &["I73.9"], to: "E10.51", says: "diabetic peripheral angiopathy", section: "I.A.15" },
    Pair { one: &["E11.9"], other: &["K31.84"], to: "E11.43", says: "diabetic autonomic neuropathy", section: "I.A.15" },
    Pair { one: &["E11.9"], other: &["L97.4", "L97.5"], to: "E11.621", says: "diabetic foot ulcer", section: "I.A.15" },
    Pair { one: &["E10.9"], other: &["L97.4", "L97.5"], to: "E10.621", says: "diabetic foot ulcer", section: "I.A.15" },
    Pair {
        one: &["J44.9"],
        other: &["J13", "J14", "J15", "J16", "J18", "J20", "J22"],
        to: "J44.0",
        says: "chronic obstructive lung disease with an acute infection",
        section: "I.C.10.a",
    },
    Pair {
        one: &["K57.30"],
        other: &["K92.2", "K62.5", "K92.1"],
        to: "K57.31",
        says: "diverticulosis with bleeding",
        section: "I.A.15",
    },
    Pair {
        one: &["K29.70"],
        other: &["K92.2", "K92.0", "K92.1"],
        to: "K29.71",
        says: "gastritis with bleeding",
        section: "I.A.15",
    },
    Pair {
        one: &["N20.0", "N20.1", "N20.2"],
        other: &["N13.30", "N13.39"],
        to: "N13.2",
        says: "stone with hydronephrosis",
        section: "I.B.9",
    },
    Pair {
        one: &["N40.0"],
        other: &["R33.9", "R35.0", "R35.1", "R39.11", "R39.12", "R39.14", "R39.15", "N13.8"],
        to: "N40.1",
        says: "enlarged prostate with urinary symptoms",
        section: "I.B.9",
    },
];

/// Hypertension together with heart or kidney disease: I10 says nothing beside it.
const HYPERTENSIVE: &[&str] = &["I11", "I12", "I13"];

/// Diabetes without complications beside diabetes of the same type with one.
const UNCOMPLICATED: &[(&str, &str)] =
    &[("E10.9", "E10."), ("E11.9", "E11."), ("E13.9", "E13."), ("E08.9", "E08."), ("E09.9", "E09.")];

impl Rule for IcdCombination {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for diagnosis in view.diagnoses {
            if let Some((_, stem)) = UNCOMPLICATED.iter().find(|(code, _)| *code == diagnosis.code) {
                let complicated = view
                    .diagnoses
                    .iter()
                    .find(|other| other.code.starts_with(stem) && other.code != diagnosis.code && other.code != "E11.A");
                if let Some(other) = complicated {
                    let message = format!("{} says without complications, but {} is on the claim.", diagnosis.code, other.code);
                    findings.push(
                        Finding::warning(&Self::INFO, message, sources::guidelines("I.C.4.a"))
                            .on_lines(view.lines_pointing_to(diagnosis))
                            .about([diagnosis.code.as_str(), other.code.as_str()])
                            .mended_by(Fix::RemoveDiagnosis { code: diagnosis.code.clone() }),
                    );
                    continue;
                }
            }
            if diagnosis.code == "I10"
                && let Some(other) =
                    view.diagnoses.iter().find(|other| HYPERTENSIVE.iter().any(|stem| is_under(&other.code, stem)))
            {
                let message =
                    format!("I10 is hypertension alone, but {} says it with what it does to heart or kidney.", other.code);
                findings.push(
                    Finding::warning(&Self::INFO, message, sources::guidelines("I.C.9.a"))
                        .on_lines(view.lines_pointing_to(diagnosis))
                        .about([diagnosis.code.as_str(), other.code.as_str()])
                        .mended_by(Fix::RemoveDiagnosis { code: diagnosis.code.clone() }),
                );
                continue;
            }
            let pairs = PAIRS.iter().filter(|pair| pair.one.iter().any(|stem| is_under(&diagnosis.code, stem)));
            for pair in pairs {
                let partner = view.diagnoses.iter().find(|other| pair.other.iter().any(|stem| is_under(&other.code, stem)));
                if let Some(partner) = partner.filter(|partner| !excluded(view, diagnosis, partner)) {
                    findings.push(finding(view, diagnosis, partner, pair));
                    break;
                }
            }
        }
    }
}

fn excluded(view: &ClaimView<'_>, one: &Diagnosis, other: &Diagnosis) -> bool {
    let excludes = |a: &Diagnosis, b: &Diagnosis| {
        view.tables.icd.find(&a.code).is_some_and(|index| excluding_note(view, index, &b.code).is_some())
    };
    excludes(one, other) || excludes(other, one)
}

fn finding(view: &ClaimView<'_>, one: &Diagnosis, other: &Diagnosis, pair: &Pair) -> Finding {
    let message = format!(
        "{} and {} together are {}, unless the record says they are unrelated.",
        one.code,
        other.code,
        match pair.to {
            "" => pair.says.to_owned(),
            to => format!("{} ({to})", pair.says),
        }
    );
    let finding = Finding::warning(&IcdCombination::INFO, message, sources::guidelines(pair.section))
        .on_lines(view.lines_pointing_to(one))
        .about([one.code.as_str(), other.code.as_str()]);
    match pair.to {
        "" => finding.asking(format!("Does the record say that {} and {} are unrelated?", one.code, other.code)),
        to => finding.mended_by(Fix::ReplaceCode { target: Target::Dx, from: one.code.clone(), to: to.to_owned() }),
    }
}
