//! `cpt-new-vs-established`
use crate::note::OriginKind;
use crate::rules::{ClaimView, Finding, Fix, Rule, Target, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// A visit for a new patient stands only where the patient is new: no professional service face to face by the same
    /// specialty of the group in the three years before.
    /// # Why it matters
    /// Payers keep the date of the last visit and deny the second "new" one.
    /// # Example
    /// 99203 for a patient operated on by the same provider last year.
    /// # What to do
    /// Bill the visit for an established patient that the note supports.
    /// # When it does not apply
    /// Nothing is known of earlier services; a reading or laboratory interpretation alone makes no one established.
    /// # Source
    /// Medicare Claims Processing Manual, ch. 12, 30.6.7.
    CptNewVsEstablished, "cpt-new-vs-established",
    "A visit for a new patient stands only where the patient is new."
}

/// Visit for a new patient and its counterpart of about the same work.
const NEW: [(&str, &str); 17] = [
    ("99202", "99212"),
    ("99203", "99213"),
    ("99204", "99214"),
    ("99205", "99215"),
    ("92002", "92012"),
    ("92004", "92014"),
    ("99341", "99347"),
    ("99342", "99348"),
    ("99344", "99349"),
    ("99345", "99350"),
    ("99381", "99391"),
    ("99382", "99392"),
    ("99383", "99393"),
    ("99384", "99394"),
    ("99385", "99395"),
    ("99386", "99396"),
    ("99387", "99397"),
];

impl Rule for CptNewVsEstablished {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let context = view.context;
        // What nobody said is no fact to hold a code against.
        let defaulted = context.origins.get("patient.new_patient").is_some_and(|o| o.kind == OriginKind::Default);
        let new_patient = context.patient.new_patient.filter(|_| !defaulted);
        for line in view.lines {
            if let Some((_, established)) = NEW.iter().find(|(new, _)| *new == line.code) {
                let seen = context.prior_procedures.iter().find(|prior| {
                    let within_three_years = prior.date < context.date_of_service && {
                        let age = (context.date_of_service - prior.date).get_days();
                        age <= 3 * 365
                    };
                    within_three_years
                        && crate::rules::view::same_provider(context, prior.provider_npi.as_deref())
                        && !is_reading(&prior.modifiers)
                });
                let why = match (new_patient, seen) {
                    (Some(false), _) => "the patient is established".to_owned(),
                    (_, Some(prior)) => format!("{} was done for this patient on {}", prior.code, prior.date),
                    _ => continue,
                };
                let message = format!("{} (line {}) is for a new patient, but {why}.", line.code, line.number);
                findings.push(
                    Finding::error(&Self::INFO, message, sources::claims_manual("30.6.7"))
                        .on_lines([line.number])
                        .about([line.code.as_str()])
                        .mended_by(Fix::ReplaceCode {
                            target: Target::Line,
                            from: line.code.clone(),
                            to: (*established).to_owned(),
                        }),
                );
            } else if new_patient == Some(true)
                && let Some((new, _)) = NEW.iter().find(|(_, established)| *established == line.code)
            {
                let message =
                    format!("{} (line {}) is for an established patient, but the patient is new.", line.code, line.number);
                findings.push(
                    Finding::warning(&Self::INFO, message, sources::claims_manual("30.6.7"))
                        .on_lines([line.number])
                        .about([line.code.as_str()])
                        .mended_by(Fix::ReplaceCode { target: Target::Line, from: line.code.clone(), to: (*new).to_owned() }),
                );
            }
        }
    }
}

/// The professional part of a test was read without the patient.
fn is_reading(modifiers: &[String]) -> bool {
    modifiers.iter().any(|modifier| modifier == "26")
}
