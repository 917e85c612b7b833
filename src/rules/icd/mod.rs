//! Rules about diagnoses: ICD-10-CM codes, conventions and guidelines.
mod icd_billable;
mod icd_code_first;
mod icd_excludes1;
mod icd_laterality;
mod icd_seventh_character;
mod icd_symptom_integral;
mod icd_uncertain_outpatient;
mod icd_valid;
mod integral_symptoms;
mod sequence;
mod seventh;

pub use icd_billable::IcdBillable;
pub use icd_code_first::IcdCodeFirst;
pub use icd_excludes1::IcdExcludes1;
pub use icd_laterality::IcdLaterality;
pub use icd_seventh_character::IcdSeventhCharacter;
pub use icd_symptom_integral::IcdSymptomIntegral;
pub use icd_uncertain_outpatient::IcdUncertainOutpatient;
pub use icd_valid::IcdValid;
