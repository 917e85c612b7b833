//! Rules about procedure codes.
mod cpt_age_sex;
mod cpt_duplicate;
mod cpt_new_vs_established;
mod cpt_place_of_service;
mod cpt_separate_procedure;
mod cpt_unit_of_service;
mod cpt_valid;

pub use cpt_age_sex::CptAgeSex;
pub use cpt_duplicate::CptDuplicate;
pub use cpt_new_vs_established::CptNewVsEstablished;
pub use cpt_place_of_service::CptPlaceOfService;
pub use cpt_separate_procedure::CptSeparateProcedure;
pub use cpt_unit_of_service::CptUnitOfService;
pub use cpt_valid::CptValid;
