//! `ortho-casting`
use super::fractures::treatment;
use crate::rules::combination::separated_without_site;
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// The first cast, splint or strapping is not billed beside the treatment of the fracture that it is for.
    /// # Why it matters
    /// Application and removal of the first cast are in the payment of the fracture care; a 59 does not change that.
    /// # Example
    /// 25600 with 29125-59 and no side on either line.
    /// # What to do
    /// Take the cast off the claim, or name the other limb. Material (Q4001 to Q4051) may be billed.
    /// # When it does not apply
    /// Lines that name different sides; a cast renewed on a later day (58). Without a modifier it is `ncci-ptp`.
    /// # Source
    /// NCCI Policy Manual, chapter IV; CPT, application of casts and strapping.
    OrthoCasting, "ortho-casting",
    "The first cast is part of the fracture care that it is for."
}

impl Rule for OrthoCasting {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for cast in view.lines.iter().filter(|line| ("29000"..="29590").contains(&line.code.as_str())) {
            let fracture =
                view.lines.iter().find(|line| treatment(&line.code).is_some() && separated_without_site(view, line, cast));
            let Some(fracture) = fracture else { continue };
            let message = format!(
                "{} (line {}) is separated from {} (line {}) by a modifier; the first cast of a fracture is part of its care.",
                cast.code, cast.number, fracture.code, fracture.number
            );
            findings.push(
                Finding::warning(&Self::INFO, message, sources::ncci_manual("chapter IV"))
                    .on_lines([cast.number, fracture.number])
                    .about([cast.code.as_str(), fracture.code.as_str()])
                    .asking("Was the cast applied to another limb than the treated fracture?"),
            );
        }
    }
}
