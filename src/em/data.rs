//! Amount and complexity of data: unique tests, external notes, historian, interpretation, discussion.
use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::data_cues::*;
use super::modality::{self, Modality};
use super::result::{Element, Level};
use super::view::{View, Zone, around, pattern};
use crate::claim::Line;
use crate::document::Span;
use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};
use regex::Regex;

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

/// "CTA" that says "clear to auscultation" and not a picture of vessels.
static CLEAR_LUNGS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:lungs?|resp\w*|pulm\w*|chest|breath sounds|bs)\b[^.;]{0,20}\bcta\b|\bcta\s*(?:b\b|bilat|without wheez|no wheez|throughout)",
    )
});

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
            if words.get(m.start()..m.end()) == Some("cta") && CLEAR_LUNGS.is_match(words) {
                continue;
            }
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
    fn clear_lungs_are_no_picture() {
        let d = document(&[(S::PhysicalExam, "Lungs CTA.\nChest: CTA bilaterally."), (S::Plan, "CTA head and neck ordered.")]);
        assert_eq!(find(&View::new(&d), &[], None).tests, 1);
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
