//! `cardio-stress-test`
use super::facility::{WholeTest, check_whole_tests};
use crate::rules::combination::{Combination, check_combinations};
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// A stress test stands either as the whole (93015) or by its parts (93016 supervision, 93017 tracing, 93018 reading);
    /// in a hospital only as the physician's parts; with stress echocardiography by one physician as 93351.
    /// # Why it matters
    /// The hospital bills the tracing; whole and parts together are paid twice.
    /// # Example
    /// 93015 at place of service 22.
    /// # What to do
    /// Hospital: 93016 and 93018, as far as the physician did them. Office: 93015 for all three.
    /// # When it does not apply
    /// Parts by different practitioners. 93015 beside a part of it is `ncci-ptp`.
    /// # Source
    /// CPT, cardiovascular stress tests; physician fee schedule, PC/TC indicators 2, 3 and 4.
    CardioStressTest, "cardio-stress-test",
    "A stress test stands as the whole or by its parts, in a hospital by the physician's parts."
}

const COMBINATIONS: &[Combination] = &[
    Combination { parts: &["93016", "93017", "93018"], whole: "93015" },
    Combination { parts: &["93350", "93017", "93018"], whole: "93351" },
];
const WHOLE: &[WholeTest] = &[WholeTest { code: "93015", physician: &["93016", "93018"] }];

impl Rule for CardioStressTest {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let source = || sources::cpt_instructions("cardiovascular stress tests");
        check_whole_tests(view, &Self::INFO, WHOLE, source, findings);
        check_combinations(view, &Self::INFO, COMBINATIONS, source, findings);
    }
}
