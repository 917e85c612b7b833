//! What a note says of its visit in so many words: its title, phrases of first and later visits, of a bed, of a procedure.
use regex::Regex;

use crate::document::facts::signed_by_staff;
use crate::em::category::opening;
use crate::em::category_cues::*;
use crate::em::new_patient::histories;
use crate::em::setting_words::{ASKED, IN_A_BED, ORDERS_OF_STAY, TREATED_THERE};
use crate::em::title::{self, Title};
use crate::em::view::View;
use crate::em::weighed::TIME_TOLD;

/// Names of the values of [`of`].
pub const NAMES: [&str; 26] = [
    "title",
    "opening_new",
    "opening_referred",
    "opening_established",
    "opening_return",
    "histories",
    "seen_here",
    "never_seen",
    "opening_postoperative",
    "opening_planned",
    "decided_before",
    "opening_nurse",
    "signed_by_staff",
    "visit_words",
    "report_words",
    "procedure_told",
    "visit_told",
    "visit_parts",
    "report_parts",
    "hospital_words",
    "opening_daily",
    "treated_there",
    "orders_of_stay",
    "asked",
    "in_a_bed",
    "time_told",
];

/// Counts end here.
const MANY: usize = 20;

/// One value a name: counts up to 20, or 1 where it is said; the title as 1 for a visit, 2 for work of others or a test, 3 for a
/// consultation, a facility, a home.
pub fn of(view: &View) -> [f32; NAMES.len()] {
    let opening = opening(view);
    let says = |cue: &Regex, text: &str| f32::from(u8::from(cue.is_match(text)));
    let times = |cue: &Regex| cue.find_iter(&view.lower).take(MANY).count() as f32;
    let title = match title::says(view) {
        None => 0.0,
        Some(Title::Visit(_) | Title::Preventive | Title::Psychiatric) => 1.0,
        Some(Title::NoVisit(_) | Title::Nurse) => 2.0,
        Some(Title::HospitalConsult | Title::Nursing { .. } | Title::NursingDischarge | Title::Home) => 3.0,
    };
    [
        title,
        says(&NEW, &opening),
        says(&REFERRED, &opening),
        says(&ESTABLISHED, &opening),
        says(&RETURN, &opening),
        histories(view) as f32,
        says(&SEEN_HERE, &view.lower),
        says(&NEVER_SEEN, &view.lower),
        says(&POSTOPERATIVE, &opening),
        says(&PLANNED_PROCEDURE, &opening),
        says(&DECIDED_BEFORE, &view.lower),
        says(&NURSE, &opening),
        f32::from(u8::from(signed_by_staff(&view.document.text))),
        times(&VISIT),
        times(&REPORT),
        times(&PROCEDURE_TOLD),
        times(&VISIT_TOLD),
        times(&VISIT_PARTS),
        times(&REPORT_PARTS),
        times(&HOSPITAL),
        says(&DAILY, &opening),
        says(&TREATED_THERE, &view.lower),
        says(&ORDERS_OF_STAY, &view.lower),
        says(&ASKED, &view.lower),
        times(&IN_A_BED),
        says(&TIME_TOLD, &view.lower),
    ]
}
