//! Which codes say what the note says: diagnoses and procedure lines, each with its evidence.
pub mod attributes;
pub mod bag_of_words;
pub mod diagnoses;
pub mod forest;
pub mod lexicon;
pub mod procedures;
pub mod trees;
