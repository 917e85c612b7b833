//! The decision tables' part of procedure coding: families against a note, and what becomes of the model's candidates.
use rayon::prelude::*;

use super::ProcedureCoder;
use super::candidates::CodeCandidate;
use super::confidence::{self, Told};
use super::families::passage::{Passage, Passages};
use super::families::services::{LONG, evaluate};
use super::families::status::Status;
use super::families::{self, Family, Found, Hints, Service, Setting, administration, drugs};
use super::lines::{LineContext, professional_only};
use super::merging::{add, one_first_biopsy};
use super::named::Named;
use super::ncci::Entry;
use super::ranking::Verdict;
use super::statements::Role;
use super::whole_note;
use crate::claim::{Line, Query};
use crate::codeset::procedures::ProcedureValidity;
use crate::document::Span;

/// Least confidence of a line that the note places at this encounter.
const VOUCHED: f32 = 0.25;
/// The same in a visit, of what is named there as done and of what is told in other words.
const NAMED_IN_VISIT: f32 = 0.06;
const TOLD_IN_VISIT: f32 = 0.23;
/// Probability of a family from which on the model knows its services in a note.
const KNOWN: f32 = 0.3;
/// First digits of services by which a practice gives its own drug.
const GIVES: [&str; 10] = ["2052", "2055", "2060", "2061", "1190", "644", "6980", "9637", "9640", "9641"];
/// Least confidence of a service that a list names in a note of a few lines.
const MERE_NAME: f32 = 0.5;
/// Least probability of a further code of a row that only the model's words point to.
const BESIDE: f32 = 0.25;
/// Share of the probability of a family's codes that one of them has which no labelled note carries.
const OF_FAMILY: f32 = 0.5;
/// From here on the model's word stands where a table of a long note would rule a service out, and where the drug that it
/// speaks of has no dose.
const CERTAIN: f32 = 0.75;

impl ProcedureCoder {
    /// Lines of the decision tables. Candidates whose codes a table decides are taken out of the model's hands.
    pub(super) fn decided(
        &self,
        context: &LineContext<'_>,
        (candidates, probabilities): (&[CodeCandidate], &[f32]),
        named: &[Named],
        verdicts: &mut [Verdict],
        queries: &mut Vec<Query>,
    ) -> Vec<Entry> {
        let passages = Passages::new(context.view);
        let by_name = self.named_passages(&passages, named);
        let alone = super::plausible::least_alone(context.context.note_type);
        let setting = Setting { context: context.context, facility: professional_only(context.context) };
        let mut by_family: Vec<Vec<usize>> = vec![Vec::new(); self.families.families.len()];
        for (i, candidate) in candidates.iter().enumerate() {
            for family in self.families.of_code(&self.knowledge.index.codes[candidate.code].code) {
                by_family[*family].push(i);
            }
        }
        let own = |code: &str| -> f32 {
            let same = |i: &usize| self.knowledge.index.codes[candidates[*i].code].code == code;
            (0..candidates.len()).filter(same).map(|i| probabilities[i]).fold(0.0, f32::max)
        };
        // A long note rules a service out only where the model does not insist.
        let insists = |i: usize| probabilities[i] >= CERTAIN && context.view.statements.len() >= LONG;
        let chosen = |i: usize| verdicts[i] == Verdict::Chosen;
        // `spoken` are words that families' own names explain; without it, only those names are looked for.
        let evaluated = |number: usize, spoken: Option<&[Span]>| {
            let family = &self.families.families[number];
            let mine = &by_family[number];
            let mass = 1.0 - mine.iter().map(|i| 1.0 - probabilities[*i]).product::<f32>();
            // What is named only where it is done needs no passage of the model's, which another family has as well.
            let asked = |i: &&usize| !family.stated && chosen(**i);
            let offered: Vec<Passage> =
                mine.iter().filter(asked).filter_map(|i| offered(&passages, context, &candidates[*i])).collect();
            let free = |p: &Passage, spoken: &[Span]| !spoken.iter().any(|s| s.overlaps(passages.span(&p.range)));
            let of_family: Vec<&(usize, Passage)> = by_name
                .iter()
                .filter(|(concept, p)| {
                    self.family_concepts[number].contains(concept)
                        && self.decides(family, *concept)
                        && spoken.is_some_and(|spoken| free(p, spoken))
                })
                .collect();
            if spoken.is_some() && of_family.is_empty() {
                return None;
            }
            let status = |p: &Passage| passages.status(p.statement, &p.range, &p.words, family.test);
            let named = of_family.iter().map(|(_, p)| Passage { status: status(p), ..p.clone() }).collect();
            let mut found = evaluate(number, family, &passages, &setting, &Hints { mass, offered, named });
            if found.lexical {
                // The phrase says which codes it may mean; a row whose chief code is another's is not what it names.
                let meant = |s: &Service| of_family.iter().any(|(concept, _)| self.concept_has(*concept, &s.code));
                let mut spans: Vec<Span> = Vec::new();
                let mut chief: Vec<Span> = Vec::new();
                for service in &found.services {
                    if !spans.contains(&service.span) {
                        spans.push(service.span);
                        chief.extend(meant(service).then_some(service.span));
                    }
                }
                found.services.retain(|s| meant(s) && chief.contains(&s.span));
            } else if spoken.is_some() {
                return None;
            }
            let date = context.context.date_of_service;
            let known = |code: &str| {
                matches!(context.code_sets.procedures.validity(code, date), ProcedureValidity::Valid | ProcedureValidity::Unknown)
            };
            found.services.retain(|s| known(&s.code));
            let had = !found.services.is_empty();
            self.weigh(&mut found, context, (&own, mass), family);
            if had && found.services.is_empty() {
                return None;
            }
            if found.offered {
                // Only the model's own words speak for it: the table may add units and modifiers, not change the code.
                let believed = |i: &usize| chosen(*i) && probabilities[*i] >= alone;
                let agreed = found
                    .services
                    .iter()
                    .any(|s| mine.iter().any(|i| believed(i) && self.knowledge.index.codes[candidates[*i].code].code == s.code));
                if !agreed {
                    return None;
                }
                // Of several codes of one row only those that it believes stand.
                let code = |i: &usize| self.knowledge.index.codes[candidates[*i].code].code.as_str();
                found.services.retain(|s| mine.iter().any(|i| probabilities[*i] >= BESIDE && code(i) == s.code));
            }
            Some((number, found, mass))
        };
        let numbers = 0..self.families.families.len();
        let mut results: Vec<(usize, Found, f32)> =
            numbers.clone().into_par_iter().filter_map(|number| evaluated(number, None)).collect();
        // What no family's own words name may be named by the lexicon.
        let spoken: Vec<Span> = results.iter().flat_map(|(_, f, _)| f.services.iter().map(|s| s.span)).collect();
        let silent = |number: &usize| {
            let found = results.iter().find(|(n, _, _)| n == number);
            self.families.families[*number].vaccine.is_none()
                && found.is_none_or(|(_, f, _)| f.services.is_empty() && !f.ruled_out)
        };
        let more: Vec<_> = numbers.filter(silent).filter_map(|number| evaluated(number, Some(&spoken))).collect();
        results.retain(|(number, _, _)| !more.iter().any(|(n, f, _)| n == number && !f.services.is_empty()));
        results.extend(more.into_iter().filter(|(_, f, _)| !f.services.is_empty()));
        results.sort_by_key(|(number, _, _)| *number);
        if whole_note::fracture_care_elsewhere(context.view.text, context.context) {
            for (_, found, _) in &mut results {
                found.services.retain(|s| !whole_note::is_closed_care(&s.code));
            }
            for (verdict, candidate) in verdicts.iter_mut().zip(candidates) {
                if whole_note::is_closed_care(&self.knowledge.index.codes[candidate.code].code) {
                    *verdict = Verdict::NotDone;
                }
            }
        }
        let given = administration::lines(&passages, &self.families, &results, &setting);
        let claimed: Vec<String> = results.iter().flat_map(|(_, f, _)| f.services.iter().map(|s| s.code.clone())).collect();
        // What a table decides with its modifiers, a mere name does not say again.
        let tables = results.iter().filter(|(number, ..)| !self.families.families[*number].short);
        let decided: Vec<String> = tables.flat_map(|(_, f, _)| f.services.iter().map(|s| s.code.clone())).collect();
        let mut entries = Vec::new();
        for (number, mut found, _) in results {
            let family = &self.families.families[number];
            let beside = |stem: &String| {
                let proposed = |i: usize| {
                    let code = &self.knowledge.index.codes[candidates[i].code].code;
                    verdicts[i] == Verdict::Chosen && probabilities[i] >= alone && code.starts_with(stem)
                };
                claimed.iter().any(|code| code.starts_with(stem)) || (0..candidates.len()).any(proposed)
            };
            // What does not stand takes nothing out of the model's hands.
            let included = family.included_in.iter().any(|code| claimed.contains(code));
            let spoken = !found.services.is_empty();
            if !family.only_with.is_empty() && !family.only_with.iter().any(beside) {
                found.services.clear();
            }
            let done = !found.services.is_empty();
            for i in &by_family[number] {
                let code = &self.knowledge.index.codes[candidates[*i].code].code;
                let out = found.ruled_out && !insists(*i);
                if verdicts[*i] == Verdict::Chosen && (done || out || claimed.contains(code)) {
                    verdicts[*i] = if done || spoken { Verdict::SameService } else { Verdict::NotDone };
                }
            }
            let again = |s: &&Service| family.short && decided.contains(&s.code);
            for service in found.services.iter().filter(|s| !included && !again(s)) {
                let line = context.family_line(service, family, service.confidence);
                add(
                    &mut entries,
                    Entry {
                        line,
                        concept: None,
                        service: (!found.offered).then(|| service.clone()),
                        lesion: family.lesion || family.distinct,
                    },
                );
            }
            queries.extend(found.questions.into_iter().map(|q| Query {
                about: format!("line:{}", q.code),
                question: q.text,
                options: q.options,
                evidence: vec![context.document.evidence(q.span)],
            }));
        }
        one_first_biopsy(&mut entries, context.code_sets);
        let operation = |i: usize| {
            let code = &self.knowledge.index.codes[candidates[i].code].code;
            verdicts[i] == Verdict::Chosen && probabilities[i] >= alone && !is_opening_or_closing(code)
        };
        self.drop_parts(context, &own, (0..candidates.len()).any(operation), &mut entries);
        // What the model believes is injected takes its drug along as well.
        let believed = (0..candidates.len()).filter(|i| verdicts[*i] == Verdict::Chosen && probabilities[*i] >= alone);
        let mut injected_too = claimed.clone();
        let codes = believed.map(|i| &self.knowledge.index.codes[candidates[i].code].code);
        injected_too.extend(codes.filter(|code| GIVES.iter().any(|stem| code.starts_with(stem))).cloned());
        let mut drugs = drugs::lines(&passages, &setting, &injected_too);
        for (line, _) in &mut drugs {
            line.confidence = self.sure(&line.code, own(&line.code), context, Told::Drug);
        }
        // A dose beside an injection that is on the claim needs no word of the model's.
        let given_here = claimed.iter().any(|c| GIVES.iter().any(|stem| c.starts_with(stem)));
        // So does one that a short visit tells with its dose.
        let short_visit = !families::status::is_report(context.context.note_type) && context.view.statements.len() < LONG;
        drugs.retain(|(line, question)| {
            let told = given_here || short_visit && drugs::is_given_in_offices(&line.code);
            line.confidence >= self.model.tables.least || told && question.is_none()
        });
        self.take_over(&given, &drugs, candidates, probabilities, verdicts);
        for (line, question) in given.into_iter().chain(drugs) {
            let mut line = line;
            line.title = context
                .code_sets
                .procedures
                .find(&line.code)
                .map(|i| context.code_sets.procedures.descriptor(i).to_owned())
                .unwrap_or_default();
            queries.extend(question);
            entries.push(Entry { line, concept: None, service: None, lesion: false });
        }
        entries
    }

    /// Passages that whole phrases of the lexicon name, with the concept.
    fn named_passages(&self, passages: &Passages<'_>, named: &[Named]) -> Vec<(usize, Passage)> {
        let view = passages.view;
        let place = |n: &Named| {
            let span = view.span(n.statement, &n.positions);
            let whole = passages.statements[n.statement].clone();
            let inside = |i: &usize| passages.tokens[*i].span.overlaps(span);
            let (first, last) = (whole.clone().find(inside)?, whole.rev().find(inside)?);
            let words = first..last + 1;
            let range = passages.piece_around(n.statement, &words);
            // "Incision pink, no drainage" names no incision and drainage.
            let denies = |t: &families::passage::Token| matches!(t.text.as_str(), "no" | "not" | "without" | "denies");
            if passages.tokens[words.clone()].iter().any(denies) {
                return None;
            }
            Some((n.concept, Passage { statement: n.statement, range, words, status: Status::Named }))
        };
        named.iter().filter(|n| view.statements[n.statement].role != Role::History).filter_map(place).collect()
    }

    /// Whether a family can choose between the codes of a concept of the phrase table: one without attributes cannot.
    fn decides(&self, family: &Family, concept: usize) -> bool {
        let mut codes = self.knowledge.table.concepts[concept].codes.iter();
        !family.table.columns.is_empty() || codes.all(|entry| family.table.codes().any(|code| code == entry.code))
    }

    /// Whether a concept of the phrase table can become a code.
    fn concept_has(&self, concept: usize, code: &str) -> bool {
        self.knowledge.table.concepts[concept].codes.iter().any(|entry| entry.code == code)
    }

    /// How sure a line of a table is, by the model's probability of its code.
    fn sure(&self, code: &str, own: f32, context: &LineContext<'_>, told: Told) -> f32 {
        let seen = self.knowledge.prior.count(code, None);
        self.model.tables.of(&confidence::features(own, seen, context.view.text.len(), told))
    }

    /// Weighs the services of a family and takes away those that are too unsure, with their questions. Codes of one
    /// passage stand together.
    fn weigh(&self, found: &mut Found, context: &LineContext<'_>, (own, mass): (&impl Fn(&str) -> f32, f32), family: &Family) {
        for service in &mut found.services {
            let told = service.told();
            // Which code of the family it is, the table knows; of one that the model has never seen, the family's counts.
            let unseen = self.knowledge.prior.count(&service.code, None) == 0;
            let own = own(&service.code).max(if unseen { OF_FAMILY * mass } else { 0.0 });
            service.confidence = self.sure(&service.code, own, context, told);
        }
        // A mere name of a few words needs the model's word as well: on unread notes those below were nearly all wrong.
        if family.short {
            found.services.retain(|s| s.confidence >= MERE_NAME);
            return;
        }
        // Of several lesions' services the model knows each code but once, and too little of the lesser ones.
        if found.offered || family.lesion || family.by_words() && !found.lexical {
            return;
        }
        let least = self.model.tables.least;
        let visit = !families::status::is_report(context.context.note_type);
        // The model has seen few visits: what a visit tells as done in a family's own words needs less of its word.
        let vouched = |s: &Service| {
            // Where it knows the service well it has a view of the code; and a test in a plan is mostly an order.
            let silent = mass < KNOWN || own(&s.code) >= KNOWN * mass;
            let ordered = family.test && context.view.statements[s.statement].role == Role::Plan;
            let needed = match () {
                _ if visit && s.named && silent && !ordered => NAMED_IN_VISIT,
                _ if visit && silent && !ordered => TOLD_IN_VISIT,
                _ if s.here && s.named => VOUCHED,
                _ => 1.0,
            };
            !found.lexical && s.confidence >= needed
        };
        let sure: Vec<_> = found.services.iter().filter(|s| s.confidence >= least || vouched(s)).map(|s| s.span).collect();
        let all = found.services.len();
        found.services.retain(|s| sure.contains(&s.span));
        if found.services.len() < all {
            found.questions.retain(|q| sure.contains(&q.span));
        }
    }

    /// Opening and closing belong to the operation that a report's titles name, and words that name an operation by its organ
    /// ("excision of a liver cyst") name no other.
    fn drop_parts(&self, context: &LineContext<'_>, own: &impl Fn(&str) -> f32, operates: bool, entries: &mut Vec<Entry>) {
        if !families::status::is_report(context.context.note_type) {
            return;
        }
        // Where nothing but such parts is told, they are the operation.
        if entries.iter().all(|e| is_opening_or_closing(&e.line.code)) && !operates {
            return;
        }
        let titled = context.view.statements.iter().any(|s| s.role == Role::Title);
        let of = |e: &Entry| e.service.as_ref().map(|s| (s.span, s.titled));
        let part = |e: &Entry| is_opening_or_closing(&e.line.code);
        let others: Vec<Span> = entries.iter().filter(|e| !part(e)).filter_map(of).map(|(span, _)| span).collect();
        entries.retain(|e| match of(e).filter(|_| part(e)) {
            Some((_, false)) if titled => own(&e.line.code) >= CERTAIN,
            Some((span, _)) => !others.iter().any(|other| other.overlaps(span)),
            None => true,
        });
    }

    /// Codes that administration and drug lines decide are taken out of the model's hands; a drug without a line of its
    /// own only where the model is not certain.
    fn take_over(
        &self,
        given: &[(Line, Option<Query>)],
        drug_lines: &[(Line, Option<Query>)],
        candidates: &[CodeCandidate],
        probabilities: &[f32],
        verdicts: &mut [Verdict],
    ) {
        for (i, candidate) in candidates.iter().enumerate() {
            let code = self.knowledge.index.codes[candidate.code].code.as_str();
            let administration = !given.is_empty() && administration::decides(code);
            let own_line = drug_lines.iter().any(|(line, _)| line.code == code);
            let drug = drugs::decides(code) && (own_line || probabilities[i] < CERTAIN);
            if verdicts[i] == Verdict::Chosen && (administration || drug) {
                verdicts[i] = Verdict::SameService;
            }
        }
    }
}

/// Drainage, excision of benign skin and simple or layered closing of the skin: parts of nearly every operation.
fn is_opening_or_closing(code: &str) -> bool {
    const RANGES: [(&str, &str); 3] = [("10060", "10061"), ("11400", "11446"), ("12001", "12057")];
    RANGES.iter().any(|(from, to)| (*from..=*to).contains(&code))
}

/// The passage that a candidate rests on.
fn offered(passages: &Passages<'_>, context: &LineContext<'_>, candidate: &CodeCandidate) -> Option<Passage> {
    let span = context.evidence_span(candidate);
    let whole = passages.statements[candidate.statement].clone();
    let inside = |i: &usize| passages.tokens[*i].span.overlaps(span);
    let (first, last) = (whole.clone().find(inside)?, whole.clone().rev().find(inside)?);
    // Nothing was done of what the statement says was left undone.
    if passages.tokens[first..=last].iter().all(|t| t.off) {
        return None;
    }
    Some(Passage { statement: candidate.statement, range: whole, words: first..last + 1, status: Status::Done })
}
