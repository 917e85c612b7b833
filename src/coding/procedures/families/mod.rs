//! Decision tables: which code, units and modifiers do the attributes of a service choose?
//!
//! Each file of `codesets/procedures/` holds the families of one specialty as data: the words that name a service
//! (`find`), the words that together amount to it (`told`), its attributes and where they are read (`read.*`), and a
//! decision table. The first row that fits decides; a `?` cell means that the note does not say, reports the least that
//! is supported, and asks. The learned model says whether a service was done where the note names it without saying so.
pub mod administration;
mod conduction;
pub mod containers;
pub mod dates;
mod doing;
pub mod doses;
pub mod drugs;
pub mod elsewhere;
pub mod found;
pub mod groups;
pub mod immunization;
mod labels;
pub mod lesions;
mod names;
pub mod passage;
pub mod pattern;
mod reading;
pub mod services;
pub mod short_forms;
mod short_values;
pub mod signs;
pub mod source;
pub mod status;
pub mod table;
pub mod values;

use std::collections::BTreeMap;
use std::path::Path;

use crate::note::{Context, Sex};

pub use found::{Found, Hints, Question, Service};
pub use source::{Family, FamilyError};
use table::Value;

/// The tables that the program is built with.
const EMBEDDED: [(&str, &str); 38] = [
    ("cardio_cath_device.toml", include_str!("../../../../codesets/procedures/cardio_cath_device.toml")),
    ("cardio_tests.toml", include_str!("../../../../codesets/procedures/cardio_tests.toml")),
    ("cardio_vascular.toml", include_str!("../../../../codesets/procedures/cardio_vascular.toml")),
    ("derm_biopsy_excision.toml", include_str!("../../../../codesets/procedures/derm_biopsy_excision.toml")),
    ("derm_destruction.toml", include_str!("../../../../codesets/procedures/derm_destruction.toml")),
    ("derm_other.toml", include_str!("../../../../codesets/procedures/derm_other.toml")),
    ("derm_repair.toml", include_str!("../../../../codesets/procedures/derm_repair.toml")),
    ("ent_ear.toml", include_str!("../../../../codesets/procedures/ent_ear.toml")),
    ("ent_endoscopy.toml", include_str!("../../../../codesets/procedures/ent_endoscopy.toml")),
    ("ent_hearing.toml", include_str!("../../../../codesets/procedures/ent_hearing.toml")),
    ("ent_neck.toml", include_str!("../../../../codesets/procedures/ent_neck.toml")),
    ("ent_nose.toml", include_str!("../../../../codesets/procedures/ent_nose.toml")),
    ("ent_throat.toml", include_str!("../../../../codesets/procedures/ent_throat.toml")),
    ("eye.toml", include_str!("../../../../codesets/procedures/eye.toml")),
    ("general_endoscopy_surgery.toml", include_str!("../../../../codesets/procedures/general_endoscopy_surgery.toml")),
    ("general_other.toml", include_str!("../../../../codesets/procedures/general_other.toml")),
    ("general_women_urology.toml", include_str!("../../../../codesets/procedures/general_women_urology.toml")),
    ("imaging.toml", include_str!("../../../../codesets/procedures/imaging.toml")),
    ("list_chest_imaging.toml", include_str!("../../../../codesets/procedures/list_chest_imaging.toml")),
    ("list_digestive.toml", include_str!("../../../../codesets/procedures/list_digestive.toml")),
    ("list_eye_mouth.toml", include_str!("../../../../codesets/procedures/list_eye_mouth.toml")),
    ("list_nerves.toml", include_str!("../../../../codesets/procedures/list_nerves.toml")),
    ("list_pelvis.toml", include_str!("../../../../codesets/procedures/list_pelvis.toml")),
    ("neurology_psychiatry.toml", include_str!("../../../../codesets/procedures/neurology_psychiatry.toml")),
    ("office_services.toml", include_str!("../../../../codesets/procedures/office_services.toml")),
    ("office_treatments.toml", include_str!("../../../../codesets/procedures/office_treatments.toml")),
    ("ortho_arthroscopy.toml", include_str!("../../../../codesets/procedures/ortho_arthroscopy.toml")),
    ("ortho_fracture_arm.toml", include_str!("../../../../codesets/procedures/ortho_fracture_arm.toml")),
    ("ortho_fracture_leg.toml", include_str!("../../../../codesets/procedures/ortho_fracture_leg.toml")),
    ("ortho_injection.toml", include_str!("../../../../codesets/procedures/ortho_injection.toml")),
    ("ortho_surgery.toml", include_str!("../../../../codesets/procedures/ortho_surgery.toml")),
    ("other_services.toml", include_str!("../../../../codesets/procedures/other_services.toml")),
    ("primary_labs.toml", include_str!("../../../../codesets/procedures/primary_labs.toml")),
    ("primary_procedures.toml", include_str!("../../../../codesets/procedures/primary_procedures.toml")),
    ("primary_screening.toml", include_str!("../../../../codesets/procedures/primary_screening.toml")),
    ("radiographs.toml", include_str!("../../../../codesets/procedures/radiographs.toml")),
    ("surgery.toml", include_str!("../../../../codesets/procedures/surgery.toml")),
    ("vaccines.toml", include_str!("../../../../codesets/procedures/vaccines.toml")),
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
        put("report", word(if status::is_report(context.note_type) { "yes" } else { "no" }));
        put("new", context.patient.new_patient.map_or(Value::Unstated, |n| word(if n { "yes" } else { "no" })));
        values
    }
}
