//! Training: labelled text in, weights out.
//!
//! [`data`] loads labelled documents of every corpus into one shape. [`tagging`]: the trunk of the encoder is run
//! once over them and its activations are kept; the tuned layers and the heads learn from those until the dev
//! score stops rising; the result goes to a model folder. [`encoder`]: the whole transformer learned on all tasks at
//! once, for a machine with a GPU. [`boosting`] fits the small inspectable models.
pub mod attention;
pub mod bag_of_words;
pub mod boosting;
pub mod claims;
pub mod data;
pub mod diagnoses;
mod diagnosis_order;
pub mod diagnosis_recipe;
pub mod diagnosis_rows;
pub mod diagnosis_study;
pub mod documented;
pub mod em;
mod em_notes;
pub mod em_recipe;
pub mod em_settings;
pub mod em_short;
pub mod em_visits;
pub mod encoder;
pub mod error;
pub mod plot;
pub mod pointers;
pub mod procedure_recipe;
pub mod procedures;
pub mod relations;
pub mod side_by_side;
pub mod tagging;
pub mod visits;
mod whole_set;

pub use error::TrainError;
