//! Rules about procedure codes.
mod cpt_valid;

pub use cpt_valid::CptValid;
