//! The context as used: what the caller gave, then what the note says, then the stated defaults.
use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Facts, Inferred, infer, patient, payer, place};
use crate::document::{Document, Span};
use crate::note::{Context, Encounter, NoteType, Origin, OriginKind};

/// Fills every field of the context: given leads, then inferred from the note (with evidence), then the default
/// (office, place 11, established, payer `medicare`, `today` as date). Origins are keyed by field name, those of the
/// patient as `patient.age_years`, `patient.sex`, `patient.new_patient`. Age and sex have no default.
pub fn resolve_context(encounter: &Encounter, document: &Document, today: Date) -> Context {
    let facts = infer(document);
    let mut origins = Origins { document, entries: BTreeMap::new() };
    let date_of_service = origins.choose("date_of_service", encounter.date_of_service, facts.date_of_service.clone(), today);
    let note_type = origins.choose("note_type", encounter.note_type, facts.note_type.clone(), NoteType::Office);
    // The place follows the kind of note that is used, which the caller may have given.
    let read_place = place::place_of_service(document, Some(note_type));
    let place_of_service = origins.choose("place_of_service", encounter.place_of_service.clone(), read_place, "11".to_owned());
    let payer_id = origins.choose("payer", encounter.payer.clone(), payer::payer(document), "medicare".to_owned());
    let patient = patient_of(encounter, document, facts, date_of_service, &mut origins);
    Context {
        date_of_service,
        place_of_service,
        payer: payer_id,
        note_type,
        patient,
        provider: encounter.provider.clone(),
        prior_procedures: encounter.prior_procedures.clone(),
        origins: origins.entries,
    }
}

fn patient_of(
    encounter: &Encounter,
    document: &Document,
    facts: Facts,
    date: Date,
    origins: &mut Origins<'_>,
) -> crate::note::Patient {
    let mut patient = encounter.patient.clone();
    let given_age = patient.age_years.or_else(|| patient.birth_date.and_then(|birth| patient::completed_years(birth, date)));
    let read_age = facts.age_years.or_else(|| patient::age(document, Some(date)));
    patient.age_years = origins.choose_if_any("patient.age_years", given_age, read_age);
    patient.sex = origins.choose_if_any("patient.sex", patient.sex, facts.sex);
    patient.new_patient = Some(origins.choose("patient.new_patient", patient.new_patient, facts.new_patient, false));
    patient
}

struct Origins<'d> {
    document: &'d Document,
    entries: BTreeMap<String, Origin>,
}

impl Origins<'_> {
    fn choose<T>(&mut self, field: &str, given: Option<T>, inferred: Option<Inferred<T>>, default: T) -> T {
        match self.choose_if_any(field, given, inferred) {
            Some(value) => value,
            None => {
                self.note(field, OriginKind::Default, None);
                default
            }
        }
    }

    fn choose_if_any<T>(&mut self, field: &str, given: Option<T>, inferred: Option<Inferred<T>>) -> Option<T> {
        match (given, inferred) {
            (Some(value), _) => {
                self.note(field, OriginKind::Given, None);
                Some(value)
            }
            (None, Some(inferred)) => {
                self.note(field, OriginKind::Inferred, Some(inferred.span));
                Some(inferred.value)
            }
            (None, None) => None,
        }
    }

    fn note(&mut self, field: &str, kind: OriginKind, span: Option<Span>) {
        let text = span.map(|s| s.of(&self.document.text).to_owned());
        let origin = Origin { kind, start: span.map(|s| s.start), end: span.map(|s| s.end), text };
        self.entries.insert(field.to_owned(), origin);
    }
}
