//! `ent-sinus-surgery`
use crate::rules::combination::{Combination, check_combinations};
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// Operations on neighbouring sinuses of one side stand as the one code that says them together: whole ethmoid with
    /// frontal, with sphenoid, with tissue from the sphenoid; of two operations on one sinus only the larger stands.
    /// # Why it matters
    /// Since 2018 the codes are combined; apart they are denied, or paid twice and taken back.
    /// # Example
    /// 31255 and 31276 on the right side: 31253.
    /// # What to do
    /// Bill the combined code for the side. If the operations were on different sides, name the side on every line.
    /// # When it does not apply
    /// Lines that name different sides, or XE. Where an NCCI pair already denies the second line, this is the advice
    /// which code to bill.
    /// # Source
    /// CPT, nasal and sinus endoscopy (2018); NCCI Policy Manual, chapter V.
    EntSinusSurgery, "ent-sinus-surgery",
    "Endoscopic operations on neighbouring sinuses of one side stand as their combined code."
}

const COMBINATIONS: &[Combination] = &[
    Combination { parts: &["31255", "31276"], whole: "31253" },
    Combination { parts: &["31255", "31287"], whole: "31257" },
    Combination { parts: &["31255", "31288"], whole: "31259" },
    Combination { parts: &["31254", "31255"], whole: "31255" },
    Combination { parts: &["31256", "31267"], whole: "31267" },
    Combination { parts: &["31287", "31288"], whole: "31288" },
    Combination { parts: &["31295", "31256"], whole: "31256" },
    Combination { parts: &["31295", "31267"], whole: "31267" },
    Combination { parts: &["31296", "31276"], whole: "31276" },
    Combination { parts: &["31297", "31287"], whole: "31287" },
    Combination { parts: &["31297", "31288"], whole: "31288" },
    Combination { parts: &["31296", "31297"], whole: "31298" },
];

impl Rule for EntSinusSurgery {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        if view.lines.iter().filter(|line| ("31254"..="31298").contains(&line.code.as_str())).count() < 2 {
            return;
        }
        let source = || sources::cpt_instructions("nasal and sinus endoscopy");
        check_combinations(view, &Self::INFO, COMBINATIONS, source, findings);
    }
}
