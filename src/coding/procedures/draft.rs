//! The lines that decision tables and model come to by themselves, before the last look.
use super::ProcedureCoder;
use super::candidates::CodeCandidate;
use super::families::pattern::Vocabulary;
use super::lines::LineContext;
use super::named::Named;
use super::ncci::Entry;
use super::plausible::{FOREIGN, MAJOR_IN_VISIT, is_operating_room, least_alone};
use super::ranking::Verdict;
use super::{families, ncci, pathology, patient, prescribed, ranking, statements, whole_note};
use crate::claim::{Candidate, Query};

/// Candidates of a note with their probabilities, and the phrases that name them.
pub(super) struct FoundCandidates {
    pub candidates: Vec<CodeCandidate>,
    pub probabilities: Vec<f32>,
    pub named: Vec<Named>,
}

/// What the claim is before the last look.
pub(super) struct Draft {
    /// Its lines.
    pub entries: Vec<Entry>,
    /// Taken off for an edit.
    pub bundled: Vec<Candidate>,
    /// What became of each candidate.
    pub verdicts: Vec<Verdict>,
}

impl ProcedureCoder {
    /// The lines that candidates with their probabilities come to, before the last look.
    pub(super) fn draft(&self, context: &LineContext<'_>, found: &FoundCandidates, queries: &mut Vec<Query>) -> Draft {
        let FoundCandidates { candidates, probabilities, named } = found;
        let view = context.view;
        let mut verdicts = ranking::choose(&self.knowledge, candidates, probabilities, self.model.threshold);
        ranking::pool_titles(view, candidates, probabilities, &mut verdicts);
        ranking::drop_not_done(view, candidates, &mut verdicts);
        ranking::drop_bundled(&self.knowledge, candidates, &mut verdicts);
        ncci::drop_included(&self.knowledge, view, context.code_sets, candidates, probabilities, &mut verdicts);
        let pathology = pathology::services(view);
        if !pathology.is_empty() {
            for (candidate, verdict) in candidates.iter().zip(verdicts.iter_mut()) {
                if pathology::decides(&self.knowledge.index.codes[candidate.code].code) {
                    *verdict = Verdict::Unlikely;
                }
            }
        }
        let mut entries = self.decided(context, (candidates, probabilities), named, &mut verdicts, queries);
        entries.retain(|entry| patient::can_have_had(&entry.line.code, &context.context.patient));
        if whole_note::tells_no_encounter(view.text) {
            entries.clear();
            verdicts.iter_mut().for_each(|v| *v = Verdict::NotDone);
            queries.clear();
        }
        let own = |code: &str| {
            let same = |i: &usize| self.knowledge.index.codes[candidates[*i].code].code == code;
            (0..candidates.len()).filter(same).map(|i| probabilities[i]).fold(0.0, f32::max)
        };
        let visit = !families::status::is_report(context.context.note_type);
        // A table may take up what the model only half believes; a line of the model's alone needs more, and a discharge
        // summary retells what was billed with its own report.
        let least = least_alone(context.context.note_type);
        let vocabulary = Vocabulary::new(&families::passage::tokens(view.text, 0));
        // A laboratory value in a visit says nothing of who ran the test.
        let reported = !visit;
        for ((verdict, probability), candidate) in verdicts.iter_mut().zip(probabilities).zip(candidates) {
            let statement = &view.statements[candidate.statement];
            let elsewhere = || {
                let lower = statement.span.of(view.text).to_lowercase();
                let told_of = !reported
                    && !statement.cues.performed
                    && statement.role != statements::Role::Title
                    && families::elsewhere::elsewhere(&lower, context.context);
                !statement.cues.here && (self.is_laboratory(candidate) || told_of)
            };
            let needed = if self.is_foreign(&vocabulary, candidate) { least.max(FOREIGN) } else { least };
            if *verdict == Verdict::Chosen && (*probability < needed || !reported && elsewhere()) {
                *verdict = Verdict::Unlikely;
            }
        }
        for i in (0..candidates.len()).filter(|i| verdicts[*i] == Verdict::Chosen) {
            let line = context.line(&candidates[i], probabilities[i]);
            entries.push(Entry { line, concept: candidates[i].entry.map(|(c, _)| c), service: None, lesion: false });
            let rivals = self.rivals(candidates, probabilities, i);
            queries.extend(context.query(&candidates[i], &rivals));
        }
        for service in &pathology {
            let line = context.pathology_line(service);
            entries.push(Entry { line, concept: None, service: None, lesion: false });
            queries.extend(context.pathology_query(service));
        }
        let remote = whole_note::is_remote(context.context);
        let another_day = whole_note::operates_another_day(view.text);
        entries.retain(|entry| {
            let code = entry.line.code.as_str();
            !(whole_note::is_radiologists(code, context.context, view.text))
                && !(remote && whole_note::needs_presence(code))
                && !(visit && is_operating_room(code) && (own(code) < MAJOR_IN_VISIT || another_day))
                && !(code.starts_with('J') && prescribed::alone(&entry.line.evidence, view.text))
        });
        let bundled = ncci::settle(context.code_sets, context.context.date_of_service, &mut entries);
        Draft { entries, bundled, verdicts }
    }

    /// Whether the families of a candidate's code know no word of the note.
    fn is_foreign(&self, vocabulary: &Vocabulary, candidate: &CodeCandidate) -> bool {
        let families = self.families.of_code(&self.knowledge.index.codes[candidate.code].code);
        let knows = |f: &families::Family| f.find.iter().chain(&f.told).any(|pattern| pattern.may_fit(vocabulary));
        !families.is_empty() && !families.iter().any(|number| knows(&self.families.families[*number]))
    }

    /// A test of the laboratory section.
    fn is_laboratory(&self, candidate: &CodeCandidate) -> bool {
        let code = &self.knowledge.index.codes[candidate.code].code;
        code.len() == 5 && ("80047".."88000").contains(&code.as_str())
    }

    /// Entries of the same concept that are at least a third as likely as a chosen one.
    fn rivals(&self, candidates: &[CodeCandidate], probabilities: &[f32], chosen: usize) -> Vec<usize> {
        let Some((concept, own)) = candidates[chosen].entry else { return Vec::new() };
        let close = |i: &usize| probabilities[*i] >= probabilities[chosen] / 3.0;
        let entries = (0..candidates.len()).filter(close).filter_map(|i| candidates[i].entry);
        entries.filter(|(c, e)| *c == concept && *e != own).map(|(_, e)| e).collect()
    }
}
