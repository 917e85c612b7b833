//! Which codes say what the note says: diagnoses and procedure lines, each with its evidence.
pub mod attributes;
pub mod bag_of_words;
pub mod diagnoses;
pub mod forest;
pub mod last_look;
pub mod lexicon;
pub mod packed_json;
pub mod procedures;
pub mod said_once;
pub mod trees;
