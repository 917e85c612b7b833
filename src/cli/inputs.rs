//! Files, standard input, context and flags to encounters, in input order. One unreadable input does not stop the others.
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;

use super::CliError;
use super::code::file_name;
use crate::note::input::{self, InputError};
use crate::note::{Completeness, Encounter, Options, Policy};

/// What `code` and `level` take.
#[derive(Args, Debug, Clone)]
pub struct InputArgs {
    /// Notes (.txt), encounters (.json) or many of them (.jsonl); `-` or nothing reads standard input
    pub files: Vec<PathBuf>,
    /// Context for the notes: an encounter in TOML or JSON without its note
    #[arg(long, value_name = "FILE")]
    pub context: Option<PathBuf>,
    /// Payer id, e.g. medicare, bcbs
    #[arg(long)]
    pub payer: Option<String>,
    /// Date of service, YYYY-MM-DD
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub date: Option<String>,
    /// Encoding of files that are not UTF-8 (windows-1252)
    #[arg(long)]
    pub encoding: Option<String>,
    /// Which diagnoses may be reported
    #[arg(long, value_enum)]
    pub policy: Option<PolicyArg>,
    /// How many of the supported diagnoses go on the claim
    #[arg(long, value_enum)]
    pub completeness: Option<CompletenessArg>,
}

/// `--policy`.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
pub enum PolicyArg {
    /// ICD-10-CM guidelines section IV
    Outpatient,
    /// Sections II and III
    Inpatient,
    /// Everything the text supports as present
    Documented,
}

/// `--completeness`.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
pub enum CompletenessArg {
    /// What the visit was chiefly about
    Terse,
    /// What a careful coder lists
    Standard,
    /// Every status, history and long-term-drug code that the guidelines allow
    Complete,
}

impl From<PolicyArg> for Policy {
    fn from(p: PolicyArg) -> Self {
        match p {
            PolicyArg::Outpatient => Self::Outpatient,
            PolicyArg::Inpatient => Self::Inpatient,
            PolicyArg::Documented => Self::Documented,
        }
    }
}

impl From<CompletenessArg> for Completeness {
    fn from(c: CompletenessArg) -> Self {
        match c {
            CompletenessArg::Terse => Self::Terse,
            CompletenessArg::Standard => Self::Standard,
            CompletenessArg::Complete => Self::Complete,
        }
    }
}

/// One thing to code.
pub struct Job {
    /// Encounter id: given, or the file's stem (with the row number in a JSONL file).
    pub id: String,
    /// The encounter, or what is wrong with the input.
    pub encounter: Result<Encounter, InputError>,
    /// Encoding the note was converted from.
    pub converted_from: Option<&'static str>,
}

/// How the results are printed: as the inputs came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One object.
    Single,
    /// An array.
    Array,
    /// One object a line.
    Lines,
}

/// Reads everything. Fails only where nothing could be done at all: no such file, two inputs whose results would be written
/// to one file.
pub fn read(args: &InputArgs, out: bool) -> Result<(Vec<Job>, Shape), CliError> {
    let base = base_encounter(args)?;
    let mut files = args.files.clone();
    if files.is_empty() {
        files.push(PathBuf::from("-"));
    }
    let mut jobs = Vec::new();
    let mut lines = false;
    let mut array = files.len() > 1;
    for file in &files {
        let (stem, bytes, kind) = load(file)?;
        let decoded = match input::decode(&bytes, args.encoding.as_deref()) {
            Ok(d) => d,
            Err(e) => {
                jobs.push(Job { id: stem, encounter: Err(e), converted_from: None });
                continue;
            }
        };
        let converted_from = decoded.converted_from;
        let mut push = |id: String, encounter: Result<Encounter, InputError>| {
            let encounter = encounter.map(|e| merge(&base, e, &id));
            let id = encounter.as_ref().ok().and_then(|e| e.encounter_id.clone()).unwrap_or(id);
            jobs.push(Job { id, encounter, converted_from });
        };
        match kind {
            Kind::Note => push(stem, Ok(Encounter { note: decoded.text, ..Default::default() })),
            Kind::Json => {
                if decoded.text.trim_start().starts_with('[') {
                    array = true;
                    match input::from_json::<Vec<Encounter>>(&decoded.text) {
                        Ok(all) => all.into_iter().enumerate().for_each(|(i, e)| push(format!("{stem}-{}", i + 1), Ok(e))),
                        Err(e) => push(stem, Err(e)),
                    }
                } else {
                    push(stem, input::encounter_from_json(&decoded.text));
                }
            }
            Kind::JsonLines => {
                lines = true;
                for (i, line) in decoded.text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
                    push(format!("{stem}-{}", i + 1), input::encounter_from_json(line));
                }
            }
        }
    }
    if out {
        let mut names: Vec<String> = jobs.iter().map(|j| file_name(&j.id)).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|w| w[0] == w[1]) {
            return Err(CliError::usage(format!(
                "two inputs would write \"{}.json\": give them different file names or encounter ids",
                twice[0]
            )));
        }
    }
    let shape = if lines {
        Shape::Lines
    } else if array || jobs.len() > 1 {
        Shape::Array
    } else {
        Shape::Single
    };
    Ok((jobs, shape))
}

enum Kind {
    Note,
    Json,
    JsonLines,
}

fn load(file: &Path) -> Result<(String, Vec<u8>, Kind), CliError> {
    if file.as_os_str() == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).map_err(|e| CliError::usage(format!("standard input: {e}")))?;
        let first = bytes.iter().find(|b| !b.is_ascii_whitespace());
        let kind = if matches!(first, Some(b'{' | b'[')) { Kind::Json } else { Kind::Note };
        return Ok(("stdin".into(), bytes, kind));
    }
    if file.is_dir() {
        return Err(CliError::usage(format!("{}: is a folder; name the files in it", file.display())));
    }
    let bytes = std::fs::read(file).map_err(|e| CliError::usage(format!("{}: {e}", file.display())))?;
    let stem = file.file_stem().map_or_else(|| "note".into(), |s| s.to_string_lossy().into_owned());
    let kind = match file.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase).as_deref() {
        Some("json") => Kind::Json,
        Some("jsonl" | "ndjson") => Kind::JsonLines,
        _ => Kind::Note,
    };
    Ok((stem, bytes, kind))
}

/// Context file and flags as an encounter without a note.
fn base_encounter(args: &InputArgs) -> Result<Encounter, CliError> {
    let mut base = Encounter::default();
    if let Some(path) = &args.context {
        let text = std::fs::read_to_string(path).map_err(|e| CliError::usage(format!("{}: {e}", path.display())))?;
        let is_json = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"));
        let json = if is_json {
            text
        } else {
            let value: toml::Value =
                toml::from_str(&text).map_err(|e| CliError::usage(format!("{}: {}", path.display(), e.message())))?;
            serde_json::to_string(&value).map_err(|e| CliError::usage(e.to_string()))?
        };
        base = input::from_json(&json).map_err(|e| CliError::usage(format!("{}: {e}", path.display())))?;
    }
    if let Some(date) = &args.date {
        base.date_of_service = Some(input::parse_date("--date", date).map_err(|e| CliError::usage(e.to_string()))?);
    }
    if let Some(payer) = &args.payer {
        base.payer = Some(payer.clone());
    }
    if args.policy.is_some() || args.completeness.is_some() {
        let mut options: Options = base.options.unwrap_or_default();
        if let Some(p) = args.policy {
            options.policy = p.into();
        }
        if let Some(c) = args.completeness {
            options.completeness = c.into();
        }
        base.options = Some(options);
    }
    Ok(base)
}

/// The input's own values win over the context file; flags win over both where they were given (they stand in `base`
/// and the input's own date or payer is only kept where no flag names one).
fn merge(base: &Encounter, own: Encounter, id: &str) -> Encounter {
    Encounter {
        encounter_id: own.encounter_id.or_else(|| Some(id.to_owned())),
        date_of_service: base.date_of_service.or(own.date_of_service),
        place_of_service: own.place_of_service.or_else(|| base.place_of_service.clone()),
        payer: base.payer.clone().or(own.payer),
        patient: crate::note::Patient {
            id: own.patient.id.or_else(|| base.patient.id.clone()),
            birth_date: own.patient.birth_date.or(base.patient.birth_date),
            age_years: own.patient.age_years.or(base.patient.age_years),
            sex: own.patient.sex.or(base.patient.sex),
            new_patient: own.patient.new_patient.or(base.patient.new_patient),
        },
        provider: crate::note::Provider {
            npi: own.provider.npi.or_else(|| base.provider.npi.clone()),
            taxonomy: own.provider.taxonomy.or_else(|| base.provider.taxonomy.clone()),
        },
        prior_procedures: if own.prior_procedures.is_empty() { base.prior_procedures.clone() } else { own.prior_procedures },
        documented: own.documented.or_else(|| base.documented.clone()),
        note: own.note,
        note_type: own.note_type.or(base.note_type),
        documents: if own.documents.is_empty() { base.documents.clone() } else { own.documents },
        options: base.options.or(own.options),
    }
}
