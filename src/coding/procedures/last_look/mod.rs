//! A last look at the services of a note: the lines and candidates of tables and model beside what the words of the note as a
//! whole say ([`bag_of_words`](crate::coding::bag_of_words)).
//!
//! Tables and model read passages. In shorthand no passage tells a service ("kenalog 40 L knee"), and a passage tells one that
//! the note as a whole does not bear out (an X-ray of last week). This ensemble learned from notes that the model had not seen.
mod only_line;
mod rows;

use std::path::Path;

use serde::{Deserialize, Serialize};

pub use rows::FEATURES;
use rows::{Considered, Origin, considered, statement_at, values};

use super::candidates::CodeCandidate;
use super::draft::Draft;
use super::lines::LineContext;
use super::ncci::{Entry, has_own_minutes, left_off};
use super::ranking::Verdict;
use super::{ProcedureCoder, families, named, pathology, patient, whole_note};
use crate::claim::Line;
use crate::codeset::procedures::ProcedureValidity;
use crate::coding::bag_of_words::{BagOfWords, NoteWords, SERVICES_FILE};
use crate::coding::forest::Layout;
use crate::coding::last_look;
use crate::coding::trees::Trees;
use crate::document::Span;
use crate::document::facts::signed_by_staff;
use crate::note::NoteType;

/// Name of the ensemble's file in a model folder.
pub const FILE: &str = "procedures_last_look.json.gz";

/// The code by which the words of notes without a visit were learned.
pub const NO_VISIT: &str = "none";

/// The ensemble.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookModel {
    /// Does the code belong on the claim?
    pub trees: Trees,
    /// Least probability of a line.
    pub threshold: f32,
    /// The ensemble as it is evaluated.
    #[serde(skip)]
    pub layout: Layout,
}

/// Words and ensemble, open.
pub struct LastLook {
    /// What the words of notes say of procedures and visits.
    pub bag: BagOfWords,
    /// The ensemble.
    pub model: LookModel,
}

impl LastLook {
    /// Reads both files of a model folder; the error says which and why.
    pub fn open(model: &Path) -> Result<Self, String> {
        let look = last_look::open(&model.join(FILE), |look: &LookModel| &look.trees, &FEATURES)?;
        Ok(Self { bag: BagOfWords::open(&model.join(SERVICES_FILE)).map_err(|e| e.to_string())?, model: look })
    }

    /// What the words of a text say.
    pub fn words(&self, text: &str) -> NoteWords<'_> {
        NoteWords::new(&self.bag, text)
    }
}

/// Of two codes that NCCI bundles and a modifier may part, the lesser must be this likely to stand as distinct.
const DISTINCT: f32 = 0.7;
/// How much likelier than a line that stands a further one must be: out of fold as many services are found so, and more notes have
/// exactly theirs.
const FURTHER: f32 = 0.1;

/// How likely a line must be whose words a cue takes for a plan ("pregnancy test neg urine"): 126 of 129 such lines of training notes
/// are right.
const ALTHOUGH_PLANNED: f32 = 0.7;

/// How much likelier a further line must be to take the place of one that NCCI bundles it with: of 246 such pairs in training notes
/// it alone was right in ninety-three where it was likelier by so much, and the other one in one.
const LIKELIER: f32 = 0.1;

/// Bytes of a note that may be the account of one service, and how likely that must be: a plan for therapy is shorter, and
/// psychotherapy stands beside visits.
const ACCOUNT: usize = 1_200;
const OF_ACCOUNT: f32 = 0.08;

/// The codes that are looked at again, and a row of [`FEATURES`] each.
pub(super) fn rows_of(
    context: &LineContext<'_>,
    (candidates, probabilities): (&[CodeCandidate], &[f32]),
    draft: &Draft,
    words: &NoteWords<'_>,
) -> (Vec<String>, Vec<f32>) {
    let list = considered(context, candidates, probabilities, draft, words);
    let values = values(context, &list, draft.entries.len(), words);
    (list.into_iter().map(|c| c.code).collect(), values)
}

/// Why a line is taken off.
const NOT_BORNE_OUT: &str = "The note as a whole does not bear it out.";

impl ProcedureCoder {
    /// Weighs lines and candidates anew: takes off the claim what the note as a whole does not bear out, and puts on it what it
    /// does.
    pub(super) fn look_again(
        &self,
        look: &LastLook,
        context: &LineContext<'_>,
        (candidates, probabilities): (&[CodeCandidate], &[f32]),
        words: &NoteWords<'_>,
        draft: &mut Draft,
    ) {
        if whole_note::tells_no_encounter(context.view.text) {
            return;
        }
        let list = considered(context, candidates, probabilities, draft, words);
        let again = look.model.layout.predict(&look.model.trees, &values(context, &list, draft.entries.len(), words));
        let mut taken_off: Vec<&str> = Vec::new();
        let mut likeliest: Option<(f32, &str)> = None;
        let mut added: Vec<(f32, Entry)> = Vec::new();
        for (code, probability) in list.iter().zip(again) {
            let probability = if whole_note::lacks_its_words(&code.code, context.view.text) { 0.0 } else { probability };
            let is_line = matches!(code.origin, Origin::Line(_));
            if is_line {
                let of_code = draft.entries.iter_mut().filter(|e| e.line.code == code.code);
                of_code.for_each(|e| e.line.confidence = probability);
                if likeliest.is_none_or(|(p, _)| probability > p) {
                    likeliest = Some((probability, &code.code));
                }
                // Specimens of a pathology report have rules of their own, and the notes of the last look had few.
                let specimen = pathology::decides(&code.code) && context.context.note_type == NoteType::Pathology;
                if probability < look.model.threshold && !specimen && !named::states_code(context.view.text, &code.code) {
                    taken_off.push(&code.code);
                }
            } else if probability >= look.model.threshold + FURTHER
                && (code.verdict != Some(Verdict::NotDone) || probability >= ALTHOUGH_PLANNED)
                && may_stand(context, &code.code)
                && !code.place.is_some_and(|p| is_of_another_place(context, p))
            {
                let line = self.further_line(context, code, candidates, draft, words);
                added.extend(line.map(|line| {
                    let line = Line { confidence: probability, ..line };
                    let concept = match code.origin {
                        Origin::Candidate(i) => candidates[i].entry.map(|(c, _)| c),
                        _ => None,
                    };
                    (probability, Entry { line, concept, service: None, lesion: false })
                }));
            }
        }
        // A report tells of a service, and so does a long note that is the account of one (nutrition, therapy, a test), or one
        // that a therapist signed: its likeliest line stands where no other would.
        let account = |e: &Entry| e.service.as_ref().is_some_and(|s| self.families.families[s.family].visit);
        let told = |(probability, code): (f32, &str)| {
            (context.view.text.len() >= ACCOUNT || signed_by_staff(context.view.text))
                && probability >= OF_ACCOUNT
                && code.starts_with("9")
                && !code.starts_with("90")
                && draft.entries.iter().any(|e| e.line.code == code && account(e))
        };
        if let Some((probability, last)) = likeliest
            && added.is_empty()
            && (families::status::is_report(context.context.note_type) || told((probability, last)))
            && draft.entries.iter().all(|e| taken_off.contains(&e.line.code.as_str()))
        {
            taken_off.retain(|code| *code != last);
        }
        let (off, kept): (Vec<Entry>, Vec<Entry>) =
            std::mem::take(&mut draft.entries).into_iter().partition(|e| taken_off.contains(&e.line.code.as_str()));
        draft.entries = kept;
        draft.bundled.extend(off.into_iter().map(|e| left_off(context.code_sets, &e.line, NOT_BORNE_OUT.to_owned())));
        added.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.line.code.cmp(&b.1.line.code)));
        for (probability, entry) in added {
            join(context, draft, entry, probability);
        }
        draft.entries.extend(only_line::only_line(context, (candidates, probabilities), draft));
        for (verdict, candidate) in draft.verdicts.iter_mut().zip(candidates) {
            let code = &context.knowledge.index.codes[candidate.code].code;
            if draft.entries.iter().any(|e| e.line.code == *code) {
                *verdict = Verdict::Chosen;
            }
        }
    }

    /// The line of a code that was none.
    fn further_line(
        &self,
        context: &LineContext<'_>,
        code: &Considered,
        candidates: &[CodeCandidate],
        draft: &Draft,
        words: &NoteWords<'_>,
    ) -> Option<Line> {
        if let Origin::Candidate(i) = code.origin {
            return Some(context.line(&candidates[i], code.confidence));
        }
        let mut evidence: Vec<_> = words.evidence(&code.code, 2).into_iter().map(|s| context.document.evidence(s)).collect();
        if let Origin::Bundled(i) = code.origin {
            evidence.clone_from(&draft.bundled[i].evidence);
        }
        let place = evidence.first().map(|e| Span::new(e.start, e.end))?;
        let statement = context.view.statements.iter().position(|s| s.span.start <= place.start && place.start < s.span.end)?;
        let index = &context.knowledge.index;
        let line = index.code_id(&code.code).map(|id| {
            let within = |w: &super::words::Word| w.span.overlaps(place);
            let positions = context.view.statements[statement].words.iter().enumerate().filter(|(_, w)| within(w));
            let positions = positions.filter_map(|(i, _)| u16::try_from(i).ok()).collect();
            let entry = index.codes[id].entries.first().copied();
            context.line(&CodeCandidate { code: id, entry, statement, positions, row: Vec::new(), rank: 0.0 }, code.confidence)
        });
        let procedures = &context.code_sets.procedures;
        let title = procedures.find(&code.code).map(|i| procedures.descriptor(i).to_owned()).unwrap_or_default();
        let line = line.unwrap_or_else(|| Line { code: code.code.clone(), units: 1, ..Line::default() });
        Some(Line {
            title: if line.title.is_empty() { title } else { line.title },
            source: vec!["note_words".to_owned()],
            evidence,
            reason: "Notes with these words carry it.".to_owned(),
            ..line
        })
    }
}

/// Whether the code is valid and the patient can have had it in this encounter.
fn may_stand(context: &LineContext<'_>, code: &str) -> bool {
    let valid = context.code_sets.procedures.validity(code, context.context.date_of_service);
    matches!(valid, ProcedureValidity::Valid | ProcedureValidity::Unknown)
        && patient::can_have_had(code, &context.context.patient)
        && !(whole_note::is_remote(context.context) && whole_note::needs_presence(code))
        && !whole_note::is_radiologists(code, context.context, context.view.text)
        && !whole_note::lacks_its_minutes(code, context.view.text)
        && !(context.context.note_type == NoteType::Imaging && is_operation(code))
}

/// The section of surgery: a report of images tells of none.
fn is_operation(code: &str) -> bool {
    code.len() == 5 && ("10004"..="69990").contains(&code)
}

/// Whether the words are of another day or of another's work, and a visit does not say that it was done here.
fn is_of_another_place(context: &LineContext<'_>, place: Span) -> bool {
    let report = families::status::is_report(context.context.note_type);
    statement_at(context, place).is_some_and(|statement| {
        let lower = statement.span.of(context.view.text).to_lowercase();
        let past = ["last time", "previously", "in the past"].iter().any(|w| lower.contains(w));
        !report
            && !statement.cues.here
            && (past || !statement.cues.performed && families::elsewhere::elsewhere(&lower, context.context))
    })
}

/// Puts a further line on the claim; of two that NCCI bundles only the likelier stands, unless a modifier may part them and both
/// are likely.
fn join(context: &LineContext<'_>, draft: &mut Draft, mut entry: Entry, probability: f32) {
    let date = context.context.date_of_service;
    let mut parted = Vec::new();
    let mut weaker = Vec::new();
    for (i, other) in draft.entries.iter().enumerate() {
        let Some(pair) = context.code_sets.ptp.any(&entry.line.code, &other.line.code, date) else { continue };
        // Codes of one family ("limited", "complete") are one service.
        let family = |code: &str| code.get(..4).map(str::to_owned);
        let siblings = family(&entry.line.code) == family(&other.line.code);
        let timed = has_own_minutes(&entry.line.code) || has_own_minutes(&other.line.code);
        let both = !siblings && (timed || probability >= DISTINCT && other.line.confidence >= DISTINCT);
        // Where no modifier may part a timed talk and a questionnaire, column 1 holds column 2.
        let gives_way = if timed && pair.edit.indicator == 0 {
            pair.column2 == other.line.code
        } else {
            probability >= other.line.confidence + LIKELIER
        };
        if pair.edit.indicator != 0 && both {
            parted.push((i, pair.column2 == entry.line.code));
        } else if gives_way {
            weaker.push(i);
        } else {
            let line = left_off(context.code_sets, &entry.line, less_clear(&other.line.code));
            draft.bundled.push(line);
            return;
        }
    }
    for (i, own) in parted {
        let line = if own { &mut entry.line } else { &mut draft.entries[i].line };
        let marked = line.modifiers.iter().any(|m| m == "59" || m.starts_with('X'));
        if !marked && line.modifiers.len() < 4 {
            line.modifiers.push("59".to_owned());
        }
    }
    for i in weaker.into_iter().rev() {
        let other = draft.entries.remove(i);
        draft.bundled.push(left_off(context.code_sets, &other.line, less_clear(&entry.line.code)));
    }
    draft.bundled.retain(|left| left.code != entry.line.code);
    draft.entries.push(entry);
}

/// Why a line gives way to one that NCCI bundles it with.
fn less_clear(code: &str) -> String {
    format!("NCCI bundles it with {code}, for which the note speaks more clearly.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coding::packed_json;

    #[test]
    fn a_file_of_other_features_is_refused() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/superbill-base");
        let look = LastLook::open(&root).expect("the released look");
        assert!(!look.words("kenalog 40 L knee").scores.best(1).is_empty());
        let mut changed = look.model.clone();
        changed.trees.features.swap(0, 1);
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(FILE), packed_json::pack(&changed).expect("packs")).expect("writes");
        let problem = LastLook::open(folder.path()).err().expect("refused");
        assert!(problem.contains(FILE) && problem.contains("features"), "{problem}");
    }
}
