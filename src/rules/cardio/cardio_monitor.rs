//! `cardio-monitor`
use super::facility::{WholeTest, check_whole_tests};
use crate::rules::combination::{Combination, check_combinations};
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// A monitor worn for days (Holter 93224, patch 93241 and 93245, event recorder 93268, blood pressure 93784) stands as
    /// the whole or by its parts; in a hospital only as the reading.
    /// # Why it matters
    /// Whole and parts together are paid twice; the hospital bills recording and analysis.
    /// # Example
    /// 93225, 93226 and 93227 by one practice: 93224.
    /// # What to do
    /// Bill the whole where one practice did all parts; the reading alone (93227, 93244, 93248, 93272, 93790) in hospital.
    /// # When it does not apply
    /// Parts by different practices. The whole beside a part of it is `ncci-ptp`.
    /// # Source
    /// CPT, cardiovascular monitoring services; physician fee schedule, PC/TC indicators 2, 3 and 4.
    CardioMonitor, "cardio-monitor",
    "A monitor worn for days stands as the whole or by its parts, in a hospital as the reading."
}

const COMBINATIONS: &[Combination] = &[
    Combination { parts: &["93225", "93226", "93227"], whole: "93224" },
    Combination { parts: &["93242", "93243", "93244"], whole: "93241" },
    Combination { parts: &["93246", "93247", "93248"], whole: "93245" },
    Combination { parts: &["93270", "93271", "93272"], whole: "93268" },
    Combination { parts: &["93786", "93788", "93790"], whole: "93784" },
];
const WHOLE: &[WholeTest] = &[
    WholeTest { code: "93224", physician: &["93227"] },
    WholeTest { code: "93241", physician: &["93244"] },
    WholeTest { code: "93245", physician: &["93248"] },
    WholeTest { code: "93268", physician: &["93272"] },
    WholeTest { code: "93784", physician: &["93790"] },
];

impl Rule for CardioMonitor {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let source = || sources::cpt_instructions("cardiovascular monitoring services");
        check_whole_tests(view, &Self::INFO, WHOLE, source, findings);
        check_combinations(view, &Self::INFO, COMBINATIONS, source, findings);
    }
}
