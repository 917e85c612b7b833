//! `ortho-fracture-care`
use super::fractures::{Treatment, is_fracture, seventh, treatment};
use crate::rules::combination::diagnoses_of;
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// A code for the treatment of a fracture points to a fracture; a fracture coded as open beside a closed treatment is
    /// pointed out.
    /// # Why it matters
    /// The package of 90 days is paid for a fracture, not for a sprain; open and closed are said twice and must agree
    /// with the record.
    /// # Example
    /// 25600 (closed treatment, wrist) pointing to S63.501A (sprain of the wrist).
    /// # What to do
    /// Code the fracture that the record shows, or bill visit and splint instead of fracture care.
    /// # When it does not apply
    /// A closed fracture may be treated openly. A line without pointers is `claim-structure`.
    /// # Source
    /// CPT, musculoskeletal system, fracture treatment; ICD-10-CM Official Guidelines, I.C.19.c.
    OrthoFractureCare, "ortho-fracture-care",
    "Fracture treatment points to a fracture, and open or closed agrees."
}

impl Rule for OrthoFractureCare {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for line in view.lines {
            let Some(treatment) = treatment(&line.code) else { continue };
            let mut codes = diagnoses_of(view, line).peekable();
            if codes.peek().is_none() {
                continue;
            }
            let source = || sources::cpt_instructions("fracture treatment");
            let fracture = codes.find(|code| is_fracture(code));
            let Some(fracture) = fracture else {
                let message = format!("{} (line {}) treats a fracture and points to none.", line.code, line.number);
                findings.push(
                    Finding::warning(&Self::INFO, message, source())
                        .on_lines([line.number])
                        .about([line.code.as_str()])
                        .asking("Which fracture does the record show?"),
                );
                continue;
            };
            let is_open = matches!(seventh(fracture), Some('B' | 'C')) && fracture.starts_with('S');
            if treatment == Treatment::Closed && is_open {
                let message =
                    format!("{} (line {}) is closed treatment; {fracture} is an open fracture.", line.code, line.number);
                findings.push(
                    Finding::info(&Self::INFO, message, source())
                        .on_lines([line.number])
                        .about([line.code.as_str(), fracture])
                        .asking("Was the wound connected with the fracture, and was the site opened for treatment?"),
                );
            }
        }
    }
}
