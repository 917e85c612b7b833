//! `cardio-electrocardiogram`
use super::facility::{WholeTest, check_whole_tests};
use crate::rules::combination::{Combination, check_combinations};
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// An electrocardiogram stands either as the whole (93000, 93040) or by its parts (93005 and 93010, 93041 and 93042);
    /// in a hospital only as the reading.
    /// # Why it matters
    /// The hospital bills the tracing.
    /// # Example
    /// 93000 in the emergency department (place of service 23).
    /// # What to do
    /// Hospital: 93010. Office with own machine: 93000 instead of 93005 and 93010.
    /// # When it does not apply
    /// Tracing and reading by different practices. 93000 beside a part of it is `ncci-ptp`.
    /// # Source
    /// CPT, cardiography; physician fee schedule, PC/TC indicators 2, 3 and 4.
    CardioElectrocardiogram, "cardio-electrocardiogram",
    "An electrocardiogram stands as the whole or by its parts, in a hospital as the reading."
}

const COMBINATIONS: &[Combination] =
    &[Combination { parts: &["93005", "93010"], whole: "93000" }, Combination { parts: &["93041", "93042"], whole: "93040" }];
const WHOLE: &[WholeTest] =
    &[WholeTest { code: "93000", physician: &["93010"] }, WholeTest { code: "93040", physician: &["93042"] }];

impl Rule for CardioElectrocardiogram {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let source = || sources::cpt_instructions("cardiography");
        check_whole_tests(view, &Self::INFO, WHOLE, source, findings);
        check_combinations(view, &Self::INFO, COMBINATIONS, source, findings);
    }
}
