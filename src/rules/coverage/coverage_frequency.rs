//! `coverage-frequency`
use jiff::ToSpan;
use jiff::civil::Date;

use crate::rules::{ClaimView, Finding, Rule, Source, declare_rule};

declare_rule! {
    /// # What it checks
    /// A service with a limit of frequency is not billed again too early, as far as the patient's earlier procedures are
    /// known: Medicare's preventive services, and monitoring that a code counts by 30 or 90 days.
    /// # Why it matters
    /// The second one is denied, whoever did the first.
    /// # Example
    /// G0439 ten months after the last G0439.
    /// # What to do
    /// Wait for the first covered day, or bill what was done as another service.
    /// # When it does not apply
    /// Nothing is known of earlier services. Medicare's limits hold for payers whose file follows its fee schedule.
    /// A screening of the bowel earlier than at average risk needs G0105.
    /// # Source
    /// 42 CFR 410.15 to 410.37 and 410.31; Medicare Claims Processing Manual, ch. 18; CPT, device monitoring and care
    /// management.
    CoverageFrequency, "coverage-frequency",
    "A service with a limit of frequency is not billed again too early."
}

/// How long after the last service the next one is covered.
#[derive(Clone, Copy)]
enum Wait {
    /// Full months after the month of the last service.
    FullMonths(i32),
    /// Days from the last service.
    Days(i32),
    /// Calendar month of the last service.
    SameMonth,
    /// Once in a lifetime.
    Once,
}

/// Codes that count as the same service, how long to wait, and whether the limit is Medicare's.
const LIMITS: &[(&[&str], Wait, bool)] = &[
    (&["G0402"], Wait::Once, true),
    (&["G0438"], Wait::Once, true),
    (&["G0439", "G0438"], Wait::FullMonths(11), true),
    (&["77067"], Wait::FullMonths(11), true),
    (&["G0103"], Wait::FullMonths(11), true),
    (&["82270", "G0328"], Wait::FullMonths(11), true),
    (&["G0101", "Q0091"], Wait::FullMonths(23), true),
    (&["77080"], Wait::FullMonths(23), true),
    (&["G0121"], Wait::FullMonths(119), true),
    (&["G0105"], Wait::FullMonths(23), true),
    (&["G0296", "71271"], Wait::FullMonths(11), true),
    (&["76706"], Wait::Once, true),
    (&["G0444"], Wait::FullMonths(11), true),
    (&["G0442"], Wait::FullMonths(11), true),
    (&["93293"], Wait::Days(90), false),
    (&["93294"], Wait::Days(90), false),
    (&["93295"], Wait::Days(90), false),
    (&["93296"], Wait::Days(90), false),
    (&["93297"], Wait::Days(30), false),
    (&["93298"], Wait::Days(30), false),
    (&["93228", "93229"], Wait::Days(30), false),
    (&["93268", "93270", "93271", "93272"], Wait::Days(30), false),
    (&["99495", "99496"], Wait::Days(30), false),
    (&["99490", "99491", "99487"], Wait::SameMonth, false),
    (&["99454", "99445"], Wait::Days(30), false),
];

/// First day on which the service is covered again.
fn first_day(last: Date, wait: Wait) -> Option<Date> {
    match wait {
        Wait::FullMonths(months) => last.first_of_month().checked_add((months + 1).months()).ok(),
        Wait::Days(days) => last.checked_add(days.days()).ok(),
        Wait::SameMonth => last.first_of_month().checked_add(1.month()).ok(),
        Wait::Once => None,
    }
}

impl Rule for CoverageFrequency {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let date = view.context.date_of_service;
        if view.context.prior_procedures.is_empty() {
            return;
        }
        for line in view.lines {
            let limit =
                LIMITS.iter().find(|(codes, ..)| codes.first() == Some(&line.code.as_str()) || is_alias(codes, &line.code));
            let Some((codes, wait, medicare)) = limit else { continue };
            if *medicare && !view.payer.fee_schedule_status {
                continue;
            }
            let prior =
                view.context.prior_procedures.iter().filter(|prior| prior.date < date && codes.contains(&prior.code.as_str()));
            let Some(last) = prior.max_by_key(|prior| prior.date) else { continue };
            let next = first_day(last.date, *wait);
            if next.is_some_and(|next| date >= next) {
                continue;
            }
            let when = match next {
                Some(next) => format!("is covered again from {next}"),
                None => "is covered once in a lifetime".to_owned(),
            };
            let message = format!("{} (line {}) {when}; {} was billed on {}.", line.code, line.number, last.code, last.date);
            let source = Source::new(
                if *medicare { "Medicare Claims Processing Manual (Pub. 100-04)" } else { "CPT instructions for the section" },
                if *medicare { "chapter 18" } else { "year of the code" },
                format!("{}: frequency", line.code),
            );
            findings.push(
                Finding::warning(&Self::INFO, message, source)
                    .on_lines([line.number])
                    .about([line.code.as_str(), last.code.as_str()])
                    .asking("Is the earlier service right, and was this another one?"),
            );
        }
    }
}

/// The second and later codes of a row are the same service, except the wellness visits, which count in one direction.
fn is_alias(codes: &[&str], code: &str) -> bool {
    code != "G0438" && codes.contains(&code)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn full_months_and_days() {
        // Eleven full months after May 2025 have passed on 1 May 2026.
        assert_eq!(first_day(date(2025, 5, 20), Wait::FullMonths(11)), Some(date(2026, 5, 1)));
        assert_eq!(first_day(date(2026, 1, 1), Wait::Days(30)), Some(date(2026, 1, 31)));
        assert_eq!(first_day(date(2026, 1, 31), Wait::SameMonth), Some(date(2026, 2, 1)));
        assert_eq!(first_day(date(2026, 1, 31), Wait::Once), None);
    }
}
