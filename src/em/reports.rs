//! Notes that are no visit: reports of procedures and tests, therapists' notes, encounters with codes of their own.
use std::collections::BTreeSet;

use regex::Regex;

use super::category::{count, given, opening};
use super::category_cues::*;
use super::setting::{BySetting, Setting};
use super::view::View;
use super::{setting_words, weighed};
use crate::claim::Line;
use crate::document::SectionKind;
use crate::note::{Context, NoteType};

/// Why the note is no visit; none where it is one. `weights` are the probabilities of the settings.
pub fn no_visit(view: &View, context: &Context, weights: &BySetting, lines: &[Line]) -> Option<String> {
    let report = weights[Setting::Report as usize];
    let told = given(context, "note_type");
    // A short note says little by its words alone.
    let short = view.lower.len() < 1000 && count(view, &REPORT) == 0 && count(view, &VISIT) > 0;
    let title = view.lower.trim_start().lines().next().unwrap_or("");
    let titled = title.len() < 120 && REPORT_TITLE.is_match(title) && !VISIT_TITLE.is_match(title);
    if count(view, &NO_SEPARATE) > 0 {
        return Some("the note says that there was no separate visit".into());
    }
    if !told && !given(context, "place_of_service") && crate::document::facts::signed_by_staff(&view.document.text) {
        return Some("the note is signed by clinical staff or a therapist, who report no E/M service".into());
    }
    if !told && crate::document::published::is_article(&view.document.text) {
        return Some("the text is a published article, not the record of an encounter".into());
    }
    let opening = opening(view);
    let procedure = |l: &Line| !imaging(l) && !l.code.starts_with("99");
    if !told && lines.iter().any(|l| procedure(l) || l.code.starts_with("99497")) && count(view, &NOTHING_ELSE) > 0 {
        return Some("the note says that nothing but the procedure was the matter of the day".into());
    }
    if !told && BEFORE_OPERATION.is_match(title) && SURGEONS_OWN.is_match(&view.lower) && !CLEARANCE_ASKED.is_match(&view.lower) {
        return Some("history and physical before an operation decided on earlier, part of the surgeon's global package".into());
    }
    // The time of a visit is only told of a visit.
    let timed = super::weighed::TIME_TOLD.is_match(&view.lower);
    let open = !told && !timed && !given(context, "place_of_service");
    let talked = head(&view.lower, 700);
    if open && PSYCHOLOGICAL_TESTING.is_match(talked) {
        return Some("testing by a psychologist, which has codes of its own and no E/M level".into());
    }
    if open && report > 0.8 && tells_of_nobody(view) {
        return Some("the text tells of findings and of no patient, so it is a report, which has no E/M level".into());
    }
    if open && (operated(view, weights, lines) || tested(view, lines)) {
        return Some("the note tells an operation or a test and has no part of a visit, so there is no E/M level".into());
    }
    if open && tells_procedure(&view.lower) {
        return Some("the note tells a procedure and hardly a word of a visit, so there is no E/M service".into());
    }
    let clinic = title.len() < 120 && PROCEDURE_CLINIC.is_match(title);
    if open && ONLY_AS_PLANNED.is_match(&opening) {
        return Some("the patient came only for a procedure planned before".into());
    }
    let planned = PLANNED_PROCEDURE.find_iter(&opening).any(|m| {
        let after = opening.get(m.end()..).unwrap_or("").trim_start();
        // "Planned last visit" names the day of the plan, not what was planned.
        let earlier = ["last ", "prior ", "previous ", "at "].iter().any(|w| after.starts_with(w));
        earlier || !SCHEDULED_VISIT.is_match(after) || m.as_str().contains("only")
    });
    if !told && (planned || clinic) && lines.iter().any(procedure) {
        return Some("the patient came for a procedure planned before, and the note tells no separate evaluation".into());
    }
    if !told && EXAM_TITLE.is_match(view.lower.trim_start()) && !tells_more_than_examination(view) {
        return Some("the note opens as the report of a test, which has no E/M level".into());
    }
    if !told && titled {
        return Some("the note is headed as the report of a procedure or test, which has no E/M level".into());
    }
    let delivered = lines.iter().find(|l| ("59400".."59623").contains(&l.code.as_str()));
    if let Some(line) = delivered.filter(|_| !told) {
        return Some(format!("the care of labor and delivery is part of {}", line.code));
    }
    if !told && weights[Setting::Discharge as usize] < 0.5 && has_parts_of_report(view, report, lines) {
        return Some("the note has the parts of a report of a test and none of a visit, which has no E/M level".into());
    }
    if !told && speaks_to_reader(view) {
        return Some("the text instructs its reader and tells of no patient, so there is no E/M service".into());
    }
    // More sentences of a visit than of a report outweigh the words.
    let visits = count(view, &VISIT);
    let told_more = view.lower.len() < 3000 && visits >= 2 && visits > count(view, &REPORT);
    let other_work = lines.iter().any(|l| operation_or_image(&l.code));
    let short = short || (told_more && !other_work);
    // The words of a note of a line or two tell it apart better than its kind does.
    let least = match view.lower.len() < weighed::LONGER {
        _ if tells_a_visit(view) => 0.5,
        true => 0.3,
        false => 0.1,
    };
    if !told
        && !short
        && !setting_words::stay_ended(view, weights)
        && (report > if lines.is_empty() { 0.97 } else { 0.9 } || (context.note_type.is_report() && report > least))
    {
        return Some("the note reads as a report of a procedure or test, which has no E/M level".into());
    }
    if !told
        && matches!(context.note_type, NoteType::Imaging | NoteType::Pathology)
        && view.document.sections.iter().any(|s| s.kind == SectionKind::Findings)
        && !tells_a_visit(view)
    {
        return Some("the note has the parts of a report of a procedure or test, which has no E/M level".into());
    }
    if let Some(line) = lines.iter().find(|l| instead_of_visit(&l.code)) {
        return Some(format!("the encounter is reported as {}, which takes the place of an E/M service", line.code));
    }
    if open && !lines.is_empty() && lines.iter().all(imaging) && report > 0.5 && count(view, &VISIT) == 0 && !tells_a_visit(view)
    {
        return Some("the note reads as the report of a test, which has no E/M level".into());
    }
    let food = view.clauses.iter().map(|c| DIETITIAN.find_iter(view.words(c.span)).count()).sum::<usize>();
    let of_food = food >= 2 && food * 1000 > view.lower.len();
    let other_profession = open && (count(view, &THERAPIST) >= 2 || count(view, &DIETITIAN) >= 4 || of_food);
    other_profession.then(|| "the note reads as a therapist's or dietitian's, who report no E/M service".into())
}

/// Two parts that only reports of tests have (one, where the claim holds nothing but tests), no part of a visit, and words
/// that do not speak against a report.
fn has_parts_of_report(view: &View, report: f64, lines: &[Line]) -> bool {
    if VISIT_PARTS.is_match(&view.lower) {
        return false;
    }
    let found: BTreeSet<&str> = REPORT_PARTS.captures_iter(&view.lower).filter_map(|c| c.get(1)).map(|m| m.as_str()).collect();
    (found.len() >= 2 && report > 0.2) || (found.len() == 1 && report > 0.5 && !lines.is_empty() && lines.iter().all(imaging))
}

/// An operation told with its anesthesia or suite, by no more than a word of a visit.
fn operated(view: &View, weights: &BySetting, lines: &[Line]) -> bool {
    let operation = |l: &Line| {
        l.code.starts_with(|c: char| ('1'..='6').contains(&c)) && operation_or_image(&l.code)
            || ("92920".."92980").contains(&l.code.as_str())
            || ("93451".."93663").contains(&l.code.as_str())
    };
    lines.iter().any(operation)
        && weights[Setting::Discharge as usize] < 0.5
        && OPERATED.is_match(&view.lower)
        && !VISIT_PARTS.is_match(&view.lower)
        && count(view, &VISIT) <= 1
}

/// Tests that are told in a report of their own, and no part of a visit but what is recommended.
fn tested(view: &View, lines: &[Line]) -> bool {
    let reported = |l: &Line| {
        ["958", "959", "9366", "9384", "9388", "9389", "9397"].iter().any(|p| l.code.starts_with(p)) || l.code == "93660"
    };
    let parts = || VISIT_PARTS.find_iter(&view.lower).filter(|m| !m.as_str().contains("recommend"));
    !lines.is_empty() && lines.iter().all(reported) && parts().next().is_none() && !tells_a_visit(view)
}

/// A note of which a quarter and more tells a procedure, and at most half as much a visit. Of 262 authored and 710 train
/// notes 333 are so, one of them with a level.
fn tells_procedure(lower: &str) -> bool {
    let (mut parts, mut procedure, mut visit) = (0, 0, 0);
    for part in lower.split(['.', ';', '\n']).filter(|p| p.trim().len() > 3) {
        parts += 1;
        procedure += usize::from(PROCEDURE_TOLD.is_match(part));
        visit += usize::from(VISIT_TOLD.is_match(part));
    }
    lower.len() < 4000 && procedure >= 4 && procedure * 4 >= parts && procedure >= 2 * visit
}

/// Findings alone: neither patient nor clinician is named, and no part of a visit.
fn tells_of_nobody(view: &View) -> bool {
    view.lower.len() > 150
        && !PERSON.is_match(&view.lower)
        && !AGE_AND_SEX.is_match(&view.lower)
        && !VISIT_PARTS.is_match(&view.lower)
        && !VISIT.is_match(&view.lower)
        && !DOSED.is_match(&view.lower)
}

fn head(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    text.get(..end).unwrap_or(text)
}

/// Instructions and education: the text says "you" and speaks of nobody else.
fn speaks_to_reader(view: &View) -> bool {
    let reader = READER.find_iter(&view.lower).count();
    reader >= 3 && reader > 2 * PERSON.find_iter(&view.lower).count()
}

/// Imaging, tracings and the like.
fn imaging(line: &Line) -> bool {
    ["7", "93", "94", "958", "959"].iter().any(|p| line.code.starts_with(p))
}

/// The words that make a note a psychiatric diagnostic evaluation.
pub fn psychiatric(view: &View, weights: &BySetting) -> Option<&'static Regex> {
    // A discharge summary repeats the diagnoses by axis. The axes are headings as often as sentences.
    if weights[Setting::Discharge as usize] > 0.5 {
        return None;
    }
    let axes = AXIS.find_iter(&view.lower).count();
    if axes >= 3 && INTAKE.is_match(&view.lower) {
        return Some(&INTAKE);
    }
    let title = view.lower.trim_start().lines().next().unwrap_or("");
    if title.len() < 120 && INTAKE.is_match(title) {
        return Some(&INTAKE);
    }
    let examined = view.lower.contains("mental status exam");
    if !examined {
        return None;
    }
    let history = view.lower.contains("past psychiatric history") || view.lower.contains("psychiatric history:");
    if axes >= 3 || (axes >= 1 && history) {
        return Some(&AXIS);
    }
    PSYCHIATRIC.is_match(&opening(view)).then_some(&*PSYCHIATRIC)
}

/// Evaluations with codes of their own: psychiatric, eye, therapy, nutrition, psychological testing, dialysis month.
fn instead_of_visit(code: &str) -> bool {
    matches!(
        code,
        "90791"
            | "90792"
            | "92002"
            | "92004"
            | "92012"
            | "92014"
            | "97802"
            | "97803"
            | "97804"
            | "96130"
            | "96132"
            | "97542"
            | "90832"
            | "90834"
            | "90837"
            | "90846"
            | "90847"
            | "90853"
    ) || ("97161"..="97168").contains(&code)
        || ("90951"..="90970").contains(&code)
}

/// Surgery and imaging, but for looks into nose and larynx, which belong to visits.
fn operation_or_image(code: &str) -> bool {
    code.starts_with(|c: char| ('1'..='7').contains(&c)) && !code.starts_with("3157") && code != "31231"
}

/// Sections that a report of a test does not have.
fn tells_a_visit(view: &View) -> bool {
    let examined = |k| matches!(k, SectionKind::PhysicalExam);
    view.document.sections.iter().any(|s| examined(s.kind)) || tells_more_than_examination(view)
}

/// The same, where "EXAM:" may name the test.
fn tells_more_than_examination(view: &View) -> bool {
    use SectionKind as S;
    let told = |k| {
        matches!(
            k,
            S::ChiefComplaint
                | S::HistoryOfPresentIllness
                | S::Plan
                | S::AssessmentAndPlan
                | S::Vitals
                | S::SocialHistory
                | S::Medications
        )
    };
    view.document.sections.iter().any(|s| told(s.kind))
}

#[cfg(test)]
mod tests {
    use super::super::view::tests::document;
    use super::*;

    #[test]
    fn a_report_has_parts_that_no_visit_has() {
        let view = |text: &str| has_parts_of_report(&View::new(&document(&[(SectionKind::Other, text)])), 0.6, &[]);
        assert!(view("DOPPLER OF THE LEFT LEG\nREASON FOR EXAM: Calf pain.\nIMPRESSION: No thrombosis."));
        assert!(!view("REASON FOR EXAM: Calf pain.\nIMPRESSION: Strain.\nPLAN: Rest."));
        assert!(!view("IMPRESSION: Strain of the calf."));
    }

    #[test]
    fn a_procedure_told_without_a_visit() {
        let swap = "implant swap\nconsent, arm marked. 2 cc lido at distal tip, 2 mm incision, rod out whole.\nsteri-strip, dressing for 24 h.";
        assert!(tells_procedure(swap));
        let visit = "knee pain for a month, worse on stairs.\nbp 120/80, lungs clear.\nconsent, 2 cc lido injected with a 22 ga needle, sterile.\nstart naproxen 500 mg bid, recheck in a month.";
        assert!(!tells_procedure(visit));
    }

    #[test]
    fn education_speaks_to_its_reader() {
        let text = "Call your doctor if you have pain. Take your tablets. You may be asked to rest.";
        assert!(speaks_to_reader(&View::new(&document(&[(SectionKind::Other, text)]))));
        let text = "She will call if the pain returns. I told her: take your tablets, see your doctor, rest if you can.";
        assert!(!speaks_to_reader(&View::new(&document(&[(SectionKind::Other, text)]))));
    }

    fn only(setting: Setting) -> BySetting {
        let mut weights = BySetting::default();
        weights[setting as usize] = 1.0;
        weights
    }

    #[test]
    fn axes_may_be_headings() {
        let text = "MENTAL STATUS EXAM: Alert.\nAXIS I: Major depression.\nAXIS II: Deferred.\nAXIS III: None.";
        let d = document(&[(SectionKind::Other, text)]);
        assert!(psychiatric(&View::new(&d), &only(Setting::New)).is_some());
        assert!(psychiatric(&View::new(&d), &only(Setting::Discharge)).is_none());
    }
}
