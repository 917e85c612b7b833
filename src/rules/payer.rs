//! Payers as data: what a payer's file says about reporting, read and checked when the engine opens.
//!
//! A payer file is TOML; see `codesets/payers/`. One file may extend another and then states only what differs. There
//! is no code per payer: rules ask for the facts below. NCCI pairs, add-on edits and ICD-10-CM rules hold for every
//! payer and are not switched here.
use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::payer_examples::{ExampleFile, PayerExample};
use super::payer_language::{PayerRule, RuleFile};

/// What rules need to know of a payer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payer {
    /// Id as used in encounters and claims.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// How a procedure done on both sides is reported.
    pub bilateral: BilateralReporting,
    /// Which modifier says that two services were distinct.
    pub distinct_service: DistinctService,
    /// Consultation codes 99242–99255 are paid.
    pub consultation_codes: bool,
    /// Status indicators of the Medicare physician fee schedule decide whether a code is payable.
    pub fee_schedule_status: bool,
    /// An MUE value of 0 means that the code is not payable.
    pub mue_zero_denies: bool,
    /// Telemedicine codes 98000–98015 are paid.
    pub telemedicine_codes: bool,
    /// Modifier expected on audio-video telehealth; `None` where the place of service alone says it.
    pub telehealth_video_modifier: Option<String>,
    /// Modifier expected on audio-only telehealth.
    pub telehealth_audio_modifier: Option<String>,
    /// Modifier 51 is wanted on further procedures.
    pub modifier_51: bool,
    /// Preventive visits 99381–99397 are paid.
    pub preventive_visits: bool,
    /// Where these facts are written.
    pub source: String,
    /// When the facts were last checked, as year and month.
    pub edition: String,
    /// Rules that the file, or one it extends, states in the payer language; by id.
    pub rules: Vec<PayerRule>,
    /// Examples of this file, not of those it extends.
    pub examples: Vec<PayerExample>,
}

/// How a procedure done on both sides is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BilateralReporting {
    /// One line, modifier 50, one unit.
    #[serde(rename = "modifier_50")]
    Modifier50,
    /// Two lines of one unit, RT and LT.
    RtLtLines,
    /// Either form; nothing is checked beyond contradictions.
    Any,
}

/// Which modifier says that two services were distinct.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DistinctService {
    /// XE, XS, XP, XU where the note says why; 59 is accepted.
    XPreferred,
    /// 59; the X modifiers are accepted.
    #[serde(rename = "modifier_59")]
    Modifier59,
}

/// All payers known, by id.
#[derive(Clone, Debug)]
pub struct Payers(BTreeMap<String, Payer>);

/// Why payer files could not be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PayerError {
    /// A file is wrong at a line.
    #[error("{file}:{line}: {problem}")]
    File {
        /// File name.
        file: String,
        /// From 1.
        line: usize,
        /// What is wrong and what is expected.
        problem: String,
    },
    /// A file or folder could not be read.
    #[error("{path}: cannot be read: {problem}")]
    Unreadable {
        /// Path.
        path: String,
        /// What the system says.
        problem: String,
    },
}

/// A payer file as written; everything but id and name may come from the payer it extends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct PayerFile {
    id: String,
    name: String,
    extends: Option<String>,
    source: Option<String>,
    edition: Option<String>,
    bilateral: Option<BilateralReporting>,
    distinct_service: Option<DistinctService>,
    consultation_codes: Option<bool>,
    fee_schedule_status: Option<bool>,
    mue_zero_denies: Option<bool>,
    telemedicine_codes: Option<bool>,
    /// Empty: the place of service alone says it.
    telehealth_video_modifier: Option<String>,
    telehealth_audio_modifier: Option<String>,
    modifier_51: Option<bool>,
    preventive_visits: Option<bool>,
    /// Rules of the payer that this file extends which do not hold here.
    #[serde(default)]
    without_rules: Vec<String>,
    #[serde(default)]
    rule: Vec<RuleFile>,
    #[serde(default)]
    example: Vec<ExampleFile>,
}

/// The files that come with the program.
const EMBEDDED: [(&str, &str); 8] = [
    ("medicare.toml", include_str!("../../codesets/payers/medicare.toml")),
    ("medicaid.toml", include_str!("../../codesets/payers/medicaid.toml")),
    ("commercial.toml", include_str!("../../codesets/payers/commercial.toml")),
    ("bcbs.toml", include_str!("../../codesets/payers/bcbs.toml")),
    ("uhc.toml", include_str!("../../codesets/payers/uhc.toml")),
    ("aetna.toml", include_str!("../../codesets/payers/aetna.toml")),
    ("cigna.toml", include_str!("../../codesets/payers/cigna.toml")),
    ("your_payer.toml", include_str!("../../codesets/payers/your_payer.toml")),
];

impl Payers {
    /// The payers that come with the program.
    pub fn embedded() -> Result<Self, PayerError> {
        Self::from_files(&EMBEDDED.map(|(file, text)| (file.to_owned(), text.to_owned())))
    }

    /// The embedded payers and every `*.toml` of a folder; a file of the same id takes the embedded one's place.
    pub fn open(folder: &Path) -> Result<Self, PayerError> {
        let unreadable = |path: &Path, error: std::io::Error| PayerError::Unreadable {
            path: path.display().to_string(),
            problem: error.to_string(),
        };
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(|e| unreadable(folder, e))? {
            let path = entry.map_err(|e| unreadable(folder, e))?.path();
            if path.extension().is_some_and(|e| e == "toml") {
                paths.push(path);
            }
        }
        paths.sort();
        let mut files: Vec<(String, String)> = EMBEDDED.map(|(file, text)| (file.to_owned(), text.to_owned())).to_vec();
        for path in paths {
            let text = std::fs::read_to_string(&path).map_err(|e| unreadable(&path, e))?;
            files.push((path.display().to_string(), text));
        }
        Self::from_files(&files)
    }

    /// Payers from texts, each with the name to use in errors. A later file replaces an earlier one of the same id.
    pub fn from_files(files: &[(String, String)]) -> Result<Self, PayerError> {
        let mut parsed: BTreeMap<String, (usize, PayerFile)> = BTreeMap::new();
        for (index, (file, text)) in files.iter().enumerate() {
            let payer: PayerFile = toml::from_str(text).map_err(|error| PayerError::File {
                file: file.clone(),
                line: error.span().map_or(1, |span| line_of(text, span.start)),
                problem: error.message().to_owned(),
            })?;
            let good_id =
                !payer.id.is_empty() && payer.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            if !good_id {
                return Err(fault(files, index, "id", "id: expected lower-case letters, digits and '_'"));
            }
            parsed.insert(payer.id.clone(), (index, payer));
        }
        let mut payers = BTreeMap::new();
        for (id, (index, _)) in &parsed {
            payers.insert(id.clone(), resolve(id, *index, &parsed, files)?);
        }
        Ok(Self(payers))
    }

    /// A payer by id.
    pub fn get(&self, id: &str) -> Option<&Payer> {
        self.0.get(id)
    }
    /// All payers, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Payer> {
        self.0.values()
    }
    /// All ids, sorted.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// Fills what a file leaves open from the payers it extends.
fn resolve(
    id: &str,
    index: usize,
    parsed: &BTreeMap<String, (usize, PayerFile)>,
    files: &[(String, String)],
) -> Result<Payer, PayerError> {
    let mut chain: Vec<&PayerFile> = Vec::new();
    let mut next = Some(id.to_owned());
    while let Some(current) = next {
        if chain.iter().any(|file| file.id == current) {
            return Err(fault(files, index, "extends", &format!("extends: \"{current}\" extends itself")));
        }
        let Some((_, file)) = parsed.get(&current) else {
            let known = parsed.keys().cloned().collect::<Vec<_>>().join(", ");
            return Err(fault(files, index, "extends", &format!("extends: no payer \"{current}\"; known are {known}")));
        };
        next = file.extends.clone();
        chain.push(file);
    }
    let missing = |field: &str| fault(files, index, "id", &format!("{field}: not stated, and no payer it extends states it"));
    macro_rules! first {
        ($field:ident) => {
            chain.iter().find_map(|file| file.$field.clone()).ok_or_else(|| missing(stringify!($field)))?
        };
    }
    let modifier = |text: String| (!text.is_empty()).then_some(text);
    Ok(Payer {
        id: id.to_owned(),
        name: chain.first().map(|file| file.name.clone()).unwrap_or_default(),
        bilateral: first!(bilateral),
        distinct_service: first!(distinct_service),
        consultation_codes: first!(consultation_codes),
        fee_schedule_status: first!(fee_schedule_status),
        mue_zero_denies: first!(mue_zero_denies),
        telemedicine_codes: first!(telemedicine_codes),
        telehealth_video_modifier: modifier(first!(telehealth_video_modifier)),
        telehealth_audio_modifier: modifier(first!(telehealth_audio_modifier)),
        modifier_51: first!(modifier_51),
        preventive_visits: first!(preventive_visits),
        source: first!(source),
        edition: first!(edition),
        rules: rules(&chain, parsed, files)?,
        examples: examples(id, index, parsed, files)?,
    })
}

/// The rules of a chain of files, the nearest statement of an id counting; a rule can be left out by name.
fn rules(
    chain: &[&PayerFile],
    parsed: &BTreeMap<String, (usize, PayerFile)>,
    files: &[(String, String)],
) -> Result<Vec<PayerRule>, PayerError> {
    let mut rules: BTreeMap<String, PayerRule> = BTreeMap::new();
    for payer in chain.iter().rev() {
        let index = parsed.get(&payer.id).map_or(0, |(index, _)| *index);
        let mut own: Vec<&str> = Vec::new();
        for name in &payer.without_rules {
            if rules.remove(name).is_none() {
                let problem = format!("without_rules: no rule \"{name}\" in the payer that this file extends");
                return Err(fault(files, index, "without_rules", &problem));
            }
        }
        for written in &payer.rule {
            let rule = written.check().map_err(|(byte, problem)| fault_at(files, index, byte, problem))?;
            if rules.insert(rule.id.clone(), rule).is_some_and(|before| own.contains(&before.id.as_str())) {
                return Err(fault_at(files, index, written.position(), "id: stands twice in this file".to_owned()));
            }
            own.push(written.id());
        }
    }
    Ok(rules.into_values().collect())
}

fn examples(
    id: &str,
    index: usize,
    parsed: &BTreeMap<String, (usize, PayerFile)>,
    files: &[(String, String)],
) -> Result<Vec<PayerExample>, PayerError> {
    let Some((_, payer)) = parsed.get(id) else { return Ok(Vec::new()) };
    let text = files.get(index).map_or("", |(_, text)| text.as_str());
    let file = files.get(index).map_or("payer file", |(file, _)| file.as_str());
    let check = |example: &ExampleFile| {
        let place = format!("{file}:{}", line_of(text, example.position()));
        example.check(id, place).map_err(|problem| fault_at(files, index, example.position(), problem))
    };
    payer.example.iter().map(check).collect()
}

/// An error at a byte of a file.
fn fault_at(files: &[(String, String)], index: usize, byte: usize, problem: String) -> PayerError {
    let (file, text) = files.get(index).map_or(("payer file", ""), |(file, text)| (file.as_str(), text.as_str()));
    PayerError::File { file: file.to_owned(), line: line_of(text, byte), problem }
}

/// An error at the line of a key in a file.
fn fault(files: &[(String, String)], index: usize, key: &str, problem: &str) -> PayerError {
    let (file, text) = files.get(index).map_or(("payer file", ""), |(file, text)| (file.as_str(), text.as_str()));
    let line = text.lines().position(|line| line.trim_start().starts_with(key)).map_or(1, |line| line + 1);
    PayerError::File { file: file.to_owned(), line, problem: problem.to_owned() }
}

fn line_of(text: &str, byte: usize) -> usize {
    text.bytes().take(byte).filter(|b| *b == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> (String, String) {
        (name.to_owned(), text.to_owned())
    }

    #[test]
    fn embedded_payers_differ_where_they_should() {
        let payers = Payers::embedded().expect("embedded payer files");
        let ids: Vec<&str> = payers.ids().collect();
        assert_eq!(ids, ["aetna", "bcbs", "cigna", "commercial", "medicaid", "medicare", "uhc", "your_payer"]);
        let medicare = payers.get("medicare").expect("medicare");
        let bcbs = payers.get("bcbs").expect("bcbs");
        assert_eq!(medicare.bilateral, BilateralReporting::Modifier50);
        assert!(!medicare.consultation_codes);
        assert!(medicare.mue_zero_denies && !bcbs.mue_zero_denies);
        assert_ne!(medicare.distinct_service, bcbs.distinct_service);
    }

    #[test]
    fn errors_name_file_and_line() {
        let wrong = "id = \"mine\"\nname = \"Mine\"\nbilateral = \"sometimes\"\n";
        let error = Payers::from_files(&[file("mine.toml", wrong)]).expect_err("wrong value");
        assert!(error.to_string().starts_with("mine.toml:3: "), "{error}");
        let unknown = "id = \"mine\"\nname = \"Mine\"\n\nbilatral = \"any\"\n";
        let error = Payers::from_files(&[file("mine.toml", unknown)]).expect_err("unknown key");
        assert!(error.to_string().starts_with("mine.toml:4: "), "{error}");
    }

    #[test]
    fn a_loop_of_extends_is_refused() {
        let a = "id = \"a\"\nname = \"A\"\nextends = \"b\"\n";
        let b = "id = \"b\"\nname = \"B\"\nextends = \"a\"\n";
        let error = Payers::from_files(&[file("a.toml", a), file("b.toml", b)]).expect_err("loop");
        assert!(error.to_string().starts_with("a.toml:3: "), "{error}");
    }
}
