//! Chosen candidates as claim lines: modifiers, units, evidence, pointers, order; and questions where an attribute that
//! would change the code is not stated.
use std::collections::BTreeSet;

use crate::claim::{Line, Query};
use crate::codeset::CodeSets;
use crate::document::{Document, Span};
use crate::extract::Laterality;
use crate::note::Context;

use super::candidates::CodeCandidate;
pub use super::components::{is_facility, professional_only};
use super::components::{read_by_who_does_it, splits, technical_only};
use super::families::{Family, Service, drugs};
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
        let dose = || code.starts_with(['J', 'Q']).then(|| drugs::units_of(&code, self.view.text, 1)).flatten();
        let units = if units > 1 { units } else { dose().unwrap_or(units) };
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
    pub fn pathology_line(&self, service: &PathologyService) -> Line {
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
        let number: u32 = code.parse().unwrap_or(0);
        let rule = entry.and_then(|e| e.attributes.get("bilateral_indicator")).map(String::as_str);
        let mut modifiers: Vec<&str> = Vec::new();
        let of_nerves = read_by_who_does_it(code);
        let professional = if of_nerves { is_facility(&self.context.place_of_service) } else { professional_only(self.context) };
        if splits(code, facts.as_ref()) && professional {
            modifiers.push("26");
        } else if facts.as_ref().is_some_and(|f| f.pc_tc == '1') && code.starts_with('7') && technical_only(self.view.text) {
            modifiers.push("TC");
        }
        let injected = matches!(number, 20526..=20551 | 20600..=20604) && !sides::is_of_hand_or_foot(clause);
        let digits =
            injected || matches!(number, 11730..=11765 | 26010..=26599 | 26616..=26989 | 28001..=28899 | 73140 | 73660 | 64702);
        let lids = matches!(number, 67700..=67999 | 68761 | 15820..=15823);
        let bilateral = facts.as_ref().map_or(' ', |f| f.bilateral);
        let side = side.filter(|_| !of_nerves);
        let sided = match bilateral {
            '1' | '3' => true,
            '0' => matches!(rule, Some("50" | "RT/LT")) || digits || sides::is_of_one_side(code),
            ' ' => matches!(rule, Some("50" | "RT/LT")) || sides::is_of_one_side(code),
            _ => sides::is_of_one_side(code),
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
        // A blood count is waived on one analyzer only.
        let waived =
            entry.is_some_and(|e| e.attributes.get("with").is_some_and(|w| w == "QW")) && !matches!(code, "85025" | "85027");
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
