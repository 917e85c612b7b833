//! MIMIC for those who hold its licence: MDACE charts over MIMIC-III, and the discharge summaries of MIMIC-IV.
//!
//! MDACE (Cheng and others, ACL 2023): one JSON file a chart with `hadm_id` and `notes`, each with `text` (as the corpus' own
//! script puts it in) and `annotations` (`begin` and `end` in characters, `code`, `code_system`). Its notes become one text;
//! diagnoses are its ICD-10-CM codes, procedures its CPT codes, each once.
//!
//! MIMIC-IV: `discharge.csv` (`hadm_id`, `text`) and `diagnoses_icd.csv` (`hadm_id`, `seq_num`, `icd_code`,
//! `icd_version`), both with or without `.gz`. Admissions with codes of ICD-10-CM alone are taken; the first code is the
//! principal diagnosis. That is how hospitals bill: compare with policy and setting in mind.
//!
//! Dates in MIMIC are shifted; all encounters take one day within the years of the corpus' codes.
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::Deserialize;

use super::EvalError;
use super::gold::{Case, Gold, GoldConcept, GoldProcedure};
use super::sets::Part;
use crate::document::Span;
use crate::note::{Encounter, input};
use crate::train::data::{DataError, files_of, read_text};

/// The day of every encounter.
const DAY: Date = jiff::civil::date(2019, 5, 1);
/// What stands between two notes of a chart.
const BETWEEN_NOTES: &str = "\n\n";

#[derive(Deserialize)]
struct Chart {
    hadm_id: u64,
    notes: Vec<ChartNote>,
}

#[derive(Deserialize)]
struct ChartNote {
    text: Option<String>,
    #[serde(default)]
    annotations: Vec<Annotation>,
}

#[derive(Deserialize)]
struct Annotation {
    begin: usize,
    end: usize,
    code: String,
    code_system: String,
}

/// The folder of a part: `DIR/<part>` where there is one, else DIR itself.
fn folder_of(dir: &Path, part: Part) -> PathBuf {
    let own = dir.join(part.name());
    if own.is_dir() { own } else { dir.to_owned() }
}

/// Charts of a folder of MDACE files, by file name.
pub fn load_mdace(dir: &Path, part: Part) -> Result<Vec<Case>, EvalError> {
    let folder = folder_of(dir, part);
    let files = files_of(&folder, "json")?;
    if files.is_empty() {
        return Err(DataError::Read { path: folder, reason: "no *.json with a chart".to_owned() }.into());
    }
    files.iter().map(|path| chart(path)).collect()
}

fn chart(path: &Path) -> Result<Case, EvalError> {
    let wrong = |line: usize, reason: String| DataError::Format { path: path.to_owned(), line, reason };
    // Not serde's own message, which may repeat a piece of a note.
    let chart: Chart = input::from_json(&read_text(path)?).map_err(|e| wrong(1, e.to_string()))?;
    let mut note = String::new();
    let (mut diagnoses, mut procedures): (Vec<GoldConcept>, Vec<GoldProcedure>) = (Vec::new(), Vec::new());
    for part in chart.notes {
        let text = part.text.ok_or_else(|| {
            wrong(1, "a note has no text; put the texts of NOTEEVENTS.csv in with the corpus' inject-note-text.py".to_owned())
        })?;
        let base = note.len();
        let bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        for a in part.annotations {
            let (Some(start), Some(end)) = (bytes.get(a.begin), bytes.get(a.end).filter(|_| a.begin <= a.end)) else {
                return Err(wrong(1, format!("an annotation from {} to {} is no place of its note", a.begin, a.end)).into());
            };
            let place = Span::new(base + start, base + end);
            match a.code_system.as_str() {
                "ICD-10-CM" => add_diagnosis(&mut diagnoses, a.code, place),
                "CPT" => add_procedure(&mut procedures, a.code, place),
                _ => {}
            }
        }
        note.push_str(&text);
        note.push_str(BETWEEN_NOTES);
    }
    let gold =
        Gold { id: format!("mdace-{}", chart.hadm_id), note_type: "chart".into(), diagnoses, procedures, ..Default::default() };
    Ok(case(gold, note))
}

fn add_diagnosis(all: &mut Vec<GoldConcept>, code: String, place: Span) {
    match all.iter_mut().find(|d| d.codes.contains(&code)) {
        Some(known) => known.places.push(place),
        None => all.push(GoldConcept { codes: vec![code], primary: false, places: vec![place] }),
    }
}

fn add_procedure(all: &mut Vec<GoldProcedure>, code: String, place: Span) {
    match all.iter_mut().find(|p| p.codes.contains(&code)) {
        Some(known) => known.places.push(place),
        None => all.push(GoldProcedure { codes: vec![code], places: vec![place], ..Default::default() }),
    }
}

fn case(gold: Gold, note: String) -> Case {
    let encounter = Encounter {
        encounter_id: Some(gold.id.clone()),
        date_of_service: Some(DAY),
        payer: Some("medicare".into()),
        note,
        ..Default::default()
    };
    Case { encounter, gold, mentions: Vec::new(), relations: Vec::new() }
}

#[derive(Deserialize)]
struct Discharge {
    hadm_id: u64,
    text: String,
}

#[derive(Deserialize)]
struct CodeRow {
    hadm_id: u64,
    seq_num: u32,
    icd_code: String,
    icd_version: u8,
}

/// Discharge summaries of MIMIC-IV with the codes of their admission, by admission.
pub fn load_mimic4(dir: &Path, part: Part) -> Result<Vec<Case>, EvalError> {
    let folder = folder_of(dir, part);
    let mut codes: BTreeMap<u64, Vec<CodeRow>> = BTreeMap::new();
    for row in rows::<CodeRow>(&folder, "diagnoses_icd.csv")? {
        codes.entry(row.hadm_id).or_default().push(row);
    }
    codes.retain(|_, rows| rows.iter().all(|r| r.icd_version == 10));
    let mut cases = Vec::new();
    for summary in rows::<Discharge>(&folder, "discharge.csv")? {
        let Some(mut own) = codes.remove(&summary.hadm_id) else { continue };
        own.sort_by_key(|r| r.seq_num);
        let concept = |r: CodeRow| GoldConcept { codes: vec![dotted(&r.icd_code)], primary: r.seq_num == 1, places: Vec::new() };
        let gold = Gold {
            id: format!("mimic4-{}", summary.hadm_id),
            note_type: "discharge".into(),
            diagnoses: own.into_iter().map(concept).collect(),
            ..Default::default()
        };
        cases.push(case(gold, summary.text));
    }
    cases.sort_by(|a, b| a.gold.id.cmp(&b.gold.id));
    Ok(cases)
}

fn dotted(code: &str) -> String {
    let code = code.trim();
    match (code.get(..3), code.get(3..)) {
        (Some(category), Some(rest)) if !rest.is_empty() && !rest.starts_with('.') => format!("{category}.{rest}"),
        _ => code.to_owned(),
    }
}

fn rows<T: serde::de::DeserializeOwned>(folder: &Path, name: &str) -> Result<Vec<T>, DataError> {
    let packed = folder.join(format!("{name}.gz"));
    let path = if packed.is_file() { packed } else { folder.join(name) };
    let unreadable = |e: std::io::Error| DataError::Read { path: path.clone(), reason: e.to_string() };
    let file = std::fs::File::open(&path).map_err(unreadable)?;
    let content: Box<dyn Read> = match path.extension().is_some_and(|e| e == "gz") {
        true => Box::new(flate2::read::MultiGzDecoder::new(file)),
        false => Box::new(file),
    };
    let mut all = Vec::new();
    for (index, row) in csv::Reader::from_reader(content).into_deserialize::<T>().enumerate() {
        // The csv error may repeat a field; only its kind is passed on.
        all.push(row.map_err(|e| DataError::Format {
            path: path.clone(),
            line: e.position().map_or(index as u64 + 2, csv::Position::line) as usize,
            reason: "the row does not have the columns and numbers of this table".to_owned(),
        })?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charts_become_cases_with_places() {
        let dir = tempfile::tempdir().expect("folder");
        let annotation = |begin: usize, end: usize, code: &str, system: &str| {
            format!(r#"{{"begin":{begin},"end":{end},"code":"{code}","code_system":"{system}","description":"","type":"Human"}}"#)
        };
        let chart = format!(
            r#"{{"hadm_id":7,"comment":"","notes":[{{"note_id":1,"category":"x","description":"Report","text":"Café: HTN","annotations":[{}]}},
            {{"note_id":2,"category":"x","description":"Report","text":"HTN again","annotations":[{},{}]}}]}}"#,
            annotation(6, 9, "I10", "ICD-10-CM"),
            annotation(0, 3, "I10", "ICD-10-CM"),
            annotation(4, 9, "99221", "CPT")
        );
        std::fs::write(dir.path().join("7-ICD-10.json"), chart).expect("write");
        let cases = load_mdace(dir.path(), Part::Dev).expect("loads");
        let (gold, note) = (&cases[0].gold, &cases[0].encounter.note);
        let words: Vec<&str> = gold.diagnoses[0].places.iter().map(|p| p.of(note)).collect();
        assert_eq!((gold.id.as_str(), gold.diagnoses.len(), words), ("mdace-7", 1, vec!["HTN", "HTN"]));
        assert_eq!(gold.procedures[0].codes, ["99221"]);
        std::fs::write(dir.path().join("8.json"), r#"{"hadm_id":8,"notes":[{"annotations":[]}]}"#).expect("write");
        let error = load_mdace(dir.path(), Part::Dev).err().expect("no text").to_string();
        assert!(error.contains("8.json") && error.contains("inject-note-text"), "{error}");
        for row in [
            format!(r#"{{"hadm_id":8,"notes":[{{"text":"HTN","annotations":[{}]}}]}}"#, annotation(3, 1, "I10", "ICD-10-CM")),
            r#"{"hadm_id":8,"notes":[{"text":"x","annotations":"chest pain"}]}"#.to_owned(),
        ] {
            std::fs::write(dir.path().join("8.json"), row).expect("write");
            let error = load_mdace(dir.path(), Part::Dev).err().expect("refused").to_string();
            assert!(error.contains("8.json") && !error.contains("chest"), "{error}");
        }
    }

    #[test]
    fn summaries_meet_their_codes() {
        let dir = tempfile::tempdir().expect("folder");
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).expect("write");
        write("discharge.csv", "note_id,subject_id,hadm_id,text\na,1,20,\"Heart failure,\nstable\"\nb,1,21,Old\n");
        write(
            "diagnoses_icd.csv",
            "subject_id,hadm_id,seq_num,icd_code,icd_version\n1,20,2,I10,10\n1,20,1,I5022,10\n1,21,1,4019,9\n",
        );
        let cases = load_mimic4(dir.path(), Part::Dev).expect("loads");
        assert_eq!(cases.len(), 1, "codes of ICD-9-CM are left out");
        let codes: Vec<(&str, bool)> = cases[0].gold.diagnoses.iter().map(|d| (d.codes[0].as_str(), d.primary)).collect();
        assert_eq!(codes, [("I50.22", true), ("I10", false)]);
    }
}
