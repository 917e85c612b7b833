//! `em-level-supported`
use crate::rules::{ClaimView, Finding, Fix, Rule, Target, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// The level of a visit on the claim is the one that problems, data and risk, or the documented time, support.
    /// # Why it matters
    /// A higher level than the note supports is taken back in an audit; a lower one gives away payment.
    /// # Example
    /// 99215 where the note supports 99214.
    /// # What to do
    /// Bill the supported level, or document what was done and not written.
    /// # When it does not apply
    /// Nothing is known of the level (a claim without its note or coded encounter); another family of visits.
    /// # Source
    /// CPT evaluation and management guidelines, 2023; Medicare Claims Processing Manual, ch. 12, 30.6.1.
    EmLevelSupported, "em-level-supported",
    "The level of a visit is the one that the note supports."
}

/// Families of visits, from the lowest level to the highest.
const FAMILIES: [&[&str]; 18] = [
    &["99202", "99203", "99204", "99205"],
    &["99211", "99212", "99213", "99214", "99215"],
    &["99221", "99222", "99223"],
    &["99231", "99232", "99233"],
    &["99234", "99235", "99236"],
    &["99238", "99239"],
    &["99242", "99243", "99244", "99245"],
    &["99252", "99253", "99254", "99255"],
    &["99281", "99282", "99283", "99284", "99285"],
    &["99304", "99305", "99306"],
    &["99307", "99308", "99309", "99310"],
    &["99315", "99316"],
    &["99341", "99342", "99344", "99345"],
    &["99347", "99348", "99349", "99350"],
    &["98000", "98001", "98002", "98003"],
    &["98004", "98005", "98006", "98007"],
    &["98008", "98009", "98010", "98011"],
    &["98012", "98013", "98014", "98015"],
];

impl Rule for EmLevelSupported {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let Some(supported) = view.supported_visit else { return };
        let Some(family) = FAMILIES.iter().find(|family| family.contains(&supported)) else { return };
        let level = |code: &str| family.iter().position(|other| *other == code);
        let Some(right) = level(supported) else { return };
        for line in view.lines {
            let Some(billed) = level(&line.code).filter(|billed| *billed != right) else { continue };
            let source = sources::claims_manual("30.6.1");
            let finding = match billed > right {
                true => Finding::warning(
                    &Self::INFO,
                    format!("{} (line {}) is higher than the note supports: {supported}.", line.code, line.number),
                    source,
                ),
                false => Finding::info(
                    &Self::INFO,
                    format!("{} (line {}) is lower than the note supports: {supported}.", line.code, line.number),
                    source,
                ),
            };
            findings.push(finding.on_lines([line.number]).about([line.code.as_str(), supported]).mended_by(Fix::ReplaceCode {
                target: Target::Line,
                from: line.code.clone(),
                to: supported.to_owned(),
            }));
        }
    }
}
