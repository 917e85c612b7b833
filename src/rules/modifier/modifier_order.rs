//! `modifier-order`
use crate::rules::codes::is_anatomic_modifier;
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// Modifiers that change payment stand before those that inform, and places of the body stand last.
    /// # Why it matters
    /// Many systems price by the first modifier only.
    /// # Example
    /// 29881-RT-59 instead of 29881-59-RT.
    /// # What to do
    /// Put QW or 26 and TC first, then 50, 52 to 59 and the X modifiers, 62, 78, 79, 80 and the like, places last.
    /// # When it does not apply
    /// One modifier; anaesthesia claims, which have an order of their own. It is advice.
    /// # Source
    /// Practice of the Medicare carriers' system; payers differ.
    ModifierOrder, "modifier-order",
    "Pricing modifiers stand before informational ones, places last."
}

/// Where a modifier belongs; lower stands earlier.
fn rank(modifier: &str) -> u8 {
    match modifier {
        "QW" => 0,
        "26" | "TC" => 1,
        "24" | "25" | "57" | "58" | "78" | "79" => 2,
        "22" | "50" | "52" | "53" | "54" | "55" | "56" | "59" | "62" | "66" | "73" | "74" | "76" | "77" | "80" | "81" | "82"
        | "91" | "AS" | "XE" | "XS" | "XP" | "XU" => 3,
        "51" => 4,
        _ if is_anatomic_modifier(modifier) => 6,
        _ => 5,
    }
}

impl Rule for ModifierOrder {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for line in view.lines {
            let anaesthesia = line.code.starts_with("00") || line.code.starts_with("01");
            if anaesthesia || line.modifiers.is_sorted_by_key(|modifier| rank(modifier)) {
                continue;
            }
            let mut order = line.modifiers.clone();
            order.sort_by_key(|modifier| rank(modifier));
            let message =
                format!("{} (line {}): the usual order of the modifiers is {}.", line.code, line.number, order.join(", "));
            findings.push(
                Finding::info(&Self::INFO, message, sources::claim_form("item 24D; SV101-3 to SV101-6"))
                    .on_lines([line.number])
                    .about([line.code.as_str()]),
            );
        }
    }
}
