//! `ortho-arthroscopy-knee`
use crate::rules::combination::{named, separated_without_site};
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// Arthroscopy of one knee: G0289 (loose body or cartilage in another compartment) does not stand beside 29877, which
    /// means the same; 29880 (both menisci) and 29881 (one) are not both billed for a knee.
    /// # Why it matters
    /// 29880 and 29881 include smoothing of cartilage anywhere in the knee; what is left is one compartment of its own.
    /// # Example
    /// 29880 with 29881-59 and no side on either line.
    /// # What to do
    /// 29880 alone for both menisci of a knee; name the sides where both knees were operated on.
    /// # When it does not apply
    /// Lines that name different knees. Pairs without a modifier are `ncci-ptp`, G0289 alone `ncci-addon`.
    /// # Source
    /// NCCI Policy Manual, chapter IV, section E; HCPCS G0289.
    OrthoArthroscopyKnee, "ortho-arthroscopy-knee",
    "Arthroscopy codes of one knee do not overlap."
}

impl Rule for OrthoArthroscopyKnee {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let line = |code: &str| view.lines.iter().find(|line| line.code == code);
        let source = || sources::ncci_manual("chapter IV, section E");
        if let (Some(loose), Some(cartilage)) = (line("G0289"), line("29877")) {
            let message = format!("{} both mean cartilage of the knee; Medicare takes one.", named(&[cartilage, loose]));
            findings.push(
                Finding::warning(&Self::INFO, message, source())
                    .on_lines([loose.number, cartilage.number])
                    .about(["G0289", "29877"])
                    .asking("Which compartments of the knee were treated, and how?"),
            );
        }
        if let (Some(both), Some(one)) = (line("29880"), line("29881"))
            && separated_without_site(view, both, one)
        {
            let message = format!("{}: 29880 already means both menisci of a knee.", named(&[both, one]));
            findings.push(
                Finding::warning(&Self::INFO, message, source())
                    .on_lines([both.number, one.number])
                    .about(["29881", "29880"])
                    .asking("Were both knees operated on?"),
            );
        }
    }
}
