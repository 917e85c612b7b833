//! All of it in one call: opens tables, weights and models once, then codes encounters through `&self`, so that threads
//! share one engine. No clock, no network, no database. Each stage is a `tracing` span of its name, so that a subscriber
//! (`benches/engine.rs` has one) can time them.
mod component;
mod config;
mod error;
mod files;
mod hospital_supplies;
mod indications;
mod linking;
mod newborns;
mod open;
mod output;
mod place_of_service;
mod reading;
mod service_diagnoses;
mod stages;
mod stated_reasons;
mod todays_statuses;

use std::collections::BTreeSet;

use jiff::civil::Date;
use sha2::{Digest, Sha256};
use tracing::debug_span;

pub use config::EngineConfig;
pub use error::EngineError;
use open::open_error;
pub use output::{CodedEncounter, EngineInfo, LevelOutput, ModelInfo, SCHEMA};
pub use reading::{Reader, Reading, TextReading};

use crate::claim::{Candidate, Claim, Line};
use crate::codeset::CodeSets;
use crate::codeset::lookup::{self, Found, System};
use crate::coding::diagnoses::documented::{self, RankedCode, model::DocumentedModel};
use crate::coding::diagnoses::{self, DiagnosisCoding, model::DiagnosisModel, recheck::Recheck};
use crate::coding::procedures::{ProcedureCoder, ProcedureCoding, ProcedureInput};
use crate::document::Span;
use crate::em::last_look::VisitLook;
use crate::em::{self, EmResult};
use crate::extract::MentionKind;
use crate::note::{Context, Encounter, OriginKind, Policy, input};
use crate::review::{self, ReviewThresholds};
use crate::rules::{self, Audit, Border, ClaimFile, ClaimView, NoteView, Payers, Scrubbed};

/// The engine, open.
pub struct Engine {
    code_sets: CodeSets,
    payers: Payers,
    reader: Reader,
    diagnoses: DiagnosisModel,
    /// Where the model has it.
    recheck: Option<Recheck>,
    /// For policy `documented`, where the model has it.
    documented: Option<DocumentedModel>,
    procedures: ProcedureCoder,
    /// Where the model has it.
    visits: Option<VisitLook>,
    review: ReviewThresholds,
    info: EngineInfo,
    training_documents: BTreeSet<String>,
}

impl Engine {
    /// The reference tables.
    pub fn code_sets(&self) -> &CodeSets {
        &self.code_sets
    }

    /// The payers that are known.
    pub fn payers(&self) -> &Payers {
        &self.payers
    }

    /// Codes one encounter. `today` stands in where neither the encounter nor the note states a date of service.
    pub fn code(&self, encounter: &Encounter, today: Date) -> Result<CodedEncounter, EngineError> {
        let mut reading = self.read(encounter, today)?;
        let (mut procedures, mut coded) = self.find(&reading, encounter);
        let text = &reading.document.text;
        service_diagnoses::vaccines_without_reason(&coded.diagnoses, &mut procedures, text, &self.code_sets);
        service_diagnoses::immunization(&mut coded.diagnoses, &mut procedures.lines, &self.code_sets.icd10cm);
        service_diagnoses::screening_colonoscopy(&mut coded.diagnoses, &mut procedures.lines, &self.code_sets.icd10cm);
        stated_reasons::agree(&mut coded.diagnoses, &mut procedures.lines, &self.code_sets.icd10cm);
        stated_reasons::add(&mut coded.diagnoses, &mut procedures.lines, &self.code_sets.icd10cm);
        todays_statuses::take_out(&mut coded.diagnoses, &mut procedures.lines, &reading.document.text);
        indications::add(&mut coded.diagnoses, &mut coded.candidates, &mut procedures.lines, &self.code_sets.icd10cm);
        let (mut lines, em, procedure_candidates, mut queries) = self.services(&reading, encounter, &mut coded, procedures);
        number(&mut lines);
        component::professional(&reading.context, &em, &mut lines, &reading.document.text, &self.code_sets);
        place_of_service::by_service(&mut reading.context, &em, &lines, &self.code_sets);
        component::professional(&reading.context, &em, &mut lines, &reading.document.text, &self.code_sets);
        component::surgical_care_only(&reading.context, &em, &mut lines, &reading.document.text, &self.code_sets);
        self.bound(&reading.context, &mut lines);
        let diagnoses_right = coded.all_right;
        let claim = Claim { diagnoses: coded.diagnoses, lines };
        let findings = debug_span!("rules").in_scope(|| self.check(&reading, encounter, &claim, em.code.as_deref()))?;
        let finishing = debug_span!("result").entered();
        queries.extend(em.queries.iter().cloned());
        let mut candidates = coded.candidates;
        candidates.extend(procedure_candidates);
        candidates.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then(a.code.cmp(&b.code)));
        candidates.truncate(100);
        let review = review::decide(
            &review::Inputs {
                claim: &claim,
                findings: &findings,
                queries: &queries,
                diagnoses_right,
                date_defaulted: is_default(&reading.context, "date_of_service"),
            },
            &self.review,
        );
        let mut coded = CodedEncounter {
            schema: SCHEMA.into(),
            encounter_id: encounter.encounter_id.clone().unwrap_or_else(|| "encounter".into()),
            engine: EngineInfo {
                code_sets: rules::editions(&self.code_sets, reading.context.date_of_service),
                ..self.info.clone()
            },
            context: reading.context,
            converted_from: None,
            mentions: reading.extraction.mentions,
            relations: reading.extraction.relations,
            claim,
            candidates,
            em,
            findings,
            review,
            queries,
            audit: Audit::default(),
        };
        coded.audit = self.audit(encounter, &coded);
        drop(finishing);
        Ok(coded)
    }

    /// Every candidate code of a note under policy `documented`, likeliest first, codes that are not billable among them.
    /// An error where the model was not trained for that policy.
    pub fn rank_documented(&self, encounter: &Encounter, today: Date) -> Result<Vec<RankedCode>, EngineError> {
        let model = self.documented.as_ref().ok_or_else(|| {
            open_error(format!("the model has no {}; train it by training/recipes/codiesp.toml", documented::model::FILE))
        })?;
        let reading = self.read(encounter, today)?;
        Ok(self.reader.with_material(&reading, |material| documented::rank(material, model, &self.code_sets.icd10cm)))
    }

    /// Codes that the training corpus of policy `documented` uses.
    pub fn documented_codes(&self) -> BTreeSet<&str> {
        self.documented.iter().flat_map(|m| m.statistics.documents.keys().map(String::as_str)).collect()
    }

    /// Levels one encounter.
    pub fn level(&self, encounter: &Encounter, today: Date) -> Result<LevelOutput, EngineError> {
        let coded = self.code(encounter, today)?;
        Ok(LevelOutput { encounter_id: coded.encounter_id, em: coded.em })
    }

    /// Checks a claim given as JSON against every rule; no model.
    pub fn scrub(&self, json: &str, today: Date) -> Result<Scrubbed, EngineError> {
        let newest_edition_end = rules::newest_edition_end(&self.code_sets);
        let border = Border { payers: &self.payers, newest_edition_end, default_date: today };
        let file = ClaimFile::from_json(json, border)?;
        rules::scrub(&file, "claim", &self.code_sets, &self.payers)
            .ok_or_else(|| EngineError::Internal("a payer that was accepted is not known".into()))
    }

    /// Codes by number or words.
    pub fn lookup(&self, query: &str, system: Option<&str>, date: Option<&str>, limit: usize) -> Result<Vec<Found>, EngineError> {
        let allowed = "icd10cm, cpt, hcpcs, icd10pcs";
        let system = match system {
            Some(name) => Some(System::by_name(name).ok_or_else(|| {
                let (field, message) = ("system".into(), "is not a code system that is known".into());
                EngineError::Input(input::InputError::Field { field, message, allowed: allowed.into() })
            })?),
            None => None,
        };
        let date = date.map(|d| input::parse_date("date", d)).transpose()?;
        Ok(lookup::find(&self.code_sets, query, system, date, limit))
    }

    /// Reads mentions, and the assertion of given places, in a text that is no encounter.
    pub fn read_text(&self, text: &str, places: &[(Span, Option<MentionKind>)]) -> Result<TextReading, EngineError> {
        self.reader.read_text(text, places)
    }

    /// Version, model and number format.
    pub fn info(&self) -> &EngineInfo {
        &self.info
    }

    /// On how many of the labelled claims that taught the model a diagnosis code stood.
    pub fn claims_with(&self, code: &str) -> u32 {
        self.diagnoses.priors.by_code.get(code).map_or(0, |counts| counts.0)
    }

    /// Fails where one of these documents taught the model.
    pub fn refuse_training_documents(&self, ids: &[&str]) -> Result<(), EngineError> {
        match ids.iter().find(|id| self.training_documents.contains(**id)) {
            Some(id) => Err(EngineError::Claim(format!(
                "the model was trained on document {id} of this set, so its score would mean nothing; take another split or another model"
            ))),
            None => Ok(()),
        }
    }

    fn read(&self, encounter: &Encounter, today: Date) -> Result<Reading, EngineError> {
        let payers: Vec<String> = self.payers.ids().map(str::to_owned).collect();
        let newest = rules::newest_edition_end(&self.code_sets);
        input::check(encounter, &payers, newest)?;
        let reading = self.reader.read(encounter, today)?;
        input::check_date("date_of_service", reading.context.date_of_service, newest)?;
        Ok(reading)
    }

    fn diagnose(&self, reading: &Reading, encounter: &Encounter) -> DiagnosisCoding {
        let options = encounter.options.unwrap_or_default();
        let completeness = options.completeness;
        let icd10cm = &self.code_sets.icd10cm;
        if let (Policy::Documented, Some(model)) = (options.policy, &self.documented) {
            return self.reader.with_material(reading, |material| documented::code(material, model, icd10cm));
        }
        self.reader.with_material(reading, |material| {
            diagnoses::code(material, &self.diagnoses, self.recheck.as_ref(), icd10cm, completeness)
        })
    }

    /// Procedures and diagnoses, as far as possible at the same time.
    fn find(&self, reading: &Reading, encounter: &Encounter) -> (ProcedureCoding, DiagnosisCoding) {
        let Reading { document, context, extraction, .. } = reading;
        let (mentions, code_sets) = (&extraction.mentions, &self.code_sets);
        let input = ProcedureInput { document, context, mentions, diagnoses: &[], code_sets };
        let diagnose = || debug_span!("diagnoses").in_scope(|| self.diagnose(reading, encounter));
        debug_span!("procedures").in_scope(|| self.procedures.code_beside(&input, diagnose, |coded| &coded.diagnoses))
    }

    /// The level of the visit and its lines beside those of procedures, candidates not chosen, questions.
    fn services(
        &self,
        reading: &Reading,
        encounter: &Encounter,
        coded: &mut DiagnosisCoding,
        mut procedures: ProcedureCoding,
    ) -> (Vec<Line>, EmResult, Vec<Candidate>, Vec<crate::claim::Query>) {
        let context = &reading.context;
        let fee = |code: &str| em::fee(&self.code_sets, context, code);
        let global_days = |code: &str| em::global_days(&self.code_sets, context, code);
        let payer = self.payers.get(&context.payer);
        let documented = encounter.documented.as_ref().and_then(|d| {
            d.lines
                .iter()
                .map(|l| l.code.as_str())
                .find(|c| ("99202".."99500").contains(c) || matches!(*c, "G0402" | "G0438" | "G0439"))
        });
        let leveling = debug_span!("em").entered();
        let input = em::Input {
            document: &reading.document,
            context,
            mentions: &reading.extraction.mentions,
            diagnoses: &coded.diagnoses,
            lines: &procedures.lines,
            documented,
            payer: payer.map_or_else(em::PayerTerms::medicare, payer_terms),
            fee: &fee,
            global_days: &global_days,
        };
        let words = self.procedures.note_words(&reading.document.text);
        let em = match (&self.visits, &words) {
            (Some(look), Some(words)) => em::last_look::level(&input, look, words),
            _ => em::level(&input),
        };
        hospital_supplies::take_off(&em, &mut procedures, &reading.document.text, &self.code_sets);
        let age = context.patient.age_years;
        let icd10cm = &self.code_sets.icd10cm;
        service_diagnoses::examination(&mut coded.diagnoses, &mut procedures.lines, &em, age, icd10cm);
        newborns::own_record(&mut coded.diagnoses, &mut procedures.lines, &em, &reading.document.text, icd10cm);
        if em.code.is_none() {
            service_diagnoses::vaccination_alone(&mut coded.diagnoses, &mut procedures.lines);
        }
        let mut lines = em::lines(&em, &coded.diagnoses, &procedures.lines, &global_days);
        drop(leveling);
        for line in &mut lines {
            line.confidence = em.confidence.unwrap_or(self.review.level);
            if line.title.is_empty() {
                line.title = self
                    .code_sets
                    .procedures
                    .find(&line.code)
                    .map(|i| self.code_sets.procedures.descriptor(i).to_owned())
                    .unwrap_or_default();
            }
        }
        // A psychiatric evaluation that stands in the visit's place is one line.
        procedures.lines.retain(|line| !lines.iter().any(|visit| visit.code == line.code));
        lines.extend(procedures.lines);
        (lines, em, procedures.candidates, procedures.queries)
    }

    /// A modifier for both sides counts them: one unit; and no more units than Medicare's limit of one day (MUE) where the
    /// count was read out of words.
    fn bound(&self, context: &Context, lines: &mut [Line]) {
        for line in lines.iter_mut().filter(|l| l.units > 1) {
            let most = self.code_sets.mue.get(&line.code, context.date_of_service).map(|m| m.value.max(1));
            if line.modifiers.iter().any(|m| m == "50") {
                line.units = 1;
            } else if let Some(most) = most.filter(|most| line.units > *most && *most == 1) {
                line.units = most;
            }
        }
    }

    fn check(
        &self,
        reading: &Reading,
        encounter: &Encounter,
        claim: &Claim,
        supported: Option<&str>,
    ) -> Result<Vec<rules::Finding>, EngineError> {
        let payer = self
            .payers
            .get(&reading.context.payer)
            .ok_or_else(|| EngineError::Internal("a payer that was accepted is not known".into()))?;
        let note = NoteView {
            mentions: &reading.extraction.mentions,
            relations: &reading.extraction.relations,
            policy: encounter.options.unwrap_or_default().policy,
        };
        let view = ClaimView::new(&reading.context, &claim.diagnoses, &claim.lines, &self.code_sets, payer, Some(note))
            .supporting(supported);
        Ok(rules::check_all(&view))
    }

    fn audit(&self, encounter: &Encounter, coded: &CodedEncounter) -> Audit {
        let id = digest(&[serde_json::to_vec(encounter), serde_json::to_vec(&coded.engine)]);
        let hash = digest(&[
            Ok(id.clone().into_bytes()),
            serde_json::to_vec(&(&coded.claim, &coded.em, &coded.findings, &coded.review)),
        ]);
        Audit { id, hash, previous: None }
    }
}

/// A payer's terms for visits, out of its file.
pub fn payer_terms(payer: &rules::Payer) -> em::PayerTerms {
    em::PayerTerms {
        medicare: payer.id == "medicare",
        consultation_codes: payer.consultation_codes,
        telemedicine_codes: payer.telemedicine_codes,
        video_modifier: payer.telehealth_video_modifier.clone(),
        audio_modifier: payer.telehealth_audio_modifier.clone(),
    }
}

fn is_default(context: &Context, field: &str) -> bool {
    context.origins.get(field).is_some_and(|o| o.kind == OriginKind::Default)
}

fn number(lines: &mut [Line]) {
    lines.iter_mut().enumerate().for_each(|(i, l)| l.number = i as u32 + 1);
}

fn digest(parts: &[Result<Vec<u8>, serde_json::Error>]) -> String {
    let mut digest = Sha256::new();
    for part in parts.iter().flatten() {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    digest.finalize().iter().map(|b| format!("{b:02x}")).collect()
}
