//! `cpt-place-of-service`
use crate::rules::tables::Table;
use crate::rules::{ClaimView, Finding, Rule, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// Visits stand at the place that they are for (office, hospital, emergency department, nursing facility, home),
    /// procedures that are never done outside of a facility are not billed from the office, and none that is done by hand
    /// from a telehealth place.
    /// # Why it matters
    /// Place and code are compared first of all; a contradiction is returned.
    /// # Example
    /// 99222 (hospital care) with place of service 11.
    /// # What to do
    /// Correct the place or choose the visit for it.
    /// # When it does not apply
    /// Visits at telehealth places; procedures whose fee schedule has a value outside of a facility.
    /// # Source
    /// Medicare Claims Processing Manual, ch. 12, 30.6 and 20.4.2; physician fee schedule, NA indicators.
    CptPlaceOfService, "cpt-place-of-service",
    "Visits and procedures stand at a place that they are for."
}

/// First and last code of a kind of visit, its places, and what they are called.
const VISITS: &[(&str, &str, &[&str], &str)] = &[
    (
        "99202",
        "99215",
        &[
            "11", "02", "10", "12", "19", "20", "22", "49", "50", "71", "72", "17", "03", "04", "05", "06", "07", "08", "09",
            "13", "15", "16", "18", "24", "26", "27", "33", "53", "57", "58", "62", "65", "01", "14", "23", "31", "32", "81",
            "60", "99",
        ],
        "the office or outpatient care",
    ),
    ("99221", "99223", &["21", "22", "23", "19", "02", "10", "51", "52", "61"], "a hospital"),
    ("99231", "99239", &["21", "22", "23", "19", "02", "10", "51", "52", "61"], "a hospital"),
    ("99281", "99285", &["23", "02", "10"], "an emergency department"),
    ("99304", "99316", &["31", "32", "54", "56", "02", "10"], "a nursing facility"),
    ("99341", "99350", &["12", "13", "14", "33", "04", "16", "01", "55", "02", "10"], "the patient's home or residence"),
];

impl Rule for CptPlaceOfService {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let place = view.context.place_of_service.as_str();
        for (line, facts) in view.coded_lines() {
            let visit = VISITS.iter().find(|(from, to, ..)| line.code.len() == 5 && (*from..=*to).contains(&line.code.as_str()));
            if let Some((.., places, name)) = visit {
                if !places.contains(&place) {
                    let message = format!("{} (line {}) is for {name}; the place of service is {place}.", line.code, line.number);
                    findings.push(
                        Finding::error(&Self::INFO, message, sources::claims_manual("30.6"))
                            .on_lines([line.number])
                            .about([line.code.as_str()])
                            .asking("Where was the patient seen?"),
                    );
                }
                continue;
            }
            let Some(fee) = facts.fee.filter(|fee| fee.global.days().is_some()) else { continue };
            if matches!(place, "02" | "10") {
                let message = format!(
                    "{} (line {}) is a procedure done by hand; place of service {place} is telehealth.",
                    line.code, line.number
                );
                let row = format!("{}: global days {}", line.code, fee.global.indicator());
                findings.push(
                    Finding::warning(&Self::INFO, message, sources::table(view, Table::FeeSchedule, row))
                        .on_lines([line.number])
                        .about([line.code.as_str()])
                        .asking("Where was the procedure done?"),
                );
                continue;
            }
            if !fee.non_facility_na {
                continue;
            }
            if place == "11" {
                let message = format!(
                    "{} (line {}) is rarely or never done outside of a facility; the place of service is 11.",
                    line.code, line.number
                );
                findings.push(
                    Finding::warning(
                        &Self::INFO,
                        message,
                        sources::table(
                            view,
                            Table::FeeSchedule,
                            format!("{}: NA outside a facility, global days {}", line.code, fee.global.indicator()),
                        ),
                    )
                    .on_lines([line.number])
                    .about([line.code.as_str()])
                    .asking("Where was the procedure done?"),
                );
            }
        }
    }
}
