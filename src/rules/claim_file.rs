//! A claim as a caller gives it to `scrub`: one flat object of context fields, diagnoses and lines, or a coded
//! encounter. Every error names the field and what is allowed there.
use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Value;

use super::Payers;
use crate::claim::{Claim, Diagnosis, Line};
use crate::document::Evidence;
use crate::extract::{Mention, Relation};
use crate::note::input::{self, InputError};
use crate::note::{
    Context, Documented, Encounter, NoteType, Options, Origin, OriginKind, Patient, PriorProcedure, Provider, SideDocument,
};

/// A claim with everything the rules may read.
#[derive(Clone, Debug)]
pub struct ClaimFile {
    /// The caller's id.
    pub encounter_id: Option<String>,
    /// Context, defaults filled in and marked.
    pub context: Context,
    /// Diagnoses and lines; pointers and numbers filled in where absent.
    pub claim: Claim,
    /// Coding options as given.
    pub options: Options,
    /// Mentions of a coded encounter; none for a flat claim.
    pub mentions: Option<Vec<Mention>>,
    /// Relations of a coded encounter.
    pub relations: Vec<Relation>,
    /// The E/M object, when the input has one.
    pub em: Option<Value>,
}

/// What a claim is read against.
#[derive(Clone, Copy, Debug)]
pub struct Border<'a> {
    /// Known payers.
    pub payers: &'a Payers,
    /// Last day of the newest loaded edition.
    pub newest_edition_end: Date,
    /// Date of service where the claim has none.
    pub default_date: Date,
}

/// The context fields, flat or under `context`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ContextIn {
    date_of_service: Option<Date>,
    place_of_service: Option<String>,
    payer: Option<String>,
    note_type: Option<NoteType>,
    patient: Patient,
    provider: Provider,
    prior_procedures: Vec<PriorProcedure>,
    origins: BTreeMap<String, Origin>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct FlatClaim {
    encounter_id: Option<String>,
    date_of_service: Option<Date>,
    place_of_service: Option<String>,
    payer: Option<String>,
    note_type: Option<NoteType>,
    patient: Patient,
    provider: Provider,
    prior_procedures: Vec<PriorProcedure>,
    #[serde(rename = "documented")]
    _documented: Option<Documented>,
    #[serde(rename = "note")]
    _note: Option<String>,
    #[serde(rename = "documents")]
    _documents: Vec<SideDocument>,
    options: Options,
    diagnoses: Vec<DiagnosisIn>,
    lines: Vec<LineIn>,
    em: Option<Value>,
}

/// A coded encounter, of this or another version: what is not read here may look as it will.
#[derive(Deserialize)]
struct CodedIn {
    #[serde(default)]
    encounter_id: Option<String>,
    #[serde(default)]
    context: ContextIn,
    claim: ClaimIn,
    #[serde(default)]
    mentions: Value,
    #[serde(default)]
    relations: Value,
    #[serde(default)]
    em: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClaimIn {
    #[serde(default)]
    diagnoses: Vec<DiagnosisIn>,
    #[serde(default)]
    lines: Vec<LineIn>,
}

/// A diagnosis, or a code alone.
struct DiagnosisIn(DiagnosisFields);

impl<'de> Deserialize<'de> for DiagnosisIn {
    fn deserialize<D: serde::Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct CodeOrFields;
        impl<'de> serde::de::Visitor<'de> for CodeOrFields {
            type Value = DiagnosisIn;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a diagnosis {code, pointer} or a code")
            }
            fn visit_str<E: serde::de::Error>(self, code: &str) -> Result<DiagnosisIn, E> {
                Ok(DiagnosisIn(DiagnosisFields { code: code.to_owned(), ..DiagnosisFields::default() }))
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, fields: A) -> Result<DiagnosisIn, A::Error> {
                DiagnosisFields::deserialize(serde::de::value::MapAccessDeserializer::new(fields)).map(DiagnosisIn)
            }
        }
        reader.deserialize_any(CodeOrFields)
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a diagnosis {code, pointer}")]
#[allow(dead_code)]
struct DiagnosisFields {
    code: String,
    #[serde(default)]
    pointer: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    confidence: f32,
    #[serde(default)]
    source: Vec<String>,
    #[serde(default)]
    evidence: Vec<Evidence>,
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a line {number, code, modifiers, units, pointers}")]
#[allow(dead_code)]
struct LineIn {
    #[serde(default)]
    number: Option<u32>,
    code: String,
    #[serde(default)]
    modifiers: Vec<String>,
    #[serde(default)]
    units: Option<u32>,
    #[serde(default)]
    pointers: Vec<String>,
    #[serde(default)]
    title: String,
    #[serde(default)]
    confidence: f32,
    #[serde(default)]
    source: Vec<String>,
    #[serde(default)]
    evidence: Vec<Evidence>,
    #[serde(default)]
    reason: String,
}

impl ClaimFile {
    /// Reads a claim from a JSON document.
    pub fn from_json(json: &str, border: Border<'_>) -> Result<Self, InputError> {
        let is_coded = input::from_json::<Value>(json)?.get("claim").is_some();
        if is_coded {
            let coded: CodedIn = input::from_json(json)?;
            return Ok(Self {
                encounter_id: coded.encounter_id,
                context: context(coded.context, "context.", border)?,
                claim: claim(coded.claim.diagnoses, coded.claim.lines, "claim.")?,
                options: Options::default(),
                // Mentions of another version are no reason to refuse the claim.
                mentions: serde_json::from_value(coded.mentions).ok(),
                relations: serde_json::from_value(coded.relations).unwrap_or_default(),
                em: coded.em,
            });
        }
        let flat: FlatClaim = input::from_json(json)?;
        let context_in = ContextIn {
            date_of_service: flat.date_of_service,
            place_of_service: flat.place_of_service,
            payer: flat.payer,
            note_type: flat.note_type,
            patient: flat.patient,
            provider: flat.provider,
            prior_procedures: flat.prior_procedures,
            origins: BTreeMap::new(),
        };
        Ok(Self {
            encounter_id: flat.encounter_id,
            context: context(context_in, "", border)?,
            claim: claim(flat.diagnoses, flat.lines, "")?,
            options: flat.options,
            mentions: None,
            relations: Vec::new(),
            em: flat.em,
        })
    }
}

/// Fills what is not given with the stated defaults and marks it.
fn context(given: ContextIn, prefix: &str, border: Border<'_>) -> Result<Context, InputError> {
    check_context(&given, prefix, border)?;
    let mut origins = given.origins;
    let mut mark = |name: &str, given: bool| {
        let kind = if given { OriginKind::Given } else { OriginKind::Default };
        origins.entry(name.to_owned()).or_insert(Origin { kind, start: None, end: None, text: None });
    };
    mark("date_of_service", given.date_of_service.is_some());
    mark("place_of_service", given.place_of_service.is_some());
    mark("payer", given.payer.is_some());
    mark("note_type", given.note_type.is_some());
    let date_of_service = given.date_of_service.unwrap_or(border.default_date);
    let mut patient = given.patient;
    patient.age_years = patient.age_years.or_else(|| patient.birth_date.map(|born| completed_years(born, date_of_service)));
    Ok(Context {
        date_of_service,
        place_of_service: given.place_of_service.unwrap_or_else(|| "11".to_owned()),
        payer: given.payer.unwrap_or_else(|| "medicare".to_owned()),
        note_type: given.note_type.unwrap_or(NoteType::Office),
        patient,
        provider: given.provider,
        prior_procedures: given.prior_procedures,
        origins,
    })
}

/// The checks of the input border. The NPI is left to `claim-structure`, which reports it as a finding.
fn check_context(given: &ContextIn, prefix: &str, border: Border<'_>) -> Result<(), InputError> {
    let encounter = Encounter {
        date_of_service: given.date_of_service,
        place_of_service: given.place_of_service.clone(),
        payer: given.payer.clone(),
        patient: given.patient.clone(),
        prior_procedures: given.prior_procedures.clone(),
        note: "-".to_owned(),
        ..Encounter::default()
    };
    let payers: Vec<String> = border.payers.ids().map(str::to_owned).collect();
    input::check(&encounter, &payers, border.newest_edition_end).map_err(|error| match error {
        InputError::Field { field, message, allowed } => {
            InputError::Field { field: format!("{prefix}{field}"), message, allowed }
        }
        other => other,
    })
}

/// Age in completed years on a date.
pub fn completed_years(born: Date, on: Date) -> u16 {
    let before_birthday = (on.month(), on.day()) < (born.month(), born.day());
    let years = i32::from(on.year()) - i32::from(born.year()) - i32::from(before_birthday);
    u16::try_from(years).unwrap_or(0)
}

fn claim(diagnoses: Vec<DiagnosisIn>, lines: Vec<LineIn>, prefix: &str) -> Result<Claim, InputError> {
    let mut claim = Claim::default();
    for (index, DiagnosisIn(given)) in diagnoses.into_iter().enumerate() {
        let code = dotted(&given.code).ok_or_else(|| {
            field(format!("{prefix}diagnoses[{index}].code"), "is no ICD-10-CM code", "three to seven letters and digits")
        })?;
        let pointer = given.pointer.trim().to_ascii_uppercase();
        let pointer = if pointer.is_empty() { pointer_letter(index) } else { pointer };
        claim.diagnoses.push(Diagnosis { pointer, code, evidence: given.evidence, ..Diagnosis::default() });
    }
    for (index, given) in lines.into_iter().enumerate() {
        let number = given.number.unwrap_or(index as u32 + 1);
        if number == 0 || claim.lines.iter().any(|line| line.number == number) {
            return Err(field(
                format!("{prefix}lines[{index}].number"),
                "is 0 or used twice",
                "a different number from 1 for every line",
            ));
        }
        let code = given.code.trim().to_ascii_uppercase();
        if code.is_empty() || code.len() > 12 {
            return Err(field(format!("{prefix}lines[{index}].code"), "is no CPT/HCPCS code", "five digits or letters"));
        }
        let tidy = |texts: Vec<String>| -> Vec<String> {
            texts.into_iter().map(|text| text.trim().to_ascii_uppercase()).filter(|text| !text.is_empty()).collect()
        };
        claim.lines.push(Line {
            number,
            code,
            modifiers: tidy(given.modifiers),
            units: given.units.unwrap_or(1),
            pointers: tidy(given.pointers),
            evidence: given.evidence,
            ..Line::default()
        });
    }
    Ok(claim)
}

/// The pointer of the diagnosis at a position: A, B, …
pub fn pointer_letter(index: usize) -> String {
    match u8::try_from(index) {
        Ok(index) if index < 26 => char::from(b'A' + index).to_string(),
        _ => format!("#{}", index + 1),
    }
}

/// An ICD-10-CM code with its dot, upper case; `None` for what can be no code at all.
fn dotted(code: &str) -> Option<String> {
    let bare: String = code.trim().chars().filter(|c| *c != '.').collect::<String>().to_ascii_uppercase();
    if bare.is_empty() || bare.len() > 12 || !bare.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    Some(match bare.split_at_checked(3) {
        Some((category, rest)) if !rest.is_empty() => format!("{category}.{rest}"),
        _ => bare,
    })
}

fn field(field: String, message: &str, allowed: &str) -> InputError {
    InputError::Field { field, message: message.to_owned(), allowed: allowed.to_owned() }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn read(json: &str) -> Result<ClaimFile, InputError> {
        let payers = Payers::embedded().expect("payers");
        let border = Border { payers: &payers, newest_edition_end: date(2026, 9, 30), default_date: date(2026, 5, 4) };
        ClaimFile::from_json(json, border)
    }

    #[test]
    fn a_flat_claim_is_filled_up() {
        let file =
            read(r#"{"payer":"bcbs","diagnoses":[{"code":"r040"}, "I78.0"],"lines":[{"code":" 99213 "}]}"#).expect("claim");
        assert_eq!(file.claim.diagnoses[0].code, "R04.0");
        assert_eq!(file.claim.diagnoses[0].pointer, "A");
        assert_eq!((file.claim.diagnoses[1].code.as_str(), file.claim.diagnoses[1].pointer.as_str()), ("I78.0", "B"));
        assert_eq!((file.claim.lines[0].number, file.claim.lines[0].units), (1, 1));
        assert_eq!(file.context.origins["payer"].kind, OriginKind::Given);
        assert_eq!(file.context.origins["date_of_service"].kind, OriginKind::Default);
    }

    #[test]
    fn a_coded_encounter_is_a_claim_too() {
        let json = r#"{"schema":"superbill/1","context":{"date_of_service":"2026-05-04","patient":{"birth_date":"2020-05-05"}},
            "claim":{"diagnoses":[{"pointer":"A","code":"R04.0","confidence":0.9}],"lines":[]},"review":{"decision":"auto"}}"#;
        let file = read(json).expect("coded encounter");
        assert_eq!(file.context.patient.age_years, Some(5));
        assert_eq!(file.claim.diagnoses.len(), 1);
    }

    #[test]
    fn errors_name_the_field() {
        for (json, path) in [
            (r#"{"lines":[{"code":"99213","units":"two"}]}"#, "lines[0].units"),
            (r#"{"lines":[{"code":"99213","modifier":["25"]}]}"#, "modifier"),
            (r#"{"payer":"acme"}"#, "payer"),
            (r#"{"date_of_service":"2026-02-30"}"#, "date_of_service"),
            (r#"{"date_of_service":"1995-12-31"}"#, "date_of_service"),
            (r#"{"diagnoses":[{"code":""}]}"#, "diagnoses[0].code"),
            (r#"{"claim":{"lines":[{"code":"1","number":0}]}}"#, "claim.lines[0].number"),
        ] {
            let error = read(json).expect_err(json).to_string();
            assert!(error.contains(path), "{path} in: {error}");
        }
    }
}
