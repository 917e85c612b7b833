//! `em-prolonged`
use crate::rules::{ClaimView, Finding, Fix, Rule, Target, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// Prolonged time (99417, 99418, G2212, G0316 to G0318) stands beside the highest visit of its family, and in the
    /// form that the payer takes: Medicare does not pay 99417 and 99418.
    /// # Why it matters
    /// Prolonged time is only paid on top of the highest level, chosen by time.
    /// # Example
    /// 99417 with 99214; 99417 to Medicare.
    /// # What to do
    /// Medicare: G2212 for office visits, G0316 hospital, G0317 nursing facility, G0318 home, with their higher minutes.
    /// # When it does not apply
    /// Whether the minutes were documented is asked by `em-level-supported`.
    /// # Source
    /// CPT, prolonged services; Medicare Claims Processing Manual, ch. 12, 30.6.15.
    EmProlonged, "em-prolonged",
    "Prolonged time stands beside the highest visit, in the payer's form."
}

/// Prolonged code, visits that it may stand beside.
const BASES: [(&str, &[&str]); 6] = [
    ("99417", &["99205", "99215", "99245", "99345", "99350", "99483"]),
    ("99418", &["99223", "99233", "99236", "99255", "99306", "99310"]),
    ("G2212", &["99205", "99215", "99483"]),
    ("G0316", &["99223", "99233", "99236"]),
    ("G0317", &["99306", "99310"]),
    ("G0318", &["99345", "99350"]),
];

impl Rule for EmProlonged {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for line in view.lines {
            let Some((_, bases)) = BASES.iter().find(|(code, _)| *code == line.code) else { continue };
            let base = view.lines.iter().find(|other| bases.contains(&other.code.as_str()));
            let finding = |message: String| {
                Finding::error(&Self::INFO, message, sources::claims_manual("30.6.15"))
                    .on_lines([line.number])
                    .about([line.code.as_str()])
            };
            let Some(base) = base else {
                let message = format!(
                    "{} (line {}) stands only beside the highest visit of its family ({}).",
                    line.code,
                    line.number,
                    bases.join(", ")
                );
                findings.push(finding(message).mended_by(Fix::RemoveLine { line: line.number }));
                continue;
            };
            if view.payer.fee_schedule_status && matches!(line.code.as_str(), "99417" | "99418") {
                let medicare = BASES.iter().skip(2).find(|(_, bases)| bases.contains(&base.code.as_str())).map(|(code, _)| *code);
                let message = format!(
                    "{} (line {}): {} takes {} instead, from more minutes.",
                    line.code,
                    line.number,
                    view.payer.name,
                    medicare.unwrap_or("none")
                );
                findings.push(match medicare {
                    Some(to) => finding(message).mended_by(Fix::ReplaceCode {
                        target: Target::Line,
                        from: line.code.clone(),
                        to: to.to_owned(),
                    }),
                    None => finding(message).mended_by(Fix::RemoveLine { line: line.number }),
                });
            }
        }
    }
}
