//! `cardio-catheterization`
use crate::rules::combination::{Combination, check_combinations};
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// What was done at one heart catheterization (right heart, left heart, coronary arteries, bypass grafts) stands as the
    /// one code of 93451 to 93461 that says all of it.
    /// # Why it matters
    /// The series is built so that one code names the whole study with its injections and readings.
    /// # Example
    /// 93451 (right heart) with 93458 (coronary arteries and left heart): 93460.
    /// # What to do
    /// Bill the combined code.
    /// # When it does not apply
    /// Two sessions of a day (XE). Where an NCCI pair denies one of the codes, this is the advice what to bill.
    /// # Source
    /// CPT, cardiac catheterization; NCCI Policy Manual, chapter XI.
    CardioCatheterization, "cardio-catheterization",
    "One heart catheterization stands as the one code that says all of it."
}

const COMBINATIONS: &[Combination] = &[
    Combination { parts: &["93451", "93452"], whole: "93453" },
    Combination { parts: &["93451", "93454"], whole: "93456" },
    Combination { parts: &["93451", "93455"], whole: "93457" },
    Combination { parts: &["93452", "93454"], whole: "93458" },
    Combination { parts: &["93452", "93455"], whole: "93459" },
    Combination { parts: &["93451", "93458"], whole: "93460" },
    Combination { parts: &["93452", "93456"], whole: "93460" },
    Combination { parts: &["93453", "93454"], whole: "93460" },
    Combination { parts: &["93451", "93459"], whole: "93461" },
    Combination { parts: &["93452", "93457"], whole: "93461" },
    Combination { parts: &["93453", "93455"], whole: "93461" },
];

impl Rule for CardioCatheterization {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        if view.lines.iter().filter(|line| ("93451"..="93461").contains(&line.code.as_str())).count() < 2 {
            return;
        }
        let source = || sources::cpt_instructions("cardiac catheterization");
        check_combinations(view, &Self::INFO, COMBINATIONS, source, findings);
    }
}
