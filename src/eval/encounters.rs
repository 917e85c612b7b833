//! The project's own authored encounters: `PATH/{dev,test}/*.toml`, one encounter a file.
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::EvalError;
use super::gold::{Case, Gold, GoldConcept, GoldEm, GoldProcedure, is_em_code, with_alternatives};
use super::sets::Part;
use crate::document::Span;
use crate::note::Encounter;
use crate::train::data::{DataError, Role, files_of, places, read_text, wrong_toml};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    id: String,
    specialty: String,
    /// What the decision rests on; for readers of the file.
    #[allow(dead_code)]
    source: String,
    #[allow(dead_code)]
    #[serde(default)]
    evidence_policy: String,
    note: String,
    #[serde(default)]
    context: Encounter,
    #[serde(default)]
    diagnosis: Vec<Diagnosis>,
    #[serde(default)]
    line: Vec<Line>,
    em: Option<Em>,
    #[serde(default)]
    finding: Vec<Finding>,
}

#[derive(Deserialize)]
struct Diagnosis {
    code: String,
    #[serde(default)]
    alternatives: Vec<String>,
    role: Role,
    #[serde(default)]
    quotes: Vec<String>,
}

#[derive(Deserialize)]
struct Line {
    code: String,
    #[serde(default)]
    alternatives: Vec<String>,
    #[serde(default)]
    modifiers: Vec<String>,
    units: u32,
    #[serde(default)]
    pointers: Vec<String>,
    certain: bool,
    #[serde(default)]
    quotes: Vec<String>,
}

#[derive(Deserialize)]
struct Em {
    code: String,
    #[serde(default)]
    alternatives: Vec<String>,
    #[serde(default)]
    modifiers: Vec<String>,
    #[serde(default)]
    additional: Vec<String>,
}

#[derive(Deserialize)]
struct Finding {
    rule: String,
}

/// The folder of one part: `PATH/<part>`, or PATH itself where it bears that name.
pub fn folder(path: &Path, part: Part) -> Result<PathBuf, EvalError> {
    let own = path.join(part.name());
    if own.is_dir() {
        return Ok(own);
    }
    if path.is_dir() && path.file_name().is_some_and(|name| name == part.name()) {
        return Ok(path.to_owned());
    }
    let hint = format!("a folder \"{}\" with *.toml is sought in it", part.name());
    Err(EvalError::NoSuchPart { set: path.display().to_string(), part: part.name(), hint })
}

/// The files of one part, by name.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>, EvalError> {
    Ok(files_of(folder, "toml")?)
}

/// Loads one part, by file name; no other part is opened.
pub fn load(path: &Path, part: Part) -> Result<Vec<Case>, EvalError> {
    let folder = folder(path, part)?;
    let mut cases: Vec<Case> = Vec::new();
    for file in files(&folder)? {
        let case = read(&file)?;
        if cases.iter().any(|c| c.gold.id == case.gold.id) {
            return Err(wrong(&file, 1, format!("the id {} is used twice", case.gold.id)).into());
        }
        cases.push(case);
    }
    if cases.is_empty() {
        return Err(DataError::Read { path: folder, reason: "no *.toml".to_owned() }.into());
    }
    Ok(cases)
}

fn wrong(path: &Path, line: usize, reason: String) -> DataError {
    DataError::Format { path: path.to_owned(), line, reason }
}

fn read(path: &Path) -> Result<Case, DataError> {
    let text = read_text(path)?;
    let file: File = toml::from_str(&text).map_err(|e| wrong_toml(path, &text, &e))?;
    let find = |quotes: &[String]| -> Result<Vec<Span>, DataError> {
        let place = |(i, quote): (usize, &String)| {
            places::occurrence(&file.note, quote, 1)
                .ok_or_else(|| wrong(path, 1, format!("quote {} of a code does not occur in the note", i + 1)))
        };
        quotes.iter().enumerate().map(place).collect()
    };
    let mut gold = Gold {
        id: file.id.clone(),
        specialty: file.specialty.clone(),
        payer: file.context.payer.clone().unwrap_or_else(|| "medicare".into()),
        findings: file.finding.iter().map(|f| f.rule.clone()).collect(),
        ..Default::default()
    };
    for d in &file.diagnosis {
        let codes = with_alternatives(&d.code, &d.alternatives);
        match d.role {
            Role::Optional => gold.optional_diagnoses.extend(codes),
            role => gold.diagnoses.push(GoldConcept { codes, primary: role == Role::Primary, places: find(&d.quotes)? }),
        }
    }
    let (visits, services): (Vec<&Line>, Vec<&Line>) = file.line.iter().partition(|l| is_em_code(&l.code));
    for l in services {
        let codes = with_alternatives(&l.code, &l.alternatives);
        if !l.certain {
            gold.optional_procedures.extend(codes);
            continue;
        }
        let pointed = |code: &String| match file.diagnosis.iter().find(|d| d.code == *code) {
            Some(d) => with_alternatives(&d.code, &d.alternatives),
            None => vec![code.clone()],
        };
        gold.procedures.push(GoldProcedure {
            codes,
            modifiers: vec![l.modifiers.clone()],
            units: vec![l.units],
            pointers: Some(l.pointers.iter().map(pointed).collect()),
            places: find(&l.quotes)?,
        });
    }
    gold.em = em(file.em.as_ref(), &visits);
    gold.note_type = kind_of_service(&gold.em.codes, file.context.place_of_service.as_deref()).to_owned();
    let encounter = Encounter { encounter_id: Some(file.id), note: file.note, ..file.context };
    Ok(Case { encounter, gold, mentions: Vec::new(), relations: Vec::new() })
}

/// The E/M service. Where there is no block for it, the first certain E/M line is the main one.
fn em(block: Option<&Em>, lines: &[&Line]) -> GoldEm {
    let mut em = GoldEm::default();
    let mut further = Vec::new();
    if let Some(block) = block {
        em.codes = with_alternatives(&block.code, &block.alternatives);
        em.modifiers = Some(block.modifiers.clone());
        further.extend(block.additional.iter().map(|code| vec![code.clone()]));
    }
    for line in lines {
        let codes = with_alternatives(&line.code, &line.alternatives);
        if !line.certain {
            em.optional.extend(codes);
        } else if em.codes.is_empty() {
            em.codes = codes;
            em.modifiers = Some(line.modifiers.clone());
        } else {
            further.push(codes);
        }
    }
    em.additional = Some(further);
    em
}

/// Group of an encounter, read from what it bills: these files name no kind of note.
fn kind_of_service(em: &[String], place: Option<&str>) -> &'static str {
    let Some(code) = em.first() else { return "report" };
    match code.get(..4).unwrap_or("") {
        _ if matches!(code.as_str(), "G0402" | "G0438" | "G0439") => "preventive",
        "9938" | "9939" => "preventive",
        "9920" | "9921" if matches!(place, Some("02" | "10")) => "telehealth",
        "9920" | "9921" => "office",
        "9922" | "9923" => "hospital",
        "9924" | "9925" => "consult",
        "9928" => "emergency",
        "9930" | "9931" => "nursing_facility",
        "9934" | "9935" => "home",
        _ => "other",
    }
}

#[cfg(test)]
mod tests;
