//! Visits in the global period of an earlier operation: part of its payment (99024), or unrelated to it (24).
use std::sync::LazyLock;

use regex::Regex;

use super::category_cues::{OTHER_TEAM, POSTOPERATIVE_DAY, WEEKS_AFTER};
use super::dates;
use super::input::Input;
use super::view::{View, Zone, pattern};
use crate::document::Evidence;
use crate::note::PriorProcedure;

/// How a visit stands to the operation whose global period still runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Relation {
    /// Recovery from it: no charge.
    Related(Evidence),
    /// The note says so, or has no word of the operation.
    Unrelated,
    /// The note speaks of the operation and of something else.
    Unclear,
}

static UNRELATED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:unrelated to|not related to|nothing to do with|separate from|independent of)\b[^.;]{0,50}\b(?:surg\w+|operation|procedure|repair|replacement|recent|\w+(?:ectomy|plasty|otomy|scopy))",
    )
});
/// The visit is for the operation.
static RECOVERY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:post-?op\w*|post-?surg\w+|status post|s/p|suture removal|staple removal|wound check|incisions? (?:is|are|healing|clean|well)|surgical (?:site|wound|incision)",
        r"|(?:since|after|following|from|of) (?:his|her|the|my|our|your) (?:\w+ ){0,3}(?:surgery|operation|procedure|repair|replacement|excision|release|fusion|reduction|\w+(?:ectomy|plasty|otomy|scopy)))\b"
    ))
});

/// A prior procedure of the same provider whose global period covers the date of service.
pub fn running<'a>(input: &'a Input) -> Option<&'a PriorProcedure> {
    input.context.prior_procedures.iter().find(|p| {
        let days = match (input.global_days)(&p.code).as_deref() {
            Some("010") => 10,
            Some("090") => 90,
            _ => return false,
        };
        let same = match (&p.provider_npi, &input.context.provider.npi) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        };
        let end = p.date.checked_add(jiff::Span::new().days(days)).unwrap_or(p.date);
        same && p.date < input.context.date_of_service && input.context.date_of_service <= end
    })
}

/// Whether the visit is recovery from an operation: the story opens with it, or the assessment speaks of it, or aftercare
/// is what was coded.
pub fn relation(view: &View, input: &Input) -> Relation {
    if view.first(&UNRELATED, |_| true).is_some() {
        return Relation::Unrelated;
    }
    let aftercare = |code: &str| code.starts_with("Z48") || code.starts_with("Z47") || code.starts_with("Z09");
    let coded = input.diagnoses.iter().find(|d| aftercare(&d.code)).and_then(|d| d.evidence.first().cloned());
    let said = view.first(&RECOVERY, |z| matches!(z, Zone::Story | Zone::Frame | Zone::Assessment | Zone::Plan));
    match (coded, said) {
        (Some(evidence), _) => Relation::Related(evidence),
        (None, Some((i, _))) => {
            let opens = view.clauses.get(i).is_some_and(|c| c.zone == Zone::Frame || c.zone == Zone::Story);
            let first = input.diagnoses.first().and_then(|d| d.evidence.first());
            let about = first.and_then(|e| view.document.sentence_at(e.start)).and_then(|i| view.clauses.get(i));
            let assessed = about.is_none_or(|c| RECOVERY.is_match(view.words(c.span)) || healing(&input.diagnoses[0].code));
            if opens && assessed { Relation::Related(view.quote(i)) } else { Relation::Unclear }
        }
        (None, None) => Relation::Unrelated,
    }
}

/// A fracture or injury in routine healing.
fn healing(code: &str) -> bool {
    code.starts_with('S') && code.len() >= 7 && !matches!(code.as_bytes().last(), Some(b'A' | b'B' | b'C'))
}

/// More weeks after the operation than a global period lasts.
pub fn late_after_surgery(opening: &str) -> bool {
    WEEKS_AFTER.captures_iter(opening).any(|c| {
        let amount = c.get(1).and_then(|m| dates::number(m.as_str())).unwrap_or(0);
        match c.get(2).map(|m| m.as_str()) {
            Some("day") => amount > 90,
            Some("week") => amount > 12,
            Some("month") => amount > 3,
            _ => true,
        }
    })
}

/// The clause that counts the days since an operation, where who operated writes the note of the day.
pub fn surgeons_day(view: &View) -> Option<usize> {
    let opening: String = view.lower.trim_start().chars().take(OPENING_OF_A_DAY).collect();
    if !POSTOPERATIVE_DAY.is_match(&opening) || OTHER_TEAM.is_match(&opening) {
        return None;
    }
    view.first(&POSTOPERATIVE_DAY, |_| true).map(|(i, _)| i)
}

/// The clinician's own operation or cast of a stated day, where the note begins: "s/p closed reduction by me 4/13".
static OWN_WORK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:s/p|status post|after)\b[^.;\n]{0,70}\bby me\b[^.;\n]{0,12}\d{1,2}/\d{1,2}|\b(?:excised|removed|repaired|fixed|operated|pinned|reduced|out) (?:on )?\d{1,2}/\d{1,2}(?:/\d{2,4})?,? by me\b",
        r"|\b(?:replace(?:d|ment)|repair(?:ed)?|pinn(?:ed|ing)|reduc(?:ed|tion)|cast\w*|orif|crpp|tka|tha|\w+ectomy|\w+plasty|excis(?:ed|ion)|fusion|release|screws?|icd|pacemaker)\b[^.;\n]{0,20}\bby me (?:on )?\(?\d{1,2}/\d{1,2}\b"
    ))
});
/// What has no global period of its own.
static WITHOUT_PERIOD: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?:\w*scop\w+|cysto|urs|inject\w*|delivery|biops\w+|vasectomy)\b"));

/// "Two weeks after my laparoscopic hernia repair".
static AFTER_MY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:days?|weeks?|wks?|months?) (?:out )?(?:after|following|since|from|s/p|status post) my (?:[\w-]+ ){0,6}?(?:surgery|operation|repair|replacement|release|fusion|excision|reconstruction|\w+(?:ectomy|plasty|otomy))\b",
    )
});

/// The note begins with the clinician's own operation or fracture care of the last three months.
pub fn own_work(view: &View, today: jiff::civil::Date) -> bool {
    let opening: String = view.lower.trim_start().chars().take(OPENING_OF_A_DAY).collect();
    let recent = |words: &str| dates::days_since(words, today).is_some_and(|days| (1..=90).contains(&days));
    let dated = |m: regex::Match<'_>| !WITHOUT_PERIOD.is_match(m.as_str()) && recent(m.as_str());
    OWN_WORK.find_iter(&opening).any(dated) || (AFTER_MY.is_match(&opening) && !late_after_surgery(&opening))
}

/// Characters of a daily note that say whose it is.
const OPENING_OF_A_DAY: usize = 300;

#[cfg(test)]
mod tests {
    use super::super::view::tests::document;
    use super::*;
    use crate::document::SectionKind as S;

    #[test]
    fn ones_own_operation_of_the_last_months() {
        let day = jiff::civil::date(2026, 5, 4);
        let own = |text: &str| own_work(&View::new(&document(&[(S::HistoryOfPresentIllness, text)])), day);
        assert!(own("Seen two weeks after my laparoscopic right inguinal hernia repair of 4/20/26."));
        assert!(own("SR L forearm, SCC out 4/24 by me, margins clear."));
        assert!(own("3 wks s/p closed reduction and casting by me (4/13/26) of the left wrist."));
        assert!(!own("Concussion recheck, injury 4/21, seen by me 4/23."));
        assert!(!own("Stent pull 10 d after URS by me 4/24."));
        assert!(!own("Seen 14 months after my hip replacement."));
        assert!(!own("Two weeks after hernia repair by Dr. Alder."));
    }

    #[test]
    fn a_day_after_the_operation_is_the_surgeons_or_anothers() {
        let own = |text: &str| surgeons_day(&View::new(&document(&[(S::HistoryOfPresentIllness, text)]))).is_some();
        assert!(own("POD 2 after cannulated screws by me. Pain controlled."));
        assert!(own("Third postoperative day. Drain out, diet advanced."));
        assert!(!own("Hospitalist note, POD 2 after hip screws. BP high overnight."));
        assert!(!own("POD 0, no surgery. Hemoglobin stable overnight."));
    }
}
