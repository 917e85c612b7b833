//! `cardio-pci-vessel`
use jiff::civil::date;

use crate::rules::codes::is_under;
use crate::rules::combination::diagnoses_of;
use crate::rules::view::has_any;
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// A coronary intervention names its artery (LC, LD, LM, RC, RI), one base code stands for an artery, and 92941 (the
    /// artery of an acute infarction) points to one.
    /// # Why it matters
    /// Each major artery is paid once; without the modifier the second one is denied as a duplicate.
    /// # Example
    /// 92928 without a modifier.
    /// # What to do
    /// Add the artery from the report. From 2026-01-01 two lesions or a bifurcation of one artery are 92930; the codes for
    /// branches (92921, 92925, 92929, 92934, 92938, 92944) are gone.
    /// # When it does not apply
    /// Add-on codes. Different base codes on one artery are `ncci-ptp`, equal lines `cpt-duplicate`.
    /// # Source
    /// CPT, percutaneous coronary interventions (2013, 2026); HCPCS modifiers LC, LD, LM, RC, RI.
    CardioPciVessel, "cardio-pci-vessel",
    "A coronary intervention names its artery, once an artery; 92941 points to an acute infarction."
}

const ARTERIES: [&str; 5] = ["LC", "LD", "LM", "RC", "RI"];

fn is_base(code: &str) -> bool {
    matches!(code, "92920" | "92924" | "92928" | "92930" | "92933" | "92937" | "92941" | "92943" | "92945")
}

impl Rule for CardioPciVessel {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for (position, line) in view.lines.iter().enumerate() {
            if !is_base(&line.code) {
                continue;
            }
            let source = || sources::cpt_instructions("percutaneous coronary interventions");
            let finding = |message: String| {
                Finding::warning(&Self::INFO, message, source()).on_lines([line.number]).about([line.code.as_str()])
            };
            let artery = line.modifiers.iter().find(|modifier| ARTERIES.contains(&modifier.as_str()));
            match artery {
                None => findings.push(
                    finding(format!("{} (line {}) names no coronary artery.", line.code, line.number))
                        .asking("Which artery was treated: LM, LD, LC, RC or RI?"),
                ),
                Some(artery) => {
                    let earlier = view.lines.iter().take(position).find(|earlier| {
                        earlier.code == line.code
                            && has_any(earlier, &[artery])
                            && (has_any(line, &["59", "XS", "XU", "76"]) || has_any(earlier, &["59", "XS", "XU", "76"]))
                    });
                    if let Some(earlier) = earlier {
                        let instead = match view.context.date_of_service >= date(2026, 1, 1) && line.code == "92928" {
                            true => "; two lesions or a bifurcation of one artery are 92930",
                            false => "",
                        };
                        let message = format!(
                            "{} stands twice for {artery} (lines {} and {}); an artery has one base code{instead}.",
                            line.code, earlier.number, line.number
                        );
                        findings.push(
                            finding(message)
                                .on_lines([earlier.number, line.number])
                                .asking("How many lesions of which arteries were treated?"),
                        );
                    }
                }
            }
            let mut codes = diagnoses_of(view, line).peekable();
            if line.code == "92941" && codes.peek().is_some() && !codes.any(|code| is_under(code, "I21") || is_under(code, "I22"))
            {
                findings.push(
                    finding(format!("92941 (line {}) points to no acute infarction (I21, I22).", line.number))
                        .asking("Does the record state an acute infarction through this artery?"),
                );
            }
        }
    }
}
