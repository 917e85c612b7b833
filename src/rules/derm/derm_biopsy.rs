//! `derm-biopsy`
use crate::rules::combination::separated_without_site;
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// A biopsy of the skin that a modifier separates from an excision, shave, destruction or Mohs surgery of the day
    /// points to another diagnosis than that one, or the lines name different places.
    /// # Why it matters
    /// Taking tissue from a lesion that is then removed is part of the removal; 59 is for another lesion.
    /// # Example
    /// 11102-59 beside 11640, both pointing only to C44.311.
    /// # What to do
    /// Keep both if the record shows two lesions, and let it state both places; else leave the biopsy off.
    /// # When it does not apply
    /// XE; lines that name different places; different diagnoses. Without a modifier it is `ncci-ptp`. It is advice: two
    /// lesions may share a diagnosis.
    /// # Source
    /// NCCI Policy Manual, chapter III; CPT, biopsy of skin.
    DermBiopsy, "derm-biopsy",
    "A biopsy beside the removal of a lesion is of another lesion."
}

fn is_removal(code: &str) -> bool {
    code.len() == 5
        && (("11300"..="11313").contains(&code)
            || ("11400"..="11646").contains(&code)
            || ("17000"..="17286").contains(&code)
            || ("17311"..="17315").contains(&code))
}

impl Rule for DermBiopsy {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for biopsy in view.lines.iter().filter(|line| matches!(line.code.as_str(), "11102" | "11104" | "11106")) {
            let removal = view.lines.iter().find(|line| {
                is_removal(&line.code)
                    && line.pointers == biopsy.pointers
                    && line.pointers.len() == 1
                    && separated_without_site(view, line, biopsy)
            });
            let Some(removal) = removal else { continue };
            let message = format!(
                "{} (line {}) and {} (line {}) point to the same diagnosis; the biopsy stays only for another lesion.",
                biopsy.code, biopsy.number, removal.code, removal.number
            );
            findings.push(
                Finding::info(&Self::INFO, message, sources::ncci_manual("chapter III"))
                    .on_lines([biopsy.number, removal.number])
                    .about([biopsy.code.as_str(), removal.code.as_str()])
                    .asking("Which lesion was biopsied, and which removed?"),
            );
        }
    }
}
