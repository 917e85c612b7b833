//! Chosen candidates as claim lines: modifiers, units, evidence, pointers, order; and questions where an attribute that
//! would change the code is not stated.
use std::collections::BTreeSet;

use crate::claim::{Diagnosis, Line, Query};
use crate::codeset::CodeSets;
use crate::document::{Document, Span};
use crate::extract::Laterality;
use crate::note::Context;

use super::affinity;
use super::candidates::CodeCandidate;
use super::components::technical_only;
pub use super::components::{is_facility, professional_only};
use super::families::{Family, Service};
use super::knowledge::Knowledge;
use super::ncci::Entry;
use super::pathology::PathologyService;
use super::sides;
use super::statements::Role;
use super::table::CodeEntry;
use super::units;
use super::view::NoteView;

/// Everything that a line is made from.
pub struct LineContext<'a> {
    /// Concepts and phrases.
    pub knowledge: &'a Knowledge,
    /// The note.
    pub document: &'a Document,
    /// The note as statements.
    pub view: &'a NoteView<'a>,
    /// Date, payer, place.
    pub context: &'a Context,
    /// Fee schedule facts.
    pub code_sets: &'a CodeSets,
}

impl LineContext<'_> {
    /// The line of a candidate.
    pub fn line(&self, candidate: &CodeCandidate, confidence: f32) -> Line {
        let code = self.knowledge.index.codes[candidate.code].code.clone();
        let concept = candidate.entry.map(|(c, _)| &self.knowledge.table.concepts[c]);
        let entry = candidate.entry.and_then(|(c, e)| self.knowledge.table.concepts.get(c)?.codes.get(e));
        let further = candidate.entry.is_some_and(|(c, e)| self.knowledge.entries[c][e].further);
        let statement = &self.view.statements[candidate.statement];
        let text = statement.span.of(self.view.text);
        let units = entry.map_or(1, |entry| units::units(entry, further, text, self.view));
        let place = match statement.role {
            Role::Title => "named as the operation performed",
            Role::Lead => "named in a heading",
            Role::Description => "described as done",
            Role::Result => "reported among the results",
            _ => "stated as done",
        };
        Line {
            modifiers: self.modifiers(&code, candidate),
            units,
            title: concept.map(|c| c.descriptor.clone()).unwrap_or_default(),
            confidence,
            source: vec!["procedure_phrases".to_owned(), "procedure_model".to_owned()],
            evidence: vec![self.document.evidence(self.evidence_span(candidate))],
            reason: match concept {
                Some(concept) => format!("{}: {place}.", capitalised(&concept.concept)),
                None => format!("As in labelled notes with these words: {place}."),
            },
            code,
            ..Line::default()
        }
    }

    /// From the first to the last matched word.
    pub fn evidence_span(&self, candidate: &CodeCandidate) -> Span {
        self.view.span(candidate.statement, &candidate.positions)
    }

    /// The line of a service of a pathology report.
    pub fn pathology_line(&self, service: &PathologyService, diagnoses: &[Diagnosis]) -> Line {
        let facts = self.code_sets.procedures.facts(service.code, self.context.date_of_service);
        let professional = facts.is_some_and(|f| f.pc_tc == '1');
        Line {
            code: service.code.to_owned(),
            modifiers: if professional { vec!["26".to_owned()] } else { Vec::new() },
            units: service.units,
            title: service.title.to_owned(),
            confidence: 0.6,
            source: vec!["procedure_phrases".to_owned()],
            evidence: service.spans.iter().map(|span| self.document.evidence(*span)).collect(),
            reason: "Specimens of a pathology report, by organ and kind of removal.".to_owned(),
            pointers: diagnoses.iter().take(2).map(|d| d.pointer.clone()).filter(|p| !p.is_empty()).collect(),
            ..Line::default()
        }
    }

    /// Level IV is also where an unknown specimen goes: ask.
    pub fn pathology_query(&self, service: &PathologyService) -> Option<Query> {
        (service.code == "88305").then(|| Query {
            about: format!("line:{}", service.code),
            question: "Which organ is each specimen from, and was it a biopsy or the organ itself?".to_owned(),
            options: Vec::new(),
            evidence: service.spans.iter().map(|span| self.document.evidence(*span)).collect(),
        })
    }

    fn modifiers(&self, code: &str, candidate: &CodeCandidate) -> Vec<String> {
        let side = sides::side_of(self.view, candidate);
        let statement = &self.view.statements[candidate.statement];
        let clause = sides::clause_text(self.view, statement, candidate);
        let entry = candidate.entry.and_then(|(c, e)| self.knowledge.table.concepts.get(c)?.codes.get(e));
        self.modifiers_of(code, entry, side, clause)
    }

    /// The line of a decision table's service.
    pub fn family_line(&self, service: &Service, family: &Family, confidence: f32) -> Line {
        let code = service.code.clone();
        let index = &self.knowledge.index;
        let entry = index.code_id(&code).and_then(|id| index.codes[id].entries.first()).copied();
        let concept = entry.map(|(c, _)| &self.knowledge.table.concepts[c]);
        let entry = entry.and_then(|(c, e)| self.knowledge.table.concepts.get(c)?.codes.get(e));
        let mut modifiers = self.modifiers_of(&code, entry, service.side, &service.clause);
        for modifier in &service.modifiers {
            // The waived-test modifier is Medicare's.
            let wanted = modifier != "QW" || self.context.payer.starts_with("medic");
            if wanted && !modifiers.contains(modifier) {
                modifiers.push(modifier.clone());
            }
        }
        let descriptor = self.code_sets.procedures.find(&code).map(|i| self.code_sets.procedures.descriptor(i).to_owned());
        let because = if service.because.is_empty() { String::new() } else { format!(" ({})", service.because.join(", ")) };
        let how = if service.named { "stated as done" } else { "told in the account of what was done" };
        Line {
            modifiers,
            units: service.units,
            title: descriptor.filter(|d| !d.is_empty()).or(concept.map(|c| c.descriptor.clone())).unwrap_or_default(),
            confidence,
            source: vec!["decision_table".to_owned(), "procedure_model".to_owned()],
            evidence: vec![self.document.evidence(service.span)],
            reason: format!("{}: {how}{because}; {}.", capitalised(&family.name), family.source.trim_end_matches('.')),
            code,
            ..Line::default()
        }
    }

    fn modifiers_of(&self, code: &str, entry: Option<&CodeEntry>, side: Option<Laterality>, clause: &str) -> Vec<String> {
        let facts = self.code_sets.procedures.facts(code, self.context.date_of_service);
        let rule = entry.and_then(|e| e.attributes.get("bilateral_indicator")).map(String::as_str);
        let mut modifiers: Vec<&str> = Vec::new();
        if facts.as_ref().is_some_and(|f| f.pc_tc == '1') && professional_only(self.context) {
            modifiers.push("26");
        } else if facts.as_ref().is_some_and(|f| f.pc_tc == '1') && code.starts_with('7') && technical_only(self.view.text) {
            modifiers.push("TC");
        }
        let number: u32 = code.parse().unwrap_or(0);
        let digits = matches!(number, 11730..=11765 | 26010..=26599 | 26616..=26989 | 28001..=28899 | 73140 | 73660 | 64702 | 20526..=20551 | 20600..=20604);
        let lids = matches!(number, 67700..=67999 | 68761 | 15820..=15823);
        let bilateral = facts.as_ref().map_or(' ', |f| f.bilateral);
        let sided = match bilateral {
            '1' | '3' => true,
            '0' => matches!(rule, Some("50" | "RT/LT")) || digits || matches!(number, 26600..=26615),
            ' ' => matches!(rule, Some("50" | "RT/LT")),
            _ => false,
        };
        // A nail or a finger that the clause leaves unsaid is the one digit of the note.
        let by_digit = matches!(number, 11730..=11765 | 20550 | 26010..=26599 | 26616..=26989);
        let of_note = || if by_digit { sides::digit(self.view.text, side) } else { None };
        let digit = if digits { sides::digit(clause, side).or_else(of_note) } else { None };
        let lid = if lids { sides::eyelid(clause, side) } else { None };
        match side {
            _ if digit.is_some() => modifiers.extend(digit),
            _ if lid.is_some() => modifiers.extend(lid),
            Some(Laterality::Bilateral) if matches!(bilateral, '1' | '3') || (bilateral == ' ' && rule == Some("50")) => {
                modifiers.push("50")
            }
            Some(Laterality::Right) if sided => modifiers.push("RT"),
            Some(Laterality::Left) if sided => modifiers.push("LT"),
            _ => {}
        }
        let waived = entry.is_some_and(|e| e.attributes.get("with").is_some_and(|w| w == "QW"));
        if waived && self.context.payer.starts_with("medic") {
            modifiers.push("QW");
        }
        modifiers.into_iter().map(str::to_owned).collect()
    }

    /// Claim order: primary services by work RVU, each add-on behind the first service of its concept, else at the end.
    pub fn order(&self, entries: &mut Vec<Entry>) {
        let date = self.context.date_of_service;
        let work = |line: &Line| self.code_sets.procedures.facts(&line.code, date).map_or(0.0, |f| f.work_rvu);
        let add_on = |line: &Line| {
            let index = self.code_sets.procedures.find(&line.code);
            index.is_some_and(|i| self.code_sets.procedures.is_add_on(i))
                || self.code_sets.procedures.facts(&line.code, date).is_some_and(|f| f.global.indicator() == "ZZZ")
        };
        let all = std::mem::take(entries);
        let (mut additions, mut primary): (Vec<Entry>, Vec<Entry>) = all.into_iter().partition(|e| add_on(&e.line));
        let by_work = |a: &Entry, b: &Entry| work(&b.line).total_cmp(&work(&a.line)).then_with(|| a.line.code.cmp(&b.line.code));
        primary.sort_by(by_work);
        additions.sort_by(by_work);
        for entry in primary {
            let (concept, family) = (entry.concept, entry.service.as_ref().map(|s| s.family));
            entries.push(entry);
            let belongs = |e: &Entry| {
                concept.is_some() && e.concept == concept || family.is_some() && e.service.as_ref().map(|s| s.family) == family
            };
            let (mine, rest): (Vec<Entry>, Vec<Entry>) = additions.into_iter().partition(belongs);
            entries.extend(mine);
            additions = rest;
        }
        entries.extend(additions);
    }

    /// Up to four pointers: diagnoses that share words with the service or its statement, else the first one.
    pub fn pointers(&self, candidate: &CodeCandidate, diagnoses: &[Diagnosis]) -> Vec<String> {
        let code = self.knowledge.index.codes[candidate.code].code.as_str();
        self.pointers_at(code, candidate.statement, candidate.entry.map(|(concept, _)| concept), None, diagnoses)
    }

    /// The same for a code, its statement and the concept of the phrase table that the code belongs to.
    pub fn pointers_at(
        &self,
        code: &str,
        statement: usize,
        concept: Option<usize>,
        side: Option<&str>,
        diagnoses: &[Diagnosis],
    ) -> Vec<String> {
        let reasons = affinity::reasons(code);
        let chapters = affinity::chapters(code);
        let other_side = match side {
            Some("RT") => "left",
            Some("LT") => "right",
            _ => "",
        };
        let statement = &self.view.statements[statement];
        let words = &self.knowledge.index.words;
        let mut own: BTreeSet<String> = statement.words.iter().map(|w| w.stem.clone()).collect();
        if let Some(concept) = concept {
            own.extend(words.of(&self.knowledge.table.concepts[concept].concept, 0).into_iter().map(|w| w.stem));
        }
        let mut scored: Vec<(usize, f32)> = diagnoses
            .iter()
            .enumerate()
            .map(|(i, diagnosis)| {
                let mut theirs: BTreeSet<String> = words.of(&diagnosis.title, 0).into_iter().map(|w| w.stem).collect();
                let mut near = 0.0f32;
                for evidence in &diagnosis.evidence {
                    theirs.extend(words.of(&evidence.text, 0).into_iter().map(|w| w.stem));
                    if evidence.document.is_none() && statement.span.overlaps(Span::new(evidence.start, evidence.end)) {
                        near = 3.0;
                    }
                }
                let shared: f32 = theirs
                    .intersection(&own)
                    .filter_map(|s| self.knowledge.index.id(s))
                    .map(|id| self.knowledge.index.weight(id))
                    .sum();
                let usual = if reasons.iter().any(|r| diagnosis.code.starts_with(r)) { affinity::WEIGHT } else { 0.0 };
                let sum = shared + near + usual;
                // A diagnosis of the other side is none of this service's; the first-listed one is the likelier reason.
                let sided = !other_side.is_empty() && is_of_side(&diagnosis.title, other_side);
                let chapter = if chapters.iter().any(|c| diagnosis.code.starts_with(c)) { affinity::CHAPTER } else { 0.0 };
                let first = if i == 0 { FIRST } else { 0.0 };
                (i, if sided || sum <= 2.5 && chapter == 0.0 { 0.0 } else { sum + chapter + first })
            })
            .filter(|(_, score)| *score > 2.5)
            .collect();
        scored.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        // What is past, or a standing state, is not what a service treats where anything else is.
        let status = |i: &usize| is_status(&diagnoses[*i].code);
        if diagnoses.iter().any(|d| !is_status(&d.code)) {
            scored.retain(|(i, _)| !status(i) || reasons.iter().any(|r| diagnoses[*i].code.starts_with(r)));
        }
        let strongest = scored.first().map_or(0.0, |s| s.1);
        let mut chosen: Vec<usize> = scored.iter().filter(|(_, s)| *s >= CLOSE * strongest).take(4).map(|(i, _)| *i).collect();
        if chosen.is_empty() {
            let of_chapter = |i: &usize| !status(i) && chapters.iter().any(|c| diagnoses[*i].code.starts_with(c));
            let all = 0..diagnoses.len();
            let first =
                all.clone().find(of_chapter).or(all.clone().find(|i| !status(i))).or((!diagnoses.is_empty()).then_some(0));
            chosen.extend(first);
        }
        chosen.into_iter().map(|i| diagnoses[i].pointer.clone()).filter(|p| !p.is_empty()).collect()
    }

    /// Pointers of what was given: vaccines and their administration to the encounter for them, a drug to what its
    /// statement speaks of.
    pub fn pointers_of_given(&self, line: &Line, diagnoses: &[Diagnosis]) -> Vec<String> {
        let vaccine =
            matches!(line.code.parse::<u32>(), Ok(90460..=90759)) || super::families::administration::decides(&line.code);
        // The encounter for immunization first; a check-up only where that is not coded.
        let wanted = ["Z23", "Z00"].iter().find_map(|stem| diagnoses.iter().find(|d| d.code.starts_with(stem)));
        if let Some(reason) = wanted.filter(|d| vaccine && !d.pointer.is_empty()) {
            return vec![reason.pointer.clone()];
        }
        let place = line.evidence.first().map_or(0, |e| e.start);
        let statement = self.view.statements.iter().rposition(|s| s.span.start <= place).unwrap_or(0);
        if self.view.statements.is_empty() { Vec::new() } else { self.pointers_at(&line.code, statement, None, None, diagnoses) }
    }

    /// The one service of a report is done for what the report finds: up to three diagnoses of its chapters, in their order.
    pub fn point_of_report(&self, lines: &mut [Line], diagnoses: &[Diagnosis]) {
        let Some((first, rest)) = lines.split_first_mut() else { return };
        if rest.iter().any(|line| line.code != first.code) {
            return;
        }
        let chapters = affinity::chapters(&first.code);
        let related = |d: &&Diagnosis| {
            let of_chapter = chapters.iter().any(|c| d.code.starts_with(c));
            chapters.is_empty() || of_chapter || d.code.starts_with('R') || first.pointers.contains(&d.pointer)
        };
        let named = diagnoses.iter().filter(|d| !is_status(&d.code) && !d.pointer.is_empty());
        let found = named.filter(related);
        let found: Vec<String> = found.take(OF_REPORT).map(|d| d.pointer.clone()).collect();
        if !found.is_empty() {
            lines.iter_mut().for_each(|line| line.pointers.clone_from(&found));
        }
    }

    /// A question when another code of the same concept is nearly as likely and an attribute that separates them is unsaid.
    pub fn query(&self, candidate: &CodeCandidate, rivals: &[usize]) -> Option<Query> {
        let (concept, entry) = candidate.entry?;
        let table = &self.knowledge.table.concepts[concept];
        let own = &table.codes.get(entry)?.attributes;
        let need = table.needs.iter().find(|need| {
            rivals.iter().any(|rival| table.codes.get(*rival).is_some_and(|r| r.attributes.get(*need) != own.get(*need)))
        })?;
        let mut options: BTreeSet<String> =
            rivals.iter().filter_map(|r| table.codes.get(*r)?.attributes.get(need).cloned()).collect();
        options.extend(own.get(need).cloned());
        let code = &self.knowledge.index.codes[candidate.code].code;
        Some(Query {
            about: format!("line:{code}"),
            question: format!("What does the record say about the {} of this service ({})?", attribute_name(need), table.concept),
            options: options.into_iter().collect(),
            evidence: vec![self.document.evidence(self.evidence_span(candidate))],
        })
    }
}

/// Most diagnoses that the one service of a report points to.
const OF_REPORT: usize = 3;
/// What being first-listed adds to a diagnosis.
const FIRST: f32 = 0.7;
/// Share of the strongest diagnosis' score that a further one needs.
const CLOSE: f32 = 0.75;

/// Whether a title speaks of one side, and of that one.
fn is_of_side(title: &str, side: &str) -> bool {
    let words = || title.split(|c: char| !c.is_alphanumeric());
    words().any(|w| w.eq_ignore_ascii_case(side)) && !words().any(|w| w.eq_ignore_ascii_case("bilateral"))
}

/// History, long-term drugs, implants, absence, dependence: codes that say in what state the patient is.
fn is_status(code: &str) -> bool {
    // With the outcome of a delivery, weeks of gestation and body mass index: none is what a service is done for.
    ("Z79".."Z99.999").contains(&code) || ["Z37", "Z3A", "Z68"].iter().any(|stem| code.starts_with(stem))
}

fn attribute_name(key: &str) -> String {
    match key {
        "size_cm" => "size in centimetres".to_owned(),
        "length_cm" => "length in centimetres".to_owned(),
        "area_cm2" => "area in square centimetres".to_owned(),
        "duration_minutes" => "duration in minutes".to_owned(),
        "initial_or_repeat" => "first or repeat performance".to_owned(),
        "with" | "without" => "accompanying work".to_owned(),
        other => other.replace('_', " "),
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
