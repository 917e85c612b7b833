//! The project's own labels beside the shared ones: a second, independent reading of the training notes, and labels of
//! further notes (`training/labels`, whose README tells how they were made). They name notes by id and words by place,
//! and contain no text.
use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::{
    DataError, LabelledDiagnosis, LabelledDocument, LabelledEm, LabelledPatient, LabelledProcedure, Role, Split, TextOf,
    json_lines, labels, read_text,
};

/// What a reading says of one note.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reading {
    id: String,
    #[serde(default)]
    note_type: String,
    #[serde(default)]
    patient: LabelledPatient,
    #[serde(default)]
    dx: Vec<LabelledDiagnosis>,
    #[serde(default)]
    procedures: Vec<LabelledProcedure>,
    em: Option<LabelledEm>,
}

/// The documents that stages after the encoder learn from: `CORPORA/labels/train.jsonl`, with `own` (`training/labels`)
/// joined to its second reading and followed by the further notes and the authored ones of its folder `authored`.
pub fn training_documents(corpora: &Path, own: Option<&Path>) -> Result<Vec<LabelledDocument>, DataError> {
    let folder = corpora.join("labels");
    let mut documents = labels::load(&folder, Split::Train)?;
    let Some(own) = own else { return Ok(documents) };
    let path = own.join("second_reading.jsonl");
    let mut second: BTreeMap<String, (usize, Reading)> = BTreeMap::new();
    for (line, reading) in json_lines::<Reading>(&path, &read_text(&path)?)? {
        second.insert(reading.id.clone(), (line, reading));
    }
    for document in &mut documents {
        if let Some((_, reading)) = second.remove(&document.id) {
            join(document, reading);
        }
    }
    if let Some((id, (line, _))) = second.pop_first() {
        let reason = format!("no training note has the id {id}");
        return Err(DataError::Format { path, line, reason });
    }
    let path = own.join("further_notes.jsonl");
    let texts = labels::source_texts(corpora)?;
    for (line, reading) in json_lines::<Reading>(&path, &read_text(&path)?)? {
        let source = reading.id.split_once('-').map_or(reading.id.as_str(), |(_, id)| id);
        let missing = || DataError::MissingText { path: path.clone(), line, id: source.to_owned() };
        let text = texts.get(source).cloned().ok_or_else(missing)?;
        documents.push(further(reading, TextOf(text)));
    }
    documents.extend(labels::load_authored(&own.join("authored"))?);
    Ok(documents)
}

/// The second readings of labelled notes as documents of their own, with the words that the `first` readings quote for the
/// same codes.
pub fn second_readings(own: &Path, first: &[LabelledDocument]) -> Result<Vec<LabelledDocument>, DataError> {
    let path = own.join("second_reading.jsonl");
    let first: BTreeMap<&str, &LabelledDocument> = first.iter().map(|d| (d.id.as_str(), d)).collect();
    let readings = json_lines::<Reading>(&path, &read_text(&path)?)?;
    let document = |(_, reading): (usize, Reading)| {
        let beside = *first.get(reading.id.as_str())?;
        let (note_type, patient) = (beside.note_type.clone(), beside.patient);
        let mut document = LabelledDocument { note_type, patient, ..further(reading, beside.text.clone()) };
        for mine in &mut document.diagnoses {
            let its = beside.diagnoses.iter().find(|d| same(&mine.code, &mine.alternatives, &d.code, &d.alternatives));
            mine.places = its.map(|d| d.places.clone()).unwrap_or_default();
        }
        for mine in &mut document.procedures {
            let its = beside.procedures.iter().find(|p| same(&mine.code, &mine.alternatives, &p.code, &p.alternatives));
            mine.places = its.map(|p| p.places.clone()).unwrap_or_default();
        }
        Some(document)
    };
    Ok(readings.into_iter().filter_map(document).collect())
}

/// Corpus of the project's short charts.
pub const CHARTS: &str = "charts";

/// Short charts with their diagnoses (`training/labels/charts`), which teach which code words mean and nothing about services or
/// visits, and the short encounters of [`encounters`]. Empty where there are none.
pub fn charts(own: &Path) -> Result<Vec<LabelledDocument>, DataError> {
    let mut documents = short(&own.join(CHARTS))?;
    documents.extend(encounters(own)?);
    Ok(documents)
}

/// Whether a document is one of the short charts: an assessment, a list of problems, and no whole note.
pub fn is_chart(document: &LabelledDocument) -> bool {
    document.corpus == CHARTS && document.id.starts_with("chart-")
}

/// Short encounters with their whole claims (`training/labels/encounters`). Empty where there are none.
pub fn encounters(own: &Path) -> Result<Vec<LabelledDocument>, DataError> {
    short(&own.join("encounters"))
}

/// Clinic notes with their whole claims (`training/labels/clinic_notes`). Empty where there are none.
pub fn clinic_notes(own: &Path) -> Result<Vec<LabelledDocument>, DataError> {
    let folder = own.join("clinic_notes");
    if folder.is_dir() { labels::load_authored(&folder) } else { Ok(Vec::new()) }
}

fn short(folder: &Path) -> Result<Vec<LabelledDocument>, DataError> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut documents = labels::load_authored(folder)?;
    documents.iter_mut().for_each(|d| d.corpus = CHARTS);
    Ok(documents)
}

/// A document as a model's list of training documents names it: corpus and id; of short charts, which are no eval set's, the
/// file alone (`chart-FILE-NUMBER`).
pub fn listed(document: &LabelledDocument) -> String {
    let id = match document.id.rsplit_once('-') {
        Some((file, _)) if document.corpus == CHARTS => file,
        _ => &document.id,
    };
    format!("{}\t{id}", document.corpus)
}

/// A further note; its places become quotes too.
fn further(reading: Reading, text: TextOf) -> LabelledDocument {
    let mut diagnoses = reading.dx;
    for d in &mut diagnoses {
        d.places.retain(|p| text.get(p.start..p.end).is_some());
        d.quotes = d.places.iter().map(|p| p.of(&text).to_owned()).collect();
    }
    let mut procedures = reading.procedures;
    for p in &mut procedures {
        p.places.retain(|p| text.get(p.start..p.end).is_some());
        p.quotes = p.places.iter().map(|p| p.of(&text).to_owned()).collect();
    }
    LabelledDocument {
        id: reading.id,
        corpus: "labels",
        text,
        note_type: reading.note_type,
        patient: reading.patient,
        diagnoses,
        procedures,
        em: reading.em,
        ..Default::default()
    }
}

/// Joins a second reading: what the first requires and the second lists at all is required, what only one of them lists is
/// neither right nor wrong, each of two first-listed diagnoses may lead. The second reading calls more optional (status codes,
/// diseases that are only listed) than the annotators of the dev part do, so its "optional" takes no requirement away.
/// Both codes of a visit are right; a visit that only one of them codes stays as the first reading has it.
fn join(document: &mut LabelledDocument, second: Reading) {
    let mut left = second.dx;
    for first in &mut document.diagnoses {
        let found = left.iter().position(|s| same(&first.code, &first.alternatives, &s.code, &s.alternatives));
        let Some(other) = found.map(|i| left.remove(i)) else {
            first.role = Role::Optional;
            continue;
        };
        first.role = match (first.role, other.role) {
            (Role::Optional, _) => Role::Optional,
            (Role::Primary, _) | (_, Role::Primary) => Role::Primary,
            _ => Role::Secondary,
        };
        unite(&first.code, &mut first.alternatives, other.code, other.alternatives);
    }
    document.diagnoses.extend(left.into_iter().map(|d| LabelledDiagnosis { role: Role::Optional, ..d }));

    let mut left = second.procedures;
    for first in &mut document.procedures {
        let found = left.iter().position(|s| same(&first.code, &first.alternatives, &s.code, &s.alternatives));
        let Some(other) = found.map(|i| left.remove(i)) else {
            first.certain = false;
            continue;
        };
        first.certain &= other.certain;
        unite(&first.code, &mut first.alternatives, other.code, other.alternatives);
    }
    document.procedures.extend(left.into_iter().map(|p| LabelledProcedure { certain: false, ..p }));

    if let (Some(first), Some(other)) = (&mut document.em, second.em) {
        // Columns on which the readings differ teach nothing.
        for (mine, its) in [(&mut first.problems, other.problems), (&mut first.data, other.data), (&mut first.risk, other.risk)] {
            if *mine != its {
                *mine = None;
            }
        }
        first.alternatives = if first.code == other.code { Vec::new() } else { vec![other.code] };
    }
}

fn same(code: &str, alternatives: &[String], other: &str, others: &[String]) -> bool {
    let holds = |c: &str| c == code || alternatives.iter().any(|a| a == c);
    holds(other) || others.iter().any(|c| holds(c))
}

fn unite(code: &str, alternatives: &mut Vec<String>, other: String, others: Vec<String>) {
    for c in std::iter::once(other).chain(others) {
        if c != code && !alternatives.contains(&c) {
            alternatives.push(c);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn procedures_need_both_readings_and_each_level_of_a_visit_is_right() {
        let procedure = |code: &str, certain: bool| -> LabelledProcedure {
            serde_json::from_value(serde_json::json!({"code": code, "units": 1, "certain": certain})).expect("a procedure")
        };
        let visit = |code: &str, data: &str| -> LabelledEm {
            serde_json::from_value(serde_json::json!({"code": code, "problems": "low", "data": data, "risk": "low"}))
                .expect("a visit")
        };
        let mut document = LabelledDocument {
            procedures: vec![procedure("31231", true), procedure("69210", true), procedure("30901", true)],
            em: Some(visit("99213", "low")),
            ..Default::default()
        };
        let second = Reading {
            id: "a".to_owned(),
            note_type: String::new(),
            patient: LabelledPatient::default(),
            dx: Vec::new(),
            procedures: vec![procedure("31231", true), procedure("69210", false), procedure("92557", true)],
            em: Some(visit("99214", "moderate")),
        };
        join(&mut document, second);
        let seen: Vec<(&str, bool)> = document.procedures.iter().map(|p| (p.code.as_str(), p.certain)).collect();
        assert_eq!(seen, [("31231", true), ("69210", false), ("30901", false), ("92557", false)]);
        let em = document.em.expect("a visit");
        assert_eq!((em.code.as_str(), em.alternatives.as_slice()), ("99213", &["99214".to_owned()][..]));
        assert_eq!((em.problems.as_deref(), em.data), (Some("low"), None));
    }

    fn diagnosis(code: &str, alternatives: &[&str], role: Role) -> LabelledDiagnosis {
        let alternatives = alternatives.iter().map(|a| (*a).to_owned()).collect();
        LabelledDiagnosis { code: code.to_owned(), alternatives, role, quotes: Vec::new(), places: Vec::new() }
    }

    #[test]
    fn what_one_reading_alone_lists_is_neither_right_nor_wrong() {
        let mut document = LabelledDocument {
            diagnoses: vec![
                diagnosis("I11.0", &[], Role::Primary),
                diagnosis("I50.9", &["I50.20"], Role::Secondary),
                diagnosis("E11.9", &[], Role::Secondary),
                diagnosis("Z95.1", &[], Role::Secondary),
                diagnosis("Z87.891", &[], Role::Optional),
            ],
            ..Default::default()
        };
        let second = Reading {
            id: "a".to_owned(),
            note_type: String::new(),
            patient: LabelledPatient::default(),
            dx: vec![
                diagnosis("I50.22", &["I50.20"], Role::Primary),
                diagnosis("I11.0", &[], Role::Secondary),
                diagnosis("N18.30", &[], Role::Secondary),
                diagnosis("Z95.1", &[], Role::Optional),
                diagnosis("Z87.891", &[], Role::Secondary),
            ],
            procedures: Vec::new(),
            em: None,
        };
        join(&mut document, second);
        let seen: Vec<(&str, Role)> = document.diagnoses.iter().map(|d| (d.code.as_str(), d.role)).collect();
        let expected = [
            ("I11.0", Role::Primary),
            ("I50.9", Role::Primary),
            ("E11.9", Role::Optional),
            ("Z95.1", Role::Secondary),
            ("Z87.891", Role::Optional),
            ("N18.30", Role::Optional),
        ];
        assert_eq!(seen, expected);
        assert_eq!(document.diagnoses[1].alternatives, ["I50.20", "I50.22"]);
    }
}
