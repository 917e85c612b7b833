//! Decision tables: which code, units and modifiers do the attributes of a service choose?
//!
//! Each file of `codesets/procedures/` holds the families of one specialty as data: the words that name a service
//! (`find`), the words that together amount to it (`told`), its attributes and where they are read (`read.*`), and a
//! decision table. The first row that fits decides; a `?` cell means that the note does not say, reports the least that
//! is supported, and asks. The learned model says whether a service was done where the note names it without saying so.
pub mod administration;
pub mod drugs;
pub mod passage;
pub mod pattern;
pub mod services;
pub mod source;
pub mod table;
pub mod values;

use std::collections::BTreeMap;
use std::path::Path;

use crate::note::{Context, Sex};

pub use services::{Found, Question, Service};
pub use source::{Family, FamilyError};
use table::Value;

/// The tables that the program is built with.
const EMBEDDED: [(&str, &str); 6] = [
    ("ent.toml", include_str!("../../../../codesets/procedures/ent.toml")),
    ("orthopedics.toml", include_str!("../../../../codesets/procedures/orthopedics.toml")),
    ("dermatology.toml", include_str!("../../../../codesets/procedures/dermatology.toml")),
    ("cardiology.toml", include_str!("../../../../codesets/procedures/cardiology.toml")),
    ("vaccines.toml", include_str!("../../../../codesets/procedures/vaccines.toml")),
    ("primary_care.toml", include_str!("../../../../codesets/procedures/primary_care.toml")),
];

/// All families.
#[derive(Clone, Debug, Default)]
pub struct FamilyTables {
    /// In the order of the files.
    pub families: Vec<Family>,
    by_code: BTreeMap<String, Vec<usize>>,
}

impl FamilyTables {
    /// The tables of a folder (every `*.toml` in it, by name), else the embedded ones.
    pub fn open(folder: &Path) -> Result<Self, FamilyError> {
        if !folder.is_dir() {
            return Self::embedded();
        }
        let io = |path: &Path| {
            let path = path.display().to_string();
            move |source| FamilyError::Io { path, source }
        };
        let mut files: Vec<std::path::PathBuf> = std::fs::read_dir(folder)
            .map_err(io(folder))?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|e| e == "toml"))
            .collect();
        files.sort();
        let mut families = Vec::new();
        for path in files {
            let text = std::fs::read_to_string(&path).map_err(io(&path))?;
            families.extend(source::parse(&path.display().to_string(), &text)?);
        }
        Ok(Self::new(families))
    }

    /// The tables that the program is built with.
    pub fn embedded() -> Result<Self, FamilyError> {
        let mut families = Vec::new();
        for (name, text) in EMBEDDED {
            families.extend(source::parse(name, text)?);
        }
        Ok(Self::new(families))
    }

    /// Indexes families by their codes.
    pub fn new(families: Vec<Family>) -> Self {
        let mut by_code: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (i, family) in families.iter().enumerate() {
            for code in family.table.codes() {
                let list = by_code.entry(code.to_owned()).or_default();
                if list.last() != Some(&i) {
                    list.push(i);
                }
            }
        }
        Self { families, by_code }
    }

    /// Families that can come to a code.
    pub fn of_code(&self, code: &str) -> &[usize] {
        self.by_code.get(code).map_or(&[], Vec::as_slice)
    }
}

/// What every table knows without reading the note.
pub struct Setting<'a> {
    /// Date, payer, place, patient.
    pub context: &'a Context,
    /// Done where a facility bears the technical part.
    pub facility: bool,
}

impl Setting<'_> {
    /// Built-in attributes.
    fn values(&self) -> BTreeMap<String, Value> {
        let context = self.context;
        let word = |w: &str| Value::Word(w.to_owned());
        let mut values = BTreeMap::new();
        let mut put = |name: &str, value: Value| drop(values.insert(name.to_owned(), value));
        put("date", Value::Date(context.date_of_service.to_string()));
        put("age", context.patient.age_years.map_or(Value::Unstated, |a| Value::Number(f64::from(a))));
        put("sex", context.patient.sex.map_or(Value::Unstated, |s| word(if s == Sex::F { "female" } else { "male" })));
        put("payer", word(&context.payer));
        put("place", word(if self.facility { "facility" } else { "office" }));
        put("report", word(if passage::is_report(context.note_type) { "yes" } else { "no" }));
        put("new", context.patient.new_patient.map_or(Value::Unstated, |n| word(if n { "yes" } else { "no" })));
        values
    }
}
