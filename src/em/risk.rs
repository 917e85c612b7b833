//! Risk of patient management: what was decided, with the words that say so.
use regex::Regex;

use super::codes::Category;
use super::modality::{self, Modality, segment};
use super::result::{Element, Level};
use super::risk_cues::*;
use super::view::{Clause, View, Zone, around};
use crate::codeset::drugs::{Drug, Drugs};
use crate::document::Span;

/// What the note shows of risk.
#[derive(Default)]
pub struct Risk {
    /// Everything found, counted or not.
    pub elements: Vec<Element>,
}

impl Risk {
    /// The highest level among the counted elements.
    pub fn level(&self) -> Level {
        self.elements.iter().filter(|e| e.counted).filter_map(|e| e.level).max().unwrap_or(Level::Minimal)
    }
    /// What is stated in so many words, so that no weighing takes it away.
    pub fn stated(&self) -> Level {
        const PLAIN: [&str; 5] = [
            "toxicity_monitoring",
            "resuscitation_status",
            "emergency_intervention",
            "hospitalization_decided",
            "social_determinants",
        ];
        let stated = self.elements.iter().filter(|e| e.counted && PLAIN.contains(&e.kind.as_str()));
        stated.filter_map(|e| e.level).max().unwrap_or(Level::Minimal)
    }
    /// How many counted elements are of a kind.
    pub fn count(&self, kind: &str) -> usize {
        self.elements.iter().filter(|e| e.counted && e.kind == kind).count()
    }
}

/// Drug classes whose use in a visit is no prescription drug management: they belong to a procedure or are vaccines.
fn incidental(drug: &Drug) -> bool {
    const ALWAYS: [&str; 9] = [
        "vaccine",
        "contrast",
        "local anesthetic",
        "general anesthetic",
        "radiopharmaceutical",
        "diagnostic",
        "flush",
        "stress agent",
        "hemostat",
    ];
    const UNLESS_PRESCRIBED: [&str; 3] = ["supplement", "vitamin", "emollient"];
    (ALWAYS.iter().any(|c| drug.class.contains(c))
        || (!drug.prescription && UNLESS_PRESCRIBED.iter().any(|c| drug.class.contains(c))))
        && !drug.class.contains("antiarrhythmic")
}

/// Finds the risk elements of a note. `admitting`: the note is the admitting clinician's own, so that the admission which
/// its story tells is its decision.
pub fn find(view: &View, category: Category, admitting: bool) -> Risk {
    let mut risk = Risk::default();
    let acute =
        category.is_hospital() || matches!(category, Category::Emergency | Category::CriticalCare | Category::NursingInitial);
    // A short note without headings decides wherever it does.
    let terse = !view.has_decision && view.lower.len() < TERSE;
    drugs(view, &mut risk, acute, terse);
    let decision = |z: Zone| z.is_decision() || (terse && !matches!(z, Zone::Background | Zone::Frame));
    let mut add = |kind: &str, name: &str, level: Level, reason: &str, hit: Option<(usize, Span)>| {
        if let Some((i, span)) = hit {
            let name = if name.is_empty() { view.words(span) } else { name };
            risk.elements.push(element(kind, name, level, reason, view, i));
            true
        } else {
            false
        }
    };
    let anywhere = |z: Zone| !matches!(z, Zone::Background | Zone::Frame);
    let zone_of_admission = |z: Zone| if admitting { anywhere(z) } else { decision(z) };
    let decided = first_free(view, &ADMIT, decision, &NO_ADMISSION);
    let told = first_free(view, if admitting { &ADMITTED } else { &ADMIT }, zone_of_admission, &NO_ADMISSION);
    let kind = if decided.is_some() && !category.is_hospital() { "hospitalization_decided" } else { "hospitalization" };
    add(kind, "", Level::High, "decision about hospital care or a higher level of it", decided.or(told));
    add(
        "resuscitation_status",
        "",
        Level::High,
        "decision about resuscitation or de-escalation",
        first_free(view, &COMFORT, decision, &NEVER),
    );
    add(
        "parenteral_controlled_substance",
        "",
        Level::High,
        "controlled substance given by injection or infusion",
        first_free(view, &PARENTERAL, anywhere, &NOT_GIVEN),
    );
    add(
        "emergency_intervention",
        "",
        Level::High,
        "emergency surgery or intervention decided",
        first_free(view, &EMERGENT, decision, &NO_SURGERY),
    );
    add(
        "critical_treatment",
        "",
        Level::High,
        "treatment under close monitoring: pressors, ventilation, transfusion, titrated infusion",
        first_free(view, &CRITICAL_DRUG, |z: Zone| if acute { anywhere(z) } else { decision(z) }, &NOT_GIVEN),
    );
    add(
        "treatment_by_vein",
        "",
        Level::Moderate,
        "drug treatment by vein",
        first_free(view, &BY_VEIN, |z: Zone| if acute { anywhere(z) } else { decision(z) }, &NOT_GIVEN),
    );
    add(
        "chemotherapy",
        "",
        Level::High,
        "cytotoxic, radiation or immunosuppressive treatment, followed for toxicity",
        first_free(view, &CHEMOTHERAPY, decision, &NO_SURGERY),
    );
    let factors = first_free(view, &RISK_FACTOR, decision, &NO_RISK_FACTOR).is_some();
    let major = first_free(view, &SURGERY, decision, &NO_SURGERY);
    if major.is_some() && factors {
        add("major_surgery_with_risk_factors", "", Level::High, "decision about major surgery with stated risk factors", major);
    } else {
        add("major_surgery", "", Level::Moderate, "decision about elective major surgery, no risk factor stated", major);
    }
    let weighed = |i: usize| view.clauses.get(i + 1).is_some_and(|c| RISKS_TOLD.is_match(view.words(c.span)));
    let decided = |(i, c): &(usize, &Clause)| c.zone == Zone::Plan || (c.zone.is_decision() && weighed(*i));
    let planned = view.clauses.iter().enumerate().filter(decided).find_map(|(i, c)| {
        let m = OPERATION_FIRST.find(view.words(c.span)).filter(|_| !NO_SURGERY.is_match(view.words(c.span)))?;
        Some((i, Span::new(c.span.start + m.start(), c.span.start + m.end())))
    });
    if major.is_none() {
        add("major_surgery", "", Level::Moderate, "operation planned", planned);
    }
    let minor = first_free(view, &MINOR_SURGERY, decision, &NO_SURGERY);
    if factors {
        add(
            "minor_surgery_with_risk_factors",
            "",
            Level::Moderate,
            "decision about minor surgery with stated risk factors",
            minor,
        );
    } else {
        add("minor_surgery", "", Level::Low, "decision about minor surgery, no risk factor stated", minor);
    }
    add(
        "social_determinants",
        "",
        Level::Moderate,
        "social circumstances that limit diagnosis or treatment",
        view.first(&SOCIAL, |z| z != Zone::Background),
    );
    if risk.count("prescription_drug_management") == 0 {
        let hit = first_free(view, &GENERIC, decision, &NO_DRUG);
        let mut add = |kind: &str, level, reason: &str, hit: Option<(usize, Span)>| {
            if let Some((i, span)) = hit {
                risk.elements.push(element(kind, view.words(span), level, reason, view, i));
            }
        };
        add("prescription_drug_management", Level::Moderate, "drug treatment decided, drug not named", hit);
    }
    if let Some((i, span)) = first_free(view, &IMAGING_ORDERED, decision, &NOT_GIVEN) {
        risk.elements.push(element("imaging_ordered", view.words(span), Level::Low, "sectional imaging ordered", view, i));
    }
    if let Some((i, span)) = view.first(&SUPPORTIVE, decision) {
        risk.elements.push(element("supportive", view.words(span), Level::Low, "treatment of low risk", view, i));
    }
    risk
}

/// The first match that the sentence holds as decided (or weighed with the patient), free of a spoiling word.
fn first_free(view: &View, wanted: &Regex, zone: impl Fn(Zone) -> bool, spoiler: &Regex) -> Option<(usize, Span)> {
    view.matches(wanted, zone).find(|(i, span)| {
        view.clauses.get(*i).is_some_and(|c| {
            let words = view.words(c.span);
            let (start, end) = (span.start - c.span.start, span.end - c.span.start);
            let (from, to) = segment(words, start, end);
            !spoiler.is_match(words.get(from..to).unwrap_or("")) && modality::of(words, start, end, view.neighbours(*i)).counts()
        })
    })
}

fn element(kind: &str, name: &str, level: Level, reason: &str, view: &View, clause: usize) -> Element {
    Element {
        kind: kind.to_owned(),
        name: name.trim().to_owned(),
        status: None,
        level: Some(level),
        counted: true,
        reason: reason.to_owned(),
        evidence: vec![view.quote(clause)],
    }
}

/// A note of fewer bytes and without headings is read as a whole for what it decides.
const TERSE: usize = 700;

fn drugs(view: &View, risk: &mut Risk, acute: bool, terse: bool) {
    let table = Drugs::embedded();
    let mut named: Vec<&'static str> = Vec::new();
    for (i, clause) in view.clauses.iter().enumerate() {
        let words = view.words(clause.span);
        let story = matches!(clause.zone, Zone::Story | Zone::Results | Zone::Exam | Zone::Frame);
        let told = story && !ACTED.is_match(words);
        if clause.zone == Zone::Background || (told && !terse) {
            continue;
        }
        for hit in table.find(words) {
            let drug = hit.drug;
            if named.contains(&drug.name) || incidental(drug) {
                continue;
            }
            let name = words.get(hit.start..hit.end).unwrap_or(drug.name);
            // Caustics and hemostats are put on in a procedure; nobody takes them home.
            if PUT_ON.is_match(name) {
                continue;
            }
            let (from, to) = segment(words, hit.start, hit.end);
            let near = around(words, hit.start, hit.end, 70);
            let held = modality::of(words, hit.start, hit.end, view.neighbours(i));
            let part = words.get(from..to).unwrap_or(near);
            if !held.counts() || (INJECTED.is_match(near) && drug.class.contains("corticosteroid")) {
                continue;
            }
            let after = words.get(hit.end..to).unwrap_or("");
            if told {
                let before = words.get(from..hit.start).unwrap_or("");
                let ordered = ORDER_BEFORE.is_match(before) || ORDER_AFTER.is_match(after);
                if HOME_DRUG.is_match(before) {
                    continue;
                }
                // Named without an order: the words of a short note decide (`short.rs`).
                if !(ordered || acute) {
                    let may_count = drug.prescription && !OVER_THE_COUNTER.contains(&name) && !MEASURED.is_match(after);
                    let known = risk.elements.iter().any(|e| e.name == name);
                    if may_count && !known && !OTHERS_DRUG.is_match(part) {
                        let reason = "not counted: named without an order or a plan";
                        let e = element("prescription_drug_management", name, Level::Moderate, reason, view, i);
                        risk.elements.push(Element { counted: false, ..e });
                    }
                    continue;
                }
            }
            if OTHERS_DRUG.is_match(part) {
                continue;
            }
            // "Testosterone level", "lithium 0.8 mEq/L": a test, not a treatment.
            if MEASURED.is_match(after) {
                continue;
            }
            let shelf = SHELF_BEFORE.is_match(words.get(from..hit.start).unwrap_or("")) || SHELF_AFTER.is_match(after);
            let prescribed = PRESCRIPTION_STRENGTH.is_match(part) && !shelf;
            let counter = shelf || !drug.prescription || OVER_THE_COUNTER.contains(&name);
            named.push(drug.name);
            if counter && !prescribed {
                risk.elements.push(element("over_the_counter_drug", name, Level::Low, "over-the-counter drug", view, i));
                continue;
            }
            let mut e = element(
                "prescription_drug_management",
                name,
                Level::Moderate,
                "prescription drug started, changed, stopped or continued for a problem addressed",
                view,
                i,
            );
            if held == Modality::Weighed {
                e.reason = "prescription drug weighed with the patient and not chosen".to_owned();
            } else if !(MANAGE.is_match(near) || DOSE.is_match(near)) {
                e.reason = "prescription drug in the plan".to_owned();
            }
            let monitored = drug.monitoring.is_some_and(|m| !m.contains("caveat")) && monitored(view, i);
            risk.elements.push(e);
            if monitored {
                let what = drug.monitoring.unwrap_or_default();
                let reason = format!("therapy with intensive monitoring for toxicity ({what})");
                risk.elements.push(element("toxicity_monitoring", name, Level::High, &reason, view, i));
            }
        }
    }
}

/// The sentence or its neighbours speak of monitoring.
fn monitored(view: &View, clause: usize) -> bool {
    (clause.saturating_sub(1)..=clause + 1).filter_map(|k| view.clauses.get(k)).any(|c| MONITOR.is_match(view.words(c.span)))
}

#[cfg(test)]
mod tests {
    use super::super::view::tests::document;
    use super::*;
    use crate::document::SectionKind as S;

    fn level(plan: &str) -> Level {
        find(&View::new(&document(&[(S::Plan, plan)])), Category::OfficeEstablished, false).level()
    }

    #[test]
    fn tiers() {
        assert_eq!(level("Increase lisinopril to 20 mg daily."), Level::Moderate);
        assert_eq!(level("Rest and ice. Tylenol as needed."), Level::Low);
        assert_eq!(level("Nothing further."), Level::Minimal);
        assert_eq!(level("She will be admitted to the hospital."), Level::High);
        assert_eq!(level("Continue methotrexate 15 mg weekly, monitor CBC and liver enzymes every 8 weeks."), Level::High);
        assert_eq!(
            level("He is at increased risk given his heart failure.\nWe discussed hip replacement and he wishes to proceed."),
            Level::High
        );
    }

    #[test]
    fn terse_notes_order_in_their_story() {
        let told = |text: &str| {
            let d = document(&[(S::Other, text)]);
            find(&View::new(&d), Category::OfficeEstablished, false).count("prescription_drug_management")
        };
        assert_eq!(told("Migraine, exam nonfocal.\nStart topiramate 25 qhs, rizatriptan prn.\nDiary.\nBack in a month."), 2);
        assert_eq!(told("BP up, lisinopril 10->20.\nFeels well.\nRecheck in a month.\nCall with questions."), 1);
        assert_eq!(told("Cough for a week, on lisinopril.\nLungs clear.\nRest.\nFluids."), 0);
    }

    #[test]
    fn medication_lists_are_no_management() {
        let d = document(&[(S::Medications, "Lisinopril 10 mg daily."), (S::Plan, "Nothing further.")]);
        assert_eq!(find(&View::new(&d), Category::OfficeEstablished, false).level(), Level::Minimal);
    }
}
