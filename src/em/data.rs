//! Amount and complexity of data: unique tests, external notes, historian, interpretation, discussion.
use std::collections::BTreeMap;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};
use regex::Regex;

use super::modality::{self, Modality};
use super::result::{Element, Level};
use super::view::{View, Zone, around, pattern};
use crate::claim::Line;
use crate::document::Span;

/// A kind of test, as `codesets/em/tests.tsv` lists them.
struct Test {
    key: &'static str,
    report: bool,
    value: bool,
    billed: Vec<&'static str>,
    within: Vec<&'static str>,
}

struct Tests {
    rows: Vec<Test>,
    owner: Vec<usize>,
    names: AhoCorasick,
}

static TESTS: LazyLock<Tests> = LazyLock::new(|| {
    let (mut rows, mut owners) = (Vec::new(), BTreeMap::new());
    for line in include_str!("../../codesets/em/tests.tsv").lines().filter(|l| !l.starts_with('#')) {
        let fields: Vec<&'static str> = line.split('\t').collect();
        let [key, report, value, billed, within, names] = fields[..] else { continue };
        for name in names.split('|') {
            owners.entry(name).or_insert(rows.len());
        }
        let list = |field: &'static str| field.split('|').filter(|s| !s.is_empty()).collect();
        rows.push(Test { key, report: report == "1", value: value == "1", billed: list(billed), within: list(within) });
    }
    let names = AhoCorasickBuilder::new()
        .match_kind(MatchKind::LeftmostLongest)
        .build(owners.keys())
        .expect("the embedded test names fit one automaton");
    Tests { rows, owner: owners.into_values().collect(), names }
});

static TESTING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:level|levels|check|checked|order|ordered|obtain|draw|repeat|recheck|labs?|panel|serum|elevated|normal|low)\b|\d",
    )
});
static NOT_DONE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:no (?:recent|prior|previous|other)|not (?:been )?(?:done|obtained|performed|available|had)|never had|has not had|did not (?:have|get|do))\W*(?:\w+\W+){0,3}$",
    )
});
/// Measured by the patient.
static AT_HOME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:home (?:glucose|sugars?|readings?|monitor\w*|log)|meter|at home|(?:blood )?sugars? (?:run\w*|at home|log|are with|is with)|log shows)\b",
    )
});
/// Names that are also words or given names; they are tests only in capitals.
const UPPER_ONLY: &[&str] = &["pet", "ana", "alt", "tee", "asq", "abi", "rast", "lh", "pth", "ct", "ck", "us", "ast"];
static DOSE_AFTER: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^\W{0,3}(?:\w+ )?\d[\d,.]*\s?(?:mg|mcg|g|units?|iu|meq|ml|cc|tabs?|tablets?|capsules?)\b"));
static RELATIVE: &str = r"(?:mother|mom|father|dad|parents?|wife|husband|spouse|daughters?|sons?|grandmother|grandfather|guardian|caregiver|care giver|family members?|family|sister|brother|aunt|foster mother|caretaker|girlfriend|boyfriend|ems|paramedics|(?:nursing |facility )?staff|nurses|aides?|staff at)";
static HISTORIAN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        concat!(
            r"\b(?:the |his |her |patient's |per |mom|dad)?\b(?:biological |step|foster )?{r},?(?: \w+){{0,2}}? (?:also )?(?:states?|stated|reports?|reported|says?|said|notes|noted|denies|denied|describes|described|tells|told|relates|related|thinks|feels|believes|informs|informed|gives|gave|provides?|provided|did all the talking|mentions|mentioned|has noticed|noticed|confirms|was able to answer)\b",
            r"|\b(?:history|information|hpi)\b[^.]{{0,40}}\b(?:obtained|provided|given|taken|comes?|is|was|per|supplied|gathered|gleaned)\b[^.]{{0,40}}\b{r}\b",
            r"|\b(?:according to|as per|per|from) (?:the |his |her |patient's |their )?{r}\b"
        ),
        r = RELATIVE
    ))
});
/// Who came with a small child.
static COMPANION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:with|by|brought in by|accompanied by|here with) (?:his|her|the|both|their) (?:\w+ )?(?:mother|mom|father|dad|parents?|grandmother|grandfather|guardian|foster (?:mother|parents?))\b|\b(?:mother|mom|father|dad|parents?)\b[^.]{0,20}\b(?:has|have) (?:no|noticed|concerns?)",
    )
});
static PATIENT_ABOUT_RELATIVE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:family history|(?:gave|gives|provided) (?:verbal |written )?consent|consent from|told (?:his|her) (?:wife|husband|mother|family)|(?:mother|father|sister|brother|parents?) (?:had|has|died|with|is deceased|also has|both))\b",
    )
});
static EXTERNAL_NOTES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:review(?:ed|ing)?|obtain(?:ed)?|read|look(?:ed|ing) (?:at|over|through|back)|went (?:over|through)|research(?:ed|ing)|request(?:ed)?|per|according to|from|have|accompanied by|bring(?:s|ing)?|brought)\b[^.;]{0,60}?\b",
        r"(?:old|outside|previous|prior|past|hospital|medical|available|er|emergency room|emergency department|nursing home|transfer|extensive|his|her|the|accompanying|referring|admission)?\s*(?:records?|charts?|discharge summary|notes from|notes? of dr|letters? from|letter of|referral note|old notes|clinic notes?|consultation notes?|consult note|dictation)\b",
        r"|\b(?:records|chart|medical record|old chart|old records|outside records) (?:was|were|is|are|has been|have been) (?:also )?(?:reviewed|obtained|reviewed in detail)\b",
        r"|\breview of (?:the |his |her )?(?:available |old |previous |outside |medical |hospital )*(?:records?|chart|notes)\b|\bchart review\b|\brecords review\b"
    ))
});
static NOT_EXTERNAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:nursing notes?|nurse'?s? notes?|medication record|immunization record|vital signs|growth chart|eye chart|record(?:s|ed)? (?:the|any)|release of records|unavailable|not available|sign|my partner|same (?:\w+ ){0,2}(?:group|practice|clinic)|(?:no|nor) (?:old |outside |prior )?(?:records?|notes?)|work note|school note|(?:wrote|write|writing|signed|give[ns]?|gave) (?:a|an|the|him|her)? ?(?:\w+ )?(?:note|letter)|and this note|documenting|op note by me)\b",
    )
});
/// A colleague of the own group and specialty is no external source.
static PARTNER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:my|our) (?:own )?partner\b|\bsame (?:\w+ ){0,3}(?:group|practice)\b|\bmy (?:own )?(?:last|previous|prior) note\b",
    )
});
const READING: &str = r"(?:interpret(?:ed|ation)?|review(?:ed)?|view(?:ed)?|read|looked at|look at|evaluated|examined|over-?read|studied|inspected|went over|went through|saw|visuali[sz]ed)";
const PICTURE: &str = r"(?:films?|x-?rays?|radiographs?|images?|imaging|cts?|mris?|scans?|ekgs?|ecgs?|electrocardiograms?|tracings?|strips?|cxr|ultrasounds?|echocardiograms?|angiograms?|cds?|discs?|mammograms?|studies|slides?|smears?|tomograms?|myelogram)";
static INTERPRETATION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        concat!(
            r"\b(?:i|we) (?:have |had |also |did |was able to |were able to |then )*(?:personally |independently |myself )*{v}\b[^.;]{{0,60}}\b{p}\b",
            r"|\b(?:personally|independently) {v}\b|\b{v} (?:personally )?by (?:me|myself|us)\b|\bby my (?:read|reading|interpretation|review|view)\b|\bmy (?:own )?(?:read|reading|interpretation|independent|personal|impression of the {p})\b",
            r"|\bas (?:read|interpreted|reviewed) by (?:me|myself)\b|\bindependent(?:ly)? (?:review(?:ed)?(?: and interpret\w+)?|interpret\w+)\b|\b{p}\b[^.;]{{0,40}}\b(?:was|were|is|are) (?:personally |independently )?(?:reviewed|viewed) (?:today|by me|personally|with the patient|in (?:the )?(?:office|clinic))\b",
            r"|\b(?:i|we) (?:read|interpreted|looked at|reviewed) (?:it|them|this) (?:myself|personally|ourselves)\b|\b(?:i|we) looked at [^.;]{{0,40}}\bmyself\b|\bread by (?:me|myself)\b|\b{p} (?:are|were) reviewed\b|\bi interpret\b|\breview of (?:the |his |her )?(?:\w+ ){{0,4}}(?:films|x-?rays|images|mri films|tracings?)\b"
        ),
        v = READING,
        p = PICTURE
    ))
});
static OWN_EYES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:personally|myself|(?:read|reviewed|interpreted|viewed) by me|my (?:own )?(?:read|reading|review|interpretation|view))\b",
    )
});
static REPORT_ONLY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:did not (?:see|view|look)|not seen by me|reports?|per radiology|by radiology|radiologist|reported|was read as|read by)\b",
    )
});
/// Whom one speaks with about management: professionals outside the own practice, never family.
const PROFESSIONAL: &str = concat!(
    r"(?:(?:the|his|her|on-?call|on call|patient's|a|an|our|your|pediatric|covering|primary|outside|both|their|local) )*",
    r"(?:[^.;:]{0,40}?\b)?(?:dr\b|doctor|electrophysiolog|\w+ologist|specialist|surgeon|teacher|counselor|pharmacist|primary care|pcp\b|cardiolog|surgeon|surgery\b|surgical (?:team|service)|neurolog|neurosurg|radiolog|patholog|hospitalist|infectious disease|oncolog|nephrolog|pulmonolog|gastroenterolog|gi (?:service|on)|urolog|orthop|psychiatr|pediatrician|intensivist|emergency (?:room|department) (?:physician|doctor|attending)|er (?:physician|doctor)|referring|attending|admitting|consultant|poison control|social work|case manage|pharmac|school|teacher|nursing home|transferring|accepting|ob\b|obstetric|gynecolog|internist|family physician|medicine service|cardiothoracic|trauma (?:team|service|surg)|anesthesi|hematolog|transplant|icu (?:team|attending|physician)|plastic|ent\b|otolaryng|physician)"
);
static DISCUSSION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        concat!(
            r"\b(?:spoke|spoken|speak|talk|talked|discuss(?:ed|ing|ions?)?|conferred|consulted|conversations?|communicat\w+|reviewed|in consultation|touch(?:ed)? base)\b[^.;]{{0,60}}?\b(?:with|to) {p}",
            r"|\b(?:called|contacted|consulted|paged|phoned|telephoned|notified) (?:and \w+ )?(?:with |to )?{p}",
            r"|\b(?:dr\.? \w+|cardiology|neurosurgery|surgery|orthopedics|poison control|neurology|hospitalist)(?: \w+){{0,3}} (?:was|were|has been|have been) (?:contacted|called|consulted|notified|apprised|informed|paged)\b",
            r"|\breceived a call (?:back )?from dr\b|\b(?:surgeon|dr\.?|hospitalist|cardiologist|neurologist)\b[^.;:]{{0,40}}\b(?:spoken to|took report|accepts|accepted|agreed|concurs)\b|\bcase (?:was )?discussed with\b"
        ),
        p = PROFESSIONAL
    ))
});
/// A plan to speak, or the patient's own talks.
static NO_DISCUSSION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:(?:will|to|should|would|can|may|plan(?:s|ning)? to|going to|needs? to) (?:also )?(?:discuss|talk|speak|call|contact|consult|review)|(?:he|she|patient|mother|mom|family|parents|they|wife|husband) (?:has |had |have )?(?:spoke|spoken|talked|called|contacted|consulted|discussed)|discuss(?:ed)? (?:\w+ )?(?:with (?:the )?(?:patient|family))|my partner|our partner|same (?:\w+ ){0,2}(?:group|practice|clinic)|colleague in (?:our|my)|by text)\b",
    )
});

/// What the note shows of data, with the counts that leveling uses.
#[derive(Default)]
pub struct Data {
    /// Everything found, counted or not.
    pub elements: Vec<Element>,
    /// Unique tests that count.
    pub tests: usize,
    /// Of these, those named in results, course, assessment or plan (not only in the story).
    pub current_tests: usize,
    /// External notes by unique source (at most 2 are told apart).
    pub notes: usize,
    /// Independent historian.
    pub historian: bool,
    /// Independent interpretation.
    pub interpretation: bool,
    /// Discussion of management with an external professional.
    pub discussion: bool,
}

impl Data {
    /// The same without tests that only the story tells.
    pub fn current(&self) -> Data {
        Data {
            elements: Vec::new(),
            tests: self.current_tests,
            current_tests: self.current_tests,
            notes: self.notes,
            historian: self.historian,
            interpretation: self.interpretation,
            discussion: self.discussion,
        }
    }

    /// Level by the data column: limited 2 of category 1 or a historian; moderate 3 of category 1 (with historian), or an
    /// interpretation, or a discussion; extensive two of these three.
    pub fn level(&self) -> Level {
        let first = self.tests + self.notes;
        let with_historian = first + usize::from(self.historian);
        let categories = usize::from(with_historian >= 3) + usize::from(self.interpretation) + usize::from(self.discussion);
        match categories {
            2.. => Level::High,
            1 => Level::Moderate,
            _ if first >= 2 || self.historian => Level::Low,
            _ => Level::Minimal,
        }
    }
}

/// Finds the data elements of a note. `lines` are the other lines of the claim: a test whose interpretation is billed
/// there does not count. A small child's history is its companion's.
pub fn find(view: &View, lines: &[Line], age: Option<u16>) -> Data {
    let mut data = Data::default();
    tests(view, lines, &mut data);
    let useful = |z: Zone| z != Zone::Background && z != Zone::Frame;
    if let Some((i, span)) = view
        .matches(&HISTORIAN, |z| matches!(z, Zone::Story | Zone::Course | Zone::Assessment | Zone::Plan))
        .find(|(i, _)| view.clauses.get(*i).is_some_and(|c| !PATIENT_ABOUT_RELATIVE.is_match(view.words(c.span))))
        .or_else(|| age.filter(|a| *a <= 6).and_then(|_| view.first(&COMPANION, |z| matches!(z, Zone::Story | Zone::Frame))))
    {
        data.historian = true;
        data.elements.push(element(
            "independent_historian",
            view.words(span),
            "history from someone other than the patient",
            view,
            i,
        ));
    }
    let notes: Vec<usize> = view
        .matches(&EXTERNAL_NOTES, useful)
        .filter(|(i, _)| {
            view.clauses.get(*i).is_some_and(|c| !NOT_EXTERNAL.is_match(view.words(c.span)))
                && !PARTNER.is_match(view.neighbours(*i))
        })
        .map(|(i, _)| i)
        .collect();
    if let Some(&i) = notes.first() {
        data.notes = 1;
        data.elements.push(element(
            "external_notes",
            "external notes",
            "notes of another source reviewed; one source counts once",
            view,
            i,
        ));
    }
    let billed = |clause: usize| {
        let words = view.clauses.get(clause).map_or("", |c| view.words(c.span));
        tests_named(words).iter().any(|t| t.report && t.billed.iter().any(|p| lines.iter().any(|l| l.code.starts_with(p))))
    };
    if let Some((i, _)) = view.matches(&INTERPRETATION, |z| z != Zone::Background).find(|(i, _)| {
        !billed(*i)
            && (!REPORT_ONLY.is_match(view.clauses.get(*i).map_or("", |c| view.words(c.span)))
                || OWN_EYES.is_match(view.clauses.get(*i).map_or("", |c| view.words(c.span))))
    }) {
        data.interpretation = true;
        data.elements.push(element(
            "independent_interpretation",
            "independent interpretation",
            "own reading of a test for which a report is customary",
            view,
            i,
        ));
    }
    if let Some((i, span)) = view.matches(&DISCUSSION, |z| z != Zone::Background).find(|(i, _)| {
        view.clauses.get(*i).is_some_and(|c| !NO_DISCUSSION.is_match(view.words(c.span)))
            && !PARTNER.is_match(view.neighbours(*i))
    }) {
        data.discussion = true;
        data.elements.push(element(
            "discussion",
            view.words(span),
            "management discussed with an external professional",
            view,
            i,
        ));
    }
    data
}

fn element(kind: &str, name: &str, reason: &str, view: &View, clause: usize) -> Element {
    Element {
        kind: kind.to_owned(),
        name: name.trim().to_owned(),
        status: None,
        level: None,
        counted: true,
        reason: reason.to_owned(),
        evidence: vec![view.quote(clause)],
    }
}

/// The note writes the name in capitals (or the whole sentence is in one case, which says nothing).
fn upper(view: &View, clause: Span, at: std::ops::Range<usize>) -> bool {
    let text = |from: usize, to: usize| view.document.text.get(from..to).unwrap_or("");
    let name = text(clause.start + at.start, clause.start + at.end);
    name.chars().all(|c| !c.is_ascii_lowercase()) || name.eq_ignore_ascii_case("ct") || name.eq_ignore_ascii_case("tee")
}

fn tests_named(words: &str) -> Vec<&'static Test> {
    let bytes = words.as_bytes();
    let word = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
    TESTS
        .names
        .find_iter(words)
        .filter(|m| !word(m.start().checked_sub(1).and_then(|i| bytes.get(i))) && !word(bytes.get(m.end())))
        .filter_map(|m| TESTS.rows.get(*TESTS.owner.get(m.pattern().as_usize())?))
        .collect()
}

fn tests(view: &View, lines: &[Line], data: &mut Data) {
    // By key: the first place that shows it, and whether it stands where results are read or orders given.
    let mut seen: BTreeMap<&'static str, (usize, Span, bool, &'static Test)> = BTreeMap::new();
    for (i, clause) in view.clauses.iter().enumerate() {
        if matches!(clause.zone, Zone::Background | Zone::Frame) {
            continue;
        }
        let words = view.words(clause.span);
        let bytes = words.as_bytes();
        let word = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
        for m in TESTS.names.find_iter(words) {
            if word(m.start().checked_sub(1).and_then(|k| bytes.get(k))) || word(bytes.get(m.end())) {
                continue;
            }
            let Some(test) = TESTS.owner.get(m.pattern().as_usize()).and_then(|&r| TESTS.rows.get(r)) else { continue };
            let before = words.get(..m.start()).unwrap_or("");
            let after = words.get(m.end()..).unwrap_or("");
            if test.value
                && !(clause.zone == Zone::Results
                    || TESTING.is_match(&format!(
                        "{}{}",
                        around(before, before.len(), before.len(), 24),
                        around(after, 0, 0, 14)
                    )))
            {
                continue;
            }
            // A bare mention in the examination is a finding unless a tracing or film is read there.
            if clause.zone == Zone::Exam && !test.report && !after.contains(|c: char| c.is_ascii_digit()) {
                continue;
            }
            if NOT_DONE.is_match(around(before, before.len(), before.len(), 120))
                || AT_HOME.is_match(around(words, m.start(), m.end(), 40))
            {
                continue;
            }
            if words.get(m.start()..m.end()) == Some("ct") && before.ends_with('/') {
                continue;
            }
            if UPPER_ONLY.contains(&words.get(m.start()..m.end()).unwrap_or("")) && !upper(view, clause.span, m.start()..m.end())
            {
                continue;
            }
            // A dose, not a result: "testosterone 140 mg", "vitamin d 2000 units".
            if test.value && DOSE_AFTER.find(after).is_some_and(|d| !after.get(d.end()..).is_some_and(|r| r.starts_with('/'))) {
                continue;
            }
            let held = modality::of(words, m.start(), m.end(), view.neighbours(i));
            if !(held.counts() || (clause.zone == Zone::Results && held != Modality::Negated)) {
                continue;
            }
            let current = clause.zone != Zone::Story;
            let span = Span::new(clause.span.start + m.start(), clause.span.start + m.end());
            let entry = seen.entry(test.key).or_insert((i, span, current, test));
            if current && !entry.2 {
                *entry = (i, span, true, test);
            }
        }
    }
    // A heading that names a test: "ELECTROCARDIOGRAM: sinus rhythm".
    for section in view.document.sections.iter().filter(|s| !s.body.is_empty()) {
        let Some(heading) = section.heading.filter(|h| h.len() < 60) else { continue };
        let words = view.words(heading);
        for m in
            TESTS.names.find_iter(words).filter(|m| m.start() == 0 || m.end() == words.trim_end_matches([':', ' ', '.']).len())
        {
            let Some(test) = TESTS.owner.get(m.pattern().as_usize()).and_then(|&r| TESTS.rows.get(r)) else { continue };
            let inside = words.as_bytes().get(m.end()).is_some_and(u8::is_ascii_alphanumeric);
            if test.report && !inside {
                let span = Span::new(heading.start + m.start(), heading.start + m.end());
                seen.entry(test.key).or_insert((0, span, true, test));
            }
        }
    }
    // Parts of a panel that is named too, and general words beside what they stand for.
    let keys: Vec<&'static str> = seen.keys().copied().collect();
    let laboratory = seen.values().any(|v| !v.3.report && !v.3.within.contains(&"*laboratory"));
    seen.retain(|_, v| {
        let inside = v.3.within.iter().any(|w| if *w == "*laboratory" { laboratory } else { keys.contains(w) });
        !inside
    });
    if seen.contains_key("chest radiograph") && !view.lower.contains("x-rays of") {
        seen.remove("radiograph");
    }
    for (key, (_, span, current, test)) in seen {
        let billed = lines.iter().find(|l| test.billed.iter().any(|p| l.code.starts_with(p)));
        let counted = billed.is_none();
        if counted {
            data.tests += 1;
            data.current_tests += usize::from(current);
        }
        data.elements.push(Element {
            kind: "unique_test".to_owned(),
            name: key.to_owned(),
            status: None,
            level: None,
            counted,
            reason: match billed {
                Some(line) => format!("not counted: its interpretation is billed on this claim ({})", line.code),
                None => "ordered or reviewed; counts once".to_owned(),
            },
            evidence: vec![view.evidence(span)],
        });
    }
}

#[cfg(test)]
mod tests_of_data {
    use super::super::view::tests::document;
    use super::*;
    use crate::document::SectionKind as S;

    #[test]
    fn a_panel_and_its_parts_count_once() {
        let d = document(&[(S::Results, "CBC normal, hemoglobin 12, WBC 9.\nTSH pending."), (S::Plan, "Check TSH.")]);
        let data = find(&View::new(&d), &[], None);
        assert_eq!(data.tests, 2);
        assert_eq!(data.level(), Level::Low);
    }

    #[test]
    fn a_test_whose_reading_is_billed_does_not_count() {
        let d = document(&[(S::Results, "EKG interpreted by me: sinus rhythm.")]);
        let ecg = Line { code: "93000".into(), ..Line::default() };
        let data = find(&View::new(&d), &[ecg], None);
        assert_eq!((data.tests, data.interpretation), (0, false));
        assert!(find(&View::new(&d), &[], None).interpretation);
    }

    #[test]
    fn interpretation_and_discussion_make_it_extensive() {
        let d = document(&[(
            S::Plan,
            "I personally reviewed the chest x-ray, which shows no infiltrate.\nI discussed the case with Dr. Alder of cardiology.",
        )]);
        assert_eq!(find(&View::new(&d), &[], None).level(), Level::High);
    }
}
