//! A document as leveling reads it: lower-cased text with the same offsets, and for every sentence the part of the
//! note it belongs to (what the patient tells, background, examination, results, or what was thought and done).
use std::sync::LazyLock;

use regex::Regex;

use super::line_heads;
use crate::claim::Diagnosis;
use crate::document::{Document, Evidence, SectionKind, Span};

/// What a sentence is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Zone {
    /// Administrative lines, signature.
    Frame,
    /// Complaint and history of the present illness.
    Story,
    /// Past, family and social history, lists of medications and allergies, review of systems.
    Background,
    /// Vital signs and examination.
    Exam,
    /// Laboratory, imaging, tracings.
    Results,
    /// Hospital or emergency course.
    Course,
    /// Assessment: what is it?
    Assessment,
    /// Plan, instructions: what is done?
    Plan,
}

impl Zone {
    /// Assessment, plan or course: where problems are addressed.
    pub fn is_decision(self) -> bool {
        self >= Zone::Course
    }
}

/// A sentence with its zone.
#[derive(Clone, Copy, Debug)]
pub struct Clause {
    /// Where it stands.
    pub span: Span,
    /// What it is for.
    pub zone: Zone,
    /// Starts a list item.
    pub list_item: bool,
    /// Index of its section.
    pub section: usize,
}

/// The document with what leveling adds to it.
pub struct View<'a> {
    /// The document.
    pub document: &'a Document,
    /// ASCII lower case of the text: the same length, the same offsets.
    pub lower: String,
    /// Sentences in order.
    pub clauses: Vec<Clause>,
    /// The note has headed assessment or plan sections.
    pub has_decision: bool,
}

/// Heading words that place a section which the document reader left open.
fn zone_of_heading(heading: &str) -> Option<Zone> {
    const WORDS: &[(&str, Zone)] = &[
        ("decision making", Zone::Course),
        ("emergency department course", Zone::Course),
        ("course", Zone::Course),
        ("assessment", Zone::Assessment),
        ("impression", Zone::Assessment),
        ("diagnos", Zone::Assessment),
        ("conclusion", Zone::Assessment),
        ("problem #", Zone::Assessment),
        ("problem work", Zone::Plan),
        ("problem visit", Zone::Plan),
        ("problem portion", Zone::Plan),
        ("problem-oriented", Zone::Plan),
        ("separate", Zone::Plan),
        ("also addressed", Zone::Plan),
        ("plan", Zone::Plan),
        ("recommend", Zone::Plan),
        ("disposition", Zone::Plan),
        ("discussion", Zone::Plan),
        ("treatment", Zone::Plan),
        ("follow", Zone::Plan),
        ("instruction", Zone::Plan),
        ("order", Zone::Plan),
        ("workup", Zone::Results),
        ("lab", Zone::Results),
        ("x-ray", Zone::Results),
        ("xray", Zone::Results),
        ("ekg", Zone::Results),
        ("ecg", Zone::Results),
        ("imaging", Zone::Results),
        ("radiolog", Zone::Results),
        ("studies", Zone::Results),
        ("data", Zone::Results),
        ("history of present", Zone::Story),
        ("subjective", Zone::Story),
        ("history", Zone::Background),
        ("medication", Zone::Background),
        ("review of", Zone::Background),
        ("exam", Zone::Exam),
        ("objective", Zone::Exam),
        ("vital", Zone::Exam),
    ];
    WORDS.iter().find(|(w, _)| heading.contains(w)).map(|&(_, z)| z)
}

fn zone_of(kind: SectionKind, heading: &str) -> Zone {
    use SectionKind as S;
    match kind {
        S::ChiefComplaint | S::HistoryOfPresentIllness | S::Indications => Zone::Story,
        S::ProblemList | S::PastMedicalHistory | S::PastSurgicalHistory | S::FamilyHistory | S::SocialHistory => Zone::Background,
        S::ReviewOfSystems | S::Allergies => Zone::Background,
        // "Discharge medications" and "medications prescribed" are what was decided.
        S::Medications if heading.contains("discharge") || heading.contains("prescri") => Zone::Plan,
        S::Medications => Zone::Background,
        S::Vitals | S::PhysicalExam => Zone::Exam,
        S::Findings if heading.contains("comment") || heading.contains("discussion") => Zone::Plan,
        S::Results | S::Findings => Zone::Results,
        S::Assessment | S::PreoperativeDiagnosis | S::PostoperativeDiagnosis => Zone::Assessment,
        S::AssessmentAndPlan | S::Plan | S::Instructions => Zone::Plan,
        S::HospitalCourse | S::ProcedureDescription | S::ProcedurePerformed => Zone::Course,
        S::Header | S::Attestation => Zone::Frame,
        S::Anesthesia | S::OperativeDetails => Zone::Course,
        S::Other => zone_of_heading(heading).unwrap_or(Zone::Story),
    }
}

/// A sentence of an unheaded note that states findings: vital signs, or an organ with how it is.
static EXAM: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"^\W*(?:exam\b|o:|vs\b|on exam|physical exam)|\b(?:bp|t|temp|hr|rr|p|pulse|sats?|spo2|wt|weight|bmi|afebrile)\b:? ?\d|\b\d{2,3}/\d{2,3}\b",
        r"|\b(?:lungs?|chest|heart|abdomen|belly|neck|throat|skin|gait|reflex\w*|strength|sensation|sensory|turbinates|tms?|pupils|pulses|joints?|ankles?|feet|spine|nodes|murmur|thyroid|affect|fundi|eyes|ears|nose|bases|range|drawer|power)\b[^.;]{0,40}\b(?:clear|soft|normal|regular|supple|firm|fine|full|intact|dry|clean|even|steady|nontender|tender|none|present|equal|symmetric|palpable|pink|red|negative|positive|unremarkable|small|brisk)\b",
        r"|^\W*(?:no |mild |slight )?(?:tender\w*|swelling|crepitus|crackles|wheezes?|edema|effusion|rebound|rash|erythema|papules?|vesicles)\b"
    ))
});
/// A sentence of an unheaded note that states results.
static RESULT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\W*(?:labs?|outside|reviewed|results?|imaging|ct|mri|ecg|ekg|x-?rays?|films?|poc)\b[^.]{0,12}:|^\W*(?:labs?|cmp|bmp|cbc|a1c|ldl|tsh|outside)\b[^.;]{0,40}\b(?:reviewed|looked at|drawn|showed?|was|were|of)\b|\b(?:tsh|a1c|ldl|creatinine|hemoglobin|potassium|sodium|ferritin|troponin|lactate|wbc|platelets|uric acid|glucose)\b,? (?:was |is |of )?\d",
    )
});

/// A sentence that opens with what was thought: "Assess:", "Dx -", "=> bronchitis". Short notes head them so, in the line.
static ASSESSED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\W{0,3}(?:assess(?:ment)?|a/p|a\)|imp(?:ression)?|dx|diagnos[ei]s|opinion|my (?:view|opinion|impression))\s*(?:\d\s*)?(?:[:=]|[-–—]+\s)|^\s*(?:=+>|>>)",
    )
});

/// Index of the sentence with which assessment and plan begin in a note without headings for them: after the last
/// sentence of examination, no later than where what was diagnosed is last named, and not in the first third.
fn decision_start(document: &Document, lower: &str, clauses: &[Clause], diagnoses: &[Diagnosis]) -> usize {
    let total = clauses.len();
    let named = diagnoses
        .iter()
        .filter_map(|d| d.evidence.iter().filter(|e| e.document == document.id).map(|e| e.start).max())
        .filter_map(|at| document.sentence_at(at))
        .filter(|i| i * 4 >= total)
        .min();
    let words = |c: &Clause| lower.get(c.span.start..c.span.end).unwrap_or("");
    let last_exam = clauses.iter().rposition(|c| EXAM.is_match(words(c)) || RESULT.is_match(words(c)));
    let after = last_exam.map(|i| i + 1).filter(|i| i * 3 >= total && *i < total);
    let by_length = (total * 2).div_ceil(3);
    match (named, after) {
        (Some(n), Some(a)) if a < n => a.max(n.saturating_sub(2)),
        (Some(n), _) => n,
        (None, Some(a)) => a.min(by_length),
        (None, None) => by_length,
    }
}

impl<'a> View<'a> {
    /// Reads the zones of a document by its headings and the order of its sentences.
    pub fn new(document: &'a Document) -> View<'a> {
        View::with(document, &[])
    }

    /// Reads the zones of a document; where it has no headed assessment or plan, what was diagnosed helps to find them.
    pub fn with(document: &'a Document, diagnoses: &[Diagnosis]) -> View<'a> {
        let lower = document.text.to_ascii_lowercase();
        let mut decided = false;
        let zones: Vec<Zone> = document
            .sections
            .iter()
            .map(|s| {
                let heading = s.heading.map_or("", |h| lower.get(h.start..h.end).unwrap_or(""));
                let zone = zone_of(s.kind, heading);
                // A medication list that follows assessment, plan or course is what the patient leaves with.
                let zone = if s.kind == SectionKind::Medications && decided { Zone::Plan } else { zone };
                decided |= zone.is_decision();
                zone
            })
            .collect();
        let mut has_decision = zones.iter().zip(&document.sections).any(|(z, s)| *z >= Zone::Assessment && !s.body.is_empty());
        // "Meds: none" in the line heads that line; the next one goes on with the note.
        let beyond_its_line = |span: Span, section: usize| {
            let Some(section) = document.sections.get(section) else { return false };
            let Some(heading) = section.heading else { return false };
            let newline = |from: usize, to: usize| lower.get(from..to).is_some_and(|t| t.contains('\n'));
            !newline(heading.end, section.body.start) && newline(section.body.start, span.start)
        };
        // Headings in the line hold until the next one, within what the document's reader took for one section.
        let mut headed: Option<(Zone, usize)> = None;
        let heads: Vec<Option<Zone>> = document
            .sentences
            .iter()
            .map(|s| {
                let before = document.text.get(..s.span.start).unwrap_or("");
                let opens_line = before.trim_end_matches([' ', '\t']).ends_with('\n') || before.trim().is_empty();
                match line_heads::zone(s.span.of(&document.text)).filter(|_| opens_line) {
                    Some(zone) => headed = Some((zone, s.section)),
                    None => headed = headed.filter(|(_, section)| *section == s.section),
                }
                headed.map(|(zone, _)| zone)
            })
            .collect();
        has_decision |= heads.iter().flatten().any(|z| z.is_decision());
        let mut clauses: Vec<Clause> = document
            .sentences
            .iter()
            .zip(heads)
            .map(|(s, head)| {
                let mut zone = zones.get(s.section).copied().unwrap_or(Zone::Story);
                if let Some(head) = head.filter(|_| matches!(zone, Zone::Story | Zone::Frame | Zone::Background | Zone::Exam)) {
                    return Clause { span: s.span, zone: head, list_item: s.list_item, section: s.section };
                }
                // Prose before the first heading tells the story.
                let words = lower.get(s.span.start..s.span.end).unwrap_or("");
                if zone == Zone::Frame && words.split_whitespace().count() >= 6 && !words.contains(':') {
                    zone = Zone::Story;
                }
                if zone == Zone::Background && !has_decision && beyond_its_line(s.span, s.section) {
                    zone = Zone::Story;
                }
                if !zone.is_decision() && zone != Zone::Results && ASSESSED.is_match(words) {
                    zone = Zone::Assessment;
                }
                Clause { span: s.span, zone, list_item: s.list_item, section: s.section }
            })
            .collect();
        // A note without headed assessment or plan ends with them all the same.
        if !has_decision {
            let told = clauses.iter().position(|c| c.zone == Zone::Assessment).filter(|i| i * 4 >= clauses.len());
            let start = told.unwrap_or_else(|| decision_start(document, &lower, &clauses, diagnoses));
            for clause in clauses.iter_mut().skip(start) {
                if matches!(clause.zone, Zone::Story | Zone::Exam | Zone::Frame | Zone::Results) {
                    clause.zone = Zone::Plan;
                }
            }
            for clause in clauses.iter_mut().take(start).filter(|c| matches!(c.zone, Zone::Story | Zone::Frame)) {
                let words = lower.get(clause.span.start..clause.span.end).unwrap_or("");
                if RESULT.is_match(words) {
                    clause.zone = Zone::Results;
                } else if EXAM.is_match(words) {
                    clause.zone = Zone::Exam;
                }
            }
        }
        View { document, lower, clauses, has_decision }
    }

    /// The lower-cased words of a span.
    pub fn words(&self, span: Span) -> &str {
        self.lower.get(span.start..span.end).unwrap_or("")
    }

    /// The lower-cased heading of a section; empty where it has none.
    pub fn heading(&self, section: usize) -> &str {
        self.document.sections.get(section).and_then(|s| s.heading).map_or("", |h| self.words(h))
    }

    /// The words from the sentence before to the one after a clause (of its section).
    pub fn neighbours(&self, clause: usize) -> &str {
        let section = self.clauses.get(clause).map(|c| c.section);
        let at = |i: usize| self.clauses.get(i).filter(|c| Some(c.section) == section && c.span.len() < 400);
        let from = clause.checked_sub(1).and_then(at).or_else(|| at(clause)).map_or(0, |c| c.span.start);
        let to = at(clause + 1).or_else(|| at(clause)).map_or(0, |c| c.span.end);
        self.lower.get(from..to).unwrap_or("")
    }

    /// Evidence for a span.
    pub fn evidence(&self, span: Span) -> Evidence {
        self.document.evidence(span)
    }

    /// Every match of a pattern (written in lower case) in clauses whose zone passes, with the clause's index.
    /// A match is at most one sentence long.
    pub fn matches<'b>(
        &'b self,
        pattern: &'b Regex,
        zone: impl Fn(Zone) -> bool + 'b,
    ) -> impl Iterator<Item = (usize, Span)> + 'b {
        self.clauses.iter().enumerate().filter(move |(_, c)| zone(c.zone)).flat_map(move |(i, c)| {
            pattern.find_iter(self.words(c.span)).map(move |m| (i, Span::new(c.span.start + m.start(), c.span.start + m.end())))
        })
    }

    /// The first such match.
    pub fn first(&self, pattern: &Regex, zone: impl Fn(Zone) -> bool) -> Option<(usize, Span)> {
        self.clauses.iter().enumerate().filter(|(_, c)| zone(c.zone)).find_map(|(i, c)| {
            let m = pattern.find(self.words(c.span))?;
            Some((i, Span::new(c.span.start + m.start(), c.span.start + m.end())))
        })
    }

    /// The sentence around a span, cut to a quotable length.
    pub fn quote(&self, clause: usize) -> Evidence {
        let span = self.clauses.get(clause).map_or(Span::new(0, 0), |c| c.span);
        let mut end = span.end;
        if span.len() > 240 {
            end = span.start + 240;
            while !self.document.text.is_char_boundary(end) {
                end -= 1;
            }
        }
        self.evidence(Span::new(span.start, end))
    }
}

/// The words around a place of a sentence, at most `reach` bytes to either side: a sentence can be as long as the note.
pub fn around(words: &str, start: usize, end: usize, reach: usize) -> &str {
    let from = (start.saturating_sub(reach)..=start).find(|i| words.is_char_boundary(*i)).unwrap_or(start);
    let to = (end..=end.saturating_add(reach).min(words.len())).rev().find(|i| words.is_char_boundary(*i)).unwrap_or(end);
    words.get(from..to).unwrap_or("")
}

/// A pattern over lower-cased text; the literals of this module all compile, which its tests show. Its word characters,
/// digits and word boundaries are those of ASCII: with all of Unicode's it would take ten times as long to build.
pub fn pattern(source: &str) -> Regex {
    let ascii = [(r"\w", "[0-9a-z_]"), (r"\W", "[^0-9a-z_]"), (r"\d", "[0-9]"), (r"\b", r"(?-u:\b)")];
    let source = ascii.iter().fold(source.to_owned(), |s, (class, plain)| s.replace(class, plain));
    Regex::new(&source).expect("a pattern written in this module")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::document::{Section, Sentence};

    /// A document from headed parts, one sentence a line, for tests.
    pub(crate) fn document(parts: &[(SectionKind, &str)]) -> Document {
        let (mut text, mut sections, mut sentences) = (String::new(), Vec::new(), Vec::new());
        for (i, (kind, body)) in parts.iter().enumerate() {
            let start = text.len();
            for line in body.lines() {
                let at = text.len();
                text.push_str(line);
                let list_item = line.starts_with(|c: char| c.is_ascii_digit());
                sentences.push(Sentence { span: Span::new(at, text.len()), section: i, list_item, paragraph: i });
                text.push('\n');
            }
            sections.push(Section { kind: *kind, heading: None, body: Span::new(start, text.len()) });
        }
        Document { id: None, text: text.into(), sections, sentences }
    }

    #[test]
    fn assessments_open_in_the_line() {
        assert!(ASSESSED.is_match("dx - postural tachycardia"));
        assert!(ASSESSED.is_match("=> covid-19, mild"));
        assert!(!ASSESSED.is_match("assessed by the nurse"));
    }

    #[test]
    fn around_keeps_to_character_boundaries() {
        assert_eq!(around("ééabcéé", 4, 7, 1), "abc");
        assert_eq!(around("xxabcyy", 2, 5, 1), "xabcy");
    }

    #[test]
    fn a_note_without_headings_ends_with_its_plan() {
        let d = document(&[(SectionKind::Other, "She has a sore throat.\nThroat is red.\nGive penicillin for ten days.")]);
        let v = View::new(&d);
        assert!(!v.has_decision);
        assert_eq!(v.clauses.iter().map(|c| c.zone).collect::<Vec<_>>(), [Zone::Story, Zone::Exam, Zone::Plan]);
    }
}
