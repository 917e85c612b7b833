//! Sections: where a heading stands, and what it opens.
use super::heading_lines::{Found, heading_of_line, inline_headings};
use super::headings::{Role, normalise};
use super::{Section, SectionKind, Span};

/// Cuts `text` into sections that cover it.
pub(super) fn sections(text: &str) -> Vec<Section> {
    let mut builder = Builder { text, sections: Vec::new(), heading_is_capital: false, in_line: false };
    let comma_transcript = text.matches(":,").take(3).count() >= 2;
    let mut line_start = 0;
    let mut after_break = true;
    while line_start < text.len() {
        let line_end = text[line_start..].find('\n').map_or(text.len(), |i| line_start + i);
        let line = &text[line_start..line_end];
        let mut inline_from = line_start;
        if let Some(found) = heading_of_line(text, line_start, line_end, after_break) {
            inline_from = found.body_start.min(line_end);
            builder.open(found);
            builder.in_line = false;
        } else {
            builder.unheaded(line_start, line_end);
        }
        inline_headings(text, inline_from, line_end, comma_transcript, &mut |found| {
            let before = builder.sections.len();
            builder.open(found);
            builder.in_line |= builder.sections.len() > before;
        });
        let trimmed = line.trim_end();
        after_break = trimmed.len() < 60 || trimmed.ends_with(['.', ':', ';', '!', '?', ',']);
        line_start = line_end + 1;
    }
    builder.finish()
}

struct Builder<'t> {
    text: &'t str,
    /// Body ends are filled in by [`Builder::finish`].
    sections: Vec<Section>,
    heading_is_capital: bool,
    /// The last heading stands within its line.
    in_line: bool,
}

impl Builder<'_> {
    fn kind(&self) -> Option<SectionKind> {
        self.sections.last().map(|s| s.kind)
    }

    fn open(&mut self, found: Found) {
        use SectionKind as K;
        let current = self.kind();
        let preview = preview(self.text, found.body_start);
        let in_history = current.is_some_and(is_history);
        let kind = match found.role {
            Role::Section(kind) => {
                if self.is_part_of_current(kind, found.capitals) {
                    return;
                }
                kind
            }
            Role::Procedure if in_history && preview.len() < 250 => K::PastSurgicalHistory,
            Role::Procedure if reads_like_a_narrative(preview) => K::ProcedureDescription,
            Role::Procedure => K::ProcedurePerformed,
            Role::Exam if names_a_study(preview) => K::ProcedurePerformed,
            Role::Exam => K::PhysicalExam,
            Role::HistoryPart if in_history => {
                let surgical = found.heading.of(self.text).to_ascii_lowercase().starts_with("surg");
                if surgical { K::PastSurgicalHistory } else { K::PastMedicalHistory }
            }
            Role::System => match self.kind_of_system(found.heading, preview) {
                // The name of the system stays in the text: it says what the findings are about.
                Some(kind) => {
                    return self.push(Section { kind, heading: None, body: Span::new(found.heading.start, found.heading.start) });
                }
                None => return,
            },
            Role::HistoryPart | Role::Part => return,
        };
        self.heading_is_capital = found.capitals;
        self.push(Section { kind, heading: Some(found.heading), body: Span::new(found.body_start, found.body_start) });
    }

    fn push(&mut self, section: Section) {
        let start = section.heading.unwrap_or(section.body).start;
        if self.sections.is_empty() && self.text[..start].chars().any(char::is_alphanumeric) {
            self.sections.push(Section { kind: kind_without_heading(&self.text[..start]), heading: None, body: Span::new(0, 0) });
        }
        self.sections.push(section);
    }

    /// A line of another style below a capital heading ("Labs:" under "ASSESSMENT AND PLAN") is a part of that section.
    fn is_part_of_current(&self, kind: SectionKind, capitals: bool) -> bool {
        use SectionKind as K;
        let Some(current) = self.kind() else { return false };
        let weak = match current {
            K::AssessmentAndPlan => {
                matches!(
                    kind,
                    K::Medications | K::Results | K::Instructions | K::Plan | K::Assessment | K::ChiefComplaint | K::Header
                ) || matches!(kind, K::OperativeDetails | K::ProblemList | K::SocialHistory | K::PastMedicalHistory | K::Findings)
            }
            K::Plan | K::Instructions => {
                matches!(kind, K::Medications | K::Results | K::Instructions | K::Plan | K::OperativeDetails | K::SocialHistory)
            }
            K::HospitalCourse | K::PhysicalExam | K::ProcedureDescription | K::Findings => {
                matches!(kind, K::Results | K::OperativeDetails | K::Findings | K::ChiefComplaint | K::Plan | K::SocialHistory)
            }
            K::Results => matches!(kind, K::Results | K::Findings | K::Header),
            K::ReviewOfSystems => matches!(kind, K::Allergies | K::Results | K::SocialHistory | K::PastMedicalHistory),
            K::SocialHistory => kind == K::SocialHistory,
            _ => false,
        };
        weak && self.heading_is_capital && !capitals
    }

    /// An organ system after a history: the examination (or the review of systems) has begun without a heading.
    fn kind_of_system(&self, heading: Span, preview: &str) -> Option<SectionKind> {
        use SectionKind as K;
        let opens = matches!(
            self.kind(),
            Some(K::HistoryOfPresentIllness | K::SocialHistory | K::Allergies | K::Medications | K::FamilyHistory | K::Vitals)
        );
        let name = normalise(heading.of(self.text));
        let first = [
            "general",
            "gen",
            "general appearance",
            "constitutional",
            "const",
            "heent",
            "lungs",
            "heart",
            "abdomen",
            "abd",
            "neck",
            "extremities",
        ];
        if !opens || !first.contains(&name.as_str()) {
            return None;
        }
        let start = preview.to_lowercase();
        let asks = ["negative", "denies", "denied", "no ", "positive", "reports", "patient denies", "+", "-"];
        let is_review =
            self.kind() != Some(K::Vitals) && asks.iter().any(|a| start.starts_with(a)) && name != "lungs" && name != "abdomen";
        Some(if is_review { K::ReviewOfSystems } else { K::PhysicalExam })
    }

    /// Administrative fields end with their line; a narrative may follow without a heading.
    fn unheaded(&mut self, line_start: usize, line_end: usize) {
        let Some(last) = self.sections.last() else { return };
        if self.in_line && is_history(last.kind) && follows_a_blank_line(self.text, line_start) {
            // "PMH: asthma. All: none." ends with its paragraph.
            self.in_line = false;
            return self.push(Section { kind: SectionKind::Other, heading: None, body: Span::new(line_start, line_start) });
        }
        if last.kind != SectionKind::Header || last.heading.is_none() {
            return;
        }
        let line = &self.text[line_start..line_end];
        let field_is_empty = !self.text[last.body.start.min(line_start)..line_start].chars().any(char::is_alphanumeric);
        if field_is_empty || !line.chars().any(char::is_alphanumeric) {
            return;
        }
        let end = self.text[line_start..].find("\n\n").map_or(self.text.len(), |i| line_start + i);
        let kind = kind_without_heading(&self.text[line_start..end]);
        if kind != SectionKind::Header {
            self.push(Section { kind, heading: None, body: Span::new(line_start, line_start) });
        }
    }

    fn finish(mut self) -> Vec<Section> {
        if self.sections.is_empty() {
            let body = Span::new(0, self.text.len());
            return vec![Section { kind: kind_without_heading(self.text), heading: None, body }];
        }
        let mut end = self.text.len();
        for section in self.sections.iter_mut().rev() {
            section.body.end = end.max(section.body.start);
            end = section.heading.unwrap_or(section.body).start;
        }
        self.sections
    }
}

fn follows_a_blank_line(text: &str, line_start: usize) -> bool {
    let before = text[..line_start].strip_suffix('\n').unwrap_or("");
    before.contains('\n') && before.rsplit('\n').next().is_some_and(|l| l.trim().is_empty())
}

/// What is told of the patient's past, habits, family and drugs.
fn is_history(kind: SectionKind) -> bool {
    use SectionKind as K;
    matches!(
        kind,
        K::PastMedicalHistory | K::PastSurgicalHistory | K::SocialHistory | K::FamilyHistory | K::Allergies | K::Medications
    )
}

/// Text under no heading: administrative lines, the story of a visit, or anything else.
fn kind_without_heading(text: &str) -> SectionKind {
    let start = floor_boundary(text, 3000);
    let lower = text[..start].to_lowercase();
    const STORY: [&str; 26] = [
        "year old",
        "year-old",
        "years old",
        "y/o",
        "yo ",
        " y.o",
        "month-old",
        "month old",
        "week-old",
        "presents",
        "presented",
        "complain",
        "denies",
        "returns",
        "here for",
        "here with",
        "came in",
        "comes in",
        "follow up",
        "follow-up",
        "followup",
        "i saw",
        "was seen",
        "seen today",
        "reports",
        "states",
    ];
    let tells = STORY.iter().any(|s| lower.contains(s));
    let letters = text[..start].trim().len();
    if letters < 120 && !(tells && letters > 60) {
        SectionKind::Header
    } else if tells {
        SectionKind::HistoryOfPresentIllness
    } else if letters < 300 && !lower.contains(". ") {
        SectionKind::Header
    } else {
        SectionKind::Other
    }
}

/// The first paragraph of a body, at most 600 bytes.
fn preview(text: &str, start: usize) -> &str {
    let rest = text.get(start..).unwrap_or("").trim_start_matches([' ', '\t', ',', '\r', '\n', '*']);
    let rest = &rest[..floor_boundary(rest, 600)];
    rest.find("\n\n").map_or(rest, |i| &rest[..i])
}

fn reads_like_a_narrative(preview: &str) -> bool {
    let lower = preview.to_lowercase();
    let numbered = lower.starts_with("1.") || lower.starts_with("1)") || lower.starts_with("- ");
    let narrative = [
        "the patient",
        "patient was",
        "after ",
        "under ",
        "informed consent",
        "following ",
        "with the patient",
        "consent",
        "this patient",
    ];
    if numbered {
        return false;
    }
    narrative.iter().any(|n| lower.starts_with(n)) || (preview.len() > 280 && preview.matches(". ").count() >= 2)
}

fn names_a_study(preview: &str) -> bool {
    let first: String = preview.chars().take(70).collect::<String>().to_lowercase();
    const STUDIES: [&str; 33] = [
        "ct",
        "cta",
        "mri",
        "mra",
        "mr",
        "xray",
        "xr",
        "radiograph",
        "radiographs",
        "ultrasound",
        "sonogram",
        "echocardiogram",
        "doppler",
        "mammogram",
        "scan",
        "angiogram",
        "duplex",
        "pet",
        "kub",
        "ivp",
        "vcug",
        "hida",
        "muga",
        "dexa",
        "barium",
        "nuclear",
        "esophagram",
        "tomography",
        "mammographic",
        "mammography",
        "radiography",
        "angiography",
        "scintigraphy",
    ];
    let mut words = first.split(|c: char| !c.is_alphanumeric());
    let exam = ["alert", "reveal", "well-developed", "well developed", "normal", "no ", "red", "tender", "swollen"]
        .iter()
        .any(|w| first.contains(w));
    !exam
        && (words.any(|w| STUDIES.contains(&w))
            || first.contains("x-ray")
            || first.contains(" views")
            || ["pa and lateral", "pa & lateral", "ap abdomen"].iter().any(|w| first.contains(w)))
}

/// The largest character boundary at or below `limit`.
pub(super) fn floor_boundary(text: &str, limit: usize) -> usize {
    if limit >= text.len() { text.len() } else { (0..=limit).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0) }
}
