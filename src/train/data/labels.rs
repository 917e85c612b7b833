//! The project's labels format: `labels/{train,dev}.jsonl` with texts beside them, and authored notes with
//! their text inside.
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;

use super::{
    DataError, LabelledDiagnosis, LabelledDocument, LabelledEm, LabelledMention, LabelledPatient, LabelledProcedure,
    LabelledRelation, Split, TextOf, files_of, json_lines, places, read_packed, read_text,
};
use crate::document::Span;
use crate::em::last_look::category_of;
use crate::extract::{Assertion, MentionKind, RelationKind};

#[derive(Deserialize)]
struct Row {
    id: String,
    source_id: serde_json::Value,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    note_type: String,
    #[serde(default)]
    specialty: String,
    #[serde(default)]
    patient: LabelledPatient,
    #[serde(default)]
    dx: Vec<LabelledDiagnosis>,
    #[serde(default)]
    procedures: Vec<LabelledProcedure>,
    em: Option<LabelledEm>,
    #[serde(default)]
    mentions: Vec<MentionRow>,
    #[serde(default)]
    relations: Vec<RelationRow>,
}

#[derive(Deserialize)]
struct MentionRow {
    quote: String,
    occurrence: usize,
    kind: MentionKind,
    assertion: Assertion,
    code: Option<String>,
}

#[derive(Deserialize)]
struct RelationRow {
    kind: RelationKind,
    from: String,
    to: String,
}

/// Loads `DIR/train.jsonl` or `DIR/dev.jsonl` with the texts of `DIR/../mtsamples` and `DIR/../aci-bench`, where those stand
/// beside it; without them each row needs its own text.
pub fn load(dir: &Path, split: Split) -> Result<Vec<LabelledDocument>, DataError> {
    let beside = dir.parent().unwrap_or(Path::new("."));
    let texts = if beside.join("mtsamples").is_dir() { source_texts(beside)? } else { BTreeMap::new() };
    load_file(&dir.join(format!("{}.jsonl", split.name())), "labels", &texts)
}

/// Loads every `*.jsonl` of a folder of authored notes, in order of file name.
pub fn load_authored(dir: &Path) -> Result<Vec<LabelledDocument>, DataError> {
    let none = BTreeMap::new();
    let mut all = Vec::new();
    for file in files_of(dir, "jsonl")? {
        all.extend(load_file(&file, "authored", &none)?);
    }
    Ok(all)
}

/// Loads one file in the labels format; `texts` by source id serve rows without a text of their own.
pub fn load_file(
    path: &Path,
    corpus: &'static str,
    texts: &BTreeMap<String, Arc<str>>,
) -> Result<Vec<LabelledDocument>, DataError> {
    let mut documents = Vec::new();
    for (line, row) in json_lines::<Row>(path, &read_text(path)?)? {
        let source_id = id_of(&row.source_id);
        let text: Arc<str> = match &row.text {
            Some(text) => text.as_str().into(),
            None => {
                let known = texts.get(&source_id).cloned();
                known.ok_or(DataError::MissingText { path: path.to_owned(), line, id: source_id })?
            }
        };
        documents.push(place(row, text, corpus));
    }
    Ok(documents)
}

/// Finds the quotes of a row in its text.
fn place(row: Row, text: Arc<str>, corpus: &'static str) -> LabelledDocument {
    let mut lost = 0;
    let mut find = |quote: &str, near: Option<usize>| {
        let found = match near {
            Some(near) => places::nearest(&text, quote, near),
            None => places::occurrence(&text, quote, 1),
        };
        lost += usize::from(found.is_none());
        found
    };
    let mut diagnoses = row.dx;
    for diagnosis in &mut diagnoses {
        diagnosis.places = diagnosis.quotes.iter().filter_map(|q| find(q, None)).collect();
    }
    let mut procedures = row.procedures;
    for procedure in &mut procedures {
        procedure.places = procedure.quotes.iter().filter_map(|q| find(q, None)).collect();
    }
    let mut relations = Vec::new();
    for relation in &row.relations {
        // The rarer end decides where; the other is taken nearest to it.
        let counts = [&relation.from, &relation.to].map(|q| text.matches(q.as_str()).count());
        let (first, second) =
            if counts[0] <= counts[1] { (&relation.from, &relation.to) } else { (&relation.to, &relation.from) };
        let Some(a) = find(first, None) else { continue };
        let Some(b) = find(second, Some(a.start)) else { continue };
        let (from, to) = if counts[0] <= counts[1] { (a, b) } else { (b, a) };
        relations.push(LabelledRelation { kind: relation.kind, from, to });
    }
    let mut mentions: Vec<LabelledMention> = Vec::with_capacity(row.mentions.len());
    for m in row.mentions {
        match places::occurrence(&text, &m.quote, m.occurrence) {
            Some(span) => mentions.push(LabelledMention {
                span: trimmed(&text, span),
                kind: m.kind,
                assertion: Some(m.assertion),
                code: m.code,
            }),
            None => lost += 1,
        }
    }
    mentions.sort_by_key(|m| (m.span, m.kind));
    LabelledDocument {
        id: row.id,
        corpus,
        text: TextOf(text),
        note_type: row.note_type,
        specialty: row.specialty,
        patient: row.patient,
        diagnoses,
        em: row.em.or_else(|| visit_among(&procedures)),
        procedures,
        mentions,
        relations,
        complete: Vec::new(),
        lost_quotes: lost,
    }
}

/// A visit that the labels list among the services, with no level beside them (critical care, aftercare, a wellness visit): by the
/// labels' own rule these codes are E/M services.
fn visit_among(procedures: &[LabelledProcedure]) -> Option<LabelledEm> {
    let listed = procedures.iter().find(|p| p.certain && is_visit(&p.code))?;
    Some(LabelledEm {
        code: listed.code.clone(),
        alternatives: listed.alternatives.iter().filter(|c| is_visit(c)).cloned().collect(),
        modifiers: listed.modifiers.clone(),
        problems: None,
        data: None,
        risk: None,
        time_minutes: None,
    })
}

/// A code that a note can be leveled to. Psychiatric evaluations stand among the services.
pub fn is_visit(code: &str) -> bool {
    !matches!(code, "90791" | "90792") && category_of(code).is_some()
}

/// Without blanks and closing punctuation at the ends.
fn trimmed(text: &str, span: Span) -> Span {
    let words = span.of(text);
    let kept = words.trim_start().trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '.' | ',' | ';' | ':'));
    let start = span.start + (words.len() - words.trim_start().len());
    if kept.is_empty() { span } else { Span::new(start, start + kept.len()) }
}

fn id_of(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The texts that labels refer to, by source id: MTSamples by `id`, ACI-Bench visits by `encounter_id`.
pub fn source_texts(corpora: &Path) -> Result<BTreeMap<String, Arc<str>>, DataError> {
    #[derive(Deserialize)]
    struct Report {
        id: serde_json::Value,
        text: String,
    }
    let mut texts = BTreeMap::new();
    let path = corpora.join("mtsamples/mtsamples.jsonl.gz");
    for (_, report) in json_lines::<Report>(&path, &read_packed(&path)?)? {
        texts.insert(id_of(&report.id), report.text.into());
    }
    #[derive(Deserialize)]
    struct Visit {
        encounter_id: String,
        note: String,
    }
    for name in ["train.csv", "valid.csv"] {
        let path = corpora.join("aci-bench").join(name);
        let mut reader =
            csv::Reader::from_path(&path).map_err(|e| DataError::Read { path: path.clone(), reason: e.to_string() })?;
        for (index, visit) in reader.deserialize::<Visit>().enumerate() {
            let visit = visit.map_err(|e| DataError::Format { path: path.clone(), line: index + 2, reason: e.to_string() })?;
            texts.insert(visit.encounter_id, visit.note.into());
        }
    }
    Ok(texts)
}

/// Texts of a corpus without labels, as they are: `mtsamples` (dev notes among them: leave those out by their text),
/// `aci-bench` (its train part), `codiesp` (train and background cases in English).
pub fn unlabelled(corpora: &Path, corpus: &str) -> Result<Vec<Arc<str>>, DataError> {
    match corpus {
        "mtsamples" => lines(&corpora.join("mtsamples/mtsamples.jsonl.gz"), &["text"]),
        "codiesp" => {
            let folder = corpora.join("codiesp");
            let mut texts = lines(&folder.join("codiesp_train.en.jsonl.gz"), &["text_en", "text"])?;
            texts.extend(lines(&folder.join("codiesp_background.en_es.jsonl.gz"), &["text_en"])?);
            Ok(texts)
        }
        "aci-bench" => {
            let path = corpora.join("aci-bench/train.csv");
            let unreadable = |e: csv::Error| DataError::Read { path: path.clone(), reason: e.to_string() };
            let mut reader = csv::Reader::from_path(&path).map_err(unreadable)?;
            let column = reader.headers().map_err(unreadable)?.iter().position(|h| h == "note").unwrap_or(0);
            reader.records().map(|r| Ok(r.map_err(unreadable)?.get(column).unwrap_or("").into())).collect()
        }
        other => Err(DataError::Read { path: corpora.join(other), reason: "known are mtsamples, aci-bench, codiesp".to_owned() }),
    }
}

/// One field of every line of a compressed JSONL file: the first of `fields` that a line has.
fn lines(path: &Path, fields: &[&str]) -> Result<Vec<Arc<str>>, DataError> {
    let mut texts = Vec::new();
    for (_, row) in json_lines::<serde_json::Value>(path, &read_packed(path)?)? {
        texts.extend(fields.iter().find_map(|f| row.get(f)?.as_str()).map(Arc::from));
    }
    Ok(texts)
}

/// A diagnosis of the consensus of two passes.
#[derive(Clone, Debug, Deserialize)]
pub struct ConsensusDiagnosis {
    /// Words that stand for it.
    #[serde(default)]
    pub concept: String,
    /// Acceptable codes.
    pub codes: Vec<String>,
    /// The codes that the passes chose.
    #[serde(default)]
    pub main: Vec<String>,
    /// One of the passes put it first.
    #[serde(default)]
    pub primary: bool,
}

/// A procedure of the consensus of two passes.
#[derive(Clone, Debug, Deserialize)]
pub struct ConsensusProcedure {
    /// Acceptable codes.
    pub codes: Vec<String>,
    /// Modifiers as each pass gave them.
    #[serde(default)]
    pub modifiers: Vec<Vec<String>>,
    /// Units as each pass gave them.
    #[serde(default)]
    pub units: Vec<u32>,
}

/// The E/M levels that the passes chose, all accepted.
#[derive(Clone, Debug, Deserialize)]
pub struct ConsensusEm {
    /// Accepted codes.
    pub codes: Vec<String>,
    /// Both passes chose the same.
    #[serde(default)]
    pub agree: bool,
    /// What a pass called as good.
    #[serde(default)]
    pub alternatives: Vec<String>,
}

/// What two independent passes over one note agree on.
#[derive(Clone, Debug, Deserialize)]
pub struct Consensus {
    /// Id of the labelled document.
    pub id: String,
    /// What both chose: required.
    #[serde(default)]
    pub dx: Vec<ConsensusDiagnosis>,
    /// What one chose or called optional: neither right nor wrong.
    #[serde(default)]
    pub dx_optional: Vec<ConsensusDiagnosis>,
    /// Procedures both chose.
    #[serde(default)]
    pub procedures: Vec<ConsensusProcedure>,
    /// Procedures one chose.
    #[serde(default)]
    pub procedures_optional: Vec<ConsensusProcedure>,
    /// E/M.
    pub em: Option<ConsensusEm>,
}

/// Loads `DIR/dev_consensus.jsonl`, by document id; without that file a set of one reading is scored against that reading.
pub fn load_consensus(dir: &Path) -> Result<BTreeMap<String, Consensus>, DataError> {
    let path = dir.join("dev_consensus.jsonl");
    if !path.exists() {
        tracing::warn!(path = %path.display(), "no consensus file: scored against the one reading");
        return Ok(BTreeMap::new());
    }
    let rows = json_lines::<Consensus>(&path, &read_text(&path)?)?;
    Ok(rows.into_iter().map(|(_, row)| (row.id.clone(), row)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_become_places() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let row = r#"{"id":"a","source":"authored","source_id":"a","text":"No pain. Cough due to cold; pain later.",
            "dx":[{"code":"R05.9","role":"primary","quotes":["Cough","sneezing"]}],"procedures":[],"em":null,
            "mentions":[{"quote":"pain","occurrence":2,"kind":"problem","assertion":"present","code":null}],
            "relations":[{"kind":"due_to","from":"Cough","to":"cold"}]}"#
            .replace('\n', " ");
        std::fs::write(dir.path().join("x.jsonl"), row).expect("write");
        let documents = load_authored(dir.path()).expect("loads");
        let document = &documents[0];
        assert_eq!(document.mentions[0].span, Span::new(28, 32));
        assert_eq!(document.relations[0].from.of(&document.text), "Cough");
        assert_eq!((document.lost_quotes, document.diagnoses[0].places.len()), (1, 1));
    }

    #[test]
    fn a_bad_row_names_file_and_line() {
        let dir = tempfile::tempdir().expect("temporary folder");
        std::fs::write(dir.path().join("x.jsonl"), "\n{\"id\":\"a\",\"dx\":\"chest pain\"}\n").expect("write");
        let error = load_authored(dir.path()).expect_err("bad row").to_string();
        assert!(error.contains("line 2") && error.contains("dx") && !error.contains("chest"), "{error}");
    }

    #[test]
    fn real_labels_are_found_in_their_texts() {
        let shared = std::env::var_os("SUPERBILL_SHARED")
            .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), Into::into);
        let dir = shared.join("data/corpora/labels");
        if !dir.is_dir() {
            eprintln!("skipped: no labels at {}", dir.display());
            return;
        }
        let documents = load(&dir, Split::Dev).expect("loads");
        let consensus = load_consensus(&dir).expect("loads");
        let mentions: usize = documents.iter().map(|d| d.mentions.len()).sum();
        let lost: usize = documents.iter().map(|d| d.lost_quotes).sum();
        eprintln!("{} documents, {mentions} mentions, {lost} quotes lost", documents.len());
        assert!(documents.iter().all(|d| consensus.contains_key(&d.id)));
        assert!(mentions > 1000 && lost * 100 < mentions);
    }
}
