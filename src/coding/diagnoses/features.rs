//! What the ranking model sees of a candidate code: inspectable numbers with names.
use std::collections::BTreeMap;

use rayon::prelude::*;

use super::attention::TitleScores;
use super::candidates::{COMBINATION, Candidate, Candidates, DENSE, FACT, LEARNED, SOURCES, Support, source_name};
use super::competition::{NoteLevel, category, weight};
use super::places::index_of;
use super::titles::title_facts;
pub use super::titles::{NoteStems, TitleOf};
use crate::coding::lexicon::{CodeId, Lexicon, Side};
use crate::document::{Document, SectionKind};
use crate::extract::{Assertion, Laterality, MentionKind};
use crate::note::{Context, NoteType, Sex};

/// Features of a candidate: a model fitted on others is refused.
pub const FEATURES: usize = 139;

/// How often a code stood on labelled claims and in labelled mentions.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Priors {
    /// Code → (claims that require it, claims where it is first, mentions with it).
    pub by_code: BTreeMap<String, (u32, u32, u32)>,
}

/// Facts of the note that every candidate's row repeats.
pub struct NoteFacts<'a> {
    /// The note.
    pub document: &'a Document,
    /// Its context; only what was given or read from the note itself.
    pub context: &'a Context,
    /// Codes that the note's drugs are given for (stems without dot) with how many drugs say so.
    pub drug_uses: BTreeMap<String, u32>,
    /// Stems of the note.
    pub note_stems: NoteStems,
    /// Symptoms that belong to a present candidate (stems or codes with dot).
    pub integral: Vec<(String, CodeId)>,
    /// Codes normally reported with a present candidate.
    pub also: Vec<(String, CodeId)>,
    /// What the codes' titles see in the note.
    pub titles: TitleScores,
}

pub(super) const SECTIONS: [(&str, &[SectionKind]); 21] = [
    ("assessment", &[SectionKind::Assessment]),
    ("assessment_plan", &[SectionKind::AssessmentAndPlan]),
    ("plan", &[SectionKind::Plan]),
    ("preoperative", &[SectionKind::PreoperativeDiagnosis]),
    ("postoperative", &[SectionKind::PostoperativeDiagnosis]),
    ("complaint", &[SectionKind::ChiefComplaint]),
    ("present_illness", &[SectionKind::HistoryOfPresentIllness]),
    ("problem_list", &[SectionKind::ProblemList]),
    ("past_medical", &[SectionKind::PastMedicalHistory]),
    ("past_surgical", &[SectionKind::PastSurgicalHistory]),
    ("family", &[SectionKind::FamilyHistory]),
    ("social", &[SectionKind::SocialHistory]),
    ("review_of_systems", &[SectionKind::ReviewOfSystems]),
    ("medications", &[SectionKind::Medications, SectionKind::Allergies]),
    ("exam", &[SectionKind::PhysicalExam, SectionKind::Vitals]),
    ("results", &[SectionKind::Results]),
    ("procedure", &[SectionKind::ProcedurePerformed]),
    ("description", &[SectionKind::ProcedureDescription, SectionKind::OperativeDetails, SectionKind::Anesthesia]),
    ("indications", &[SectionKind::Indications]),
    ("findings", &[SectionKind::Findings]),
    ("course", &[SectionKind::HospitalCourse]),
];

const NOTE_TYPES: [NoteType; 8] = [
    NoteType::Office,
    NoteType::Consult,
    NoteType::Operative,
    NoteType::Procedure,
    NoteType::Inpatient,
    NoteType::Discharge,
    NoteType::Emergency,
    NoteType::Imaging,
];

/// One row under construction; names are kept only when asked for.
struct Row {
    names: Option<Vec<String>>,
    values: Vec<f32>,
}

impl Row {
    fn put(&mut self, name: &str, value: f32) {
        if let Some(names) = &mut self.names {
            names.push(name.to_owned());
        }
        self.values.push(value);
    }
    /// As `put`, with a name that is only made when names are kept.
    fn put_named(&mut self, name: impl FnOnce() -> String, value: f32) {
        if let Some(names) = &mut self.names {
            names.push(name());
        }
        self.values.push(value);
    }
    fn flag_named(&mut self, name: impl FnOnce() -> String, value: bool) {
        self.put_named(name, f32::from(u8::from(value)));
    }
    fn flag(&mut self, name: &str, value: bool) {
        self.put(name, f32::from(u8::from(value)));
    }
}

/// Rows of all candidates of a note, with the feature names if asked for. Order of rows: order of code.
pub struct Table {
    /// Codes, one a row.
    pub codes: Vec<CodeId>,
    /// Row-major values.
    pub values: Vec<f32>,
    /// Number of features.
    pub width: usize,
    /// Names, if asked for.
    pub names: Option<Vec<String>>,
}

/// Builds the table. `title` gives a code's official title.
pub fn table(
    candidates: &Candidates,
    facts: &NoteFacts<'_>,
    lexicon: &Lexicon,
    priors: &Priors,
    title: TitleOf<'_>,
    names: bool,
) -> Table {
    let mut out = Table { codes: Vec::new(), values: Vec::new(), width: 0, names: None };
    let note = NoteLevel::new(candidates, lexicon);
    let listed: Vec<&Candidate> = candidates.by_code.values().collect();
    let rows: Vec<Row> = listed
        .par_iter()
        .enumerate()
        .map(|(number, candidate)| {
            let mut row = Row { names: (names && number == 0).then(Vec::new), values: Vec::with_capacity(160) };
            fill(&mut row, candidate, candidates, facts, lexicon, priors, &note, title);
            row
        })
        .collect();
    for (candidate, mut row) in listed.into_iter().zip(rows) {
        if row.names.is_some() {
            out.names = row.names.take();
        }
        debug_assert_eq!(row.values.len(), FEATURES, "FEATURES must be renewed");
        out.width = row.values.len();
        out.codes.push(candidate.code);
        out.values.append(&mut row.values);
    }
    out
}

#[allow(clippy::too_many_arguments)]
fn fill(
    row: &mut Row,
    candidate: &Candidate,
    candidates: &Candidates,
    facts: &NoteFacts<'_>,
    lexicon: &Lexicon,
    priors: &Priors,
    note: &NoteLevel<'_>,
    title: TitleOf<'_>,
) {
    let code = lexicon.code(candidate.code);
    let supports = &candidate.supports;
    let places = &candidates.places.list;
    let length = facts.document.text.len().max(1) as f32;
    let max = |f: &dyn Fn(&Support) -> f32| supports.iter().map(f).fold(0.0f32, f32::max);

    // Sources: how loud each speaks.
    let (mut share, mut words, mut spoken) = ([0f32; SOURCES], [0f32; SOURCES], [false; SOURCES]);
    for s in supports.iter().filter(|s| s.source < SOURCES) {
        share[s.source] = share[s.source].max(s.share);
        words[s.source] = words[s.source].max(s.share * f32::from(s.words));
        spoken[s.source] = true;
    }
    for source in 0..SOURCES {
        row.put_named(|| format!("share:{}", source_name(source)), share[source]);
        if source <= LEARNED {
            row.put_named(|| format!("words:{}", source_name(source)), words[source]);
        }
    }
    row.put("learned_count", max(&|s| if s.source == LEARNED { s.count.ln_1p() } else { 0.0 }));
    row.put("sources", spoken.iter().filter(|s| **s).count() as f32);
    row.put("supports", supports.len().min(40) as f32);
    row.put("best_words", max(&|s| f32::from(s.words)));
    row.put("best_weight", max(&weight));
    row.put("best_weight_present", max(&|s| weight(s) * note.present[s.place]));
    row.put("gaps_of_best", supports.iter().max_by(|a, b| weight(a).total_cmp(&weight(b))).map_or(0.0, |s| f32::from(s.gaps)));
    row.put("whole_share", supports.iter().filter(|s| !s.subsumed).map(|s| s.share).fold(0.0, f32::max));
    row.put("subsumed", supports.iter().filter(|s| s.subsumed).count() as f32 / supports.len().max(1) as f32);

    // Places, each once.
    let mut here: Vec<usize> = supports.iter().map(|s| s.place).collect();
    here.sort_unstable_by_key(|p| (places[*p].span, *p));
    here.dedup();
    let mut sentences: Vec<usize> = here.iter().map(|p| places[*p].sentence).collect();
    sentences.dedup();
    row.put("places", here.len().min(30) as f32);
    row.put("sentences", sentences.len().min(30) as f32);
    row.put("first", here.first().map_or(1.0, |p| places[*p].span.start as f32 / length));
    row.put("last", here.last().map_or(1.0, |p| places[*p].span.start as f32 / length));
    for assertion in Assertion::ALL {
        let i = index_of(assertion);
        let name = || format!("{assertion:?}").to_lowercase();
        let mean = |w: &dyn Fn(usize) -> f32| here.iter().map(|p| w(*p)).sum::<f32>() / here.len().max(1) as f32;
        row.put_named(|| format!("cue:{}", name()), mean(&|p| places[p].cues[i]));
        row.put_named(|| format!("head:{}", name()), mean(&|p| places[p].head[i]));
    }
    let present = |p: usize| note.present[p];
    row.put("present_max", here.iter().map(|p| present(*p)).fold(0.0, f32::max));
    row.put("present_sum", here.iter().map(|p| present(*p)).sum::<f32>().min(15.0));
    let mut by_section = [0f32; SECTIONS.len()];
    for s in supports {
        let value = weight(s) * (0.1 + present(s.place));
        for section in &note.sections[s.place] {
            by_section[*section] = by_section[*section].max(value);
        }
    }
    for ((name, _), best) in SECTIONS.iter().zip(by_section) {
        row.put_named(|| format!("section:{name}"), best);
    }
    let diagnosis = |p: usize| {
        matches!(
            places[p].section,
            SectionKind::Assessment
                | SectionKind::AssessmentAndPlan
                | SectionKind::PostoperativeDiagnosis
                | SectionKind::PreoperativeDiagnosis
        )
    };
    row.put(
        "rank_in_diagnoses",
        here.iter().filter(|p| diagnosis(**p)).map(|p| places[*p].rank_in_section as f32).fold(30.0, f32::min),
    );
    row.put("leads", here.iter().filter(|p| places[**p].leads_sentence && present(**p) > 0.5).count().min(10) as f32);
    row.put("list_items", here.iter().filter(|p| places[**p].list_item).count().min(10) as f32);
    let mention = |kind: MentionKind| {
        here.iter().filter_map(|p| places[*p].mention.filter(|m| m.0 == kind).map(|m| m.1)).fold(0.0f32, f32::max)
    };
    row.put("mention:problem", mention(MentionKind::Problem));
    row.put("mention:procedure", mention(MentionKind::Procedure));
    row.put(
        "mention:other",
        [MentionKind::Test, MentionKind::Medication, MentionKind::Device, MentionKind::Anatomy]
            .map(mention)
            .into_iter()
            .fold(0.0, f32::max),
    );

    // Competition.
    let own = max(&weight);
    row.put("of_category_best", own / note.category.get(category(code)).copied().unwrap_or(1.0).max(1e-6));
    row.put("of_note_best", own / note.best.max(1e-6));
    row.put("of_place_best", supports.iter().map(|s| weight(s) / note.place[s.place].0.max(1e-6)).fold(0.0, f32::max));
    row.put("codes_at_place", here.iter().map(|p| note.place[*p].1 as f32).fold(f32::MAX, f32::min).min(60.0));
    row.flag("combination_of_present", supports.iter().any(|s| s.source == COMBINATION && s.share > 0.3));
    row.flag("part_of_combination", !candidate.in_combinations.is_empty());
    row.flag("trap", candidates.traps.iter().any(|(c, p)| *c == candidate.code && here.contains(p)));
    let belongs = |list: &[(String, CodeId)]| {
        list.iter().any(|(stem, of)| *of != candidate.code && code.starts_with(stem.trim_end_matches('-').trim_end_matches('.')))
    };
    row.flag("integral_to_other", belongs(&facts.integral));
    row.flag("reported_with_other", belongs(&facts.also));

    // The code itself.
    let (claims, first, mentions) = priors.by_code.get(code).copied().unwrap_or_default();
    row.put("prior_claims", (claims as f32).ln_1p());
    row.put("prior_mentions", (mentions as f32).ln_1p());
    row.put("prior_rate", (claims as f32 + 0.3) / (claims + mentions + 1) as f32);
    row.put("prior_first", (first as f32 + 0.2) / (claims as f32 + 1.0));
    let letter = code.as_bytes().first().copied().unwrap_or(b'A');
    row.put("chapter", f32::from(letter - b'A'));
    row.flag("symptom", letter == b'R');
    row.flag("factor", letter == b'Z');
    row.flag("injury", matches!(letter, b'S' | b'T'));
    row.flag("external", matches!(letter, b'V' | b'W' | b'X' | b'Y'));
    row.put("length", code.len() as f32);
    row.put(
        "seventh",
        match (letter, code.len(), code.as_bytes().last()) {
            (b'S' | b'T', 8, Some(b'A')) => 1.0,
            (b'S' | b'T', 8, Some(b'D')) => 2.0,
            (b'S' | b'T', 8, Some(b'S')) => 3.0,
            (b'S' | b'T', 8, _) => 4.0,
            _ => 0.0,
        },
    );
    let title = title_facts(candidate.code, lexicon, title);
    row.flag("unspecified", title.unspecified);
    row.flag("other", title.other);
    let total = title.stems.len().max(1) as f32;
    let (found, in_note) = facts.note_stems.said(&title.stems, here.iter().take(8).map(|p| places[*p].sentence));
    row.put("title_near", found / total);
    row.put("title_missing_near", total - found);
    row.put("title_in_note", in_note / total);
    row.flag("title_verbatim", facts.note_stems.verbatim(&title.name));
    let [agreed, opposed, unsaid] =
        facts.note_stems.qualified(title.qualifiers, here.iter().take(8).map(|p| places[*p].sentence));
    row.put("qualifiers_agreed", agreed);
    row.put("qualifiers_opposed", opposed);
    row.put("qualifiers_unsaid", unsaid);
    side_features(row, candidate, candidates, lexicon, note, &here);
    let undotted = code.replace('.', "");
    let drugs: u32 = facts.drug_uses.iter().filter(|(stem, _)| undotted.starts_with(stem.as_str())).map(|(_, n)| *n).sum();
    row.put("treated_by_drugs", drugs.min(6) as f32);

    // The note.
    for t in NOTE_TYPES {
        row.flag_named(|| format!("note:{t:?}").to_lowercase(), facts.context.note_type == t);
    }
    row.put("note_length", length.ln());
    row.put("candidates", (candidates.by_code.len() as f32).ln_1p());
    row.put("age", facts.context.patient.age_years.map_or(-1.0, f32::from));
    row.put(
        "sex",
        match facts.context.patient.sex {
            Some(Sex::F) => 1.0,
            Some(Sex::M) => 2.0,
            None => 0.0,
        },
    );
    let seen = facts.titles.get(&candidate.code).copied().unwrap_or_default();
    row.put("attention_claim", seen.claim);
    row.put("attention_first", seen.first);
    row.put("title_cosine", seen.cosine);
    row.put("title_cosine_behind", seen.behind);
    row.put("fact", max(&|s| if s.source == FACT { 1.0 } else { 0.0 }));
    row.put("dense_words", max(&|s| if s.source == DENSE { f32::from(s.words) } else { 0.0 }));
}

fn side_features(
    row: &mut Row,
    candidate: &Candidate,
    candidates: &Candidates,
    lexicon: &Lexicon,
    note: &NoteLevel<'_>,
    here: &[usize],
) {
    let side = lexicon.family(candidate.code).map_or(Side::None, |f| f.1);
    row.put("side", f32::from(side as u8));
    let mut said = [0f32; 3];
    for p in here {
        match candidates.places.list[*p].side {
            Some(Laterality::Right) => said[0] += 1.0,
            Some(Laterality::Left) => said[1] += 1.0,
            Some(Laterality::Bilateral) => said[2] += 1.0,
            None => {}
        }
    }
    let agreement = |s: [f32; 3]| match side {
        Side::Right => s[0] - s[1],
        Side::Left => s[1] - s[0],
        Side::Bilateral => 2.0 * s[2] + s[0].min(s[1]),
        Side::Unspecified => -(s[0] + s[1] + s[2]),
        Side::None => 0.0,
    };
    row.put("side_here", agreement(said).clamp(-10.0, 10.0));
    row.put("side_in_note", agreement(note.sides.map(|n| n as f32)).clamp(-20.0, 20.0));
}
