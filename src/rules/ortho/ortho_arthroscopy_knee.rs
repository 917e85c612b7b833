//! `ortho-arthroscopy-knee`
use crate::rules::combination::{named, separated_without_site};
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// Arthroscopy of one knee: G0289 (loose body or cartilage in another compartment) stands beside another arthroscopy
    /// of the knee and not beside 29877; 29880 (both menisci) and 29881 (one) are not both billed for a knee.
    /// # Why it matters
    /// 29880 and 29881 include smoothing of cartilage anywhere in the knee; what is left is one compartment of its own.
    /// # Example
    /// 29880 with 29881-59 and no side on either line.
    /// # What to do
    /// 29880 alone for both menisci of a knee; name the sides where both knees were operated on.
    /// # When it does not apply
    /// Lines that name different knees. Pairs without a modifier are `ncci-ptp`.
    /// # Source
    /// NCCI Policy Manual, chapter IV, section E; HCPCS G0289.
    OrthoArthroscopyKnee, "ortho-arthroscopy-knee",
    "Arthroscopy codes of one knee do not overlap; G0289 stands beside another."
}

fn is_knee(code: &str) -> bool {
    ("29866"..="29889").contains(&code)
}

impl Rule for OrthoArthroscopyKnee {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let line = |code: &str| view.lines.iter().find(|line| line.code == code);
        let source = || sources::ncci_manual("chapter IV, section E");
        if let Some(loose) = line("G0289") {
            let other = view.lines.iter().any(|line| is_knee(&line.code));
            let cartilage = line("29877");
            let message = match (other, cartilage) {
                (false, _) => format!("G0289 (line {}) stands only beside another arthroscopy of the knee.", loose.number),
                (true, Some(cartilage)) => {
                    format!("{} both mean cartilage of the knee; Medicare takes one.", named(&[cartilage, loose]))
                }
                (true, None) => String::new(),
            };
            if !message.is_empty() {
                findings.push(
                    Finding::warning(&Self::INFO, message, source())
                        .on_lines([Some(loose.number), cartilage.map(|line| line.number)].into_iter().flatten())
                        .about(["G0289"])
                        .asking("Which compartments of the knee were treated, and how?"),
                );
            }
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
